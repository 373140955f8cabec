//! Raised and lowered characters: never read as if they stood on the line, unless that is harmless.

/// How far above or below the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Script {
    Raised,
    Lowered,
}

/// What raised or lowered text becomes on the line.
pub(crate) enum OnLine {
    /// Signs that mean the same: 10 with a raised 2 is 10².
    Signs(String),
    /// Harmless: `st`, `nd`, `rd`, `th` after a digit.
    Ordinal,
    /// No signs for it.
    Lost,
}

/// The text on the line; `before` is the character that it follows.
pub(crate) fn on_line(text: &str, script: Script, before: Option<char>) -> OnLine {
    let trimmed = text.trim();
    if script == Script::Raised
        && matches!(trimmed, "st" | "nd" | "rd" | "th")
        && before.is_some_and(|c| c.is_ascii_digit())
    {
        return OnLine::Ordinal;
    }
    let signs: Option<String> = text.chars().map(|c| sign(c, script)).collect();
    signs.map_or(OnLine::Lost, OnLine::Signs)
}

fn sign(c: char, script: Script) -> Option<char> {
    let (raised, lowered) = match c {
        '0' => ('⁰', '₀'),
        '1' => ('¹', '₁'),
        '2' => ('²', '₂'),
        '3' => ('³', '₃'),
        '4' => ('⁴', '₄'),
        '5' => ('⁵', '₅'),
        '6' => ('⁶', '₆'),
        '7' => ('⁷', '₇'),
        '8' => ('⁸', '₈'),
        '9' => ('⁹', '₉'),
        '+' => ('⁺', '₊'),
        '-' | '−' | '–' => ('⁻', '₋'),
        '=' => ('⁼', '₌'),
        '(' => ('⁽', '₍'),
        ')' => ('⁾', '₎'),
        'n' if script == Script::Raised => ('ⁿ', 'n'),
        c if c.is_whitespace() => (c, c),
        _ => return None,
    };
    Some(match script {
        Script::Raised => raised,
        Script::Lowered => lowered,
    })
}
