//! The archive: which of many memos a copy or a quotation is from. Nothing is sent.
//!
//! The question is answered by `demur-archive`, in the words of `demur archive`; what is added by hand is read in [`given`], and the whole lies
//! in this browser as [`shelf`] says.

mod given;
mod shelf;

use std::collections::BTreeSet;

use askama::Template;
use demur_archive::{
    ArchiveError, Document, Hit,
    words::{self, MatchTold, Told},
};
use demur_encoding::Digest;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    signing::sentence,
    texts,
};

/// How often memos are added again when other tabs change the archive at the same time.
const KEEP_TRIES: u32 = 8;

#[derive(Template)]
#[template(path = "archive.html")]
struct Page {
    /// How much it has; `None`: nothing.
    size: Option<String>,
    /// Why it can't be read.
    damaged: Option<String>,
    /// How many memos the links of this browser open.
    links: usize,
    /// The memo that an account has open, and its version.
    case: Option<(String, u32)>,
    log: String,
    told: Option<String>,
    left_out: Vec<String>,
}

#[derive(Template)]
#[template(path = "archive_found.html")]
struct Found {
    hits: Vec<HitLine>,
    notes: Vec<String>,
}

struct HitLine {
    memo: Name,
    versions: String,
    place: String,
    title: String,
    text: String,
}

#[derive(Template)]
#[template(path = "archive_match.html")]
struct Matched {
    headline: String,
    class: &'static str,
    matches: Vec<MatchLine>,
    more: Option<String>,
    /// What the copy's file adds.
    notes: Vec<String>,
}

struct MatchLine {
    number: usize,
    memo: Name,
    told: MatchTold,
}

/// A memo's name: one that is an identifier leads to its public page.
struct Name {
    text: String,
    identifier: bool,
}

impl Name {
    fn new(memo: &str) -> Self {
        Self {
            text: texts::plain(memo),
            identifier: memo.parse::<Digest>().is_ok(),
        }
    }
}

/// What came of adding.
struct Outcome {
    told: String,
    left_out: Vec<String>,
}

fn refused(error: &ArchiveError) -> Trouble {
    Trouble::input(sentence(&texts::plain(&error.to_string())))
}

fn hit_line(hit: &Hit) -> HitLine {
    let numbers: Vec<String> = hit.versions.iter().map(u32::to_string).collect();
    HitLine {
        memo: Name::new(&hit.memo),
        versions: numbers.join(", "),
        place: hit.place.to_string(),
        title: texts::plain(&hit.title),
        text: texts::plain(&hit.text),
    }
}

/// A match as the page shows it: what somebody else wrote in it is made plain.
fn match_line((mut told, number): (MatchTold, usize)) -> MatchLine {
    told.about = texts::plain(&told.about);
    for change in &mut told.changes {
        change.registered = texts::plain(&change.registered);
        change.copy = texts::plain(&change.copy);
    }
    for inserted in &mut told.inserted {
        *inserted = texts::plain(inserted);
    }
    MatchLine {
        number,
        memo: Name::new(&told.memo),
        told,
    }
}

fn matched(told: Told, notes: &[String]) -> Result<Answer, Trouble> {
    // Of a text that nothing proved, this browser knows only that somebody added it.
    let (class, headline) = match (told.short_of, told.matches.first()) {
        (None, Some(first)) if first.proved => ("success", "Found, word for word.".to_owned()),
        (None, _) => (
            "warning",
            "Found, word for word, in a text that no bundle has proved.".to_owned(),
        ),
        (Some(short), Some(_)) => ("warning", sentence(short)),
        (Some(short), None) => ("problem", sentence(short)),
    };
    let page = Matched {
        headline,
        class,
        more: told.more,
        notes: notes.iter().map(|note| texts::plain(note)).collect(),
        matches: told.matches.into_iter().zip(1..).map(match_line).collect(),
    };
    Answer::part("found", &page)
}

fn contended() -> Trouble {
    Trouble::other("Another tab keeps changing the archive, and nothing was done here: try again.")
}

/// Why one memo is left out; an error where nothing else can be tried either.
fn why(trouble: Trouble) -> Result<String, Trouble> {
    match trouble {
        Trouble::Told(why) => Ok(why),
        other => Err(other),
    }
}

impl<P: Platform> Desk<P> {
    /// What is in the archive, and all that can be done with it.
    pub(crate) async fn archive_page(&mut self, told: Option<String>) -> Result<Answer, Trouble> {
        let left_out = Vec::new();
        let told = told.unwrap_or_default();
        self.archive_told(Outcome { told, left_out }).await
    }

    async fn archive_told(&mut self, outcome: Outcome) -> Result<Answer, Trouble> {
        let open = self.opened()?;
        let (size, damaged) = match shelf::size(open, &self.platform).await {
            Ok(size) => (size, None),
            Err(trouble) => (None, Some(why(trouble)?)),
        };
        let policy: demur_record::policy::Policy =
            self.site.policy.parse().map_err(Trouble::other)?;
        let page = Page {
            size,
            damaged,
            links: self.linked()?.len(),
            case: { self.bench.text_at_hand() }.map(|(memo, version, _)| (memo.short(), version)),
            log: { policy.logs().first() }.map_or_else(String::new, |log| log.key.to_string()),
            told: Some(outcome.told).filter(|told| !told.is_empty()),
            left_out: outcome
                .left_out
                .iter()
                .map(|line| texts::plain(line))
                .collect(),
        };
        Ok(Answer::page("Archive", &page)?.at("/desk/archive"))
    }

    /// The memos to which this browser has a link.
    fn linked(&self) -> Result<Vec<Digest>, Trouble> {
        let keys = &self.opened()?.keys;
        let linked = |memo: &Digest| keys.link(*memo, &self.site.api).is_some();
        let mut memos = keys.known_memos();
        memos.retain(linked);
        Ok(memos)
    }

    /// Adds files: bundles, and memos' texts.
    pub(crate) async fn archive_add(&mut self, form: &Form) -> Result<Answer, Trouble> {
        self.opened()?;
        let documents = self.documents(form)?;
        let told = self.add(documents).await?;
        let left_out = Vec::new();
        self.archive_told(Outcome { told, left_out }).await
    }

    /// Adds every version that the links of this browser open, each fetched, opened and held against what its author signed.
    pub(crate) async fn archive_mine(&mut self) -> Result<Answer, Trouble> {
        // An answer that does not come is told before anything is left out.
        self.sync().await?;
        let mut documents = Vec::new();
        let mut left_out = Vec::new();
        for memo in self.linked()? {
            let link = self.known_link(memo)?;
            let draft = match self.draft(&link).await {
                Ok(draft) => draft,
                Err(trouble) => {
                    left_out.push(format!("Memo {}: {}", memo.short(), why(trouble)?));
                    continue;
                }
            };
            for number in draft.versions.iter().map(|v| v.link.body.number) {
                match self.version(&link, &draft, Some(number)).await {
                    Ok(opened) => {
                        let name = memo.to_string();
                        documents.push(Document::of_memo(&name, number, &opened.memo));
                    }
                    Err(trouble) => left_out.push(format!(
                        "Memo {}, version {number}: {}",
                        memo.short(),
                        why(trouble)?
                    )),
                }
            }
        }
        let mut told = self.add(documents).await?;
        if !left_out.is_empty() {
            told = format!(
                "{told} {}, for these reasons:",
                words::left_out(left_out.len())
            );
        }
        self.archive_told(Outcome { told, left_out }).await
    }

    /// Adds the text that a steward or a principal has open: it was opened, which the authors see, and is opened no second time for this.
    pub(crate) async fn archive_case(&mut self) -> Result<Answer, Trouble> {
        self.opened()?;
        let (memo, version, text) = { self.bench.text_at_hand() }
            .ok_or_else(|| Trouble::input("Open the memo first, on your account's pages."))?;
        let document = Document::of_memo(&memo.to_string(), version, text);
        let told = self.add(vec![document]).await?;
        self.archive_page(Some(told)).await
    }

    /// Adds these, and keeps the archive; what another tab has added meanwhile stays.
    async fn add(&self, documents: Vec<Document>) -> Result<String, Trouble> {
        for _ in 0..KEEP_TRIES {
            let open = self.opened()?;
            self.platform.progress("Opening the archive", 0, 0);
            let mut shelf = shelf::read(open, &self.platform).await?;
            self.platform.progress("Adding to the archive", 0, 0);
            let added = { shelf.archive.add(documents.clone()) }.map_err(|e| refused(&e))?;
            let told = sentence(&words::added(&added, &shelf.archive));
            let size = words::size(&shelf.archive);
            let nothing = added.segments == BTreeSet::new();
            if nothing || { shelf.keep(open, &self.platform, &added.segments, size) }.await? {
                return Ok(told);
            }
        }
        Err(contended())
    }

    /// Which memos have these words.
    pub(crate) async fn archive_search(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let asked = form.need("words", "The words")?;
        let found = self.shelf().await?.search(asked).map_err(|e| refused(&e))?;
        let mut notes = words::search_notes(&found);
        if found.hits.is_empty() {
            notes.insert(0, words::NO_HIT.to_owned());
        }
        let page = Found {
            hits: found.hits.iter().map(hit_line).collect(),
            notes: notes
                .iter()
                .map(|note| sentence(&texts::plain(note)))
                .collect(),
        };
        Answer::part("found", &page)
    }

    /// Which memo, and which version, a copy or a quotation is from.
    pub(crate) async fn archive_match(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let quote = form.text("quote");
        let asked = !form.text("text").is_empty() || form.files("copy").next().is_some();
        if asked && !quote.is_empty() {
            return Err(Trouble::input(
                "A copy and a quotation were given: ask about one at a time.",
            ));
        }
        let mut notes = Vec::new();
        let told = match (self.asked_copy(form).await?, quote) {
            (Some((copy, told)), _) => {
                notes = told;
                Told::from(&self.shelf().await?.match_copy(&copy))
            }
            (None, "") => return Err(Trouble::input("Give a copy, or a quotation.")),
            (None, quote) => {
                let found = self.shelf().await?.match_quote(quote);
                Told::from(&found.map_err(|e| refused(&e))?)
            }
        };
        matched(told, &notes)
    }

    /// Takes the whole archive from this browser.
    pub(crate) async fn archive_remove(&mut self, form: &Form) -> Result<Answer, Trouble> {
        if !form.ticked("sure") {
            return Err(Trouble::input(
                "Tick the box: what the archive holds is gone from this browser then.",
            ));
        }
        for _ in 0..KEEP_TRIES {
            if shelf::remove(self.opened()?, &self.platform).await? {
                let told = "The archive is removed from this browser.".to_owned();
                return self.archive_page(Some(told)).await;
            }
        }
        Err(contended())
    }
}
