//! Poseidon Merkle trees of depth 20 over sorted leaves.

use std::sync::LazyLock;

use pasta_curves::Fp;

use crate::{
    Element,
    poseidon::{Tag, hash},
};

/// Levels between a leaf and the root.
pub const DEPTH: usize = 20;

/// The most leaves that a tree holds.
pub const CAPACITY: usize = 1 << DEPTH;

/// A tree with all its nodes: node = `P(node, left, right)`, places without a leaf hold zero.
///
/// The cost of building is about one hash for each leaf, whatever the depth.
#[derive(Debug, Clone)]
pub struct Tree {
    /// `levels[0]` are the leaves, `levels[DEPTH]` the root alone. Nodes over no leaf are left
    /// out: they equal [`EMPTY`] of their level.
    levels: Vec<Vec<Fp>>,
}

/// A leaf's place in a tree and the siblings on its way to the root.
///
/// It tells the place of a member in the roster: to be kept on the device.
#[derive(Clone, PartialEq, Eq)]
pub struct Path {
    pub(crate) siblings: [Fp; DEPTH],
    pub(crate) index: u32,
}

/// Why leaves don't make a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// There must be a leaf.
    #[error("a tree without leaves")]
    Empty,
    /// Over [`CAPACITY`].
    #[error("{0} leaves; a tree of depth {DEPTH} holds {CAPACITY}")]
    Full(usize),
    /// Two leaves are equal.
    #[error("leaf {0} stands twice")]
    Duplicate(Element),
    /// A leaf is not above the one before it.
    #[error("leaf number {0} (from 0) is not above the one before it: leaves must be sorted")]
    NotSorted(usize),
    /// Zero means "no leaf".
    #[error("a leaf is zero")]
    Zero,
}

/// `EMPTY[l]` is the node of level `l` over no leaf.
static EMPTY: LazyLock<[Fp; DEPTH + 1]> = LazyLock::new(|| {
    let mut nodes = [Element::ZERO.fp(); DEPTH + 1];
    for level in 0..DEPTH {
        nodes[level + 1] = hash(Tag::Node, nodes[level], nodes[level]);
    }
    nodes
});

impl Tree {
    /// The tree over `leaves`, which must be strictly ascending in their byte form.
    ///
    /// # Errors
    /// When there are none, too many, or they are not strictly ascending.
    pub fn new(leaves: &[Element]) -> Result<Self, TreeError> {
        check(leaves)?;
        Ok(Self::over(leaves.iter().map(|leaf| leaf.fp()).collect()))
    }

    /// The tree over `leaves` in any order.
    ///
    /// # Errors
    /// When there are none, too many, or two are equal.
    pub fn from_unsorted(mut leaves: Vec<Element>) -> Result<Self, TreeError> {
        leaves.sort_by_cached_key(|leaf| leaf.to_bytes());
        Self::new(&leaves)
    }

    /// The tree that holds one leaf alone: what a named sign-on or a claim is proved against.
    ///
    /// # Errors
    /// When the leaf is zero.
    pub fn of_one(leaf: Element) -> Result<Self, TreeError> {
        Self::new(&[leaf])
    }

    fn over(leaves: Vec<Fp>) -> Self {
        let mut levels = Vec::with_capacity(DEPTH + 1);
        levels.push(leaves);
        for level in 0..DEPTH {
            let parents = levels[level]
                .chunks(2)
                .map(|pair| {
                    let right = pair.get(1).copied().unwrap_or(EMPTY[level]);
                    hash(Tag::Node, pair[0], right)
                })
                .collect();
            levels.push(parents);
        }
        Self { levels }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Element {
        // `check` refuses an empty tree, so that each level has a node.
        Element::new(self.levels[DEPTH][0])
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> usize {
        self.levels[0].len()
    }

    /// The path of `leaf`; `None` if it isn't in the tree.
    #[must_use]
    pub fn path(&self, leaf: Element) -> Option<Path> {
        let bytes = leaf.to_bytes();
        let index = self.levels[0]
            .binary_search_by_key(&bytes, |other| Element::new(*other).to_bytes())
            .ok()?;
        let mut siblings = [Fp::default(); DEPTH];
        for (level, sibling) in siblings.iter_mut().enumerate() {
            let beside = (index >> level) ^ 1;
            *sibling = self.levels[level]
                .get(beside)
                .copied()
                .unwrap_or(EMPTY[level]);
        }
        let index = u32::try_from(index).expect("an index is below 2^20");
        Some(Path { siblings, index })
    }
}

impl Path {
    /// The root that `leaf` has with this path.
    #[must_use]
    pub fn root(&self, leaf: Element) -> Element {
        let root = (0..DEPTH).fold(leaf.fp(), |node, level| {
            let sibling = self.siblings[level];
            if self.is_right(level) {
                hash(Tag::Node, sibling, node)
            } else {
                hash(Tag::Node, node, sibling)
            }
        });
        Element::new(root)
    }

    /// The siblings, the leaf's own first. They tell the leaf's place in the tree: no request holds one.
    pub fn siblings(&self) -> impl Iterator<Item = Element> {
        self.siblings.iter().map(|sibling| Element::new(*sibling))
    }

    /// Whether the node at `level` is a right child.
    pub(crate) const fn is_right(&self, level: usize) -> bool {
        (self.index >> level) & 1 == 1
    }
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The place in the roster names the member.
        f.write_str("Path(..)")
    }
}

/// Whether `leaves` are those of a tree.
pub(crate) fn check(leaves: &[Element]) -> Result<(), TreeError> {
    let Some(first) = leaves.first() else {
        return Err(TreeError::Empty);
    };
    if leaves.len() > CAPACITY {
        return Err(TreeError::Full(leaves.len()));
    }
    if *first == Element::ZERO {
        return Err(TreeError::Zero);
    }
    let mut before = first.to_bytes();
    for (i, leaf) in leaves.iter().enumerate().skip(1) {
        let bytes = leaf.to_bytes();
        match before.cmp(&bytes) {
            std::cmp::Ordering::Less => before = bytes,
            std::cmp::Ordering::Equal => return Err(TreeError::Duplicate(*leaf)),
            std::cmp::Ordering::Greater => return Err(TreeError::NotSorted(i)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(n: u64) -> Vec<Element> {
        let mut leaves: Vec<_> = (1..=n)
            .map(|i| Element::new(hash(Tag::Leaf, Fp::from(i), Fp::from(7))))
            .collect();
        leaves.sort();
        leaves
    }

    #[test]
    fn as_many_leaves_as_there_are_places() {
        // Ascending in their byte form, and below the field's order.
        let leaf = |n: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            Element::from_bytes(bytes).unwrap()
        };
        let most = u32::try_from(CAPACITY).unwrap();
        let mut leaves: Vec<_> = (1..=most).map(leaf).collect();
        assert_eq!(check(&leaves), Ok(()));
        leaves.push(leaf(most + 1));
        assert_eq!(check(&leaves), Err(TreeError::Full(CAPACITY + 1)));
    }

    #[test]
    fn a_path_shows_no_place() {
        let leaves = leaves(3);
        let tree = Tree::new(&leaves).unwrap();
        assert_eq!(tree.size(), 3);
        assert_eq!(format!("{:?}", tree.path(leaves[1]).unwrap()), "Path(..)");
    }

    /// The root by its definition, over all places down to the level where only zeros follow.
    fn root_by_definition(leaves: &[Element]) -> Element {
        fn node(leaves: &[Element], level: usize, index: usize) -> Fp {
            if level == 0 {
                return leaves.get(index).map_or(Fp::default(), |leaf| leaf.fp());
            }
            if index << level >= leaves.len() {
                // Both halves are the same.
                let half = node(leaves, level - 1, index * 2);
                return hash(Tag::Node, half, half);
            }
            hash(
                Tag::Node,
                node(leaves, level - 1, index * 2),
                node(leaves, level - 1, index * 2 + 1),
            )
        }
        Element::new(node(leaves, DEPTH, 0))
    }

    #[test]
    fn roots_and_paths() {
        for n in [1, 2, 3, 4, 5, 8, 13] {
            let leaves = leaves(n);
            let tree = Tree::new(&leaves).unwrap();
            assert_eq!(tree.root(), root_by_definition(&leaves), "{n}");
            for (i, leaf) in leaves.iter().enumerate() {
                let path = tree.path(*leaf).unwrap();
                assert_eq!(path.index as usize, i);
                assert_eq!(path.root(*leaf), tree.root());
                let other = leaves[(i + 1) % leaves.len()];
                assert_eq!(path.root(other) == tree.root(), other == *leaf);
            }
            assert_eq!(tree.path(Element::ZERO), None);
        }
    }

    #[test]
    fn refusals() {
        let leaves = leaves(3);
        let (a, b, c) = (leaves[0], leaves[1], leaves[2]);
        assert_eq!(Tree::new(&[]).unwrap_err(), TreeError::Empty);
        assert_eq!(Tree::new(&[a, b, b]).unwrap_err(), TreeError::Duplicate(b));
        assert_eq!(Tree::new(&[a, c, b]).unwrap_err(), TreeError::NotSorted(2));
        assert_eq!(Tree::new(&[Element::ZERO, a]).unwrap_err(), TreeError::Zero);
        assert_eq!(
            Tree::from_unsorted(vec![c, a, b]).unwrap().root(),
            Tree::new(&leaves).unwrap().root()
        );
        assert_eq!(
            Tree::from_unsorted(vec![c, a, c]).unwrap_err(),
            TreeError::Duplicate(c)
        );
        assert_eq!(
            check(&vec![Element::ZERO; CAPACITY + 1]).unwrap_err(),
            TreeError::Full(CAPACITY + 1)
        );
    }
}
