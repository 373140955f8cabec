//! The command line: a module for each group of commands.

mod copies;
mod memo;
mod office;
mod people;
mod server;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    copies::{
        ArchiveAddArgs, ArchiveCommand, ArchiveMatchArgs, CheckArgs, ExtractCopyArgs, ReceiptArgs,
        VerifyArgs,
    },
    memo::{
        AmendArgs, BundleArgs, MemoCommand, MemoFileArgs, MemoRef, NewMemoArgs, PaperArgs, PaperOf,
        PaperSize, Readable,
    },
    office::{OfficeCommand, PrincipalCommand},
    people::{
        ClaimArgs, ClaimCommand, IdentityCommand, KeyCommand, KeyRole, RosterCommand, SignArgs,
    },
    server::{
        AccountCommand, AuditArgs, BackupArgs, ChannelCommand, DemoArgs, DoctorArgs, InitArgs,
        OpenArgs, RestoreArgs, ServeArgs, TrustArgs, WitnessArgs,
    },
};

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
        let new = args.new.unwrap();
        assert_eq!(new.audience, "IG");
        // As long as on the page.
        assert_eq!(new.days, demur_client::signer::CLAIM_DAYS);
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
                parses(line);
                seen += 1;
            }
        }
        assert!(seen > 8, "{seen}");
        for task in &demur_pages::commands::TASKS {
            for command in task.commands {
                parses(command.strip_prefix("demur ").unwrap());
            }
        }
    }

    /// That the program takes a line, as far as what is filled in lets it.
    fn parses(line: &str) {
        // What is filled in, and what stands in quotes, is one word.
        let line = line
            .replace("THE WHOLE LINK", "LINK")
            .replace("COMMAND", "sign")
            .replace("ROLE", "overseer")
            .replace(" N", " 1");
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
    }

    /// Each address of the desk's table has commands of its own, which its page names first where it can't run.
    #[test]
    fn each_page_of_the_desk_has_its_commands() {
        let table = include_str!("../../../../web/desk/src/route.rs");
        let arms = table.lines().filter_map(|line| {
            let parts = line.trim().strip_prefix("[\"desk\"")?;
            let (parts, _) = parts.split_once("] =>")?;
            // Those of an account have a table of their own.
            Some(parts).filter(|parts| !parts.contains(".."))
        });
        let mut seen = 0;
        for parts in arms {
            let mut page = "/desk".to_owned();
            for part in parts.split(", ").filter(|part| !part.is_empty()) {
                let name = part
                    .strip_prefix('"')
                    .and_then(|part| part.strip_suffix('"'));
                page.push('/');
                page.push_str(name.unwrap_or("*"));
            }
            let (own, rest) = demur_pages::commands::of_page(&page.replace('*', "0"));
            let first = own.first().unwrap();
            assert!(first.pages.contains(&page.as_str()), "{page}: {first:?}");
            assert!(first.commands[0].starts_with("demur "), "{page}");
            assert_eq!(own.len() + rest.len(), demur_pages::commands::TASKS.len());
            seen += 1;
        }
        assert!(seen > 25, "{seen}");
        // No command is of a page that there is not.
        let known = |page: &&str| {
            let parts = page.split('/').skip(2).map(|part| match part {
                "*" => ", id".to_owned(),
                part => format!(", \"{part}\""),
            });
            let parts: String = parts.collect();
            table.contains(&format!("[\"desk\"{parts}] =>"))
        };
        for task in &demur_pages::commands::TASKS {
            for page in task.pages {
                assert!(known(page), "{page}");
            }
        }
    }
}
