//! A memo's text and its changes, ready for a template: nothing here is HTML yet.

use demur_memo::{
    Kind, Memo,
    diff::{Diff, PortionChange, WordRun},
};

/// A memo as a paper.
pub(crate) struct Paper {
    pub(crate) banner: String,
    pub(crate) title: String,
    pub(crate) title_marking: String,
    pub(crate) to: String,
    pub(crate) date: Option<String>,
    pub(crate) points: Vec<PointView>,
    pub(crate) portions: Vec<PortionView>,
}

/// A point of dissent.
pub(crate) struct PointView {
    pub(crate) marking: String,
    pub(crate) policy: String,
    pub(crate) argument: String,
    pub(crate) recommendation: String,
}

/// A portion.
pub(crate) struct PortionView {
    pub(crate) number: u32,
    pub(crate) marking: String,
    /// `h2` to `h6`, `p`, `list`, `quote`.
    pub(crate) kind: &'static str,
    pub(crate) lines: Vec<String>,
}

impl Paper {
    pub(crate) fn of(memo: &Memo) -> Self {
        let head = memo.head();
        let portions = memo.portions().iter().map(|portion| PortionView {
            number: portion.number(),
            marking: portion.marking().to_string(),
            kind: kind(portion.kind()),
            lines: portion.text().lines().map(str::to_owned).collect(),
        });
        Self {
            banner: memo.banner(),
            title: head.title.clone(),
            title_marking: head.title_marking.to_string(),
            to: head.to.join(", "),
            date: head.date.clone(),
            points: point_views(memo).collect(),
            portions: portions.collect(),
        }
    }
}

/// The points of a memo, in order.
pub(crate) fn point_views(memo: &Memo) -> impl Iterator<Item = PointView> {
    memo.head().points.iter().map(|point| PointView {
        marking: point.marking.to_string(),
        policy: point.policy.clone(),
        argument: point.argument.clone(),
        recommendation: point.recommendation.clone(),
    })
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        // The memo's title is the page's first heading.
        Kind::Heading(1) => "h3",
        Kind::Heading(2) => "h4",
        Kind::Heading(_) => "h5",
        Kind::Paragraph => "p",
        Kind::List => "list",
        Kind::Quote => "quote",
    }
}

/// What an amendment changed.
pub(crate) struct Changes {
    pub(crate) fields: Vec<FieldView>,
    pub(crate) portions: Vec<ChangeView>,
    pub(crate) unchanged: usize,
}

/// A text of the head that differs.
pub(crate) struct FieldView {
    pub(crate) label: String,
    pub(crate) runs: Vec<RunView>,
}

/// A portion that differs.
pub(crate) struct ChangeView {
    pub(crate) place: String,
    pub(crate) runs: Vec<RunView>,
}

/// Words on end.
pub(crate) struct RunView {
    /// `same`, `del` or `ins`.
    pub(crate) kind: &'static str,
    pub(crate) words: String,
}

impl Changes {
    pub(crate) fn of(diff: &Diff) -> Self {
        let mut unchanged = 0;
        let mut portions = Vec::new();
        for change in &diff.portions {
            match view(change) {
                Some(view) => portions.push(view),
                None => unchanged += 1,
            }
        }
        Self {
            fields: diff
                .head
                .iter()
                .map(|field| FieldView {
                    label: field.label.to_string(),
                    runs: runs(&field.runs),
                })
                .collect(),
            portions,
            unchanged,
        }
    }
}

fn view(change: &PortionChange) -> Option<ChangeView> {
    let one = |kind, words: String| vec![RunView { kind, words }];
    Some(match change {
        PortionChange::Unchanged { .. } => return None,
        PortionChange::Changed {
            old,
            new,
            marking,
            runs: words,
            ..
        } => {
            let mut place = if old == new {
                format!("Paragraph {new}, changed")
            } else {
                format!("Paragraph {old}, now {new}, changed")
            };
            if let Some((old, new)) = marking {
                place.push_str(&format!("; marked ({new}), before ({old})"));
            }
            ChangeView {
                place,
                runs: runs(words),
            }
        }
        PortionChange::Added { new } => ChangeView {
            place: format!("Paragraph {}, added", new.number()),
            runs: one("ins", format!("({}) {}", new.marking(), new.text())),
        },
        PortionChange::Removed { old } => ChangeView {
            place: format!("Paragraph {}, removed", old.number()),
            runs: one("del", format!("({}) {}", old.marking(), old.text())),
        },
        PortionChange::Moved { old, new } => ChangeView {
            place: format!(
                "Paragraph {old}, moved: it is paragraph {} now",
                new.number()
            ),
            runs: one("same", new.text().to_owned()),
        },
    })
}

fn runs(runs: &[WordRun]) -> Vec<RunView> {
    let run = |run: &WordRun| {
        let (kind, words) = match run {
            WordRun::Same(words) => ("same", words),
            WordRun::Removed(words) => ("del", words),
            WordRun::Added(words) => ("ins", words),
        };
        RunView {
            kind,
            words: words.clone(),
        }
    };
    runs.iter().map(run).collect()
}
