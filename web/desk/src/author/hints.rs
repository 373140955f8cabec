//! What an author should look at again before others read it.

use demur_memo::marking::{MarkingError, Rules};

/// Phrases that only few people would write: with a place behind them they name one.
const TELLING: [&str; 18] = [
    "my post",
    "our post",
    "my office",
    "my desk",
    "my section",
    "my division",
    "my team",
    "my bureau",
    "my tour",
    "my supervisor",
    "my predecessor",
    "when i was",
    "when i served",
    "i served",
    "i was posted",
    "i have worked",
    "as the only",
    "i am the",
];

/// How many characters of a paragraph are shown to find it again.
const QUOTED: usize = 48;

/// The shortest part of a name that is looked for.
const SHORTEST_NAME: usize = 3;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    /// Where: `Paragraph 3`, `The title`.
    pub(crate) place: String,
    /// What is the matter, and what to do.
    pub(crate) what: String,
    /// Whether the memo can't be registered so.
    pub(crate) refused: bool,
}

/// Looks through title, points and body. `name` is the author's own, where this device knows it.
pub(crate) fn hints(
    texts: &[(String, String)],
    body: &str,
    rules: &Rules,
    name: Option<&str>,
) -> Vec<Hint> {
    let mut hints = Vec::new();
    for (place, text) in texts {
        look(place, text, name, &mut hints);
    }
    for (i, block) in blocks(body).enumerate() {
        let place = format!("Paragraph {} (“{}”)", i + 1, start(block));
        // A heading's sign stands before its marking.
        let marked = block.trim_start_matches(['#', '>', ' ']);
        match rules.leading(marked) {
            Ok((_, rest)) if rest.len() == marked.len() => hints.push(Hint {
                place: place.clone(),
                what: "has no marking: it gets the lowest of the memo; better say which it has, for example (U)".to_owned(),
                refused: false,
            }),
            Ok(_) => {}
            Err(error) => hints.push(Hint {
                place: place.clone(),
                what: marking_text(&error),
                refused: true,
            }),
        }
        look(&place, block, name, &mut hints);
    }
    hints
}

fn marking_text(error: &MarkingError) -> String {
    error.to_string()
}

/// The body's blocks, as the parser divides it: by empty lines.
pub(super) fn blocks(body: &str) -> impl Iterator<Item = &str> {
    body.split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty())
}

fn start(block: &str) -> String {
    let mut start: String = block.chars().take(QUOTED).collect();
    if block.chars().count() > QUOTED {
        start.push('…');
    }
    start
}

fn look(place: &str, text: &str, name: Option<&str>, hints: &mut Vec<Hint>) {
    let lower = text.to_lowercase();
    let parts = name.into_iter().flat_map(str::split_whitespace);
    let own = parts
        .filter(|part| part.chars().count() >= SHORTEST_NAME)
        .find(|part| word_in(&lower, &part.to_lowercase()));
    if let Some(own) = own {
        hints.push(Hint {
            place: place.to_owned(),
            what: format!("has a part of your own name, “{own}”: readers would know who wrote it"),
            refused: false,
        });
    }
    for phrase in TELLING.iter().filter(|phrase| word_in(&lower, phrase)) {
        let what = match place_after(text, &lower, phrase) {
            Some(place) => format!(
                "says “{phrase} … {place}”: only few people could have written that; write it so that any member could have"
            ),
            None => format!("says “{phrase}”: make sure that it does not tell who you are"),
        };
        hints.push(Hint {
            place: place.to_owned(),
            what,
            refused: false,
        });
    }
}

/// Whether `words` stands in the text between other than letters.
fn word_in(lower: &str, words: &str) -> bool {
    places_of(lower, words).next().is_some()
}

/// Where `words` stands in the text between other than letters.
fn places_of<'t>(lower: &'t str, words: &'t str) -> impl Iterator<Item = usize> + 't {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let found = lower.match_indices(words);
    let alone = found.filter(move |(at, found)| {
        !letter(lower[..*at].chars().next_back())
            && !letter(lower[at + found.len()..].chars().next())
    });
    alone.map(|(at, _)| at)
}

/// A word with a capital letter that follows `in`, `at`, `to` or `from`, an article between or not, in the sentence of the phrase and behind it.
fn place_after(text: &str, lower: &str, phrase: &str) -> Option<String> {
    // Lower case may change a text's length: then the place is not looked for.
    if lower.len() != text.len() {
        return None;
    }
    places_of(lower, phrase).find_map(|at| {
        let sentence = text.get(at..)?.split(['.', ';', '!', '?']).next()?;
        let words: Vec<&str> = sentence.split_whitespace().collect();
        (1..words.len()).find_map(|n| {
            let is = |at: usize, list: &[&str]| {
                let word = words.get(at).map(|word| word.to_lowercase());
                word.is_some_and(|word| list.contains(&word.as_str()))
            };
            let article = is(n - 1, &["the", "our", "a", "an"]);
            let before = if article { n.checked_sub(2)? } else { n - 1 };
            let place = is(before, &["in", "at", "to", "from"])
                && words[n].chars().next().is_some_and(char::is_uppercase);
            place.then(|| {
                words[n]
                    .trim_matches(|c: char| !c.is_alphanumeric())
                    .to_owned()
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::new("state", "SBU", &[""; 0], "inherit-lowest").unwrap()
    }

    fn of(body: &str) -> Vec<String> {
        hints(&[], body, &rules(), Some("Ada Lovelace"))
            .into_iter()
            .map(|hint| hint.what)
            .collect()
    }

    #[test]
    fn what_tells_who_wrote_it_is_told() {
        assert_eq!(of("(U) The policy is wrong."), Vec::<String>::new());
        assert!(of("(U) At my post in Dacca nobody agrees.")[0].contains("my post … Dacca"));
        // The first one stands within a word, the second has an article before the place.
        let army = "(U) The army postal service, and my post at the Dacca mission.";
        assert!(of(army)[0].contains("my post … Dacca"), "{:?}", of(army));
        assert!(of("(U) My post is hard.")[0].contains("“my post”"));
        assert!(of("(U) As Lovelace said, it is wrong.")[0].contains("Lovelace"));
        // Within a word it is none.
        assert_eq!(of("(U) The adage, and army posts."), Vec::<String>::new());
    }

    #[test]
    fn markings_that_lack_or_go_too_far_are_told() {
        assert!(of("The policy is wrong.")[0].contains("no marking"));
        let above = hints(&[], "(S) It is wrong.", &rules(), None);
        assert!(above[0].refused, "{above:?}");
        assert_eq!(of("# (U) A heading\n\n(SBU) Text"), Vec::<String>::new());
    }
}
