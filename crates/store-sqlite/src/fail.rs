//! From SQLite's errors to the store's.

use std::future::Future;

use demur_store::{ConflictKind, StoreError};

/// An error inside a transaction that does not know its name yet.
#[derive(Debug)]
pub(crate) enum Fail {
    Store(StoreError),
    Sql(sqlx::Error),
}

impl Fail {
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Busy { .. }),
            Self::Sql(error) => {
                matches!(primary_code(error), Some(BUSY | LOCKED))
                    || matches!(error, sqlx::Error::PoolTimedOut)
            }
        }
    }

    pub(crate) fn named(self, name: &'static str) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Sql(_) if self.is_busy() => return StoreError::Busy { what: name },
            Self::Sql(error) => error,
        };
        if matches!(primary_code(&error), Some(CORRUPT | NOT_A_DATABASE))
            || matches!(error, sqlx::Error::ColumnDecode { .. })
        {
            return StoreError::Corrupt {
                what: format!("{name}: {error}"),
            };
        }
        StoreError::Io {
            what: name.to_owned(),
            source: error.into(),
        }
    }
}

impl From<sqlx::Error> for Fail {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fail {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ConflictKind> for Fail {
    fn from(kind: ConflictKind) -> Self {
        Self::Store(kind.into())
    }
}

pub(crate) const fn not_found(what: &'static str) -> Fail {
    Fail::Store(StoreError::NotFound { what })
}

pub(crate) fn corrupt(what: impl Into<String>) -> Fail {
    Fail::Store(StoreError::Corrupt { what: what.into() })
}

/// Runs a transaction under its name, which errors carry.
pub(crate) async fn named<T>(
    name: &'static str,
    work: impl Future<Output = Result<T, Fail>> + Send,
) -> Result<T, StoreError> {
    work.await.map_err(|fail| fail.named(name))
}

/// [`within`], inside a transaction.
pub(crate) fn capped(what: &'static str, bytes: &[u8], max: usize) -> Result<(), Fail> {
    Ok(within(what, bytes, max)?)
}

/// An error where `bytes` is over its cap.
pub(crate) fn within(what: &'static str, bytes: &[u8], max: usize) -> Result<(), StoreError> {
    if bytes.len() > max {
        return Err(StoreError::TooLarge {
            what,
            bytes: bytes.len(),
            max,
        });
    }
    Ok(())
}

// https://www.sqlite.org/rescode.html, the lower eight bits.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    Some(code.parse::<i32>().ok()? & 0xff)
}
