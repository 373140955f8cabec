//! Two tabs of one browser, each with the key store unlocked: neither writes over what the other has kept.

use demur_client::key_store::KeyStore;
use demur_seal::SecretString;

use crate::{
    people::{enrol, members, write},
    stage::{PASSPHRASE, Person, Stage, form},
};

fn unlocked<'s>(stage: &'s Stage, person: &Person<'s>) -> Person<'s> {
    let mut tab = stage.page(person.browser.clone());
    tab.does("unlock", form(&[("passphrase", PASSPHRASE)]));
    tab
}

#[test]
fn what_one_tab_keeps_the_other_sees() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let mut beside = unlocked(&stage, &people.ada);
    let (memo, _) = write(&mut people);
    // The tab that was open all the while shows the memo, and keeps it when it keeps something of its own.
    assert!(beside.see("/desk").contains(&memo));
    beside.does("author-key", form(&[]));
    assert!(people.ada.see("/desk").contains(&memo));
    let mut third = unlocked(&stage, &people.ada);
    assert!(third.see("/desk").contains(&memo));
}

#[test]
fn an_act_that_another_tab_crosses_is_not_done() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, link) = write(&mut people);
    people.ada.until(&link, "Whom you are hidden among");
    let act = [
        ("act", "sign"),
        ("version", "1"),
        ("crowd", ""),
        ("when", "now"),
    ];
    let mut refused = "wait for the next batch".to_owned();
    let early = ["wait for the next batch", "can be signed from"];
    while early.iter().any(|why| refused.contains(why)) {
        std::thread::sleep(std::time::Duration::from_millis(200));
        people.ada.browser.cross_at_next_request();
        people.ada.browser.sent.borrow_mut().clear();
        refused = people.ada.refused("sign", form(&act));
    }
    assert!(refused.contains("changed in another tab"), "{refused}");
    let sent = people.ada.browser.sent.borrow().clone();
    assert!(
        !sent.iter().any(|line| line.starts_with("POST")),
        "{sent:?}"
    );
    // Done again, it is done once.
    people.ada.see(&link);
    let receipt = people.ada.does("sign", form(&act)).html;
    assert!(receipt.contains("act 1 on this memo"), "{receipt}");
    assert!(people.ada.see("/desk").contains(&memo));
}

#[test]
fn what_came_of_an_act_is_kept_though_another_tab_crosses_it() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, link) = write(&mut people);
    people.ada.until(&link, "Whom you are hidden among");
    let beside = unlocked(&stage, &people.ada);
    let keyed = form(&[]);
    beside.does_beside(&people.ada.browser, "author-key", keyed);
    let act = [
        ("act", "sign"),
        ("version", "1"),
        ("crowd", ""),
        ("when", "now"),
    ];
    let receipt = loop {
        let answer = people.ada.act("sign", form(&act));
        match answer.trouble {
            None => break answer.html,
            Some(early) => assert!(
                early.contains("wait for the next batch") || early.contains("can be signed from"),
                "{early}"
            ),
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    assert!(receipt.contains("act 1 on this memo"), "{receipt}");
    // Another page finds both on the disk: the promise, and what the other tab has made.
    let mut third = unlocked(&stage, &people.ada);
    let page = third.see(&link);
    assert!(!page.contains("no promise came back"), "{page}");
    let promise = third.does("promise", form(&[("memo", &memo), ("seq", "1")]));
    assert!(promise.download.is_some());
    let passphrase = [("passphrase", PASSPHRASE), ("again", PASSPHRASE)];
    let file = third.does("export", form(&passphrase)).download.unwrap();
    let secret = SecretString::from(PASSPHRASE.to_owned());
    let keys: KeyStore = demur_seal::unlock(&file.bytes, &secret).unwrap();
    assert_eq!(keys.offered.len(), 1);
}

#[test]
fn of_two_tabs_that_make_a_key_store_at_once_one_has_made_it() {
    let stage = Stage::new();
    let (_register, codes) =
        stage.register("name,title,email,cohorts\nAda Alder,Clerk,ada@rivers.example,\n");
    // What the first tab made, in a browser of its own.
    let mut first = stage.person();
    enrol(&mut first, &codes["ada@rivers.example"]);
    let made = |name: &str| first.browser.kept(name).unwrap();
    let (lock, keys, texts) = (made("lock"), made("keys"), made("texts"));
    // The second one comes to its own in between.
    let mut second = stage.person();
    second.browser.keep("keys", &keys);
    second.browser.keep("texts", &texts);
    second.browser.lock_first(&lock);
    let code = codes["ada@rivers.example"].as_str();
    let begin = [
        ("code", code),
        ("passphrase", "another passphrase"),
        ("again", "another passphrase"),
    ];
    let lost = second.refused("enrol", form(&begin));
    assert!(lost.contains("changed in another tab"), "{lost}");
    for (name, theirs) in [("lock", lock), ("keys", keys), ("texts", texts)] {
        assert_eq!(second.browser.kept(name).unwrap(), theirs, "{name}");
    }
    let page = unlocked(&stage, &second).see("/desk/member");
    assert!(page.contains("membership"), "{page}");
}

#[test]
fn what_one_writes_is_kept() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, _) = write(&mut people);
    let none = people
        .ada
        .act("letter-live", form(&[("memo", &memo), ("kept", "keys")]));
    assert!(none.trouble.is_some());
    let live = [
        ("memo", memo.as_str()),
        ("kept", "message"),
        ("text", "Dear o"),
    ];
    let kept = people.ada.does("letter-live", form(&live));
    assert_eq!(kept.target.as_deref(), Some("message-kept"));
    assert!(
        !people
            .ada
            .browser
            .disk()
            .windows(6)
            .any(|part| part == b"Dear o")
    );
}

#[test]
fn what_is_removed_is_removed_whole() {
    let stage = Stage::new();
    let (_register, codes) =
        stage.register("name,title,email,cohorts\nAda Alder,Clerk,ada@rivers.example,\n");
    let mut ada = stage.person();
    enrol(&mut ada, &codes["ada@rivers.example"]);
    // What a registrar and an overseer keep.
    ada.browser.keep("register", b"sealed");
    ada.browser.keep("register-of-1", b"sealed");
    let wrong = ada.refused("forget", form(&[("passphrase", "not the passphrase")]));
    assert!(wrong.contains("not the passphrase"), "{wrong}");
    assert!(ada.browser.names().iter().any(|name| name == "lock"));
    ada.does("forget", form(&[("passphrase", PASSPHRASE)]));
    // The public record is no secret, and tells nothing of who read it.
    assert_eq!(ada.browser.names(), ["mirror"]);
}

#[test]
fn a_key_store_that_another_tab_removed_is_locked_here() {
    let stage = Stage::new();
    let (_register, codes) =
        stage.register("name,title,email,cohorts\nAda Alder,Clerk,ada@rivers.example,\n");
    let mut ada = stage.person();
    enrol(&mut ada, &codes["ada@rivers.example"]);
    let mut beside = unlocked(&stage, &ada);
    beside.browser.remove_all();
    let page = ada.see("/desk");
    assert!(page.contains("Begin on this device"), "{page}");
    let page = beside.open("/desk/member").html;
    assert!(page.contains("Begin on this device"), "{page}");
}
