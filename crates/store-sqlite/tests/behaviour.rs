//! The shared suite, and what only a database in files can show.

use std::{cell::RefCell, path::Path};

use demur_store::{ConflictKind, EventStore, MetaStore, RecordStore, StoreError, testing};
use demur_store_sqlite::{Mode, SqliteStore};
use tempfile::TempDir;

fn database(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("demur.db")
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Mode::Server).await.unwrap()
}

#[tokio::test]
async fn behaves() {
    let dirs = RefCell::new(Vec::new());
    testing::suite(async || {
        let dir = TempDir::new().unwrap();
        let store = open(&database(&dir)).await;
        dirs.borrow_mut().push(dir);
        store
    })
    .await;
}

#[tokio::test]
async fn what_was_accepted_is_there_after_opening_again() {
    let dir = TempDir::new().unwrap();
    let store = open(&database(&dir)).await;
    store.accept_opening(testing::opening("a")).await.unwrap();
    // Not closed: as after a crash, the journal is read back.
    let copy = TempDir::new().unwrap();
    for name in ["demur.db", "demur.db-wal"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    let again = open(&database(&copy)).await;
    assert!(again.memo(testing::d("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn one_server_for_one_folder() {
    let dir = TempDir::new().unwrap();
    let store = open(&database(&dir)).await;
    let second = SqliteStore::open(&database(&dir), Mode::Server).await;
    assert!(
        matches!(second, Err(StoreError::Locked { .. })),
        "{second:?}"
    );
    // A tool may write beside the server.
    let tool = SqliteStore::open(&database(&dir), Mode::Tool)
        .await
        .unwrap();
    tool.bind_origin("rivers.example").await.unwrap();
    assert_eq!(
        store.origin().await.unwrap().as_deref(),
        Some("rivers.example")
    );
    drop(store);
    open(&database(&dir)).await;
}

#[tokio::test]
async fn where_locks_do_not_hold_the_first_server_stops() {
    let dir = TempDir::new().unwrap();
    let store = open(&database(&dir)).await;
    std::fs::remove_file(dir.path().join("demur.db.lock")).unwrap();
    let second = open(&database(&dir)).await;
    let refused = store.accept_opening(testing::opening("a")).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict(ConflictKind::TakenOver))),
        "{refused:?}"
    );
    second.accept_opening(testing::opening("a")).await.unwrap();
}

#[tokio::test]
async fn another_schema_is_refused() {
    for statement in [
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'later', 1, x'00', 0)",
        "UPDATE _sqlx_migrations SET checksum = x'00'",
        "UPDATE _sqlx_migrations SET success = 0",
    ] {
        let dir = TempDir::new().unwrap();
        let store = open(&database(&dir)).await;
        store.close().await;
        drop(store);
        let pool = sqlx::SqlitePool::connect_with(
            sqlx::sqlite::SqliteConnectOptions::new().filename(database(&dir)),
        )
        .await
        .unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
        let refused = SqliteStore::open(&database(&dir), Mode::Server).await;
        assert!(
            matches!(refused, Err(StoreError::UnknownSchema { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn damage_is_named() {
    let dir = TempDir::new().unwrap();
    std::fs::write(database(&dir), [7; 8192]).unwrap();
    let refused = SqliteStore::open(&database(&dir), Mode::Server).await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt { .. })),
        "{refused:?}"
    );
}

/// A migration that was released is never edited; its hash stands here.
#[test]
fn migrations_are_as_they_were() {
    let known = [
        ("0001_first.sql", MIGRATION_1),
        ("0002_refused.sql", MIGRATION_2),
        ("0003_manifest.sql", MIGRATION_3),
    ];
    for (name, digest) in known {
        let bytes = std::fs::read(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("migrations")
                .join(name),
        )
        .unwrap();
        assert_eq!(
            demur_encoding::sha256(&bytes).to_string(),
            digest,
            "{name} was edited"
        );
    }
    let there = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"))
        .unwrap()
        .count();
    assert_eq!(there, known.len());
}

const MIGRATION_1: &str = "c9b9b2d01ad0a87f20e8da7b97143e8960927de45a7ad607f334f3f8c8581ed4";
const MIGRATION_2: &str = "bffb7d95eea8fad77fd34000cc1594284e3480c4d349d9a00c3f2879091e6aed";
const MIGRATION_3: &str = "53e978c30b8c16e325c48ee9f58280e74275c262bebb81ce6d8e7578103f1f19";

#[tokio::test]
async fn the_journal_is_empty_after_a_batch() {
    let dir = TempDir::new().unwrap();
    let store = open(&database(&dir)).await;
    store.accept_opening(testing::opening("a")).await.unwrap();
    let journal = dir.path().join("demur.db-wal");
    assert!(std::fs::metadata(&journal).unwrap().len() > 0);
    testing::batch(&store).await.unwrap();
    assert_eq!(std::fs::metadata(&journal).unwrap().len(), 0);
    assert!(store.scrub().await.unwrap());
}
