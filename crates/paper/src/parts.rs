//! What a paper was made of: its files, read and written; where they stand in a paper is each form's own.

use std::borrow::Cow;

use demur_channel::ResponseFile;
use demur_check::bundle::{HEADER, MAX_BUNDLE_BYTES, Verified};
use demur_encoding::{CanonicalError, canonical};

use crate::{
    BUNDLE_NAME, Form, Job, PaperError, RESPONSE_NAME, SETTING_NAME, Setting,
    compose::{self, Composed},
    docx, pdf, response,
};

/// The first line of the attached setting; its canonical JSON is the second.
pub const PAPER_HEADER: &str = "demur-paper/1";

/// The longest setting that is read, in bytes.
pub(crate) const MAX_SETTING: usize = 4096;

/// The first line of the attached response; the canonical JSON of a [`ResponseFile`] is the second.
pub const RESPONSE_HEADER: &str = "demur-response/1";

/// The longest that is read, in bytes: its text has at most 1 MiB, of which JSON may make six times as much.
pub(crate) const MAX_RESPONSE: usize = 8 << 20;

/// The bundle and what else is inside a paper, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The bundle's file.
    pub bundle: Cow<'a, [u8]>,
    /// What else it was made by.
    pub setting: Setting,
    /// The response, if that is what stands on it.
    pub response: Option<ResponseFile>,
}

impl<'a> Parts<'a> {
    /// Those of a PDF of ours, where it has exactly one of each.
    ///
    /// All stand in the file as they are, and are found by their first lines: no PDF is parsed. What is found proves
    /// nothing about the paper, which must be made once more from it.
    #[must_use]
    pub fn of(pdf: &'a [u8]) -> Option<Self> {
        let found = pdf::find(pdf)?;
        Self::read(found.bundle.into(), found.setting, found.response)
    }

    /// What the files' contents are.
    pub(crate) fn read(
        bundle: Cow<'a, [u8]>,
        setting: &[u8],
        response: Option<&[u8]>,
    ) -> Option<Self> {
        let begins = bundle.strip_prefix(HEADER.as_bytes())?.starts_with(b"\n");
        if !begins || bundle.len() > MAX_BUNDLE_BYTES {
            return None;
        }
        let setting = canonical::from_slice(json(setting, PAPER_HEADER, MAX_SETTING)?).ok()?;
        let response = match response {
            Some(file) => {
                let json = json(file, RESPONSE_HEADER, MAX_RESPONSE)?;
                Some(ResponseFile::from_slice(json).ok()?)
            }
            None => None,
        };
        Some(Self {
            bundle,
            setting,
            response,
        })
    }

    /// The paper that they make; `verified` is what the bundle proves by the log's key alone. The file that they were found in is a paper
    /// if it is this, byte for byte.
    ///
    /// # Errors
    /// If no paper can be made of them: [`PaperError`].
    pub fn make(&self, verified: &Verified, form: Form) -> Result<Vec<u8>, PaperError> {
        match form {
            Form::Pdf => pdf::write(&self.compose(verified)?, self),
            Form::Docx => self.docx(verified),
        }
    }

    /// The DOCX that they make: as [`Self::make`], for a program that sets no PDF itself.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub fn docx(&self, verified: &Verified) -> Result<Vec<u8>, PaperError> {
        docx::write(&self.compose(verified)?, self)
    }

    /// The work of setting the PDF that they make, for a typesetter elsewhere.
    ///
    /// # Errors
    /// As [`Self::make`], but for characters that the typeface lacks and pages beyond those that a paper may have: these show when it is set.
    pub fn job(&self, verified: &Verified) -> Result<Job, PaperError> {
        let composed = self.compose(verified)?;
        let failed = |e: serde_json::Error| PaperError::Write(e.to_string());
        let files = self.files()?;
        Ok(Job {
            composed: serde_json::to_string(&composed).map_err(failed)?,
            files: files.into_iter().map(|file| file.data).collect(),
        })
    }

    /// What stands on the paper.
    fn compose(&self, verified: &Verified) -> Result<Composed, PaperError> {
        if verified.keys.own_policy {
            return Err(PaperError::OwnPolicy);
        }
        match &self.response {
            None => compose::memo(verified, &self.setting),
            Some(response) => response::compose(verified, response, &self.setting),
        }
    }

    /// What goes inside: name, content, what it is.
    pub(crate) fn files(&self) -> Result<Vec<Attached>, PaperError> {
        let failed = |e: CanonicalError| PaperError::Write(e.to_string());
        let file = |first: &str, json: Vec<u8>| [first.as_bytes(), b"\n", &json, b"\n"].concat();
        let setting = canonical::to_vec(&self.setting).map_err(failed)?;
        let mut files = vec![
            Attached {
                name: BUNDLE_NAME,
                data: self.bundle.to_vec(),
                what: "The bundle that proves what this paper says",
            },
            Attached {
                name: SETTING_NAME,
                data: file(PAPER_HEADER, setting),
                what: "What else this paper was made by",
            },
        ];
        if let Some(response) = &self.response {
            files.push(Attached {
                name: RESPONSE_NAME,
                data: file(RESPONSE_HEADER, response.to_vec().map_err(failed)?),
                what: "The response, whose root is in the bundle",
            });
        }
        Ok(files)
    }
}

/// The second line of a file that has two, where the first is that.
fn json<'f>(file: &'f [u8], first: &str, most: usize) -> Option<&'f [u8]> {
    let line = file.strip_prefix(first.as_bytes())?.strip_prefix(b"\n")?;
    (file.len() <= most).then(|| line.strip_suffix(b"\n"))?
}

/// A file in the paper.
pub(crate) struct Attached {
    pub(crate) name: &'static str,
    pub(crate) data: Vec<u8>,
    pub(crate) what: &'static str,
}
