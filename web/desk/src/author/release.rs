//! Making a bundle, and making it public together.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
};

use askama::Template;
use demur_check::bundle::{Bundle, RecordFiles, Trust, Work};
use demur_client::{author, link::Link, reader::Draft};
use demur_encoding::Digest;
use demur_memo::content::{Portion, Run, Selection};
use demur_record::policy::Policy;

use super::case::releases;
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    route,
    signing::sentence,
};

/// The highest number in a list of paragraphs.
const MAX_NUMBER: u32 = 10_000;

/// What a bundle shows of a memo.
pub(crate) struct Disclosed {
    pub(crate) bytes: usize,
    pub(crate) versions: Vec<DisclosedVersion>,
}

/// What it shows of one version.
pub(crate) struct DisclosedVersion {
    pub(crate) number: u32,
    pub(crate) whole: bool,
    pub(crate) signed: u64,
    /// Where, the marking, the words; what is hidden is said at its place.
    pub(crate) parts: Vec<DisclosedPart>,
}

/// A text of the head, or a paragraph.
pub(crate) struct DisclosedPart {
    pub(crate) place: String,
    pub(crate) runs: Vec<(bool, String)>,
}

#[derive(Template)]
#[template(path = "release_look.html")]
struct Look {
    id: String,
    what: String,
    portions: String,
    latest: u32,
    shown: Disclosed,
}

/// What is to be shown.
enum Choice {
    /// Every version, whole.
    All,
    /// The latest version, whole.
    Latest,
    /// Paragraphs of the latest version.
    Portions(BTreeSet<u32>),
}

impl Choice {
    fn of(form: &Form) -> Result<Self, Trouble> {
        match form.text("what") {
            "all" => Ok(Self::All),
            "latest" => Ok(Self::Latest),
            "portions" => numbers(form.text("portions")).map(Self::Portions),
            _ => Err(Trouble::input("Choose what is to be shown.")),
        }
    }
}

/// `1,4-6` as numbers.
fn numbers(list: &str) -> Result<BTreeSet<u32>, Trouble> {
    let bad = || {
        Trouble::input(
            "The paragraphs: numbers and ranges such as 1,4-6; they are counted in the latest version.",
        )
    };
    let mut all = BTreeSet::new();
    for part in list.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from: u32 = from.trim().parse().map_err(|_| bad())?;
        let to: u32 = to.trim().parse().map_err(|_| bad())?;
        if from == 0 || to < from || to > MAX_NUMBER {
            return Err(bad());
        }
        all.extend(from..=to);
    }
    Ok(all)
}

fn runs(runs: &[Run]) -> Vec<(bool, String)> {
    let run = |run: &Run| (matches!(run, Run::Hidden(_)), run.to_string());
    runs.iter().map(run).collect()
}

fn place(what: &str, marking: Option<&str>) -> String {
    match marking {
        Some("") => what.to_owned(),
        Some(marking) => format!("{what} ({marking})"),
        None => format!("{what} [marking hidden]"),
    }
}

impl<P: Platform> Desk<P> {
    /// What a bundle shows: verified as a stranger would, under this browser's trust policy.
    pub(super) fn disclosed(&self, memo: Digest, bytes: &[u8]) -> Result<Disclosed, Trouble> {
        let wrong = |e: demur_check::bundle::BundleError| {
            Trouble::other(format!("The bundle does not verify: {e}."))
        };
        let bundle = Bundle::parse(bytes).map_err(wrong)?;
        if bundle.memo() != memo {
            return Err(Trouble::other("The bundle is another memo's."));
        }
        let policy: Policy = self
            .mirror()?
            .policy_text()
            .parse()
            .map_err(Trouble::other)?;
        self.platform.progress("Checking the bundle", 0, 0);
        let work = Work {
            threads: NonZeroUsize::MIN,
            rng: &mut Self::rng(),
            progress: &|_, _| {},
        };
        let verified = bundle.verify(Trust::Policy(&policy), work).map_err(wrong)?;
        let versions = verified.versions.iter().filter_map(|version| {
            let shown = version.disclosed.as_ref()?;
            let head = shown.head().iter().map(|field| DisclosedPart {
                place: place(&field.label.to_string(), field.marking.as_deref()),
                runs: runs(&field.runs),
            });
            let body = shown
                .portions()
                .iter()
                .map(|portion: &Portion| DisclosedPart {
                    place: place(
                        &format!("Paragraph {}", portion.number),
                        portion.marking.as_deref(),
                    ),
                    runs: runs(&portion.runs),
                });
            Some(DisclosedVersion {
                number: version.number,
                whole: shown.is_whole(),
                signed: version.tally.signed,
                parts: head.chain(body).collect(),
            })
        });
        Ok(Disclosed {
            bytes: bytes.len(),
            versions: versions.collect(),
        })
    }

    /// A bundle of this device's copy of the record and what the link opens.
    async fn bundle(
        &self,
        link: &Link,
        draft: &Draft,
        choice: &Choice,
    ) -> Result<Vec<u8>, Trouble> {
        if !draft.filed {
            return Err(Trouble::input(
                "The memo is not filed: a bundle proves what the record shows, and it shows nothing of a draft.",
            ));
        }
        let latest = draft.latest().map_or(0, |v| v.link.body.number);
        let (versions, selection) = match choice {
            Choice::All => (1..=latest, Selection::whole()),
            Choice::Latest => (latest..=latest, Selection::whole()),
            Choice::Portions(chosen) => {
                let chosen = chosen.iter();
                let selection = chosen.fold(Selection::nothing(), |s, n| s.with_portion(*n));
                (latest..=latest, selection)
            }
        };
        let mut disclosures = BTreeMap::new();
        for number in versions {
            let opened = self.version(link, draft, Some(number)).await?;
            let disclosure = opened
                .content
                .disclose(&selection)
                .map_err(|e| Trouble::input(sentence(&format!("version {number}: {e}"))))?;
            disclosures.insert(number, disclosure);
        }
        let mirror = self.mirror()?;
        let state = mirror.state();
        let mut history: BTreeMap<u64, Vec<u8>> = { state.checkpoints.iter() }
            .map(|(size, note)| (*size, note.clone().into_bytes()))
            .collect();
        let (_, note) = history
            .pop_last()
            .ok_or_else(|| Trouble::other("This browser holds no checkpoint yet."))?;
        let record = RecordFiles {
            note,
            history,
            entries: state.entries.iter().map(|bytes| bytes.0.clone()).collect(),
        };
        let map = mirror.replay().state_map().map_err(Trouble::other)?;
        let bundle = Bundle::build(&record, draft.memo, map.leaves(), disclosures);
        bundle
            .map_err(Trouble::other)?
            .to_bytes()
            .map_err(Trouble::other)
    }

    /// Makes a bundle: to keep it, or to look at what it would make public.
    pub(crate) async fn release_look(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let choice = Choice::of(form)?;
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        let bundle = self.bundle(&link, &draft, &choice).await?;
        if form.text("do") == "keep" {
            let name = format!("memo-{}.demur", memo.short());
            return Ok(Answer::file(name, "application/octet-stream", bundle));
        }
        let look = Look {
            id: memo.to_string(),
            what: form.text("what").to_owned(),
            portions: form.text("portions").to_owned(),
            latest: draft.latest().map_or(0, |v| v.link.body.number),
            shown: self.disclosed(memo, &bundle)?,
        };
        Answer::part("release-look", &look)
    }

    /// Makes a bundle public, or agrees to a co-author's that was on the page.
    pub(crate) async fn release(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        if !form.ticked("sure") {
            return Err(Trouble::input(
                "Tick the box: what is made public can't be taken back.",
            ));
        }
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        let agree = form.text("agree");
        let post = if agree.is_empty() {
            let latest = draft.latest().map_or(0, |v| v.link.body.number);
            if form.text("latest").parse() != Ok(latest) {
                return Err(Trouble::input(format!(
                    "There is a version {latest} now: look again at what would be shown."
                )));
            }
            let bundle = self.bundle(&link, &draft, &Choice::of(form)?).await?;
            author::propose_release(self.require_author(memo)?, &draft, bundle)
                .map_err(|e| Trouble::input(sentence(&e.to_string())))?
        } else {
            self.agreed_to(&draft, releases, agree)?.1
        };
        let done = "Anyone can fetch the bundle. This can't be taken back.";
        self.approve(&draft, &post, "Released", done).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_paragraphs() {
        let list = numbers("1, 4-6").unwrap();
        assert_eq!(list.into_iter().collect::<Vec<_>>(), [1, 4, 5, 6]);
        for bad in ["", "0", "3-2", "a", "1,,2", "1-4000000000", "-1"] {
            assert!(numbers(bad).is_err(), "{bad}");
        }
    }
}
