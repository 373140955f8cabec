//! The scheme `state`: a level and dissemination words.
//!
//! A portion's marking is `LEVEL[//WORD[//WORD]]`, the level one of `U`, `SBU`, `C`, `S`, `TS`,
//! the words `NF` (NOFORN) and then at most one caption of `LIMDIS`, `XD` (EXDIS), `ND` (NODIS).
//! Names in full are read too, `/` for `//` between words, and `SBU-NF` as the ODNI register
//! writes it. One spelling is written.
//!
//! The rules are those of the ODNI's ISM Schematron that concern these words; each is named by
//! its number (`ISM-ID-…`) where it is applied.

use std::fmt;

/// A level, from the lowest up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `U`.
    Unclassified,
    /// `SBU`: sensitive but unclassified. In ISM's terms unclassified with the non-IC marking
    /// SBU (ISM-ID-00037), which is why no classified portion carries it.
    Sensitive,
    /// `C`.
    Confidential,
    /// `S`.
    Secret,
    /// `TS`.
    TopSecret,
}

impl Level {
    const ALL: [Self; 5] = [
        Self::Unclassified,
        Self::Sensitive,
        Self::Confidential,
        Self::Secret,
        Self::TopSecret,
    ];

    /// The portion's form, for example `SBU`.
    #[must_use]
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::Unclassified => "U",
            Self::Sensitive => "SBU",
            Self::Confidential => "C",
            Self::Secret => "S",
            Self::TopSecret => "TS",
        }
    }

    /// The banner's form, for example `SENSITIVE BUT UNCLASSIFIED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unclassified => "UNCLASSIFIED",
            Self::Sensitive => "SENSITIVE BUT UNCLASSIFIED",
            Self::Confidential => "CONFIDENTIAL",
            Self::Secret => "SECRET",
            Self::TopSecret => "TOP SECRET",
        }
    }

    /// Reads either form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|l| text == l.abbreviation() || text == l.name())
    }
}

/// A dissemination word, in the order in which words are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Not releasable to foreign nationals.
    Noforn,
    /// Limited distribution: the widest of the three captions.
    Limdis,
    /// Exclusive distribution.
    Exdis,
    /// No distribution beyond the addressee: the narrowest.
    Nodis,
}

impl Word {
    const ALL: [Self; 4] = [Self::Noforn, Self::Limdis, Self::Exdis, Self::Nodis];

    /// The portion's form: `NF`, `LIMDIS`, `XD`, `ND`.
    #[must_use]
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::Noforn => "NF",
            Self::Limdis => "LIMDIS",
            Self::Exdis => "XD",
            Self::Nodis => "ND",
        }
    }

    /// The banner's form: `NOFORN`, `LIMDIS`, `EXDIS`, `NODIS`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Noforn => "NOFORN",
            Self::Limdis => "LIMDIS",
            Self::Exdis => "EXDIS",
            Self::Nodis => "NODIS",
        }
    }

    /// Reads either form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|w| text == w.abbreviation() || text == w.name())
    }
}

/// The marking of one portion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMarking {
    level: Level,
    /// Ascending, none twice; at most one caption.
    words: Vec<Word>,
}

impl StateMarking {
    /// `U`.
    pub const UNCLASSIFIED: Self = Self {
        level: Level::Unclassified,
        words: Vec::new(),
    };

    /// The level.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The dissemination words, in the order in which they are written.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (level, rest) = match text.split_once('/') {
            Some((level, rest)) => (level, Some(rest.strip_prefix('/').unwrap_or(rest))),
            None => (text, None),
        };
        let (level, noforn) = match level {
            "SBU-NF" | "SBU NOFORN" => ("SBU", true),
            level => (level, false),
        };
        let level =
            Level::parse(level).ok_or_else(|| "begin it with U, SBU, C, S or TS".to_owned())?;
        let mut words = Vec::new();
        if noforn {
            words.push(Word::Noforn);
        }
        for word in rest.into_iter().flat_map(|rest| rest.split('/')) {
            // `//` between words gives an empty piece; one at an end is a slip, and caught below.
            if word.is_empty() {
                continue;
            }
            let word = Word::parse(word)
                .ok_or_else(|| format!("\"{word}\" is not one of NF, LIMDIS, XD, ND"))?;
            if words.contains(&word) {
                // ISM-ID-00236.
                return Err(format!("{} stands twice", word.name()));
            }
            words.push(word);
        }
        if text.ends_with('/') || text.contains("///") {
            return Err("a word is missing next to a slash".to_owned());
        }
        words.sort_unstable();
        let captions = words.iter().filter(|w| **w != Word::Noforn).count();
        if captions > 1 {
            // ISM-ID-00038 for EXDIS and NODIS; LIMDIS is the same ladder's lowest step.
            return Err(
                "LIMDIS, EXDIS and NODIS exclude each other: keep the narrowest".to_owned(),
            );
        }
        if level == Level::Unclassified && !words.is_empty() {
            return Err("a U portion has no dissemination words: mark it SBU".to_owned());
        }
        if let Some(word) = words
            .iter()
            .find(|w| matches!(w, Word::Exdis | Word::Nodis))
            && !words.contains(&Word::Noforn)
        {
            // ISM-ID-00313 and ISM-ID-00314.
            let (level, word, name) = (level.abbreviation(), word.abbreviation(), word.name());
            return Err(format!(
                "what is {name} is also NOFORN: write ({level}//NF//{word})"
            ));
        }
        Ok(Self { level, words })
    }
}

impl fmt::Display for StateMarking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.abbreviation())?;
        self.words
            .iter()
            .try_for_each(|w| write!(f, "//{}", w.abbreviation()))
    }
}

/// The banner over portions: the highest level, NOFORN, and the narrowest caption.
///
/// - Level: the highest of the portions' (ISM-ID-00056, 00058, 00059; and never higher, 00108,
///   00109, 00110). SBU stands only where nothing is classified (00104, 00105): a classified
///   banner protects what is SBU in it.
/// - NOFORN if any portion has it (00070); so an SBU portion with NF makes a classified banner
///   NOFORN (00087) and an unclassified one `SENSITIVE BUT UNCLASSIFIED//NOFORN` (00104).
/// - NODIS if any portion has it (00086); EXDIS if any has it and none NODIS (00085); LIMDIS if
///   any has it and none of the two. (ISM's rule 00084 demands that its marking DS always rolls
///   up; that is NGA's LIMITED DISTRIBUTION, not the State Department's caption.)
#[must_use]
pub fn banner<'a>(portions: impl IntoIterator<Item = &'a StateMarking>) -> String {
    let mut level = Level::Unclassified;
    let mut noforn = false;
    let mut caption = None;
    for portion in portions {
        level = level.max(portion.level);
        for word in &portion.words {
            match word {
                Word::Noforn => noforn = true,
                // The order of `Word` is the ladder's, and `None` is below all.
                caption_word => caption = caption.max(Some(*caption_word)),
            }
        }
    }
    let mut banner = level.name().to_owned();
    for word in noforn.then_some(Word::Noforn).into_iter().chain(caption) {
        banner.push_str("//");
        banner.push_str(word.name());
    }
    banner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> StateMarking {
        StateMarking::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    fn roll(portions: &[&str]) -> String {
        let portions: Vec<_> = portions.iter().map(|p| parse(p)).collect();
        banner(&portions)
    }

    #[test]
    fn one_spelling_is_written() {
        for (given, written) in [
            ("U", "U"),
            ("SBU", "SBU"),
            ("SBU/NF", "SBU//NF"),
            ("SBU-NF", "SBU//NF"),
            ("SENSITIVE BUT UNCLASSIFIED//NOFORN", "SBU//NF"),
            ("S//XD/NF", "S//NF//XD"),
            ("TS//NF//ND", "TS//NF//ND"),
            ("CONFIDENTIAL//LIMDIS", "C//LIMDIS"),
        ] {
            assert_eq!(parse(given).to_string(), written);
            assert_eq!(parse(written).to_string(), written);
        }
    }

    #[test]
    fn what_the_rules_refuse() {
        for bad in [
            "",
            "u",
            "X",
            "S ",
            " S",
            "S/",
            "S//",
            "S///NF",
            "S//NF/",
            "S//REL",
            "S//NF//NF",
            "S//NF//XD//ND",
            "S//NF//XD//LIMDIS",
            "S//XD",
            "C//ND",
            "U//NF",
            "U//XD",
            "S//SBU",
            "SBU-NF//NF",
        ] {
            assert!(StateMarking::parse(bad).is_err(), "{bad}");
        }
        assert!(
            StateMarking::parse("C//EXDIS")
                .unwrap_err()
                .contains("(C//NF//XD)")
        );
    }

    #[test]
    fn roll_up() {
        for (portions, banner) in [
            (&[][..], "UNCLASSIFIED"),
            (&["U", "U"], "UNCLASSIFIED"),
            (&["U", "SBU"], "SENSITIVE BUT UNCLASSIFIED"),
            // ISM-ID-00104
            (&["SBU", "SBU-NF"], "SENSITIVE BUT UNCLASSIFIED//NOFORN"),
            // ISM-ID-00087
            (&["C", "SBU-NF"], "CONFIDENTIAL//NOFORN"),
            (&["C", "SBU"], "CONFIDENTIAL"),
            // ISM-ID-00070
            (&["U", "S", "C//NF"], "SECRET//NOFORN"),
            // ISM-ID-00085
            (&["C//LIMDIS", "SBU//NF//XD"], "CONFIDENTIAL//NOFORN//EXDIS"),
            // ISM-ID-00086
            (
                &["S//NF//XD", "C//NF//ND", "TS"],
                "TOP SECRET//NOFORN//NODIS",
            ),
            (&["C//LIMDIS", "U"], "CONFIDENTIAL//LIMDIS"),
        ] {
            assert_eq!(roll(portions), banner, "{portions:?}");
        }
    }
}
