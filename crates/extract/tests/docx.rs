//! DOCX files: what they say, and what speaks against it.

mod common;

use demur_extract::{DoubtKind, Format, Label, Rule};

use common::{Docx, kinds, p, r, read, refused, text};

#[test]
fn paragraphs_runs_and_breaks() {
    let body = format!(
        "{}<w:p>{}{}<w:r><w:tab/><w:t>third</w:t><w:br/><w:t>line</w:t></w:r></w:p>",
        p("(SBU) One &amp; only &#8212; it."),
        r("<w:b/>", "First "),
        r("<w:i/>", "second")
    );
    let copy = read(&Docx::new(&body).bytes());
    assert_eq!(copy.format, Format::Docx);
    assert_eq!(
        text(&copy),
        "(SBU) One & only — it.\n\nFirst second\tthird\nline"
    );
    assert_eq!(copy.readings[0].label, Label::Only);
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
}

#[test]
fn comments_are_told_where_there_are_any() {
    let with = |comments: &str| {
        let docx = Docx::new(&p("We do not agree.")).with("comments", "comments", comments);
        let copy = read(&docx.bytes());
        assert_eq!((text(&copy), copy.doubts.len()), ("We do not agree.", 0));
        copy.notes
    };
    assert_eq!(with(""), Vec::<String>::new());
    let comment = format!("<w:comment w:id=\"0\">{}</w:comment>", p("Do we?"));
    assert_eq!(with(&comment), ["comments in its margin were not read"]);
}

#[test]
fn tracked_changes_are_read_both_ways() {
    let body = format!(
        "<w:p>{}<w:ins>{}</w:ins><w:del><w:r><w:delText>must </w:delText></w:r></w:del>{}</w:p>\
         <w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}</w:p>{}\
         <w:p><w:moveFrom>{}</w:moveFrom></w:p><w:p><w:moveTo>{}</w:moveTo></w:p>",
        r("", "We "),
        r("", "may "),
        r("", "object."),
        r("", "One, "),
        p("two."),
        r("", "moved"),
        r("", "moved")
    );
    let copy = read(&Docx::new(&body).bytes());
    assert_eq!(copy.readings[0].label, Label::Accepted);
    assert_eq!(text(&copy), "We may object.\n\nOne, two.\n\nmoved");
    assert_eq!(copy.readings[1].label, Label::Before);
    assert_eq!(
        copy.readings[1].text,
        "We must object.\n\nOne,\n\ntwo.\n\nmoved"
    );
    assert!(copy.notes.iter().any(|n| n.contains("tracked changes")));
    // What a change of format was before is not what is.
    let body = format!(
        "<w:p>{}</w:p>",
        r(
            "<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>",
            "seen"
        )
    );
    let copy = read(&Docx::new(&body).bytes());
    assert_eq!((text(&copy), copy.doubts.len()), ("seen", 0));
}

#[test]
fn what_is_not_seen_is_told() {
    let cases = [
        ("<w:vanish/>", DoubtKind::Hidden),
        (r#"<w:color w:val="FFFFFF"/>"#, DoubtKind::Colour),
        (r#"<w:color w:val="FEFEFE"/>"#, DoubtKind::Colour),
        (
            r#"<w:color w:themeColor="background1"/>"#,
            DoubtKind::Colour,
        ),
        (
            r#"<w:color w:val="000000"/><w:highlight w:val="black"/>"#,
            DoubtKind::Colour,
        ),
        (r#"<w:sz w:val="2"/>"#, DoubtKind::Tiny),
        (r#"<w:w w:val="1"/>"#, DoubtKind::Tiny),
        ("<w:strike/>", DoubtKind::Struck),
        (r#"<w:rFonts w:ascii="Wingdings"/>"#, DoubtKind::Glyphs),
        (
            r#"<w14:textFill><w14:noFill/></w14:textFill>"#,
            DoubtKind::Colour,
        ),
        ("<w:rtl/>", DoubtKind::Direction),
    ];
    for (properties, kind) in cases {
        let body = format!("<w:p>{}{}</w:p>", r("", "We do "), r(properties, "not"));
        let copy = read(&Docx::new(&body).bytes());
        assert_eq!(kinds(&copy), [kind], "{properties}");
        assert_eq!(copy.doubts[0].text, "not");
    }
    // White on black is read like black on white.
    let white = r#"<w:color w:val="FFFFFF"/><w:shd w:fill="000000"/>"#;
    let copy = read(&Docx::new(&format!("<w:p>{}</w:p>", r(white, "seen"))).bytes());
    assert!(copy.doubts.is_empty());
}

#[test]
fn what_is_not_seen_by_its_style() {
    let styles = r#"<w:style w:type="character" w:styleId="a"><w:rPr><w:vanish/></w:rPr></w:style>
        <w:style w:type="character" w:styleId="b"><w:basedOn w:val="a"/></w:style>
        <w:style w:type="paragraph" w:styleId="c"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>
        <w:style w:type="character" w:styleId="loop"><w:basedOn w:val="loop"/></w:style>"#;
    let body = format!(
        r#"<w:p>{}{}{}</w:p><w:p><w:pPr><w:pStyle w:val="c"/></w:pPr>{}</w:p>"#,
        r("", "seen "),
        r(r#"<w:rStyle w:val="b"/>"#, "unseen"),
        r(r#"<w:rStyle w:val="loop"/>"#, "again"),
        r("", "white")
    );
    let copy = read(&Docx::new(&body).with("styles", "styles", styles).bytes());
    assert_eq!(kinds(&copy), [DoubtKind::Hidden, DoubtKind::Colour]);
    assert_eq!(text(&copy), "seen again\n\nwhite");
}

#[test]
fn raised_figures_are_not_read_as_if_on_the_line() {
    let up = r#"<w:vertAlign w:val="superscript"/>"#;
    let down = r#"<w:vertAlign w:val="subscript"/>"#;
    let body = format!(
        "<w:p>{}{}{}{}{}{}</w:p>",
        r("", "10"),
        r(up, "2"),
        r("", " and CO"),
        r(down, "2"),
        r("", " on the 1"),
        r(up, "st")
    );
    let copy = read(&Docx::new(&body).bytes());
    assert_eq!(text(&copy), "10² and CO₂ on the 1st");
    assert!(copy.doubts.is_empty());
    assert!(copy.disregarded.contains(&Rule::Ordinals));
    let copy = read(&Docx::new(&format!("<w:p>{}{}</w:p>", r("", "x"), r(up, "not"))).bytes());
    assert_eq!(kinds(&copy), [DoubtKind::Raised]);
    let lifted = r(r#"<w:position w:val="12"/>"#, "2");
    let copy = read(&Docx::new(&format!("<w:p>{}{lifted}</w:p>", r("", "10"))).bytes());
    assert_eq!(text(&copy), "10²");
}

#[test]
fn heads_feet_notes_and_boxes_count() {
    let body = format!(
        "<w:p>{}<w:r><w:footnoteReference w:id=\"2\"/></w:r><w:r><w:pict><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></w:pict></w:r></w:p>",
        r("", "Body."),
        p("In a box.")
    );
    let notes = format!(
        r#"<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:id="2">{}</w:footnote>"#,
        p("Only if ratified.")
    );
    let copy = read(
        &Docx::new(&body)
            .with("header", "hdr", &p("SENSITIVE"))
            .with("footer", "ftr", &p("Void unless countersigned."))
            .with("footnotes", "footnotes", &notes)
            .bytes(),
    );
    assert_eq!(
        text(&copy),
        "SENSITIVE\n\nBody.\n\nIn a box.\n\nVoid unless countersigned.\n\nOnly if ratified."
    );
    // A box may stand before other text.
    assert_eq!(kinds(&copy), [DoubtKind::Moved]);
    assert!(copy.disregarded.contains(&Rule::NoteMarks));
}

#[test]
fn automatic_numbers_are_written_out() {
    let numbering = r#"<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%2)"/></w:lvl></w:abstractNum>
        <w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>"#;
    let item = |list: u32, level: u32, text: &str| {
        format!(
            r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr></w:pPr>{}</w:p>"#,
            r("", text)
        )
    };
    let body = [
        item(1, 0, "one"),
        item(1, 1, "deeper"),
        item(1, 1, "again"),
        item(1, 0, "two"),
        item(1, 1, "anew"),
        p("between"),
        item(2, 0, "point"),
    ]
    .concat();
    let copy = read(
        &Docx::new(&body)
            .with("numbering", "numbering", numbering)
            .bytes(),
    );
    assert_eq!(
        text(&copy),
        "1. one\n(a) deeper\n(b) again\n2. two\n(a) anew\n\nbetween\n\n- point"
    );
    assert!(copy.disregarded.contains(&Rule::ListNumbers));
}

#[test]
fn fields_show_their_result_and_only_page_numbers_and_links_are_trusted() {
    let field = |code: &str, result: &str| {
        format!(
            r#"<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{code}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{}<w:r><w:fldChar w:fldCharType="end"/></w:r>"#,
            r("", result)
        )
    };
    let foot = format!("<w:p>{}{}</w:p>", r("", "Page "), field(" PAGE ", "3"));
    let copy = read(&Docx::new(&p("a")).with("footer", "ftr", &foot).bytes());
    assert_eq!((text(&copy), copy.doubts.len()), ("a\n\nPage 3", 0));
    // A program counts anew: what stood there is not what is shown, and in the text it is text.
    let words = format!("<w:p>{}</w:p>", field(" PAGE ", "Void"));
    for copy in [
        Docx::new(&p("a")).with("footer", "ftr", &words),
        Docx::new(&foot),
        Docx::new(&p("a")).with(
            "footer",
            "ftr",
            &format!("<w:p>{}</w:p>", field(r#" PAGE \# "'not' 0" "#, "3")),
        ),
    ] {
        assert_eq!(kinds(&read(&copy.bytes())), [DoubtKind::Field]);
    }
    let body = format!(
        "<w:p>{}{}</w:p>",
        r("", "We do "),
        field(" IF 1 = 1 \"not\" ", "not")
    );
    let copy = read(&Docx::new(&body).bytes());
    assert_eq!(
        (text(&copy), kinds(&copy)),
        ("We do not", vec![DoubtKind::Field])
    );
}

#[test]
fn what_stands_beside_text_is_told() {
    let cases = [
        (
            "<w:p><w:r><w:t>a</w:t><w:drawing><wp:inline><pic/></wp:inline></w:drawing></w:r></w:p>",
            DoubtKind::Picture,
        ),
        (
            "<w:p><w:r><w:t>a</w:t><w:object/></w:r></w:p>",
            DoubtKind::Embedded,
        ),
        (
            "<w:p><w:r><w:t>a</w:t></w:r></w:p><w:altChunk/>",
            DoubtKind::Embedded,
        ),
        (
            "<w:p><w:r><w:t>a</w:t></w:r><m:oMath><m:r><m:t>x2</m:t></m:r></m:oMath></w:p>",
            DoubtKind::Formula,
        ),
        (
            "<w:p><w:r><w:t>a</w:t><w:sym/></w:r></w:p>",
            DoubtKind::Glyphs,
        ),
        (
            "<w:p><w:bdo><w:r><w:t>a</w:t></w:r></w:bdo></w:p>",
            DoubtKind::Direction,
        ),
        (
            "<w:p><w:r><w:t>a</w:t><mc:AlternateContent><mc:Choice><w:pict><w:txbxContent><w:p><w:r><w:t>not</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>now</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
            DoubtKind::Contradiction,
        ),
    ];
    for (body, kind) in cases {
        let copy = read(&Docx::new(body).bytes());
        assert!(kinds(&copy).contains(&kind), "{body}: {:?}", copy.doubts);
    }
    let external = r#"<Relationship Id="e" Type="http://x/image" TargetMode="External" Target="http://127.0.0.1:1/x.png"/>"#;
    let copy = read(&Docx::new(&p("a")).relation(external).bytes());
    assert_eq!(kinds(&copy), [DoubtKind::Embedded]);
    let fonts = r#"<w:font w:name="F"><w:embedRegular/></w:font>"#;
    let copy = read(&Docx::new(&p("a")).with("fontTable", "fonts", fonts).bytes());
    assert_eq!(kinds(&copy), [DoubtKind::OwnFonts]);
}

#[test]
fn an_archive_that_is_no_document_is_refused() {
    let sheet = r#"<Relationships xmlns="x"><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    for parts in [
        vec![("a.txt".to_owned(), b"x".to_vec())],
        vec![("_rels/.rels".to_owned(), sheet.as_bytes().to_vec())],
    ] {
        assert!(refused(&common::zipped(&parts)).contains("no DOCX"));
    }
}
