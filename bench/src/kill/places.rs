//! Checkpoints that were seen, held against the record that there is in the end.

use demur_bench::channel::Channel;
use demur_client::device::Mirror;
use demur_record::source::RecordSource as _;

/// What is wrong with the record in the light of what was seen of it.
pub(super) fn unlike(seen: &[Vec<u8>], mirror: &Mirror, channel: &Channel) -> Vec<String> {
    let http = channel.http();
    let newest = http.read("checkpoint").ok().flatten();
    let mut wrong = Vec::new();
    for note in seen {
        let accepted = match channel.policy().evaluate(note) {
            Ok(accepted) => accepted.checkpoint,
            Err(error) => {
                wrong.push(format!(
                    "a checkpoint that the policy refuses was served: {error}"
                ));
                continue;
            }
        };
        if mirror.tree().root_at(accepted.size).ok() != Some(accepted.hash) {
            wrong.push(format!("checkpoint {} is of another record", accepted.size));
        }
        let kept = http
            .read(&format!("history/{}", accepted.size))
            .ok()
            .flatten();
        if kept.as_ref() != Some(note) && newest.as_ref() != Some(note) {
            wrong.push(format!(
                "checkpoint {} is not kept as it was",
                accepted.size
            ));
        }
    }
    wrong
}
