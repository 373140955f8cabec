//! Block quotations of articles, by whatever markup.

mod common;

use demur_check::quote::quotations;
use demur_extract::{Extracted, Hint, extract};

use common::{Docx, p, r, read, text};

const ARTICLE: &str = "Staff revolt\n\nThe memo says that \u{201c}nine stations are to close\u{201d}. It goes on:\n\n> Section 12 asks that the towns be heard.\n\n> None was heard:\n> not one of them.\n\nThe minister said: \"We have nothing to add.\"";

fn page(html: &str) -> Extracted {
    let page = format!("<!DOCTYPE html><meta charset=utf-8><title>x</title>{html}");
    extract(page.as_bytes(), Hint::name("x.html")).unwrap()
}

fn found(article: &str) -> Vec<(String, Vec<String>)> {
    let all = quotations(article).into_iter();
    all.map(|q| (q.text, q.within)).collect()
}

#[test]
fn one_article_in_three_forms() {
    let plain = extract(ARTICLE.as_bytes(), Hint::name("x.txt")).unwrap();
    assert_eq!(plain.readings[0].article(), ARTICLE);
    let html = page(
        "<h1>Staff revolt</h1><p>The memo says that \u{201c}nine stations are to close\u{201d}. It goes on:</p><blockquote><p>Section 12 asks that the towns be heard.</p>None was heard:<br>not one of them.</blockquote><p>The minister said: <q>We have nothing to add.</q></p>",
    );
    let quoted = |style: &str, text: &str| {
        format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{text}</w:p>"#)
    };
    let body = [
        p("Staff revolt"),
        p("The memo says that \u{201c}nine stations are to close\u{201d}. It goes on:"),
        quoted("Zitat", &r("", "Section 12 asks that the towns be heard.")),
        quoted(
            "Mine",
            "<w:r><w:t>None was heard:</w:t><w:br/><w:t>not one of them.</w:t></w:r>",
        ),
        p("The minister said: \"We have nothing to add.\""),
    ]
    .concat();
    let styles = r#"<w:style w:type="paragraph" w:styleId="Zitat"><w:name w:val="Intense Quote"/></w:style><w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="Zitat"/></w:style>"#;
    let docx = Docx::new(&body).with("styles", "styles", styles);
    let docx = read(&docx.bytes());
    let four = found(ARTICLE);
    assert_eq!(four.len(), 4);
    for copy in [&html, &docx] {
        assert_eq!(copy.doubts, []);
        assert_eq!(found(&copy.readings[0].article()), four);
        // The copy itself has no signs, and its lines are where they were.
        assert_eq!(text(copy), ARTICLE.replace("> ", "").replace('\u{3e}', ""));
        let lines = |text: &str| text.lines().count();
        assert_eq!(lines(text(copy)), lines(&copy.readings[0].article()));
    }
}

#[test]
fn what_is_no_block_quotation() {
    let blocks = |copy: &Extracted| found(&copy.readings[0].article()).len();
    assert_eq!(
        blocks(&page("<p>One.</p><blockquote></blockquote><p>Two.</p>")),
        0
    );
    assert_eq!(
        blocks(&page(
            "<blockquote><p>One.</p><ul><li>Two.</ul></blockquote>Three."
        )),
        2
    );
    let style = |id: &str| {
        let body = format!(
            r#"{}<w:p><w:pPr><w:pStyle w:val="{id}"/></w:pPr>{}</w:p>"#,
            p("One."),
            r("", "Two.")
        );
        blocks(&read(&Docx::new(&body).bytes()))
    };
    for id in ["BlockText", "Quote", "IntenseQuote", "Quotations"] {
        assert_eq!(style(id), 1, "{id}");
    }
    for id in ["BodyText", "Quoted", "Heading1"] {
        assert_eq!(style(id), 0, "{id}");
    }
}

#[test]
fn tracked_changes_keep_their_places() {
    let body = format!(
        r#"<w:p><w:ins w:id="1" w:author="a">{}</w:ins></w:p><w:p><w:pPr><w:pStyle w:val="Quote"/></w:pPr>{}</w:p>"#,
        r("", "A longer beginning."),
        r("", "None was heard.")
    );
    let copy = read(&Docx::new(&body).bytes());
    let articles: Vec<String> = copy.readings.iter().map(|r| r.article()).collect();
    assert_eq!(
        articles,
        [
            "A longer beginning.\n\n> None was heard.",
            "> None was heard."
        ]
    );
}
