//! How a run looks: what of ECMA-376 17.3.2 decides whether and as what its text is seen.

use crate::{
    docx::{
        colour::{BLACK, Colours, Rgb, WHITE, highlight},
        styles::File,
        xml::{Node, Ns},
    },
    doubt::DoubtKind,
    html::{LEAST_CONTRAST, contrast},
    script::Script,
};

/// The smallest size that a person reads, in half points.
const SMALLEST: f32 = 8.0;

/// The largest that is taken for text, in half points: beyond it a letter fills a page.
const LARGEST: f32 = 400.0;

/// What a size is where none is set, in half points (17.3.2.38).
const USUAL: f32 = 20.0;

/// The narrowest scaling of letters that a person reads, in percent.
const NARROWEST: f32 = 33.0;

/// Letters that are drawn together or apart by more than these shares of their size run into each other or look like single
/// ones.
const CLOSEST: f32 = -0.12;
const WIDEST: f32 = 1.0;

/// How large raised and lowered letters are drawn, by their size (as Word does, about).
const RAISED_SIZE: f32 = 0.65;

/// Letters of at most this share of the size beside them are seen to be smaller; those so far from their line to be off it.
const SMALL: f32 = 0.86;
const OFF_LINE: f32 = 0.25;

/// The least height of a line, by its text's size: less cuts its letters.
const LEAST_LINE: f32 = 0.7;

/// The least contrast of black with a ground on which a program chooses: some take black whatever the ground, and nobody has said that it
/// should be read.
const LEAST_CHOSEN: f32 = 3.0;

/// On grounds of this contrast with black, and lighter ones, no program chooses white.
const LIGHT: f32 = 11.0;

/// The attributes that name fonts, and those that name them by the theme (17.3.2.26).
const FONTS: [&str; 8] = [
    "ascii",
    "hAnsi",
    "cs",
    "eastAsia",
    "asciiTheme",
    "hAnsiTheme",
    "cstheme",
    "eastAsiaTheme",
];

/// A property that styles switch to and fro (17.7.3). Not all programs do: so what either way gives is kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Toggle {
    by_turns: bool,
    last: bool,
}

impl Toggle {
    pub(super) const fn either(self) -> bool {
        self.by_turns || self.last
    }

    const fn is_sure(self) -> bool {
        self.by_turns == self.last
    }
}

/// The height of a paragraph's lines (17.3.1.33).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lines {
    /// As their text needs, times this.
    Times(f32),
    /// So many twentieths of a point, whatever their text needs.
    Exact(f32),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    vanish: Toggle,
    strike: Toggle,
    caps: Toggle,
    /// Hidden, struck out by properties that are no toggles.
    hidden: [bool; 2],
    double: bool,
    script: Option<Script>,
    /// Whether each of the four fonts is one of symbols, as it is named and by the theme.
    symbols: [bool; FONTS.len()],
    turned: bool,
    /// Fills and effects of later versions that may leave nothing to see.
    effect: bool,
    colour: Colours,
    shading: Option<Colours>,
    highlight: Option<Rgb>,
    /// What the paragraph, the cell and the page give.
    ground: Colours,
    pub(super) lines: Option<Lines>,
    size: Option<f32>,
    other_size: Option<f32>,
    narrow: bool,
    spacing: f32,
    lift: f32,
    /// What is not known to be harmless.
    odd: Vec<(DoubtKind, String)>,
}

impl Look {
    /// Text on that ground, nothing set.
    pub(super) fn on(ground: &Colours) -> Self {
        Self {
            ground: ground.clone(),
            ..Self::default()
        }
    }

    /// A style's properties, the most basic first.
    pub(super) fn style(&mut self, all: &[&Node], file: &File<'_>) {
        for (name, toggle) in [
            ("vanish", &mut self.vanish),
            ("strike", &mut self.strike),
            ("caps", &mut self.caps),
        ] {
            let nodes = all.iter().rev().filter_map(|p| p.child(name));
            if let Some(on) = nodes.map(Node::is_on).next() {
                toggle.by_turns ^= on;
                toggle.last = on;
            }
        }
        for properties in all {
            self.take(properties, file);
        }
    }

    /// Properties that hold whatever the styles say: the run's own.
    pub(super) fn set(&mut self, properties: &Node, file: &File<'_>) {
        for (name, toggle) in [
            ("vanish", &mut self.vanish),
            ("strike", &mut self.strike),
            ("caps", &mut self.caps),
        ] {
            if let Some(node) = properties.child(name) {
                toggle.by_turns = node.is_on();
                toggle.last = node.is_on();
            }
        }
        self.take(properties, file);
    }

    fn take(&mut self, properties: &Node, file: &File<'_>) {
        if let Some(twice) = properties.twice() {
            // Programs take the first or the last.
            self.odd(DoubtKind::Contradiction, twice);
        }
        for node in properties.nodes() {
            if node.ns != Ns::W {
                self.later(node, file);
                continue;
            }
            let number = || -> f32 {
                let value = node.val().map(|v| v.trim_end_matches('%').trim());
                // What is no number is not known to be harmless.
                value.and_then(|v| v.parse().ok()).unwrap_or(f32::NAN)
            };
            match node.name.as_str() {
                "vanish" | "strike" | "caps" => {}
                "webHidden" => self.hidden[0] = node.is_on(),
                "specVanish" => self.hidden[1] = node.is_on(),
                "dstrike" => self.double = node.is_on(),
                "rtl" => self.turned = node.is_on(),
                "vertAlign" => {
                    self.script = match node.val() {
                        Some("superscript") => Some(Script::Raised),
                        Some("subscript") => Some(Script::Lowered),
                        _ => None,
                    };
                }
                "position" => self.lift = points(node, 1.0),
                "color" => self.colour = file.theme.text(node),
                "shd" => self.shading = Some(file.theme.shading(node, &self.ground)),
                "highlight" => {
                    self.highlight = highlight(node.val());
                    if self.highlight.is_none() && node.val() != Some("none") {
                        self.odd(DoubtKind::Colour, node);
                    }
                }
                "sz" => self.size = Some(points(node, 1.0)),
                "szCs" => self.other_size = Some(points(node, 1.0)),
                "w" => {
                    let percent = number();
                    self.narrow = percent.is_nan() || percent < NARROWEST;
                }
                "spacing" => self.spacing = points(node, 10.0),
                "rFonts" => self.fonts(node, file),
                "fitText" => self.odd(DoubtKind::Tiny, node),
                "effect" | "em" if node.val() == Some("none") => {}
                "effect" => self.odd(DoubtKind::Style, node),
                "em" => self.odd(DoubtKind::Glyphs, node),
                "emboss" | "imprint" => {
                    if node.is_on() {
                        self.odd(DoubtKind::Colour, node);
                    }
                }
                "eastAsianLayout" => {
                    let apart = |name| node.attribute(name).is_some_and(|v| v != "0");
                    if apart("combine") || apart("vert") {
                        self.odd(DoubtKind::Moved, node);
                    }
                }
                "oMath" => {
                    if node.is_on() {
                        self.odd(DoubtKind::Formula, node);
                    }
                }
                // Small capitals still tell great letters from small ones.
                "rStyle" | "b" | "bCs" | "i" | "iCs" | "u" | "lang" | "noProof" | "kern"
                | "bdr" | "snapToGrid" | "smallCaps" | "outline" | "shadow" | "cs"
                | "rPrChange" | "ins" | "del" | "moveFrom" | "moveTo" => {}
                _ => self.odd(DoubtKind::Style, node),
            }
        }
    }

    /// Properties of later versions (`w14` and on).
    fn later(&mut self, node: &Node, file: &File<'_>) {
        match node.name.as_str() {
            "textFill" => {
                let fill = node.nodes().next();
                let colour = fill
                    .filter(|f| f.name == "solidFill")
                    .and_then(|f| f.nodes().next())
                    .and_then(|c| file.theme.drawing(c));
                match colour {
                    // Programs that do not know it take the colour beside it.
                    Some(colour) => self.colour.all.push(colour),
                    None => self.effect = true,
                }
            }
            "textOutline" => self.effect |= !node.nodes().any(|n| n.name == "noFill"),
            "glow" | "shadow" | "reflection" | "props3d" | "scene3d" => self.effect = true,
            // Forms of letters and figures of the same meaning.
            "ligatures" | "numForm" | "numSpacing" | "stylisticSets" | "cntxtAlts" => {}
            _ => self.odd(DoubtKind::Style, node),
        }
    }

    fn fonts(&mut self, node: &Node, file: &File<'_>) {
        // Each attribute holds until the same one is set anew.
        for (n, name) in FONTS.into_iter().enumerate() {
            let Some(font) = node.attribute(name) else {
                continue;
            };
            self.symbols[n] = if n < FONTS.len() / 2 {
                file.is_symbol(font)
            } else {
                file.theme.fonts.iter().any(|font| file.is_symbol(font))
            };
        }
    }

    fn odd(&mut self, kind: DoubtKind, node: &Node) {
        let name = format!("the property {}", node.name);
        if !self.odd.iter().any(|(_, n)| *n == name) {
            self.odd.push((kind, name));
        }
    }

    /// Whether it is not shown, by one reading of the styles or the other.
    pub(super) fn is_hidden(&self) -> bool {
        self.vanish.either() || self.hidden.contains(&true)
    }

    /// What speaks against the text as it is held: each with the name of what does, where it is not the text.
    pub(super) fn doubts(&self) -> Vec<(DoubtKind, Option<String>)> {
        let em = self.size.unwrap_or(USUAL);
        let cut = match self.lines {
            Some(Lines::Exact(height)) => height < LEAST_LINE * em * 10.0,
            Some(Lines::Times(times)) => times < LEAST_LINE,
            None => false,
        };
        let close = self.spacing / em;
        let sizes = [self.size, self.other_size];
        let small = |s: f32| s.is_nan() || s < SMALLEST;
        let seen = [
            (self.is_unreadable() || self.effect, DoubtKind::Colour),
            (
                self.narrow || sizes.iter().flatten().any(|s| small(*s)) || close < CLOSEST,
                DoubtKind::Tiny,
            ),
            (self.strike.either() || self.double, DoubtKind::Struck),
            (self.symbols.contains(&true), DoubtKind::Glyphs),
            (self.turned, DoubtKind::Direction),
            (cut, DoubtKind::Hidden),
            (!self.caps.is_sure(), DoubtKind::Style),
            (
                !(close <= WIDEST && self.lift.abs() <= em && em <= LARGEST),
                DoubtKind::Moved,
            ),
        ];
        let seen = seen.into_iter().filter(|(is, _)| *is);
        let odd = self
            .odd
            .iter()
            .map(|(kind, name)| (*kind, Some(name.clone())));
        seen.map(|(_, kind)| (kind, None)).chain(odd).collect()
    }

    pub(super) fn has_caps(&self) -> bool {
        self.caps.by_turns
    }

    /// Whether its letters stand above or below the line.
    pub(super) fn script(&self) -> Option<Script> {
        if self.lift >= 4.0 {
            Some(Script::Raised)
        } else if self.lift <= -4.0 {
            Some(Script::Lowered)
        } else {
            self.script
        }
    }

    /// How large its letters are, and how high they stand, in half points.
    pub(super) fn stands(&self) -> (f32, f32) {
        let size = self.size.unwrap_or(USUAL);
        // What is raised or lowered by name is set smaller, too.
        let small = if self.script.is_some() {
            RAISED_SIZE
        } else {
            1.0
        };
        (size * small, self.lift)
    }

    /// Whether it is seen to be raised or lowered beside what stands so: smaller, or clearly off its line.
    pub(super) fn is_off(&self, (size, lift): (f32, f32)) -> bool {
        let (own, at) = self.stands();
        own <= SMALL * size || (at - lift).abs() >= OFF_LINE * size
    }

    /// Whether the text has nearly the colour of its ground, or may have it where the program chooses.
    fn is_unreadable(&self) -> bool {
        let marked = self.highlight.map(Colours::one);
        let grounds = [self.shading.as_ref(), marked.as_ref()];
        let mut over: Vec<&Colours> = grounds.into_iter().flatten().collect();
        if over.is_empty() {
            over.push(&self.ground);
        }
        if over.iter().any(|ground| ground.unknown) || self.colour.unknown {
            return true;
        }
        let shown = || over.iter().flat_map(|ground| ground.or_white());
        if !self.colour.is_auto() {
            let mut all = self.colour.all.iter();
            return all.any(|c| shown().any(|g| contrast(*c, g) < LEAST_CONTRAST));
        }
        // Some programs choose by a ground that lies under what is shown, and choose white where that is dark.
        let mut under = shown().chain(self.ground.or_white());
        let white = self.ground.unknown || under.any(|g| contrast(g, BLACK) < LIGHT);
        shown().any(|g| {
            contrast(BLACK, g) < LEAST_CHOSEN || (white && contrast(WHITE, g) < LEAST_CONTRAST)
        })
    }
}

/// A measure in half points, from one that counts so many units to the half point; no number where it is none.
fn points(node: &Node, unit: f32) -> f32 {
    measure(node.val(), 2.0 * unit).map_or(f32::NAN, |v| v / unit)
}

/// A measure (22.9.2.15): a bare number, or one with a unit, of which `point` make a point.
pub(super) fn measure(value: Option<&str>, point: f32) -> Option<f32> {
    let value = value?.trim();
    if let Ok(number) = value.parse::<f32>() {
        return Some(number).filter(|n| n.is_finite());
    }
    let (number, unit) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let points = match unit {
        "pt" => 1.0,
        "in" => 72.0,
        "cm" => 72.0 / 2.54,
        "mm" => 7.2 / 2.54,
        "pc" | "pi" => 12.0,
        _ => return None,
    };
    Some(number.parse::<f32>().ok()? * points * point)
}
