//! What the desk stands on.

use std::time::Duration;

use demur_client::transport::{Request, Response, TransportError};
use demur_encoding::Time;

/// The device's storage failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageError(pub String);

impl std::fmt::Display for StorageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "this browser could not keep or read its data ({}): private windows and full disks do that",
            self.0
        )
    }
}

/// A PDF was not read, or not set: why, in words that begin small and end without a stop.
#[cfg(feature = "full")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfError(pub String);

/// Network, storage, clock. One thread: a page's worker.
#[allow(
    async_fn_in_trait,
    reason = "a worker has one thread: its futures need not be Send"
)]
pub trait Platform {
    /// Sends one request to the channel's interface, without cookies or anything else that the request does not hold.
    ///
    /// # Errors
    /// When no answer came.
    async fn send(&self, request: &Request) -> Result<Response, TransportError>;

    /// What was kept under a name.
    ///
    /// # Errors
    /// When the storage fails.
    async fn load(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// Keeps it. When this returns it is on disk, as far as the platform can say.
    ///
    /// # Errors
    /// When the storage fails.
    async fn save(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Keeps it if what was kept under the name is still `before`; whether it was. In one step: another tab of the same browser may
    /// write at any time.
    ///
    /// # Errors
    /// When the storage fails.
    async fn swap(
        &self,
        name: &str,
        before: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<bool, StorageError>;

    /// The names under which something is kept.
    ///
    /// # Errors
    /// When the storage fails.
    async fn names(&self) -> Result<Vec<String>, StorageError>;

    /// Forgets it.
    ///
    /// # Errors
    /// When the storage fails.
    async fn remove(&self, name: &str) -> Result<(), StorageError>;

    /// Reads a file that is a PDF, or has one in it. What does that is as large as most pages in all, so that it is loaded when it is first
    /// needed.
    ///
    /// # Errors
    /// When it can't be loaded, or can't read this.
    #[cfg(feature = "full")]
    async fn read_pdf(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<demur_extract::Extracted, PdfError>;

    /// Sets a PDF, likewise.
    ///
    /// # Errors
    /// When what does that can't be loaded, or can't set this.
    #[cfg(feature = "full")]
    async fn set_pdf(&self, job: &demur_paper::Job) -> Result<Vec<u8>, PdfError>;

    /// Waits.
    async fn pause(&self, time: Duration);

    /// This device's clock.
    fn now(&self) -> Time;

    /// Tells how far a long piece of work is: `done` of `of`; 0 of 0 where nobody knows.
    fn progress(&self, what: &str, done: u64, of: u64);

    /// [`Self::progress`] as a function alone, for work that may be done in any thread.
    fn teller(&self) -> fn(&str, u64, u64);
}
