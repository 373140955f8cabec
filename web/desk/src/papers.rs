//! Official papers: a memo, or the office's response, as a PDF or a DOCX with the bundle that proves it inside. What is composed here is what the
//! program composes, so that its bytes are the same.

use std::{borrow::Cow, collections::BTreeMap, num::NonZeroUsize};

use demur_channel::ResponseFile;
use demur_check::bundle::{Bundle, BundleError, HEADER, RecordFiles, Trust, Verified, Work};
use demur_client::device::Mirror;
use demur_encoding::Digest;
use demur_extract::limits::MAX_FILE;
use demur_memo::content::{Content, Disclosure, Selection};
use demur_paper::{Address, Form as PaperForm, NoParts, Parts, Setting, Size};
use demur_record::policy::Policy;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::{PdfError, Platform},
    signing::sentence,
};

/// What a paper is to be like.
pub(crate) struct Wanted {
    pub(crate) form: PaperForm,
    pub(crate) size: Size,
    /// Whether the response is to stand on it.
    pub(crate) response: bool,
}

impl Wanted {
    pub(crate) fn of(form: &Form) -> Result<Self, Trouble> {
        Ok(Self {
            form: match form.text("form") {
                "pdf" => PaperForm::Pdf,
                "docx" => PaperForm::Docx,
                _ => return Err(Trouble::input("Choose PDF or DOCX.")),
            },
            size: match form.text("size") {
                "a4" => Size::A4,
                "letter" => Size::Letter,
                _ => return Err(Trouble::input("Choose the paper's size: A4 or Letter.")),
            },
            response: match form.text("what") {
                "" | "memo" => false,
                "response" => true,
                _ => return Err(Trouble::input("Choose the memo or the response.")),
            },
        })
    }
}

/// A bundle that was verified: under somebody's own trust, and as everybody sees it.
pub(crate) struct Both {
    pub(crate) memo: Digest,
    pub(crate) verified: Verified,
    /// By the log's key alone: with the times that the record's own witnesses give, as they stand on paper.
    pub(crate) recorded: Verified,
}

/// A bundle as it was given: alone, or in a paper.
pub(crate) struct Given<'a> {
    pub(crate) bundle: Cow<'a, [u8]>,
    pub(crate) paper: Option<(PaperForm, Parts<'a>)>,
}

/// What is inside a file, if it is a paper.
pub(crate) fn inside<'a>(
    form: PaperForm,
    name: &str,
    file: &'a [u8],
) -> Result<Option<Parts<'a>>, Trouble> {
    match form {
        PaperForm::Pdf => Ok(Parts::of(file)),
        PaperForm::Docx => match Parts::of_docx(file) {
            Ok(parts) => Ok(Some(parts)),
            Err(NoParts::Unreadable(e)) => Err(Trouble::input(format!("{name}: {e}."))),
            Err(_) => Ok(None),
        },
    }
}

impl<'a> Given<'a> {
    /// The bundle in a file, which may be a paper; `else_do` is what to do where it is another PDF or DOCX.
    pub(crate) fn of(name: &str, file: &'a [u8], else_do: &str) -> Result<Self, Trouble> {
        let Some(form) = PaperForm::of(file).filter(|_| !file.starts_with(HEADER.as_bytes()))
        else {
            return Ok(Self {
                bundle: file.into(),
                paper: None,
            });
        };
        if file.len() > MAX_FILE {
            return Err(Trouble::input(format!(
                "{name}: more than {MAX_FILE} bytes."
            )));
        }
        let parts = inside(form, name, file)?.ok_or_else(|| {
            Trouble::input(format!(
                "{name}: an official paper has its bundle inside, once and as it is; this {} has not. {else_do}",
                form.describe()
            ))
        })?;
        Ok(Self {
            bundle: parts.bundle.clone(),
            paper: Some((form, parts)),
        })
    }
}

/// The address of a memo's page at this channel, for papers.
pub(crate) fn page_of(api: &str, memo: Digest) -> Result<Address, Trouble> {
    let page = format!("{api}/m/{memo}");
    page.parse()
        .map_err(|e| Trouble::other(format!("The memo's page, {page}: {e}.")))
}

/// The version that the record shows as filed, which is the one that papers are of; 0 where it shows none yet.
pub(crate) fn filed_version(mirror: &Mirror, memo: Digest) -> u32 {
    let filed = mirror.case_files(memo).filed;
    filed.map_or(0, |filed| filed.version)
}

/// A version's text, to be shown whole.
pub(crate) fn whole(version: u32, content: &Content) -> Result<BTreeMap<u32, Disclosure>, Trouble> {
    let shown = content.disclose(&Selection::whole());
    Ok(BTreeMap::from([(version, shown.map_err(Trouble::other)?)]))
}

impl<P: Platform> Desk<P> {
    /// The bundle of this device's copy of the record, with these texts.
    pub(crate) fn bundle_with(
        &self,
        memo: Digest,
        disclosures: BTreeMap<u32, Disclosure>,
    ) -> Result<Vec<u8>, Trouble> {
        let mirror = self.mirror()?;
        let state = mirror.state();
        let mut history: BTreeMap<u64, Vec<u8>> = { state.checkpoints.iter() }
            .map(|(size, note)| (*size, note.clone().into_bytes()))
            .collect();
        let (_, note) = history
            .pop_last()
            .ok_or_else(|| Trouble::other("This browser holds no checkpoint yet."))?;
        let record = RecordFiles {
            note,
            history,
            entries: state.entries.iter().map(|bytes| bytes.0.clone()).collect(),
        };
        let map = mirror.replay().state_map().map_err(Trouble::other)?;
        let bundle = Bundle::build(&record, memo, map.leaves(), disclosures);
        bundle
            .map_err(Trouble::other)?
            .to_bytes()
            .map_err(Trouble::other)
    }

    /// Verifies a bundle that was read from `name`, both ways.
    pub(crate) fn verified_both(
        &self,
        name: &str,
        bundle: &[u8],
        trust: Trust<'_>,
    ) -> Result<Both, Trouble> {
        let named = |e: BundleError| Trouble::input(format!("{name}: {e}."));
        let parsed = Bundle::parse(bundle).map_err(named)?;
        let tell = self.platform.teller();
        let progress =
            |done: usize, total: usize| tell("Verifying every proof", done as u64, total as u64);
        let mut rng = Self::rng();
        let work = Work {
            threads: NonZeroUsize::MIN,
            rng: &mut rng,
            progress: &progress,
        };
        let (verified, recorded) = parsed.verify_both(trust, work).map_err(named)?;
        Ok(Both {
            memo: parsed.memo(),
            verified,
            recorded,
        })
    }

    /// The paper that these parts make.
    pub(crate) async fn made(
        &self,
        parts: &Parts<'_>,
        recorded: &Verified,
        form: PaperForm,
    ) -> Result<Vec<u8>, Trouble> {
        let none = |e: &dyn std::fmt::Display| {
            Trouble::input(sentence(&format!("no paper can be made of this: {e}")))
        };
        match form {
            PaperForm::Docx => parts.docx(recorded).map_err(|e| none(&e)),
            PaperForm::Pdf => {
                let job = parts.job(recorded).map_err(|e| none(&e))?;
                self.platform.progress("Setting the paper", 0, 0);
                let set = self.platform.set_pdf(&job).await;
                set.map_err(|PdfError(why)| none(&why))
            }
        }
    }

    /// A paper of a memo of this channel, to keep: of these texts, with the address of the memo's page.
    pub(crate) async fn own_paper(
        &self,
        memo: Digest,
        disclosures: BTreeMap<u32, Disclosure>,
        response: Option<ResponseFile>,
        wanted: &Wanted,
    ) -> Result<Answer, Trouble> {
        if wanted.response && response.is_none() {
            return Err(Trouble::input("The office has not responded yet."));
        }
        let bundle = self.bundle_with(memo, disclosures)?;
        let policy: Policy = self
            .mirror()?
            .policy_text()
            .parse()
            .map_err(Trouble::other)?;
        // What stands on the paper is what a stranger will verify.
        let both = self.verified_both("The bundle", &bundle, Trust::Policy(&policy))?;
        let parts = Parts {
            bundle: bundle.into(),
            setting: Setting {
                size: wanted.size,
                record: Some(page_of(&self.site.api, memo)?),
            },
            response: response.filter(|_| wanted.response),
        };
        let paper = self.made(&parts, &both.recorded, wanted.form).await?;
        Ok(paper_file(memo, wanted, paper))
    }
}

/// A paper as a file to keep.
pub(crate) fn paper_file(memo: Digest, wanted: &Wanted, paper: Vec<u8>) -> Answer {
    let what = if wanted.response { "response" } else { "memo" };
    let (ending, kind) = match wanted.form {
        PaperForm::Pdf => ("pdf", "application/pdf"),
        PaperForm::Docx => (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    };
    Answer::file(format!("{what}-{}.{ending}", memo.short()), kind, paper)
}
