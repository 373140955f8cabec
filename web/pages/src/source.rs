//! What pages are made from.

use std::{collections::BTreeSet, future::Future};

use demur_encoding::{Digest, Time};
use demur_record::{
    entry::CheckpointRef,
    policy::{Log, Policy},
    replay::Replay,
};

/// The longest address of a channel, in bytes.
const MAX_ADDRESS: usize = 2_048;

/// Who served a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// The channel's own server.
    Channel,
    /// Another server: a union's, a witness's.
    Other,
    /// The program on the visitor's own machine.
    Program,
}

impl Served {
    /// As the attribute `data-served` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Other => "other",
            Self::Program => "program",
        }
    }
}

/// Where pages are served, and what they go by.
#[derive(Debug, Clone)]
pub struct Site {
    served: Served,
    api: String,
    policy: Policy,
    log: Log,
}

/// What a site can't be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// Not an address that a page may be told to talk to.
    #[error("{0}: expected the channel's address, such as https://dissent.rivers.example")]
    Address(String),
    /// A channel has one log.
    #[error("the trust policy names {0} logs; name one, the channel's")]
    Logs(usize),
}

impl Site {
    /// Pages about the log of `policy`. `api`: the address of the channel's server without a slash at its end; empty where that
    /// server serves them itself.
    ///
    /// # Errors
    /// When the address is none, or the policy names more or fewer logs than one.
    pub fn new(served: Served, api: &str, policy: Policy) -> Result<Self, SiteError> {
        if !api.is_empty() && !is_address(api) {
            return Err(SiteError::Address(api.to_owned()));
        }
        let [log] = policy.logs() else {
            return Err(SiteError::Logs(policy.logs().len()));
        };
        Ok(Self {
            served,
            api: api.to_owned(),
            log: log.clone(),
            policy,
        })
    }

    /// Who serves them.
    #[must_use]
    pub const fn served(&self) -> Served {
        self.served
    }

    /// The address of the channel's server; empty where it is the same.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Whom the pages trust.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The log's verifier key.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.log.key.to_string()
    }

    /// Scheme, host and port that the pages' scripts ask beside their own server, for the content security policy: none for those of the
    /// program, which asks the channel for them.
    pub(crate) fn api_origin(&self) -> Option<&str> {
        if self.served == Served::Program {
            return None;
        }
        let host = self.api.find("://")? + 3;
        let end = self.api.get(host..)?.find('/').map(|at| host + at);
        self.api.get(..end.unwrap_or(self.api.len()))
    }

    /// The record's address, for commands that a reader copies.
    pub(crate) fn record_url(&self) -> String {
        if self.api.is_empty() {
            "https://SERVER/record".to_owned()
        } else {
            format!("{}/record", self.api)
        }
    }
}

/// Only what can stand in a header and in an attribute as it is.
fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
        !host.is_empty()
            && text.len() <= MAX_ADDRESS
            && !text.ends_with('/')
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            && rest
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"./-:[]_~%".contains(&b))
    })
}

/// The record was not there to be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// It has not begun, or there is too much to do.
    #[error("not at this moment: try again")]
    Busy,
    /// Storage or the machine failed.
    #[error("{0}")]
    Failed(String),
}

/// A record that pages are made from: a server's, or a copy of it.
pub trait Source: Clone + Send + Sync + 'static {
    /// The record at one moment.
    type Seen: Seen;

    /// Where the pages are served.
    fn site(&self) -> &Site;

    /// The record as it is now. Don't ask for another while one is held.
    ///
    /// # Errors
    /// When it can't be read.
    fn seen(&self) -> impl Future<Output = Result<Self::Seen, Unavailable>> + Send;
}

/// A record at one moment.
pub trait Seen: Send + Sync {
    /// What was replayed.
    fn replay(&self) -> &Replay;

    /// The clock of whoever serves the page.
    fn now(&self) -> Time;

    /// At most `most` entries from `from` on, by their bytes.
    ///
    /// # Errors
    /// When they can't be read.
    fn entries(
        &self,
        from: u64,
        most: u32,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, Unavailable>> + Send;

    /// The published checkpoint of that size, as its file is; `None` where there is none.
    ///
    /// # Errors
    /// When it can't be read.
    fn note(&self, size: u64) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;

    /// The list of the web part's files that has this SHA-256; `None` where it is not kept here.
    ///
    /// # Errors
    /// When it can't be read.
    fn manifest(
        &self,
        digest: Digest,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;

    /// Which of these lists are kept here; `None` where the channel's own server has them, and this is another.
    ///
    /// # Errors
    /// When that can't be read.
    fn manifests(
        &self,
    ) -> impl Future<Output = Result<Option<BTreeSet<Digest>>, Unavailable>> + Send;

    /// The inclusion proof of the entry `index` under a published checkpoint.
    ///
    /// # Errors
    /// When the tree can't be read.
    fn proof(
        &self,
        index: u64,
        under: CheckpointRef,
    ) -> impl Future<Output = Result<Vec<Digest>, Unavailable>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_stand_in_a_header() {
        for good in [
            "https://dissent.rivers.example",
            "http://127.0.0.1:8080",
            "http://[::1]:80/a/b~c",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///x",
            "ftp://rivers.example",
            "https://rivers.example/",
            "https://rivers.example; script-src *",
            "https://rivers.example,https://other",
            "https://a@b",
            "https://rivers.example/\"",
            "https://rivers.example/?q",
            "https://rivers.example/#f",
            "https://rivers.example\n",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
