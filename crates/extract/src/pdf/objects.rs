//! What a PDF has beside its pages' content: scripts, forms, layers, notes, attached files.

use hayro_interpret::{
    hayro_syntax::{
        Pdf,
        object::{Array, Dict, MaybeRef, Name, Object},
    },
    kurbo::Rect,
};

use crate::{
    doubt::{DoubtKind, Doubts},
    pdf::spaces::Spaces,
};

/// The most notes of a page that are looked at.
const MAX_NOTES: usize = 10_000;

/// The frame of a link is at most so thick, and its sides at least so far apart, in points.
const MOST_FRAME: f32 = 2.0;
const LEAST_FRAME: f32 = 5.0;

/// Looks at them all; the frames of links, page by page, in the page's own measure.
pub(super) fn look(pdf: &Pdf, doubts: &mut Doubts, notes: &mut Vec<String>) -> Vec<Vec<Rect>> {
    let mut frames = Vec::new();
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
        if root.contains_key(b"Collection") {
            // 7.11.6: viewers show the attached files, or one of them, in its place.
            doubts.add(DoubtKind::Embedded, "", "a collection of files");
        }
        if names.is_some_and(|n| n.contains_key(b"EmbeddedFiles")) || root.contains_key(b"AF") {
            notes.push("files are attached to it; they were not read".to_owned());
        }
    }
    // A font that is not in the file is the reader's own: what it draws for letters no shape here tells.
    let mut spaces = Spaces::default();
    for object in pdf.objects() {
        spaces.look(&object, doubts);
        if let Object::Dict(font) = object
            && let Some(name) = font.get::<Name<'_>>(b"BaseFont")
            && crate::html::is_symbol_font(name.as_str())
            && !font.contains_key(b"DescendantFonts")
            && !is_embedded(&font)
        {
            doubts.add(
                DoubtKind::Glyphs,
                "",
                &format!("the font {}", name.as_str()),
            );
        }
    }
    for (page, n) in pdf.pages().iter().zip(1_usize..) {
        let place = format!("page {n}");
        let mut own = Vec::new();
        if page.raw().contains_key(b"AA") {
            doubts.add(DoubtKind::Script, &place, "");
        }
        // In the measure of such a page letters have other sizes than they are given.
        let unit = page.raw().get::<f32>(b"UserUnit").unwrap_or(1.0);
        if !(0.99..=4.0).contains(&unit) {
            doubts.add(DoubtKind::Tiny, &place, "a page with a measure of its own");
        }
        let annotations = page.raw().get::<Array<'_>>(b"Annots").unwrap_or_default();
        for (n, item) in annotations.raw_iter().enumerate() {
            if n == MAX_NOTES {
                doubts.add(DoubtKind::Embedded, &place, "too many notes to look at");
                break;
            }
            let item = match item {
                MaybeRef::Ref(at) => xref.get::<Object<'_>>(at.into()),
                MaybeRef::NotRef(item) => Some(item),
            };
            let annotation = match item {
                Some(Object::Dict(annotation)) => annotation,
                // What is not there shows nothing.
                None | Some(Object::Null(_)) => continue,
                Some(_) => {
                    doubts.add(DoubtKind::Embedded, &place, "a note that is none");
                    continue;
                }
            };
            let kind = annotation.get::<Name<'_>>(b"Subtype");
            let kind = kind.map(|k| k.as_str().to_owned()).unwrap_or_default();
            let drawn = annotation.contains_key(b"AP");
            if kind == "Link" && width(&annotation) > 0.0 {
                own.extend(bounds(&annotation));
            }
            let plain = match kind.as_str() {
                // Its frame may lie over the text, or be a line through it.
                "Link" => !drawn && !is_bold(&annotation),
                // What is open is drawn over the page by some viewers, with whatever it is of.
                "Popup" => {
                    let open = annotation.get::<Object<'_>>(b"Open");
                    !drawn && matches!(open, None | Some(Object::Null(_) | Object::Boolean(false)))
                }
                _ => false,
            };
            if !plain {
                doubts.add(
                    DoubtKind::Embedded,
                    &place,
                    &format!("a note or mark of the kind {kind}"),
                );
            }
        }
        frames.push(own);
    }
    frames
}

fn is_embedded(font: &Dict<'_>) -> bool {
    let descriptor = font.get::<Dict<'_>>(b"FontDescriptor");
    let files: [&[u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
    descriptor.is_some_and(|d| files.iter().any(|file| d.contains_key(*file)))
}

/// Whether a link's frame is more than a thin line round its text (12.5.4).
fn is_bold(link: &Dict<'_>) -> bool {
    let width = width(link);
    let least = f64::from(LEAST_FRAME);
    let flat = bounds(link).is_none_or(|b| b.width().min(b.height()) < least);
    width > MOST_FRAME || (width > 0.0 && flat)
}

/// How thick a link's frame is.
fn width(link: &Dict<'_>) -> f32 {
    let style = link.get::<Dict<'_>>(b"BS").and_then(|s| s.get::<f32>(b"W"));
    let border = link.get::<Array<'_>>(b"Border");
    let border = border.map(|b| b.iter::<f32>().nth(2).unwrap_or(1.0));
    style.or(border).unwrap_or(1.0)
}

fn bounds(link: &Dict<'_>) -> Option<Rect> {
    let sides = link.get::<Array<'_>>(b"Rect")?;
    let sides: Vec<f64> = sides.iter::<f32>().take(4).map(f64::from).collect();
    let [x0, y0, x1, y1] = sides.try_into().ok()?;
    Some(Rect::new(x0, y0, x1, y1).abs())
}

/// Whether opening the file does more than to show a place in it.
fn is_action(action: &Dict<'_>) -> bool {
    let kind = action.get::<Name<'_>>(b"S");
    kind.is_none_or(|k| k.as_str() != "GoTo")
}
