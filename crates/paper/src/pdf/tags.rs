//! The structure that screen readers follow (ISO 32000-1, 14.8).

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, ListNumbering, TableHeaderScope, Tag, TagGroup, TagTree};

use super::layout::Line;
use crate::{
    Address,
    compose::{Composed, Style},
};

/// What stands on the pages, by block.
pub(super) struct Tags<'a> {
    composed: &'a Composed,
    blocks: Vec<Lines>,
    code: Option<TagGroup>,
}

#[derive(Default)]
struct Lines {
    label: Vec<Identifier>,
    text: Vec<Identifier>,
}

impl<'a> Tags<'a> {
    pub(super) fn new(composed: &'a Composed) -> Self {
        Self {
            composed,
            blocks: composed.blocks.iter().map(|_| Lines::default()).collect(),
            code: None,
        }
    }

    pub(super) fn line(&mut self, line: &Line, id: Identifier) {
        let lines = &mut self.blocks[line.block];
        if line.label {
            lines.label.push(id);
        } else {
            lines.text.push(id);
        }
    }

    pub(super) fn code(&mut self, address: &Address, id: Identifier) {
        let alt = format!("QR code: {address}");
        let mut figure = TagGroup::new(Tag::Figure(Some(alt)));
        figure.push(id);
        self.code = Some(figure);
    }

    /// Rows on end are a table, items on end a list; those within another follow it.
    pub(super) fn tree(self) -> TagTree {
        let mut tree = TagTree::new();
        let mut open: Option<(Style, TagGroup)> = None;
        let close = |open: &mut Option<(Style, TagGroup)>, tree: &mut TagTree| {
            if let Some((_, group)) = open.take() {
                tree.push(group);
            }
        };
        let mut code = self.code;
        for (block, lines) in self.composed.blocks.iter().zip(self.blocks) {
            let style = block.style;
            let goes_on = match (style, &open) {
                (Style::Fact | Style::PointRow, Some((before, _))) => *before == style,
                (Style::Item { first, .. }, Some((Style::Item { .. }, _))) => !first,
                _ => false,
            };
            if !goes_on {
                close(&mut open, &mut tree);
            }
            match style {
                Style::Rule => {}
                Style::Fact | Style::PointRow => {
                    let table = || (style, TagGroup::new(Tag::Table));
                    let mut row = TagGroup::new(Tag::TR);
                    row.push(group(
                        TagGroup::new(Tag::TH(TableHeaderScope::Row)),
                        lines.label,
                    ));
                    row.push(group(TagGroup::new(Tag::TD), lines.text));
                    open.get_or_insert_with(table).1.push(row);
                }
                Style::Item { .. } => {
                    let list = || (style, TagGroup::new(Tag::L(ListNumbering::None)));
                    let mut item = TagGroup::new(Tag::LI);
                    if !lines.label.is_empty() {
                        item.push(group(TagGroup::new(Tag::Lbl), lines.label));
                    }
                    item.push(group(TagGroup::new(Tag::LBody), lines.text));
                    open.get_or_insert_with(list).1.push(item);
                }
                _ => tree.push(group(plain(style, &block.text), lines.text)),
            }
            if style == Style::Title
                && let Some(code) = code.take()
            {
                tree.push(code);
            }
        }
        close(&mut open, &mut tree);
        tree
    }
}

fn plain(style: Style, text: &str) -> TagGroup {
    let heading = |level: u16| {
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        TagGroup::new(Tag::Hn(level, Some(text.to_owned())))
    };
    match style {
        Style::Title => heading(1),
        Style::Section => heading(2),
        Style::Point => heading(3),
        Style::Heading(level) => heading(u16::from(level) + 1),
        Style::Quote => TagGroup::new(Tag::BlockQuote),
        _ => TagGroup::new(Tag::P),
    }
}

fn group(mut group: TagGroup, lines: Vec<Identifier>) -> TagGroup {
    for id in lines {
        group.push(id);
    }
    group
}
