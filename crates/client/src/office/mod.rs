//! A steward's device: inbox, opening a case, the office's steps, accounts; and a principal's.

mod account;
mod open;
mod steps;

pub use account::{
    AccountError, ToldKeys, accept_key, admit, give_key, invite_reply, revoke, sign_in,
};
pub use open::{
    DistributedMemo, InboxLine, NamedSigner, NoteProblem, OpenCaseError, OpenedCase, inbox, open,
    open_as_principal,
};
pub use steps::{
    StepError, acknowledge, default_distribution, distribute, message, respond, return_memo,
};
