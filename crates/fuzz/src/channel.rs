//! The channel of the tests of `demur-check`: a record with real signatures, witnesses' times and proofs.

use std::sync::LazyLock;

use demur_check::bundle::Bundle;
use demur_memo::marking::Rules;
use demur_record::{keys::VerifierKey, replay::Replay};

/// The marking rules that the channel's memos are read with; the included file asks for them here.
pub(crate) fn rules() -> Rules {
    Rules::new("state", "TS", &[] as &[&str], "refuse").expect("they are known words")
}

#[allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    reason = "a part of it is enough here"
)]
#[path = "../../check/tests/common/channel.rs"]
mod played;

/// What the targets need of a channel where one memo was filed.
pub(crate) struct Filed {
    pub(crate) replay: Replay,
    pub(crate) bundle: Bundle,
    pub(crate) key: VerifierKey,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) memo: demur_encoding::Digest,
}

/// One channel for the whole process: a proof is in it, which takes a while to make.
pub(crate) static FILED: LazyLock<Filed> = LazyLock::new(|| {
    let mut channel = played::Channel::new(1);
    channel.open();
    channel.version(1, played::FIRST);
    channel.file();
    Filed {
        bundle: channel.bundle(),
        key: channel.vkey(),
        entries: channel.record.entries.clone(),
        memo: channel.memo,
        replay: channel.replay,
    }
});
