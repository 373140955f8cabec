//! What must never leave a signer's device, and what must not be readable on it.

use std::path::Path;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use demur_e2e::{Exchange, Stage};
use demur_signon::{MemberSecret, Tree};

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

/// The trees of the roster, made again from everybody's secret.
pub(crate) struct Trees(Vec<Tree>);

impl Trees {
    /// Those of these crowds, if they are the ones that edition 1 has.
    pub(crate) async fn of(stage: &Stage, crowds: &[Vec<&MemberSecret>]) -> anyhow::Result<Self> {
        let page = stage.get("/roster/1").await?;
        let mut trees = Vec::new();
        for crowd in crowds {
            let leaves = crowd.iter().map(|member| member.leaf()).collect();
            let tree = Tree::from_unsorted(leaves)?;
            let root = tree.root().to_string();
            anyhow::ensure!(page.contains(&root), "edition 1 has no tree {root}: {page}");
            trees.push(tree);
        }
        Ok(Self(trees))
    }

    /// What lies beside a member's way to the root, in every tree that the member is in.
    fn siblings(&self, own: &MemberSecret) -> Vec<[u8; 32]> {
        let paths = self.0.iter().filter_map(|tree| tree.path(own.leaf()));
        let siblings = paths.flat_map(|path| path.siblings().collect::<Vec<_>>());
        siblings.map(demur_signon::Element::to_bytes).collect()
    }
}

/// That no request of a signer holds the secret, the words, a leaf (the own one, or another's), or a node beside the way to the root:
/// any of these would tell the place in the tree. A number that tells it has no field, and those that there are say something else.
pub(crate) fn kept(
    stage: &Stage,
    own: &MemberSecret,
    words: &[String],
    everyone: &[MemberSecret],
    trees: &Trees,
) -> anyhow::Result<()> {
    let siblings = trees.siblings(own);
    assert!(!siblings.is_empty(), "a signer is in the roster");
    for exchange in stage.wire.exchanges() {
        let line = &exchange.line;
        let sent = Sent::new(&exchange);
        assert!(!sent.holds(own.as_bytes()), "{line}: the secret");
        assert!(!exchange.holds(&words.join(" ")), "{line}: the words");
        for member in everyone {
            let leaf = member.leaf().to_bytes();
            assert!(!sent.holds(&leaf), "{line}: a leaf of the roster");
        }
        for sibling in &siblings {
            assert!(!sent.holds(sibling), "{line}: a node of the path");
        }
        if line == "POST /api/sign-ons" {
            let body: serde_json::Value = serde_json::from_slice(&exchange.body)?;
            assert_eq!(names(&body), ["event", "note", "salt"]);
            let event = &body["event"];
            assert_eq!(names(event), SIGN_ON);
            assert_eq!(names(&event["checkpoint"]), ["hash", "size"]);
            let said = (&event["seq"], &event["version"]);
            assert_eq!(said, (&1.into(), &2.into()), "the first act, on version 2");
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

/// A request, to be looked through.
struct Sent<'e> {
    body: &'e [u8],
    /// All of it as text, in small letters.
    text: String,
}

impl<'e> Sent<'e> {
    fn new(exchange: &'e Exchange) -> Self {
        let body = String::from_utf8_lossy(&exchange.body);
        let all = [&exchange.line, &exchange.headers.join("\n"), &*body];
        Self {
            body: &exchange.body,
            text: all.join("\n").to_lowercase(),
        }
    }

    /// Whether it holds these bytes: as they are, or written as hexadecimal or base64, wherever in a longer text they begin.
    fn holds(&self, bytes: &[u8]) -> bool {
        let mut written = vec![hex::encode(bytes)];
        for before in 0..3 {
            let padded = [&vec![0; before], bytes].concat();
            // Letters that also hold bits of what stands before or behind.
            let first = (before * 8).div_ceil(6);
            let whole = padded.len() * 8 / 6;
            for code in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                written.push(code.encode(&padded)[first..whole].to_lowercase());
            }
        }
        contains(self.body, bytes) || written.iter().any(|text| self.text.contains(text))
    }
}

#[test]
fn what_a_request_holds_is_found_however_it_is_written() {
    let secret: [u8; 32] = std::array::from_fn(|i| (i * 7 + 3) as u8);
    let wire = |body: &[u8]| Exchange {
        line: "POST /x".to_owned(),
        headers: vec!["host: a".to_owned()],
        body: body.to_vec(),
        answer: None,
        at: 0,
    };
    let mut bodies = vec![secret.to_vec(), hex::encode_upper(secret).into_bytes()];
    for before in 0..4 {
        let all = [&vec![0xa5; before], &secret[..], &[0xff; 5]].concat();
        bodies.push(STANDARD_NO_PAD.encode(&all).into_bytes());
        bodies.push(URL_SAFE_NO_PAD.encode(&all).into_bytes());
    }
    let mut other = secret;
    other[17] ^= 1;
    for body in &bodies {
        let exchange = wire(body);
        let sent = Sent::new(&exchange);
        assert!(sent.holds(&secret), "{body:?}");
        assert!(!sent.holds(&other), "{body:?}");
    }
    let mut exchange = wire(b"");
    exchange.line = format!("GET /{}", hex::encode(secret));
    assert!(Sent::new(&exchange).holds(&secret));
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
