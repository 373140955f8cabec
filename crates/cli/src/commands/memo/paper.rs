//! `demur memo pdf | docx`.

use demur_channel::ResponseFile;
use demur_paper::{Address, Form, PaperError, Setting, Size, response_paper};
use serde_json::json;

use super::{bundle, case, draft};
use crate::{
    args::{MemoRef, PaperArgs, PaperOf, PaperSize},
    commands::{
        believed::{Believed, beside},
        verify::recorded,
    },
    desk::Desk,
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// Writes the paper of the version that was filed, or of the response, and the bundle that proves it inside.
pub(crate) fn paper(args: &PaperArgs, form: Form, home: &Home, out: Out) -> Outcome {
    let given = args.record.as_deref().filter(|given| *given != "none");
    let given = given.map(|text| {
        let address = text.parse::<Address>();
        address.map_err(|e| Failure::input(format!("--record {text}: {e}")))
    });
    let given = given.transpose()?;
    let Source {
        bytes,
        name,
        believed,
        own,
        response,
    } = match &args.memo {
        Some(memo) => Source::of_memo(memo, args, home, out)?,
        None => Source::of_bundle(args, home)?,
    };
    // What stands on the paper is what a stranger will verify.
    let opened = recorded(&bytes, &name, &believed, out)?;
    let memo = opened.bundle.memo();
    let own = own.map(|own| {
        if own.memo == memo {
            return Ok(own.page);
        }
        let (other, memo) = (memo.short(), own.memo.short());
        Err(Failure::input(format!(
            "{name}: it is about memo {other}, not {memo}"
        )))
    });
    let page = own.transpose()?.filter(|_| args.record.is_none());
    let page = page.map(|page| {
        let address = page.parse::<Address>();
        address.map_err(|e| Failure::input(format!("{page}: {e}; say --record none")))
    });
    let setting = Setting {
        size: match args.paper {
            PaperSize::A4 => Size::A4,
            PaperSize::Letter => Size::Letter,
        },
        record: given.or(page.transpose()?),
    };
    let paper = match &response {
        None => demur_paper::paper(&opened.recorded, &bytes, &setting, form),
        Some(response) => response_paper(&opened.recorded, &bytes, response, &setting, form),
    };
    let paper = paper.map_err(|e| match e {
        PaperError::Rule(_) | PaperError::Write(_) => Failure::outside(e),
        e => Failure::input(e),
    })?;
    let file = &args.out;
    sys::write(file, &paper)?;
    let file = file.display().to_string();
    let points = match (&setting.record, form) {
        (Some(record), Form::Pdf) => format!("its QR code points to {record}; "),
        (Some(record), Form::Docx) => format!("as the memo's page it gives {record}; "),
        (None, _) => String::new(),
    };
    out.result(
        format_args!(
            "{file}: {} bytes, with the bundle inside; {points}anyone who has the channel's key can verify it: demur verify {file}",
            paper.len(),
        ),
        &json!({ "file": file, "bytes": paper.len(), "memo": memo, "record": setting.record }),
    )
}

/// What the paper is made of.
struct Source {
    bytes: Vec<u8>,
    /// Of the bundle, for errors.
    name: String,
    believed: Believed,
    /// The memo that was named, and its page.
    own: Option<Own>,
    /// The response, if that is wanted.
    response: Option<ResponseFile>,
}

struct Own {
    memo: demur_encoding::Digest,
    page: String,
}

impl Source {
    fn of_memo(memo: &str, args: &PaperArgs, home: &Home, out: Out) -> Outcome<Self> {
        let mut desk = Desk::open(home, out)?;
        let memo = MemoRef {
            memo: memo.to_owned(),
        };
        let (link, draft) = draft(&mut desk, &memo)?;
        let (bytes, name) = match &args.bundle {
            Some(file) => (sys::read(file)?, file.display().to_string()),
            None => {
                let bytes = bundle::whole(&desk, &link, &draft)?;
                (bytes, "the bundle".to_owned())
            }
        };
        let response = match args.what {
            PaperOf::Memo => None,
            PaperOf::Response => {
                let response = case::case(&desk, &draft)?.response_file;
                let none = || Failure::negative("the office has not responded yet");
                Some(response.ok_or_else(none)?)
            }
        };
        let memo = draft.memo;
        let policy = desk.mirror.policy_text().parse().map_err(Failure::input)?;
        Ok(Self {
            bytes,
            name,
            believed: Believed::Policy(Box::new(policy)),
            own: Some(Own {
                memo,
                page: format!("{}/m/{memo}", desk.http.base()),
            }),
            response,
        })
    }

    fn of_bundle(args: &PaperArgs, home: &Home) -> Outcome<Self> {
        if args.what == PaperOf::Response {
            return Err(Failure::input(
                "--what response: a bundle has no response in it; name the memo, in the home of one of its authors",
            ));
        }
        // Clap asks for one of the two.
        let file = { args.bundle.as_ref() }.ok_or_else(|| Failure::input("of which memo?"))?;
        Ok(Self {
            believed: Believed::find_in(args.key.as_deref(), Some(home.dir()), &beside(file, 1))?,
            bytes: sys::read(file)?,
            name: file.display().to_string(),
            own: None,
            response: None,
        })
    }
}
