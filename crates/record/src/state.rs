//! The state map: from each filed memo to where it stands. docs/protocol.md, section 8.

use demur_encoding::{Digest, canonical, merkle};
use serde::{Deserialize, Serialize};

use crate::entry::{EntryError, MemoState, State};

/// The leaves of the map, sorted by memo, and their tree.
#[derive(Debug, Clone)]
pub struct StateMap {
    leaves: Vec<MemoState>,
    tree: merkle::Tree,
}

/// That a memo's leaf is in the map, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProof {
    /// The leaf.
    pub leaf: MemoState,
    /// Its index among the leaves.
    pub index: u64,
    /// From the leaf's sibling up.
    pub path: Vec<Digest>,
}

impl StateMap {
    /// The map of these leaves, in any order.
    ///
    /// # Errors
    /// When a leaf has no canonical form.
    pub fn new(mut leaves: Vec<MemoState>) -> Result<Self, EntryError> {
        leaves.sort_by_key(|leaf| leaf.memo);
        let bytes: Vec<_> = leaves
            .iter()
            .map(canonical::to_vec)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            leaves,
            tree: merkle::Tree::new(bytes),
        })
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The leaves, sorted by memo.
    #[must_use]
    pub fn leaves(&self) -> &[MemoState] {
        &self.leaves
    }

    /// The proof of a memo's leaf; `None` where the memo has none.
    #[must_use]
    pub fn prove(&self, memo: Digest) -> Option<StateProof> {
        let at = self
            .leaves
            .binary_search_by_key(&memo, |leaf| leaf.memo)
            .ok()?;
        let index = u64::try_from(at).ok()?;
        Some(StateProof {
            leaf: self.leaves.get(at)?.clone(),
            index,
            path: self.tree.prove(index)?,
        })
    }
}

impl StateProof {
    /// Whether the leaf stands in the map that `state` commits to.
    #[must_use]
    pub fn verify(&self, state: &State) -> bool {
        canonical::to_vec(&self.leaf).is_ok_and(|leaf| {
            merkle::verify(state.root, state.memos, self.index, &leaf, &self.path)
        })
    }
}
