//! What was admitted under one profile and gets its place under the next.

use std::sync::Arc;

use demur_channel::Profile;
use demur_client::api::Accepted;
use demur_encoding::sha256;
use demur_record::event::Action;
use demur_store::Held;

use super::{
    life::file,
    world::{World, profile},
};
use crate::{direct::accept_profile, init::profile_entry, problem::Refusal};

/// The second profile: the demo's with these words exchanged.
fn changed(pairs: &[(&str, &str)]) -> Arc<Profile> {
    let mut text = profile();
    for (from, to) in [("version = 1", "version = 2")].iter().chain(pairs) {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Arc::new(Profile::parse(&text).unwrap())
}

async fn accept(world: &World, profile: &Arc<Profile>) -> Result<Held, Refusal> {
    let entry = profile_entry(profile);
    accept_profile(&world.app, Arc::clone(profile), entry).await
}

/// A batch that has no room for events: the change of profile overtakes what was admitted before it.
async fn only_direct(world: &World) {
    let overtake = |pending: &mut demur_store::Pending| {
        pending.slots.clear();
        pending.filings.clear();
        pending.late.clear();
    };
    world.batch_of(overtake, Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_nothing_from_what_was_admitted() {
    let strict = changed(&[
        ("min_age_seconds = 0", "min_age_seconds = 31536000"),
        ("openings_per_month = 3", "openings_per_month = 1"),
        ("quiet_period_seconds = 1", "quiet_period_seconds = 86400"),
        ("expiry_max_seconds = 3600", "expiry_max_seconds = 300"),
        ("note_bytes = 16384", "note_bytes = 8192"),
    ]);
    let world = World::with_edition().await;
    let (memo, version) = world.memo().await;
    let second = world.opening(world.opening_body(2).await);
    world.post("/api/openings", &second).await.ok::<Accepted>();
    let act = world.sign_on(0, &version, Action::Sign, 1, None).await;
    world.post("/api/sign-ons", &act).await.ok::<Accepted>();
    // Made under the first profile, sent under the second.
    let other = world.sign_on(1, &version, Action::Sign, 1, None).await;
    accept(&world, &strict).await.unwrap();
    only_direct(&world).await;
    assert_eq!(
        world.app.view().await.unwrap().profile().unwrap().version,
        2
    );
    world.post("/api/sign-ons", &other).await.ok::<Accepted>();
    world.batch().await;
    // By the second one an act is judged that names a checkpoint of it.
    let mut early = world.sign_on(2, &version, Action::Sign, 1, None).await;
    world
        .post("/api/sign-ons", &early)
        .await
        .problem(422, "note");
    early.note = vec![7; 8_192 + 400].into();
    early.event.note = sha256(&early.note.0);
    world
        .post("/api/sign-ons", &early)
        .await
        .problem(422, "quiet");
    // The second memo can go on as well, and the first be filed: nothing of it is void.
    let first = world
        .version(second.event.body.id().unwrap(), None, [9; 32])
        .await;
    world.post("/api/versions", &first).await.ok::<Accepted>();
    file(&world, &version).await;
    world.batch().await;
    let view = world.app.view().await.unwrap();
    let filed = view.record().memo(memo).unwrap();
    assert_eq!(filed.state().tallies[0].signed, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waits_while_a_late_sign_on_needs_the_old_one() {
    let world = World::with_edition().await;
    let (_, version) = world.memo().await;
    file(&world, &version).await;
    let late = world.sign_on(0, &version, Action::Sign, 1, None).await;
    world.post("/api/sign-ons", &late).await.ok::<Accepted>();
    let shorter = changed(&[("late_seconds = 600", "late_seconds = 0")]);
    assert!(matches!(accept(&world, &shorter).await, Err(Refusal::Busy)));
    world.batch().await;
    accept(&world, &shorter).await.unwrap();
    // Said twice, it is the same.
    accept(&world, &shorter).await.unwrap();
    world.batch().await;
    // The case keeps the profile that it was filed under.
    let late = world.sign_on(1, &version, Action::Sign, 1, None).await;
    world.post("/api/sign-ons", &late).await.ok::<Accepted>();
    world.batch().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_late_sign_ons_before_it_is_in_force() {
    let world = World::with_edition().await;
    let (_, version) = world.memo().await;
    let shorter = changed(&[("late_seconds = 600", "late_seconds = 59")]);
    accept(&world, &shorter).await.unwrap();
    // The filing will stand under the profile that waits.
    file(&world, &version).await;
    let late = world.sign_on(0, &version, Action::Sign, 1, None).await;
    world
        .post("/api/sign-ons", &late)
        .await
        .problem(409, "filed");
    world.batch().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_room_for_what_was_promised() {
    let world = World::with_edition().await;
    let (_, version) = world.memo().await;
    for member in 0..3 {
        let act = world.sign_on(member, &version, Action::Sign, 1, None).await;
        world.post("/api/sign-ons", &act).await.ok::<Accepted>();
    }
    // Three wait. Of a batch of four slots, half are left for what is admitted while the change waits, itself among them.
    let smaller = changed(&[("opaque_slots = 64", "opaque_slots = 4")]);
    assert!(matches!(accept(&world, &smaller).await, Err(Refusal::Busy)));
    world.batch().await;
    accept(&world, &smaller).await.unwrap();
    for (member, fits) in [(3, true), (4, false)] {
        let act = world.sign_on(member, &version, Action::Sign, 1, None).await;
        let answer = world.post("/api/sign-ons", &act).await;
        if fits {
            answer.ok::<Accepted>();
        } else {
            answer.problem(503, "busy");
        }
    }
}
