//! Fields (ECMA-376, 17.16): what computes a text, and the text that it gave when it was last computed.

use crate::{
    Rule,
    docx::{
        story::Story,
        writer::{Track, Writer},
        xml::Node,
    },
    doubt::DoubtKind,
};

/// Fields of page numbers: a program counts anew whenever it shows them.
const NUMBERS: &[&str] = &["PAGE", "NUMPAGES", "SECTIONPAGES"];

/// A field that is open: what computes it, and whether its result has begun.
#[derive(Clone)]
pub(super) struct Field {
    pub(super) code: String,
    pub(super) result: bool,
    track: Track,
    /// What stood in the line, and how many paragraphs had ended, when the result began.
    start: [usize; 2],
}

impl Story<'_, '_> {
    /// Whether what is read now computes a field, and is not shown.
    pub(super) fn is_code(&self) -> bool {
        self.fields.iter().any(|f| !f.result)
    }

    /// Where the text stands that has been written.
    #[expect(clippy::unused_self, reason = "beside those that it is used with")]
    pub(super) fn shown(&self, writer: &Writer) -> [usize; 2] {
        [writer.out[0].len(), writer.line[0].len()]
    }

    pub(super) fn field_char(&mut self, node: &Node, track: Track, writer: &Writer) {
        let start = self.shown(writer);
        match node.attribute("fldCharType") {
            Some("begin") => {
                if node.child("ffData").is_some() {
                    self.doubt(DoubtKind::Field, "a form's field");
                }
                self.fields.push(Field {
                    code: String::new(),
                    result: false,
                    track,
                    start,
                });
            }
            Some("separate") if self.fields.last().is_some_and(|f| !f.result) => {
                if let Some(field) = self.fields.last_mut() {
                    field.result = true;
                    field.start = start;
                }
            }
            Some("end") if !self.fields.is_empty() => {
                if let Some(field) = self.fields.pop() {
                    if field.track != track {
                        self.doubt(
                            DoubtKind::Field,
                            "a field that was put in or taken out in part",
                        );
                    }
                    let start = if field.result { field.start } else { start };
                    self.field(&field.code, &start, writer);
                }
            }
            _ => self.doubt(DoubtKind::Field, "a field without a beginning"),
        }
    }

    /// A field that has ended; its result stands from `start` on.
    pub(super) fn field(&mut self, code: &str, start: &[usize; 2], writer: &Writer) {
        let mut words = code.split_whitespace();
        let name = words.next().unwrap_or_default().to_ascii_uppercase();
        let rest: Vec<&str> = words.collect();
        let plain = match name.as_str() {
            "HYPERLINK" => !rest.iter().any(|w| matches!(*w, "\\*" | "\\#" | "\\@")),
            // In the text itself a number is text.
            name if NUMBERS.contains(&name) => {
                let result = (writer.out[0].len() == start[0])
                    .then(|| writer.line[0].get(start[1]..))
                    .flatten();
                let forms = ["\\*", "MERGEFORMAT", "Arabic", "roman", "ROMAN"];
                matches!(self.place, "header" | "footer")
                    && rest.iter().all(|w| forms.contains(w))
                    && result.is_some_and(is_number)
            }
            _ => false,
        };
        if plain {
            self.rules.push(Rule::FieldCodes);
        } else {
            self.doubt(DoubtKind::Field, code);
        }
    }
}

/// A page's number, in figures or Roman.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit())
        || text
            .bytes()
            .all(|b| b"ivxlcdm".contains(&b.to_ascii_lowercase()))
}
