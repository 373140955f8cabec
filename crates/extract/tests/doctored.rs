//! Files that were doctored so that they read like a memo and show, or mean, something else: none is called good.

mod common;

use demur_check::copy::{Comparison, CopyText, Doubt, Overall, Text, compare};
use demur_extract::{Hint, extract};
use demur_memo::{Memo, marking};

use common::{Docx, Pdf, p, r};

const MEMO: &str = "+++\ntitle = \"(U) The weir\"\n+++\n\n\
    (U) We do not agree that the weir can be closed within 10² years.\n\n\
    (U) The towns below the weir were never asked, and the cost is 102 million.\n";
const FIRST: &str = "We do not agree that the weir can be closed within 10² years.";
const SECOND: &str = "The towns below the weir were never asked, and the cost is 102 million.";

fn judge(bytes: &[u8]) -> Vec<Comparison> {
    let rules = marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let versions = [Text::of_memo(1, &Memo::parse(MEMO, &rules).unwrap())];
    let copy = extract(bytes, Hint::default()).unwrap();
    let doubts: Vec<Doubt> = { copy.doubts.iter() }
        .map(|d| Doubt {
            reason: d.kind.describe().to_owned(),
            place: d.place.clone(),
            text: d.text.clone(),
            beside: None,
        })
        .collect();
    let one = |text: &str| {
        let text = CopyText::parse(text.as_bytes()).unwrap();
        compare(&text, &versions, &[]).doubted(doubts.clone(), &text, &versions)
    };
    copy.readings.iter().map(|r| one(&r.text)).collect()
}

fn good(comparison: &Comparison) -> bool {
    matches!(
        comparison.overall,
        Overall::Identical | Overall::LayoutOnly | Overall::Excerpt
    )
}

#[track_caller]
fn is_good(bytes: &[u8]) {
    let all = judge(bytes);
    assert!(all.iter().all(good), "{all:?}");
}

#[track_caller]
fn is_not_good(what: &str, bytes: &[u8]) {
    let all = judge(bytes);
    assert!(!all.iter().all(good), "{what}: {all:?}");
}

fn docx(first: &str, second: &str) -> Vec<u8> {
    Docx::new(&format!("{first}{second}")).bytes()
}

/// The memo as a page, `first` the strings that show the first paragraph.
fn page(first: &str, more: &str) -> String {
    format!("BT /F 12 Tf 72 720 Td 15 TL {first} T* T* ({SECOND}) Tj ET\n{more}")
}

fn shown(content: &str) -> Vec<u8> {
    Pdf::new().page(content).bytes()
}

/// The first paragraph as it is, with the 2 raised.
const HONEST: &str = "(We do not agree that the weir can be closed within 10) Tj /F 7 Tf 5 Ts (2) Tj 0 Ts /F 12 Tf ( years.) Tj";

#[test]
fn honest_files_are_good() {
    is_good(MEMO.as_bytes());
    is_good(format!("<html><p>{FIRST}</p><p>{SECOND}</p>").as_bytes());
    is_good(&docx(&p(FIRST), &p(SECOND)));
    is_good(&shown(&page(HONEST, "")));
}

#[test]
fn glyphs_that_differ_from_the_text_layer() {
    let cmap = "begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <77> <0074> endbfchar endcmap";
    let mut pdf = Pdf::with_font(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 4 0 R >>",
    );
    pdf.object(&format!(
        "<< /Length {} >>\nstream\n{cmap}\nendstream",
        cmap.len()
    ));
    // It shows "now", and says "not".
    let content = page(
        &HONEST
            .replace("not", "now")
            .replace("weir", "dam")
            .replace("within", "in"),
        "",
    );
    is_not_good("now", &pdf.page(&content).bytes());
    let actual = page(
        &format!(
            "/Span << /ActualText (not) >> BDC {} EMC",
            HONEST.replace("not", "now")
        ),
        "",
    );
    is_not_good("actual text", &shown(&actual));
}

#[test]
fn hidden_and_white_text() {
    for (what, on, off) in [
        ("white", "1 g", "0 g"),
        ("invisible", "3 Tr", "0 Tr"),
        ("tiny", "/F 0.5 Tf", "/F 12 Tf"),
    ] {
        let first = HONEST.replace(
            "(We do not agree",
            &format!("(We do ) Tj {on} (not) Tj {off} ( agree"),
        );
        is_not_good(what, &shown(&page(&first, "")));
    }
    for properties in [
        "<w:vanish/>",
        r#"<w:color w:val="FFFFFF"/>"#,
        r#"<w:sz w:val="1"/>"#,
        "<w:strike/>",
    ] {
        let first = format!(
            "<w:p>{}{}{}</w:p>",
            r("", "We do "),
            r(properties, "not "),
            r("", FIRST.strip_prefix("We do not ").unwrap())
        );
        is_not_good(properties, &docx(&first, &p(SECOND)));
    }
    for style in [
        "display:none",
        "color:white",
        "font-size:0",
        "position:absolute;left:-999px",
    ] {
        let first = FIRST.replace("not", &format!("<span style='{style}'>not</span>"));
        is_not_good(
            style,
            format!("<html><p>{first}</p><p>{SECOND}</p>").as_bytes(),
        );
    }
}

#[test]
fn text_under_an_image_and_a_shape() {
    for over in [
        "q 30 0 0 14 100 716 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \u{7f} EI Q",
        "1 g 105 716 22 14 re f",
        "0.2 g 105 716 22 14 re f",
    ] {
        is_not_good(over, &shown(&page(HONEST, over)));
    }
}

#[test]
fn a_homoglyph() {
    // Cyrillic o for o, e for e.
    let first = FIRST.replace("not", "n\u{43e}t");
    is_not_good("docx", &docx(&p(&first), &p(SECOND)));
    is_not_good(
        "html",
        format!("<html><p>{first}</p><p>{SECOND}</p>").as_bytes(),
    );
    is_not_good("text", format!("{first}\n\n{SECOND}").as_bytes());
}

#[test]
fn a_superscript_that_was_lost_or_made() {
    is_not_good(
        "102 for 10²",
        &docx(&p(&FIRST.replace("10²", "102")), &p(SECOND)),
    );
    is_not_good(
        "102 for 10²",
        &shown(&page(&HONEST.replace("/F 7 Tf 5 Ts (2)", "(2)"), "")),
    );
    // 10² where 102 is registered.
    let second = format!(
        "<w:p>{}{}{}</w:p>",
        r(
            "",
            "The towns below the weir were never asked, and the cost is 10"
        ),
        r(r#"<w:vertAlign w:val="superscript"/>"#, "2"),
        r("", " million.")
    );
    is_not_good("10² for 102", &docx(&p(FIRST), &second));
    let raised = page(HONEST, "").replace(
        "cost is 102 million.) Tj",
        "cost is 10) Tj /F 7 Tf 5 Ts (2) Tj 0 Ts /F 12 Tf ( million.) Tj",
    );
    is_not_good("10² for 102", &shown(&raised));
    is_not_good(
        "10² for 102",
        format!(
            "<html><p>{FIRST}</p><p>{}</p>",
            SECOND.replace("102", "10<sup>2</sup>")
        )
        .as_bytes(),
    );
}

#[test]
fn a_negation_at_a_lines_end() {
    // "not" divided is read as one word; "no" alone, with the rest left out, is another.
    let divided = HONEST.replace("We do not agree", "We do no-) Tj T* (t agree");
    is_good(&shown(&page(&divided, "")));
    let lost = HONEST.replace("We do not agree", "We do no-) Tj T* (agree");
    is_not_good("no-", &shown(&page(&lost, "")));
    let gone = HONEST.replace("We do not agree", "We do) Tj T* (agree");
    is_not_good("gone", &shown(&page(&gone, "")));
    is_not_good(
        "soft",
        format!(
            "<html><p>{}</p><p>{SECOND}</p>",
            FIRST.replace("not ", "&shy; ")
        )
        .as_bytes(),
    );
}

const NOTE: &str = r#"<w:p><w:r><w:footnoteReference w:id="2"/></w:r></w:p>"#;

#[test]
fn a_foot_that_carries_a_condition() {
    let condition = "All this holds only if the ministry agrees.";
    let footer =
        Docx::new(&format!("{}{}", p(FIRST), p(SECOND))).with("footer", "ftr", &p(condition));
    is_not_good("docx", &footer.bytes());
    let notes = format!(r#"<w:footnote w:id="2">{}</w:footnote>"#, p(condition));
    let note = Docx::new(&format!("{}{}{NOTE}", p(FIRST), p(SECOND))).with(
        "footnotes",
        "footnotes",
        &notes,
    );
    is_not_good("note", &note.bytes());
    let foot = format!("BT /F 9 Tf 72 40 Td ({condition}) Tj ET");
    is_not_good("pdf", &shown(&page(HONEST, &foot)));
    // On each page of two, where heads and feet repeat.
    let second = format!("BT /F 12 Tf 72 720 Td ({SECOND}) Tj ET\n{foot}");
    let first = format!("BT /F 12 Tf 72 720 Td {HONEST} ET\n{foot}");
    is_not_good("each page", &Pdf::new().page(&first).page(&second).bytes());
    // A page number alone is none.
    is_good(&shown(&page(
        HONEST,
        "BT /F 9 Tf 300 40 Td (Page 1 of 1) Tj ET",
    )));
}

#[test]
fn a_condition_that_was_dropped() {
    // The registered text goes on: an excerpt, which says where it is cut off, and is not called the memo.
    let all = judge(&docx(
        &p(FIRST),
        &p("The towns below the weir were never asked."),
    ));
    assert!(
        all.iter()
            .all(|c| c.overall == Overall::Excerpt && c.truncated.is_some()),
        "{all:?}"
    );
    let all = judge(&docx(&p(SECOND), ""));
    assert!(all.iter().all(|c| c.overall == Overall::Excerpt), "{all:?}");
}

#[test]
fn tracked_changes_are_good_only_both_ways() {
    let first = format!(
        "<w:p>{}<w:ins>{}</w:ins>{}</w:p>",
        r("", "We do "),
        r("", "not "),
        r("", FIRST.strip_prefix("We do not ").unwrap())
    );
    let all = judge(&docx(&first, &p(SECOND)));
    assert_eq!(all.iter().map(good).collect::<Vec<_>>(), [true, false]);
}
