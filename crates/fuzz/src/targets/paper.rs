//! A paper: a PDF or a DOCX with a bundle in it, and a memo that is to be put on one.

use std::{num::NonZeroUsize, sync::LazyLock};

use demur_check::bundle::{Trust, Verified, Work};
use demur_encoding::sha256;
use demur_extract::{Hint, extract};
use demur_memo::{
    Memo,
    content::{Content, Seed, Selection},
};
use demur_paper::{Address, Form, Parts, Setting, Size, difference};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::memo::RULES;
use crate::channel::FILED;

/// What the channel's bundle proves.
static VERIFIED: LazyLock<Verified> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, _| {},
    };
    let verified = FILED.bundle.verify(Trust::Key(&FILED.key), work);
    verified.expect("what was built")
});

/// A PDF or a DOCX, and the text of a memo: what is found in one makes a paper in which it is found; a memo that fits is set the same
/// way twice.
pub fn paper(data: &[u8]) -> bool {
    let read = found(data);
    let memos = RULES
        .iter()
        .filter_map(|rules| Memo::parse_bytes(data, rules).ok());
    // The scheme of the channel's profile gives the banner: a memo of another has none.
    memos.map(|memo| set(memo, data)).fold(read, |a, b| a || b)
}

fn found(data: &[u8]) -> bool {
    // Each is looked for in whatever the file says that it is.
    let found = Form::ALL.map(|form| Some((form, parts(form, data)?)));
    let mut made = false;
    for (form, found) in found.into_iter().flatten() {
        if let Some(address) = &found.setting.record {
            assert_eq!(address.as_str().parse::<Address>().as_ref(), Ok(address));
        }
        // What stands in the place of the bundle goes inside unread: only its length and its marks are looked at here.
        let Ok(paper) = found.make(&VERIFIED, form) else {
            continue;
        };
        assert_eq!(parts(form, &paper).as_ref(), Some(&found));
        made = true;
    }
    made
}

fn parts(form: Form, file: &[u8]) -> Option<Parts<'_>> {
    match form {
        Form::Pdf => Parts::of(file),
        Form::Docx => Parts::of_docx(file).ok(),
    }
}

fn set(memo: Memo, data: &[u8]) -> bool {
    let Ok(memo) = memo.with_authors(vec![sha256(b"author")], 1) else {
        return false;
    };
    let content = Content::new(&memo, Seed::new(*sha256(data).as_bytes()));
    let whole = content.disclose(&Selection::whole());
    let whole = whole.expect("all of it can be shown");
    let shown = whole.open(content.root(), content.counts());
    let mut verified = VERIFIED.clone();
    for version in &mut verified.versions {
        version.disclosed = Some(shown.clone().expect("it was hashed so"));
    }
    let setting = Setting {
        size: Size::ALL[data.len() % 2],
        record: None,
    };
    let bundle = b"demur-bundle/1\n";
    let mut made = false;
    for form in Form::ALL {
        let Ok(paper) = demur_paper::paper(&verified, bundle, &setting, form) else {
            continue;
        };
        let parts = parts(form, &paper).expect("a paper has its parts");
        assert_eq!((&*parts.bundle, &parts.setting), (&bundle[..], &setting));
        assert_eq!(parts.make(&verified, form).as_ref(), Ok(&paper));
        if form == Form::Docx {
            let read = extract(&paper, Hint::default()).expect("a DOCX that is read");
            assert_eq!(read.doubts, []);
            let text = &read.readings[0].text;
            assert_eq!(difference(text, text), None);
        }
        made = true;
    }
    made
}

/// See the module.
pub(crate) mod seeds {
    use super::*;

    pub(crate) fn paper() -> Vec<Vec<u8>> {
        let bundle = FILED.bundle.to_bytes().expect("what was built");
        let made = |size, record: Option<&str>, form| {
            let record = record.map(|r| r.parse().expect("an address"));
            let setting = Setting { size, record };
            demur_paper::paper(&VERIFIED, &bundle, &setting, form).expect("it can be set")
        };
        vec![
            made(Size::A4, Some("https://rivers.example/m/1"), Form::Pdf),
            made(Size::Letter, None, Form::Pdf),
            made(Size::A4, Some("https://rivers.example/m/1"), Form::Docx),
            b"demur-bundle/1\nx\nendstream\ndemur-paper/1\n{\"size\":\"a4\"}\n\nendstream".to_vec(),
            crate::targets::memo::seeds::MEMO.into(),
            crate::targets::memo::seeds::MEMO
                .replace("U) ", "U) x\u{301} - ")
                .into(),
        ]
    }
}
