//! From text to [`Profile`].

use std::{ops::Range, str::FromStr};

use demur_encoding::{
    canonical,
    table::{Field, Spanned, Table, TableError},
};

use super::{
    CaseRules, Deadlines, DisclosureRules, DraftRules, Fingerprint, MarkingRules, MarkingScheme,
    NOTE_BYTES_MAX, NOTE_BYTES_MIN, OPAQUE_SLOTS_MAX, Principal, Profile, Reason, RecordRules,
    RosterRules, Scope, SigningRules, Slug, Unmarked,
    fields::{self, civil_date, day_count, positive_seconds, seconds, slug, within_u32},
};
use crate::calendar::{Calendar, Holidays, Kind, MAX_DAYS, MAX_MONTHS, MAX_WORKING_DAYS, Term};

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
        read(text).map_err(|error| placed(text, &error))
    }
}

/// The tables of a profile.
const TABLES: &[&str] = &[
    "profile",
    "scope",
    "marking",
    "calendar",
    "deadlines",
    "roster",
    "signing",
    "record",
    "draft",
    "case",
    "disclosure",
    "distribution",
];

fn read(text: &str) -> Result<Profile, TableError> {
    let mut file = Table::parse(text, TABLES)?;

    let known = &["id", "version", "name", "institution", "sources"];
    let mut head = file.need("profile")?.table(known)?;
    let id = slug(head.need("id")?)?;
    let version = within_u32(&head.need("version")?, 1, 1_000_000)?;
    let name = fields::text(head.need("name")?)?;
    let institution = fields::text(head.need("institution")?)?;
    let sources = head.need("sources")?.array()?;
    count(&head.span(), "profile.sources", sources.len())?;
    let sources = { sources.into_iter().map(fields::text) }.collect::<Result<_, _>>()?;

    let mut scope = file.need("scope")?.table(&["text", "reasons"])?;
    let scope_text = fields::text(scope.need("text")?)?;
    let reasons = scope.need("reasons")?.array()?;
    count(&scope.span(), "scope.reasons", reasons.len())?;
    let scope = Scope {
        text: scope_text,
        reasons: distinct(reasons, reason, |reason| &reason.code)?,
    };

    let marking = marking(file.need("marking")?)?;
    let calendar = calendar(file.need("calendar")?)?;
    let deadlines = deadlines(file.need("deadlines")?, &calendar)?;

    let known = &["cohort_floor", "min_age_seconds", "openings_per_month"];
    let mut table = file.need("roster")?.table(known)?;
    let roster = RosterRules {
        cohort_floor: within_u32(&table.need("cohort_floor")?, 2, 100_000)?,
        min_age_seconds: seconds(&table.need("min_age_seconds")?)?,
        openings_per_month: within_u32(&table.need("openings_per_month")?, 1, 1_000)?,
    };

    let known = &[
        "quiet_period_seconds",
        "late_seconds",
        "expiry_max_seconds",
        "note_bytes",
    ];
    let mut table = file.need("signing")?.table(known)?;
    let signing = SigningRules {
        quiet_period_seconds: seconds(&table.need("quiet_period_seconds")?)?,
        late_seconds: seconds(&table.need("late_seconds")?)?,
        expiry_max_seconds: positive_seconds(&table.need("expiry_max_seconds")?)?,
        note_bytes: within_u32(&table.need("note_bytes")?, NOTE_BYTES_MIN, NOTE_BYTES_MAX)?,
    };

    let record = record(file.need("record")?)?;

    let mut table = file.need("draft")?.table(&["lapse_days"])?;
    let draft = DraftRules {
        lapse_days: day_count(&table.need("lapse_days")?)?,
    };
    let mut table = file.need("case")?.table(&["rejoin_days"])?;
    let case = CaseRules {
        rejoin_days: day_count(&table.need("rejoin_days")?)?,
    };
    let mut table = file.need("disclosure")?.table(&["fingerprint"])?;
    let disclosure = DisclosureRules {
        fingerprint: table.need("fingerprint")?.word(&[
            ("none", Fingerprint::None),
            ("whole-text", Fingerprint::WholeText),
        ])?,
    };

    let distribution = file.need("distribution")?.array()?;
    let place = distribution.first().map_or(0..0, Field::span);
    count(&place, "distribution", distribution.len())?;
    let distribution = distinct(distribution, principal, |principal| &principal.id)?;
    if !distribution.iter().any(|p| p.default) {
        let problem = "no principal has default = true: a memo would go to nobody by itself; \
                       give it to at least one";
        return Err(TableError::new(&place, problem));
    }

    Ok(Profile {
        id,
        version,
        name,
        institution,
        sources,
        scope,
        marking,
        calendar,
        deadlines,
        roster,
        signing,
        record,
        draft,
        case,
        disclosure,
        distribution,
        text: text.to_owned(),
    })
}

fn reason(field: Field<'_>) -> Result<Reason, TableError> {
    let mut table = field.table(&["code", "text", "elsewhere"])?;
    Ok(Reason {
        code: slug(table.need("code")?)?,
        text: fields::text(table.need("text")?)?,
        elsewhere: fields::text(table.need("elsewhere")?)?,
    })
}

fn principal(field: Field<'_>) -> Result<Principal, TableError> {
    let mut table = field.table(&["id", "title", "default"])?;
    let default = table.take("default").map(|field| field.boolean());
    Ok(Principal {
        id: slug(table.need("id")?)?,
        title: fields::text(table.need("title")?)?,
        default: default.transpose()?.unwrap_or(false),
    })
}

fn marking(field: Field<'_>) -> Result<MarkingRules, TableError> {
    let mut table = field.table(&["scheme", "ceiling", "forbidden", "unmarked"])?;
    let schemes = [MarkingScheme::State, MarkingScheme::Cui].map(|s| (s.as_str(), s));
    let unmarked = [Unmarked::Refuse, Unmarked::InheritLowest].map(|u| (u.as_str(), u));
    let scheme = table.need("scheme")?.word(&schemes)?;
    let ceiling = table.need("ceiling")?.string()?.into_inner();
    let forbidden = table.take("forbidden").map(Field::strings);
    let forbidden = forbidden.transpose()?.unwrap_or_default();
    let unmarked = table.need("unmarked")?.word(&unmarked)?;
    let ceilings = scheme.ceilings();
    if !ceilings.contains(&ceiling.as_str()) {
        let problem = format!(
            "marking.ceiling is not one of scheme \"{}\"; use {}",
            scheme.as_str(),
            ceilings.join(", ")
        );
        return Err(TableError::new(&table.span(), problem));
    }
    if forbidden.len() > MAX_LIST {
        let problem = format!("marking.forbidden has over {MAX_LIST} words; shorten it");
        return Err(TableError::new(&table.span(), problem));
    }
    Ok(MarkingRules {
        scheme,
        ceiling,
        forbidden: forbidden.into_iter().map(Spanned::into_inner).collect(),
        unmarked,
    })
}

fn calendar(field: Field<'_>) -> Result<Calendar, TableError> {
    let known = &["kind", "timezone", "holidays", "extra_closed", "extra_open"];
    let mut table = field.table(known)?;
    let kind = table
        .need("kind")?
        .word(&[("working", Kind::Working), ("calendar", Kind::Calendar)])?;
    let timezone = table.need("timezone")?.string()?;
    let holidays = table.need("holidays")?.word(&[
        ("us-federal", Holidays::UsFederal),
        ("none", Holidays::None),
    ])?;
    let mut dates = |name: &str| -> Result<Vec<_>, TableError> {
        let list = table.take(name).map(Field::array).transpose()?;
        list.unwrap_or_default().iter().map(civil_date).collect()
    };
    let (closed, open) = (dates("extra_closed")?, dates("extra_open")?);
    Calendar::new(kind, timezone.get_ref(), holidays, &closed, &open)
        .map_err(|e| TableError::new(&table.span(), format!("[calendar] {e}")))
}

fn term(field: Field<'_>) -> Result<Term, TableError> {
    let mut table = field.table(&["working_days", "days", "months"])?;
    let span = table.span();
    let units = ["working_days", "days", "months"].map(|name| table.take(name));
    match units {
        [Some(n), None, None] => within_u32(&n, 1, MAX_WORKING_DAYS).map(Term::WorkingDays),
        [None, Some(n), None] => within_u32(&n, 1, MAX_DAYS).map(Term::Days),
        [None, None, Some(n)] => within_u32(&n, 1, MAX_MONTHS).map(Term::Months),
        _ => {
            let problem = "a term has one unit: give working_days, days or months";
            Err(TableError::new(&span, problem))
        }
    }
}

fn deadlines(field: Field<'_>, calendar: &Calendar) -> Result<Deadlines, TableError> {
    let mut table = field.table(&["acknowledge", "respond", "respond_at_most"])?;
    let deadlines = Deadlines {
        acknowledge: term(table.need("acknowledge")?)?,
        respond: table.take("respond").map(term).transpose()?,
        respond_at_most: term(table.need("respond_at_most")?)?,
    };
    check_deadlines(&deadlines, calendar).map_err(|why| TableError::new(&table.span(), why))?;
    Ok(deadlines)
}

fn record(field: Field<'_>) -> Result<RecordRules, TableError> {
    let known = &[
        "interval_seconds",
        "opaque_slots",
        "promise_max_delay_seconds",
    ];
    let mut table = field.table(known)?;
    let rules = RecordRules {
        interval_seconds: positive_seconds(&table.need("interval_seconds")?)?,
        // A version takes two.
        opaque_slots: within_u32(&table.need("opaque_slots")?, 2, OPAQUE_SLOTS_MAX)?,
        promise_max_delay_seconds: positive_seconds(&table.need("promise_max_delay_seconds")?)?,
    };
    if rules.promise_max_delay_seconds < rules.interval_seconds {
        let problem = "record.promise_max_delay_seconds is below interval_seconds: no promise \
                       could be kept; raise it";
        return Err(TableError::new(&table.span(), problem));
    }
    Ok(rules)
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

fn count(place: &Range<usize>, name: &str, len: usize) -> Result<(), TableError> {
    if (1..=MAX_LIST).contains(&len) {
        return Ok(());
    }
    let problem = format!("{name} has {len} items; give 1 to {MAX_LIST}");
    Err(TableError::new(place, problem))
}

/// Reads items, and refuses the second one with a slug.
fn distinct<T>(
    items: Vec<Field<'_>>,
    read: impl Fn(Field<'_>) -> Result<T, TableError>,
    slug: impl Fn(&T) -> &Slug,
) -> Result<Vec<T>, TableError> {
    let mut seen: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        let span = item.span();
        let item = read(item)?;
        let name = slug(&item);
        if seen.iter().any(|before| slug(before) == name) {
            let problem = format!("\"{name}\" stands twice; give each its own name");
            return Err(TableError::new(&span, problem));
        }
        seen.push(item);
    }
    Ok(seen)
}

/// The error with its line and column.
fn placed(text: &str, error: &TableError) -> ProfileError {
    let before = text.get(..error.at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    ProfileError::At {
        line: before.bytes().filter(|b| *b == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        problem: advise(&error.problem),
    }
}

/// Says what to do about fields that are missing or too many.
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
