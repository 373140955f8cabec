//! The slots of opaque entries: forgotten, and recalled where an event is opened.
//!
//! An event may be opened from any opaque entry that the record ever had, and there is one in each batch, for ever.
//! Of each the replay keeps its leaf hash alone; who feeds it a filing first shows it the opaque entries again.
//! docs/decisions/0008-slots.md says why.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use demur_encoding::{Digest, json};

use super::{Replay, Violation};
use crate::{
    entry::{Entry, Opaque, Place},
    tiles::leaf_hash,
};

/// The slots that are opened, by the index of their opaque entry.
pub type OpenedPlaces = BTreeMap<u64, BTreeSet<u32>>;

/// How the canonical bytes of an `opened` entry, and of no other, begin.
const OPENED: &[u8] = b"{\"at\":";

/// The slots that the `opened` ones among these canonical entries name. Entries of other types, and what is none, are
/// passed over.
pub fn opened_places<T: AsRef<[u8]>>(entries: &[T]) -> OpenedPlaces {
    let mut places = OpenedPlaces::new();
    for bytes in entries {
        // Its first field is all that is needed: a filing may have thousands, with proofs in them.
        let Some(rest) = bytes.as_ref().strip_prefix(OPENED) else {
            continue;
        };
        let end = rest.iter().position(|b| *b == b'}');
        let at = end.and_then(|end| json::from_slice::<Place>(rest.get(..=end)?).ok());
        if let Some(Place { entry, slot }) = at {
            places.entry(entry).or_default().insert(slot);
        }
    }
    places
}

/// What is known of the opaque entries.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    /// The leaf hash of each.
    leaves: Arc<BTreeMap<u64, Digest>>,
    /// Of some the slots that the batch which is open, or will be, may need.
    recalled: Arc<BTreeMap<u64, BTreeMap<u32, Digest>>>,
}

impl Slots {
    /// A batch began: events that are placed in it may be opened in it.
    pub(super) fn push(&mut self, index: u64, bytes: &[u8], opaque: &Opaque) {
        Arc::make_mut(&mut self.leaves).insert(index, leaf_hash(bytes));
        let slots = (0..).zip(opaque.slots.iter().copied()).collect();
        Arc::make_mut(&mut self.recalled).insert(index, slots);
    }

    /// A batch ended.
    pub(super) fn forget(&mut self) {
        self.recalled = Arc::default();
    }

    /// What stands in a slot.
    pub(super) fn at(&self, place: Place) -> Result<Digest, Violation> {
        match self.recalled.get(&place.entry) {
            Some(slots) => slots.get(&place.slot).copied(),
            None if self.leaves.contains_key(&place.entry) => {
                return Err(Violation::NotRecalled(place.entry));
            }
            None => None,
        }
        .ok_or(Violation::NoPlace(place))
    }
}

impl Replay {
    /// Shows an earlier opaque entry again, so that these slots of it can be opened in the batch that is open, or in the
    /// next one: [`opened_places`] says which a batch needs. They are forgotten with the end of that batch. An index
    /// at which no opaque entry stood is passed over: what names it is refused later.
    ///
    /// # Errors
    /// When `bytes` are not that entry.
    pub fn recall(
        &mut self,
        index: u64,
        bytes: &[u8],
        slots: &BTreeSet<u32>,
    ) -> Result<(), Violation> {
        let Some(leaf) = self.slots.leaves.get(&index) else {
            return Ok(());
        };
        if *leaf != leaf_hash(bytes) {
            return Err(Violation::OtherEntry(index));
        }
        let Entry::Opaque(opaque) = Entry::from_slice(bytes)? else {
            return Err(Violation::OtherEntry(index));
        };
        // And the one before each: a version's mark stands there.
        let wanted = |slot: u32| {
            let at = usize::try_from(slot).ok()?;
            Some((slot, *opaque.slots.get(at)?))
        };
        let with_marks = slots
            .iter()
            .flat_map(|slot| [Some(*slot), slot.checked_sub(1)]);
        let recalled = Arc::make_mut(&mut self.slots.recalled);
        let known = recalled.entry(index).or_default();
        known.extend(with_marks.flatten().filter_map(wanted));
        Ok(())
    }
}
