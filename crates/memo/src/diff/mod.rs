//! What an amendment changed: portion by portion, words marked.

pub(crate) mod align;

use similar::DiffOp;

use crate::{
    Kind, Memo, Portion,
    content::{Label, head_parts},
    diff::align::{Item, Step, align, compare},
};

/// The difference between two memos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The head's texts that differ, in the order of the new head.
    pub head: Vec<FieldChange>,
    /// All portions, in the order of the new body; what was removed stands where it was.
    pub portions: Vec<PortionChange>,
}

/// A text of the head that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which.
    pub label: Label,
    /// The markings before and after, where they differ.
    pub marking: Option<(String, String)>,
    /// Its words: all [`WordRun::Added`] where the text is new, all removed where it is gone.
    pub runs: Vec<WordRun>,
}

/// What became of a portion. Numbers are those of the old and the new body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortionChange {
    /// It says the same, and stands in the same order.
    Unchanged {
        /// Its number before.
        old: u32,
        /// The portion.
        new: Portion,
    },
    /// It was changed.
    Changed {
        /// Its number before.
        old: u32,
        /// Its number now.
        new: u32,
        /// The markings before and after, where they differ.
        marking: Option<(String, String)>,
        /// The kinds before and after, where they differ.
        kind: Option<(Kind, Kind)>,
        /// The marking now.
        marked: String,
        /// Its words.
        runs: Vec<WordRun>,
    },
    /// It was added.
    Added {
        /// The portion.
        new: Portion,
    },
    /// It was removed.
    Removed {
        /// The portion, with its number before.
        old: Portion,
    },
    /// It says the same at another place.
    Moved {
        /// Its number before.
        old: u32,
        /// The portion.
        new: Portion,
    },
}

/// Some words on end that were kept, removed or added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordRun {
    /// In both.
    Same(String),
    /// In the old text only.
    Removed(String),
    /// In the new text only.
    Added(String),
}

impl Diff {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let unchanged = |p: &PortionChange| matches!(p, PortionChange::Unchanged { .. });
        self.head.is_empty() && self.portions.iter().all(unchanged)
    }
}

/// What `new` changed of `old`.
#[must_use]
pub fn diff(old: &Memo, new: &Memo) -> Diff {
    Diff {
        head: diff_heads(old, new),
        portions: diff_portions(old.portions(), new.portions()),
    }
}

/// The words of two texts, compared.
///
/// Where words were replaced, the removed ones stand before the added ones.
#[must_use]
pub fn diff_words(old: &[&str], new: &[&str]) -> Vec<WordRun> {
    let mut runs = Vec::new();
    let mut push = |words: &[&str], run: fn(String) -> WordRun| {
        if !words.is_empty() {
            runs.push(run(words.join(" ")));
        }
    };
    for op in compare(old, new) {
        let (_, old_range, new_range) = op.as_tag_tuple();
        if let DiffOp::Equal { .. } = op {
            push(&old[old_range], WordRun::Same);
        } else {
            push(&old[old_range], WordRun::Removed);
            push(&new[new_range], WordRun::Added);
        }
    }
    runs
}

fn diff_heads(old: &Memo, new: &Memo) -> Vec<FieldChange> {
    let (old, new) = (head_parts(old), head_parts(new));
    let mut labels: Vec<Label> = old
        .iter()
        .chain(&new)
        .filter_map(|p| Label::parse(&p.label))
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let mut changes = Vec::new();
    for label in labels {
        let name = label.to_string();
        let before = old.iter().find(|p| p.label == name);
        let after = new.iter().find(|p| p.label == name);
        if before == after {
            continue;
        }
        let words = |part: Option<&crate::content::Part>| -> Vec<String> {
            part.map(|p| p.words.clone()).unwrap_or_default()
        };
        let (old_words, new_words) = (words(before), words(after));
        let old_words: Vec<&str> = old_words.iter().map(String::as_str).collect();
        let new_words: Vec<&str> = new_words.iter().map(String::as_str).collect();
        let marking = before
            .zip(after)
            .and_then(|(b, a)| differing(&b.marking, &a.marking));
        changes.push(FieldChange {
            label,
            marking,
            runs: diff_words(&old_words, &new_words),
        });
    }
    changes
}

fn diff_portions(old: &[Portion], new: &[Portion]) -> Vec<PortionChange> {
    let (old_items, new_items) = (items(old), items(new));
    let steps = align(&old_items, &new_items);
    // An item that is gone here and stands there, word for word, was moved.
    let mut gone: Vec<usize> = Vec::new();
    for step in &steps {
        if let Step::Old(i) = step {
            gone.push(*i);
        }
    }
    let mut moved_to = Vec::new();
    for step in &steps {
        if let Step::New(j) = step
            && let Some(at) = gone
                .iter()
                .position(|i| old_items[*i].key == new_items[*j].key)
        {
            moved_to.push((gone.remove(at), *j));
        }
    }
    let mut changes = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Both(i, j) if old[i].same_as(&new[j]) => {
                changes.push(PortionChange::Unchanged {
                    old: old[i].number(),
                    new: new[j].clone(),
                });
            }
            Step::Both(i, j) => changes.push(changed(&old[i], &new[j])),
            Step::Old(i) if moved_to.iter().any(|(old, _)| *old == i) => {}
            Step::Old(i) => changes.push(PortionChange::Removed {
                old: old[i].clone(),
            }),
            Step::New(j) => changes.push(match moved_to.iter().find(|(_, new)| *new == j) {
                Some((i, _)) => PortionChange::Moved {
                    old: old[*i].number(),
                    new: new[j].clone(),
                },
                None => PortionChange::Added {
                    new: new[j].clone(),
                },
            }),
        }
    }
    changes
}

fn changed(old: &Portion, new: &Portion) -> PortionChange {
    let (old_words, new_words): (Vec<&str>, Vec<&str>) =
        (old.words().collect(), new.words().collect());
    let marked = new.marking().to_string();
    PortionChange::Changed {
        old: old.number(),
        new: new.number(),
        marking: differing(&old.marking().to_string(), &marked),
        kind: (old.kind() != new.kind()).then(|| (old.kind(), new.kind())),
        marked,
        runs: diff_words(&old_words, &new_words),
    }
}

pub(crate) fn items(portions: &[Portion]) -> Vec<Item<'_>> {
    portions
        .iter()
        .map(|p| Item {
            key: p.to_text(),
            words: p.words().collect(),
        })
        .collect()
}

fn differing(old: &str, new: &str) -> Option<(String, String)> {
    (old != new).then(|| (old.to_owned(), new.to_owned()))
}
