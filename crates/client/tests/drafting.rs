//! Authors and readers before filing.

mod common;

use common::{
    check, prover,
    story::{Story, rules, waiting},
};
use demur_client::{
    api::{Placed, Problem, Waiting},
    author::{
        self, ApprovalError, AuthorKeys, MyMemo, OpenError, OpenRequest, Proposal, Readers,
        WriteOutcome,
    },
    reader::{DraftError, OpenVersionError, open_version, read_draft},
    signer::{ActError, Choice},
    transport::CallError,
};
use demur_encoding::{Bytes, Digest, sha256};
use demur_memo::{Memo, merge::merge};
use demur_record::entry::ApprovalBody;
use demur_signon::act::Action;

#[test]
fn two_authors_amend_at_once_and_a_reader_is_removed() {
    let mut story = Story::begin(2);
    let mirror = story.world.mirror();
    let rules = rules(&mirror);
    let draft = story.draft(&mirror);
    let base = story.open_latest(&draft, &mirror);
    let amended = |from: &str, to: &str| {
        let text = base.memo.to_text();
        assert!(text.contains(from));
        Memo::parse(&text.replace(from, to), &rules).unwrap()
    };
    let (mine, theirs) = (
        amended("an ell", "two ells"),
        amended("dry in April", "dry since April"),
    );
    let old_text = base.envelope.text().to_owned();
    let rng = &mut story.world.rng;
    let write = |my: &mut MyMemo, text: Memo, readers, rng: &mut _| {
        author::write_version(
            my,
            Some(&draft),
            Some(&old_text),
            text,
            readers,
            &mirror,
            rng,
        )
    };
    assert!(write(&mut story.ann, base.memo.clone(), Readers::Same, rng).is_err());
    let first = write(&mut story.bo, theirs.clone(), Readers::Same, rng).unwrap();
    let second = write(&mut story.ann, mine.clone(), Readers::NewLink, rng).unwrap();
    assert_ne!(story.ann.reader, story.bo.reader);
    let accepted = story.world.post_version(&first);
    author::read_outcome(&mut story.bo, 2, Ok(accepted), &mirror, story.world.now).unwrap();
    let conflict = |latest| {
        Err(CallError::Refused {
            status: 409,
            problem: Box::new(Problem {
                code: "sibling".to_owned(),
                message: String::new(),
                latest: Some(latest),
            }),
        })
    };
    // A server that puts a version of its own in the way is found out.
    let mut forged = first.event.clone();
    forged.body.content_root = Digest::new([1; 32]);
    let forged = Placed {
        salt: first.salt,
        at: None,
        event: forged,
    };
    assert!(
        author::read_outcome(
            &mut story.ann,
            2,
            conflict(forged),
            &mirror,
            story.world.now
        )
        .is_err()
    );
    // Nor is an old version in the way.
    let old = match &story.world.events[1].event {
        demur_record::event::Event::Version(version) => version.clone(),
        _ => panic!("version 1"),
    };
    let old = Placed {
        salt: first.salt,
        at: None,
        event: old,
    };
    assert!(
        author::read_outcome(&mut story.ann, 2, conflict(old), &mirror, story.world.now).is_err()
    );
    let latest = Placed {
        salt: first.salt,
        at: None,
        event: first.event.clone(),
    };
    let outcome = author::read_outcome(
        &mut story.ann,
        2,
        conflict(latest),
        &mirror,
        story.world.now,
    );
    let WriteOutcome::Sibling(sibling) = outcome.unwrap() else {
        panic!("a sibling")
    };
    assert!(sibling.same_link && sibling.number == 2);
    // The new link that was made for a version that does not stand is forgotten with it.
    assert_eq!(story.ann.reader, story.bo.reader);
    assert!(story.ann.earlier.is_empty() && !story.ann.versions.contains_key(&2));
    assert_ne!(sibling.theirs.event, second.event);
    // See both, merge, write the next.
    story.world.tick();
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    let standing = story.open_latest(&draft, &mirror);
    assert_eq!(standing.memo, theirs);
    let merged = merge(&base.memo, &mine, &standing.memo);
    assert_eq!(merged.conflicts, []);
    let merged = Memo::parse(&merged.text, &rules).unwrap();
    let old = story.ann.reader.clone();
    let rng = &mut story.world.rng;
    let new = Readers::NewLink;
    let post = author::write_version(
        &mut story.ann,
        Some(&draft),
        None,
        merged,
        new,
        &mirror,
        rng,
    )
    .unwrap();
    story.world.post_version(&post);
    story.world.tick();
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    assert_eq!(draft.versions.len(), 3);
    assert!(
        story
            .open_latest(&draft, &mirror)
            .memo
            .to_text()
            .contains("two ells")
    );
    // The old link opens the old versions and not the new one.
    let latest = draft.latest().unwrap();
    let file = &story.world.sealed[&latest.link.body.sealed];
    let refused = open_version(&draft, latest, file, &old, &rules);
    assert!(matches!(refused, Err(OpenVersionError::OtherLink(3))));
    let before = draft.version(2).unwrap();
    let file = &story.world.sealed[&before.link.body.sealed];
    assert!(open_version(&draft, before, file, &old, &rules).is_ok());
    let other = open_version(&draft, before, &post.sealed, &old, &rules);
    assert!(matches!(other, Err(OpenVersionError::OtherFile(2))));
    let link = story.ann.link("https://dissent.example");
    story.bo.relink(&link, 3).unwrap();
    assert_eq!(story.bo.reader, story.ann.reader);
    // Nobody signs what has not stood a while, nor an old version.
    let early = story.act(1, 3, Action::Sign, Choice::All);
    assert!(
        matches!(early, Err(ActError::Quiet { version: 3, .. })),
        "{early:?}"
    );
    let late = story.act(1, 1, Action::Sign, Choice::All);
    assert!(matches!(late, Err(ActError::NotLatest { .. })));
}

#[test]
fn a_draft_is_held_against_the_record() {
    let mut story = Story::begin(3);
    let mirror = story.world.mirror();
    let memo = story.memo;
    let good = story.world.view(memo);
    let rng = &mut story.world.rng;
    let mut read = |view, memo| read_draft(view, memo, &mirror, check(), rng);
    assert!(read(good.clone(), memo).is_ok());
    let other = Digest::new([5; 32]);
    assert!(matches!(
        read(good.clone(), other),
        Err(DraftError::OtherMemo)
    ));
    let mut bad = good.clone();
    bad.versions[0].salt = Digest::new([1; 32]);
    assert!(matches!(
        read(bad, memo),
        Err(DraftError::NotInRecord { .. })
    ));
    let mut bad = good.clone();
    bad.versions[0].at.as_mut().unwrap().slot ^= 1;
    assert!(matches!(
        read(bad, memo),
        Err(DraftError::NotInRecord { .. })
    ));
    let mut bad = good.clone();
    bad.versions[0].at.as_mut().unwrap().entry += 10_000;
    assert!(matches!(read(bad, memo), Err(DraftError::Behind { .. })));
    let mut bad = good.clone();
    bad.versions[0].event.signature.0[5] ^= 1;
    bad.versions[0].at = None;
    assert!(matches!(read(bad, memo), Err(DraftError::Memo { .. })));
    let mut bad = good.clone();
    bad.opening.event.proof.0[100] ^= 1;
    bad.opening.at = None;
    assert!(matches!(read(bad, memo), Err(DraftError::Proofs(1))));
    // An edition that is too young, and more memos in a month than the profile allows.
    let request = |keys| OpenRequest {
        edition: &story.edition,
        keys,
        co_authors: &[],
        threshold: 1,
    };
    let rng = &mut story.world.rng;
    for expected in [2, 3] {
        let keys = AuthorKeys::generate(rng);
        let (my, _) =
            author::open_memo(&mut story.members[0], &mirror, request(keys), prover(), rng)
                .unwrap();
        assert_eq!(my.opening.counter, expected);
    }
    let keys = AuthorKeys::generate(rng);
    let full = author::open_memo(&mut story.members[0], &mirror, request(keys), prover(), rng);
    assert!(matches!(full, Err(OpenError::TooMany(3))));
}

#[test]
fn what_a_co_author_must_not_approve() {
    let mut story = Story::begin(4);
    let mirror = story.world.mirror();
    let rules = rules(&mirror);
    let draft = story.draft(&mirror);
    let opened = story.open_latest(&draft, &mirror);
    let good = author::propose_filing(&story.ann, &draft, &opened, &mirror).unwrap();
    let review =
        |waiting: &Waiting| author::review(&story.bo, waiting, &draft, &rules, &mirror).map(|_| ());
    assert!(review(&waiting(&good)).is_ok());
    let mut none = waiting(&good);
    none.sealed = None;
    assert!(matches!(review(&none), Err(ApprovalError::NoFile)));
    let mut other = waiting(&good);
    other.sealed = Some(Bytes(b"other".to_vec()));
    assert!(matches!(review(&other), Err(ApprovalError::OtherFile)));
    let mut forged = waiting(&good);
    forged.approvals[0].signature.0[0] ^= 1;
    assert!(matches!(review(&forged), Err(ApprovalError::Signature(_))));
    // The first author seals another text, or to the wrong people, and signs that.
    let propose = |file: Bytes| {
        let link = &draft.latest().unwrap().link;
        let body = ApprovalBody::File {
            memo: story.memo,
            version: 1,
            version_hash: link.hash,
            sealed: sha256(&file.0),
        };
        waiting(&author::approve(&story.ann, body, Some(file)))
    };
    let to: Vec<String> = [
        story.world.office.seal.recipient(),
        story.world.recovery.seal.recipient(),
    ]
    .into_iter()
    .chain(story.ann.opening.authors.iter().map(|a| a.seal.clone()))
    .collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let other = opened.memo.to_text().replace("an ell", "a foot");
    let other = Memo::parse(&other, &rules).unwrap();
    let other = demur_memo::Sealed::new(1, opened.envelope.seed().clone(), &other);
    let file = demur_client::keys::seal(&other.to_bytes(), &to).unwrap();
    assert!(matches!(
        review(&propose(file)),
        Err(ApprovalError::Content(_))
    ));
    let file = demur_client::keys::seal(&opened.envelope.to_bytes(), &to[1..]).unwrap();
    assert!(matches!(
        review(&propose(file)),
        Err(ApprovalError::Recipients { .. })
    ));
    // Withdrawing and releasing are shown as what they are.
    let withdrawal = author::propose_withdrawal(&story.ann, &draft, &mirror).unwrap();
    let seen = author::review(&story.bo, &waiting(&withdrawal), &draft, &rules, &mirror).unwrap();
    assert!(matches!(seen.proposal, Proposal::Withdraw));
    let release = author::propose_release(&story.ann, &draft, b"bundle".to_vec()).unwrap();
    let seen = author::review(&story.bo, &waiting(&release), &draft, &rules, &mirror).unwrap();
    assert!(matches!(seen.proposal, Proposal::Release { .. }));
    // What is about another text, or another state of the case, is not to be approved.
    let mut other = withdrawal.body.clone();
    if let ApprovalBody::Withdraw { version_hash, .. } = &mut other {
        *version_hash = sha256(b"another text");
    }
    let other = waiting(&author::approve(&story.ann, other, None));
    assert!(matches!(
        review(&other),
        Err(ApprovalError::NotLatest { .. })
    ));
    let mut filed = withdrawal.body;
    if let ApprovalBody::Withdraw { filed, .. } = &mut filed {
        *filed = Some(sha256(b"a filing"));
    }
    let filed = waiting(&author::approve(&story.ann, filed, None));
    assert!(matches!(review(&filed), Err(ApprovalError::OtherState)));
    let early = author::propose_rejoinder(&story.ann, "Too soon.", &mirror);
    assert!(matches!(early, Err(ApprovalError::NoResponse)));
}
