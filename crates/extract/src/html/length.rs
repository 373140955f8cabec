//! Lengths of CSS.

/// A length, in points or by what it hangs on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Length {
    /// Points.
    Points(f32),
    /// Times the size of the letters.
    Letters(f32),
    /// Times the size of the page's letters.
    Root(f32),
    /// Hundredths of what is around.
    Percent(f32),
}

impl Length {
    /// `0`, or a number with a unit, in lower case; `None` for what is not read.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let sign = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
        let end = text.find(|c| !sign(c)).unwrap_or(text.len());
        let number = number(&text[..end])?;
        Some(match &text[end..] {
            "" if number == 0.0 => Self::Points(0.0),
            "pt" => Self::Points(number),
            "px" => Self::Points(number * 0.75),
            "mm" => Self::Points(number * 72.0 / 25.4),
            "cm" => Self::Points(number * 72.0 / 2.54),
            "q" => Self::Points(number * 72.0 / 101.6),
            "in" => Self::Points(number * 72.0),
            "pc" => Self::Points(number * 12.0),
            "em" => Self::Letters(number),
            "ex" | "ch" => Self::Letters(number * 0.5),
            "rem" => Self::Root(number),
            "%" => Self::Percent(number),
            _ => return None,
        })
    }

    /// In points, with letters of that size; hundredths are of a page's width.
    pub(super) const fn points(self, letters: f32) -> f32 {
        match self {
            Self::Points(n) => n,
            Self::Letters(n) => n * letters,
            Self::Root(n) => n * 12.0,
            Self::Percent(n) => n * 6.0,
        }
    }

    /// Whether it is neither negative nor so long that it would push what follows away.
    pub(super) fn is_modest(self) -> bool {
        (0.0..=MODEST).contains(&self.points(16.0))
    }
}

/// A number as CSS writes it: no point at its end, no exponent.
pub(super) fn number(text: &str) -> Option<f32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let read = !digits.is_empty() && !fraction.is_empty() && plain(whole) && plain(fraction);
    text.parse().ok().filter(|_| read)
}

/// The longest space that is not thought to push text out of sight, in points.
const MODEST: f32 = 300.0;
