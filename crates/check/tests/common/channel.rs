//! A small real channel: a record with real signatures, witnesses' times and proofs.

use std::{collections::BTreeMap, sync::OnceLock};

use demur_check::bundle::{Bundle, RecordFiles};
use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{
    Memo,
    approval::Approval,
    content::{Content, Disclosure, Seed, Selection},
    version::{Author, CheckpointRef as MemoCheckpoint, EditionRef, OpeningBody, VersionBody},
};
use demur_record::{
    batch::{
        DueFiling, FilingEvent, Pending, PendingEntry, PendingSlot, Placement, SlotOrder, build,
    },
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    entry::{
        Acknowledged, ApprovalBody, Attestation, COST, CheckpointRef, Cohort, Direct, Distributed,
        Edition, Entry, Filed, Fingerprint, KeyState, Keys, NORMAL_FORM, Place, Profile, Released,
        Responded, Role, SizedRoot, Step, TextFingerprint, Withdrawn,
    },
    event::{Event, Opening, SignOn, Version},
    keys::{LogSigner, VerifierKey, WitnessSigner},
    replay::{Published, Replay},
};
use demur_signon::{
    CircuitId, Element, MemberSecret, Prover, Tree,
    act::{Action, Checkpoint as ActCheckpoint, Month, OpeningContext, ShownCohort, SignOnContext},
};
use ed25519_dalek::{Signer as _, SigningKey};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

pub const ORIGIN: &str = "rivers.example/dissent";

/// The text of version 1; version 2 has one paragraph more and one word changed.
pub const FIRST: &str = "+++
title = \"(U) On the closing of the Lower Sluice\"

[[point]]
number = 1
marking = \"U\"
policy = \"To close the Lower Sluice in 2027\"
argument = \"Paragraphs 1 and 2\"
recommendation = \"Keep it open for ten years more\"
+++

(SBU) We do not agree that the Lower Sluice can be closed without harm to the farms below it.

(U) The survey of 1998 found the dam sound, and asked for 102 days of watching.
";

pub fn second() -> String {
    let text = FIRST.replace("the farms below", "the 1,200 farms below");
    format!("{text}\n(SBU) The Ministry should wait until the water falls, and then ask again.\n")
}

/// The record and the people of a channel.
pub struct Channel {
    pub record: RecordFiles,
    pub replay: Replay,
    pub memo: Digest,
    pub contents: BTreeMap<u32, Content>,
    pub log: LogSigner,
    pub witness: WitnessSigner,
    /// Whether sign-ons get proofs of something else.
    pub forge: bool,
    now: Time,
    rng: ChaCha20Rng,
    prover: &'static Prover,
    members: Vec<MemberSecret>,
    all: Tree,
    cohort: Tree,
    next_id: u64,
    placed: Vec<(Event, Digest, Place)>,
}

/// Its keys take a while to make: one serves all channels.
fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| Prover::new().unwrap())
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn public(n: u8) -> Digest {
    Digest::new(key(n).verifying_key().to_bytes())
}

const OFFICE: u8 = 11;
const REGISTRAR: u8 = 12;
const OVERSEER: u8 = 13;
const AUTHORS: [u8; 2] = [21, 22];

/// Signs an entry whose signature is still empty.
fn signed(mut entry: Entry, by: u8) -> Vec<u8> {
    let hash = entry.signed_hash().unwrap();
    let signature = Bytes(key(by).sign(hash.as_bytes()).to_bytes().to_vec());
    match &mut entry {
        Entry::Keys(e) => e.signature = Some(signature),
        Entry::Edition(e) => e.signature = signature,
        Entry::Attestation(e) => e.signature = signature,
        Entry::Acknowledged(e) => e.signature = signature,
        Entry::Distributed(e) => e.signature = signature,
        Entry::Responded(e) => e.signature = signature,
        other => panic!("{other:?}"),
    }
    entry.to_vec().unwrap()
}

fn keys(role: Role, name: &str, sign: Option<Digest>, seal: bool, vkey: Option<String>) -> Keys {
    Keys {
        v: 1,
        role,
        name: name.to_owned(),
        sign,
        seal: seal.then(|| "age1qqqq".to_owned()),
        vkey,
        state: KeyState::Active,
        by: None,
        signature: None,
    }
}

impl Channel {
    /// A channel with six members, whose log's key is made from `seed`.
    pub fn new(seed: u8) -> Self {
        Self::with_profile(seed, include_str!("../../../../profiles/demo.toml"))
    }

    /// The same under another profile.
    pub fn with_profile(seed: u8, profile: &str) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let members: Vec<MemberSecret> = (0..6).map(|_| MemberSecret::generate(&mut rng)).collect();
        let leaves: Vec<Element> = members.iter().map(MemberSecret::leaf).collect();
        let log = LogSigner::new(ORIGIN, key(seed)).unwrap();
        let witness = WitnessSigner::new("bridge.example", key(31)).unwrap();
        let mut channel = Self {
            record: RecordFiles {
                note: Vec::new(),
                history: BTreeMap::new(),
                entries: Vec::new(),
            },
            replay: Replay::new(ORIGIN),
            memo: Digest::new([0; 32]),
            contents: BTreeMap::new(),
            log,
            witness,
            forge: false,
            now: "2026-11-23T15:00:00Z".parse().unwrap(),
            rng,
            prover: prover(),
            all: Tree::from_unsorted(leaves.clone()).unwrap(),
            cohort: Tree::from_unsorted(leaves[..5].to_vec()).unwrap(),
            members,
            next_id: 0,
            placed: Vec::new(),
        };

        let text = profile.to_owned();
        let witness = channel.witness.verifier().to_string();
        let mut first = vec![
            Entry::Profile(Profile {
                v: 1,
                version: 1,
                text,
            })
            .to_vec()
            .unwrap(),
        ];
        for keys in [
            keys(Role::Office, "office", Some(public(OFFICE)), true, None),
            keys(Role::Recovery, "recovery", None, true, None),
            keys(
                Role::Overseer,
                "overseer",
                Some(public(OVERSEER)),
                true,
                None,
            ),
            keys(
                Role::Registrar,
                "registrar",
                Some(public(REGISTRAR)),
                true,
                None,
            ),
            keys(Role::Witness, "bridge.example", None, false, Some(witness)),
        ] {
            first.push(Entry::Keys(keys).to_vec().unwrap());
        }
        channel.batch(&[], first, Vec::new(), Vec::new());
        channel.roster(1);
        channel
    }

    /// A batch with nothing in it.
    pub fn idle(&mut self) {
        self.batch(&[], Vec::new(), Vec::new(), Vec::new());
    }

    /// An edition of that number with the same members, its attestation, and the minister's key.
    pub fn roster(&mut self, number: u32) {
        let root = |tree: &Tree| Digest::new(tree.root().to_bytes());
        let edition = Edition {
            v: 1,
            number,
            digest: sha256(&number.to_be_bytes()),
            published: self.now,
            cohorts: vec![
                Cohort {
                    name: "all".to_owned(),
                    size: 6,
                    root: root(&self.all),
                },
                Cohort {
                    name: "field".to_owned(),
                    size: 5,
                    root: root(&self.cohort),
                },
            ],
            certificates: SizedRoot {
                root: sha256(b"certificates"),
                size: 6,
            },
            by: public(REGISTRAR),
            signature: Bytes::default(),
        };
        let attestation = Attestation {
            v: 1,
            edition: number,
            digest: edition.digest,
            letters: 6,
            by: public(OVERSEER),
            signature: Bytes::default(),
        };
        let mut minister = keys(Role::Principal, "minister", None, true, None);
        minister.by = Some(public(OFFICE));
        let direct = vec![
            signed(Entry::Edition(edition), REGISTRAR),
            signed(Entry::Attestation(attestation), OVERSEER),
            signed(Entry::Keys(minister), OFFICE),
        ];
        self.batch(&[], direct, Vec::new(), Vec::new());
    }

    /// One batch and its checkpoint, ten seconds later.
    fn batch(
        &mut self,
        slots: &[Event],
        direct: Vec<Vec<u8>>,
        filings: Vec<DueFiling>,
        sign_ons: Vec<Vec<u8>>,
    ) {
        self.now = self.now.plus(10);
        let mut pending = Pending {
            filings,
            ..Pending::default()
        };
        let mut events = BTreeMap::new();
        for event in slots {
            let id = self.id();
            let salt = sha256(&id.to_be_bytes());
            events.insert(id, (event.clone(), salt));
            let (slot, memo, order) = (event.slot(salt).unwrap(), self.memo, SlotOrder::of(event));
            pending.slots.push(PendingSlot {
                id,
                slot,
                memo,
                order,
            });
        }
        for (list, entries) in [
            (&mut pending.direct, direct),
            (&mut pending.sign_ons, sign_ons),
        ] {
            for bytes in entries {
                self.next_id += 1;
                list.push(PendingEntry {
                    id: self.next_id,
                    bytes,
                });
            }
        }
        for (index, slots) in pending.opened_places() {
            let bytes = &self.record.entries[usize::try_from(index).unwrap()];
            self.replay.recall(index, bytes, &slots).unwrap();
        }
        let built = build(&self.replay, &pending, self.now, &mut self.rng).unwrap();
        assert!(built.refused.is_empty(), "{:?}", built.refused);
        for (id, place) in built.places {
            let (event, salt) = events[&id].clone();
            self.placed.push((event, salt, place));
        }
        let note = Checkpoint::new(ORIGIN, built.checkpoint.size, built.checkpoint.hash)
            .sign(&self.log)
            .unwrap();
        let time = self.now.plus(2);
        let line = cosign(&note, self.witness.at(time)).unwrap();
        let note = add_cosignatures(&note, &line, &[self.witness.verifier().clone()]).unwrap();
        self.replay = built.replay;
        let published = Published {
            digest: Some(sha256(&note)),
            time: Some(time),
        };
        self.replay
            .close_batch(built.checkpoint, published)
            .unwrap();
        let before = std::mem::replace(&mut self.record.note, note);
        if built.first > 0 {
            self.record.history.insert(built.first, before);
        }
        self.record.entries.extend(built.entries);
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn checkpoint(&self) -> CheckpointRef {
        CheckpointRef {
            size: self.replay.size(),
            hash: self.replay.root(),
        }
    }

    fn act_checkpoint(&self) -> ActCheckpoint {
        let CheckpointRef { size, hash } = self.checkpoint();
        ActCheckpoint { size, hash }
    }

    /// The first member opens the memo.
    pub fn open(&mut self) {
        let checkpoint = self.checkpoint();
        let author = |n: &u8| Author {
            sign: public(*n),
            seal: "age1qqqq".to_owned(),
        };
        let month = Month::of(self.now);
        let body = OpeningBody {
            origin: ORIGIN.to_owned(),
            edition: EditionRef {
                number: 1,
                root: Digest::new(self.all.root().to_bytes()),
            },
            authors: AUTHORS.iter().map(author).collect(),
            threshold: 2,
            month: month.to_string(),
            counter: 1,
            salt: sha256(b"salt"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        };
        self.memo = body.id().unwrap();
        let expires = self.now.plus(600);
        let context = OpeningContext {
            origin: ORIGIN,
            edition_root: self.all.root(),
            month: &month,
            counter: 1,
            memo: self.memo,
            checkpoint: self.act_checkpoint(),
            expires,
        };
        let secret = &self.members[0];
        let path = self.all.path(secret.leaf()).unwrap();
        let (scope, message) = (context.scope(), context.message());
        let (statement, proof) = self
            .prover
            .prove(
                secret,
                &path,
                self.all.root(),
                scope,
                message,
                &mut self.rng,
            )
            .unwrap();
        let event = Event::Opening(Opening {
            v: 1,
            body,
            circuit: CircuitId::current().0,
            nullifier: Digest::new(statement.nullifier.to_bytes()),
            expires,
            proof: Bytes(proof.as_bytes().to_vec()),
        });
        self.batch(&[event], Vec::new(), Vec::new(), Vec::new());
    }

    fn version_event(&mut self, number: u32, text: &str) -> Version {
        let memo = Memo::parse(text, &super::rules()).unwrap();
        let memo = memo.with_authors(AUTHORS.map(public).to_vec(), 2).unwrap();
        let content = Content::new(&memo, Seed::new([number as u8; 32]));
        let mut placed = self.placed.iter().filter_map(|(event, _, _)| match event {
            Event::Version(v) if v.body.number + 1 == number => Some(v.body.hash().unwrap()),
            _ => None,
        });
        let checkpoint = self.checkpoint();
        let body = VersionBody {
            memo: self.memo,
            number,
            previous: placed.next_back(),
            content_root: content.root(),
            counts: content.counts(),
            sealed: sha256(b"sealed"),
            access: sha256(b"access"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        };
        self.contents.insert(number, content);
        let signed = body.sign(&key(AUTHORS[0])).unwrap();
        Version {
            v: 1,
            body: signed.body,
            author: signed.author,
            signature: signed.signature,
        }
    }

    /// A version before filing.
    pub fn version(&mut self, number: u32, text: &str) {
        let version = self.version_event(number, text);
        self.batch(
            &[Event::Version(version)],
            Vec::new(),
            Vec::new(),
            Vec::new(),
        );
    }

    /// A version after filing.
    pub fn late_version(&mut self, number: u32, text: &str) {
        let event = self.version_event(number, text);
        self.placed.push((
            Event::Version(event.clone()),
            self.memo,
            Place { entry: 0, slot: 0 },
        ));
        let entry = Entry::Version(Direct { v: 1, event }).to_vec().unwrap();
        self.batch(&[], vec![entry], Vec::new(), Vec::new());
    }

    fn sign_on_event(
        &mut self,
        who: usize,
        version: u32,
        action: Action,
        seq: u64,
        cohort: bool,
    ) -> SignOn {
        let content_root = self.contents[&version].root();
        let (expires, note) = (self.now.plus(600), sha256(b"note"));
        let context = SignOnContext {
            origin: ORIGIN,
            edition_root: self.all.root(),
            memo: self.memo,
            content_root,
            version: u64::from(version),
            action,
            seq,
            checkpoint: self.act_checkpoint(),
            expires,
        };
        let secret = &self.members[who];
        let shown = cohort.then(|| ShownCohort {
            name: "field",
            root: self.cohort.root(),
        });
        let (scope, message) = (context.scope(), context.message(shown, note));
        let mut proofs = Vec::new();
        for tree in [Some(&self.all), cohort.then_some(&self.cohort)]
            .into_iter()
            .flatten()
        {
            let path = tree.path(secret.leaf()).unwrap();
            let (_, proof) = self
                .prover
                .prove(secret, &path, tree.root(), scope, message, &mut self.rng)
                .unwrap();
            proofs.push(Bytes(proof.as_bytes().to_vec()));
        }
        SignOn {
            v: 1,
            memo: self.memo,
            version,
            content_root,
            action,
            seq,
            nullifier: Digest::new(secret.nullifier(scope).to_bytes()),
            circuit: CircuitId::current().0,
            cohort: cohort.then(|| "field".to_owned()),
            note: if self.forge {
                sha256(b"another note")
            } else {
                note
            },
            checkpoint: self.checkpoint(),
            expires,
            proofs,
        }
    }

    /// Sign-ons before filing, in one batch: who, version, action, sequence number, by cohort.
    pub fn sign(&mut self, acts: &[(usize, u32, Action, u64, bool)]) {
        // A batch goes by, so that the version has stood for the quiet period.
        self.batch(&[], Vec::new(), Vec::new(), Vec::new());
        let events: Vec<Event> = acts
            .iter()
            .map(|(who, version, action, seq, cohort)| {
                Event::SignOn(self.sign_on_event(*who, *version, *action, *seq, *cohort))
            })
            .collect();
        self.batch(&events, Vec::new(), Vec::new(), Vec::new());
    }

    /// A sign-on after filing.
    pub fn late(&mut self, who: usize, version: u32, action: Action, seq: u64) {
        let event = self.sign_on_event(who, version, action, seq, false);
        let entry = Entry::SignOn(Direct { v: 1, event }).to_vec().unwrap();
        self.batch(&[], Vec::new(), Vec::new(), vec![entry]);
    }

    pub fn approvals(body: &ApprovalBody) -> Vec<Approval> {
        let hash = body.signed_hash();
        let mut approvals: Vec<Approval> = AUTHORS
            .iter()
            .map(|n| Approval {
                author: public(*n),
                signature: Bytes(key(*n).sign(hash.as_bytes()).to_bytes().to_vec()),
            })
            .collect();
        approvals.sort_by_key(|a| a.author);
        approvals
    }

    pub fn file(&mut self) {
        let count =
            |is: &dyn Fn(&Event) -> bool| self.placed.iter().filter(|p| is(&p.0)).count() as u32;
        let last = self
            .placed
            .iter()
            .rev()
            .find_map(|(event, _, _)| match event {
                Event::Version(v) => Some(v.body.clone()),
                _ => None,
            });
        let last = last.unwrap();
        let (version, version_hash, sealed) = (last.number, last.hash().unwrap(), sha256(b"filed"));
        let body = ApprovalBody::File {
            memo: self.memo,
            version,
            version_hash,
            sealed,
        };
        let filed = Filed {
            v: 1,
            memo: self.memo,
            version,
            version_hash,
            content_root: last.content_root,
            sealed,
            versions: count(&|e| matches!(e, Event::Version(_))),
            sign_ons: count(&|e| matches!(e, Event::SignOn(_))),
            approvals: Self::approvals(&body),
        };
        let events = self.placed.iter().map(|(event, salt, place)| FilingEvent {
            at: Placement::At(*place),
            salt: *salt,
            event: event.clone(),
        });
        let filing = DueFiling {
            id: 1,
            filed: Entry::Filed(filed).to_vec().unwrap(),
            events: events.collect(),
        };
        self.batch(&[], Vec::new(), vec![filing], Vec::new());
    }

    pub fn acknowledge(&mut self) {
        let (memo, by, signature) = (self.memo, public(OFFICE), Bytes::default());
        self.direct(Entry::Acknowledged(Acknowledged {
            v: 1,
            memo,
            by,
            signature,
        }));
    }

    pub fn distribute(&mut self) {
        self.direct(Entry::Distributed(Distributed {
            v: 1,
            memo: self.memo,
            to: vec!["minister".to_owned()],
            sealed: sha256(b"for the minister"),
            by: public(OFFICE),
            signature: Bytes::default(),
        }));
    }

    pub fn respond(&mut self) {
        self.direct(Entry::Responded(Responded {
            v: 1,
            memo: self.memo,
            points: 1,
            root: sha256(b"answers"),
            sealed: sha256(b"response"),
            by: public(OFFICE),
            signature: Bytes::default(),
        }));
    }

    /// The authors take the memo back.
    pub fn withdraw(&mut self) {
        let memo = self.replay.memo(self.memo).unwrap();
        let latest = memo.log().latest().unwrap();
        let filed = memo.leaf_of(Step::Filed).unwrap();
        let (version, version_hash) = (latest.body.number, latest.hash);
        let mut withdrawn = Withdrawn {
            v: 1,
            memo: self.memo,
            filed,
            version,
            version_hash,
            approvals: Vec::new(),
        };
        let body = Entry::Withdrawn(withdrawn.clone()).agreed().unwrap().0;
        withdrawn.approvals = Self::approvals(&body);
        self.agreed(Entry::Withdrawn(withdrawn));
    }

    /// The authors make a bundle public.
    pub fn release(&mut self, bundle: &[u8]) {
        let memo = self.replay.memo(self.memo).unwrap();
        let latest = memo.log().latest().unwrap();
        let mut released = Released {
            v: 1,
            memo: self.memo,
            version: latest.body.number,
            version_hash: latest.hash,
            bundle: sha256(bundle),
            approvals: Vec::new(),
        };
        let body = Entry::Released(released.clone()).agreed().unwrap().0;
        released.approvals = Self::approvals(&body);
        self.agreed(Entry::Released(released));
    }

    /// The authors publish a fingerprint of version `of`, of the form that the record demands.
    pub fn fingerprint(&mut self, of: u32) {
        let memo = self.replay.memo(self.memo).unwrap();
        let latest = memo.log().latest().unwrap();
        let mut fingerprint = Fingerprint {
            v: 1,
            memo: self.memo,
            of,
            version: latest.body.number,
            version_hash: latest.hash,
            text: TextFingerprint {
                form: NORMAL_FORM.to_owned(),
                hash: COST,
                whole: sha256(b"whole"),
                body: sha256(b"body"),
            },
            approvals: Vec::new(),
        };
        let body = Entry::Fingerprint(fingerprint.clone()).agreed().unwrap().0;
        fingerprint.approvals = Self::approvals(&body);
        self.agreed(Entry::Fingerprint(fingerprint));
    }

    fn agreed(&mut self, entry: Entry) {
        let bytes = entry.to_vec().unwrap();
        self.batch(&[], vec![bytes], Vec::new(), Vec::new());
    }

    /// The channel's second profile.
    pub fn second_profile(&mut self) {
        let text = include_str!("../../../../profiles/demo.toml");
        let text = text.replacen("version = 1", "version = 2", 1);
        self.agreed(Entry::Profile(Profile {
            v: 1,
            version: 2,
            text,
        }));
    }

    /// The office names a steward.
    pub fn steward(&mut self) {
        let mut steward = keys(Role::Steward, "ada", Some(public(41)), false, None);
        steward.by = Some(public(OFFICE));
        self.direct(Entry::Keys(steward));
    }

    fn direct(&mut self, entry: Entry) {
        let bytes = signed(entry, OFFICE);
        self.batch(&[], vec![bytes], Vec::new(), Vec::new());
    }

    pub fn disclose(&self, version: u32, selection: &Selection) -> Disclosure {
        self.contents[&version].disclose(selection).unwrap()
    }

    /// The bundle of the memo that discloses every version.
    pub fn bundle(&self) -> Bundle {
        let whole = Selection::whole();
        let all = self
            .contents
            .keys()
            .map(|n| (*n, self.disclose(*n, &whole)));
        self.bundle_of(all.collect())
    }

    pub fn bundle_of(&self, disclosures: BTreeMap<u32, Disclosure>) -> Bundle {
        let map = self.replay.state_map().unwrap();
        Bundle::build(&self.record, self.memo, map.leaves(), disclosures).unwrap()
    }

    pub fn vkey(&self) -> VerifierKey {
        self.log.verifier().clone()
    }

    /// A memo's whole life with two versions, an amendment and a late sign-on.
    pub fn played() -> Self {
        let mut channel = Self::new(1);
        channel.open();
        channel.version(1, FIRST);
        channel.sign(&[
            (1, 1, Action::Sign, 1, false),
            (2, 1, Action::Sign, 1, true),
        ]);
        channel.version(2, &second());
        channel.sign(&[
            (1, 2, Action::Sign, 2, false),
            (2, 2, Action::Sign, 2, true),
        ]);
        channel.file();
        channel.acknowledge();
        channel.late(3, 2, Action::Sign, 1);
        channel.late(1, 2, Action::Withdraw, 3);
        channel.distribute();
        channel.respond();
        channel
    }
}
