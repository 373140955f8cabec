//! Sibling versions: a text of one's own for each invitee, so that a signature on it tells whose it is.

use demur_client::{
    api::PostVersion,
    author::{self, Readers},
    device::SyncError,
    reader::{DraftError, Standing, read_draft},
    signer::{ActError, Choice},
};
use demur_encoding::Time;
use demur_memo::Memo;
use demur_record::{
    entry::{Entry, FORMAT, Profile},
    event::Event,
    replay::Violation,
};
use demur_signon::act::Action;

use crate::common::{
    INTERVAL, check, profile_text,
    story::{Story, rules},
};

/// A version 2 in which the silt has risen by `silt`; the author's device forgets it, and can write another one.
fn amended(story: &mut Story, silt: &str) -> PostVersion {
    let mirror = story.world.mirror();
    let rules = rules(&mirror);
    let draft = story.draft(&mirror);
    let base = story.open_latest(&draft, &mirror);
    let text = base.memo.to_text().replace("an ell", silt);
    let text = Memo::parse(&text, &rules).unwrap();
    let rng = &mut story.world.rng;
    let (my, same) = (&mut story.ann, Readers::Same);
    author::write_version(my, Some(&draft), None, text, same, &mirror, rng).unwrap()
}

/// The operator keeps version 2 from one reader, whose signature on version 1 would then stand out. The record marks
/// that there is a version 2: the reader's device refuses the draft.
#[test]
fn a_version_withheld_from_one_reader() {
    let mut story = Story::begin(51);
    let post = amended(&mut story, "two ells");
    story.world.post_version(&post);
    let memo = story.memo;
    story.world.tick();
    let mirror = story.world.mirror();
    let mut view = story.world.view(memo);
    view.versions.pop();
    let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng);
    assert!(matches!(read, Err(DraftError::Hidden(2))), "{read:?}");
    assert_eq!(story.draft(&mirror).versions.len(), 2);
}

/// The operator colludes with an author: two texts of version 2 are signed, both get a place, and each reader is shown
/// one of them. Only one stands behind the first mark of its number; whoever is shown the other is told.
#[test]
fn two_versions_of_one_number() {
    for batches in [1, 2] {
        let mut story = Story::begin(52);
        let memo = story.memo;
        let both = [
            amended(&mut story, "two ells"),
            amended(&mut story, "a foot"),
        ];
        for post in &both {
            story.world.post_version(post);
            if batches == 2 {
                story.world.tick();
            }
        }
        for _ in 0..2 {
            story.world.tick();
        }
        let mirror = story.world.mirror();
        let shown = |story: &mut Story, which: usize| {
            let mut view = story.world.view(memo);
            view.versions
                .retain(|v| v.event.body.number == 1 || v.event == both[which].event);
            assert_eq!(view.versions.len(), 2);
            let rng = &mut story.world.rng;
            read_draft(view, memo, &mirror, check(), rng)
        };
        let (first, second) = (shown(&mut story, 0), shown(&mut story, 1));
        let refused = |read: &Result<_, DraftError>| matches!(read, Err(DraftError::Sibling(2)));
        assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
        assert!(refused(&first) || refused(&second));
        if batches == 2 {
            assert!(first.is_ok(), "what came first stands");
        }
        // Should they file the other one, every device sees it.
        let loser = usize::from(first.is_ok());
        let winner = &both[1 - loser].event;
        story
            .world
            .events
            .retain(|s| !matches!(&s.event, Event::Version(v) if v == winner));
        let link = demur_memo::version::VersionBody::hash(&both[loser].event.body).unwrap();
        let body = demur_record::entry::ApprovalBody::File {
            memo,
            version: 2,
            version_hash: link,
            sealed: both[loser].event.body.sealed,
        };
        let mut approvals: Vec<_> = [&story.ann, &story.bo]
            .map(|my| author::approve(my, body.clone(), None).approval)
            .into();
        approvals.sort_by_key(|a| a.author);
        story.world.filings.push(demur_record::entry::Filed {
            v: FORMAT,
            memo,
            version: 2,
            version_hash: link,
            content_root: both[loser].event.body.content_root,
            sealed: both[loser].event.body.sealed,
            versions: 2,
            sign_ons: 0,
            approvals,
        });
        story.world.tick();
        let mirror = story.world.mirror();
        assert!(mirror.memo(memo).is_some(), "it is filed");
        let rng = &mut story.world.rng;
        let read = demur_client::reader::read_filed(memo, &mirror, check(), rng);
        assert!(matches!(read, Err(DraftError::Sibling(2))), "{read:?}");
    }
}

/// The operator files a version that has no mark at all.
#[test]
fn a_version_without_a_mark() {
    let mut story = Story::begin(57);
    let memo = story.memo;
    let post = amended(&mut story, "two ells");
    let mut entries = story.world.build().entries;
    let Entry::Opaque(mut opaque) = Entry::from_slice(&entries[0]).unwrap() else {
        panic!("opaque")
    };
    let slot = 5;
    opaque.slots[slot] = Event::Version(post.event.clone()).slot(post.salt).unwrap();
    entries[0] = Entry::Opaque(opaque).to_vec().unwrap();
    let entry = story.world.tree.size();
    story.world.append(&entries);
    let mirror = story.world.mirror();
    let mut view = story.world.view(memo);
    let slot = u32::try_from(slot).unwrap();
    view.versions.push(demur_client::api::Placed {
        salt: post.salt,
        at: Some(demur_record::entry::Place { entry, slot }),
        event: post.event,
    });
    let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng);
    assert!(matches!(read, Err(DraftError::Sibling(2))), "{read:?}");
}

/// The operator plants the mark of a version that nobody wrote, so that the draft looks as if something were
/// hidden. It gains nothing: the devices sign nothing, as if it had refused service.
#[test]
fn a_mark_without_a_version() {
    let mut story = Story::begin(53);
    let memo = story.memo;
    let mut entries = story.world.build().entries;
    let Entry::Opaque(mut opaque) = Entry::from_slice(&entries[0]).unwrap() else {
        panic!("opaque")
    };
    opaque.slots[3] = demur_record::event::mark(memo, 2);
    entries[0] = Entry::Opaque(opaque).to_vec().unwrap();
    story.world.append(&entries);
    let mirror = story.world.mirror();
    let view = story.world.view(memo);
    let read = read_draft(view, memo, &mirror, check(), &mut story.world.rng);
    assert!(matches!(read, Err(DraftError::Hidden(2))), "{read:?}");
}

/// The operator's clock runs ahead, so that the quiet period is over at once: the witnesses' cosignature on the batch
/// tells, and the device refuses the record.
#[test]
fn a_log_clock_that_runs_ahead() {
    let mut story = Story::begin(54);
    let mut mirror = story.world.mirror();
    let now = story.world.now;
    story.world.now = now.plus(86_400);
    let entries = story.world.build().entries;
    story.world.now = now;
    story.world.append(&entries);
    assert!(
        matches!(mirror.sync(&story.world), Err(SyncError::Rules { rule, .. })
        if matches!(*rule, Violation::Clock { .. }))
    );
}

/// The operator registers a version and keeps its checkpoint from everybody, the witnesses too, until the quiet period
/// is over by the log's clock; then it publishes it and asks one member to sign at once. The device counts from when a
/// witness saw it.
#[test]
fn a_version_held_back_through_its_quiet_period() {
    let mut story = Story::begin(55);
    let post = amended(&mut story, "two ells");
    story.world.post_version(&post);
    story.world.held = 3600;
    story.world.tick();
    story.world.held = 0;
    // The next batch and the next minute come at once.
    let soon = |now: Time| Time::from_unix(now.unix() - INTERVAL + 10);
    story.world.now = soon(story.world.now);
    story.world.tick();
    story.world.now = soon(story.world.now);
    let mirror = story.world.mirror();
    let Standing::Recorded { entry, .. } = story.draft(&mirror).versions[1].standing else {
        panic!("the version stands")
    };
    let stands = mirror.position_of(entry).unwrap();
    assert!(
        mirror.sign_on_checkpoint(stands).is_some(),
        "the record's rules would take it"
    );
    let early = story.act(1, 2, Action::Sign, Choice::All);
    assert!(
        matches!(early, Err(ActError::Quiet { version: 2, .. })),
        "{early:?}"
    );
    story.world.now = story.world.now.plus(INTERVAL);
    story.world.tick();
    assert_eq!(story.act(1, 2, Action::Sign, Choice::All).unwrap(), 1);
}

/// The operator enters a new profile, which needs the log's signature alone, without a quiet period. A memo that
/// was opened before keeps the one that it was opened under.
#[test]
fn a_profile_without_a_quiet_period() {
    let mut story = Story::begin(56);
    let text = profile_text()
        .replace("quiet_period_seconds = 600", "quiet_period_seconds = 0")
        .replacen("version = 1", "version = 2", 1);
    let (v, version) = (FORMAT, 2);
    story
        .world
        .direct
        .push(Entry::Profile(Profile { v, version, text }));
    story.world.tick();
    let post = amended(&mut story, "two ells");
    story.world.post_version(&post);
    story.world.tick();
    let mirror = story.world.mirror();
    assert_eq!(mirror.profile().unwrap().signing.quiet_period_seconds, 0);
    let early = story.act(1, 2, Action::Sign, Choice::All);
    assert!(
        matches!(early, Err(ActError::Quiet { version: 2, .. })),
        "{early:?}"
    );
    story.world.tick();
    story.world.tick();
    assert_eq!(story.act(1, 2, Action::Sign, Choice::All).unwrap(), 1);
}
