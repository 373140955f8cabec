//! One memo's life on the devices of its people.

mod common;

use common::{MEMO, ORIGIN, World, check, prover};
use demur_channel::{DeadlineState, Response, Step};
use demur_client::{
    api::{
        AuthorView, CaseLine, CaseView, Cases, MessageView, NoteView, Placed, PostApproval,
        Problem, Waiting,
    },
    author::{
        self, ApprovalError, AuthorKeys, MyMemo, OpenError, OpenRequest, Proposal, Readers,
        WriteOutcome,
    },
    device::Mirror,
    identity::Identity,
    keys::RoleKeys,
    link::Link,
    office::{self, StepError},
    reader::{self, Draft, DraftError, OpenVersionError, open_version, read_draft},
    signer::{self, ActError, ActRequest, ActStatus, Choice, Claim, ClaimError},
    transport::CallError,
    watch,
};
use demur_encoding::{Bytes, Digest, sha256};
use demur_memo::{Memo, marking::Rules, merge::merge};
use demur_record::{
    entry::{Entry, FORMAT, Filed, Rejoined, Role, Step as EntryStep},
    event::{Access, Event},
    promise::Kept,
};
use demur_signon::{act::Action, roster::Edition};

struct Story {
    world: World,
    members: Vec<Identity>,
    edition: Edition,
    ann: MyMemo,
    bo: MyMemo,
    memo: Digest,
}

fn rules(mirror: &Mirror) -> Rules {
    mirror.rules().unwrap().unwrap()
}

impl Story {
    /// A memo with one version, two authors who must both agree, and the quiet period over.
    fn begin(seed: u8) -> Self {
        let mut world = World::new(seed);
        let (mut members, edition, _) = world.roster(&["field", "field", "field", "", ""]);
        let mirror = world.mirror();
        let (ann, bo) = (
            AuthorKeys::generate(&mut world.rng),
            AuthorKeys::generate(&mut world.rng),
        );
        let token = bo.token().to_string().parse().unwrap();
        let (mut ann, post) = author::open_memo(
            &mut members[0],
            &mirror,
            OpenRequest {
                edition: &edition,
                keys: ann,
                co_authors: &[token],
                threshold: 2,
            },
            prover(),
            &mut world.rng,
        )
        .unwrap();
        let accepted = world.post_opening(&post);
        author::opened(&mut ann, &accepted, &mirror, world.now).unwrap();
        let text = Memo::parse(MEMO, &rules(&mirror)).unwrap();
        let same = Readers::Same;
        let post = author::write_version(&mut ann, None, None, text, same, &mirror, &mut world.rng)
            .unwrap();
        let answer = Ok(world.post_version(&post));
        let outcome = author::read_outcome(&mut ann, 1, answer, &mirror, world.now).unwrap();
        assert!(matches!(outcome, WriteOutcome::Accepted { .. }));
        let link: Link = ann
            .link("https://dissent.example/")
            .reveal()
            .parse()
            .unwrap();
        let bo = MyMemo::join(bo, &link, &post_opening(&world)).unwrap();
        let memo = ann.memo;
        world.tick();
        world.tick();
        world.tick();
        Self {
            world,
            members,
            edition,
            ann,
            bo,
            memo,
        }
    }

    fn draft(&mut self, mirror: &Mirror) -> Draft {
        let view = self.world.view(self.memo);
        read_draft(view, self.memo, mirror, check(), &mut self.world.rng).unwrap()
    }

    fn act(
        &mut self,
        member: usize,
        version: u32,
        action: Action,
        choice: Choice,
    ) -> Result<u64, ActError> {
        let mirror = self.world.mirror();
        let draft = self.draft(&mirror);
        let (edition, identity) = (&self.edition, &mut self.members[member]);
        let request = ActRequest {
            draft: &draft,
            edition,
            version,
            action,
            choice,
        };
        let (now, rng) = (self.world.now, &mut self.world.rng);
        let made = signer::act(identity, &request, &mirror, prover(), now, rng)?;
        assert!(made.delay <= signer::MAX_DELAY && made.expires > now);
        let accepted = self.world.post_sign_on(&made.post);
        let identity = &mut self.members[member];
        signer::accepted(identity, self.memo, made.seq, &accepted, &mirror, now).unwrap();
        Ok(made.seq)
    }

    fn open_latest(&self, draft: &Draft, mirror: &Mirror) -> reader::OpenedVersion {
        let latest = draft.latest().unwrap();
        let file = &self.world.sealed[&latest.link.body.sealed];
        open_version(draft, latest, file, &self.ann.reader, &rules(mirror)).unwrap()
    }

    /// Both authors agree; the filing stands in the record.
    fn file(&mut self) {
        let mirror = self.world.mirror();
        let draft = self.draft(&mirror);
        let opened = self.open_latest(&draft, &mirror);
        let first = author::propose_filing(&self.ann, &draft, &opened, &mirror).unwrap();
        let waiting = waiting(&first);
        let seen = author::review(&self.bo, &waiting, &draft, &rules(&mirror), &mirror).unwrap();
        assert!(matches!(&seen.proposal, Proposal::File { version, memo }
            if *version == draft.versions.len() as u32 && *memo == opened.memo));
        assert_eq!(seen.approved, [self.ann.keys.sign.public()]);
        let second = author::approve(&self.bo, seen.body, None);
        let file = first.file.clone().unwrap();
        self.world.sealed.insert(sha256(&file.0), file.clone());
        let link = &draft.latest().unwrap().link;
        let mut approvals = vec![first.approval, second.approval];
        approvals.sort_by_key(|a| a.author);
        self.world.filings.push(Filed {
            v: FORMAT,
            memo: self.memo,
            version: link.body.number,
            version_hash: link.hash,
            content_root: link.body.content_root,
            sealed: sha256(&file.0),
            versions: draft.versions.len() as u32,
            sign_ons: draft.sign_ons.len() as u32,
            approvals,
        });
        self.world.tick();
    }

    fn case_view(&self, rejoinder: Option<Bytes>, messages: Vec<MessageView>) -> CaseView {
        let notes = self.world.events.iter().filter_map(|s| match &s.event {
            Event::SignOn(e) => Some(e),
            _ => None,
        });
        let late = self
            .world
            .entries
            .iter()
            .filter_map(|bytes| match Entry::from_slice(bytes) {
                Ok(Entry::SignOn(direct)) => Some(direct.event),
                _ => None,
            });
        let notes = notes.cloned().chain(late).map(|e| NoteView {
            nullifier: e.nullifier,
            seq: e.seq,
            sealed: self.world.sealed[&e.note].clone(),
        });
        let case = CaseLine {
            memo: self.memo,
            step: EntryStep::Filed,
            version: 1,
            messages: 0,
        };
        let Event::Opening(opening) = self.world.events[0].event.clone() else {
            panic!("opening")
        };
        let (notes, accesses, response) = (notes.collect(), Vec::new(), None);
        CaseView {
            case,
            opening,
            notes,
            messages,
            accesses,
            response,
            rejoinder,
        }
    }
}

fn post_opening(world: &World) -> demur_memo::version::OpeningBody {
    match &world.events[0].event {
        Event::Opening(opening) => opening.body.clone(),
        _ => panic!("the opening comes first"),
    }
}

fn waiting(post: &PostApproval) -> Waiting {
    Waiting {
        body: post.body.clone(),
        approvals: vec![post.approval.clone()],
        sealed: post.file.clone(),
    }
}

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
    let opened = office::open(&keys, view.clone(), &file, &rules, &mirror, check(), rng).unwrap();
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
    let told = office::open(&keys, wrong, &file, &rules, &mirror, check(), rng).unwrap();
    assert_eq!((told.named.len(), told.problems.len()), (0, 2));
    let other = Bytes(b"other".to_vec());
    assert!(office::open(&keys, view, &other, &rules, &mirror, check(), rng).is_err());

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
    story
        .world
        .direct
        .push(office::admit(&account, &keys).unwrap().entry);
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
    let (_, text) =
        office::open_as_principal(&minister, memo, &given, &rules, &mirror, check(), rng).unwrap();
    assert_eq!(text, opened.memo);

    // The response answers every point.
    let opening = story.ann.opening.clone();
    let part = format!("+++\nmemo = \"{memo}\"\n+++\n\n## Point 1: accepted\n\nFrom March.\n");
    let whole = format!("{part}\n## Point 2: rejected\n\nNo staff.\n");
    let part = Response::parse(&part).unwrap();
    let refused = office::respond(&keys, &opening, memo, 2, part, &mirror, rng);
    assert!(matches!(refused, Err(StepError::Response(_))));
    let whole = Response::parse(&whole).unwrap();
    let step = office::respond(&keys, &opening, memo, 2, whole.clone(), &mirror, rng).unwrap();
    story.world.direct.push(step.entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let response = step.sealed.unwrap();

    // What the authors see.
    let message = office::message(&keys, &opening, "We have a question.").unwrap();
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
    story.world.direct.push(Entry::Rejoined(Rejoined {
        v: FORMAT,
        memo,
        text,
        approvals,
    }));
    story.world.tick();
    let mirror = story.world.mirror();
    let keys = story.world.office.clone();
    let view = story.case_view(Some(sealed), messages);
    let rng = &mut story.world.rng;
    let opened = office::open(&keys, view, &file, &rules, &mirror, check(), rng).unwrap();
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
    let second = write(&mut story.ann, mine.clone(), Readers::Same, rng).unwrap();
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
        let body = demur_record::entry::ApprovalBody::File {
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
    let withdrawal = author::propose_withdrawal(&story.ann);
    let seen = author::review(&story.bo, &waiting(&withdrawal), &draft, &rules, &mirror).unwrap();
    assert!(matches!(seen.proposal, Proposal::Withdraw));
    let release = author::propose_release(&story.ann, b"bundle".to_vec());
    let seen = author::review(&story.bo, &waiting(&release), &draft, &rules, &mirror).unwrap();
    assert!(matches!(seen.proposal, Proposal::Release { .. }));
}
