//! What a declaration of a style does to a text (CSS 2.2 and later).
//!
//! What is not known to leave the words as they stand is a doubt. A declaration is judged for the kind of element that it
//! may meet.

use super::{
    colour::{self, Colour},
    css::Declaration,
    element::Kind,
    known::{FREE, VALUES, WORD},
    length::{Length, number},
    symbol::is_symbol_font,
};
use crate::{
    doubt::DoubtKind::{
        self, Colour as Coloured, Glyphs, Hidden, Moved, Picture, Raised, Struck, Style, Tiny,
    },
    script::Script,
};

/// What one declaration does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Effect {
    Colour(Colour),
    Ground(Colour),
    Size(Size),
    Line(Line),
    Margin(Length),
    Padding(Length),
    Indent(Length),
    Script(Option<Script>),
    Struck,
    Pre(bool),
    /// Whether its lines end where there is no more room.
    Wraps(bool),
    Marker(Marker),
    /// A part of what is in it may have to be scrolled to.
    Scrolls,
    /// An element whose text scrolling shows as a whole.
    MayScroll,
    /// A width or height by which what scrolls may be cut.
    Limited,
    /// The least height of a table or of its parts.
    Tall,
    /// A table or a part of one that is shown as something else, whose height is no least one any more.
    AsBlock,
    /// A cell that may be narrower than its longest word.
    Narrow,
}

/// A size of letters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Size {
    Is(f32),
    /// Times the size around.
    Times(f32),
    /// Times the page's size.
    Root(f32),
}

/// How far lines stand apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Line {
    /// Times the size of each text's letters.
    Times(f32),
    /// For all that is within, too.
    Fixed(Length),
}

/// The sign before a list's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Nothing,
    Bullet,
    Decimal,
    Letters { large: bool },
    Roman { large: bool },
}

/// Whether a declaration may be disregarded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Judged {
    Harmless,
    Does(Vec<Effect>),
    Doubt(DoubtKind),
}

/// The smallest size of text that a person reads, in points.
pub(super) const SMALLEST: f32 = 4.0;

/// The largest size of text, in points.
const LARGEST: f32 = 48.0;

/// The narrowest box in which words are not thought to break, in points.
const NARROWEST: f32 = 200.0;

/// The values of `display` that leave an element what it is.
const BLOCK: &[&str] = &["block", "flow-root", "table"];
const TABLE: &[&str] = &[
    "table",
    "table-row",
    "table-cell",
    "table-row-group",
    "table-header-group",
    "table-footer-group",
    "table-caption",
];

pub(super) fn judge(declaration: &Declaration, kind: Kind) -> Judged {
    let (name, value) = (declaration.name.as_str(), declaration.value.as_str());
    // What it says stands elsewhere, or is computed.
    for (sign, doubt) in [
        ("var(", Style),
        ("env(", Style),
        ("url(", Picture),
        ("image(", Picture),
        ("expression(", DoubtKind::Script),
        ("attr(", DoubtKind::Script),
    ] {
        if value.contains(sign) {
            return Judged::Doubt(doubt);
        }
    }
    // Word's own names for what other properties say.
    match name {
        "mso-highlight" => return ground(value),
        "mso-ansi-font-size" if size(value).is_none() => return Judged::Doubt(Tiny),
        "mso-ascii-font-family" | "mso-hansi-font-family" => return fonts(value),
        "mso-themetint" | "mso-themeshade" => {
            let shade = value.parse::<u8>().is_ok_and(|n| n >= 100);
            return if shade {
                Judged::Harmless
            } else {
                Judged::Doubt(Coloured)
            };
        }
        _ => {}
    }
    if FREE.contains(&name) || WORD.iter().any(|begin| name.starts_with(begin)) {
        return Judged::Harmless;
    }
    if let Some((_, doubt, values)) = VALUES.iter().find(|(n, ..)| *n == name) {
        let word = name == "mso-list" && value.split(' ').all(is_word_list);
        return if values.contains(&value) || word {
            Judged::Harmless
        } else {
            Judged::Doubt(*doubt)
        };
    }
    match name {
        // It counts before `color`.
        "-webkit-text-fill-color" => match value {
            "currentcolor" | "inherit" | "initial" | "unset" => Judged::Harmless,
            _ => Judged::Doubt(Coloured),
        },
        "color" => match colour::css(value) {
            Some(Colour::Clear) | None => Judged::Doubt(Coloured),
            Some(colour) => Judged::Does(vec![Effect::Colour(colour)]),
        },
        "background" | "background-color" => ground(value),
        "font-size" => match size(value) {
            Some(size) => Judged::Does(vec![Effect::Size(size)]),
            None => left_open(value, Tiny),
        },
        "font-family" => fonts(value),
        "font" => font(value),
        "line-height" => match line(value) {
            Some(line) => Judged::Does(vec![Effect::Line(line)]),
            None => left_open(value, Hidden),
        },
        "display" => display(value, kind),
        "white-space" => match value {
            "pre" => Judged::Does(vec![Effect::Pre(true), Effect::Wraps(false)]),
            "pre-wrap" | "break-spaces" => {
                Judged::Does(vec![Effect::Pre(true), Effect::Wraps(true)])
            }
            "nowrap" => Judged::Does(vec![Effect::Pre(false), Effect::Wraps(false)]),
            "pre-line" | "normal" | "initial" => {
                Judged::Does(vec![Effect::Pre(false), Effect::Wraps(true)])
            }
            "inherit" | "unset" => Judged::Harmless,
            _ => Judged::Doubt(Style),
        },
        "vertical-align" => vertical(value, kind),
        "text-decoration" | "text-decoration-line" | "-webkit-text-decoration" => decoration(value),
        "text-indent" => match Length::parse(value) {
            Some(length) if length.points(16.0).abs() <= 90.0 => {
                Judged::Does(vec![Effect::Indent(length)])
            }
            Some(_) => Judged::Doubt(Moved),
            None => left_open(value, Moved),
        },
        "letter-spacing" => spacing(value, -0.5, 1.0),
        "word-spacing" => spacing(value, -0.5, 12.0),
        "left" | "top" | "right" | "bottom" => match value {
            "auto" | "initial" => Judged::Harmless,
            _ => nothing(value, Moved),
        },
        "height" | "max-height" => match value {
            "auto" | "none" | "initial" => Judged::Harmless,
            // Of these it is the least height.
            _ if kind.has_own_height() => Judged::Does(vec![Effect::Tall]),
            "100%" | "min-content" | "max-content" | "fit-content" => {
                Judged::Does(vec![Effect::Limited])
            }
            _ => Judged::Doubt(Hidden),
        },
        "overflow" | "overflow-x" | "overflow-y"
            if matches!(kind, Kind::Block | Kind::Table)
                && matches!(value, "auto" | "scroll" | "auto auto" | "auto visible") =>
        {
            Judged::Does(vec![Effect::Scrolls])
        }
        "overflow" | "overflow-x" | "overflow-y" => match value {
            "visible" | "initial" => Judged::Harmless,
            _ => Judged::Doubt(Hidden),
        },
        // Browsers make a cell as narrow as that, whatever is in it.
        "max-width" if kind == Kind::Cell => match width(value, name) {
            Judged::Harmless if matches!(value, "none" | "initial" | "auto") => Judged::Harmless,
            Judged::Harmless => Judged::Does(vec![Effect::Narrow]),
            other => other,
        },
        "width" | "max-width" | "min-width" => match kind {
            // Not narrower than its longest word, or of no effect.
            Kind::Part | Kind::Cell | Kind::Rule | Kind::Inline | Kind::Silent => Judged::Harmless,
            _ => match (width(value, name), value) {
                (Judged::Harmless, "auto" | "none" | "initial" | "100%") => Judged::Harmless,
                (Judged::Harmless, _) if name != "min-width" => Judged::Does(vec![Effect::Limited]),
                (other, _) => other,
            },
        },
        "list-style" | "list-style-type" => list(value),
        "border-spacing" | "gap" | "row-gap" | "column-gap" => room(value),
        "min-height" => room(value),
        "border-style"
        | "border-top-style"
        | "border-bottom-style"
        | "border-left-style"
        | "border-right-style"
        | "border-width"
        | "border-top-width"
        | "border-bottom-width"
        | "border-left-width"
        | "border-right-width"
        | "border"
        | "border-top"
        | "border-bottom"
        | "border-left"
        | "border-right" => border(value, kind),
        "margin"
        | "margin-left"
        | "margin-right"
        | "margin-top"
        | "margin-bottom"
        | "margin-inline"
        | "margin-inline-start"
        | "margin-inline-end"
        | "margin-block"
        | "margin-block-start"
        | "margin-block-end" => edges(name, value, kind),
        "padding"
        | "padding-left"
        | "padding-right"
        | "padding-top"
        | "padding-bottom"
        | "padding-inline"
        | "padding-inline-start"
        | "padding-inline-end"
        | "padding-block"
        | "padding-block-start"
        | "padding-block-end" => edges(name, value, kind),
        _ => Judged::Doubt(Style),
    }
}

/// `l0 level1 lfo1`: which list of Word's an item belongs to.
fn is_word_list(word: &str) -> bool {
    let numbered = |begin: &str| {
        let rest = word.strip_prefix(begin);
        rest.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    numbered("l") || numbered("level") || numbered("lfo")
}

/// Values by which a property is as if it were not declared.
fn left_open(value: &str, doubt: DoubtKind) -> Judged {
    match value {
        "inherit" | "initial" | "unset" => Judged::Harmless,
        _ => Judged::Doubt(doubt),
    }
}

fn nothing(value: &str, doubt: DoubtKind) -> Judged {
    match Length::parse(value) {
        Some(length) if length.points(12.0) == 0.0 => Judged::Harmless,
        _ => Judged::Doubt(doubt),
    }
}

fn ground(value: &str) -> Judged {
    let words = words(value);
    let (colours, rest): (Vec<_>, Vec<_>) =
        { words.iter() }.partition(|word| colour::css(word).is_some());
    let rest: Vec<&str> = rest.into_iter().copied().collect();
    let known = match rest.as_slice() {
        [] => words.len() == 1,
        ["none"] => true,
        // As browsers write it out.
        ["none", "repeat", "scroll", "0%" | "0px", "0%" | "0px"]
        | ["repeat", "scroll", "0%", "0%"] => true,
        _ => false,
    };
    if !known || colours.len() > 1 {
        return Judged::Doubt(Coloured);
    }
    let colour = colours.first().and_then(|word| colour::css(word));
    Judged::Does(vec![Effect::Ground(colour.unwrap_or(Colour::Clear))])
}

/// A value's parts; what stands in brackets is one.
fn words(value: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let apart = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ' ' && depth == 0
    };
    value.split(apart).filter(|word| !word.is_empty()).collect()
}

fn size(value: &str) -> Option<Size> {
    let size = match value {
        "xx-small" => Size::Is(6.75),
        "x-small" => Size::Is(7.5),
        "small" => Size::Is(9.75),
        "medium" => Size::Is(12.0),
        "large" => Size::Is(13.5),
        "x-large" => Size::Is(18.0),
        "xx-large" => Size::Is(24.0),
        "xxx-large" => Size::Is(36.0),
        "smaller" => Size::Times(0.83),
        "larger" => Size::Times(1.2),
        "inherit" | "unset" => Size::Times(1.0),
        "initial" => Size::Is(12.0),
        _ => match Length::parse(value)? {
            Length::Points(n) => Size::Is(n),
            Length::Letters(n) => Size::Times(n),
            Length::Percent(n) => Size::Times(n / 100.0),
            Length::Root(n) => Size::Root(n),
        },
    };
    let fits = match size {
        Size::Is(n) => (SMALLEST..=LARGEST).contains(&n),
        Size::Times(n) | Size::Root(n) => (0.0..=12.0).contains(&n),
    };
    fits.then_some(size)
}

fn fonts(value: &str) -> Judged {
    if is_symbol_font(value) {
        Judged::Doubt(Glyphs)
    } else {
        Judged::Harmless
    }
}

/// `italic bold 12pt/1.5 family`.
fn font(value: &str) -> Judged {
    if matches!(value, "inherit" | "initial" | "unset") {
        return Judged::Harmless;
    }
    if is_symbol_font(value) {
        return Judged::Doubt(Glyphs);
    }
    let mut words = value.split(' ');
    let mut before: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let plain = matches!(
            word,
            "normal"
                | "italic"
                | "oblique"
                | "bold"
                | "bolder"
                | "lighter"
                | "100"
                | "200"
                | "300"
                | "400"
                | "500"
                | "600"
                | "700"
                | "800"
                | "900"
        );
        if plain {
            before.push(word);
            continue;
        }
        // Twice the same, and a browser passes it over.
        let slanted = |w: &&&str| matches!(**w, "italic" | "oblique");
        let heavy = |w: &&&str| !matches!(**w, "normal" | "italic" | "oblique");
        let once =
            before.iter().filter(slanted).count() < 2 && before.iter().filter(heavy).count() < 2;
        let (letters, apart) = match word.split_once('/') {
            Some((letters, apart)) => (letters, line(apart)),
            None => (word, Some(Line::Times(1.2))),
        };
        let family: Vec<&str> = words.collect();
        return match (size(letters), apart, is_family(&family.join(" "))) {
            (Some(letters), Some(apart), true) if once && before.len() <= 4 => {
                Judged::Does(vec![Effect::Size(letters), Effect::Line(apart)])
            }
            _ => Judged::Doubt(Tiny),
        };
    }
    Judged::Doubt(Style)
}

/// Names of fonts, as a browser takes them.
fn is_family(text: &str) -> bool {
    text.split(',').map(str::trim).all(|name| {
        let quoted = ['"', '\''].iter().any(|q| {
            let inside = name.strip_prefix(*q).and_then(|n| n.strip_suffix(*q));
            inside.is_some_and(|n| !n.contains(*q))
        });
        let plain = |word: &str| {
            let first = word.trim_start_matches('-').chars().next();
            first.is_some_and(|c| c.is_alphabetic() || c == '_')
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        };
        quoted || (!name.is_empty() && name.split(' ').all(plain))
    })
}

fn line(value: &str) -> Option<Line> {
    if matches!(value, "normal" | "initial") {
        return Some(Line::Times(1.2));
    }
    if let Some(times) = number(value) {
        return (0.0..=10.0).contains(&times).then_some(Line::Times(times));
    }
    let length = match Length::parse(value)? {
        Length::Percent(n) => Length::Letters(n / 100.0),
        other => other,
    };
    (0.0..=300.0)
        .contains(&length.points(12.0))
        .then_some(Line::Fixed(length))
}

fn display(value: &str, kind: Kind) -> Judged {
    let fits = match kind {
        Kind::Block | Kind::Rule => BLOCK.contains(&value),
        Kind::Item if value == "block" => {
            return Judged::Does(vec![Effect::Marker(Marker::Nothing)]);
        }
        Kind::Item => value == "list-item",
        Kind::Table if matches!(value, "block" | "flow-root") => {
            return Judged::Does(vec![Effect::AsBlock]);
        }
        Kind::Part | Kind::Cell if value == "table-caption" => {
            return Judged::Does(vec![Effect::AsBlock]);
        }
        Kind::Table => BLOCK.contains(&value),
        Kind::Part | Kind::Cell => TABLE.contains(&value),
        Kind::Inline => matches!(value, "inline" | "initial"),
        Kind::Silent => value == "none",
    };
    match value {
        _ if fits => Judged::Harmless,
        "none" => Judged::Doubt(Hidden),
        "inline" | "inline-block" | "block" | "list-item" | "contents" => Judged::Doubt(Style),
        _ => Judged::Doubt(Moved),
    }
}

fn vertical(value: &str, kind: Kind) -> Judged {
    match value {
        "super" => Judged::Does(vec![Effect::Script(Some(Script::Raised))]),
        "sub" => Judged::Does(vec![Effect::Script(Some(Script::Lowered))]),
        "baseline" | "initial" | "0" | "0px" | "0pt" => Judged::Does(vec![Effect::Script(None)]),
        _ if kind != Kind::Inline => Judged::Harmless,
        _ => Judged::Doubt(Raised),
    }
}

fn decoration(value: &str) -> Judged {
    if value.contains("line-through") {
        return Judged::Does(vec![Effect::Struck]);
    }
    let words = [
        "none",
        "underline",
        "solid",
        "double",
        "dotted",
        "dashed",
        "wavy",
        "auto",
        "initial",
        "inherit",
        "unset",
    ];
    let known = |word: &str| words.contains(&word);
    let one = colour::css(value).is_some();
    if one
        || value
            .split(' ')
            .all(|word| known(word) || colour::css(word).is_some())
    {
        Judged::Harmless
    } else {
        Judged::Doubt(Struck)
    }
}

fn spacing(value: &str, least: f32, most: f32) -> Judged {
    match Length::parse(value) {
        Some(length) if (least..=most).contains(&length.points(12.0)) => Judged::Harmless,
        None if value == "normal" => Judged::Harmless,
        None => left_open(value, Moved),
        Some(_) => Judged::Doubt(Moved),
    }
}

fn width(value: &str, name: &str) -> Judged {
    match value {
        "auto" | "none" | "initial" | "inherit" | "100%" | "fit-content" | "max-content"
        | "min-content" => Judged::Harmless,
        _ => match Length::parse(value) {
            // Words stand beside each other in it.
            Some(length) if (NARROWEST..=1500.0).contains(&length.points(12.0)) => Judged::Harmless,
            Some(length)
                if name == "min-width" && (0.0..=NARROWEST).contains(&length.points(12.0)) =>
            {
                Judged::Harmless
            }
            _ => Judged::Doubt(Hidden),
        },
    }
}

fn list(value: &str) -> Judged {
    let mut marker = None;
    let count = |of: &[&str]| value.split(' ').filter(|word| of.contains(word)).count();
    if count(&["none"]) > 2 || count(&["inside", "outside"]) > 1 || value.split(' ').count() > 3 {
        return Judged::Doubt(DoubtKind::Field);
    }
    let mut words = value.split(' ').peekable();
    while let Some(word) = words.next() {
        let kind = match word {
            "inside" | "outside" => continue,
            "none" => Marker::Nothing,
            "disc" | "circle" | "square" => Marker::Bullet,
            "decimal" => Marker::Decimal,
            "lower-alpha" | "lower-latin" => Marker::Letters { large: false },
            "upper-alpha" | "upper-latin" => Marker::Letters { large: true },
            "lower-roman" => Marker::Roman { large: false },
            "upper-roman" => Marker::Roman { large: true },
            "inherit" | "unset" if words.peek().is_none() && marker.is_none() => {
                return Judged::Harmless;
            }
            _ => return Judged::Doubt(DoubtKind::Field),
        };
        // `none` may be the picture's.
        marker = match marker {
            None => Some(kind),
            Some(Marker::Nothing) => Some(kind),
            Some(found) if kind == Marker::Nothing => Some(found),
            Some(_) => return Judged::Doubt(DoubtKind::Field),
        };
    }
    match marker {
        Some(marker) => Judged::Does(vec![Effect::Marker(marker)]),
        None => Judged::Harmless,
    }
}

fn room(value: &str) -> Judged {
    let modest = |word: &str| Length::parse(word).is_some_and(Length::is_modest);
    if value.split(' ').all(modest) {
        Judged::Harmless
    } else {
        Judged::Doubt(Moved)
    }
}

/// A line beside letters may be read as one of them.
fn border(value: &str, kind: Kind) -> Judged {
    let none = value
        .split(' ')
        .any(|word| word == "none" || word == "hidden")
        || Length::parse(value).is_some_and(|l| l.points(12.0) == 0.0)
        || matches!(value, "initial" | "unset");
    if none
        || value
            .split(' ')
            .next()
            .is_some_and(|w| Length::parse(w).is_some_and(|l| l.points(12.0) == 0.0))
    {
        return Judged::Harmless;
    }
    if kind == Kind::Inline {
        return Judged::Doubt(Struck);
    }
    let thin = |word: &str| {
        Length::parse(word).is_none_or(|length| (0.0..=20.0).contains(&length.points(12.0)))
    };
    if value.split(' ').all(thin) {
        Judged::Harmless
    } else {
        Judged::Doubt(Moved)
    }
}

/// Margins and paddings: of what is within a line they divide or join words; of others they must not be negative.
fn edges(name: &str, value: &str, kind: Kind) -> Judged {
    let mut lengths = Vec::new();
    for word in value.split(' ') {
        let alone = matches!(word, "initial" | "inherit" | "unset") && word == value;
        match Length::parse(word) {
            Some(length) if length.is_modest() => lengths.push(length),
            None if alone || (word == "auto" && name.starts_with("margin")) => {
                lengths.push(Length::Points(0.0));
            }
            _ => return Judged::Doubt(Moved),
        }
    }
    let side = match (
        name.split_once('-').map(|(_, side)| side),
        lengths.as_slice(),
    ) {
        (None, [all]) => Some(*all),
        (None, [_, sides] | [_, sides, _] | [_, _, _, sides]) => Some(*sides),
        (Some("left" | "right" | "inline-start" | "inline-end"), [one]) => Some(*one),
        (Some("inline"), [one] | [one, _]) => Some(*one),
        (Some("top" | "bottom" | "block-start" | "block-end"), [_])
        | (Some("block"), [_] | [_, _]) => None,
        _ => return Judged::Doubt(Moved),
    };
    let some = |length: &Length| length.points(12.0) > 0.0;
    if kind == Kind::Inline {
        let within = side.is_some() && lengths.iter().any(some);
        return if within {
            Judged::Doubt(Moved)
        } else {
            Judged::Harmless
        };
    }
    let left = !name.ends_with("right") && !name.ends_with("inline-end");
    match side.filter(|_| left) {
        Some(side) if name.starts_with("margin") => Judged::Does(vec![Effect::Margin(side)]),
        Some(side) => Judged::Does(vec![Effect::Padding(side)]),
        None => Judged::Harmless,
    }
}
