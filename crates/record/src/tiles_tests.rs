use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::source::MemoryRecord;

fn entry(n: u64) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

fn tree(size: u64) -> Tree {
    Tree::rebuild((0..size).map(entry))
}

fn at(tree: &Tree, size: u64) -> CheckpointRef {
    CheckpointRef {
        size,
        hash: tree.root_at(size).unwrap(),
    }
}

#[test]
fn paths_are_those_of_c2sp() {
    let hashes = |level, index, width| TileId {
        kind: TileKind::Hashes(level),
        index,
        width,
    };
    assert_eq!(hashes(0, 1_234_067, 256).path(), "tile/0/x001/x234/067");
    assert_eq!(hashes(1, 0, 7).path(), "tile/1/000.p/7");
    let bundle = TileId {
        kind: TileKind::Entries,
        index: 273,
        width: 112,
    };
    assert_eq!(bundle.path(), "tile/entries/273.p/112");
    for bad in [
        "tile/0/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/00/000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001/x001",
        "tile/8/0/000",
        "tile/data/000",
        "tile/0/000.p/+1",
        "tile/0/-01",
        "tile/0/+01",
        "tile/256/000",
        "tile/0/x001/x001/x001/x001/x001/x001/x001/001",
        "/tile/0/000",
        "tile/0/000/",
        "",
    ] {
        assert_eq!(TileId::parse(bad), None, "{bad}");
    }
}

#[test]
fn bundles_are_strict() {
    let entries = [entry(1), vec![], entry(2)];
    let bytes = encode_bundle(&entries).unwrap();
    assert_eq!(decode_bundle(&bytes, 3).unwrap(), entries);
    for (width, found) in [(0, 1), (2, 3), (4, 3)] {
        let expected = usize::from(width);
        assert_eq!(
            decode_bundle(&bytes, width),
            Err(BundleError::Count { expected, found })
        );
    }
    for cut in 1..bytes.len() {
        assert!(decode_bundle(&bytes[..cut], 3).is_err(), "{cut}");
    }
    assert_eq!(
        encode_bundle(&[vec![0; 65_536]]),
        Err(BundleError::TooLong(0, 65_536))
    );
    assert!(encode_bundle(&[vec![0; 65_535]]).is_ok());
}

#[test]
fn the_frontier_has_the_trees_roots() {
    let mut frontier = Frontier::default();
    let whole = tree(600);
    for n in 0..=600 {
        assert_eq!(frontier.root(), whole.root_at(n).unwrap(), "{n}");
        frontier.push(&entry(n));
    }
}

#[test]
fn the_tree_has_the_librarys_hashes() {
    assert_eq!(
        tree(300).root(),
        demur_encoding::merkle::Tree::new((0..300).map(entry)).root()
    );
    assert_eq!(Tree::default().root(), EMPTY_ROOT);
}

#[test]
fn the_tiles_are_those_of_the_library() {
    for (old, new) in [
        (0, 1),
        (1, 255),
        (255, 256),
        (256, 300),
        (0, 256),
        (300, 70_000),
        (65_535, 65_537),
    ] {
        let ours: BTreeSet<_> = changed_tiles(old, new)
            .into_iter()
            .filter(|tile| tile.kind != TileKind::Entries)
            .map(|tile| tile.path())
            .collect();
        let theirs: BTreeSet<_> = tlog_tiles::Tile::new_tiles(8, old, new)
            .iter()
            .map(|tile| tile.path().replacen("tile/8/", "tile/", 1))
            .collect();
        assert_eq!(ours, theirs, "{old} to {new}");
    }
}

#[test]
fn a_tree_gives_the_tiles_that_it_has() {
    let tree = tree(300);
    let tile = |kind, index, width| {
        let tile = TileId { kind, index, width };
        tree.tile(&tile).map(|bytes| bytes.len())
    };
    assert_eq!(tile(TileKind::Hashes(0), 1, 44), Some(44 * 32));
    assert_eq!(tile(TileKind::Hashes(1), 0, 1), Some(32));
    for (kind, index, width) in [
        (TileKind::Hashes(0), 1, 45),
        (TileKind::Hashes(1), 0, 2),
        (TileKind::Hashes(7), 0, 1),
        (TileKind::Hashes(8), 0, 1),
        (TileKind::Hashes(255), 0, 1),
        (TileKind::Entries, 0, 1),
    ] {
        assert_eq!(tile(kind, index, width), None, "{kind:?}");
    }
}

#[test]
fn huge_sizes_do_no_harm() {
    assert!(superseded_tiles(MAX_TREE_SIZE - 1, u64::MAX).len() < 20);
    assert_eq!(
        tree(3).tile(&TileId {
            kind: TileKind::Hashes(255),
            index: u64::MAX,
            width: 1
        }),
        None
    );
    assert!(tree(3).prove_inclusion(3, 3).is_err());
    assert!(tree(3).prove_inclusion(0, 4).is_err());
    assert!(tree(3).prove_consistency(3, 2).is_err());
}

/// The files of a record of `size` entries, made step by step.
fn published(sizes: &[u64]) -> MemoryRecord {
    let mut record = MemoryRecord::default();
    let mut tree = Tree::default();
    for size in sizes {
        let old = tree.size();
        for n in old..*size {
            tree.push(&entry(n));
        }
        for tile in changed_tiles(old, *size) {
            let first = tile.index * TILE_WIDTH;
            let bytes = tree.tile(&tile).unwrap_or_else(|| {
                encode_bundle(
                    &(first..first + u64::from(tile.width))
                        .map(entry)
                        .collect::<Vec<_>>(),
                )
                .unwrap()
            });
            record.files.insert(tile.path(), bytes);
        }
        for tile in superseded_tiles(old, *size) {
            assert!(record.files.remove(&tile.path()).is_some(), "{tile}");
        }
    }
    record
}

#[test]
fn steps_leave_the_same_files_as_one_leap() {
    let steps = published(&[1, 2, 255, 256, 257, 300, 511, 512, 1000]);
    assert_eq!(steps, published(&[1000]));
    let all = hash_tiles(1000).chain(bundles(0, 1000));
    let expected: BTreeSet<_> = all.map(|tile| tile.path()).collect();
    assert_eq!(
        steps.files.keys().cloned().collect::<BTreeSet<_>>(),
        expected
    );
}

#[test]
fn a_size_has_its_tiles_and_no_others() {
    for size in [1, 255, 256, 257, 700, 65_536, 65_537] {
        let all: Vec<_> = hash_tiles(size).chain(bundles(0, size)).collect();
        assert_eq!(all.len(), changed_tiles(0, size).len());
        for tile in all {
            assert!(has_tile(size, &tile));
            let wider = TileId {
                width: tile.width + 1,
                ..tile
            };
            let next = TileId {
                index: tile.index + size.div_ceil(TILE_WIDTH),
                ..tile
            };
            assert!(!has_tile(size, &wider) && !has_tile(size, &next));
        }
        let empty = TileId {
            kind: TileKind::Entries,
            index: size / TILE_WIDTH,
            width: 0,
        };
        assert!(!has_tile(size, &empty));
        let above = TileId {
            kind: TileKind::Hashes(9),
            index: 0,
            width: 1,
        };
        assert!(!has_tile(size, &above));
    }
    assert_eq!(bundles(300, 300).count(), 0);
    assert_eq!(bundles(300, 301).next().unwrap().index, 1);
    assert_eq!(bundles(256, 600).count(), 2);
    // Nothing is laid out beforehand.
    assert_eq!(bundles(0, 1 << 50).nth(3).unwrap().index, 3);
    assert_eq!(hash_tiles(1 << 50).nth(3).unwrap().index, 3);
}

#[test]
fn proofs_come_from_served_tiles_and_wrong_tiles_are_refused() {
    let (record, tree) = (published(&[700]), tree(700));
    let remote = RemoteTree::new(&record, at(&tree, 700));
    for index in [0, 255, 256, 699] {
        assert_eq!(
            remote.prove_inclusion(index).unwrap().1,
            tree.prove_inclusion(index, 700).unwrap()
        );
    }
    for old in [0, 1, 256, 699, 700] {
        assert_eq!(
            remote.prove_consistency(old).unwrap().1,
            tree.prove_consistency(old, 700).unwrap()
        );
    }
    assert_eq!(
        read_entries(&record, 250, 700).unwrap(),
        (250..700).map(entry).collect::<Vec<_>>()
    );
    let mut bad = record.clone();
    bad.files.get_mut("tile/0/001").unwrap()[40] ^= 1;
    let remote = RemoteTree::new(&bad, at(&tree, 700));
    assert!(matches!(remote.prove_inclusion(300), Err(ReadError::Tiles)));
    bad.files.remove("tile/0/001");
    let remote = RemoteTree::new(&bad, at(&tree, 700));
    assert_eq!(
        remote.prove_inclusion(300),
        Err(ReadError::Missing("tile/0/001".to_owned()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_path_reads_back(level in 0u8..64, index in 0u64..1 << 53, width in 1u16..=256, entries: bool) {
        let kind = if entries { TileKind::Entries } else { TileKind::Hashes(level) };
        let tile = TileId { kind, index, width };
        prop_assert_eq!(TileId::parse(&tile.path()), Some(tile));
    }

    #[test]
    fn proofs_prove_and_nothing_else(size in 1u64..300, a in 0u64..300, b in 0u64..300) {
        let tree = tree(size);
        let (index, old) = (a % size, b % (size + 1));
        let proof = tree.prove_inclusion(index, size).unwrap();
        prop_assert!(verify_inclusion(at(&tree, size), index, leaf_hash(&entry(index)), &proof));
        prop_assert!(!verify_inclusion(at(&tree, size), index, leaf_hash(b"other"), &proof));
        let proof = tree.prove_consistency(old, size).unwrap();
        prop_assert!(verify_consistency(at(&tree, old), at(&tree, size), &proof));
        if old > 0 {
            let other = CheckpointRef { size: old, hash: leaf_hash(b"other") };
            prop_assert!(!verify_consistency(other, at(&tree, size), &proof));
        }
    }

    #[test]
    fn random_bytes_are_no_trouble(bytes in prop::collection::vec(any::<u8>(), 0..200), width in 0u16..10) {
        let _ = decode_bundle(&bytes, width);
        let _ = TileId::parse(&String::from_utf8_lossy(&bytes));
    }
}
