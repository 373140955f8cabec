//! DOCX files whose maker means ill: what is held and what is shown differ. Beside each the sound file of the same kind, as
//! word processors write it.

mod common;

use demur_extract::DoubtKind;

use common::{Docx, kinds, p, r, read, refused, sound, text, told, zipped};

/// One run with those properties between others.
fn run(properties: &str) -> Docx {
    Docx::new(&format!(
        "<w:p>{}{}</w:p>",
        r("", "We do "),
        r(properties, "not")
    ))
}

/// A paragraph with those properties.
fn block(properties: &str) -> Docx {
    Docx::new(&format!(
        "<w:p><w:pPr>{properties}</w:pPr>{}</w:p>",
        r("", "not")
    ))
}

#[test]
fn properties_of_runs() {
    use DoubtKind::{Colour, Direction, Formula, Glyphs, Hidden, Moved, Struck, Style, Tiny};
    for (properties, kind) in [
        (r#"<w:specVanish/>"#, Hidden),
        (r#"<w:webHidden/>"#, Hidden),
        (r#"<w:dstrike/>"#, Struck),
        (r#"<w:spacing w:val="-80"/>"#, Tiny),
        (r#"<w:spacing w:val="-4pt"/>"#, Tiny),
        (r#"<w:spacing w:val="900"/>"#, Moved),
        (r#"<w:position w:val="-2000"/>"#, Moved),
        (r#"<w:sz w:val="3000"/>"#, Moved),
        (r#"<w:fitText w:val="10"/>"#, Tiny),
        (r#"<w:w w:val="10%"/>"#, Tiny),
        // Complex scripts have a size of their own.
        (r#"<w:cs/><w:szCs w:val="2"/>"#, Tiny),
        (r#"<w:effect w:val="sparkle"/>"#, Style),
        (r#"<w:em w:val="underDot"/>"#, Glyphs),
        (r#"<w:emboss/>"#, Colour),
        (r#"<w:eastAsianLayout w:combine="1"/>"#, Moved),
        (r#"<w:oMath/>"#, Formula),
        (r#"<w:rtl/>"#, Direction),
        (r#"<w:neverHeardOf/>"#, Style),
        (r#"<w14:glow/>"#, Colour),
        (
            r#"<w14:textFill><w14:solidFill><w14:srgbClr w14:val="FFFFFF"/></w14:solidFill></w14:textFill>"#,
            Colour,
        ),
        // The attribute of another vocabulary is nothing to a word processor.
        (r#"<w:color v:val="000000" w:val="FFFFFF"/>"#, Colour),
        (
            r#"<mc:AlternateContent><mc:Choice Requires="w14"><w:vanish/></mc:Choice></mc:AlternateContent>"#,
            Style,
        ),
    ] {
        told(run(properties), kind);
    }
    sound(run(
        r#"<w:rFonts w:asciiTheme="minorHAnsi" w:hAnsiTheme="minorHAnsi" w:cs="Times New Roman"/><w:b/><w:bCs/><w:i/><w:iCs/><w:smallCaps/><w:noProof/><w:color w:val="2F5496" w:themeColor="accent1" w:themeShade="BF"/><w:spacing w:val="-10"/><w:w w:val="100"/><w:kern w:val="2"/><w:position w:val="0"/><w:sz w:val="24"/><w:szCs w:val="24"/><w:u w:val="single"/><w:effect w:val="none"/><w:em w:val="none"/><w:lang w:val="en-GB" w:eastAsia="en-US" w:bidi="ar-SA"/><w14:ligatures w14:val="standardContextual"/><w14:textOutline w14:w="0"><w14:noFill/></w14:textOutline>"#,
    ));
    // Great letters are read as they are shown.
    assert_eq!(text(&sound(run("<w:caps/>"))), "We do NOT");
}

#[test]
fn colours_of_the_theme_and_of_shadings() {
    let theme = |light: &str, accent: &str| {
        format!(
            r#"<a:themeElements><a:clrScheme name="x"><a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:sysClr val="window" lastClr="{light}"/></a:lt1><a:accent1><a:srgbClr val="{accent}"/></a:accent1></a:clrScheme></a:themeElements>"#
        )
    };
    let with = |properties: &str, accent: &str| {
        run(properties).with("theme", "theme", &theme("FFFFFF", accent))
    };
    for (properties, accent) in [
        // The theme's colour goes before the one that is named.
        (
            r#"<w:color w:val="000000" w:themeColor="background1"/>"#,
            "4472C4",
        ),
        (
            r#"<w:color w:val="000000" w:themeColor="accent1"/>"#,
            "FFFFFF",
        ),
        (
            r#"<w:color w:val="000000" w:themeColor="text1" w:themeTint="05"/>"#,
            "4472C4",
        ),
        // One that nobody knows.
        (
            r#"<w:color w:val="000000" w:themeColor="accent9"/>"#,
            "4472C4",
        ),
        (r#"<w:color w:val="black"/>"#, "4472C4"),
        // Grounds: by pattern, by theme, by the mark of a pen.
        (
            r#"<w:color w:val="000000"/><w:shd w:val="solid" w:color="000000" w:fill="FFFFFF"/>"#,
            "4472C4",
        ),
        (
            r#"<w:color w:val="000000"/><w:shd w:val="pct95" w:color="000000" w:fill="FFFFFF"/>"#,
            "4472C4",
        ),
        (
            r#"<w:color w:val="000000"/><w:shd w:val="diagCross" w:color="000000" w:fill="FFFFFF"/>"#,
            "4472C4",
        ),
        (
            r#"<w:color w:val="4472C4"/><w:shd w:val="clear" w:fill="FFFFFF" w:themeFill="accent1"/>"#,
            "4472C4",
        ),
        (
            r#"<w:color w:val="FFFFFF"/><w:highlight w:val="black"/><w:shd w:val="clear" w:fill="FFFFFF"/>"#,
            "4472C4",
        ),
    ] {
        told(with(properties, accent), DoubtKind::Colour);
    }
    // What the system's window last was is nothing to whoever opens the file.
    told(
        run(r#"<w:color w:val="000000" w:themeColor="background1"/>"#).with(
            "theme",
            "theme",
            &theme("000000", "4472C4"),
        ),
        DoubtKind::Colour,
    );
    // Which colour is which may be turned round in the settings.
    let settings = r#"<w:clrSchemeMapping w:bg1="dark1" w:t1="light1"/>"#;
    told(
        run(r#"<w:color w:val="000000" w:themeColor="text1"/>"#)
            .with("settings", "settings", settings),
        DoubtKind::Colour,
    );
    for properties in [
        r#"<w:color w:val="000000" w:themeColor="text1"/>"#,
        r#"<w:color w:val="595959" w:themeColor="text1" w:themeTint="A6"/>"#,
        r#"<w:color w:val="FFFFFF" w:themeColor="background1"/><w:shd w:val="clear" w:color="auto" w:fill="4472C4" w:themeFill="accent1"/>"#,
        r#"<w:color w:val="000000"/><w:shd w:val="pct20" w:color="auto" w:fill="auto"/>"#,
        r#"<w:color w:val="000000"/><w:highlight w:val="yellow"/>"#,
    ] {
        sound(with(properties, "4472C4"));
    }
}

#[test]
fn colours_that_the_program_chooses() {
    let fill = |fill: &str| format!(r#"<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>"#);
    let mark = |colour: &str| format!(r#"<w:highlight w:val="{colour}"/>"#);
    let on = |paragraph: &str, run: &str| {
        let words = [r("", "We do "), r(run, "not"), r("", " agree.")].concat();
        Docx::new(&format!("<w:p><w:pPr>{paragraph}</w:pPr>{words}</w:p>"))
    };
    let auto = r#"<w:color w:val="auto"/>"#;
    for (paragraph, run) in [
        // Black under black, or white, as the program has it.
        (String::new(), mark("black")),
        (String::new(), mark("darkBlue")),
        (String::new(), fill("000000")),
        (String::new(), format!("{auto}{}", fill("404040"))),
        (
            String::new(),
            r#"<w:shd w:val="solid" w:color="000000" w:fill="auto"/>"#.to_owned(),
        ),
        // Chosen by one ground, shown on another.
        (
            String::new(),
            format!("{}{}", mark("white"), fill("000000")),
        ),
        (fill("000000"), mark("white")),
        (fill("000000"), fill("FFFFFF")),
        (fill("606060"), mark("yellow")),
    ] {
        told(on(&paragraph, &run), DoubtKind::Colour);
    }
    for colour in [
        "yellow",
        "green",
        "cyan",
        "lightGray",
        "white",
        "red",
        "magenta",
        "darkYellow",
    ] {
        sound(on("", &mark(colour)));
        sound(on("", &format!("{auto}{}", mark(colour))));
    }
    sound(on(&fill("D9E2F3"), &mark("yellow")));
    sound(on(&fill("4472C4"), ""));
}

#[test]
fn columns_that_words_fit_in() {
    let page = r#"<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1000" w:right="1000" w:bottom="1000" w:left="1000" w:header="700" w:footer="700" w:gutter="0"/>"#;
    let with =
        |columns: &str| Docx::new(&p("We do not agree.")).section(&format!("{page}{columns}"));
    let col = |width: &str, space: u32| format!(r#"<w:col w:w="{width}" w:space="{space}"/>"#);
    let own = |cols: &[String]| {
        format!(
            r#"<w:cols w:num="{}" w:equalWidth="0">{}</w:cols>"#,
            cols.len(),
            cols.concat()
        )
    };
    for columns in [
        own(&[col("1", 0), col("9000", 0)]),
        own(&[col("9000", 0), col("1", 0)]),
        own(&[col("1", 0)]),
        own(&[col("0.1in", 0), col("9000", 0)]),
        own(&[col("x", 0), col("9000", 0)]),
        // More than the page has room for.
        own(&[col("9000", 720), col("9000", 0)]),
        own(&[col("4000", 9000), col("4000", 0)]),
        r#"<w:cols w:num="40" w:space="0"/>"#.to_owned(),
        r#"<w:cols w:num="2" w:space="9500"/>"#.to_owned(),
        r#"<w:cols w:num="2"><w:col w:w="1"/><w:col w:w="9000"/></w:cols>"#.to_owned(),
        r#"<w:cols w:num="3" w:equalWidth="0"><w:col w:w="4000"/></w:cols>"#.to_owned(),
    ] {
        told(with(&columns), DoubtKind::Hidden);
    }
    told(
        with(r#"<w:cols w:space="720"/><w:cols w:num="40"/>"#),
        DoubtKind::Contradiction,
    );
    for columns in [
        r#"<w:cols w:space="708"/>"#.to_owned(),
        r#"<w:cols w:num="2" w:space="708"/>"#.to_owned(),
        r#"<w:cols w:num="3" w:sep="1" w:space="708" w:equalWidth="1"/>"#.to_owned(),
        r#"<w:cols w:num="1" w:equalWidth="0"><w:col w:w="9906"/></w:cols>"#.to_owned(),
        own(&[col("3000", 720), col("6186", 0)]),
    ] {
        sound(with(&columns));
    }
    // Indents that leave a line of the page, and none of its column; words before a column stand in the one beside it.
    let narrow = r#"<w:cols w:num="3" w:space="708"/>"#;
    for indent in [r#"<w:ind w:left="2600"/>"#, r#"<w:ind w:left="-900"/>"#] {
        let body = format!("<w:p><w:pPr>{indent}</w:pPr>{}</w:p>", r("", "not"));
        sound(Docx::new(&body).section(page));
        told(
            Docx::new(&body).section(&format!("{page}{narrow}")),
            DoubtKind::Moved,
        );
    }
}

#[test]
fn settings_of_paragraphs_and_pages() {
    use DoubtKind::{Direction, Hidden, Moved, Picture, Struck, Style};
    for (properties, kind) in [
        (r#"<w:spacing w:line="20" w:lineRule="exact"/>"#, Hidden),
        (r#"<w:spacing w:line="1pt" w:lineRule="exact"/>"#, Hidden),
        (r#"<w:spacing w:line="12" w:lineRule="auto"/>"#, Hidden),
        (r#"<w:ind w:left="-9000"/>"#, Moved),
        (r#"<w:ind w:start="-9000"/>"#, Moved),
        (r#"<w:ind w:leftChars="-9000"/>"#, Moved),
        (r#"<w:ind w:hanging="9000"/>"#, Moved),
        (r#"<w:ind w:firstLine="20000"/>"#, Moved),
        (r#"<w:ind w:right="-9000"/>"#, Moved),
        (r#"<w:framePr w:w="1"/>"#, Moved),
        (r#"<w:bidi/>"#, Direction),
        (r#"<w:textDirection w:val="tbRl"/>"#, Direction),
        (
            r#"<w:tabs><w:tab w:val="bar" w:pos="100"/></w:tabs>"#,
            Picture,
        ),
        (
            r#"<w:tabs><w:tab w:val="left" w:leader="hyphen" w:pos="700"/></w:tabs>"#,
            Struck,
        ),
        (r#"<w:rPr><w:vanish/></w:rPr>"#, Hidden),
        (r#"<w15:collapsed/>"#, Hidden),
        (r#"<w:neverHeardOf/>"#, Style),
    ] {
        told(block(properties), kind);
        // The same by a style, by the defaults, and by a style that another is based on.
        let styles = format!(
            r#"<w:style w:type="paragraph" w:styleId="a"><w:pPr>{properties}</w:pPr></w:style><w:style w:type="paragraph" w:styleId="b"><w:basedOn w:val="a"/></w:style>"#
        );
        if !properties.contains("rPr") {
            told(
                block(r#"<w:pStyle w:val="b"/>"#).with("styles", "styles", &styles),
                kind,
            );
            let defaults = format!(
                "<w:docDefaults><w:pPrDefault><w:pPr>{properties}</w:pPr></w:pPrDefault></w:docDefaults>"
            );
            told(block("").with("styles", "styles", &defaults), kind);
        }
    }
    sound(block(
        r#"<w:keepNext/><w:widowControl w:val="0"/><w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="auto"/></w:pBdr><w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9350"/></w:tabs><w:spacing w:before="120" w:after="0" w:line="259" w:lineRule="auto"/><w:ind w:left="720" w:hanging="360"/><w:jc w:val="both"/><w:outlineLvl w:val="0"/>"#,
    ));
    sound(block(r#"<w:spacing w:line="240" w:lineRule="exact"/>"#));
    for section in [
        r#"<w:pgSz w:w="12240" w:h="15840"/><w:pgMar w:left="12000" w:right="1440" w:top="1440" w:bottom="1440"/>"#,
        r#"<w:pgSz w:w="100" w:h="15840"/>"#,
        r#"<w:pgMar w:left="1440" w:right="1440" w:top="1440" w:bottom="1440" w:footer="20000"/>"#,
    ] {
        told(Docx::new(&p("a")).section(section), Moved);
    }
    sound(Docx::new(&p("a")).section(
        r#"<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="708" w:footer="708" w:gutter="0"/><w:cols w:space="708"/><w:docGrid w:linePitch="360"/>"#,
    ));
}

#[test]
fn styles_that_hide() {
    let hidden = |styles: &str, properties: &str| run(properties).with("styles", "styles", styles);
    // A property that goes to and fro is hidden by one program and shown by another.
    let turns = r#"<w:style w:type="paragraph" w:styleId="n"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="character" w:styleId="c"><w:rPr><w:vanish/></w:rPr></w:style>"#;
    let body = format!(
        r#"{}<w:p><w:pPr><w:pStyle w:val="n"/></w:pPr>{}</w:p>"#,
        p("a"),
        r(r#"<w:rStyle w:val="c"/>"#, "not")
    );
    let copy = Docx::new(&body).with("styles", "styles", turns);
    told(copy, DoubtKind::Hidden);
    // All of it, by the defaults, which a style does not turn round.
    for style in [
        "",
        r#"<w:style w:type="character" w:styleId="c"><w:rPr><w:vanish/></w:rPr></w:style>"#,
    ] {
        let defaults = format!(
            "<w:docDefaults><w:rPrDefault><w:rPr><w:vanish/></w:rPr></w:rPrDefault></w:docDefaults>{style}"
        );
        let copy = hidden(&defaults, r#"<w:rStyle w:val="c"/>"#);
        assert!(refused(&copy.bytes()).contains("no text"));
    }
    // The style of runs that have none.
    let usual = r#"<w:style w:type="character" w:default="true" w:styleId="d"><w:rPr><w:strike/></w:rPr></w:style>"#;
    told(hidden(usual, ""), DoubtKind::Struck);
    // Two of one name, and a chain that is longer than it is followed.
    let two = r#"<w:style w:type="character" w:styleId="c"/>"#.repeat(2);
    told(hidden(&two, ""), DoubtKind::Contradiction);
    let chain: String = (0..40)
        .map(|n| format!(r#"<w:style w:type="character" w:styleId="s{n}"><w:basedOn w:val="s{}"/></w:style>"#, n + 1))
        .collect();
    told(hidden(&chain, ""), DoubtKind::Style);
    sound(hidden(
        r#"<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:asciiTheme="minorHAnsi"/><w:sz w:val="22"/><w:lang w:val="en-US"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="160" w:line="259" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"/><w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"/><w:style w:type="character" w:styleId="Strong"><w:rPr><w:b/></w:rPr></w:style>"#,
        r#"<w:rStyle w:val="Strong"/>"#,
    ));
}

#[test]
fn fonts_that_stand_for_symbols() {
    let named = r#"<w:rFonts w:ascii="Foo" w:hAnsi="Foo"/>"#;
    for fonts in [
        r#"<w:font w:name="Foo"><w:altName w:val="Wingdings"/></w:font>"#,
        r#"<w:font w:name="foo"><w:charset w:val="02"/></w:font>"#,
    ] {
        told(
            run(named).with("fontTable", "fonts", fonts),
            DoubtKind::Glyphs,
        );
    }
    let theme = r#"<a:themeElements><a:fontScheme><a:minorFont><a:latin typeface="Wingdings"/></a:minorFont></a:fontScheme></a:themeElements>"#;
    told(
        run(r#"<w:rFonts w:asciiTheme="minorHAnsi" w:ascii="Arial"/>"#)
            .with("theme", "theme", theme),
        DoubtKind::Glyphs,
    );
    sound(run(named).with(
        "fontTable",
        "fonts",
        r#"<w:font w:name="Symbol"><w:charset w:val="02"/></w:font><w:font w:name="Foo"><w:charset w:val="00"/></w:font>"#,
    ));
}

#[test]
fn white_space_that_is_not_shown() {
    let copy = Docx::new("<w:p><w:r><w:t>can </w:t><w:t>not</w:t></w:r></w:p>");
    assert_eq!(text(&sound(copy)), "cannot");
    let copy =
        Docx::new(r#"<w:p><w:r><w:t xml:space="preserve">can </w:t><w:t>not</w:t></w:r></w:p>"#);
    assert_eq!(text(&sound(copy)), "can not");
}

#[test]
fn heads_feet_and_notes_that_nothing_shows() {
    // No section names it: it is not read.
    for kind in ["header", "footer"] {
        let copy = sound(Docx::new(&p("a")).loose(kind, "hdr", &p("not shown")));
        assert_eq!(text(&copy), "a");
        assert!(
            copy.notes.iter().any(|n| n.contains("left out")),
            "{:?}",
            copy.notes
        );
    }
    // A title page's head, where there is no title page; an even page's, where even pages have none of their own.
    for page in ["first", "even"] {
        let reference = format!(r#"<w:headerReference w:type="{page}" r:id="x1"/>"#);
        let copy = sound(Docx::new(&p("a")).section(&reference).loose(
            "header",
            "hdr",
            &p("not shown"),
        ));
        assert_eq!(text(&copy), "a");
    }
    // One that only later pages have: it may be shown or not.
    let copy = Docx::new(&p("a"))
        .with("footer", "ftr", &p("Void unless countersigned."))
        .with("footer", "ftr", &p("Foot of the first page"));
    told(copy, DoubtKind::Hidden);
    let later = Docx::new(&format!(
        r#"<w:p><w:pPr><w:sectPr/></w:pPr>{}</w:p>{}"#,
        r("", "a"),
        p("b")
    ));
    told(
        later
            .with("footer", "ftr", &p("Void unless countersigned."))
            .section(r#"<w:type w:val="continuous"/>"#),
        DoubtKind::Hidden,
    );
    // The same on each page, or nothing but its number.
    let copy = Docx::new(&p("a"))
        .with("footer", "ftr", &p("Page 2 of 3"))
        .with("footer", "ftr", &p("Foot of the first page"));
    sound(copy);
    sound(
        Docx::new(&p("a"))
            .with("header", "hdr", &p("H"))
            .with("header", "hdr", &p("H")),
    );

    let note =
        |id: u32, words: &str| format!(r#"<w:footnote w:id="{id}">{}</w:footnote>"#, p(words));
    let body = |ids: &[u32]| {
        let marks: String = ids
            .iter()
            .map(|id| format!(r#"<w:r><w:footnoteReference w:id="{id}"/></w:r>"#))
            .collect();
        format!("<w:p>{}{marks}</w:p>", r("", "a"))
    };
    let rules = r#"<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>"#;
    let notes = format!(
        "{rules}{}{}{}",
        note(1, "one"),
        note(2, "two"),
        note(3, "not shown")
    );
    let copy = sound(Docx::new(&body(&[2, 1])).with("footnotes", "footnotes", &notes));
    assert_eq!(text(&copy), "a\n\ntwo\n\none");
    assert!(copy.notes.iter().any(|n| n.contains("left out")));
    // Words in the rule above the notes are shown with them.
    let words = format!(
        r#"<w:footnote w:type="separator" w:id="0">{}</w:footnote>{}"#,
        p("Void."),
        note(1, "one")
    );
    told(
        Docx::new(&body(&[1])).with("footnotes", "footnotes", &words),
        DoubtKind::Style,
    );
    let twice = format!("{}{}", note(1, "one"), note(1, "two"));
    told(
        Docx::new(&body(&[1])).with("footnotes", "footnotes", &twice),
        DoubtKind::Contradiction,
    );
    let unseen = r#"<w:p><w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:footnoteReference w:id="1"/></w:r></w:p>"#;
    told(
        Docx::new(unseen).with("footnotes", "footnotes", &note(1, "one")),
        DoubtKind::Hidden,
    );
    let lost = Docx::new(&body(&[9])).with("footnotes", "footnotes", &note(1, "one"));
    assert!(refused(&lost.bytes()).contains("no footnote 9"));
}

#[test]
fn alternatives_that_do_not_say_the_same() {
    let both = |a: &str, b: &str| {
        Docx::new(&format!(
            r#"<w:p>{}<mc:AlternateContent><mc:Choice Requires="wps">{a}</mc:Choice><mc:Fallback>{b}</mc:Fallback></mc:AlternateContent></w:p>"#,
            r("", "We do ")
        ))
    };
    told(both(&r("", "not"), &r("", "now")), DoubtKind::Contradiction);
    told(both(&r("", "not"), ""), DoubtKind::Contradiction);
    // The same text, which one of them does not show.
    told(
        both(&r("", "not"), &r("<w:vanish/>", "not")),
        DoubtKind::Hidden,
    );
    told(
        both(&r("", "not"), &r(r#"<w:color w:val="FFFFFF"/>"#, "not")),
        DoubtKind::Colour,
    );
    told(
        both(&r("", "not"), &r("<w:strike/>", "not")),
        DoubtKind::Struck,
    );
    // One alone is shown by programs that know it.
    told(
        Docx::new(&format!(
            r#"<w:p>{}<mc:AlternateContent><mc:Choice Requires="x">{}</mc:Choice></mc:AlternateContent></w:p>"#,
            r("", "a"),
            r("", "not")
        )),
        DoubtKind::Contradiction,
    );
    assert_eq!(
        text(&sound(both(&r("", "not"), &r("<w:b/>", "not")))),
        "We do not"
    );
    let blocks = format!(
        "{}<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>",
        p("a"),
        p("b"),
        p("b")
    );
    assert_eq!(text(&sound(Docx::new(&blocks))), "a\n\nb");
}

#[test]
fn tables() {
    let table = |properties: &str, row: &str, cell: &str| {
        Docx::new(&format!(
            r#"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid><w:gridCol w:w="4000"/></w:tblGrid><w:tr>{row}<w:tc><w:tcPr>{cell}</w:tcPr>{}</w:tc></w:tr></w:tbl>{}"#,
            p("not"),
            p("a")
        ))
    };
    use DoubtKind::{Contradiction, Direction, Hidden, Moved, Style, Tiny};
    for (properties, row, cell, kind) in [
        (r#"<w:tblpPr w:tblpX="1"/>"#, "", "", Moved),
        (r#"<w:bidiVisual/>"#, "", "", Direction),
        (r#"<w:tblInd w:w="-20000" w:type="dxa"/>"#, "", "", Moved),
        ("", "<w:trPr><w:hidden/></w:trPr>", "", Hidden),
        (
            "",
            r#"<w:trPr><w:trHeight w:val="1" w:hRule="exact"/></w:trPr>"#,
            "",
            Hidden,
        ),
        ("", "<w:trPr><w:neverHeardOf/></w:trPr>", "", Style),
        // What stands in a cell that is one with the cell above is not shown.
        ("", "", "<w:vMerge/>", Hidden),
        ("", "", "<w:hMerge/>", Hidden),
        ("", "", r#"<w:tcW w:w="1" w:type="dxa"/>"#, Hidden),
        ("", "", "<w:tcFitText/>", Tiny),
        ("", "", r#"<w:textDirection w:val="btLr"/>"#, Direction),
        ("", "", "<w:cellMerge/>", Contradiction),
        ("", "", "<w:neverHeardOf/>", Style),
    ] {
        told(table(properties, row, cell), kind);
    }
    let grid = r#"<w:tblStyle w:val="t"/><w:tblW w:w="0" w:type="auto"/><w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/>"#;
    let cell = r#"<w:tcW w:w="4000" w:type="dxa"/><w:vMerge w:val="restart"/>"#;
    sound(table(
        grid,
        r#"<w:trPr><w:cantSplit/><w:trHeight w:val="300"/></w:trPr>"#,
        cell,
    ));
    // White on the first row's own ground is read; without that ground it is not.
    let style = |shading: &str| {
        format!(
            r#"<w:style w:type="table" w:styleId="t"><w:tblStylePr w:type="firstRow"><w:rPr><w:color w:val="FFFFFF" w:themeColor="background1"/></w:rPr><w:tcPr>{shading}</w:tcPr></w:tblStylePr></w:style>"#
        )
    };
    let blue = r#"<w:shd w:val="clear" w:color="auto" w:fill="4472C4" w:themeFill="accent1"/>"#;
    sound(table(grid, "", cell).with("styles", "styles", &style(blue)));
    told(
        table(grid, "", cell).with("styles", "styles", &style("")),
        DoubtKind::Colour,
    );
    told(
        table(grid, "", r#"<w:shd w:val="clear" w:fill="FFFFFF"/>"#).with(
            "styles",
            "styles",
            &style(blue),
        ),
        DoubtKind::Colour,
    );
    let hides = r#"<w:style w:type="table" w:styleId="t"><w:rPr><w:vanish/></w:rPr></w:style>"#;
    told(table(grid, "", "").with("styles", "styles", hides), Hidden);
    // Rows and cells that were put in and taken out.
    for (row, cell) in [("<w:trPr><w:del/></w:trPr>", ""), ("", "<w:cellDel/>")] {
        let copy = read(&table("", row, cell).bytes());
        assert_eq!(
            (text(&copy), copy.readings[1].text.as_str()),
            ("a", "not\n\na")
        );
    }
    // Put in and taken out again.
    let copy = read(
        &Docx::new(&format!(
            "<w:p>{}<w:ins><w:del><w:r><w:delText>not</w:delText></w:r></w:del></w:ins></w:p>",
            r("", "a")
        ))
        .bytes(),
    );
    assert_eq!(
        copy.readings
            .iter()
            .map(|r| r.text.as_str())
            .collect::<Vec<_>>(),
        ["a", "a"]
    );
}

#[test]
fn list_signs() {
    let list = |format: &str, sign: &str, more: &str| {
        let numbering = format!(
            r#"<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{format}"/><w:lvlText w:val="{sign}"/>{more}</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>"#
        );
        block(r#"<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>"#).with(
            "numbering",
            "numbering",
            &numbering,
        )
    };
    let symbol = r#"<w:rPr><w:rFonts w:ascii="Symbol" w:hAnsi="Symbol" w:hint="default"/></w:rPr>"#;
    for (format, sign, more, shown) in [
        ("bullet", "\u{f0b7}", symbol, "- not"),
        (
            "bullet",
            "o",
            r#"<w:rPr><w:rFonts w:ascii="Courier New" w:hAnsi="Courier New"/></w:rPr>"#,
            "- not",
        ),
        ("bullet", "•", "", "- not"),
        // A sign that says something is text.
        ("bullet", "It is false that", "", "It is false that not"),
        ("bullet", "✗", "", "✗ not"),
        ("bullet", "7", "", "7 not"),
        ("decimal", "Never: %1.", "", "Never: 1. not"),
        ("upperRoman", "%1.", "<w:isLgl/>", "1. not"),
    ] {
        assert_eq!(text(&sound(list(format, sign, more))), shown);
    }
    told(list("bullet", "not", symbol), DoubtKind::Field);
    told(
        list("decimal", "%1.", "<w:lvlPicBulletId/>"),
        DoubtKind::Field,
    );
    told(
        list("decimal", "%1.", "<w:rPr><w:vanish/></w:rPr>"),
        DoubtKind::Hidden,
    );
    told(
        list(
            "bullet",
            "Never:",
            r#"<w:rPr><w:color w:val="FFFFFF"/></w:rPr>"#,
        ),
        DoubtKind::Colour,
    );
    // The levels of another list.
    let linked = r#"<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="s"/></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>"#;
    told(
        block(r#"<w:numPr><w:numId w:val="1"/></w:numPr>"#).with("numbering", "numbering", linked),
        DoubtKind::Field,
    );
    // A level that a list sets anew, whole.
    let anew = r#"<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="Never:"/></w:lvl></w:lvlOverride></w:num>"#;
    let copy =
        block(r#"<w:numPr><w:numId w:val="1"/></w:numPr>"#).with("numbering", "numbering", anew);
    assert_eq!(text(&sound(copy)), "Never: not");
}

/// Paragraphs of one list of that format, with what stands in each.
fn items(level: &str, items: &[&str]) -> Docx {
    let numbering = format!(
        r#"<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/>{level}</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>"#
    );
    let body: String = items
        .iter()
        .map(|runs| format!(r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>{runs}</w:p>"#))
        .collect();
    Docx::new(&body).with("numbering", "numbering", &numbering)
}

#[test]
fn signs_of_paragraphs_without_words() {
    let (a, b) = (r("", "A"), r("", "B"));
    let numbers = r#"<w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/>"#;
    let copy = sound(items(numbers, &[&a, "", &b]));
    assert_eq!(text(&copy), "1. A\n2.\n3. B");
    // Words that are nowhere but in the list.
    let words = r#"<w:numFmt w:val="none"/><w:lvlText w:val="This memo is withdrawn."/>"#;
    let copy = sound(items(words, &[""]));
    assert_eq!(text(&copy), "This memo is withdrawn.");
    // A mere sign says nothing.
    let bullets = r#"<w:numFmt w:val="bullet"/><w:lvlText w:val="•"/>"#;
    let copy = sound(items(bullets, &[&a, "", &b]));
    assert_eq!(text(&copy), "- A\n- B");
    // Where the paragraph is hidden whole, programs count it or not.
    let hidden = [
        r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr><w:vanish/></w:rPr></w:pPr></w:p>"#,
        &p("after"),
    ];
    let numbering = format!(
        r#"<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/>{numbers}</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>"#
    );
    told(
        Docx::new(&hidden.concat()).with("numbering", "numbering", &numbering),
        DoubtKind::Hidden,
    );
}

#[test]
fn signs_that_look_as_their_paragraphs_mark() {
    let with = |level: &str, mark: &str, words: &str| {
        let numbering = format!(
            r#"<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/>{level}</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>"#
        );
        Docx::new(&format!(
            r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr>{mark}</w:rPr></w:pPr>{}</w:p>"#,
            r("", words)
        ))
        .with("numbering", "numbering", &numbering)
    };
    let words = r#"<w:numFmt w:val="none"/><w:lvlText w:val="Do not"/>"#;
    for (mark, kind) in [
        (r#"<w:color w:val="FFFFFF"/>"#, DoubtKind::Colour),
        (r#"<w:sz w:val="2"/>"#, DoubtKind::Tiny),
        (r#"<w:strike/>"#, DoubtKind::Struck),
    ] {
        told(with(words, mark, "approve"), kind);
        // A sign that says nothing may look as it will.
        sound(with(
            r#"<w:numFmt w:val="bullet"/><w:lvlText w:val="•"/>"#,
            mark,
            "approve",
        ));
    }
    assert_eq!(
        text(&sound(with(
            words,
            r#"<w:b/><w:sz w:val="22"/>"#,
            "approve"
        ))),
        "Do not approve"
    );
    // Nothing stands between the two.
    let close = r#"<w:numFmt w:val="none"/><w:suff w:val="nothing"/><w:lvlText w:val="no"/>"#;
    assert_eq!(text(&sound(with(close, "", "table"))), "notable");
    let apart = r#"<w:numFmt w:val="none"/><w:suff w:val="space"/><w:lvlText w:val="no"/>"#;
    assert_eq!(text(&sound(with(apart, "", "table"))), "no table");
}

#[test]
fn which_of_two_properties_holds() {
    // One attribute of a font's element does not undo the others.
    let styles = r#"<w:style w:type="character" w:styleId="c"><w:rPr><w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/></w:rPr></w:style>"#;
    let with = |fonts: &str| {
        run(&format!(r#"<w:rStyle w:val="c"/><w:rFonts {fonts}/>"#))
            .with("styles", "styles", styles)
    };
    told(with(r#"w:hint="default""#), DoubtKind::Glyphs);
    told(with(r#"w:cs="Arial""#), DoubtKind::Glyphs);
    sound(with(r#"w:ascii="Arial" w:hAnsi="Arial""#));
    // Two of one name in one set.
    for twice in [
        r#"<w:vanish w:val="0"/><w:vanish/>"#,
        r#"<w:color w:val="000000"/><w:b/><w:color w:val="FFFFFF"/>"#,
    ] {
        told(run(twice), DoubtKind::Contradiction);
    }
    told(
        block(r#"<w:ind w:left="0"/><w:ind w:left="20"/>"#),
        DoubtKind::Contradiction,
    );
    sound(run("<w:b/><w:b/>"));
    // More of them than there are names.
    told(run(&"<w:b/>".repeat(300)), DoubtKind::Contradiction);
    // A style that there is not, or one of another kind, is the usual one.
    let usual = r#"<w:style w:type="paragraph" w:default="1" w:styleId="n"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="character" w:styleId="c"/>"#;
    for id in ["nope", "c"] {
        let body = format!(
            r#"<w:p><w:pPr><w:pStyle w:val="{id}"/></w:pPr>{}{}</w:p>"#,
            r(r#"<w:vanish w:val="0"/>"#, "We do"),
            r("", "not")
        );
        told(
            Docx::new(&body).with("styles", "styles", usual),
            DoubtKind::Hidden,
        );
    }
}

#[test]
fn figures_as_large_as_their_line() {
    let two = |first: &str, second: &str| {
        Docx::new(&format!("<w:p>{}{}</w:p>", r(first, "10"), r(second, "2")))
    };
    let at = |lift: u32| format!(r#"<w:position w:val="{lift}"/>"#);
    told(two(&at(3), &at(4)), DoubtKind::Raised);
    // Raised by name, but as large as what it stands beside.
    let large = r#"<w:sz w:val="40"/><w:vertAlign w:val="superscript"/>"#;
    told(two(r#"<w:sz w:val="24"/>"#, large), DoubtKind::Raised);
    for second in [
        r#"<w:vertAlign w:val="superscript"/>"#.to_owned(),
        format!("{}{}", at(6), r#"<w:sz w:val="14"/>"#),
        at(12),
    ] {
        assert_eq!(text(&sound(two("", &second))), "10²");
    }
}

#[test]
fn elements_within_characters() {
    for name in ["t", "delText"] {
        let body = format!(
            "<w:p><w:r><w:t>We do </w:t></w:r><w:r><w:{name}>a<w:t>not</w:t></w:{name}></w:r></w:p>"
        );
        told(Docx::new(&body), DoubtKind::Style);
    }
}

#[test]
fn fields_and_controls() {
    let simple = |code: &str| {
        Docx::new(&format!(
            r#"<w:p><w:fldSimple w:instr="{code}">{}</w:fldSimple></w:p>"#,
            r("", "not")
        ))
    };
    for code in [
        " DOCPROPERTY x ",
        " IF 1 = 1 a ",
        " QUOTE not ",
        " MACROBUTTON x not ",
        " PAGE ",
        " REF x ",
        "",
    ] {
        told(simple(code), DoubtKind::Field);
        assert_eq!(text(&read(&simple(code).bytes())), "not");
    }
    let mark = |kind: &str| format!(r#"<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>"#);
    let code = |code: &str| format!("<w:r><w:instrText>{code}</w:instrText></w:r>");
    // One within the other's code, whose result is not shown; one within the other's result, which is.
    let inner = [
        mark("begin"),
        code(" QUOTE "),
        mark("separate"),
        r("", "x"),
        mark("end"),
    ]
    .concat();
    let nested = [
        mark("begin"),
        code(" HYPERLINK "),
        inner,
        mark("separate"),
        r("", "link"),
        mark("end"),
    ]
    .concat();
    let copy = read(&Docx::new(&format!("<w:p>{nested}</w:p>")).bytes());
    assert_eq!(
        (text(&copy), kinds(&copy)),
        ("link", vec![DoubtKind::Field])
    );
    for odd in [
        [
            mark("begin"),
            code(" HYPERLINK "),
            mark("separate"),
            r("", "a"),
        ]
        .concat(),
        [r("", "a"), mark("end")].concat(),
        [mark("separate"), r("", "a")].concat(),
        [r("", "a"), code("not")].concat(),
        [
            "<w:ins>".to_owned(),
            mark("begin"),
            "</w:ins>".to_owned(),
            code(" HYPERLINK "),
            mark("separate"),
            r("", "a"),
            mark("end"),
        ]
        .concat(),
    ] {
        told(Docx::new(&format!("<w:p>{odd}</w:p>")), DoubtKind::Field);
    }
    let link = [
        mark("begin"),
        code(r#" HYPERLINK "https://example.org" "#),
        mark("separate"),
        r("", "link"),
        mark("end"),
    ]
    .concat();
    assert_eq!(
        text(&sound(Docx::new(&format!("<w:p>{link}</w:p>")))),
        "link"
    );

    let control = |properties: &str| {
        Docx::new(&format!(
            "<w:p><w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt></w:p>",
            r("", "not")
        ))
    };
    told(control("<w:dataBinding/>"), DoubtKind::Field);
    told(control("<w:showingPlcHdr/>"), DoubtKind::Field);
    assert_eq!(
        text(&sound(control(
            r#"<w:alias w:val="x"/><w:tag w:val="x"/><w:id w:val="1"/><w:text/>"#
        ))),
        "not"
    );
    let outside = format!(
        "<w:p><w:sdt>{}<w:sdtContent>{}</w:sdtContent></w:sdt></w:p>",
        r("", "not"),
        r("", "a")
    );
    told(Docx::new(&outside), DoubtKind::Style);
}

#[test]
fn elements() {
    for (body, kind) in [
        ("<w:altChunk/>", DoubtKind::Embedded),
        ("<w:p><w:subDoc/></w:p>", DoubtKind::Embedded),
        ("<w:neverHeardOf/>", DoubtKind::Style),
        ("<w:p><w:neverHeardOf/></w:p>", DoubtKind::Style),
        ("<w:p><w:r><w:neverHeardOf/></w:r></w:p>", DoubtKind::Style),
        ("<w:p><v:ins/></w:p>", DoubtKind::Style),
        ("<w:p><w:r><w:contentPart/></w:r></w:p>", DoubtKind::Style),
        (
            "<w:p><w:r><w:delText>not</w:delText></w:r></w:p>",
            DoubtKind::Hidden,
        ),
        ("<w:p><w:pPr/><w:pPr/></w:p>", DoubtKind::Contradiction),
        (
            "<w:p><w:r><w:rPr/><w:rPr/></w:r></w:p>",
            DoubtKind::Contradiction,
        ),
        ("<w:p><w:dir><w:r/></w:dir></w:p>", DoubtKind::Direction),
        (
            "<w:p><w:r><w:drawing><wp:inline><wps:wsp/></wp:inline></w:drawing></w:r></w:p>",
            DoubtKind::Picture,
        ),
        (
            "<w:p><w:r><w:pict><v:rect style=\"width:0;height:90pt\" o:hr=\"t\"/></w:pict></w:r></w:p>",
            DoubtKind::Moved,
        ),
        (
            "<w:tbl><w:tblPr/><w:p><w:r><w:t>not</w:t></w:r></w:p></w:tbl>",
            DoubtKind::Hidden,
        ),
    ] {
        told(Docx::new(&format!("{}{body}", p("a"))), kind);
    }
    // What pandoc writes for a rule between paragraphs; smart tags, bookmarks, marks of the spelling checker, links.
    let rule = r#"<w:p><w:r><w:pict><v:rect style="width:0;height:1.5pt" o:hralign="center" o:hrstd="t" o:hr="t"/></w:pict></w:r></w:p>"#;
    let marks = format!(
        r#"<w:p><w:bookmarkStart w:id="0" w:name="x"/><w:proofErr w:type="spellStart"/><w:smartTag w:element="place"><w:smartTagPr/>{}</w:smartTag><w:hyperlink w:anchor="x">{}</w:hyperlink><w:bookmarkEnd w:id="0"/></w:p>"#,
        r("", "a "),
        r("", "b")
    );
    assert_eq!(text(&sound(Docx::new(&format!("{rule}{marks}")))), "a b");
    let settings = |s: &str| Docx::new(&p("a")).with("settings", "settings", s);
    told(settings(r#"<w:view w:val="outline"/>"#), DoubtKind::Hidden);
    told(settings("<w:mailMerge/>"), DoubtKind::Field);
    told(settings("<w:linkStyles/>"), DoubtKind::Style);
    sound(settings(
        r#"<w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/><w:compat/><w:rsids/><w:themeFontLang w:val="en-US"/><w:clrSchemeMapping w:bg1="light1" w:t1="dark1" w:bg2="light2" w:t2="dark2" w:accent1="accent1" w:hyperlink="hyperlink"/><w:decimalSymbol w:val="."/>"#,
    ));
}

/// The parts of a sound file, changed.
fn changed(change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let mut parts = Docx::new(&p("a")).with("styles", "styles", "").into_parts();
    change(&mut parts);
    zipped(&parts)
}

/// One of the parts, with something in it put for something else.
fn put(parts: &mut [(String, Vec<u8>)], name: &str, old: &str, new: &str) {
    let (_, bytes) = parts.iter_mut().find(|(n, _)| n == name).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(old));
    *bytes = text.replace(old, new).into_bytes();
}

#[test]
fn names_of_parts() {
    // Two parts that are one to a word processor.
    for name in [
        "word/Document.xml",
        "word/%64ocument.xml",
        "/word/document.xml",
        "word/./document.xml",
        "word\\document.xml",
        "word/x/../document.xml",
        "word/document.xml/[0].piece",
    ] {
        let bytes = changed(|parts| {
            let other = Docx::new(&p("not")).into_parts();
            let other = other
                .into_iter()
                .find(|(n, _)| n == "word/document.xml")
                .unwrap();
            parts.push((name.to_owned(), other.1));
        });
        assert!(refused(&bytes).contains("one name"), "{name}");
    }
    // One part by another spelling of its name.
    for target in [
        "/word/document.xml",
        "word/../word/document.xml",
        "WORD/document.xml",
        "word/%64ocument.xml",
        "./word/document.xml",
    ] {
        let bytes = changed(|parts| {
            put(
                parts,
                "_rels/.rels",
                "\"word/document.xml",
                &format!("\"{target}"),
            );
        });
        assert_eq!(text(&read(&bytes)), "a", "{target}");
    }
    let rels = "word/_rels/document.xml.rels";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let more = |relation: String| {
        changed(move |parts| {
            put(
                parts,
                rels,
                "</Relationships>",
                &format!("{relation}</Relationships>"),
            );
        })
    };
    // Two targets of one name, two parts of which there is one, two main parts.
    let twice = more(format!(
        r#"<Relationship Id="x1" Type="{office}/numbering" Target="part1.xml"/>"#
    ));
    assert!(refused(&twice).contains("named x1"));
    let twice = more(format!(
        r#"<Relationship Id="y" Type="{office}/styles" Target="part1.xml"/>"#
    ));
    assert!(refused(&twice).contains("two parts of the kind styles"));
    let twice = changed(|parts| {
        put(
            parts,
            "_rels/.rels",
            "</Relationships>",
            &format!(
                r#"<Relationship Id="y" Type="{office}/officeDocument" Target="word/other.xml"/></Relationships>"#
            ),
        );
    });
    assert!(refused(&twice).contains("two main parts"));
    // From elsewhere, whatever its kind and however that is written; a link is not followed.
    for (kind, mode) in [
        ("image", "External"),
        ("header", "external"),
        ("styles", "EXTERNAL"),
        ("frame", "External"),
    ] {
        let copy = read(&more(format!(
            r#"<Relationship Id="y" Type="{office}/{kind}" TargetMode="{mode}" Target="http://127.0.0.1:1/x"/>"#
        )));
        assert_eq!(kinds(&copy), [DoubtKind::Embedded]);
    }
    let link = more(format!(
        r#"<Relationship Id="y" Type="{office}/hyperlink" TargetMode="External" Target="https://example.org"/>"#
    ));
    assert!(read(&link).doubts.is_empty());
    // A reference out of the package.
    let out = more(format!(
        r#"<Relationship Id="y" Type="{office}/styles" Target="../../x.xml"/>"#
    ));
    assert_eq!(kinds(&read(&out)), [DoubtKind::Embedded]);
}
