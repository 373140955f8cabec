//! `demur memo bundle`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use demur_check::bundle::{Bundle, RecordFiles};
use demur_client::{link::Link, reader::Draft};
use demur_encoding::Digest;
use demur_memo::content::{Choice, Content, Disclosed, Disclosure, Selection, SelectionError};
use serde_json::{Value, json};

use super::{draft, open};
use crate::{
    args::BundleArgs,
    desk::Desk,
    fail::{Failure, Outcome},
    home::Home,
    out::{Out, complain},
    sys,
};

/// Writes a bundle: every version whole, or the chosen versions and what was chosen of them.
pub(crate) fn bundle(args: &BundleArgs, home: &Home, out: Out) -> Outcome {
    let wanted = Wanted::parse(args)?;
    let mut desk = Desk::open(home, out)?;
    let (link, draft) = draft(&mut desk, &args.memo)?;
    if !draft.filed && !args.list && !args.dry_run {
        return Err(Failure::negative(
            "the memo is not filed: a bundle proves what the record shows, and it shows nothing of a draft",
        ));
    }
    let latest = draft.latest().map_or(0, |v| v.link.body.number);
    let versions = match &args.versions {
        Some(list) => numbers("--versions", list)?,
        // What is chosen is counted in the latest version, unless others are named.
        None if wanted.chooses() || args.list => BTreeSet::from([latest]),
        None => (1..=latest).collect(),
    };
    wanted.fits(&versions)?;
    let contents = contents(&desk, &link, &draft, versions)?;
    if args.list {
        return list(&contents, out);
    }
    let disclosures = wanted.disclosures(&contents)?;
    let shown = opened(&contents, &disclosures)?;
    let hidden: u32 = { shown.values() }
        .flat_map(Disclosed::hidden)
        .map(|span| span.words())
        .sum();
    if hidden > 0 {
        tell_fingerprints(&desk, draft.memo);
    }
    if args.dry_run {
        return dry_run(&shown, out);
    }
    // Clap asks for it.
    let file = { args.out.as_ref() }.ok_or_else(|| Failure::input("where to? give --out"))?;
    let bytes = build(&desk, draft.memo, disclosures)?;
    sys::write(file, &bytes)?;
    let words = match hidden {
        0 => String::new(),
        1 => "; 1 word of the versions in it is hidden".to_owned(),
        n => format!("; {n} words of the versions in it are hidden"),
    };
    out.result(
        format_args!(
            "{}: {} bytes{words}; anyone who has the channel's key can verify it: demur verify {}",
            file.display(),
            bytes.len(),
            file.display()
        ),
        &json!({ "file": file, "bytes": bytes.len(), "hidden": hidden }),
    )
}

/// The bundle that shows every version of a filed memo whole.
pub(super) fn whole(desk: &Desk, link: &Link, draft: &Draft) -> Outcome<Vec<u8>> {
    if !draft.filed {
        return Err(Failure::negative(
            "the memo is not filed: a paper says what the record shows, and it shows nothing of a draft",
        ));
    }
    let latest = draft.latest().map_or(0, |v| v.link.body.number);
    let disclosures = contents(desk, link, draft, 1..=latest)?
        .into_iter()
        .map(|(number, content)| Ok((number, content.disclose(&Selection::whole())?)));
    let disclosures = disclosures.collect::<Result<_, SelectionError>>();
    build(desk, draft.memo, disclosures.map_err(Failure::outside)?)
}

/// The texts of these versions, with their salts.
fn contents(
    desk: &Desk,
    link: &Link,
    draft: &Draft,
    versions: impl IntoIterator<Item = u32>,
) -> Outcome<BTreeMap<u32, Content>> {
    let open = |number| Ok((number, open(desk, link, draft, Some(number))?.content));
    versions.into_iter().map(open).collect()
}

fn build(desk: &Desk, memo: Digest, disclosures: BTreeMap<u32, Disclosure>) -> Outcome<Vec<u8>> {
    let record = record(desk)?;
    let map = desk.mirror.replay().state_map().map_err(Failure::outside)?;
    let bundle =
        Bundle::build(&record, memo, map.leaves(), disclosures).map_err(Failure::outside)?;
    bundle.to_bytes().map_err(Failure::outside)
}

/// What the command line asks for.
struct Wanted<'a> {
    show: Option<Choice>,
    redact: Option<Choice>,
    phrases: &'a [String],
}

impl<'a> Wanted<'a> {
    fn parse(args: &'a BundleArgs) -> Outcome<Self> {
        let choice = |what: &str, list: &Option<String>| {
            let parsed = list.as_deref().map(str::parse::<Choice>).transpose();
            parsed.map_err(|e| Failure::input(format!("{what}: {e}")))
        };
        Ok(Self {
            show: choice("--show", &args.show)?,
            redact: choice("--redact", &args.redact)?,
            phrases: &args.redact_words,
        })
    }

    const fn chooses(&self) -> bool {
        self.show.is_some() || self.redact.is_some() || !self.phrases.is_empty()
    }

    /// What is blacked out by its place in one version would stay readable in another.
    fn fits(&self, versions: &BTreeSet<u32>) -> Outcome {
        if self.redact.is_some() && versions.len() > 1 {
            return Err(Failure::input(
                "--redact counts in one version, and several are named: what it hides in one could be read in \
                 another; name one with --versions, or hide words with --redact-words",
            ));
        }
        Ok(())
    }

    fn disclosures(&self, contents: &BTreeMap<u32, Content>) -> Outcome<BTreeMap<u32, Disclosure>> {
        for phrase in self.phrases {
            let somewhere = contents
                .values()
                .any(|content| Selection::nothing().hiding_phrase(content, phrase).is_ok());
            if !somewhere {
                let error = SelectionError::Phrase(phrase.clone());
                return Err(Failure::input(format!("--redact-words: {error}")));
            }
        }
        let mut all = BTreeMap::new();
        for (number, content) in contents {
            let disclosure = self.selection(content).and_then(|s| content.disclose(&s));
            let named = |e| Failure::input(format!("version {number}: {e}"));
            all.insert(*number, disclosure.map_err(named)?);
        }
        Ok(all)
    }

    fn selection(&self, content: &Content) -> Result<Selection, SelectionError> {
        let mut selection = match &self.show {
            Some(choice) => Selection::nothing().showing(content, choice)?,
            None => Selection::whole(),
        };
        if let Some(choice) = &self.redact {
            selection = selection.hiding(content, choice)?;
        }
        for phrase in self.phrases {
            // It may stand in another version only.
            let hidden = selection.clone().hiding_phrase(content, phrase);
            selection = hidden.unwrap_or(selection);
        }
        Ok(selection)
    }
}

/// What a stranger will see: the disclosures opened as theirs are.
fn opened(
    contents: &BTreeMap<u32, Content>,
    disclosures: &BTreeMap<u32, Disclosure>,
) -> Outcome<BTreeMap<u32, Disclosed>> {
    let open = |(number, disclosure): (&u32, &Disclosure)| {
        let content = &contents[number];
        let opened = disclosure.open(content.root(), content.counts());
        Ok((*number, opened.map_err(Failure::outside)?))
    };
    disclosures.iter().map(open).collect()
}

/// What is hidden can be guessed, and a fingerprint says whether the guess is right.
fn tell_fingerprints(desk: &Desk, memo: Digest) {
    let known = desk.mirror.replay().memo(memo);
    let published = known.map_or(&[][..], |known| known.fingerprints());
    let numbers: Vec<String> = { published.iter() }
        .map(|(_, fingerprint)| fingerprint.of.to_string())
        .collect();
    if !numbers.is_empty() {
        complain(format_args!(
            "note: the record has a fingerprint of version {}: whoever guesses the words that are hidden can have the guess confirmed",
            numbers.join(", ")
        ));
    }
}

fn dry_run(shown: &BTreeMap<u32, Disclosed>, out: Out) -> Outcome {
    let mut text = String::from("nothing is written; a stranger would see this and no more:\n");
    let mut versions = Vec::new();
    for (number, disclosed) in shown {
        let hidden = disclosed.hidden();
        let words: u32 = hidden.iter().map(|span| span.words()).sum();
        let all = disclosed.words();
        let _ = write!(
            text,
            "\nversion {number}, {} of {all} words\n\n{disclosed}",
            all - words
        );
        let spans: Vec<Value> = { hidden.iter() }
            .map(|span| {
                json!({
                    "part": span.part.to_string(), "from": span.from, "to": span.to, "of": span.of,
                })
            })
            .collect();
        versions.push(json!({
            "version": number, "words": all, "shown": all - words, "hidden": spans,
            "text": disclosed.to_string(),
        }));
    }
    out.result(text.trim_end(), &json!({ "versions": versions }))
}

fn list(contents: &BTreeMap<u32, Content>, out: Out) -> Outcome {
    let mut text = String::new();
    let mut versions = Vec::new();
    for (number, content) in contents {
        let _ = writeln!(text, "version {number}");
        let outline = content.outline();
        for part in &outline {
            let marking = match part.marking.as_str() {
                "" => String::new(),
                marking => format!(" ({marking})"),
            };
            let kind = if part.kind == part.name {
                ""
            } else {
                &part.kind
            };
            let comma = if kind.is_empty() { "" } else { ", " };
            let (name, words) = (&part.name, part.words);
            let s = if words == 1 { "" } else { "s" };
            let _ = writeln!(text, "\n{name}{marking} {kind}{comma}{words} word{s}");
            for sentence in &part.sentences {
                let (name, from, to) = (&sentence.name, sentence.from, sentence.to);
                let _ = writeln!(text, "  {name}  {from}-{to}  {}", sentence.text);
            }
        }
        text.push('\n');
        versions.push(json!({ "version": number, "parts": outline }));
    }
    out.result(text.trim_end(), &json!({ "versions": versions }))
}

/// The record as this home's mirror has it, accepted by its policy.
fn record(desk: &Desk) -> Outcome<RecordFiles> {
    let state = desk.mirror.state();
    let mut history: BTreeMap<u64, Vec<u8>> = state
        .checkpoints
        .iter()
        .map(|(size, note)| (*size, note.clone().into_bytes()))
        .collect();
    let (_, note) = history
        .pop_last()
        .ok_or_else(|| Failure::negative("the mirror holds no checkpoint yet"))?;
    Ok(RecordFiles {
        note,
        history,
        entries: state.entries.iter().map(|bytes| bytes.0.clone()).collect(),
    })
}

/// `1,4-6` as numbers.
fn numbers(what: &str, list: &str) -> Outcome<BTreeSet<u32>> {
    const MOST: u32 = 10_000;
    let bad = || {
        Failure::input(format!(
            "{what} {list}: expected numbers and ranges such as 1,4-6"
        ))
    };
    let mut all = BTreeSet::new();
    for part in list.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from: u32 = from.trim().parse().map_err(|_| bad())?;
        let to: u32 = to.trim().parse().map_err(|_| bad())?;
        if from == 0 || to < from || to > MOST {
            return Err(bad());
        }
        all.extend(from..=to);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers() {
        assert_eq!(
            numbers("x", "1, 4-6")
                .unwrap()
                .into_iter()
                .collect::<Vec<_>>(),
            [1, 4, 5, 6]
        );
        for bad in ["", "0", "3-2", "a", "1,,2", "1-4000000000", "-1"] {
            assert!(numbers("x", bad).is_err(), "{bad}");
        }
    }
}
