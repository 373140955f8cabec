//! What a PDF has beside its pages' content: scripts, forms, layers, notes, attached files.

use hayro_interpret::hayro_syntax::{
    Pdf,
    object::{Array, Dict, Name, Object},
};

use crate::doubt::{DoubtKind, Doubts};

/// The most notes of a page that are looked at.
const MAX_NOTES: usize = 10_000;

pub(super) fn look(pdf: &Pdf, doubts: &mut Doubts, notes: &mut Vec<String>) {
    let xref = pdf.xref();
    let root: Option<Dict<'_>> = xref.get(xref.root_id());
    if let Some(root) = &root {
        let action = root.get::<Object<'_>>(b"OpenAction");
        let runs = action.is_some_and(|a| matches!(a, Object::Dict(d) if is_action(&d)));
        let names = root.get::<Dict<'_>>(b"Names");
        let scripts = names
            .as_ref()
            .is_some_and(|n| n.contains_key(b"JavaScript"));
        if runs || scripts || root.contains_key(b"AA") {
            doubts.add(DoubtKind::Script, "", "");
        }
        if root.contains_key(b"AcroForm") {
            doubts.add(DoubtKind::Field, "", "a form");
        }
        if root.contains_key(b"OCProperties") {
            doubts.add(DoubtKind::Hidden, "", "layers that can be switched off");
        }
        if names.is_some_and(|n| n.contains_key(b"EmbeddedFiles")) || root.contains_key(b"AF") {
            notes.push("files are attached to it; they were not read".to_owned());
        }
    }
    for (page, n) in pdf.pages().iter().zip(1_usize..) {
        let place = format!("page {n}");
        if page.raw().contains_key(b"AA") {
            doubts.add(DoubtKind::Script, &place, "");
        }
        let Some(annotations) = page.raw().get::<Array<'_>>(b"Annots") else {
            continue;
        };
        for annotation in annotations.iter::<Dict<'_>>().take(MAX_NOTES) {
            let kind = annotation.get::<Name<'_>>(b"Subtype");
            let kind = kind.map(|k| k.as_str().to_owned()).unwrap_or_default();
            let drawn = annotation.contains_key(b"AP");
            if kind != "Link" && (drawn || kind != "Popup") {
                doubts.add(
                    DoubtKind::Embedded,
                    &place,
                    &format!("a note or mark of the kind {kind}"),
                );
            }
        }
    }
}

/// Whether opening the file does more than to show a place in it.
fn is_action(action: &Dict<'_>) -> bool {
    let kind = action.get::<Name<'_>>(b"S");
    kind.is_none_or(|k| k.as_str() != "GoTo")
}
