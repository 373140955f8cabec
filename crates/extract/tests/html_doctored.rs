//! Web pages whose maker is hostile: each is doubted, or reads otherwise than the sound page.

mod common;

use demur_extract::DoubtKind;

use common::{kinds, read, sound, text, told};

const SOUND: &str = "We do not agree to this.";

/// Each has a doubt of that kind.
#[track_caller]
fn are_doubted(kind: DoubtKind, pages: &[&str]) {
    for page in pages {
        let copy = read(format!("<!DOCTYPE html><html><body>Memo{page}</body></html>").as_bytes());
        assert!(
            kinds(&copy).contains(&kind),
            "{page}: {:?} {:?}",
            copy.doubts,
            copy.readings
        );
    }
}

/// Each has a doubt, or another text.
#[track_caller]
fn are_not_taken(pages: &[&str]) {
    for page in pages {
        let copy = read(format!("<!DOCTYPE html><html><body>{page}</body></html>").as_bytes());
        assert!(!copy.doubts.is_empty() || text(&copy) != SOUND, "{page}");
    }
}

/// The sound sentence with `style` on its "not".
#[track_caller]
fn are_doubted_as_styles(kind: DoubtKind, styles: &[&str]) {
    for style in styles {
        let own = format!("<p>We do <span style='{style}'>not</span> agree to this.");
        are_doubted(kind, &[&own]);
        let by_sheet =
            format!("<style>span {{ {style} }}</style><p>We do <span>not</span> agree to this.");
        are_doubted(kind, &[&by_sheet]);
    }
}

#[test]
fn the_sound_page() {
    let copy = read(format!("<!DOCTYPE html><html><body><p>{SOUND}</body></html>").as_bytes());
    assert!(copy.doubts.is_empty());
    assert_eq!(text(&copy), SOUND);
}

#[test]
fn properties_that_hide() {
    are_doubted_as_styles(
        DoubtKind::Hidden,
        &[
            "display:none",
            "visibility:collapse",
            "opacity:0",
            "filter:opacity(0)",
            "clip-path:inset(50%)",
            "mask-image:linear-gradient(red,blue)",
            "overflow:hidden",
            "overflow:clip",
            "max-height:1px",
            "height:1px",
            "line-height:0",
            "line-height:.1",
            "text-overflow:ellipsis",
            "content-visibility:hidden",
            "-webkit-line-clamp:1",
            "text-shadow:0 0 9px black",
            "box-shadow:inset 0 0 0 99px #000",
            "mso-hide:all",
            "overflow-x:auto;width:300pt",
            "overflow:auto;height:100%",
            "overflow:scroll;max-height:20px",
            "overflow:auto hidden",
        ],
    );
    are_doubted_as_styles(
        DoubtKind::Tiny,
        &[
            "zoom:0.01",
            "font-size:0.1em",
            "font-size:10%",
            "font:1px serif",
            "font-size:calc(1px)",
        ],
    );
}

#[test]
fn properties_that_move() {
    are_doubted_as_styles(
        DoubtKind::Moved,
        &[
            "position:absolute",
            "position:fixed",
            "position:sticky",
            "position:relative;left:-9999px",
            "float:right",
            "transform:scaleX(-1)",
            "transform:rotate(180deg)",
            "rotate:180deg",
            "order:-1",
            "flex-direction:row-reverse",
            "columns:2",
            "writing-mode:vertical-rl",
            "margin-left:-3em",
            "margin:0 0 0 -99px",
            "padding-left:2em",
            "letter-spacing:-1em",
            "letter-spacing:9px",
            "word-spacing:-.25em",
        ],
    );
    are_doubted(
        DoubtKind::Moved,
        &[
            "<p style='text-indent:-9999px'>We do not agree.",
            "<div style='display:flex'><p>We do<p>not agree</div>",
            "<div style='display:grid'><p>We do<p>not agree</div>",
            "<p style='margin-left:-9999px'>We do not agree.",
            "<p style='margin-left:99999px'>We do not agree.",
            "<style>p { text-indent: -3em }</style><p>not that we agree.",
            "<style>body { padding-left: 3em } p { text-indent: -3em } body { padding-left: 0; margin: 0 }</style><p>not that we agree.",
            "<div style='columns:2'>We do not agree.</div>",
            "<div style='margin-top:99999px'>We do not agree.</div>",
        ],
    );
}

#[test]
fn properties_that_change_letters() {
    are_doubted_as_styles(
        DoubtKind::Style,
        &[
            "text-transform:uppercase",
            "font-variant:small-caps",
            "font-variant-caps:all-small-caps",
            "--x:none",
            "color:var(--x)",
            "all:unset",
            "quotes:\"not\" \"\"",
            "counter-increment:list-item 5",
            "hyphenate-character:\"not\"",
            "animation:x 1s",
            "what-comes-next:1",
            "white-space-collapse:discard",
            "display:block",
            "display:inline-block",
            "col/**/or:white",
            "d\\69splay:none",
            "color:w\\68ite",
        ],
    );
    are_doubted_as_styles(
        DoubtKind::Glyphs,
        &[
            "font-family:Wingdings",
            "font:12pt Webdings",
            "font-feature-settings:\"ss01\"",
        ],
    );
    are_doubted_as_styles(
        DoubtKind::Struck,
        &[
            "text-decoration:line-through",
            "text-decoration:underline line-through",
            "text-decoration:overline",
            "text-underline-offset:-.3em",
            "border-top:1px solid",
            "border-left-style:solid",
            "outline:1px solid;outline-offset:-9px",
        ],
    );
    are_doubted_as_styles(
        DoubtKind::Direction,
        &["direction:rtl", "unicode-bidi:bidi-override"],
    );
    are_doubted_as_styles(
        DoubtKind::Raised,
        &[
            "vertical-align:top",
            "vertical-align:9px",
            "font-variant-position:super",
        ],
    );
    are_doubted(
        DoubtKind::Style,
        &[
            "<style>p::before { content: 'not' }</style><p>We agree.",
            "<style>p:after { content: \"not\" }</style><p>We agree.",
            "<style>li::marker { content: 'not ' }</style><ul><li>We agree.</ul>",
            "<p style='display:inline'>no<p style='display:inline'>table",
            "no<span style='display:block'>table</span>",
        ],
    );
    are_doubted(
        DoubtKind::Field,
        &[
            "<ul style='list-style-type:\"not \"'><li>We agree.</ul>",
            "<ul style='list-style:disc decimal'><li>We agree.</ul>",
            "<ol style='list-style-type:hebrew'><li>We agree.</ol>",
            "<ol start=x><li>We agree.</ol>",
            "<style>.a ol { list-style: none }</style><div class=a></div><ol><li>We agree.</ol>",
        ],
    );
    are_doubted(
        DoubtKind::Raised,
        &[
            "<p>10<sup style='vertical-align:baseline'>2</sup>",
            "<style>sup { vertical-align: 0 }</style>10<sup>2</sup>",
            "<style>span { vertical-align: super }</style>10<span>2</span>",
        ],
    );
}

#[test]
fn colours_of_their_ground() {
    are_doubted_as_styles(
        DoubtKind::Colour,
        &[
            "color:white",
            "color:#FFF",
            "color:#ffffffff",
            "color:rgba(0,0,0,.01)",
            "color:hsl(0,0%,100%)",
            "color:oklch(1 0 0)",
            "color:color-mix(in srgb,white,white)",
            "color:canvas",
            "color:lightgoldenrodyellow",
            "color:transparent",
            "color:light-dark(white,black)",
            "background:black",
            "background:linear-gradient(black,black)",
            "background:hsl(0 0% 0%)",
            "color:red;background:#f00",
            "-webkit-text-fill-color:#fff",
            "mix-blend-mode:difference",
            "background-clip:text",
            "color-scheme:dark",
            "mso-highlight:black",
            "color:black;mso-themecolor:background1",
        ],
    );
    are_doubted(
        DoubtKind::Colour,
        &[
            "<font color=white>not</font>",
            "<font color=zffffffffz>not</font>",
            "<font color='#fffffffff'>not</font>",
            "<table bgcolor=black><tr><td>not</table>",
            "<table><tr bgcolor=zz0000zz><td><font color=black>not</font></table>",
            "<div style='background:#000;color:#fff'><span style='color:initial'>not</span></div>",
            "<style>p { color: #fff !important }</style><p style='color:black'>not",
            "<style>div p { color: #000 } p { background: #111 }</style><p>not",
            "<style>p:first-line { color: #fff }</style><p>not",
            "<style>@media screen { p { color: #fff } }</style><p>not",
            "<style>@supports (color:red) { @layer a { p { color: #fff } } }</style><p>not",
            "<style>[class] { color: #fff }</style><p class=a>not",
            "<style>:is(b, p) { color: #fff }</style><p>not",
            "<style>a:link { color: #fff }</style><a href=x>not</a>",
            "<style>p { color: white } p.a { color: black }</style><p>not",
        ],
    );
    for page in [
        "<html><body link=white><a href=x>not</a>",
        "<html><body text=white>not",
        "<html><body bgcolor=black>not",
        "<html style='background:black'>not",
        // Without a document type a table forgets the colour around it.
        "<html><body bgcolor=black><div style='color:white'>x<table><tr><td>not</table></div>",
        "<html><meta name=color-scheme content='light dark'><p>not",
    ] {
        let copy = read(page.as_bytes());
        assert!(
            kinds(&copy).contains(&DoubtKind::Colour),
            "{page}: {:?}",
            copy.doubts
        );
    }
}

#[test]
fn what_a_browser_passes_over_is_not_believed() {
    // Each would cover up what is declared around it, if it counted.
    for style in [
        "font-size:12.pt",
        "font-size:1e1pt",
        "font-size:12",
        "font:bold bold 12pt serif",
        "font:12pt 5x",
        "font:12pt",
        "font:12pt/1. serif",
    ] {
        are_doubted(
            DoubtKind::Tiny,
            &[&format!(
                "<div style='font-size:1px'><p style='{style}'>not</p></div>"
            )],
        );
    }
    for style in [
        "color:rgb(0%,0,0)",
        "color:rgb(0.,0,0)",
        "background:none none white",
        "background:white white",
        "color:black black",
        "color:000",
    ] {
        are_doubted(
            DoubtKind::Colour,
            &[&format!(
                "<div style='color:#fff;background:#000'><p style='{style}'>not</p></div>"
            )],
        );
    }
    are_doubted(
        DoubtKind::Colour,
        &[
            "<p style='-webkit-text-fill-color:white;color:black'>not",
            "<div style='color:white'><style type=text/plain>p { color: black }</style><p>not</div>",
            "<div style='color:white'><style title=x>p { color: black }</style><p>not</div>",
            // The ground of a line is not that of a block within it, nor of what reaches out of its box.
            "<span style='background:#000;color:#fff'><p>not</p></span>",
            "<div style='background:#000;color:#fff;white-space:nowrap;width:200pt'>not</div>",
            "<pre style='background:#000;color:#fff'>not</pre>",
        ],
    );
    are_doubted(
        DoubtKind::Field,
        &["<ol style='list-style:none none none'><li>not</ol>"],
    );
    are_doubted(
        DoubtKind::Tiny,
        &["<p>not<br><span style='font-size:48pt;line-height:.5;background:white'>&nbsp;</span>"],
    );
}

#[test]
fn words_that_may_break_or_run_together() {
    are_doubted_as_styles(
        DoubtKind::Moved,
        &[
            "word-break:break-all",
            "overflow-wrap:anywhere",
            "line-break:anywhere",
            "letter-spacing:-.1em",
            "word-spacing:-2px",
        ],
    );
    are_doubted(DoubtKind::Moved, &["no<wbr>table", "no\u{200b}table"]);
    are_doubted(
        DoubtKind::Tiny,
        &[
            "no\u{200a}table",
            "no\u{2009}table",
            "<p style='font-size:90pt'>notable",
        ],
    );
    are_doubted(
        DoubtKind::Contradiction,
        &[
            "no\u{2028}table",
            "no&#x2028;table",
            "no\u{b}table",
            "no\u{8}w",
        ],
    );
    are_doubted(DoubtKind::Style, &["<p lang=fr><q>not</q>"]);
    are_doubted(
        DoubtKind::Hidden,
        &["<div style='width:20pt'>notable</div>"],
    );
    for sound in [
        "see <a href=x>a/<wbr>b</a>",
        "10\u{2009}000 \u{ab}\u{202f}a\u{202f}\u{bb}",
    ] {
        let copy = read(format!("<!DOCTYPE html><html><body>{sound}").as_bytes());
        assert!(copy.doubts.is_empty(), "{sound}: {:?}", copy.doubts);
    }
    // Signs that are not shown are not read.
    let copy = read(b"<html><ol><li style='display:block'>not</ol>");
    assert_eq!(text(&copy), "not");
}

#[test]
fn sheets_that_hide_their_rules() {
    are_doubted(
        DoubtKind::Style,
        &[
            "<style>p { color: white</style><p>not",
            "<style>/* p { display: none }</style><p>not",
            "<style>p { x: '</style><p>not",
            "<style>p { x: '} p { display: none } q { y: '</style><p>not",
            "<style>a { color: red; p { display: none } }</style><p>not",
            "<style>@import 'x';</style><p>not",
            "<style>@import url(x);</style><p>not",
            "<style>@scope (p) { :scope { display: none } }</style><p>not",
            "<style>@starting-style { p { opacity: 0 } }</style><p>not",
            "<style>@property --x { syntax: '*' }</style><p>not",
            "<style>@counter-style a { symbols: 'not' }</style><p>not",
            "<style>@page { @top-left { content: 'not' } }</style><p>We agree",
            "<style>\\70 { display: none }</style><p>not",
            "<style>p { d\\69splay: none }</style><p>not",
            "<style>p { display: none } }</style><style>p } q</style><p>not",
            "<style>x; p { display: none }</style><p>not",
            "<style>p&{ display: none }</style><p>not",
            "<style>p { *display: none }</style><p>not",
            "<style>p { display: none ! }</style><p>not",
            "<link rel='alternate stylesheet' href=x><p>not",
            "<meta http-equiv=default-style content=x><p>not",
            "<meta http-equiv=content-security-policy content=\"style-src 'none'\"><p>not",
            "<base href=http://127.0.0.1:1/><p>not",
            "<style>p { color: red }",
        ],
    );
    are_doubted(
        DoubtKind::Hidden,
        &[
            "<style>x { background: url(/*) } p { display: none } y { z: */ }</style><p>not",
            "<style><!-- p { display: none } --></style><p>not",
            "<style>p{}/**/p/**/{/**/display/**/:/**/none/**/}</style><p>not",
            "<style>/* { */ P { DISPLAY: NONE } /* } */</style><p>not",
            "<style>x { y: '/*' } p { display: none } z { y: '*/' }</style><p>not",
            "<style>@media (min-width: 1px) { p { display: none } }</style><p>not",
            "<style media=screen>p { display: none }</style><p>not",
            "<style>.A { display: none }</style><p class=a>not",
            "<style>* { display: none }</style><p>not",
            "<style>tbody { display: none }</style><table><tr><td>not</table>",
            "<p>x</p><style>p { display: none }</style>",
        ],
    );
    // A title is shown where a style says so.
    are_doubted(
        DoubtKind::Style,
        &[
            "<title style='display:block'>not</title><p>We agree",
            "<style>title, head { display: block }</style><title>not</title><p>We agree",
            "<style>* { display: block }</style><p>We agree",
        ],
    );
}

#[test]
fn elements_that_show_something_else() {
    are_doubted(
        DoubtKind::Hidden,
        &[
            "<div><template shadowrootmode=open>We agree.</template>We do not agree.</div>",
            "<template>not</template>",
            "<details open>a<summary>not</summary></details>",
            "<dialog open>not</dialog>",
            "<p popover>not",
            "<p hidden=until-found>not",
            "<p inert>not",
        ],
    );
    are_doubted(
        DoubtKind::Embedded,
        &[
            "<plaintext>not",
            "<xmp>not</xmp>",
            "<textarea>not</textarea>",
            "<select><option>not</select>",
            "<svg><text>not</text></svg>",
            "<marquee>not</marquee>",
            "<frameset><frame></frameset>",
            "<object>not</object>",
            "<button>not</button>",
            "<form>not</form>",
            "<fieldset>a<legend>not</legend></fieldset>",
            "<x-y>not</x-y>",
            "<v:textbox>not</v:textbox>",
        ],
    );
    are_doubted(
        DoubtKind::Script,
        &[
            "<noscript>not</noscript>",
            "<p onclick=x()>not",
            "<meta http-equiv=refresh content=0>",
            "<script>1</script>",
        ],
    );
    are_doubted(
        DoubtKind::Style,
        &[
            "<p slot=x>not",
            "<p is=x>not",
            "<p what=x>not",
            "<q>a <q>b</q></q>",
        ],
    );
    are_doubted(
        DoubtKind::Moved,
        &[
            "<ruby>a<rt>not</rt></ruby>",
            "<table align=right><tr><td>not</table>",
            "<table><caption align=bottom>not</caption></table>",
        ],
    );
    are_doubted(
        DoubtKind::Tiny,
        &[
            "<small><small><small><small><small><small><small>not</small></small></small></small></small></small></small>",
            "<meta name=viewport content='width=9999'><p>not",
            "no<span style='font-size:4pt'> </span>table",
        ],
    );
    are_doubted(
        DoubtKind::Direction,
        &["<p dir=auto>\u{5d0} 5 - 6", "<bdo dir=rtl>ton</bdo>"],
    );
}

#[test]
fn structure_that_a_browser_rearranges() {
    are_doubted(
        DoubtKind::Moved,
        &[
            "<table>not<tr><td>We do agree.</table>",
            "<table><tr>not<td>We do agree.</table>",
            "<table><tr><td>We do agree.</td><p>not</p></tr></table>",
            "<table><tfoot><tr><td>not</tfoot><tbody><tr><td>We agree.</table>",
            "<table><tr><td>We agree.</tr><thead><tr><td>not</thead></table>",
            "<table><tr><td>We agree.</tr><caption>not</caption></table>",
            "<table><tr><td>a<td rowspan=2>not<tr><td colspan=2>b</table>",
            "no<td>table",
            "no<tr>table",
        ],
    );
    are_doubted(
        DoubtKind::Style,
        &[
            "<p>a <font color=red>b<p>not</font>",
            "<p>a <b style='color:red'>b</p><p>not",
            "<b class=x><p>We do</b> not</p><style>.x { color: red }</style>",
            "<i><font size=1>a</i> not</font>",
            "<p>not</p><body style='color:red'>",
            "text <html style='color:red'>",
        ],
    );
    are_doubted(
        DoubtKind::Struck,
        &[
            // The end tag of a raised or struck text does not reach beyond a block.
            "<p><s>a<p>not</s>",
            "<div><del>a<div></del>not</div></div>",
        ],
    );
    are_doubted(
        DoubtKind::Raised,
        &["<div><sup>a<div></sup>not</div></div>"],
    );
}

#[test]
fn syntax_that_programs_read_in_different_ways() {
    are_doubted(
        DoubtKind::Contradiction,
        &[
            "<p>We do <!-->not--> agree",
            "<p>We do <!--not--!> agree",
            "<p>We do <!-- <!-- -->not--> agree",
            "<p>We do agree <!-- not",
            "<p>We do agree <b not",
            "<p style='' style='display:none'>not",
            "<p>We do <![CDATA[not]]> agree",
            "<p>We do <div/>not agree",
            "<!--[if mso]><p>We do not agree<![endif]-->",
            "<!--[if mso]><div style='display:none'><![endif]--><p>not",
            "<!--[if !mso]><!--><p>not</p><!--<![endif]-->",
            "<p>We do <![if !mso]>not<![endif]> agree",
            "<p>We do <![if !supportLists]>not<![endif]> agree",
            "<p>We do <![if !supportLists]>1.<![endif]> agree",
            "<p>We do <span style='mso-list:Ignore'>not</span> agree",
        ],
    );
    let conflicting = b"<html><meta charset=windows-1252><meta charset=koi8-r><p>\xc1";
    assert!(kinds(&read(conflicting)).contains(&DoubtKind::Contradiction));
    // A charset in a comment is none.
    let copy = read(b"<html><!-- charset=koi8-r --><meta charset=windows-1252><p>\xe9t\xe9");
    assert_eq!((text(&copy), copy.doubts.len()), ("été", 0));
    // Word numbers by itself where it opens a page.
    are_doubted(
        DoubtKind::Field,
        &["<style>@list l0:level1 { mso-level-text: \"5 not %1\" }</style><p>a"],
    );
}

#[test]
fn what_is_left_out_is_no_text() {
    are_not_taken(&[
        "<p>We do <title>not</title> agree to this.",
        "<p>We do no<wbr>w agree to this.",
        "<p>We do no<br>t agree to this.",
        "<p>We do no&shy;<br>t agree to this.",
        "<p>We do no<div>t agree to this.</div>",
        "<p>We do n\u{43e}t agree to this.",
    ]);
}

#[test]
fn end_tags_that_end_nothing_are_passed_over() {
    for (page, shown) in [
        ("no</div>table", "notable"),
        ("no</body>table", "notable"),
        ("no</html>table", "notable"),
        ("no</head>table", "notable"),
        ("no</h2>table", "notable"),
        ("no</li>table", "notable"),
        ("no</section>table", "notable"),
        ("<div>no</table>table</div>", "notable"),
        ("no</p>table", "no\n\ntable"),
        ("no</br>table", "no\ntable"),
        ("<h1>no</h3>table", "no\n\ntable"),
        ("<div>no</div>table", "no\n\ntable"),
    ] {
        let copy = read(format!("<!DOCTYPE html><html><body>{page}").as_bytes());
        assert_eq!(text(&copy), shown, "{page}");
    }
}

#[test]
fn many_rules_and_elements_are_no_burden() {
    let rules: String = (0..3_000)
        .map(|n| format!("#x{n} {{ color: red }}"))
        .collect();
    let page: String = (0..3_000).map(|n| format!("<p id=x{n}>{n}")).collect();
    let copy = read(format!("<html><style>{rules}</style>{page}").as_bytes());
    assert!(kinds(&copy).contains(&DoubtKind::Style));
}

#[test]
fn very_many_classes_are_not_walked_through_for_each_other() {
    let rule = format!("{}{{color:red}}", ".a".repeat(20_000));
    let page = |style: &str, class: &str| {
        format!("<!doctype html><style>{style}</style><p class=\"{class}\">We do not agree.")
    };
    told(page(&rule, "a").into_bytes(), DoubtKind::Style);
    let rules = (0..20_000).map(|n| format!(".c{n}{{margin:0}}"));
    let rules: String = rules.collect();
    told(
        page(&rules, &"b ".repeat(20_000)).into_bytes(),
        DoubtKind::Style,
    );
}

#[test]
fn what_scrolls_and_what_is_cut() {
    let page = |style: &str, body: &str| {
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>{style}</style></head><body><p>Some words.</p>{body}</body></html>"
        )
    };
    let table = "<table><tr><td>We do not</td><td>agree</td></tr></table>";
    let list = "<div><ol><li>one</li></ol></div>";
    for (style, body, kind) in [
        (
            "table { overflow: auto; height: 1px }",
            table,
            DoubtKind::Hidden,
        ),
        (
            "table { display: block; height: 1px }",
            table,
            DoubtKind::Hidden,
        ),
        (
            "td { display: table-caption; height: 1px }",
            table,
            DoubtKind::Hidden,
        ),
        ("td { max-width: 0 }", table, DoubtKind::Hidden),
        (
            "td { max-width: 220pt; white-space: nowrap }",
            table,
            DoubtKind::Hidden,
        ),
        (
            "div { overflow: auto } ol { padding-left: 0 }",
            list,
            DoubtKind::Hidden,
        ),
        (
            "div { overflow: auto; max-width: 230pt }",
            list,
            DoubtKind::Hidden,
        ),
        ("ol { overflow: auto }", list, DoubtKind::Hidden),
        (
            "div { overflow: auto; margin-left: 60pt; text-indent: -40pt }",
            "<div>We do not agree</div>",
            DoubtKind::Hidden,
        ),
        (
            "table { display: block; overflow-x: auto }",
            "<table width=\"20\"><tr><td>We do not</td></tr></table>",
            DoubtKind::Hidden,
        ),
        (
            "table { display: block }",
            "<table height=\"1\"><tr><td>We do not</td></tr></table>",
            DoubtKind::Hidden,
        ),
    ] {
        told(page(style, body), kind);
    }
    for (style, body) in [
        (
            "table { display: block; overflow-x: auto; width: 100% }",
            table,
        ),
        (
            "td { max-width: 300pt; height: 20px } table { height: 100px }",
            table,
        ),
        ("div { overflow: auto }", list),
        ("pre { overflow: scroll }", "<pre>We do not agree</pre>"),
    ] {
        sound(page(style, body));
    }
}
