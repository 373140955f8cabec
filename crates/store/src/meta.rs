//! The store itself.

use std::future::Future;

use crate::StoreError;

/// What a store says of itself.
pub trait MetaStore {
    /// Ties the store to a log, or confirms that it is tied to it.
    ///
    /// # Errors
    /// [`crate::ConflictKind::Origin`] where it belongs to another.
    fn bind_origin(&self, origin: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The log that the store is tied to.
    ///
    /// # Errors
    /// Storage errors only.
    fn origin(&self) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Reads all pages and checks that they fit together. Slow.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with what was found.
    fn check(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
