//! An author's device: keys of a memo, versions, links, approvals, and the case after filing.

mod approve;
mod case;
mod keys;
mod write;

pub use approve::{ApprovalError, Proposal, Proposed, approve, propose_filing, propose_rejoinder, propose_release, propose_withdrawal, review};
pub use case::{AuthorCase, AuthorCaseError, Conversation, Line, Returned, message, open_case};
pub use keys::{AuthorKeys, AuthorToken, MAX_TOKEN, MyMemo, OwnVersion, ParseTokenError};
pub use write::{OpenError, OpenRequest, Readers, Sibling, WriteError, WriteOutcome, open_memo, read_outcome, write_version};
