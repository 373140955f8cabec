//! A small record, made as a server would make it: eight members, one memo of two versions, signed on,
//! filed, acknowledged, distributed and answered, under two witnesses.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use std::sync::OnceLock;

use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{
    content::Counts,
    version::{Author, CheckpointRef as MemoCheckpoint, EditionRef, OpeningBody, VersionBody},
};
use demur_record::{
    batch::{
        Built, DueFiling, FilingEvent, Pending, PendingEntry, PendingSlot, Placement, SlotOrder,
        build,
    },
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    entry::{
        Acknowledged, ApprovalBody, Attestation, CheckpointRef, Cohort, Direct, Distributed,
        Edition, Entry, FORMAT, Filed, KeyState, Keys, Opened, Profile, Rejoined, Released,
        Responded, Role, SizedRoot, Software, Step, Withdrawn,
    },
    event::{Action, Event, Opening, SignOn, Version},
    keys::{LogSigner, WitnessSigner},
    memo_log::RecordView,
    policy::{Log, Policy, Witness},
    replay::{OpenedPlaces, Published, Replay},
    source::MemoryRecord,
    tiles::{TILE_WIDTH, Tree, changed_tiles, encode_bundle, superseded_tiles},
};
use demur_signon::{
    CircuitId, Element, MemberSecret, PROOF_BYTES, Prover, Statement,
    act::{Checkpoint as ActCheckpoint, Month, OpeningContext, ShownCohort, SignOnContext},
    roster::{
        CertificateBody, CertificateKind, CertificateTree, CertificateVersion, CohortName,
        Edition as EditionFile, EditionDraft, Enrolled,
    },
};
use ed25519_dalek::SigningKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

pub const ORIGIN: &str = "rivers.example/dissent";
pub const INTERVAL: u64 = 600;
pub const SLOTS: usize = 12;
pub const SEAL: &str = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public(seed: u8) -> Digest {
    Digest::new(key(seed).verifying_key().to_bytes())
}

pub const OFFICE: u8 = 10;
pub const OVERSEER: u8 = 11;
pub const REGISTRAR: u8 = 12;
pub const STEWARD: u8 = 14;
pub const AUTHORS: [u8; 2] = [20, 21];

pub fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| Prover::new().unwrap())
}

pub fn profile_text() -> String {
    demur_channel::shipped("demo")
        .unwrap()
        .replace("cohort_floor = 5", "cohort_floor = 3")
        .replace("min_age_seconds = 0", "min_age_seconds = 600")
        .replace("quiet_period_seconds = 1", "quiet_period_seconds = 600")
        .replace("late_seconds = 600", "late_seconds = 86400")
        .replace("interval_seconds = 1", "interval_seconds = 600")
        .replace("opaque_slots = 64", &format!("opaque_slots = {SLOTS}"))
        .replace(
            "promise_max_delay_seconds = 60",
            "promise_max_delay_seconds = 1200",
        )
}

/// Everybody's keys and the record so far.
#[derive(Clone)]
pub struct World {
    pub log: LogSigner,
    pub witnesses: Vec<WitnessSigner>,
    pub policy: Policy,
    pub members: Vec<MemberSecret>,
    pub edition: Option<EditionFile>,
    pub replay: Replay,
    pub tree: Tree,
    pub entries: Vec<Vec<u8>>,
    pub record: MemoryRecord,
    pub now: Time,
    pub rng: ChaCha20Rng,
    /// Whether proofs are made, or zeros stand for them.
    pub real: bool,
    /// What the memo's authors and signers did before filing, with salts.
    pub events: Vec<FilingEvent>,
    pub memo: Option<Digest>,
    pub versions: Vec<VersionBody>,
    next_id: u64,
}

impl World {
    pub fn new(real: bool) -> Self {
        let log = LogSigner::new(ORIGIN, key(1)).unwrap();
        let witnesses: Vec<_> = [2, 3]
            .map(|n| WitnessSigner::new(&format!("w{n}.example"), key(n)).unwrap())
            .into();
        let named = witnesses.iter().enumerate().map(|(i, w)| Witness {
            name: format!("w{i}"),
            key: w.verifier().clone(),
            url: None,
        });
        let policy = Policy::simple(
            Log {
                key: log.verifier().clone(),
                url: None,
            },
            named.collect(),
            2,
        );
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let members = (0..8).map(|_| MemberSecret::generate(&mut rng)).collect();
        Self {
            log,
            witnesses,
            policy: policy.unwrap(),
            members,
            edition: None,
            replay: Replay::new(ORIGIN),
            tree: Tree::default(),
            entries: Vec::new(),
            record: MemoryRecord::default(),
            now: "2026-11-23T09:00:00Z".parse().unwrap(),
            rng,
            real,
            events: Vec::new(),
            memo: None,
            versions: Vec::new(),
            next_id: 0,
        }
    }

    /// The whole story: see the module's first lines.
    pub fn whole(real: bool) -> Self {
        let mut world = Self::drafted(real);
        world.file();
        let late = world.sign_on(3, 2, Action::Sign, 1, None);
        let acknowledged = world.acknowledged();
        world.publish_with(vec![acknowledged], vec![late]);
        let distributed = world.distributed();
        world.publish(vec![distributed]);
        let responded = world.responded();
        world.publish(vec![responded]);
        world
    }

    /// Up to just before the filing: two versions, three signers.
    pub fn drafted(real: bool) -> Self {
        let mut world = Self::founded(real);
        let opening = world.opening();
        world.memo = Some(opening.body.id().unwrap());
        world.publish_events(vec![Event::Opening(opening)]);
        world.add_version();
        world.publish(vec![]);
        let (a, b) = (
            world.sign_on(0, 1, Action::Sign, 1, None),
            world.sign_on(1, 1, Action::Sign, 1, Some("field")),
        );
        world.publish_events(vec![Event::SignOn(a), Event::SignOn(b)]);
        world.add_version();
        world.publish(vec![]);
        // Out of order on purpose: the batch puts a nullifier's acts in sequence.
        let (b, a, c) = (
            world.sign_on(0, 2, Action::Endorse, 3, None),
            world.sign_on(0, 2, Action::Sign, 2, None),
            world.sign_on(2, 2, Action::Sign, 1, None),
        );
        world.publish_events(vec![Event::SignOn(b), Event::SignOn(a), Event::SignOn(c)]);
        world
    }

    /// Profile, keys, and an edition that is old enough.
    pub fn founded(real: bool) -> Self {
        let mut world = Self::new(real);
        let founding = world.founding();
        world.publish(founding);
        let edition = world.edition_entry(1);
        let attestation = world.attestation(&edition);
        world.publish(vec![edition, attestation]);
        world.publish(vec![]);
        world
    }

    pub fn founding(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::Profile(Profile {
            v: FORMAT,
            version: 1,
            text: profile_text(),
        })];
        for (role, name, sign) in [
            (Role::Office, "office", Some(public(OFFICE))),
            (Role::Recovery, "recovery", None),
            (Role::Overseer, "overseer", Some(public(OVERSEER))),
            (Role::Registrar, "registrar", Some(public(REGISTRAR))),
        ] {
            entries.push(Entry::Keys(keys(role, name, sign)));
        }
        for witness in &self.witnesses {
            entries.push(Entry::Keys(Keys {
                vkey: Some(witness.verifier().to_string()),
                seal: None,
                ..keys(Role::Witness, witness.verifier().name(), None)
            }));
        }
        for name in ["minister", "inspector"] {
            entries.push(
                Entry::Keys(keys(Role::Principal, name, None))
                    .sign(&key(OFFICE))
                    .unwrap(),
            );
        }
        let steward = keys(Role::Steward, "ada", Some(public(STEWARD)));
        entries.push(Entry::Keys(steward).sign(&key(OFFICE)).unwrap());
        entries.push(Entry::Software(Software {
            v: FORMAT,
            name: "demur".to_owned(),
            version: "0.1.0".to_owned(),
            digest: sha256(b"program"),
        }));
        entries
    }

    pub fn edition_entry(&mut self, number: u32) -> Entry {
        let field: CohortName = "field".parse().unwrap();
        let mut certificates = Vec::new();
        let mut enrolled = Vec::new();
        for (i, member) in self.members.iter().enumerate() {
            let cohorts = (i < 4).then(|| field.clone()).into_iter().collect();
            let body = CertificateBody {
                kind: CertificateKind::Certificate,
                v: CertificateVersion,
                origin: ORIGIN.to_owned(),
                name: format!("Member {i}"),
                title: String::new(),
                email: String::new(),
                cohorts,
                leaf: member.leaf(),
                enrolled: self.now,
                salt: sha256(&[u8::try_from(i).unwrap()]),
            };
            enrolled.push(Enrolled {
                leaf: body.leaf,
                cohorts: body.cohorts.clone(),
            });
            certificates.push(body.sign(&key(REGISTRAR)).unwrap());
        }
        let file = EditionFile::build(&EditionDraft {
            origin: ORIGIN,
            number: u64::from(number),
            published: self.now,
            members: &enrolled,
            cohort_floor: 3,
            certificates: CertificateTree::new(&certificates).unwrap().head(),
        })
        .unwrap();
        let head = file.head();
        let entry = Entry::Edition(Edition {
            v: FORMAT,
            number,
            digest: file.digest(),
            published: head.published,
            cohorts: head
                .cohorts
                .iter()
                .map(|cohort| Cohort {
                    name: cohort.name.to_string(),
                    size: cohort.size,
                    root: Digest::new(cohort.root.to_bytes()),
                })
                .collect(),
            certificates: SizedRoot {
                root: head.certificates.root,
                size: head.certificates.size,
            },
            by: public(REGISTRAR),
            signature: Bytes::default(),
        });
        self.record
            .files
            .insert(format!("editions/{number}"), file.to_bytes());
        self.edition = Some(file);
        entry.sign(&key(REGISTRAR)).unwrap()
    }

    pub fn attestation(&self, edition: &Entry) -> Entry {
        let Entry::Edition(edition) = edition else {
            panic!("an edition")
        };
        let entry = Entry::Attestation(Attestation {
            v: FORMAT,
            edition: edition.number,
            digest: edition.digest,
            letters: 8,
            by: public(OVERSEER),
            signature: Bytes::default(),
        });
        entry.sign(&key(OVERSEER)).unwrap()
    }

    pub fn checkpoint(&self) -> CheckpointRef {
        self.replay.batches().last().unwrap().checkpoint
    }

    pub fn checkpoint_time(&self) -> Time {
        self.replay.checkpoint_time(self.checkpoint()).unwrap()
    }

    pub fn root(&self) -> Element {
        self.edition.as_ref().unwrap().root()
    }

    fn prove(
        &mut self,
        member: usize,
        cohort: &str,
        scope: Element,
        message: Element,
    ) -> (Statement, Bytes) {
        let file = self.edition.as_ref().unwrap();
        let tree = file.tree(cohort).unwrap().unwrap();
        let secret = &self.members[member];
        let statement = Statement {
            root: tree.root(),
            nullifier: secret.nullifier(scope),
            scope,
            message,
        };
        if !self.real {
            return (statement, Bytes(vec![0; PROOF_BYTES]));
        }
        let path = tree.path(secret.leaf()).unwrap();
        let made = prover().prove(secret, &path, tree.root(), scope, message, &mut self.rng);
        let (made, proof) = made.unwrap();
        assert_eq!(made, statement);
        (statement, Bytes(proof.as_bytes().to_vec()))
    }

    pub fn opening_body(&self) -> OpeningBody {
        let checkpoint = self.checkpoint();
        OpeningBody {
            origin: ORIGIN.to_owned(),
            edition: EditionRef {
                number: 1,
                root: Digest::new(self.root().to_bytes()),
            },
            authors: AUTHORS
                .iter()
                .map(|seed| Author {
                    sign: public(*seed),
                    seal: SEAL.to_owned(),
                })
                .collect(),
            threshold: 2,
            month: Month::of(self.checkpoint_time()).to_string(),
            counter: 1,
            salt: sha256(b"salt"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        }
    }

    pub fn opening(&mut self) -> Opening {
        let body = self.opening_body();
        self.opening_of(body)
    }

    pub fn opening_of(&mut self, body: OpeningBody) -> Opening {
        let month: Month = body.month.parse().unwrap();
        let expires = self.now.plus(3000);
        let context = OpeningContext {
            origin: ORIGIN,
            edition_root: self.root(),
            month: &month,
            counter: body.counter,
            memo: body.id().unwrap(),
            checkpoint: ActCheckpoint {
                size: body.checkpoint.size,
                hash: body.checkpoint.hash,
            },
            expires,
        };
        let (statement, proof) = self.prove(7, "all", context.scope(), context.message());
        Opening {
            v: 1,
            body,
            circuit: CircuitId::current().0,
            nullifier: Digest::new(statement.nullifier.to_bytes()),
            expires,
            proof,
        }
    }

    pub fn version_body(&self) -> VersionBody {
        let number = u32::try_from(self.versions.len()).unwrap() + 1;
        let checkpoint = self.checkpoint();
        VersionBody {
            memo: self.memo.unwrap(),
            number,
            previous: self.versions.last().map(|body| body.hash().unwrap()),
            content_root: sha256(&number.to_be_bytes()),
            counts: Counts {
                portions: 3,
                words: 40,
            },
            sealed: sha256(b"sealed"),
            access: sha256(b"access"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        }
    }

    pub fn version(&self) -> Version {
        signed(self.version_body(), AUTHORS[0])
    }

    pub fn add_version(&mut self) {
        let version = self.version();
        self.versions.push(version.body.clone());
        self.publish_events(vec![Event::Version(version)]);
    }

    pub fn sign_on(
        &mut self,
        member: usize,
        version: u32,
        action: Action,
        seq: u64,
        cohort: Option<&str>,
    ) -> SignOn {
        let checkpoint = self.checkpoint();
        self.sign_on_at(
            member,
            version,
            action,
            seq,
            cohort,
            checkpoint,
            self.now.plus(3000),
        )
    }

    #[allow(clippy::too_many_arguments, reason = "a test's helper")]
    pub fn sign_on_at(
        &mut self,
        member: usize,
        version: u32,
        action: Action,
        seq: u64,
        cohort: Option<&str>,
        checkpoint: CheckpointRef,
        expires: Time,
    ) -> SignOn {
        let memo = self.memo.unwrap();
        let content_root = self.versions[version as usize - 1].content_root;
        let note = sha256(b"note");
        let context = SignOnContext {
            origin: ORIGIN,
            edition_root: self.root(),
            memo,
            content_root,
            version: u64::from(version),
            action,
            seq,
            checkpoint: ActCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
            expires,
        };
        let file = self.edition.as_ref().unwrap();
        let shown = cohort.and_then(|name| {
            let root = file.head().cohort(name)?.root;
            Some(ShownCohort { name, root })
        });
        let (scope, message) = (context.scope(), context.message(shown, note));
        let (statement, all) = self.prove(member, "all", scope, message);
        let mut proofs = vec![all];
        proofs.extend(cohort.map(|name| self.prove(member, name, scope, message).1));
        SignOn {
            v: 1,
            memo,
            version,
            content_root,
            action,
            seq,
            nullifier: Digest::new(statement.nullifier.to_bytes()),
            circuit: CircuitId::current().0,
            cohort: cohort.map(str::to_owned),
            note,
            checkpoint,
            expires,
            proofs,
        }
    }

    pub fn filed_entry(&self) -> Filed {
        let latest = self.versions.last().unwrap();
        let count = |wanted: fn(&Event) -> bool| {
            u32::try_from(
                self.events
                    .iter()
                    .filter(|event| wanted(&event.event))
                    .count(),
            )
            .unwrap()
        };
        let body = ApprovalBody::File {
            memo: self.memo.unwrap(),
            version: latest.number,
            version_hash: latest.hash().unwrap(),
            sealed: sha256(b"for the office"),
        };
        Filed {
            v: FORMAT,
            memo: self.memo.unwrap(),
            version: latest.number,
            version_hash: latest.hash().unwrap(),
            content_root: latest.content_root,
            sealed: sha256(b"for the office"),
            versions: count(|event| matches!(event, Event::Version(_))),
            sign_ons: count(|event| matches!(event, Event::SignOn(_))),
            approvals: self.approvals(&body),
        }
    }

    pub fn approvals(&self, body: &ApprovalBody) -> Vec<demur_memo::approval::Approval> {
        let mut approvals: Vec<_> = AUTHORS
            .iter()
            .map(|seed| body.approve(&key(*seed)))
            .collect();
        approvals.sort_by_key(|approval| approval.author);
        approvals
    }

    /// What is opened at filing, in the order of the places.
    pub fn opened(&self) -> Vec<Opened> {
        let mut opened: Vec<_> = self
            .events
            .iter()
            .map(|event| Opened {
                v: FORMAT,
                at: match event.at {
                    Placement::At(place) => place,
                    Placement::Waiting(_) => panic!("placed"),
                },
                salt: event.salt,
                event: event.event.clone(),
            })
            .collect();
        opened.sort_by_key(|opened| opened.at);
        opened
    }

    pub fn file(&mut self) {
        let filing = DueFiling {
            id: 1,
            filed: Entry::Filed(self.filed_entry()).to_vec().unwrap(),
            events: self.events.clone(),
        };
        let built = self.commit(&Pending {
            filings: vec![filing],
            ..Pending::default()
        });
        assert_eq!(built.filings.len(), 1);
    }

    pub fn acknowledged(&self) -> Entry {
        let entry = Entry::Acknowledged(Acknowledged {
            v: FORMAT,
            memo: self.memo.unwrap(),
            by: public(OFFICE),
            signature: Bytes::default(),
        });
        entry.sign(&key(OFFICE)).unwrap()
    }

    pub fn distributed(&self) -> Entry {
        self.distributed_to(&["inspector", "minister"])
    }

    pub fn distributed_to(&self, to: &[&str]) -> Entry {
        let entry = Entry::Distributed(Distributed {
            v: FORMAT,
            memo: self.memo.unwrap(),
            to: to.iter().map(|id| (*id).to_owned()).collect(),
            sealed: sha256(b"for the principals"),
            by: public(OFFICE),
            signature: Bytes::default(),
        });
        entry.sign(&key(OFFICE)).unwrap()
    }

    pub fn responded(&self) -> Entry {
        let entry = Entry::Responded(Responded {
            v: FORMAT,
            memo: self.memo.unwrap(),
            points: 2,
            root: sha256(b"answers"),
            sealed: sha256(b"for the authors"),
            by: public(OFFICE),
            signature: Bytes::default(),
        });
        entry.sign(&key(OFFICE)).unwrap()
    }

    /// The leaf hash of the entry in which a step was taken; of nothing where it was not.
    pub fn leaf_of(&self, step: Step) -> Digest {
        let memo = self.replay.memo(self.memo.unwrap());
        let leaf = memo.and_then(|memo| memo.leaf_of(step));
        leaf.unwrap_or_else(|| sha256(b"no such step"))
    }

    /// An act of the authors with their approvals of just that.
    pub fn approved(&self, mut act: Entry) -> Entry {
        let approvals = self.approvals(&act.agreed().unwrap().0);
        match &mut act {
            Entry::Withdrawn(e) => e.approvals = approvals,
            Entry::Rejoined(e) => e.approvals = approvals,
            Entry::Released(e) => e.approvals = approvals,
            Entry::Fingerprint(e) => e.approvals = approvals,
            other => panic!("{other:?}"),
        }
        act
    }

    pub fn withdrawn(&self) -> Withdrawn {
        let latest = self.versions.last().unwrap();
        let act = Entry::Withdrawn(Withdrawn {
            v: FORMAT,
            memo: self.memo.unwrap(),
            filed: self.leaf_of(Step::Filed),
            version: latest.number,
            version_hash: latest.hash().unwrap(),
            approvals: Vec::new(),
        });
        match self.approved(act) {
            Entry::Withdrawn(withdrawn) => withdrawn,
            other => panic!("{other:?}"),
        }
    }

    pub fn rejoined(&self, responded: Digest) -> Rejoined {
        let act = Entry::Rejoined(Rejoined {
            v: FORMAT,
            memo: self.memo.unwrap(),
            responded,
            text: sha256(b"rejoinder"),
            approvals: Vec::new(),
        });
        match self.approved(act) {
            Entry::Rejoined(rejoined) => rejoined,
            other => panic!("{other:?}"),
        }
    }

    pub fn released(&self, bundle: &[u8]) -> Released {
        let latest = self.versions.last().unwrap();
        let act = Entry::Released(Released {
            v: FORMAT,
            memo: self.memo.unwrap(),
            version: latest.number,
            version_hash: latest.hash().unwrap(),
            bundle: sha256(bundle),
            approvals: Vec::new(),
        });
        match self.approved(act) {
            Entry::Released(released) => released,
            other => panic!("{other:?}"),
        }
    }

    pub fn publish_events(&mut self, events: Vec<Event>) {
        let mut slots = Vec::new();
        let first = self.events.len();
        for event in events {
            self.next_id += 1;
            let salt = sha256(&self.next_id.to_be_bytes());
            slots.push(PendingSlot {
                id: self.next_id,
                slot: event.slot(salt).unwrap(),
                memo: event.memo().unwrap(),
                order: SlotOrder::of(&event),
            });
            self.events.push(FilingEvent {
                at: Placement::Waiting(self.next_id),
                salt,
                event,
            });
        }
        let built = self.commit(&Pending {
            slots,
            ..Pending::default()
        });
        for event in &mut self.events[first..] {
            if let Placement::Waiting(id) = event.at {
                let (_, place) = built.places.iter().find(|(other, _)| *other == id).unwrap();
                event.at = Placement::At(*place);
            }
        }
    }

    pub fn publish(&mut self, direct: Vec<Entry>) {
        self.publish_with(direct, vec![]);
    }

    pub fn publish_with(&mut self, direct: Vec<Entry>, sign_ons: Vec<SignOn>) {
        let wait = |(i, entry): (usize, Entry)| PendingEntry {
            id: i as u64,
            bytes: entry.to_vec().unwrap(),
        };
        let sign_ons = sign_ons
            .into_iter()
            .map(|event| Entry::SignOn(Direct { v: FORMAT, event }));
        self.commit(&Pending {
            direct: direct.into_iter().enumerate().map(wait).collect(),
            sign_ons: sign_ons.enumerate().map(wait).collect(),
            ..Pending::default()
        });
    }

    /// Builds, signs, has cosigned, publishes and closes a batch; an interval passes.
    /// Shows the opaque entries again of which these slots are opened.
    pub fn recall(&self, replay: &mut Replay, places: OpenedPlaces) {
        for (index, slots) in places {
            let at = usize::try_from(index).unwrap();
            if let Some(bytes) = self.entries.get(at).filter(|_| index < replay.size()) {
                replay.recall(index, bytes, &slots).unwrap();
            }
        }
    }

    pub fn commit(&mut self, pending: &Pending) -> Built {
        let mut replay = std::mem::replace(&mut self.replay, Replay::new(ORIGIN));
        self.recall(&mut replay, pending.opened_places());
        self.replay = replay;
        let built = build(&self.replay, pending, self.now, &mut self.rng).unwrap();
        assert_eq!(built.refused, []);
        self.replay = built.replay.clone();
        let old = self.tree.size();
        for entry in &built.entries {
            self.tree.push(entry);
            self.entries.push(entry.clone());
        }
        let new = self.tree.size();
        for tile in changed_tiles(old, new) {
            let bytes = self.tree.tile(&tile).unwrap_or_else(|| {
                let first = usize::try_from(tile.index * TILE_WIDTH).unwrap();
                encode_bundle(&self.entries[first..first + usize::from(tile.width)]).unwrap()
            });
            self.record.files.insert(tile.path(), bytes);
        }
        for tile in superseded_tiles(old, new) {
            self.record.files.remove(&tile.path());
        }
        let checkpoint = Checkpoint::new(ORIGIN, new, self.tree.root());
        assert_eq!(checkpoint.reference(), built.checkpoint);
        let mut note = checkpoint.sign(&self.log).unwrap();
        for (i, witness) in self.witnesses.iter().enumerate() {
            let line = cosign(&note, witness.at(self.now.plus(2 + i as u64))).unwrap();
            note = add_cosignatures(&note, &line, &[witness.verifier().clone()]).unwrap();
        }
        let accepted = self.policy.evaluate_exact(&note).unwrap();
        if let Some(before) = self.record.files.remove("checkpoint") {
            self.record.files.insert(format!("history/{old}"), before);
        }
        let published = Published {
            digest: Some(sha256(&note)),
            time: accepted.time,
        };
        self.replay
            .close_batch(built.checkpoint, published)
            .unwrap();
        self.record.files.insert("checkpoint".to_owned(), note);
        self.now = self.now.plus(INTERVAL);
        built
    }
}

pub fn keys(role: Role, name: &str, sign: Option<Digest>) -> Keys {
    Keys {
        v: FORMAT,
        role,
        name: name.to_owned(),
        sign,
        seal: Some(SEAL.to_owned()),
        vkey: None,
        state: KeyState::Active,
        by: None,
        signature: None,
    }
}

pub fn signed(body: VersionBody, author: u8) -> Version {
    let signed = body.sign(&key(author)).unwrap();
    Version {
        v: 1,
        body: signed.body,
        author: signed.author,
        signature: signed.signature,
    }
}
