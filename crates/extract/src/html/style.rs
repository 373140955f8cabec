//! What styles may do to a text (CSS 2.1 and later), told without a cascade: by what is declared anywhere.

use crate::{doubt::DoubtKind, script::Script};

/// Below this ratio of contrast (WCAG 2.2, 1.4.3 has 4.5 for readers) text can hardly be seen.
const LEAST_CONTRAST: f32 = 1.6;

/// The smallest size of text that a person reads, in points.
const SMALLEST: f32 = 4.0;

/// The look of an element's text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Style {
    colour: Option<[f32; 3]>,
    ground: Option<[f32; 3]>,
    pub(crate) struck: bool,
    pub(crate) silent: bool,
    pub(crate) pre: bool,
    pub(crate) script: Option<Script>,
}

impl Style {
    pub(crate) fn colour(&mut self, text: &str) {
        if let Some(colour) = colour(text) {
            self.colour = Some(colour);
        }
    }

    pub(crate) fn ground(&mut self, text: &str) {
        if let Some(ground) = colour(text) {
            self.ground = Some(ground);
        }
    }

    /// Whether the text has nearly the colour of its ground; black on white unless told.
    pub(crate) fn is_unreadable(&self) -> bool {
        contrast(
            self.colour.unwrap_or([0.0; 3]),
            self.ground.unwrap_or([1.0; 3]),
        ) < LEAST_CONTRAST
    }
}

/// The ratio of contrast of two colours (WCAG 2.2), each by red, green and blue from 0 to 1.
pub(crate) fn contrast(a: [f32; 3], b: [f32; 3]) -> f32 {
    let luminance = |c: [f32; 3]| {
        let linear = c.map(|v| {
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Fonts whose letters are drawn as other signs.
pub(crate) fn is_symbol_font(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["wingdings", "webdings", "symbol", "dingbats", "marlett"]
        .iter()
        .any(|font| name.contains(font))
}

/// Reads an element's own declarations; what they may hide, add or change.
pub(crate) fn declarations(text: &str, style: &mut Style) -> Vec<DoubtKind> {
    let mut doubts = Vec::new();
    for (name, value) in split(text) {
        match name.as_str() {
            "color" | "-webkit-text-fill-color" => match value.as_str() {
                _ if is_left_open(&value) => {}
                _ if colour(&value).is_some() => style.colour(&value),
                // A colour that is not understood may be any.
                _ => doubts.push(DoubtKind::Colour),
            },
            "background" | "background-color" => {
                if let Some(ground) = value.split_whitespace().find_map(colour) {
                    style.ground = Some(ground);
                }
            }
            "text-decoration" | "text-decoration-line" if value.contains("line-through") => {
                style.struck = true;
            }
            "vertical-align" if value.contains("super") => style.script = Some(Script::Raised),
            "vertical-align" if value.contains("sub") => style.script = Some(Script::Lowered),
            "white-space" if value.contains("pre") => style.pre = true,
            _ => {}
        }
        doubts.extend(suspicion(&name, &value));
    }
    doubts
}

/// Whether a colour is the reader's own, or what it would be without.
fn is_left_open(colour: &str) -> bool {
    matches!(
        colour,
        "inherit" | "initial" | "unset" | "windowtext" | "auto" | "currentcolor"
    )
}

/// What a style sheet may hide, add or change.
pub(crate) fn sheet(text: &str) -> Vec<DoubtKind> {
    let text = without_comments(text).to_ascii_lowercase();
    let mut doubts = Vec::new();
    if text.contains("@import") {
        doubts.push(DoubtKind::Style);
    }
    let mut rest = text.as_str();
    let mut selector = "";
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        if after.starts_with('{') {
            selector = before;
        } else {
            let font = selector.contains("@font-face");
            for (name, value) in split(before) {
                if font {
                    if name == "src" {
                        doubts.push(DoubtKind::OwnFonts);
                    }
                    continue;
                }
                let light =
                    |v: &str| colour(v).is_none_or(|c| contrast(c, [1.0; 3]) < LEAST_CONTRAST);
                match name.as_str() {
                    "color" if !is_left_open(&value) && light(&value) => {
                        doubts.push(DoubtKind::Colour);
                    }
                    "background" | "background-color" => {
                        let dark = |c: [f32; 3]| contrast(c, [0.0; 3]) < LEAST_CONTRAST;
                        if value.split_whitespace().filter_map(colour).any(dark) {
                            doubts.push(DoubtKind::Colour);
                        }
                    }
                    "text-decoration" | "text-decoration-line"
                        if value.contains("line-through") =>
                    {
                        doubts.push(DoubtKind::Struck);
                    }
                    "vertical-align" if value.contains("super") || value.contains("sub") => {
                        doubts.push(DoubtKind::Raised);
                    }
                    _ => {}
                }
                doubts.extend(suspicion(&name, &value));
            }
        }
        rest = &after[1..];
    }
    doubts.sort_unstable();
    doubts.dedup();
    doubts
}

/// Declarations that hide, add, move or change text whatever they stand on.
fn suspicion(name: &str, value: &str) -> Option<DoubtKind> {
    let size = || length(value).is_some_and(|points| points < SMALLEST);
    let nothing = || length(value) == Some(0.0);
    Some(match name {
        "display" if value.contains("none") => DoubtKind::Hidden,
        "visibility" if value != "visible" => DoubtKind::Hidden,
        "opacity" if !matches!(value, "1" | "1.0" | "100%") => DoubtKind::Hidden,
        "content-visibility"
        | "clip"
        | "clip-path"
        | "mask"
        | "mask-image"
        | "filter"
        | "mso-hide"
        | "-webkit-text-security"
        | "line-clamp"
        | "-webkit-line-clamp" => DoubtKind::Hidden,
        "height" | "max-height" | "width" | "max-width" | "line-height" if nothing() => {
            DoubtKind::Hidden
        }
        "font-size" | "font" if size() => DoubtKind::Tiny,
        "content" if !matches!(value, "none" | "normal" | "\"\"" | "''") => DoubtKind::Style,
        "position" if value.contains("absolute") || value.contains("fixed") => DoubtKind::Moved,
        "transform" | "order" | "rotate" | "scale" | "translate" if value != "none" => {
            DoubtKind::Moved
        }
        "flex-direction" | "flex-flow" if value.contains("reverse") => DoubtKind::Moved,
        "flex-wrap" if value.contains("reverse") => DoubtKind::Moved,
        "text-indent" | "letter-spacing" | "word-spacing" | "margin" | "margin-left"
        | "margin-top" | "margin-right" | "margin-bottom" | "left" | "top" | "right" | "bottom"
            if large_negative(value) =>
        {
            DoubtKind::Moved
        }
        "direction" if value == "rtl" => DoubtKind::Direction,
        "unicode-bidi" if value != "normal" => DoubtKind::Direction,
        "writing-mode" if !value.contains("horizontal") => DoubtKind::Moved,
        "text-transform" if value != "none" => DoubtKind::Style,
        "font-family" | "font" if is_symbol_font(value) => DoubtKind::Glyphs,
        "font-feature-settings" | "font-variant-alternates" => DoubtKind::Glyphs,
        _ if value.contains("url(") && name != "list-style-image" => DoubtKind::Picture,
        _ if value.contains("expression(") || value.contains("attr(") => DoubtKind::Script,
        // A declaration with escapes in its name is written so to be overlooked.
        _ if name.contains('\\') || value.contains('\\') => DoubtKind::Style,
        _ if name.starts_with("--") || value.contains("var(") => DoubtKind::Style,
        _ => return None,
    })
}

/// Declarations: names in lower case, and values without `!important`.
fn split(text: &str) -> Vec<(String, String)> {
    let text = without_comments(text).to_ascii_lowercase();
    let pair = |part: &str| {
        let (name, value) = part.split_once(':')?;
        let value = value.replace("!important", "");
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    text.split(';').filter_map(pair).collect()
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

/// The first length of a value, in points; `None` where there is none that is absolute.
fn length(value: &str) -> Option<f32> {
    value
        .split(|c: char| c.is_whitespace() || c == '/')
        .find_map(|word| {
            let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))?;
            let number: f32 = word[..end].parse().ok()?;
            let unit = match &word[end..] {
                "pt" => 1.0,
                "px" => 0.75,
                "mm" => 2.835,
                "cm" => 28.35,
                "in" => 72.0,
                "pc" => 12.0,
                "em" | "rem" | "ex" | "ch" => 12.0,
                "%" => 0.12,
                _ => return None,
            };
            Some(number * unit)
        })
        .or_else(|| (value.trim() == "0").then_some(0.0))
}

fn large_negative(value: &str) -> bool {
    value
        .split_whitespace()
        .any(|word| word.starts_with('-') && length(word).is_none_or(|points| points < -40.0))
        || (value.starts_with('-')
            && length(value).is_some_and(|points| points < -1.0)
            && value.contains("em"))
}

/// A colour as CSS and HTML write it, by red, green and blue from 0 to 1; `None` where it is not understood.
fn colour(text: &str) -> Option<[f32; 3]> {
    let text = text.trim().to_ascii_lowercase();
    let named: [(&str, u32); 24] = [
        ("black", 0x00_0000),
        ("white", 0xff_ffff),
        ("red", 0xff_0000),
        ("green", 0x00_8000),
        ("blue", 0x00_00ff),
        ("gray", 0x80_8080),
        ("grey", 0x80_8080),
        ("silver", 0xc0_c0c0),
        ("navy", 0x00_0080),
        ("maroon", 0x80_0000),
        ("purple", 0x80_0080),
        ("teal", 0x00_8080),
        ("olive", 0x80_8000),
        ("yellow", 0xff_ff00),
        ("lime", 0x00_ff00),
        ("aqua", 0x00_ffff),
        ("cyan", 0x00_ffff),
        ("fuchsia", 0xff_00ff),
        ("magenta", 0xff_00ff),
        ("orange", 0xff_a500),
        ("snow", 0xff_fafa),
        ("ivory", 0xff_fff0),
        ("whitesmoke", 0xf5_f5f5),
        ("darkblue", 0x00_008b),
    ];
    let rgb = |n: u32| {
        let part = |shift: u32| ((n >> shift) & 0xff) as f32 / 255.0;
        [part(16), part(8), part(0)]
    };
    if let Some((_, n)) = named.iter().find(|(name, _)| *name == text) {
        return Some(rgb(*n));
    }
    let hex = text.strip_prefix('#').unwrap_or(&text);
    if hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        match hex.len() {
            6 => return u32::from_str_radix(hex, 16).ok().map(rgb),
            3 => {
                let wide: String = hex.chars().flat_map(|c| [c, c]).collect();
                return u32::from_str_radix(&wide, 16).ok().map(rgb);
            }
            _ => {}
        }
    }
    let inside = text.strip_prefix("rgb(")?.strip_suffix(')')?;
    let mut parts = inside
        .split([',', ' '])
        .filter(|p| !p.is_empty())
        .map(|part| match part.strip_suffix('%') {
            Some(percent) => percent.parse::<f32>().ok().map(|v| v / 100.0),
            None => part.parse::<f32>().ok().map(|v| v / 255.0),
        });
    let colour = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(colour)
}
