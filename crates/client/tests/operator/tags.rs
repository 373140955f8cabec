//! Tagging signers: something in an act that tells the operator from which device it comes.

use std::collections::BTreeSet;

use demur_client::{
    device::Mirror,
    reader::DraftError,
    signer::{self, ActError, ActRequest, Choice},
};
use demur_encoding::canonical;
use demur_record::event::SignOn;
use demur_signon::act::Action;

use crate::common::{prover, story::Story};

/// The operator compares all that comes with sign-ons of one day: by members who give their names and who don't, with
/// copies of the record of different ages, at different hours. But for nullifier, proofs, note and salt, which are
/// random to who lacks the keys, they are equal; and so are all sizes.
#[test]
fn what_a_sign_on_says_beside_the_proof() {
    let mut story = Story::begin(81);
    // Into the next period of the tests' profile, an hour.
    story.world.tick();
    let mut posts = Vec::new();
    for (member, choice) in [(1, Choice::All), (2, Choice::Named(None)), (3, Choice::All)] {
        story.act(member, 1, Action::Sign, choice).unwrap();
        let own = story.members[member].memos[&story.memo].acts[0].clone();
        posts.push(own);
        if member == 2 {
            story.world.tick();
        }
    }
    let said = |event: &SignOn| {
        let mut json = serde_json::to_value(event).unwrap();
        for secret in ["nullifier", "proofs", "note"] {
            assert!(json.as_object_mut().unwrap().remove(secret).is_some());
        }
        json.to_string()
    };
    let alike: BTreeSet<String> = posts.iter().map(|own| said(&own.event)).collect();
    assert_eq!(alike.len(), 1, "{alike:?}");
    // A sealed note holds a stanza of random length (age's grease), whatever is in it.
    let office = &story.world.office.seal;
    let sizes: BTreeSet<(usize, usize)> = posts
        .iter()
        .map(|own| {
            let event = canonical::to_vec(&own.event).unwrap();
            (event.len(), office.open(&own.note).unwrap().len())
        })
        .collect();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    let random: BTreeSet<_> = posts
        .iter()
        .flat_map(|own| [own.salt, own.event.note, own.event.nullifier])
        .collect();
    assert_eq!(random.len(), 9);
}

/// The operator keeps the newer record from one device, so that its sign-on names the checkpoint of a period that is
/// over for everybody else. The device sees by its own clock that its copy is behind, and signs nothing.
#[test]
fn a_copy_of_the_record_that_is_kept_behind() {
    let mut story = Story::begin(82);
    story.world.tick();
    let mirror = story.world.mirror();
    let draft = story.draft(&mirror);
    let act = |story: &mut Story, mirror: &Mirror, now| {
        let request = ActRequest {
            draft: &draft,
            edition: &story.edition,
            version: 1,
            action: Action::Sign,
            choice: Choice::All,
        };
        let identity = &mut story.members[1].clone();
        let rng = &mut story.world.rng;
        signer::act(identity, &request, mirror, prover(), now, rng).map(|made| made.post.event)
    };
    // Two intervals and an hour after the copy's end.
    let as_of = mirror.as_of().unwrap();
    let fresh = act(&mut story, &mirror, as_of.plus(1200 + 3600)).unwrap();
    let behind = act(&mut story, &mirror, as_of.plus(1200 + 3601));
    assert!(matches!(behind, Err(ActError::Stale { .. })), "{behind:?}");
    // Within that time a kept-back copy names what everybody named until the period's end.
    story.world.tick();
    let newer = story.world.mirror();
    let now = story.world.now;
    let others = act(&mut story, &newer, now).unwrap();
    assert_eq!(fresh.checkpoint, others.checkpoint);
}

/// The operator seals each device's copy of the record with a checkpoint of its own: another order of signature lines,
/// an unknown line, another witness's cosignature. Nothing of a checkpoint's file but size and root goes into an act.
#[test]
fn a_checkpoint_file_of_its_own_for_each_device() {
    let mut story = Story::begin(83);
    let plain = story.world.mirror();
    let note = story.world.files["checkpoint"].clone();
    let stranger = demur_record::keys::WitnessSigner::new(
        "w.example",
        ed25519_dalek::SigningKey::from_bytes(&[9; 32]),
    )
    .unwrap();
    let line = demur_record::checkpoint::cosign(&note, stranger.at(story.world.now)).unwrap();
    story
        .world
        .files
        .insert("checkpoint".to_owned(), [note, line].concat());
    let marked = story.world.mirror();
    assert_ne!(plain.checkpoint_note(), marked.checkpoint_note());
    let draft = story.draft(&plain);
    let events: BTreeSet<String> = [&plain, &marked]
        .map(|mirror| {
            let request = ActRequest {
                draft: &draft,
                edition: &story.edition,
                version: 1,
                action: Action::Sign,
                choice: Choice::All,
            };
            let identity = &mut story.members[1].clone();
            let (now, rng) = (story.world.now, &mut story.world.rng);
            let made = signer::act(identity, &request, mirror, prover(), now, rng).unwrap();
            let event = made.post.event;
            format!(
                "{:?} {} {}",
                event.checkpoint, event.expires, event.nullifier
            )
        })
        .into();
    assert_eq!(events.len(), 1);
}

/// The operator shows a draft whose places lie beyond the record that it gives to the device, to see whether it asks
/// for more, or takes the server's word.
#[test]
fn a_draft_ahead_of_the_record() {
    let mut story = Story::begin(84);
    let behind = story.world.mirror();
    story.act(1, 1, Action::Sign, Choice::All).unwrap();
    story.world.tick();
    let (view, memo) = (story.world.view(story.memo), story.memo);
    let rng = &mut story.world.rng;
    let read = demur_client::reader::read_draft(view, memo, &behind, crate::common::check(), rng);
    assert!(matches!(read, Err(DraftError::Behind { .. })), "{read:?}");
}
