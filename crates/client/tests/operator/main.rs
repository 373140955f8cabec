//! The operator as attacker: who owns the server, its database, the log's key, the disk and the network, and may
//! collude with one witness below the quorum, or with an author. The devices run honest code.
//!
//! Each test is named by the attack, says what the attacker does, and shows what the honest device sees.
//! docs/operator.md lists them all, with those that need the server's own database.

#[path = "../common/mod.rs"]
mod common;

mod actions;
mod drafts;
mod editions;
mod forks;
mod keys;
mod messages;
mod scope;
mod steps;
mod tags;
mod versions;

use common::World;
use demur_record::entry::Entry;

/// The operator enters whatever it likes: a batch as the server would make it, with `forged` before its state entry,
/// signed by the log and cosigned by every witness. Returns the forged entry's index.
fn force(world: &mut World, forged: &Entry) -> u64 {
    let built = world.build();
    let mut entries = built.entries;
    let last = entries.len() - 1;
    entries.insert(last, forged.to_vec().unwrap());
    let index = world.tree.size() + last as u64;
    world.append(&entries);
    index
}
