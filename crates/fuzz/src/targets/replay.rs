//! The state machine of the record.

use std::sync::Arc;

use demur_encoding::{Bytes, Digest, canonical, sha256};
use demur_memo::approval::Approval;
use demur_record::{
    batch::{Pending, PendingEntry, build},
    entry::{ApprovalBody, Entry, Opaque},
    replay::Replay,
};
use ed25519_dalek::{Signer as _, SigningKey};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use crate::channel::FILED;

/// Entries (as in an entry bundle) that come to a record with a filed memo, each signed anew by whoever it says:
/// the state machine takes or refuses each whole, and takes what the sequencer builds.
pub fn replay(data: &[u8]) -> bool {
    let mut taken = false;
    let now = FILED.replay.as_of().expect("it has batches").time.plus(30);
    let mut replay = FILED.replay.clone();
    replay.begin_batch(now).expect("the last batch is closed");
    let first = opaque(&replay);
    replay
        .apply(replay.size(), &first)
        .expect("a batch begins with it");
    let mut pending = Pending::default();
    for (id, bytes) in (0..8).zip(frames(data)) {
        let bytes = resigned(bytes).unwrap_or_else(|| bytes.to_vec());
        let before = (
            replay.size(),
            replay.root(),
            Arc::as_ptr(replay.profile().expect("one")),
        );
        let map = replay.state_map().expect("it has one").root();
        match replay.apply(replay.size(), &bytes) {
            Ok(_) => taken = true,
            Err(violation) => {
                let _ = violation.to_string();
                let after = (
                    replay.size(),
                    replay.root(),
                    Arc::as_ptr(replay.profile().expect("one")),
                );
                assert_eq!(before, after);
                assert_eq!(map, replay.state_map().expect("it has one").root());
            }
        }
        let is_sign_on = matches!(Entry::from_slice(&bytes), Ok(Entry::SignOn(_)));
        let list = if is_sign_on {
            &mut pending.sign_ons
        } else {
            &mut pending.direct
        };
        list.push(PendingEntry { id, bytes });
    }
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    if let Ok(built) = build(&FILED.replay, &pending, now, &mut rng) {
        let mut auditor = FILED.replay.clone();
        auditor
            .apply_batch(&built.entries)
            .expect("what the sequencer takes, an auditor takes");
        assert_eq!(auditor.root(), built.checkpoint.hash);
        assert_eq!(
            built.direct.len() + built.sign_ons.len() + built.refused.len(),
            pending.direct.len() + pending.sign_ons.len(),
        );
    }
    taken
}

/// The opaque entry that a batch begins with.
fn opaque(replay: &Replay) -> Vec<u8> {
    let profile = replay.profile().expect("it has one");
    let empty = Opaque {
        v: 1,
        slots: vec![sha256(b""); profile.record.opaque_slots as usize],
    };
    Entry::Opaque(empty).to_vec().expect("small")
}

/// The pieces of an input, each with its length in two bytes before it; the last may be cut.
fn frames(mut data: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (frame, after) = rest.split_at(length);
        frames.push(frame);
        data = after;
    }
    frames
}

/// The channel's keys by number, as the included file makes them.
fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn public(n: u8) -> Digest {
    Digest::new(key(n).verifying_key().to_bytes())
}

const OFFICE: u8 = 11;
const KEYS: [u8; 5] = [OFFICE, 12, 13, 21, 22];

/// The entry with the signatures that it wants: by the key that it names, or by the authors. `None` where it is
/// no entry, or one without a signature.
fn resigned(bytes: &[u8]) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let bytes = canonical::to_vec(&value).ok()?;
    let mut entry = Entry::from_slice(&bytes).ok()?;
    if let Some((body, _)) = entry.agreed() {
        let approvals = approvals(&body);
        match &mut entry {
            Entry::Filed(e) => e.approvals = approvals,
            Entry::Rejoined(e) => e.approvals = approvals,
            Entry::Withdrawn(e) => e.approvals = approvals,
            Entry::Released(e) => e.approvals = approvals,
            Entry::Fingerprint(e) => e.approvals = approvals,
            _ => {}
        }
    } else if let Entry::Version(e) = &mut entry {
        let hash = e.event.body.hash().ok()?;
        e.event.signature = signature(e.event.author, hash);
    } else if let Some(by) = value.get("by").and_then(|by| by.as_str()?.parse().ok()) {
        let hash = entry.signed_hash().ok()?;
        let mut value = value;
        value["signature"] = serde_json::to_value(signature(by, hash)).ok()?;
        return canonical::to_vec(&value).ok();
    }
    entry.to_vec().ok()
}

/// By the key that is named, or by the office where nobody here has it.
fn signature(by: Digest, hash: Digest) -> Bytes {
    let known = KEYS.into_iter().find(|n| public(*n) == by);
    let key = key(known.unwrap_or(OFFICE));
    Bytes(key.sign(hash.as_bytes()).to_bytes().to_vec())
}

fn approvals(body: &ApprovalBody) -> Vec<Approval> {
    let mut approvals: Vec<_> = [21, 22].map(|n| body.approve(&key(n))).into();
    approvals.sort_by_key(|approval| approval.author);
    approvals
}

/// See the module.
pub(crate) mod seeds {
    use demur_record::tiles::{encode_bundle, leaf_hash};
    use serde_json::{Value, json};

    use super::*;

    fn written(value: &Value) -> Vec<u8> {
        let bytes = canonical::to_vec(value).expect("small");
        resigned(&bytes).expect("an entry")
    }

    pub(crate) fn replay() -> Vec<Vec<u8>> {
        let (memo, by, text) = (FILED.memo, public(OFFICE), sha256(b"text"));
        let filed = FILED
            .entries
            .iter()
            .find(|bytes| matches!(Entry::from_slice(bytes), Ok(Entry::Filed(_))));
        let filed = leaf_hash(filed.expect("it was filed"));
        let latest = FILED
            .replay
            .memo(memo)
            .expect("it was filed")
            .log()
            .latest();
        let latest = latest.expect("it has a version");
        let (version, hash) = (latest.body.number, latest.hash);
        let office = |kind: &str, fields: Value| {
            let mut entry = json!({"type": kind, "v": 1, "memo": memo, "by": by, "signature": ""});
            let object = entry.as_object_mut().expect("an object");
            object.extend(fields.as_object().expect("an object").clone());
            written(&entry)
        };
        let acknowledged = office("acknowledged", json!({}));
        let returned = office("returned", json!({"reason": "personnel", "text": text}));
        let distributed = office("distributed", json!({"to": ["minister"], "sealed": text}));
        let responded = office(
            "responded",
            json!({"points": 1, "root": text, "sealed": text}),
        );
        let rejoined = written(&json!({
            "type": "rejoined", "v": 1, "memo": memo, "responded": leaf_hash(&responded), "text": text, "approvals": []
        }));
        let withdrawn = written(&json!({
            "type": "withdrawn", "v": 1, "memo": memo, "filed": filed, "version": version, "version_hash": hash,
            "approvals": []
        }));
        let released = written(&json!({
            "type": "released", "v": 1, "memo": memo, "version": version, "version_hash": hash, "bundle": text,
            "approvals": []
        }));
        let fingerprint = written(&json!({
            "type": "fingerprint", "v": 1, "memo": memo, "of": 1, "version": version, "version_hash": hash,
            "text": {
                "form": "demur-text/1", "whole": text, "body": hash,
                "hash": {"name": "argon2id", "version": 19, "memory_kib": 65536, "passes": 3, "lanes": 4}
            },
            "approvals": []
        }));
        let software = written(
            &json!({"type": "software", "v": 1, "name": "demur", "version": "1", "digest": text}),
        );
        let steward = written(&json!({
            "type": "keys", "v": 1, "role": "steward", "name": "ann", "sign": public(21), "seal": null,
            "vkey": null, "state": "active", "by": by, "signature": ""
        }));
        let case: [&[&Vec<u8>]; 4] = [
            &[
                &acknowledged,
                &distributed,
                &responded,
                &rejoined,
                &released,
                &fingerprint,
            ],
            &[&acknowledged, &returned],
            &[&software, &withdrawn],
            &[&steward, &software],
        ];
        case.map(|entries| encode_bundle(entries).expect("small"))
            .into()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Each entry of a seed is one that the record takes.
        #[test]
        fn seeds_are_taken_whole() {
            for seed in replay() {
                let mut replay = FILED.replay.clone();
                let now = replay.as_of().unwrap().time.plus(30);
                replay.begin_batch(now).unwrap();
                replay.apply(replay.size(), &opaque(&replay)).unwrap();
                for bytes in frames(&seed) {
                    replay.apply(replay.size(), bytes).unwrap();
                }
            }
        }
    }
}
