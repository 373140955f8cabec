//! A paper of a real record's bundle: the same bytes, its text, its attachment, and what is no paper of it.

#[allow(dead_code, reason = "a part of it is used")]
#[allow(unreachable_pub, reason = "shared by several test programs")]
#[path = "../../check/tests/common/channel.rs"]
mod channel;

use std::{num::NonZeroUsize, sync::OnceLock};

use channel::Channel;
use demur_check::bundle::{Bundle, Trust, Verified, Work};
use demur_extract::{Hint, extract};
use demur_paper::{Size, attached, made_as, paper};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

/// Proofs cost much: one bundle serves all tests.
fn bundle() -> &'static (Vec<u8>, Verified) {
    static BUNDLE: OnceLock<(Vec<u8>, Verified)> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let channel = Channel::played();
        let file = channel.bundle().to_bytes().unwrap();
        let key = channel.vkey();
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let work = Work {
            threads: NonZeroUsize::MIN,
            rng: &mut rng,
            progress: &|_, _| {},
        };
        let verified = Bundle::parse(&file).unwrap().verify(Trust::Key(&key), work);
        (file, verified.unwrap())
    })
}

fn a4() -> Vec<u8> {
    let (file, verified) = bundle();
    paper(verified, file, Size::A4).unwrap()
}

#[test]
fn the_same_bundle_gives_the_same_bytes_and_lies_inside_as_it_is() {
    let (file, verified) = bundle();
    let pdf = a4();
    if let Some(place) = option_env!("DEMUR_PAPER_OUT") {
        std::fs::write(place, &pdf).unwrap();
    }
    assert_eq!(pdf, a4());
    assert_eq!(attached(&pdf), Some(file.as_slice()));
    assert_eq!(made_as(&pdf, verified, file), Ok(Some(Size::A4)));
    let letter = paper(verified, file, Size::Letter).unwrap();
    assert_eq!(made_as(&letter, verified, file), Ok(Some(Size::Letter)));
}

#[test]
fn the_text_reads_back_without_a_doubt() {
    let (_, verified) = bundle();
    let read = extract(&a4(), Hint::default()).unwrap();
    assert_eq!(read.doubts, []);
    let text = read.readings[0]
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let shown = verified.version(verified.filed_version).unwrap();
    for portion in shown.disclosed.as_ref().unwrap().portions() {
        assert!(text.contains(portion.text().unwrap()), "{text}");
    }
    let tally = format!(
        "Signed by {} of {} members",
        shown.tally.signed, verified.edition.members
    );
    assert!(text.contains(&tally), "{text}");
    let banner = verified.banner(verified.filed_version).unwrap();
    assert!(text.contains(&banner), "{text}");
}

#[test]
fn a_paper_with_any_byte_changed_is_no_paper_of_the_bundle() {
    let (file, verified) = bundle();
    let pdf = a4();
    for at in (0..pdf.len()).step_by(pdf.len() / 200) {
        let mut other = pdf.clone();
        other[at] ^= 1;
        assert_eq!(made_as(&other, verified, file), Ok(None), "byte {at}");
    }
    let mut longer = pdf.clone();
    longer.extend_from_slice(b"\n% one line more\n");
    assert_eq!(made_as(&longer, verified, file), Ok(None));
    assert_eq!(attached(b"%PDF-1.7\nno attachment"), None);
    assert_eq!(attached(&[pdf.clone(), pdf].concat()), None);
}

/// For the channel.
fn rules() -> demur_memo::marking::Rules {
    demur_memo::marking::Rules::new("state", "TS", &[] as &[&str], "refuse").unwrap()
}
