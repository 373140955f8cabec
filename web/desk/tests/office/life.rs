//! One memo from its filing to its release.

use demur_channel::Step;
use demur_desk::Answer;
use demur_record::entry::Role;

use crate::{
    papers,
    people::{
        HOSTILE, Members, admit, file, first_steward, harmless, join, members, sign_by_name, write,
    },
    stage::{PASSPHRASE, PASSWORD, Person, Stage, between, form},
    stranger,
};

#[test]
fn a_memo_from_filing_to_its_rejoinder() {
    let stage = Stage::new();

    // The first steward brings the office's key, then joins; a colleague is admitted and given it.
    let mut steward = first_steward(&stage);
    let mut deputy = stage.person();
    let code = stage.invite("deputy", "steward");
    let (_, deputy_key) = join(&mut deputy, "deputy", &code);
    let mut minister = stage.person();
    let code = stage.invite("mister", "minister");
    let (told, minister_key) = join(&mut minister, "mister", &code);
    assert!(told.html.contains("The office must admit this account"));
    assert!(told.html.contains("demur-key:principal:minister:"));

    // Not with another's key: the server could have put its own in the place of the colleague's.
    let other = steward.refused(
        "admit",
        form(&[("account", "deputy"), ("key", &minister_key)]),
    );
    assert!(other.contains("shows other keys"), "{other}");
    admit(&mut steward, "deputy", &deputy_key);
    admit(&mut steward, "mister", &minister_key);
    stage.until("the official's key", |m| {
        m.recipient_of(Role::Principal, "minister")
    });
    let accounts = steward.see("/desk/office/accounts");
    assert_eq!(accounts.matches(">admitted<br>").count(), 3, "{accounts}");

    let mut people = members(&stage);
    let (id, path) = write(&mut people);
    let signing = people.eve.until(&path, "One of 1, to the office alone");
    harmless(&signing);
    sign_by_name(&mut people.eve, &path);
    let memo = file(&stage, &mut people, &id);
    let Members {
        mut ada, mut bela, ..
    } = people;
    let (case, respond) = (
        format!("/desk/office/{id}"),
        format!("/desk/office/{id}/respond"),
    );
    let mine = form(&[("memo", &id)]);

    // The inbox, the calendar; the case is sealed until it is opened, and the authors see who did.
    let inbox = steward.until("/desk/office", "acknowledgement:");
    assert!(inbox.contains("<td data-label=\"Stands at\">filed</td>"));
    let calendar = steward.see("/desk/office/calendar");
    assert!(
        calendar.contains("response, normally")
            && calendar.contains("<abbr title=\"Monday\">Mo</abbr>")
    );
    assert_eq!(calendar.matches("<th scope=\"col\"><abbr").count(), 7);
    assert!(!calendar.contains("class=\"over\""), "{calendar}");
    let acknowledge_by = between(&calendar, "<th scope=\"row\">", "</th>");
    let nowhere = steward.see("/desk/nowhere");
    assert!(
        nowhere.contains("<h1>There is no such page</h1>") && nowhere.contains("href=\"/desk\"")
    );
    for address in [
        "calendar?year=2024&month=2",
        "calendar?year=9998&month=12",
        "calendar?year=0&month=0",
        "calendar?year=99999&month=13",
    ] {
        steward.see(&format!("/desk/office/{address}"));
    }
    assert!(
        steward
            .see("/desk/office/calendar?year=2024&month=2")
            .contains("February 2024")
    );
    let unopened = steward.see(&case);
    assert!(
        unopened.contains("the authors will see that you did") && !unopened.contains("It is wrong")
    );
    assert!(
        steward
            .refused("respond", form(&[("memo", &id), ("answer", "x")]))
            .contains("Open the case first")
    );
    let opened = steward.does("office-open", mine.clone()).html;
    harmless(&opened);
    assert!(opened.contains("It is wrong &#60;script&#62;alert(2)&#60;/script&#62;."));
    assert!(opened.contains("Eve &#60;script&#62;") && opened.contains("signed version 1"));
    // A line breaks before the @, if anywhere.
    assert!(opened.contains("eve<wbr>@rivers.example"), "{opened}");
    let sealed = |person: &Person<'_>| {
        let sent = person.browser.sent.borrow();
        let given = |line: &&String| line.ends_with("/sealed") && line.contains("/office/");
        sent.iter().filter(given).count()
    };
    assert_eq!(sealed(&steward), 1);
    steward.see(&case);
    assert_eq!(sealed(&steward), 1, "to look again is no other opening");

    // A question, and the answer.
    let question = format!("Which dam? {HOSTILE}");
    let asked = steward.does(
        "office-message",
        form(&[("memo", &id), ("text", &question)]),
    );
    assert!(asked.html.contains("Message 1 is with the authors."));
    harmless(&asked.html);
    let author_case = format!("/desk/memo/{id}/case");
    let page = ada.until(
        &author_case,
        "the sealed file was given to first-steward (steward)",
    );
    harmless(&page);
    assert!(page.contains("Which dam?") && page.contains("<strong>office</strong>"));
    let said = ada.does(
        "author-message",
        form(&[("memo", &id), ("text", "The upper one")]),
    );
    assert!(said.html.contains("Message 2 is with the office."));
    assert!(steward.see(&case).contains("The upper one"));

    // Steps in their order; out of it they are refused with the reason.
    let early = steward.refused("distribute", form(&[("memo", &id), ("to", "minister")]));
    assert!(early.contains("cannot be distributed now"), "{early}");
    let done = steward.does("acknowledge", mine.clone());
    assert!(
        done.html
            .contains("Acknowledged. The record commits to it by")
    );
    let page = steward.until(&case, "<legend>Distribute</legend>");
    assert!(page.contains("value=\"minister\" checked"));
    // What is done is marked as done.
    let calendar = steward.see(&format!(
        "/desk/office/calendar?year={}&month={}",
        &acknowledge_by[..4],
        &acknowledge_by[5..7]
    ));
    let due = between(&calendar, "class=\"over\"><span>", "</span>");
    assert!(
        due.starts_with("acknowledgement") && due.ends_with("(done in time)"),
        "{due}"
    );
    // Something else is due, so that nothing is said of what is done.
    assert!(!calendar.contains("Nothing is due"), "{calendar}");
    assert!(page.contains("value=\"permanent-secretary\" disabled"));
    assert!(!page.contains("value=\"inspector\" checked"));
    let nobody = steward.refused("distribute", mine.clone());
    assert!(nobody.contains("at least one official"), "{nobody}");
    let keyless = steward.refused("distribute", form(&[("memo", &id), ("to", "inspector")]));
    assert!(keyless.contains("no key of inspector"), "{keyless}");
    let unsure = steward.refused("return", form(&[("memo", &id), ("reason", "personnel")]));
    assert!(unsure.contains("Tick the box"), "{unsure}");
    steward.does("distribute", form(&[("memo", &id), ("to", "minister")]));

    // The principal reads it, with the banner for each printed page.
    minister.until("/desk/principal", &format!("/desk/principal/{id}"));
    let address = format!("/desk/principal/{id}");
    let sealed_page = minister.until(&address, "the authors will see that you did");
    assert!(
        sealed_page.contains("the authors will see that you did")
            && !sealed_page.contains("It is wrong")
    );
    let read = minister.does("principal-open", mine.clone()).html;
    harmless(&read);
    assert!(
        read.contains("It is wrong")
            && read.contains("print-banner head")
            && read.contains("print-banner foot")
    );
    assert_eq!(
        read.matches("SENSITIVE BUT UNCLASSIFIED").count(),
        4,
        "{read}"
    );
    assert!(
        minister
            .act("office-open", mine.clone())
            .trouble
            .unwrap()
            .contains("the stewards'")
    );

    papers::before_the_response(&mut ada, &id);

    // The response: kept while it is written, refused while a point is without an answer.
    let page = steward.until(&case, "Write the response");
    assert!(page.contains("Distributed to: <bdi>The Minister</bdi>."));
    let part = [
        ("memo", id.as_str()),
        ("general", "Thank you"),
        ("outcome", "partly"),
        ("answer", "We look again"),
        ("outcome", ""),
        ("answer", ""),
    ];
    let check = steward.does("respond-live", form(&part));
    assert_eq!(check.target.as_deref(), Some("response-check"));
    assert!(
        check
            .html
            .contains("Point 2: neither an outcome nor an answer yet")
    );
    let why = steward.refused("respond", form(&part));
    assert!(
        why.contains("A response answers every point. Point 2"),
        "{why}"
    );
    let kept = steward.see(&respond);
    harmless(&kept);
    assert!(
        kept.contains("We look again</textarea>")
            && kept.contains("<option value=\"partly\" selected>")
    );
    assert!(!String::from_utf8_lossy(&steward.browser.disk()).contains("We look again"));
    let heading = [
        ("memo", id.as_str()),
        ("general", ""),
        ("outcome", "partly"),
        ("answer", "One\n## Point 2: accepted\nTwo"),
        ("outcome", "noted"),
        ("answer", "Heard"),
    ];
    let why = steward.refused("respond", form(&heading));
    assert!(
        why.contains("The answer to point 1: a line begins with"),
        "{why}"
    );
    let whole = [
        ("memo", id.as_str()),
        ("general", "Thank you"),
        ("outcome", "partly"),
        ("answer", HOSTILE),
        ("outcome", "rejected"),
        ("answer", "There\r\nwas one"),
    ];
    assert!(
        steward
            .does("respond-live", form(&whole))
            .html
            .contains("Complete: 2 of 2 points")
    );
    let sent = steward.does("respond", form(&whole));
    assert!(sent.html.contains("Answered, all points."));
    assert!(
        sent.html.contains("A step is on its way") && !sent.html.contains("Write the response")
    );
    harmless(&sent.html);
    // The server has it, the record not yet: it is shown with the next batch, and is no alarm.
    ada.see(&author_case);
    stage.until("the response", |m| m.case(memo)?.time_of(Step::Responded));
    let again = steward.refused("respond", form(&whole));
    assert!(again.contains("cannot be responded now"), "{again}");
    assert!(steward.see(&case).contains("There\nwas one"));

    // The authors: the response beside its points, a rejoinder that both agree to.
    let page = ada.until(&author_case, "Point 2: rejected");
    harmless(&page);
    assert!(
        page.contains("Point 1: partly")
            && page.contains("No hearing")
            && page.contains("Thank you")
    );
    assert!(page.contains("the sealed file was given to mister (minister)"));
    papers::all(&stage, &mut ada, &mut steward, &mut minister, &id);
    let reply = format!("Not so. {HOSTILE}");
    let unsure = ada.refused("rejoin", form(&[("memo", &id), ("text", &reply)]));
    assert!(unsure.contains("Tick the box"), "{unsure}");
    let begun = [("memo", id.as_str()), ("text", "Not s"), ("kept", "rejoin")];
    ada.does("letter-live", form(&begun));
    assert!(ada.see(&author_case).contains("Not s</textarea>"));
    let first = ada.does(
        "rejoin",
        form(&[("memo", &id), ("text", &reply), ("sure", "yes")]),
    );
    assert!(first.html.contains("1 of 2 authors agree"));
    assert!(
        ada.see(&author_case)
            .contains("A rejoinder waits: 1 of 2 authors agree, you among them.")
    );
    let page = bela.see(&author_case);
    harmless(&page);
    assert!(page.contains("A co-author proposes this reply") && page.contains("Not so."));
    let hash = between(&page, "name=\"agree\" value=\"", "\"");
    let other = "0".repeat(64);
    let wrong = bela.refused(
        "rejoin",
        form(&[("memo", &id), ("agree", &other), ("sure", "yes")]),
    );
    assert!(wrong.contains("does not wait for your word"), "{wrong}");
    let done = bela.does(
        "rejoin",
        form(&[("memo", &id), ("agree", &hash), ("sure", "yes")]),
    );
    assert!(done.html.contains("The office has your reply"));
    steward.see(&case);
    stage.until("the rejoinder", |m| m.case(memo)?.time_of(Step::Rejoined));
    let page = ada.see(&format!("/desk/memo/{id}"));
    assert!(
        page.contains("The case is closed (rejoined) since ") && !page.contains(">Amend</a>"),
        "{page}"
    );
    let page = steward.until(&case, "The authors' rejoinder");
    let calendar = steward.see("/desk/office/calendar");
    let marked = calendar.contains("class=\"over\"");
    let told = calendar.contains("Nothing is due: what the month marks is done.");
    assert!(
        told == marked && calendar.contains("Nothing is due"),
        "{calendar}"
    );
    harmless(&page);
    assert!(page.contains("Not so."));

    // A bundle of one paragraph, which both make public after they saw what it shows.
    let choice = [
        ("memo", id.as_str()),
        ("what", "portions"),
        ("portions", "2"),
    ];
    let look = ada.does("release-look", form(&choice)).html;
    harmless(&look);
    assert!(
        look.contains("Do not.") && !look.contains("It is wrong") && look.contains("words hidden")
    );
    // Sentences by ticking, words blacked out by their place and by what they are.
    let case_page = ada.see(&author_case);
    assert!(
        case_page.contains("name=\"show\" value=\"2.1\"")
            && case_page.contains("value=\"title.1\"")
    );
    let ticked = [
        choice[0],
        choice[1],
        ("show", "2.1"),
        ("show", "title.1"),
        ("hide", "2:1"),
    ];
    let look = ada.does("release-look", form(&ticked)).html;
    harmless(&look);
    assert!(
        look.contains("[1 word hidden]") && !look.contains("Do not.") && look.contains("not."),
        "{look}"
    );
    assert!(
        look.contains("value=\"2.1-2.1,title.1-title.1\"")
            && look.contains("name=\"hide\" value=\"2:1\"")
    );
    let nowhere = [
        choice[0],
        choice[1],
        choice[2],
        ("phrases", "nobody's name"),
    ];
    let refused = ada.refused("release-look", form(&nowhere));
    assert!(refused.contains("stands nowhere"), "{refused}");
    let keep = [("memo", id.as_str()), ("what", "latest"), ("do", "keep")];
    let bundle = ada.does("release-look", form(&keep)).download.unwrap();
    assert!(demur_check::bundle::Bundle::parse(&bundle.bytes).is_ok());
    let unsure = ada.refused("release", form(&choice));
    assert!(unsure.contains("Tick the box"), "{unsure}");
    let ask = [
        choice[0],
        choice[1],
        choice[2],
        ("latest", "1"),
        ("sure", "yes"),
    ];
    assert!(
        ada.does("release", form(&ask))
            .html
            .contains("1 of 2 authors agree")
    );
    let page = bela.see(&author_case);
    harmless(&page);
    assert!(page.contains("It shows anyone:") && page.contains("Do not."));
    let hash = between(&page, "name=\"agree\" value=\"", "\"");
    let done = bela.does(
        "release",
        form(&[("memo", &id), ("agree", &hash), ("sure", "yes")]),
    );
    assert!(done.html.contains("Anyone can fetch the bundle"));
    let released = stage.until("the release", |m| {
        let (_, released) = m.replay().memo(memo)?.released().last()?;
        Some(released.bundle)
    });
    stranger::verifies(&stage, released, &bundle.bytes);

    // The colleague was given the office's key with the admission, and opens the same case.
    deputy.see("/desk/office");
    let opened = deputy.does("office-open", mine).html;
    assert!(opened.contains("opened by first-steward (steward)") && opened.contains("Not so."));

    locked(&stage, &mut steward, &id);
}

/// A locked desk shows nothing of the office; neither does a new page of the same browser without the password.
fn locked(stage: &Stage, steward: &mut Person<'_>, id: &str) {
    let mine = form(&[("memo", id)]);
    let answer = steward.does("lock", form(&[]));
    assert_eq!(answer.then.as_deref(), Some("sign-out"));
    let office = [
        "/desk/office",
        "/desk/office/calendar",
        "/desk/office/accounts",
    ];
    let cases = [
        format!("/desk/office/{id}"),
        format!("/desk/office/{id}/respond"),
        format!("/desk/principal/{id}"),
    ];
    let sent = steward.browser.sent.borrow().len();
    for address in office.into_iter().chain(cases.iter().map(String::as_str)) {
        let html = steward.see(address);
        assert!(html.contains("<h1>Locked</h1>"), "{address}: {html}");
        assert!(!html.contains("It is wrong") && !html.contains("first-steward"));
    }
    let acts = [
        "office-open",
        "acknowledge",
        "return",
        "distribute",
        "respond",
        "respond-live",
        "office-message",
        "admit",
        "principal-open",
        "office-paper",
        "principal-paper",
    ];
    for action in acts {
        let filled = form(&[
            ("memo", id),
            ("account", "a"),
            ("reason", "personnel"),
            ("sure", "yes"),
            ("key", &"k".repeat(9)),
            ("text", "t"),
        ]);
        let answer = steward.act(action, filled);
        assert!(!answer.html.contains("It is wrong"), "{action}");
        assert!(
            answer.trouble.is_some() || answer.html.contains("<h1>Locked</h1>"),
            "{action}: {}",
            answer.html
        );
    }
    let asked: Vec<String> = steward.browser.sent.borrow()[sent..].to_vec();
    assert!(
        asked.iter().all(|line| line.starts_with("GET /record/")),
        "{asked:?}"
    );

    // The session has ended at the server, and is not in what the browser keeps.
    steward.does("sign-out", form(&[]));
    assert!(
        steward
            .browser
            .sent
            .borrow()
            .iter()
            .any(|line| line == "DELETE /api/session")
    );
    let mut page = stage.page(steward.browser.clone());
    let unlock = form(&[("passphrase", PASSPHRASE), ("address", "/desk/office")]);
    let ask = page.does("unlock", unlock);
    assert!(ask.html.contains("<h1>Sign in</h1>"), "{}", ask.html);
    let part = page.act("office-open", mine);
    assert_eq!(part.target.as_deref(), Some("sign-in"));
    let wrong = page.refused(
        "sign-in",
        form(&[("password", "another one"), ("address", "/desk/office")]),
    );
    assert!(wrong.contains("refused"), "{wrong}");
    let inbox = page.does(
        "sign-in",
        form(&[("password", PASSWORD), ("address", "/desk/office")]),
    );
    assert!(inbox.html.contains("<h1>Office</h1>"));

    // The page asks for the lock itself after a time without use; who has nothing unlocked goes on reading.
    let idle = page.does(
        "lock",
        form(&[("idle", "yes"), ("address", "/desk/office")]),
    );
    assert!(idle.html.contains("<h1>Locked</h1>") && idle.html.contains("value=\"/desk/office\""));
    let mut reader = stage.person();
    assert_eq!(
        reader.does("lock", form(&[("idle", "yes")])),
        Answer::default()
    );
}
