//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Demur: an institution's dissent channel.
#[derive(Debug, Parser)]
#[command(name = "demur", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 yes; 1 a negative verdict (altered, audit failed, not found); \
                        2 bad input or usage; 3 storage or network."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Common {
    /// This person's folder: key store, trust policy, mirror of the record
    #[arg(long, global = true, env = "DEMUR_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// A file whose first line is the key store's passphrase (else DEMUR_PASSPHRASE, else asked)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Send requests through this proxy, for example socks5://127.0.0.1:9050 for Tor
    #[arg(long, global = true, env = "DEMUR_PROXY", value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Answer with one JSON value
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play one memo's whole life on a fresh channel, then serve it
    Demo(DemoArgs),
    /// Run the channel's server
    Serve(ServeArgs),
    /// Serve the channel's pages from this program, on this machine, and open them in a browser
    Open(OpenArgs),
    /// Set up a channel's data folder
    Channel {
        #[command(subcommand)]
        command: ChannelCommand,
    },
    /// Make a key for a role: office, recovery, overseer, registrar
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Choose the channel that this home talks to, and whom it trusts
    Trust(TrustArgs),
    /// Verify the whole public record, from a URL or a folder
    Audit(AuditArgs),
    /// Hold a copy (text, Markdown, HTML, mail, DOCX, PDF, or - for standard input) or quoted passages against a bundle
    Check(CheckArgs),
    /// Read a copy from standard input, confined: what `check` starts
    #[command(hide = true)]
    ExtractCopy(ExtractCopyArgs),
    /// Verify a bundle offline, or a paper (PDF, DOCX) by the bundle in it
    Verify(VerifyArgs),
    /// Verify offline that an entry stood in the record
    Receipt(ReceiptArgs),
    /// Find out which of many memos, and which version, a copy or a quotation is from
    Archive {
        #[command(subcommand)]
        command: ArchiveCommand,
    },
    /// The registrar's and the overseer's work
    Roster {
        #[command(subcommand)]
        command: RosterCommand,
    },
    /// A member's secret: make, restore, show
    Identity {
        #[command(subcommand)]
        command: IdentityCommand,
    },
    /// An author's work, and a reader's
    Memo {
        #[command(subcommand)]
        command: MemoCommand,
    },
    /// Sign on to the memo behind a link
    Sign(SignArgs),
    /// Take back what you did on the memo's latest version
    Unsign(SignArgs),
    /// Transmit with approval, without signing
    Endorse(SignArgs),
    /// Prove to a named person that a sign-on is yours; or check such a proof
    Claim(ClaimArgs),
    /// The stewards' work
    Office {
        #[command(subcommand)]
        command: OfficeCommand,
    },
    /// A principal's work: what was distributed to me
    Principal {
        #[command(subcommand)]
        command: PrincipalCommand,
    },
    /// Accounts of stewards and principals, on the server's machine
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Cosign the record of others (C2SP tlog-witness)
    Witness(WitnessArgs),
    /// Copy a channel's data folder while its server runs
    Backup(BackupArgs),
    /// Make a data folder from a backup, unless that would fork the record
    Restore(RestoreArgs),
    /// Look after a data folder
    Doctor(DoctorArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Where everything goes; a folder that does not exist yet or is empty
    #[arg(long, value_name = "D")]
    pub(crate) dir: Option<PathBuf>,
    /// How many members the roster has
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(60..=100_000))]
    pub(crate) members: u32,
    /// How many of them sign on: at least 20
    #[arg(long, default_value_t = 51, value_name = "K", value_parser = clap::value_parser!(u32).range(20..=25_000))]
    pub(crate) signers: u32,
    /// Where the server listens
    #[arg(long, default_value = "127.0.0.1:0", value_name = "A")]
    pub(crate) listen: SocketAddr,
    /// End after the last check instead of serving
    #[arg(long)]
    pub(crate) no_serve: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// The data folder that `demur channel init` made
    #[arg(long, env = "DEMUR_DATA", default_value = "data", value_name = "D")]
    pub(crate) data: PathBuf,
    /// The address to listen on, instead of channel.toml's
    #[arg(long, value_name = "A")]
    pub(crate) listen: Option<SocketAddr>,
    /// A changed profile: it is entered in the record and holds for memos filed from then on
    #[arg(long, value_name = "F")]
    pub(crate) profile: Option<PathBuf>,
    /// Serve the pages of the channel at this address, from a copy of its record, instead of a channel
    #[arg(long, value_name = "URL", conflicts_with_all = ["profile"], requires = "policy")]
    pub(crate) pages_for: Option<String>,
    /// Whom these pages trust (C2SP tlog-policy)
    #[arg(long, value_name = "FILE", requires = "pages_for")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct OpenArgs {
    /// A memo's link: its page is opened. What comes after # goes to the browser alone
    pub(crate) link: Option<String>,
    /// Where to listen, on this machine: where this home's pages were before, or anywhere the first time
    #[arg(long, value_name = "A")]
    pub(crate) listen: Option<SocketAddr>,
    /// Only print the address
    #[arg(long)]
    pub(crate) no_browser: bool,
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    /// Make the data folder of a new channel
    Init(InitArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct InitArgs {
    /// A folder that does not exist yet or is empty
    #[arg(long, value_name = "D")]
    pub(crate) data: PathBuf,
    /// The record's name for ever: a URL without its scheme, for example rivers.example/dissent
    #[arg(long)]
    pub(crate) origin: String,
    /// A shipped profile's name (state, eu-directive, nrc, doe, nasa, usaid, demo) or a file
    #[arg(long)]
    pub(crate) profile: String,
    /// Where the server will listen
    #[arg(long, default_value = "127.0.0.1:8470", value_name = "A")]
    pub(crate) listen: SocketAddr,
    /// The office's public key line, from `demur key new --role office`
    #[arg(long, value_name = "KEY")]
    pub(crate) office: String,
    /// The office's recovery key line
    #[arg(long, value_name = "KEY")]
    pub(crate) recovery: String,
    /// The overseer's key line
    #[arg(long, value_name = "KEY")]
    pub(crate) overseer: String,
    /// The registrar's key line
    #[arg(long, value_name = "KEY")]
    pub(crate) registrar: String,
    /// A witness: its verifier key, a space, and its URL
    #[arg(long, value_name = "VKEY URL")]
    pub(crate) witness: Vec<String>,
    /// How many witnesses must cosign before a checkpoint is published: all, unless given
    #[arg(long)]
    pub(crate) quorum: Option<u32>,
}

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

#[derive(Debug, Clone, Args)]
pub(crate) struct TrustArgs {
    /// The server's address, for example <https://dissent.rivers.example>
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// The trust policy (C2SP tlog-policy): the log's key, the witnesses, the quorum
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct AuditArgs {
    /// A folder, or the URL under which `checkpoint` stands
    pub(crate) record: String,
    /// A trust policy, or the log's verifier key, or a file that holds one of them
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// How many threads verify proofs: all cores, unless given
    #[arg(long)]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
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
    #[arg(long, default_value_t = 90)]
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

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an invitation for a steward or a principal
    Invite {
        /// The server's data folder
        #[arg(long, value_name = "D")]
        data: PathBuf,
        /// The account's name: letters, digits, dots, dashes
        account: String,
        /// `steward`, or an identifier of the profile's distribution list
        #[arg(long)]
        role: String,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct WitnessArgs {
    /// The witness's folder: its key and what it has cosigned
    #[arg(long, value_name = "D")]
    pub(crate) data: PathBuf,
    /// The witness's name, for a new folder: a URL without its scheme
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A log's verifier key, or a file that holds it; kept in the folder
    #[arg(long, value_name = "VKEY")]
    pub(crate) log: Vec<String>,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0", value_name = "A")]
    pub(crate) listen: SocketAddr,
    /// Make the folder, print the verifier key, and end
    #[arg(long)]
    pub(crate) init_only: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BackupArgs {
    /// The server's data folder
    #[arg(long, value_name = "D", default_value = "data")]
    pub(crate) data: PathBuf,
    /// A folder that does not exist yet or is empty; it will hold the log's key: keep it as safe as the data folder
    pub(crate) to: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RestoreArgs {
    /// A folder that `demur backup` made
    pub(crate) backup: PathBuf,
    /// The data folder to make: one that does not exist yet or is empty
    #[arg(long, value_name = "D", default_value = "data")]
    pub(crate) data: PathBuf,
    /// The record as it was published last, a folder or a URL; needed where too few witnesses can be asked
    #[arg(long, value_name = "RECORD")]
    pub(crate) record: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    /// The server's data folder; the server must not be running
    #[arg(long, value_name = "D")]
    pub(crate) data: PathBuf,
    /// Write every file of the record again from the database
    #[arg(long)]
    pub(crate) rebuild_record: bool,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    #[test]
    fn the_command_line_fits_together() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn a_claim_is_made_by_the_link_and_checked_by_the_file() {
        let parse = |words: &str| super::Cli::try_parse_from(words.split(' '));
        let made = parse("demur claim https://x/m/ab#cd --audience IG -o claim.json");
        let super::Command::Claim(args) = made.unwrap().command else {
            panic!("not a claim");
        };
        assert_eq!(args.new.unwrap().audience, "IG");
        let checked = parse("demur claim verify claim.json --audience IG");
        let super::Command::Claim(args) = checked.unwrap().command else {
            panic!("not a claim");
        };
        assert!(args.command.is_some() && args.new.is_none());
        for wrong in [
            "demur claim",
            "demur claim https://x/m/ab#cd -o claim.json",
            "demur claim https://x/m/ab#cd --audience IG",
            "demur claim verify",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    /// Each command that a page names is one.
    #[test]
    fn pages_name_commands_that_there_are() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/pages/templates");
        let mut seen = 0;
        for file in std::fs::read_dir(dir).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let codes = text.split("<code>").skip(1);
            let codes = codes.map(|rest| rest.split("</code>").next().unwrap());
            for line in codes.flat_map(str::lines) {
                let Some(line) = line.strip_prefix("demur ") else {
                    continue;
                };
                // What is filled in, and what stands in quotes, is one word.
                let line = line
                    .replace("THE WHOLE LINK", "LINK")
                    .replace("COMMAND", "sign");
                let line = line
                    .replace("{{ ", "{{")
                    .replace(" }}", "}}")
                    .replace('\'', "");
                let words = std::iter::once("demur").chain(line.split(' '));
                match super::Cli::try_parse_from(words) {
                    Ok(_) => {}
                    Err(e) if e.kind() == clap::error::ErrorKind::DisplayHelp => {}
                    Err(e) => panic!("demur {line}: {e}"),
                }
                seen += 1;
            }
        }
        assert!(seen > 15, "{seen}");
    }
}
