//! The DOCX of a real record's bundle: the same bytes, its text without a doubt, what another program leaves of it, and what is none of it.

#[allow(dead_code, reason = "a part of it is used")]
#[allow(unreachable_pub, reason = "shared by several test programs")]
#[path = "../../check/tests/common/channel.rs"]
mod channel;
mod common;

use std::io::{Cursor, Read as _, Write as _};

use channel::Channel;
use common::{answered, bare, bundle, memo, setting, showing, verified};
use demur_check::bundle::{Trust, Verified};
use demur_extract::{Extracted, Hint, Label, extract};
use demur_memo::{Memo, content::Selection};
use demur_paper::{
    Form, NoParts, PaperError, Parts, Setting, Size, difference, paper, response_paper,
};
use proptest::prelude::*;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

fn docx() -> Vec<u8> {
    let (file, verified) = bundle();
    paper(verified, file, &setting(Size::A4), Form::Docx).unwrap()
}

fn read(docx: &[u8]) -> Extracted {
    extract(docx, Hint::default()).unwrap()
}

/// Its one text, against which nothing speaks.
fn text(docx: &[u8]) -> String {
    let read = read(docx);
    assert_eq!(read.doubts, []);
    let [reading] = &read.readings[..] else {
        panic!("{:?}", read.readings);
    };
    assert_eq!(reading.label, Label::Only);
    reading.text.clone()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of its package.
fn unzipped(docx: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(docx)).unwrap();
    let names: Vec<String> = { zip.file_names() }
        .map(|name| name.unwrap().into_owned())
        .collect();
    let content = |name: String| {
        let mut bytes = Vec::new();
        zip.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    names.into_iter().map(content).collect()
}

/// A package as other programs write it.
fn zipped(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in parts {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The same with something replaced in a part, where it stands once at least.
fn with(docx: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut parts = unzipped(docx);
    let (_, content) = parts.iter_mut().find(|(name, _)| name == part).unwrap();
    let text = String::from_utf8(std::mem::take(content)).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    *content = text.replacen(from, to, 1).into_bytes();
    zipped(&parts)
}

/// Whether it is what its parts make, byte for byte.
fn is_made(docx: &[u8], verified: &Verified) -> bool {
    let parts = Parts::of_docx(docx);
    parts.is_ok_and(|parts| parts.make(verified, Form::Docx).as_deref() == Ok(docx))
}

/// Whether it says what its parts make, and nothing speaks against that.
fn says_the_same(docx: &[u8], verified: &Verified) -> bool {
    let Ok(parts) = Parts::of_docx(docx) else {
        return false;
    };
    let made = parts.make(verified, Form::Docx).unwrap();
    let Ok(read) = extract(docx, Hint::default()) else {
        return false;
    };
    let [reading] = &read.readings[..] else {
        return false;
    };
    read.doubts.is_empty() && difference(&text(&made), &reading.text).is_none()
}

#[test]
fn the_same_bundle_gives_the_same_bytes_and_is_taken_out_again() {
    let (file, verified) = bundle();
    let docx = docx();
    if let Some(place) = option_env!("DEMUR_DOCX_OUT") {
        std::fs::write(place, &docx).unwrap();
    }
    for setting in [setting(Size::A4), bare(Size::Letter)] {
        let docx = paper(verified, file, &setting, Form::Docx).unwrap();
        assert_eq!(docx, paper(verified, file, &setting, Form::Docx).unwrap());
        assert_eq!(Form::of(&docx), Some(Form::Docx));
        let parts = Parts::of_docx(&docx).unwrap();
        assert_eq!(
            (&*parts.bundle, &parts.setting, &parts.response),
            (file.as_slice(), &setting, &None)
        );
        assert!(is_made(&docx, verified));
        assert!(says_the_same(&docx, verified));
    }
}

#[test]
fn the_text_reads_back_without_a_doubt() {
    let (_, verified) = bundle();
    let read = text(&docx());
    let shown = verified.version(verified.filed_version).unwrap();
    let banner = verified.banner(verified.filed_version).unwrap();
    assert!(read.starts_with(&format!("{banner}\n\n")), "{read}");
    assert!(
        read.ends_with(&format!(
            "Memo {}, version 2\tpage 1 of 1\n\n{banner}",
            verified.memo.short()
        )),
        "{read}"
    );
    let read = words(&read);
    let mut after = 0;
    let disclosed = shown.disclosed.as_ref().unwrap();
    let parts = disclosed.portions().iter().map(|p| p.runs[0].to_string());
    let tally = format!(
        "{} of {} members",
        shown.tally.signed, verified.edition.members
    );
    let wanted = [
        "(U) On the closing of the Lower Sluice".to_owned(),
        format!("Memo {}", verified.memo),
        tally,
        "https://dissent.rivers.example/m/0123".to_owned(),
    ];
    for wanted in wanted.into_iter().chain(parts) {
        let at = read[after..].find(&wanted);
        after += at.unwrap_or_else(|| panic!("{wanted}: {read}")) + wanted.len();
    }
}

#[test]
fn a_response_has_a_docx_too_with_the_response_inside() {
    let (verified, file) = answered();
    let bundle = &bundle().0;
    let docx = response_paper(&verified, bundle, &file, &bare(Size::A4), Form::Docx).unwrap();
    let parts = Parts::of_docx(&docx).unwrap();
    assert_eq!(
        (&*parts.bundle, parts.response.as_ref()),
        (bundle.as_slice(), Some(&file))
    );
    assert!(is_made(&docx, &verified) && says_the_same(&docx, &verified));
    let read = words(&text(&docx));
    let mut after = 0;
    for wanted in [
        "response to the dissent memo",
        "(U) On the closing of the Lower Sluice",
        "Thank you.",
        "Point 1: partly",
        "Asked (U) Keep it open for ten years more",
        "until: - the farms are asked; - the water falls below the mark. 1. First. 2. Second. Their words. Later We shall see - and say.",
    ] {
        let at = read[after..].find(wanted);
        after += at.unwrap_or_else(|| panic!("{wanted}: {read}")) + wanted.len();
    }
    let changed = with(&docx, "word/document.xml", "Thank you", "No thanks");
    assert!(!says_the_same(&changed, &verified));
}

#[test]
fn what_another_program_saved_again_still_says_the_same() {
    let (_, verified) = bundle();
    let docx = docx();
    let again = |parts: Vec<(String, Vec<u8>)>| {
        let docx = zipped(&parts);
        assert!(!is_made(&docx, verified));
        assert!(says_the_same(&docx, verified));
    };
    again(unzipped(&docx));
    let mut turned = unzipped(&docx);
    turned.reverse();
    again(turned);
    // As Word does: runs in pieces, marks of what was checked, numbers of pages counted anew, its own custom XML before ours.
    for (part, from, to) in [
        (
            "word/document.xml",
            "<w:t xml:space=\"preserve\">Points of dissent</w:t></w:r>",
            "<w:t xml:space=\"preserve\">Points </w:t></w:r><w:proofErr w:type=\"spellStart\"/><w:r w:rsidR=\"00A1\"><w:rPr><w:lang w:val=\"en-GB\"/></w:rPr><w:lastRenderedPageBreak/><w:t>of dissent</w:t></w:r>",
        ),
        (
            "word/footer1.xml",
            "<w:t xml:space=\"preserve\">1</w:t></w:r></w:fldSimple></w:p>",
            "<w:rPr><w:noProof/></w:rPr><w:t>14</w:t></w:r></w:fldSimple></w:p>",
        ),
        (
            "word/_rels/document.xml.rels",
            "<Relationship Id=\"rId1\"",
            "<Relationship Id=\"rId9\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml\" Target=\"../customXml/item2.xml\"/><Relationship Id=\"rId1\"",
        ),
        (
            "customXml/item1.xml",
            "<paper xmlns=",
            "\n<p:paper xmlns:p=",
        ),
    ] {
        let mut parts = unzipped(&with(&docx, part, from, to));
        parts.push((
            "customXml/item2.xml".to_owned(),
            b"<b:Sources xmlns:b=\"urn:b\"/>".to_vec(),
        ));
        for (name, content) in &mut parts {
            if name == "customXml/item1.xml" {
                let text = String::from_utf8(std::mem::take(content)).unwrap();
                *content = if text.contains("<p:paper") {
                    text.replace("<file", "<p:file")
                        .replace("</file", "\n</p:file")
                        .replace("</paper", "</p:paper")
                } else {
                    text
                }
                .into_bytes();
            }
        }
        again(parts);
    }
}

#[test]
fn what_was_changed_never_says_the_same() {
    let (_, verified) = bundle();
    let docx = docx();
    let banner = verified.banner(verified.filed_version).unwrap();
    let title = "On the closing of the Lower Sluice";
    let hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>We agree.</w:t></w:r></w:p><w:sectPr>";
    let body = "word/document.xml";
    let shown = format!(">{banner}</w:t>");
    for (part, from, to) in [
        (body, title, "On the opening of the Lower Sluice"),
        (body, "w:val=\"Title\"", "w:val=\"Rule\""),
        (body, "Version", "version"),
        (body, "<w:sectPr>", hidden),
        (body, "<w:sectPr>", &hidden.replace("<w:vanish/>", "")),
        (body, "<w:sectPr>", &hidden.replace("vanish", "strike")),
        (
            body,
            "<w:sectPr>",
            &hidden.replace("<w:vanish/>", "<w:color w:val=\"FFFFFF\"/>"),
        ),
        (
            body,
            "<w:sectPr>",
            &hidden.replace("<w:t>", "<w:drawing/><w:t>"),
        ),
        (
            body,
            "<w:headerReference w:type=\"default\"",
            "<w:headerReference w:type=\"first\"",
        ),
        (body, "<w:pgSz", "<w:titlePg/><w:pgSz"),
        ("word/header1.xml", &shown, ">X</w:t>"),
        ("word/footer1.xml", &shown, ">X</w:t>"),
        ("word/header1.xml", &shown, "></w:t>"),
        ("word/header1.xml", "w:hdr", "w:hdx"),
        ("word/footer1.xml", "version 2", "version 1"),
        ("word/footer1.xml", " NUMPAGES ", " AUTHOR "),
        (
            "word/styles.xml",
            "<w:name w:val=\"Title\"/>",
            "<w:name w:val=\"Title\"/><w:rPr><w:vanish/></w:rPr>",
        ),
        (
            "word/styles.xml",
            "<w:name w:val=\"Banner\"/>",
            "<w:name w:val=\"Banner\"/><w:rPr><w:color w:val=\"FEFEFE\"/></w:rPr>",
        ),
    ] {
        let changed = with(&docx, part, from, to);
        assert!(!is_made(&changed, verified), "{from}: {to}");
        if (from, to) == ("w:val=\"Title\"", "w:val=\"Rule\"") {
            // Its look alone.
            assert!(says_the_same(&changed, verified));
            continue;
        }
        assert!(!says_the_same(&changed, verified), "{part}: {from}: {to}");
    }
    // Each byte counts where it is as it was made.
    for at in (0..docx.len())
        .step_by(docx.len() / 150)
        .chain([docx.len() - 1])
    {
        let mut other = docx.clone();
        other[at] ^= 1;
        assert!(!is_made(&other, verified), "byte {at}");
    }
    assert!(!is_made(&[docx.as_slice(), b"\n"].concat(), verified));
}

#[test]
fn a_bundle_put_in_for_another_makes_another_paper() {
    let channel = Channel::played();
    let (file, verified_all) = bundle();
    let docx = docx();
    // Of the same memo: it shows one version in part, the other both whole.
    let part = channel.disclose(2, &Selection::nothing());
    let other = channel.bundle_of([(2, part)].into()).to_bytes().unwrap();
    let proved = verified(&other, Trust::Key(&channel.vkey()));
    let theirs = paper(&proved, &other, &setting(Size::A4), Form::Docx).unwrap();
    let item = |docx: &[u8]| {
        let mut parts = unzipped(docx).into_iter();
        parts.find(|(n, _)| n == "customXml/item1.xml").unwrap().1
    };
    let mut parts = unzipped(&docx);
    for (name, content) in &mut parts {
        if name == "customXml/item1.xml" {
            *content = item(&theirs);
        }
    }
    let swapped = zipped(&parts);
    assert_eq!(*Parts::of_docx(&swapped).unwrap().bundle, *other);
    assert!(!is_made(&swapped, &proved) && !says_the_same(&swapped, &proved));
    assert_eq!(*Parts::of_docx(&docx).unwrap().bundle, **file);
    assert!(is_made(&docx, verified_all) && !is_made(&docx, &proved));
}

#[test]
fn a_bundle_must_lie_inside_once_and_whole() {
    let docx = docx();
    let none = |docx: &[u8]| assert_eq!(Parts::of_docx(docx), Err(NoParts::None));
    let custom = "customXml/item1.xml";
    none(&with(
        &docx,
        custom,
        "urn:demur:paper:1",
        "urn:demur:paper:2",
    ));
    none(&with(&docx, custom, "<file ", "<!--"));
    none(&with(&docx, custom, "<file ", "<!DOCTYPE x><file "));
    none(&with(&docx, custom, "\"memo.demur\"", "\"memo\""));
    none(&with(&docx, custom, "\"paper.json\"", "\"memo.demur\""));
    none(&with(&docx, custom, "\"paper.json\"", "\"response.json\""));
    none(&with(&docx, custom, "</file>", "*</file>"));
    none(&with(&docx, custom, "</file>", "&#65;</file>"));
    none(&with(&docx, custom, "</file>", "</file>x"));
    none(&with(&docx, custom, "</paper>", ""));
    // Twice.
    let rels = "word/_rels/document.xml.rels";
    let twice = with(
        &docx,
        rels,
        "<Relationship Id=\"rId1\"",
        "<Relationship Id=\"rId9\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml\" Target=\"/customXml/item1.xml\"/><Relationship Id=\"rId1\"",
    );
    none(&twice);
    let mut parts = unzipped(&docx);
    parts.retain(|(name, _)| name != custom);
    none(&zipped(&parts));
}

#[test]
fn a_hostile_archive_is_refused() {
    let docx = docx();
    let refused = |docx: &[u8], why: &str| match Parts::of_docx(docx) {
        Err(e @ NoParts::Unreadable(_)) => assert!(e.to_string().contains(why), "{e}"),
        other => panic!("{why}: {:?}", other.map(|_| ())),
    };
    refused(b"PK\x03\x04", "cut off");
    refused(&docx[..docx.len() / 2], "cut off");
    refused(&[docx.as_slice(), b"PK"].concat(), "more than one end");
    let with_part = |name: &str, content: Vec<u8>| {
        let mut parts = unzipped(&docx);
        parts.push((name.to_owned(), content));
        zipped(&parts)
    };
    refused(&with_part("WORD/document.xml", Vec::new()), "one name");
    refused(&with_part("../out", Vec::new()), "named ../out");
    // Blanks that unpack to more than is read.
    let bomb = vec![b' '; 40 << 20];
    let mut parts = unzipped(&docx);
    for (name, content) in &mut parts {
        if name == "customXml/item1.xml" {
            content.extend_from_slice(&bomb);
        }
    }
    refused(&zipped(&parts), "unpacks to too much");
    let many: String = (10..80)
        .map(|n| format!("<Relationship Id=\"r{n}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml\" Target=\"../customXml/itemProps1.xml\"/>"))
        .collect();
    let rels = "word/_rels/document.xml.rels";
    let many = with(
        &docx,
        rels,
        "<Relationship Id=\"rId1\"",
        &format!("{many}<Relationship Id=\"rId1\""),
    );
    refused(&many, "too many parts of custom XML");
}

fn set(text: &str) -> Result<Vec<u8>, PaperError> {
    paper(&showing(text), &bundle().0, &bare(Size::A4), Form::Docx)
}

#[test]
fn scripts_that_a_word_processor_shapes_are_written_and_others_refused() {
    let body = "(U) Größe, Łódź, œuvre, “No” – 10² ½ €; Ποταμός; Река; Գետ; მდინარე; 江河; नदी; แม่น้ำ; x\u{301}\u{302} & <b>\"'";
    let docx = set(&memo(body)).unwrap();
    assert!(text(&docx).contains(&body[4..]), "{}", text(&docx));
    for (c, why) in [
        ('\u{5e9}', "right to left"),
        ('\u{633}', "right to left"),
        ('\u{200d}', "seen"),
        ('\u{2062}', "seen"),
        ('\u{e000}', "fonts draw it"),
        ('\u{10ffff}', "no character"),
        ('\u{fdd0}', "right to left"),
        ('\u{7f}', "control"),
    ] {
        let text = memo(&format!("(U) First.\n\n(U) a{c}b."));
        // What no memo may hold is no paper's, either.
        if Memo::parse(&text, &rules()).is_err() {
            continue;
        }
        let refused = set(&text).unwrap_err();
        assert!(
            refused.to_string().starts_with("paragraph 2: "),
            "{refused}"
        );
        assert!(refused.to_string().contains(why), "{refused}");
    }
}

#[test]
fn lists_have_their_numbers_as_text() {
    let docx = set(&memo(
        "(U) First.\n\n7. (SBU) seven\n8. eight: - in it; - and that.\n9. nine\n\n> (U) Quoted.\n\n### (U) Under",
    ));
    let docx = docx.unwrap();
    let read = text(&docx);
    for wanted in [
        "\n\nSENSITIVE",
        "7.\t(SBU) seven\n\n8.\teight:\n\n-\tin it;\n\n-\tand that.\n\n9.\tnine\n\n(U) Quoted.\n\n(U) Under",
    ] {
        assert!(read.contains(wanted), "{wanted}: {read}");
    }
    assert!(read.starts_with("SENSITIVE BUT UNCLASSIFIED\n\n"), "{read}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_word_stands_in_it_in_order(
        blocks in prop::collection::vec(
            ("(|# |#### |> |- |1. )", "(U|SBU)", prop::collection::vec("[ -~¡-ſΑ-ωА-я–—‘’“”…一-十]{1,30}", 1..40)),
            1..30,
        ),
        letter in any::<bool>(),
    ) {
        let body: Vec<String> = blocks.iter().map(|(sign, marking, words)| {
            format!("{sign}({marking}) x{}", words.join(" "))
        }).collect();
        let memo = memo(&body.join("\n\n"));
        prop_assume!(Memo::parse(&memo, &rules()).is_ok());
        let verified = showing(&memo);
        let setting = Setting { size: if letter { Size::Letter } else { Size::A4 }, record: None };
        let docx = paper(&verified, &bundle().0, &setting, Form::Docx).unwrap();
        prop_assert!(is_made(&docx, &verified) && says_the_same(&docx, &verified));
        let read = text(&docx);
        let filed = verified.version(verified.filed_version).unwrap();
        let portions = filed.disclosed.as_ref().unwrap().portions();
        let mut shown = read.split_whitespace();
        for word in portions.iter().flat_map(|p| p.text().unwrap().split_whitespace()) {
            prop_assert!(shown.any(|w| w == word), "{word:?}: {read}");
        }
    }
}

/// For the channel.
fn rules() -> demur_memo::marking::Rules {
    demur_memo::marking::Rules::new("state", "TS", &[] as &[&str], "refuse").unwrap()
}
