//! What each fuzz target does with its input. Nothing may panic, whatever the bytes.

mod common;
pub mod seeds;
#[cfg(test)]
mod tests;

use std::{num::NonZeroUsize, sync::OnceLock};

use demur_channel::Profile;
use demur_check::{
    bundle::{Bundle, Trust, Work},
    copy::{CopyText, Place, Text, compare},
};
use demur_client::{identity::Identity, registrar};
use demur_encoding::{canonical, sha256};
use demur_memo::{
    Kind, Memo, Sealed,
    content::{Counts, DisclosedRun, Disclosure},
    marking::Rules,
};
use demur_record::{
    checkpoint::{Checkpoint, add_cosignatures},
    entry::Entry,
    policy::Policy,
    promise::Promise,
    receipt::Receipt,
    tiles::{decode_bundle, encode_bundle},
};
use demur_signon::{
    Element, Proof, Statement, Verifier,
    roster::{Certificate, Edition},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

/// Runs a target over the files that the command line names.
pub fn run_files(target: fn(&[u8])) {
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(data) => target(&data),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}

/// The marking rules that memos are read with.
pub fn rules() -> Rules {
    Rules::new("state", "SBU", &["NODIS"], "inherit-lowest").expect("they are known words")
}

pub fn memo(data: &[u8]) {
    let Ok(memo) = Memo::parse_bytes(data, &rules()) else {
        return;
    };
    let text = memo.to_text();
    assert_eq!(Memo::parse(&text, &rules()).as_ref(), Ok(&memo), "{text}");
}

pub fn sealed_envelope(data: &[u8]) {
    if let Ok(sealed) = Sealed::parse(data) {
        assert_eq!(sealed.to_bytes().as_slice(), data);
    }
}

pub fn disclosure(data: &[u8]) {
    let Ok(disclosure) = canonical::from_slice::<Disclosure>(data) else {
        return;
    };
    let runs = disclosure.portions.iter().flat_map(|part| &part.runs);
    let words = runs.map(|run| match run {
        DisclosedRun::Shown(text) => text.split(' ').count() as u32,
        DisclosedRun::Hidden(n) => *n,
    });
    let counts = Counts {
        portions: disclosure.portions.len() as u32,
        words: words.fold(0, u32::wrapping_add),
    };
    // With the counts that it wants, so that the walk through the tree is reached.
    let _ = disclosure.open(sha256(data), counts);
}

pub fn entry(data: &[u8]) {
    if let Ok(entry) = Entry::from_slice(data) {
        assert_eq!(entry.to_vec().as_deref(), Ok(data));
        let _ = entry.signed_hash();
    }
}

pub fn entry_bundle(data: &[u8]) {
    let Some((width, bytes)) = data.split_first() else {
        return;
    };
    let width = u16::from(*width) + 1;
    if let Ok(entries) = decode_bundle(bytes, width) {
        assert_eq!(encode_bundle(&entries).as_deref(), Ok(bytes));
    }
}

pub fn checkpoint(data: &[u8]) {
    let _ = Checkpoint::open(data, seeds::log().verifier());
    if let Ok(text) = str::from_utf8(data)
        && let Ok(checkpoint) = Checkpoint::from_text(text)
    {
        assert_eq!(checkpoint.text(), text);
    }
}

pub fn cosignature(data: &[u8]) {
    let known = [seeds::witness().verifier().clone()];
    let _ = add_cosignatures(&seeds::note(), data, &known);
    let _ = seeds::policy().evaluate(&[seeds::note().as_slice(), data].concat());
}

pub fn policy(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(policy) = text.parse::<Policy>() {
        let _ = policy.evaluate(&seeds::note());
        assert_eq!(policy.to_string().parse().as_ref(), Ok(&policy));
    }
}

pub fn promise(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        let _ = Promise::open(text, seeds::log().verifier());
    }
}

pub fn receipt(data: &[u8]) {
    if let Ok(receipt) = Receipt::parse(data) {
        let _ = receipt.verify(&seeds::policy(), b"entry");
        assert_eq!(receipt.to_string().as_bytes(), data);
    }
}

pub fn proof(data: &[u8]) {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    let Ok(proof) = Proof::try_from(data.to_vec()) else {
        return;
    };
    let verifier = VERIFIER.get_or_init(|| Verifier::new().expect("the parameters are built in"));
    let element = |n: u8| Element::from_wide(&[n; 64]);
    let statement = Statement {
        root: element(1),
        nullifier: element(2),
        scope: element(3),
        message: element(4),
    };
    assert!(
        verifier.verify(&statement, &proof).is_err(),
        "nobody proved this"
    );
}

pub fn edition(data: &[u8]) {
    if let Ok(edition) = Edition::parse(data) {
        assert_eq!(edition.to_bytes(), data);
        // Hashing the leaves is slow; a few show as much as many.
        if data.len() < 2_000 {
            let _ = edition.verify();
        }
    }
}

pub fn certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::parse(data) {
        assert_eq!(certificate.to_bytes().as_deref(), Ok(data));
    }
}

/// A bundle, and the same with a manifest that fits it.
pub fn bundle(data: &[u8]) {
    bundle_as_it_is(data);
    bundle_as_it_is(&seeds::resealed(data));
}

fn bundle_as_it_is(data: &[u8]) {
    let Ok(bundle) = Bundle::parse(data) else {
        return;
    };
    assert_eq!(bundle.to_bytes().as_deref(), Ok(data));
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, _| {},
    };
    let log = seeds::channel_key();
    let _ = bundle.verify(Trust::Key(&log), work);
}

pub fn profile(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data)
        && let Ok(profile) = Profile::parse(text)
    {
        let now = "2026-11-23T12:00:00Z".parse().expect("a time");
        let _ = profile.due(now, profile.deadlines.respond_at_most);
    }
}

pub fn csv(data: &[u8]) {
    let _ = registrar::parse_people(data);
}

/// A key store: its age file without the passphrase's cost, and what is inside.
pub fn key_store(data: &[u8]) {
    let key = demur_seal::Identity::generate();
    let _ = demur_seal::open(&[key], data, demur_seal::KEY_STORE_BYTES_MAX);
    let _ = serde_json::from_slice::<Identity>(data);
}

pub fn copy(data: &[u8]) {
    let Ok(copy) = CopyText::parse(data) else {
        return;
    };
    let text = |version, text: &str| Text {
        version,
        paragraphs: vec![
            demur_check::copy::Paragraph::shown(
                Place::Paragraph(1),
                Some("SBU".to_owned()),
                Kind::Paragraph,
                text,
            ),
            demur_check::copy::Paragraph::shown(
                Place::Paragraph(2),
                None,
                Kind::List,
                "- one - two",
            ),
        ],
    };
    let versions = [
        text(1, seeds::PARAGRAPH),
        text(2, &seeds::PARAGRAPH.replace("not ", "")),
    ];
    let comparison = compare(&copy, &versions, &["SENSITIVE BUT UNCLASSIFIED".to_owned()]);
    assert!(comparison.distances.len() == 2);
}
