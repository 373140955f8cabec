//! Merging the amendments of two authors who began from the same version.

use crate::{
    Memo, Point, Portion,
    diff::{
        align::{Item, Step, align},
        items,
    },
    text::{CONFLICT_MIDDLE, CONFLICT_MINE, CONFLICT_THEIRS, FENCE},
};

/// A merge: a text with everything that merges, and what does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The merged text. Where both changed the same, it holds both between lines `<<<<<<< mine`,
    /// `=======` and `>>>>>>> theirs`, and is no memo until somebody has chosen.
    pub text: String,
    /// What both changed, differently. Where there is none, the text is a memo, unless the two
    /// together have more of something than a memo may have.
    pub conflicts: Vec<Conflict>,
}

/// What both authors changed, differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What it is, for people: `title`, `points of dissent`, `portions 3 to 4`.
    pub what: String,
    /// The text that both began from, empty where there was none.
    pub base: String,
    /// My text, empty where I took it out.
    pub mine: String,
    /// Their text, empty where they took it out.
    pub theirs: String,
}

/// Merges `mine` and `theirs`, both amended from `base`.
///
/// By text of the head, by point and by portion: what only one changed is as that one has it;
/// what both changed alike is so; what both changed differently is a conflict, and so is a
/// stretch that both rewrote without keeping the portions apart. Nothing is dropped silently.
#[must_use]
pub fn merge(base: &Memo, mine: &Memo, theirs: &Memo) -> Merged {
    let mut out = Output {
        text: format!("{FENCE}\n"),
        conflicts: Vec::new(),
    };
    let heads = [base, mine, theirs].map(|m| m.head().scalar_lines());
    for (i, what) in ["title", "to", "date", "authors and threshold"]
        .into_iter()
        .enumerate()
    {
        let [base, mine, theirs] = [0, 1, 2].map(|side| heads[side][i].as_str());
        match three(base, mine, theirs) {
            Some(text) => out.text.push_str(text),
            None => out.conflict(what.to_owned(), base, mine, theirs),
        }
    }
    out.points([base, mine, theirs].map(|m| m.head().points.as_slice()));
    out.text.push_str(FENCE);
    out.text.push('\n');
    out.portions([base, mine, theirs].map(Memo::portions));
    Merged {
        text: out.text,
        conflicts: out.conflicts,
    }
}

/// The one to take, where one is clear.
fn three<T: PartialEq>(base: T, mine: T, theirs: T) -> Option<T> {
    if mine == theirs || theirs == base {
        Some(mine)
    } else if mine == base {
        Some(theirs)
    } else {
        None
    }
}

struct Output {
    text: String,
    conflicts: Vec<Conflict>,
}

impl Output {
    fn conflict(&mut self, what: String, base: &str, mine: &str, theirs: &str) {
        self.text.push_str(&format!(
            "{CONFLICT_MINE}\n{mine}{CONFLICT_MIDDLE}\n{theirs}{CONFLICT_THEIRS}\n"
        ));
        let [base, mine, theirs] = [base, mine, theirs].map(|t| t.trim_end().to_owned());
        self.conflicts.push(Conflict {
            what,
            base,
            mine,
            theirs,
        });
    }

    fn points(&mut self, sides: [&[Point]; 3]) {
        let lists = sides.map(point_items);
        let mut number = 1;
        for piece in pieces(&lists) {
            let write = |side: usize, places: &[usize], from: u32| {
                let mut text = String::new();
                for (place, number) in places.iter().zip(from..) {
                    text.push('\n');
                    sides[side][*place].write(number, &mut text);
                }
                text
            };
            match piece {
                Piece::Taken { side, places } => {
                    self.text.push_str(&write(side, &places, number));
                    number = number.saturating_add(u32::try_from(places.len()).unwrap_or(u32::MAX));
                }
                Piece::Conflict { places } => {
                    let texts = [0, 1, 2].map(|side| write(side, &places[side], number));
                    self.text.push('\n');
                    self.conflict(
                        "points of dissent".to_owned(),
                        &texts[0],
                        &texts[1],
                        &texts[2],
                    );
                    let most = places[1].len().max(places[2].len());
                    number = number.saturating_add(u32::try_from(most).unwrap_or(u32::MAX));
                }
            }
        }
    }

    fn portions(&mut self, sides: [&[Portion]; 3]) {
        let lists = sides.map(items);
        for piece in pieces(&lists) {
            let write = |side: usize, places: &[usize]| {
                let texts = places
                    .iter()
                    .map(|place| format!("{}\n", sides[side][*place].to_text()));
                texts.collect::<Vec<_>>().join("\n")
            };
            match piece {
                Piece::Taken { side, places } => {
                    for place in places {
                        self.text.push('\n');
                        self.text.push_str(&write(side, &[place]));
                    }
                }
                Piece::Conflict { places } => {
                    let texts = [0, 1, 2].map(|side| write(side, &places[side]));
                    self.text.push('\n');
                    let what = match places[0].as_slice() {
                        [] => "portions that both added".to_owned(),
                        [one] => format!("portion {}", one + 1),
                        [first, .., last] => format!("portions {} to {}", first + 1, last + 1),
                    };
                    self.conflict(what, &texts[0], &texts[1], &texts[2]);
                }
            }
        }
    }
}

fn point_items(points: &[Point]) -> Vec<Item<'_>> {
    let item = |point| {
        let Point {
            policy,
            argument,
            recommendation,
            ..
        }: &Point = point;
        // Without its number, which only says its place.
        let mut key = String::new();
        point.write(0, &mut key);
        let texts = [policy, argument, recommendation].into_iter();
        Item {
            key,
            words: texts.flat_map(|t| t.split_whitespace()).collect(),
        }
    };
    points.iter().map(item).collect()
}

/// A piece of a merged list; places are indexes in the list of that side (0 base, 1 mine, 2
/// theirs).
enum Piece {
    Taken { side: usize, places: Vec<usize> },
    Conflict { places: [Vec<usize>; 3] },
}

/// The three-way merge of lists (as diff3 does it): items that all three have stand alone, and
/// what lies between two of those is one stretch.
fn pieces(lists: &[Vec<Item<'_>>; 3]) -> Vec<Piece> {
    let [base, mine, theirs] = lists;
    let partners = |steps: Vec<Step>| {
        let mut partners = vec![None; base.len()];
        for step in steps {
            if let Step::Both(i, j) = step {
                partners[i] = Some(j);
            }
        }
        partners
    };
    let (in_mine, in_theirs) = (partners(align(base, mine)), partners(align(base, theirs)));
    let mut out = Vec::new();
    let mut from = [0; 3];
    let stable = (0..base.len()).filter_map(|i| Some([i, in_mine[i]?, in_theirs[i]?]));
    for at in stable.chain([[base.len(), mine.len(), theirs.len()]]) {
        let stretch = [0, 1, 2].map(|side| (from[side]..at[side]).collect::<Vec<_>>());
        out.extend(decide(lists, stretch));
        if at[0] < base.len() {
            out.extend(decide(lists, at.map(|place| vec![place])));
        }
        from = at.map(|place| place + 1);
    }
    out
}

fn decide(lists: &[Vec<Item<'_>>; 3], places: [Vec<usize>; 3]) -> Option<Piece> {
    let keys = [0, 1, 2].map(|side| {
        places[side]
            .iter()
            .map(|place| lists[side][*place].key.as_str())
            .collect::<Vec<_>>()
    });
    let [base, mine, theirs] = &keys;
    let side = match three(base, mine, theirs) {
        None => return Some(Piece::Conflict { places }),
        Some(keys) if keys.is_empty() => return None,
        Some(keys) if keys == mine => 1,
        Some(_) => 2,
    };
    let [_, mine, theirs] = places;
    Some(Piece::Taken {
        side,
        places: if side == 1 { mine } else { theirs },
    })
}
