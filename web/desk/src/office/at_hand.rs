//! The text that an account's holder has before them.

use demur_encoding::Digest;
use demur_memo::Memo;

use super::{Bench, case::CaseFile};

impl Bench {
    /// The memo that a steward or a principal has open, and the number of its version. To look at it so is no other opening.
    pub(crate) fn text_at_hand(&self) -> Option<(Digest, u32, &Memo)> {
        if let Some(CaseFile { opened, .. }) = &self.case {
            return Some((opened.draft.memo, opened.version, &opened.memo));
        }
        let read = self.reading.as_ref()?;
        Some((read.draft.memo, read.version, &read.memo))
    }
}
