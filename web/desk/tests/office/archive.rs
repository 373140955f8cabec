//! The archive at the desk: what is added is found, nothing is sent, nothing lies in clear, and nothing that cannot be used changes it.

use demur_desk::Form;

use crate::{
    people::{self, Members, first_steward, harmless, members, write, write_text},
    stage::{PASSPHRASE, Person, Stage, between, form, with_named},
};

/// A memo as its author keeps it as a file.
const FERRY: &str = "+++\ntitle = \"(U) On the ferry <b>at Dacca</b>\"\n+++\n\n(U) It carries four hundred passengers where only two hundred may stand.\n\n\
    (SBU) Nobody has asked the captain whether the lifeboat was ever lowered into the river.\n";

/// Text of the memo that [`members`] write.
const WRONG: &str = "It is wrong <script>alert(2)</script>.";

fn file(name: &str, bytes: &[u8]) -> Form {
    with_named(form(&[]), "file", name, bytes.to_vec())
}

fn copy(name: &str, bytes: &[u8]) -> Form {
    with_named(form(&[]), "copy", name, bytes.to_vec())
}

fn quote(text: &str) -> Form {
    form(&[("quote", text)])
}

/// What of the archive is on the disk.
fn kept(person: &Person<'_>) -> Vec<(String, Vec<u8>)> {
    let names = person.browser.names().into_iter();
    names
        .filter(|name| name.starts_with("archive"))
        .map(|name| {
            let bytes = person.browser.kept(&name).unwrap();
            (name, bytes)
        })
        .collect()
}

/// What may become of what is kept: a segment, or the list.
type Harm = fn(&Person<'_>, &str);

/// Somebody with a key store, and nothing else.
fn somebody(stage: &Stage) -> Person<'_> {
    let mut person = stage.person();
    let fields = [
        ("role", "overseer"),
        ("origin", crate::stage::ORIGIN),
        ("passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
    ];
    person.does("key-new", form(&fields));
    person
}

#[test]
fn a_copy_leads_to_its_memo_and_version() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, _) = write(&mut people);
    let Members { ada, .. } = &mut people;
    let page = ada.see("/desk/archive");
    assert!(page.contains("Nothing is in it yet."), "{page}");
    assert!(page.contains("This browser has links to 1 memo."), "{page}");
    let none = ada.refused("archive-match", quote("four hundred passengers where"));
    assert!(none.contains("Nothing is in the archive"), "{none}");

    let page = ada.does("archive-mine", form(&[])).html;
    assert!(
        page.contains("1 version added; the archive has 1 version of 1 memo."),
        "{page}"
    );
    // From here on nothing is sent.
    ada.browser.sent.borrow_mut().clear();
    let page = ada.does("archive-add", file("ferry.v3.md", FERRY.as_bytes()));
    let page = page.html;
    assert!(
        page.contains("1 version added; the archive has 2 versions of 2 memos."),
        "{page}"
    );
    let again = ada.does("archive-add", file("ferry.v3.md", FERRY.as_bytes()));
    assert!(
        again.html.contains("0 versions added, 1 known already"),
        "{}",
        again.html
    );

    // The copy with one word changed: which memo, which version, which word.
    let changed = FERRY.replace("two hundred", "six hundred");
    let changed = changed.split_once("\n\n").unwrap().1;
    let html = format!(
        "<!doctype html><title>x</title><p>{}</p>",
        changed.replace("\n\n", "</p><p>")
    );
    let mail = format!("From: a@b.example\nSubject: x\nContent-Type: text/plain\n\n{changed}");
    let questions = [
        form(&[("text", changed)]),
        copy("copy.txt", changed.as_bytes()),
        copy("copy.html", html.as_bytes()),
        copy("copy.eml", mail.as_bytes()),
    ];
    for (question, n) in questions.into_iter().zip(0..) {
        let found = ada.does("archive-match", question);
        assert_eq!(found.target.as_deref(), Some("found"));
        let found = found.html;
        harmless(&found);
        assert!(
            found.contains("No memo of the archive has this text word for word."),
            "{n}: {found}"
        );
        assert!(
            found.contains("1. <bdi>ferry</bdi>, version 3:"),
            "{n}: {found}"
        );
        assert!(found.contains(">ALTERED</span>"), "{n}: {found}");
        assert!(
            found.contains("the memo has <del>two</del>, the copy <ins>six</ins>"),
            "{n}: {found}"
        );
        assert!(found.contains("not proved by a bundle"), "{n}: {found}");
        assert!(!found.contains("2. "), "{n}: {found}");
    }
    let whole = FERRY.split_once("\n\n").unwrap().1;
    let found = ada.does("archive-match", form(&[("text", whole)])).html;
    assert!(
        found.contains("Found, word for word, in a text that no bundle has proved."),
        "{found}"
    );

    // A quotation; and what the link opened goes by its identifier.
    let found = ada
        .does("archive-match", quote("asked the captain whether"))
        .html;
    assert!(found.contains(">verbatim</span>"), "{found}");
    assert!(found.contains("version 3: paragraph 2"), "{found}");
    let found = ada.does("archive-match", quote(WRONG)).html;
    harmless(&found);
    assert!(
        found.contains(&format!("<a href=\"/m/{memo}\"><code>{memo}</code></a>: ")),
        "{found}"
    );
    let found = ada.does("archive-match", quote("a sentence that stands nowhere"));
    assert!(
        found
            .html
            .contains("No memo of the archive has this passage."),
        "{}",
        found.html
    );

    let found = ada.does("archive-search", form(&[("words", "Lifeboat river zebra")]));
    let found = found.html;
    harmless(&found);
    assert!(
        found.contains("<bdi>ferry</bdi> (version 3), paragraph 2:")
            && found.contains("In no memo: zebra."),
        "{found}"
    );
    let found = ada.does("archive-search", form(&[("words", "zebra")])).html;
    assert!(
        found.contains("No memo of the archive has these words."),
        "{found}"
    );

    let sent = ada.browser.sent.borrow().clone();
    assert_eq!(sent, [] as [String; 0]);
    // Sealed: neither words nor names lie in clear.
    let disk = ada.browser.disk();
    for text in ["lifeboat", "ferry", "demur-archive/1", "It is wrong"] {
        let found = disk.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(!found, "{text}");
    }
    // Locked, it answers nothing.
    ada.does("lock", form(&[]));
    let page = ada.act("archive-match", quote("asked the captain whether"));
    assert!(page.html.contains("Unlock"), "{}", page.html);
}

#[test]
fn a_bundle_proves_what_a_steward_has_open() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, _) = write(&mut people);
    people::file(&stage, &mut people, &memo);
    let mut steward = first_steward(&stage);
    let closed = steward.refused("archive-case", form(&[]));
    assert!(closed.contains("Open the memo first"), "{closed}");
    steward.does("sign-in", form(&[("password", crate::stage::PASSWORD)]));
    steward.does("office-open", form(&[("memo", &memo)]));
    let page = steward.see("/desk/archive");
    assert!(
        page.contains("is open on your account's pages, version 1."),
        "{page}"
    );
    steward.browser.sent.borrow_mut().clear();
    let page = steward.does("archive-case", form(&[])).html;
    assert!(
        page.contains("1 version added; the archive has 1 version of 1 memo."),
        "{page}"
    );
    // It was opened once: nobody is told of a second time.
    assert_eq!(*steward.browser.sent.borrow(), [] as [String; 0]);
    let found = steward.does("archive-match", quote(WRONG)).html;
    assert!(
        found.contains(&memo) && found.contains("(not proved by a bundle)"),
        "{found}"
    );

    // The authors' bundle has the same text, and proves it.
    let keep = [("memo", memo.as_str()), ("what", "latest"), ("do", "keep")];
    let bundle = people.ada.does("release-look", form(&keep));
    let bundle = bundle.download.unwrap().bytes;
    let named = file("memo.demur", &bundle).with("version", "2");
    let told = steward.refused("archive-add", named);
    assert!(told.contains("a bundle says itself which memo"), "{told}");
    let page = steward
        .does("archive-add", file("memo.demur", &bundle))
        .html;
    assert!(page.contains("0 versions added, 1 known already"), "{page}");
    let found = steward.does("archive-match", quote(WRONG)).html;
    assert!(
        found.contains("(proved by a bundle)") && found.contains(">verbatim</span>"),
        "{found}"
    );

    // Held against another channel's key, or with a byte changed, it is none.
    let before = kept(&steward);
    let key = "other.example/x+00000000+AAAA";
    let told = steward.refused("archive-add", file("m", &bundle).with("key", key));
    assert!(told.contains("neither a verifier key"), "{told}");
    let mut damaged = bundle.clone();
    let at = damaged.len() - 40;
    damaged[at] ^= 1;
    let told = steward.refused("archive-add", file("memo.demur", &damaged));
    assert!(
        told.starts_with("memo.demur: ") && told.ends_with("Nothing was added."),
        "{told}"
    );
    // One that hides words is no whole text.
    let part = [
        ("memo", memo.as_str()),
        ("what", "portions"),
        ("portions", "2"),
        ("do", "keep"),
    ];
    let part = people.ada.does("release-look", form(&part)).download;
    let told = steward.refused("archive-add", file("part.demur", &part.unwrap().bytes));
    assert!(told.contains("shows no version whole"), "{told}");
    assert!(kept(&steward) == before);
}

#[test]
fn what_cannot_be_opened_is_left_out_by_name() {
    let stage = Stage::new();
    let mut people = members(&stage);
    let (memo, _) = write(&mut people);
    let (gone, _) = write_text(&mut people, "(U) Nothing is left of this one.");
    for person in [&mut people.ada, &mut people.bela] {
        person.see(&format!("/desk/memo/{gone}"));
        person.does("withdraw", form(&[("memo", &gone), ("sure", "yes")]));
    }
    let page = people.ada.does("archive-mine", form(&[])).html;
    assert!(
        page.contains("1 version added") && page.contains("1 memo or version was left out"),
        "{page}"
    );
    let short = &gone[..8];
    assert!(
        page.contains(&format!("<li>Memo {short}: The server shows no memo")),
        "{page}"
    );
    assert!(
        !page.contains(&format!("<li>Memo {}", &memo[..8])),
        "{page}"
    );
}

#[test]
fn what_is_no_memo_changes_nothing() {
    let stage = Stage::new();
    let mut person = somebody(&stage);
    person.does("archive-add", file("ferry.md", FERRY.as_bytes()));
    let before = kept(&person);
    assert_eq!(before.len(), 2);
    let other = FERRY.replace("captain", "mate");
    let long = "n".repeat(257);
    let two = with_named(
        file("a.md", FERRY.as_bytes()),
        "file",
        "b.md",
        b"x".to_vec(),
    );
    let many = (0..=200).fold(form(&[]), |form, n| {
        with_named(form, "file", &format!("{n}.md"), FERRY.as_bytes().to_vec())
    });
    for (bad, why) in [
        (form(&[]), "Choose bundles"),
        (
            file("a.md", b"\xff\xfe\x00"),
            "a.md: not UTF-8 text (byte 0). Nothing",
        ),
        (file("a.md", b"no head"), "a.md: "),
        (two, "b.md: "),
        (many, "At most 200 files"),
        (
            file("a.pdf", b"%PDF-1.7\n"),
            "a.pdf: an official paper has its bundle inside, once and as it is; this PDF has not. Add the memo's bundle",
        ),
        (file("a.docx", b"PK\x03\x04x"), "a.docx: damaged"),
        (file("a.demur", b"demur-bundle"), "a.demur: "),
        (
            file("ferry.md", other.as_bytes()),
            "The archive has another text as version 1 of ferry; a version never changes.",
        ),
        (
            file("a.md", FERRY.as_bytes()).with("memo", &long),
            "A memo's name has 1 to 256 bytes.",
        ),
        (
            file("a.md", FERRY.as_bytes()).with("version", "0"),
            "The version: a number from 1 on.",
        ),
        (
            with_named(file("a.md", b"x"), "file", "b.md", b"y".to_vec()).with("version", "2"),
            "The version is one file's",
        ),
    ] {
        let told = person.refused("archive-add", bad);
        assert!(told.contains(why), "{told}");
        harmless(&told);
        assert!(kept(&person) == before, "{told}");
    }
    // A name is shown as what it is.
    let hostile = people::HOSTILE;
    person.does(
        "archive-add",
        file("x.md", FERRY.as_bytes()).with("memo", hostile),
    );
    let found = person
        .does("archive-match", quote("asked the captain whether"))
        .html;
    harmless(&found);
    for (bad, why) in [
        (form(&[]), "Give a copy, or a quotation."),
        (quote("two"), "at least"),
        (
            copy("x.txt", b"some words").with("text", "others"),
            "one copy at a time",
        ),
        (
            copy("x.txt", b"some words").with("quote", "others"),
            "one at a time",
        ),
        (
            copy("x.html", b"<p>seen</p><p hidden>not seen</p>"),
            "x.html: not comparable",
        ),
        (copy("x.rtf", b"{\\rtf1 x}"), "x.rtf: this is"),
        (copy("x.docx", b"PK\x03\x04x"), "x.docx: "),
        (copy("x.pdf", b"%PDF-1.7\n"), "x.pdf: damaged"),
    ] {
        let told = person.refused("archive-match", bad);
        assert!(told.contains(why), "{told}");
    }
    let told = person.refused("archive-search", form(&[("words", " ")]));
    assert!(told.contains("this is needed"), "{told}");
}

#[test]
fn two_tabs_add_at_once_and_both_are_kept() {
    let stage = Stage::new();
    let mut first = somebody(&stage);
    for name in ["one", "two"] {
        let mut second = stage.page(first.browser.clone());
        second.does("unlock", form(&[("passphrase", PASSPHRASE)]));
        // Between what the first tab has read and what it keeps.
        let theirs = file(&format!("theirs-{name}.md"), FERRY.as_bytes());
        second.does_at_swap(&first.browser, "archive", "archive-add", theirs);
        let mine = file(&format!("mine-{name}.md"), FERRY.as_bytes());
        first.does("archive-add", mine);
    }
    let page = first.see("/desk/archive");
    assert!(page.contains("It has 4 versions of 4 memos."), "{page}");
    // Nothing lies about that no list names: what both have written is one segment by now.
    assert_eq!(kept(&first).len(), 2, "{:?}", first.browser.names());
    let found = first.does("archive-match", quote("asked the captain whether"));
    for name in ["mine-one", "theirs-one", "mine-two", "theirs-two"] {
        assert!(found.html.contains(name), "{name}: {}", found.html);
    }
    // A tab that removes the archive while another one adds has removed what it saw.
    let mut second = stage.page(first.browser.clone());
    second.does("unlock", form(&[("passphrase", PASSPHRASE)]));
    let sure = form(&[("sure", "yes")]);
    second.does_at_swap(&first.browser, "archive", "archive-remove", sure);
    let page = first.does("archive-add", file("last.md", FERRY.as_bytes()));
    assert!(
        page.html.contains("the archive has 1 version of 1 memo."),
        "{}",
        page.html
    );
}

#[test]
fn what_an_interrupted_change_left_is_cleared_away() {
    let stage = Stage::new();
    let mut person = somebody(&stage);
    person.does("archive-add", file("one.md", FERRY.as_bytes()));
    // Of a change that never came to its list, and of another tab's that is about to.
    person.browser.keep("archive-1-dead", b"left over");
    person.browser.keep("archive-9-alive", b"another tab's");
    person.does("archive-add", file("two.md", FERRY.as_bytes()));
    let names: Vec<String> = kept(&person).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.contains(&"archive-9-alive".to_owned()), "{names:?}");
    person.see("/desk/archive");
    let found = person.does("archive-match", quote("asked the captain whether"));
    assert!(found.html.contains("<bdi>one</bdi>") && found.html.contains("<bdi>two</bdi>"));
}

#[test]
fn a_damaged_archive_is_said_to_be_so_and_can_be_removed() {
    let stage = Stage::new();
    let mut person = somebody(&stage);
    let quoted = || quote("asked the captain whether");
    let harms: [Harm; 3] = [
        |person, segment| {
            let mut bytes = person.browser.kept(segment).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            person.browser.keep(segment, &bytes);
        },
        |person, segment| person.browser.lose(segment),
        // As after another key store's archive was put there.
        |person, _| person.browser.keep("archive", b"age-encryption.org/v1\n"),
    ];
    for (harm, n) in harms.into_iter().zip(0..) {
        person.does("archive-add", file("one.md", FERRY.as_bytes()));
        person.does("archive-match", quoted());
        let mut names = kept(&person).into_iter().map(|(name, _)| name);
        let segment = names.find(|name| name != "archive").unwrap();
        harm(&person, &segment);
        let before = kept(&person);
        for (act, with) in [
            ("archive-match", quoted()),
            ("archive-add", file("two.md", FERRY.as_bytes())),
        ] {
            let told = person.refused(act, with);
            assert!(told.contains("can't be read"), "{n} {act}: {told}");
            assert!(kept(&person) == before);
        }
        let page = person.see("/desk/archive");
        assert!(page.contains("Remove the archive"), "{n}: {page}");
        let unsure = person.refused("archive-remove", form(&[]));
        assert!(unsure.contains("Tick the box"), "{unsure}");
        let page = person.does("archive-remove", form(&[("sure", "yes")])).html;
        assert!(page.contains("The archive is removed"), "{n}: {page}");
        assert!(page.contains("Nothing is in it yet."), "{n}: {page}");
        assert!(kept(&person).len() <= 1, "{n}");
    }
    // It goes with the key store.
    person.does("archive-add", file("one.md", FERRY.as_bytes()));
    person.does("forget", form(&[("passphrase", PASSPHRASE)]));
    assert_eq!(person.browser.names(), ["mirror"]);
    let page = between(&person.see("/desk/archive"), "<h1>", "</h1>");
    assert_eq!(page, "Begin on this device");
}
