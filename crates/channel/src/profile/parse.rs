//! From text to [`Profile`].

use std::{collections::BTreeSet, ops::Range, str::FromStr};

use demur_encoding::canonical;
use serde::Deserialize;
use toml::Spanned;

use super::{
    CaseRules, Deadlines, DisclosureRules, DraftRules, MarkingRules, Principal, Profile, Reason,
    RecordRules, RosterRules, Scope, SigningRules, Slug,
    fields::{CivilDate, check_text, text, version},
};
use crate::calendar::{Calendar, Holidays, Kind, Term};

/// The largest profile in bytes, written as a JSON string: it must fit into an entry of the
/// record (65,535 bytes) beside the entry's other fields.
pub const PROFILE_BYTES_MAX: usize = 65_000;
/// The most sources, reasons, principals or forbidden markings.
pub const MAX_LIST: usize = 64;

/// Why a text is not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Over [`PROFILE_BYTES_MAX`].
    #[error("the profile has {0} bytes as JSON; at most {PROFILE_BYTES_MAX} fit into the record")]
    TooLong(usize),
    /// Not TOML, a field missing, unknown or out of its range, or fields that contradict each
    /// other.
    #[error("line {line}, column {column}: {problem}")]
    At {
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
        /// What is wrong, and what to do.
        problem: String,
    },
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        Self::parse(text)
    }
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// When `text` is not a profile: says where, what is wrong and what to do.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        // A JSON string is never shorter than its text, so a longer one need not be written.
        let json = if text.len() > PROFILE_BYTES_MAX {
            text.len()
        } else {
            canonical::to_vec(text).map_or(text.len(), |json| json.len())
        };
        if json > PROFILE_BYTES_MAX {
            return Err(ProfileError::TooLong(json));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            at(text, span, advise(error.message()))
        })?;
        file.into_profile(text)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Spanned<Head>,
    scope: Spanned<ScopeFields>,
    marking: Spanned<MarkingRules>,
    calendar: Spanned<CalendarFields>,
    deadlines: Spanned<Deadlines>,
    roster: RosterRules,
    signing: SigningRules,
    record: Spanned<RecordRules>,
    draft: DraftRules,
    case: CaseRules,
    disclosure: DisclosureRules,
    distribution: Vec<Spanned<Principal>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: Slug,
    #[serde(deserialize_with = "version")]
    version: u32,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    institution: String,
    sources: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeFields {
    #[serde(deserialize_with = "text")]
    text: String,
    reasons: Vec<Spanned<Reason>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFields {
    kind: Kind,
    timezone: String,
    holidays: Holidays,
    #[serde(default)]
    extra_closed: Vec<CivilDate>,
    #[serde(default)]
    extra_open: Vec<CivilDate>,
}

impl File {
    fn into_profile(self, text: &str) -> Result<Profile, ProfileError> {
        let Self {
            profile,
            scope,
            marking,
            calendar,
            deadlines,
            record,
            distribution,
            ..
        } = self;

        let place = profile.span();
        let head = profile.into_inner();
        count(text, place, "profile.sources", head.sources.len())?;
        let sources = head
            .sources
            .into_iter()
            .map(|source| {
                check_text(source.get_ref()).map_err(|why| at(text, source.span(), why))?;
                Ok(source.into_inner())
            })
            .collect::<Result<_, _>>()?;

        let place = scope.span();
        let ScopeFields {
            text: scope_text,
            reasons,
        } = scope.into_inner();
        count(text, place, "scope.reasons", reasons.len())?;
        distinct(text, &reasons, |reason| &reason.code)?;
        let scope = Scope {
            text: scope_text,
            reasons: reasons.into_iter().map(Spanned::into_inner).collect(),
        };

        let rules = marking.get_ref();
        let ceilings = rules.scheme.ceilings();
        if !ceilings.contains(&rules.ceiling.as_str()) {
            let problem = format!(
                "marking.ceiling is not one of scheme \"{}\"; use {}",
                rules.scheme.as_str(),
                ceilings.join(", ")
            );
            return Err(at(text, marking.span(), problem));
        }
        if rules.forbidden.len() > MAX_LIST {
            let problem = format!("marking.forbidden has over {MAX_LIST} words; shorten it");
            return Err(at(text, marking.span(), problem));
        }

        let place = calendar.span();
        let calendar = calendar
            .into_inner()
            .build()
            .map_err(|problem| at(text, place, problem))?;
        check_deadlines(deadlines.get_ref(), &calendar)
            .map_err(|problem| at(text, deadlines.span(), problem))?;

        let rules = record.get_ref();
        if rules.promise_max_delay_seconds < rules.interval_seconds {
            let problem = "record.promise_max_delay_seconds is below interval_seconds: no promise \
                           could be kept; raise it";
            return Err(at(text, record.span(), problem));
        }

        let place = distribution.first().map_or(0..0, Spanned::span);
        count(text, place, "distribution", distribution.len())?;
        distinct(text, &distribution, |principal| &principal.id)?;
        if !distribution.iter().any(|p| p.get_ref().default) {
            let place = distribution.first().map_or(0..0, Spanned::span);
            let problem = "no principal has default = true: a memo would go to nobody by itself; \
                           give it to at least one";
            return Err(at(text, place, problem));
        }

        Ok(Profile {
            id: head.id,
            version: head.version,
            name: head.name,
            institution: head.institution,
            sources,
            scope,
            marking: marking.into_inner(),
            calendar,
            deadlines: deadlines.into_inner(),
            roster: self.roster,
            signing: self.signing,
            record: record.into_inner(),
            draft: self.draft,
            case: self.case,
            disclosure: self.disclosure,
            distribution: distribution.into_iter().map(Spanned::into_inner).collect(),
            text: text.to_owned(),
        })
    }
}

impl CalendarFields {
    fn build(self) -> Result<Calendar, String> {
        let dates = |list: Vec<CivilDate>| list.into_iter().map(|d| d.0).collect::<Vec<_>>();
        let (closed, open) = (dates(self.extra_closed), dates(self.extra_open));
        Calendar::new(self.kind, &self.timezone, self.holidays, &closed, &open)
            .map_err(|e| format!("[calendar] {e}"))
    }
}

/// A term's unit must be one that the calendar counts, and the later deadline the later one.
fn check_deadlines(deadlines: &Deadlines, calendar: &Calendar) -> Result<(), String> {
    let Deadlines {
        acknowledge,
        respond,
        respond_at_most,
    } = *deadlines;
    let all = [
        ("acknowledge", Some(acknowledge)),
        ("respond", respond),
        ("respond_at_most", Some(respond_at_most)),
    ];
    for (name, term) in all {
        if calendar.kind() == Kind::Calendar && matches!(term, Some(Term::WorkingDays(_))) {
            return Err(format!(
                "deadlines.{name} is in working days, but calendar.kind is \"calendar\"; use days \
                 or months, or kind = \"working\""
            ));
        }
    }
    // Terms in different units can't be compared in general; in one unit they can.
    let longer = |a: Term, b: Term| match (a, b) {
        (Term::WorkingDays(a), Term::WorkingDays(b))
        | (Term::Days(a), Term::Days(b))
        | (Term::Months(a), Term::Months(b)) => a > b,
        _ => false,
    };
    for (name, term) in &all[..2] {
        if term.is_some_and(|term| longer(term, respond_at_most)) {
            return Err(format!(
                "deadlines.{name} is longer than respond_at_most; shorten it"
            ));
        }
    }
    Ok(())
}

fn count(text: &str, place: Range<usize>, name: &str, len: usize) -> Result<(), ProfileError> {
    if (1..=MAX_LIST).contains(&len) {
        return Ok(());
    }
    let problem = format!("{name} has {len} items; give 1 to {MAX_LIST}");
    Err(at(text, place, problem))
}

/// Refuses the second item with a slug.
fn distinct<T>(
    text: &str,
    items: &[Spanned<T>],
    slug: impl Fn(&T) -> &Slug,
) -> Result<(), ProfileError> {
    let mut seen = BTreeSet::new();
    for item in items {
        let slug = slug(item.get_ref());
        if !seen.insert(slug) {
            let problem = format!("\"{slug}\" stands twice; give each its own name");
            return Err(at(text, item.span(), problem));
        }
    }
    Ok(())
}

/// The error at the first byte of `span`.
fn at(text: &str, span: Range<usize>, problem: impl Into<String>) -> ProfileError {
    let before = text.get(..span.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    ProfileError::At {
        line: before.bytes().filter(|b| *b == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        problem: problem.into(),
    }
}

/// Says what to do about errors that serde words.
fn advise(message: &str) -> String {
    let advice = if message.starts_with("missing field") {
        "; add it (docs/profiles.md lists every field)"
    } else if message.starts_with("unknown field") {
        "; correct its name or take it out"
    } else {
        ""
    };
    format!("{message}{advice}")
}
