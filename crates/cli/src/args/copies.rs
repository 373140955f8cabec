//! Copies, bundles, receipts and the archive.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Clone, Args)]
pub(crate) struct ReceiptArgs {
    /// The entry as it stands in the record: canonical JSON
    pub(crate) entry: PathBuf,
    /// The receipt (C2SP tlog-proof)
    pub(crate) receipt: PathBuf,
    /// The channel's verifier key or trust policy, or a file that holds one of them
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArgs {
    /// The copy: .txt, .md, .html, .eml, .docx or .pdf, or - for standard input
    #[arg(required_unless_present_any = ["quote", "quotes"])]
    pub(crate) copy: Option<PathBuf>,
    /// The bundle
    #[arg(
        long,
        value_name = "BUNDLE",
        required_unless_present = "fingerprint",
        conflicts_with = "fingerprint"
    )]
    pub(crate) against: Option<PathBuf>,
    /// Without a bundle: against the fingerprints that authors published in this record, a folder or a URL. For the
    /// whole text only
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["quote", "quotes"])]
    pub(crate) fingerprint: Option<String>,
    /// With --fingerprint: only those of the memo whose identifier begins so
    #[arg(long, value_name = "MEMO", requires = "fingerprint")]
    pub(crate) memo: Option<String>,
    /// A quoted passage instead of a copy; may come again
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["copy", "quotes"])]
    pub(crate) quote: Vec<String>,
    /// A text that quotes, such as an article: each passage that it quotes is checked; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "copy")]
    pub(crate) quotes: Option<PathBuf>,
    /// The channel's verifier key or trust policy, or a file that holds one of them
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ExtractCopyArgs {
    /// The file's name, as a hint
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Become this program, pdftotext, instead of reading the copy
    #[arg(long)]
    pub(crate) pdftotext: Option<PathBuf>,
    /// Take out what a paper was made of, instead of its text
    #[arg(long, conflicts_with = "pdftotext")]
    pub(crate) parts: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    /// The bundle, or a paper that `memo pdf` or `memo docx` made
    pub(crate) bundle: PathBuf,
    /// The channel's verifier key or trust policy, or a file that holds one of them
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Hold the bundle against this record as well: a folder or a URL
    #[arg(long, value_name = "RECORD")]
    pub(crate) record: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Take memos into this home's archive, which is sealed
    Add(ArchiveAddArgs),
    /// List the memos that have these words, in any order
    Search {
        /// The words
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Say which memo and version a copy, or a quoted passage, is from
    Match(ArchiveMatchArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ArchiveAddArgs {
    /// Bundles that show whole versions, and memos as text files: NAME.md, NAME.v2.md
    #[arg(required_unless_present = "mine", value_name = "FILE|BUNDLE")]
    pub(crate) files: Vec<PathBuf>,
    /// Also every version that this home's links open, of every memo
    #[arg(long)]
    pub(crate) mine: bool,
    /// The memo's identifier or name, for text files: the file's name, unless given
    #[arg(long, value_name = "NAME")]
    pub(crate) memo: Option<String>,
    /// The version's number, for a text file: what follows .v in the file's name, else 1, unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) version: Option<u32>,
    /// The channel's verifier key or trust policy, or a file that holds one of them, for bundles
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ArchiveMatchArgs {
    /// The copy, or - for standard input
    #[arg(required_unless_present = "quote")]
    pub(crate) copy: Option<PathBuf>,
    /// A quoted passage instead of a copy
    #[arg(long, value_name = "WORDS", conflicts_with = "copy")]
    pub(crate) quote: Option<String>,
}
