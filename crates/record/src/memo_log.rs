//! One memo's acts: its opening, versions and sign-ons, in the order of their places.
//!
//! The same rules serve the record (after filing) and drafts (before): a device and the server run
//! them over what they hold, an audit over what was opened. Nothing here verifies a
//! zero-knowledge proof: each is handed back as a [`ProofTask`], to be verified in a batch.

mod error;

use std::{collections::BTreeMap, sync::Arc};

use demur_channel::{Profile, profile};
use demur_encoding::{Digest, Time};
use demur_memo::{
    approval::Approval,
    version::{Chain, Link, SignedVersion},
};
use demur_signon::{
    CircuitId, Element, Proof, Statement,
    act::{Checkpoint as ActCheckpoint, Month, OpeningContext, ShownCohort, SignOnContext},
    tally::{Applied, Fact, Tally},
};

pub use self::error::MemoError;
use crate::{
    entry::{
        self, ApprovalBody, CheckpointRef, Edition, Fingerprint, FingerprintError,
        MAX_FINGERPRINTS, Step, TextFingerprint, verify_signature,
    },
    event::{Opening, SignOn, Version},
};

/// What the acts on a memo are held against: the record as far as it is known.
pub trait RecordView {
    /// The log's name.
    fn origin(&self) -> &str;

    /// The newest profile among the first `size` entries. Acts are judged by the one at the checkpoint
    /// that they name: wherever they get their place, whoever acts, admits and audits reads the same one.
    fn profile_at(&self, size: u64) -> Option<&Arc<Profile>>;

    /// The edition of that number.
    fn edition(&self, number: u32) -> Option<&KnownEdition>;

    /// The log's time of a checkpoint, if the record published just this one.
    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time>;
}

/// An edition of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEdition {
    /// Its entry.
    pub edition: Edition,
    /// The entry's index.
    pub entry: u64,
    /// The log's time of its batch.
    pub time: Time,
    /// The index of the entry in which the overseer attested it, if there is one.
    pub attestation: Option<u64>,
}

/// Where and when an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The index of the entry that holds it or its slot; for an act that waits for the next batch,
    /// the number of entries now.
    pub entry: u64,
    /// The log's time of the batch; for an act that waits, the log's clock now.
    pub time: Time,
    /// The size of the newest checkpoint that was published before the batch.
    pub published: u64,
}

/// A proof to be verified, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofTask {
    /// The index of the entry.
    pub entry: u64,
    /// What must be proved.
    pub statement: Statement,
    /// The proof.
    pub proof: Proof,
}

/// What became of a sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOn {
    /// The proofs to verify.
    pub tasks: Vec<ProofTask>,
    /// Whether it was recorded after its expiry: it then counts for nothing. Its number is used all
    /// the same, and its cohort fixed if it is the first.
    pub void: bool,
}

/// A memo's opening, versions and sign-ons so far.
#[derive(Debug, Clone)]
pub struct MemoLog {
    chain: Chain,
    opening: Opening,
    opened: Position,
    edition: KnownEdition,
    root: Element,
    /// Where each version stands.
    versions: Vec<Position>,
    tally: Tally,
    sign_ons: u32,
    /// By the version that each is of.
    fingerprints: BTreeMap<u32, TextFingerprint>,
}

impl MemoLog {
    /// Begins with the opening; gives its proof to verify.
    ///
    /// # Errors
    /// When the opening can't stand there.
    pub fn open<V: RecordView + ?Sized>(
        opening: &Opening,
        at: Position,
        view: &V,
    ) -> Result<(Self, ProofTask), MemoError> {
        format(opening.v)?;
        let body = &opening.body;
        let chain = Chain::new(body.clone())?;
        if body.origin != view.origin() {
            return Err(MemoError::Origin(body.origin.clone()));
        }
        let reference = CheckpointRef {
            size: body.checkpoint.size,
            hash: body.checkpoint.hash,
        };
        let checkpoint = published(reference, at, view)?;
        let profile = view
            .profile_at(reference.size)
            .ok_or(MemoError::NoProfile)?;
        let number = body.edition.number;
        let edition = view.edition(number).ok_or(MemoError::Edition(number))?;
        let all = edition
            .edition
            .cohort("all")
            .ok_or(MemoError::Edition(number))?;
        if all.root != body.edition.root || edition.entry >= reference.size {
            return Err(MemoError::Edition(number));
        }
        let root = element(all.root).ok_or(MemoError::Edition(number))?;
        let (age, minimum) = (
            checkpoint.since(edition.time),
            profile.roster.min_age_seconds,
        );
        if age < minimum {
            return Err(MemoError::YoungEdition {
                number,
                age,
                minimum,
            });
        }
        // The next edition tells: later ones are younger still.
        let next = view.edition(number.saturating_add(1));
        if let Some(next) = next
            && next.entry < reference.size
            && checkpoint.since(next.time) >= minimum
        {
            let newer = next.edition.number;
            return Err(MemoError::OldEdition { number, newer });
        }
        let month = Month::of(checkpoint);
        if body.month != month.as_str() {
            return Err(MemoError::Month {
                expected: month.to_string(),
                found: body.month.clone(),
            });
        }
        let (counter, most) = (body.counter, profile.roster.openings_per_month);
        if !(1..=most).contains(&counter) {
            return Err(MemoError::Counter { counter, most });
        }
        expiry(opening.expires, checkpoint, profile)?;
        // No rule on when it is recorded: month and counter bound openings, and a draft whose opening an outage held
        // up past its expiry could never be filed.
        circuit(opening.circuit)?;
        let nullifier = element(opening.nullifier).ok_or(MemoError::Nullifier)?;
        let context = OpeningContext {
            origin: view.origin(),
            edition_root: root,
            month: &month,
            counter,
            memo: chain.memo(),
            checkpoint: act_checkpoint(reference),
            expires: opening.expires,
        };
        let proof = Proof::try_from(opening.proof.0.clone())
            .map_err(|_| MemoError::Proofs { expected: 1 })?;
        let task = ProofTask {
            entry: at.entry,
            statement: context.statement(nullifier),
            proof,
        };
        let log = Self {
            chain,
            opening: opening.clone(),
            opened: at,
            edition: edition.clone(),
            root,
            versions: Vec::new(),
            tally: Tally::new(),
            sign_ons: 0,
            fingerprints: BTreeMap::new(),
        };
        Ok((log, task))
    }

    /// Adds the next version and gives its hash.
    ///
    /// # Errors
    /// When it can't stand there; nothing has changed then.
    pub fn apply_version<V: RecordView + ?Sized>(
        &mut self,
        version: &Version,
        at: Position,
        view: &V,
    ) -> Result<Digest, MemoError> {
        version_stands(version, at, view)?;
        let hash = self.chain.push(&SignedVersion {
            body: version.body.clone(),
            author: version.author,
            signature: version.signature.clone(),
        })?;
        self.versions.push(at);
        Ok(hash)
    }

    /// [`Self::apply_version`] of a version that the caller has verified before ([`SignedVersion::verify`]): whether an
    /// author signed it is not looked at again, all else is. For who holds what was let in, and asks what may come next.
    ///
    /// # Errors
    /// When it can't stand there; nothing has changed then.
    pub fn apply_verified_version<V: RecordView + ?Sized>(
        &mut self,
        version: &Version,
        at: Position,
        view: &V,
    ) -> Result<Digest, MemoError> {
        version_stands(version, at, view)?;
        let hash = self.chain.push_verified(&version.body)?;
        self.versions.push(at);
        Ok(hash)
    }

    /// Begins again with a version that the caller has verified before, together with the opening and the versions
    /// before it ([`Self::open`], [`Self::apply_version`]): of these this log knows nothing. For who asks whether a
    /// sign-on on that version may come next: what that costs does not grow with the memo.
    ///
    /// # Errors
    /// When opening or version can't stand there.
    pub fn from_verified<V: RecordView + ?Sized>(
        opening: &Opening,
        opened: Position,
        version: &Version,
        at: Position,
        view: &V,
    ) -> Result<Self, MemoError> {
        let (mut log, _) = Self::open(opening, opened, view)?;
        version_stands(version, at, view)?;
        log.chain = Chain::from_verified(opening.body.clone(), &version.body)?;
        log.versions.push(at);
        Ok(log)
    }

    /// Counts a sign-on that the caller has verified before ([`Self::apply_sign_on`]), on whatever version. `late`: after
    /// filing.
    ///
    /// # Errors
    /// When its number is not the member's next, or its cohort not that of the first; nothing has changed then.
    pub fn count_verified(
        &mut self,
        sign_on: &SignOn,
        at: Position,
        late: bool,
    ) -> Result<(), MemoError> {
        if sign_on.memo != self.memo() {
            return Err(MemoError::OtherMemo(sign_on.memo));
        }
        self.tally.apply(fact(sign_on, at, late)?)?;
        self.sign_ons = self.sign_ons.saturating_add(1);
        Ok(())
    }

    /// Whether a sign-on can stand at `at`, and its proofs; nothing changes. `late`: after filing.
    ///
    /// # Errors
    /// When it can't.
    pub fn check_sign_on<V: RecordView + ?Sized>(
        &self,
        sign_on: &SignOn,
        at: Position,
        view: &V,
        late: bool,
    ) -> Result<SignedOn, MemoError> {
        self.judge(sign_on, at, view, late)
            .map(|(signed, _)| signed)
    }

    /// Adds a sign-on; gives its proofs to verify. `late`: after filing.
    ///
    /// # Errors
    /// When it can't stand there; nothing has changed then.
    pub fn apply_sign_on<V: RecordView + ?Sized>(
        &mut self,
        sign_on: &SignOn,
        at: Position,
        view: &V,
        late: bool,
    ) -> Result<SignedOn, MemoError> {
        let (signed, fact) = self.judge(sign_on, at, view, late)?;
        let applied = self.tally.apply(fact)?;
        debug_assert_eq!(signed.void, applied == Applied::Void);
        self.sign_ons = self.sign_ons.saturating_add(1);
        Ok(signed)
    }

    fn judge<V: RecordView + ?Sized>(
        &self,
        sign_on: &SignOn,
        at: Position,
        view: &V,
        late: bool,
    ) -> Result<(SignedOn, Fact), MemoError> {
        format(sign_on.v)?;
        if sign_on.memo != self.memo() {
            return Err(MemoError::OtherMemo(sign_on.memo));
        }
        circuit(sign_on.circuit)?;
        let fact = fact(sign_on, at, late)?;
        let number = sign_on.version;
        let (link, stands) = self.version(number).ok_or(MemoError::NoVersion(number))?;
        if link.body.content_root != sign_on.content_root {
            return Err(MemoError::NoVersion(number));
        }
        let cohort = match &sign_on.cohort {
            None => None,
            Some(name) => {
                let root = self.edition.edition.cohort(name).filter(|_| name != "all");
                let root = root.and_then(|cohort| element(cohort.root));
                let root = root.ok_or_else(|| MemoError::Cohort(name.clone()))?;
                Some(ShownCohort { name, root })
            }
        };
        let checkpoint = published(sign_on.checkpoint, at, view)?;
        let profile = view
            .profile_at(sign_on.checkpoint.size)
            .ok_or(MemoError::NoProfile)?;
        let (stood, quiet) = (
            checkpoint.since(stands.time),
            profile.signing.quiet_period_seconds,
        );
        if sign_on.checkpoint.size <= stands.entry || stood < quiet {
            return Err(MemoError::Quiet {
                version: number,
                stood,
                quiet,
            });
        }
        expiry(sign_on.expires, checkpoint, profile)?;
        self.tally.check(&fact)?;
        let context = SignOnContext {
            origin: view.origin(),
            edition_root: self.root,
            memo: self.memo(),
            content_root: sign_on.content_root,
            version: u64::from(number),
            action: sign_on.action,
            seq: sign_on.seq,
            checkpoint: act_checkpoint(sign_on.checkpoint),
            expires: sign_on.expires,
        };
        let statements = context.statements(fact.nullifier, cohort, sign_on.note);
        let expected = statements.len();
        if sign_on.proofs.len() != expected {
            return Err(MemoError::Proofs { expected });
        }
        let mut tasks = Vec::new();
        for (statement, proof) in statements.into_iter().zip(&sign_on.proofs) {
            let proof = Proof::try_from(proof.0.clone());
            tasks.push(ProofTask {
                entry: at.entry,
                statement,
                proof: proof.map_err(|_| MemoError::Proofs { expected })?,
            });
        }
        let signed = SignedOn {
            tasks,
            void: fact.expired,
        };
        Ok((signed, fact))
    }

    /// Whether an act of the authors is about the memo as it stands, and enough of them approve it. `taken`
    /// gives the leaf hash of the entry in which a step was taken.
    ///
    /// # Errors
    /// When it is about an earlier version or step, or too few approve.
    pub fn check_agreed(
        &self,
        body: &ApprovalBody,
        approvals: &[Approval],
        taken: impl Fn(Step) -> Option<Digest>,
    ) -> Result<(), MemoError> {
        self.check_subject(body, taken)?;
        self.check_approvals(body, approvals)
    }

    /// Whether an act of the authors is about the memo as it stands: see [`Self::check_agreed`].
    ///
    /// # Errors
    /// When it is about an earlier version or step.
    pub fn check_subject(
        &self,
        body: &ApprovalBody,
        taken: impl Fn(Step) -> Option<Digest>,
    ) -> Result<(), MemoError> {
        if body.memo() != self.memo() {
            return Err(MemoError::OtherMemo(body.memo()));
        }
        match body {
            ApprovalBody::Withdraw { filed, .. } if *filed != taken(Step::Filed) => {
                return Err(MemoError::OtherStep(Step::Filed));
            }
            ApprovalBody::Rejoin { responded, .. }
                if Some(*responded) != taken(Step::Responded) =>
            {
                return Err(MemoError::OtherStep(Step::Responded));
            }
            _ => {}
        }
        let latest = self.latest().map_or((0, Digest::new([0; 32])), |link| {
            (link.body.number, link.hash)
        });
        match body.version() {
            Some(found) if found != latest => Err(MemoError::NotLatest {
                found: found.0,
                latest: latest.0,
            }),
            _ => Ok(()),
        }
    }

    /// Whether the fingerprint of version `of` could be published in a case that was filed under `profile`: the profile
    /// allows it, its form is known, the version is there and has none yet, and the memo has not too many.
    ///
    /// # Errors
    /// When it could not.
    pub fn check_fingerprint(
        &self,
        of: u32,
        text: &TextFingerprint,
        profile: &Profile,
    ) -> Result<(), FingerprintError> {
        if profile.disclosure.fingerprint != profile::Fingerprint::WholeText {
            return Err(FingerprintError::Forbidden);
        }
        text.check()?;
        if self.version(of).is_none() {
            return Err(FingerprintError::NoVersion(of));
        }
        if self.fingerprints.contains_key(&of) {
            return Err(FingerprintError::Twice(of));
        }
        if self.fingerprints.len() >= MAX_FINGERPRINTS {
            return Err(FingerprintError::TooMany);
        }
        Ok(())
    }

    /// Takes a fingerprint that the authors agreed on.
    ///
    /// # Errors
    /// See [`Self::check_fingerprint`].
    pub fn apply_fingerprint(
        &mut self,
        entry: &Fingerprint,
        profile: &Profile,
    ) -> Result<(), FingerprintError> {
        self.check_fingerprint(entry.of, &entry.text, profile)?;
        self.fingerprints.insert(entry.of, entry.text.clone());
        Ok(())
    }

    /// Whether as many distinct authors as the opening demands approve `body`, and nobody else, in
    /// the order of their keys.
    ///
    /// # Errors
    /// When they don't.
    pub fn check_approvals(
        &self,
        body: &ApprovalBody,
        approvals: &[Approval],
    ) -> Result<(), MemoError> {
        if body.memo() != self.memo() {
            return Err(MemoError::OtherMemo(body.memo()));
        }
        if !approvals.is_sorted_by(|a, b| a.author < b.author) {
            return Err(MemoError::ApprovalOrder);
        }
        for approval in approvals {
            self.check_approval(body, approval)?;
        }
        let (given, needed) = (approvals.len(), self.opening.body.threshold);
        if given < needed as usize {
            return Err(MemoError::Threshold { given, needed });
        }
        Ok(())
    }

    /// Whether an author signed `body` here.
    ///
    /// # Errors
    /// When the key is not an author's, or the signature is wrong.
    pub fn check_approval(
        &self,
        body: &ApprovalBody,
        approval: &Approval,
    ) -> Result<(), MemoError> {
        if !self.opening.body.has_author(approval.author) {
            return Err(MemoError::NotAnAuthor(approval.author));
        }
        if verify_signature(body.signed_hash(), approval.author, &approval.signature) {
            Ok(())
        } else {
            Err(MemoError::Approval(approval.author))
        }
    }

    /// The memo's identifier.
    #[must_use]
    pub const fn memo(&self) -> Digest {
        self.chain.memo()
    }

    /// The opening.
    #[must_use]
    pub const fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Where the opening stands.
    #[must_use]
    pub const fn opened(&self) -> Position {
        self.opened
    }

    /// The edition that the memo is pinned to.
    #[must_use]
    pub const fn edition(&self) -> &KnownEdition {
        &self.edition
    }

    /// The versions, from the first; of [`Self::from_verified`] those that it knows.
    #[must_use]
    pub fn versions(&self) -> &[Link] {
        self.chain.links()
    }

    /// A version and where it stands.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<(&Link, Position)> {
        let first = self.chain.links().first()?.body.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        Some((self.chain.links().get(index)?, *self.versions.get(index)?))
    }

    /// The latest version.
    #[must_use]
    pub fn latest(&self) -> Option<&Link> {
        self.chain.latest()
    }

    /// How many sign-ons were applied, void ones among them.
    #[must_use]
    pub const fn sign_ons(&self) -> u32 {
        self.sign_ons
    }

    /// The fingerprints that were published, by the version that each is of.
    #[must_use]
    pub const fn fingerprints(&self) -> &BTreeMap<u32, TextFingerprint> {
        &self.fingerprints
    }

    /// The running count.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The tallies of all versions, in order, as the state map has them.
    #[must_use]
    pub fn tallies(&self) -> Vec<entry::Tally> {
        let tally = |link: &Link| {
            let counts = self.tally.version(u64::from(link.body.number));
            entry::Tally {
                version: link.body.number,
                signed: counts.signed,
                cohorts: counts.cohorts,
                endorsed: counts.endorsed,
                late: counts.late,
            }
        };
        self.chain.links().iter().map(tally).collect()
    }
}

const fn format(v: u32) -> Result<(), MemoError> {
    if v == 1 {
        Ok(())
    } else {
        Err(MemoError::Format(v))
    }
}

/// What the tally is told of a sign-on.
fn fact(sign_on: &SignOn, at: Position, late: bool) -> Result<Fact, MemoError> {
    Ok(Fact {
        nullifier: element(sign_on.nullifier).ok_or(MemoError::Nullifier)?,
        version: u64::from(sign_on.version),
        action: sign_on.action,
        seq: sign_on.seq,
        cohort: sign_on.cohort.clone(),
        late,
        expired: at.time > sign_on.expires,
    })
}

/// Whether a version has a known format and names a checkpoint that was published before it.
fn version_stands<V: RecordView + ?Sized>(
    version: &Version,
    at: Position,
    view: &V,
) -> Result<(), MemoError> {
    format(version.v)?;
    let named = version.body.checkpoint;
    let reference = CheckpointRef {
        size: named.size,
        hash: named.hash,
    };
    published(reference, at, view).map(drop)
}

fn circuit(circuit: Digest) -> Result<(), MemoError> {
    if circuit == CircuitId::current().0 {
        Ok(())
    } else {
        Err(MemoError::Circuit(circuit))
    }
}

/// The log's time of a checkpoint that was published before the batch at `at`.
fn published<V: RecordView + ?Sized>(
    reference: CheckpointRef,
    at: Position,
    view: &V,
) -> Result<Time, MemoError> {
    let known = || view.checkpoint_time(reference);
    (reference.size <= at.published)
        .then(known)
        .flatten()
        .ok_or(MemoError::Checkpoint(reference.size))
}

fn expiry(expires: Time, checkpoint: Time, profile: &Profile) -> Result<(), MemoError> {
    let (seconds, most) = (
        expires.since(checkpoint),
        profile.signing.expiry_max_seconds,
    );
    if seconds > most {
        return Err(MemoError::Expiry { seconds, most });
    }
    Ok(())
}

pub(crate) fn element(digest: Digest) -> Option<Element> {
    Element::from_bytes(*digest.as_bytes()).ok()
}

const fn act_checkpoint(reference: CheckpointRef) -> ActCheckpoint {
    ActCheckpoint {
        size: reference.size,
        hash: reference.hash,
    }
}
