//! The operator as attacker, where the server's own answers and logs are concerned: what they would tell a stranger, or a
//! later operator who has them. The devices' part is in `demur-client`'s tests; docs/operator.md lists both.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::Method;
use demur_client::api::{Accepted, AuthorRequest, PostAuthorMessage};
use demur_encoding::{Digest, sha256};
use demur_record::{
    entry::ApprovalBody,
    event::{Action, Event},
};

use super::{
    life::approval,
    world::{Answer, TOKEN, World, public, request},
};

fn whole(answer: &Answer) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap().to_owned();
        (name.as_str().to_owned(), value)
    });
    (
        answer.status.as_u16(),
        headers.collect(),
        answer.body.clone(),
    )
}

/// Somebody who found a memo's identifier asks in every way whether there is such a draft: with a wrong token, with
/// none, as a stranger with a key of their own. A draft and nothing at all give the same answer, byte for byte, headers
/// included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_and_nothing_answer_alike() {
    const STRANGER: u8 = 99;
    let world = World::with_edition().await;
    let (draft, version) = world.memo().await;
    let nothing = sha256(b"no memo");
    let mut answers = Vec::new();
    for memo in [draft, nothing] {
        let subject = memo.to_string();
        let sealed = demur_encoding::Bytes(b"sealed".to_vec());
        let body = ApprovalBody::File {
            memo,
            version: 1,
            version_hash: version.hash().unwrap(),
            sealed: sha256(b"file"),
        };
        let author = AuthorRequest {
            request: request(STRANGER, "case", &subject, world.now()),
        };
        let message = PostAuthorMessage {
            request: request(
                STRANGER,
                "messages",
                &sha256(&sealed.0).to_string(),
                world.now(),
            ),
            sealed,
        };
        let mut foreign = world.version(memo, None, TOKEN).await;
        foreign.event.author = public(STRANGER);
        let wrong = Digest::new([9; 32]).to_string();
        let token = [("demur-access", wrong.as_str())];
        let path = format!("/api/memos/{memo}");
        let sealed = format!("{path}/versions/1/sealed");
        let get = Method::GET;
        answers.push(
            [
                world.draft(memo, [9; 32]).await,
                world.get(&path).await,
                world.send(get.clone(), &sealed, &token, vec![]).await,
                world.get(&sealed).await,
                world.get(&format!("/m/{memo}")).await,
                world.post(&format!("{path}/author"), &author).await,
                world.post(&format!("{path}/messages"), &message).await,
                world
                    .post(
                        &format!("{path}/approvals"),
                        &approval(&body, STRANGER, Some(b"file")),
                    )
                    .await,
                world.post("/api/versions", &foreign).await,
            ]
            .map(|answer| whole(&answer)),
        );
    }
    let [of_draft, of_nothing] = &answers[..] else {
        panic!("two")
    };
    for (i, (a, b)) in of_draft.iter().zip(of_nothing).enumerate() {
        assert_eq!(a, b, "question {i}");
        assert!((400..=404).contains(&a.0), "question {i}: {a:?}");
    }
    // Who holds the link is answered: the test sees what there is.
    assert_eq!(world.draft(draft, TOKEN).await.status, 200);
}

/// The operator marks a visitor by what browsers keep: cookies, entity tags, dates, hints of other places. No answer has
/// any of these, and asked twice it is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_mark_nobody() {
    const MARKS: [&str; 12] = [
        "set-cookie",
        "etag",
        "last-modified",
        "location",
        "refresh",
        "link",
        "alt-svc",
        "accept-ch",
        "nel",
        "report-to",
        "strict-transport-security",
        "x-request-id",
    ];
    let world = World::with_edition().await;
    let (memo, _) = world.memo().await;
    for path in [
        "/",
        "/m/0000",
        "/api/channel",
        "/record/checkpoint",
        "/record/tile/0/000.p/1",
        "/record/editions/1",
        &format!("/static/{}", demur_pages::Assets::embedded().style.path),
    ] {
        let (first, second) = (world.get(path).await, world.get(path).await);
        assert_eq!(whole(&first), whole(&second), "{path}");
        for name in MARKS {
            assert!(!first.headers.contains_key(name), "{path}: {name}");
        }
    }
    let (first, second) = (
        world.draft(memo, TOKEN).await,
        world.draft(memo, TOKEN).await,
    );
    assert_eq!(whole(&first), whole(&second));
    for name in MARKS {
        assert!(!first.headers.contains_key(name), "{name}");
    }
}

/// A writer that keeps what it is given.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A later operator reads the logs, which an earlier one had set to say all they can. Nothing in them names a memo, a
/// member's nullifier, a place, a token or a file of a draft.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_at_the_finest_level() {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // Of the whole process, as the work is done on many threads; no other test sets one.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let world = World::with_edition().await;
    let (memo, version) = world.memo().await;
    let mut held = vec![memo, version.sealed, version.access, version.content_root];
    held.push(Digest::new(TOKEN));
    for member in 0..2 {
        let post = world.sign_on(member, &version, Action::Sign, 1, None).await;
        world.post("/api/sign-ons", &post).await.ok::<Accepted>();
        let slot = Event::SignOn(post.event.clone()).slot(post.salt).unwrap();
        held.extend([post.salt, slot, post.event.nullifier, post.event.note]);
    }
    world.batch().await;
    assert_eq!(world.draft(memo, TOKEN).await.status, 200);
    world
        .draft(memo, [9; 32])
        .await
        .problem(404, "unknown-memo");
    let log = kept
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let log = String::from_utf8(log).unwrap();
    assert!(
        log.contains("INSERT INTO waiting_event"),
        "the test sees the finest level"
    );
    for digest in held {
        assert!(!log.contains(&digest.to_string()), "{digest}");
        assert!(!log.contains(&digest.short()), "{digest}");
    }
}
