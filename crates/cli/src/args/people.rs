//! Members, signers, and those who keep keys and rosters.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make the key, keep it in this home's key store, print its public line
    New {
        /// Whose key it is
        #[arg(long)]
        role: KeyRole,
        /// The record's name, as `demur channel init` will get it
        #[arg(long)]
        origin: String,
        /// A short name, for the key's line in the record: the role's, unless given
        #[arg(long)]
        name: Option<String>,
    },
    /// Print the public lines again
    Show,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyRole {
    Office,
    Recovery,
    Overseer,
    Registrar,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RosterCommand {
    /// Read people.csv (name, title, email, cohorts) and make one-time enrolment codes
    Import {
        /// Columns: name, title, email, cohorts (separated by ;)
        people: PathBuf,
        /// Where the letters with the codes go: one file for each person
        #[arg(long, value_name = "DIR")]
        letters: Option<PathBuf>,
    },
    /// Who has enrolled, who has not
    Status,
    /// Take in the enrolments and publish a new edition
    Publish {
        /// Refuse, instead of leaving out cohorts under the profile's floor
        #[arg(long)]
        strict: bool,
    },
    /// Give a person a new code, for a lost device
    Recode {
        /// Whose
        email: String,
    },
    /// The overseer: check the newest edition, write the letters, attest
    Attest {
        /// Where the letters to the persons go
        #[arg(long, value_name = "FILE")]
        letters: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Make a member secret, show its 24 words once, and enrol with the code
    New {
        /// The one-time code of the registrar's letter
        #[arg(long)]
        code: String,
    },
    /// Make the secret again from the 24 words, read from standard input
    Restore,
    /// What this home holds; fetches the certificate when it is there
    Show,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SignArgs {
    /// The link, or the beginning of the identifier of a memo that this home knows
    pub(crate) link: String,
    /// Show that you belong to this cohort; fixed by your first act on the memo
    #[arg(long)]
    pub(crate) cohort: Option<String>,
    /// Give your name to the office, and to it alone
    #[arg(long)]
    pub(crate) named: bool,
    /// Submit at once, instead of after a random delay that hides when you sat down
    #[arg(long)]
    pub(crate) now: bool,
    /// Say what would be done and how many you would be hidden among, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `demur claim LINK …` writes a claim, `demur claim verify FILE` checks one.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ClaimArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ClaimCommand>,
    #[command(flatten)]
    pub(crate) new: Option<NewClaimArgs>,
}

/// Writes a claim: it shows your name and that you signed, to whoever holds the file.
#[derive(Debug, Clone, Args)]
pub(crate) struct NewClaimArgs {
    /// The link, or the beginning of the identifier of a memo that this home knows
    pub(crate) link: String,
    /// To whom, for example "Inspector General"
    #[arg(long)]
    pub(crate) audience: String,
    /// How many days it is good for
    #[arg(long, default_value_t = demur_client::signer::CLAIM_DAYS)]
    pub(crate) days: u32,
    /// Where to write it
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ClaimCommand {
    /// Check a claim against the record
    Verify {
        /// The file
        claim: PathBuf,
        /// For whom it must be made
        #[arg(long)]
        audience: Option<String>,
    },
}
