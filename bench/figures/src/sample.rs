//! A record with one memo that many members signed before it was filed, made as the server's sequencer makes it: one batch
//! after another by `demur_record::batch`, cosigned by two witnesses. Keys, times and randomness are fixed, so that the
//! proofs fit the record of every run.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{
    content::Counts,
    version::{Author, CheckpointRef as MemoCheckpoint, EditionRef, OpeningBody, VersionBody},
};
use demur_record::{
    batch::{
        DueFiling, FilingEvent, Pending, PendingEntry, PendingSlot, Placement, SlotOrder, build,
    },
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    entry::{
        ApprovalBody, CheckpointRef, Cohort, Edition, Entry, FORMAT, Filed, KeyState, Keys,
        Profile, Role, SizedRoot,
    },
    event::{Action, Event, Opening, SignOn, Version},
    keys::{LogSigner, WitnessSigner},
    policy::{Log, Policy, Witness},
    replay::{Published, Replay},
    source::MemoryRecord,
    tiles::{TILE_WIDTH, Tree, changed_tiles, encode_bundle, superseded_tiles},
};
use demur_signon::{
    CircuitId, MemberSecret, Proof, Tree as RosterTree,
    act::{Checkpoint as ActCheckpoint, Month, OpeningContext, SignOnContext},
    roster::{
        CertificateBody, CertificateKind, CertificateTree, CertificateVersion,
        Edition as EditionFile, EditionDraft, Enrolled,
    },
};
use ed25519_dalek::SigningKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::proofs;

const ORIGIN: &str = "figures.example/dissent";
const SEAL: &str = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";

/// The seconds between batches.
const INTERVAL: u64 = 30;
/// Places in each opaque entry: the most that a profile may have.
const SLOTS: usize = 900;
/// From the checkpoint that a sign-on names: the most that the profile allows.
const EXPIRY: u64 = 3600;

const LOG: u8 = 1;
const WITNESSES: [u8; 2] = [2, 3];
const OFFICE: u8 = 10;
const OVERSEER: u8 = 11;
const REGISTRAR: u8 = 12;
const AUTHOR: u8 = 20;

/// A record, and whom it is audited against.
pub(crate) struct Sample {
    pub(crate) record: MemoryRecord,
    pub(crate) policy: Policy,
    /// How many entries it has.
    pub(crate) size: u64,
}

/// The member with number `n`.
pub(crate) fn member(n: usize) -> MemberSecret {
    MemberSecret::from_bytes(*sha256(&n.to_be_bytes()).as_bytes())
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> Digest {
    Digest::new(key(seed).verifying_key().to_bytes())
}

/// The certificate of the member with number `n` and this leaf.
pub(crate) fn certificate_body(
    n: usize,
    leaf: demur_signon::Element,
    now: Time,
) -> CertificateBody {
    CertificateBody {
        kind: CertificateKind::Certificate,
        v: CertificateVersion,
        origin: ORIGIN.to_owned(),
        name: format!("Member {n}"),
        title: "Desk officer".to_owned(),
        email: format!("member{n}@figures.example"),
        cohorts: Default::default(),
        leaf,
        enrolled: now,
        salt: sha256(&n.to_le_bytes()),
    }
}

/// The registrar's key, for those who certify.
pub(crate) fn registrar() -> SigningKey {
    key(REGISTRAR)
}

/// The edition over `members`, in cohort "all" alone.
pub(crate) fn edition(
    leaves: &[demur_signon::Element],
    certificates: &CertificateTree,
    now: Time,
) -> Result<EditionFile> {
    let enrolled: Vec<_> = leaves
        .iter()
        .map(|leaf| Enrolled {
            leaf: *leaf,
            cohorts: Default::default(),
        })
        .collect();
    Ok(EditionFile::build(&EditionDraft {
        origin: ORIGIN,
        number: 1,
        published: now,
        members: &enrolled,
        cohort_floor: 5,
        certificates: certificates.head(),
    })?)
}

/// When the record begins.
pub(crate) fn start() -> Time {
    Time::from_unix(1_795_424_400)
}

/// Refuses more sign-ons than members can give.
pub(crate) fn enough(members: usize, signers: usize) -> Result<()> {
    ensure!(
        signers <= members,
        "there must be as many members as signers at least: give a larger --roster"
    );
    Ok(())
}

/// A record with `members` on its roster and `signers` sign-ons by the first of them.
pub(crate) fn make(
    cache: &Path,
    members: usize,
    signers: usize,
    say: &dyn Fn(usize),
) -> Result<Sample> {
    enough(members, signers)?;
    let signing: Vec<_> = (0..signers).map(member).collect();
    // The last member opens the memo, and signs it too where all do: the record up to the first sign-on, which the proofs
    // bind, is the same for any number of signers.
    let author = member(members - 1);
    let leaves: Vec<_> = (0..members).map(|n| member(n).leaf()).collect();
    let mut maker = Maker::new()?;
    maker.publish(maker.founding()?)?;
    let tree = maker.publish_edition(&leaves)?;
    maker.publish(vec![])?;

    let opening = maker.opening(cache, &author, &tree)?;
    let memo = opening.body.id()?;
    maker.publish_events(vec![Event::Opening(opening)])?;
    let version = maker.version(memo)?;
    maker.publish_events(vec![Event::Version(version.clone())])?;
    maker.publish(vec![])?;

    let acts = maker.sign_ons(cache, &signing, &tree, &version, say)?;
    for batch in acts.chunks(SLOTS) {
        maker.publish_events(batch.iter().cloned().map(Event::SignOn).collect())?;
    }
    maker.file(memo, &version)?;
    Ok(Sample {
        size: maker.tree.size(),
        record: maker.record,
        policy: maker.policy,
    })
}

struct Maker {
    log: LogSigner,
    witnesses: Vec<WitnessSigner>,
    policy: Policy,
    replay: Replay,
    tree: Tree,
    entries: Vec<Vec<u8>>,
    record: MemoryRecord,
    now: Time,
    rng: ChaCha20Rng,
    events: Vec<FilingEvent>,
}

impl Maker {
    fn new() -> Result<Self> {
        let log = LogSigner::new(ORIGIN, key(LOG))?;
        let witnesses = WITNESSES
            .iter()
            .map(|n| Ok(WitnessSigner::new(&format!("w{n}.example"), key(*n))?))
            .collect::<Result<Vec<_>>>()?;
        let named = witnesses.iter().map(|witness| Witness {
            name: witness.verifier().name().to_owned(),
            key: witness.verifier().clone(),
            url: None,
        });
        let policy = Policy::simple(
            Log {
                key: log.verifier().clone(),
                url: None,
            },
            named.collect(),
            2,
        )?;
        Ok(Self {
            log,
            witnesses,
            policy,
            replay: Replay::new(ORIGIN),
            tree: Tree::default(),
            entries: Vec::new(),
            record: MemoryRecord::default(),
            now: start(),
            rng: ChaCha20Rng::seed_from_u64(7),
            events: Vec::new(),
        })
    }

    fn founding(&self) -> Result<Vec<Entry>> {
        let text = demur_channel::shipped("demo").context("the demo's profile")?;
        let text = text
            .replace(
                "interval_seconds = 1",
                &format!("interval_seconds = {INTERVAL}"),
            )
            .replace("opaque_slots = 64", &format!("opaque_slots = {SLOTS}"));
        let mut entries = vec![Entry::Profile(Profile {
            v: FORMAT,
            version: 1,
            text,
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
        Ok(entries)
    }

    fn publish_edition(&mut self, leaves: &[demur_signon::Element]) -> Result<Arc<RosterTree>> {
        let certificates: Vec<_> = leaves
            .iter()
            .enumerate()
            .map(|(n, leaf)| certificate_body(n, *leaf, self.now).sign(&registrar()))
            .collect::<Result<_, _>>()?;
        let file = edition(leaves, &CertificateTree::new(&certificates)?, self.now)?;
        let head = file.head();
        let entry = Entry::Edition(Edition {
            v: FORMAT,
            number: 1,
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
        let files = &mut self.record.files;
        files.insert("editions/1".to_owned(), file.to_bytes());
        self.publish(vec![entry.sign(&registrar())?])?;
        Ok(file.tree("all").context("every edition has it")??)
    }

    fn checkpoint(&self) -> Result<CheckpointRef> {
        let last = self.replay.batches().last();
        Ok(last.context("a batch was published")?.checkpoint)
    }

    fn opening(&self, cache: &Path, author: &MemberSecret, tree: &RosterTree) -> Result<Opening> {
        let checkpoint = self.checkpoint()?;
        let body = OpeningBody {
            origin: ORIGIN.to_owned(),
            edition: EditionRef {
                number: 1,
                root: Digest::new(tree.root().to_bytes()),
            },
            authors: vec![Author {
                sign: public(AUTHOR),
                seal: SEAL.to_owned(),
            }],
            threshold: 1,
            month: Month::of(self.now).to_string(),
            counter: 1,
            salt: sha256(b"salt"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        };
        let month: Month = body.month.parse()?;
        let expires = start().plus(EXPIRY);
        let context = OpeningContext {
            origin: ORIGIN,
            edition_root: tree.root(),
            month: &month,
            counter: body.counter,
            memo: body.id()?,
            checkpoint: act_checkpoint(checkpoint),
            expires,
        };
        let (scope, message) = (context.scope(), context.message());
        let author = std::slice::from_ref(author);
        let proof = proofs::of_members(cache, author, tree, scope, message, &|_| ())?;
        Ok(Opening {
            v: 1,
            body,
            circuit: CircuitId::current().0,
            nullifier: Digest::new(author[0].nullifier(scope).to_bytes()),
            expires,
            proof: bytes(&proof[0]),
        })
    }

    fn version(&self, memo: Digest) -> Result<Version> {
        let checkpoint = self.checkpoint()?;
        let body = VersionBody {
            memo,
            number: 1,
            previous: None,
            content_root: sha256(b"content"),
            counts: Counts {
                portions: 12,
                words: 900,
            },
            sealed: sha256(b"sealed"),
            access: sha256(b"access"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        };
        let signed = body.sign(&key(AUTHOR))?;
        Ok(Version {
            v: 1,
            body: signed.body,
            author: signed.author,
            signature: signed.signature,
        })
    }

    fn sign_ons(
        &self,
        cache: &Path,
        signers: &[MemberSecret],
        tree: &RosterTree,
        version: &Version,
        say: &dyn Fn(usize),
    ) -> Result<Vec<SignOn>> {
        let checkpoint = self.checkpoint()?;
        let note = sha256(b"note");
        let (memo, content_root) = (version.body.memo, version.body.content_root);
        let last = self.replay.batches().last().context("a batch")?;
        let expires = last.time.plus(EXPIRY);
        let context = SignOnContext {
            origin: ORIGIN,
            edition_root: tree.root(),
            memo,
            content_root,
            version: 1,
            action: Action::Sign,
            seq: 1,
            checkpoint: act_checkpoint(checkpoint),
            expires,
        };
        let (scope, message) = (context.scope(), context.message(None, note));
        let proofs = proofs::of_members(cache, signers, tree, scope, message, say)?;
        let act = |(signer, proof): (&MemberSecret, &Proof)| SignOn {
            v: 1,
            memo,
            version: 1,
            content_root,
            action: Action::Sign,
            seq: 1,
            nullifier: Digest::new(signer.nullifier(scope).to_bytes()),
            circuit: CircuitId::current().0,
            cohort: None,
            note,
            checkpoint,
            expires,
            proofs: vec![bytes(proof)],
        };
        Ok(signers.iter().zip(&proofs).map(act).collect())
    }

    fn file(&mut self, memo: Digest, version: &Version) -> Result<()> {
        let body = ApprovalBody::File {
            memo,
            version: 1,
            version_hash: version.body.hash()?,
            sealed: sha256(b"for the office"),
        };
        let filed = Filed {
            v: FORMAT,
            memo,
            version: 1,
            version_hash: version.body.hash()?,
            content_root: version.body.content_root,
            sealed: sha256(b"for the office"),
            versions: 1,
            sign_ons: u32::try_from(self.events.len() - 2)?,
            approvals: vec![body.approve(&key(AUTHOR))],
        };
        let filings = vec![DueFiling {
            id: 1,
            filed: Entry::Filed(filed).to_vec()?,
            events: std::mem::take(&mut self.events),
        }];
        self.commit(&Pending {
            filings,
            ..Pending::default()
        })
    }

    fn publish(&mut self, direct: Vec<Entry>) -> Result<()> {
        let wait = |(i, entry): (usize, Entry)| {
            Ok(PendingEntry {
                id: i as u64,
                bytes: entry.to_vec()?,
            })
        };
        let direct = direct.into_iter().enumerate().map(wait);
        self.commit(&Pending {
            direct: direct.collect::<Result<_>>()?,
            ..Pending::default()
        })
    }

    fn publish_events(&mut self, events: Vec<Event>) -> Result<()> {
        let mut slots = Vec::new();
        let first = self.events.len();
        for (id, event) in (first as u64..).zip(events) {
            let salt = sha256(&id.to_be_bytes());
            slots.push(PendingSlot {
                id,
                slot: event.slot(salt)?,
                memo: event.memo()?,
                order: SlotOrder::of(&event),
            });
            self.events.push(FilingEvent {
                at: Placement::Waiting(id),
                salt,
                event,
            });
        }
        self.commit(&Pending {
            slots,
            ..Pending::default()
        })
    }

    /// Builds, signs, has cosigned, publishes and closes a batch; an interval passes.
    fn commit(&mut self, pending: &Pending) -> Result<()> {
        for (index, slots) in pending.opened_places() {
            let entry = self.entries.get(usize::try_from(index)?);
            let entry = entry.context("an event's place is in the record")?;
            self.replay.recall(index, entry, &slots)?;
        }
        let built = build(&self.replay, pending, self.now, &mut self.rng)?;
        if let Some(refused) = built.refused.first() {
            anyhow::bail!("the record refuses what was made for it: {refused:?}");
        }
        for (id, place) in &built.places {
            let at = usize::try_from(*id)?;
            self.events[at].at = Placement::At(*place);
        }
        self.replay = built.replay;
        let old = self.tree.size();
        for entry in built.entries {
            self.tree.push(&entry);
            self.entries.push(entry);
        }
        let new = self.tree.size();
        for tile in changed_tiles(old, new) {
            let bytes = match self.tree.tile(&tile) {
                Some(bytes) => bytes,
                None => {
                    let first = usize::try_from(tile.index * TILE_WIDTH)?;
                    encode_bundle(&self.entries[first..first + usize::from(tile.width)])?
                }
            };
            self.record.files.insert(tile.path(), bytes);
        }
        for tile in superseded_tiles(old, new) {
            self.record.files.remove(&tile.path());
        }
        let checkpoint = Checkpoint::new(ORIGIN, new, self.tree.root());
        let mut note = checkpoint.sign(&self.log)?;
        for witness in &self.witnesses {
            let line = cosign(&note, witness.at(self.now.plus(2)))?;
            note = add_cosignatures(&note, &line, &[witness.verifier().clone()])?;
        }
        let accepted = self.policy.evaluate_exact(&note)?;
        let files = &mut self.record.files;
        if let Some(before) = files.remove("checkpoint") {
            files.insert(format!("history/{old}"), before);
        }
        let published = Published {
            digest: Some(sha256(&note)),
            time: accepted.time,
        };
        files.insert("checkpoint".to_owned(), note);
        self.replay.close_batch(built.checkpoint, published)?;
        self.now = self.now.plus(INTERVAL);
        Ok(())
    }
}

fn keys(role: Role, name: &str, sign: Option<Digest>) -> Keys {
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

fn act_checkpoint(of: CheckpointRef) -> ActCheckpoint {
    ActCheckpoint {
        size: of.size,
        hash: of.hash,
    }
}

fn bytes(proof: &Proof) -> Bytes {
    Bytes(proof.as_bytes().to_vec())
}
