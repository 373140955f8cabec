//! What was promised and the record's rules keep out.

use demur_client::api::{Accepted, PostEntry};
use demur_encoding::Digest;
use demur_record::{entry::Role, tiles::leaf_hash};
use demur_store::{RecordStore as _, RefusedRow, WaitingList};

use super::world::{OFFICE, World, keys_entry};

fn refused(world: &World, leaf: Digest, give_up: bool) -> RefusedRow {
    RefusedRow {
        list: WaitingList::Direct,
        leaf,
        reason: "it can't stand".to_owned(),
        time: world.now(),
        give_up,
        file: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_promise_is_renewed_that_is_not_being_kept() {
    let world = World::new().await;
    let entry = keys_entry(Role::Steward, "ada", Some(30), OFFICE);
    let leaf = leaf_hash(&entry.to_vec().unwrap());
    let post = PostEntry { entry };
    world.post("/api/entries", &post).await.ok::<Accepted>();
    let none = |pending: &mut demur_store::Pending| pending.direct.clear();
    world
        .batch_of(none, vec![refused(&world, leaf, false)])
        .await;
    let problem = world
        .post("/api/entries", &post)
        .await
        .problem(409, "kept-out");
    assert!(problem.message.contains("it can't stand"), "{problem:?}");
    // Given up, it is out of the way, and may be tried anew.
    world
        .batch_of(none, vec![refused(&world, leaf, true)])
        .await;
    world.post("/api/entries", &post).await.ok::<Accepted>();
    world.batch().await;
    let view = world.app.view().await.unwrap();
    assert!(view.record().keys().holder(Role::Steward, "ada").is_some());
    let kept = world.store.kept_out().await.unwrap();
    assert_eq!((kept.len(), kept[0].given_up), (1, true));
}

/// Entries that a batch has refused hold none of the places of those that are let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_keeps_nobody_out() {
    let world = World::new().await;
    let mut stuck = Vec::new();
    for name in 0..demur_record::batch::MAX_BATCH_DIRECT {
        let entry = keys_entry(Role::Steward, &format!("s{name}"), Some(30), OFFICE);
        let bytes = entry.to_vec().unwrap();
        let leaf = leaf_hash(&bytes);
        stuck.push(leaf);
        let new = demur_store::NewDirect {
            entry: bytes,
            leaf,
            memo: None,
            claim: None,
            file: None,
            approved: None,
        };
        demur_store::CaseStore::accept_direct(&world.store, new)
            .await
            .unwrap();
    }
    let post = PostEntry {
        entry: keys_entry(Role::Steward, "ada", Some(31), OFFICE),
    };
    world.post("/api/entries", &post).await.problem(503, "busy");
    let rows = stuck.iter().map(|leaf| refused(&world, *leaf, false));
    world
        .batch_of(|pending| pending.direct.clear(), rows.collect())
        .await;
    world.post("/api/entries", &post).await.ok::<Accepted>();
}
