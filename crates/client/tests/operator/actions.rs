//! Withheld, reordered or invented acts.

use demur_client::{
    reader::{self, DraftError, read_draft},
    signer::{self, ActStatus, Choice},
    watch,
};
use demur_record::{event::Event, promise::Kept};
use demur_signon::act::Action;

use crate::common::{check, story::Story};

fn is_sign_on(event: &Event) -> bool {
    matches!(event, Event::SignOn(_))
}

/// The operator acknowledges a sign-on, places it, and leaves it out when the memo is filed. The signer's device finds
/// its place in the record, which the filing doesn't open: salt, event, place and promise prove it to anyone.
#[test]
fn an_acknowledged_sign_on_left_out_at_filing() {
    let mut story = Story::begin(71);
    for member in [1, 2] {
        story.act(member, 1, Action::Sign, Choice::All).unwrap();
    }
    story.world.tick();
    let hidden = story.members[1].memos[&story.memo].acts[0].clone();
    story
        .world
        .events
        .retain(|s| s.event != Event::SignOn(hidden.event.clone()));
    story.file();
    let mirror = story.world.mirror();
    let filed = story.draft(&mirror);
    assert_eq!((filed.filed, filed.count(1).signed), (true, 1));
    let own = |member: usize| &story.members[member].memos[&story.memo];
    assert_eq!(reader::missing(&filed, own(2), &mirror), []);
    let missing = reader::missing(&filed, own(1), &mirror);
    let [evidence] = &missing[..] else {
        panic!("{missing:?}")
    };
    let slot = Event::SignOn(hidden.event.clone())
        .slot(hidden.salt)
        .unwrap();
    assert_eq!(mirror.slot_at(evidence.at), Some(slot));
    assert!(mirror.promise(evidence.promise.as_ref().unwrap()).is_ok());
}

/// The operator acknowledges a sign-on, before filing or after, and never records it. The promise is signed, and the
/// record goes on past its time without it: the two convict the log.
#[test]
fn an_acknowledged_sign_on_that_is_never_recorded() {
    for late in [false, true] {
        let mut story = Story::begin(72);
        if late {
            story.file();
        }
        story.act(1, 1, Action::Sign, Choice::All).unwrap();
        let dropped = if late {
            story.world.late.pop().is_some()
        } else {
            story
                .world
                .events
                .pop()
                .is_some_and(|s| is_sign_on(&s.event))
        };
        assert!(dropped);
        for _ in 0..3 {
            story.world.tick();
        }
        let mirror = story.world.mirror();
        let status = signer::confirm(&story.members[1], story.memo, &mirror);
        assert!(
            matches!(status[..], [(1, ActStatus::Broken { .. })]),
            "{status:?}"
        );
        let promises = watch::promises(Some(&story.members[1]), []);
        let [(_, Ok(kept))] = &watch::watch(&promises, &mirror)[..] else {
            panic!("one promise")
        };
        assert_eq!(*kept, Kept::Broken);
    }
}

/// The operator answers a sign-on with a promise that binds it to nothing: of another place, by another key, or by a
/// time so late that it can never be broken. The device takes none of them.
#[test]
fn a_promise_that_promises_nothing() {
    let mut story = Story::begin(73);
    story.act(1, 1, Action::Sign, Choice::All).unwrap();
    story.act(2, 1, Action::Sign, Choice::All).unwrap();
    let mirror = story.world.mirror();
    let (memo, now) = (story.memo, story.world.now);
    let note = |member: usize| {
        story.members[member].memos[&memo].acts[0]
            .promise
            .clone()
            .unwrap()
    };
    let (own, others) = (note(1), note(2));
    let elsewhere = crate::common::World::new(74);
    let foreign = demur_record::keys::LogSigner::new(
        "other.example/log",
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
    )
    .unwrap();
    let subject = mirror.promise(&own).unwrap().subject;
    let promise = |by, signer: &demur_record::keys::LogSigner| {
        let origin = signer.verifier().name().to_owned();
        let promise = demur_record::promise::Promise {
            origin,
            subject,
            by,
        };
        promise.sign(signer).unwrap()
    };
    let by = now.plus(1200);
    let never = promise(now.plus(10 * 365 * 86_400), &story.world.log);
    let fine = promise(by, &elsewhere.log);
    for promise in [
        others,
        promise(by, &foreign),
        never,
        String::new(),
        own.replace("opaque", "entry"),
    ] {
        let answer = demur_client::api::Accepted { promise };
        let taken = signer::accepted(&mut story.members[1], memo, 1, &answer, &mirror, now);
        assert!(taken.is_err(), "{}", answer.promise);
    }
    let answer = demur_client::api::Accepted { promise: fine };
    assert!(signer::accepted(&mut story.members[1], memo, 1, &answer, &mirror, now).is_ok());
}

/// The operator shows one member's acts in another order, at each other's places, twice, or with the numbers swapped,
/// so that a withdrawal comes before the signature that it takes back.
#[test]
fn sequence_numbers_swapped() {
    let mut story = Story::begin(75);
    for action in [Action::Sign, Action::Withdraw] {
        story.act(1, 1, action, Choice::All).unwrap();
        story.world.tick();
    }
    let mirror = story.world.mirror();
    let memo = story.memo;
    let honest = story.world.view(memo);
    assert_eq!(story.draft(&mirror).count(1).signed, 0);
    for case in 0..5 {
        let mut view = honest.clone();
        let [first, second] = &mut view.sign_ons[..] else {
            panic!("two acts")
        };
        match case {
            0 => view.sign_ons.reverse(),
            1 => std::mem::swap(&mut first.at, &mut second.at),
            2 => std::mem::swap(&mut first.event.seq, &mut second.event.seq),
            3 => drop(view.sign_ons.remove(0)),
            _ => view.sign_ons.push(honest.sign_ons[1].clone()),
        }
        let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng);
        assert!(
            matches!(
                read,
                Err(DraftError::Memo { .. } | DraftError::NotInRecord { .. })
            ),
            "case {case}: {read:?}"
        );
    }
    // Leaving out the later one alone is seen by the member.
    let mut view = honest;
    view.sign_ons.pop();
    let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng).unwrap();
    assert_eq!(read.count(1).signed, 1);
    let own = &story.members[1].memos[&memo];
    assert_eq!(reader::missing(&read, own, &mirror).len(), 1);
}

/// The operator shows a reader more sign-ons than there are: a copy under another nullifier, another action, one that
/// nobody placed, and one that it places itself, with a proof that it doesn't have.
#[test]
fn more_sign_ons_than_there_are() {
    let mut story = Story::begin(76);
    story.act(1, 1, Action::Endorse, Choice::All).unwrap();
    story.world.tick();
    let memo = story.memo;
    let honest = story.world.view(memo);
    let mut invented = honest.sign_ons[0].clone();
    invented.event.nullifier = story.members[3].leaf.to_bytes().into();
    for case in 0..3 {
        let mirror = story.world.mirror();
        let mut view = honest.clone();
        match case {
            0 => view.sign_ons.push(invented.clone()),
            1 => view.sign_ons[0].event.action = Action::Sign,
            _ => view.sign_ons[0].at.as_mut().unwrap().entry -= 3,
        }
        let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng);
        assert!(
            matches!(read, Err(DraftError::NotInRecord { .. })),
            "case {case}: {read:?}"
        );
    }
    // The log can place what it likes: the proof is looked at all the same.
    let next = story.world.events.last().unwrap().id + 1;
    let (salt, event) = (invented.salt, Event::SignOn(invented.event.clone()));
    let at = None;
    let id = next;
    story.world.events.push(crate::common::Stored {
        salt,
        event,
        id,
        at,
    });
    story.world.tick();
    let mirror = story.world.mirror();
    let view = story.world.view(memo);
    assert_eq!(view.sign_ons.len(), 2);
    let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng);
    assert!(matches!(read, Err(DraftError::Proofs(1))), "{read:?}");
}
