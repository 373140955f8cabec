//! The memo's text, and what its authors change in it.

use crate::fail::{Failure, Outcome};

/// The text that is filed.
const FILED: &str = include_str!("memo.md");

/// The office's answer; its head names the memo once that has an identifier.
const RESPONSE: &str = include_str!("response.md");

/// What the first version says of the saving; the second gives the authors' own figure.
const FIRST_ESTIMATE: &str = "We do not believe it";
/// See [`FIRST_ESTIMATE`].
const FILED_ESTIMATE: &str = "Our own estimate is 0.7 million, since";

/// How the paragraph begins that the amendment adds.
const ADDED: &str = "(SBU) We do not say that nothing can move.";

/// The one word that the altered copy changes, with what stands around it.
pub(super) const WORD: (&str, &str) = ("seven", "six");
const WORD_PLACE: &str = "seven floods out of nine";

/// How the paragraph begins that is quoted: an unclassified one.
pub(super) const QUOTED: &str = "Section 12 of the River Act asks";

/// How the paragraph begins in which the altered copy differs.
pub(super) const ALTERED: &str = "Nine stations are to close.";

/// The first version: without the added paragraph, and with the earlier sentence.
pub(super) fn first() -> Outcome<String> {
    let added = added()?;
    let text = once(FILED, &format!("{added}\n\n"), "")?;
    once(&text, FILED_ESTIMATE, &format!("{FIRST_ESTIMATE}:"))
}

/// The second version, made from the first as its author has it in the editor.
pub(super) fn amend(first: &str) -> Outcome<String> {
    let text = once(first, &format!("{FIRST_ESTIMATE}:"), FILED_ESTIMATE)?;
    let heading = "# (U) The hearing";
    once(&text, heading, &format!("{}\n\n{heading}", added()?))
}

/// A copy with one word changed.
pub(super) fn alter(text: &str) -> Outcome<String> {
    once(text, WORD_PLACE, &WORD_PLACE.replace(WORD.0, WORD.1))
}

/// The response to this memo.
pub(super) fn response(memo: &str) -> Outcome<String> {
    let rest = RESPONSE
        .strip_prefix("+++\n")
        .ok_or_else(|| Failure::outside("response.md has no head"))?;
    Ok(format!("+++\nmemo = \"{memo}\"\n{rest}"))
}

/// The response without its last point.
pub(super) fn incomplete(response: &str) -> Outcome<String> {
    let end = response
        .find("## Point 3")
        .ok_or_else(|| Failure::outside("response.md does not answer point 3"))?;
    Ok(response[..end].to_owned())
}

fn added() -> Outcome<&'static str> {
    let paragraph = FILED
        .split("\n\n")
        .find(|paragraph| paragraph.starts_with(ADDED));
    paragraph
        .map(str::trim_end)
        .ok_or_else(|| Failure::outside(format!("memo.md has no paragraph “{ADDED}”")))
}

/// Replaces what must stand exactly once.
fn once(text: &str, from: &str, to: &str) -> Outcome<String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        n => Err(Failure::outside(format!(
            "the demo's memo has “{from}” {n} times; it must stand there once"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use demur_channel::{Profile, Response};
    use demur_encoding::Digest;
    use demur_memo::{Memo, marking::Rules};

    use super::*;

    fn parse(text: &str) -> Memo {
        let profile: Profile = demur_channel::shipped("demo").unwrap().parse().unwrap();
        let marking = &profile.marking;
        let rules = Rules::new(
            marking.scheme.as_str(),
            &marking.ceiling,
            &marking.forbidden,
            marking.unmarked.as_str(),
        )
        .unwrap();
        Memo::parse_bytes(text.as_bytes(), &rules).unwrap()
    }

    #[test]
    fn the_amendment_makes_the_filed_text_of_twelve_paragraphs_and_three_points() {
        let (first, filed) = (parse(&first().unwrap()), parse(FILED));
        assert_eq!((first.portions().len(), filed.portions().len()), (11, 12));
        assert_eq!(filed.head().points.len(), 3);
        assert_eq!(
            parse(&amend(&first.to_text()).unwrap()).to_text(),
            filed.to_text()
        );
        let altered = parse(&alter(FILED).unwrap());
        let differ = altered
            .portions()
            .iter()
            .zip(filed.portions())
            .filter(|(a, b)| a.text() != b.text());
        assert_eq!(
            differ
                .map(|(_, b)| b.text().starts_with(ALTERED))
                .collect::<Vec<_>>(),
            [true]
        );
        assert!(
            filed
                .portions()
                .iter()
                .any(|p| p.text().starts_with(QUOTED))
        );
    }

    #[test]
    fn the_response_answers_every_point_and_the_cut_one_does_not() {
        let memo = Digest::new([7; 32]);
        let text = response(&memo.to_string()).unwrap();
        assert!(
            Response::parse(&text)
                .unwrap()
                .check_complete(memo, 3)
                .is_ok()
        );
        let cut = Response::parse(&incomplete(&text).unwrap()).unwrap();
        assert!(cut.check_complete(memo, 3).is_err());
    }
}
