//! One memo's whole life, as the server sees it.

use super::{
    accounts::account,
    world::{AUTHORS, OFFICE, TOKEN, World, key, keys_entry, public, request, slot},
};
use crate::upkeep;
use axum::http::Method;
use demur_client::api::{
    Accepted, Approved, AuthorRequest, AuthorView, CaseView, Cases, DraftView, MessageView,
    PostApproval, PostAuthorMessage, PostEntry, PostStep, Sealed,
};
use demur_encoding::{Bytes, Digest, sha256};
use demur_record::{
    entry::{
        Acknowledged, ApprovalBody, COST, Distributed, Entry, FORMAT, NORMAL_FORM, Responded, Role,
        SlowHash, Step, TextFingerprint,
    },
    event::{Action, Event},
    promise::Subject,
    tiles::leaf_hash,
};

pub(super) fn approval(body: &ApprovalBody, author: u8, file: Option<&[u8]>) -> PostApproval {
    PostApproval {
        body: body.clone(),
        approval: body.approve(&key(author)),
        file: file.map(|f| f.to_vec().into()),
    }
}

pub(super) fn acknowledged(memo: Digest) -> Entry {
    let entry = Entry::Acknowledged(Acknowledged {
        v: FORMAT,
        memo,
        by: public(OFFICE),
        signature: Bytes::default(),
    });
    entry.sign(&key(OFFICE)).unwrap()
}

pub(super) fn distributed(memo: Digest, to: &[&str], sealed: &[u8]) -> Entry {
    let entry = Entry::Distributed(Distributed {
        v: FORMAT,
        memo,
        to: to.iter().map(|id| (*id).to_owned()).collect(),
        sealed: sha256(sealed),
        by: public(OFFICE),
        signature: Bytes::default(),
    });
    entry.sign(&key(OFFICE)).unwrap()
}

pub(super) fn responded(memo: Digest, sealed: &[u8]) -> Entry {
    let entry = Entry::Responded(Responded {
        v: FORMAT,
        memo,
        points: 3,
        root: sha256(b"answers"),
        sealed: sha256(sealed),
        by: public(OFFICE),
        signature: Bytes::default(),
    });
    entry.sign(&key(OFFICE)).unwrap()
}

/// The leaf hash of the entry in which the record shows a step.
pub(super) async fn leaf_of(world: &World, memo: Digest, step: Step) -> Option<Digest> {
    let view = world.app.view().await.unwrap();
    view.record().memo(memo)?.leaf_of(step)
}

/// The withdrawal of the memo as it stands.
pub(super) async fn withdrawal(
    world: &World,
    version: &demur_memo::version::VersionBody,
) -> ApprovalBody {
    ApprovalBody::Withdraw {
        memo: version.memo,
        filed: leaf_of(world, version.memo, Step::Filed).await,
        version: version.number,
        version_hash: version.hash().unwrap(),
    }
}

/// Files the memo's latest version, by both authors.
pub(super) async fn file(
    world: &World,
    version: &demur_memo::version::VersionBody,
) -> ApprovalBody {
    let body = ApprovalBody::File {
        memo: version.memo,
        version: version.number,
        version_hash: version.hash().unwrap(),
        sealed: sha256(b"for the office"),
    };
    let path = format!("/api/memos/{}/approvals", version.memo);
    let first = world
        .post(&path, &approval(&body, AUTHORS[0], Some(b"for the office")))
        .await;
    assert_eq!(
        first.ok::<Approved>(),
        Approved::Waiting { have: 1, need: 2 }
    );
    let second = world
        .post(&path, &approval(&body, AUTHORS[1], None))
        .await
        .ok::<Approved>();
    assert!(
        matches!(
            second,
            Approved::Done {
                promise: Some(_),
                entry: Some(_)
            }
        ),
        "{second:?}"
    );
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_author_keeps_no_other_from_acting() {
    let world = World::with_edition().await;
    let (memo, version) = world.memo().await;
    let path = format!("/api/memos/{memo}/approvals");
    let filing = |sealed: &[u8]| ApprovalBody::File {
        memo,
        version: version.number,
        version_hash: version.hash().unwrap(),
        sealed: sha256(sealed),
    };
    let flood = |from: u8| {
        let (world, path) = (&world, &path);
        async move {
            for n in from..from + 20 {
                let file = [n; 100];
                let post = approval(&filing(&file), AUTHORS[0], Some(&file));
                let answer = world.post(path, &post).await.ok::<Approved>();
                assert_eq!(answer, Approved::Waiting { have: 1, need: 2 });
            }
        }
    };
    flood(0).await;
    let wanted = filing(b"for the office");
    let post = approval(&wanted, AUTHORS[1], Some(b"for the office"));
    let answer = world.post(&path, &post).await.ok::<Approved>();
    assert_eq!(answer, Approved::Waiting { have: 1, need: 2 });
    flood(100).await;
    // Its file still waits.
    let answer = world
        .post(&path, &approval(&wanted, AUTHORS[0], None))
        .await;
    let answer = answer.ok::<Approved>();
    assert!(matches!(answer, Approved::Done { .. }), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_opening_to_release() {
    let world = World::with_edition().await;
    let opening = world.opening(world.opening_body(1).await);
    let memo = opening.event.body.id().unwrap();
    let accepted = world.post("/api/openings", &opening).await.ok::<Accepted>();
    let held = slot(&Event::Opening(opening.event.clone()), opening.salt);
    assert_eq!(world.promised(&accepted), held);
    // Sending twice is harmless, and gives a fresh promise.
    world.wait(1);
    let again = world.post("/api/openings", &opening).await.ok::<Accepted>();
    assert_eq!(world.promised(&again), held);
    world.draft(memo, TOKEN).await.problem(404, "unknown-memo");

    let first = world.version(memo, None, TOKEN).await;
    world.post("/api/versions", &first).await.ok::<Accepted>();
    let again = world.post("/api/versions", &first).await.ok::<Accepted>();
    assert_eq!(
        world.promised(&again),
        slot(&Event::Version(first.event.clone()), first.salt)
    );
    let waiting = world.draft(memo, TOKEN).await.ok::<DraftView>();
    assert_eq!((waiting.opening.at, waiting.versions[0].at), (None, None));
    world.batch().await;
    world.batch().await;
    let draft = world.draft(memo, TOKEN).await.ok::<DraftView>();
    assert!(draft.opening.at.is_some() && draft.versions[0].at.is_some() && !draft.filed);
    let token = Digest::new(TOKEN).to_string();
    let path = format!("/api/memos/{memo}/versions/1/sealed");
    let sealed = world
        .send(Method::GET, &path, &[("demur-access", &token)], vec![])
        .await;
    assert_eq!(sealed.bytes(), first.sealed.0);

    // One signs openly as a member, one shows a cohort; nobody sends a name.
    let one = world
        .sign_on(0, &first.event.body, Action::Sign, 1, None)
        .await;
    let accepted = world.post("/api/sign-ons", &one).await.ok::<Accepted>();
    assert_eq!(
        world.promised(&accepted),
        slot(&Event::SignOn(one.event.clone()), one.salt)
    );
    let again = world.post("/api/sign-ons", &one).await.ok::<Accepted>();
    assert_eq!(
        world.promised(&again),
        slot(&Event::SignOn(one.event.clone()), one.salt)
    );
    let two = world
        .sign_on(1, &first.event.body, Action::Sign, 1, Some("field"))
        .await;
    world.post("/api/sign-ons", &two).await.ok::<Accepted>();
    assert_eq!(
        world.draft(memo, TOKEN).await.ok::<DraftView>().sign_ons,
        []
    );
    world.batch().await;
    assert_eq!(
        world
            .draft(memo, TOKEN)
            .await
            .ok::<DraftView>()
            .sign_ons
            .len(),
        2
    );
    // The page of a draft is that of nothing at all.
    let page = world.get(&format!("/m/{memo}")).await;
    assert_eq!(page.status, 404);
    assert_eq!(
        page.body,
        world.get(&format!("/m/{}", sha256(b"nothing"))).await.body
    );

    // An amendment with another link: the old one is closed.
    let second = world.version(memo, Some(&first.event.body), [6; 32]).await;
    world.post("/api/versions", &second).await.ok::<Accepted>();
    world.draft(memo, TOKEN).await.problem(403, "link-replaced");
    world
        .draft(memo, [9; 32])
        .await
        .problem(404, "unknown-memo");
    world.batch().await;
    world.batch().await;
    let three = world
        .sign_on(0, &second.event.body, Action::Sign, 2, None)
        .await;
    world.post("/api/sign-ons", &three).await.ok::<Accepted>();

    let filing = file(&world, &second.event.body).await;
    world.batch().await;
    assert!(world.draft(memo, [6; 32]).await.ok::<DraftView>().filed);
    let path = format!("/api/memos/{memo}/approvals");
    let again = world
        .post(&path, &approval(&filing, AUTHORS[0], None))
        .await
        .ok::<Approved>();
    assert!(matches!(
        again,
        Approved::Done {
            promise: Some(_),
            entry: Some(_)
        }
    ));
    let page = world.get(&format!("/m/{memo}")).await;
    assert!(
        page.text()
            .contains("Filed with the office: version 2 of 2"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("1 of 8"));
    assert!(world.get("/").await.text().contains(&memo.short()));

    // Late, as an entry of its own.
    let late = world
        .sign_on(2, &second.event.body, Action::Sign, 1, None)
        .await;
    let accepted = world.post("/api/sign-ons", &late).await.ok::<Accepted>();
    assert!(matches!(world.promised(&accepted), Subject::Entry(_)));
    assert_eq!(
        world.promised(&world.post("/api/sign-ons", &late).await.ok()),
        world.promised(&accepted)
    );

    let steward = account(&world, "ada", "steward", 30).await;
    let minister = account(&world, "min", "minister", 31).await;
    for entry in [
        keys_entry(Role::Steward, "ada", Some(30), OFFICE),
        keys_entry(Role::Principal, "minister", Some(31), OFFICE),
    ] {
        world
            .post("/api/entries", &PostEntry { entry })
            .await
            .ok::<Accepted>();
    }
    world.batch().await;
    let cases = world
        .as_account(&steward, Method::GET, "/api/office/cases", &())
        .await
        .ok::<Cases>();
    assert_eq!(
        (cases.cases[0].memo, cases.cases[0].step),
        (memo, Step::Filed)
    );
    let sealed = world
        .as_account(
            &steward,
            Method::GET,
            &format!("/api/office/cases/{memo}/sealed"),
            &(),
        )
        .await;
    assert_eq!(sealed.bytes(), b"for the office");
    let principal = format!("/api/principal/cases/{memo}/sealed");
    world
        .as_account(&minister, Method::GET, &principal, &())
        .await
        .problem(404, "unknown-memo");

    // Two steps in one batch.
    let steps = format!("/api/office/cases/{memo}/steps");
    let step = PostStep {
        entry: acknowledged(memo),
        sealed: None,
    };
    let accepted = world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .ok::<Accepted>();
    assert_eq!(
        world.promised(&accepted),
        Subject::Entry(leaf_hash(&step.entry.to_vec().unwrap()))
    );
    world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .ok::<Accepted>();
    let step = PostStep {
        entry: distributed(memo, &["minister"], b"for the minister"),
        sealed: Some(b"for the minister".to_vec().into()),
    };
    world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .ok::<Accepted>();
    world.batch().await;
    let cases = world
        .as_account(&minister, Method::GET, "/api/principal/cases", &())
        .await
        .ok::<Cases>();
    assert_eq!(cases.cases.len(), 1);
    assert_eq!(
        world
            .as_account(&minister, Method::GET, &principal, &())
            .await
            .bytes(),
        b"for the minister"
    );

    // Messages both ways; the same one twice is one.
    let path = format!("/api/memos/{memo}/messages");
    let sealed: Bytes = b"dear office".to_vec().into();
    let message = PostAuthorMessage {
        request: request(
            AUTHORS[0],
            "messages",
            &sha256(&sealed.0).to_string(),
            world.now(),
        ),
        sealed,
    };
    assert_eq!(
        world.post(&path, &message).await.ok::<MessageView>().number,
        1
    );
    assert_eq!(
        world.post(&path, &message).await.ok::<MessageView>().number,
        1
    );
    let path = format!("/api/office/cases/{memo}/messages");
    let answer = Sealed {
        sealed: b"dear authors".to_vec().into(),
    };
    assert_eq!(
        world
            .as_account(&steward, Method::POST, &path, &answer)
            .await
            .ok::<MessageView>()
            .number,
        2
    );

    let step = PostStep {
        entry: responded(memo, b"the answer"),
        sealed: Some(b"the answer".to_vec().into()),
    };
    world
        .as_account(&steward, Method::POST, &steps, &step)
        .await
        .ok::<Accepted>();
    world.batch().await;
    let view = AuthorRequest {
        request: request(AUTHORS[1], "case", &memo.to_string(), world.now()),
    };
    let view = world
        .post(&format!("/api/memos/{memo}/author"), &view)
        .await
        .ok::<AuthorView>();
    assert_eq!(view.response.unwrap().0, b"the answer");
    assert_eq!(view.messages.len(), 2);
    let accesses: Vec<_> = view
        .accesses
        .iter()
        .map(|a| {
            (
                a.event.account.as_str(),
                a.event.role.as_str(),
                a.at.is_some(),
            )
        })
        .collect();
    assert_eq!(accesses.len(), 2);
    assert!(
        accesses.contains(&("ada", "steward", true))
            && accesses.contains(&("min", "minister", true))
    );

    // Rejoinder and release.
    let path = format!("/api/memos/{memo}/approvals");
    let responded = leaf_of(&world, memo, Step::Responded).await.unwrap();
    let rejoin = ApprovalBody::Rejoin {
        memo,
        responded,
        text: sha256(b"our reply"),
    };
    let release = ApprovalBody::Release {
        memo,
        version: 2,
        version_hash: second.event.body.hash().unwrap(),
        bundle: sha256(b"bundle"),
    };
    for (body, file) in [(&rejoin, &b"our reply"[..]), (&release, b"bundle")] {
        world
            .post(&path, &approval(body, AUTHORS[0], Some(file)))
            .await
            .ok::<Approved>();
        let done = world
            .post(&path, &approval(body, AUTHORS[1], None))
            .await
            .ok::<Approved>();
        assert!(matches!(
            done,
            Approved::Done {
                promise: Some(_),
                entry: Some(_)
            }
        ));
    }
    let bundle = format!("/api/bundles/{}", sha256(b"bundle"));
    world.get(&bundle).await.problem(404, "not-found");
    world.batch().await;
    assert_eq!(world.get(&bundle).await.bytes(), b"bundle");
    let case = world
        .as_account(
            &steward,
            Method::GET,
            &format!("/api/office/cases/{memo}"),
            &(),
        )
        .await
        .ok::<CaseView>();
    assert_eq!(case.case.step, Step::Rejoined);
    assert_eq!(
        (case.notes.len(), case.case.messages, case.accesses.len()),
        (4, 1, 2)
    );
    assert_eq!(case.rejoinder.unwrap().0, b"our reply");
    let page = world.get(&format!("/m/{memo}")).await.text();
    for text in [
        "Acknowledged by the office",
        "Distributed to The Minister",
        "Answered, 3 points",
        "2 of 8",
        "A bundle was released",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // What was released is known for ever, also where the server drops the file, and a later release hides nothing.
    let again = ApprovalBody::Release {
        memo,
        version: 2,
        version_hash: second.event.body.hash().unwrap(),
        bundle: sha256(b"less of it"),
    };
    for (author, file) in [(AUTHORS[0], Some(&b"less of it"[..])), (AUTHORS[1], None)] {
        world
            .post(&path, &approval(&again, author, file))
            .await
            .ok::<Approved>();
    }
    world.batch().await;
    world.drop_bundle(sha256(b"bundle")).await;
    world.get(&bundle).await.problem(404, "not-found");
    let page = world.get(&format!("/m/{memo}/released")).await.text();
    for digest in [sha256(b"bundle"), sha256(b"less of it")] {
        assert!(page.contains(&digest.to_string()), "{page}");
    }
    assert!(page.contains("2 released.") && page.contains("published none"));
    let view = world.app.view().await.unwrap();
    let released: Vec<Digest> = { view.record().memo(memo).unwrap().released().iter() }
        .map(|(_, released)| released.bundle)
        .collect();
    assert_eq!(released, [sha256(b"bundle"), sha256(b"less of it")]);
    drop(view);

    // A fingerprint: what the record would not take is refused at the first author's word, and nothing waits.
    let fingerprint = |of: u32, passes: u32| ApprovalBody::Fingerprint {
        memo,
        of,
        version: 2,
        version_hash: second.event.body.hash().unwrap(),
        text: TextFingerprint {
            form: NORMAL_FORM.to_owned(),
            hash: SlowHash { passes, ..COST },
            whole: sha256(b"whole"),
            body: sha256(b"body"),
        },
    };
    for bad in [fingerprint(1, 1), fingerprint(3, COST.passes)] {
        let answer = world.post(&path, &approval(&bad, AUTHORS[0], None)).await;
        answer.problem(422, "fingerprint");
    }
    let good = fingerprint(1, COST.passes);
    let with_file = approval(&good, AUTHORS[0], Some(b"a file"));
    world.post(&path, &with_file).await.problem(422, "file");
    let first = world.post(&path, &approval(&good, AUTHORS[0], None)).await;
    assert!(matches!(
        first.ok::<Approved>(),
        Approved::Waiting { have: 1, need: 2 }
    ));
    let done = world.post(&path, &approval(&good, AUTHORS[1], None)).await;
    assert!(matches!(done.ok::<Approved>(), Approved::Done { .. }));
    world.batch().await;
    // The same again is the same promise; another for the version is refused.
    let same = world.post(&path, &approval(&good, AUTHORS[0], None)).await;
    assert!(matches!(same.ok::<Approved>(), Approved::Done { .. }));
    let mut other = good.clone();
    if let ApprovalBody::Fingerprint { text, .. } = &mut other {
        text.whole = sha256(b"another text");
    }
    let answer = world.post(&path, &approval(&other, AUTHORS[0], None)).await;
    answer.problem(422, "fingerprint");
    let page = world.get(&format!("/m/{memo}/released")).await.text();
    assert!(page.contains("argon2id") && !page.contains("published none"));
    let overview = upkeep::overview(&world.app).await.unwrap();
    assert_eq!((overview.due, overview.overdue), (0, 0));

    let root = world.app.view().await.unwrap().record().root();
    assert_eq!(world.root_after_restart().await, root);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_can_be_withdrawn_and_lapses() {
    let world = World::with_edition().await;
    let (memo, version) = world.memo().await;
    let body = withdrawal(&world, &version).await;
    let path = format!("/api/memos/{memo}/approvals");
    // Of another version, or of a filing that never was: nothing that could be kept for later.
    for (other, code) in [
        (
            ApprovalBody::Withdraw {
                memo,
                filed: None,
                version: 2,
                version_hash: version.hash().unwrap(),
            },
            "version",
        ),
        (
            ApprovalBody::Withdraw {
                memo,
                filed: Some(sha256(b"filed")),
                version: 1,
                version_hash: version.hash().unwrap(),
            },
            "not-filed",
        ),
    ] {
        world
            .post(&path, &approval(&other, AUTHORS[0], None))
            .await
            .problem(409, code);
    }
    let first = world
        .post(&path, &approval(&body, AUTHORS[0], None))
        .await
        .ok::<Approved>();
    assert_eq!(first, Approved::Waiting { have: 1, need: 2 });
    assert_eq!(
        world
            .draft(memo, TOKEN)
            .await
            .ok::<DraftView>()
            .waiting
            .len(),
        1
    );
    let done = world
        .post(&path, &approval(&body, AUTHORS[1], None))
        .await
        .ok::<Approved>();
    assert_eq!(
        done,
        Approved::Done {
            promise: None,
            entry: None
        }
    );
    world.draft(memo, TOKEN).await.problem(404, "unknown-memo");
    let gone = world.sign_on(0, &version, Action::Sign, 1, None).await;
    world
        .post("/api/sign-ons", &gone)
        .await
        .problem(404, "unknown-memo");
    world.batch().await;

    let opening = world.opening(world.opening_body(2).await);
    let memo = opening.event.body.id().unwrap();
    world.post("/api/openings", &opening).await.ok::<Accepted>();
    world
        .post("/api/versions", &world.version(memo, None, TOKEN).await)
        .await
        .ok::<Accepted>();
    assert_eq!(
        upkeep::lapse(&world.app).await.unwrap(),
        0,
        "it waits for its place"
    );
    world.batch().await;
    world.wait(90 * 86_400 - 10);
    assert_eq!(upkeep::lapse(&world.app).await.unwrap(), 0);
    world.wait(20);
    assert_eq!(upkeep::lapse(&world.app).await.unwrap(), 1);
    world.draft(memo, TOKEN).await.problem(404, "unknown-memo");
}

/// An act that the log took too late is void, and stands in nobody's way: neither the member's nor the filing's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_signs_again_after_an_act_went_void() {
    let world = World::with_edition().await;
    let (memo, version) = world.memo().await;
    let field = Some("field");
    let void = world.sign_on(0, &version, Action::Sign, 1, field).await;
    world.post("/api/sign-ons", &void).await.ok::<Accepted>();
    world.wait(3600);
    world.batch().await;

    // Its number is used, and its cohort fixed.
    let again = world.sign_on(0, &version, Action::Sign, 1, field).await;
    world
        .post("/api/sign-ons", &again)
        .await
        .problem(409, "sequence");
    let other = world.sign_on(0, &version, Action::Sign, 2, None).await;
    world
        .post("/api/sign-ons", &other)
        .await
        .problem(422, "cohort");
    let gap = world.sign_on(0, &version, Action::Sign, 3, field).await;
    world
        .post("/api/sign-ons", &gap)
        .await
        .problem(409, "sequence");
    let next = world.sign_on(0, &version, Action::Sign, 2, field).await;
    world.post("/api/sign-ons", &next).await.ok::<Accepted>();
    // This one's first act will be void by the time that it is recorded, in one batch with the second.
    let soon = world.now().plus(100);
    let first = world
        .sign_on_until(soon, 1, &version, Action::Sign, 1, None)
        .await;
    world.post("/api/sign-ons", &first).await.ok::<Accepted>();
    world.wait(120);
    let second = world.sign_on(1, &version, Action::Endorse, 2, None).await;
    world.post("/api/sign-ons", &second).await.ok::<Accepted>();
    world.batch().await;

    file(&world, &version).await;
    world.batch().await;
    // And after filing.
    let soon = world.now().plus(100);
    let late = world
        .sign_on_until(soon, 1, &version, Action::Withdraw, 3, None)
        .await;
    world.post("/api/sign-ons", &late).await.ok::<Accepted>();
    world.wait(120);
    world.batch().await;
    let late = world.sign_on(1, &version, Action::Sign, 4, None).await;
    world.post("/api/sign-ons", &late).await.ok::<Accepted>();
    world.batch().await;

    let state = {
        let view = world.app.view().await.unwrap();
        view.record().memo(memo).unwrap().state()
    };
    let [tally] = &state.tallies[..] else {
        panic!("one version")
    };
    let counts = (tally.signed, tally.endorsed, tally.late);
    assert_eq!(counts, (2, 0, 1), "{tally:?}");
    assert_eq!(tally.cohorts["field"], 1);
    assert_eq!(
        world.root_after_restart().await,
        world.app.view().await.unwrap().record().root()
    );
}
