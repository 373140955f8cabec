//! Holding a copy against the registered versions.
//!
//! A copy is any text that somebody has: the whole memo, one paragraph, a part of one. It is
//! compared word by word with each version as far as that is disclosed, and judged paragraph by
//! paragraph. What was disregarded as layout is listed ([`Rule`]); nothing else is disregarded. Slips of retyping are
//! told from changes of wording ([`Slip`]), and shown like these.

mod align;
mod doubt;
pub(crate) mod fold;
mod judge;
mod pages;
pub(crate) mod prepared;
mod registered;
pub(crate) mod slips;
pub(crate) mod source;
pub(crate) mod token;

use serde::{Deserialize, Serialize};

pub use doubt::{Beside, Doubt};
pub use fold::Rule;
pub use registered::{Paragraph, Place, Run, Text};
pub use slips::{Because, Slip};
pub use source::{CopyError, CopyText, MAX_COPY, MAX_COPY_WORDS, MIN_COPY_WORDS};

pub(crate) use judge::compare as compare_prepared;
use prepared::Prepared;
use slips::Vocabulary;

/// How a copy relates to the version that it is nearest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Overall {
    /// The whole version, word for word.
    Identical,
    /// The whole version, word for word; its layout differs.
    LayoutOnly,
    /// Every word of the copy stands so in the version, which has more.
    Excerpt,
    /// Words or markings differ, or something was put in, or moved.
    Altered,
    /// What is disclosed agrees, but a part of the copy stands where the bundle hides the text, or the file may show
    /// something else than its text ([`Comparison::doubts`]).
    NotComparable,
    /// No version has this text, and all of each is shown.
    NotFound,
    /// Nothing of the copy stands in what is shown, but other words are hidden: nobody can tell.
    NotShown,
    /// The words of the version, or of a part of it, but for slips of retyping.
    Slips,
    /// Every word of the copy stands so in the version, but paragraphs between those that it has were left out.
    Incomplete,
    /// The words of the version, and after them a block of names, which no registered text has.
    NamesAdded,
    /// Each paragraph is word for word that of some version, but not all of the same.
    Mixed,
}

impl Overall {
    /// Whether the copy says nothing but what is registered.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Identical | Self::LayoutOnly | Self::Excerpt)
    }
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// In one word.
    pub overall: Overall,
    /// The version that the copy is nearest to; the newest of several. `None`: not found.
    pub nearest: Option<u32>,
    /// Other versions that have the copy's text just so.
    pub also: Vec<u32>,
    /// How far the copy is from each version.
    pub distances: Vec<Distance>,
    /// The nearest version's paragraphs that the copy has or ought to have, in order.
    pub paragraphs: Vec<ParagraphVerdict>,
    /// Text that the nearest version does not have.
    pub inserted: Vec<Inserted>,
    /// Markings that differ from the nearest version's.
    pub markings: Vec<MarkingChange>,
    /// What was disregarded because it is layout.
    pub disregarded: Vec<Rule>,
    /// The copy's words that were disregarded, in order: page numbers and banners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// How many words the copy has.
    pub words: u64,
    /// How many words of the copy stand where the bundle hides the text.
    pub not_compared: u64,
    /// How many words of the nearest version the bundle hides.
    pub hidden: u64,
    /// How many slips of retyping the copy has.
    #[serde(default)]
    pub slips: u64,
    /// Whether letter case differs throughout: the copy is in capitals alone, or the version is. It is altered then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub letter_case: bool,
    /// Where the copy is cut off, if it has one long piece of the version and not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<Truncated>,
    /// Of which version each paragraph of the copy is, where they are of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mixture: Vec<Source>,
    /// Why the file may show something else than its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(is: &bool) -> bool {
    !*is
}

/// Where a copy that has one long piece of a version begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truncated {
    /// Its first word; `None`: that of the version.
    pub begins: Option<Edge>,
    /// Its last word; `None`: that of the version.
    pub ends: Option<Edge>,
}

/// A word at the edge of a piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Its paragraph.
    pub place: Place,
    /// Its number there, from 1.
    pub word: u32,
    /// How many words the paragraph has.
    pub of: u32,
}

/// A paragraph of a copy that was mixed from several versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The paragraph, in the nearest version if it is of that one, else in the first of `versions`.
    pub place: Place,
    /// The versions that have it so, the newest first; none: its words differ from each.
    pub versions: Vec<u32>,
}

/// How far a copy is from one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distance {
    /// The version.
    pub version: u32,
    /// Words that were changed, left out within a paragraph, or put in.
    pub different: u64,
    /// Of these the words of paragraphs that stand elsewhere in the copy.
    #[serde(default)]
    pub moved: u64,
    /// Words of the version that an excerpt does not have.
    pub missing: u64,
    /// Slips of retyping.
    #[serde(default)]
    pub slips: u64,
    /// Words of the version that the bundle hides.
    #[serde(default)]
    pub hidden: u64,
    /// Whether the copy's text is this version's at all, as far as it is shown.
    pub found: bool,
}

/// What became of one paragraph in the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParagraphVerdict {
    /// Where it stands in the version.
    pub place: Place,
    /// What became of it.
    pub verdict: ParagraphState,
    /// How the copy divides it, where it does so otherwise than the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<Division>,
}

/// How a copy divides a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// Into how many blocks it was split; 1: it was not.
    pub blocks: u32,
    /// Which other paragraphs it was joined with.
    pub joined: Vec<Place>,
}

/// See [`ParagraphVerdict`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ParagraphState {
    /// Word for word.
    Identical,
    /// Word for word but for layout.
    LayoutOnly {
        /// What was disregarded.
        rules: Vec<Rule>,
    },
    /// A part of it, word for word.
    Part {
        /// The first word of the part, from 1.
        from: u32,
        /// The last.
        to: u32,
        /// The paragraph's words.
        of: u32,
        /// Up to six words that stand before.
        before: String,
        /// Up to six words that follow.
        after: String,
    },
    /// Words differ.
    Altered {
        /// Where, in order.
        changes: Vec<Change>,
    },
    /// At another place among the paragraphs.
    Moved {
        /// What differs beside its place; none: word for word.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<Change>,
    },
    /// Word for word but for slips of retyping.
    Slips {
        /// Where, in order; each has the rules by which it is a slip.
        changes: Vec<Change>,
    },
    /// The copy does not have it.
    Missing,
    /// The bundle hides it, so that nothing can be said.
    Hidden {
        /// How many words it has.
        words: u64,
    },
}

/// A difference within a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The place of the first word concerned, from 1, in the registered paragraph.
    pub word: u32,
    /// What is registered; empty where the copy has something more.
    pub registered: String,
    /// What the copy has; empty where it leaves something out.
    pub copy: String,
    /// The rules by which it is a slip of retyping; none: a change of wording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slips: Vec<Slip>,
    /// Why it is grave, where that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
}

/// Text of the copy that the version does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inserted {
    /// The registered paragraph before it; `None` before the first.
    pub after: Option<Place>,
    /// How many words.
    pub words: u64,
    /// How it begins.
    pub text: String,
    /// The names, one for each line, if it is a block of names after the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// A marking that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkingChange {
    /// Whose marking.
    pub place: Place,
    /// The registered marking.
    pub registered: String,
    /// The copy's; `None` where it was left out.
    pub copy: Option<String>,
}

/// The words of a text in the spelling in which they are compared: layout does not matter to it. For indexes.
#[must_use]
pub fn keys(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let tokens = token::of_words(&words, 0, 0, false);
    tokens.into_iter().map(|token| token.key).collect()
}

/// Holds a copy against versions as far as they are disclosed.
///
/// `banners` are the lines that a printed memo may carry on every page, such as
/// `SENSITIVE BUT UNCLASSIFIED`: they are disregarded where they stand alone.
#[must_use]
pub fn compare(copy: &CopyText, versions: &[Text], banners: &[String]) -> Comparison {
    let prepared: Vec<Prepared<'_>> = versions.iter().map(Prepared::of).collect();
    compare_prepared(copy, &prepared, &Vocabulary::of(versions), banners)
}
