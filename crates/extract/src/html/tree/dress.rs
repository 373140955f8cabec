//! How an element's text looks, by what it is, by its attributes and by sheets.

use html5gum::StartTag;

use super::{Open, Page, Revealed, SILENT};
use crate::{
    doubt::DoubtKind,
    html::{
        colour::Colour,
        css::{self, Declaration},
        element::{self, Kind},
        hint::hints,
        is_symbol_font,
        look::{Declared, Look, MEDIUM},
        lossy,
        property::{Effect, Judged, Size, judge},
        select::Subject,
    },
    script::Script,
};

impl Page<'_> {
    /// Opens an element: how its text looks.
    pub(super) fn push(&mut self, name: &str, tag: &StartTag<()>) {
        let kind = element::kind(name).unwrap_or(Kind::Inline);
        let attribute = |key: &str| tag.attributes.get(key.as_bytes()).map(|v| lossy(v));
        let mut hints = hints(name, tag, &self.links).unwrap_or_else(|told| {
            self.doubts.add(DoubtKind::Field, "", &told);
            Vec::new()
        });
        if name == "table" && self.quirks {
            hints.extend([
                Effect::Size(Size::Times(1.0)),
                Effect::Size(Size::Is(MEDIUM)),
            ]);
            let again = self
                .body
                .colours
                .iter()
                .map(|c| Effect::Colour(Colour::Is(*c)));
            hints.push(Effect::Colour(Colour::Around));
            hints.extend(again);
        }
        if name == "font" && attribute("face").is_some_and(|f| is_symbol_font(&f)) {
            self.symbols("a font of symbols");
        }
        let own = attribute("style").map_or_else(Vec::new, |style| self.own_style(&style, kind));
        let (class, id) = (
            attribute("class").unwrap_or_default(),
            attribute("id").unwrap_or_default(),
        );
        let subject = Subject {
            name,
            class: &class,
            id: &id,
        };
        let by_sheets = self.sheets.on(subject, self.doubts);
        let declared = Declared {
            hints,
            sheets: &by_sheets,
            own,
        };
        if kind == Kind::Inline {
            self.raised(name, &declared);
        }
        let plain = matches!(
            name,
            "a" | "b" | "code" | "em" | "i" | "nobr" | "strong" | "tt" | "u"
        );
        let styled =
            !declared.own.is_empty() || !by_sheets.is_empty() || attribute("style").is_some();
        let around = self.look();
        let mut look = around.within(&declared, self.root, kind.is_block());
        look.silent |= SILENT.contains(&name);
        let start = attribute("start").filter(|_| name == "ol");
        let number = start.and_then(|n| self.list_number(&n)).unwrap_or(1);
        self.stack.push(Open {
            name: name.to_owned(),
            kind,
            look,
            number,
            from: self.line.len(),
            telling: !plain || styled,
            part: -1,
            over: (false, false),
        });
    }

    pub(super) fn own_style(&mut self, style: &str, kind: Kind) -> Vec<(Effect, bool)> {
        let Ok(declarations) = css::declarations(style) else {
            self.doubts.add(DoubtKind::Style, "", style);
            return Vec::new();
        };
        let mut out = Vec::new();
        for declaration in declarations {
            self.word_list(&declaration);
            match judge(&declaration, kind) {
                Judged::Harmless => {}
                Judged::Does(effects) => {
                    out.extend(effects.into_iter().map(|e| (e, declaration.important)));
                }
                Judged::Doubt(doubt) => {
                    let told = format!("{}: {}", declaration.name, declaration.value);
                    if doubt == DoubtKind::Glyphs {
                        self.symbols(&told);
                    } else {
                        self.doubts.add(doubt, "", &told);
                    }
                }
            }
        }
        out
    }

    /// Word leaves out what it takes for a list's sign, and puts one of its own before what it takes for an item.
    fn word_list(&mut self, declaration: &Declaration) {
        if declaration.name != "mso-list" {
            return;
        }
        let list = self.revealed.as_ref().is_some_and(Revealed::is_list);
        if declaration.value.starts_with('l') {
            self.unsigned = true;
        } else if declaration.value == "ignore" && !list {
            self.doubts
                .add(DoubtKind::Contradiction, "", "mso-list: ignore");
        }
    }

    /// Letters of a font of symbols, but for the sign that Word writes out before a list's item.
    pub(super) fn symbols(&mut self, told: &str) {
        if !self.revealed.as_ref().is_some_and(Revealed::is_list) {
            self.doubts.add(DoubtKind::Glyphs, "", told);
        }
    }

    /// Letters that sheets raise, or put back on the line.
    pub(super) fn raised(&mut self, name: &str, declared: &Declared<'_>) {
        let script = matches!(name, "sup" | "sub");
        let odd = |effect: &Effect| match effect {
            Effect::Script(Some(_)) => !script,
            Effect::Script(None) => script,
            _ => false,
        };
        let turned = |effect: &Effect| matches!((effect, name), (Effect::Script(Some(to)), "sup" | "sub") if (*to == Script::Raised) != (name == "sup"));
        let by_sheets = declared
            .sheets
            .iter()
            .any(|l| odd(&l.effect) || turned(&l.effect));
        let by_own = declared
            .own
            .iter()
            .any(|(e, _)| turned(e) || (script && odd(e)));
        if by_sheets || by_own {
            self.doubts.add(
                DoubtKind::Raised,
                "",
                &format!("<{name}> with vertical-align"),
            );
        }
    }

    pub(super) fn look(&self) -> Look {
        self.stack
            .last()
            .map(|open| open.look.clone())
            .unwrap_or_default()
    }
}
