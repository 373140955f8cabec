//! How a run looks: what of ECMA-376 17.3.2 decides whether and as what its text is seen.

use std::collections::HashMap;

use crate::{
    docx::xml::Node,
    limits::{MAX_STYLE_CHAIN, MAX_STYLES},
    script::Script,
};

/// The smallest size that a person reads, in half points.
const SMALLEST: f32 = 8.0;

/// The narrowest scaling of letters that a person reads, in percent.
const NARROWEST: f32 = 33.0;

/// Below this ratio of contrast text can hardly be seen.
const LEAST_CONTRAST: f32 = 1.6;

#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub(super) vanish: bool,
    pub(super) struck: bool,
    pub(super) caps: bool,
    pub(super) script: Option<Script>,
    pub(super) symbol: bool,
    pub(super) turned: bool,
    /// Fills and effects of later versions that may leave nothing to see.
    pub(super) effect: bool,
    colour: Option<[f32; 3]>,
    ground: Option<[f32; 3]>,
    size: Option<f32>,
    narrow: bool,
}

impl Look {
    /// Takes the properties that `rPr` sets.
    pub(super) fn set(&mut self, properties: &Node) {
        for node in properties.nodes() {
            if node.name == "textFill" || node.name == "textOutline" || node.name == "ligatures" {
                self.effect |= node.nodes().any(|n| n.name == "noFill") || has_alpha(node);
                continue;
            }
            if !matches!(node.ns, crate::docx::xml::Ns::W) {
                continue;
            }
            match node.name.as_str() {
                "vanish" | "webHidden" | "specVanish" => self.vanish = node.is_on(),
                "strike" | "dstrike" => self.struck = node.is_on(),
                "caps" => self.caps = node.is_on(),
                "rtl" => self.turned = node.is_on(),
                "vertAlign" => {
                    self.script = match node.val() {
                        Some("superscript") => Some(Script::Raised),
                        Some("subscript") => Some(Script::Lowered),
                        _ => None,
                    };
                }
                "position" => {
                    let points: i32 = node.val().and_then(|v| v.parse().ok()).unwrap_or(0);
                    self.script = match points {
                        4.. => Some(Script::Raised),
                        ..=-4 => Some(Script::Lowered),
                        _ => self.script,
                    };
                }
                "color" => self.colour = colour(node.val(), node.attribute("themeColor")),
                "shd" => self.ground = colour(node.attribute("fill"), node.attribute("themeFill")),
                "highlight" => self.ground = highlight(node.val()),
                "sz" => self.size = node.val().and_then(|v| v.parse().ok()),
                "w" => {
                    let percent: f32 = node
                        .val()
                        .and_then(|v| v.trim_end_matches('%').parse().ok())
                        .unwrap_or(100.0);
                    self.narrow = percent < NARROWEST;
                }
                "rFonts" => {
                    let fonts = ["ascii", "hAnsi", "cs", "eastAsia"]
                        .iter()
                        .filter_map(|n| node.attribute(n));
                    self.symbol = fonts.into_iter().any(crate::html::is_symbol_font);
                }
                _ => {}
            }
        }
    }

    pub(super) fn ground(&mut self, shading: &Node) {
        self.ground =
            colour(shading.attribute("fill"), shading.attribute("themeFill")).or(self.ground);
    }

    /// Whether the text has nearly the colour of its ground; a colour that the program chooses is readable.
    pub(super) fn is_unreadable(&self) -> bool {
        self.colour.is_some_and(|c| {
            crate::html::contrast(c, self.ground.unwrap_or([1.0; 3])) < LEAST_CONTRAST
        })
    }

    pub(super) fn is_tiny(&self) -> bool {
        self.narrow || self.size.is_some_and(|size| size < SMALLEST)
    }
}

fn has_alpha(node: &Node) -> bool {
    let mut alpha = false;
    node.each(&mut |n| alpha |= n.name == "alpha");
    alpha
}

fn colour(value: Option<&str>, theme: Option<&str>) -> Option<[f32; 3]> {
    if let Some(hex) = value.filter(|v| v.len() == 6)
        && let Ok(n) = u32::from_str_radix(hex, 16)
    {
        return Some(rgb(n));
    }
    match theme {
        Some("background1" | "background2" | "light1" | "light2") => Some([1.0; 3]),
        _ => None,
    }
}

fn highlight(value: Option<&str>) -> Option<[f32; 3]> {
    Some(rgb(match value? {
        "black" => 0x00_0000,
        "blue" | "darkBlue" => 0x00_0080,
        "green" | "darkGreen" => 0x00_8000,
        "red" | "darkRed" => 0x80_0000,
        "darkMagenta" => 0x80_0080,
        "darkCyan" => 0x00_8080,
        "darkYellow" => 0x80_8000,
        "darkGray" => 0x80_8080,
        "lightGray" => 0xc0_c0c0,
        "yellow" => 0xff_ff00,
        "cyan" => 0x00_ffff,
        "magenta" => 0xff_00ff,
        _ => return None,
    }))
}

fn rgb(n: u32) -> [f32; 3] {
    let part = |shift: u32| ((n >> shift) & 0xff) as f32 / 255.0;
    [part(16), part(8), part(0)]
}

/// A document's styles: what each sets, and what it is based on.
#[derive(Default)]
pub(super) struct Styles<'a> {
    defaults: Option<&'a Node>,
    styles: HashMap<&'a str, &'a Node>,
    default_paragraph: Option<&'a str>,
}

impl<'a> Styles<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let mut out = Self {
            defaults: root
                .child("docDefaults")
                .and_then(|n| n.child("rPrDefault"))
                .and_then(|n| n.child("rPr")),
            ..Self::default()
        };
        for style in root.nodes().filter(|n| n.is("style")).take(MAX_STYLES) {
            let Some(id) = style.attribute("styleId") else {
                continue;
            };
            if style.attribute("type") == Some("paragraph")
                && style.attribute("default").is_some_and(|d| d != "0")
            {
                out.default_paragraph = Some(id);
            }
            out.styles.insert(id, style);
        }
        out
    }

    /// The look that a paragraph's style gives its runs.
    pub(super) fn paragraph(&self, id: Option<&str>) -> Look {
        let mut look = Look::default();
        if let Some(defaults) = self.defaults {
            look.set(defaults);
        }
        if let Some(id) = id.or(self.default_paragraph) {
            self.apply(id, &mut look);
        }
        look
    }

    /// Adds a style's properties, those that it is based on first.
    pub(super) fn apply(&self, id: &str, look: &mut Look) {
        for style in self.chain(id).into_iter().rev() {
            if let Some(properties) = style.child("rPr") {
                look.set(properties);
            }
        }
    }

    /// The list that a paragraph's style puts it in.
    pub(super) fn numbering(&self, id: &str) -> Option<&'a Node> {
        let styles = self.chain(id).into_iter();
        let mut properties = styles.filter_map(|s| s.child("pPr").and_then(|p| p.child("numPr")));
        properties.next()
    }

    fn chain(&self, id: &str) -> Vec<&'a Node> {
        let mut out = Vec::new();
        let mut next = self.styles.get(id).copied();
        while let Some(style) = next
            && out.len() < MAX_STYLE_CHAIN
        {
            out.push(style);
            let base = style.child("basedOn").and_then(Node::val);
            next = base.and_then(|id| self.styles.get(id)).copied();
        }
        out
    }
}
