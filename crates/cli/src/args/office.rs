//! The stewards' and the principals' work.

use std::path::PathBuf;

use clap::Subcommand;

use super::MemoRef;

#[derive(Debug, Subcommand)]
pub(crate) enum OfficeCommand {
    /// Take up an invitation: choose a password, make this home's keys
    Join {
        /// The account's name
        account: String,
        /// The one-time invitation
        #[arg(long)]
        invitation: String,
    },
    /// Accounts that wait for the office's word, and those that have it
    Accounts,
    /// Enter an account's keys in the record, signed by the office
    Admit {
        /// The account's name
        account: String,
        /// The key line that `demur office join` showed its holder, told to you by another way than the server
        #[arg(long, value_name = "KEY")]
        key: String,
    },
    /// The cases and what is due
    Inbox,
    /// Open a case: the text, the tallies, the names that were given to the office
    Open {
        #[command(flatten)]
        memo: MemoRef,
        /// Write the text here instead of printing it
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say that the office has the memo
    Acknowledge {
        #[command(flatten)]
        memo: MemoRef,
    },
    /// Send the memo back as out of scope
    Return {
        #[command(flatten)]
        memo: MemoRef,
        /// A code of the profile's list, which also names the place to go instead
        #[arg(long)]
        reason: String,
        /// The letter to the authors
        #[arg(long, value_name = "FILE")]
        letter: Option<PathBuf>,
    },
    /// Seal the memo to officials on the distribution list
    Distribute {
        #[command(flatten)]
        memo: MemoRef,
        /// Identifiers of the list: its defaults, unless given
        #[arg(long, value_name = "ID")]
        to: Vec<String>,
    },
    /// Answer each point
    Respond {
        #[command(flatten)]
        memo: MemoRef,
        /// The response
        text: PathBuf,
    },
    /// Write to the authors
    Message {
        #[command(flatten)]
        memo: MemoRef,
        /// The text, or - for standard input
        text: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PrincipalCommand {
    /// What was distributed to me
    Inbox,
    /// Open it; the authors will see that it was opened
    Open {
        #[command(flatten)]
        memo: MemoRef,
        /// Write the text here instead of printing it
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
