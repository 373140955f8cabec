//! An author's device: keys of a memo, versions, links, approvals, and the case after filing.

mod approve;
mod case;
mod keys;
mod may;
mod message;
mod outcome;
mod write;

pub use approve::{
    AgreedError, ApprovalError, Proposal, Proposed, agreed, approve, check_fingerprint,
    propose_filing, propose_fingerprint, propose_rejoinder, propose_release, propose_withdrawal,
    review,
};
pub use case::{AccessLine, AuthorCase, AuthorCaseError, Returned, open_case, view_request};
pub use keys::{
    AuthorKeys, AuthorToken, JoinError, MAX_TOKEN, MyMemo, OwnEntry, OwnOpening, OwnVersion,
    ParseTokenError,
};
pub use may::{NotNow, Standing};
pub use message::{Line, MAX_MESSAGE, MessageError, message};
pub use outcome::{OutcomeError, Sibling, WriteOutcome, read_outcome};
pub use write::{OpenError, OpenRequest, Readers, WriteError, open_memo, opened, write_version};

pub(crate) use message::{Signed, open_messages, seal_message, seal_text};
pub(crate) use write::random;
