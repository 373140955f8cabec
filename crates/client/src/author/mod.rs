//! An author's device: keys of a memo, versions, links, approvals, and the case after filing.

mod approve;
mod case;
mod keys;
mod outcome;
mod write;

pub use approve::{
    ApprovalError, Proposal, Proposed, approve, propose_filing, propose_rejoinder, propose_release,
    propose_withdrawal, review,
};
pub use case::{
    AccessLine, AuthorCase, AuthorCaseError, Line, MAX_MESSAGE, MessageError, Returned, message,
    open_case, view_request,
};
pub use keys::{
    AuthorKeys, AuthorToken, JoinError, MAX_TOKEN, MyMemo, OwnOpening, OwnVersion, ParseTokenError,
};
pub use outcome::{OutcomeError, Sibling, WriteOutcome, read_outcome};
pub use write::{OpenError, OpenRequest, Readers, WriteError, open_memo, opened, write_version};

pub(crate) use case::{open_messages, seal_message};
pub(crate) use write::random;
