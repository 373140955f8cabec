//! Whoever runs a channel, watches it, or trusts it: servers, witnesses, audits.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};

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
