//! Web pages.

mod common;

use demur_extract::{DoubtKind, Format, Rule};

use common::{kinds, read, text};

#[test]
fn blocks_lists_and_references() {
    let page = "<!DOCTYPE html><html><head><title>T</title><style>p { margin: 1em }</style></head><body>\
        <h1>Head</h1><p>One &mdash; two&nbsp;three<br>four<p>five <b>six</b>\n seven\
        <ul><li>a<li>b</ul><ol start=3><li>c</li><li><p>d</p></li></ol><pre> x\n y</pre>\
        <table><tr><td>m<td>n</table></body></html>";
    let copy = read(page.as_bytes());
    assert_eq!(copy.format, Format::Html);
    assert_eq!(
        text(&copy),
        "Head\n\nOne — two\u{a0}three\nfour\n\nfive six seven\n\n- a\n\n- b\n\n3. c\n\n4. d\n\nx\ny\n\nm\n\nn"
    );
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
    assert!(copy.disregarded.contains(&Rule::HtmlTitle));
}

#[test]
fn charsets() {
    let page = b"<html><meta charset=iso-8859-1><p>caf\xe9 and more";
    assert_eq!(text(&read(page)), "café and more");
    let mut wide = vec![0xff, 0xfe];
    wide.extend("<html><p>wide".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(
        text(&demur_extract::extract(&wide, demur_extract::Hint::name("a.html")).unwrap()),
        "wide"
    );
}

#[test]
fn what_a_browser_may_show_otherwise_is_told() {
    let cases = [
        ("<span style='display:none'>not</span>", DoubtKind::Hidden),
        (
            "<span style='DISPLAY : none !important'>not</span>",
            DoubtKind::Hidden,
        ),
        (
            "<span style='dis/**/play:none'>not</span>",
            DoubtKind::Style,
        ),
        ("<span hidden>not</span>", DoubtKind::Hidden),
        (
            "<span style='visibility:hidden'>not</span>",
            DoubtKind::Hidden,
        ),
        ("<span style='opacity:0.01'>not</span>", DoubtKind::Hidden),
        ("<span style='color:#fff'>not</span>", DoubtKind::Colour),
        (
            "<span style='color:rgb(255, 255, 254)'>not</span>",
            DoubtKind::Colour,
        ),
        (
            "<span style='color:hsl(0 0% 100%)'>not</span>",
            DoubtKind::Colour,
        ),
        ("<font color=white>not</font>", DoubtKind::Colour),
        (
            "<span style='background:#000'>not</span>",
            DoubtKind::Colour,
        ),
        ("<span style='font-size:1px'>not</span>", DoubtKind::Tiny),
        ("<span style='font-size:0'>not</span>", DoubtKind::Tiny),
        ("<s>not</s>", DoubtKind::Struck),
        (
            "<span style='text-decoration:line-through'>not</span>",
            DoubtKind::Struck,
        ),
        (
            "<span style='position:absolute;left:-9999px'>not</span>",
            DoubtKind::Moved,
        ),
        (
            "<span style='text-indent:-9999px'>not</span>",
            DoubtKind::Moved,
        ),
        ("<bdo dir=rtl>ton</bdo>", DoubtKind::Direction),
        ("<span dir=rtl>ton</span>", DoubtKind::Direction),
        ("<img alt=not src=http://127.0.0.1:1/x>", DoubtKind::Picture),
        (
            "<span style='background:url(x)'>a</span>",
            DoubtKind::Picture,
        ),
        ("<script>x()</script>", DoubtKind::Script),
        ("<link rel=stylesheet href=x.css>", DoubtKind::Style),
        ("<style>@import 'x';</style>", DoubtKind::Style),
        (
            "<style>p:after { content: 'not' }</style>",
            DoubtKind::Style,
        ),
        ("<style>p { display: none }</style>", DoubtKind::Hidden),
        ("<style>p { color: white }</style>", DoubtKind::Colour),
        (
            "<style>@font-face { font-family: F; src: url(f) }</style>",
            DoubtKind::OwnFonts,
        ),
        (
            "<style>p { text-transform: uppercase }</style>",
            DoubtKind::Style,
        ),
        (
            "<style>p { --x: none; display: var(--x) }</style>",
            DoubtKind::Style,
        ),
        ("<svg><text>not</text></svg>", DoubtKind::Embedded),
        ("<iframe srcdoc='not'></iframe>", DoubtKind::Embedded),
        ("<input value=not>", DoubtKind::Embedded),
        ("<noframes><!-- </noframes>not-->", DoubtKind::Embedded),
        ("x<sup>not</sup>", DoubtKind::Raised),
        ("<math><mi>x</mi></math>", DoubtKind::Formula),
        ("<details>not</details>", DoubtKind::Hidden),
    ];
    for (part, kind) in cases {
        let copy = read(format!("<html><body><p>We do {part} agree to this.").as_bytes());
        assert!(kinds(&copy).contains(&kind), "{part}: {:?}", copy.doubts);
    }
    let copy = read(b"<html><p>10<sup>2</sup>, H<sub>2</sub>O, the 2<sup>nd</sup>, <span style='color:#333'>grey</span>");
    assert_eq!(text(&copy), "10², H₂O, the 2nd, grey");
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
}

#[test]
fn what_hides_around_nothing_is_told_too() {
    // A browser opens the formatting element again after the paragraph.
    let copy = read(b"<html><p>We do <b style='display:none'><p>not</b> agree");
    assert!(kinds(&copy).contains(&DoubtKind::Hidden));
}
