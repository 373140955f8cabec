//! What must never leave a signer's device, and what must not be readable on it.

use std::path::Path;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use demur_e2e::{Exchange, Stage};
use demur_signon::MemberSecret;

/// What a sign-on sends, by name. Nothing in it has room for a place in the roster.
const SIGN_ON: [&str; 13] = [
    "action",
    "checkpoint",
    "circuit",
    "cohort",
    "content_root",
    "expires",
    "memo",
    "note",
    "nullifier",
    "proofs",
    "seq",
    "v",
    "version",
];

/// The member secret of the 24 words that a page showed.
pub(crate) fn of_words(words: &[String]) -> anyhow::Result<MemberSecret> {
    let phrase = bip39::Mnemonic::parse_in(bip39::Language::English, words.join(" "))?;
    let bytes = <[u8; 32]>::try_from(phrase.to_entropy());
    let bytes = bytes.map_err(|_| anyhow::anyhow!("not 32 bytes"))?;
    Ok(MemberSecret::from_bytes(bytes))
}

/// That no request of a signer holds the secret, the words, or a leaf: the own one, or those beside it, which would tell the place
/// in the tree. Of the nodes above, the request has no field.
pub(crate) fn kept(
    stage: &Stage,
    own: &MemberSecret,
    words: &[String],
    everyone: &[MemberSecret],
) -> anyhow::Result<()> {
    for exchange in stage.wire.exchanges() {
        let line = &exchange.line;
        assert!(!holds(&exchange, own.as_bytes()), "{line}: the secret");
        assert!(!exchange.holds(&words.join(" ")), "{line}: the words");
        for member in everyone {
            let leaf = member.leaf().to_bytes();
            assert!(!holds(&exchange, &leaf), "{line}: a leaf of the roster");
        }
        if line == "POST /api/sign-ons" {
            let body: serde_json::Value = serde_json::from_slice(&exchange.body)?;
            assert_eq!(names(&body), ["event", "note", "salt"]);
            assert_eq!(names(&body["event"]), SIGN_ON);
            assert_eq!(names(&body["event"]["checkpoint"]), ["hash", "size"]);
        }
    }
    Ok(())
}

/// The names of an object's fields, sorted.
fn names(object: &serde_json::Value) -> Vec<&str> {
    let fields = object.as_object().into_iter().flatten();
    let mut names: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Whether a request holds these bytes: as they are, or written as hexadecimal or base64.
fn holds(exchange: &Exchange, bytes: &[u8]) -> bool {
    let written = [
        hex::encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
    ];
    contains(&exchange.body, bytes) || written.iter().any(|text| exchange.holds(text))
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

/// That no file of a browser's profile holds a text, however Chromium may have written it; what a person took along aside.
pub(crate) fn not_on_disk(stage: &Stage, person: &str, text: &str) -> anyhow::Result<()> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut files = 0;
    let mut folders = vec![stage.path("browsers").join(person)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                if !path.ends_with("downloads") {
                    folders.push(path);
                }
                continue;
            }
            // What the browser removed meanwhile, and its sockets.
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            files += 1;
            for written in [text.as_bytes(), &wide] {
                assert!(!contains(&bytes, written), "{text:?} in {}", path.display());
            }
        }
    }
    assert!(files > 10, "a profile has files: {files}");
    anyhow::ensure!(holds_database(&stage.path("browsers").join(person)));
    Ok(())
}

/// Whether the desk has kept anything in the profile at all: else there was nothing to look through.
fn holds_database(profile: &Path) -> bool {
    profile.join("Default/IndexedDB").is_dir()
}
