//! A profile: the rules of one institution's channel, as one TOML file.
//!
//! `docs/profiles.md` says what each field means. The text itself is kept, because the record holds
//! it and [`Profile::digest`] commits to every byte of it, comments included.

mod fields;
mod parse;
mod slug;
#[cfg(test)]
mod tests;

use demur_encoding::{Digest, Time, hash};

use crate::calendar::{Calendar, DueDate, Term};

pub use fields::{MAX_SECONDS, MAX_TEXT_BYTES, NOTE_BYTES_MAX, NOTE_BYTES_MIN, OPAQUE_SLOTS_MAX};
pub use parse::{MAX_LIST, PROFILE_BYTES_MAX, ProfileError};
pub use slug::{ParseSlugError, SLUG_BYTES_MAX, Slug};

/// An institution's rules.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Profile {
    /// `profile.id`.
    pub id: Slug,
    /// `profile.version`: 1 for the first profile of a record, then one more each time.
    pub version: u32,
    /// `profile.name`: the channel's name, for people.
    pub name: String,
    /// `profile.institution`.
    pub institution: String,
    /// `profile.sources`: where the rules stand, each cited.
    pub sources: Vec<String>,
    /// Who may use the channel, and for what.
    pub scope: Scope,
    /// How portions are marked.
    pub marking: MarkingRules,
    /// Which days count.
    pub calendar: Calendar,
    /// What the office owes, and by when.
    pub deadlines: Deadlines,
    /// Roster rules.
    pub roster: RosterRules,
    /// Sign-on rules.
    pub signing: SigningRules,
    /// Rules of the public record.
    pub record: RecordRules,
    /// Rules of drafts.
    pub draft: DraftRules,
    /// Rules of cases.
    pub case: CaseRules,
    /// What may be published of a text.
    pub disclosure: DisclosureRules,
    /// The distribution list: to whom a memo can go. Identifiers are distinct.
    pub distribution: Vec<Principal>,
    text: String,
}

impl Profile {
    /// The file, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `H("demur/profile", text)`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        hash("demur/profile", &[self.text.as_bytes()])
    }

    /// When a term that starts with an event at `start` is over: [`Calendar::due`].
    #[must_use]
    pub fn due(&self, start: Time, term: Term) -> DueDate {
        self.calendar.due(start, term)
    }

    /// The reason for a return with this code.
    #[must_use]
    pub fn reason(&self, code: &str) -> Option<&Reason> {
        self.scope
            .reasons
            .iter()
            .find(|reason| reason.code.as_str() == code)
    }

    /// The official with this identifier.
    #[must_use]
    pub fn principal(&self, id: &str) -> Option<&Principal> {
        self.distribution
            .iter()
            .find(|principal| principal.id.as_str() == id)
    }

    /// Those to whom every memo goes.
    pub fn default_distribution(&self) -> impl Iterator<Item = &Principal> {
        self.distribution.iter().filter(|p| p.default)
    }
}

/// `[scope]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scope {
    /// Who may use the channel, and for what, in words.
    pub text: String,
    /// Why a memo may be returned as out of scope; at least one, codes distinct.
    pub reasons: Vec<Reason>,
}

/// `[[scope.reasons]]`: one reason for a return.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reason {
    /// What the record shows.
    pub code: Slug,
    /// The reason in words.
    pub text: String,
    /// Where to go instead.
    pub elsewhere: String,
}

/// `[marking]`. The words are those that `demur_memo`'s marking rules take.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MarkingRules {
    /// The scheme.
    pub scheme: MarkingScheme,
    /// The highest level that the system is accredited for. `U`, `SBU`, `C`, `S` or `TS` in scheme
    /// `state`; `U` or `CUI` in scheme `cui`.
    pub ceiling: String,
    /// Dissemination words (`state`) or categories (`cui`) that are refused.
    pub forbidden: Vec<String>,
    /// What becomes of a portion without a marking.
    pub unmarked: Unmarked,
}

/// A marking scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkingScheme {
    /// The Department of State's levels and dissemination words.
    State,
    /// Controlled Unclassified Information (32 CFR 2002).
    Cui,
}

impl MarkingScheme {
    /// As the file has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Cui => "cui",
        }
    }

    /// The ceilings of the scheme, lowest first.
    #[must_use]
    pub const fn ceilings(self) -> &'static [&'static str] {
        match self {
            Self::State => &["U", "SBU", "C", "S", "TS"],
            Self::Cui => &["U", "CUI"],
        }
    }
}

/// What becomes of a portion without a marking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unmarked {
    /// The memo is refused.
    Refuse,
    /// It is unclassified.
    InheritLowest,
}

impl Unmarked {
    /// As the file has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::InheritLowest => "inherit-lowest",
        }
    }
}

/// `[deadlines]`, each counted from the filing.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Deadlines {
    /// By when receipt is acknowledged.
    pub acknowledge: Term,
    /// By when there is normally a response, where the rules know such a term.
    pub respond: Option<Term>,
    /// By when there is a response in any case.
    pub respond_at_most: Term,
}

/// `[roster]`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RosterRules {
    /// The fewest members in a published cohort.
    pub cohort_floor: u32,
    /// How old an edition must be before a memo can be pinned to it, in seconds.
    pub min_age_seconds: u64,
    /// How many memos one member can open in a calendar month (of the profile's time zone).
    pub openings_per_month: u32,
}

/// `[signing]`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SigningRules {
    /// How long a version must have stood before it can be signed, in seconds.
    pub quiet_period_seconds: u64,
    /// How long after filing sign-ons are accepted, in seconds; 0: not at all.
    pub late_seconds: u64,
    /// The longest that a sign-on may be valid before it is recorded, in seconds.
    pub expiry_max_seconds: u64,
    /// The size in bytes of the plaintext of every sealed note.
    pub note_bytes: u32,
}

/// `[record]`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RecordRules {
    /// Seconds from batch to batch.
    pub interval_seconds: u64,
    /// Digests in each opaque batch: 2 to [`OPAQUE_SLOTS_MAX`].
    pub opaque_slots: u32,
    /// The longest from a promise to its keeping, in seconds; at least the interval.
    pub promise_max_delay_seconds: u64,
}

/// `[draft]`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DraftRules {
    /// Days without an event after which an unfiled memo lapses and is erased.
    pub lapse_days: u32,
}

/// `[case]`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CaseRules {
    /// Calendar days after a response in which the authors may reply to it.
    pub rejoin_days: u32,
}

/// `[disclosure]`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DisclosureRules {
    /// Which fingerprint of the text the authors may choose to publish.
    pub fingerprint: Fingerprint,
}

/// Which fingerprint of a text may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fingerprint {
    /// None.
    None,
    /// One over the whole text.
    WholeText,
}

/// `[[distribution]]`: one official to whom a memo can go.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// What the record shows.
    pub id: Slug,
    /// The office, for people.
    pub title: String,
    /// Whether every memo goes there.
    pub default: bool,
}
