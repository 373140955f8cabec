//! One member's acts, one after the other.

mod common;

use common::story::{Story, rules};
use demur_client::{
    author::{self, Readers},
    signer::{self, ActError, ActStatus, Choice},
};
use demur_memo::Memo;
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
    // The same number again; what the void one showed binds nobody.
    assert_eq!(story.act(1, 1, Action::Sign, Choice::All).unwrap(), 1);
    story.world.tick();
    let mirror = story.world.mirror();
    let count = story.draft(&mirror).count(1);
    assert_eq!((count.signed, count.cohorts.len()), (1, 0));
    let fixed = story.act(1, 1, Action::Withdraw, field());
    assert!(matches!(fixed, Err(ActError::CohortFixed(None))));
    // A definite refusal frees the number.
    assert_eq!(story.act(1, 1, Action::Withdraw, Choice::All).unwrap(), 2);
    let own = story.members[1].memos.get_mut(&memo).unwrap();
    own.acts.last_mut().unwrap().promise = None;
    signer::refused(&mut story.members[1], memo, 2);
    story.world.events.pop();
    assert_eq!(story.act(1, 1, Action::Endorse, Choice::All).unwrap(), 2);
}
