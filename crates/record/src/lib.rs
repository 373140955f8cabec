//! The public record as a specification: entries, tiles, checkpoints, receipts, replay, audit.
//!
//! In scope: the forms of docs/protocol.md, sections 2, 3, 4, 7 and 8, and everything that can be
//! checked in them. Out of scope: files, sockets, clocks, databases (the shells), the circuit and
//! the roster's trees (`demur-signon`), the memo's text (`demur-memo`).

pub mod audit;
pub mod batch;
pub mod checkpoint;
pub mod entry;
pub mod event;
pub mod keys;
pub mod memo_log;
pub mod policy;
pub mod promise;
pub mod receipt;
pub mod replay;
pub mod source;
pub mod state;
pub mod tiles;
pub mod witness;
