//! What is not let in, and that it changes nothing.

use axum::http::Method;
use demur_client::api::{
    Accepted, Approved, PostApproval, PostEntry, PostOpening, PostSignOn, PostStep, PostVersion,
};
use demur_encoding::{Digest, Time, sha256};
use demur_record::{
    entry::{ApprovalBody, CheckpointRef, Entry, FORMAT, KeyState, Keys, Returned, Role},
    event::Action,
};
use demur_store::{
    CaseStore as _, EventStore as _, FileKind, NewFile, NewFiling, RecordStore as _, testing,
};

use super::{
    accounts::account,
    life::{acknowledged, approval, distributed, file, responded, withdrawal},
    world::{AUTHORS, OFFICE, REGISTRAR, TOKEN, World, key, keys_entry, public, signed},
};

type Change<T> = fn(&mut T);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openings() {
    let world = World::with_edition().await;
    let good = world.opening(world.opening_body(1).await);
    let changes: [(&str, Change<PostOpening>); 13] = [
        ("origin", |p| {
            p.event.body.origin = "lakes.example".to_owned();
        }),
        ("edition", |p| p.event.body.edition.number = 2),
        ("edition", |p| p.event.body.edition.root = sha256(b"other")),
        ("month", |p| p.event.body.month = "2026-10".to_owned()),
        ("counter", |p| p.event.body.counter = 4),
        ("counter", |p| p.event.body.counter = 0),
        ("checkpoint", |p| p.event.body.checkpoint.size += 1),
        ("checkpoint", |p| {
            p.event.body.checkpoint.hash = sha256(b"other");
        }),
        ("expired", |p| {
            p.event.expires = Time::from_unix(1_700_000_000);
        }),
        ("expiry", |p| p.event.expires = p.event.expires.plus(86_400)),
        ("circuit", |p| p.event.circuit = sha256(b"other")),
        ("nullifier", |p| p.event.nullifier = Digest::new([0xff; 32])),
        ("form", |p| p.event.body.threshold = 3),
    ];
    for (code, change) in changes {
        let mut post = good.clone();
        change(&mut post);
        world.post("/api/openings", &post).await.problem(422, code);
    }
    // One that no `opened` entry could hold would make its filing impossible.
    let mut post = good.clone();
    let many = (0..32).map(|n| demur_memo::version::Author {
        sign: sha256(&[n]),
        seal: format!("age1{}", "q".repeat(4_000)),
    });
    post.event.body.authors = many.collect();
    world
        .post("/api/openings", &post)
        .await
        .problem(422, "too-large");
    let proofs: [Change<PostOpening>; 5] = [
        |p| p.event.proof.0.push(0),
        |p| p.event.proof.0[0] ^= 1,
        |p| p.event.proof.0.clear(),
        |p| p.event.nullifier = Digest::new([1; 32]),
        |p| p.event.body.salt = sha256(b"another memo"),
    ];
    for change in proofs {
        let mut post = good.clone();
        change(&mut post);
        world
            .post("/api/openings", &post)
            .await
            .problem(422, "proof");
    }
    assert_eq!(
        world.store.pending_count().await.unwrap(),
        0,
        "a refusal leaves nothing"
    );

    world.post("/api/openings", &good).await.ok::<Accepted>();
    // The same number of the month for another memo.
    let mut body = world.opening_body(1).await;
    body.salt = sha256(b"another memo");
    world
        .post("/api/openings", &world.opening(body))
        .await
        .problem(409, "opening-taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions() {
    let world = World::with_edition().await;
    let opening = world.opening(world.opening_body(1).await);
    let memo = opening.event.body.id().unwrap();
    let good = world.version(memo, None, TOKEN).await;
    world
        .post("/api/versions", &good)
        .await
        .problem(404, "unknown-memo");
    world.post("/api/openings", &opening).await.ok::<Accepted>();

    let body = || good.event.body.clone();
    let stranger = signed(body(), 33, good.sealed.0.clone());
    world
        .post("/api/versions", &stranger)
        .await
        .problem(404, "unknown-memo");
    let mut post = good.clone();
    post.event.signature.0[3] ^= 1;
    world
        .post("/api/versions", &post)
        .await
        .problem(403, "signature");
    let mut post = good.clone();
    post.sealed.0.push(1);
    world
        .post("/api/versions", &post)
        .await
        .problem(422, "file");
    let mut post = good.clone();
    post.sealed.0.clear();
    world
        .post("/api/versions", &post)
        .await
        .problem(422, "empty");
    let mut second = body();
    second.number = 2;
    second.previous = Some(sha256(b"none"));
    world
        .post(
            "/api/versions",
            &signed(second, AUTHORS[0], good.sealed.0.clone()),
        )
        .await
        .problem(409, "version-gap");
    let mut unknown = body();
    unknown.checkpoint.size += 7;
    world
        .post(
            "/api/versions",
            &signed(unknown, AUTHORS[0], good.sealed.0.clone()),
        )
        .await
        .problem(422, "checkpoint");

    world.post("/api/versions", &good).await.ok::<Accepted>();
    // A co-author who amends at the same time is shown what came first.
    let mut sibling = body();
    sibling.content_root = sha256(b"other words");
    let sibling: PostVersion = signed(sibling, AUTHORS[1], good.sealed.0.clone());
    let problem = world
        .post("/api/versions", &sibling)
        .await
        .problem(409, "sibling");
    assert_eq!(problem.latest.unwrap().event, good.event);
    // To a stranger not even that.
    let stranger = signed(sibling.event.body.clone(), 33, good.sealed.0.clone());
    assert_eq!(
        world
            .post("/api/versions", &stranger)
            .await
            .problem(404, "unknown-memo")
            .latest,
        None
    );
    let next = world.version(memo, Some(&sibling.event.body), TOKEN).await;
    world
        .post("/api/versions", &next)
        .await
        .problem(409, "version-gap");
}

/// What is stored is not verified again; what comes is, whatever was stored before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_version_is_verified_on_top_of_many_and_after_a_restart() {
    let mut world = World::with_edition().await;
    let (memo, mut latest) = world.memo().await;
    for restart in [false, true] {
        if restart {
            world = world.restart().await;
        }
        for _ in 0..3 {
            let good = world.version(memo, Some(&latest), TOKEN).await;
            let mut forged = good.clone();
            forged.event.signature.0[7] ^= 1;
            world
                .post("/api/versions", &forged)
                .await
                .problem(403, "signature");
            // An author's signature, but over another version.
            let mut moved = good.clone();
            moved.event.body.content_root = sha256(b"other words");
            world
                .post("/api/versions", &moved)
                .await
                .problem(403, "signature");
            // In another author's name.
            let mut named = good.clone();
            named.event.author = public(AUTHORS[1]);
            world
                .post("/api/versions", &named)
                .await
                .problem(403, "signature");
            let changes: [(u16, &str, Change<demur_memo::version::VersionBody>); 4] = [
                (409, "version-gap", |b| b.previous = Some(sha256(b"none"))),
                (409, "version-gap", |b| b.number += 1),
                (422, "form", |b| {
                    b.content_root = sha256(&1_u32.to_be_bytes());
                }),
                (422, "checkpoint", |b| b.checkpoint.size += 7),
            ];
            for (status, code, change) in changes {
                let mut body = good.event.body.clone();
                change(&mut body);
                world
                    .post(
                        "/api/versions",
                        &signed(body, AUTHORS[1], good.sealed.0.clone()),
                    )
                    .await
                    .problem(status, code);
            }
            world.post("/api/versions", &good).await.ok::<Accepted>();
            latest = good.event.body;
        }
        world.batch().await;
        world.batch().await;
        // So are sign-ons on such a memo.
        let member = usize::from(restart);
        let good = world.sign_on(member, &latest, Action::Sign, 1, None).await;
        let changes: [(&str, Change<PostSignOn>); 4] = [
            ("proof", |p| p.event.proofs[0].0[100] ^= 1),
            ("version", |p| p.event.version -= 1),
            ("version", |p| p.event.version += 1),
            ("version", |p| p.event.content_root = sha256(b"other words")),
        ];
        for (code, change) in changes {
            let mut post = good.clone();
            change(&mut post);
            world.post("/api/sign-ons", &post).await.problem(422, code);
        }
        world.post("/api/sign-ons", &good).await.ok::<Accepted>();
        world.batch().await;
    }
    assert_eq!(latest.number, 7);
    // The record, which verifies each signature and proof of it, takes it all.
    file(&world, &latest).await;
    world.batch().await;
    let view = world.app.view().await.unwrap();
    let filed = view.record().memo(memo).unwrap().log();
    assert_eq!((filed.versions().len(), filed.sign_ons()), (7, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ons() {
    let world = World::with_edition().await;
    let (_, version) = world.memo().await;
    let good = world
        .sign_on(0, &version, Action::Sign, 1, Some("field"))
        .await;
    let changes: [(u16, &str, Change<PostSignOn>); 20] = [
        // No `opened` entry could hold it: its memo could not be filed.
        (422, "too-large", |p| {
            p.event.cohort = Some("x".repeat(65_536));
        }),
        (404, "unknown-memo", |p| p.event.memo = sha256(b"other")),
        (422, "version", |p| p.event.version = 2),
        (422, "version", |p| p.event.content_root = sha256(b"other")),
        (409, "sequence", |p| p.event.seq = 0),
        (409, "sequence", |p| p.event.seq = 2),
        (409, "sequence", |p| p.event.seq = 1_000),
        (422, "nullifier", |p| {
            p.event.nullifier = Digest::new([0xff; 32]);
        }),
        (422, "circuit", |p| p.event.circuit = sha256(b"other")),
        (422, "cohort", |p| {
            p.event.cohort = Some("nowhere".to_owned());
        }),
        (422, "cohort", |p| p.event.cohort = Some("all".to_owned())),
        (422, "checkpoint", |p| p.event.checkpoint.size += 1),
        (422, "checkpoint", |p| {
            p.event.checkpoint.hash = sha256(b"other");
        }),
        (422, "expired", |p| {
            p.event.expires = Time::from_unix(1_700_000_000);
        }),
        (422, "expiry", |p| {
            p.event.expires = p.event.expires.plus(86_400);
        }),
        (422, "note", |p| p.event.note = sha256(b"other")),
        (422, "note", |p| {
            p.note.0.truncate(9_000);
            p.event.note = sha256(&p.note.0);
        }),
        (422, "format", |p| p.event.v = 2),
        // A proof missing, and one too many.
        (422, "proof", |p| p.event.proofs.truncate(1)),
        (422, "proof", |p| {
            p.event.proofs.push(p.event.proofs[0].clone());
        }),
    ];
    for (status, code, change) in changes {
        let mut post = good.clone();
        change(&mut post);
        world
            .post("/api/sign-ons", &post)
            .await
            .problem(status, code);
    }
    let proofs: [Change<PostSignOn>; 9] = [
        |p| p.event.proofs[1].0[100] ^= 1,
        |p| p.event.proofs[0].0.push(0),
        |p| p.event.proofs.swap(0, 1),
        |p| p.event.nullifier = Digest::new([1; 32]),
        |p| p.event.action = Action::Withdraw,
        |p| p.event.expires = p.event.expires.plus(1),
        // Another name for the office's eyes.
        |p| {
            p.note.0[5] ^= 1;
            p.event.note = sha256(&p.note.0);
        },
        // Stripped of its cohort.
        |p| {
            p.event.cohort = None;
            p.event.proofs.truncate(1);
        },
        |p| p.event.proofs[1] = p.event.proofs[0].clone(),
    ];
    for change in proofs {
        let mut post = good.clone();
        change(&mut post);
        world
            .post("/api/sign-ons", &post)
            .await
            .problem(422, "proof");
    }
    assert_eq!(
        world.store.pending_count().await.unwrap(),
        0,
        "a refusal leaves nothing"
    );

    world.post("/api/sign-ons", &good).await.ok::<Accepted>();
    // Another act with the same number, waiting and placed.
    let other = world
        .sign_on(0, &version, Action::Withdraw, 1, Some("field"))
        .await;
    world
        .post("/api/sign-ons", &other)
        .await
        .problem(409, "sequence");
    world.batch().await;
    world
        .post("/api/sign-ons", &other)
        .await
        .problem(409, "sequence");
    world.post("/api/sign-ons", &good).await.ok::<Accepted>();
    // The cohort is that of the first act.
    let next = world.sign_on(0, &version, Action::Withdraw, 2, None).await;
    world
        .post("/api/sign-ons", &next)
        .await
        .problem(422, "cohort");

    // A version that is not in the record yet, and one that has not stood long enough.
    let amended = world.version(version.memo, Some(&version), TOKEN).await;
    world.post("/api/versions", &amended).await.ok::<Accepted>();
    let early = world
        .sign_on(1, &amended.event.body, Action::Sign, 1, None)
        .await;
    world
        .post("/api/sign-ons", &early)
        .await
        .problem(422, "quiet");
    world.batch().await;
    let early = world
        .sign_on(1, &amended.event.body, Action::Sign, 1, None)
        .await;
    world
        .post("/api/sign-ons", &early)
        .await
        .problem(422, "quiet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filings_and_steps() {
    let world = World::with_edition().await;
    let (memo, version) = world.memo().await;
    let steward = account(&world, "ada", "steward", 30).await;
    let approvals = format!("/api/memos/{memo}/approvals");
    let steps = format!("/api/office/cases/{memo}/steps");
    let hash = version.hash().unwrap();
    let filing = ApprovalBody::File {
        memo,
        version: 1,
        version_hash: hash,
        sealed: sha256(b"for the office"),
    };

    // Before filing there is no case.
    let step = PostStep {
        entry: acknowledged(memo),
        sealed: None,
    };
    world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .problem(404, "unknown-memo");
    world
        .as_account(
            &steward,
            Method::GET,
            &format!("/api/office/cases/{memo}"),
            &(),
        )
        .await
        .problem(404, "unknown-memo");
    let rejoin = ApprovalBody::Rejoin {
        memo,
        responded: hash,
        text: sha256(b"r"),
    };
    world
        .post(&approvals, &approval(&rejoin, AUTHORS[0], Some(b"r")))
        .await
        .problem(409, "not-filed");

    let stranger = approval(&filing, 33, Some(b"for the office"));
    world
        .post(&approvals, &stranger)
        .await
        .problem(404, "unknown-memo");
    let mut forged = approval(&filing, AUTHORS[0], Some(b"for the office"));
    forged.approval.author = public(AUTHORS[1]);
    world
        .post(&approvals, &forged)
        .await
        .problem(403, "signature");
    world
        .post(&approvals, &approval(&filing, AUTHORS[0], None))
        .await
        .problem(422, "file");
    world
        .post(
            &approvals,
            &approval(&filing, AUTHORS[0], Some(b"something else")),
        )
        .await
        .problem(422, "file");
    let other = ApprovalBody::File {
        memo,
        version: 2,
        version_hash: hash,
        sealed: sha256(b"x"),
    };
    world
        .post(&approvals, &approval(&other, AUTHORS[0], Some(b"x")))
        .await
        .problem(409, "version");
    let elsewhere = format!("/api/memos/{}/approvals", sha256(b"other"));
    world
        .post(&elsewhere, &approval(&filing, AUTHORS[0], None))
        .await
        .problem(422, "memo");
    // One author alone can't, however often.
    for _ in 0..3 {
        let post: PostApproval = approval(&filing, AUTHORS[0], Some(b"for the office"));
        assert_eq!(
            world.post(&approvals, &post).await.ok::<Approved>(),
            Approved::Waiting { have: 1, need: 2 }
        );
    }
    world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .problem(404, "unknown-memo");
    let in_draft = withdrawal(&world, &version).await;
    file(&world, &version).await;
    world
        .post(&approvals, &approval(&in_draft, AUTHORS[0], None))
        .await
        .problem(409, "not-filed");
    let amended = world.version(memo, Some(&version), TOKEN).await;
    world
        .post("/api/versions", &amended)
        .await
        .problem(409, "filed");
    world.batch().await;

    // A withdrawal of the draft is none of the case.
    world
        .post(&approvals, &approval(&in_draft, AUTHORS[0], None))
        .await
        .problem(409, "step");

    // No step without the office's signature, none out of order, none without its file.
    let post = |entry: Entry, sealed: Option<&[u8]>| PostStep {
        entry,
        sealed: sealed.map(|s| s.to_vec().into()),
    };
    world.post(&steps, &step).await.problem(401, "session");
    let by_other = acknowledged(memo).sign(&key(REGISTRAR)).unwrap();
    world
        .as_account(&steward, Method::POST, &steps, &post(by_other, None))
        .await
        .problem(403, "signature");
    let mut forged = acknowledged(memo);
    if let Entry::Acknowledged(e) = &mut forged {
        e.signature.0[0] ^= 1;
    }
    world
        .as_account(&steward, Method::POST, &steps, &post(forged, None))
        .await
        .problem(403, "signature");
    let answered = post(responded(memo, b"a"), Some(b"a"));
    world
        .as_account(&steward, Method::POST, &steps, &answered)
        .await
        .problem(409, "step");
    let missing = post(responded(memo, b"a"), None);
    world
        .as_account(&steward, Method::POST, &steps, &missing)
        .await
        .problem(422, "file");
    let keys = post(keys_entry(Role::Steward, "eve", Some(9), OFFICE), None);
    world
        .as_account(&steward, Method::POST, &steps, &keys)
        .await
        .problem(422, "step");
    let other = format!("/api/office/cases/{}/steps", sha256(b"other"));
    world
        .as_account(&steward, Method::POST, &other, &step)
        .await
        .problem(422, "memo");
    world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .ok::<Accepted>();
    let returned = |reason: &str| {
        let entry = Entry::Returned(Returned {
            v: FORMAT,
            memo,
            reason: reason.to_owned(),
            text: sha256(b"letter"),
            by: public(OFFICE),
            signature: demur_encoding::Bytes::default(),
        });
        post(entry.sign(&key(OFFICE)).unwrap(), Some(b"letter"))
    };
    world
        .as_account(&steward, Method::POST, &steps, &returned("too-long"))
        .await
        .problem(422, "reason");
    // The minister has no key yet; nobody else is on the list.
    for to in [&["minister"][..], &["emperor"], &[]] {
        let post = post(distributed(memo, to, b"d"), Some(b"d"));
        world
            .as_account(&steward, Method::POST, &steps, &post)
            .await
            .problem(422, "distribution");
    }
    // A late sign-on was promised its place: the return waits for it. Then nothing comes in any more.
    let late = world.sign_on(0, &version, Action::Sign, 1, None).await;
    world.post("/api/sign-ons", &late).await.ok::<Accepted>();
    let busy = world
        .as_account(&steward, Method::POST, &steps, &returned("personnel"))
        .await;
    assert!(busy.headers.contains_key("retry-after"));
    busy.problem(503, "busy");
    world.batch().await;
    let too_late = world.sign_on(1, &version, Action::Sign, 1, None).await;
    world
        .as_account(&steward, Method::POST, &steps, &returned("personnel"))
        .await
        .ok::<Accepted>();
    world
        .post("/api/sign-ons", &too_late)
        .await
        .problem(422, "too-late");
    let contradiction = post(distributed(memo, &["minister"], b"d"), Some(b"d"));
    world
        .as_account(&steward, Method::POST, &steps, &contradiction)
        .await
        .problem(422, "distribution");
    world.batch().await;
    world
        .post("/api/sign-ons", &too_late)
        .await
        .problem(422, "too-late");
    world
        .post(
            "/api/versions",
            &world.version(memo, Some(&version), TOKEN).await,
        )
        .await
        .problem(422, "too-late");
    world
        .post(
            &approvals,
            &approval(&withdrawal(&world, &version).await, AUTHORS[0], None),
        )
        .await
        .problem(409, "step");
    world
        .post(&approvals, &approval(&filing, AUTHORS[1], None))
        .await
        .ok::<Approved>();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_changed_by_those_who_may() {
    let world = World::with_edition().await;
    let send = |entry: Entry| {
        let world = &world;
        async move { world.post("/api/entries", &PostEntry { entry }).await }
    };
    send(keys_entry(Role::Steward, "ada", Some(9), REGISTRAR))
        .await
        .problem(403, "signature");
    send(keys_entry(Role::Office, "office", Some(9), REGISTRAR))
        .await
        .problem(403, "signature");
    send(keys_entry(Role::Registrar, "registrar", Some(9), OFFICE))
        .await
        .problem(403, "signature");
    let unsigned = Entry::Keys(Keys {
        v: FORMAT,
        role: Role::Office,
        name: "second".to_owned(),
        sign: Some(public(9)),
        seal: Some(super::world::SEAL.to_owned()),
        vkey: None,
        state: KeyState::Active,
        by: None,
        signature: None,
    });
    send(unsigned).await.problem(403, "signature");
    send(acknowledged(sha256(b"memo")))
        .await
        .problem(422, "entry");
    // The office's key changes; what waits is seen: the old one counts no more, though no batch was made.
    send(keys_entry(Role::Office, "office", Some(9), OFFICE))
        .await
        .ok::<Accepted>();
    send(keys_entry(Role::Steward, "ada", Some(8), OFFICE))
        .await
        .problem(403, "signature");
    send(keys_entry(Role::Steward, "ada", Some(8), 9))
        .await
        .ok::<Accepted>();
    world.batch().await;
    let checkpoint: CheckpointRef = world.checkpoint().await;
    assert_eq!(checkpoint.size, world.app.view().await.unwrap().size());
}

/// What can't stand anyway holds up nobody else's steps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_filing_is_its_own_affair() {
    let world = World::with_edition().await;
    let store = &world.store;
    store
        .accept_opening(testing::opening("stuck"))
        .await
        .unwrap();
    store
        .accept_version(testing::version("stuck", 1))
        .await
        .unwrap();
    let filing = NewFiling {
        memo: testing::d("stuck"),
        body_hash: sha256(b"body"),
        version: 1,
        sealed: NewFile {
            kind: FileKind::Filing,
            digest: sha256(b"sealed"),
            bytes: b"sealed".to_vec(),
        },
    };
    let junk = |_| (b"never an entry".to_vec(), sha256(b"never an entry"));
    store.file(filing, junk).await.unwrap();
    // Late, and as little an entry of the record.
    store
        .accept_sign_on(testing::sign_on("stuck", "ann", 1))
        .await
        .unwrap();
    assert_eq!(store.pending(9, 9).await.unwrap().late.len(), 1);
    let entry = keys_entry(Role::Steward, "ada", Some(30), OFFICE);
    world
        .post("/api/entries", &PostEntry { entry })
        .await
        .ok::<Accepted>();
    // What is wrong with an entry of one's own is still found.
    let entry = keys_entry(Role::Steward, "bob", Some(31), REGISTRAR);
    world
        .post("/api/entries", &PostEntry { entry })
        .await
        .problem(403, "signature");
}

/// A request that goes away while it brings the view up to date leaves the view as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_waiting_changes_nothing() {
    let world = World::new().await;
    let policy = crate::app::policy(world.app.config(), world.log()).unwrap();
    let mut view = crate::view::View::new(world.app.origin());
    view.catch_up(&world.store, &policy).await.unwrap();
    assert!(view.size() > 0);
    let mut size = view.size();
    let mut gave_up = false;
    // The database may answer before it is asked a second time: then there was nothing to give up.
    for _ in 0..50 {
        world.batch().await;
        {
            let mut left = std::pin::pin!(view.catch_up(&world.store, &policy));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            gave_up = Future::poll(left.as_mut(), &mut context).is_pending();
        }
        if gave_up {
            break;
        }
        size = view.size();
    }
    assert!(gave_up, "the database always answered at once");
    assert_eq!(view.size(), size);
    view.catch_up(&world.store, &policy).await.unwrap();
    assert!(view.size() > size);
    assert_eq!(view.record().root(), world.root_after_restart().await);
}
