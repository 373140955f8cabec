//! Whom a stranger believes who verifies something: a policy, or a key alone.

use std::path::{Path, PathBuf};

use demur_record::{keys::VerifierKey, policy::Policy};

use crate::{
    args::Common,
    fail::{Failure, Outcome},
    out::complain,
    sys,
};

/// Whom a stranger believes.
pub(super) enum Believed {
    Key(Box<VerifierKey>),
    Policy(Box<Policy>),
}

impl Believed {
    /// From a policy, a key, or a file that holds one of them.
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let path = Path::new(text);
        let (content, place) = if path.is_file() {
            (sys::read_text(path)?, text)
        } else {
            (text.to_owned(), "--key")
        };
        if let Ok(key) = content.trim().parse() {
            return Ok(Self::Key(Box::new(key)));
        }
        match content.parse() {
            Ok(policy) => Ok(Self::Policy(Box::new(policy))),
            Err(e) if path.is_file() || content.contains('\n') => Err(Failure::input(format!(
                "{place}: neither a verifier key nor a trust policy: {e}"
            ))),
            Err(_) => Err(Failure::input(format!(
                "{text}: neither a file nor a verifier key"
            ))),
        }
    }

    /// What was given, else this home's own policy, else what lies beside the files, with a warning.
    pub(super) fn find(given: Option<&str>, common: &Common, beside: &[PathBuf]) -> Outcome<Self> {
        let home = common
            .home
            .clone()
            .or_else(|| std::env::home_dir().map(|dir| dir.join(".demur")));
        Self::find_in(given, home.as_deref(), beside)
    }

    /// The same where the home's folder is known.
    pub(super) fn find_in(
        given: Option<&str>,
        home: Option<&Path>,
        beside: &[PathBuf],
    ) -> Outcome<Self> {
        if let Some(text) = given {
            return Self::parse(text);
        }
        if let Some(policy) = home
            .map(|dir| dir.join("policy"))
            .filter(|path| path.is_file())
        {
            return Self::parse(&policy.display().to_string());
        }
        if let Some(path) = beside.iter().find(|path| path.is_file()) {
            complain(format_args!(
                "note: no --key was given and this home trusts no channel yet; using {}, which came with the files.\n\
                 note: whoever made the files could have made that too: get the key from somebody else (--key)",
                path.display()
            ));
            return Self::parse(&path.display().to_string());
        }
        Err(Failure::input(
            "which channel's key? give --key, a verifier key or a trust policy that you have from elsewhere",
        ))
    }

    /// As a policy; a key alone is one that asks for no witness.
    pub(super) fn into_policy(self) -> Outcome<Policy> {
        match self {
            Self::Policy(policy) => Ok(*policy),
            Self::Key(key) => Policy::of_key(*key).map_err(Failure::input),
        }
    }
}

/// Where a key may lie beside a file: its own folder, and the one above.
pub(super) fn beside(file: &Path, levels: usize) -> Vec<PathBuf> {
    file.ancestors()
        .skip(1)
        .take(levels + 1)
        .flat_map(|dir| {
            let dir = if dir.as_os_str().is_empty() {
                Path::new(".")
            } else {
                dir
            };
            [dir.join("policy"), dir.join("channel.vkey")]
        })
        .collect()
}
