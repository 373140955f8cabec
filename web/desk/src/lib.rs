//! What a person does on a page.
//!
//! The pages of a device are rendered here, in the browser's own worker, from templates that escape
//! all that they are given; what is secret stays in this module's memory. [`Desk::page`] answers to
//! an address as a server would, [`Desk::act`] to a form. Network, storage, clock and progress are the
//! [`Platform`]'s: a browser's (`demur-face`), or a test's.
//!
//! In scope: what is shown and in which order things are asked. Out of scope: the protocol
//! (`demur-client`) and the pages that need nothing secret (`demur-pages`).

// A signer's module has some of the words and steps that only the other pages use.
#![cfg_attr(not(feature = "full"), allow(dead_code))]

mod answer;
#[cfg(feature = "full")]
mod archive;
#[cfg(feature = "full")]
mod audit;
#[cfg(feature = "full")]
mod author;
#[cfg(feature = "full")]
mod claim;
mod desk;
mod form;
#[cfg(feature = "full")]
mod given;
#[cfg(feature = "full")]
mod home;
#[cfg(feature = "full")]
mod keys;
#[cfg(feature = "full")]
mod letters;
mod lock;
#[cfg(feature = "full")]
mod member;
mod memo_view;
#[cfg(feature = "full")]
mod office;
#[cfg(feature = "full")]
mod papers;
mod platform;
#[cfg(feature = "full")]
mod principal;
mod reading;
#[cfg(feature = "full")]
mod roster;
mod route;
mod signing;
mod store;
mod texts;
#[cfg(feature = "full")]
mod verify;

pub use answer::{Answer, Download};
pub use desk::{Desk, Served, Site};
pub use form::{Field, Form};
#[cfg(feature = "full")]
pub use platform::PdfError;
pub use platform::{Platform, StorageError};
