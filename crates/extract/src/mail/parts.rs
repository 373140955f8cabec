//! The parts of a message: what is shown, in which forms, and what is attached.

use mailparse::{DispositionType, ParsedMail};

use super::fields;
use crate::{
    ExtractError,
    doubt::{DoubtKind, Doubts},
    limits::MAX_MAIL_PARTS,
};

/// A text that is shown, in one form or in two.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Shown<'m, 'b> {
    pub(super) plain: Option<&'m ParsedMail<'b>>,
    pub(super) html: Option<&'m ParsedMail<'b>>,
}

/// The parts that matter.
#[derive(Debug, Default)]
pub(super) struct Found<'m, 'b> {
    /// In the order in which they are shown.
    pub(super) shown: Vec<Shown<'m, 'b>>,
    pub(super) attached: Vec<(String, &'m ParsedMail<'b>)>,
    pub(super) boundaries: Vec<String>,
    /// What speaks against the message's own text, and not against a document that is attached to it.
    pub(super) of_text: Doubts,
    parts: usize,
}

impl<'m, 'b> Found<'m, 'b> {
    pub(super) fn in_message(
        mail: &'m ParsedMail<'b>,
        doubts: &mut Doubts,
    ) -> Result<Self, ExtractError> {
        let mut out = Self::default();
        out.collect(mail, doubts)?;
        Ok(out)
    }

    fn collect(
        &mut self,
        mail: &'m ParsedMail<'b>,
        doubts: &mut Doubts,
    ) -> Result<(), ExtractError> {
        self.parts += 1;
        if self.parts > MAX_MAIL_PARTS {
            return Err(ExtractError::Limit {
                what: "too many parts in the message",
                limit: MAX_MAIL_PARTS,
            });
        }
        for told in fields::ambiguities(mail) {
            doubts.add(DoubtKind::Contradiction, "", &told);
        }
        let kind = mail.ctype.mimetype.as_str();
        match kind {
            "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                Err(ExtractError::Encrypted {
                    what: "the message",
                })
            }
            _ if kind.starts_with("multipart/") && !mail.subparts.is_empty() => {
                self.boundaries
                    .extend(mail.ctype.params.get("boundary").cloned());
                match kind {
                    "multipart/alternative" => self.alternative(mail, doubts),
                    "multipart/related" => self.related(mail, doubts),
                    _ => { mail.subparts.iter() }.try_for_each(|part| self.collect(part, doubts)),
                }
            }
            _ => {
                self.leaf(mail);
                Ok(())
            }
        }
    }

    /// One text in several forms, of which a program shows one.
    fn alternative(
        &mut self,
        mail: &'m ParsedMail<'b>,
        doubts: &mut Doubts,
    ) -> Result<(), ExtractError> {
        let mut one = Shown::default();
        for part in &mail.subparts {
            let mut form = Self {
                parts: self.parts,
                ..Self::default()
            };
            form.collect(part, doubts)?;
            self.parts = form.parts;
            self.boundaries.append(&mut form.boundaries);
            self.attached.append(&mut form.attached);
            self.of_text.extend(form.of_text.finish());
            let kind = part.ctype.mimetype.as_str();
            // Of a form in several texts one alone would be held against the other form.
            if form.shown.len() > 1 {
                doubts.add(
                    DoubtKind::Contradiction,
                    "",
                    &format!("one form of the text in several parts: {kind}"),
                );
            }
            match form.shown.as_slice() {
                [] => {
                    doubts.add(
                        DoubtKind::Contradiction,
                        "",
                        &format!("a further form of the text: {kind}"),
                    );
                }
                [first, ..] => {
                    let twice = (first.plain.is_some() && one.plain.is_some())
                        || (first.html.is_some() && one.html.is_some());
                    if twice {
                        doubts.add(
                            DoubtKind::Contradiction,
                            "",
                            &format!("a further form of the text: {kind}"),
                        );
                        self.shown.push(*first);
                    } else {
                        one.plain = one.plain.or(first.plain);
                        one.html = one.html.or(first.html);
                    }
                    self.shown.extend_from_slice(&form.shown[1..]);
                }
            }
        }
        self.shown.push(one);
        Ok(())
    }

    /// A text and what belongs to it: the first part is shown.
    fn related(
        &mut self,
        mail: &'m ParsedMail<'b>,
        doubts: &mut Doubts,
    ) -> Result<(), ExtractError> {
        if mail.ctype.params.contains_key("start") {
            let first = mail.subparts.first();
            let id = first.and_then(|p| {
                p.headers
                    .iter()
                    .find(|h| h.get_key_ref().eq_ignore_ascii_case("content-id"))
            });
            let id = id.map(|h| h.get_value().trim().to_owned());
            if id.as_ref() != mail.ctype.params.get("start") {
                doubts.add(
                    DoubtKind::Contradiction,
                    "",
                    "multipart/related does not begin with its first part",
                );
            }
        }
        for (n, part) in mail.subparts.iter().enumerate() {
            let before = self.shown.len();
            self.collect(part, doubts)?;
            if n > 0 && self.shown.len() > before {
                doubts.add(
                    DoubtKind::Embedded,
                    "",
                    &format!("a text within the text: {}", part.ctype.mimetype),
                );
            }
        }
        Ok(())
    }

    fn leaf(&mut self, mail: &'m ParsedMail<'b>) {
        let kind = mail.ctype.mimetype.as_str();
        let disposition = mail.get_content_disposition();
        let name = disposition
            .params
            .get("filename")
            .or_else(|| mail.ctype.params.get("name"))
            .cloned();
        let attached = disposition.disposition == DispositionType::Attachment;
        match kind {
            "text/plain" if !attached => self.shown.push(Shown {
                plain: Some(mail),
                html: None,
            }),
            "text/html" if !attached => self.shown.push(Shown {
                plain: None,
                html: Some(mail),
            }),
            // Its signature says nothing of the text.
            "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature" => {}
            _ => {
                let named = name.is_some();
                let name = name.unwrap_or_else(|| format!("a part of the kind {kind}"));
                let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
                let (group, _) = kind.split_once('/').unwrap_or((kind, ""));
                let doubts = &mut self.of_text;
                match group {
                    "image" if !attached => doubts.add(DoubtKind::Picture, "", &name),
                    // It may hold the text once more, which Outlook shows in place of the other.
                    "application" if kind.ends_with("ms-tnef") => {
                        doubts.add(DoubtKind::Embedded, "", &format!("{kind}: {name}"));
                    }
                    // Many programs show a message, a calendar's entry or another kind of text below the message, attached or not.
                    "message" => doubts.add(DoubtKind::Embedded, "", &format!("{kind}: {name}")),
                    "text" if !attached || !named => {
                        doubts.add(DoubtKind::Embedded, "", &format!("{kind}: {name}"));
                    }
                    _ => {}
                }
                self.attached.push((name, mail));
            }
        }
    }
}
