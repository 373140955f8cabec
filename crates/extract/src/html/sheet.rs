//! The style sheets of a page, and what they do to an element.

use std::{collections::HashMap, rc::Rc};

use super::{
    css::{self, Broken, Declaration, Piece},
    element::{Kind, kind},
    property::{Effect, Judged, judge},
    select::{Inhabitants, Subject, Target, targets},
};
use crate::{
    doubt::{DoubtKind, Doubts},
    limits::MAX_STYLE_WORK,
};

/// The deepest nesting of conditional rules.
const MAX_CONDITIONS: usize = 8;

const PLACE: &str = "a style sheet";

/// A list of classes that takes as long to walk through as one rule more, in bytes.
const LONG_CLASS: usize = 64;

/// An effect on an element, with how sure it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likely {
    pub(super) effect: Effect,
    pub(super) important: bool,
    /// Whether its rule is in force for certain.
    pub(super) sure: bool,
}

#[derive(Debug)]
struct Rule {
    targets: Vec<Target>,
    declarations: Vec<Declaration>,
    /// Whether it stands under a condition.
    loose: bool,
}

/// Every rule of every sheet.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    rules: Vec<Rule>,
    pub(super) page: Inhabitants,
    /// What they do to elements that have the name, class and id.
    known: HashMap<(String, String, String), Rc<[Likely]>>,
    work: usize,
}

impl Sheets {
    pub(super) fn add(&mut self, sheet: &str, loose: bool, doubts: &mut Doubts) {
        if self.read(sheet, loose, 0, doubts) == Err(Broken) {
            doubts.add(
                DoubtKind::Style,
                PLACE,
                "it is not whole, or written in a way that may hide rules",
            );
        }
    }

    fn read(
        &mut self,
        sheet: &str,
        loose: bool,
        depth: usize,
        doubts: &mut Doubts,
    ) -> Result<(), Broken> {
        if depth > MAX_CONDITIONS {
            return Err(Broken);
        }
        for piece in css::pieces(sheet)? {
            match piece {
                Piece::Rule { selectors, block } => {
                    let declarations = css::declarations(block)?;
                    let targets = targets(&selectors)?;
                    self.rules.push(Rule {
                        targets,
                        declarations,
                        loose,
                    });
                }
                Piece::At { name, block } => match (name.as_str(), block) {
                    ("media" | "supports" | "layer" | "container", Some(block)) => {
                        self.read(block, true, depth + 1, doubts)?;
                    }
                    ("layer" | "charset", None) => {}
                    // Nothing is drawn by them but by `animation`, which is a doubt.
                    ("keyframes" | "-webkit-keyframes", Some(_)) => {}
                    ("font-face", Some(block)) => {
                        if css::declarations(block)?.iter().any(|d| d.name == "src") {
                            doubts.add(DoubtKind::OwnFonts, PLACE, "");
                        }
                    }
                    ("page", Some(block)) => page(&css::declarations(block)?, doubts),
                    ("list", Some(block)) => list(&css::declarations(block)?, doubts),
                    (name, _) => doubts.add(DoubtKind::Style, PLACE, &format!("@{name}")),
                },
            }
        }
        Ok(())
    }

    /// What the sheets do to an element; what they may hide, add or change is told once.
    pub(super) fn on(&mut self, element: Subject<'_>, doubts: &mut Doubts) -> Rc<[Likely]> {
        if self.rules.is_empty() {
            return Rc::new([]);
        }
        let own = |text: &str| text.to_owned();
        let key = (own(element.name), own(element.class), own(element.id));
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let box_kind = kind(element.name).unwrap_or(Kind::Inline);
        let mut out = Vec::new();
        for rule in &self.rules {
            // Long lists of classes are walked through anew for each rule.
            self.work += 1 + rule.targets.len() + element.class.len() / LONG_CLASS;
            if self.work > MAX_STYLE_WORK {
                doubts.add(
                    DoubtKind::Style,
                    PLACE,
                    "more rules and elements than are followed",
                );
                break;
            }
            let mut met = rule
                .targets
                .iter()
                .filter(|t| t.meets(element, &self.page))
                .peekable();
            if met.peek().is_none() {
                continue;
            }
            let (mut sure, mut whole, mut part) = (false, false, false);
            for target in met {
                sure |= !target.loose && !rule.loose;
                whole |= !target.pseudo;
                part |= target.pseudo;
            }
            self.work += rule.declarations.len();
            for declaration in &rule.declarations {
                for (judged, here) in [(box_kind, whole), (Kind::Inline, part)] {
                    if !here {
                        continue;
                    }
                    match judge(declaration, judged) {
                        Judged::Harmless => {}
                        Judged::Does(effects) => {
                            out.extend(effects.into_iter().map(|effect| Likely {
                                effect,
                                important: declaration.important,
                                sure,
                            }));
                        }
                        Judged::Doubt(kind) => {
                            let told = format!(
                                "{} {{ {}: {} }}",
                                element.name, declaration.name, declaration.value
                            );
                            doubts.add(kind, PLACE, &told);
                        }
                    }
                }
            }
        }
        let out: Rc<[Likely]> = out.into();
        self.known.insert(key, Rc::clone(&out));
        out
    }
}

/// How a page is printed.
fn page(declarations: &[Declaration], doubts: &mut Doubts) {
    for declaration in declarations {
        let known = [
            "size",
            "mso-",
            "margin",
            "layout-grid",
            "border",
            "so-",
            "page-orientation",
        ];
        let fits = known.iter().any(|name| declaration.name.starts_with(name))
            && !declaration.value.contains('-');
        let word = declaration.name.starts_with("mso-");
        if !fits && !word {
            doubts.add(
                DoubtKind::Style,
                PLACE,
                &format!("@page {}: {}", declaration.name, declaration.value),
            );
        }
    }
}

/// How Word itself numbers a list, where it opens the page: with digits or letters of its own it shows others than are read.
fn list(declarations: &[Declaration], doubts: &mut Doubts) {
    for declaration in declarations.iter().filter(|d| d.name == "mso-level-text") {
        let mut text = declaration.value.trim_matches('"').to_owned();
        for level in 1..=9 {
            text = text.replace(&format!("%{level}"), "");
        }
        let sign = text.chars().count() <= 1;
        if !sign && text.contains(char::is_alphanumeric) {
            doubts.add(
                DoubtKind::Field,
                PLACE,
                &format!("mso-level-text: {}", declaration.value),
            );
        }
    }
}
