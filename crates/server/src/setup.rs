//! The data folder: `channel.toml`, `profile.toml`, `log.key`, `demur.sqlite`, `record/`.

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use demur_client::key_line::is_origin;
use demur_record::keys::{KeyKind, LogSigner, VerifierKey};
use serde::{Deserialize, Serialize};

use crate::{
    files::{self, Mode},
    key,
};

/// The largest `channel.toml` or profile that is read, in bytes.
const MAX_TEXT_FILE: u64 = 1 << 20;

/// The most witnesses of a channel.
pub const MAX_WITNESSES: usize = 32;

/// Why a data folder can't be made or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A file can't be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// A file's content is not what it must be.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Others on this machine could read the log's key.
    #[error("{}: its mode is {mode:o}: others could read the log's key; chmod 600 it", path.display())]
    KeyMode {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// `init` makes new folders only.
    #[error("{}: not empty: a channel's folder must be new; choose another one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Another server works in the folder.
    #[error("{}: another server runs on this folder; stop it first", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// An option can't be used.
    #[error("{what}: {reason}")]
    Option {
        /// Which.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The database failed.
    #[error("the database: {0}")]
    Store(#[from] demur_store::StoreError),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
    },
    /// What the database holds is not a record.
    #[error("the record in the database: {0}")]
    Record(String),
}

impl SetupError {
    pub(crate) fn file(path: &Path, reason: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            reason,
        }
    }

    pub(crate) fn content(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Content {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn key(path: &Path, reason: impl fmt::Display) -> Self {
        // The reason never holds the file's content: `SignerError` and `Utf8Error` name kinds and places.
        Self::content(path, format_args!("the log's key can't be used: {reason}"))
    }

    pub(crate) fn option(what: &'static str, reason: impl fmt::Display) -> Self {
        Self::Option {
            what,
            reason: reason.to_string(),
        }
    }
}

/// A witness that is asked to cosign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its verifier key (C2SP signed-note).
    pub vkey: VerifierKey,
    /// Where it answers (C2SP tlog-witness), for example `http://127.0.0.1:8480`.
    pub url: String,
}

/// `channel.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// The log's name for ever: a URL without scheme and trailing slash.
    pub origin: String,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How many witnesses must cosign before a checkpoint is published; at most as many as there are.
    pub quorum: u32,
    /// Who is asked to cosign.
    #[serde(default)]
    pub witnesses: Vec<Witness>,
}

impl ChannelConfig {
    /// Checks what the types can't say.
    ///
    /// # Errors
    /// The first field that can't be used.
    pub fn check(&self) -> Result<(), SetupError> {
        if !is_origin(&self.origin) {
            return Err(SetupError::option(
                "origin",
                "write a URL without its scheme and without a slash at its end, for example rivers.example/dissent",
            ));
        }
        if self.witnesses.len() > MAX_WITNESSES {
            return Err(SetupError::option(
                "witnesses",
                format_args!("at most {MAX_WITNESSES}"),
            ));
        }
        for (i, witness) in self.witnesses.iter().enumerate() {
            if !(witness.url.starts_with("http://") || witness.url.starts_with("https://")) {
                return Err(SetupError::option(
                    "witnesses",
                    format_args!("{}: write an http:// or https:// URL", witness.url),
                ));
            }
            if witness.vkey.kind() != KeyKind::Witness {
                return Err(SetupError::option(
                    "witnesses",
                    format_args!("{}: not a witness's key", witness.vkey),
                ));
            }
            if self.witnesses[..i]
                .iter()
                .any(|other| other.vkey == witness.vkey)
            {
                return Err(SetupError::option(
                    "witnesses",
                    format_args!("{} stands twice", witness.vkey),
                ));
            }
        }
        if self.quorum as usize > self.witnesses.len() {
            let have = self.witnesses.len();
            return Err(SetupError::option(
                "quorum",
                format_args!("{} of {have} witnesses: at most {have}", self.quorum),
            ));
        }
        Ok(())
    }
}

/// The paths of a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    dir: PathBuf,
}

impl Folder {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.join("channel.toml")
    }

    pub(crate) fn profile(&self) -> PathBuf {
        self.dir.join("profile.toml")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.dir.join("log.key")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.dir.join("demur.sqlite")
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.dir.join("record")
    }

    /// Makes the folder, readable by its owner only.
    pub(crate) fn create(&self) -> Result<(), SetupError> {
        match std::fs::read_dir(&self.dir) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(SetupError::NotEmpty {
                        path: self.dir.clone(),
                    });
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(&self.dir).map_err(|e| SetupError::file(&self.dir, e))?;
            }
            Err(e) => return Err(SetupError::file(&self.dir, e)),
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&self.dir, std::fs::Permissions::from_mode(0o700))
                .map_err(|e| SetupError::file(&self.dir, e))?;
        }
        std::fs::create_dir(self.record()).map_err(|e| SetupError::file(&self.record(), e))
    }

    pub(crate) fn write_config(&self, config: &ChannelConfig) -> Result<(), SetupError> {
        let path = self.config();
        let text = toml::to_string(config).map_err(|e| SetupError::content(&path, e))?;
        files::write(&path, text.as_bytes(), Mode::Public).map_err(|e| SetupError::file(&path, e))
    }

    pub(crate) fn read_config(&self) -> Result<ChannelConfig, SetupError> {
        let path = self.config();
        let text = read_text(&path)?;
        let config: ChannelConfig =
            toml::from_str(&text).map_err(|e| SetupError::content(&path, e))?;
        config.check()?;
        Ok(config)
    }

    pub(crate) fn load_key(&self, config: &ChannelConfig) -> Result<LogSigner, SetupError> {
        let key = key::load(&self.key())?;
        if key.verifier().name() == config.origin {
            Ok(key)
        } else {
            Err(SetupError::content(
                &self.key(),
                "the key's name is not channel.toml's origin",
            ))
        }
    }
}

/// A text file's content, bounded.
pub(crate) fn read_text(path: &Path) -> Result<String, SetupError> {
    let bytes = files::read(path, MAX_TEXT_FILE).map_err(|e| SetupError::file(path, e))?;
    String::from_utf8(bytes).map_err(|e| SetupError::content(path, e.utf8_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ChannelConfig {
        ChannelConfig {
            origin: "rivers.example/dissent".to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            quorum: 1,
            witnesses: vec![witness(1)],
        }
    }

    fn witness(seed: u8) -> Witness {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        Witness {
            vkey: VerifierKey::new("w.example", KeyKind::Witness, key).unwrap(),
            url: "http://127.0.0.1:1".to_owned(),
        }
    }

    #[test]
    fn the_configuration_reads_what_it_writes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        folder.write_config(&config()).unwrap();
        assert_eq!(folder.read_config().unwrap(), config());
        let text = std::fs::read_to_string(folder.config()).unwrap();
        std::fs::write(folder.config(), format!("{text}\nsurprise = 1\n")).unwrap();
        assert!(matches!(
            folder.read_config(),
            Err(SetupError::Content { .. })
        ));
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        for origin in [
            "",
            "https://a.example",
            "a.example/",
            "/a",
            "a b",
            "a+b",
            "a\n",
            "é.example",
        ] {
            assert!(
                ChannelConfig {
                    origin: origin.to_owned(),
                    ..config()
                }
                .check()
                .is_err(),
                "{origin:?}"
            );
        }
        assert!(
            ChannelConfig {
                quorum: 2,
                ..config()
            }
            .check()
            .is_err()
        );
        let twice = vec![config().witnesses[0].clone(), config().witnesses[0].clone()];
        assert!(
            ChannelConfig {
                witnesses: twice,
                ..config()
            }
            .check()
            .is_err()
        );
        assert!(config().check().is_ok());
    }

    #[test]
    fn a_folder_that_holds_something_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(&dir.path().join("new"));
        folder.create().unwrap();
        assert!(matches!(folder.create(), Err(SetupError::NotEmpty { .. })));
    }
}
