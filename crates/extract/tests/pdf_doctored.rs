//! PDF files whose maker means ill: what is held and what is shown differ. Beside each the sound file of the same kind.

mod common;

use std::io::Write as _;

use demur_extract::{DoubtKind, ExtractError, Hint, extract, limits};

use common::{Pdf, kinds, lines, mended, read, sound, text, told};

const LINE: &str = "We do not agree that the weir can be closed.";

/// A page with a plain line and what is given.
fn page(content: &str) -> Pdf {
    Pdf::new().page(&format!(
        "BT /F 12 Tf 72 600 Td (Some more words stand here.) Tj ET\n{content}"
    ))
}

const NOT: &str = "BT /F 12 Tf 72 720 Td (not) Tj ET";

#[test]
fn many_small_shapes_over_a_word() {
    // White squares, each too small to cover anything.
    let small: String = (0..200)
        .map(|n| {
            format!(
                "{} {} 0.8 0.8 re f ",
                72.0 + f64::from(n % 20),
                720.0 + f64::from(n / 20)
            )
        })
        .collect();
    told(page(&format!("{NOT} 1 g {small}")), DoubtKind::Hidden);
    // White strokes, one above the other, and upright ones.
    let strokes: String = (0..12)
        .map(|n| format!("72 {} m 95 {0} l S ", 719 + n))
        .collect();
    told(
        page(&format!("{NOT} 1 G 0.6 w {strokes}")),
        DoubtKind::Struck,
    );
    // What makes an E an F: its lowest bar.
    told(
        page("BT /F 40 Tf 72 720 Td (E) Tj ET 1 g 82 719 18 6 re f"),
        DoubtKind::Hidden,
    );
    // The same shapes under the text show nothing.
    sound(page(&format!("1 g {small} 0 g {NOT}")));
    // An underline in the text's colour, and one in another below the letters.
    sound(page(
        "BT /F 12 Tf 72 720 Td (gypsum) Tj ET 72 717.5 45 0.7 re f",
    ));
}

#[test]
fn text_that_is_printed_over() {
    // The same word in white on the black one.
    told(page(&format!("{NOT} 1 g {NOT}")), DoubtKind::Colour);
    // A white outline that eats the letters.
    told(
        page("BT /F 12 Tf 72 720 Td 2 Tr 1 G 2 w (not) Tj ET"),
        DoubtKind::Glyphs,
    );
    // Bold as programs make it, by an outline of the same colour.
    let copy = sound(page("BT /F 12 Tf 72 720 Td 2 Tr 0.4 w (not) Tj ET"));
    assert!(
        text(&copy).starts_with("not\n") || text(&copy).contains("not\n"),
        "{}",
        text(&copy)
    );
}

#[test]
fn grounds_with_holes_and_words_of_bars() {
    // Black ground but for a slit in the middle of the letters.
    told(
        page("0 g 60 724.5 60 20 re f 60 700 60 23.5 re f BT /F 12 Tf 72 720 Td (not) Tj ET"),
        DoubtKind::Colour,
    );
    // White bars on black: an L.
    told(
        page(
            "0 g 60 640 200 60 re f 1 g BT /F 12 Tf 70 650 Td (white on black) Tj ET 1 g 200 650 6 40 re f 200 650 30 6 re f",
        ),
        DoubtKind::Picture,
    );
    // Black bars, each as large as a ground: an L without any text on it.
    told(
        page("0 g 60 640 24 60 re f 60 640 90 24 re f"),
        DoubtKind::Picture,
    );
    // A letter where a list's sign could stand.
    told(
        page(
            "BT /F 12 Tf 90 720 Td (agree) Tj ET 74 720 m 77 729 l 80 720 l 79 720 l 77 727 l 75 720 l h f",
        ),
        DoubtKind::Picture,
    );
    sound(page(
        "0 g 60 640 200 60 re f 1 g BT /F 12 Tf 70 650 Td (white on black) Tj ET",
    ));
    sound(page("BT /F 12 Tf 90 720 Td (agree) Tj ET 74 722 5 5 re f"));
}

#[test]
fn rectangles_that_are_none() {
    // A clip with a hole over the words, by the even-odd rule.
    let hole = "q 0 0 612 792 re 70 716 60 14 re W* n BT /F 12 Tf 72 720 Td (not) Tj ET Q";
    told(page(hole), DoubtKind::Hidden);
    // A ground with a letter cut out of it, which is a fiftieth of it at most.
    told(
        page(
            "60 640 200 60 re 200 650 3 16 re f* 1 g BT /F 12 Tf 70 650 Td (white on black) Tj ET",
        ),
        DoubtKind::Picture,
    );
    // Strokes of a letter that go round as often as makes them as large as their bounds.
    let often = "200 650 m 203 650 l 203 690 l 200 690 l h ".repeat(10);
    told(
        page(&format!(
            "0 g {often} 227 650 3 40 re f BT /F 12 Tf 202 650 Td (agree) Tj ET"
        )),
        DoubtKind::Picture,
    );
    // A letter at a list sign's place that goes round thrice.
    let letter = "74 720 m 77 729 l 80 720 l 79 720 l 77 727 l 75 720 l h ".repeat(3);
    told(
        page(&format!("BT /F 12 Tf 90 720 Td (agree) Tj ET {letter} f")),
        DoubtKind::Picture,
    );
    for shape in [
        // As programs draw a ground: from a corner, from a side's middle, to where it began.
        "60 710 200 30 re f",
        "60 710 m 260 710 l 260 740 l 60 740 l h f",
        "60 710 m 260 710 l 260 740 l 60 740 l 60 710 l h f",
        "160 710 m 260 710 l 260 740 l 60 740 l 60 710 l 160 710 l h f",
    ] {
        sound(page(&format!(
            "0.9 g {shape} 0 g BT /F 12 Tf 72 720 Td (on grey) Tj ET"
        )));
        let clip = shape.replace(" f", " W n");
        sound(page(&format!(
            "q {clip} BT /F 12 Tf 72 720 Td (not) Tj ET Q"
        )));
    }
    // List signs: a diamond, a disc.
    for sign in [
        "74 724 m 76.5 726.5 l 79 724 l 76.5 721.5 l h f",
        "74 724 m 74 725.4 75.1 726.5 76.5 726.5 c 77.9 726.5 79 725.4 79 724 c 79 722.6 77.9 721.5 76.5 721.5 c 75.1 721.5 74 722.6 74 724 c h f",
    ] {
        sound(page(&format!("BT /F 12 Tf 90 720 Td (agree) Tj ET {sign}")));
    }
}

#[test]
fn letters_pressed_and_slanted() {
    for matrix in [
        // Pressed to strokes, by the scale of letters and by the matrix, either way.
        "5 Tz 1 0 0 1 72 720 Tm",
        "0.05 0 0 1 72 720 Tm",
        "1 0 0 0.05 72 720 Tm",
        "20 0 0 0.5 72 720 Tm",
        "4 0 0 1 72 720 Tm",
    ] {
        told(
            page(&format!("BT /F 12 Tf {matrix} (not) Tj ET")),
            DoubtKind::Tiny,
        );
    }
    told(
        page("BT /F 12 Tf 1 0 1.2 1 72 720 Tm (not) Tj ET"),
        DoubtKind::Glyphs,
    );
    for matrix in [
        "80 Tz 1 0 0 1 72 720 Tm",
        "1.2 0 0 1 72 720 Tm",
        "1 0 0.3 1 72 720 Tm",
    ] {
        let copy = read(&page(&format!("BT /F 12 Tf {matrix} (not) Tj ET")).bytes());
        assert!(copy.doubts.is_empty(), "{matrix}: {:?}", copy.doubts);
    }
}

#[test]
fn blanks_that_are_not_seen_and_gaps_that_are() {
    // "can not" that is shown as one word, and "cannot" that is shown as two.
    told(
        page("BT /F 12 Tf 72 720 Td [(we can) ( ) 270 (not go)] TJ ET"),
        DoubtKind::Contradiction,
    );
    told(
        page("BT /F 12 Tf 72 720 Td [(we can) -280 (not go)] TJ ET"),
        DoubtKind::Contradiction,
    );
    // Kerning, and blanks that are wider or narrower than usual.
    let copy = sound(page(
        "BT /F 12 Tf 72 720 Td [(we c) 40 (an) ( ) 80 (no) -60 (t) -150 ( go)] TJ ET",
    ));
    assert!(text(&copy).contains("we can not go"), "{}", text(&copy));
    // A font whose glyph for a letter is empty.
    let mut pdf = Pdf::with_font(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 4 0 R >>",
    );
    let cmap = "begincmap 1 begincodespacerange <00> <ff> endcodespacerange 2 beginbfchar <20> <006e> <78> <0020> endbfchar endcmap";
    pdf.object(&format!(
        "<< /Length {} >>\nstream\n{cmap}\nendstream",
        cmap.len()
    ));
    let copy = read(&pdf.page(&lines(&["We do ot agreex"])).bytes());
    assert!(
        kinds(&copy).contains(&DoubtKind::Hidden),
        "{:?}",
        copy.doubts
    );
    assert!(
        kinds(&copy).contains(&DoubtKind::Glyphs),
        "{:?}",
        copy.doubts
    );
}

#[test]
fn transparency_masks_and_patterns() {
    let with = |resources: &str, content: &str| page(content).resources(resources);
    let faint = "/ExtGState << /G << /ca 0.1 >> /H << /ca 0.5 >> /B << /BM /Difference >> /M << /BM /Multiply >> >>";
    told(
        with(faint, "/G gs BT /F 12 Tf 72 720 Td (not) Tj ET"),
        DoubtKind::Colour,
    );
    told(
        with(faint, "/B gs BT /F 12 Tf 72 720 Td (not) Tj ET"),
        DoubtKind::Colour,
    );
    // Half seen through, and grey.
    told(
        with(faint, "/H gs 0.75 g BT /F 12 Tf 72 720 Td (not) Tj ET"),
        DoubtKind::Colour,
    );
    sound(with(faint, "/M gs BT /F 12 Tf 72 720 Td (not) Tj ET"));
    let mut pdf = page("/S gs BT /F 12 Tf 72 720 Td (not) Tj ET")
        .resources("/ExtGState << /S << /SMask << /S /Luminosity /G 4 0 R >> >> >>");
    let group = "0 g 0 0 612 792 re f";
    pdf.object(&format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Group << /S /Transparency /CS /DeviceGray >> /Length {} >>\nstream\n{group}\nendstream",
        group.len()
    ));
    told(pdf, DoubtKind::Colour);
    let mut pdf = page("/Pattern cs /P scn BT /F 12 Tf 72 720 Td (not) Tj ET")
        .resources("/Pattern << /P 4 0 R >>");
    let tile = "1 g 0 0 9 9 re f";
    pdf.object(&format!(
        "<< /Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 /Resources << >> /Length {} >>\nstream\n{tile}\nendstream",
        tile.len()
    ));
    told(pdf, DoubtKind::Colour);
    // A colour that prints nothing.
    let none = "/ColorSpace << /N [/Separation /None /DeviceGray << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>] >>";
    told(
        with(none, "/N cs 1 scn BT /F 12 Tf 72 720 Td (not) Tj ET"),
        DoubtKind::Colour,
    );
}

/// A profile of the kind that screens have: `tags` go before its own, `change` after they are laid out.
fn profile(space: &str, gamma: u16, tags: &[(&str, &str)]) -> String {
    let curve = format!("637572760000000000000001{gamma:04x}0000");
    let place = |parts: [u32; 3]| {
        let parts: String = parts.iter().map(|part| format!("{part:08x}")).collect();
        format!("58595a2000000000{parts}")
    };
    let white = place([0xf6d6, 0x1_0000, 0xd32d]);
    let mut all: Vec<(&str, String)> = tags.iter().map(|(n, h)| (*n, (*h).to_owned())).collect();
    all.push(("wtpt", white));
    if space == "GRAY" {
        all.push(("kTRC", curve));
    } else {
        all.push(("rXYZ", place([0x6fa2, 0x38f5, 0x0390])));
        all.push(("gXYZ", place([0x6299, 0xb785, 0x18da])));
        all.push(("bXYZ", place([0x24a0, 0x0f84, 0xb6cf])));
        all.extend(["rTRC", "gTRC", "bTRC"].map(|name| (name, curve.clone())));
    }
    let hex = |text: &str| -> String { text.bytes().map(|b| format!("{b:02x}")).collect() };
    let (mut list, mut held) = (format!("{:08x}", all.len()), String::new());
    let start = 128 + 4 + 12 * all.len();
    for (name, what) in &all {
        let at = start + held.len() / 2;
        list.push_str(&format!("{}{at:08x}{:08x}", hex(name), what.len() / 2));
        held.push_str(what);
    }
    let size = start + held.len() / 2;
    let mut head = format!(
        "{size:08x}{}02100000{}{}58595a20",
        "00".repeat(4),
        hex("mntr"),
        hex(space)
    );
    head.push_str(&"00".repeat(12));
    head.push_str(&hex("acsp"));
    // Of the maker whose profiles some readers believe unseen.
    head.push_str(&"00".repeat(12));
    head.push_str(&hex("sRGB"));
    head.push_str(&"00".repeat(128 - head.len() / 2));
    format!("{head}{list}{held}")
}

/// Such a profile as an object.
fn icc(components: u8, more: &str, profile: &str) -> String {
    format!(
        "<< /N {components} {more} /Filter /ASCIIHexDecode /Length {} >>\nstream\n{profile}>\nendstream",
        profile.len() + 1
    )
}

#[test]
fn spaces_that_stand_for_those_of_devices() {
    let words = "0.2 0.2 0.2 rg BT /F 12 Tf 72 720 Td (not) Tj ET 0.2 g";
    let with = |space: &str, object: &str| {
        let mut pdf = page(words).resources(&format!("/ColorSpace << {space} >>"));
        pdf.object(object);
        pdf
    };
    let white = "<< /FunctionType 2 /Domain [0 1] /C0 [1 1 1] /C1 [1 1 1] /N 1 >>";
    let bright = "/CalRGB << /WhitePoint [0.95 1 1.09] /Gamma [0.0001 0.0001 0.0001] >>";
    for space in [
        format!("/DefaultRGB [{bright}]"),
        "/DefaultGray [/CalGray << /WhitePoint [0.95 1 1.09] /Gamma 0.0001 >>]".to_owned(),
        "/DefaultGray [/Separation /X /DeviceRGB 4 0 R]".to_owned(),
        "/DefaultGray [/Indexed /DeviceGray 1 <ffff>]".to_owned(),
        "/DefaultCMYK [/DeviceN [/C /M /Y /K] /DeviceGray 4 0 R]".to_owned(),
        "/DefaultGray /DeviceCMYK".to_owned(),
        "/DefaultRGB [/Lab << /WhitePoint [0.95 1 1.09] >>]".to_owned(),
        "/DefaultRGB 7".to_owned(),
    ] {
        told(with(&space, white), DoubtKind::Colour);
    }
    // In a drawing's own, and in those of one that the page does not draw.
    let mut pdf = page(&format!("{words} /X Do")).resources("/XObject << /X 4 0 R >>");
    let content = lines(&[LINE]);
    pdf.object(&format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /Font << /F 3 0 R >> /ColorSpace << /DefaultRGB [{bright}] >> >> /Length {} >>\nstream\n{content}\nendstream",
        content.len()
    ));
    told(pdf, DoubtKind::Colour);
    let screen = profile("RGB ", 0x0233, &[]);
    for (space, profile) in [
        (
            "/DefaultRGB [/ICCBased 4 0 R]",
            icc(3, "/Alternate /DeviceRGB", &screen),
        ),
        (
            "/DefaultGray [/ICCBased 4 0 R]",
            icc(1, "", &profile("GRAY", 0x0233, &[])),
        ),
        (
            "/DefaultRGB /DeviceRGB /DefaultGray [/DeviceGray]",
            white.to_owned(),
        ),
        (
            "/C [/CalRGB << /WhitePoint [0.9505 1 1.089] /Gamma [2.2 2.2 2.2] /Matrix [0.4124 0.2126 0.0193 0.3576 0.7152 0.1192 0.1805 0.0722 0.9505] >>]",
            white.to_owned(),
        ),
        (
            "/C [/CalGray << /WhitePoint [0.9505 1 1.089] /Gamma 2.2 >>]",
            white.to_owned(),
        ),
    ] {
        sound(with(space, &profile));
    }
}

#[test]
fn profiles_that_lie() {
    let with = |object: &str| {
        let mut pdf = page(NOT).resources("/ColorSpace << /C [/ICCBased 4 0 R] >>");
        pdf.object(object);
        pdf
    };
    let (screen, grey) = (profile("RGB ", 0x0233, &[]), profile("GRAY", 0x0233, &[]));
    for object in [
        // Nearly all of it white.
        icc(3, "", &profile("RGB ", 1, &[])),
        icc(1, "", &profile("GRAY", 1, &[])),
        icc(3, "", &profile("RGB ", 0x2000, &[])),
        // Tables, of which a viewer may take one or none; what newer viewers go by; a curve before the curve.
        icc(
            3,
            "",
            &profile("RGB ", 0x0233, &[("A2B0", "6d66743100000000")]),
        ),
        icc(
            3,
            "",
            &profile("RGB ", 0x0233, &[("A2B1", "6d66743100000000")]),
        ),
        icc(
            3,
            "",
            &profile("RGB ", 0x0233, &[("cicp", "6369637000000000010d0001")]),
        ),
        icc(
            3,
            "",
            &profile(
                "RGB ",
                0x0233,
                &[("rTRC", "637572760000000000000002ffffffff")],
            ),
        ),
        // For other components, other spaces beside it, other ends.
        icc(1, "", &screen),
        icc(3, "", &grey),
        icc(
            3,
            "/Alternate [/Lab << /WhitePoint [0.95 1 1.09] >>]",
            &screen,
        ),
        icc(3, "/Range [0 9 0 9 0 9]", &screen),
        icc(3, "", &screen[..600]),
        icc(3, "", "00"),
    ] {
        told(with(&object), DoubtKind::Colour);
    }
    sound(with(&icc(
        3,
        "/Alternate /DeviceRGB /Range [0 1 0 1 0 1]",
        &screen,
    )));
    sound(with(&icc(1, "/Alternate [/DeviceGray]", &grey)));
    // What the file's colours are meant for.
    let meant = |profile: &str| {
        let mut pdf = page(NOT);
        pdf.object(profile);
        pdf.finish("/OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (x) /DestOutputProfile 4 0 R >>]")
    };
    told(
        meant(&icc(3, "", &profile("RGB ", 1, &[]))),
        DoubtKind::Colour,
    );
    sound(meant(&icc(3, "", &screen)));
}

#[test]
fn inks_and_functions_that_change_colours() {
    let with = |space: &str, tint: &str| {
        let mut pdf = page("/C cs 0 scn BT /F 12 Tf 72 720 Td (not) Tj ET")
            .resources(&format!("/ColorSpace << /C {space} >>"));
        pdf.object(tint);
        pdf
    };
    let dark = "<< /FunctionType 2 /Domain [0 1] /C0 [0] /C1 [0] /N 1 >>";
    for ink in ["All", "None", "Black", "Yellow", "#41ll"] {
        told(
            with(&format!("[/Separation /{ink} /DeviceGray 4 0 R]"), dark),
            DoubtKind::Colour,
        );
    }
    told(
        with("[/DeviceN [/None /All] /DeviceGray 4 0 R]", dark),
        DoubtKind::Colour,
    );
    // Black ink that is shown as black, and one that printers mix.
    let ink = |name: &str, tint: &str| {
        let mut pdf = page("/C cs 1 scn BT /F 12 Tf 72 720 Td (not) Tj ET").resources(&format!(
            "/ColorSpace << /C [/Separation /{name} /DeviceCMYK 4 0 R] >>"
        ));
        pdf.object(tint);
        pdf
    };
    let black = "<< /FunctionType 2 /Domain [0 1] /C0 [0 0 0 0] /C1 [0 0 0 1] /N 1 >>";
    sound(ink("Black", black));
    sound(ink("PANTONE#20Black#20C", black));
    for state in [
        "/TR 4 0 R",
        "/TR2 [4 0 R 4 0 R 4 0 R 4 0 R]",
        "/UCR2 4 0 R",
        "/HT << /HalftoneType 1 /Frequency 60 /Angle 0 /SpotFunction /Round /TransferFunction 4 0 R >>",
        "/OP true /OPM 1",
        "/op true",
    ] {
        let mut pdf = page(NOT).resources(&format!("/ExtGState << /G << {state} >> >>"));
        pdf.object(dark);
        told(pdf, DoubtKind::Colour);
    }
    sound(page(NOT).resources(
        "/ExtGState << /G << /TR /Identity /TR2 /Default /OP false /op false /BG2 /Default /SA true >> >>",
    ));
    // A structure's names are none of these.
    sound(page(NOT).finish("/StructTreeRoot << /RoleMap << /TR /TR /BG /P >> >>"));
}

#[test]
fn half_seen_through_on_a_dark_ground() {
    let with = |share: &str, ground: &str| {
        page(&format!(
            "{ground} 60 700 200 40 re f 0 g /G gs BT /F 12 Tf 72 720 Td (not) Tj ET"
        ))
        .resources(&format!("/ExtGState << /G << /ca {share} >> >>"))
    };
    told(with("0.45", "0.125 g"), DoubtKind::Colour);
    sound(with("0.45", "1 g"));
    sound(with("0.9", "0.8 g"));
}

#[test]
fn letters_one_in_the_other() {
    let at = |step: f64| -> String {
        let letters = "we do not agree".chars().filter(|c| *c != ' ');
        { letters.zip(0..) }
            .map(|(c, n)| format!("1 0 0 1 {} 720 Tm ({c}) Tj ", 72.0 + step * f64::from(n)))
            .collect()
    };
    for step in [0.001, 0.9, 2.0] {
        told(
            page(&format!("BT /F 12 Tf {} ET", at(step))),
            DoubtKind::Tiny,
        );
    }
    // In italics letters reach over each other.
    for font in ["Times-Italic", "Times-BoldItalic", "Helvetica", "Courier"] {
        let font = format!(
            "<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
        );
        sound(Pdf::with_font(&font).page(&lines(&[
            "itself of off fjord jaffa shelf offal buff fly effigy",
            "'fill' \"jilt\" .f. |fi| ;j, l'if. (if) [jf] AVAW To Ty",
        ])));
    }
}

#[test]
fn figures_as_large_as_their_line() {
    let off = |first: &str, second: &str| {
        page(&format!(
            "BT /F 12 Tf 72 720 Td (within ) Tj {first} Ts (10) Tj {second} Ts (2) Tj 0 Ts ( years) Tj ET"
        ))
    };
    told(off("1.428", "1.452"), DoubtKind::Raised);
    told(off("0", "3"), DoubtKind::Raised);
    sound(off("0", "0.5"));
}

#[test]
fn how_wide_a_line_is() {
    // The thinnest of a device, through the words, level and upright.
    told(
        page(&format!("{NOT} 0 w 70 724 m 95 724 l S")),
        DoubtKind::Struck,
    );
    // A band that an uneven scale makes of a thin line.
    told(
        page(&format!(
            "{NOT} q .01 0 0 100 0 723 cm 1 w 1 1 1 RG 7000 0 m 30000 0 l S Q"
        )),
        DoubtKind::Hidden,
    );
    // Outlines of letters in the same.
    told(
        page(
            "q .02 0 0 1 0 0 cm BT /F 1 Tf 600 0 0 12 3600 720 Tm 2 Tr 1 w (not) Tj ET Q q 8 0 0 1 0 0 cm BT /F 1 Tf 1.5 0 0 12 9 700 Tm 2 Tr 0.5 w (not) Tj ET Q",
        ),
        DoubtKind::Glyphs,
    );
    // A pointed join reaches far beyond its pieces.
    told(
        page(&format!("{NOT} 1 G 6 w 10 M 30 719 m 71 723 l 30 727 l S")),
        DoubtKind::Hidden,
    );
    sound(page(&format!("{NOT} 0 w 70 716 m 95 716 l S")));
    sound(page(&format!("{NOT} 1 w 60 700 200 60 re S")));
}

#[test]
fn letters_that_a_clip_cuts() {
    // An E without its lowest bar.
    told(
        page("q 70 726 60 60 re W n BT /F 40 Tf 72 720 Td (E) Tj ET Q"),
        DoubtKind::Hidden,
    );
    sound(page(
        "q 70 719 60 60 re W n BT /F 40 Tf 72 720 Td (E) Tj ET Q",
    ));
}

/// Helvetica, with widths of its own for some characters.
fn with_widths(own: &[(char, u32)]) -> Pdf {
    const LETTERS: [u32; 26] = [
        556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333,
        500, 278, 556, 500, 722, 500, 500, 500,
    ];
    let widths: Vec<String> = (' '..='z')
        .map(|c| {
            let usual = match c {
                'a'..='z' => LETTERS[c as usize - 'a' as usize],
                _ => 278,
            };
            let width = own.iter().find(|(own, _)| *own == c);
            width.map_or(usual, |(_, width)| *width).to_string()
        })
        .collect();
    Pdf::with_font(&format!(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /FirstChar 32 /LastChar 122 /Widths [{}] >>",
        widths.join(" ")
    ))
}

#[test]
fn widths_that_are_not_those_that_are_drawn() {
    // The t takes the room of a blank as well: two words are seen.
    told(
        with_widths(&[('t', 560)]).page(&lines(&["they are notable to us"])),
        DoubtKind::Contradiction,
    );
    sound(with_widths(&[]).page(&lines(&[
        "they are notable to us",
        "hey are not able to us",
    ])));
    // The t takes no room, or little, and the blank behind it no more than the t needs: one word is seen.
    for (width, more) in [(0, 0), (100, 100), (170, 170)] {
        let content = format!("BT /F 12 Tf 72 720 Td [(we are not) ( ) {more} (able to go)] TJ ET");
        told(
            with_widths(&[('t', width)]).page(&content),
            DoubtKind::Contradiction,
        );
    }
    // Fonts of one width for all, and words set close or wide.
    for font in ["Courier", "Courier-Bold", "Times-Italic", "Helvetica-Bold"] {
        let font = format!(
            "<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
        );
        let text = lines(&[
            "It is ill, if I; will 111 1.1 j. fill - tell,",
            "i.e. \"of a\" 'j' /i/ l'l (f) I'll",
            "of jaffa for join, of Job. To. P. V.",
            "A 'T' L \"Y\" r. f, i! 4,711.17 (1)",
        ]);
        for set in ["-0.6 Tw", "4 Tw", "0.6 Tc", "-0.2 Tc", "85 Tz", "120 Tz"] {
            sound(Pdf::with_font(&font).page(&format!("{set} {text}")));
        }
    }
}

#[test]
fn three_columns() {
    let column = |x: u32| -> String {
        (0..6)
            .map(|n| {
                format!(
                    "BT /F 9 Tf {x} {} Td (words of a column) Tj ET\n",
                    700 - 12 * n
                )
            })
            .collect()
    };
    let columns = |at: &[u32]| Pdf::new().page(&at.iter().map(|x| column(*x)).collect::<String>());
    told(columns(&[72, 220, 370]), DoubtKind::Moved);
    told(columns(&[72, 190, 310, 430]), DoubtKind::Moved);
    sound(columns(&[72, 320]));
}

#[test]
fn texts_within_texts() {
    let nested = |depth: usize, words: usize| {
        page(&format!(
            "{}BT /F 4 Tf 72 720 Td {} ET {}",
            "/Span << /ActualText (not) >> BDC ".repeat(depth),
            "(word) Tj 0 -0.1 Td ".repeat(words),
            "EMC ".repeat(depth)
        ))
    };
    // Each is held against what is drawn until that is too much, and so many are told as of any kind.
    told(nested(4_000, 2_000), DoubtKind::Contradiction);
    told(nested(2, 1), DoubtKind::Contradiction);
}

#[test]
fn drawings_that_draw_each_other() {
    // Each draws the next so often.
    let chain = |depth: usize, often: usize, last: usize| {
        let mut pdf = Pdf::new();
        for n in 0..depth {
            let next = pdf.object("") + 1;
            pdf = pdf.replaced(
                next - 1,
                &format!(
                    "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /N {} 0 R >> >> /Length {} >>\nstream\n{}\nendstream",
                    if n + 1 == depth { last } else { next },
                    6 * often,
                    "/N Do ".repeat(often)
                ),
            );
        }
        pdf.resources("/XObject << /N 4 0 R >>")
            .page(&format!("{} /N Do", lines(&[LINE])))
            .bytes()
    };
    let over = |bytes: &[u8]| match extract(bytes, Hint::default()) {
        Err(ExtractError::Limit { limit, .. }) => limit == limits::MAX_FORMS,
        _ => false,
    };
    assert!(over(&chain(30, 10, 999)));
    // One that draws itself does so once.
    assert_eq!(text(&read(&chain(1, 2, 4))), LINE);
    assert!(!over(&chain(3, 10, 999)));
    assert_eq!(text(&read(&chain(3, 2, 999))), LINE);
}

#[test]
fn encrypted_with_no_password() {
    // Keys that fit an empty password (ISO 32000-1, 7.6.3.4).
    let bytes = Pdf::new().page(&lines(&[LINE])).bytes();
    let encrypted = String::from_utf8(bytes).unwrap().replace(
        "/Root 1 0 R >>",
        &format!(
            "/Root 1 0 R /ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{}> /U <a2131391556101128e64737bb2f0fb1452b6beed66a7e0dbcc3276f389ab335f> >> >>",
            "0".repeat(64)
        ),
    );
    assert!(matches!(
        extract(encrypted.as_bytes(), Hint::default()),
        Err(ExtractError::Encrypted { .. })
    ));
    // The name in another spelling.
    let spelled = encrypted.replace("/Encrypt", "/Encr#79pt");
    assert!(matches!(
        extract(spelled.as_bytes(), Hint::default()),
        Err(ExtractError::Encrypted { .. })
    ));
}

#[test]
fn fonts_that_the_reader_has() {
    let font = |name: &str| {
        Pdf::with_font(&format!(
            "<< /Type /Font /Subtype /TrueType /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
        ))
        .page(&lines(&[LINE]))
    };
    told(font("Wingdings"), DoubtKind::Glyphs);
    told(font("ABCDEF+Webdings"), DoubtKind::Glyphs);
    sound(font("Arial"));
}

#[test]
fn pages_that_show_a_part() {
    let two = "BT /F 12 Tf 72 720 Td (not) Tj 0 -400 Td (seen) Tj ET";
    told(
        Pdf::new().on_page("/CropBox [0 0 612 500]").page(two),
        DoubtKind::Hidden,
    );
    sound(Pdf::new().on_page("/CropBox [36 36 576 756]").page(two));
    // Turned: text that stands upright in the file lies on its side.
    told(Pdf::new().on_page("/Rotate 90").page(two), DoubtKind::Moved);
    let turned = "BT /F 12 Tf 0 1 -1 0 300 100 Tm (not) Tj ET";
    assert_eq!(
        text(&sound(Pdf::new().on_page("/Rotate 90").page(turned))),
        "not"
    );
    // A measure of its own, and a page beside which letters are specks.
    told(
        Pdf::new().on_page("/UserUnit 0.01").page(two),
        DoubtKind::Tiny,
    );
    let vast = String::from_utf8(Pdf::new().page(two).bytes()).unwrap();
    let vast = vast.replace("[0 0 612 792]", "[0 0 9000 9000]");
    let copy = read(&mended(vast.as_bytes()));
    assert!(kinds(&copy).contains(&DoubtKind::Tiny), "{:?}", copy.doubts);
}

#[test]
fn notes_and_links() {
    let with = |annotation: &str| {
        Pdf::new()
            .on_page(&format!("/Annots [<< /Type /Annot {annotation} >>]"))
            .page(&lines(&[LINE]))
    };
    for annotation in [
        "/Subtype /Widget /FT /Tx /V (not) /Rect [0 0 9 9]",
        "/Subtype /Square /Rect [72 710 200 740] /IC [1 1 1]",
        "/Subtype /StrikeOut /Rect [72 710 200 740]",
        "/Subtype /Link /Rect [72 710 200 740] /AP << /N 4 0 R >>",
        "/Subtype /Link /Rect [72 710 200 740] /Border [0 0 40] /C [1 1 1]",
        "/Subtype /Link /Rect [72 710 200 740] /BS << /W 40 >>",
        // A line through the words.
        "/Subtype /Link /Rect [72 724 200 725] /Border [0 0 1]",
        "/Subtype /Link /Rect [72 724 200 725]",
        // What it is of is not there, but it is drawn.
        "/Subtype /Popup /Rect [72 710 200 740] /Open true",
        "/Subtype /Popup /Rect [72 710 200 740] /Open 1",
    ] {
        told(with(annotation), DoubtKind::Embedded);
    }
    // A frame round nothing, whose upper side goes through the words.
    told(
        with("/Subtype /Link /Rect [72 650 200 724]"),
        DoubtKind::Struck,
    );
    // Behind an item that is none, and one that is no note at all.
    let square = "<< /Type /Annot /Subtype /Square /Rect [72 710 200 740] /IC [1 1 1] >>";
    for items in [
        format!("null {square}"),
        format!("99 0 R {square}"),
        format!("99 0 R null << /Subtype /Popup >> {square}"),
        "7".to_owned(),
    ] {
        let pdf = Pdf::new().on_page(&format!("/Annots [{items}]"));
        told(pdf.page(&lines(&[LINE])), DoubtKind::Embedded);
    }
    sound(
        Pdf::new()
            .on_page("/Annots [null 99 0 R << /Subtype /Popup >>]")
            .page(&lines(&[LINE])),
    );
    // The attached files are shown in its place.
    let collection = Pdf::new().page(&lines(&[LINE]));
    told(
        collection.finish("/Collection << /View /H >>"),
        DoubtKind::Embedded,
    );
    for annotation in [
        "/Subtype /Link /Rect [72 710 186 740] /Border [0 0 0]",
        "/Subtype /Link /Rect [72 710 186 740] /Border [0 0 1] /C [1 0 0]",
        "/Subtype /Popup /Rect [72 710 200 740]",
        "/Subtype /Popup /Rect [72 710 200 740] /Open false",
    ] {
        sound(with(annotation));
    }
}

#[test]
fn the_newest_of_two_objects_holds() {
    // A later part of the file that puts another content in the place of the first.
    let mut bytes = Pdf::new().page(&lines(&["We do not agree."])).bytes();
    let old = String::from_utf8(bytes.clone()).unwrap();
    let start: usize = old
        .rsplit("startxref\n")
        .next()
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let content = lines(&["We do agree."]);
    let at = bytes.len();
    let object = format!(
        "4 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\n",
        content.len()
    );
    bytes.extend(object.as_bytes());
    let xref = bytes.len();
    bytes.extend(
        format!("xref\n4 1\n{at:010} 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev {start} >>\nstartxref\n{xref}\n%%EOF\n").as_bytes(),
    );
    assert_eq!(text(&read(&bytes)), "We do agree.");
}

#[test]
fn one_thing_said_twice() {
    let twice = |page: &str| {
        let content = lines(&["We do agree."]);
        let mut pdf = Pdf::new().on_page(page);
        pdf.object(&format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
        pdf.page(&lines(&["We do not agree."]))
    };
    for page in [
        "/Contents 4 0 R",
        "/#43ontents [4 0 R]",
        "/Contents % (\n4 0 R",
        "/Rotate 0 /Rotate 360",
        r"/X (\)>> /X) << /X 1 >> /X 2",
    ] {
        told(twice(page), DoubtKind::Contradiction);
    }
    sound(twice(
        "/Type /Page /Type /Page /Tabs /S /Metadata << /Contents (/Contents 4 0 R) /Type /X /S << /Type /Y >> >> /A [/Contents /Contents]",
    ));
}

#[test]
fn files_that_are_not_whole() {
    let whole = Pdf::new().page(&lines(&[LINE])).bytes();
    let damaged = |bytes: &[u8]| {
        let refused = extract(bytes, Hint::default());
        assert!(
            matches!(refused, Err(ExtractError::Damaged { .. })),
            "{refused:?}"
        );
    };
    let count = whole.len();
    for cut in [count / 2, count - 300, count - 40, count - 12, count - 6] {
        damaged(&whole[..cut]);
    }
    // Bytes that are gone, or more, before the table.
    let text = String::from_utf8(whole.clone()).unwrap();
    damaged(text.replace("We do not", "We do").as_bytes());
    damaged(text.replace("%PDF-1.7", "%PDF-1.7\n%").as_bytes());
    damaged(format!("Content-Type: x\r\n\r\n{text}").as_bytes());
    // Its end, and much behind it.
    damaged(format!("{text}{}", "%\n".repeat(2_000)).as_bytes());
    // A table that leads nowhere, or to another object.
    damaged(text.replace("startxref\n", "startxref\n1").as_bytes());
    let at = text.find("00000 n ").unwrap() - 11;
    let mut wrong = text.clone();
    wrong.replace_range(at..at + 10, "0000000300");
    damaged(wrong.as_bytes());
    // An object that only whoever looks for it by itself finds, which would go before the one that the table names.
    let content = lines(&["We do agree."]);
    let object = format!(
        "4 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\n",
        content.len()
    );
    let other = text.replace("xref\n0 6\n", &format!("{object}xref\n0 6\n"));
    let start = text.rfind("xref\n0 6").unwrap();
    let other = other.replace(
        &format!("startxref\n{start}"),
        &format!("startxref\n{}", start + object.len()),
    );
    assert_eq!(self::text(&read(other.as_bytes())), LINE);
    let lost = other
        .replace("xref\n0 6\n", "xref\n0 7\n")
        .replace("trailer", "0000000009 00000 n \ntrailer");
    damaged(lost.as_bytes());
    // What mail programs and disks put behind it.
    for behind in ["", "\r\n\r\n", "\r\n--next-part--\r\n", "\0"] {
        let copy = format!("{text}{}", behind.repeat(5));
        assert_eq!(self::text(&sound(copy)), LINE);
    }
    assert_eq!(self::text(&sound([whole, vec![0; 4_096]].concat())), LINE);
    let no_line = text.trim_end();
    assert_eq!(self::text(&sound(no_line)), LINE);
}

/// A file with a stream that is packed so.
fn packed(filters: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>\nendobj\n4 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>\nendobj\n".to_vec();
    bytes.extend(format!("5 0 obj\n<< /Length {} {filters} >>\nstream\n", data.len()).as_bytes());
    bytes.extend(data);
    bytes.extend(b"\nendstream\nendobj\ntrailer\n<< /Size 6 /Root 1 0 R >>\n%%EOF\n");
    mended(&bytes)
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut z = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    z.write_all(bytes).unwrap();
    z.finish().unwrap()
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = bytes
        .iter()
        .flat_map(|b| format!("{b:02x}").into_bytes())
        .collect();
    out.push(b'>');
    out
}

fn ascii85(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(4) {
        let mut group = [0; 4];
        group[..chunk.len()].copy_from_slice(chunk);
        let mut value = u32::from_be_bytes(group);
        let mut digits = [0_u8; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + (value % 85) as u8;
            value /= 85;
        }
        out.extend(&digits[..=chunk.len()]);
    }
    out.extend(b"~>");
    out
}

/// LZW as it is written when nothing repeats: the table is emptied so often that codes stay nine bits long.
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let mut codes = Vec::new();
    for chunk in bytes.chunks(200) {
        codes.push(256);
        codes.extend(chunk.iter().map(|b| u32::from(*b)));
    }
    codes.push(257);
    nine_bits(&codes)
}

fn nine_bits(codes: &[u32]) -> Vec<u8> {
    wide(&codes.iter().map(|c| (*c, 9)).collect::<Vec<_>>())
}

fn wide(codes: &[(u32, u32)]) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u64, 0);
    for (code, width) in codes {
        held = held << width | u64::from(*code);
        bits += width;
        while bits >= 8 {
            out.push((held >> (bits - 8)) as u8);
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push((held << (8 - bits)) as u8);
    }
    out
}

fn run_length(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(128) {
        out.push((chunk.len() - 1) as u8);
        out.extend(chunk);
    }
    out.push(128);
    out
}

#[test]
fn streams_that_are_packed_in_any_way() {
    let content = lines(&[LINE]);
    let content = content.as_bytes();
    for (filters, data) in [
        ("/Filter /FlateDecode", zlib(content)),
        ("/Filter [/FlateDecode /FlateDecode]", zlib(&zlib(content))),
        (
            "/Filter [/ASCII85Decode /FlateDecode]",
            ascii85(&zlib(content)),
        ),
        (
            "/Filter [ /ASCIIHexDecode/FlateDecode ]",
            hex(&zlib(content)),
        ),
        ("/Filter /LZWDecode", lzw(content)),
        (
            "/Filter [/ASCII85Decode /LZWDecode]",
            ascii85(&lzw(content)),
        ),
        ("/Filter /RunLengthDecode", run_length(content)),
    ] {
        let copy = read(&packed(filters, &data));
        assert_eq!((text(&copy), copy.doubts.len()), (LINE, 0), "{filters}");
    }
}

fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut z = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    z.write_all(bytes).unwrap();
    z.finish().unwrap()
}

#[test]
fn streams_that_are_packed_without_a_head() {
    let content = lines(&[LINE]);
    let copy = read(&packed("/Filter /FlateDecode", &bare(content.as_bytes())));
    assert_eq!((text(&copy), copy.doubts.len()), (LINE, 0));
    let much = vec![b' '; limits::MAX_PDF_STREAM + 1];
    // Behind a block whose size's check is false: one reader stops there, the other goes on.
    let mut broken = vec![0, 1, 0, 0, 0, b' '];
    broken.extend(bare(&much));
    // What is read and gives nothing: empty blocks, again and again from each place that looks like a stream.
    let mut nothing = b"x\n".to_vec();
    for _ in 0..400 {
        nothing.extend(b"\nstream\n\x78\x9c");
        nothing.extend([0, 0, 0, 0xff, 0xff].repeat(400));
        nothing.extend([0, 10, 0, 0xf5, 0xff]);
    }
    for (filters, data) in [
        ("/Filter /FlateDecode", bare(&much)),
        ("/Filter [/FlateDecode /FlateDecode]", zlib(&bare(&much))),
        ("/Filter /FlateDecode", broken),
    ] {
        let refused = extract(&packed(filters, &data), Hint::default());
        assert!(
            matches!(refused, Err(ExtractError::Limit { .. })),
            "{filters}: {refused:?}"
        );
    }
    let refused = extract(
        &packed("/Filter /FlateDecode", &nothing.repeat(4)),
        Hint::default(),
    );
    assert!(
        matches!(refused, Err(ExtractError::Limit { .. })),
        "{refused:?}"
    );
    let elsewhere = extract(&packed("/Filter [9 0 R]", &bare(&much)), Hint::default());
    assert!(
        matches!(elsewhere, Err(ExtractError::Damaged { .. })),
        "{elsewhere:?}"
    );
}

#[test]
fn streams_that_unpack_to_too_much() {
    let much = vec![b' '; limits::MAX_PDF_STREAM + 1];
    let once = zlib(&much);
    // A string that grows by one with each code, again and again: LZW's bomb.
    let mut codes = vec![(256_u32, 9_u32), (32, 9)];
    for code in 258..4_094_u32 {
        let width = match code {
            ..512 => 9,
            512..1_024 => 10,
            1_024..2_048 => 11,
            _ => 12,
        };
        codes.push((code, width));
    }
    codes.extend(std::iter::repeat_n((4_093, 12), 40_000));
    let bomb = wide(&codes);
    let mut runs: Vec<u8> = [129, b' '].repeat(limits::MAX_PDF_STREAM / 128 + 2);
    runs.push(128);
    for (filters, data) in [
        ("/Filter [/ASCII85Decode /FlateDecode]", ascii85(&once)),
        (
            "/F#69lter [/ASCII#38#35Decode /#46lateDecode]",
            ascii85(&once),
        ),
        (
            "/Filter [/ASCIIHexDecode /ASCII85Decode /FlateDecode]",
            hex(&ascii85(&once)),
        ),
        (
            "/Filter [/FlateDecode /FlateDecode /FlateDecode]",
            zlib(&zlib(&once)),
        ),
        ("/Filter /LZWDecode", bomb.clone()),
        ("/Filter [/ASCIIHexDecode /LZWDecode]", hex(&bomb)),
        ("/Filter [/LZWDecode /FlateDecode]", lzw(&once)),
        ("/Filter /RunLengthDecode", runs),
        (
            "/Filter [/FlateDecode /FlateDecode /FlateDecode /FlateDecode /FlateDecode]",
            zlib(b"x"),
        ),
    ] {
        let refused = extract(&packed(filters, &data), Hint::default());
        assert!(
            matches!(refused, Err(ExtractError::Limit { .. })),
            "{filters}: {refused:?}"
        );
    }
    let elsewhere = extract(&packed("/Filter 9 0 R", &once), Hint::default());
    assert!(
        matches!(elsewhere, Err(ExtractError::Damaged { .. })),
        "{elsewhere:?}"
    );
    // Where tables are packed, too, what packs them is not known before it is unpacked.
    let both = extract(
        &packed("/Filter /LZWDecode /X /ObjStm", &bomb),
        Hint::default(),
    );
    assert!(
        matches!(both, Err(ExtractError::Unsupported { .. })),
        "{both:?}"
    );
}
