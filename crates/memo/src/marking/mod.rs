//! Markings of portions, and the banner that they roll up to.
//!
//! Two schemes: [`state`], and [`cui`] for Controlled Unclassified Information. A marking is
//! written in parentheses at the beginning of a portion, for example `(SBU)` or
//! `(CUI//SP-CTI//NF)`. [`Rules`] is what a channel's profile says: which scheme, how high, and
//! what becomes of a portion without a marking.

pub mod cui;
pub mod state;

use std::fmt;

use crate::marking::{cui::CuiMarking, state::StateMarking};

/// The longest marking that is read, in bytes, without its parentheses.
pub const MAX_MARKING: usize = 256;

/// The marking of one portion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marking {
    /// Of the scheme `state`.
    State(StateMarking),
    /// Of the scheme `cui`.
    Cui(CuiMarking),
}

impl fmt::Display for Marking {
    /// The one canonical spelling, without parentheses, for example `S//NF//XD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(marking) => marking.fmt(f),
            Self::Cui(marking) => marking.fmt(f),
        }
    }
}

/// The banner over everything that `markings` mark: the roll-up of their scheme.
///
/// All markings of a memo are of one scheme; the first decides, others of another scheme would
/// be left out. Nothing rolls up to `UNCLASSIFIED`.
#[must_use]
pub fn banner<'a>(markings: impl IntoIterator<Item = &'a Marking>) -> String {
    let markings: Vec<&Marking> = markings.into_iter().collect();
    if matches!(markings.first(), Some(Marking::Cui(_))) {
        cui::banner(markings.into_iter().filter_map(|m| match m {
            Marking::Cui(marking) => Some(marking),
            Marking::State(_) => None,
        }))
    } else {
        state::banner(markings.into_iter().filter_map(|m| match m {
            Marking::State(marking) => Some(marking),
            Marking::Cui(_) => None,
        }))
    }
}

/// What becomes of a portion without a marking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unmarked {
    /// The memo is refused (`refuse`).
    #[default]
    Refuse,
    /// It is `U` (`inherit-lowest`).
    InheritLowest,
}

/// A scheme with its ceiling: the highest that the system is accredited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// The Department of State's: a level and dissemination words.
    State {
        /// The highest level that is accepted.
        ceiling: state::Level,
        /// Dissemination words that are refused.
        forbidden: Vec<state::Word>,
    },
    /// Controlled Unclassified Information (32 CFR 2002).
    Cui {
        /// Whether CUI is accepted at all.
        allowed: bool,
        /// Categories that are refused, without `SP-`, and so both basic and specified.
        forbidden: Vec<String>,
    },
}

/// What a profile says about markings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    scheme: Scheme,
    unmarked: Unmarked,
}

/// Why a profile's marking rules can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// No such scheme.
    #[error("marking scheme \"{0}\" is not known; use \"state\" or \"cui\"")]
    Scheme(String),
    /// The scheme has no such ceiling.
    #[error("ceiling \"{given}\" is not one of the scheme's; use {use_instead}")]
    Ceiling {
        /// What the profile has.
        given: String,
        /// What it may have.
        use_instead: &'static str,
    },
    /// A forbidden word or category that the scheme does not have.
    #[error("forbidden marking \"{0}\" is not a dissemination word or category of the scheme")]
    Forbidden(String),
    /// No such rule for portions without a marking.
    #[error("unmarked = \"{0}\" is not known; use \"refuse\" or \"inherit-lowest\"")]
    Unmarked(String),
}

/// Why a marking is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkingError {
    /// There is none, and the rules demand one.
    #[error("has no marking; begin it with one in parentheses, for example ({example})")]
    Missing {
        /// A marking that would be accepted.
        example: &'static str,
    },
    /// What stands in parentheses is not a marking of the scheme.
    #[error("\"({given})\" is not a marking: {why}")]
    Grammar {
        /// What stands there, shortened.
        given: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// A marking above the ceiling.
    #[error(
        "is marked ({marking}), above what this channel may hold ({ceiling}); it must not be brought here: take it to a system accredited for it"
    )]
    AboveCeiling {
        /// The marking.
        marking: String,
        /// The ceiling, in words.
        ceiling: String,
    },
}

impl Rules {
    /// Rules of a scheme with its ceiling.
    #[must_use]
    pub const fn of(scheme: Scheme, unmarked: Unmarked) -> Self {
        Self { scheme, unmarked }
    }

    /// Rules from a profile's words.
    ///
    /// `scheme` is `state` or `cui`; `ceiling` a level of the scheme (`U`, `SBU`, `C`, `S`, `TS`
    /// or its name in full; `U` or `CUI`); `forbidden` dissemination words of the scheme `state`
    /// or categories of the scheme `cui`; `unmarked` `refuse` or `inherit-lowest`.
    ///
    /// # Errors
    /// When a word is not one of those.
    pub fn new(
        scheme: &str,
        ceiling: &str,
        forbidden: &[impl AsRef<str>],
        unmarked: &str,
    ) -> Result<Self, RulesError> {
        let unmarked = match unmarked {
            "refuse" => Unmarked::Refuse,
            "inherit-lowest" => Unmarked::InheritLowest,
            other => return Err(RulesError::Unmarked(other.to_owned())),
        };
        let forbidden = forbidden.iter().map(AsRef::as_ref);
        let unknown = |word: &str| RulesError::Forbidden(word.to_owned());
        let ceiling_error = |use_instead| RulesError::Ceiling {
            given: ceiling.to_owned(),
            use_instead,
        };
        let scheme = match scheme {
            "state" => Scheme::State {
                ceiling: state::Level::parse(ceiling)
                    .ok_or_else(|| ceiling_error("U, SBU, C, S or TS"))?,
                forbidden: forbidden
                    .map(|w| state::Word::parse(w).ok_or_else(|| unknown(w)))
                    .collect::<Result<_, _>>()?,
            },
            "cui" => Scheme::Cui {
                allowed: match ceiling {
                    "U" | "UNCLASSIFIED" => false,
                    "CUI" | "CONTROLLED" => true,
                    _ => return Err(ceiling_error("U or CUI")),
                },
                forbidden: forbidden
                    .map(|c| {
                        let name = c.strip_prefix("SP-").unwrap_or(c);
                        if cui::is_category(name) {
                            Ok(name.to_owned())
                        } else {
                            Err(unknown(c))
                        }
                    })
                    .collect::<Result<_, _>>()?,
            },
            other => return Err(RulesError::Scheme(other.to_owned())),
        };
        Ok(Self { scheme, unmarked })
    }

    /// The scheme and its ceiling.
    #[must_use]
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Reads a marking, without its parentheses, and holds it against the ceiling.
    ///
    /// # Errors
    /// When it is not of the scheme, or above the ceiling.
    pub fn marking(&self, text: &str) -> Result<Marking, MarkingError> {
        let grammar = |why: String| MarkingError::Grammar {
            given: shorten(text),
            why,
        };
        if text.len() > MAX_MARKING {
            return Err(grammar(format!("it is longer than {MAX_MARKING} bytes")));
        }
        let marking = match self.scheme {
            Scheme::State { .. } => Marking::State(StateMarking::parse(text).map_err(grammar)?),
            Scheme::Cui { .. } => Marking::Cui(CuiMarking::parse(text).map_err(grammar)?),
        };
        self.check(&marking)?;
        Ok(marking)
    }

    /// Holds a marking against the ceiling.
    ///
    /// # Errors
    /// When it is above, has a forbidden word or category, or is of another scheme.
    pub fn check(&self, marking: &Marking) -> Result<(), MarkingError> {
        let above = |ceiling: String| MarkingError::AboveCeiling {
            marking: marking.to_string(),
            ceiling,
        };
        match (&self.scheme, marking) {
            (Scheme::State { ceiling, forbidden }, Marking::State(state)) => {
                if state.level() > *ceiling {
                    return Err(above(format!("at most {}", ceiling.name())));
                }
                match state.words().iter().find(|w| forbidden.contains(w)) {
                    Some(word) => Err(above(format!("nothing marked {}", word.name()))),
                    None => Ok(()),
                }
            }
            (Scheme::Cui { allowed, forbidden }, Marking::Cui(cui)) => {
                if cui.is_controlled() && !allowed {
                    return Err(above("nothing that is CUI".to_owned()));
                }
                match cui
                    .categories()
                    .find(|c| forbidden.iter().any(|f| f == c.name()))
                {
                    Some(category) => {
                        Err(above(format!("nothing of category {}", category.name())))
                    }
                    None => Ok(()),
                }
            }
            (Scheme::State { .. } | Scheme::Cui { .. }, _) => Err(MarkingError::Grammar {
                given: marking.to_string(),
                why: "it is of another scheme than this channel's".to_owned(),
            }),
        }
    }

    /// Takes the marking off the beginning of a portion: the marking, and what follows it.
    ///
    /// # Errors
    /// As [`marking`](Self::marking), or when there is none and the rules demand one.
    pub fn leading<'t>(&self, text: &'t str) -> Result<(Marking, &'t str), MarkingError> {
        let inside = text.strip_prefix('(').and_then(|rest| {
            let (inside, rest) = rest.split_once(')')?;
            Some((inside, rest))
        });
        if let Some((inside, rest)) = inside {
            let prose = !looks_like_a_marking(inside);
            if self.unmarked == Unmarked::Refuse || !prose {
                let marking = self.marking(inside)?;
                if !(rest.is_empty() || rest.starts_with(char::is_whitespace)) {
                    return Err(MarkingError::Grammar {
                        given: shorten(inside),
                        why: "put a space after the marking".to_owned(),
                    });
                }
                return Ok((marking, rest.trim_start()));
            }
        }
        match (self.unmarked, &self.scheme) {
            (Unmarked::InheritLowest, _) => Ok((self.lowest(), text)),
            (Unmarked::Refuse, Scheme::State { .. }) => {
                Err(MarkingError::Missing { example: "SBU" })
            }
            (Unmarked::Refuse, Scheme::Cui { .. }) => Err(MarkingError::Missing { example: "CUI" }),
        }
    }

    /// The scheme's lowest marking: `U`.
    #[must_use]
    pub const fn lowest(&self) -> Marking {
        match self.scheme {
            Scheme::State { .. } => Marking::State(StateMarking::UNCLASSIFIED),
            Scheme::Cui { .. } => Marking::Cui(CuiMarking::UNCLASSIFIED),
        }
    }

    /// What becomes of a portion without a marking.
    #[must_use]
    pub const fn unmarked(&self) -> Unmarked {
        self.unmarked
    }
}

/// Whether somebody may have meant a marking. Something that only looks like one must never be
/// taken for text: `(Secret)` or `(S/NF` for `(S//NF)` would slip under the ceiling. Prose, and the
/// `(1)` and `(a)` of enumerations, is text.
fn looks_like_a_marking(inside: &str) -> bool {
    const WORDS: [&str; 12] = [
        "unclassified",
        "sensitive",
        "sbu",
        "confidential",
        "secret",
        "top secret",
        "ts",
        "cui",
        "controlled",
        "noforn",
        "nodis",
        "exdis",
    ];
    let lower = inside.trim().to_lowercase();
    let begins = |word: &str| {
        let rest = lower.strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let shouted = inside.contains(char::is_uppercase) && !inside.contains(char::is_lowercase);
    shouted || inside.contains("//") || WORDS.iter().any(|word| begins(word))
}

/// At most 40 characters of `text`, for a message.
fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(40).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}
