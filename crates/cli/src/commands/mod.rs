//! One module for each group of commands.

pub(crate) mod archive;
pub(crate) mod audit;
mod believed;
pub(crate) mod copies;
mod fingerprint;
pub(crate) mod identity;
pub(crate) mod key;
pub(crate) mod memo;
pub(crate) mod office;
pub(crate) mod open;
mod quotes;
pub(crate) mod receipt;
pub(crate) mod roster;
pub(crate) mod server;
pub(crate) mod sign;
pub(crate) mod trust;
pub(crate) mod verify;
pub(crate) mod witness;
