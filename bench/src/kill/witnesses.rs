//! Witnesses that are down, or lie.

use std::{path::Path, thread};

use anyhow::Result;
use demur_bench::{
    cache::MadeMemo,
    channel::{Channel, Founding, ORIGIN, profile},
    ledger::{Ledger, audited},
    program::Program,
    rng,
};
use demur_client::{
    api::PostEntry,
    calls,
    keys::{RoleKeys, sign_entry},
};
use demur_record::{entry::Role, source::RecordSource as _};

use super::{
    check::{A_WHILE, all_kept, open_memos, size, tell},
    lying::{Liar, Lie},
};
use crate::report::Checks;

/// One of two that must sign.
pub(super) fn one_down(
    mut channel: Channel,
    memos: &[MadeMemo],
    checks: &mut Checks,
) -> Result<()> {
    channel.start()?;
    let mut mirror = channel.mirror()?;
    size(&channel, &mut mirror)?;
    channel.kill_witness(1)?;
    // A batch may be under way.
    thread::sleep(A_WHILE);
    let before = size(&channel, &mut mirror)?;
    let mut ledger = Ledger::default();
    let opened = open_memos(&channel, memos, &mut ledger)?;
    thread::sleep(A_WHILE);
    let after = size(&channel, &mut mirror)?;
    checks.check(
        opened == memos.len() && after == before,
        "one of two needed witnesses is down: nothing is published, and requests are accepted",
    );
    channel.kill_server()?;
    channel.start_server()?;
    channel.start_witness(1)?;
    tell(
        checks,
        "the server was killed meanwhile and the witness is back: every promise is kept",
        all_kept(&channel, &mut ledger),
    );
    channel.stop_server()
}

/// One witness, which must sign, is down: what the log made of its own account is no checkpoint to anybody.
pub(super) fn only_one_down(program: &Program, dir: &Path, checks: &mut Checks) -> Result<()> {
    let founding = Founding {
        profile: profile(),
        witnesses: 1,
        quorum: 1,
    };
    let mut channel = Channel::found(program, dir, &founding)?;
    channel.start()?;
    let mut mirror = channel.mirror()?;
    channel.until("a batch", &mut mirror, |mirror| {
        (mirror.size() > 0).then_some(())
    })?;
    channel.kill_witness(0)?;
    // A batch may be under way.
    thread::sleep(A_WHILE);
    let before = channel.http().read("checkpoint")?;
    let known = size(&channel, &mut mirror)?;
    let mut ledger = Ledger::default();
    let steward = RoleKeys::generate(ORIGIN, Role::Steward, "steward", &mut rng());
    let entry = sign_entry(steward.entry(), &channel.roles().office.sign)?;
    let accepted = calls::entry(&PostEntry { entry }).send(&channel.http())?;
    ledger.take(&accepted.promise, channel.log_key())?;
    thread::sleep(A_WHILE);
    // Neither goes on by itself, nor with a restart.
    channel.kill_server()?;
    channel.start_server()?;
    thread::sleep(A_WHILE);
    let after = channel.http().read("checkpoint")?;
    let signed = after
        .as_ref()
        .is_some_and(|note| channel.policy().evaluate(note).is_ok());
    size(&channel, &mut mirror)?;
    let standing = ledger.hold(&mirror);
    checks.check(
        signed && after == before && mirror.size() == known && standing.waiting == 1,
        &format!(
            "the only witness is down: for {} s and over a restart the checkpoint that it signed last is served, and no newer one; \
             what is sent is promised: {standing}",
            A_WHILE.as_secs() * 2
        ),
    );
    channel.start_witness(0)?;
    tell(
        checks,
        "the only witness is back: the record goes on, and the promise is kept",
        all_kept(&channel, &mut ledger),
    );
    channel.stop_server()
}

/// One of two of which one must sign.
pub(super) fn lying(program: &Program, dir: &Path, lie: Lie, checks: &mut Checks) -> Result<()> {
    let founding = Founding {
        profile: profile(),
        witnesses: 2,
        quorum: 1,
    };
    let mut channel = Channel::found(program, dir, &founding)?;
    channel.start_witness(0)?;
    let liar = Liar::start(&dir.join("witness-2"), lie)?;
    channel.set_witness(1, liar.address())?;
    channel.start_server()?;
    let mut mirror = channel.mirror()?;
    let grown = channel.until("some batches", &mut mirror, |mirror| {
        (mirror.replay().batches().len() >= 4).then_some(())
    });
    // Whatever the liar signed, the record's time is the honest witness's.
    let now = demur_bench::now();
    let sane = mirror
        .as_of()
        .is_some_and(|time| time.since(now).max(now.since(time)) < 300);
    let asked = liar.asked();
    let audit = audited(&channel.http(), channel.policy());
    checks.check(
        grown.is_ok() && sane && asked >= 3 && audit.is_ok(),
        &format!(
            "one of two witnesses {}: the record goes on with the other ({asked} lies told)",
            lie.what()
        ),
    );
    channel.stop_server()
}
