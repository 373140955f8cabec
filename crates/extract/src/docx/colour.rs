//! Colours of a document: as it names them, and by its theme (ECMA-376, 17.3.2.6, 17.18.97, 20.1.6.2).

use std::collections::HashMap;

use crate::docx::xml::Node;

/// Red, green and blue from 0 to 1.
pub(super) type Rgb = [f32; 3];

pub(super) const WHITE: Rgb = [1.0; 3];
pub(super) const BLACK: Rgb = [0.0; 3];

/// The theme that holds where a document brings none.
const OFFICE: [(&str, u32); 12] = [
    ("dk1", 0x00_0000),
    ("lt1", 0xff_ffff),
    ("dk2", 0x44_546a),
    ("lt2", 0xe7_e6e6),
    ("accent1", 0x44_72c4),
    ("accent2", 0xed_7d31),
    ("accent3", 0xa5_a5a5),
    ("accent4", 0xff_c000),
    ("accent5", 0x5b_9bd5),
    ("accent6", 0x70_ad47),
    ("hlink", 0x05_63c1),
    ("folHlink", 0x95_4f72),
];

/// The colours that a place may have: programs differ in whether they take the named one or the theme's, so that both count.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Colours {
    pub(super) all: Vec<Rgb>,
    /// Whether there is one that is not known.
    pub(super) unknown: bool,
}

impl Colours {
    /// Whether none is set: the program chooses.
    pub(super) fn is_auto(&self) -> bool {
        self.all.is_empty() && !self.unknown
    }

    pub(super) fn one(colour: Rgb) -> Self {
        Self {
            all: vec![colour],
            unknown: false,
        }
    }

    /// All, or white where none is set: what a ground shows.
    pub(super) fn or_white(&self) -> impl Iterator<Item = Rgb> {
        let white = self.all.is_empty().then_some(WHITE);
        self.all.iter().copied().chain(white)
    }

    pub(super) fn and(mut self, other: &Self) -> Self {
        self.all.extend(&other.all);
        self.unknown |= other.unknown;
        self
    }
}

/// A document's theme: its colours by the names that a document uses, and its fonts.
pub(super) struct Theme {
    colours: HashMap<String, Rgb>,
    pub(super) fonts: Vec<String>,
}

impl Theme {
    pub(super) fn new(theme: &Node, settings: &Node) -> Self {
        let mut scheme: HashMap<String, Rgb> = { OFFICE.iter() }
            .map(|(name, colour)| ((*name).to_owned(), rgb(*colour)))
            .collect();
        let mut fonts = Vec::new();
        theme.each(&mut |node| match node.name.as_str() {
            "clrScheme" => {
                for place in node.nodes() {
                    // One that is not known does not hide behind the usual one.
                    match place.nodes().next().and_then(scheme_colour) {
                        Some(colour) => scheme.insert(place.name.clone(), colour),
                        None => scheme.remove(&place.name),
                    };
                }
            }
            "latin" | "ea" | "cs" | "font" => {
                fonts.extend(node.attribute("typeface").map(str::to_owned));
            }
            _ => {}
        });
        let mapping = settings.child("clrSchemeMapping");
        let mut colours = HashMap::new();
        for (name, key, usual) in [
            ("background1", "bg1", "lt1"),
            ("text1", "t1", "dk1"),
            ("background2", "bg2", "lt2"),
            ("text2", "t2", "dk2"),
        ] {
            let mapped = mapping.and_then(|m| m.attribute(key)).map(scheme_name);
            if let Some(colour) = scheme.get(mapped.unwrap_or(usual)) {
                colours.insert(name.to_owned(), *colour);
            }
        }
        for (name, key) in [
            ("hyperlink", "hyperlink"),
            ("followedHyperlink", "followedHyperlink"),
            ("accent1", "accent1"),
            ("accent2", "accent2"),
            ("accent3", "accent3"),
            ("accent4", "accent4"),
            ("accent5", "accent5"),
            ("accent6", "accent6"),
        ] {
            let mapped = mapping.and_then(|m| m.attribute(key)).unwrap_or(name);
            if let Some(colour) = scheme.get(scheme_name(mapped)) {
                colours.insert(name.to_owned(), *colour);
            }
        }
        for name in ["dark1", "light1", "dark2", "light2"] {
            if let Some(colour) = scheme.get(scheme_name(name)) {
                colours.insert(name.to_owned(), *colour);
            }
        }
        Self { colours, fonts }
    }

    /// `w:color` of a run: none where the program chooses black or white.
    pub(super) fn text(&self, node: &Node) -> Colours {
        self.both(node, "val", ["themeColor", "themeTint", "themeShade"])
    }

    /// `w:background` of the document (17.2.1).
    pub(super) fn background(&self, node: &Node) -> Colours {
        self.both(node, "color", ["themeColor", "themeTint", "themeShade"])
    }

    /// The ground that a shading gives (17.3.5, 17.18.78) over what is under it.
    pub(super) fn shading(&self, shading: &Node, under: &Colours) -> Colours {
        let fill = ["themeFill", "themeFillTint", "themeFillShade"];
        let fill = self.both(shading, "fill", fill);
        let fill = if fill.is_auto() { under.clone() } else { fill };
        let front = ["themeColor", "themeTint", "themeShade"];
        let front = self.both(shading, "color", front);
        let front = if front.is_auto() {
            Colours::one(BLACK)
        } else {
            front
        };
        let pattern = shading.val().unwrap_or("clear");
        if matches!(pattern, "clear" | "nil") {
            return fill;
        }
        let share = pattern.strip_prefix("pct").and_then(|p| p.parse().ok());
        match (pattern, share) {
            ("solid", _) => front,
            (_, Some(percent)) => {
                let percent: f32 = percent;
                let grounds = if fill.all.is_empty() {
                    vec![WHITE]
                } else {
                    fill.all.clone()
                };
                let mut all = Vec::new();
                for front in &front.all {
                    all.extend(grounds.iter().map(|g| mixed(*g, *front, percent / 100.0)));
                }
                Colours {
                    all,
                    unknown: fill.unknown || front.unknown,
                }
            }
            // Stripes and checks: text stands on both.
            _ => fill.and(&front),
        }
    }

    /// A colour of DrawingML, `None` where it is changed in ways that are not followed.
    pub(super) fn drawing(&self, node: &Node) -> Option<Rgb> {
        if node.nodes().next().is_some() {
            return None;
        }
        let value = node.any_attribute("val")?;
        match node.name.as_str() {
            "srgbClr" => hex(value),
            "schemeClr" => {
                let name = match value {
                    "bg1" => "background1",
                    "tx1" => "text1",
                    "bg2" => "background2",
                    "tx2" => "text2",
                    "dk1" => "dark1",
                    "lt1" => "light1",
                    "dk2" => "dark2",
                    "lt2" => "light2",
                    "hlink" => "hyperlink",
                    other => other,
                };
                self.colours.get(name).copied()
            }
            _ => None,
        }
    }

    fn both(&self, node: &Node, value: &str, [theme, tint, shade]: [&str; 3]) -> Colours {
        let mut out = Colours::default();
        match node.attribute(value) {
            None | Some("auto") => {}
            Some(text) => match hex(text) {
                Some(colour) => out.all.push(colour),
                None => out.unknown = true,
            },
        }
        let Some(name) = node.attribute(theme).filter(|n| *n != "none") else {
            return out;
        };
        let Some(mut colour) = self.colours.get(name).copied() else {
            out.unknown = true;
            return out;
        };
        for (name, is_tint) in [(tint, true), (shade, false)] {
            let Some(text) = node.attribute(name) else {
                continue;
            };
            match u8::from_str_radix(text, 16) {
                Ok(byte) => colour = lighter(colour, f32::from(byte) / 255.0, is_tint),
                Err(_) => out.unknown = true,
            }
        }
        out.all.push(colour);
        out
    }
}

fn scheme_name(name: &str) -> &str {
    match name {
        "dark1" => "dk1",
        "light1" => "lt1",
        "dark2" => "dk2",
        "light2" => "lt2",
        "hyperlink" => "hlink",
        "followedHyperlink" => "folHlink",
        other => other,
    }
}

fn scheme_colour(node: &Node) -> Option<Rgb> {
    match (node.name.as_str(), node.attribute("val")?) {
        ("srgbClr", value) => hex(value),
        // What the system has, whatever the file says that it had last.
        ("sysClr", "windowText") => Some(BLACK),
        ("sysClr", "window") => Some(WHITE),
        _ => None,
    }
}

/// `w:highlight` (17.18.40).
pub(super) fn highlight(value: Option<&str>) -> Option<Rgb> {
    Some(rgb(match value? {
        "black" => 0x00_0000,
        "blue" => 0x00_00ff,
        "darkBlue" => 0x00_0080,
        "green" => 0x00_ff00,
        "darkGreen" => 0x00_8000,
        "red" => 0xff_0000,
        "darkRed" => 0x80_0000,
        "darkMagenta" => 0x80_0080,
        "darkCyan" => 0x00_8080,
        "darkYellow" => 0x80_8000,
        "darkGray" => 0x80_8080,
        "lightGray" => 0xc0_c0c0,
        "yellow" => 0xff_ff00,
        "cyan" => 0x00_ffff,
        "magenta" => 0xff_00ff,
        "white" => 0xff_ffff,
        _ => return None,
    }))
}

fn hex(text: &str) -> Option<Rgb> {
    let plain = text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(text, 16)
        .ok()
        .filter(|_| plain)
        .map(rgb)
}

fn rgb(n: u32) -> Rgb {
    let part = |shift: u32| ((n >> shift) & 0xff) as f32 / 255.0;
    [part(16), part(8), part(0)]
}

fn mixed(ground: Rgb, front: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|n| ground[n] + (front[n] - ground[n]) * share.clamp(0.0, 1.0))
}

/// A tint or a shade: the lightness of HSL is changed (17.3.2.6: L' = L * t + (1 - t), and L' = L * s). Within a
/// thousandth this is the way to white or black.
fn lighter(colour: Rgb, share: f32, tint: bool) -> Rgb {
    let high = colour.iter().copied().fold(0.0, f32::max);
    let low = colour.iter().copied().fold(1.0, f32::min);
    let light = f32::midpoint(high, low);
    let wanted = if tint {
        light * share + (1.0 - share)
    } else {
        light * share
    };
    let chroma = |l: f32| 1.0 - (2.0 * l - 1.0).abs();
    // The same hue and saturation: distances from the lightness grow with the room for them.
    let grow = if chroma(light) > 0.0 {
        chroma(wanted) / chroma(light)
    } else {
        0.0
    };
    colour.map(|c| (wanted + (c - light) * grow).clamp(0.0, 1.0))
}
