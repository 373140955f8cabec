//! The package of a DOCX (ECMA-376 Part 2): parts by name, and the relationships between them.

use std::collections::HashSet;

use crate::{
    ExtractError,
    docx::{
        archive::Archive,
        damaged,
        xml::{self, Node},
    },
};

/// What a type of relationship begins with: transitional, strict, Microsoft's own.
const TYPES: [&str; 4] = [
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",
    "http://schemas.microsoft.com/office/2006/relationships/",
    "http://schemas.microsoft.com/office/2011/relationships/",
];

/// What a part refers to.
pub(super) struct Relation {
    pub(super) id: String,
    /// The last part of its type; empty where that is no type of office documents, which programs disregard.
    pub(super) kind: String,
    pub(super) target: Target,
}

pub(super) enum Target {
    /// A part, by its normal name.
    Part(String),
    /// Something that is not in the file.
    Elsewhere(String),
}

/// A part's relationships; none where it has no such part.
pub(super) fn relations(
    archive: &mut Archive<'_>,
    part: &str,
) -> Result<Vec<Relation>, ExtractError> {
    let (dir, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name = match dir {
        "" => format!("_rels/{file}.rels"),
        _ => format!("{dir}/_rels/{file}.rels"),
    };
    let Some(bytes) = archive.part(&name)? else {
        return Ok(Vec::new());
    };
    let root = xml::parse(&bytes, &name)?;
    let mut ids = HashSet::new();
    let mut out = Vec::new();
    for node in root.nodes().filter(|n| n.name == "Relationship") {
        let id = node.attribute("Id").unwrap_or_default().to_owned();
        // Which of two a word processor takes can't be known.
        if !ids.insert(id.clone()) {
            return Err(damaged(format!("{name}: two relationships are named {id}")));
        }
        let target = node.attribute("Target").unwrap_or_default();
        out.push(Relation {
            id,
            kind: kind(node).to_owned(),
            target: if is_external(node) {
                Target::Elsewhere(target.to_owned())
            } else {
                // A mark in the document itself, or no name of a part: nothing that is read.
                resolve(dir, target)
                    .map_or_else(|| Target::Elsewhere(target.to_owned()), Target::Part)
            },
        });
    }
    Ok(out)
}

fn is_external(node: &Node) -> bool {
    let mode = node.attribute("TargetMode");
    mode.is_some_and(|m| m.trim().eq_ignore_ascii_case("external"))
}

fn kind(node: &Node) -> &str {
    let kind = node.attribute("Type").unwrap_or_default();
    let mut own = TYPES.iter().filter_map(|t| kind.strip_prefix(t));
    own.next().unwrap_or_default()
}

/// The part that a reference in a part of the folder `dir` means (Part 2, 6.4 and annex A).
fn resolve(dir: &str, target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or_default();
    match target.strip_prefix('/') {
        Some(absolute) => normal(absolute),
        None => normal(&format!("{dir}/{target}")),
    }
}

/// A part's name as programs compare it: percent-encoding undone, `.` and `..` followed, in small letters. `None` for a name that
/// a package may not have.
pub(super) fn normal(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    // A divider that is written so is none.
    if lower.contains("%2f") || lower.contains("%5c") || name.contains('?') {
        return None;
    }
    let name = decoded(name)?.replace('\\', "/");
    let mut out: Vec<&str> = Vec::new();
    for segment in name.trim_start_matches('/').split('/') {
        match segment {
            "." => {}
            ".." => {
                out.pop()?;
            }
            "" => return None,
            _ => out.push(segment),
        }
    }
    Some(out.join("/").to_lowercase())
}

fn decoded(name: &str) -> Option<String> {
    let mut out = Vec::with_capacity(name.len());
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high << 4 | low).ok()?);
    }
    String::from_utf8(out).ok().filter(|s| !s.contains('\0'))
}
