//! Web pages as ordinary programs write them: nothing is doubted without need.

mod common;

use common::{read, text};

#[track_caller]
fn is_plain(page: &str, expected: &str) {
    are_plain(page.as_bytes(), expected);
}

#[track_caller]
fn are_plain(page: &[u8], expected: &str) {
    let copy = read(page);
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
    assert_eq!(text(&copy), expected);
}

/// The sheet of pandoc's template `styles.html`, as `pandoc -s` fills it.
const PANDOC: &str = "
    html { line-height: 1.5; font-family: Georgia, serif; font-size: 20px; color: #1a1a1a; background-color: #fdfdfd; }
    body { margin: 0 auto; max-width: 36em; padding-left: 50px; padding-right: 50px; padding-top: 50px; padding-bottom: 50px; hyphens: auto; overflow-wrap: break-word; text-rendering: optimizeLegibility; font-kerning: normal; }
    @media (max-width: 600px) { body { font-size: 0.9em; padding: 1em; } h1 { font-size: 1.8em; } }
    @media print { body { background-color: transparent; color: black; font-size: 12pt; } p, h2, h3 { orphans: 3; widows: 3; } h2, h3, h4 { page-break-after: avoid; } }
    p { margin: 1em 0; }
    a { color: #1a1a1a; }
    a:visited { color: #1a1a1a; }
    img { max-width: 100%; }
    h1, h2, h3, h4, h5, h6 { margin-top: 1.4em; }
    h5, h6 { font-size: 1em; font-style: italic; }
    h6 { font-weight: normal; }
    ol, ul { padding-left: 1.7em; margin-top: 1em; }
    li > ol, li > ul { margin-top: 0; }
    blockquote { margin: 1em 0 1em 1.7em; padding-left: 1em; border-left: 2px solid #e6e6e6; color: #606060; }
    code { font-family: Menlo, Monaco, 'Lucida Console', Consolas, monospace; font-size: 85%; margin: 0; }
    pre { margin: 1em 0; overflow: auto; }
    pre code { padding: 0; overflow: visible; overflow-wrap: normal; }
    .sourceCode { background-color: transparent; overflow: visible; }
    hr { background-color: #1a1a1a; border: none; height: 1px; margin: 1em 0; }
    table { margin: 1em 0; border-collapse: collapse; width: 100%; overflow-x: auto; display: block; font-variant-numeric: lining-nums tabular-nums; }
    th { border-top: 1px solid #1a1a1a; padding: 0.25em 0.5em 0.25em 0.5em; }
    header { margin-bottom: 4em; text-align: center; }
    #TOC li { list-style: none; }
    #TOC a:not(:hover) { text-decoration: none; }
    code{white-space: pre-wrap;}
    span.smallcaps{font-variant: small-caps;}
    span.underline{text-decoration: underline;}
    div.column{display: inline-block; vertical-align: top; width: 50%;}
    div.hanging-indent{margin-left: 1.5em; text-indent: -1.5em;}
    ul.task-list{list-style: none;}
    .display.math{display: block; text-align: center; margin: 0.5rem auto;}";

#[test]
fn pandoc() {
    is_plain(
        &format!(
            "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"\" xml:lang=\"\">\n<head>\n  <meta charset=\"utf-8\" />\n  \
             <meta name=\"generator\" content=\"pandoc\" />\n  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1.0, user-scalable=yes\" />\n  \
             <title>memo</title>\n  <style>{PANDOC}</style>\n  <!--[if lt IE 9]>\n    <![endif]-->\n</head>\n<body>\n\
             <header id=\"title-block-header\">\n<h1 class=\"title\">(U) The weir</h1>\n</header>\n\
             <p>(U) We do <em>not</em> agree that the <strong>weir</strong> can be\nclosed, see <a href=\"https://example.org\">this</a>.</p>\n\
             <ul>\n<li>one</li>\n<li><p>two</p></li>\n</ul>\n<ol type=\"1\">\n<li>three</li>\n</ol>\n\
             <ol start=\"4\" type=\"a\">\n<li>four</li>\n</ol>\n\
             <div class=\"hanging-indent\"><p>hanging</p></div>\n<blockquote>\n<p>quoted 10<sup>2</sup></p>\n</blockquote>\n<hr />\n<pre><code>as it\n  stands</code></pre>\n<table>\n<tbody>\n<tr class=\"odd\">\n<td style=\"text-align: left;\">a</td>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n</body>\n</html>\n"
        ),
        "(U) The weir\n\n(U) We do not agree that the weir can be closed, see this.\n\n- one\n\n- two\n\n1. three\n\nd. four\n\nhanging\n\nquoted 10²\n\nas it\nstands\n\na\n\nb",
    );
}

#[test]
fn word() {
    let page = "<html xmlns:v=\"urn:schemas-microsoft-com:vml\"\nxmlns:o=\"urn:schemas-microsoft-com:office:office\"\nxmlns:w=\"urn:schemas-microsoft-com:office:word\"\nxmlns=\"http://www.w3.org/TR/REC-html40\">\n\n\
         <head>\n<meta http-equiv=Content-Type content=\"text/html; charset=windows-1252\">\n<meta name=ProgId content=Word.Document>\n<meta name=Generator content=\"Microsoft Word 15\">\n\
         <link rel=File-List href=\"memo_files/filelist.xml\">\n\
         <!--[if gte mso 9]><xml>\n <o:DocumentProperties>\n  <o:Author>A</o:Author>\n </o:DocumentProperties>\n</xml><![endif]-->\n\
         <link rel=themeData href=\"memo_files/themedata.thmx\">\n\
         <!--[if gte mso 9]><xml>\n <w:WordDocument>\n  <w:View>Normal</w:View>\n </w:WordDocument>\n</xml><![endif]-->\n\
         <style>\n<!--\n /* Font Definitions */\n @font-face\n\t{font-family:\"Cambria Math\";\n\tpanose-1:2 4 5 3 5 4 6 3 2 4;\n\tmso-font-charset:0;\n\tmso-generic-font-family:roman;\n\tmso-font-pitch:variable;\n\tmso-font-signature:-536869121 1107305727 33554432 0 415 0;}\n\
         /* Style Definitions */\n p.MsoNormal, li.MsoNormal, div.MsoNormal\n\t{mso-style-unhide:no;\n\tmso-style-qformat:yes;\n\tmso-style-parent:\"\";\n\tmargin-top:0in;\n\tmargin-right:0in;\n\tmargin-bottom:8.0pt;\n\tmargin-left:0in;\n\tline-height:107%;\n\tmso-pagination:widow-orphan;\n\tfont-size:11.0pt;\n\tfont-family:\"Calibri\",sans-serif;\n\tmso-ascii-font-family:Calibri;\n\tmso-ascii-theme-font:minor-latin;\n\tmso-fareast-font-family:Calibri;\n\tmso-hansi-theme-font:minor-latin;\n\tmso-bidi-font-family:\"Times New Roman\";}\n\
         p.MsoListParagraph\n\t{mso-style-priority:34;\n\tmargin-left:.5in;\n\tmso-add-space:auto;}\n\
         a:link, span.MsoHyperlink\n\t{mso-style-noshow:yes;\n\tcolor:#0563C1;\n\ttext-decoration:underline;\n\ttext-underline:single;}\n\
         .MsoChpDefault\n\t{mso-style-type:export-only;\n\tmso-default-props:yes;\n\tfont-size:11.0pt;}\n\
         .MsoPapDefault\n\t{mso-style-type:export-only;\n\tmargin-bottom:8.0pt;\n\tline-height:107%;}\n\
         @page WordSection1\n\t{size:8.5in 11.0in;\n\tmargin:1.0in 1.0in 1.0in 1.0in;\n\tmso-header-margin:.5in;\n\tmso-footer-margin:.5in;\n\tmso-paper-source:0;}\n\
         div.WordSection1\n\t{page:WordSection1;}\n\
         /* List Definitions */\n @list l0\n\t{mso-list-id:1;\n\tmso-list-type:hybrid;\n\tmso-list-template-ids:67698703 67698713;}\n\
         @list l0:level1\n\t{mso-level-text:\"%1\\)\";\n\tmso-level-tab-stop:none;\n\tmso-level-number-position:left;\n\ttext-indent:-.25in;}\n\
         ol\n\t{margin-bottom:0in;}\nul\n\t{margin-bottom:0in;}\n-->\n</style>\n\
         <!--[if gte mso 10]>\n<style>\n /* Style Definitions */\n table.MsoNormalTable\n\t{mso-style-name:\"Table Normal\";\n\tmso-tstyle-rowband-size:0;\n\tmso-padding-alt:0in 5.4pt 0in 5.4pt;\n\tline-height:107%;\n\tfont-size:11.0pt;}\n</style>\n<![endif]-->\n\
         </head>\n\n<body lang=EN-US link=\"#0563C1\" vlink=\"#954F72\" style='tab-interval:.5in;word-wrap:break-word'>\n\n<div class=WordSection1>\n\n\
         <p class=MsoNormal>(U) We do <b style='mso-bidi-font-weight:normal'>not</b> agree that the weir can be closed<span\nstyle='mso-spacerun:yes'>  </span>now.<o:p></o:p></p>\n\n\
         <p class=MsoNormal><span style='font-size:12.0pt;line-height:107%;color:black;mso-themecolor:text1'>Second.<o:p>&nbsp;</o:p></span></p>\n\n\
         <p class=MsoListParagraph style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if !supportLists]><span\nstyle='mso-bidi-font-family:Calibri'><span style='mso-list:Ignore'>1)<span\nstyle='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>one</p>\n\n\
         <p class=MsoListParagraph style='text-indent:-.25in;mso-list:l1 level1 lfo2'><![if !supportLists]><span\nstyle='font-family:Symbol;mso-fareast-font-family:Symbol;mso-bidi-font-family:\nSymbol'><span style='mso-list:Ignore'>\u{b7}<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp;\n</span></span></span><![endif]>two</p>\n\n</div>\n\n</body>\n\n</html>\n";
    // In Windows-1252, as Word writes it.
    let page: Vec<u8> = page.chars().map(|c| u8::try_from(c).unwrap()).collect();
    are_plain(
        &page,
        "(U) We do not agree that the weir can be closed now.\n\nSecond.\n\n1) one\n\n- two",
    );
}

#[test]
fn libre_office() {
    is_plain(
        "<!DOCTYPE html>\n<html>\n<head>\n\t<meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\"/>\n\t<title></title>\n\t<meta name=\"generator\" content=\"LibreOffice 7.4.7.2 (Linux)\"/>\n\t<meta name=\"created\" content=\"00:00:00\"/>\n\t\
         <style type=\"text/css\">\n\t\t@page { size: 8.27in 11.69in; margin: 0.79in }\n\t\tp { line-height: 115%; margin-bottom: 0.1in; background: transparent }\n\t\th1 { margin-top: 0.17in; margin-bottom: 0.08in; line-height: 100%; background: transparent; page-break-after: avoid }\n\t\th1.western { font-family: \"Liberation Sans\", sans-serif; font-size: 18pt; font-weight: bold }\n\t\ttd p { orphans: 0; widows: 0; background: transparent }\n\t\ta:link { color: #000080; so-language: zxx; text-decoration: underline }\n\t</style>\n</head>\n\
         <body lang=\"en-US\" link=\"#000080\" vlink=\"#800000\" dir=\"ltr\"><h1 class=\"western\">The weir</h1>\n\
         <p align=\"left\" style=\"font-variant: normal; letter-spacing: normal; font-style: normal; line-height: 100%; margin-bottom: 0in\">\n(U) We do <font color=\"#000000\"><font face=\"Liberation Serif, serif\"><font size=\"3\" style=\"font-size: 12pt\">not</font></font></font> agree.</p>\n\
         <p style=\"line-height: 100%; margin-bottom: 0in\"><br/>\n\n</p>\n\
         <ol>\n\t<li><p style=\"margin-bottom: 0in\">one</p></li>\n\t<li><p>two</p></li>\n</ol>\n\
         <table width=\"665\" cellpadding=\"4\" cellspacing=\"0\">\n\t<col width=\"328\"/>\n\n\t<tr valign=\"top\">\n\t\t<td width=\"328\" style=\"border: 1px solid #000000; padding: 0.04in\"><p>\n\t\t\tcell</p>\n\t\t</td>\n\t</tr>\n</table>\n</body>\n</html>\n",
        "The weir\n\n(U) We do not agree.\n\n1. one\n\n2. two\n\ncell",
    );
}

#[test]
fn a_text_that_a_browser_copied() {
    is_plain(
        "<html><body><!--StartFragment--><p style=\"color: rgb(34, 34, 34); font-family: Arial, Helvetica, sans-serif; font-size: small; font-style: normal; font-variant-ligatures: normal; font-variant-caps: normal; font-weight: 400; letter-spacing: normal; orphans: 2; text-align: start; text-indent: 0px; text-transform: none; widows: 2; word-spacing: 0px; -webkit-text-stroke-width: 0px; white-space: normal; background-color: rgb(255, 255, 255); text-decoration-thickness: initial; text-decoration-style: initial; text-decoration-color: initial; float: none; display: block;\">We do <span style=\"display: inline !important; float: none\">not</span> agree.</p><!--EndFragment--></body></html>",
        "We do not agree.",
    );
}

#[test]
fn what_has_no_effect_is_passed_over() {
    // Rules that meet nothing here; white on black all through; a heading's dark ground.
    for (page, expected) in [
        (
            "<html><style>.gone { display: none } div::before { content: 'x' }</style><p>We agree.",
            "We agree.",
        ),
        (
            "<html><body text=white bgcolor=black link=white vlink=white><p>We <a href=x>agree</a>.",
            "We agree.",
        ),
        (
            "<html><style>th { color: #fff; background: #003366 }</style><table><tr><th>Head<tr><td>We agree.</table>",
            "Head\n\nWe agree.",
        ),
        ("<html><div dir=auto>We agree.</div>", "We agree."),
        (
            "<html><p>We <b><i>agree</b></i>.<p>Or <b>not<p>at all</b>.",
            "We agree.\n\nOr not\n\nat all.",
        ),
        ("<html><body><p>One</p></body></html>\n<p>two", "One\n\ntwo"),
        (
            "<html><ul style='list-style-type:square'><li>a<li style='list-style:none'>b</ul><ol style='list-style-type:lower-roman'><li>c<li value=4>d</ol>",
            "- a\n\nb\n\ni. c\n\niv. d",
        ),
    ] {
        is_plain(page, expected);
    }
}
