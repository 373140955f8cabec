//! A PDF (ISO 32000), by what its pages draw (by `hayro-interpret`): each glyph with its shape, colour and place, and
//! all that is painted over and under it.
//!
//! A PDF says its text twice: in the shapes that it draws and in the characters that its fonts name for them. What is read are
//! the characters, in the order in which they stand on the page; each shape is held against the character that it stands
//! for ([`shape`]), and what can't be seen, or may be something else, is a doubt.

mod canvas;
mod forms;
mod glyph;
mod guard;
mod icc;
mod inflate;
mod layout;
mod objects;
mod outline;
mod seen;
mod shape;
mod spaces;
mod twice;
mod whole;
mod write;

use std::{collections::BTreeMap, sync::Arc};

use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, InterpreterWarning, TransformExt as _,
    hayro_syntax::{LoadPdfError, Pdf},
    interpret_page,
    kurbo::Rect,
};

pub use self::write::write_pdf;
use self::{
    canvas::{Canvas, MAX_ACTUAL},
    layout::Line,
    seen::MAX_COMPARED,
    shape::Shapes,
};
use crate::{
    ExtractError, Extracted, Format, Label, Rule,
    doubt::{DoubtKind, Doubts},
    limits::{MAX_GLYPHS, MAX_PAGES},
    text::finish,
};

/// Lines that repeat count as a head or foot from so many pages on.
const REPEATED: usize = 2;

/// How far heads and feet may differ in height, in points.
const SAME_HEIGHT: f64 = 3.0;

pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    guard::check(bytes)?;
    whole::check_end(bytes)?;
    let pdf = Pdf::new(whole::with_lure(bytes)).map_err(|e| match e {
        LoadPdfError::Decryption(_) => ExtractError::Encrypted { what: "the PDF" },
        LoadPdfError::Invalid => whole::broken(),
    })?;
    whole::check_tables(&pdf)?;
    guard::check_named(&pdf)?;
    let pages = pdf.pages();
    if pages.len() > MAX_PAGES {
        return Err(ExtractError::Limit {
            what: "too many pages",
            limit: MAX_PAGES,
        });
    }
    forms::check(&pdf)?;
    let mut doubts = Doubts::default();
    let mut notes = Vec::new();
    let frames = objects::look(&pdf, &mut doubts, &mut notes);
    let warned = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let sink = warned.clone();
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            if matches!(warning, InterpreterWarning::UnsupportedFont) {
                sink.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    };
    let cache = InterpreterCache::new();
    let mut shapes = Shapes::default();
    let mut sheets: Vec<Vec<Line>> = Vec::new();
    let mut glyphs = 0;
    let (mut texts, mut comparable) = (MAX_ACTUAL, MAX_COMPARED);
    for (page, n) in pages.iter().zip(1_usize..) {
        let place = format!("page {n}");
        let (width, height) = page.render_dimensions();
        let sheet = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let transform = page.initial_transform(true).to_kurbo();
        let mut context = Context::new(transform, sheet, &cache, pdf.xref(), settings.clone());
        let mut canvas = Canvas::new(sheet, MAX_GLYPHS - glyphs);
        let framed = frames.get(n - 1).into_iter().flatten();
        canvas.frames = framed.map(|f| transform.transform_rect_bbox(*f)).collect();
        canvas.comparable = texts;
        interpret_page(page, &mut context, &mut canvas);
        texts = canvas.comparable;
        glyphs += canvas.count();
        if glyphs >= MAX_GLYPHS {
            return Err(ExtractError::Limit {
                what: "too many characters on its pages",
                limit: MAX_GLYPHS,
            });
        }
        let marks = canvas.finish(&place, &mut shapes, &mut comparable, &mut doubts);
        sheets.push(layout::lines(marks, sheet.width(), &place, &mut doubts));
    }
    // What was not looked at before may have been looked for.
    whole::check_tables(&pdf)?;
    if warned.load(std::sync::atomic::Ordering::Relaxed) {
        doubts.add(DoubtKind::Glyphs, "", "a font that can't be read");
    }
    let mut rules = vec![Rule::Formatting];
    if sheets.len() > 1 {
        rules.push(Rule::RunningHeads);
    }
    if sheets.iter().flatten().any(|line| line.ordinals) {
        rules.push(Rule::Ordinals);
    }
    let (text, repeated) = text(&sheets);
    let texts = vec![(Label::Only, text)];
    let extracted = finish(Format::Pdf, texts, doubts, rules, notes)?;
    Ok(Extracted {
        repeated,
        ..extracted
    })
}

/// The pages' text; lines that repeat at one height are read once, at the end. Beside it what was left out so.
fn text(sheets: &[Vec<Line>]) -> (String, String) {
    let mut seen: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
    for (n, lines) in sheets.iter().enumerate() {
        for line in lines.iter().filter(|line| line.is_edge) {
            seen.entry(line.text.as_str())
                .or_default()
                .push((n, line.baseline));
        }
    }
    let repeats = |line: &Line, n: usize| {
        line.is_edge
            && seen.get(line.text.as_str()).is_some_and(|places| {
                let same = places
                    .iter()
                    .filter(|(_, y)| (y - line.baseline).abs() < SAME_HEIGHT);
                same.clone().count() >= REPEATED && same.clone().any(|(page, _)| *page == n)
            })
    };
    let mut out = String::new();
    let mut heads: Vec<&str> = Vec::new();
    let mut repeated = String::new();
    for (n, lines) in sheets.iter().enumerate() {
        let mut apart = true;
        for line in lines {
            if repeats(line, n) {
                if heads.contains(&line.text.as_str()) {
                    repeated.push_str(&line.text);
                    repeated.push('\n');
                } else {
                    heads.push(&line.text);
                }
                apart = true;
                continue;
            }
            if !out.is_empty() {
                out.push_str(if apart || line.begins { "\n\n" } else { "\n" });
            }
            out.push_str(&line.text);
            apart = false;
        }
    }
    for head in heads {
        out.push_str("\n\n");
        out.push_str(head);
    }
    (out, repeated)
}
