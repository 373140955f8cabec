//! Two tabs of one browser, each with the key store unlocked: neither writes over what the other has kept.

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
