//! Trust policies: which logs and witnesses a device believes.
//!
//! Format: [C2SP tlog-policy](https://c2sp.org/tlog-policy). Read as UTF-8, which the
//! specification recommends but does not demand.

use std::{collections::BTreeSet, fmt, str::FromStr};

use demur_encoding::Time;

use crate::{
    checkpoint::{Checkpoint, CheckpointError, OpenNote, parse_decimal},
    keys::{KeyKind, ParseKeyError, VerifierKey},
};

/// The longest policy that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// The most logs, witnesses or groups of a policy, each.
pub const MAX_POLICY_ITEMS: usize = 64;

/// A `log` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its key; the key's name is the log's origin.
    pub key: VerifierKey,
    /// Where it can be reached.
    pub url: Option<String>,
}

/// A `witness` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// What the policy calls it.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it can be reached.
    pub url: Option<String>,
}

/// A `group` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What the policy calls it.
    pub name: String,
    /// How many members must have witnessed a checkpoint.
    pub threshold: usize,
    /// Names of witnesses and earlier groups.
    pub members: Vec<String>,
}

/// A trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    /// The name of a witness or group; `None` for `quorum none`.
    quorum: Option<String>,
}

/// Why a text is not a policy, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ParsePolicyError {
    /// From 1; one past the last where something is missing.
    pub line: usize,
    /// What is wrong.
    pub problem: PolicyProblem,
}

/// What is wrong in a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// Longer than [`MAX_POLICY_BYTES`].
    #[error("the policy is longer than {MAX_POLICY_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_POLICY_ITEMS`] logs, witnesses or groups.
    #[error("more than {MAX_POLICY_ITEMS} lines of one kind")]
    TooMany,
    /// A control character other than tab and newline.
    #[error("a control character")]
    Control,
    /// A line of an unknown kind.
    #[error("expected log, witness, group or quorum, found {0:?}")]
    Keyword(String),
    /// A line with too few or too many words.
    #[error("expected: {0}")]
    Words(&'static str),
    /// A key that can't be read.
    #[error(transparent)]
    Key(#[from] ParseKeyError),
    /// A log's key in a witness line or the other way about.
    #[error("the key of a log has type 0x01, that of a witness 0x04")]
    Kind,
    /// A key that stands in an earlier line.
    #[error("this key stands in an earlier line")]
    DuplicateKey,
    /// A name that was given before, or `none`.
    #[error("the name {0:?} is taken")]
    DuplicateName(String),
    /// A name that no earlier line gives.
    #[error("no witness or group {0:?} stands in an earlier line")]
    UnknownName(String),
    /// A member of two groups, or twice of one.
    #[error("{0:?} is already a member of a group")]
    MemberTwice(String),
    /// A threshold below 1 or above the number of members.
    #[error("expected all, any, or a number from 1 to {0}, found {1:?}")]
    Threshold(usize, String),
    /// A second quorum line.
    #[error("there is a quorum line already")]
    SecondQuorum,
    /// No quorum line.
    #[error("the quorum line is missing")]
    NoQuorum,
}

/// A checkpoint that a policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The time by which enough witnesses had cosigned: the earliest at which the cosignatures until then satisfy the
    /// quorum, or of any witness of the policy where it asks for no quorum; `None` where none of them
    /// cosigned, which only `quorum none` accepts.
    pub time: Option<Time>,
    /// The witnesses that cosigned, by the policy's names, in the policy's order.
    pub witnesses: Vec<(String, Time)>,
}

/// Why a policy doesn't accept a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not a checkpoint, or a wrong signature by a known key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The policy names no log.
    #[error("the policy names no log")]
    NoLog,
    /// No log of the policy has that origin and signed it.
    #[error("the policy does not know the log {0:?}, or its key did not sign this checkpoint")]
    UnknownLog(String),
    /// Lines after origin, size and hash.
    #[error("the checkpoint has extension lines, which Demur's logs never write")]
    Extension,
    /// Too few witnesses.
    #[error("the quorum {quorum:?} is not met: {} of the policy's witnesses cosigned", have.len())]
    Quorum {
        /// The quorum's name.
        quorum: String,
        /// The witnesses that did cosign.
        have: Vec<String>,
    },
    /// A signature line that is not by a known key, or stands twice ([`Policy::evaluate_exact`]).
    #[error("the file holds signature lines that are not by a key of the policy, or stand twice")]
    Inexact,
}

impl Policy {
    /// A policy of one log and some witnesses, `quorum` of which must cosign (0: `quorum none`).
    ///
    /// # Errors
    /// As when reading the same policy; line numbers are those of its text.
    pub fn simple(
        log: Log,
        witnesses: Vec<Witness>,
        quorum: usize,
    ) -> Result<Self, ParsePolicyError> {
        let members: Vec<_> = witnesses.iter().map(|w| w.name.clone()).collect();
        let grouped = quorum > 0;
        let group = Group {
            name: "witnesses".to_owned(),
            threshold: quorum,
            members,
        };
        let policy = Self {
            logs: vec![log],
            witnesses,
            quorum: grouped.then(|| group.name.clone()),
            groups: if grouped { vec![group] } else { vec![] },
        };
        policy.to_string().parse()
    }

    /// A policy that trusts a log by its key alone and asks for no witness.
    ///
    /// # Errors
    /// As [`Self::simple`].
    pub fn of_key(key: VerifierKey) -> Result<Self, ParsePolicyError> {
        Self::simple(Log { key, url: None }, Vec::new(), 0)
    }

    /// The logs.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The name of the witness or group that must cosign; `None` for `quorum none`.
    #[must_use]
    pub fn quorum(&self) -> Option<&str> {
        self.quorum.as_deref()
    }

    /// Whether the policy accepts the checkpoint in `note`. Signatures by other keys are not
    /// looked at, as C2SP signed-note demands.
    ///
    /// # Errors
    /// The reason why not.
    pub fn evaluate(&self, note: &[u8]) -> Result<Accepted, Refusal> {
        self.evaluate_note(note).map(|(accepted, _)| accepted)
    }

    /// [`Self::evaluate`], and every byte of the file must count: no signature line by another
    /// key, none twice. For audits.
    ///
    /// # Errors
    /// The reason why not.
    pub fn evaluate_exact(&self, note: &[u8]) -> Result<Accepted, Refusal> {
        match self.evaluate_note(note)? {
            (accepted, true) => Ok(accepted),
            (_, false) => Err(Refusal::Inexact),
        }
    }

    fn evaluate_note(&self, note: &[u8]) -> Result<(Accepted, bool), Refusal> {
        if self.logs.is_empty() {
            return Err(Refusal::NoLog);
        }
        let logs = self.logs.iter().map(|log| log.key.clone());
        let witnesses = self.witnesses.iter().map(|witness| witness.key.clone());
        let opened = OpenNote::open(note, &logs.chain(witnesses).collect::<Vec<_>>())?;
        let checkpoint = Checkpoint::from_text(&opened.text)?;
        if !checkpoint.extension.is_empty() {
            return Err(Refusal::Extension);
        }
        let signed = |key: &VerifierKey| {
            opened
                .verified
                .iter()
                .find(|s| s.name() == key.name() && s.id() == key.id())
        };
        let by_log = |log: &&Log| log.key.name() == checkpoint.origin && signed(&log.key).is_some();
        if self.logs.iter().find(by_log).is_none() {
            return Err(Refusal::UnknownLog(checkpoint.origin));
        }
        let mut witnesses = Vec::new();
        for witness in &self.witnesses {
            let time = signed(&witness.key)
                .and_then(|s| witness.key.check(opened.text.as_bytes(), s.signature()))
                .flatten();
            witnesses.extend(time.map(|time| (witness.name.clone(), time)));
        }
        if let Some(quorum) = &self.quorum
            && !self.witnessed(quorum, &witnesses)
        {
            return Err(Refusal::Quorum {
                quorum: quorum.clone(),
                have: witnesses.into_iter().map(|(name, _)| name).collect(),
            });
        }
        let accepted = Accepted {
            checkpoint,
            time: self.witnessed_at(&witnesses),
            witnesses,
        };
        Ok((accepted, opened.exact))
    }

    /// When enough had cosigned: the earliest time by which the cosignatures satisfy the quorum. Fewer witnesses than
    /// that can't date a checkpoint back, whatever their clocks say. The earliest of all where no quorum is asked for.
    fn witnessed_at(&self, have: &[(String, Time)]) -> Option<Time> {
        let mut times: Vec<Time> = have.iter().map(|(_, time)| *time).collect();
        times.sort_unstable();
        let Some(quorum) = &self.quorum else {
            return times.first().copied();
        };
        times.into_iter().find(|at| {
            let by_then: Vec<_> = have
                .iter()
                .filter(|(_, time)| time <= at)
                .cloned()
                .collect();
            self.witnessed(quorum, &by_then)
        })
    }

    /// Whether the witness or group `name` has witnessed. Groups name earlier lines only, so that
    /// this ends.
    fn witnessed(&self, name: &str, have: &[(String, Time)]) -> bool {
        match self.groups.iter().find(|group| group.name == name) {
            None => have.iter().any(|(witness, _)| witness == name),
            Some(group) => {
                let members = group.members.iter();
                members.filter(|m| self.witnessed(m, have)).count() >= group.threshold
            }
        }
    }
}

impl FromStr for Policy {
    type Err = ParsePolicyError;

    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        let fail = |line, problem| ParsePolicyError { line, problem };
        if text.len() > MAX_POLICY_BYTES {
            return Err(fail(1, PolicyProblem::TooLong));
        }
        let mut parser = Parser::default();
        for (i, line) in text.split('\n').enumerate() {
            parser.line(line).map_err(|problem| fail(i + 1, problem))?;
        }
        let last = text.split('\n').count();
        let quorum = parser
            .quorum
            .ok_or_else(|| fail(last, PolicyProblem::NoQuorum))?;
        Ok(Self {
            logs: parser.logs,
            witnesses: parser.witnesses,
            groups: parser.groups,
            quorum,
        })
    }
}

#[derive(Default)]
struct Parser {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Option<String>>,
    members: BTreeSet<String>,
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<(), PolicyProblem> {
        if line.bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f) {
            return Err(PolicyProblem::Control);
        }
        // Spaces and tabs only: other white space is part of a name.
        let words: Vec<_> = line
            .split([' ', '\t'])
            .filter(|word| !word.is_empty())
            .collect();
        let Some((keyword, words)) = words.split_first() else {
            return Ok(());
        };
        match (*keyword, words) {
            (comment, _) if comment.starts_with('#') => Ok(()),
            ("log", [key]) => self.log(key, None),
            ("log", [key, url]) => self.log(key, Some(url)),
            ("log", _) => Err(PolicyProblem::Words("log <vkey> [<url>]")),
            ("witness", [name, key]) => self.witness(name, key, None),
            ("witness", [name, key, url]) => self.witness(name, key, Some(url)),
            ("witness", _) => Err(PolicyProblem::Words("witness <name> <vkey> [<url>]")),
            ("group", [name, threshold, members @ ..]) if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            ("group", _) => Err(PolicyProblem::Words("group <name> all|any|<k> <name>...")),
            ("quorum", [name]) => self.quorum(name),
            ("quorum", _) => Err(PolicyProblem::Words("quorum <name>|none")),
            (other, _) => Err(PolicyProblem::Keyword(other.to_owned())),
        }
    }

    fn log(&mut self, key: &str, url: Option<&&str>) -> Result<(), PolicyProblem> {
        let key: VerifierKey = key.parse()?;
        if key.kind() != KeyKind::Log {
            return Err(PolicyProblem::Kind);
        }
        if self.logs.iter().any(|log| log.key.key() == key.key()) {
            return Err(PolicyProblem::DuplicateKey);
        }
        let url = url.map(|url| (*url).to_owned());
        push(&mut self.logs, Log { key, url })
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&&str>) -> Result<(), PolicyProblem> {
        let key: VerifierKey = key.parse()?;
        if key.kind() != KeyKind::Witness {
            return Err(PolicyProblem::Kind);
        }
        if self.witnesses.iter().any(|w| w.key.key() == key.key()) {
            return Err(PolicyProblem::DuplicateKey);
        }
        let name = self.fresh(name)?;
        let url = url.map(|url| (*url).to_owned());
        push(&mut self.witnesses, Witness { name, key, url })
    }

    fn group(
        &mut self,
        name: &str,
        threshold: &str,
        members: &[&str],
    ) -> Result<(), PolicyProblem> {
        let n = members.len();
        let wrong = || PolicyProblem::Threshold(n, threshold.to_owned());
        let number = match threshold {
            "all" => n,
            "any" => 1,
            k => parse_decimal(k)
                .and_then(|k| usize::try_from(k).ok())
                .filter(|k| (1..=n).contains(k))
                .ok_or_else(wrong)?,
        };
        let name = self.fresh(name)?;
        let mut listed = Vec::new();
        for member in members {
            let member = self.known(member)?;
            if !self.members.insert(member.clone()) {
                return Err(PolicyProblem::MemberTwice(member));
            }
            listed.push(member);
        }
        let group = Group {
            name,
            threshold: number,
            members: listed,
        };
        push(&mut self.groups, group)
    }

    fn quorum(&mut self, name: &str) -> Result<(), PolicyProblem> {
        if self.quorum.is_some() {
            return Err(PolicyProblem::SecondQuorum);
        }
        self.quorum = Some(match name {
            "none" => None,
            name => Some(self.known(name)?),
        });
        Ok(())
    }

    fn is_known(&self, name: &str) -> bool {
        self.witnesses.iter().any(|w| w.name == name) || self.groups.iter().any(|g| g.name == name)
    }

    fn fresh(&self, name: &str) -> Result<String, PolicyProblem> {
        if name == "none" || self.is_known(name) {
            return Err(PolicyProblem::DuplicateName(name.to_owned()));
        }
        Ok(name.to_owned())
    }

    fn known(&self, name: &str) -> Result<String, PolicyProblem> {
        if !self.is_known(name) {
            return Err(PolicyProblem::UnknownName(name.to_owned()));
        }
        Ok(name.to_owned())
    }
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), PolicyProblem> {
    if items.len() == MAX_POLICY_ITEMS {
        return Err(PolicyProblem::TooMany);
    }
    items.push(item);
    Ok(())
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |url: &Option<String>| url.as_ref().map_or_else(String::new, |u| format!(" {u}"));
        for log in &self.logs {
            writeln!(f, "log {}{}", log.key, url(&log.url))?;
        }
        for witness in &self.witnesses {
            writeln!(
                f,
                "witness {} {}{}",
                witness.name,
                witness.key,
                url(&witness.url)
            )?;
        }
        for group in &self.groups {
            writeln!(
                f,
                "group {} {} {}",
                group.name,
                group.threshold,
                group.members.join(" ")
            )?;
        }
        writeln!(f, "quorum {}", self.quorum.as_deref().unwrap_or("none"))
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
