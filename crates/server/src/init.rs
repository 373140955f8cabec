//! A new channel, a new profile, an invitation: what the operator does on the server's machine.

use std::{net::SocketAddr, path::Path};

use demur_channel::Profile;
use demur_encoding::{Digest, Time, sha256};
use demur_record::{
    entry::{self, Entry, FORMAT, KeyState, Role},
    keys::VerifierKey,
    tiles::leaf_hash,
};
use demur_store::{
    AccountStore, CaseStore, FileKind, InvitationRow, MetaStore as _, NewDirect, NewFile,
};
use demur_store_sqlite::Mode;
use zeroize::Zeroizing;

use crate::{
    clock::{Clock as _, SystemClock},
    files, key,
    limits::INVITATION_SECONDS,
    routes::accounts::{STEWARD, is_account_name, is_recipient},
    server::open_store,
    setup::{ChannelConfig, Folder, SetupError, Witness, read_text},
    token,
};

/// The largest program that is hashed for its `software` entry, in bytes.
const MAX_PROGRAM: u64 = 1 << 30;

/// The public keys of one who acts in the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeys {
    /// A slug for the record.
    pub name: String,
    /// The Ed25519 key that signs; none for the recovery key.
    pub sign: Option<Digest>,
    /// The age recipient.
    pub seal: String,
}

/// What a new channel is made of.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The log's name for ever: a URL without scheme and trailing slash.
    pub origin: String,
    /// Where the server will listen.
    pub listen: SocketAddr,
    /// The profile's TOML text.
    pub profile: String,
    /// The office.
    pub office: PublicKeys,
    /// The key kept apart that can open what the office can.
    pub recovery: PublicKeys,
    /// Who checks the channel.
    pub overseer: PublicKeys,
    /// Who keeps the register.
    pub registrar: PublicKeys,
    /// Who cosigns the record.
    pub witnesses: Vec<Witness>,
    /// How many witnesses must cosign; `None`: all.
    pub quorum: Option<u32>,
}

/// A channel that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initialized {
    /// The log's verifier key, to be published everywhere.
    pub vkey: VerifierKey,
}

/// Makes the data folder of a new channel at `dir` and queues the record's first entries.
///
/// # Errors
/// When the folder is not empty, an option can't be used, or a file can't be written. A folder that was begun is
/// left as it is, for inspection; it is not a channel until this returned.
pub async fn init(dir: &Path, options: InitOptions) -> Result<Initialized, SetupError> {
    let profile = parse_profile(&options.profile)?;
    if profile.version != 1 {
        return Err(SetupError::option(
            "profile",
            "the first profile of a channel has version = 1",
        ));
    }
    let witnesses = u32::try_from(options.witnesses.len()).unwrap_or(u32::MAX);
    let config = ChannelConfig {
        origin: options.origin.clone(),
        listen: options.listen,
        quorum: options.quorum.unwrap_or(witnesses),
        witnesses: options.witnesses.clone(),
    };
    config.check()?;
    let mut entries = vec![profile_entry(&profile)];
    for (role, keys, signs) in [
        (Role::Office, &options.office, true),
        (Role::Recovery, &options.recovery, false),
        (Role::Overseer, &options.overseer, true),
        (Role::Registrar, &options.registrar, true),
    ] {
        entries.push(first_keys(role, keys, signs)?);
    }
    entries.extend(options.witnesses.iter().map(witness_keys));
    let software = software()?;

    let folder = Folder::new(dir);
    folder.create()?;
    let signer = key::create(&folder.key(), &config.origin)?;
    write_profile(&folder, &options.profile)?;
    let store = open_store(&folder, Mode::Server).await?;
    store.bind_origin(&config.origin).await?;
    for entry in &entries {
        queue(&store, entry, None).await?;
    }
    for noted in software {
        queue(&store, &noted.entry, noted.manifest).await?;
    }
    store.close().await;
    // Last: without it the folder is no channel.
    folder.write_config(&config)?;
    Ok(Initialized {
        vkey: signer.verifier().clone(),
    })
}

/// An invitation to take up an account. The code is shown once; the server keeps its hash.
#[derive(Clone)]
pub struct Invitation {
    /// The one-time code.
    pub code: Zeroizing<String>,
    /// Void from this time on.
    pub expires: Time,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Makes an invitation for the account `name`; `role` is `steward` or an identifier of the profile's distribution
/// list. May be called while the server runs. A new invitation takes the place of one that was not taken up.
///
/// # Errors
/// When name or role can't be used, the account was taken up already, or the folder is no channel's.
pub async fn invite(dir: &Path, name: &str, role: &str) -> Result<Invitation, SetupError> {
    let folder = Folder::new(dir);
    folder.read_config()?;
    if !is_account_name(name) {
        return Err(SetupError::option(
            "account",
            "1 to 64 lowercase letters, digits, dots and dashes",
        ));
    }
    let profile = parse_profile(&read_text(&folder.profile())?)?;
    if role != STEWARD && profile.principal(role).is_none() {
        let ids: Vec<_> = profile.distribution.iter().map(|p| p.id.as_str()).collect();
        let message = format!(
            "write steward, or one of the distribution list: {}",
            ids.join(", ")
        );
        return Err(SetupError::option("role", message));
    }
    let store = open_store(&folder, Mode::Tool).await?;
    let made = invite_into(&store, name, role, SystemClock.now()).await;
    store.close().await;
    made
}

pub(crate) async fn invite_into(
    store: &impl AccountStore,
    name: &str,
    role: &str,
    now: Time,
) -> Result<Invitation, SetupError> {
    let code = token::invitation_code().map_err(|e| SetupError::option("random numbers", e))?;
    let expires = now.plus(INVITATION_SECONDS);
    let row = InvitationRow {
        code: token::invitation_hash(&code),
        account: name.to_owned(),
        expires,
    };
    store.invite(row, role.to_owned()).await?;
    Ok(Invitation { code, expires })
}

/// A profile that the server can work with.
pub(crate) fn parse_profile(text: &str) -> Result<Profile, SetupError> {
    let profile: Profile = text.parse().map_err(|e| SetupError::option("profile", e))?;
    if profile.principal(STEWARD).is_some() {
        return Err(SetupError::option(
            "profile",
            "an official of the distribution list can't be called steward",
        ));
    }
    Ok(profile)
}

pub(crate) fn write_profile(folder: &Folder, text: &str) -> Result<(), SetupError> {
    let path = folder.profile();
    files::write(&path, text.as_bytes(), files::Mode::Public)
        .map_err(|e| SetupError::file(&path, e))
}

pub(crate) fn profile_entry(profile: &Profile) -> Entry {
    Entry::Profile(entry::Profile {
        v: FORMAT,
        version: profile.version,
        text: profile.text().to_owned(),
    })
}

fn first_keys(role: Role, keys: &PublicKeys, signs: bool) -> Result<Entry, SetupError> {
    let what = match role {
        Role::Office => "office",
        Role::Recovery => "recovery",
        Role::Overseer => "overseer",
        _ => "registrar",
    };
    if !is_account_name(&keys.name) {
        return Err(SetupError::option(
            what,
            "the name has 1 to 64 lowercase letters, digits, dots and dashes",
        ));
    }
    if !is_recipient(&keys.seal) {
        return Err(SetupError::option(what, "not an age recipient (age1...)"));
    }
    match keys.sign {
        Some(key) if ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).is_err() => {
            return Err(SetupError::option(what, "not an Ed25519 public key"));
        }
        None if signs => return Err(SetupError::option(what, "needs a key that signs")),
        _ => {}
    }
    Ok(Entry::Keys(entry::Keys {
        v: FORMAT,
        role,
        name: keys.name.clone(),
        sign: keys.sign,
        seal: Some(keys.seal.clone()),
        vkey: None,
        state: KeyState::Active,
        by: None,
        signature: None,
    }))
}

fn witness_keys(witness: &Witness) -> Entry {
    Entry::Keys(entry::Keys {
        v: FORMAT,
        role: Role::Witness,
        name: witness_name(&witness.vkey),
        sign: None,
        seal: None,
        vkey: Some(witness.vkey.to_string()),
        state: KeyState::Active,
        by: None,
        signature: None,
    })
}

/// A slug of the witness's name, with its key's identifier, so that two of one name differ.
fn witness_name(vkey: &VerifierKey) -> String {
    let mut slug = String::new();
    for c in vkey.name().chars().map(|c| c.to_ascii_lowercase()) {
        let c = if c.is_ascii_lowercase() || c.is_ascii_digit() {
            c
        } else {
            '-'
        };
        if slug.len() < 40 && !(c == '-' && (slug.is_empty() || slug.ends_with('-'))) {
            slug.push(c);
        }
    }
    format!("{}-{:08x}", slug.trim_end_matches('-'), vkey.id())
        .trim_start_matches('-')
        .to_owned()
}

/// What the record says of something that is served.
pub(crate) struct Noted {
    pub(crate) entry: Entry,
    /// What its hash is of, where that is a list: kept, so that an old entry still says which files it stood for.
    pub(crate) manifest: Option<NewFile>,
}

/// The program that runs and the files that its pages load.
pub(crate) fn software() -> Result<Vec<Noted>, SetupError> {
    // The link leads to the code that runs, even where its file was replaced since; the name, to what stands there now.
    let running = Path::new("/proc/self/exe");
    let path = if running.exists() {
        running.to_owned()
    } else {
        std::env::current_exe().map_err(|e| SetupError::file(Path::new("this program"), e))?
    };
    let program = files::digest(&path, MAX_PROGRAM).map_err(|e| SetupError::file(&path, e))?;
    Ok(software_of(program, demur_pages::Assets::embedded()))
}

/// What the record says of a program, by its digest, and the files that its pages load.
pub(crate) fn software_of(program: Digest, assets: demur_pages::Assets) -> Vec<Noted> {
    let entry = |name: &str, digest: Digest| Noted {
        entry: Entry::Software(entry::Software {
            v: FORMAT,
            name: name.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            digest,
        }),
        manifest: None,
    };
    let mut entries = vec![
        entry("demur", program),
        entry(assets.style.name, sha256(assets.style.content)),
    ];
    // The list of the web part's files holds the hash of each.
    entries.extend(assets.manifest.map(|manifest| {
        let digest = sha256(manifest);
        Noted {
            manifest: Some(NewFile {
                kind: FileKind::Manifest,
                digest,
                bytes: manifest.to_vec(),
            }),
            ..entry("web", digest)
        }
    }));
    entries
}

/// Queues an entry that the log makes by itself.
async fn queue(
    store: &impl CaseStore,
    entry: &Entry,
    file: Option<NewFile>,
) -> Result<(), SetupError> {
    let bytes = entry
        .to_vec()
        .map_err(|e| SetupError::Record(e.to_string()))?;
    let leaf = leaf_hash(&bytes);
    let new = NewDirect {
        entry: bytes,
        leaf,
        memo: None,
        claim: None,
        file,
        approved: None,
    };
    store.accept_direct(new).await?;
    Ok(())
}
