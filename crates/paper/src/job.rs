//! A PDF to be set by another program than the one that composed it.
//!
//! Setting needs the typeface and the writer of PDF, which are as large as all else that a page of the channel loads: in a browser they are a module
//! of their own, which is loaded when somebody asks for a PDF. What stands on the paper was composed, and its bundle verified, before.

use crate::{PaperError, Parts, pdf};

/// What the typesetter is given. It believes it: whoever composed it has verified the bundle, and whoever doubts the paper makes it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What stands on the pages, as JSON. Not a format that is kept: both programs are of one build.
    pub composed: String,
    /// What is attached: the bundle, the setting, and the response, where that is what stands on the pages.
    pub files: Vec<Vec<u8>>,
}

impl Job {
    /// Sets it: the bytes that [`Parts::make`] makes of the same parts.
    ///
    /// # Errors
    /// [`PaperError::Write`] if it is no job; else as [`Parts::make`].
    pub fn set(&self) -> Result<Vec<u8>, PaperError> {
        let composed = serde_json::from_str(&self.composed)
            .map_err(|e| PaperError::Write(format!("what was composed can't be read: {e}")))?;
        let (bundle, setting, response) = match self.files.as_slice() {
            [bundle, setting] => (bundle, setting, None),
            [bundle, setting, response] => (bundle, setting, Some(response.as_slice())),
            _ => {
                let why = "two or three files are attached to a paper";
                return Err(PaperError::Write(why.to_owned()));
            }
        };
        let parts = Parts::read(bundle.into(), setting, response)
            .ok_or_else(|| PaperError::Write("what is attached can't be read".to_owned()))?;
        pdf::write(&composed, &parts)
    }
}
