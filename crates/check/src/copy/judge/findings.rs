//! What the alignment says about one registered paragraph.

use super::words::{show, show_registered};
use crate::copy::{
    Because, Change, Division, ParagraphState,
    fold::Rules,
    slips::{Slip, Slips, Step, What, is_foreign},
    token::Token,
};

/// See the module.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) changes: Vec<Change>,
    /// Changed words, for the distance; slips don't count.
    pub(super) different: u64,
    pub(super) slips: u64,
    /// Tokens not there at its beginning or end, where nothing stands in their place.
    pub(super) cut_head: usize,
    pub(super) cut_tail: usize,
    pub(super) rules: Rules,
    pub(super) matched: usize,
    pub(super) moved: bool,
    /// A marking that stands within a line of the copy, before the paragraph.
    pub(super) marking: Option<String>,
    pub(super) not_compared: u64,
    /// The copy's token that stands where the paragraph begins, though it differs.
    pub(super) start: Option<usize>,
    pub(super) division: Option<Division>,
}

impl Findings {
    /// Takes the differences from `steps`: changes of wording that touch become one, each slip is its own.
    pub(super) fn take(
        &mut self,
        steps: &[Step],
        registered: &[&Token],
        copy: &[&Token],
        word: &dyn Fn(usize) -> u32,
    ) {
        // A mark that differs beside a change of wording belongs to that.
        let mark = |step: &Step| step.what == What::Slip(Slips::of(Slip::Punctuation));
        let other = |step: &Step| matches!(step.what, What::Other(_));
        let touching =
            |a: &Step, b: &Step| (other(a) && (other(b) || mark(b))) || (mark(a) && other(b));
        for group in steps.chunk_by(touching) {
            let [first, .., last] = group else {
                self.one(&group[0], registered, copy, word);
                continue;
            };
            let because = group.iter().filter_map(|step| match step.what {
                What::Other(because) => because,
                _ => None,
            });
            let all = Step {
                registered: first.registered.start..last.registered.end,
                copy: first.copy.start..last.copy.end,
                what: What::Other(because.min_by_key(|b| gravity(*b))),
            };
            self.one(&all, registered, copy, word);
        }
    }

    fn one(
        &mut self,
        step: &Step,
        registered: &[&Token],
        copy: &[&Token],
        word: &dyn Fn(usize) -> u32,
    ) {
        let (slips, because) = match step.what {
            What::Equal | What::Unseen => return,
            What::Slip(slips) => (slips.to_vec(), None),
            What::Other(because) => (Vec::new(), because),
        };
        let (gone, here) = (
            &registered[step.registered.clone()],
            &copy[step.copy.clone()],
        );
        if slips.is_empty() {
            let words = |list: &[&Token]| list.iter().filter(|t| t.part == 0).count() as u64;
            let lost = gone.iter().filter(|t| t.part == 0);
            let lost = lost.map(|t| t.hidden.max(1)).sum::<u64>();
            self.different += lost.max(words(here)).max(1);
        } else {
            self.slips += 1;
        }
        self.changes.push(Change {
            word: word(step.registered.start),
            registered: show_registered(gone.iter().copied()),
            copy: if because == Some(Because::Script) {
                visible(&show(here.iter().copied()))
            } else {
                show(here.iter().copied())
            },
            slips,
            because,
        });
    }

    /// Whether wording was changed.
    pub(super) fn is_altered(&self) -> bool {
        self.changes.iter().any(|change| change.slips.is_empty())
    }

    /// The state of a paragraph that has changes.
    pub(super) fn state(&mut self) -> ParagraphState {
        let altered = self.is_altered();
        let changes = std::mem::take(&mut self.changes);
        if altered {
            ParagraphState::Altered { changes }
        } else {
            ParagraphState::Slips { changes }
        }
    }
}

/// Letters of other scripts by their numbers: they look like those that are registered.
fn visible(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if is_foreign(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The gravest comes first.
const fn gravity(because: Because) -> u8 {
    match because {
        Because::Negation => 0,
        Because::Number => 1,
        Because::Script => 2,
        Because::Name => 3,
        Because::Word => 4,
        Because::Case => 5,
    }
}
