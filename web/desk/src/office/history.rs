//! What happened on a case, in order; messages.

use demur_channel::Case;
use demur_client::author::Line;
use demur_encoding::Time;

use crate::texts;

/// A message between the authors and the office.
pub(crate) struct MessageLine {
    pub(crate) number: u32,
    pub(crate) from: String,
    pub(crate) day: String,
    pub(crate) text: String,
    /// Whether it can't be read; the text says why then.
    pub(crate) unread: bool,
}

pub(crate) fn message_lines(messages: &[Line]) -> Vec<MessageLine> {
    let line = |line: &Line| {
        let (text, unread) = match &line.text {
            Ok(text) => (texts::plain(text), false),
            Err(why) => (texts::plain(why), true),
        };
        MessageLine {
            number: line.number,
            from: line.from.clone(),
            day: line.day.clone(),
            text,
            unread,
        }
    };
    messages.iter().map(line).collect()
}

/// The steps of a case and each opening of its sealed file, in the order of their times.
pub(crate) fn history(
    case: Option<&Case>,
    openings: impl Iterator<Item = (Time, String)>,
) -> Vec<(String, String)> {
    let steps = case.into_iter().flat_map(|case| {
        demur_channel::Step::ALL
            .into_iter()
            .filter_map(|step| Some((case.time_of(step)?, step.to_string())))
    });
    let mut all: Vec<(Time, String)> = steps.chain(openings).collect();
    // Stable: of the same second, steps come first.
    all.sort_by_key(|(time, _)| *time);
    all.into_iter()
        .map(|(time, what)| (texts::moment(time), what))
        .collect()
}
