//! Official papers: made by authors, office and officials, and by whoever holds a bundle; verified by a stranger.

use demur_desk::Answer;
use demur_paper::{Form, Parts};

use crate::{
    people::harmless,
    stage::{Person, Stage, form, with_file},
};

/// The paper of an act, and that it is one of that memo.
fn paper(person: &mut Person<'_>, action: &str, id: &str, what: &str, kind: &str) -> Vec<u8> {
    let fields = [
        ("memo", id),
        ("what", what),
        ("form", kind),
        ("size", "letter"),
    ];
    let file = person.does(action, form(&fields)).download.unwrap();
    let name = if what == "response" { what } else { "memo" };
    assert_eq!(file.name, format!("{name}-{}.{kind}", &id[..8]));
    file.bytes
}

/// Nobody has answered yet.
pub(crate) fn before_the_response(author: &mut Person<'_>, id: &str) {
    let page = author.see(&format!("/desk/memo/{id}/case"));
    assert!(page.contains("As an official paper") && !page.contains("the office&#39;s response"));
    let asked = [
        ("memo", id),
        ("what", "response"),
        ("form", "pdf"),
        ("size", "a4"),
    ];
    let why = author.refused("author-paper", form(&asked));
    assert!(why.contains("has not responded yet"), "{why}");
    for (field, text, why) in [
        ("form", "odt", "PDF or DOCX"),
        ("size", "a3", "A4 or Letter"),
        ("what", "all", "the memo or the response"),
    ] {
        let fields = [("form", "pdf"), ("size", "a4"), ("what", "memo")];
        let fields = fields.map(|(name, value)| (name, if name == field { text } else { value }));
        let told = author.refused("author-paper", form(&fields).with("memo", id));
        assert!(told.contains(why), "{told}");
    }
}

/// Once the office has answered.
pub(crate) fn all<'a>(
    stage: &Stage,
    author: &mut Person<'a>,
    steward: &mut Person<'a>,
    official: &mut Person<'_>,
    id: &str,
) {
    let page = author.see(&format!("/desk/memo/{id}/case"));
    harmless(&page);
    assert!(page.contains("value=\"response\""));
    let papers = [
        paper(author, "author-paper", id, "memo", "pdf"),
        paper(author, "author-paper", id, "memo", "docx"),
        paper(steward, "office-paper", id, "memo", "pdf"),
        paper(official, "principal-paper", id, "memo", "pdf"),
    ];
    // The office's answer has a sign that would turn what follows it: no paper shows that as it is.
    for (person, action) in [(&mut *author, "author-paper"), (steward, "office-paper")] {
        for kind in ["pdf", "docx"] {
            let asked = [
                ("memo", id),
                ("what", "response"),
                ("form", kind),
                ("size", "a4"),
            ];
            let why = person.refused(action, form(&asked));
            assert!(
                why.contains("the answer to point 1") && why.contains("it can't be seen"),
                "{why}"
            );
        }
    }
    // It goes into the official's archive, too, without another opening.
    let page = official.does("archive-case", form(&[]));
    assert!(page.html.contains("1 version added"), "{}", page.html);
    // What an official was given is the memo.
    let asked = [
        ("memo", id),
        ("what", "response"),
        ("form", "pdf"),
        ("size", "a4"),
    ];
    let why = official.refused("principal-paper", form(&asked));
    assert!(why.contains("has not responded yet"), "{why}");

    let mut stranger = stage.person();
    stranger.see("/verify");
    for file in &papers {
        let page = verdict(&mut stranger, file).html;
        harmless(&page);
        assert!(
            page.contains("byte for byte, the one that the bundle in it makes"),
            "{page}"
        );
        assert!(page.contains("class=\"success verdict\""), "{page}");
        let at = if Form::of(file) == Some(Form::Pdf) {
            "Its QR code points to"
        } else {
            "As the memo&#39;s page it gives"
        };
        assert!(page.contains(at), "{page}");
    }
    let report = stranger.does("verify-report", form(&[])).download.unwrap();
    let report = String::from_utf8(report.bytes).unwrap();
    assert!(
        report.contains("byte for byte") && report.contains("Paper: keys.age, SHA-256"),
        "{report}"
    );
    others(&mut stranger, &papers[0], &papers[1]);
    in_an_archive(author, &papers[0]);
    assert_eq!(stranger.browser.sent.borrow().as_slice(), [] as [String; 0]);
}

/// A paper is as good as its bundle, and a PDF is asked about like any copy.
fn in_an_archive(author: &mut Person<'_>, pdf: &[u8]) {
    let page = author.does("archive-add", with_file(form(&[]), "file", pdf.to_vec()));
    assert!(page.html.contains("1 version added"), "{}", page.html);
    // Nothing is drawn on one without an address.
    let wanted = form(&[("form", "pdf"), ("size", "a4")]);
    let bare = author.does("verify-paper", with_file(wanted, "bundle", pdf.to_vec()));
    let bare = bare.download.unwrap().bytes;
    let page = author.does("archive-match", with_file(form(&[]), "copy", bare));
    harmless(&page.html);
    // So short a memo is not found by what it shares with a whole page.
    assert!(
        page.html.contains("No memo of the archive has this text")
            && page.html.contains("Read as a PDF"),
        "{}",
        page.html
    );
    let quote = form(&[("quote", "It is wrong <script>alert(2)</script>. Do not.")]);
    let page = author.does("archive-match", quote);
    assert!(
        page.html
            .contains("class=\"success verdict\">Found, word for word."),
        "{}",
        page.html
    );
    let why = author.refused("archive-match", with_file(form(&[]), "copy", pdf.to_vec()));
    assert!(why.contains("not comparable"), "{why}");
}

fn verdict(stranger: &mut Person<'_>, file: &[u8]) -> Answer {
    stranger.does("verify", with_file(form(&[]), "bundle", file.to_vec()))
}

/// What is no such paper, and a paper as a copy.
fn others(stranger: &mut Person<'_>, pdf: &[u8], docx: &[u8]) {
    // A word of its own data: the text is the same, the paper is not.
    let changed = replaced(pdf, b"(Demur)", b"(Demus)");
    let page = verdict(stranger, &changed).html;
    assert!(
        page.contains("THE PAPER IS NOT the one") && page.contains("word for word"),
        "{page}"
    );
    assert!(
        page.contains("class=\"warning verdict\">ANOTHER FILE than its bundle makes"),
        "{page}"
    );
    // The bundle in it is damaged.
    let damaged = replaced(pdf, b"\"version\":1", b"\"version\":2");
    let page = verdict(stranger, &damaged).html;
    assert!(
        page.contains("class=\"problem verdict\">NOT VERIFIED") && page.contains("line"),
        "{page}"
    );
    let why = stranger.refused("verify-report", form(&[]));
    assert!(why.contains("Verify first"), "{why}");
    // A PDF that has none.
    let other = replaced(pdf, b"demur-bundle/", b"other-bundle/");
    let why = stranger.refused("verify", with_file(form(&[]), "bundle", other.clone()));
    assert!(
        why.contains("has its bundle inside") && why.contains("as the copy"),
        "{why}"
    );

    // As a copy beside the bundle: by its words.
    let bundle = Parts::of(pdf).unwrap().bundle.into_owned();
    let given = || with_file(form(&[]), "bundle", bundle.clone());
    for copy in [pdf, docx] {
        let page = stranger.does("verify", with_file(given(), "copy", copy.to_vec()));
        assert!(
            page.html
                .contains("SAME WORDS as the paper of version 1 that"),
            "{}",
            page.html
        );
        assert!(page.html.contains("class=\"success verdict\""));
    }
    // A paper in the place of the bundle: what it is itself is another question, and the page says so.
    let copy = with_file(form(&[]), "bundle", pdf.to_vec());
    let text = "It is wrong <script>alert(2)</script>.\n\nDo not.";
    let page = stranger.does("verify", copy.with("text", text));
    assert!(
        page.html.contains("paper itself was not looked at"),
        "{}",
        page.html
    );
    // So it is with quotations: each is held against the bundle in the paper.
    let quoted = with_file(form(&[]), "bundle", pdf.to_vec());
    let page = stranger
        .does("verify", quoted.with("quotes", "“It is wrong”"))
        .html;
    assert!(
        page.contains("paper itself was not looked at") && page.contains(">verbatim<"),
        "{page}"
    );
    assert!(
        page.contains("class=\"success verdict\">VERBATIM"),
        "{page}"
    );
    let other_words = with_file(form(&[]), "bundle", pdf.to_vec());
    let page = stranger.does("verify", other_words.with("quotes", "“It was never wrong”"));
    assert!(
        page.html.contains("class=\"problem verdict\""),
        "{}",
        page.html
    );
    // A PDF on which something is drawn, and which is not the paper byte for byte, is a copy like any other.
    let page = stranger.does("verify", with_file(given(), "copy", other));
    assert!(
        page.html.contains("class=\"problem verdict\"") && !page.html.contains("SAME WORDS"),
        "{}",
        page.html
    );

    // Anybody makes the paper of a bundle: the same bytes from the same settings.
    let wanted = [("form", "pdf"), ("size", "letter")];
    let ask = |fields: &[(&str, &str)]| with_file(form(fields), "bundle", bundle.clone());
    let made = stranger.does("verify-paper", ask(&wanted).with("page", "yes"));
    assert_eq!(made.download.unwrap().bytes, pdf);
    let bare = stranger.does("verify-paper", ask(&wanted));
    let bare = bare.download.unwrap().bytes;
    assert_eq!(Parts::of(&bare).unwrap().setting.record, None);
    let page = verdict(stranger, &bare).html;
    assert!(
        page.contains("byte for byte") && !page.contains("QR code"),
        "{page}"
    );
    let why = stranger.refused("verify-paper", ask(&[("form", "pdf")]));
    assert!(why.contains("A4 or Letter"), "{why}");
    let why = stranger.refused("verify-paper", form(&wanted));
    assert!(why.contains("Choose the bundle"), "{why}");
}

/// With the first such bytes replaced by as many others.
fn replaced(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = file.windows(from.len()).position(|w| w == from).unwrap();
    let mut file = file.to_vec();
    file[at..at + to.len()].copy_from_slice(to);
    file
}
