//! Accounts and sessions.

use axum::http::Method;
use demur_client::api::{Accounts, PostAccount, Sealed, Session, SignIn};
use demur_encoding::Digest;
use serde_json::{Value, json};

use super::world::{SEAL, World, public, request};
use crate::{
    init::invite_into,
    limits::{MAX_FAILURES, SESSION_SECONDS},
};

const PASSWORD: &str = "correct horse battery";

/// Takes an invitation up and signs in.
pub(super) async fn account(world: &World, name: &str, role: &str, seed: u8) -> String {
    let invitation = invite(world, name, role).await;
    let post = PostAccount {
        invitation,
        password: PASSWORD.to_owned(),
        sign: public(seed),
        seal: SEAL.to_owned(),
    };
    world.post("/api/accounts", &post).await.ok::<Value>();
    let session = world
        .post("/api/session", &sign_in(world, name, PASSWORD, seed))
        .await
        .ok::<Session>();
    assert_eq!(session.role, role);
    session.session
}

async fn invite(world: &World, name: &str, role: &str) -> String {
    let made = invite_into(&world.store, name, role, world.now())
        .await
        .unwrap();
    made.code.to_string()
}

fn sign_in(world: &World, name: &str, password: &str, seed: u8) -> SignIn {
    SignIn {
        account: name.to_owned(),
        password: password.to_owned(),
        request: request(seed, "sign-in", name, world.now()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invitations_sessions_and_roles() {
    let world = World::new().await;
    let invitation = invite(&world, "ada", "steward").await;
    let post = |invitation: &str, password: &str| PostAccount {
        invitation: invitation.to_owned(),
        password: password.to_owned(),
        sign: public(1),
        seal: SEAL.to_owned(),
    };
    world
        .post("/api/accounts", &post(&invitation, "short"))
        .await
        .problem(422, "password");
    world
        .post("/api/accounts", &post("0000-0000", PASSWORD))
        .await
        .problem(403, "invitation");
    let bad = PostAccount {
        seal: "AGE-SECRET-KEY-1".to_owned(),
        ..post(&invitation, PASSWORD)
    };
    world
        .post("/api/accounts", &bad)
        .await
        .problem(422, "account");
    // Before it is taken up nobody can sign in.
    world
        .post("/api/session", &sign_in(&world, "ada", "", 1))
        .await
        .problem(403, "sign-in");
    world
        .post("/api/accounts", &post(&invitation.to_uppercase(), PASSWORD))
        .await
        .ok::<Value>();
    world
        .post("/api/accounts", &post(&invitation, PASSWORD))
        .await
        .problem(403, "invitation");

    // An unknown account and a wrong password sound alike.
    let wrong = world
        .post(
            "/api/session",
            &sign_in(&world, "ada", "wrong horse battery", 1),
        )
        .await;
    // As do an unknown account and another's key, with the right password even.
    for (name, seed) in [("bob", 1), ("ada", 2)] {
        let other = sign_in(&world, name, PASSWORD, seed);
        let other = world.post("/api/session", &other).await;
        assert_eq!(wrong.body, other.body);
    }
    wrong.problem(403, "sign-in");
    let session = world
        .post("/api/session", &sign_in(&world, "ada", PASSWORD, 1))
        .await
        .ok::<Session>()
        .session;
    let accounts = world
        .as_account(&session, Method::GET, "/api/office/accounts", &())
        .await
        .ok::<Accounts>();
    assert_eq!(accounts.accounts[0].sign, Some(public(1)));

    for bad in [
        "",
        "Bearer",
        "Bearer x",
        "Basic abc",
        &format!("Bearer {}", Digest::new([0; 32])),
    ] {
        let answer = world
            .send(
                Method::GET,
                "/api/office/accounts",
                &[("authorization", bad)],
                vec![],
            )
            .await;
        answer.problem(401, "session");
    }
    world
        .get("/api/office/accounts")
        .await
        .problem(401, "session");
    // A session counts in its own header only.
    let cookie = format!("session={session}");
    world
        .send(
            Method::GET,
            "/api/office/accounts",
            &[("cookie", &cookie)],
            vec![],
        )
        .await
        .problem(401, "session");

    let minister = account(&world, "min", "minister", 2).await;
    for (method, path) in [
        (Method::GET, "/api/office/accounts".to_owned()),
        (Method::GET, "/api/office/cases".to_owned()),
        (
            Method::GET,
            format!("/api/office/cases/{}/sealed", Digest::new([1; 32])),
        ),
        (Method::GET, "/api/office/key".to_owned()),
    ] {
        world
            .as_account(&minister, method, &path, &json!({}))
            .await
            .problem(403, "role");
    }
    world
        .as_account(&session, Method::GET, "/api/principal/cases", &())
        .await
        .problem(403, "role");

    // The office's key for a colleague.
    let sealed = Sealed {
        sealed: b"wrapped".to_vec().into(),
    };
    world
        .as_account(&session, Method::GET, "/api/office/key", &())
        .await
        .problem(404, "not-found");
    world
        .as_account(&session, Method::PUT, "/api/office/key/min", &sealed)
        .await
        .problem(404, "not-found");
    world
        .as_account(&session, Method::PUT, "/api/office/key/ada", &sealed)
        .await
        .ok::<Value>();
    assert_eq!(
        world
            .as_account(&session, Method::GET, "/api/office/key", &())
            .await
            .ok::<Sealed>(),
        sealed
    );

    world
        .as_account(&minister, Method::DELETE, "/api/session", &())
        .await
        .ok::<Value>();
    world
        .as_account(&minister, Method::GET, "/api/principal/cases", &())
        .await
        .problem(401, "session");
    world.wait(SESSION_SECONDS);
    world
        .as_account(&session, Method::GET, "/api/office/accounts", &())
        .await
        .problem(401, "session");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_ends_after_some_attempts_for_who_has_the_key() {
    let world = World::new().await;
    account(&world, "ada", "steward", 1).await;
    for _ in 0..MAX_FAILURES {
        world
            .post(
                "/api/session",
                &sign_in(&world, "ada", "a wrong password", 1),
            )
            .await
            .problem(403, "sign-in");
    }
    world
        .post("/api/session", &sign_in(&world, "ada", PASSWORD, 1))
        .await
        .problem(429, "attempts");
    world.wait(900);
    world
        .post("/api/session", &sign_in(&world, "ada", PASSWORD, 1))
        .await
        .ok::<Session>();
}

/// Who lacks the account's key neither learns whether a password is right, nor keeps the owner out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outsiders_lock_nobody_out() {
    let world = World::new().await;
    account(&world, "ada", "steward", 1).await;
    let forged = |seed: u8| {
        let mut post = sign_in(&world, "ada", PASSWORD, seed);
        post.request.key = public(1);
        post
    };
    for _ in 0..3 * MAX_FAILURES {
        world
            .post("/api/session", &sign_in(&world, "ada", PASSWORD, 2))
            .await
            .problem(403, "sign-in");
        world
            .post("/api/session", &forged(2))
            .await
            .problem(403, "signature");
    }
    world
        .post("/api/session", &sign_in(&world, "ada", PASSWORD, 1))
        .await
        .ok::<Session>();
    // A signature for another account, and an old one.
    let mut other = sign_in(&world, "ada", PASSWORD, 1);
    other.account = "bob".to_owned();
    world
        .post("/api/session", &other)
        .await
        .problem(403, "signature");
    let old = sign_in(&world, "ada", PASSWORD, 1);
    world.wait(301);
    world.post("/api/session", &old).await.problem(403, "clock");
}

#[tokio::test]
async fn an_invitation_needs_a_role_of_the_profile() {
    let world = World::new().await;
    let data = world.dir.path().join("data");
    assert!(crate::invite(&data, "eve", "emperor").await.is_err());
    assert!(crate::invite(&data, "Eve!", "steward").await.is_err());
    // While the server runs.
    let invitation = crate::invite(&data, "eve", "inspector").await.unwrap();
    assert!(!format!("{invitation:?}").contains(invitation.code.as_str()));
    assert!(
        crate::invite(dir_of_nothing().path(), "eve", "steward")
            .await
            .is_err()
    );
}

fn dir_of_nothing() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
