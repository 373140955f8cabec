//! Runs: text that looks one way (ECMA-376, 17.3.2 and 17.3.3).

use crate::{
    Rule,
    docx::{
        look::Look,
        story::{Holder, Story},
        writer::{ACCEPTED, Track, Writer},
        xml::{Node, Ns},
    },
    doubt::DoubtKind,
    script::{OnLine, on_line},
};

impl<'a> Story<'a, '_> {
    pub(super) fn run(&mut self, run: &'a Node, base: &Look, track: Track, writer: &mut Writer) {
        let file = self.file;
        if run.nodes().filter(|n| n.is("rPr")).count() > 1 {
            self.doubt(DoubtKind::Contradiction, "a run's properties");
        }
        let mut look = base.clone();
        let properties = run.child("rPr");
        let style = properties
            .and_then(|p| p.child("rStyle"))
            .and_then(Node::val);
        look.style(&file.styles.properties(style, "character", "rPr"), file);
        if let Some(properties) = properties {
            look.set(properties, file);
        }
        self.content(run, &look, track, writer);
    }

    /// What stands in a run.
    pub(super) fn content(
        &mut self,
        run: &'a Node,
        look: &Look,
        track: Track,
        writer: &mut Writer,
    ) {
        let mut text = String::new();
        for node in run.nodes() {
            // What stands in characters' own elements is read by no program, or by some.
            if matches!(
                node.name.as_str(),
                "t" | "delText" | "instrText" | "delInstrText"
            ) {
                for child in node.nodes() {
                    self.unknown(child);
                }
            }
            match (node.ns, node.name.as_str()) {
                (Ns::Mc, "AlternateContent") => {
                    self.write(&std::mem::take(&mut text), look, track, writer);
                    self.alternatives(node, &Holder::Run(look), track, writer);
                }
                (Ns::W, "t") => {
                    // As Word does: white space at the ends is not shown unless that is said.
                    let own = node.text();
                    let white = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
                    text.push_str(if node.keeps_space() {
                        &own
                    } else {
                        own.trim_matches(white)
                    });
                }
                (Ns::W, "delText") => {
                    if !matches!(track, Track::Deleted | Track::Both) {
                        self.doubt(DoubtKind::Hidden, &node.text());
                    }
                    text.push_str(&node.text());
                }
                (Ns::W, "instrText" | "delInstrText") => match self.fields.last_mut() {
                    Some(field) if !field.result => field.code.push_str(&node.text()),
                    _ => self.doubt(DoubtKind::Field, &node.text()),
                },
                (Ns::W, "fldChar") => {
                    self.write(&std::mem::take(&mut text), look, track, writer);
                    self.field_char(node, track, writer);
                }
                (Ns::W, "tab" | "ptab") => text.push('\t'),
                (Ns::W, "br") if matches!(node.attribute("type"), Some("page" | "column")) => {
                    self.rules.push(Rule::RunningHeads);
                    text.push('\n');
                }
                (Ns::W, "br" | "cr") => text.push('\n'),
                (Ns::W, "lastRenderedPageBreak") => self.rules.push(Rule::RunningHeads),
                (Ns::W, "noBreakHyphen") => text.push('\u{2011}'),
                (Ns::W, "softHyphen") => text.push('\u{ad}'),
                (Ns::W, "sym") => self.doubt(DoubtKind::Glyphs, "a sign from a font of symbols"),
                (
                    Ns::W,
                    "pgNum" | "dayShort" | "dayLong" | "monthShort" | "monthLong" | "yearShort"
                    | "yearLong",
                ) => {
                    self.doubt(DoubtKind::Field, &node.name);
                }
                (Ns::W, "footnoteReference" | "endnoteReference") => {
                    self.rules.push(Rule::NoteMarks);
                    let kind = if node.name == "footnoteReference" {
                        "footnote"
                    } else {
                        "endnote"
                    };
                    if look.is_hidden() || self.is_code() {
                        self.doubt(DoubtKind::Hidden, "the mark of a note");
                    }
                    if track != Track::No {
                        self.doubt(
                            DoubtKind::Contradiction,
                            "a note that was put in or taken out",
                        );
                    }
                    let id = node.attribute("id").unwrap_or_default().to_owned();
                    self.notes.push((kind, id));
                }
                (
                    Ns::W,
                    "footnoteRef"
                    | "endnoteRef"
                    | "annotationRef"
                    | "commentReference"
                    | "separator"
                    | "continuationSeparator",
                ) => self.rules.push(Rule::NoteMarks),
                (Ns::W, "drawing" | "pict" | "object") => self.drawing(node, track),
                (Ns::W, "ruby") => {
                    self.doubt(DoubtKind::Moved, "ruby text");
                    self.inline(node, look, track, writer);
                }
                (Ns::W, "rPr") => {}
                _ => self.unknown(node),
            }
        }
        self.write(&text, look, track, writer);
    }

    /// A run's text as it is seen.
    fn write(&mut self, text: &str, look: &Look, track: Track, writer: &mut Writer) {
        // What computes a field is not shown.
        if text.is_empty() || self.is_code() {
            return;
        }
        if look.is_hidden() {
            self.doubt(DoubtKind::Hidden, text);
            return;
        }
        if !text.trim().is_empty() {
            self.wrote = true;
            for (kind, what) in look.doubts() {
                self.doubt(kind, what.as_deref().unwrap_or(text));
            }
        }
        let mut text = if look.has_caps() {
            text.to_uppercase()
        } else {
            text.to_owned()
        };
        if let Some(script) = look.script() {
            let before = writer.line[ACCEPTED].chars().next_back();
            let seen = look.is_off(self.beside);
            match on_line(&text, script, before) {
                OnLine::Signs(signs) if seen => text = signs,
                OnLine::Ordinal => self.rules.push(Rule::Ordinals),
                // What is as large as what it stands beside, and hardly higher or lower, is seen as on its line.
                OnLine::Signs(_) | OnLine::Lost => self.doubt(DoubtKind::Raised, &text),
            }
        } else if !text.trim().is_empty() {
            self.beside = look.stands();
        }
        writer.put(&text, track);
    }
}
