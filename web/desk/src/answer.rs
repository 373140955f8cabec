//! What a page or a form is answered with.

use askama::Template;
use demur_client::{device::SyncError, transport::CallError};

use crate::platform::StorageError;

/// A file that the person keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The document's title.
    pub title: String,
    /// HTML, escaped; empty where only something is told or downloaded.
    pub html: String,
    /// The element whose content it is; the whole desk where `None`.
    pub target: Option<String>,
    /// The address that the page has now; never with a fragment.
    pub address: Option<String>,
    /// A file to keep.
    pub download: Option<Download>,
    /// What went wrong. Where there is no HTML nothing else changes then, and what was typed stays.
    pub trouble: Option<String>,
    /// An action that is due as soon as this is shown.
    pub then: Option<String>,
    /// Whether something is unlocked, which can be locked.
    pub unlocked: bool,
}

impl Answer {
    /// A page.
    pub(crate) fn page(title: &str, template: &impl Template) -> Result<Self, Trouble> {
        Ok(Self {
            title: title.to_owned(),
            html: render(template)?,
            ..Self::default()
        })
    }

    /// A part of the page.
    pub(crate) fn part(target: &str, template: &impl Template) -> Result<Self, Trouble> {
        Ok(Self {
            html: render(template)?,
            target: Some(target.to_owned()),
            ..Self::default()
        })
    }

    /// A file alone; the page stays.
    pub(crate) fn file(name: impl Into<String>, kind: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            download: Some(Download {
                name: name.into(),
                kind,
                bytes,
            }),
            ..Self::default()
        }
    }

    pub(crate) fn at(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    pub(crate) fn then(mut self, action: &str) -> Self {
        self.then = Some(action.to_owned());
        self
    }
}

pub(crate) fn render(template: &impl Template) -> Result<String, Trouble> {
    template.render().map_err(Trouble::other)
}

/// Why a page or a form has no answer. What is told never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The key store must be unlocked first.
    Locked,
    /// The account must be signed in first.
    #[cfg(feature = "full")]
    SignIn,
    /// There is nothing at that address.
    NoPage,
    /// What was typed, what the server says, what is wrong.
    Told(String),
}

impl Trouble {
    /// What the person gave can't be used.
    pub(crate) fn input(why: impl std::fmt::Display) -> Self {
        Self::Told(why.to_string())
    }

    /// Something else failed.
    pub(crate) fn other(why: impl std::fmt::Display) -> Self {
        Self::Told(why.to_string())
    }
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        Self::other(error)
    }
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused { problem, .. } => {
                Self::Told(format!("The channel's server refused: {}", problem.message))
            }
            CallError::Transport { .. } => Self::Told(
                "The channel's server did not answer. Nothing is lost: try again.".to_owned(),
            ),
            other => Self::other(other),
        }
    }
}

impl From<SyncError> for Trouble {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Call(error) => error.into(),
            SyncError::Fork(_) => Self::Told(format!(
                "{error}. Both checkpoints are kept on this device as evidence: show them to the overseer."
            )),
            error => Self::Told(format!("The public record is not to be trusted: {error}")),
        }
    }
}
