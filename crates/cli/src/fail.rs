//! How a command ends when it does not end well.

use std::{fmt, process::ExitCode};

/// Why a command did not do what was asked; the kind decides the exit code (DESIGN, section 5).
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A negative verdict: altered, audit failed, not found. Exit code 1.
    Negative,
    /// Bad input or usage. Exit code 2.
    Input,
    /// Storage or network. Exit code 3.
    Outside,
}

/// What a command returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// The answer is no.
    pub(crate) fn negative(message: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Negative,
            message: message.to_string(),
        }
    }

    /// What was given can't be used; the message says what, where, and what to do.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Input,
            message: message.to_string(),
        }
    }

    /// A file, a disk or a network did not do its part.
    pub(crate) fn outside(message: impl fmt::Display) -> Self {
        Self {
            kind: Kind::Outside,
            message: message.to_string(),
        }
    }

    /// The same with a line in front that says what was being done.
    pub(crate) fn during(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Whether it is of a file, a disk or a network.
    pub(crate) fn is_outside(&self) -> bool {
        self.kind == Kind::Outside
    }

    /// 1, 2 or 3.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Negative => 1,
            Kind::Input => 2,
            Kind::Outside => 3,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
