//! One member's acts, one after the other.

mod common;

use std::collections::BTreeMap;

use common::{
    prover,
    story::{Story, rules},
};
use demur_client::reader::Standing;
use demur_client::{
    author::{self, AuthorKeys, OpenRequest, Readers},
    signer::{self, ActError, ActStatus, Choice},
};
use demur_encoding::json;
use demur_memo::Memo;
use demur_record::event::Event;
use demur_signon::act::Action;

#[test]
fn withdraw_come_back_and_reaffirm() {
    let mut story = Story::begin(11);
    let act = |story: &mut Story, version, action| {
        let seq = story.act(1, version, action, Choice::All);
        story.world.tick();
        seq
    };
    assert_eq!(act(&mut story, 1, Action::Sign).unwrap(), 1);
    assert_eq!(act(&mut story, 1, Action::Withdraw).unwrap(), 2);
    let nothing = act(&mut story, 1, Action::Withdraw);
    assert!(matches!(nothing, Err(ActError::NothingToWithdraw(1))));
    assert_eq!(act(&mut story, 1, Action::Sign).unwrap(), 3);
    // An amendment: what stands on version 1 stays there, version 2 begins at none.
    let mirror = story.world.mirror();
    let rules = rules(&mirror);
    let draft = story.draft(&mirror);
    let base = story.open_latest(&draft, &mirror);
    let text = base.memo.to_text().replace("an ell", "two ells");
    let text = Memo::parse(&text, &rules).unwrap();
    let (my, rng) = (&mut story.ann, &mut story.world.rng);
    let same = Readers::Same;
    let post = author::write_version(my, Some(&draft), None, text, same, &mirror, rng).unwrap();
    story.world.post_version(&post);
    story.world.tick();
    story.world.tick();
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    assert_eq!((draft.count(1).signed, draft.count(2).signed), (1, 0));
    let told = signer::prepare(&story.members[1], &draft, &story.edition, &mirror).unwrap();
    assert_eq!(
        (told.version, told.last, told.signed_earlier),
        (2, None, Some(1))
    );
    assert_eq!(told.crowds.len(), 1);
    assert_eq!(act(&mut story, 2, Action::Sign).unwrap(), 4);
    assert_eq!(act(&mut story, 1, Action::Withdraw).unwrap(), 5);
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    assert_eq!((draft.count(1).signed, draft.count(2).signed), (0, 1));
    // Endorsing takes the place of signing.
    assert_eq!(act(&mut story, 2, Action::Endorse).unwrap(), 6);
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    assert_eq!((draft.count(2).signed, draft.count(2).endorsed), (0, 1));
    let done = signer::confirm(&story.members[1], story.memo, &mirror);
    assert_eq!(done.len(), 6);
    assert!(
        done.iter()
            .all(|(_, status)| matches!(status, ActStatus::Recorded { .. }))
    );
}

#[test]
fn an_act_that_came_too_late_is_void_and_made_again() {
    let mut story = Story::begin(12);
    let memo = story.memo;
    // Sent, and kept back by the server until it expired.
    let field = || Choice::Cohort("field".to_owned());
    assert_eq!(story.act(1, 1, Action::Sign, field()).unwrap(), 1);
    let kept_back = story.world.events.pop().unwrap();
    for _ in 0..14 {
        story.world.tick();
    }
    let mirror = story.world.mirror();
    let broken = signer::confirm(&story.members[1], memo, &mirror);
    assert!(
        matches!(broken[..], [(1, ActStatus::Broken { .. })]),
        "{broken:?}"
    );
    story.world.events.push(kept_back);
    story.world.tick();
    let mirror = story.world.mirror();
    let void = signer::confirm(&story.members[1], memo, &mirror);
    assert!(
        matches!(void[..], [(1, ActStatus::Void { .. })]),
        "{void:?}"
    );
    assert_eq!(story.draft(&mirror).count(1).signed, 0);
    // The void act used its number and fixed the cohort; the next number follows.
    let other = story.act(1, 1, Action::Sign, Choice::All);
    assert!(matches!(other, Err(ActError::CohortFixed(Some(name))) if name == "field"));
    assert_eq!(story.act(1, 1, Action::Sign, field()).unwrap(), 2);
    story.world.tick();
    let mirror = story.world.mirror();
    let count = story.draft(&mirror).count(1);
    assert_eq!((count.signed, count.cohorts.len()), (1, 1));
    // A definite refusal frees the number.
    assert_eq!(story.act(1, 1, Action::Withdraw, field()).unwrap(), 3);
    let own = story.members[1].memos.get_mut(&memo).unwrap();
    own.acts.last_mut().unwrap().promise = None;
    signer::refused(&mut story.members[1], memo, 3);
    story.world.events.pop();
    assert_eq!(story.act(1, 1, Action::Endorse, field()).unwrap(), 3);
}

/// Nor what an opening or a version names.
#[test]
fn all_who_open_or_amend_in_one_period_name_one_checkpoint() {
    const PERIOD: u64 = 3600;
    let mut story = Story::begin(14);
    let mut by_period = BTreeMap::new();
    let mut fresh = 0;
    for n in 0..15 {
        let mirror = story.world.mirror();
        let newest = mirror.time().unwrap();
        let began = newest.unix() - newest.unix() % PERIOD;
        let (named, time, edition) = mirror.opening_checkpoint().unwrap();
        assert!((began..=newest.unix()).contains(&time.unix()));
        assert_eq!(edition.edition.number, 1);
        assert_eq!(*by_period.entry(began).or_insert(named), named);
        fresh += usize::from(mirror.checkpoint() == Some(named));
        // Two authors, members 3 and 4, with copies of different ages.
        if n == 7 || n == 8 {
            let rng = &mut story.world.rng;
            let request = OpenRequest {
                edition: &story.edition,
                keys: AuthorKeys::generate(rng),
                co_authors: &[],
                threshold: 1,
            };
            let (_, post) =
                author::open_memo(&mut story.members[n - 4], &mirror, request, prover(), rng)
                    .unwrap();
            let body = post.event.body.checkpoint;
            assert_eq!((body.size, body.hash), (named.size, named.hash));
            assert_eq!(post.event.expires, time.plus(2 * PERIOD));
        }
        let draft = story.draft(&mirror);
        let stands = draft.latest().unwrap().standing.entry();
        let named = mirror.version_checkpoint(stands).unwrap();
        assert!(Some(named.size) > stands);
        let base = story.open_latest(&draft, &mirror);
        let text = format!("{}\n(U) Paragraph {n}.\n", base.memo.to_text());
        let text = Memo::parse(&text, &rules(&mirror)).unwrap();
        let (my, rng) = (&mut story.ann, &mut story.world.rng);
        let post = author::write_version(my, Some(&draft), None, text, Readers::Same, &mirror, rng);
        let body = post.unwrap().event.body.checkpoint;
        assert_eq!((body.size, body.hash), (named.size, named.hash));
        story.world.tick();
    }
    assert!(by_period.len() >= 3, "{by_period:?}");
    assert!(fresh <= by_period.len(), "{fresh}");
}

/// A server that takes an act and answers nothing must not get a second one of its number.
#[test]
fn an_act_without_an_answer_is_sent_again_as_it_was() {
    let mut story = Story::begin(14);
    let memo = story.memo;
    assert_eq!(story.act(1, 1, Action::Sign, Choice::All).unwrap(), 1);
    let own = story.members[1].memos.get_mut(&memo).unwrap();
    own.acts[0].promise = None;
    let sent = own.acts[0].clone();
    let mirror = story.world.mirror();
    let again = |story: &Story, version, action, choice: &Choice| {
        let member = &story.members[1];
        signer::unanswered(member, memo, (version, action), choice, &mirror)
    };
    let same = again(&story, 1, Action::Sign, &Choice::All).unwrap();
    assert_eq!((same.post.salt, &same.post.event), (sent.salt, &sent.event));
    assert_eq!((same.post.note, same.seq), (sent.note, 1));
    assert!(again(&story, 1, Action::Endorse, &Choice::All).is_none());
    assert!(again(&story, 1, Action::Sign, &Choice::Named(None)).is_none());
    let other = story.act(1, 1, Action::Endorse, Choice::All);
    assert!(matches!(other, Err(ActError::Pending(1))), "{other:?}");
    // Once the record holds it, there is nothing to send again.
    story.world.tick();
    let mirror = story.world.mirror();
    let done = signer::unanswered(
        &story.members[1],
        memo,
        (1, Action::Sign),
        &Choice::All,
        &mirror,
    );
    assert!(done.is_none());
}

/// Between its making and its sending an act is kept as what it is: nobody has seen it yet.
#[test]
fn an_act_that_was_not_sent_is_told_and_can_be_thrown_away() {
    let mut story = Story::begin(15);
    let memo = story.memo;
    // As it is kept, and read again.
    let reload = |story: &mut Story| {
        let kept = json::to_vec(&story.members[1]).unwrap();
        story.members[1] = json::from_slice(&kept).unwrap();
        String::from_utf8(kept).unwrap()
    };
    let crowds = |story: &mut Story| {
        let mirror = story.world.mirror();
        let draft = story.draft(&mirror);
        let told = signer::prepare(&story.members[1], &draft, &story.edition, &mirror).unwrap();
        let crowds = told.crowds.into_iter().map(|crowd| crowd.cohort);
        crowds.collect::<Vec<_>>()
    };
    let both = crowds(&mut story);
    assert_eq!(both, [None, Some("field".to_owned())]);
    for choice in [Choice::Cohort("field".to_owned()), Choice::All] {
        let made = story.make(1, 1, Action::Sign, choice.clone()).unwrap();
        assert!(reload(&mut story).contains("\"due\""));
        let mirror = story.world.mirror();
        let (due, expires) = (made.due.unwrap(), made.expires);
        assert_eq!(
            signer::confirm(&story.members[1], memo, &mirror),
            [(1, ActStatus::Unsent { due, expires })]
        );
        // What comes next is held to its choice; the same act goes on waiting, another one has to wait for it.
        assert_eq!(crowds(&mut story), [choice.cohort().map(str::to_owned)]);
        let same = (1, Action::Sign);
        let again = signer::unanswered(&story.members[1], memo, same, &choice, &mirror).unwrap();
        assert_eq!((again.due, again.post.salt), (made.due, made.post.salt));
        let other = story.make(1, 1, Action::Endorse, choice);
        assert!(matches!(other, Err(ActError::Unsent(1))), "{other:?}");
        assert_eq!(
            signer::unsent(&story.members[1], &mirror).count(),
            1,
            "it waits"
        );
        assert!(signer::throw_away(&mut story.members[1], memo));
        assert!(!signer::throw_away(&mut story.members[1], memo));
        assert!(signer::sending(&mut story.members[1], memo).is_none());
        reload(&mut story);
        assert_eq!(crowds(&mut story), both);
    }
    // From when sending began nobody but the server knows.
    let made = story.make(1, 1, Action::Sign, Choice::All).unwrap();
    assert_eq!(made.seq, 1);
    let sent = signer::sending(&mut story.members[1], memo).unwrap();
    assert_eq!((sent.salt, sent.due), (made.post.salt, None));
    assert!(signer::sending(&mut story.members[1], memo).is_none());
    assert!(!signer::throw_away(&mut story.members[1], memo));
    assert!(!reload(&mut story).contains("\"due\""));
    assert_eq!(crowds(&mut story), [None]);
    let mirror = story.world.mirror();
    assert_eq!(
        signer::confirm(&story.members[1], memo, &mirror),
        [(1, ActStatus::Waiting { by: None })]
    );
    assert_eq!(signer::unsent(&story.members[1], &mirror).count(), 0);
}

#[test]
fn an_act_that_was_never_sent_is_in_nobodys_way_once_it_has_expired() {
    let mut story = Story::begin(15);
    let field = Choice::Cohort("field".to_owned());
    assert_eq!(story.make(1, 1, Action::Sign, field).unwrap().seq, 1);
    for _ in 0..14 {
        story.world.tick();
    }
    assert_eq!(story.act(1, 1, Action::Endorse, Choice::All).unwrap(), 1);
    story.world.tick();
    let mirror = story.world.mirror();
    let done = signer::confirm(&story.members[1], story.memo, &mirror);
    assert!(
        matches!(done[..], [(1, ActStatus::Recorded { .. })]),
        "{done:?}"
    );
}

/// The server takes no act that its promise would let come too late.
#[test]
fn after_filing_it_is_told_until_when_an_act_can_be_sent() {
    let mut story = Story::begin(16);
    story.file();
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    let told = signer::prepare(&story.members[1], &draft, &story.edition, &mirror).unwrap();
    let until = mirror.case(story.memo).unwrap().sign_on_until();
    assert_eq!(told.until.unwrap().plus(1200), until);
}

/// What a sign-on names must not tell which device it comes from: how fresh its copy was.
#[test]
fn all_who_sign_in_one_period_name_one_checkpoint() {
    // Half of the expiry that the tests' profile has, and its quiet period.
    const PERIOD: u64 = 3600;
    const QUIET: u64 = 600;
    let mut story = Story::begin(13);
    let mut by_period = BTreeMap::new();
    let mut fresh = 0;
    for n in 0..15 {
        let mirror = story.world.mirror();
        let draft = story.draft(&mirror);
        let Standing::Recorded { entry, .. } = draft.versions[0].standing else {
            panic!("the version stands")
        };
        let version = mirror.position_of(entry).unwrap();
        let named = mirror.sign_on_checkpoint(version).unwrap();
        let time = mirror.position_of(named.size - 1).unwrap().time;
        let newest = mirror.time().unwrap();
        let began = newest.unix() - newest.unix() % PERIOD;
        assert!(named.size > version.entry && time.unix() >= version.time.unix() + QUIET);
        assert!((began..=newest.unix()).contains(&time.unix()));
        assert_eq!(*by_period.entry(began).or_insert(named), named);
        fresh += usize::from(mirror.checkpoint() == Some(named));
        // Two members with copies of different ages.
        if n < 2 {
            story.act(n, 1, Action::Sign, Choice::All).unwrap();
            let Event::SignOn(act) = &story.world.events.last().unwrap().event else {
                panic!("a sign-on")
            };
            assert_eq!(act.checkpoint, named);
            assert_eq!(act.expires, mirror.expiry_of(named));
            assert_eq!(act.expires, time.plus(2 * PERIOD));
        }
        story.world.tick();
    }
    assert!(by_period.len() >= 3, "{by_period:?}");
    assert!(fresh <= by_period.len(), "{fresh}");
    // During the quiet period there is none.
    let mirror = story.world.mirror();
    let pending = mirror.next_position().unwrap();
    assert_eq!(mirror.sign_on_checkpoint(pending), None);
}

/// The filing publishes what the server opens. Whose act is left out sees it on the own device, from the record alone.
#[test]
fn an_act_that_the_filing_leaves_out_is_told() {
    let mut story = Story::begin(14);
    for member in [1, 2] {
        story.act(member, 1, Action::Sign, Choice::All).unwrap();
    }
    story.world.tick();
    let mirror = story.world.mirror();
    let nullifier = story.members[1].memos[&story.memo].nullifier;
    story.world.events.retain(
        |stored| !matches!(&stored.event, Event::SignOn(e) if e.nullifier.as_bytes() == &nullifier.to_bytes()),
    );
    let recorded = signer::confirm(&story.members[1], story.memo, &mirror);
    assert!(matches!(recorded[..], [(1, ActStatus::Recorded { .. })]));
    story.file();
    let mirror = story.world.mirror();
    let own = |member: usize| signer::confirm(&story.members[member], story.memo, &mirror);
    assert!(
        matches!(own(1)[..], [(1, ActStatus::LeftOut { .. })]),
        "{:?}",
        own(1)
    );
    assert!(matches!(own(2)[..], [(1, ActStatus::Recorded { .. })]));
}
