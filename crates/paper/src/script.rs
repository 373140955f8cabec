//! Which characters can be set as each stands for itself: by a glyph each, from left to right.

/// Why a character can't be set by a glyph of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    RightToLeft,
    /// A word processor sets it; this program does not.
    Changes,
    Unseen,
    /// So of this one.
    Mark,
}

impl Trouble {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::RightToLeft => "it is of a script that runs from right to left",
            Self::Changes => "it is of a script whose letters change with their neighbours",
            Self::Unseen => "it can't be seen",
            Self::Mark => "it is a mark that can't be placed",
        }
    }
}

/// What is the matter with a character, whatever the typeface has.
///
/// The blocks are those of the Unicode Standard, by script and not by character: what is not assigned yet is told with
/// its neighbours.
pub(crate) const fn trouble(c: char) -> Option<Trouble> {
    match c {
        // Joiners, marks of direction, variation selectors, fillers, tags: Default_Ignorable_Code_Point, but for the soft hyphen.
        '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some(Trouble::Unseen),
        // Hebrew to Arabic Extended-A, the presentation forms, and the planes' right-to-left areas.
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' => Some(Trouble::RightToLeft),
        // Indic scripts, Thai, Lao, Tibetan, Myanmar; Hangul's single letters; Philippine scripts, Khmer, Mongolian; Limbu to
        // Lepcha; Syloti Nagri to Meetei Mayek; the Brahmic scripts beyond the first plane.
        '\u{900}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1700}'..='\u{18af}'
        | '\u{1900}'..='\u{1c4f}'
        | '\u{1cd0}'..='\u{1cff}'
        | '\u{a800}'..='\u{abff}'
        | '\u{11000}'..='\u{11fff}' => Some(Trouble::Changes),
        // Other combining marks than those of U+0300 to U+036F, which stand over or under any letter: Cyrillic
        // numerals' and titlos, extended ones, enclosing ones, half marks.
        '\u{483}'..='\u{489}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{2de0}'..='\u{2dff}'
        | '\u{a66f}'..='\u{a67d}'
        | '\u{fe20}'..='\u{fe2f}' => Some(Trouble::Mark),
        _ => None,
    }
}

/// Whether it stands over, under or across the character before it.
pub(crate) const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}
