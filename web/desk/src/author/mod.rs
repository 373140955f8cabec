//! An author's work: writing, sharing, filing.

mod editor;
mod follow;
mod hints;
mod together;
