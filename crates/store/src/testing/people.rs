//! Accounts, mailboxes, editions, the store itself.

use demur_encoding::Time;

use super::{batch, conflict, d, direct, file, missing, opened, opening, sign_on, version};
use crate::{
    Accepted, ConflictKind, FileKind, InvitationRow, MAX_FILE_BYTES, MAX_MESSAGE_BYTES, MailRow,
    NewAccount, NewDirect, SessionRow, Store, StoreError,
};

const NOW: Time = Time::from_unix(1_000);

fn invitation(account: &str, code: &str) -> InvitationRow {
    InvitationRow {
        code: d(code),
        account: account.to_owned(),
        expires: NOW.plus(10),
    }
}

fn new_account() -> NewAccount {
    NewAccount {
        password: "$argon2id$…".to_owned(),
        sign: d("sign"),
        seal: "age1…".to_owned(),
    }
}

pub(super) async fn accounts<S: Store>(store: S) {
    let role = || "steward".to_owned();
    store
        .invite(invitation("zoe", "old code"), role())
        .await
        .unwrap();
    store
        .invite(invitation("zoe", "code"), role())
        .await
        .unwrap();
    store
        .invite(invitation("abe", "abe's"), "secretary".to_owned())
        .await
        .unwrap();
    let exists = ConflictKind::Exists {
        what: "the account",
    };
    assert_eq!(
        conflict(
            store
                .invite(invitation("zoe", "c"), "secretary".to_owned())
                .await
        ),
        exists
    );
    let before = store.account("zoe").await.unwrap().unwrap();
    assert_eq!(
        (before.password, before.sign, before.seal),
        (None, None, None)
    );
    missing(store.take_up(d("old code"), NOW, new_account()).await);
    missing(store.take_up(d("code"), NOW.plus(10), new_account()).await);
    let zoe = store.take_up(d("code"), NOW, new_account()).await.unwrap();
    assert_eq!(
        (&zoe.name[..], &zoe.role[..], zoe.sign),
        ("zoe", "steward", Some(d("sign")))
    );
    assert_eq!(zoe.seal, Some("age1…".to_owned()));
    missing(store.take_up(d("code"), NOW, new_account()).await);
    assert_eq!(
        conflict(store.invite(invitation("zoe", "again"), role()).await),
        exists
    );
    assert_eq!(store.account("zoe").await.unwrap(), Some(zoe.clone()));
    assert_eq!(store.account("nobody").await.unwrap(), None);
    let names: Vec<_> = store
        .accounts()
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.name)
        .collect();
    assert_eq!(names, ["abe", "zoe"]);
    let debug = format!("{zoe:?} {:?}", new_account());
    assert!(!debug.contains("argon2"), "{debug}");
}

pub(super) async fn sessions<S: Store>(store: S) {
    let begin = |token: &str, account: &str, now: Time| {
        let row = SessionRow {
            token: d(token),
            account: account.to_owned(),
            expires: now.plus(10),
        };
        store.begin_session(row, now)
    };
    missing(begin("t", "zoe", NOW).await);
    store
        .invite(invitation("zoe", "code"), "steward".to_owned())
        .await
        .unwrap();
    begin("t", "zoe", NOW).await.unwrap();
    assert_eq!(
        store
            .session(d("t"), NOW.plus(9))
            .await
            .unwrap()
            .unwrap()
            .name,
        "zoe"
    );
    assert_eq!(store.session(d("t"), NOW.plus(10)).await.unwrap(), None);
    assert_eq!(store.session(d("u"), NOW).await.unwrap(), None);
    begin("u", "zoe", NOW.plus(10)).await.unwrap();
    assert_eq!(
        store.session(d("t"), NOW).await.unwrap(),
        None,
        "forgotten when it expired"
    );
    store.end_session(d("u")).await.unwrap();
    store.end_session(d("u")).await.unwrap();
    assert_eq!(store.session(d("u"), NOW).await.unwrap(), None);
    begin("v", "zoe", NOW).await.unwrap();
    store.remove_account("zoe").await.unwrap();
    assert_eq!(store.session(d("v"), NOW).await.unwrap(), None);
    missing(store.remove_account("zoe").await);
    missing(store.take_up(d("code"), NOW, new_account()).await);
}

pub(super) async fn office_keys<S: Store>(store: S) {
    missing(store.put_office_key("zoe", vec![1]).await);
    store
        .invite(invitation("zoe", "code"), "steward".to_owned())
        .await
        .unwrap();
    assert_eq!(store.office_key("zoe").await.unwrap(), None);
    store.put_office_key("zoe", vec![1]).await.unwrap();
    store.put_office_key("zoe", vec![2]).await.unwrap();
    assert_eq!(store.office_key("zoe").await.unwrap(), Some(vec![2]));
    assert_eq!(store.office_key("nobody").await.unwrap(), None);
}

pub(super) async fn mailboxes<S: Store>(store: S) {
    let mail = |ticket: &str, text: &str| MailRow {
        ticket: d(ticket),
        sealed: text.as_bytes().to_vec(),
    };
    missing(store.enrol(mail("a", "x")).await);
    store
        .add_tickets(vec![d("a"), d("b"), d("c")])
        .await
        .unwrap();
    store.enrol(mail("a", "x")).await.unwrap();
    store.enrol(mail("a", "x")).await.unwrap();
    assert!(matches!(
        conflict(store.enrol(mail("a", "y")).await),
        ConflictKind::Exists { .. }
    ));
    store.enrol(mail("b", "z")).await.unwrap();
    store.add_tickets(vec![d("a"), d("e")]).await.unwrap();
    let mut all = vec![mail("a", "x"), mail("b", "z")];
    all.sort_by_key(|row| row.ticket);
    assert_eq!(store.enrolments(None, 9, 9).await.unwrap(), all);
    // Pages, by number and by size; one alone may be larger.
    for (limit, bytes) in [(1, 9), (9, 1), (9, 0)] {
        let first = store.enrolments(None, limit, bytes).await.unwrap();
        assert_eq!(first, all[..1]);
        let after = Some(first[0].ticket);
        let second = store.enrolments(after, limit, bytes).await.unwrap();
        assert_eq!(second, all[1..]);
        let after = Some(second[0].ticket);
        assert_eq!(store.enrolments(after, limit, bytes).await.unwrap(), []);
    }
    assert_eq!(store.reply(d("a")).await.unwrap(), None);
    missing(
        store
            .put_replies(vec![mail("a", "r"), mail("unknown", "r")])
            .await,
    );
    assert_eq!(store.reply(d("a")).await.unwrap(), None, "all or none");
    store.put_replies(vec![mail("a", "r1")]).await.unwrap();
    store.put_replies(vec![mail("a", "r2")]).await.unwrap();
    assert_eq!(store.reply(d("a")).await.unwrap(), Some(b"r2".to_vec()));
    assert_eq!(store.reply(d("unknown")).await.unwrap(), None);
    assert_eq!(
        store.enrolments(None, 9, 9).await.unwrap(),
        [mail("b", "z")]
    );
}

pub(super) async fn editions<S: Store>(store: S) {
    let entry = |name: &str, number: u32| NewDirect {
        claim: Some(format!("edition/{number}")),
        ..direct(name)
    };
    let accepted = store
        .accept_edition(1, entry("one", 1), vec![1], vec![2])
        .await
        .unwrap();
    assert!(accepted.fresh);
    let again = store
        .accept_edition(1, entry("one", 1), vec![1], vec![2])
        .await
        .unwrap();
    assert_eq!(
        again,
        Accepted {
            fresh: false,
            ..accepted
        }
    );
    let other = store
        .accept_edition(1, entry("another", 1), vec![9], vec![9])
        .await;
    assert!(matches!(conflict(other), ConflictKind::Claimed { .. }));
    assert_eq!(store.edition_file(1).await.unwrap(), Some(vec![1]));
    assert_eq!(store.register(1).await.unwrap(), Some(vec![2]));
    assert_eq!(store.edition_file(2).await.unwrap(), None);
    assert_eq!(store.editions(u64::MAX).await.unwrap(), Vec::<u32>::new());
    let (first, _) = batch(&store).await.unwrap();
    store
        .accept_edition(2, entry("two", 2), vec![3], vec![4])
        .await
        .unwrap();
    batch(&store).await.unwrap();
    assert_eq!(
        store.editions(first.entries.len() as u64).await.unwrap(),
        [1]
    );
    assert_eq!(store.editions(u64::MAX).await.unwrap(), [1, 2]);
}

pub(super) async fn origin<S: Store>(store: S) {
    assert_eq!(store.origin().await.unwrap(), None);
    store.bind_origin("rivers.example/dissent").await.unwrap();
    store.bind_origin("rivers.example/dissent").await.unwrap();
    let other = conflict(store.bind_origin("lakes.example").await);
    assert_eq!(
        other,
        ConflictKind::Origin {
            origin: "rivers.example/dissent".to_owned()
        }
    );
    assert_eq!(
        store.origin().await.unwrap().as_deref(),
        Some("rivers.example/dissent")
    );
}

pub(super) async fn caps<S: Store>(store: S) {
    opened(&store, "a").await;
    let mut large = version("a", 2);
    large.sealed.bytes = vec![0; MAX_FILE_BYTES + 1];
    let mut note = sign_on("a", "ann", 1);
    note.note.bytes = vec![0; MAX_MESSAGE_BYTES + 1];
    let mut long = opening("b");
    long.event = vec![0; MAX_MESSAGE_BYTES + 1];
    let mut entry = direct("x");
    entry.memo = Some(d("a"));
    entry.file = Some(file(FileKind::Bundle, "x"));
    let too_large = [
        store.accept_version(large).await.map(drop),
        store.accept_sign_on(note).await.map(drop),
        store.accept_opening(long).await.map(drop),
        store
            .accept_edition(1, direct("e"), vec![0; MAX_FILE_BYTES + 1], vec![])
            .await
            .map(drop),
    ];
    for result in too_large {
        assert!(
            matches!(result, Err(StoreError::TooLarge { .. })),
            "{result:?}"
        );
    }
    assert_eq!(store.pending_count().await.unwrap(), 2);
}
