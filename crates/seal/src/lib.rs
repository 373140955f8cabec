//! Sealing to readers, as [age](https://c2sp.org/age) files that stock `age` opens.
//!
//! In scope: sealing to X25519 recipients ([`seal()`], [`open()`]), under a passphrase
//! ([`seal_with_passphrase`], [`open_with_passphrase`]), key stores ([`lock`], [`unlock`]), and the padding
//! that gives every sealed note one size ([`pad_note`], [`unpad_note`]). Out of scope: who gets
//! what (`demur-client`, `demur-server`), and the hybrid recipients (`mlkem768x25519`) that replace the
//! classical ones as soon as a reviewed crate writes *and* opens them; the two are never mixed.
//!
//! No I/O and no clock in what this crate decides. The `age` crate draws its own randomness: file keys,
//! nonces, and [`Identity::generate`] use the operating system's generator (`OsRng`, which is
//! `crypto.getRandomValues` in a browser). That is the one exception to the rule that the core
//! takes randomness as an argument, and so sealed files differ from run to run. `age` also times a small
//! scrypt whenever a passphrase is used; the result is overwritten by the [`WorkFactor`] given here.
//!
//! What these files tell to whoever has no key: that they are age files, about how many recipients they
//! have (`age` adds a stanza of random form and size that nobody opens, so that two files over
//! plaintexts of one size differ in size), and the size of what is inside. X25519 recipients are
//! anonymous: the file does not say who can open it.

mod keys;
mod note;
mod open;
mod passphrase;
mod seal;
mod store;

pub use keys::{Identity, ParseKeyError, Recipient};
pub use note::{NOTE_OVERHEAD, NoteError, pad_note, unpad_note};
pub use open::{OpenError, open};
pub use passphrase::{WorkFactor, WorkFactorError, open_with_passphrase, seal_with_passphrase};
pub use seal::{Form, SealError, seal, seal_in};
/// How secret texts are held: zeroized on drop, shown only through [`ExposeSecret`].
pub use secrecy::{ExposeSecret, SecretString};
pub use store::{KEY_STORE_BYTES_MAX, StoreError, lock, unlock};
/// How opened bytes are held: overwritten on drop.
pub use zeroize::Zeroizing;

/// The most recipients of one file, when sealing and when opening.
pub const RECIPIENTS_MAX: usize = 256;

/// The largest plaintext that this crate opens, whatever the caller allows: 64 MiB.
pub const PLAINTEXT_BYTES_MAX: usize = 1 << 26;
