//! Opening a memo, registering versions, amending.

use std::cmp::Ordering;

use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{
    Memo, Sealed,
    content::{Content, Seed},
    version::{CheckpointRef, EditionRef, OpeningBody, VersionBody, VersionError},
};
use demur_record::{
    entry::Role,
    event::{Opening, Version},
};
use demur_signon::{
    CircuitId, Prover,
    act::{Month, OpeningContext},
    prove::ProveError,
    roster::Edition,
};
use rand_core::CryptoRng;

use super::keys::{AuthorKeys, AuthorToken, MyMemo, OwnOpening, OwnVersion};
use crate::{
    api::{Accepted, PostOpening, PostVersion},
    device::Mirror,
    identity::Identity,
    keys::seal,
    link::ReaderKey,
    reader::Draft,
    watch::{PromiseError, Promised},
};

/// What a memo is opened with.
#[derive(Debug)]
pub struct OpenRequest<'a> {
    /// The edition that the memo is pinned to: verified, by [`Mirror::open_edition`].
    pub edition: &'a Edition,
    /// This author's keys, new.
    pub keys: AuthorKeys,
    /// The other authors.
    pub co_authors: &'a [AuthorToken],
    /// How many of the authors must agree to file or withdraw.
    pub threshold: u32,
}

/// Why a memo can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The device holds no checkpoint yet.
    #[error("this device holds nothing of the record yet: fetch it first")]
    NoRecord,
    /// The member isn't in the edition.
    #[error("this identity's leaf is not in edition {0}")]
    NotInEdition(u64),
    /// The edition isn't the record's.
    #[error("edition {0} is not in the record")]
    UnknownEdition(u64),
    /// The edition is too new.
    #[error(
        "edition {number} is {seconds} seconds old from {from}, as the profile asks, and can be used from the beginning of the next day or period"
    )]
    TooNew {
        /// Its number.
        number: u64,
        /// When it is old enough.
        from: Time,
        /// The profile's minimum age.
        seconds: u64,
    },
    /// A newer edition is old enough.
    #[error(
        "a memo is pinned to edition {newest} now, the newest that is old enough, not to {number}"
    )]
    TooOld {
        /// Its number.
        number: u64,
        /// What to use.
        newest: u32,
    },
    /// The profile's bound.
    #[error("this identity has opened {0} memos this month; the profile allows no more")]
    TooMany(u32),
    /// A field that can't be.
    #[error(transparent)]
    Body(#[from] VersionError),
    /// See there.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// See there.
    #[error(transparent)]
    Edition(#[from] demur_signon::roster::EditionError),
}

/// Opens a memo: what to keep, and what to send with [`calls::open_memo`](crate::calls::open_memo). Save both
/// `identity` and the result before sending.
///
/// # Errors
/// When the member is not in the edition, the edition too new, the month's openings used up, or the authors
/// don't fit.
pub fn open_memo(
    identity: &mut Identity,
    mirror: &Mirror,
    request: OpenRequest<'_>,
    prover: &Prover,
    rng: &mut impl CryptoRng,
) -> Result<(MyMemo, PostOpening), OpenError> {
    let OpenRequest {
        edition,
        keys,
        co_authors,
        threshold,
    } = request;
    let profile = mirror.profile().ok_or(OpenError::NoRecord)?;
    let number = edition.head().number;
    let recorded = mirror
        .edition(number)
        .ok_or(OpenError::UnknownEdition(number))?;
    if recorded.edition.digest != edition.digest() {
        return Err(OpenError::UnknownEdition(number));
    }
    let seconds = profile.roster.min_age_seconds;
    let tree = edition
        .tree("all")
        .ok_or(OpenError::UnknownEdition(number))??;
    let path = tree
        .path(identity.leaf)
        .ok_or(OpenError::NotInEdition(number))?;
    let from = recorded.time.plus(seconds);
    let too_new = OpenError::TooNew {
        number,
        from,
        seconds,
    };
    let Some((checkpoint, time, usable)) = mirror.opening_checkpoint() else {
        return Err(too_new);
    };
    let newest = usable.edition.number;
    match recorded.edition.number.cmp(&newest) {
        Ordering::Less => return Err(OpenError::TooOld { number, newest }),
        Ordering::Greater => return Err(too_new),
        Ordering::Equal => {}
    }
    // The month of the checkpoint, which everyone can look up, not of this device's clock.
    let month = Month::of(time);
    let opened = identity.openings.get(month.as_str()).copied().unwrap_or(0);
    if opened >= profile.roster.openings_per_month {
        return Err(OpenError::TooMany(opened));
    }
    let counter = opened + 1;
    let expires = mirror.expiry_of(checkpoint);
    let authors = [keys.token()]
        .iter()
        .chain(co_authors)
        .map(AuthorToken::author)
        .collect();
    let body = OpeningBody {
        origin: mirror.origin().to_owned(),
        edition: EditionRef {
            number: recorded.edition.number,
            root: Digest::new(edition.root().to_bytes()),
        },
        authors,
        threshold,
        month: month.as_str().to_owned(),
        counter,
        salt: random(rng),
        checkpoint: CheckpointRef {
            size: checkpoint.size,
            hash: checkpoint.hash,
        },
    };
    body.check()?;
    let memo = body.id()?;
    let context = OpeningContext {
        origin: mirror.origin(),
        edition_root: edition.root(),
        month: &month,
        counter,
        memo,
        checkpoint: demur_signon::act::Checkpoint {
            size: checkpoint.size,
            hash: checkpoint.hash,
        },
        expires,
    };
    let (statement, proof) = prover.prove(
        &identity.secret(),
        &path,
        edition.root(),
        context.scope(),
        context.message(),
        rng,
    )?;
    let event = Opening {
        v: 1,
        body: body.clone(),
        circuit: CircuitId::current().0,
        nullifier: Digest::new(statement.nullifier.to_bytes()),
        expires,
        proof: Bytes(proof.as_bytes().to_vec()),
    };
    let salt = random(rng);
    identity.openings.insert(month.as_str().to_owned(), counter);
    let my = MyMemo {
        v: 1,
        memo,
        keys,
        opening: body,
        reader: ReaderKey::generate(rng),
        earlier: Default::default(),
        opened: Some(OwnOpening {
            salt,
            event: event.clone(),
            promise: None,
        }),
        versions: Default::default(),
        agreed: Vec::new(),
    };
    Ok((my, PostOpening { salt, event }))
}

/// Takes the server's promise for the opening. Save `my` afterwards.
///
/// # Errors
/// When it is not the log's promise for it.
pub fn opened(
    my: &mut MyMemo,
    answer: &Accepted,
    mirror: &Mirror,
    now: Time,
) -> Result<Promised, PromiseError> {
    let own = my.opened.as_mut().ok_or(PromiseError::NotSent)?;
    let event = demur_record::event::Event::Opening(own.event.clone());
    let promised = mirror.check_promise(&answer.promise, &event, own.salt, now)?;
    own.promise = Some(answer.promise.clone());
    Ok(promised)
}

/// Who can read the new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever holds the link now.
    Same,
    /// Only who gets the new link: the old one ends with the version before.
    NewLink,
}

/// Why a version can't be registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The draft is another memo's.
    #[error("the draft is of another memo")]
    OtherMemo,
    /// The text is the latest version's, and the readers stay.
    #[error("nothing was changed: version {0} has the same text")]
    Unchanged(u32),
    /// The head names other authors, or another threshold.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// See there.
    #[error(transparent)]
    Seal(#[from] crate::keys::SealingError),
    /// The device holds no checkpoint yet.
    #[error("this device holds nothing of the record yet: fetch it first")]
    NoRecord,
}

/// Seals and signs the next version: the first where `draft` has none, else an amendment of its latest.
/// Save `my` before sending the result with [`calls::version`](crate::calls::version).
///
/// `memo`'s head is given the opening's authors and threshold.
///
/// # Errors
/// When the draft is another memo's, or nothing was changed.
pub fn write_version(
    my: &mut MyMemo,
    draft: Option<&Draft>,
    latest_text: Option<&str>,
    memo: Memo,
    readers: Readers,
    mirror: &Mirror,
    rng: &mut impl CryptoRng,
) -> Result<PostVersion, WriteError> {
    let latest = draft.and_then(Draft::latest);
    let builds_on = match latest {
        Some(latest) => latest.standing.entry(),
        None => my.opened.as_ref().and_then(|own| own.stands(mirror)),
    };
    let checkpoint = mirror
        .version_checkpoint(builds_on)
        .ok_or(WriteError::NoRecord)?;
    if draft.is_some_and(|d| d.memo != my.memo) {
        return Err(WriteError::OtherMemo);
    }
    let keys = my.opening.authors.iter().map(|a| a.sign).collect();
    let memo = memo
        .with_authors(keys, my.opening.threshold)
        .map_err(|_| VersionError::Head)?;
    if let (Some(latest), Some(text)) = (latest, latest_text)
        && memo.to_text() == text
        && readers == Readers::Same
    {
        return Err(WriteError::Unchanged(latest.link.body.number));
    }
    let number = latest.map_or(1, |l| l.link.body.number.saturating_add(1));
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    let seed = Seed::new(seed);
    let content = Content::new(&memo, seed.clone());
    if readers == Readers::NewLink {
        let old = std::mem::replace(&mut my.reader, ReaderKey::generate(rng));
        my.earlier.insert(number - 1, old);
    }
    let envelope = Sealed::new(number, seed, &memo);
    let mut to = vec![my.reader.seal_key().recipient()];
    if mirror.memo(my.memo).is_some() {
        // After filing the office and the authors read it too.
        to.extend(
            [Role::Office, Role::Recovery]
                .into_iter()
                .filter_map(|r| mirror.recipient(r)),
        );
        to.extend(my.opening.authors.iter().map(|a| a.seal.clone()));
    }
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let sealed = seal(&envelope.to_bytes(), &to)?;
    let body = VersionBody {
        memo: my.memo,
        number,
        previous: latest.map(|l| l.link.hash),
        content_root: content.root(),
        counts: content.counts(),
        sealed: sha256(&sealed.0),
        access: my.reader.access(),
        checkpoint: CheckpointRef {
            size: checkpoint.size,
            hash: checkpoint.hash,
        },
    };
    let signed = body.sign(&my.keys.sign.key())?;
    let event = Version {
        v: 1,
        body: signed.body,
        author: signed.author,
        signature: signed.signature,
    };
    let salt = random(rng);
    let own = OwnVersion {
        salt,
        event: event.clone(),
        promise: None,
    };
    my.versions.insert(number, own);
    Ok(PostVersion {
        salt,
        event,
        sealed,
    })
}

pub(crate) fn random(rng: &mut impl CryptoRng) -> Digest {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Digest::new(bytes)
}
