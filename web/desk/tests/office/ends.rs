//! How else a case can end; a session that ends meanwhile; an invitation whose answer is lost.

use demur_channel::Step;

use crate::{
    people::{HOSTILE, file, first_steward, harmless, join, members, write},
    stage::{PASSPHRASE, PASSWORD, Person, Stage, form, key_file, with_file},
};

#[test]
fn a_memo_is_returned_and_another_one_withdrawn() {
    let stage = Stage::new();
    let mut steward = first_steward(&stage);
    let mut people = members(&stage);
    let (first, _) = write(&mut people);
    let (second, _) = write(&mut people);
    let returned = file(&stage, &mut people, &first);
    let withdrawn = file(&stage, &mut people, &second);
    let case = format!("/desk/office/{first}");
    open_case(&mut people.ada, &first);

    // Acknowledged without a look into it; what the session's end interrupts is done again after the password.
    steward.until("/desk/office", &first);
    steward.browser.expired.set(true);
    let asked = steward.act("acknowledge", form(&[("memo", &first)]));
    assert_eq!(asked.target.as_deref(), Some("sign-in"));
    assert!(asked.html.contains("what you typed is still on this page"));
    let asked = steward.see("/desk/office");
    assert!(asked.contains("<h1>Sign in</h1>") && !asked.contains(&first));
    steward.browser.expired.set(false);
    let signed = steward.does("sign-in", form(&[("password", PASSWORD), ("address", "")]));
    assert!(signed.html.contains("Do the same again."));
    steward.does("acknowledge", form(&[("memo", &first)]));
    stage.until("the acknowledgement", |m| {
        m.case(returned)?.time_of(Step::Acknowledged)
    });

    // Returned for a reason of the profile's list, with a letter that the authors alone can read.
    steward.does("office-open", form(&[("memo", &first)]));
    let page = steward.see(&case);
    assert!(
        page.contains("value=\"personnel\"")
            && page.contains("The grievance board of the Ministry.")
    );
    let letter = format!("Not ours. {HOSTILE}");
    let fields = |reason: &str| {
        form(&[
            ("memo", &first),
            ("reason", reason),
            ("letter", &letter),
            ("sure", "yes"),
        ])
    };
    let unknown = steward.refused("return", fields("no-such-reason"));
    assert!(unknown.contains("has no reason"), "{unknown}");
    let done = steward.does("return", fields("not-ours"));
    assert!(done.html.contains("Returned. The record commits to it by"));
    let author_case = format!("/desk/memo/{first}/case");
    people.ada.see(&author_case);
    let page = people
        .ada
        .until(&author_case, "<h2>Returned: not-ours</h2>");
    harmless(&page);
    assert!(page.contains("Not ours. ") && page.contains("That institution&#39;s own channel."));
    closed_case(&mut people.ada, &first, "returned");
    let page = steward.until(&case, "Returned: not-ours.");
    assert!(!page.contains("<legend>Distribute</legend>") && !page.contains("Write the response"));
    let closed = steward.refused("acknowledge", form(&[("memo", &first)]));
    assert!(closed.contains("The case is closed"), "{closed}");

    // Both authors take the other one back.
    let other = format!("/desk/memo/{second}/case");
    let sure = form(&[("memo", &second), ("sure", "yes")]);
    people.ada.does("withdraw", sure.clone());
    assert!(
        people
            .ada
            .see(&other)
            .contains("A withdrawal waits: 1 of 2 authors agree")
    );
    let page = people.bela.see(&other);
    assert!(page.contains("A co-author proposes to withdraw the memo."));
    people.bela.does("withdraw", sure);
    stage.until("the withdrawal", |m| {
        m.case(withdrawn)?.time_of(Step::Withdrawn)
    });
    let inbox = steward.until("/desk/office", "closed: withdrawn");
    assert!(inbox.contains("closed: returned"));
    let page = people.ada.see(&other);
    assert!(page.contains("<dd>withdrawn</dd>"), "{page}");
    closed_case(&mut people.ada, &second, "withdrawn");
}

/// While the case is open the memo can be amended and taken back, and was filed once for all.
fn open_case(ada: &mut Person<'_>, id: &str) {
    let memo = ada.see(&format!("/desk/memo/{id}"));
    assert!(memo.contains(">Amend</a>") && memo.contains("data-act=\"withdraw\""));
    let case = ada.see(&format!("/desk/memo/{id}/case"));
    assert!(case.contains("data-act=\"withdraw\""), "{case}");
    let edit = ada.see(&format!("/desk/memo/{id}/edit"));
    assert!(edit.contains("Register as the next version"), "{edit}");
    let file = ada.see(&format!("/desk/memo/{id}/file"));
    assert!(
        file.contains("The memo was filed already: that is done once.")
            && file.contains(&format!("href=\"/desk/memo/{id}/case\"")),
        "{file}"
    );
    assert!(!file.contains("<button"), "{file}");
    let begun = form(&[("key", id), ("base", "1"), ("body", "(U) Not so fast.")]);
    ada.does("editor", begun);
}

/// A closed case takes no version and can't be taken back: neither is offered, and their pages say why.
fn closed_case(ada: &mut Person<'_>, id: &str, by: &str) {
    let told = format!("The case is closed ({by}) since ");
    let memo = ada.see(&format!("/desk/memo/{id}"));
    let case = ada.see(&format!("/desk/memo/{id}/case"));
    assert!(!memo.contains(">Amend</a>"), "{memo}");
    for page in [&memo, &case] {
        assert!(!page.contains("data-act=\"withdraw\""), "{page}");
        assert!(
            page.contains(&told) && page.contains("can&#39;t be taken back any more"),
            "{page}"
        );
    }
    let edit = ada.see(&format!("/desk/memo/{id}/edit"));
    assert!(
        edit.contains(&told) && edit.contains("the memo takes no version any more."),
        "{edit}"
    );
    assert!(!edit.contains("Register as the next version"), "{edit}");
    // What was written meanwhile is not lost.
    if by == "returned" {
        assert!(edit.contains("(U) Not so fast.</textarea>"), "{edit}");
        ada.does("discard", form(&[("key", id)]));
        let edit = ada.see(&format!("/desk/memo/{id}/edit"));
        assert!(!edit.contains("Not so fast"), "{edit}");
    }
    let file = ada.see(&format!("/desk/memo/{id}/file"));
    assert!(file.contains("filed already"), "{file}");
}

#[test]
fn an_invitation_whose_answer_was_lost_is_taken_up_all_the_same() {
    let stage = Stage::new();
    let mut steward = stage.person();
    let code = stage.invite("steward-a", "steward");
    let fields = |name: &'static str, code: &str| {
        form(&[
            ("account", name),
            ("invitation", code),
            ("password", PASSWORD),
            ("password-again", PASSWORD),
            ("passphrase", PASSPHRASE),
            ("again", PASSPHRASE),
        ])
    };
    // A wrong code leaves no account behind.
    let wrong = steward.refused("join", fields("steward-a", "no-such-invitation"));
    assert!(wrong.contains("not an invitation"), "{wrong}");
    assert!(
        steward
            .see("/desk/join")
            .contains("<h1>Take up an invitation</h1>")
    );
    // The answer is lost: the keys are kept, and the same form goes on with them.
    steward.browser.cut.set(Some("/api/accounts"));
    let cut = steward.refused("join", fields("steward-a", &code));
    assert!(cut.contains("did not answer"), "{cut}");
    let joined = steward.does("join", fields("steward-a", &code));
    assert!(joined.html.contains("demur-key:steward:steward-a:"));
    let again = steward.refused("join", fields("steward-b", &code));
    assert!(
        again.contains("holds the account steward-a already"),
        "{again}"
    );
}

#[test]
fn the_office_key_comes_to_a_key_store_that_is_in_use() {
    let stage = Stage::new();
    let mut steward = stage.person();
    let code = stage.invite("steward-a", "steward");
    let (joined, _) = join(&mut steward, "steward-a", &code);
    assert!(
        joined
            .html
            .contains("You get the office's key with the admission.")
    );
    let none = steward.refused("office-open", form(&[("memo", &"0".repeat(64))]));
    assert!(
        none.contains("Nobody has given you the office's key yet"),
        "{none}"
    );
    let passphrase = || form(&[("file-passphrase", PASSPHRASE)]);
    // Not another channel's.
    let mut foreign = stage.office.clone();
    foreign.origin = "lakes.example/dissent".to_owned();
    let file = with_file(passphrase(), "file", key_file(&foreign));
    let other = steward.refused("import", file);
    assert!(
        other.contains("of another channel: lakes.example/dissent"),
        "{other}"
    );
    let overview = steward.does(
        "import",
        with_file(passphrase(), "file", stage.office_file()),
    );
    assert!(overview.html.contains("Keys of: office.") && overview.html.contains("steward-a"));
    // An invented memo has not been given to anybody.
    let unknown = steward.refused("office-open", form(&[("memo", &"0".repeat(64))]));
    assert!(
        unknown.contains("does not show this memo as filed"),
        "{unknown}"
    );
    let sent = steward.browser.sent.borrow();
    assert!(
        !sent.iter().any(|line| line.ends_with("/sealed")),
        "{sent:?}"
    );
}
