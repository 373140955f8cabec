//! A DOCX (ECMA-376 Part 1, WordprocessingML; Part 2, the package): body, heads, feet and notes.
//!
//! What is read: text with its tracked changes in both readings, text boxes, notes, heads and feet, automatic numbers.
//! What is seen and told: hidden, white, tiny and struck-out text, pictures, embedded objects, fields that compute, formulas.

mod archive;
mod list;
mod look;
mod story;
mod xml;

use std::collections::HashSet;

use self::{
    archive::Archive,
    list::Lists,
    look::Styles,
    story::{Story, Writer},
    xml::Node,
};
use crate::{
    ExtractError, Extracted, Format, Label, Rule,
    doubt::{DoubtKind, Doubts},
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
    styles: Option<Node>,
    numbering: Option<Node>,
    /// Heads, feet and notes, with what they are.
    stories: Vec<(&'static str, Node)>,
}

pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    let mut archive = Archive::open(bytes)?;
    if archive
        .names()
        .iter()
        .any(|name| name == "EncryptedPackage")
    {
        return Err(ExtractError::Encrypted {
            what: "the document",
        });
    }
    let main = main_part(&mut archive)?;
    let mut doubts = Doubts::default();
    let mut notes = Vec::new();
    let Some(document) = archive.part(&main)? else {
        return Err(damaged(format!("{main} is missing")));
    };
    let document = xml::parse(&document, &main)?;
    let Some(body) = document.child("body") else {
        return Err(damaged(format!("{main} has no body")));
    };
    let parts = parts(&mut archive, &main, &mut doubts, &mut notes)?;
    let empty = Node::empty();
    let styles = Styles::new(parts.styles.as_ref().unwrap_or(&empty));
    let lists = Lists::new(parts.numbering.as_ref().unwrap_or(&empty));
    let mut rules = vec![Rule::Formatting];
    let mut writer = Writer::default();
    let mut seen = HashSet::new();
    let first = ["header", "footer", "footnote", "endnote"];
    for kind in first.iter().take(1).chain(&["body"]).chain(&first[1..]) {
        let stories: Vec<&Node> = match *kind {
            "body" => vec![body],
            _ => parts
                .stories
                .iter()
                .filter(|(k, _)| k == kind)
                .map(|(_, n)| n)
                .collect(),
        };
        for node in stories {
            let mut part = Writer::default();
            let mut story = Story::new(kind, &styles, &lists, &mut doubts, &mut rules);
            story.read(node, &mut part);
            // The same head on first, odd and even pages is one head.
            if *kind == "body" || seen.insert(part.texts()) {
                writer.append(part);
            }
        }
    }
    let tracked = writer.tracked();
    let [accepted, before] = writer.texts();
    let texts = if tracked {
        notes.push("the document has tracked changes: it is read both ways".to_owned());
        vec![(Label::Accepted, accepted), (Label::Before, before)]
    } else {
        vec![(Label::Only, accepted)]
    };
    finish(Format::Docx, texts, doubts, rules, notes)
}

/// The main part's name, by the package's relationships.
fn main_part(archive: &mut Archive<'_>) -> Result<String, ExtractError> {
    let Some(rels) = archive.part("_rels/.rels")? else {
        return Err(ExtractError::Unsupported {
            what: "a ZIP archive, but no DOCX",
            advice: "unpack it, and give the document in it",
        });
    };
    let rels = xml::parse(&rels, "_rels/.rels")?;
    let main = rels.nodes().find(|r| relation(r) == "officeDocument");
    let target = main.and_then(|r| r.attribute("Target")).unwrap_or_default();
    let name = target.trim_start_matches('/').to_owned();
    if !name.ends_with(".xml") || name.starts_with("xl/") || name.starts_with("ppt/") {
        return Err(ExtractError::Unsupported {
            what: "an office file, but no DOCX",
            advice: "save its text as .docx or .txt",
        });
    }
    Ok(name)
}

/// The last part of a relationship's type, without the namespace of its edition.
fn relation(node: &Node) -> &str {
    let kind = node.attribute("Type").unwrap_or_default();
    kind.rsplit('/').next().unwrap_or_default()
}

fn parts(
    archive: &mut Archive<'_>,
    main: &str,
    doubts: &mut Doubts,
    notes: &mut Vec<String>,
) -> Result<Parts, ExtractError> {
    let mut out = Parts::default();
    let (dir, file) = main.rsplit_once('/').unwrap_or(("", main));
    let prefix = if dir.is_empty() {
        String::new()
    } else {
        format!("{dir}/")
    };
    let Some(rels) = archive.part(&format!("{prefix}_rels/{file}.rels"))? else {
        return Ok(out);
    };
    let rels = xml::parse(&rels, "the document's relationships")?;
    for rel in rels.nodes() {
        let kind = relation(rel);
        let external = rel
            .attribute("TargetMode")
            .is_some_and(|m| m.eq_ignore_ascii_case("external"));
        let target = rel.attribute("Target").unwrap_or_default();
        if external {
            // Links are not followed; what would be shown from elsewhere is a doubt.
            match kind {
                "hyperlink" => {}
                "attachedTemplate" => {
                    notes.push("it names a template elsewhere, which was not fetched".to_owned());
                }
                _ => doubts.add(
                    DoubtKind::Embedded,
                    "",
                    &format!("from elsewhere: {target}"),
                ),
            }
            continue;
        }
        let name = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("{prefix}{target}"),
        };
        let story = match kind {
            "header" => Some("header"),
            "footer" => Some("footer"),
            "footnotes" => Some("footnote"),
            "endnotes" => Some("endnote"),
            _ => None,
        };
        match kind {
            "aFChunk" => doubts.add(DoubtKind::Embedded, "", target),
            "oleObject" | "package" | "control" | "chart" | "diagramData" => {
                doubts.add(DoubtKind::Embedded, "", target);
            }
            "comments" => notes.push("comments in its margin were not read".to_owned()),
            "vbaProject" => notes.push("it has macros; nothing was run".to_owned()),
            "fontTable" => {
                if let Some(bytes) = archive.part(&name)? {
                    let mut own = false;
                    xml::parse(&bytes, &name)?.each(&mut |n| own |= n.name.starts_with("embed"));
                    if own {
                        doubts.add(DoubtKind::OwnFonts, "", "");
                    }
                }
            }
            "styles" => out.styles = part(archive, &name)?,
            "numbering" => out.numbering = part(archive, &name)?,
            _ => {}
        }
        let Some(story) = story else {
            continue;
        };
        if out.stories.len() >= MAX_STORIES {
            return Err(ExtractError::Limit {
                what: "too many heads, feet and notes",
                limit: MAX_STORIES,
            });
        }
        let Some(root) = part(archive, &name)? else {
            return Err(damaged(format!("{name} is missing")));
        };
        out.stories.push((story, root));
    }
    Ok(out)
}

fn part(archive: &mut Archive<'_>, name: &str) -> Result<Option<Node>, ExtractError> {
    match archive.part(name)? {
        Some(bytes) => xml::parse(&bytes, name).map(Some),
        None => Ok(None),
    }
}
