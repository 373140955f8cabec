//! Heads, feet and notes: which of them a document shows (ECMA-376, 17.10 and 17.11).

use std::collections::HashMap;

use crate::{
    docx::xml::{Node, Ns},
    doubt::{DoubtKind, Doubts},
};

/// A head or foot that pages show.
pub(super) struct Edge<'a> {
    /// The relationship that it is named by.
    pub(super) id: &'a str,
    /// `header` or `footer`.
    pub(super) kind: &'static str,
    /// Whether there is a page that shows it, however long the document is.
    pub(super) certain: bool,
}

/// The document's sections, in order: the last is the body's own.
pub(super) fn sections<'a>(body: &'a Node, doubts: &mut Doubts) -> Vec<&'a Node> {
    let mut out = Vec::new();
    gather(body, &mut out);
    let mut all = 0;
    body.each(&mut |n| all += usize::from(n.is("sectPr")));
    let mut changed = 0;
    body.each(&mut |n| {
        if n.is("sectPrChange") || n.is("pPrChange") {
            n.each(&mut |n| changed += usize::from(n.is("sectPr")));
        }
    });
    if out.len() + changed != all {
        doubts.add(
            DoubtKind::Style,
            "",
            "a section's settings where there is no section",
        );
    }
    out
}

fn gather<'a>(parent: &'a Node, out: &mut Vec<&'a Node>) {
    for node in parent.nodes().filter(|n| n.ns == Ns::W) {
        match node.name.as_str() {
            "p" => out.extend(node.child("pPr").and_then(|p| p.child("sectPr"))),
            "sectPr" => out.push(node),
            "sdt" | "sdtContent" | "customXml" | "ins" | "del" | "moveFrom" | "moveTo" => {
                gather(node, out);
            }
            _ => {}
        }
    }
}

/// The heads and feet that the sections refer to and that can be shown.
pub(super) fn edges<'a>(sections: &[&'a Node], settings: &Node) -> Vec<Edge<'a>> {
    let even = settings.child("evenAndOddHeaders").is_some_and(Node::is_on);
    let mut out: Vec<Edge<'a>> = Vec::new();
    // What a section does not name it has from the one before.
    let mut current: HashMap<(&'static str, &'static str), &'a str> = HashMap::new();
    for (n, section) in sections.iter().enumerate() {
        for node in section.nodes() {
            let kind = match node.name.as_str() {
                "headerReference" if node.ns == Ns::W => "header",
                "footerReference" if node.ns == Ns::W => "footer",
                _ => continue,
            };
            let page = match node.attribute("type") {
                Some("first") => "first",
                Some("even") => "even",
                _ => "default",
            };
            if let Some(id) = node.relation() {
                current.insert((kind, page), id);
            }
        }
        let title = section.child("titlePg").is_some_and(Node::is_on);
        let begins = section.child("type").and_then(Node::val);
        let own_page = n == 0 || !matches!(begins, Some("continuous" | "nextColumn"));
        // On which side of the sheet a section begins is not known after the first, nor where pages are counted anew.
        let counted = section
            .child("pgNumType")
            .is_some_and(|p| p.attribute("start").is_some());
        let odd = !even || (n == 0 && !counted);
        for kind in ["header", "footer"] {
            for (page, shown, certain) in [
                ("first", title, own_page),
                ("default", true, own_page && !title && odd),
                ("even", even, false),
            ] {
                let Some(id) = current.get(&(kind, page)).copied().filter(|_| shown) else {
                    continue;
                };
                match out.iter_mut().find(|e| e.id == id && e.kind == kind) {
                    Some(edge) => edge.certain |= certain,
                    None => out.push(Edge { id, kind, certain }),
                }
            }
        }
    }
    out
}

/// Whether a head says nothing but a page's number: on which pages it stands changes nothing.
pub(super) fn is_page_number(text: &str) -> bool {
    let words = ["page", "of", "p"];
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .all(|w| {
            w.bytes().all(|b| b.is_ascii_digit())
                || words.contains(&w.to_ascii_lowercase().as_str())
        })
}
