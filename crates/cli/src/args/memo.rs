//! An author's work, and a reader's.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum MemoCommand {
    /// Make an author's key and print its public line, for the co-author who opens the memo
    Key,
    /// Open a memo with this text, and register its first version
    New(NewMemoArgs),
    /// Write the latest version's text to a file, to edit it
    Edit(MemoFileArgs),
    /// Register a changed text as the next version
    Amend(AmendArgs),
    /// What changed between two versions, paragraph by paragraph
    Diff {
        #[command(flatten)]
        memo: MemoRef,
        /// The older version: the one before the newer, unless given
        #[arg(long)]
        from: Option<u32>,
        /// The newer version: the latest, unless given
        #[arg(long)]
        to: Option<u32>,
    },
    /// Print the readers' link; remove a reader from later versions
    Share {
        #[command(flatten)]
        memo: MemoRef,
        /// Note down that this person gets the link
        #[arg(long, value_name = "NAME")]
        reader: Vec<String>,
        /// From the next version on there is a new link, and this person is not to get it
        #[arg(long, value_name = "NAME")]
        remove: Vec<String>,
    },
    /// Hand the memo to the office, or agree to that
    File {
        #[command(flatten)]
        memo: MemoRef,
    },
    /// Take the memo back, or agree to that
    Withdraw {
        #[command(flatten)]
        memo: MemoRef,
    },
    /// How the memo stands: versions, tallies, steps, due dates, who was given the file, messages
    Status {
        #[command(flatten)]
        memo: MemoRef,
    },
    /// Print the memo's text, or the response, the letter of return
    Read {
        #[command(flatten)]
        memo: MemoRef,
        /// What to print
        #[arg(long, default_value = "memo")]
        what: Readable,
        /// Which version: the latest, unless given
        #[arg(long)]
        version: Option<u32>,
    },
    /// Write to the office
    Message {
        #[command(flatten)]
        memo: MemoRef,
        /// The text, or - for standard input
        text: String,
    },
    /// Reply to the response, or agree to a co-author's reply
    Rejoin {
        #[command(flatten)]
        memo: MemoRef,
        /// The text; not needed to agree to what waits
        text: Option<PathBuf>,
    },
    /// Write a bundle that proves the memo, or part of it, to a stranger
    Bundle(BundleArgs),
    /// Write the filed memo, or the response, as an official paper (PDF), with the bundle that proves it inside
    Pdf(PaperArgs),
    /// The same as a DOCX, for offices that work in it: whoever saves it anew keeps the bundle, and its text can still be verified
    Docx(PaperArgs),
    /// Publish a slow hash of a version's whole text, by which a stranger who has all of it can tell it; or agree to
    /// that. Prints the risk first
    Fingerprint {
        #[command(flatten)]
        memo: MemoRef,
        /// Of which version: the latest, unless given
        #[arg(long)]
        version: Option<u32>,
        /// I know the risk: publish it
        #[arg(long)]
        sure: bool,
    },
    /// Make a bundle public, or agree to that
    Release {
        #[command(flatten)]
        memo: MemoRef,
        /// The bundle
        bundle: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Readable {
    Memo,
    Response,
    Return,
    Messages,
}

/// Which memo: a link, or the identifier (or its beginning) of one that this home knows.
#[derive(Debug, Clone, Args)]
pub(crate) struct MemoRef {
    /// A link, or the first digits of the identifier of a memo that this home knows
    pub(crate) memo: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct NewMemoArgs {
    /// The text: a head between +++ lines, then paragraphs each with its marking
    pub(crate) text: PathBuf,
    /// A co-author's public line, from `demur memo key`
    #[arg(long, value_name = "KEY")]
    pub(crate) with: Vec<String>,
    /// How many authors must agree to file or withdraw: all, unless given
    #[arg(long)]
    pub(crate) threshold: Option<u32>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct MemoFileArgs {
    #[command(flatten)]
    pub(crate) memo: MemoRef,
    /// Where to write it
    pub(crate) text: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct AmendArgs {
    #[command(flatten)]
    pub(crate) memo: MemoRef,
    /// The changed text
    pub(crate) text: PathBuf,
    /// The version that the text was made from, if a co-author may have amended since
    #[arg(long, value_name = "N")]
    pub(crate) base: Option<u32>,
    /// If a co-author amended first: merge where no paragraph was changed by both
    #[arg(long)]
    pub(crate) merge: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BundleArgs {
    #[command(flatten)]
    pub(crate) memo: MemoRef,
    /// Where to write it
    #[arg(long, short, value_name = "FILE", required_unless_present_any = ["dry_run", "list"])]
    pub(crate) out: Option<PathBuf>,
    /// Show only these: portions (2 or 2-5), sentences (4.1-4.3), words (3:14-20), texts of the head (title, to,
    /// date, point/1), head, body, all; for example 2,4.1-4.3,title. The rest stays hidden
    #[arg(long, value_name = "LIST", alias = "portions")]
    pub(crate) show: Option<String>,
    /// Black these out, whatever else is shown: a list as for --show, for example 3:14-20
    #[arg(long, value_name = "LIST")]
    pub(crate) redact: Option<String>,
    /// Black these words out wherever they stand; may be given several times
    #[arg(long, value_name = "WORDS")]
    pub(crate) redact_words: Vec<String>,
    /// Of these versions, for example 2: without choices every version is shown whole, with them the latest is meant
    #[arg(long, value_name = "LIST")]
    pub(crate) versions: Option<String>,
    /// Print exactly what would be shown and hidden, and write nothing
    #[arg(long, conflicts_with = "list")]
    pub(crate) dry_run: bool,
    /// Print portions and sentences with the numbers by which they are chosen, and write nothing
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PaperArgs {
    /// A link, or the first digits of the identifier of a memo that this home knows; not needed with --bundle
    #[arg(required_unless_present = "bundle")]
    pub(crate) memo: Option<String>,
    /// Where to write it
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// What stands on it: the memo, or the office's response to it
    #[arg(long, default_value = "memo")]
    pub(crate) what: PaperOf,
    /// The paper's size
    #[arg(long, value_name = "SIZE", default_value = "a4")]
    pub(crate) paper: PaperSize,
    /// Of this bundle, instead of one that shows every version whole: what it hides is hidden on the paper. Without MEMO
    /// no server is asked
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) bundle: Option<PathBuf>,
    /// Where the paper says that the memo's record is, a PDF by a QR code, too: the memo's page at this home's server, with --bundle
    /// alone nowhere; or none
    #[arg(long, value_name = "URL")]
    pub(crate) record: Option<String>,
    /// With --bundle alone: the channel's verifier key or trust policy, or a file that holds one of them
    #[arg(long, value_name = "KEY", requires = "bundle", conflicts_with = "memo")]
    pub(crate) key: Option<String>,
}

/// What stands on a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaperOf {
    Memo,
    Response,
}

/// The paper's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaperSize {
    /// 210 by 297 mm
    A4,
    /// 8.5 by 11 inches
    Letter,
}
