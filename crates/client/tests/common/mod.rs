//! A channel in memory: what a server does, without its checks. Those of the record's rules are made
//! all the same, when a batch is built.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

pub mod story;

use std::{cell::RefCell, collections::BTreeMap, num::NonZeroUsize, sync::OnceLock};

use demur_client::{
    api::{Accepted, DraftView, Placed, PostOpening, PostSignOn, PostVersion, Waiting},
    device::Mirror,
    identity::Identity,
    keys::RoleKeys,
    reader::Check,
    registrar::{Publication, Register, SmallCohorts, parse_people},
    transport::{Request, Response, Transport, TransportError},
};
use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_record::{
    batch::{
        Built, DueFiling, FilingEvent, Pending, PendingEntry, PendingSlot, Placement, SlotOrder,
        build,
    },
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    entry::{Entry, FORMAT, Filed, Place, Profile, Role},
    event::Event,
    keys::{LogSigner, WitnessSigner},
    policy::{Log, Policy, Witness},
    promise::{Promise, Subject},
    replay::{Published, Replay},
    tiles::{TILE_WIDTH, Tree, changed_tiles, encode_bundle, superseded_tiles},
};
use demur_signon::{Prover, Verifier, roster::Edition};
use ed25519_dalek::SigningKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

pub const ORIGIN: &str = "rivers.example/dissent";
pub const INTERVAL: u64 = 600;

pub fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| Prover::new().unwrap())
}

pub fn check() -> Check<'static> {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    let verifier = VERIFIER.get_or_init(|| prover().verifier());
    Check {
        verifier,
        threads: NonZeroUsize::new(2).unwrap(),
    }
}

pub fn profile_text() -> String {
    demur_channel::shipped("demo")
        .unwrap()
        .replace("cohort_floor = 5", "cohort_floor = 3")
        .replace("min_age_seconds = 0", "min_age_seconds = 600")
        .replace("quiet_period_seconds = 1", "quiet_period_seconds = 600")
        .replace("late_seconds = 600", "late_seconds = 86400")
        .replace("expiry_max_seconds = 3600", "expiry_max_seconds = 7200")
        .replace("interval_seconds = 1", "interval_seconds = 600")
        .replace("opaque_slots = 64", "opaque_slots = 8")
        .replace(
            "promise_max_delay_seconds = 60",
            "promise_max_delay_seconds = 1200",
        )
}

pub struct Stored {
    pub salt: Digest,
    pub event: Event,
    pub id: u64,
    pub at: Option<Place>,
}

pub struct World {
    pub log: LogSigner,
    pub witness: WitnessSigner,
    /// Cosign as `witness` does, each by a clock that is so many seconds ahead or behind.
    pub others: Vec<(WitnessSigner, i64)>,
    /// For how long the next checkpoints are kept from the witnesses, in seconds.
    pub held: u64,
    pub policy: Policy,
    pub replay: Replay,
    pub tree: Tree,
    pub entries: Vec<Vec<u8>>,
    pub files: BTreeMap<String, Vec<u8>>,
    pub asked: RefCell<Vec<String>>,
    pub now: Time,
    pub rng: ChaCha20Rng,
    pub events: Vec<Stored>,
    pub sealed: BTreeMap<Digest, Bytes>,
    pub direct: Vec<Entry>,
    pub late: Vec<Entry>,
    pub filings: Vec<Filed>,
    pub waiting: Vec<Waiting>,
    pub office: RoleKeys,
    pub recovery: RoleKeys,
    pub registrar: RoleKeys,
    pub overseer: RoleKeys,
    next: u64,
}

impl Transport for World {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.asked.borrow_mut().push(request.path.clone());
        let path = request.path.strip_prefix("/record/").unwrap_or_default();
        Ok(match self.files.get(path) {
            Some(body) if body.len() <= request.limit => Response {
                status: 200,
                body: body.clone(),
            },
            Some(_) => return Err(TransportError("too long".to_owned())),
            None => Response {
                status: 404,
                body: Vec::new(),
            },
        })
    }
}

impl World {
    pub fn new(seed: u8) -> Self {
        Self::witnessed(seed, 0, 1)
    }

    /// With `others` witnesses beside the first, `quorum` of which must cosign.
    pub fn witnessed(seed: u8, others: u8, quorum: usize) -> Self {
        let key = |n: u8| SigningKey::from_bytes(&[n; 32]);
        let log = LogSigner::new(ORIGIN, key(1)).unwrap();
        let witness = WitnessSigner::new("union.example", key(2)).unwrap();
        let others: Vec<_> = (0..others)
            .map(|n| {
                let name = format!("witness-{n}.example");
                (WitnessSigner::new(&name, key(100 + n)).unwrap(), 0)
            })
            .collect();
        let named = |name: &str, signer: &WitnessSigner| Witness {
            name: name.to_owned(),
            key: signer.verifier().clone(),
            url: None,
        };
        let mut witnesses = vec![named("union", &witness)];
        for (n, (other, _)) in others.iter().enumerate() {
            witnesses.push(named(&format!("other-{n}"), other));
        }
        let policy = Policy::simple(
            Log {
                key: log.verifier().clone(),
                url: None,
            },
            witnesses,
            quorum,
        );
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let mut keys = |role, name: &str| RoleKeys::generate(ORIGIN, role, name, &mut rng);
        let (office, recovery) = (
            keys(Role::Office, "office"),
            keys(Role::Recovery, "recovery"),
        );
        let (registrar, overseer) = (
            keys(Role::Registrar, "registrar"),
            keys(Role::Overseer, "overseer"),
        );
        let mut world = Self {
            log,
            witness,
            others,
            held: 0,
            policy: policy.unwrap(),
            replay: Replay::new(ORIGIN),
            tree: Tree::default(),
            entries: Vec::new(),
            files: BTreeMap::new(),
            asked: RefCell::default(),
            now: "2026-11-23T15:00:00Z".parse().unwrap(),
            rng,
            events: Vec::new(),
            sealed: BTreeMap::new(),
            direct: Vec::new(),
            late: Vec::new(),
            filings: Vec::new(),
            waiting: Vec::new(),
            office,
            recovery,
            registrar,
            overseer,
            next: 0,
        };
        world.direct.push(Entry::Profile(Profile {
            v: FORMAT,
            version: 1,
            text: profile_text(),
        }));
        for keys in [
            &world.office,
            &world.recovery,
            &world.registrar,
            &world.overseer,
        ] {
            world.direct.push(keys.entry());
        }
        world.tick();
        world
    }

    pub fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::new(&self.policy.to_string()).unwrap();
        mirror.sync(self).unwrap();
        mirror
    }

    /// Members with the cohorts given, enrolled, and edition 1 published and old enough.
    pub fn roster(&mut self, cohorts: &[&str]) -> (Vec<Identity>, Edition, Register) {
        let mut csv = "name,title,email,cohorts\n".to_owned();
        for (i, cohorts) in cohorts.iter().enumerate() {
            csv.push_str(&format!("Member {i},Clerk,m{i}@rivers.example,{cohorts}\n"));
        }
        let mut register = Register::new(ORIGIN);
        register.import(parse_people(csv.as_bytes()).unwrap(), &mut self.rng);
        let mut members = Vec::new();
        let mut enrolments = Vec::new();
        for member in register.members() {
            let (mut identity, _) = Identity::new(ORIGIN, &mut self.rng);
            let code = member.code.clone().unwrap();
            let recipient = self.registrar.seal.recipient();
            let (ticket, sealed) = identity.enrol(&code, &recipient, &mut self.rng).unwrap();
            enrolments.push(demur_client::api::Enrolment { ticket, sealed });
            members.push(identity);
        }
        let received = register.receive(&enrolments, &self.registrar, self.now, &mut self.rng);
        assert_eq!(received.refused, []);
        assert_eq!(received.enrolled.len(), cohorts.len());
        let published = self.publish(&mut register, 1);
        self.tick();
        self.tick();
        let mirror = self.mirror();
        for identity in &mut members {
            let ticket = identity.enrolment.as_ref().unwrap().ticket;
            let replies = &published.replies;
            let reply = replies.iter().find(|r| r.ticket == ticket).unwrap();
            assert_eq!(identity.receive(&reply.sealed, &mirror).unwrap(), 1);
        }
        (members, published.edition, register)
    }

    pub fn publish(&mut self, register: &mut Register, number: u64) -> Publication {
        let overseer = self.overseer.seal.recipient();
        let published = register
            .publish(
                number,
                &self.registrar,
                &overseer,
                3,
                SmallCohorts::LeaveOut,
                self.now,
                &mut self.rng,
            )
            .unwrap();
        self.files
            .insert(format!("editions/{number}"), published.post.file.0.clone());
        self.direct.push(published.post.entry.clone());
        published
    }

    pub fn promise(&self, subject: Subject) -> Accepted {
        let promise = Promise {
            origin: ORIGIN.to_owned(),
            subject,
            by: self.now.plus(1200),
        };
        Accepted {
            promise: promise.sign(&self.log).unwrap(),
        }
    }

    fn store(&mut self, salt: Digest, event: Event) -> Accepted {
        self.next += 1;
        let slot = event.slot(salt).unwrap();
        self.events.push(Stored {
            salt,
            event,
            id: self.next,
            at: None,
        });
        self.promise(Subject::Opaque(slot))
    }

    pub fn post_opening(&mut self, post: &PostOpening) -> Accepted {
        self.store(post.salt, Event::Opening(post.event.clone()))
    }

    pub fn post_version(&mut self, post: &PostVersion) -> Accepted {
        assert_eq!(sha256(&post.sealed.0), post.event.body.sealed);
        self.sealed
            .insert(post.event.body.sealed, post.sealed.clone());
        self.store(post.salt, Event::Version(post.event.clone()))
    }

    pub fn post_sign_on(&mut self, post: &PostSignOn) -> Accepted {
        assert_eq!(sha256(&post.note.0), post.event.note);
        self.sealed.insert(post.event.note, post.note.clone());
        if self.replay.memo(post.event.memo).is_none() {
            return self.store(post.salt, Event::SignOn(post.event.clone()));
        }
        let entry = Entry::SignOn(demur_record::entry::Direct {
            v: FORMAT,
            event: post.event.clone(),
        });
        let leaf = demur_record::tiles::leaf_hash(&entry.to_vec().unwrap());
        self.late.push(entry);
        self.promise(Subject::Entry(leaf))
    }

    pub fn view(&self, memo: Digest) -> DraftView {
        let mine = || {
            self.events
                .iter()
                .filter(move |s| s.event.memo().unwrap() == memo)
        };
        fn placed<T>(stored: &Stored, event: T) -> Placed<T> {
            Placed {
                salt: stored.salt,
                at: stored.at,
                event,
            }
        }
        let mut opening = None;
        let (mut versions, mut sign_ons) = (Vec::new(), Vec::new());
        for stored in mine() {
            match stored.event.clone() {
                Event::Opening(e) => opening = Some(placed(stored, e)),
                Event::Version(e) => versions.push(placed(stored, e)),
                Event::SignOn(e) if stored.at.is_some() => sign_ons.push(placed(stored, e)),
                _ => {}
            }
        }
        versions.sort_by_key(|p| p.event.body.number);
        sign_ons.sort_by_key(|p| p.at);
        DraftView {
            opening: opening.unwrap(),
            versions,
            sign_ons,
            filed: self.replay.memo(memo).is_some(),
            waiting: self.waiting.clone(),
        }
    }

    /// A batch, signed, cosigned and published; an interval passes.
    pub fn tick(&mut self) {
        let built = self.build();
        assert_eq!(built.refused, []);
        self.commit(&built);
    }

    /// What waits as a batch, its places noted.
    pub fn build(&mut self) -> Built {
        let waiting = |s: &&Stored| s.at.is_none();
        let slots = self.events.iter().filter(waiting).map(|s| PendingSlot {
            id: s.id,
            slot: s.event.slot(s.salt).unwrap(),
            memo: s.event.memo().unwrap(),
            order: SlotOrder::of(&s.event),
        });
        let filings = std::mem::take(&mut self.filings).into_iter().map(|filed| {
            let mine = self
                .events
                .iter()
                .filter(|s| s.event.memo().unwrap() == filed.memo);
            let events = mine.map(|s| FilingEvent {
                at: s.at.map_or(Placement::Waiting(s.id), Placement::At),
                salt: s.salt,
                event: s.event.clone(),
            });
            let bytes = Entry::Filed(filed.clone()).to_vec().unwrap();
            DueFiling {
                id: 0,
                filed: bytes,
                events: events.collect(),
            }
        });
        let wait = |(id, entry): (u64, Entry)| PendingEntry {
            id,
            bytes: entry.to_vec().unwrap(),
        };
        let pending = Pending {
            slots: slots.collect(),
            filings: filings.collect(),
            direct: (0..)
                .zip(std::mem::take(&mut self.direct))
                .map(wait)
                .collect(),
            sign_ons: (0..)
                .zip(std::mem::take(&mut self.late))
                .map(wait)
                .collect(),
        };
        for (index, slots) in pending.opened_places() {
            let bytes = &self.entries[usize::try_from(index).unwrap()];
            self.replay.recall(index, bytes, &slots).unwrap();
        }
        let built = build(&self.replay, &pending, self.now, &mut self.rng).unwrap();
        for stored in &mut self.events {
            if let Some((_, place)) = built.places.iter().find(|(id, _)| *id == stored.id) {
                stored.at = Some(*place);
            }
        }
        built
    }

    fn commit(&mut self, built: &Built) {
        self.replay = built.replay.clone();
        let note = self.append(&built.entries);
        let time = self.policy.evaluate(&note).unwrap().time;
        let published = Published {
            digest: Some(sha256(&note)),
            time,
        };
        self.replay
            .close_batch(built.checkpoint, published)
            .unwrap();
    }

    /// Whatever these entries are, as a batch of the record: signed, cosigned and published. An interval passes.
    pub fn append(&mut self, entries: &[Vec<u8>]) -> Vec<u8> {
        let old = self.tree.size();
        for entry in entries {
            self.tree.push(entry);
            self.entries.push(entry.clone());
        }
        let new = self.tree.size();
        for tile in changed_tiles(old, new) {
            let bytes = self.tree.tile(&tile).unwrap_or_else(|| {
                let first = usize::try_from(tile.index * TILE_WIDTH).unwrap();
                encode_bundle(&self.entries[first..first + usize::from(tile.width)]).unwrap()
            });
            self.files.insert(tile.path(), bytes);
        }
        for tile in superseded_tiles(old, new) {
            self.files.remove(&tile.path());
        }
        let checkpoint = Checkpoint::new(ORIGIN, new, self.tree.root());
        let note = checkpoint.sign(&self.log).unwrap();
        let at = self.now.plus(2 + self.held);
        let line = cosign(&note, self.witness.at(at)).unwrap();
        let mut note = add_cosignatures(&note, &line, &[self.witness.verifier().clone()]).unwrap();
        for (other, ahead) in &self.others {
            let at = Time::from_unix(at.unix().saturating_add_signed(*ahead));
            let line = cosign(&note, other.at(at)).unwrap();
            note = add_cosignatures(&note, &line, &[other.verifier().clone()]).unwrap();
        }
        if let Some(before) = self.files.remove("checkpoint") {
            self.files.insert(format!("history/{old}"), before);
        }
        self.files.insert("checkpoint".to_owned(), note.clone());
        self.now = self.now.plus(INTERVAL + self.held);
        note
    }
}

pub const MEMO: &str = r#"+++
title = "(U) The lower weir"
to = ["The Minister"]

[[point]]
number = 1
marking = "U"
policy = "The weir stays shut in spring."
argument = "Portion 1."
recommendation = "Open it from March."

[[point]]
number = 2
marking = "U"
policy = "Nobody measures the silt."
argument = "Portion 2."
recommendation = "Measure it each month."
+++

(U) Since the weir was shut, the meadows below have been dry in April.

(SBU) The silt above the weir has risen by an ell, and nobody has measured it since.
"#;
