//! A channel's bundle, as several test programs need it.

use std::{num::NonZeroUsize, sync::OnceLock};

use demur_channel::{Response, ResponseFile};
use demur_check::bundle::{Bundle, Trust, Verified, Work};
use demur_memo::{
    Memo,
    content::{Content, Seed, Selection},
};
use demur_paper::{Address, Setting, Size};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use crate::{channel::Channel, rules};

/// Proofs cost much: one bundle serves all tests.
pub(crate) fn bundle() -> &'static (Vec<u8>, Verified) {
    static BUNDLE: OnceLock<(Vec<u8>, Verified)> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let channel = Channel::played();
        let file = channel.bundle().to_bytes().unwrap();
        let key = channel.vkey();
        let verified = verified(&file, Trust::Key(&key));
        (file, verified)
    })
}

pub(crate) fn verified(file: &[u8], trust: Trust<'_>) -> Verified {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, _| {},
    };
    Bundle::parse(file).unwrap().verify(trust, work).unwrap()
}

/// With the address of a page.
pub(crate) fn setting(size: Size) -> Setting {
    let record: Address = "https://dissent.rivers.example/m/0123".parse().unwrap();
    Setting {
        size,
        record: Some(record),
    }
}

/// Without the code.
pub(crate) fn bare(size: Size) -> Setting {
    Setting { size, record: None }
}

/// What the bundle proves, as if the version that was filed had this text.
pub(crate) fn showing(text: &str) -> Verified {
    let memo = Memo::parse(text, &rules()).unwrap();
    let memo = memo.with_authors(vec![demur_encoding::sha256(b"author")], 1);
    let content = Content::new(&memo.unwrap(), Seed::new([7; 32]));
    let whole = content.disclose(&Selection::whole()).unwrap();
    let mut verified = bundle().1.clone();
    let filed = verified.filed_version;
    let version = verified.versions.iter_mut().find(|v| v.number == filed);
    version.unwrap().disclosed = Some(whole.open(content.root(), content.counts()).unwrap());
    verified
}

/// A memo of that body.
pub(crate) fn memo(body: &str) -> String {
    format!("+++\ntitle = \"(U) On the Lower Sluice\"\n+++\n\n{body}\n")
}

pub(crate) const ANSWER: &str = "The sluice stays open until:

- the farms are asked;
- the water falls
  below the mark.

1. First.
2. Second.

> Their words.

## Later

We shall see - and say.";

/// What the bundle proves, as if the office had given this response.
pub(crate) fn answered() -> (Verified, ResponseFile) {
    let mut verified = bundle().1.clone();
    let memo = verified.memo;
    let text =
        format!("+++\nmemo = \"{memo}\"\n+++\nThank you.\n\n## Point 1: partly\n\n{ANSWER}\n");
    let file = ResponseFile {
        salt: demur_encoding::sha256(b"salt"),
        response: Response::parse(&text).unwrap(),
    };
    verified.response = Some(file.tree().unwrap().root());
    (verified, file)
}
