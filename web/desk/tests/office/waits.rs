//! A sign-on between its making and its sending, and when nothing is signed any more.

use demur_desk::Answer;

use crate::{
    people::{amend_after, file, members, write},
    stage::{PASSPHRASE, Person, Stage, form},
};

const CHOICES: &str = "Whom you are hidden among";
const NOT_SENT: &str = "Not sent yet: it goes at about 20";
/// The longest delay, in seconds.
const MAX_DELAY: u64 = 15 * 60;

/// Signs once the version has stood for its quiet period.
fn sign(person: &mut Person<'_>, when: &str) -> Answer {
    loop {
        let act = [
            ("act", "sign"),
            ("version", "1"),
            ("crowd", ""),
            ("when", when),
        ];
        let answer = person.act("sign", form(&act));
        match &answer.trouble {
            Some(early)
                if early.contains("wait for the next batch")
                    || early.contains("can be signed from") => {}
            _ => return answer,
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// Another page of the same browser, as after the first one was closed.
fn unlocked<'s>(stage: &'s Stage, person: &Person<'s>, path: &str) -> (Person<'s>, Answer) {
    let mut page = stage.page(person.browser.clone());
    let locked = page.open(path);
    assert!(!locked.unlocked && locked.html.contains("Unlock your key store to sign"));
    let answer = page.does("unlock", form(&[("passphrase", PASSPHRASE)]));
    assert!(answer.unlocked);
    (page, answer)
}

fn sent(person: &Person<'_>) -> usize {
    let sent = person.browser.sent.borrow();
    sent.iter().filter(|line| line.starts_with("POST")).count()
}

/// Follows what is due until something is shown.
fn shown(person: &mut Person<'_>, mut answer: Answer) -> Answer {
    loop {
        answer = person.follow(&answer).expect("it goes on");
        if !answer.html.is_empty() {
            return answer;
        }
    }
}

#[test]
fn a_sign_on_that_waits_is_told_as_what_it_is() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, path) = write(&mut people);
    let of = form(&[("memo", &memo)]);
    let eve = &mut people.eve;
    eve.until(&path, CHOICES);
    eve.browser.sent.borrow_mut().clear();
    let made = sign(eve, "later");
    assert_eq!(made.trouble, None);
    assert_eq!(made.target.as_deref(), Some("signing"));
    assert!(made.html.contains(NOT_SENT), "{}", made.html);
    assert!(!made.html.contains(CHOICES) && !made.html.contains("something is wrong"));
    assert_eq!(sent(eve), 0);
    // In turns, between which the page can be locked; and that ends them.
    let turn = eve.follow(&made).unwrap();
    assert!(turn.html.is_empty() && turn.trouble.is_none() && turn.then.is_some());
    let here = path.split('#').next().unwrap();
    let locked = eve.does("lock", form(&[("idle", "yes"), ("address", here)]));
    assert!(locked.html.contains("<h1>Locked</h1>") && !locked.unlocked);
    assert_eq!(eve.follow(&turn), Some(Answer::default()));

    // The page was closed: it is told as what it is, and thrown away by who thinks better of it.
    let (mut again, page) = unlocked(&stage, eve, &path);
    assert!(page.html.contains(NOT_SENT), "{}", page.html);
    assert!(page.html.contains("you signed version 1; not sent yet"));
    for wrong in ["no promise came back", "something is wrong", CHOICES] {
        assert!(!page.html.contains(wrong), "{wrong}: {}", page.html);
    }
    let gone = again.does("unsend", of.clone());
    assert!(gone.html.contains("Thrown away: nothing was sent."));
    assert!(gone.html.contains(CHOICES) && !gone.html.contains("Your acts on this memo"));
    assert_eq!((again.follow(&gone), sent(&again)), (None, 0));
    // To withdraw does the same.
    assert!(sign(&mut again, "later").html.contains(NOT_SENT));
    let withdraw = [("act", "withdraw"), ("version", "1"), ("when", "now")];
    let gone = again.does("sign", form(&withdraw)).html;
    assert!(gone.contains("Thrown away: nothing was sent."), "{gone}");

    // Another act waits for it; the same one can go at once.
    assert!(sign(&mut again, "later").html.contains(NOT_SENT));
    let endorse = [
        ("act", "endorse"),
        ("version", "1"),
        ("crowd", ""),
        ("when", "now"),
    ];
    let why = again.refused("sign", form(&endorse));
    assert!(why.contains("was not sent yet"), "{why}");
    // What can't be kept as being sent is not sent.
    again.browser.full.set(true);
    let why = again.refused("send", of.clone());
    assert!(why.contains("disk is full"), "{why}");
    again.browser.full.set(false);
    assert_eq!(sent(&again), 0);
    let waits = again.open(&path);
    assert!(waits.html.contains(NOT_SENT), "{}", waits.html);

    // Its time has passed and the page is opened again: it goes by itself, after a moment, and once.
    let (beside, _) = unlocked(&stage, &again, &path);
    again.browser.ahead.set(MAX_DELAY + 1);
    let (mut late, page) = unlocked(&stage, &again, &path);
    assert!(
        page.html.contains("Not sent yet: it was due at 20") && page.html.contains("Send it now")
    );
    assert!(late.follow(&page).unwrap().html.is_empty());
    assert_eq!(sent(&late), 0);
    beside.does_at_swap(&late.browser, "keys", "send", of);
    let done = shown(&mut late, page);
    assert!(
        done.html.contains("promised under the log"),
        "{}",
        done.html
    );
    assert_eq!(sent(&late), 1, "another tab has sent it meanwhile");
    // The tab that waited all the while sends nothing.
    let told = shown(&mut again, waits);
    assert!(told.html.contains("act 1") || told.html.contains("Act 1"));
    assert_eq!(sent(&late), 1);
    late.until(&path, ">Withdraw<");
}

/// From when it is being sent only the server knows: the very same act is sent again.
#[test]
fn a_sign_on_whose_answer_is_lost_was_sent() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (_, path) = write(&mut people);
    let eve = &mut people.eve;
    eve.until(&path, CHOICES);
    // Of a delayed one, when its time comes.
    let waits = sign(eve, "later");
    assert!(waits.html.contains(NOT_SENT));
    eve.browser.ahead.set(MAX_DELAY + 1);
    eve.browser.cut.set(Some("/api/sign-ons"));
    let lost = shown(eve, waits);
    assert!(lost.trouble.unwrap().contains("did not answer"));
    assert!(lost.html.contains("no promise came back"), "{}", lost.html);
    // What the first act showed is fixed, though it showed no cohort.
    assert!(lost.html.contains(CHOICES));
    assert!(lost.html.contains("Your first act on this memo fixed this"));
    // The same again counts once, and the server had taken it.
    let again = sign(eve, "later");
    assert_eq!(again.target.as_deref(), Some("signing"));
    eve.until(&path, ">Withdraw<");
    let page = eve.see(&path);
    assert!(page.contains("1 of them have signed this version so."));
}

#[test]
fn after_its_end_nobody_is_invited_to_sign() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (id, path) = write(&mut people);
    const LATER: &str = "value=\"later\" checked";
    let page = people.eve.until(&path, CHOICES);
    assert!(page.contains(LATER) && !page.contains("too late"), "{page}");
    file(&stage, &mut people, &id);
    // Under the demo's profile it can be sent for nine minutes: the longest delay is longer.
    let page = people.eve.until(&path, "Late sign-ons are taken until 20");
    assert!(!page.contains(LATER) && page.contains("value=\"now\" checked"));
    assert!(page.contains("this may be too late"), "{page}");
    people.eve.browser.ahead.set(9 * 60 + 1);
    let page = people.eve.see(&path);
    assert!(page.contains("Sign-ons ended on 20"), "{page}");
    for gone in [CHOICES, ">Sign<", "Late sign-ons"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
}

/// Who signed an earlier version can read it again, whole, and is told what is otherwise since.
#[test]
fn what_was_signed_earlier_can_be_read_and_compared() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (id, path) = write(&mut people);
    people.eve.until(&path, CHOICES);
    assert!(sign(&mut people.eve, "now").html.contains("act 1"));
    people.eve.until(&path, ">Withdraw<");
    amend_after(&mut people, &id, 1, "(SBU) It is wrong.\n\n(U) Second.");
    let page = people.eve.until(&path, "Memo, version 2");
    assert!(page.contains("What changed since version 1, which you signed"));
    amend_after(&mut people, &id, 2, "(SBU) It is wrong.\n\n(U) Third.");
    let page = people.eve.until(&path, "Memo, version 3");
    assert!(
        page.contains("What changed since version 1, which you signed"),
        "{page}"
    );
    assert!(!page.contains("Second"));
    for (number, text) in [("1", "Do not."), ("2", "Second.")] {
        let read = people.eve.does("version", form(&[("number", number)])).html;
        assert!(read.contains(&format!("Memo, version {number}")) && read.contains(text));
        assert!(read.contains("Version 3 has taken this one's place") && !read.contains(CHOICES));
        assert!(
            read.contains("Read version 3") && !read.contains(&format!("Read version {number}"))
        );
    }
    let none = people.eve.refused("version", form(&[("number", "4")]));
    assert!(none.contains("versions 1 to 3, not 4"), "{none}");
    // So can who has the link alone.
    let mut reader = stage.person();
    let page = reader.see(&path);
    assert!(
        page.contains("What changed since version 2</summary>"),
        "{page}"
    );
    let first = reader.does("version", form(&[("number", "1")])).html;
    assert!(first.contains("Do not."));
}
