//! The text that a steward has before them.

use demur_encoding::Digest;
use demur_memo::Memo;

use super::Bench;

impl Bench {
    /// The memo of the case that is open, and the number of the version that was filed. To look at it so is no other opening.
    pub(crate) fn text_at_hand(&self) -> Option<(Digest, u32, &Memo)> {
        let opened = &self.case.as_ref()?.opened;
        Some((opened.draft.memo, opened.version, &opened.memo))
    }
}
