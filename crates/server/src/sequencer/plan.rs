//! From what waits in the store to a batch of the record, and back.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::{Digest, Time, canonical};
use demur_record::{
    batch::{
        self, Built, DueFiling, FilingEvent, PendingEntry, PendingSlot, Placement, Refused,
        SlotOrder, Waiting,
    },
    entry::{Entry, Place},
    event::Event,
    replay::Violation,
    tiles::leaf_hash,
};
use demur_store::{
    Batch, BatchEntry, DirectRow, EntrySource, EventKind, EventRow, FilingRow,
    PendingSlot as SlotRow, PlaceRow, RefusedRow, WaitingList,
};
use rand_core::CryptoRng;

use super::error::SequencerError;

/// What waits, as `demur_record` takes it; its identifiers are places in the lists here.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) pending: batch::Pending,
    slots: Vec<Digest>,
    direct: Vec<Kept>,
    filings: Vec<FilingRow>,
    late: Vec<Kept>,
    /// The memos whose filing waits, whether it is in the plan or not.
    unfiled: BTreeSet<Digest>,
}

/// What is remembered of an entry that waits.
#[derive(Debug)]
struct Kept {
    leaf: Digest,
    refused: Option<Time>,
}

/// What a [`Plan`] is made of.
pub(crate) struct Waits {
    /// In the order in which they get room: [`drawn`].
    pub(crate) slots: Vec<SlotRow>,
    pub(crate) direct: Vec<DirectRow>,
    pub(crate) late: Vec<DirectRow>,
    /// The filings to be tried, each with the slot events of its memo.
    pub(crate) filings: Vec<(FilingRow, Vec<EventRow>)>,
    pub(crate) unfiled: BTreeSet<Digest>,
}

impl Plan {
    pub(crate) fn new(waits: Waits) -> Result<Self, SequencerError> {
        let Waits {
            slots,
            direct,
            late,
            filings,
            unfiled,
        } = waits;
        let number: BTreeMap<Digest, u64> = slots.iter().map(|slot| slot.slot).zip(0..).collect();
        let mut due = Vec::with_capacity(filings.len());
        let mut rows = Vec::with_capacity(filings.len());
        for (id, (filing, events)) in (0..).zip(filings) {
            let events = events
                .into_iter()
                .map(|row| filing_event(row, &number))
                .collect::<Result<_, _>>()?;
            due.push(DueFiling {
                id,
                filed: filing.entry.clone(),
                events,
            });
            rows.push(filing);
        }
        let entries = |rows: &[DirectRow]| {
            rows.iter()
                .zip(0..)
                .map(|(row, id)| PendingEntry {
                    id,
                    bytes: row.entry.clone(),
                })
                .collect()
        };
        let kept = |rows: &[DirectRow]| {
            let kept = rows.iter().map(|row| Kept {
                leaf: row.leaf,
                refused: row.refused,
            });
            kept.collect()
        };
        Ok(Self {
            pending: batch::Pending {
                slots: slots
                    .iter()
                    .zip(0..)
                    .map(|(slot, id)| pending_slot(slot, id))
                    .collect(),
                direct: entries(&direct),
                filings: due,
                sign_ons: entries(&late),
            },
            slots: slots.iter().map(|slot| slot.slot).collect(),
            direct: kept(&direct),
            filings: rows,
            late: kept(&late),
            unfiled,
        })
    }

    /// The batch as the store takes it.
    /// `refused` is what [`Self::refused`] said.
    pub(crate) fn batch(
        &self,
        built: &Built,
        refused: Vec<RefusedRow>,
    ) -> Result<Batch, SequencerError> {
        let lost = || SequencerError::damaged("a batch names what did not wait");
        let mut entries: Vec<_> = built
            .entries
            .iter()
            .map(|bytes| BatchEntry {
                bytes: bytes.clone(),
                leaf: leaf_hash(bytes),
                source: EntrySource::Log,
            })
            .collect();
        let mut mark = |index: u64, source: EntrySource| {
            let entry = index
                .checked_sub(built.first)
                .and_then(|i| usize::try_from(i).ok());
            let entry = entry.and_then(|i| entries.get_mut(i)).ok_or_else(lost)?;
            entry.source = source;
            Ok::<_, SequencerError>(entry.leaf)
        };
        let mut slots: BTreeMap<u64, Vec<(Digest, u32)>> = BTreeMap::new();
        for (id, Place { entry, slot }) in &built.places {
            slots
                .entry(*entry)
                .or_default()
                .push((*at(&self.slots, *id).ok_or_else(lost)?, *slot));
        }
        for (entry, slots) in slots {
            mark(entry, EntrySource::Slots(slots))?;
        }
        for (list, taken, source) in [
            (&self.direct, &built.direct, EntrySource::Direct),
            (&self.late, &built.sign_ons, EntrySource::Late),
        ] {
            for (id, index) in taken {
                // What was promised is what stands there.
                if mark(*index, source.clone())? != at(list, *id).ok_or_else(lost)?.leaf {
                    return Err(SequencerError::damaged(format!(
                        "entry {index} is not the one that was promised"
                    )));
                }
            }
        }
        for (id, index) in &built.filings {
            let memo = at(&self.filings, *id).ok_or_else(lost)?.memo;
            mark(*index, EntrySource::Filing(memo))?;
        }
        Ok(Batch {
            first: built.first,
            entries,
            root: built.checkpoint.hash,
            refused,
        })
    }

    /// What the rules kept out of a batch at `now`, each with whether this is the first time. What was kept out for a promise's
    /// whole term (`term`, in seconds) is given up: the promise can't be kept any more.
    pub(crate) fn refused(&self, built: &Built, now: Time, term: u64) -> Vec<(RefusedRow, bool)> {
        let rows = built
            .refused
            .iter()
            .filter_map(|refused| self.refused_row(refused, now, term));
        rows.collect()
    }

    fn refused_row(&self, refused: &Refused, now: Time, term: u64) -> Option<(RefusedRow, bool)> {
        let (list, leaf, since) = match refused.what {
            Waiting::Direct => {
                let kept = at(&self.direct, refused.id)?;
                (WaitingList::Direct, kept.leaf, kept.refused)
            }
            Waiting::Filing => {
                let filing = at(&self.filings, refused.id)?;
                (WaitingList::Filing, filing.leaf, filing.refused)
            }
            Waiting::SignOn => {
                // It only waits for its memo's filing, which waits itself.
                if let Violation::UnknownMemo(memo) = refused.violation
                    && self.unfiled.contains(&memo)
                {
                    return None;
                }
                let kept = at(&self.late, refused.id)?;
                (WaitingList::Late, kept.leaf, kept.refused)
            }
        };
        let row = RefusedRow {
            list,
            leaf,
            reason: refused.violation.to_string(),
            time: now,
            give_up: since.is_some_and(|since| now >= since.plus(term)),
            file: self.file_of(refused),
        };
        Some((row, since.is_none()))
    }

    /// The file that came with a step and that the case has once: with the step it would stand in the way of the next.
    fn file_of(&self, refused: &Refused) -> Option<Digest> {
        if refused.what != Waiting::Direct {
            return None;
        }
        let index = usize::try_from(refused.id).ok()?;
        match Entry::from_slice(&self.pending.direct.get(index)?.bytes).ok()? {
            Entry::Returned(e) => Some(e.text),
            Entry::Responded(e) => Some(e.sealed),
            Entry::Rejoined(e) => Some(e.text),
            _ => None,
        }
    }
}

/// The slots that get a place in a batch of so many.
pub(crate) fn placed(slots: &[SlotRow], room: usize) -> BTreeSet<Digest> {
    let pending: Vec<_> = slots.iter().map(|slot| pending_slot(slot, 0)).collect();
    let fitting = batch::fitting(&pending, room);
    slots.iter().take(fitting).map(|slot| slot.slot).collect()
}

/// Whether every event of a memo has its place, or gets one in this batch: a filing that waits for places waits without being tried.
pub(crate) fn placeable(events: &[EventRow], placed: &BTreeSet<Digest>) -> bool {
    events
        .iter()
        .all(|row| row.at.is_some() || placed.contains(&row.held.key()))
}

fn at<T>(list: &[T], id: u64) -> Option<&T> {
    list.get(usize::try_from(id).ok()?)
}

fn pending_slot(slot: &SlotRow, id: u64) -> PendingSlot {
    let number = u32::try_from(slot.number).unwrap_or(u32::MAX);
    let order = match (slot.kind, slot.nullifier) {
        (EventKind::Opening, _) => SlotOrder::Opening,
        (EventKind::Version, _) => SlotOrder::Version(number),
        (EventKind::SignOn, Some(nullifier)) => SlotOrder::SignOn {
            nullifier,
            seq: slot.number,
        },
        (EventKind::SignOn | EventKind::Access, _) => SlotOrder::Access,
    };
    PendingSlot {
        id,
        slot: slot.slot,
        memo: slot.memo,
        order,
    }
}

fn filing_event(
    row: EventRow,
    waiting: &BTreeMap<Digest, u64>,
) -> Result<FilingEvent, SequencerError> {
    let slot = row.held.key();
    let event: Event = canonical::from_slice(&row.event)
        .map_err(|e| SequencerError::damaged(format!("event {slot}: {e}")))?;
    let at = match row.at {
        Some(PlaceRow {
            entry,
            slot: Some(slot),
        }) => Placement::At(Place { entry, slot }),
        Some(PlaceRow { slot: None, .. }) => {
            return Err(SequencerError::damaged(format!("event {slot} has no slot")));
        }
        None => {
            let id = waiting.get(&slot).copied();
            Placement::Waiting(
                id.ok_or_else(|| SequencerError::damaged(format!("event {slot} waits nowhere")))?,
            )
        }
    };
    Ok(FilingEvent {
        at,
        salt: row.salt,
        event,
    })
}

/// The slots in the order in which they get room: those of earlier intervals first, else at random, but
/// none before what it presupposes.
pub(crate) fn drawn(mut slots: Vec<SlotRow>, rng: &mut impl CryptoRng) -> Vec<SlotRow> {
    for end in (1..slots.len()).rev() {
        // Fewer than 2^17 slots: the bias is below 2^-46.
        let draw = rng.next_u64() % (end as u64 + 1);
        slots.swap(end, usize::try_from(draw).unwrap_or(end));
    }
    slots.sort_by_key(|slot| slot.since);
    let mut chains: BTreeMap<(Digest, Option<Digest>), Vec<usize>> = BTreeMap::new();
    for (i, slot) in slots.iter().enumerate() {
        if slot.kind != EventKind::Access {
            chains
                .entry((slot.memo, slot.nullifier))
                .or_default()
                .push(i);
        }
    }
    for places in chains.into_values() {
        let mut chain: Vec<_> = places.iter().map(|i| slots[*i]).collect();
        chain.sort_by_key(|slot| slot.number);
        for (i, slot) in places.into_iter().zip(chain) {
            slots[i] = slot;
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    use super::*;

    fn slot(
        memo: u8,
        kind: EventKind,
        nullifier: Option<u8>,
        number: u64,
    ) -> demur_store::PendingSlot {
        let digest = |n: u8| Digest::new([n; 32]);
        let name = [
            &[memo, kind as u8, nullifier.unwrap_or(0)],
            &number.to_be_bytes()[..],
        ]
        .concat();
        demur_store::PendingSlot {
            slot: demur_encoding::sha256(&name),
            memo: digest(memo),
            kind,
            nullifier: nullifier.map(digest),
            number,
            since: u64::from(memo / 2),
        }
    }

    #[test]
    fn none_comes_before_what_it_presupposes() {
        let mut all = Vec::new();
        for memo in 0..4 {
            all.push(slot(memo, EventKind::Opening, None, 0));
            all.extend((1..4).map(|number| slot(memo, EventKind::Version, None, number)));
            for member in 0..5 {
                all.extend((1..4).map(|seq| slot(memo, EventKind::SignOn, Some(member), seq)));
            }
            all.push(slot(memo, EventKind::Access, None, 0));
        }
        let mut firsts = BTreeSet::new();
        for _ in 0..50 {
            let drawn = drawn(all.clone(), &mut UnwrapErr(SysRng));
            assert_eq!(drawn.len(), all.len());
            // Nobody waits while a later interval's event gets room.
            assert!(drawn.is_sorted_by_key(|slot| slot.since));
            firsts.insert(drawn[0].slot);
            for (i, a) in drawn.iter().enumerate() {
                for b in &drawn[i + 1..] {
                    let same = (a.memo, a.nullifier) == (b.memo, b.nullifier);
                    if same && a.kind != EventKind::Access && b.kind != EventKind::Access {
                        assert!(a.number < b.number);
                    }
                }
            }
        }
        assert!(firsts.len() > 1, "the order is drawn");
    }
}
