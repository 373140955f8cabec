//! The text between tags.

use html5gum::StartTag;

use super::{Page, Revealed};
use crate::{
    Rule,
    doubt::DoubtKind,
    html::{
        comment::{Conditional, list_sign, shown_by_some},
        css,
        element::Kind,
        hint, lossy,
        property::Marker,
    },
    script::{OnLine, on_line},
};

/// The condition around signs that Word writes out for programs without lists like its own.
const LISTS: &str = "!supportlists";

/// `wbr`, U+200B.
pub(super) const WORD_BREAK: char = '\u{200b}';

impl Page<'_> {
    pub(super) fn pop(&mut self) {
        if self.stack.last().is_some_and(|open| open.name == "q") {
            self.quote();
        }
        let Some(open) = self.stack.pop() else {
            return;
        };
        let outer = self.stack.last().and_then(|open| open.look.script);
        let (Some(script), None) = (open.look.script, outer) else {
            return;
        };
        let Some(text) = self.line.get(open.from..).map(str::to_owned) else {
            return;
        };
        if text.trim().is_empty() {
            return;
        }
        let before = self.line[..open.from].chars().next_back();
        match on_line(&text, script, before) {
            OnLine::Signs(signs) => self.line.replace_range(open.from.., &signs),
            OnLine::Ordinal => self.rules.push(Rule::Ordinals),
            OnLine::Lost => self.doubts.add(DoubtKind::Raised, "", &text),
        }
    }

    pub(in crate::html) fn comment(&mut self, comment: &str) {
        match Conditional::of(comment) {
            Some(Conditional::Hidden(content)) => {
                if let Some(shown) = shown_by_some(&content) {
                    let told = format!("shown by some programs only: {shown}");
                    self.doubts.add(DoubtKind::Contradiction, "", &told);
                }
            }
            Some(Conditional::Begins(condition)) => {
                self.unsigned &= condition != LISTS;
                self.revealed = Some(Revealed {
                    condition,
                    text: String::new(),
                });
            }
            Some(Conditional::Ends) => self.end_of_condition(),
            None if comment.starts_with("[CDATA[") => {
                self.doubts.add(DoubtKind::Contradiction, "", comment);
            }
            None => {}
        }
    }

    /// Between conditions there is nothing but Word's list signs and empty paragraphs.
    pub(super) fn condition(&mut self, name: &str, kind: Kind) {
        let Some(revealed) = &self.revealed else {
            return;
        };
        if kind != Kind::Inline || matches!(name, "sup" | "sub" | "s" | "del" | "strike") {
            let told = format!(
                "<{name}>, shown by some programs only: {}",
                revealed.condition
            );
            self.doubts.add(DoubtKind::Contradiction, "", &told);
        }
    }

    pub(super) fn end_of_condition(&mut self) {
        let Some(revealed) = self.revealed.take() else {
            return;
        };
        if revealed.text.trim().is_empty() {
            return;
        }
        let sign =
            list_sign(&revealed.text).filter(|_| revealed.is_list() && self.line.trim().is_empty());
        match sign {
            Some(sign) => {
                self.rules.push(Rule::ListNumbers);
                self.line.push_str(&sign);
            }
            None => {
                let told = format!("shown by some programs only: {}", revealed.text);
                self.doubts.add(DoubtKind::Contradiction, "", &told);
                self.line.push_str(&revealed.text);
            }
        }
        for open in &mut self.stack {
            open.from = open.from.max(self.line.len());
        }
    }

    pub(in crate::html) fn text(&mut self, text: &str) {
        let Some(open) = self.stack.last() else {
            return;
        };
        let look = &open.look;
        if look.silent {
            return;
        }
        if text.trim().is_empty() {
            let list = self.revealed.as_ref().is_some_and(Revealed::is_list);
            let within = self
                .stack
                .last()
                .is_some_and(|open| open.kind == Kind::Inline);
            if within && look.has_odd_blanks() && !text.is_empty() && !list {
                self.doubts
                    .add(DoubtKind::Tiny, "", "a blank that can hardly be seen");
            }
        } else {
            for kind in &look.troubles {
                self.doubts.add(*kind, "", text);
            }
            let quotes = self.stack.iter().any(|open| open.name == "blockquote");
            self.quotes = Some(quotes && self.quotes != Some(false));
            if self.is_bare() {
                self.doubts.add(
                    DoubtKind::Moved,
                    "",
                    &format!("in a table, outside of its cells: {text}"),
                );
            }
            if self.unsigned && self.revealed.is_none() {
                self.unsigned = false;
                self.doubts.add(
                    DoubtKind::Field,
                    "",
                    &format!("an item that Word alone numbers: {text}"),
                );
            }
            if let Some(sign) = self.item.take()
                && !sign.is_empty()
            {
                self.rules.push(Rule::ListNumbers);
                self.line.push_str(&sign);
                // A raised beginning of an item would begin before its sign.
                for open in &mut self.stack {
                    open.from = self.line.len();
                }
            }
        }
        if let Some(revealed) = &mut self.revealed {
            revealed.text.push_str(text);
            return;
        }
        if self.stack.last().is_some_and(|open| open.look.pre) {
            self.line.push_str(text);
            return;
        }
        for c in text.chars() {
            if !css::is_space(c) {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                self.line.push(' ');
            }
        }
    }

    /// The marks that browsers put around `q`: others within others, and in other languages.
    pub(super) fn quote(&mut self) {
        let within = self.stack.iter().filter(|open| open.name == "q").count();
        if within > 1 || self.foreign {
            self.doubts.add(
                DoubtKind::Style,
                "",
                "<q> within <q>, or of another language",
            );
        }
        self.text("\"");
    }

    /// Ends the block that is being read.
    pub(super) fn block(&mut self) {
        let line = std::mem::take(&mut self.line);
        let quotes = self.quotes.take() == Some(true);
        // Raised text that goes on over a block's end.
        let raised = self.stack.iter().find(|open| open.look.script.is_some());
        if let Some(text) = raised.and_then(|open| line.get(open.from..))
            && !text.trim().is_empty()
        {
            self.doubts.add(DoubtKind::Raised, "", text);
        }
        for open in &mut self.stack {
            open.from = 0;
        }
        // There a line may end, and show one word as two.
        let chars: Vec<char> = line.chars().collect();
        let broken =
            |w: &[char]| w[0].is_alphabetic() && w[1] == WORD_BREAK && w[2].is_alphabetic();
        if chars.windows(3).any(broken) {
            self.doubts.add(
                DoubtKind::Moved,
                "",
                &format!("a word that may be broken: {line}"),
            );
        }
        // A soft hyphen that nothing follows on its line is not shown.
        let lines: Vec<&str> = line
            .lines()
            .map(|l| l.trim().trim_end_matches('\u{ad}'))
            .collect();
        let text = lines.join("\n");
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
        let from = self.out.len();
        self.out.push_str(text);
        if quotes {
            self.quoted.push(from..self.out.len());
        }
    }

    /// The sign of the list item that has just begun.
    pub(super) fn next_sign(&mut self, tag: &StartTag<()>) -> String {
        let markers = self.look().markers;
        let value = tag.attributes.get(b"value".as_slice()).map(|v| lossy(v));
        let value = value.and_then(|v| self.list_number(&v));
        let list = self
            .stack
            .iter_mut()
            .rev()
            .find(|open| matches!(open.name.as_str(), "ol" | "ul" | "menu" | "dir"));
        let number = match list {
            Some(list) => {
                let number = value.unwrap_or(list.number);
                list.number = number.saturating_add(1);
                number
            }
            None => value.unwrap_or(1),
        };
        let plain = |m: &Marker| matches!(m, Marker::Bullet | Marker::Nothing);
        let sign = match markers.as_slice() {
            [one] => hint::number(*one, number),
            all if all.iter().all(plain) => Some("- ".to_owned()),
            [first, rest @ ..] if rest.iter().all(|m| m == first) => hint::number(*first, number),
            _ => None,
        };
        sign.unwrap_or_else(|| {
            self.doubts
                .add(DoubtKind::Field, "", "a list whose signs are not known");
            format!("{number}. ")
        })
    }

    pub(super) fn list_number(&mut self, text: &str) -> Option<u32> {
        let number = text.trim().parse().ok().filter(|n| *n < 1_000_000);
        if number.is_none() {
            self.doubts
                .add(DoubtKind::Field, "", &format!("a list's number: {text}"));
        }
        number
    }
}

impl Revealed {
    pub(super) fn is_list(&self) -> bool {
        self.condition == LISTS
    }
}
