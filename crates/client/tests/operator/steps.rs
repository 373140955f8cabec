//! The office's and the authors' steps: dropped, dated back, or taken in their place.

use demur_channel::{DeadlineState, Step};
use demur_client::{
    author,
    device::{Mirror, SyncError},
    key_store::KeyStore,
    office, watch,
};
use demur_record::{
    entry::{ApprovalBody, Entry, FORMAT, Filed, State},
    promise::{Kept, Subject},
    replay::Violation,
    tiles::leaf_hash,
};

use crate::common::{World, story::Story};

const DAY: u64 = 86_400;

fn acknowledgement(story: &Story) -> Entry {
    let mirror = story.world.mirror();
    let post = office::acknowledge(&story.world.office, story.memo, &mirror);
    post.unwrap().entry
}

/// The operator promises to record a step of a filed memo (a withdrawal, an acknowledgement, a rejoinder), and drops it.
/// The promise names the entry's leaf hash; the record that goes on without it convicts the log.
#[test]
fn a_step_promised_and_dropped() {
    let mut story = Story::begin(101);
    story.file();
    let entry = acknowledgement(&story);
    let leaf = leaf_hash(&entry.to_vec().unwrap());
    let promised = story.world.promise(Subject::Entry(leaf)).promise;
    let mirror = story.world.mirror();
    let now = story.world.now;
    // The office's device keeps it, though it is asked twice, and the promise of something else it does not.
    let mut keys = KeyStore::default();
    watch::sent(&mut keys, &entry, &promised, &mirror, now).unwrap();
    watch::sent(&mut keys, &entry, &promised, &mirror, now).unwrap();
    assert_eq!(keys.sent.len(), 1);
    let other = { story.world.promise(Subject::Entry(leaf_hash(b"another"))) }.promise;
    assert!(watch::sent(&mut keys, &entry, &other, &mirror, now).is_err());
    assert_eq!(watch::kept(&promised, &mirror).unwrap(), Kept::Waiting);
    assert!(watch::broken(&keys, &mirror).is_empty());
    for _ in 0..3 {
        story.world.tick();
    }
    let mirror = story.world.mirror();
    assert_eq!(watch::kept(&promised, &mirror).unwrap(), Kept::Broken);
    assert_eq!(watch::broken(&keys, &mirror), [&keys.sent[0]]);
    // Recorded too late it is kept, and seen to be late.
    story.world.direct.push(entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let kept = watch::kept(&promised, &mirror).unwrap();
    assert!(matches!(kept, Kept::Late { .. }), "{kept:?}");
    assert_eq!(watch::broken(&keys, &mirror).len(), 1);
}

/// A step that the record took in time is let go of when the next one is kept.
#[test]
fn a_step_promised_and_recorded() {
    let mut story = Story::begin(105);
    story.file();
    let entry = acknowledgement(&story);
    let leaf = leaf_hash(&entry.to_vec().unwrap());
    let promised = story.world.promise(Subject::Entry(leaf)).promise;
    let mut keys = KeyStore::default();
    let now = story.world.now;
    watch::sent(&mut keys, &entry, &promised, &story.world.mirror(), now).unwrap();
    story.world.direct.push(entry);
    story.world.tick();
    let mirror = story.world.mirror();
    assert!(watch::broken(&keys, &mirror).is_empty());
    let code = mirror.profile().unwrap().scope.reasons[0].code.clone();
    let office = &story.world.office;
    let post = office::return_memo(office, story.memo, code.as_str(), "", &mirror);
    let next = post.unwrap().entry;
    let leaf = leaf_hash(&next.to_vec().unwrap());
    let promised = story.world.promise(Subject::Entry(leaf)).promise;
    watch::sent(&mut keys, &next, &promised, &mirror, story.world.now).unwrap();
    assert_eq!(keys.sent.len(), 1);
    assert_eq!(keys.sent[0].entry, next);
}

/// The operator records a step and leaves it out of the state map, so that a bundle from this state lacks it: the map's
/// root is computed anew by every device.
#[test]
fn a_step_left_out_of_the_state_map() {
    let mut story = Story::begin(102);
    story.file();
    let mut mirror = story.world.mirror();
    let Some(Entry::State(before)) = story
        .world
        .entries
        .last()
        .and_then(|bytes| Entry::from_slice(bytes).ok())
    else {
        panic!("a state")
    };
    story.world.direct.push(acknowledgement(&story));
    let mut entries = story.world.build().entries;
    let last = entries.len() - 1;
    let Entry::State(state) = Entry::from_slice(&entries[last]).unwrap() else {
        panic!("a state")
    };
    assert_ne!(state.root, before.root);
    let root = before.root;
    entries[last] = Entry::State(State { root, ..state }).to_vec().unwrap();
    let index = story.world.tree.size() + last as u64;
    story.world.append(&entries);
    let refused = mirror.sync(&story.world);
    assert!(
        matches!(refused, Err(SyncError::Rules { index: at, ref rule })
            if at == index && matches!(**rule, Violation::State { .. })),
        "{refused:?}"
    );
}

/// The operator takes the authors' step itself: with the approval of one author where two must agree, with approvals of
/// another act, or of another memo's authors.
#[test]
fn a_filing_that_the_authors_did_not_agree_on() {
    let mut story = Story::begin(103);
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    let link = &draft.latest().unwrap().link;
    let (version, version_hash) = (link.body.number, link.hash);
    let (memo, sealed) = (story.memo, link.body.sealed);
    let body = ApprovalBody::File {
        memo,
        version,
        version_hash,
        sealed,
    };
    let other = ApprovalBody::File {
        memo,
        version,
        version_hash,
        sealed: link.body.content_root,
    };
    let [ann, bo] =
        [&story.ann, &story.bo].map(|my| author::approve(my, body.clone(), None).approval);
    let [ann_other, bo_other] =
        [&story.ann, &story.bo].map(|my| author::approve(my, other.clone(), None).approval);
    let mut both_other = vec![ann_other, bo_other.clone()];
    both_other.sort_by_key(|a| a.author);
    for approvals in [
        vec![],
        vec![ann.clone()],
        vec![bo],
        both_other,
        vec![ann, bo_other],
    ] {
        story.world.filings.push(Filed {
            v: FORMAT,
            memo,
            version,
            version_hash,
            content_root: link.body.content_root,
            sealed,
            versions: 1,
            sign_ons: 0,
            approvals,
        });
        let built = story.world.build();
        assert_eq!(built.refused.len(), 1, "{:?}", built.refused);
    }
}

/// Both authors have agreed to file. The operator answers that it is done, with a promise of nothing, of another entry, or
/// of one that their approvals don't stand in; or with an honest one, and never files it. Then entry and promise convict
/// the log.
#[test]
fn a_filing_promised_and_buried() {
    let mut story = Story::begin(108);
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    let link = &draft.latest().unwrap().link;
    let (version, version_hash) = (link.body.number, link.hash);
    let (memo, sealed) = (story.memo, link.body.sealed);
    let body = ApprovalBody::File {
        memo,
        version,
        version_hash,
        sealed,
    };
    let mut approvals: Vec<_> = [&story.ann, &story.bo]
        .map(|my| author::approve(my, body.clone(), None).approval)
        .into();
    approvals.sort_by_key(|a| a.author);
    let filed = Filed {
        v: FORMAT,
        memo,
        version,
        version_hash,
        content_root: link.body.content_root,
        sealed,
        versions: 1,
        sign_ons: 0,
        approvals,
    };
    let now = story.world.now;
    let promise = |world: &World, entry: &Entry| {
        let leaf = leaf_hash(&entry.to_vec().unwrap());
        world.promise(Subject::Entry(leaf)).promise
    };
    let honest = Entry::Filed(filed.clone());
    let mut short = filed.clone();
    short.approvals.pop();
    let mut twice = short.clone();
    twice.approvals.push(short.approvals[0].clone());
    let mut other = filed.clone();
    other.sealed = link.body.content_root;
    let note = promise(&story.world, &honest);
    for (entry, note) in [
        (None, Some(note.clone())),
        (Some(honest.clone()), None),
        (
            Some(honest.clone()),
            Some(promise(&story.world, &Entry::Filed(other.clone()))),
        ),
        (
            Some(Entry::Filed(short.clone())),
            Some(promise(&story.world, &Entry::Filed(short))),
        ),
        (
            Some(Entry::Filed(twice.clone())),
            Some(promise(&story.world, &Entry::Filed(twice))),
        ),
        (
            Some(Entry::Filed(other.clone())),
            Some(promise(&story.world, &Entry::Filed(other))),
        ),
    ] {
        let taken = author::agreed(&mut story.bo, &body, note.as_deref(), entry, &mirror, now);
        assert!(taken.is_err(), "{taken:?}");
    }
    author::agreed(
        &mut story.bo,
        &body,
        Some(&note),
        Some(honest),
        &mirror,
        now,
    )
    .unwrap();
    for _ in 0..3 {
        story.world.tick();
    }
    let mirror = story.world.mirror();
    let promises = watch::promises(None, [&story.bo]);
    let [(own, Ok(kept))] = &watch::watch(&promises, &mirror)[..] else {
        panic!("one promise")
    };
    assert_eq!((own.what.as_str(), *kept), ("filed", Kept::Broken));
}

/// The operator dates an acknowledgement back: with a batch whose clock lies before the batch before it, before what
/// the witnesses saw, or before the day.
#[test]
fn a_log_clock_that_is_set_back() {
    for back in [1, 400, 3 * DAY] {
        let mut story = Story::begin(104);
        story.file();
        let mut mirror = story.world.mirror();
        story.world.direct.push(acknowledgement(&story));
        let mut entries = story.world.build().entries;
        let last = entries.len() - 1;
        let Entry::State(state) = Entry::from_slice(&entries[last]).unwrap() else {
            panic!("a state")
        };
        let before = mirror.time().unwrap();
        let time = demur_encoding::Time::from_unix(before.unix() - back);
        entries[last] = Entry::State(State { time, ..state }).to_vec().unwrap();
        story.world.append(&entries);
        let refused = mirror.sync(&story.world);
        assert!(
            matches!(&refused, Err(SyncError::Rules { rule, .. })
                if matches!(**rule, Violation::ClockBackwards { .. } | Violation::Clock { .. })),
            "{refused:?}"
        );
    }
}

/// The deadline of the acknowledgement, as a device sees it.
fn acknowledged(mirror: &Mirror, story: &Story) -> DeadlineState {
    let case = mirror.case(story.memo).unwrap();
    assert_eq!(case.step(), Step::Acknowledged);
    case.deadlines(mirror.as_of().unwrap())[0].state
}

/// The office is late. The operator makes a batch with the acknowledgement in time by the log's clock, and shows it to
/// the witnesses days later. What counts for the deadline is when they saw it.
#[test]
fn an_acknowledgement_held_back_and_cosigned_late() {
    let mut story = Story::begin(105);
    story.file();
    story.world.direct.push(acknowledgement(&story));
    story.world.held = 6 * DAY;
    story.world.tick();
    let mirror = story.world.mirror();
    assert_eq!(acknowledged(&mirror, &story), DeadlineState::DoneLate);
}

/// The same, and one witness colludes: it dates its cosignature back into the term. Two of three must cosign, and the
/// time is that by which two had.
#[test]
fn a_cosignature_dated_back_by_one_witness() {
    let mut story = Story::begin_in(World::witnessed(106, 2, 2));
    story.file();
    story.world.direct.push(acknowledgement(&story));
    story.world.held = 6 * DAY;
    story.world.others[0].1 = -6 * 86_400;
    story.world.tick();
    let mirror = story.world.mirror();
    let accepted = mirror
        .policy()
        .evaluate(mirror.checkpoint_note().unwrap().as_bytes());
    let accepted = accepted.unwrap();
    let earliest = accepted.witnesses.iter().map(|(_, time)| *time).min();
    assert!(earliest < accepted.time, "the back-dated line is there");
    assert_eq!(acknowledged(&mirror, &story), DeadlineState::DoneLate);
}

/// The operator changes the times afterwards: another set of cosignatures in the history of a checkpoint that was
/// published long ago. The next state entry commits to the file as it was.
#[test]
fn other_times_in_the_history() {
    let mut world = World::witnessed(107, 2, 2);
    for _ in 0..3 {
        world.tick();
    }
    let honest = world.files.clone();
    let path = honest
        .keys()
        .find(|p| p.starts_with("history/"))
        .unwrap()
        .clone();
    let text = String::from_utf8(honest[&path].clone()).unwrap();
    let cut: Vec<_> = text
        .lines()
        .filter(|l| !l.contains("witness-1.example"))
        .collect();
    world
        .files
        .insert(path, format!("{}\n", cut.join("\n")).into_bytes());
    let mut device = Mirror::new(&world.policy.to_string()).unwrap();
    assert!(matches!(device.sync(&world), Err(SyncError::Rules { .. })));
    world.files = honest;
    device.sync(&world).unwrap();
}
