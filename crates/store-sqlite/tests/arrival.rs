//! After a batch the database's files do not show in which order its sign-ons came in.
//!
//! The test reads the files as somebody who has a copy of the disk would: where in the file each
//! event lies, which pages are free and in which order, what the journal holds. Before the batch the
//! same measures do show the order, which proves that they would see it afterwards.

use std::path::Path;

use demur_encoding::Digest;
use demur_store::{EventStore, NewSignOn, RecordStore, testing};
use demur_store_sqlite::{Mode, SqliteStore};
use tempfile::TempDir;

const PAGE: usize = 4096;

/// Rank correlations of this many values lie within 1/sqrt(n - 1) most of the time; a false alarm
/// at [`LIMIT`] comes once in some hundred million runs.
const MEMBERS: usize = 300;

/// Six standard deviations.
const LIMIT: f64 = 0.35;

struct Disk {
    file: Vec<u8>,
    journal: Vec<u8>,
}

impl Disk {
    fn read(dir: &Path) -> Self {
        Self {
            file: std::fs::read(dir.join("demur.db")).unwrap(),
            journal: std::fs::read(dir.join("demur.db-wal")).unwrap_or_default(),
        }
    }

    /// Every offset at which `what` stands in the database file.
    fn offsets(&self, what: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = self.file[from..].iter().position(|byte| *byte == what[0]) {
            let at = from + at;
            if self.file[at..].starts_with(what) {
                found.push(at);
            }
            from = at + 1;
        }
        found
    }

    /// Every offset of every mark of one part, by member.
    fn marks(&self, part: &str) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); MEMBERS];
        let prefix = prefix(part);
        for at in self.offsets(&prefix) {
            let digits = at + prefix.len()..at + prefix.len() + DIGITS;
            let member: usize = std::str::from_utf8(&self.file[digits])
                .unwrap()
                .parse()
                .unwrap();
            members[member].push(at);
        }
        members
    }

    /// The free pages in the order in which the file lists them (SQLite file format, section 1.5).
    fn free_pages(&self) -> Vec<usize> {
        let number =
            |at: usize| u32::from_be_bytes(self.file[at..at + 4].try_into().unwrap()) as usize;
        let (mut trunk, mut pages) = (number(32), Vec::new());
        while trunk != 0 {
            let at = (trunk - 1) * PAGE;
            pages.push(trunk);
            pages.extend((0..number(at + 4)).map(|i| number(at + 8 + 4 * i)));
            trunk = number(at);
        }
        assert_eq!(pages.len(), number(36));
        pages
    }
}

/// Spearman's rank correlation of a sequence with its own order: 1 in order, -1 in reverse.
fn correlation<T: Ord + Copy>(values: &[T]) -> f64 {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|i| values[*i]);
    let n = values.len() as f64;
    let squares: f64 = order
        .iter()
        .enumerate()
        .map(|(rank, i)| (rank as f64 - *i as f64).powi(2))
        .sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

/// How many neighbours in one order are neighbours in the other.
fn neighbours<T: Ord + Copy>(values: &[T]) -> usize {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|i| values[*i]);
    order
        .windows(2)
        .filter(|pair| pair[0].abs_diff(pair[1]) == 1)
        .count()
}

const DIGITS: usize = 6;

/// Begins with a byte that is rare on the disk.
fn prefix(part: &str) -> Vec<u8> {
    [&[0xfe, 0xfd, 0xfc], part.as_bytes()].concat()
}

fn mark(member: usize, part: &str) -> Vec<u8> {
    [prefix(part), format!("{member:0DIGITS$}").into_bytes()].concat()
}

/// `event` and `note` bytes of content, with a mark that can be found on the disk at the end of each.
fn sign_on(member: usize, event: usize, note: usize) -> NewSignOn {
    let mut new = testing::sign_on("a", &format!("member {member}"), 1);
    new.event = [vec![b'e'; event], mark(member, "event")].concat();
    new.note.bytes = [vec![b'n'; note], mark(member, "note")].concat();
    new
}

async fn run(event: usize, note: usize) {
    let dir = TempDir::new().unwrap();
    let store = SqliteStore::open(&dir.path().join("demur.db"), Mode::Server)
        .await
        .unwrap();
    store.accept_opening(testing::opening("a")).await.unwrap();
    store
        .accept_version(testing::version("a", 1))
        .await
        .unwrap();
    testing::batch(&store).await.unwrap();
    for member in 0..MEMBERS {
        store
            .accept_sign_on(sign_on(member, event, note))
            .await
            .unwrap();
    }

    // Before: the disk shows the order in which they came.
    assert!(store.scrub().await.unwrap());
    let before = Disk::read(dir.path());
    let mut pages = Vec::new();
    let mut keyed: Vec<usize> = (0..MEMBERS).collect();
    keyed.sort_by_key(|member| sign_on(*member, 0, 0).slot);
    for part in ["event", "note"] {
        let places: Vec<usize> = before.marks(part).iter().map(|found| found[0]).collect();
        if part == "event" {
            pages = places.iter().map(|at| at / PAGE + 1).collect();
        }
        // Short rows are spread over pages by their keys, and each split of a page sorts what is on it:
        // there is little to see at any time.
        let seen = correlation(&places).abs();
        assert!(
            seen > 0.5 || event < PAGE,
            "{part}: the measure sees the order before the batch ({seen})"
        );
    }

    testing::batch(&store).await.unwrap();
    assert_eq!(
        store.sign_ons(testing::d("a")).await.unwrap().len(),
        MEMBERS
    );
    let after = Disk::read(dir.path());
    assert!(
        after.journal.is_empty(),
        "the journal holds {} bytes",
        after.journal.len()
    );
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("demur.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for (part, table) in [("event", "event"), ("note", "file")] {
        let own: Vec<i64> = sqlx::query_scalar("SELECT pageno FROM dbstat WHERE name = ?")
            .bind(table)
            .fetch_all(&pool)
            .await
            .unwrap();
        let found = after.marks(part);
        for (member, found) in found.iter().enumerate() {
            assert!(!found.is_empty(), "{part} of member {member} is gone");
            // SQLite may leave a copy in an unused part of a page when it moves rows within the table that the batch
            // fills in an order drawn at random. Nowhere else may one be.
            for at in found {
                let page = i64::try_from(at / PAGE + 1).unwrap();
                assert!(
                    own.contains(&page),
                    "{part} of member {member} stands at {found:?}, page {page} is not one of {table}"
                );
            }
        }
        let more: usize = found.iter().map(|found| found.len() - 1).sum();
        assert!(more < MEMBERS / 10, "{part}: {more} are there twice");
        // Whichever copy one looks at.
        let places: Vec<usize> = found.iter().map(|found| found[0]).collect();
        let others: Vec<usize> = found.iter().map(|found| found[found.len() - 1]).collect();
        for places in [&places, &others] {
            assert!(
                correlation(places).abs() < LIMIT,
                "{part}: {}",
                correlation(places)
            );
            assert!(
                within_pages(places).abs() < LIMIT,
                "{part}: {}",
                within_pages(places)
            );
            // Two on average; 20 has a chance below 10^-13.
            assert!(
                neighbours(places) < 20,
                "{part}: {} neighbours",
                neighbours(places)
            );
        }
        // Nor in the order of the keys, which anybody can compute: then it could be undone. (Short
        // rows lie in pages that the tree itself sorts.)
        let by_key: Vec<usize> = keyed.iter().map(|member| places[*member]).collect();
        assert!(
            neighbours(&by_key) < 20 || event < PAGE,
            "{part}: {} neighbours by key",
            neighbours(&by_key)
        );
    }
    // The free pages are empty but for the list, and its order tells nothing.
    let free = after.free_pages();
    if event > PAGE {
        let arrivals: Vec<usize> = free
            .iter()
            .filter_map(|page| pages.iter().position(|p| p == page))
            .collect();
        let by_key: Vec<usize> = arrivals
            .iter()
            .filter_map(|member| keyed.iter().position(|m| m == member))
            .collect();
        assert!(arrivals.len() > MEMBERS / 2, "{} are free", arrivals.len());
        for (order, values) in [("arrival", arrivals), ("key", by_key)] {
            let (seen, near) = (correlation(&values), neighbours(&values));
            assert!(
                seen.abs() < LIMIT,
                "free pages in the order of {order}: {seen}"
            );
            assert!(
                near < 20,
                "free pages in the order of {order}: {near} neighbours"
            );
        }
    }
    for page in free {
        let bytes = &after.file[(page - 1) * PAGE..page * PAGE];
        assert!(
            !bytes
                .windows(16)
                .any(|window| window == [b'e'; 16] || window == [b'n'; 16]),
            "page {page}"
        );
    }
    // The pages in which they waited hold nothing at all, beyond a page's header.
    let roots: Vec<i64> =
        sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'waiting_event'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(roots.len(), 5);
    for root in roots {
        let root = usize::try_from(root).unwrap();
        let unused = &after.file[(root - 1) * PAGE + 12..root * PAGE];
        assert!(unused.iter().all(|byte| *byte == 0), "page {root}");
    }
}

/// Of pairs on one page, how far the order on the page follows the order of arrival: SQLite fills a
/// page from its end.
fn within_pages(places: &[usize]) -> f64 {
    let (mut up, mut down) = (0, 0);
    for (i, a) in places.iter().enumerate() {
        for b in &places[i + 1..] {
            if a / PAGE == b / PAGE {
                if b < a { up += 1 } else { down += 1 }
            }
        }
    }
    if up + down < 200 {
        0.0
    } else {
        f64::from(up - down) / f64::from(up + down)
    }
}

#[tokio::test]
async fn long_rows() {
    run(5_000, 2_000).await;
}

#[tokio::test]
async fn short_rows() {
    run(100, 50).await;
}

#[tokio::test]
async fn what_was_erased_is_gone() {
    let dir = TempDir::new().unwrap();
    let store = SqliteStore::open(&dir.path().join("demur.db"), Mode::Server)
        .await
        .unwrap();
    for memo in ["a", "b"] {
        store.accept_opening(testing::opening(memo)).await.unwrap();
        store
            .accept_version(testing::version(memo, 1))
            .await
            .unwrap();
    }
    let member = |memo: &str, member: usize| NewSignOn {
        note: sign_on(member, 100, 50).note,
        ..testing::sign_on(memo, &format!("member {member}"), 1)
    };
    // Enough of both memos that the trees move rows from page to page; some placed, some waiting.
    for round in 0..2 {
        for i in 0..MEMBERS / 3 {
            for memo in ["a", "b"] {
                let new = member(memo, round * MEMBERS / 3 + i);
                store.accept_sign_on(new).await.unwrap();
            }
        }
        if round == 0 {
            testing::batch(&store).await.unwrap();
        }
    }
    store.erase_draft(testing::d("a")).await.unwrap();
    testing::batch(&store).await.unwrap();
    let disk = Disk::read(dir.path());
    assert!(disk.journal.is_empty());
    let mut traces = vec![
        raw(testing::d("a")),
        raw(testing::version("a", 1).slot),
        b"a version 1".to_vec(),
        b"opening of a".to_vec(),
    ];
    traces.extend((0..MEMBERS / 3).step_by(10).flat_map(|i| {
        let new = member("a", i);
        [raw(new.slot), raw(new.nullifier), new.event]
    }));
    for trace in traces {
        assert_eq!(disk.offsets(&trace), Vec::<usize>::new(), "{trace:?}");
    }
    // That the opening was used stays, once, and nothing beside it that tells what it opened.
    let spent = disk.offsets(&raw(testing::opening("a").nullifier));
    assert_eq!(spent.len(), 1);
    let kept = member("b", 0);
    assert!(
        !disk.offsets(&raw(kept.nullifier)).is_empty(),
        "the test sees what is there"
    );
    assert_eq!(
        store.sign_ons(testing::d("b")).await.unwrap().len(),
        MEMBERS / 3 * 2
    );
}

/// A copy for a backup, taken between two batches: what waits is not in it, and the rest lies in the order of its keys.
/// Two copies within one interval don't tell what came in between them.
#[tokio::test]
async fn a_backup_between_batches() {
    let dir = TempDir::new().unwrap();
    let store = SqliteStore::open(&dir.path().join("demur.db"), Mode::Server)
        .await
        .unwrap();
    for memo in ["a", "b"] {
        store.accept_opening(testing::opening(memo)).await.unwrap();
        store
            .accept_version(testing::version(memo, 1))
            .await
            .unwrap();
    }
    testing::batch(&store).await.unwrap();
    // Of two memos in turn, and after them some that wait.
    let of = |member: usize| {
        let memo = if member.is_multiple_of(2) { "a" } else { "b" };
        let marked = sign_on(member, 5_000, 2_000);
        NewSignOn {
            event: marked.event,
            note: marked.note,
            ..testing::sign_on(memo, &format!("member {member}"), 1)
        }
    };
    for member in 0..MEMBERS - 40 {
        store.accept_sign_on(of(member)).await.unwrap();
    }
    testing::batch(&store).await.unwrap();
    for member in MEMBERS - 40..MEMBERS - 20 {
        store.accept_sign_on(of(member)).await.unwrap();
    }
    let mut copies = Vec::new();
    for copy in ["first", "second"] {
        let to = dir.path().join(copy);
        std::fs::create_dir(&to).unwrap();
        store.copy_to(&to.join("demur.db")).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(&to).unwrap().collect();
        assert_eq!(files.len(), 1, "one file, no journal");
        copies.push(Disk::read(&to));
        for member in MEMBERS - 20..MEMBERS {
            if copy == "first" {
                store.accept_sign_on(of(member)).await.unwrap();
            }
        }
    }
    assert!(
        copies[0].file == copies[1].file,
        "what came in between does not show"
    );
    let copy = &copies[0];
    for part in ["event", "note"] {
        let marks = copy.marks(part);
        let (placed, waiting) = marks.split_at(MEMBERS - 40);
        assert!(
            waiting.iter().all(Vec::is_empty),
            "{part}s that wait are not in it"
        );
        let places: Vec<usize> = placed
            .iter()
            .map(|found| {
                assert_eq!(found.len(), 1);
                found[0]
            })
            .collect();
        let (seen, near) = (correlation(&places), neighbours(&places));
        assert!(seen.abs() < LIMIT, "{part}: {seen}");
        assert!(near < 20, "{part}: {near} neighbours");
    }
    for member in (MEMBERS - 40..MEMBERS).step_by(7) {
        let new = of(member);
        for trace in [raw(new.slot), raw(new.nullifier)] {
            assert_eq!(copy.offsets(&trace), Vec::<usize>::new());
        }
    }
    // The copy is a database of its own, with all that stood.
    drop(store);
    let path = dir.path().join("first/demur.db");
    let copied = SqliteStore::open(&path, Mode::Server).await.unwrap();
    let mut stood = 0;
    for memo in ["a", "b"] {
        stood += copied.sign_ons(testing::d(memo)).await.unwrap().len();
    }
    assert_eq!(stood, MEMBERS - 40);
    assert_eq!(copied.pending_count().await.unwrap(), 0);
    copied.accept_sign_on(of(MEMBERS - 1)).await.unwrap();
}

/// Late sign-ons wait as entries of their own; after their batch nothing of their order is left either.
#[tokio::test]
async fn late_sign_ons() {
    let dir = TempDir::new().unwrap();
    let store = SqliteStore::open(&dir.path().join("demur.db"), Mode::Server)
        .await
        .unwrap();
    testing::filed(&store, "a").await.unwrap();
    for member in 0..MEMBERS {
        let new = sign_on(member, 5_000, 2_000);
        let entry = [vec![b'l'; 5_000], mark(member, "late")].concat();
        store
            .accept_sign_on(NewSignOn { entry, ..new })
            .await
            .unwrap();
    }
    testing::batch(&store).await.unwrap();
    let after = Disk::read(dir.path());
    assert!(after.journal.is_empty());
    for part in ["event", "note", "late"] {
        let places: Vec<usize> = after
            .marks(part)
            .into_iter()
            .flat_map(|found| found.into_iter().take(1))
            .collect();
        assert_eq!(places.len(), MEMBERS, "{part}");
        assert!(
            correlation(&places).abs() < LIMIT,
            "{part}: {}",
            correlation(&places)
        );
        assert!(neighbours(&places) < 20, "{part}: {}", neighbours(&places));
    }
}

fn raw(digest: Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}
