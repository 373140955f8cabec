//! What becomes of an act that was sent.

use demur_encoding::{Digest, Time};
use demur_record::{
    entry::{Direct, Entry, FORMAT},
    event::{Action, Event},
    memo_log::Position,
};

use super::{Choice, Submission, pinned_root};
use crate::{
    api::{Accepted, PostSignOn},
    device::Mirror,
    identity::{Identity, OwnAct},
    reader::{Draft, missing},
    watch::{PromiseError, Promised},
};

/// Takes the server's promise for act `seq`. Save the identity afterwards.
///
/// # Errors
/// When it is not the log's promise for this act.
pub fn accepted(
    identity: &mut Identity,
    memo: Digest,
    seq: u64,
    answer: &Accepted,
    mirror: &Mirror,
    now: Time,
) -> Result<Promised, PromiseError> {
    let acts = identity.memos.get_mut(&memo).ok_or(PromiseError::NotSent)?;
    let own = acts
        .acts
        .iter_mut()
        .rev()
        .find(|a| a.event.seq == seq)
        .ok_or(PromiseError::NotSent)?;
    let promised = mirror.check_promise(
        &answer.promise,
        &Event::SignOn(own.event.clone()),
        own.salt,
        now,
    )?;
    own.promise = Some(answer.promise.clone());
    own.due = None;
    Ok(promised)
}

/// Forgets act `seq`, which the server has definitely refused (a 4xx answer): its number is free again.
pub fn refused(identity: &mut Identity, memo: Digest, seq: u64) {
    forget(identity, memo, |act| {
        act.event.seq == seq && act.promise.is_none()
    });
}

/// Throws away the act on a memo that was not sent; whether there was one. Nobody has seen it: its number, and the choice of a
/// cohort, are free again.
pub fn throw_away(identity: &mut Identity, memo: Digest) -> bool {
    forget(identity, memo, |act| act.due.is_some())
}

/// Forgets acts, and frees their numbers; whether there was one.
pub(super) fn forget(
    identity: &mut Identity,
    memo: Digest,
    gone: impl Fn(&OwnAct) -> bool,
) -> bool {
    let Some(acts) = identity.memos.get_mut(&memo) else {
        return false;
    };
    let Some(seq) = { acts.acts.iter() }
        .find(|act| gone(act))
        .map(|act| act.event.seq)
    else {
        return false;
    };
    acts.acts.retain(|act| !gone(act));
    let used = acts.acts.iter().map(|a| a.event.seq).max();
    acts.next = used.map_or(seq, |n| n + 1).min(acts.next);
    if acts.next == 1 {
        acts.cohort = None;
    }
    true
}

/// The acts that are kept and were not sent yet.
pub fn unsent<'a>(identity: &'a Identity, mirror: &'a Mirror) -> impl Iterator<Item = &'a OwnAct> {
    let acts = identity.memos.values().flat_map(|own| &own.acts);
    acts.filter(|act| act.due.is_some())
        .filter(|act| matches!(status(act, mirror), ActStatus::Unsent { .. }))
}

/// Notes that the act on a memo that was not sent yet is being sent, and returns it. Save the identity before it is sent.
/// `None` where there is none: it was thrown away, or sending has begun elsewhere.
pub fn sending(identity: &mut Identity, memo: Digest) -> Option<OwnAct> {
    let acts = &mut identity.memos.get_mut(&memo)?.acts;
    let own = acts.iter_mut().rev().find(|act| act.due.is_some())?;
    own.due = None;
    Some(own.clone())
}

/// The act that was sent and not answered, or not sent yet, to be sent just as it is: a second one of its number would leave it
/// to the server which of the two counts. `None` where there is none like it that can still count.
#[must_use]
pub fn unanswered(
    identity: &Identity,
    memo: Digest,
    (version, action): (u32, Action),
    choice: &Choice,
    mirror: &Mirror,
) -> Option<Submission> {
    let acts = &identity.memos.get(&memo)?.acts;
    let like = |act: &&OwnAct| {
        let event = &act.event;
        (
            event.version,
            event.action,
            event.cohort.as_deref(),
            act.named,
        ) == (version, action, choice.cohort(), choice.is_named())
    };
    let own = { acts.iter().rev() }
        .find(|act| act.promise.is_none())
        .filter(like)
        .filter(|act| {
            let status = status(act, mirror);
            matches!(status, ActStatus::Waiting { .. } | ActStatus::Unsent { .. })
        })
        .filter(|act| mirror.time().is_some_and(|now| now < act.event.expires))?;
    Some(Submission {
        post: PostSignOn {
            salt: own.salt,
            event: own.event.clone(),
            note: own.note.clone(),
        },
        seq: own.event.seq,
        due: own.due,
        expires: own.event.expires,
    })
}

/// How an own act stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActStatus {
    /// In the record.
    Recorded {
        /// Its entry.
        entry: u64,
        /// Since when.
        time: Time,
    },
    /// The record commits to it, and it was left out: by the filing, for good, or by the server that shows the draft. Keep
    /// this device's copy: salt, event and place prove it to anyone.
    LeftOut {
        /// The entry that commits to it.
        entry: u64,
        /// Since when.
        time: Time,
    },
    /// In the record, but later than it expires: void. Act again: the next number follows.
    Void {
        /// Since when.
        time: Time,
    },
    /// Not in the record yet, in time.
    Waiting {
        /// Until when it was promised; `None` where no promise came.
        by: Option<Time>,
    },
    /// Kept, and not sent yet.
    Unsent {
        /// When it is to be sent.
        due: Time,
        /// It is void if it is recorded later.
        expires: Time,
    },
    /// Promised, and the record goes beyond that time without it: keep the promise, it convicts the log.
    Broken {
        /// When it should have been there.
        by: Time,
    },
}

/// Looks for the own acts on a memo in the record. Of a memo that is filed this is the whole truth; of a draft, see
/// [`follow`].
#[must_use]
pub fn confirm(identity: &Identity, memo: Digest, mirror: &Mirror) -> Vec<(u64, ActStatus)> {
    let acts = identity
        .memos
        .get(&memo)
        .map(|acts| acts.acts.as_slice())
        .unwrap_or_default();
    acts.iter()
        .map(|act| (act.event.seq, status(act, mirror)))
        .collect()
}

/// Looks for the own acts on a memo in the record, and in the draft as it was shown: what the record committed to must be
/// there, or the other readers don't see it. `asked` is the number of entries that this device had when it asked for the
/// draft: what came into the record since may be missing in good faith.
#[must_use]
pub fn follow(
    identity: &Identity,
    draft: &Draft,
    mirror: &Mirror,
    asked: u64,
) -> Vec<(u64, ActStatus)> {
    let Some(acts) = identity.memos.get(&draft.memo) else {
        return Vec::new();
    };
    let missing = missing(draft, acts, mirror);
    let followed = acts.acts.iter().map(|act| {
        let hidden = missing
            .iter()
            .find(|missing| missing.seq == act.event.seq && missing.at.entry < asked);
        let place = hidden.and_then(|missing| mirror.position_of(missing.at.entry));
        let status = match place {
            Some(Position { entry, time, .. }) => ActStatus::LeftOut { entry, time },
            None => status(act, mirror),
        };
        (act.event.seq, status)
    });
    followed.collect()
}

pub(super) fn status(act: &OwnAct, mirror: &Mirror) -> ActStatus {
    let slot = Event::SignOn(act.event.clone()).slot(act.salt).ok();
    let direct = Entry::SignOn(Direct {
        v: FORMAT,
        event: act.event.clone(),
    });
    let place = slot
        .and_then(|slot| mirror.find_slot(slot))
        .map(|place| place.entry);
    // The filing publishes what stood in slots: what it left out then is not told any more.
    let memo = act.event.memo;
    if let Some(Position { entry, time, .. }) = place.and_then(|entry| mirror.position_of(entry))
        && mirror.memo(memo).is_some()
        && !mirror.sign_ons(memo).iter().any(|s| s.event == act.event)
    {
        return ActStatus::LeftOut { entry, time };
    }
    let entry = place.or_else(|| mirror.find_entry(&direct));
    if let Some((entry, time)) = entry.and_then(|e| Some((e, mirror.position_of(e)?.time))) {
        return if time > act.event.expires {
            ActStatus::Void { time }
        } else {
            ActStatus::Recorded { entry, time }
        };
    }
    if let Some(due) = act.due {
        let expires = act.event.expires;
        return ActStatus::Unsent { due, expires };
    }
    let by = act
        .promise
        .as_deref()
        .and_then(|note| mirror.promise(note).ok())
        .map(|p| p.by);
    match (by, mirror.as_of()) {
        (Some(by), Some(now)) if now > by => ActStatus::Broken { by },
        _ => ActStatus::Waiting { by },
    }
}

/// Finds out from a verified draft what this identity did on its memo: after a restore from the words
/// alone. Returns how many acts were found.
pub fn recall(identity: &mut Identity, draft: &Draft, mirror: &Mirror) -> Option<u64> {
    let root = pinned_root(&draft.opening)?;
    let scope = demur_signon::act::memo_scope(mirror.origin(), root, draft.memo);
    let nullifier = identity.secret().nullifier(scope);
    let next = draft.tally.next_seq(nullifier);
    let cohort = draft.tally.cohort(nullifier);
    let cohort = cohort.map(|name| name.map(str::to_owned));
    let acts = identity.acts_mut(draft.memo, nullifier);
    acts.next = acts.next.max(next);
    if cohort.is_some() {
        acts.cohort = cohort;
    }
    Some(next - 1)
}
