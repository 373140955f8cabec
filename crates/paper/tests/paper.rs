//! A paper of a real record's bundle: the same bytes, its text, its attachments, and what is no paper of it.

#[allow(dead_code, reason = "a part of it is used")]
#[allow(unreachable_pub, reason = "shared by several test programs")]
#[path = "../../check/tests/common/channel.rs"]
mod channel;

mod common;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use channel::Channel;
use common::{answered, bare, bundle, memo, setting, showing, verified};
use demur_channel::ResponseFile;
use demur_check::bundle::{Trust, Verified};
use demur_extract::{Hint, extract};
use demur_memo::{Memo, content::Selection};
use demur_paper::{Address, Form, PaperError, Parts, Setting, Size};
use demur_record::policy::{Log, Policy};
use proptest::prelude::*;

fn paper(verified: &Verified, bundle: &[u8], setting: &Setting) -> Result<Vec<u8>, PaperError> {
    demur_paper::paper(verified, bundle, setting, Form::Pdf)
}

fn response_paper(
    verified: &Verified,
    bundle: &[u8],
    response: &ResponseFile,
    setting: &Setting,
) -> Result<Vec<u8>, PaperError> {
    demur_paper::response_paper(verified, bundle, response, setting, Form::Pdf)
}

fn a4() -> Vec<u8> {
    let (file, verified) = bundle();
    paper(verified, file, &setting(Size::A4)).unwrap()
}

/// What the file shows, without line ends; there is no doubt but those.
fn text(pdf: &[u8], doubts: &[&str]) -> String {
    let read = extract(pdf, Hint::default()).unwrap();
    let told = read.doubts.iter().map(|d| d.text.as_str());
    assert_eq!(told.collect::<Vec<_>>(), doubts);
    let words = read.readings[0].text.split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// Whether it is what its parts make.
fn is_paper(pdf: &[u8]) -> bool {
    let (_, verified) = bundle();
    let made = Parts::of(pdf).and_then(|parts| parts.make(verified, Form::Pdf).ok());
    made.is_some_and(|made| made == pdf)
}

#[test]
fn the_same_bundle_gives_the_same_bytes_and_lies_inside_as_it_is() {
    let (file, verified) = bundle();
    let pdf = a4();
    if let Some(place) = option_env!("DEMUR_PAPER_OUT") {
        std::fs::write(place, &pdf).unwrap();
    }
    assert_eq!(pdf, a4());
    let bare = bare(Size::Letter);
    for (pdf, setting) in [
        (pdf, setting(Size::A4)),
        (paper(verified, file, &bare).unwrap(), bare),
    ] {
        let parts = Parts::of(&pdf).unwrap();
        assert_eq!(parts.bundle, file.as_slice());
        assert_eq!(parts.setting, setting);
        assert!(is_paper(&pdf));
    }
}

#[test]
fn the_text_reads_back_without_a_doubt() {
    let (file, verified) = bundle();
    let plain = paper(verified, file, &bare(Size::A4)).unwrap();
    assert!(!text(&plain, &[]).contains("https://"));
    // The code is a picture to a reader, as it is to people.
    let text = text(&a4(), &["drawn shapes"]);
    let shown = verified.version(verified.filed_version).unwrap();
    let disclosed = shown.disclosed.as_ref().unwrap();
    let parts = disclosed.portions().iter().map(|p| &p.runs);
    let mut after = 0;
    for runs in parts {
        let words = runs[0].to_string();
        let at = text[after..].find(&words);
        after += at.unwrap_or_else(|| panic!("{words}: {text}")) + words.len();
    }
    let tally = format!(
        "{} of {} members",
        shown.tally.signed, verified.edition.members
    );
    let banner = verified.banner(verified.filed_version).unwrap();
    for wanted in [
        &tally,
        &banner,
        "page 1 of 1",
        "https://dissent.rivers.example/m/0123",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn a_paper_with_any_byte_changed_is_no_paper() {
    let pdf = a4();
    for at in (0..pdf.len())
        .step_by(pdf.len() / 150)
        .chain([pdf.len() - 1])
    {
        let mut other = pdf.clone();
        other[at] ^= 1;
        assert!(!is_paper(&other), "byte {at}");
    }
}

#[test]
fn a_paper_with_anything_put_to_it_is_no_paper() {
    let pdf = a4();
    // An incremental update: another page tree, and a pointer to it.
    let update = b"\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Size 2 /Prev 9 >>\nstartxref\n9\n%%EOF\n";
    assert!(!is_paper(&[pdf.as_slice(), update].concat()));
    assert!(!is_paper(&[pdf.as_slice(), b"\n"].concat()));
    assert!(!is_paper(&[b"\n", pdf.as_slice()].concat()));
    let file = &bundle().0;
    let second = [pdf.as_slice(), b"\nstream\n", file, b"\nendstream\n"].concat();
    assert_eq!(Parts::of(&second), None);
    assert_eq!(Parts::of(&[pdf.clone(), pdf.clone()].concat()), None);
    assert_eq!(Parts::of(b"%PDF-1.7\nno attachment"), None);
    let inside = b"demur-bundle/1\ndemur-paper/1\n{\"size\":\"a4\"}\n\nendstream";
    assert_eq!(Parts::of(inside), None);
    assert_eq!(Parts::of(&pdf[..pdf.len() / 2]).map(|_| ()), None);
}

#[test]
fn a_bundle_put_in_for_another_makes_another_paper() {
    let pdf = a4();
    let old = Parts::of(&pdf).unwrap().bundle;
    // Of the same memo: it shows one version, the other both.
    let channel = Channel::played();
    let one = channel.disclose(2, &Selection::whole());
    let other = channel.bundle_of([(2, one)].into()).to_bytes().unwrap();
    let at = pdf.windows(old.len()).position(|w| old == w).unwrap();
    let swapped = [&pdf[..at], &other, &pdf[at + old.len()..]].concat();
    let parts = Parts::of(&swapped).unwrap();
    assert_eq!(parts.bundle, other);
    let proved = verified(&parts.bundle, Trust::Key(&channel.vkey()));
    assert_ne!(parts.make(&proved, Form::Pdf).unwrap(), swapped);
}

#[test]
fn times_by_a_reader_s_own_witnesses_make_no_paper() {
    let channel = Channel::played();
    let file = channel.bundle().to_bytes().unwrap();
    let log = Log {
        key: channel.vkey(),
        url: None,
    };
    let own = Policy::simple(log, Vec::new(), 0).unwrap();
    let own = verified(&file, Trust::Policy(&own));
    let refused = paper(&own, &file, &setting(Size::A4));
    assert_eq!(refused, Err(PaperError::OwnPolicy));
}

#[test]
fn addresses_hold_no_secret_and_fit_the_code() {
    for good in [
        "https://a.example",
        "http://x.onion/m/12?y=1",
        "http://127.0.0.1:80/",
    ] {
        assert_eq!(good.parse::<Address>().unwrap().as_str(), good);
    }
    let long = format!("https://a.example/{}", "x".repeat(300));
    for bad in [
        "",
        "https://",
        "ftp://a.example",
        "a.example",
        "https://a.example/#key",
        "https://me:pw@a.example",
        "https://a.example/ b",
        "https://ä.example",
        &long,
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}

fn set(text: &str) -> Result<Vec<u8>, PaperError> {
    paper(&showing(text), &bundle().0, &bare(Size::A4))
}

#[test]
fn a_long_memo_has_its_banner_at_the_top_and_bottom_of_each_page() {
    let sentence = "(U) We do not agree that the Lower Sluice can be closed without harm to the farms below it. ";
    let body: Vec<String> = (0..120)
        .map(|n| format!("{sentence}{}", "It is so. ".repeat(n % 30)))
        .collect();
    let mut body = body.join("\n\n");
    body.push_str("\n\n(SBU) The end.");
    let pdf = set(&memo(&body)).unwrap();
    // Our own reader leaves out what stands on each page.
    assert!(text(&pdf, &[]).contains("(SBU) The end."));
    let Some(pages) = by_pdftotext(&pdf) else {
        return;
    };
    assert!(pages.len() > 5, "{}", pages.len());
    const BANNER: &str = "SENSITIVE BUT UNCLASSIFIED";
    for (page, n) in pages.iter().zip(1..) {
        let lines: Vec<&str> = { page.lines().map(str::trim) }
            .filter(|l| !l.is_empty())
            .collect();
        let [first, middle @ .., foot, last] = lines.as_slice() else {
            panic!("{page}");
        };
        assert_eq!((*first, *last), (BANNER, BANNER));
        assert!(
            foot.ends_with(&format!("page {n} of {}", pages.len())),
            "{foot}"
        );
        assert!(middle.len() > 1 && !middle.contains(&BANNER), "{page}");
    }
}

/// Each page's text by poppler's pdftotext, where that is installed.
fn by_pdftotext(pdf: &[u8]) -> Option<Vec<String>> {
    const PROGRAM: &str = "/usr/bin/pdftotext";
    if !std::path::Path::new(PROGRAM).exists() {
        eprintln!("skipped: needs poppler-utils");
        return None;
    }
    let mut child = Command::new(PROGRAM)
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut input, pdf) = (child.stdin.take().unwrap(), pdf.to_vec());
    let writer = std::thread::spawn(move || input.write_all(&pdf).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pages = text.strip_suffix('\u{c}').unwrap().split('\u{c}');
    Some(pages.map(str::to_owned).collect())
}

#[test]
fn what_cannot_be_set_is_named_with_its_place() {
    for (body, c, why) in [
        (
            "(U) In \u{5e9}\u{5dc}\u{5d5}\u{5dd}.",
            '\u{5e9}',
            "right to left",
        ),
        (
            "(U) In \u{633}\u{644}\u{627}\u{645}.",
            '\u{633}',
            "right to left",
        ),
        (
            "(U) In \u{928}\u{926}\u{940}.",
            '\u{928}',
            "change with their neighbours",
        ),
        (
            "(U) In \u{e41}\u{e21}\u{e48}.",
            '\u{e41}',
            "change with their neighbours",
        ),
        ("(U) In \u{6c5f}.", '\u{6c5f}', "no such character"),
        ("(U) A \u{1f30a}.", '\u{1f30a}', "no such character"),
        ("(U) a\u{20dd}.", '\u{20dd}', "mark"),
        ("(U) a\u{200d}b.", '\u{200d}', "seen"),
        ("(U) x\u{301}\u{302}.", '\u{302}', "another mark"),
        ("(U) in \u{301}e.", '\u{301}', "nothing before it"),
    ] {
        let refused = set(&memo(&format!("(U) First.\n\n{body}"))).unwrap_err();
        let PaperError::Character {
            place,
            c: found,
            why: said,
        } = refused.clone()
        else {
            panic!("{body}: {refused}");
        };
        assert_eq!((place.as_str(), found), ("paragraph 2", c), "{body}");
        assert!(said.contains(why), "{body}: {said}");
        assert!(
            refused
                .to_string()
                .contains(&format!("U+{:04X}", u32::from(c))),
            "{refused}"
        );
    }
    let title = memo("(U) x").replace("Lower", "\u{5e9}");
    let refused = set(&title).unwrap_err().to_string();
    assert!(refused.starts_with("the title: "), "{refused}");
}

#[test]
fn scripts_of_the_typeface_are_set() {
    let body = "(U) Größe, Łódź, Đặng, œuvre, “No” – 10² ½ € … ﬁ; Ποταμός; Река; Գետ; მდინარე; \u{1ecd}\u{301} X\u{301} m\u{304}.";
    let pdf = set(&memo(body)).unwrap();
    let read = extract(&pdf, Hint::default()).unwrap();
    let text = read.readings[0]
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(text.contains(&body[4..]), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_word_stands_on_the_paper_in_order(
        blocks in prop::collection::vec(
            ("(|# |> |- |1. )", "(U|SBU)", prop::collection::vec("[ -~¡-ſΑ-ωА-я–—‘’“”…]{1,30}", 1..40)),
            1..30,
        ),
        letter in any::<bool>(),
    ) {
        let body: Vec<String> = blocks.iter().map(|(sign, marking, words)| {
            format!("{sign}({marking}) x{}", words.join(" ").replace(['\u{ad}', '\u{a0}'], "x"))
        }).collect();
        let text = memo(&body.join("\n\n"));
        prop_assume!(Memo::parse(&text, &rules()).is_ok());
        let verified = showing(&text);
        let size = if letter { Size::Letter } else { Size::A4 };
        let setting = bare(size);
        let pdf = match paper(&verified, &bundle().0, &setting) {
            Ok(pdf) => pdf,
            // The typeface's heavy weight lacks some.
            Err(PaperError::Character { .. }) => return Ok(()),
            Err(e) => panic!("{e}"),
        };
        prop_assert_eq!(&pdf, &paper(&verified, &bundle().0, &setting).unwrap());
        let read = extract(&pdf, Hint::default()).unwrap();
        let filed = verified.version(verified.filed_version).unwrap();
        let portions = filed.disclosed.as_ref().unwrap().portions();
        // Where a page ends its foot and banners stand between.
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let shown = words(&read.readings[0].text);
        let mut at = 0;
        for word in portions.iter().flat_map(|p| words(p.text().unwrap())) {
            let found = shown[at..].iter().position(|w| *w == word);
            prop_assert!(found.is_some(), "{word:?} is not after {at} in {shown:?}");
            at += found.unwrap_or_default() + 1;
        }
    }
}

#[test]
fn a_response_has_a_paper_too_with_the_response_inside() {
    let (verified, file) = answered();
    let bundle = &bundle().0;
    let pdf = response_paper(&verified, bundle, &file, &bare(Size::A4)).unwrap();
    if let Some(place) = option_env!("DEMUR_RESPONSE_OUT") {
        std::fs::write(place, &pdf).unwrap();
    }
    let parts = Parts::of(&pdf).unwrap();
    assert_eq!(
        (&*parts.bundle, parts.response.as_ref()),
        (bundle.as_slice(), Some(&file))
    );
    assert_eq!(parts.make(&verified, Form::Pdf).unwrap(), pdf);
    let text = text(&pdf, &[]);
    let mut after = 0;
    for wanted in [
        "response to the dissent memo",
        "(U) On the closing of the Lower Sluice",
        "Thank you.",
        "Point 1: partly",
        "Asked (U) Keep it open for ten years more",
        "until: - the farms are asked; - the water falls below the mark. 1. First. 2. Second. Their words. Later We shall see - and say.",
    ] {
        let at = text[after..].find(wanted);
        after += at.unwrap_or_else(|| panic!("{wanted}: {text}")) + wanted.len();
    }
    // The memo's paper of the same bundle is another, and each byte counts.
    for at in (0..pdf.len()).step_by(pdf.len() / 60) {
        let mut other = pdf.clone();
        other[at] ^= 1;
        let made = Parts::of(&other).and_then(|parts| parts.make(&verified, Form::Pdf).ok());
        assert!(made.is_none_or(|made| made != other), "byte {at}");
    }
}

#[test]
fn a_response_that_the_record_does_not_commit_to_makes_no_paper() {
    let (verified, mut file) = answered();
    let set = |verified: &Verified, file: &ResponseFile| {
        response_paper(verified, &bundle().0, file, &bare(Size::A4))
    };
    assert!(set(&verified, &file).is_ok());
    assert_eq!(set(&bundle().1, &file), Err(PaperError::Response));
    file.salt = demur_encoding::sha256(b"another");
    assert_eq!(set(&verified, &file), Err(PaperError::Response));
}

/// For the channel.
fn rules() -> demur_memo::marking::Rules {
    demur_memo::marking::Rules::new("state", "TS", &[] as &[&str], "refuse").unwrap()
}
