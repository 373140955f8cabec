//! One memo's life on the devices of its people.

mod common;

use common::{
    ORIGIN, check, prover,
    story::{Story, rules, waiting},
};
use demur_channel::{DeadlineState, Response, Step};
use demur_client::{
    api::{AuthorView, Cases, MessageView, Placed},
    author::{self, Proposal},
    device::Mirror,
    identity::Identity,
    keys::RoleKeys,
    office::{self, StepError, ToldKeys},
    reader::{self, read_draft},
    signer::{self, ActError, ActStatus, Choice, Claim, ClaimError},
    watch,
};
use demur_encoding::{Bytes, Digest, sha256};
use demur_record::{
    entry::{Entry, FORMAT, Rejoined, Role},
    event::Access,
    promise::Kept,
};
use demur_signon::act::Action;

#[test]
fn drafting_signing_filing_answering() {
    let mut story = Story::begin(1);
    let mirror = story.world.mirror();
    let told = {
        let draft = story.draft(&mirror);
        signer::prepare(&story.members[1], &draft, &story.edition, &mirror).unwrap()
    };
    assert_eq!(told.crowds.len(), 2);
    assert_eq!((told.crowds[0].members, told.crowds[1].members), (5, 3));
    assert!(told.can_name && told.from.unwrap() <= mirror.time().unwrap());

    // Who isn't in a cohort can't show it; the first act fixes what is shown.
    let field = || Choice::Cohort("field".to_owned());
    let refused = story.act(3, 1, Action::Sign, field());
    assert!(
        matches!(refused, Err(ActError::NotInCohort(_))),
        "{refused:?}"
    );
    let nothing = story.act(3, 1, Action::Withdraw, Choice::All);
    assert!(matches!(nothing, Err(ActError::NothingToWithdraw(1))));
    assert_eq!(story.act(1, 1, Action::Sign, field()).unwrap(), 1);
    assert_eq!(
        story.act(2, 1, Action::Sign, Choice::Named(None)).unwrap(),
        1
    );
    let twice = story.act(1, 1, Action::Endorse, field());
    assert!(matches!(twice, Err(ActError::Pending(1))));
    let status = signer::confirm(&story.members[1], story.memo, &mirror);
    assert!(matches!(
        status[..],
        [(1, ActStatus::Waiting { by: Some(_) })]
    ));
    story.world.tick();
    let mirror = story.world.mirror();
    let status = signer::confirm(&story.members[1], story.memo, &mirror);
    assert!(matches!(status[..], [(1, ActStatus::Recorded { .. })]));
    let again = story.act(1, 1, Action::Sign, field());
    assert!(matches!(again, Err(ActError::Already { version: 1, .. })));
    let other = story.act(1, 1, Action::Withdraw, Choice::All);
    assert!(matches!(other, Err(ActError::CohortFixed(Some(_)))));

    let draft = story.draft(&mirror);
    let count = draft.count(1);
    assert_eq!((count.signed, count.cohorts["field"]), (2, 1));
    // What this device sent and the server hides is seen by who holds a salt.
    let mut view = story.world.view(story.memo);
    view.sign_ons.remove(0);
    let hidden = read_draft(view, story.memo, &mirror, check(), &mut story.world.rng).unwrap();
    let missing: Vec<_> = [1, 2]
        .iter()
        .flat_map(|m| reader::missing(&hidden, &story.members[*m].memos[&story.memo], &mirror))
        .collect();
    assert_eq!(missing.len(), 1);
    let hidden_from = |member: usize, asked: u64| {
        let followed = signer::follow(&story.members[member], &hidden, &mirror, asked);
        matches!(followed[..], [(1, ActStatus::LeftOut { .. })])
    };
    let size = mirror.size();
    assert_eq!([1, 2].iter().filter(|m| hidden_from(**m, size)).count(), 1);
    // What came into the record after the question was not hidden.
    let before = missing[0].at.entry;
    assert_eq!(
        [1, 2].iter().filter(|m| hidden_from(**m, before)).count(),
        0
    );

    // From the words alone: the acts are found again.
    let secret = serde_json::to_value(&story.members[1]).unwrap();
    let mut restored = secret.clone();
    restored["memos"] = serde_json::json!({});
    let mut restored: Identity = serde_json::from_value(restored).unwrap();
    assert_eq!(signer::recall(&mut restored, &draft, &mirror), Some(1));
    let acts = &restored.memos[&story.memo];
    assert_eq!(
        (acts.next, &acts.cohort),
        (2, &Some(Some("field".to_owned())))
    );

    story.file();
    answering(story);
}

/// Office, principal, authors and inspector.
fn answering(mut story: Story) {
    let mirror = story.world.mirror();
    let memo = story.memo;
    let rules = rules(&mirror);
    let file = story_file(&story, &mirror);
    let cases = Cases { cases: Vec::new() };
    let inbox = office::inbox(&cases, &mirror);
    assert_eq!((inbox.len(), inbox[0].step), (1, Some(Step::Filed)));
    assert!(
        inbox[0]
            .deadlines
            .iter()
            .all(|d| d.state == DeadlineState::Due)
    );

    // A late sign-on, by one who was silent; then one that nobody can follow up: claims.
    assert_eq!(story.act(4, 1, Action::Sign, Choice::All).unwrap(), 1);
    let keys = story.world.office.clone();
    story
        .world
        .direct
        .push(office::acknowledge(&keys, memo, &mirror).unwrap().entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let status = signer::confirm(&story.members[4], memo, &mirror);
    assert!(matches!(status[..], [(1, ActStatus::Recorded { .. })]));
    let again = office::acknowledge(&keys, memo, &mirror);
    assert!(matches!(again, Err(StepError::Order(_))));

    let view = story.case_view(None, Vec::new());
    let rng = &mut story.world.rng;
    let opened = office::open(
        &keys,
        memo,
        view.clone(),
        &file,
        &rules,
        &mirror,
        check(),
        rng,
    )
    .unwrap();
    assert_eq!(opened.problems, []);
    assert_eq!(opened.named.len(), 1);
    assert_eq!(opened.named[0].name, "Member 2");
    assert!(opened.named[0].stands);
    assert_eq!(
        (opened.draft.count(1).signed, opened.draft.count(1).late),
        (3, 1)
    );
    // Notes that were exchanged or withheld are told, and no name comes of it.
    let mut wrong = view.clone();
    let (a, b) = (wrong.notes[0].sealed.clone(), wrong.notes[1].sealed.clone());
    (wrong.notes[0].sealed, wrong.notes[1].sealed) = (b, a);
    let told = office::open(&keys, memo, wrong, &file, &rules, &mirror, check(), rng).unwrap();
    assert_eq!((told.named.len(), told.problems.len()), (0, 2));
    let other = Bytes(b"other".to_vec());
    assert!(office::open(&keys, memo, view, &other, &rules, &mirror, check(), rng).is_err());

    // Distribution needs a key in the record.
    let to = vec!["minister".to_owned()];
    let none = office::distribute(&keys, memo, &opened.envelope, &to, &mirror);
    assert!(matches!(none, Err(StepError::NoKey(_))));
    let minister = RoleKeys::generate(ORIGIN, Role::Principal, "minister", &mut story.world.rng);
    let account = demur_client::api::Account {
        name: "m".to_owned(),
        role: "minister".to_owned(),
        sign: Some(minister.sign.public()),
        seal: Some(minister.seal.recipient()),
    };
    let told = ToldKeys {
        sign: minister.sign.public(),
        seal: minister.seal.recipient(),
    };
    story
        .world
        .direct
        .push(office::admit(&account, &told, &keys).unwrap().entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let stranger = office::distribute(&keys, memo, &opened.envelope, &["x".to_owned()], &mirror);
    assert!(matches!(stranger, Err(StepError::Principal { .. })));
    let step = office::distribute(&keys, memo, &opened.envelope, &to, &mirror).unwrap();
    story.world.direct.push(step.entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let given = step.sealed.unwrap();
    let rng = &mut story.world.rng;
    let read =
        office::open_as_principal(&minister, memo, &given, &rules, &mirror, check(), rng).unwrap();
    assert_eq!(
        (read.version, read.memo, read.content.root()),
        (opened.version, opened.memo, opened.content.root())
    );

    // The response answers every point.
    let part = format!("+++\nmemo = \"{memo}\"\n+++\n\n## Point 1: accepted\n\nFrom March.\n");
    let whole = format!("{part}\n## Point 2: rejected\n\nNo staff.\n");
    let part = Response::parse(&part).unwrap();
    let refused = office::respond(&keys, memo, 2, part, &mirror, rng);
    assert!(matches!(refused, Err(StepError::Response(_))));
    let whole = Response::parse(&whole).unwrap();
    let step = office::respond(&keys, memo, 2, whole.clone(), &mirror, rng).unwrap();
    story.world.direct.push(step.entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let response = step.sealed.unwrap();

    // What the authors see.
    let message =
        office::message(&keys, memo, "We have a question.", &mirror, story.world.now).unwrap();
    let to_office = author::message(&story.ann, "Ask.", &mirror, story.world.now).unwrap();
    let line = |number, from: &str, sealed| MessageView {
        number,
        from: from.to_owned(),
        day: "2026-11-23".to_owned(),
        sealed,
    };
    let messages = vec![
        line(1, "office", message),
        line(2, "authors", to_office.sealed),
    ];
    let access = Access {
        v: 1,
        memo,
        account: "ada".to_owned(),
        role: "steward".to_owned(),
        file: sha256(&file.0),
        time: story.world.now,
    };
    let view = AuthorView {
        accesses: vec![Placed {
            salt: Digest::new([1; 32]),
            at: None,
            event: access,
        }],
        messages: messages.clone(),
        returned: None,
        response: Some(response.clone()),
        waiting: Vec::new(),
    };
    let case = author::open_case(&story.bo, view.clone(), &mirror).unwrap();
    assert_eq!(case.response, Some(whole));
    assert_eq!(case.messages[0].text.as_deref(), Ok("We have a question."));
    assert_eq!(case.messages[1].text.as_deref(), Ok("Ask."));
    assert!(!case.accesses[0].recorded);
    assert!(
        case.deadlines
            .iter()
            .all(|d| d.state == DeadlineState::DoneInTime)
    );
    let mut withheld = view.clone();
    withheld.response = None;
    assert!(author::open_case(&story.ann, withheld, &mirror).is_err());
    let mut altered = view;
    altered.response = Some(given);
    assert!(author::open_case(&story.ann, altered, &mirror).is_err());

    rejoining(story, messages, file);
}

fn rejoining(mut story: Story, messages: Vec<MessageView>, file: Bytes) {
    let mirror = story.world.mirror();
    let rules = rules(&mirror);
    let memo = story.memo;
    let draft = story.draft(&mirror);
    assert!(draft.filed);
    let first = author::propose_rejoinder(&story.ann, "March is late.", &mirror).unwrap();
    let seen = author::review(&story.bo, &waiting(&first), &draft, &rules, &mirror).unwrap();
    assert!(
        matches!(&seen.proposal, Proposal::Rejoin { text: Some(text) } if text == "March is late.")
    );
    let second = author::approve(&story.bo, seen.body, None);
    let sealed = first.file.unwrap();
    let mut approvals = vec![first.approval, second.approval];
    approvals.sort_by_key(|a| a.author);
    let text = sha256(&sealed.0);
    let filed = mirror.replay().memo(memo).unwrap();
    let responded = filed.leaf_of(Step::Responded).unwrap();
    story.world.direct.push(Entry::Rejoined(Rejoined {
        v: FORMAT,
        memo,
        responded,
        text,
        approvals,
    }));
    story.world.tick();
    let mirror = story.world.mirror();
    let keys = story.world.office.clone();
    let view = story.case_view(Some(sealed), messages);
    let rng = &mut story.world.rng;
    let opened = office::open(&keys, memo, view, &file, &rules, &mirror, check(), rng).unwrap();
    assert_eq!(opened.rejoinder.as_deref(), Some("March is late."));
    assert_eq!(opened.messages.len(), 2);

    // Every promise was kept; one whose slot never came would be broken.
    let mine = watch::promises(Some(&story.members[1]), [&story.ann]);
    assert_eq!(mine.len(), 3);
    for (own, kept) in watch::watch(&mine, &mirror) {
        assert!(
            matches!(kept, Ok(Kept::InTime { .. })),
            "{}: {kept:?}",
            own.what
        );
    }
    claiming(story, &mirror);
}

fn claiming(mut story: Story, mirror: &Mirror) {
    let draft = story.draft(mirror);
    let now = story.world.now;
    let until = now.plus(86_400);
    let rng = &mut story.world.rng;
    let inspector = "The Inspector";
    let make = |member: usize, audience: &str, rng: &mut _| {
        let identity = &story.members[member];
        signer::claim(identity, &draft, 1, audience, until, mirror, prover(), rng)
    };
    assert!(matches!(
        make(3, inspector, rng),
        Err(ClaimError::NotSigned)
    ));
    assert!(matches!(make(1, "", rng), Err(ClaimError::Audience)));
    let claim = make(1, inspector, rng).unwrap();
    let claim = Claim::from_slice(&claim.to_vec().unwrap()).unwrap();
    let verifier = check().verifier;
    let verify = |claim: &Claim, audience: &str, now| {
        signer::verify_claim(claim, audience, mirror, verifier, now)
    };
    let shown = verify(&claim, inspector, now).unwrap();
    assert_eq!((shown.name.as_str(), shown.acts.len()), ("Member 1", 1));
    assert!(matches!(
        verify(&claim, "Somebody", now),
        Err(ClaimError::OtherAudience(_))
    ));
    assert!(matches!(
        verify(&claim, inspector, until.plus(1)),
        Err(ClaimError::Expired(_))
    ));
    // Another's nullifier with one's own proof, a longer life, another's certificate, another version.
    let mut bad = claim.clone();
    bad.nullifier = draft
        .sign_ons
        .iter()
        .find(|s| s.event.cohort.is_none())
        .unwrap()
        .event
        .nullifier;
    assert!(matches!(
        verify(&bad, inspector, now),
        Err(ClaimError::Proof)
    ));
    let mut bad = claim.clone();
    bad.nullifier = Digest::new([0; 32]);
    assert!(matches!(
        verify(&bad, inspector, now),
        Err(ClaimError::UnknownNullifier)
    ));
    let mut bad = claim.clone();
    bad.expires = until.plus(1);
    assert!(matches!(
        verify(&bad, inspector, now),
        Err(ClaimError::Proof)
    ));
    let mut bad = claim.clone();
    let other = &story.members[2].memberships[&1];
    (bad.certificate, bad.inclusion) = (other.certificate.clone(), other.inclusion.clone());
    assert!(matches!(
        verify(&bad, inspector, now),
        Err(ClaimError::Field(_))
    ));
    let mut bad = claim.clone();
    bad.content_root = Digest::new([3; 32]);
    assert!(matches!(
        verify(&bad, inspector, now),
        Err(ClaimError::UnknownNullifier)
    ));
    let mut bad = claim;
    bad.checkpoint.hash = Digest::new([3; 32]);
    assert!(matches!(
        verify(&bad, inspector, now),
        Err(ClaimError::Checkpoint)
    ));
}

fn story_file(story: &Story, mirror: &Mirror) -> Bytes {
    let sealed = mirror.case_files(story.memo).filed.unwrap().sealed;
    story
        .world
        .sealed
        .get(&sealed)
        .cloned()
        .unwrap_or_else(|| panic!("kept by `file`"))
}
