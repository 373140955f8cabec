//! How browsers show an element by itself and by its old attributes.

use html5gum::StartTag;

use super::{
    colour::{Colour, legacy},
    element::kind,
    length::Length,
    lossy,
    property::{Effect, Marker, Size},
};
use crate::script::Script;

/// The effects; `Err` where an attribute has a value that is not read.
pub(super) fn hints(
    name: &str,
    tag: &StartTag<()>,
    links: &[Effect],
) -> Result<Vec<Effect>, String> {
    let attribute = |key: &str| tag.attributes.get(key.as_bytes()).map(|v| lossy(v));
    let mut out: Vec<Effect> = match name {
        "h1" => vec![Effect::Size(Size::Times(2.0))],
        "h2" => vec![Effect::Size(Size::Times(1.5))],
        "h3" => vec![Effect::Size(Size::Times(1.17))],
        "h5" => vec![Effect::Size(Size::Times(0.83))],
        "h6" => vec![Effect::Size(Size::Times(0.67))],
        "small" => vec![Effect::Size(Size::Times(0.83))],
        "big" => vec![Effect::Size(Size::Times(1.2))],
        "code" | "kbd" | "samp" | "tt" => vec![Effect::Size(Size::Times(0.8125))],
        "pre" => vec![
            Effect::MayScroll,
            Effect::Size(Size::Times(0.8125)),
            Effect::Pre(true),
            Effect::Wraps(false),
        ],
        "nobr" => vec![Effect::Wraps(false)],
        "sup" => vec![
            Effect::Size(Size::Times(0.83)),
            Effect::Script(Some(Script::Raised)),
        ],
        "sub" => vec![
            Effect::Size(Size::Times(0.83)),
            Effect::Script(Some(Script::Lowered)),
        ],
        "s" | "strike" | "del" => vec![Effect::Struck],
        "mark" => vec![
            Effect::Colour(Colour::Is([0; 3])),
            Effect::Ground(Colour::Is([0xff, 0xff, 0])),
        ],
        "ul" | "menu" | "dir" => vec![indented(), Effect::Marker(Marker::Bullet)],
        "ol" => vec![indented(), Effect::Marker(Marker::Decimal)],
        "blockquote" | "figure" | "dd" => vec![Effect::Margin(Length::Points(30.0))],
        "body" => vec![Effect::Margin(Length::Points(6.0))],
        "a" if attribute("href").is_some() => links.to_vec(),
        _ => Vec::new(),
    };
    let colour = match name {
        "font" => attribute("color"),
        "body" => attribute("text"),
        _ => None,
    };
    out.extend(
        colour
            .and_then(|c| legacy(&c))
            .map(|c| Effect::Colour(Colour::Is(c))),
    );
    if matches!(
        name,
        "body" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th"
    ) {
        let ground = attribute("bgcolor").and_then(|c| legacy(&c));
        out.extend(ground.map(|c| Effect::Ground(Colour::Is(c))));
    }
    if matches!(name, "div" | "table") {
        out.push(Effect::MayScroll);
    }
    if let Some(kind) = kind(name) {
        let height = attribute("height").filter(|_| kind.has_own_height());
        out.extend(height.map(|_| Effect::Tall));
        let width = attribute("width").filter(|width| width.trim() != "100%");
        out.extend(width.map(|_| Effect::Limited));
    }
    if let (Some(size), "font") = (attribute("size"), name) {
        let read = letters(size.trim()).ok_or_else(|| format!("size=\"{size}\""))?;
        out.push(Effect::Size(read));
    }
    if let (Some(kind), "ol" | "ul" | "li" | "menu" | "dir") = (attribute("type"), name) {
        let marker = match (kind.trim(), name) {
            ("1", "ol" | "li") => Marker::Decimal,
            ("a", "ol" | "li") => Marker::Letters { large: false },
            ("A", "ol" | "li") => Marker::Letters { large: true },
            ("i", "ol" | "li") => Marker::Roman { large: false },
            ("I", "ol" | "li") => Marker::Roman { large: true },
            (other, "ul" | "li") => match other.to_ascii_lowercase().as_str() {
                "disc" | "circle" | "square" => Marker::Bullet,
                "none" => Marker::Nothing,
                _ => return Err(format!("type=\"{kind}\"")),
            },
            _ => return Err(format!("type=\"{kind}\"")),
        };
        out.retain(|e| !matches!(e, Effect::Marker(_)));
        out.push(Effect::Marker(marker));
    }
    Ok(out)
}

const fn indented() -> Effect {
    Effect::Padding(Length::Points(30.0))
}

/// The colours of links: the page's own, or those of browsers.
pub(super) fn links(body: &StartTag<()>) -> Vec<Effect> {
    let of = |key: &str, otherwise: [u8; 3]| {
        let given = body
            .attributes
            .get(key.as_bytes())
            .and_then(|v| legacy(&lossy(v)));
        Effect::Colour(Colour::Is(given.unwrap_or(otherwise)))
    };
    let [unseen, seen] = super::colour::LINKS;
    vec![of("link", unseen), of("vlink", seen)]
}

/// `1` to `7`, or `+1` and `-1` from 3 on.
fn letters(text: &str) -> Option<Size> {
    let number: i32 = match text.strip_prefix('+') {
        Some(more) => 3 + more.parse::<u8>().ok().map(i32::from)?,
        None if text.starts_with('-') => 3 + text.parse::<i32>().ok().filter(|n| *n > -100)?,
        None => i32::from(text.parse::<u8>().ok()?),
    };
    let points = match number {
        ..=1 => 7.5,
        2 => 9.75,
        3 => 12.0,
        4 => 13.5,
        5 => 18.0,
        6 => 24.0,
        7.. => 36.0,
    };
    Some(Size::Is(points))
}

/// A list's number as its sign shows it.
pub(super) fn number(marker: Marker, number: u32) -> Option<String> {
    let sign = match marker {
        Marker::Nothing => return Some(String::new()),
        Marker::Bullet => return Some("- ".to_owned()),
        Marker::Decimal => number.to_string(),
        Marker::Letters { large } => {
            let mut n = number;
            let mut signs = Vec::new();
            while n > 0 {
                n -= 1;
                let first = if large { b'A' } else { b'a' };
                signs.push(char::from(first + (n % 26) as u8));
                n /= 26;
            }
            signs.iter().rev().collect()
        }
        Marker::Roman { large } => {
            let roman = roman(number)?;
            if large { roman.to_uppercase() } else { roman }
        }
    };
    (!sign.is_empty()).then(|| format!("{sign}. "))
}

fn roman(number: u32) -> Option<String> {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if !(1..=3999).contains(&number) {
        return None;
    }
    let mut rest = number;
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            out.push_str(sign);
            rest -= value;
        }
    }
    Some(out)
}
