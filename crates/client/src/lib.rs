//! What a person's device does: a member's, an author's, a reader's, a steward's, an overseer's.
//!
//! In scope: the steps of the protocol between a key store and the server's interface ([`api`]).
//! Out of scope: files, sockets, clocks, random generators and passphrases: they are handed in, so
//! that the same code runs in the program and, as WebAssembly, in a browser. A request is built
//! as a [`transport::Call`] and its answer read from it; [`transport::Transport`] is the
//! convenience that sends it at once.
//!
//! Everything that is persisted is a serde value that the caller seals in a key store
//! ([`identity::Identity`], [`author::MyMemo`], [`registrar::Register`], [`keys::RoleKeys`]) or, as it is
//! public, keeps as a file ([`device::MirrorState`]). Save before sending: each request that was
//! saved can be sent again, and is then answered as if for the first time.

pub mod api;
pub mod author;
pub mod calls;
pub mod device;
pub mod identity;
pub mod key_line;
pub mod key_store;
pub mod keys;
pub mod link;
pub mod office;
pub mod overseer;
pub mod reader;
pub mod registrar;
pub mod signer;
pub mod transport;
pub mod watch;
