//! The channel's server: HTTP interface, pages, accounts, sequencer.
//!
//! In scope: what of demur_client's table of routes an operator runs; the data folder; admission of what members,
//! authors, officials, registrar and overseer send; sequencing. Out of scope: TLS (a proxy or an onion service in front), the
//! meaning of entries (`demur-record`), storage (`demur-store`). docs/decisions/0005-server.md says why it is as it is.
//!
//! The operator is the adversary where identity is concerned: no path that a member acts on reads a cookie, a
//! session or an address, and nothing of a request is logged.

mod admit;
mod app;
mod backup;
mod clock;
mod direct;
mod doctor;
mod files;
mod http;
mod init;
mod key;
mod limits;
mod openapi;
mod pages;
mod pages_only;
mod problem;
mod routes;
mod sequencer;
mod server;
mod setup;
mod sign_in;
mod signature;
#[cfg(test)]
mod tests;
mod token;
mod upkeep;
mod verify;
mod view;

pub use backup::{Backup, back_up, restore};
pub use clock::{Clock, SystemClock};
pub use demur_store::{KeptOut, WaitingList};
pub use doctor::kept_out;
pub use http::Relay;
pub use init::{InitOptions, Initialized, Invitation, PublicKeys, init, invite};
pub use pages_only::{RunningPages, serve_pages};
pub use sequencer::{Restored, SequencerError, rebuild_record};
pub use server::{Running, ServeOptions, serve};
pub use setup::{ChannelConfig, MAX_WITNESSES, SetupError, Witness};
pub use sign_in::{EnrolError, Passwords, SignInMethod};
