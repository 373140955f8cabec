//! A DOCX (ECMA-376 Part 1, WordprocessingML; Part 2, the package): body, heads, feet and notes.
//!
//! What is read: text with its tracked changes in both readings, text boxes, notes, heads and feet, automatic numbers: all that is
//! shown, and nothing that is not. What is seen and told: hidden, white, tiny and struck-out text, pictures, embedded objects,
//! fields that compute, formulas, and any element or property that is not known to be harmless.

mod archive;
mod colour;
mod custom;
mod drawing;
mod field;
mod list;
mod look;
mod package;
mod pages;
mod run;
mod story;
mod styles;
mod table;
mod writer;
mod xml;

use std::collections::{HashMap, HashSet};

pub use self::custom::custom_xml;
use self::{
    archive::Archive,
    colour::Theme,
    list::Lists,
    package::{Relation, Target, relations},
    story::{Reference, Story},
    styles::{File, Page, Styles},
    writer::Writer,
    xml::Node,
};
use crate::{
    ExtractError, Extracted, Format, Label, Rule,
    doubt::{DoubtKind, Doubts},
    foreign,
    limits::MAX_STORIES,
    text::finish,
};

fn damaged(reason: String) -> ExtractError {
    ExtractError::Damaged {
        format: "DOCX",
        reason,
    }
}

/// The parts that a document's text is in, or depends on.
#[derive(Default)]
struct Parts {
    /// Those of which there is one, by their kind.
    single: HashMap<&'static str, Node>,
    /// Heads and feet by the relationship that names them.
    edges: HashMap<String, (&'static str, Node)>,
}

/// Kinds of parts of which a document has one at most.
const SINGLE: [&str; 7] = [
    "styles",
    "numbering",
    "settings",
    "theme",
    "fontTable",
    "footnotes",
    "endnotes",
];

pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    let mut archive = Archive::open(bytes)?;
    if archive.has("encryptedpackage") {
        return Err(ExtractError::Encrypted {
            what: "the document",
        });
    }
    let main = main_part(&mut archive, bytes)?;
    let mut doubts = Doubts::default();
    let mut notes = Vec::new();
    let Some(document) = archive.part(&main)? else {
        return Err(damaged(format!("{main} is missing")));
    };
    let document = xml::parse(&document, &main)?;
    let Some(body) = document.child("body") else {
        return Err(damaged(format!("{main} has no body")));
    };
    if document
        .nodes()
        .any(|n| !(n.is("body") || n.is("background")) || (n.is("body") && !std::ptr::eq(n, body)))
    {
        doubts.add(DoubtKind::Contradiction, "", "a document beside its body");
    }
    let parts = parts(&mut archive, &main, &mut doubts, &mut notes)?;
    let empty = Node::empty();
    let single = |kind: &str| parts.single.get(kind).unwrap_or(&empty);
    let settings = single("settings");
    let sections = pages::sections(body, &mut doubts);
    let edges = pages::edges(&sections, settings);
    let theme = Theme::new(single("theme"), settings);
    let file = File {
        styles: Styles::new(single("styles"), &mut doubts),
        lists: Lists::new(single("numbering")),
        symbols: symbols(single("fontTable"), &mut doubts),
        page: Page::new(&sections, &document, settings, &theme, &mut doubts),
        theme,
    };
    look_at_settings(settings, !edges.is_empty(), &mut doubts);
    let mut rules = vec![Rule::Formatting];

    let mut text = Writer::default();
    let story = Story::new("body", &file, &mut doubts, &mut rules);
    let references = story.read(body, &mut text);

    // Heads before the text, feet after it.
    let mut heads = Writer::default();
    let mut feet = Writer::default();
    let mut seen: Vec<(&str, [String; 2], bool)> = Vec::new();
    let (certain, other): (Vec<_>, Vec<_>) = edges.iter().partition(|e| e.certain);
    for edge in certain.into_iter().chain(other) {
        let Some((kind, node)) = parts.edges.get(edge.id).filter(|(k, _)| *k == edge.kind) else {
            return Err(damaged(format!(
                "there is no {} named {}",
                edge.kind, edge.id
            )));
        };
        let mut part = Writer::default();
        let story = Story::new(kind, &file, &mut doubts, &mut rules);
        if !story.read(node, &mut part).is_empty() {
            doubts.add(DoubtKind::Field, kind, "a note in a head or foot");
        }
        let texts = part.texts();
        // The same head on first, odd and even pages is one head.
        if seen.iter().any(|(k, t, _)| k == kind && *t == texts) {
            continue;
        }
        if !edge.certain && !texts.iter().all(|t| pages::is_page_number(t)) {
            doubts.add(
                DoubtKind::Hidden,
                kind,
                &format!("on some pages only: {}", texts[0]),
            );
        }
        seen.push((kind, texts, edge.certain));
        if *kind == "header" {
            heads.append(part);
        } else {
            feet.append(part);
        }
    }
    if parts
        .edges
        .keys()
        .any(|id| !edges.iter().any(|e| e.id == id))
    {
        notes.push("heads or feet that no page shows were left out".to_owned());
    }
    let mut writer = heads;
    writer.append(text);
    writer.append(feet);
    for (kind, holder) in [("footnote", "footnotes"), ("endnote", "endnotes")] {
        let mine = references.iter().filter(|(k, _)| *k == kind);
        let mine: Vec<&Reference> = mine.collect();
        let all = single(holder);
        let mut part = Writer::default();
        let left = read_notes(kind, all, &mine, &file, &mut doubts, &mut rules, &mut part)?;
        if left {
            notes.push(format!(
                "{holder} that the text does not refer to were left out"
            ));
        }
        writer.append(part);
    }
    let tracked = writer.tracked();
    let [accepted, before] = writer.texts();
    let quoted = std::mem::take(&mut writer.quoted);
    let texts = if tracked {
        notes.push("the document has tracked changes: it is read both ways".to_owned());
        vec![(Label::Accepted, accepted), (Label::Before, before)]
    } else {
        vec![(Label::Only, accepted)]
    };
    let mut extracted = finish(Format::Docx, texts, doubts, rules, notes)?;
    for (reading, quoted) in extracted.readings.iter_mut().zip(quoted) {
        reading.quoted = quoted;
    }
    Ok(extracted)
}

/// The notes that the text refers to, in its order; whether others were left out.
fn read_notes<'a>(
    kind: &'static str,
    all: &'a Node,
    references: &[&Reference],
    file: &'a File<'a>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
    out: &mut Writer,
) -> Result<bool, ExtractError> {
    let mut by_id: HashMap<&str, &'a Node> = HashMap::new();
    for note in all.nodes() {
        let id = note.attribute("id").unwrap_or_default();
        if !note.is(kind) || by_id.insert(id, note).is_some() {
            doubts.add(
                DoubtKind::Contradiction,
                kind,
                "two notes of one number, or what is no note",
            );
        }
    }
    let mut read = HashSet::new();
    for (_, id) in references {
        let Some(note) = by_id.get(id.as_str()) else {
            return Err(damaged(format!("there is no {kind} {id}")));
        };
        if !read.insert(id.as_str()) {
            doubts.add(
                DoubtKind::Contradiction,
                kind,
                "a note that is referred to twice",
            );
            continue;
        }
        if read.len() > MAX_STORIES * 16 {
            return Err(ExtractError::Limit {
                what: "too many notes",
                limit: MAX_STORIES * 16,
            });
        }
        let mut part = Writer::default();
        let inner = Story::new(kind, file, doubts, rules).read(note, &mut part);
        if !inner.is_empty() {
            doubts.add(DoubtKind::Contradiction, kind, "a note within a note");
        }
        out.append(part);
    }
    let mut left = false;
    // In the file's order, so that one file is always told the same.
    for note in all.nodes().filter(|n| n.is(kind)) {
        let special = note.attribute("type").is_some_and(|t| t != "normal");
        if special || !read.contains(note.attribute("id").unwrap_or_default()) {
            let mut words = Writer::default();
            let mut aside = Doubts::default();
            let inner = Story::new(kind, file, &mut aside, rules).read(note, &mut words);
            let [said, _] = words.texts();
            let says = !said.is_empty() || !inner.is_empty() || !aside.finish().is_empty();
            if special && says {
                // What divides notes from the text is shown with them.
                doubts.add(
                    DoubtKind::Style,
                    kind,
                    &format!("words in the rule above notes: {said}"),
                );
            }
            left |= !special && says;
        }
    }
    Ok(left)
}

/// Settings of a document that decide what of it is shown.
fn look_at_settings(settings: &Node, edges: bool, doubts: &mut Doubts) {
    for setting in settings.nodes() {
        match (setting.name.as_str(), setting.val()) {
            ("mailMerge", _) => doubts.add(DoubtKind::Field, "", "fields of a mail merge"),
            ("linkStyles", _) if setting.is_on() => {
                doubts.add(
                    DoubtKind::Style,
                    "",
                    "styles that are taken from a template",
                );
            }
            ("doNotDisplayPageBoundaries", _) if setting.is_on() && edges => {
                doubts.add(DoubtKind::Hidden, "", "heads and feet that are folded away");
            }
            ("view", Some("outline" | "masterPages")) => {
                doubts.add(DoubtKind::Hidden, "", "a view that folds text away");
            }
            ("AlternateContent", _) => {
                doubts.add(DoubtKind::Contradiction, "", "settings in two versions");
            }
            _ => {}
        }
    }
}

/// Fonts that are said to be of symbols, or to be shown by one of those; tells of fonts that come with the file.
fn symbols(table: &Node, doubts: &mut Doubts) -> HashSet<String> {
    let mut own = false;
    table.each(&mut |n| own |= n.name.starts_with("embed"));
    if own {
        doubts.add(DoubtKind::OwnFonts, "", "");
    }
    let mut out = HashSet::new();
    for font in table.nodes().filter(|n| n.is("font")) {
        let Some(name) = font.attribute("name") else {
            continue;
        };
        let charset = font.child("charset").and_then(Node::val);
        let mut other = font
            .child("altName")
            .and_then(Node::val)
            .unwrap_or_default()
            .split(',');
        // 2 is the charset of symbols (17.8.3.2).
        if charset.is_some_and(|c| c.trim_start_matches('0') == "2")
            || other.any(crate::html::is_symbol_font)
        {
            out.insert(name.to_ascii_lowercase());
        }
    }
    out
}

/// The main part's name, by the package's relationships.
fn main_part(archive: &mut Archive<'_>, bytes: &[u8]) -> Result<String, ExtractError> {
    if !archive.has("_rels/.rels") {
        let lacks = || damaged("it does not say which of its parts is the text".to_owned());
        return Err(foreign::archive(bytes).unwrap_or_else(lacks));
    }
    let mut mains = relations(archive, "")?
        .into_iter()
        .filter(|r| r.kind == "officeDocument");
    let (main, other) = (mains.next(), mains.next());
    if other.is_some() {
        return Err(damaged("it has two main parts".to_owned()));
    }
    match main.map(|r| r.target) {
        Some(Target::Part(name))
            if name.ends_with(".xml") && !name.starts_with("xl/") && !name.starts_with("ppt/") =>
        {
            Ok(name)
        }
        _ => Err(
            foreign::archive(bytes).unwrap_or(ExtractError::Unsupported {
                what: "an office file, but no DOCX",
                advice: "save it as DOCX, PDF or plain text",
            }),
        ),
    }
}

fn parts(
    archive: &mut Archive<'_>,
    main: &str,
    doubts: &mut Doubts,
    notes: &mut Vec<String>,
) -> Result<Parts, ExtractError> {
    let mut out = Parts::default();
    for Relation { id, kind, target } in relations(archive, main)? {
        let name = match target {
            Target::Part(name) => name,
            Target::Elsewhere(target) => {
                // Links are not followed; what would be shown from elsewhere is a doubt.
                match kind.as_str() {
                    "hyperlink" => {}
                    "attachedTemplate" => {
                        notes.push(
                            "it names a template elsewhere, which was not fetched".to_owned(),
                        );
                    }
                    _ => doubts.add(
                        DoubtKind::Embedded,
                        "",
                        &format!("from elsewhere: {target}"),
                    ),
                }
                continue;
            }
        };
        match kind.as_str() {
            "aFChunk" | "subDocument" | "oleObject" | "package" | "control" | "chart"
            | "diagramData" => doubts.add(DoubtKind::Embedded, "", &name),
            // Some programs write an empty part.
            "comments"
                if part(archive, &name)?.is_some_and(|root| root.nodes().next().is_some()) =>
            {
                notes.push("comments in its margin were not read".to_owned());
            }
            "vbaProject" => notes.push("it has macros; nothing was run".to_owned()),
            _ => {}
        }
        if let Some(kind) = SINGLE.into_iter().find(|k| *k == kind) {
            let root = part(archive, &name)?;
            if root.is_some_and(|root| out.single.insert(kind, root).is_some()) {
                return Err(damaged(format!("it has two parts of the kind {kind}")));
            }
        }
        let edge = match kind.as_str() {
            "header" => "header",
            "footer" => "footer",
            _ => continue,
        };
        if out.edges.len() >= MAX_STORIES {
            return Err(ExtractError::Limit {
                what: "too many heads, feet and notes",
                limit: MAX_STORIES,
            });
        }
        let Some(root) = part(archive, &name)? else {
            return Err(damaged(format!("{name} is missing")));
        };
        out.edges.insert(id, (edge, root));
    }
    Ok(out)
}

fn part(archive: &mut Archive<'_>, name: &str) -> Result<Option<Node>, ExtractError> {
    match archive.part(name)? {
        Some(bytes) => xml::parse(&bytes, name).map(Some),
        None => Ok(None),
    }
}
