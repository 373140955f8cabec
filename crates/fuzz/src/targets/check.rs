//! What a stranger holds: a bundle, and a copy.

use std::num::NonZeroUsize;

use demur_check::{
    bundle::{Bundle, Trust, Work},
    copy::{CopyText, Paragraph, Place, Text, compare},
    fingerprint::{CopyForms, MAX_READINGS},
    quote::{MAX_QUOTATIONS, QuoteState, check_quotations, quotations},
};
use demur_memo::Kind;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use crate::channel::FILED;

/// A bundle, and the same with a manifest that fits it: what verifies says what the channel's own bundle says.
pub fn bundle(data: &[u8]) -> bool {
    let as_it_is = read_bundle(data);
    read_bundle(&seeds::resealed(data)) || as_it_is
}

fn read_bundle(data: &[u8]) -> bool {
    let Ok(bundle) = Bundle::parse(data) else {
        return false;
    };
    assert_eq!(bundle.to_bytes().as_deref(), Ok(data));
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, _| {},
    };
    if let Ok(verified) = bundle.verify(Trust::Key(&FILED.key), work) {
        assert_eq!(verified.memo, FILED.memo, "the channel has no other");
    }
    true
}

/// A copy, held against two versions of a memo.
pub fn copy(data: &[u8]) -> bool {
    let Ok(copy) = CopyText::parse(data) else {
        return false;
    };
    if let Ok(forms) = CopyForms::parse(data) {
        assert!((1..=MAX_READINGS).contains(&forms.readings()));
    }
    let comparison = compare(
        &copy,
        &versions(),
        &["SENSITIVE BUT UNCLASSIFIED".to_owned()],
    );
    assert_eq!(comparison.distances.len(), 2);
    let written = serde_json::to_vec(&comparison).expect("a verdict is JSON");
    assert!(!written.is_empty());
    true
}

/// A text that quotes, held against the same two versions.
pub fn quotes(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else {
        return false;
    };
    let versions = versions();
    let found = quotations(text);
    assert!(found.len() <= MAX_QUOTATIONS);
    let verdicts = check_quotations(text, &versions);
    assert!(verdicts.len() <= MAX_QUOTATIONS);
    for verdict in &verdicts {
        let plain = verdict.left_out.is_empty()
            && verdict.brackets.is_empty()
            && verdict.disregarded.is_empty()
            && !verdict.quote.contains(['[', '…', '.']);
        if verdict.verdict == QuoteState::Verbatim && plain {
            let stands = versions.iter().any(|version| {
                let words: Vec<String> =
                    version.paragraphs.iter().map(Paragraph::to_text).collect();
                words.join(" ").contains(&verdict.quote)
            });
            assert!(stands, "{verdict:?}");
        }
    }
    assert!(serde_json::to_vec(&verdicts).is_ok(), "a verdict is JSON");
    !verdicts.is_empty()
}

fn versions() -> [Text; 2] {
    let text = |version, text: &str| Text {
        version,
        paragraphs: vec![
            Paragraph::shown(
                Place::Paragraph(1),
                Some("SBU".to_owned()),
                Kind::Paragraph,
                text,
            ),
            Paragraph::shown(Place::Paragraph(2), None, Kind::List, "- one - two"),
        ],
    };
    [
        text(1, seeds::PARAGRAPH),
        text(2, &seeds::PARAGRAPH.replace("not ", "")),
    ]
}

/// See the module.
pub(crate) mod seeds {
    use demur_encoding::{canonical, sha256};

    use super::*;

    /// A paragraph that copies are held against.
    pub(crate) const PARAGRAPH: &str = "We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.";

    /// The same lines with a manifest that fits them.
    pub(crate) fn resealed(bundle: &[u8]) -> Vec<u8> {
        let body = bundle.strip_suffix(b"\n").unwrap_or(bundle);
        let mut lines: Vec<&[u8]> = body.split(|b| *b == b'\n').collect();
        lines.pop();
        let digests: Vec<_> = lines.iter().map(|l| sha256(l)).collect();
        let all: Vec<u8> = digests.iter().flat_map(|d| *d.as_bytes()).collect();
        let manifest =
            serde_json::json!({"section": "manifest", "check": sha256(&all), "lines": digests});
        let manifest = canonical::to_vec(&manifest).expect("digests only");
        let mut out = Vec::new();
        for line in lines.into_iter().chain([manifest.as_slice()]) {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out
    }

    pub(crate) fn bundle() -> Vec<Vec<u8>> {
        vec![FILED.bundle.to_bytes().expect("what was built")]
    }

    pub(crate) fn copy() -> Vec<Vec<u8>> {
        vec![
            PARAGRAPH.into(),
            format!("> {PARAGRAPH}\n\n* one\n* two\n").into_bytes(),
            crate::targets::memo::seeds::MEMO.into(),
        ]
    }

    pub(crate) fn quotes() -> Vec<Vec<u8>> {
        vec![
            format!("They say: “{PARAGRAPH}”").into_bytes(),
            "One \"[w]e do not agree … the 1,200 farms\", and ‘that the Lower Sluice can’.\n\n> without harm to [many] farms\n".into(),
            "He: “They wrote ‘we do agree that the Lower Sluice’ to us.\n\n“And more.”".into(),
        ]
    }
}
