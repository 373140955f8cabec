//! What has to be known of a page before its first word: its sheets, and what is said of the page as a whole.

use html5gum::{StartTag, Token};

use super::{comment::Conditional, lossy, select::Subject, sheet::Sheets, tokens};
use crate::doubt::{DoubtKind, Doubts};

#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) sheets: Sheets,
    pub(super) html: StartTag<()>,
    pub(super) body: StartTag<()>,
    /// Whether browsers show it as they once did, in which tables forget what is around them.
    pub(super) quirks: bool,
}

impl Gathered {
    pub(super) fn of(text: &str, doubts: &mut Doubts) -> Self {
        let mut out = Self {
            quirks: true,
            ..Self::default()
        };
        // The sheet that is being read, and whether it holds under a condition.
        let mut sheet: Option<(String, bool)> = None;
        let (mut html, mut body) = (false, false);
        // What makes a page's body where no tag has.
        let mut begun = false;
        for token in tokens(text) {
            match token {
                Token::Doctype(doctype) => {
                    out.quirks = doctype.force_quirks
                        || doctype.public_identifier.is_some()
                        || !doctype.name.eq_ignore_ascii_case(b"html");
                }
                Token::StartTag(tag) => {
                    out.inhabit(&tag);
                    match &**tag.name {
                        b"style" => {
                            sheet = Some((String::new(), is_conditional(&tag)));
                        }
                        b"html" => {
                            first(&mut out.html, tag, &mut html, begun, doubts);
                        }
                        b"body" => {
                            first(&mut out.body, tag, &mut body, begun, doubts);
                            begun = true;
                        }
                        b"head" | b"meta" | b"link" | b"title" | b"base" | b"script" => {}
                        _ => begun = true,
                    }
                }
                Token::EndTag(tag) if &**tag.name == b"style" => {
                    if let Some((text, loose)) = sheet.take() {
                        out.sheets.add(&text, loose, doubts);
                    }
                }
                Token::String(text) => {
                    if let Some((sheet, _)) = &mut sheet {
                        sheet.push_str(&lossy(&text));
                    }
                }
                Token::Comment(comment) => {
                    if let Some(Conditional::Hidden(content)) = Conditional::of(&lossy(&comment)) {
                        for text in sheets_within(&content) {
                            out.sheets.add(&text, true, doubts);
                        }
                    }
                }
                Token::EndTag(_) | Token::Error(_) => {}
            }
        }
        if let Some((text, loose)) = sheet {
            out.sheets.add(&text, loose, doubts);
            doubts.add(DoubtKind::Style, "a style sheet", "it is not closed");
        }
        out
    }
}

impl Gathered {
    fn inhabit(&mut self, tag: &StartTag<()>) {
        let attribute = |key: &str| {
            tag.attributes
                .get(key.as_bytes())
                .map(|v| lossy(v))
                .unwrap_or_default()
        };
        self.sheets.page.add(Subject {
            name: &lossy(&tag.name),
            class: &attribute("class"),
            id: &attribute("id"),
        });
    }
}

/// Whether a sheet may not be in force: for some media, of another type, one of several to choose from.
fn is_conditional(tag: &StartTag<()>) -> bool {
    tag.attributes
        .iter()
        .any(|(key, value)| match lossy(key).as_str() {
            "type" => !matches!(lossy(value).as_str(), "" | "text/css"),
            "id" | "class" | "style" => false,
            _ => true,
        })
}

/// Keeps the first tag; what a later one says is added to it by browsers, wherever it stands.
fn first(
    kept: &mut StartTag<()>,
    tag: StartTag<()>,
    seen: &mut bool,
    begun: bool,
    doubts: &mut Doubts,
) {
    if (*seen || begun) && !tag.attributes.is_empty() {
        let told = format!("a further <{}> with attributes", lossy(&tag.name));
        doubts.add(DoubtKind::Style, "", &told);
    }
    if !*seen {
        *kept = tag;
        *seen = true;
    }
}

/// The sheets within a conditional comment.
fn sheets_within(content: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut open = false;
    for token in tokens(content) {
        match token {
            Token::StartTag(tag) if &**tag.name == b"style" => {
                open = true;
                out.push(String::new());
            }
            Token::EndTag(_) => open = false,
            Token::String(text) if open => {
                if let Some(sheet) = out.last_mut() {
                    sheet.push_str(&lossy(&text));
                }
            }
            _ => {}
        }
    }
    out
}
