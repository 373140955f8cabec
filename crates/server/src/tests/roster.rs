//! Mailboxes, editions, attestations.

use std::collections::BTreeSet;

use demur_client::api::{
    Accepted, Enrolment, Enrolments, MAX_PART, PostEdition, PostEntry, PostReplies, PostTickets,
    Sealed,
};
use demur_encoding::{Digest, canonical, sha256};
use demur_record::{entry::Entry, promise::Subject, tiles::leaf_hash};
use demur_store::{MailRow, RosterStore as _};
use serde_json::Value;

use super::world::{OVERSEER, REGISTRAR, World, key, request};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mailboxes() {
    let world = World::new().await;
    let tickets = vec![sha256(b"one"), sha256(b"two")];
    let subject = sha256(&canonical::to_vec(&tickets).unwrap()).to_string();
    let post = |seed, subject: &str| PostTickets {
        request: request(seed, "tickets", subject, world.now()),
        tickets: tickets.clone(),
    };
    world
        .put("/api/enrolments/tickets", &post(OVERSEER, &subject))
        .await
        .problem(403, "signature");
    world
        .put("/api/enrolments/tickets", &post(REGISTRAR, ""))
        .await
        .problem(403, "signature");
    let early = PostTickets {
        request: request(REGISTRAR, "tickets", &subject, world.now().plus(301)),
        tickets: tickets.clone(),
    };
    world
        .put("/api/enrolments/tickets", &early)
        .await
        .problem(403, "clock");
    world
        .put("/api/enrolments/tickets", &post(REGISTRAR, &subject))
        .await
        .ok::<Value>();

    let path = format!("/api/enrolments/{}", tickets[0]);
    let sealed = Sealed {
        sealed: b"for the registrar".to_vec().into(),
    };
    world
        .post(&format!("/api/enrolments/{}", sha256(b"three")), &sealed)
        .await
        .problem(404, "unknown-code");
    world
        .post(
            &path,
            &Sealed {
                sealed: Vec::new().into(),
            },
        )
        .await
        .problem(422, "empty");
    world
        .post(
            &path,
            &Sealed {
                sealed: vec![0; 300 << 10].into(),
            },
        )
        .await
        .problem(413, "too-large");
    world.post(&path, &sealed).await.ok::<Value>();
    world.post(&path, &sealed).await.ok::<Value>();
    let other = Sealed {
        sealed: b"another's".to_vec().into(),
    };
    world.post(&path, &other).await.problem(409, "exists");
    world.get(&path).await.problem(404, "not-found");

    world
        .post(
            "/api/enrolments/list",
            &request(OVERSEER, "enrolments", "", world.now()),
        )
        .await
        .problem(403, "signature");
    let list = world
        .post(
            "/api/enrolments/list",
            &request(REGISTRAR, "enrolments", "", world.now()),
        )
        .await;
    let list = list.ok::<Enrolments>().enrolments;
    assert_eq!(
        list,
        [Enrolment {
            ticket: tickets[0],
            sealed: sealed.sealed.clone()
        }]
    );

    let replies = vec![Enrolment {
        ticket: tickets[0],
        sealed: b"certificate".to_vec().into(),
    }];
    let subject = sha256(&canonical::to_vec(&replies).unwrap()).to_string();
    let post = PostReplies {
        request: request(REGISTRAR, "replies", &subject, world.now()),
        replies,
    };
    world
        .put("/api/enrolments/replies", &post)
        .await
        .ok::<Value>();
    assert_eq!(
        world.get(&path).await.ok::<Sealed>().sealed.0,
        b"certificate"
    );
    for path in [
        "/api/enrolments/x",
        "/api/enrolments/%00",
        "/api/enrolments/..%2f..%2flog.key",
    ] {
        world.get(path).await.problem(404, "not-found");
    }
}

/// What waits for the registrar comes page by page: none is missing, none comes twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enrolments_come_in_pages() {
    let world = World::new().await;
    let count = 2 * MAX_PART + 7;
    let tickets: BTreeSet<_> = (0..count).map(|n| sha256(&n.to_be_bytes())).collect();
    let tickets: Vec<_> = tickets.into_iter().collect();
    world.store.add_tickets(tickets.clone()).await.unwrap();
    for (i, ticket) in tickets.iter().enumerate() {
        // A few large ones fill a page by their size.
        let sealed = vec![0; if i < 20 { 256 << 10 } else { 10 }];
        let mail = MailRow {
            ticket: *ticket,
            sealed,
        };
        world.store.enrol(mail).await.unwrap();
    }
    let mut seen: Vec<Digest> = Vec::new();
    let mut pages = Vec::new();
    loop {
        let after = seen.last().map(Digest::to_string).unwrap_or_default();
        let request = request(REGISTRAR, "enrolments", &after, world.now());
        let answer = world.post("/api/enrolments/list", &request).await;
        assert!(answer.body.len() < 6 << 20);
        let page = answer.ok::<Enrolments>();
        pages.push(page.enrolments.len());
        seen.extend(page.enrolments.iter().map(|mail| mail.ticket));
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, tickets);
    assert_eq!(pages, [12, 1_000, 995]);
    let request = request(REGISTRAR, "enrolments", "x", world.now());
    world
        .post("/api/enrolments/list", &request)
        .await
        .problem(422, "page");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn editions() {
    let world = World::new().await;
    let (good, _) = world.new_edition(1);
    let resigned = |change: fn(&mut demur_record::entry::Edition)| {
        let mut post = good.clone();
        if let Entry::Edition(edition) = &mut post.entry {
            change(edition);
        }
        post.entry = post.entry.sign(&key(REGISTRAR)).unwrap();
        post
    };
    let path = "/api/editions/1";
    world
        .put("/api/editions/2", &good)
        .await
        .problem(422, "edition");
    world
        .put("/api/editions/01", &good)
        .await
        .problem(404, "not-found");
    let by_overseer = PostEdition {
        entry: good.entry.clone().sign(&key(OVERSEER)).unwrap(),
        ..good.clone()
    };
    world
        .put(path, &by_overseer)
        .await
        .problem(403, "signature");
    world
        .put(path, &resigned(|e| e.digest = sha256(b"other")))
        .await
        .problem(422, "edition");
    world
        .put(path, &resigned(|e| e.cohorts[0].size += 1))
        .await
        .problem(422, "edition");
    world
        .put(
            path,
            &resigned(|e| e.cohorts[0].root = Digest::new([1; 32])),
        )
        .await
        .problem(422, "edition");
    world
        .put(path, &resigned(|e| e.certificates.root = sha256(b"other")))
        .await
        .problem(422, "edition");
    let mut damaged = good.clone();
    let last = damaged.file.0.len() - 1;
    damaged.file.0[last] ^= 1;
    world.put(path, &damaged).await.problem(422, "edition");
    let attestation = PostEntry {
        entry: world.attestation(&good.entry),
    };
    world
        .post("/api/entries", &attestation)
        .await
        .problem(422, "edition");

    let accepted = world.put(path, &good).await.ok::<Accepted>();
    assert_eq!(
        world.promised(&accepted),
        Subject::Entry(leaf_hash(&good.entry.to_vec().unwrap()))
    );
    world.put(path, &good).await.ok::<Accepted>();
    // The next number is 2, and what waits is seen: it can be attested at once, by the overseer.
    let by_registrar = PostEntry {
        entry: attestation.entry.clone().sign(&key(REGISTRAR)).unwrap(),
    };
    world
        .post("/api/entries", &by_registrar)
        .await
        .problem(403, "signature");
    world
        .post("/api/entries", &attestation)
        .await
        .ok::<Accepted>();
    world.batch().await;
    let again = world.new_edition(1).0;
    world.put(path, &again).await.problem(409, "edition");
    world
        .put("/api/editions/3", &world.new_edition(3).0)
        .await
        .problem(409, "edition");

    let register = |seed, subject: &str| request(seed, "register", subject, world.now());
    world
        .post("/api/editions/1/register", &register(REGISTRAR, "1"))
        .await
        .problem(403, "signature");
    world
        .post("/api/editions/1/register", &register(OVERSEER, "2"))
        .await
        .problem(403, "signature");
    let sealed = world
        .post("/api/editions/1/register", &register(OVERSEER, "1"))
        .await
        .ok::<Sealed>();
    assert_eq!(sealed.sealed.0, b"sealed register");
    world
        .post("/api/editions/2/register", &register(OVERSEER, "2"))
        .await
        .problem(404, "not-found");
    assert!(
        world
            .get("/")
            .await
            .text()
            .contains("8 in <a href=\"/roster/1\">")
    );
}
