//! From what waits in the store to a batch of the record, and back.

use std::collections::BTreeMap;

use demur_encoding::{Digest, canonical};
use demur_record::{
    batch::{
        self, Built, DueFiling, FilingEvent, PendingEntry, PendingSlot, Placement, SlotOrder,
        Waiting,
    },
    entry::Place,
    event::Event,
    tiles::leaf_hash,
};
use demur_store::{Batch, BatchEntry, EntrySource, EventKind, EventRow, Pending, PlaceRow};
use rand_core::CryptoRng;

use super::error::SequencerError;

/// What waits, as `demur_record` takes it; its identifiers are places in the lists here.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) pending: batch::Pending,
    slots: Vec<Digest>,
    direct: Vec<Digest>,
    filings: Vec<Digest>,
    late: Vec<Digest>,
}

impl Plan {
    /// `events` are the slot events of each filing's memo, in the filings' order.
    pub(crate) fn new(
        waiting: Pending,
        events: Vec<Vec<EventRow>>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SequencerError> {
        let slots = drawn(waiting.slots, rng);
        let number: BTreeMap<Digest, u64> = slots.iter().map(|slot| slot.slot).zip(0..).collect();
        let filings = waiting
            .filings
            .iter()
            .zip(events)
            .zip(0..)
            .map(|((filing, events), id)| {
                let events = events
                    .into_iter()
                    .map(|row| filing_event(row, &number))
                    .collect::<Result<_, _>>()?;
                Ok(DueFiling {
                    id,
                    filed: filing.entry.clone(),
                    events,
                })
            });
        let entries = |rows: &[demur_store::DirectRow]| {
            rows.iter()
                .zip(0..)
                .map(|(row, id)| PendingEntry {
                    id,
                    bytes: row.entry.clone(),
                })
                .collect()
        };
        Ok(Self {
            pending: batch::Pending {
                slots: slots
                    .iter()
                    .zip(0..)
                    .map(|(slot, id)| pending_slot(slot, id))
                    .collect(),
                direct: entries(&waiting.direct),
                filings: filings.collect::<Result<_, SequencerError>>()?,
                sign_ons: entries(&waiting.late),
            },
            slots: slots.iter().map(|slot| slot.slot).collect(),
            direct: waiting.direct.iter().map(|row| row.leaf).collect(),
            filings: waiting.filings.iter().map(|filing| filing.memo).collect(),
            late: waiting.late.iter().map(|row| row.leaf).collect(),
        })
    }

    /// The batch as the store takes it.
    pub(crate) fn batch(&self, built: &Built) -> Result<Batch, SequencerError> {
        let lost = || SequencerError::damaged("a batch names what did not wait");
        let at = |list: &[Digest], id: u64| {
            usize::try_from(id)
                .ok()
                .and_then(|i| list.get(i))
                .copied()
                .ok_or_else(lost)
        };
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
                .push((at(&self.slots, *id)?, *slot));
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
                if mark(*index, source.clone())? != at(list, *id)? {
                    return Err(SequencerError::damaged(format!(
                        "entry {index} is not the one that was promised"
                    )));
                }
            }
        }
        for (id, index) in &built.filings {
            mark(*index, EntrySource::Filing(at(&self.filings, *id)?))?;
        }
        Ok(Batch {
            first: built.first,
            entries,
            root: built.checkpoint.hash,
        })
    }

    /// What was refused, in words for the operator: leaf hashes and memos, nothing secret.
    pub(crate) fn name(&self, what: Waiting, id: u64) -> String {
        let (word, list) = match what {
            Waiting::Direct => ("entry", &self.direct),
            Waiting::Filing => ("filing of the memo", &self.filings),
            Waiting::SignOn => ("late sign-on", &self.late),
        };
        let digest = usize::try_from(id).ok().and_then(|i| list.get(i));
        format!(
            "{word} {}",
            digest.map(Digest::to_string).unwrap_or_default()
        )
    }
}

fn pending_slot(slot: &demur_store::PendingSlot, id: u64) -> PendingSlot {
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
fn drawn(
    mut slots: Vec<demur_store::PendingSlot>,
    rng: &mut impl CryptoRng,
) -> Vec<demur_store::PendingSlot> {
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
