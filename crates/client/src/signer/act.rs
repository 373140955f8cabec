//! Acting on a version.

use std::time::Duration;

use demur_channel::Profile;
use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_record::{
    entry::{CheckpointRef, Role},
    event::SignOn,
    memo_log::{Position, RecordView as _},
};
use demur_signon::{
    CircuitId, Element, ProveError, Prover, Tree,
    act::{Action, Checkpoint, ShownCohort, SignOnContext},
    roster::{Edition, EditionError},
};
use rand_core::CryptoRng;

use super::{
    ActStatus, Choice, Name, NoteError,
    follow::{forget, status},
    pinned_root, seal_note,
};
use crate::{
    api::PostSignOn,
    author::random,
    device::Mirror,
    identity::{Identity, OwnAct},
    reader::{Draft, Standing},
};

/// The longest delay that is suggested before an act is sent.
pub const MAX_DELAY: Duration = Duration::from_secs(15 * 60);

/// What a member wants to do.
#[derive(Debug)]
pub struct ActRequest<'a> {
    /// The draft, fresh.
    pub draft: &'a Draft,
    /// The memo's edition: verified, by [`Mirror::open_edition`].
    pub edition: &'a Edition,
    /// The version.
    pub version: u32,
    /// What to do. To re-affirm is to sign the newer version; late is to sign after filing.
    pub action: Action,
    /// What to show.
    pub choice: Choice,
}

/// What is to be sent, and when.
#[derive(Debug)]
pub struct Submission {
    /// For [`calls::sign_on`](crate::calls::sign_on), on a connection that carries nothing else.
    pub post: PostSignOn,
    /// The act's number.
    pub seq: u64,
    /// When to send it, so that the time of sending tells nothing of the time at the keyboard; [`sending`](super::sending)
    /// first. `None` where sending has begun before.
    pub due: Option<Time>,
    /// It is void if it is recorded later.
    pub expires: Time,
}

/// Why a member can't act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// The device holds no checkpoint or profile yet.
    #[error("this device holds nothing of the record yet: fetch it first")]
    NoRecord,
    /// No such version.
    #[error("the memo has no version {0}")]
    NoVersion(u32),
    /// There is a newer version.
    #[error(
        "version {found} is not the latest: version {latest} has taken its place; only a withdrawal can go to an earlier one"
    )]
    NotLatest {
        /// What was to be acted on.
        found: u32,
        /// The latest.
        latest: u32,
    },
    /// The record doesn't have the version yet.
    #[error("version {0} is not in the record yet: wait for the next batch")]
    NotRecorded(u32),
    /// The quiet period isn't over.
    #[error(
        "version {version} can be signed from {from}: it must stand a while first, so that everybody signs the same text"
    )]
    Quiet {
        /// Which.
        version: u32,
        /// From when.
        from: Time,
    },
    /// The copy of the record is behind: what is signed with it would name a checkpoint that few others name.
    #[error(
        "this device's copy of the record ends at {as_of}, and its clock says {now}: either the record stands still, or the \
         server keeps newer parts of it from you, and what you sign with such a copy would tell that it comes from you. \
         Compare the clock, wait for the record, or fetch it from elsewhere"
    )]
    Stale {
        /// The witnessed time of the newest batch of the copy.
        as_of: Time,
        /// The device's clock.
        now: Time,
    },
    /// Too late.
    #[error("the memo takes sign-ons no longer (until {0})")]
    Closed(Time),
    /// The wrong edition.
    #[error("the memo is pinned to edition {expected}, not {found}")]
    Edition {
        /// The memo's.
        expected: u64,
        /// What was given.
        found: u64,
    },
    /// Not on the roster.
    #[error(
        "this identity is not in edition {0}, to which the memo is pinned: members who enrolled later can't sign it"
    )]
    NotInEdition(u64),
    /// Not in that cohort.
    #[error("this identity is not in the cohort {0} of the memo's edition")]
    NotInCohort(String),
    /// Another cohort than at the first act.
    #[error("the first act on this memo showed {}; it can't be changed, as the two together would single you out", cohort_text(.0.as_deref()))]
    CohortFixed(Option<String>),
    /// An act is on its way.
    #[error("act {0} on this memo was sent and is not in the record yet: wait, or send it again")]
    Pending(u64),
    /// An act waits to be sent.
    #[error("act {0} on this memo was not sent yet: send it, or throw it away, first")]
    Unsent(u64),
    /// Nothing to take back.
    #[error("there is nothing to withdraw on version {0}")]
    NothingToWithdraw(u32),
    /// Already so.
    #[error("this identity's last act on version {version} is to {} already", action.as_str())]
    Already {
        /// Which.
        version: u32,
        /// What.
        action: Action,
    },
    /// No certificate.
    #[error(
        "there is no certificate of edition {0} on this device: fetch the registrar's reply (demur identity show), and sign \
         at another time, as the two requests together would name you; or act without a name"
    )]
    NoCertificate(u64),
    /// The record names no office.
    #[error("the record names no key of the office to seal the note to")]
    NoOffice,
    /// See there.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// See there.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// See there.
    #[error(transparent)]
    Roster(#[from] EditionError),
    /// See there.
    #[error("the identity's leaf is none")]
    Leaf,
}

fn cohort_text(cohort: Option<&str>) -> String {
    cohort.map_or_else(
        || "no cohort".to_owned(),
        |name| format!("the cohort {name}"),
    )
}

/// Makes the proofs of an act and notes it in the identity. Save the identity before sending: if the answer
/// is lost, the very same act is sent again ([`OwnAct`] has all of it).
///
/// # Errors
/// When the member can't act so.
pub fn act(
    identity: &mut Identity,
    request: &ActRequest<'_>,
    mirror: &Mirror,
    prover: &Prover,
    now: Time,
    rng: &mut impl CryptoRng,
) -> Result<Submission, ActError> {
    let ActRequest {
        draft,
        edition,
        version,
        action,
        choice,
    } = request;
    let (version, action) = (*version, *action);
    let profile = mirror.profile().ok_or(ActError::NoRecord)?;
    check_fresh(mirror, profile, now)?;
    let quiet = quiet_period(draft, mirror).ok_or(ActError::NoRecord)?;
    let stands = check_version(draft, version, action, quiet, mirror, now)?;
    // The same for all who sign the version in these hours, so that it tells nothing of this device.
    let checkpoint = mirror
        .sign_on_checkpoint(stands)
        .ok_or(ActError::NoRecord)?;
    let profile = mirror
        .profile_at(checkpoint.size)
        .ok_or(ActError::NoRecord)?;
    let number = edition.head().number;
    let expected = u64::from(draft.opening.edition.number);
    let root = pinned_root(&draft.opening).ok_or(ActError::Edition {
        expected,
        found: number,
    })?;
    if number != expected || edition.root() != root {
        return Err(ActError::Edition {
            expected,
            found: number,
        });
    }
    let content_root = draft
        .version(version)
        .ok_or(ActError::NoVersion(version))?
        .link
        .body
        .content_root;
    let secret = identity.secret();
    let all = edition
        .tree("all")
        .ok_or(ActError::NotInEdition(number))??;
    let path = all
        .path(identity.leaf)
        .ok_or(ActError::NotInEdition(number))?;
    let cohort = match choice.cohort() {
        None => None,
        Some("all") => return Err(ActError::NotInCohort("all".to_owned())),
        Some(name) => {
            let missing = || ActError::NotInCohort(name.to_owned());
            let tree = edition.tree(name).ok_or_else(missing)??;
            let path = tree.path(identity.leaf).ok_or_else(missing)?;
            Some((tree.root(), path))
        }
    };
    // Not a time of this device's clock, which would tell when the member sat at it.
    let expires = mirror.expiry_of(checkpoint);
    let mut context = SignOnContext {
        origin: mirror.origin(),
        edition_root: root,
        memo: draft.memo,
        content_root,
        version: u64::from(version),
        action,
        seq: 0,
        checkpoint: Checkpoint {
            size: checkpoint.size,
            hash: checkpoint.hash,
        },
        expires,
    };
    let nullifier = secret.nullifier(context.scope());
    // What can't be sent any more is in nobody's way.
    let dead = |act: &OwnAct| act.due.is_some() && !may_still_count(act, mirror);
    forget(identity, draft.memo, dead);
    context.seq = next_seq(identity, draft, nullifier, version, action, choice, mirror)?;

    let name = match choice {
        Choice::Named(_) => {
            let membership = identity
                .memberships
                .get(&number)
                .ok_or(ActError::NoCertificate(number))?
                .clone();
            let one = Tree::of_one(identity.leaf).map_err(|_| ActError::Leaf)?;
            let path_of_one = one.path(identity.leaf).ok_or(ActError::Leaf)?;
            let message = context.named_message(one.root());
            let (_, proof) = prover.prove(
                &secret,
                &path_of_one,
                one.root(),
                context.scope(),
                message,
                rng,
            )?;
            Some(Name {
                certificate: membership.certificate,
                inclusion: membership.inclusion,
                proof,
            })
        }
        Choice::All | Choice::Cohort(_) => None,
    };
    let office = mirror.recipient(Role::Office).ok_or(ActError::NoOffice)?;
    let note = seal_note(name.as_ref(), &office, profile)?;
    let digest = sha256(&note.0);
    let shown = choice.cohort().zip(cohort.as_ref());
    let shown = shown.map(|(name, (root, _))| ShownCohort { name, root: *root });
    let message = context.message(shown, digest);
    let trees = [(root, path)].into_iter().chain(cohort);
    let mut proofs = Vec::new();
    for (root, path) in trees {
        let (_, proof) = prover.prove(&secret, &path, root, context.scope(), message, rng)?;
        proofs.push(Bytes(proof.as_bytes().to_vec()));
    }
    let event = SignOn {
        v: 1,
        memo: draft.memo,
        version,
        content_root,
        action,
        seq: context.seq,
        nullifier: Digest::new(nullifier.to_bytes()),
        circuit: CircuitId::current().0,
        cohort: choice.cohort().map(str::to_owned),
        note: digest,
        checkpoint: CheckpointRef {
            size: checkpoint.size,
            hash: checkpoint.hash,
        },
        expires,
        proofs,
    };
    let salt = random(rng);
    let due = Some(due(draft, expires, mirror, now, rng));
    let acts = identity.acts_mut(draft.memo, nullifier);
    for old in &mut acts.acts {
        // What the record has is never sent again: its note only fills the key store.
        if matches!(status(old, mirror), ActStatus::Recorded { .. }) {
            old.note = Bytes::default();
        }
    }
    acts.next = event.seq + 1;
    // Fixed from the first one that is sent, whatever becomes of it: the server has seen it then.
    acts.cohort.get_or_insert_with(|| event.cohort.clone());
    acts.acts.push(OwnAct {
        salt,
        event: event.clone(),
        note: note.clone(),
        named: choice.is_named(),
        promise: None,
        due,
    });
    let seq = event.seq;
    Ok(Submission {
        post: PostSignOn { salt, event, note },
        seq,
        due,
        expires,
    })
}

/// How far, in seconds, a device's clock may be from the witnesses' before its copy of the record counts as stale.
const CLOCK_TOLERANCE_SECONDS: u64 = 3600;

/// Whether the copy is as new as the record must be by now: two intervals at most. An older one names the checkpoint
/// of a period that is over for everybody else, and the server knows from whom it kept the newer ones.
fn check_fresh(mirror: &Mirror, profile: &Profile, now: Time) -> Result<(), ActError> {
    let as_of = mirror.as_of().ok_or(ActError::NoRecord)?;
    let most = profile
        .record
        .interval_seconds
        .saturating_mul(2)
        .saturating_add(CLOCK_TOLERANCE_SECONDS);
    if now.since(as_of) > most {
        return Err(ActError::Stale { as_of, now });
    }
    Ok(())
}

/// How long a version must stand: as the profile in force says, and not less than the one that the memo was opened
/// under, which the log can't change afterwards.
pub(super) fn quiet_period(draft: &Draft, mirror: &Mirror) -> Option<u64> {
    let now = mirror.profile()?.signing.quiet_period_seconds;
    let Standing::Recorded { entry, .. } = draft.standing else {
        return Some(now);
    };
    let published = mirror.position_of(entry)?.published;
    let then = mirror.profile_at(published)?.signing.quiet_period_seconds;
    Some(now.max(then))
}

/// Since when a version stands for everybody to see: by the log's time, and not before a witness saw its checkpoint.
/// The log could hold a checkpoint back until the quiet period is over, and then show the version to one alone.
pub(super) fn seen_since(entry: u64, mirror: &Mirror) -> Option<Time> {
    Some(mirror.position_of(entry)?.time.max(mirror.time_of(entry)?))
}

fn check_version(
    draft: &Draft,
    version: u32,
    action: Action,
    quiet: u64,
    mirror: &Mirror,
    now: Time,
) -> Result<Position, ActError> {
    let latest = draft.latest().ok_or(ActError::NoVersion(version))?;
    let wanted = draft.version(version).ok_or(ActError::NoVersion(version))?;
    if latest.link.body.number != version && action != Action::Withdraw {
        return Err(ActError::NotLatest {
            found: version,
            latest: latest.link.body.number,
        });
    }
    let Standing::Recorded { entry, .. } = wanted.standing else {
        return Err(ActError::NotRecorded(version));
    };
    let stands = mirror.position_of(entry).ok_or(ActError::NoRecord)?;
    let seen = seen_since(entry, mirror).ok_or(ActError::NoRecord)?;
    let from = seen.plus(quiet);
    // The act names a checkpoint of this device's copy, which must be as old as the quiet period demands.
    let (log, as_of) = (mirror.time(), mirror.as_of());
    let (log, as_of) = log.zip(as_of).ok_or(ActError::NoRecord)?;
    if now < from || as_of < from || log < stands.time.plus(quiet) {
        return Err(ActError::Quiet { version, from });
    }
    if let Some(case) = mirror.case(draft.memo)
        && !case.accepts_sign_on(now)
    {
        return Err(ActError::Closed(case.sign_on_until()));
    }
    Ok(stands)
}

/// The number of the next act, if it is one that makes sense.
fn next_seq(
    identity: &Identity,
    draft: &Draft,
    nullifier: Element,
    version: u32,
    action: Action,
    choice: &Choice,
    mirror: &Mirror,
) -> Result<u64, ActError> {
    // After an act that went void the next number follows, as after any other.
    let next = draft.tally.next_seq(nullifier);
    let last = draft.last_action(nullifier, version);
    let cohort = choice.cohort().map(str::to_owned);
    if let Some(acts) = identity.memos.get(&draft.memo) {
        let pending = |act: &&OwnAct| act.event.seq >= next && may_still_count(act, mirror);
        if let Some(pending) = acts.acts.iter().rev().find(pending) {
            let seq = pending.event.seq;
            return Err(match pending.due {
                Some(_) => ActError::Unsent(seq),
                None => ActError::Pending(seq),
            });
        }
    }
    if let Some(fixed) = fixed_cohort(identity, draft, nullifier)
        && fixed != cohort
    {
        return Err(ActError::CohortFixed(fixed));
    }
    match (action, last) {
        (Action::Withdraw, None | Some(Action::Withdraw)) => {
            Err(ActError::NothingToWithdraw(version))
        }
        (action, Some(last)) if action == last => Err(ActError::Already { version, action }),
        _ => Ok(next),
    }
}

/// The cohort that the first act fixed: by the record (a void act fixes it, too), else by what this device sent or keeps to
/// send. (As it is kept, no cohort looks like no act: the acts tell the two apart.)
pub(super) fn fixed_cohort(
    identity: &Identity,
    draft: &Draft,
    nullifier: Element,
) -> Option<Option<String>> {
    let recorded = draft.tally.cohort(nullifier);
    recorded
        .map(|cohort| cohort.map(str::to_owned))
        .or_else(|| {
            let own = identity.memos.get(&draft.memo)?;
            let first = || own.acts.first().map(|act| act.event.cohort.clone());
            own.cohort.clone().or_else(first)
        })
}

/// Whether an act that is not in the draft can still come to count: one that expired can't, wherever it is.
fn may_still_count(act: &OwnAct, mirror: &Mirror) -> bool {
    let expired = mirror.time().is_some_and(|now| now > act.event.expires);
    match status(act, mirror) {
        ActStatus::Recorded { .. } | ActStatus::LeftOut { .. } => true,
        ActStatus::Waiting { .. } | ActStatus::Broken { .. } | ActStatus::Unsent { .. } => !expired,
        ActStatus::Void { .. } => false,
    }
}

/// Until when the server takes an act on a memo that is filed: it must be in the record in time by its promise, too.
pub(super) fn sent_until(draft: &Draft, mirror: &Mirror) -> Option<Time> {
    let until = mirror.case(draft.memo)?.sign_on_until();
    let promise = mirror.profile()?.record.promise_max_delay_seconds;
    Some(Time::from_unix(until.unix().saturating_sub(promise)))
}

/// A time to send, uniform up to the smaller of [`MAX_DELAY`] and a quarter of the time that is left.
fn due(draft: &Draft, expires: Time, mirror: &Mirror, now: Time, rng: &mut impl CryptoRng) -> Time {
    let until = sent_until(draft, mirror).map_or(expires, |until| until.min(expires));
    let most = MAX_DELAY.as_secs().min(until.since(now) / 4);
    let mut bytes = [0; 8];
    rng.fill_bytes(&mut bytes);
    now.plus(u64::from_be_bytes(bytes) % (most + 1))
}
