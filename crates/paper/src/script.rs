//! Which characters can be set by a glyph each, from left to right.

/// Why a character can't be set, whatever the typeface has; `None` where it can, if the typeface has it.
///
/// The blocks are those of the Unicode Standard, by script and not by character: what is not assigned yet is refused with
/// its neighbours.
pub(crate) const fn refused(c: char) -> Option<&'static str> {
    match c {
        // Hebrew to Arabic Extended-A, the presentation forms, and the planes' right-to-left areas.
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' => Some("it is of a script that runs from right to left"),
        // Indic scripts, Thai, Lao, Tibetan, Myanmar; Hangul's single letters; Philippine scripts, Khmer, Mongolian; Limbu to
        // Lepcha; Syloti Nagri to Meetei Mayek; the Brahmic scripts beyond the first plane.
        '\u{900}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1700}'..='\u{18af}'
        | '\u{1900}'..='\u{1c4f}'
        | '\u{1cd0}'..='\u{1cff}'
        | '\u{a800}'..='\u{abff}'
        | '\u{11000}'..='\u{11fff}' => {
            Some("it is of a script whose letters change with their neighbours")
        }
        // Joiners, marks of direction, variation selectors, tags.
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}' => Some("it can't be seen"),
        // Other combining marks than those of U+0300 to U+036F, which stand over or under any letter: Cyrillic
        // numerals' and titlos, extended ones, enclosing ones, half marks.
        '\u{483}'..='\u{489}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{2de0}'..='\u{2dff}'
        | '\u{a66f}'..='\u{a67d}'
        | '\u{fe20}'..='\u{fe2f}' => Some("it is a mark that can't be placed"),
        _ => None,
    }
}

/// Whether it stands over, under or across the character before it.
pub(crate) const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}
