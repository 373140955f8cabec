//! What a statement means: scopes and messages.
//!
//! A scope is what a nullifier counts in, a message what the member says. Both are computed by
//! every device and verifier from public facts, never taken from others. All are
//! `H512("demur/scope" | "demur/message", parts...)` reduced to an [`Element`]; integers are
//! big-endian. `docs/protocol.md`, section 6, has the lists of parts.

mod month;

use std::fmt;

use demur_encoding::{Digest, Time, hash_wide};
use serde::{Deserialize, Serialize};

pub use self::month::{Month, ParseMonthError};

use crate::{Element, Statement, Tree};

/// A member's act on a version of a memo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Join it.
    Sign,
    /// Take back what stood before.
    Withdraw,
    /// Transmit with approval, without signing.
    Endorse,
}

impl Action {
    /// The word in messages and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Withdraw => "withdraw",
            Self::Endorse => "endorse",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a proof is for. A proof of one kind is no proof of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An anonymous act, on cohort "all" and at most one other.
    SignOn,
    /// The same act on the member's own tree of one, sealed to the office.
    Named,
    /// Authorship shown to a named audience, on the tree of one.
    Claim,
    /// The opening of a memo.
    Opening,
}

impl Kind {
    /// The word in scopes and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignOn => "sign-on",
            Self::Named => "named",
            Self::Claim => "claim",
            Self::Opening => "opening",
        }
    }
}

/// The audience of a named sign-on.
pub const OFFICE: &str = "office";

/// A checkpoint that the record published: the tree's size and root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The number of entries.
    pub size: u64,
    /// The root of the record's tree.
    pub hash: Digest,
}

/// The scope of all acts on one memo: sign-ons, named or not, and claims have one nullifier.
///
/// `edition_root` is the root of cohort "all" of the edition that the memo is pinned to, `memo`
/// the memo's identifier.
#[must_use]
pub fn memo_scope(origin: &str, edition_root: Element, memo: Digest) -> Element {
    Element::from_wide(&hash_wide(
        "demur/scope",
        &[
            Kind::SignOn.as_str().as_bytes(),
            origin.as_bytes(),
            &edition_root.to_bytes(),
            memo.as_ref(),
        ],
    ))
}

/// The scope of opening a memo: a member opens one for each `counter` and month. The profile
/// bounds the counter. No edition is in it, or each edition would give the month's openings anew.
#[must_use]
pub fn opening_scope(origin: &str, month: &Month, counter: u32) -> Element {
    Element::from_wide(&hash_wide(
        "demur/scope",
        &[
            Kind::Opening.as_str().as_bytes(),
            origin.as_bytes(),
            month.as_str().as_bytes(),
            &counter.to_be_bytes(),
        ],
    ))
}

/// A cohort that an act shows beside cohort "all".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownCohort<'a> {
    /// Its name: what is counted.
    pub name: &'a str,
    /// The root of its tree in the memo's edition: what is proved.
    pub root: Element,
}

/// A member's act and all that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOnContext<'a> {
    /// The log's name.
    pub origin: &'a str,
    /// The root of cohort "all" of the memo's edition.
    pub edition_root: Element,
    /// The memo's identifier.
    pub memo: Digest,
    /// The content root of the version acted on.
    pub content_root: Digest,
    /// The number of that version.
    pub version: u64,
    /// What is done.
    pub action: Action,
    /// The member's sequence number on this memo: 1, 2, 3.
    pub seq: u64,
    /// A checkpoint that the member's device accepted.
    pub checkpoint: Checkpoint,
    /// Recorded later than this, the act is void.
    pub expires: Time,
}

impl SignOnContext<'_> {
    /// The scope of the act, [`memo_scope`].
    #[must_use]
    pub fn scope(&self) -> Element {
        memo_scope(self.origin, self.edition_root, self.memo)
    }

    /// The message of an anonymous act that shows `cohort` beside the edition's root, with
    /// a note whose sealed bytes have the SHA-256 `note`.
    #[must_use]
    pub fn message(&self, cohort: Option<ShownCohort<'_>>, note: Digest) -> Element {
        let name = cohort.map_or("", |cohort| cohort.name);
        self.message_of(Kind::SignOn, &self.roots(cohort), name, note, "")
    }

    /// The statements of an anonymous act's proofs, in their order: cohort "all", then the
    /// cohort shown, if any. They have one nullifier, scope and message.
    #[must_use]
    pub fn statements(
        &self,
        nullifier: Element,
        cohort: Option<ShownCohort<'_>>,
        note: Digest,
    ) -> Vec<Statement> {
        let (scope, message) = (self.scope(), self.message(cohort, note));
        self.roots(cohort)
            .into_iter()
            .map(|root| Statement {
                root,
                nullifier,
                scope,
                message,
            })
            .collect()
    }

    /// The message of the named proof that goes into the note, on the tree of `leaf` alone. The
    /// note's digest in it is zero, as the note holds the proof.
    #[must_use]
    pub fn named_message(&self, root_of_one: Element) -> Element {
        let note = Digest::new([0; 32]);
        self.message_of(Kind::Named, &[root_of_one], "", note, OFFICE)
    }

    /// The statement of the named proof of the member with `leaf`; `None` if the leaf is zero.
    #[must_use]
    pub fn named_statement(&self, leaf: Element, nullifier: Element) -> Option<Statement> {
        let root = Tree::of_one(leaf).ok()?.root();
        Some(Statement {
            root,
            nullifier,
            scope: self.scope(),
            message: self.named_message(root),
        })
    }

    fn roots(&self, cohort: Option<ShownCohort<'_>>) -> Vec<Element> {
        let cohort = cohort.map(|cohort| cohort.root);
        [self.edition_root].into_iter().chain(cohort).collect()
    }

    fn message_of(
        &self,
        kind: Kind,
        roots: &[Element],
        cohort: &str,
        note: Digest,
        audience: &str,
    ) -> Element {
        Message {
            kind,
            origin: self.origin,
            memo: self.memo,
            content_root: self.content_root,
            version: self.version,
            action: self.action.as_str(),
            seq: self.seq,
            roots,
            cohort,
            note,
            audience,
            checkpoint: self.checkpoint,
            expires: self.expires,
        }
        .element()
    }
}

/// A claim of authorship: it is shown to an audience, never recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimContext<'a> {
    /// The log's name.
    pub origin: &'a str,
    /// The root of cohort "all" of the memo's edition.
    pub edition_root: Element,
    /// The memo's identifier.
    pub memo: Digest,
    /// The content root of the version that the claim speaks of.
    pub content_root: Digest,
    /// The number of that version.
    pub version: u64,
    /// Whom it is for, in words. It convinces nobody else that it was meant for them.
    pub audience: &'a str,
    /// A checkpoint under which the member's sign-on stands.
    pub checkpoint: Checkpoint,
    /// The claim says nothing after this.
    pub expires: Time,
}

impl ClaimContext<'_> {
    /// The scope: that of the memo, so that the nullifier is the one in the record.
    #[must_use]
    pub fn scope(&self) -> Element {
        memo_scope(self.origin, self.edition_root, self.memo)
    }

    /// The message, on the tree of one with `root_of_one`.
    #[must_use]
    pub fn message(&self, root_of_one: Element) -> Element {
        Message {
            kind: Kind::Claim,
            origin: self.origin,
            memo: self.memo,
            content_root: self.content_root,
            version: self.version,
            action: "claim",
            seq: 0,
            roots: &[root_of_one],
            cohort: "",
            note: Digest::new([0; 32]),
            audience: self.audience,
            checkpoint: self.checkpoint,
            expires: self.expires,
        }
        .element()
    }

    /// The statement of the claim by the member with `leaf`; `None` if the leaf is zero.
    #[must_use]
    pub fn statement(&self, leaf: Element, nullifier: Element) -> Option<Statement> {
        let root = Tree::of_one(leaf).ok()?.root();
        Some(Statement {
            root,
            nullifier,
            scope: self.scope(),
            message: self.message(root),
        })
    }
}

/// The opening of a memo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningContext<'a> {
    /// The log's name.
    pub origin: &'a str,
    /// The root of cohort "all" of the edition that the memo is pinned to.
    pub edition_root: Element,
    /// The month of the opening.
    pub month: &'a Month,
    /// Which of the member's openings in that month.
    pub counter: u32,
    /// The memo's identifier, which binds the opening's body with the authors' keys.
    pub memo: Digest,
    /// A checkpoint that the author's device accepted.
    pub checkpoint: Checkpoint,
    /// Recorded later than this, the opening is void.
    pub expires: Time,
}

impl OpeningContext<'_> {
    /// The scope, [`opening_scope`].
    #[must_use]
    pub fn scope(&self) -> Element {
        opening_scope(self.origin, self.month, self.counter)
    }

    /// The message. Its content root is the memo's identifier, its version 0, its action `open`.
    #[must_use]
    pub fn message(&self) -> Element {
        Message {
            kind: Kind::Opening,
            origin: self.origin,
            memo: self.memo,
            content_root: self.memo,
            version: 0,
            action: "open",
            seq: 0,
            roots: &[self.edition_root],
            cohort: "",
            note: Digest::new([0; 32]),
            audience: "",
            checkpoint: self.checkpoint,
            expires: self.expires,
        }
        .element()
    }

    /// The statement of the opening.
    #[must_use]
    pub fn statement(&self, nullifier: Element) -> Statement {
        Statement {
            root: self.edition_root,
            nullifier,
            scope: self.scope(),
            message: self.message(),
        }
    }
}

/// The parts of a message, in their order.
struct Message<'a> {
    kind: Kind,
    origin: &'a str,
    memo: Digest,
    content_root: Digest,
    version: u64,
    action: &'a str,
    seq: u64,
    roots: &'a [Element],
    cohort: &'a str,
    note: Digest,
    audience: &'a str,
    checkpoint: Checkpoint,
    expires: Time,
}

impl Message<'_> {
    fn element(&self) -> Element {
        let roots: Vec<u8> = self.roots.iter().flat_map(|r| r.to_bytes()).collect();
        let size = self.checkpoint.size.to_be_bytes();
        let checkpoint = [&size[..], self.checkpoint.hash.as_ref()].concat();
        Element::from_wide(&hash_wide(
            "demur/message",
            &[
                self.kind.as_str().as_bytes(),
                self.origin.as_bytes(),
                self.memo.as_ref(),
                self.content_root.as_ref(),
                &self.version.to_be_bytes(),
                self.action.as_bytes(),
                &self.seq.to_be_bytes(),
                &roots,
                self.cohort.as_bytes(),
                self.note.as_ref(),
                self.audience.as_bytes(),
                &checkpoint,
                &self.expires.unix().to_be_bytes(),
            ],
        ))
    }
}

#[cfg(test)]
mod tests;
