//! The store on an embedded SQLite database.
//!
//! In scope: [`SqliteStore`], the traits of `demur-store` on one database file. Out of scope: what
//! the bytes mean. docs/decisions/0004-storage.md says why it is as it is; in short:
//!
//! - WAL with `synchronous = FULL`: what was acknowledged survives a crash or a power cut.
//! - One writer at a time: within the process a queue, from which all events that wait are taken into one transaction, each
//!   all or nothing by itself; between processes `BEGIN IMMEDIATE` with a
//!   bounded number of tries, then [`StoreError::Busy`].
//! - `secure_delete`, rows moved in an order drawn at random, and a truncated WAL after each batch:
//!   the files do not show in which order a batch's events came in.
//! - One server for one data folder: a lock on a file, and a row that says who owns the database,
//!   read in every writing transaction, for file systems on which locks do not hold.

mod account;
mod backup;
mod case;
mod direct;
mod event;
mod fail;
mod group;
mod lookup;
mod meta;
mod moving;
mod record;
mod refused;
mod roster;
mod row;

use std::{
    fs::{File, OpenOptions, TryLockError},
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use demur_store::{ConflictKind, MAX_PENDING, StoreError};
use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    fail::{Fail, named},
    group::Queue,
};

/// How long SQLite waits for another process's transaction, each try.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a transaction is begun before the caller hears [`StoreError::Busy`].
const BEGIN_TRIES: u32 = 4;

/// Connections: one writes, the others read.
const CONNECTIONS: u32 = 5;

/// How many KiB of pages a connection keeps in memory. SQLite's own default is twice that: five connections of a server at rest
/// would keep 10 MB of a record that nobody asks for.
const CACHE_KIB: i64 = 1024;

/// The newest migration that this program knows.
const SCHEMA: i64 = 3;

/// Who opens the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The server: nobody else may be one on this folder at the same time.
    Server,
    /// A tool beside the server, for single transactions such as an invitation.
    Tool,
}

/// A store in one SQLite file. Clones share it.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: SqlitePool,
    /// Whoever holds it writes: a fair queue in place of SQLite's polling.
    writer: Arc<Mutex<()>>,
    /// What stands in `meta.owner` as long as nobody else took the database over.
    owner: Option<[u8; 16]>,
    /// Events that wait for their transaction.
    queue: Queue,
    /// How many events may wait for their batch.
    limit: AtomicU64,
    /// Holds the lock; released when dropped.
    _lock: Option<File>,
}

/// The file that is locked: the database's name with `.lock` behind it.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn lock(database: &Path) -> Result<File, StoreError> {
    let path = lock_path(database);
    let io = |source: std::io::Error| StoreError::Io {
        what: path.display().to_string(),
        source: source.into(),
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
            what: path.display().to_string(),
        }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

impl SqliteStore {
    /// Opens the database at `path`, makes it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another server runs on it (with [`Mode::Server`]);
    /// [`StoreError::UnknownSchema`] where another version of the program wrote it.
    pub async fn open(path: &Path, mode: Mode) -> Result<Self, StoreError> {
        let lock = match mode {
            Mode::Server => Some(lock(path)?),
            Mode::Tool => None,
        };
        let owner = match mode {
            Mode::Server => {
                let mut owner = [0; 16];
                getrandom::fill(&mut owner).map_err(|source| StoreError::Io {
                    what: "the system's random numbers".to_owned(),
                    source: source.to_string().into(),
                })?;
                Some(owner)
            }
            Mode::Tool => None,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .auto_vacuum(SqliteAutoVacuum::None)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "ON")
            // Negative: KiB, not pages.
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("temp_store", "MEMORY")
            .pragma("trusted_schema", "OFF");
        let store = named("open", async {
            let pool = SqlitePoolOptions::new()
                .max_connections(CONNECTIONS)
                // SQLite ends a transaction by itself when the disk is full, and the driver goes on counting it: such a
                // connection could never begin another one.
                .before_acquire(|connection, _| {
                    Box::pin(async move { Ok(!connection.is_in_transaction()) })
                })
                .connect_with(options)
                .await?;
            migrate(&pool).await?;
            let inner = Inner {
                pool,
                writer: Arc::default(),
                owner,
                queue: Queue::default(),
                limit: AtomicU64::new(MAX_PENDING),
                _lock: lock,
            };
            Ok(Self {
                inner: Arc::new(inner),
            })
        })
        .await?;
        if let Some(owner) = owner {
            named("take over", async {
                let mut tx = store.begin_unowned().await?;
                sqlx::query("INSERT INTO meta (name, value) VALUES ('owner', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
                    .bind(&owner[..])
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await
            })
            .await?;
        }
        Ok(store)
    }

    /// Closes all connections; the last one empties the journal.
    pub async fn close(&self) {
        self.inner.pool.close().await;
    }

    fn waiting_limit(&self) -> u64 {
        self.inner.limit.load(Ordering::Relaxed)
    }

    fn pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    /// A read transaction: all its statements see one state.
    async fn read(&self) -> Result<Transaction<'static, Sqlite>, Fail> {
        Ok(self.inner.pool.begin().await?)
    }

    /// A write transaction of the owner.
    async fn begin(&self) -> Result<Tx, Fail> {
        let mut tx = self.begin_unowned().await?;
        if let Some(owner) = &self.inner.owner {
            let now: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT value FROM meta WHERE name = 'owner'")
                    .fetch_optional(&mut *tx)
                    .await?;
            if now.as_deref() != Some(&owner[..]) {
                return Err(ConflictKind::TakenOver.into());
            }
        }
        Ok(tx)
    }

    async fn begin_unowned(&self) -> Result<Tx, Fail> {
        let turn = Arc::clone(&self.inner.writer).lock_owned().await;
        let mut tries = 1;
        loop {
            match self
                .inner
                .pool
                .begin_with("BEGIN IMMEDIATE")
                .await
                .map_err(Fail::from)
            {
                Ok(tx) => return Ok(Tx { tx, _turn: turn }),
                Err(fail) if fail.is_busy() && tries < BEGIN_TRIES => tries += 1,
                Err(fail) => return Err(fail),
            }
        }
    }
}

async fn migrate(pool: &SqlitePool) -> Result<(), Fail> {
    use sqlx::migrate::MigrateError;
    match sqlx::migrate!().run(pool).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) => Err(StoreError::UnknownSchema {
            found: found.to_string(),
            known: SCHEMA,
        }
        .into()),
        Err(MigrateError::VersionMismatch(found)) => Err(StoreError::UnknownSchema {
            found: format!("{found} (altered)"),
            known: SCHEMA,
        }
        .into()),
        Err(MigrateError::Dirty(found)) => Err(StoreError::UnknownSchema {
            found: format!("{found} (half done)"),
            known: SCHEMA,
        }
        .into()),
        Err(MigrateError::Execute(error)) => Err(error.into()),
        Err(other) => Err(StoreError::Io {
            what: "migrate".to_owned(),
            source: other.into(),
        }
        .into()),
    }
}

/// A write transaction; rolled back unless committed.
struct Tx {
    tx: Transaction<'static, Sqlite>,
    _turn: OwnedMutexGuard<()>,
}

impl Tx {
    async fn commit(self) -> Result<(), Fail> {
        Ok(self.tx.commit().await?)
    }
}

impl Deref for Tx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.tx
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }
}
