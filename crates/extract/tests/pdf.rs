//! PDF files: what their pages show.

mod common;

use demur_extract::{DoubtKind, ExtractError, Format, Hint, Rule, extract, limits};

use common::{Pdf, kinds, lines, read, refused, sound, text};

const LINE: &str = "We do not agree that the weir can be closed.";

fn one(content: &str) -> demur_extract::Extracted {
    read(&Pdf::new().page(content).bytes())
}

#[test]
fn lines_paragraphs_and_pages() {
    let first = "BT /F 12 Tf 72 720 Td 15 TL (We do not agree that the weir) Tj T* (can be closed.) Tj T* T* (Nobody asked the towns.) Tj ET";
    let copy = read(
        &Pdf::new()
            .page(first)
            .page(&lines(&["On the second page."]))
            .bytes(),
    );
    assert_eq!(copy.format, Format::Pdf);
    assert_eq!(
        text(&copy),
        "We do not agree that the weir\ncan be closed.\n\nNobody asked the towns.\n\nOn the second page."
    );
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
}

#[test]
fn paragraphs_of_one_line_each() {
    let page = |leading: u32, lines: &[&str]| {
        let lines: String = lines
            .iter()
            .map(|line| format!("({line}) Tj T* "))
            .collect();
        let copy = one(&format!("BT /F 12 Tf 72 720 Td {leading} TL {lines} ET"));
        text(&copy).to_owned()
    };
    // As a browser prints them: nothing else on the page tells how far apart lines are.
    let short = [
        "On the ferry",
        "We do not agree that it carries four hundred.",
        "Nobody asked the towns.",
        "It should wait.",
    ];
    assert_eq!(page(26, &short), short.join("\n\n"));
    assert_eq!(page(26, &short[1..3]), short[1..3].join("\n\n"));
    assert_eq!(page(15, &short), short.join("\n"));
    // Several that are as long.
    let alike = [
        "We do not agree.",
        "Nobody asked us.",
        "It should wait.",
        "It costs more.",
    ];
    assert_eq!(page(26, &alike), alike.join("\n\n"));
    // The longest is as wide as the page lets it be.
    let full = [
        "On the ferry",
        "We do not agree that it carries four hundred, since nobody ever asked the towns or counted it.",
        "Nobody asked the towns.",
    ];
    assert_eq!(page(26, &full), full.join("\n\n"));
    // Text that is set double: where a line ends, the next word had no room.
    let double = [
        "We do not agree that the weir can be closed, and we say that",
        "notwithstanding what was written to the office in the spring,",
        "nobody has asked the towns below it.",
    ];
    assert_eq!(page(28, &double), double.join("\n"));
    // A paragraph of two lines alone, and a word that is divided.
    let two = [
        "We do not agree that the weir can be closed before the autumn, and we have said it since May,",
        "notwithstanding what was written.",
    ];
    assert_eq!(page(28, &two), two.join("\n"));
    let word = [
        "We do not agree that the weir can be closed in the au-",
        "tumn of this year.",
    ];
    assert_eq!(page(28, &word), word.join("\n"));
}

#[test]
fn text_is_read_where_it_stands_not_as_it_was_painted() {
    // The words are painted in another order than they stand in.
    let copy = one(
        "BT /F 12 Tf 1 0 0 1 72 700 Tm (second line) Tj 1 0 0 1 110 720 Tm (line) Tj 1 0 0 1 72 720 Tm (first) Tj ET",
    );
    assert_eq!(text(&copy), "first line\nsecond line");
}

#[test]
fn heads_and_feet_that_repeat_are_read_once_and_count() {
    let page = |n: u32| {
        format!(
            "BT /F 12 Tf 1 0 0 1 72 760 Tm (SENSITIVE) Tj 1 0 0 1 72 700 Tm (Text of page {n} here) Tj 1 0 0 1 72 40 Tm (Void unless countersigned.) Tj ET"
        )
    };
    let copy = read(&Pdf::new().page(&page(1)).page(&page(2)).bytes());
    assert_eq!(
        text(&copy),
        "Text of page 1 here\n\nText of page 2 here\n\nSENSITIVE\n\nVoid unless countersigned."
    );
    assert!(copy.disregarded.contains(&Rule::RunningHeads));
}

#[test]
fn raised_figures() {
    let copy = one(
        "BT /F 12 Tf 72 720 Td (Within 10) Tj 7 Tf 5 Ts (2) Tj 0 Ts 12 Tf ( years) Tj ET"
            .replace("7 Tf", "/F 7 Tf")
            .replace(" 12 Tf (", " /F 12 Tf (")
            .as_str(),
    );
    assert_eq!(text(&copy), "Within 10² years");
    // The same with the figure painted last.
    let copy = one(
        "BT /F 12 Tf 1 0 0 1 72 720 Tm (Within 10) Tj 1 0 0 1 132 720 Tm (years) Tj /F 7 Tf 1 0 0 1 124 725 Tm (2) Tj ET",
    );
    assert_eq!(text(&copy), "Within 10² years");
    let copy = one("BT /F 12 Tf 72 720 Td (We do ) Tj /F 7 Tf 5 Ts (not) Tj ET");
    assert_eq!(kinds(&copy), [DoubtKind::Raised]);
}

#[test]
fn what_is_not_seen_is_told() {
    let cases = [
        // Render mode 3, as under scanned pages.
        (
            "BT /F 12 Tf 72 720 Td (We do ) Tj 3 Tr (not) Tj 0 Tr ( agree) Tj ET",
            DoubtKind::Hidden,
        ),
        // Render mode 7: a clip alone.
        (
            "BT /F 12 Tf 72 720 Td (We do ) Tj 7 Tr (not) Tj ET",
            DoubtKind::Hidden,
        ),
        (
            "BT /F 12 Tf 72 720 Td (We do ) Tj 1 g (not) Tj 0 g ( agree) Tj ET",
            DoubtKind::Colour,
        ),
        (
            "BT /F 12 Tf 72 720 Td (We do ) Tj 0.98 0.99 1 rg (not) Tj ET",
            DoubtKind::Colour,
        ),
        // Black on black.
        (
            "0 g 70 715 200 20 re f BT /F 12 Tf 72 720 Td (not) Tj ET",
            DoubtKind::Colour,
        ),
        ("BT /F 1 Tf 72 720 Td (not) Tj ET", DoubtKind::Tiny),
        // Off the page, on either side.
        (
            "BT /F 12 Tf 72 720 Td (We do ) Tj 1000 0 Td (not) Tj ET",
            DoubtKind::Hidden,
        ),
        ("BT /F 12 Tf -400 720 Td (not) Tj ET", DoubtKind::Hidden),
        // Under a white shape, and under a picture.
        (
            "BT /F 12 Tf 72 720 Td (not) Tj ET 1 g 70 715 40 20 re f",
            DoubtKind::Hidden,
        ),
        (
            "BT /F 12 Tf 72 720 Td (not) Tj ET q 40 0 0 20 70 715 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \u{7f} EI Q",
            DoubtKind::Hidden,
        ),
        // Cut off by a clip.
        (
            "q 0 0 10 10 re W n BT /F 12 Tf 72 720 Td (not) Tj ET Q",
            DoubtKind::Hidden,
        ),
        // Struck out, by a thin rectangle and by a line.
        (
            "BT /F 12 Tf 72 720 Td (not at all) Tj ET 70 723.5 60 0.7 re f",
            DoubtKind::Struck,
        ),
        (
            "BT /F 12 Tf 72 720 Td (not at all) Tj ET 70 724 m 130 724 l S",
            DoubtKind::Struck,
        ),
        // A dash that is drawn before a number.
        (
            "BT /F 12 Tf 90 720 Td (5 percent) Tj ET 72 724 m 84 724 l S",
            DoubtKind::Struck,
        ),
        // A letter that is drawn.
        (
            "BT /F 12 Tf 72 720 Td (We do agree) Tj ET 200 720 m 205 730 l 210 720 l h f",
            DoubtKind::Picture,
        ),
        // Upside down.
        (
            "BT /F 12 Tf -1 0 0 -1 300 400 Tm (not) Tj ET",
            DoubtKind::Moved,
        ),
        // The text layer says another word than the page shows.
        (
            "/Span << /ActualText (not) >> BDC BT /F 12 Tf 72 720 Td (now) Tj ET EMC",
            DoubtKind::Contradiction,
        ),
    ];
    for (content, kind) in cases {
        let copy = read(
            &Pdf::new()
                .page(&format!(
                    "{}{content}",
                    "BT /F 12 Tf 72 600 Td (Some more words stand here.) Tj ET\n"
                ))
                .bytes(),
        );
        assert!(kinds(&copy).contains(&kind), "{content}: {:?}", copy.doubts);
    }
    // An underline, a ground that is light, white on black.
    for content in [
        "BT /F 12 Tf 72 720 Td (under) Tj ET 72 717 40 0.7 re f",
        "0.9 g 60 710 200 30 re f 0 g BT /F 12 Tf 72 720 Td (on grey) Tj ET",
        "0 g 60 710 200 30 re f 1 g BT /F 12 Tf 72 720 Td (white on black) Tj ET",
        "/Span << /ActualText <feff0066006900720073007400ad0072006100740065> >> BDC BT /F 12 Tf 72 720 Td (first-rate) Tj ET EMC",
        // Twice, as some make bold.
        "BT /F 12 Tf 72 720 Td (bold) Tj 0.2 0 Td (bold) Tj ET",
    ] {
        let copy = one(content);
        assert!(copy.doubts.is_empty(), "{content}: {:?}", copy.doubts);
    }
    assert_eq!(
        text(&one(
            "BT /F 12 Tf 72 720 Td (bold) Tj 0.2 0 Td (bold) Tj ET"
        )),
        "bold"
    );
}

/// A font whose codes name other characters than they draw.
fn false_font(map: &str) -> Vec<u8> {
    let mut pdf = Pdf::with_font(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 4 0 R >>",
    );
    let cmap = format!(
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar {map} endbfchar endcmap end"
    );
    pdf.object(&format!(
        "<< /Length {} >>\nstream\n{cmap}\nendstream",
        cmap.len()
    ));
    pdf.page(&lines(&[LINE, "We now go home."])).bytes()
}

#[test]
fn shapes_that_are_not_their_characters() {
    // Drawn w, named t; drawn 7, named 1; drawn a, named Cyrillic a, which only looks the same.
    for (map, part) in [
        ("<77> <0074>", "w"),
        ("<6e> <0068>", "n"),
        ("<67> <0071>", "g"),
        ("<61> <0430>", "a"),
    ] {
        let copy = read(&false_font(map));
        assert!(
            kinds(&copy).contains(&DoubtKind::Glyphs),
            "{part}: {:?}\n{}",
            copy.doubts,
            text(&copy)
        );
    }
    // The same map without a lie.
    let copy = read(&false_font("<77> <0077>"));
    assert!(copy.doubts.is_empty(), "{:?}", copy.doubts);
}

#[test]
fn every_letter_of_every_standard_font_is_known() {
    for font in [
        "Helvetica",
        "Helvetica-Bold",
        "Times-Roman",
        "Times-Italic",
        "Times-BoldItalic",
        "Courier",
        "Courier-Bold",
    ] {
        let dict = format!(
            "<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
        );
        let codes: String = (0x21..0x7f_u8)
            .chain(0xa1..=0xff)
            .filter(|c| *c != 0xad)
            .map(|c| format!("{c:02x}20"))
            .collect();
        let rows: Vec<String> = codes
            .as_bytes()
            .chunks(60)
            .map(|c| format!("<{}> Tj T*", String::from_utf8_lossy(c)))
            .collect();
        let content = format!("BT /F 12 Tf 72 720 Td 20 TL {} ET", rows.join("\n"));
        let copy = read(&Pdf::with_font(&dict).page(&content).bytes());
        assert!(copy.doubts.is_empty(), "{font}: {:?}", copy.doubts);
    }
}

#[test]
fn a_glyph_that_is_drawn_by_commands_is_told() {
    let mut pdf = Pdf::with_font(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << /t 4 0 R >> /Encoding << /Differences [116 /t] >> /FirstChar 116 /LastChar 116 /Widths [600] /Resources << >> >>",
    );
    let glyph = "600 0 0 0 600 700 d1 0 0 600 700 re f";
    pdf.object(&format!(
        "<< /Length {} >>\nstream\n{glyph}\nendstream",
        glyph.len()
    ));
    let copy = read(&pdf.page("BT /F 12 Tf 72 720 Td (ttt) Tj ET").bytes());
    assert_eq!(kinds(&copy), [DoubtKind::Glyphs]);
}

#[test]
fn scripts_forms_layers_and_notes() {
    let file = |catalogue: &str| read(&Pdf::new().page(&lines(&[LINE])).finish(catalogue));
    for (catalogue, kind) in [
        (
            "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>",
            DoubtKind::Script,
        ),
        ("/OpenAction << /S /Launch /F (x) >>", DoubtKind::Script),
        (
            "/Names << /JavaScript << /Names [] >> >>",
            DoubtKind::Script,
        ),
        ("/AcroForm << /Fields [] >>", DoubtKind::Field),
        ("/OCProperties << /OCGs [] /D << >> >>", DoubtKind::Hidden),
    ] {
        assert_eq!(kinds(&file(catalogue)), [kind], "{catalogue}");
    }
    assert!(
        file("/OpenAction << /S /GoTo /D [0 /Fit] >>")
            .doubts
            .is_empty()
    );
    let note = "/Annots [<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] /Contents (not) >>]";
    let copy = read(&Pdf::new().on_page(note).page(&lines(&[LINE])).bytes());
    assert_eq!(kinds(&copy), [DoubtKind::Embedded]);
}

#[test]
fn nothing_but_pictures() {
    let copy = Pdf::new()
        .page("q 40 0 0 20 70 715 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \u{7f} EI Q")
        .bytes();
    assert!(refused(&copy).contains("OCR"));
}

#[test]
fn truncated_and_encrypted() {
    let bytes = Pdf::new().page(&lines(&[LINE])).bytes();
    // What is cut off is not read, whatever is left; only the last line's end is no part of it.
    for end in (5..bytes.len() - 1).step_by(7).chain([bytes.len() - 2]) {
        assert!(extract(&bytes[..end], Hint::default()).is_err(), "{end}");
    }
    assert_eq!(text(&read(&bytes[..bytes.len() - 1])), LINE);
    let encrypted = String::from_utf8(bytes).unwrap().replace(
        "/Root 1 0 R >>",
        "/Root 1 0 R /ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <0000000000000000000000000000000000000000000000000000000000000000> /U <1111111111111111111111111111111111111111111111111111111111111111> >> >>",
    );
    assert!(
        refused(encrypted.as_bytes()).contains("encrypted"),
        "{}",
        refused(encrypted.as_bytes())
    );
}

#[test]
fn a_pdf_bomb() {
    use std::io::Write as _;
    let packed = |bytes: &[u8]| {
        let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        z.write_all(bytes).unwrap();
        z.finish().unwrap()
    };
    let once = packed(&vec![b' '; limits::MAX_PDF_STREAM + 1]);
    for data in [once.clone(), packed(&once)] {
        let mut bytes =
            b"%PDF-1.7\n1 0 obj\n<< /Filter [/FlateDecode /FlateDecode] >>\nstream\n".to_vec();
        bytes.extend(&data);
        bytes.extend(b"\nendstream\nendobj\n");
        assert!(bytes.len() < 1 << 20);
        assert!(matches!(
            extract(&bytes, Hint::default()),
            Err(ExtractError::Limit { .. })
        ));
    }
}

#[test]
fn figures_that_a_font_itself_raises() {
    // The code of 2 draws the font's own raised 2, and names it 2, as typst and others write it.
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /BaseEncoding /WinAnsiEncoding /Differences [126 /twosuperior] >> /ToUnicode 4 0 R >>";
    let cmap = "begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <7e> <0032> endbfchar endcmap";
    let mut pdf = Pdf::with_font(font);
    pdf.object(&format!(
        "<< /Length {} >>\nstream\n{cmap}\nendstream",
        cmap.len()
    ));
    let copy = read(&pdf.page(&lines(&["Within 10~ years."])).bytes());
    assert_eq!(text(&copy), "Within 10² years.");
}

/// Lines of running text at `x`, from the height `y` down.
fn column(x: u32, y: u32, lines: &[&str]) -> String {
    let line =
        |(n, line): (u32, &&str)| format!("BT /F 10 Tf {x} {} Td ({line}) Tj ET\n", y - 13 * n);
    (0..).zip(lines).map(line).collect()
}

const LEFT: [&str; 9] = [
    "(SBU) Nine stations are to close. Six of",
    "them stand above the weir at Sallow,",
    "where the river rises fastest; in the last",
    "eleven years they gave the first warning",
    "in seven floods out of nine. The directive",
    "counts how often a station was read. It",
    "does not count how often a reading",
    "mattered to the towns that are below it,",
    "nor what it had cost them if it was late.",
];

const RIGHT: [&str; 9] = [
    "(SBU) The desk at Sallow is eleven",
    "people. It is not a call centre. What it",
    "knows is which gauge sticks in frost,",
    "which farmer opens his sluice in April,",
    "and when a reading is too good. Two of",
    "the three warnings of last spring were",
    "given against the instruments, and were",
    "right. We do not say that nothing can",
    "move: seven of the posts could be filled.",
];

#[test]
fn columns_whose_lines_do_not_stand_at_one_height() {
    let in_order = format!("{}\n\n{}", LEFT.join("\n"), RIGHT.join("\n"));
    for (x, shift) in [(300, 0), (300, 7), (262, 5), (300, 26)] {
        let page = column(72, 700, &LEFT) + &column(x, 700 - shift, &RIGHT);
        let copy = sound(Pdf::new().page(&page));
        assert_eq!(text(&copy), in_order, "{x} {shift}");
        // Under a title that goes over both, and over a foot.
        let title =
            "A title that goes over both of the columns and has no gap where they have theirs";
        let page = column(72, 740, &[title]) + &page + &column(72, 500, &[title]);
        let copy = sound(Pdf::new().page(&page));
        assert_eq!(text(&copy), format!("{title}\n\n{in_order}\n\n{title}"));
    }
    // A block of text below another, further right.
    let page = column(72, 700, &LEFT) + &column(300, 550, &RIGHT);
    assert_eq!(text(&sound(Pdf::new().page(&page))), in_order);
    // A table under a line of text is read along its rows.
    let line =
        "What the stations and the desk have cost in each of the years for which it is known";
    let cells = [
        "Gauges below the weir",
        "Sluices",
        "Harbour districts",
        "The desk",
        "Others than these",
        "All",
        "Of them",
        "Less",
    ];
    let page = column(72, 740, &[line]) + &column(72, 700, &cells) + &column(300, 700, &cells);
    let copy = sound(Pdf::new().page(&page));
    assert!(text(&copy).contains("Gauges below the weir Gauges below the weir"));
}
