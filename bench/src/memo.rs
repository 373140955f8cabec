//! Memos with one author, and their requests.

use anyhow::{Context as _, Result};
use demur_client::{
    api::{PostOpening, PostVersion},
    author::{self, AuthorKeys, MyMemo, OpenRequest, Readers},
    calls,
    device::Mirror,
    identity::Identity,
    keys::seal,
};
use demur_encoding::{Digest, sha256};
use demur_memo::{
    Memo, Sealed,
    content::{Content, Seed},
    marking::Rules,
    version::VersionBody,
};
use demur_record::{
    entry::{ApprovalBody, Role},
    event::Version,
};
use demur_signon::{Prover, roster::Edition};

use crate::{http::Wire, rng};

/// The text of every memo here: on an invented matter of an invented ministry.
pub const TEXT: &str = include_str!("memo.md");

/// A memo's first requests. Each may be sent once the one before it was accepted; none waits for a batch.
#[derive(Debug, Clone)]
pub struct NewMemo {
    /// What its author's device keeps.
    pub my: MyMemo,
    /// Opens it.
    pub opening: PostOpening,
    /// Registers version 1.
    pub version: PostVersion,
}

/// Opens a memo for `author` alone, and writes its first version.
///
/// # Errors
/// When the author can't open one.
pub fn open(
    author: &mut Identity,
    edition: &Edition,
    mirror: &Mirror,
    prover: &Prover,
) -> Result<NewMemo> {
    let request = OpenRequest {
        edition,
        keys: AuthorKeys::generate(&mut rng()),
        co_authors: &[],
        threshold: 1,
    };
    let (mut my, opening) = author::open_memo(author, mirror, request, prover, &mut rng())?;
    let rules = mirror.rules().context("no profile")??;
    let text = Memo::parse(TEXT, &rules)?;
    let same = Readers::Same;
    let version = author::write_version(&mut my, None, None, text, same, mirror, &mut rng())?;
    Ok(NewMemo {
        my,
        opening,
        version,
    })
}

/// The author's approval of the filing of `version`, sealed to office, recovery and author: what files the memo.
///
/// # Errors
/// When the record names no keys.
pub fn filing(my: &MyMemo, version: &PostVersion, mirror: &Mirror) -> Result<Wire> {
    let text = my.reader.seal_key().open(&version.sealed)?;
    let key = |role| mirror.recipient(role).context("the record names no key");
    let (office, recovery) = (key(Role::Office)?, key(Role::Recovery)?);
    let author = my.keys.seal.recipient();
    let file = seal(&text, &[&office, &recovery, &author])?;
    let body = ApprovalBody::File {
        memo: my.memo,
        version: version.event.body.number,
        version_hash: version.event.body.hash()?,
        sealed: sha256(&file.0),
    };
    let post = author::approve(my, body, Some(file));
    Ok(Wire::of(calls::approve(my.memo, &post).request()))
}

/// The version after `latest`, of the same text under new salts: it needs no proof, only its author's signature.
///
/// # Errors
/// When `latest` is not the author's.
pub fn next_version(my: &MyMemo, latest: &PostVersion, rules: &Rules) -> Result<PostVersion> {
    let before = &latest.event.body;
    let envelope = Sealed::parse(&my.reader.seal_key().open(&latest.sealed)?)?;
    let (text, _) = envelope.open(rules, before.number, before.content_root, before.counts)?;
    let (number, seed) = (before.number + 1, Seed::new(*random().as_bytes()));
    let content = Content::new(&text, seed.clone());
    let envelope = Sealed::new(number, seed, &text).to_bytes();
    let sealed = seal(&envelope, &[&my.reader.seal_key().recipient()])?;
    let body = VersionBody {
        number,
        previous: Some(before.hash()?),
        content_root: content.root(),
        counts: content.counts(),
        sealed: sha256(&sealed.0),
        ..before.clone()
    };
    let signed = body.sign(&my.keys.sign.key())?;
    Ok(PostVersion {
        salt: random(),
        event: Version {
            v: latest.event.v,
            body: signed.body,
            author: signed.author,
            signature: signed.signature,
        },
        sealed,
    })
}

fn random() -> Digest {
    let mut bytes = [0; 32];
    rand_core::Rng::fill_bytes(&mut rng(), &mut bytes);
    Digest::new(bytes)
}
