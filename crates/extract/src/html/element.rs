//! Elements and attributes that are known, and what they are; any other is a doubt.

use html5gum::StartTag;

use super::{css::is_space, lossy};
use crate::doubt::DoubtKind;

/// What kind of box an element makes, without styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Within a line.
    Inline,
    /// Lines of its own.
    Block,
    /// An item of a list.
    Item,
    /// A line that is drawn.
    Rule,
    Table,
    /// Rows, groups of them, columns.
    Part,
    /// A cell, or a table's heading.
    Cell,
    /// Never shown.
    Silent,
}

impl Kind {
    /// Whether a height is the least that it has, or has nothing to do with text.
    pub(super) const fn has_own_height(self) -> bool {
        matches!(self, Self::Rule | Self::Table | Self::Part | Self::Cell)
    }

    pub(super) const fn is_block(self) -> bool {
        !matches!(self, Self::Inline | Self::Silent)
    }
}

/// The kind of an element that is known.
pub(super) fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "a" | "abbr" | "acronym" | "b" | "bdi" | "big" | "br" | "cite" | "code" | "data"
        | "del" | "dfn" | "em" | "font" | "i" | "img" | "ins" | "kbd" | "mark" | "nobr" | "q"
        | "s" | "samp" | "small" | "span" | "strike" | "strong" | "sub" | "sup" | "time" | "tt"
        | "u" | "var" | "wbr" => Kind::Inline,
        // Word's paragraph mark and its names of places and dates, which no browser knows.
        "o:p" => Kind::Inline,
        _ if name.starts_with("st1:") => Kind::Inline,
        "address" | "article" | "aside" | "blockquote" | "body" | "center" | "dd" | "dir"
        | "div" | "dl" | "dt" | "figcaption" | "figure" | "footer" | "h1" | "h2" | "h3" | "h4"
        | "h5" | "h6" | "header" | "hgroup" | "html" | "main" | "menu" | "nav" | "ol" | "p"
        | "pre" | "section" | "ul" => Kind::Block,
        "li" => Kind::Item,
        "hr" => Kind::Rule,
        "table" => Kind::Table,
        "tbody" | "tfoot" | "thead" | "tr" | "col" | "colgroup" => Kind::Part,
        "td" | "th" | "caption" => Kind::Cell,
        "head" | "link" | "meta" | "style" | "title" => Kind::Silent,
        _ => return None,
    })
}

/// Elements without an end tag.
pub(super) const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements that a browser opens again where another's end closed them (WHATWG HTML, 13.2.4.3).
pub(super) const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Parts of tables, which stand nowhere else.
pub(super) const TABLE_PARTS: &[&str] = &[
    "caption", "col", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr",
];

pub(super) fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// An element that is not known, or that shows what is not read.
pub(super) fn presence(name: &str) -> Option<DoubtKind> {
    Some(match name {
        "script" | "noscript" => DoubtKind::Script,
        "img" | "picture" | "map" | "area" | "image" => DoubtKind::Picture,
        "math" => DoubtKind::Formula,
        "ruby" | "rt" | "rp" | "rb" | "rtc" => DoubtKind::Moved,
        "bdo" => DoubtKind::Direction,
        "details" | "dialog" | "template" | "slot" | "summary" | "datalist" => DoubtKind::Hidden,
        "base" => DoubtKind::Style,
        _ if kind(name).is_none() => DoubtKind::Embedded,
        _ => return None,
    })
}

/// Attributes that change nothing of the words.
const FREE: &[&str] = &[
    "abbr",
    "accesskey",
    "alink",
    "axis",
    "border",
    "bordercolor",
    "bordercolordark",
    "bordercolorlight",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "charset",
    "cite",
    "class",
    "clear",
    "cols",
    "colspan",
    "compact",
    "content",
    "contenteditable",
    "date",
    "datetime",
    "day",
    "download",
    "draggable",
    "face",
    "frame",
    "headers",
    "href",
    "hreflang",
    "hspace",
    "http-equiv",
    "id",
    "itemid",
    "itemprop",
    "itemref",
    "itemscope",
    "itemtype",
    "lang",
    "link",
    "media",
    "moz-do-not-send",
    "month",
    "name",
    "noshade",
    "nowrap",
    "ping",
    "profile",
    "property",
    "referrerpolicy",
    "rel",
    "resource",
    "rev",
    "role",
    "rowspan",
    "rules",
    "scheme",
    "scope",
    "size",
    "span",
    "spellcheck",
    "start",
    "style",
    "summary",
    "tabindex",
    "target",
    "text",
    "title",
    "translate",
    "type",
    "typeof",
    "u1:p",
    "ulink",
    "valign",
    "value",
    "version",
    "vlink",
    "vspace",
    "width",
    "wrap",
    "year",
    "w:st",
    "w:insauthor",
    "color",
    "bgcolor",
    "align",
    "dir",
    "height",
    "leftmargin",
    "rightmargin",
    "topmargin",
    "bottommargin",
    "marginwidth",
    "marginheight",
    "alt",
];

/// What an element's attributes do beyond the look of its own text, with the words for it.
pub(super) fn attributes(name: &str, tag: &StartTag<()>) -> Vec<(DoubtKind, String)> {
    let mut out = Vec::new();
    for (key, value) in &tag.attributes {
        let (key, value) = (lossy(key), lossy(value));
        let value = value.trim_matches(is_space).to_ascii_lowercase();
        let told = format!("{key}=\"{value}\"");
        let kind = match key.as_str() {
            "hidden" | "popover" | "inert" => Some(DoubtKind::Hidden),
            "dir" => (!matches!(value.as_str(), "ltr" | "auto")).then_some(DoubtKind::Direction),
            "srcdoc" => Some(DoubtKind::Embedded),
            "background" | "src" | "srcset" | "usemap" => Some(DoubtKind::Picture),
            "align" => align(name, &value),
            // Only of a table or its parts, where it is the least height.
            "height" => kind(name)
                .is_none_or(|k| !k.has_own_height())
                .then_some(DoubtKind::Hidden),
            "leftmargin" | "rightmargin" | "topmargin" | "bottommargin" | "marginwidth"
            | "marginheight" | "hspace" | "vspace" | "cellpadding" | "cellspacing" => {
                let number = value.trim_end_matches("px").parse::<u16>();
                number.map_or(true, |n| n > 200).then_some(DoubtKind::Moved)
            }
            "content" if name == "meta" => meta(tag, &value),
            "http-equiv" if name == "meta" => None,
            "rel" if name == "link" => value
                .split(is_space)
                .any(|rel| matches!(rel, "stylesheet" | "import"))
                .then_some(DoubtKind::Style),
            "charset" | "content" if name != "meta" => Some(DoubtKind::Style),
            _ if key.starts_with("on") => Some(DoubtKind::Script),
            _ if FREE.contains(&key.as_str()) => None,
            _ if ["data-", "aria-", "xmlns", "xml:"]
                .iter()
                .any(|b| key.starts_with(b)) =>
            {
                None
            }
            _ => Some(DoubtKind::Style),
        };
        out.extend(kind.map(|kind| (kind, told)));
    }
    out
}

fn align(name: &str, value: &str) -> Option<DoubtKind> {
    let fits = match (name, value) {
        // A table that floats stands beside what follows.
        ("table", "left" | "right") | ("caption", "bottom" | "left" | "right") => false,
        _ => [
            "left", "right", "center", "justify", "middle", "char", "top", "",
        ]
        .contains(&value),
    };
    (!fits).then_some(DoubtKind::Moved)
}

/// What a page says of itself that a browser acts on.
fn meta(tag: &StartTag<()>, content: &str) -> Option<DoubtKind> {
    let of = |key: &[u8]| {
        let value = tag.attributes.get(key).map(|v| lossy(v));
        value.map(|v| v.trim_matches(is_space).to_ascii_lowercase())
    };
    let name = of(b"name").and_then(|name| match name.as_str() {
        "color-scheme" | "supported-color-schemes" => {
            (content != "light").then_some(DoubtKind::Colour)
        }
        "viewport" => {
            let known = |part: &str| {
                let part: String = part.split(is_space).collect();
                matches!(
                    part.as_str(),
                    "" | "width=device-width"
                        | "initial-scale=1"
                        | "initial-scale=1.0"
                        | "user-scalable=yes"
                        | "shrink-to-fit=no"
                        | "minimum-scale=1"
                        | "minimum-scale=1.0"
                        | "viewport-fit=cover"
                )
            };
            (!content.split([',', ';']).all(known)).then_some(DoubtKind::Tiny)
        }
        _ => None,
    });
    let header = of(b"http-equiv").and_then(|header| match header.as_str() {
        "refresh" => Some(DoubtKind::Script),
        "content-type"
        | "content-language"
        | "x-ua-compatible"
        | "content-style-type"
        | "content-script-type"
        | "cache-control"
        | "pragma"
        | "expires"
        | "imagetoolbar"
        | "cleartype"
        | "changed-by" => None,
        _ => Some(DoubtKind::Style),
    });
    name.or(header)
}
