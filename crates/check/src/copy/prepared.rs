//! A version made ready, so that its words are folded once for all that is held against it.

use std::ops::Range;

use crate::copy::{registered::Text, token::Token};

/// A version and its words as they are compared.
pub(crate) struct Prepared<'v> {
    pub(crate) text: &'v Text,
    /// The words of the body, bullets left out.
    pub(crate) body: Vec<Token>,
    /// Where each paragraph's begin and end in `body`; a text of the head has none there.
    pub(crate) spans: Vec<Range<usize>>,
    /// Whether its words are compared in capitals.
    pub(crate) capitals: bool,
}

impl<'v> Prepared<'v> {
    pub(crate) fn of(text: &'v Text) -> Self {
        let (mut body, mut spans) = (Vec::new(), Vec::new());
        for (paragraph, i) in text.paragraphs.iter().zip(0_u32..) {
            let start = body.len();
            if !paragraph.is_head() {
                body.extend(paragraph.tokens(i).into_iter().filter(|t| !t.optional));
            }
            spans.push(start..body.len());
        }
        Self {
            text,
            body,
            spans,
            capitals: false,
        }
    }

    /// Whether it has no small letter, as a telegram has none.
    pub(crate) fn is_in_capitals(&self) -> bool {
        let shown = self.body.iter().filter(|token| token.hidden == 0);
        let mut shown = shown.peekable();
        shown.peek().is_some() && !shown.any(|token| token.raw.contains(char::is_lowercase))
    }

    /// The same with every word compared in capitals.
    pub(crate) fn in_capitals(&self) -> Self {
        let mut body = self.body.clone();
        body.iter_mut().for_each(Token::capitalise);
        Self {
            text: self.text,
            body,
            spans: self.spans.clone(),
            capitals: true,
        }
    }
}
