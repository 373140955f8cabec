//! The public record: entries, tiles, signed notes, policies, and the state machine.

use std::{collections::BTreeMap, sync::LazyLock};

use demur_encoding::{Digest, Time, sha256};
use demur_record::{
    checkpoint::{Checkpoint, add_cosignatures},
    entry::{CheckpointRef, Entry},
    policy::Policy,
    promise::{Kept, Promise},
    receipt::Receipt,
    source::MemoryRecord,
    tiles::{
        RemoteTree, TileId, decode_bundle, encode_bundle, read_entries, verify_consistency,
        verify_inclusion,
    },
    witness::{Witness, WitnessReply},
};

use self::seeds::{KNOWN, LOG, NOTE, ORIGIN, SIZE, WITNESS};
use crate::{channel::FILED, spellings};

/// An entry of the record.
pub fn entry(data: &[u8]) -> bool {
    let mut read = false;
    for data in spellings(data) {
        if let Ok(entry) = Entry::from_slice(&data) {
            assert_eq!(entry.to_vec().as_deref(), Ok(data.as_slice()));
            let _ = entry.signed_hash();
            read = true;
        }
    }
    read
}

/// After a first byte that chooses: a path, an entry bundle, or a file in the place of one of a served record.
pub fn tile(data: &[u8]) -> bool {
    let Some((choice, bytes)) = data.split_first() else {
        return false;
    };
    match choice % 4 {
        0 => {
            let path = str::from_utf8(bytes).unwrap_or_default();
            let id = TileId::parse(path);
            assert!(id.is_none_or(|id| id.path() == path));
            id.is_some()
        }
        1 => {
            let Some((width, bytes)) = bytes.split_first() else {
                return false;
            };
            let Ok(entries) = decode_bundle(bytes, u16::from(*width) + 1) else {
                return false;
            };
            assert_eq!(entries.len(), usize::from(*width) + 1);
            assert_eq!(encode_bundle(&entries).as_deref(), Ok(bytes));
            true
        }
        kind => served(bytes, kind == 2),
    }
}

/// A hash tile (or an entry bundle) of a served record is replaced: proofs still prove only what is so.
fn served(bytes: &[u8], hashes: bool) -> bool {
    let (record, checkpoint) = &*seeds::SERVED;
    let Some((which, bytes)) = bytes.split_first() else {
        return false;
    };
    let mut read = false;
    let paths = record
        .files
        .keys()
        .filter(|path| path.contains("entries") != hashes);
    let paths: Vec<&String> = paths.collect();
    let path = paths[usize::from(*which) % paths.len()];
    let mut record: MemoryRecord = record.clone();
    record.files.insert(path.clone(), bytes.to_vec());
    let tree = RemoteTree::new(&record, *checkpoint);
    for index in [0, u64::from(*which), checkpoint.size - 1] {
        if let Ok((leaf, proof)) = tree.prove_inclusion(index) {
            assert!(verify_inclusion(*checkpoint, index, leaf, &proof));
            assert_eq!(leaf, seeds::leaf(index), "only the leaf that was logged");
            read = true;
        }
        if let Ok((hash, proof)) = tree.prove_consistency(index) {
            let old = CheckpointRef { size: index, hash };
            assert!(verify_consistency(old, *checkpoint, &proof));
            assert_eq!(hash, seeds::root(index), "only the root that was");
        }
    }
    if let Ok(entries) = read_entries(&record, 0, checkpoint.size) {
        assert_eq!(entries.len() as u64, checkpoint.size);
        read = true;
    }
    read
}

/// A checkpoint as it comes, and its text under the log's signature.
pub fn checkpoint(data: &[u8]) -> bool {
    let known = Checkpoint::open(data, LOG.verifier());
    if let Ok(checkpoint) = &known {
        assert_eq!(*checkpoint, *KNOWN, "nothing else was signed");
    }
    let Ok(text) = str::from_utf8(data) else {
        return false;
    };
    let read = Checkpoint::from_text(text).ok();
    if let Some(checkpoint) = &read {
        assert_eq!(checkpoint.text(), text);
    }
    let any = known.is_ok() || read.is_some();
    if let Some(note) = seeds::signed(text) {
        let opened = Checkpoint::open(&note, LOG.verifier());
        let ours = read.filter(|checkpoint| checkpoint.origin == ORIGIN);
        assert_eq!(opened.ok(), ours, "what was signed is what is read");
    }
    any
}

/// Lines that a witness answers with, for a note of the log.
pub fn cosignature(data: &[u8]) -> bool {
    let mut added = false;
    let known = [WITNESS.verifier().clone()];
    let (policy, note) = (seeds::parsed_policy(), NOTE.as_slice());
    if let Ok(full) = add_cosignatures(note, data, &known) {
        assert!(full.starts_with(note));
        assert_eq!(add_cosignatures(&full, data, &known).as_ref(), Ok(&full));
        let line = &full[note.len()..];
        // The witness cosigned once: no other line is by it.
        assert!(line.is_empty() || line == seeds::cosignature()[0]);
        assert_eq!(policy.evaluate(&full).is_ok(), !line.is_empty());
        added = !line.is_empty();
    }
    if let Ok(accepted) = policy.evaluate(&[note, data].concat()) {
        assert_eq!(accepted.checkpoint, *KNOWN);
    }
    added
}

/// A trust policy.
pub fn policy(data: &[u8]) -> bool {
    let text = str::from_utf8(data).unwrap_or_default();
    let Ok(policy) = text.parse::<Policy>() else {
        return false;
    };
    let _ = policy.evaluate(&NOTE);
    let _ = policy.evaluate_exact(&NOTE);
    assert_eq!(policy.to_string().parse().as_ref(), Ok(&policy));
    true
}

/// A promise as it comes, and its text under the log's signature.
pub fn promise(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else {
        return false;
    };
    let as_it_is = Promise::open(text, LOG.verifier());
    let note = seeds::signed(text).and_then(|note| String::from_utf8(note).ok());
    let Some(Ok(promise)) = note.map(|note| Promise::open(&note, LOG.verifier())) else {
        return as_it_is.is_ok();
    };
    assert_eq!(promise.text(), text);
    let at = Time::from_unix(1_800_000_000);
    let entries = (0..).zip(&*seeds::SMALL);
    let kept = promise.kept(
        entries.map(|(index, bytes)| (index, bytes.as_slice(), at)),
        at,
    );
    let in_time = matches!(kept, Kept::InTime { .. } | Kept::Waiting);
    assert_eq!(in_time, at <= promise.by);
    true
}

/// A receipt proves its entry at its index alone.
pub fn receipt(data: &[u8]) -> bool {
    let Ok(receipt) = Receipt::parse(data) else {
        return false;
    };
    assert_eq!(receipt.to_string().as_bytes(), data);
    for index in 0..SIZE {
        let verdict = receipt.verify(seeds::parsed_policy(), &[index]);
        assert!(verdict.is_err() || receipt.index == u64::from(index));
    }
    true
}

/// A request to a witness: it never cosigns what its last checkpoint does not lead to.
pub fn witness(data: &[u8]) -> bool {
    let known = CheckpointRef {
        size: 4,
        hash: seeds::small_root(4),
    };
    let latest = BTreeMap::from([(ORIGIN.to_owned(), known)]);
    let witness = Witness::new(WITNESS.clone(), vec![LOG.verifier().clone()], latest);
    let mut witness = witness.expect("a log's key");
    let reply = witness.add_checkpoint(data, Time::from_unix(1_800_000_000));
    let now = witness.latest()[ORIGIN];
    let status = reply.status();
    let understood = status != 400;
    match reply {
        WitnessReply::Cosigned(line) => {
            assert_eq!(now, KNOWN.reference(), "the log signed nothing else");
            assert!(add_cosignatures(&NOTE, &line, &[WITNESS.verifier().clone()]).is_ok());
        }
        other => {
            assert_eq!(now, known, "a refusal changes nothing");
            assert!((400..500).contains(&status));
            let _ = (other.body(), other.content_type());
        }
    }
    understood
}

/// See the module.
pub(crate) mod seeds {
    use demur_record::{
        checkpoint::cosign,
        entry::{Opaque, State},
        keys::{LogSigner, WitnessSigner},
        promise::Subject,
        tiles::{Tree, bundles, hash_tiles, leaf_hash},
        witness::request,
    };
    use ed25519_dalek::SigningKey;
    use signed_note::Note;

    use super::*;

    pub(crate) const ORIGIN: &str = "rivers.example";
    /// The entries of the small record, each of one byte: its index.
    pub(crate) const SIZE: u8 = 9;
    /// The entries of the served record.
    const SERVED_SIZE: u64 = 700;

    pub(crate) static LOG: LazyLock<LogSigner> = LazyLock::new(|| {
        LogSigner::new(ORIGIN, SigningKey::from_bytes(&[1; 32])).expect("a valid name")
    });
    pub(crate) static WITNESS: LazyLock<WitnessSigner> = LazyLock::new(|| {
        WitnessSigner::new("bridge.example", SigningKey::from_bytes(&[2; 32]))
            .expect("a valid name")
    });
    pub(crate) static KNOWN: LazyLock<Checkpoint> =
        LazyLock::new(|| Checkpoint::new(ORIGIN, SIZE.into(), small_root(SIZE.into())));
    pub(crate) static NOTE: LazyLock<Vec<u8>> =
        LazyLock::new(|| KNOWN.sign(&LOG).expect("it is this log's"));

    fn small_tree() -> Tree {
        Tree::rebuild((0..SIZE).map(|n| [n]))
    }

    pub(crate) fn small_root(size: u64) -> Digest {
        Tree::rebuild((0..SIZE).take(size as usize).map(|n| [n])).root()
    }

    /// A text under the log's signature, if it can be a note's.
    pub(crate) fn signed(text: &str) -> Option<Vec<u8>> {
        let mut note = Note::new(text.as_bytes(), &[]).ok()?;
        note.add_sigs(&[&*LOG]).ok()?;
        Some(note.to_bytes())
    }

    fn policy_text() -> String {
        let (log, witness) = (LOG.verifier(), WITNESS.verifier());
        format!(
            "# trust\nlog {log} https://rivers.example\nwitness w {witness}\ngroup g any w\nquorum g\n"
        )
    }

    pub(crate) fn parsed_policy() -> &'static Policy {
        static POLICY: LazyLock<Policy> =
            LazyLock::new(|| policy_text().parse().expect("a valid policy"));
        &POLICY
    }

    fn served_entry(index: u64) -> Vec<u8> {
        index.to_be_bytes().to_vec()
    }

    static TREE: LazyLock<Tree> =
        LazyLock::new(|| Tree::rebuild((0..SERVED_SIZE).map(served_entry)));

    /// The tiles and bundles of a record with three rows of tiles, and its checkpoint.
    pub(crate) static SERVED: LazyLock<(MemoryRecord, CheckpointRef)> = LazyLock::new(|| {
        let mut record = MemoryRecord::default();
        for id in hash_tiles(SERVED_SIZE).chain(bundles(0, SERVED_SIZE)) {
            let bytes = match id.kind {
                demur_record::tiles::TileKind::Hashes(_) => TREE.tile(&id).expect("it is there"),
                demur_record::tiles::TileKind::Entries => {
                    let from = id.index * 256;
                    let entries: Vec<_> = (from..from + u64::from(id.width))
                        .map(served_entry)
                        .collect();
                    encode_bundle(&entries).expect("small")
                }
            };
            record.files.insert(id.path(), bytes);
        }
        let checkpoint = CheckpointRef {
            size: SERVED_SIZE,
            hash: TREE.root(),
        };
        (record, checkpoint)
    });

    pub(crate) fn leaf(index: u64) -> Digest {
        leaf_hash(&served_entry(index))
    }

    /// The root that the served record had at `size` entries.
    pub(crate) fn root(size: u64) -> Digest {
        TREE.root_at(size).expect("it was that large")
    }

    /// Two small entries.
    pub(crate) static SMALL: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
        let state = State {
            v: 1,
            root: sha256(b""),
            memos: 0,
            profiles: 1,
            keys: 6,
            editions: 0,
            time: Time::from_unix(1_800_000_000),
            previous: None,
        };
        let slots = vec![sha256(b"a"), sha256(b"b")];
        let small = [Entry::State(state), Entry::Opaque(Opaque { v: 1, slots })];
        small.map(|entry| entry.to_vec().expect("small"))
    });

    pub(crate) fn entry() -> Vec<Vec<u8>> {
        SMALL.iter().chain(&FILED.entries).cloned().collect()
    }

    pub(crate) fn tile() -> Vec<Vec<u8>> {
        let mut bundle = vec![1, 1];
        bundle.extend(encode_bundle(&*SMALL).expect("small"));
        let mut seeds: Vec<Vec<u8>> = vec![
            b"\0tile/0/x001/234.p/5".into(),
            b"\0tile/entries/000".into(),
            bundle,
        ];
        for (choice, hashes) in [(2, true), (3, false)] {
            let files = SERVED
                .0
                .files
                .iter()
                .filter(|(p, _)| p.contains("entries") != hashes);
            for (which, (_, bytes)) in (0..).zip(files) {
                seeds.push([&[choice, which], bytes.as_slice()].concat());
            }
        }
        seeds
    }

    pub(crate) fn checkpoint() -> Vec<Vec<u8>> {
        vec![
            NOTE.clone(),
            KNOWN.text().into_bytes(),
            format!("{}more\n", KNOWN.text()).into(),
        ]
    }

    pub(crate) fn cosignature() -> Vec<Vec<u8>> {
        static LINE: LazyLock<Vec<u8>> = LazyLock::new(|| {
            cosign(&NOTE, WITNESS.at(Time::from_unix(1_800_000_000))).expect("a note")
        });
        let stranger = WitnessSigner::new("x.example", SigningKey::from_bytes(&[3; 32]));
        let stranger = stranger.expect("a valid name");
        let line = cosign(&NOTE, stranger.at(Time::from_unix(1))).expect("a note");
        vec![LINE.clone(), [line, LINE.clone()].concat()]
    }

    pub(crate) fn policy() -> Vec<Vec<u8>> {
        let (log, witness) = (LOG.verifier(), WITNESS.verifier());
        vec![
            policy_text().into_bytes(),
            format!("log {log}\nquorum none\n").into_bytes(),
            format!("log {log}\nwitness a {witness} https://w.example\ngroup g 1 a\ngroup h all g\nquorum h\n")
                .into_bytes(),
        ]
    }

    pub(crate) fn promise() -> Vec<Vec<u8>> {
        let promise = |subject| Promise {
            origin: ORIGIN.to_owned(),
            subject,
            by: Time::from_unix(1_800_000_000),
        };
        let slot = promise(Subject::Opaque(sha256(b"a")));
        let entry = promise(Subject::Entry(leaf_hash(&SMALL[0])));
        let note = slot.sign(&LOG).expect("it is this log's");
        vec![
            note.into_bytes(),
            slot.text().into_bytes(),
            entry.text().into_bytes(),
        ]
    }

    pub(crate) fn receipt() -> Vec<Vec<u8>> {
        let checkpoint = [NOTE.clone(), cosignature()[0].clone()].concat();
        let mut receipt = Receipt {
            extra: None,
            index: 4,
            proof: small_tree()
                .prove_inclusion(4, SIZE.into())
                .expect("within"),
            checkpoint: String::from_utf8(checkpoint).expect("text"),
        };
        let plain = receipt.to_string().into_bytes();
        receipt.extra = Some(b"more".to_vec().into());
        vec![plain, receipt.to_string().into_bytes()]
    }

    pub(crate) fn witness() -> Vec<Vec<u8>> {
        let proof = small_tree()
            .prove_consistency(4, SIZE.into())
            .expect("within");
        vec![request(4, &proof, &NOTE), request(0, &[], &NOTE)]
    }
}
