//! An author's work: writing, sharing, filing, the case.

mod case;
mod editor;
mod fingerprint;
pub(crate) mod follow;
mod hints;
pub(crate) mod release;
mod standing;
mod together;
