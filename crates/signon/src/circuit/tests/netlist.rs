//! The wiring, read as a netlist: every cell that a prover may choose, and what the public inputs
//! are made of. That each copy is needed says nothing of copies that are not there; this does.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ff::PrimeField as _;
use halo2_proofs::plonk::{Any, Selector};

use super::{
    flow,
    harness::{At, Case, Layout, Region},
};
use crate::{
    circuit::{LANES, row},
    poseidon::Tag,
    tree::DEPTH,
};

/// What a cell holds, as a term over what the prover chooses and the statement says. Terms are
/// named by their number in [`Terms`], so that equal ones have one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Term {
    /// The prover's, first assigned in this cell.
    Free(At),
    Scope,
    Constant([u8; 32]),
    /// The first word of a permuted state.
    Permuted([usize; 3]),
    /// The left and the right of a swap of a and b by a bit.
    Left([usize; 3]),
    Right([usize; 3]),
}

#[derive(Default)]
struct Terms {
    all: Vec<Term>,
    numbers: HashMap<Term, usize>,
}

impl Terms {
    fn number(&mut self, term: Term) -> usize {
        *self.numbers.entry(term).or_insert_with(|| {
            self.all.push(term);
            self.all.len() - 1
        })
    }
}

/// Where the value of a class of equal cells comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Constant(At),
    Scope,
    /// A cell that the gates of a region compute: which region.
    Gate(usize, At),
}

struct Netlist<'a> {
    layout: &'a Layout,
    /// The cells that the copies make equal, each list in the order of assignment.
    classes: Vec<Vec<At>>,
    class: HashMap<At, usize>,
    source: Vec<Option<Source>>,
    terms: Terms,
    known: HashMap<usize, usize>,
}

/// How many of a region's cells no gate of the region computes: they stand first.
fn inputs(region: &Region) -> usize {
    if region.is_permutation() || region.is_swap() {
        3
    } else {
        region.cells.len()
    }
}

impl<'a> Netlist<'a> {
    fn new(layout: &'a Layout) -> Self {
        let ids = flow::classes(layout, None);
        let mut classes: Vec<Vec<At>> = Vec::new();
        let mut place: HashMap<usize, usize> = HashMap::new();
        let mut class = HashMap::new();
        let others = ids.keys().filter(|at| *at.0.column_type() != Any::Advice);
        for at in layout.advice().chain(others) {
            let number = match ids.get(at) {
                None => classes.len(),
                Some(id) => *place.entry(*id).or_insert(classes.len()),
            };
            if number == classes.len() {
                classes.push(Vec::new());
            }
            classes[number].push(*at);
            assert!(
                class.insert(*at, number).is_none(),
                "{at:?} stands in two regions"
            );
        }
        let computed: HashMap<At, usize> = (0..)
            .zip(&layout.regions)
            .flat_map(|(number, region)| {
                let cells = region.cells[inputs(region)..].iter();
                cells.map(move |at| (*at, number))
            })
            .collect();
        let source = classes
            .iter()
            .map(|cells| {
                let sources: Vec<_> = cells
                    .iter()
                    .filter_map(|at| match at.0.column_type() {
                        Any::Fixed => Some(Source::Constant(*at)),
                        Any::Instance => (at.1 == row::SCOPE).then_some(Source::Scope),
                        Any::Advice => Some(Source::Gate(*computed.get(at)?, *at)),
                    })
                    .collect();
                assert!(sources.len() <= 1, "{cells:?} come from {sources:?}");
                sources.first().copied()
            })
            .collect();
        Self {
            layout,
            classes,
            class,
            source,
            terms: Terms::default(),
            known: HashMap::new(),
        }
    }

    /// The first cell of each class that comes from nowhere: the prover's choice.
    fn free(&self) -> Vec<At> {
        let free = self.classes.iter().zip(&self.source);
        free.filter(|(_, source)| source.is_none())
            .map(|(cells, _)| cells[0])
            .collect()
    }

    fn term(&mut self, at: At) -> usize {
        let class = self.class[&at];
        if let Some(known) = self.known.get(&class) {
            return *known;
        }
        let layout = self.layout;
        let term = match self.source[class] {
            None => Term::Free(self.classes[class][0]),
            Some(Source::Scope) => Term::Scope,
            Some(Source::Constant(at)) => Term::Constant(layout.values[&at].to_repr()),
            Some(Source::Gate(number, at)) => {
                let region = &layout.regions[number];
                let [a, b, c] = [0, 1, 2].map(|i| self.term(region.cells[i]));
                if region.is_swap() {
                    let [_, _, _, left, right] = region.swap();
                    assert!(at == *left || at == *right);
                    if at == *left {
                        Term::Left([a, b, c])
                    } else {
                        Term::Right([a, b, c])
                    }
                } else {
                    let output = region.cells.len() - 3;
                    assert_eq!(at, region.cells[output], "only the first word is passed on");
                    Term::Permuted([a, b, c])
                }
            }
        };
        let number = self.terms.number(term);
        self.known.insert(class, number);
        number
    }
}

/// The prover chooses s, r1, r2, the siblings and the sides, and nothing else; root and nullifier
/// are the terms of the statement over them, with one s.
#[test]
fn the_wiring_is_the_statement() {
    let layout = Case::new(10).layout();
    let mut net = Netlist::new(&layout);

    let mut kinds: HashSet<Vec<Selector>> = HashSet::new();
    for (number, region) in layout.regions.iter().enumerate() {
        kinds.insert(switched_on(&layout, number, region));
    }
    // None in tags and inputs, the swap's one, and each lane's two.
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(Vec::len);
    let lengths: Vec<_> = kinds.iter().map(Vec::len).collect();
    assert_eq!(lengths, [vec![0, 1], vec![2; LANES]].concat());
    let all: HashSet<_> = kinds.iter().flatten().collect();
    assert_eq!(all.len(), 1 + 2 * LANES, "a selector does two things");

    let secrets = [0, 1, 2].map(|i| layout.regions[1].cells[i]);
    let swaps: Vec<_> = layout.regions.iter().filter(|r| r.is_swap()).collect();
    assert_eq!(swaps.len(), DEPTH);
    let chosen = swaps.iter().flat_map(|region| {
        let [_, sibling, bit, _, _] = region.swap();
        [*sibling, *bit]
    });
    let chosen: HashSet<_> = secrets.into_iter().chain(chosen).collect();
    assert_eq!(chosen.len(), 3 + 2 * DEPTH);
    let free = net.free();
    assert_eq!(free.len(), chosen.len(), "{free:?}");
    assert_eq!(free.into_iter().collect::<HashSet<_>>(), chosen);

    let mut terms = Terms::default();
    let [s, r1, r2] = secrets.map(|at| terms.number(Term::Free(at)));
    let scope = terms.number(Term::Scope);
    let hash = |terms: &mut Terms, tag: Tag, a, b| {
        let tag = terms.number(Term::Constant(tag.capacity().to_repr()));
        terms.number(Term::Permuted([a, b, tag]))
    };
    let mid = hash(&mut terms, Tag::Mid, s, r1);
    let leaf = hash(&mut terms, Tag::Leaf, mid, r2);
    let nullifier = hash(&mut terms, Tag::Null, s, scope);
    let mut root = leaf;
    for region in swaps {
        let [_, sibling, bit, _, _] = region.swap();
        let [sibling, bit] = [sibling, bit].map(|at| terms.number(Term::Free(*at)));
        let left = terms.number(Term::Left([root, sibling, bit]));
        let right = terms.number(Term::Right([root, sibling, bit]));
        root = hash(&mut terms, Tag::Node, left, right);
    }

    let public = |row| {
        let mut all = net.class.keys().copied();
        all.find(|at| *at.0.column_type() == Any::Instance && at.1 == row)
    };
    assert_eq!(public(row::MESSAGE), None, "no gate has the message");
    let [Some(at_root), Some(at_nullifier)] = [public(row::ROOT), public(row::NULLIFIER)] else {
        panic!("root and nullifier are public")
    };
    for (at, expected) in [(at_root, root), (at_nullifier, nullifier)] {
        let found = net.term(at);
        assert!(same(&net.terms, found, &terms, expected), "{at:?}");
    }
}

/// Every cell after a region's first row is bound by a gate that is switched on: one selector in each row but the last of
/// a permutation, its 4 full rounds, 28 pairs of partial rounds and 4 full rounds; one in a swap's row. Gives the
/// selectors, that of full rounds first.
fn switched_on(layout: &Layout, number: usize, region: &Region) -> Vec<Selector> {
    let here = layout.selectors.iter().filter(|on| on.region == number);
    let on: BTreeMap<usize, Selector> = here.clone().map(|on| (on.row, on.selector)).collect();
    assert_eq!(
        on.len(),
        here.count(),
        "two selectors in one row: {region:?}"
    );
    let rows: BTreeSet<usize> = region.cells.iter().map(|at| at.1).collect();
    let first = rows.first().copied().unwrap_or_default();
    assert_eq!(rows.last(), Some(&(first + rows.len() - 1)), "a gap");
    let (gates, cells) = match (region.is_permutation(), region.is_swap()) {
        (true, _) => (36, 3 + 36 * 3 + 28),
        (_, true) => (1, 5),
        _ => (0, 4),
    };
    assert_eq!(region.cells.len(), cells, "{region:?}");
    assert!(on.keys().copied().eq(first..first + gates), "{region:?}");
    let on: Vec<_> = on.into_values().collect();
    if region.is_permutation() {
        assert_eq!(rows.len(), 37);
        let (full, partial) = (on[0], on[4]);
        let expected = [vec![full; 4], vec![partial; 28], vec![full; 4]].concat();
        assert_eq!(on, expected, "{region:?}");
        vec![full, partial]
    } else {
        on
    }
}

/// Whether two terms of different numberings are one. Each has some hundred parts: they are walked
/// once, by number.
fn same(ours: &Terms, found: usize, theirs: &Terms, expected: usize) -> bool {
    let mut matched: HashMap<usize, usize> = HashMap::new();
    let mut open = vec![(found, expected)];
    while let Some((a, b)) = open.pop() {
        if let Some(known) = matched.insert(a, b) {
            if known != b {
                return false;
            }
            continue;
        }
        match (ours.all[a], theirs.all[b]) {
            (Term::Permuted(a), Term::Permuted(b))
            | (Term::Left(a), Term::Left(b))
            | (Term::Right(a), Term::Right(b)) => open.extend(a.into_iter().zip(b)),
            (a, b) if a == b => {}
            _ => return false,
        }
    }
    true
}
