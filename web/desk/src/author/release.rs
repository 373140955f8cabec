//! Making a bundle, and making it public together.

use std::{collections::BTreeMap, num::NonZeroUsize};

use askama::Template;
use demur_check::bundle::{Bundle, Trust, Verified, Work};
use demur_client::{author, link::Link, reader::Draft};
use demur_encoding::Digest;
use demur_memo::content::{
    Choice, ChoiceError, Content, Disclosure, Portion, Run, Selection, SelectionError,
};
use demur_record::policy::Policy;

use super::case::releases;
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    papers,
    platform::Platform,
    route,
    signing::sentence,
};

/// What is told where the version's number is none.
pub(super) const WHICH_VERSION: &str = "Of which version? Versions are numbered from 1.";

/// What a bundle shows of a memo.
pub(crate) struct Disclosed {
    pub(crate) bytes: usize,
    pub(crate) versions: Vec<DisclosedVersion>,
    /// Versions with a published fingerprint, where words are hidden: it confirms guesses at them.
    pub(crate) guessable: Vec<u32>,
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
    of: String,
    portions: String,
    hide: String,
    phrases: String,
    latest: u32,
    shown: Disclosed,
}

impl Disclosed {
    /// What a bundle of so many bytes shows; of fingerprints it knows nothing.
    pub(crate) fn new(verified: &Verified, bytes: usize) -> Self {
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
        Self {
            bytes,
            versions: versions.collect(),
            guessable: Vec::new(),
        }
    }
}

/// What is to be shown.
enum Wanted {
    /// Every version, whole.
    All,
    /// Of one version, what was ticked or listed, without what is blacked out.
    One(Chosen),
}

/// See [`Wanted::One`].
#[derive(Default)]
struct Chosen {
    /// Of which version: the latest, unless given.
    of: Option<u32>,
    /// The whole version, where nothing was chosen.
    show: Option<Choice>,
    hide: Option<Choice>,
    phrases: Vec<String>,
}

impl Wanted {
    fn of(form: &Form) -> Result<Self, Trouble> {
        let chosen = |show: Option<Choice>| {
            let hide = form.text("hide");
            let hide = (!hide.is_empty()).then(|| list("To be blacked out", hide));
            let lines = form.text("phrases").lines().map(str::trim);
            let of = match form.text("of") {
                "" => None,
                of => Some(of.parse().map_err(|_| Trouble::input(WHICH_VERSION))?),
            };
            Ok(Self::One(Chosen {
                of,
                show,
                hide: hide.transpose()?,
                phrases: lines.filter(|l| !l.is_empty()).map(str::to_owned).collect(),
            }))
        };
        match form.text("what") {
            "all" if form.text("hide").is_empty() && form.text("phrases").is_empty() => {
                Ok(Self::All)
            }
            "all" => Err(Trouble::input(
                "What is blacked out is blacked out in one version: it could be read in another. Choose one version.",
            )),
            "latest" => chosen(None),
            "portions" => {
                let items = [form.text("portions")].into_iter().chain(form.all("show"));
                let items: Vec<&str> = items.filter(|item| !item.is_empty()).collect();
                if items.is_empty() {
                    return Err(Trouble::input(
                        "Tick or list what is to be shown, for example 2,4.1-4.3,title.",
                    ));
                }
                chosen(Some(list("To be shown", &items.join(","))?))
            }
            _ => Err(Trouble::input("Choose what is to be shown.")),
        }
    }
}

impl Chosen {
    fn selection(&self, content: &Content) -> Result<Selection, SelectionError> {
        let mut selection = match &self.show {
            Some(choice) => Selection::nothing().showing(content, choice)?,
            None => Selection::whole(),
        };
        if let Some(choice) = &self.hide {
            selection = selection.hiding(content, choice)?;
        }
        for phrase in &self.phrases {
            selection = selection.hiding_phrase(content, phrase)?;
        }
        Ok(selection)
    }
}

/// A list such as `2,4.1-4.3,title`.
fn list(what: &str, text: &str) -> Result<Choice, Trouble> {
    text.parse()
        .map_err(|e: ChoiceError| Trouble::input(format!("{what}: {e}.")))
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
        let mut shown = Disclosed::new(&verified, bytes.len());
        if !shown.versions.iter().all(|version| version.whole) {
            let known = self.mirror()?.replay().memo(memo);
            let fingerprints = known.map_or(&[][..], |known| known.fingerprints());
            shown.guessable = fingerprints.iter().map(|(_, f)| f.of).collect();
        }
        Ok(shown)
    }

    /// A bundle of this device's copy of the record and what the link opens.
    async fn bundle(
        &self,
        link: &Link,
        draft: &Draft,
        wanted: &Wanted,
    ) -> Result<Vec<u8>, Trouble> {
        let disclosures = self.disclosures(link, draft, wanted).await?;
        self.bundle_with(draft.memo, disclosures)
    }

    /// What is wanted of the texts that the link opens.
    async fn disclosures(
        &self,
        link: &Link,
        draft: &Draft,
        wanted: &Wanted,
    ) -> Result<BTreeMap<u32, Disclosure>, Trouble> {
        if !draft.filed {
            return Err(Trouble::input(
                "The memo is not filed: a bundle proves what the record shows, and it shows nothing of a draft.",
            ));
        }
        let latest = draft.latest().map_or(0, |v| v.link.body.number);
        let everything = Chosen::default();
        let (versions, chosen) = match wanted {
            Wanted::All => (1..=latest, &everything),
            Wanted::One(chosen) => {
                let of = chosen.of.unwrap_or(latest);
                (of..=of, chosen)
            }
        };
        let mut disclosures = BTreeMap::new();
        for number in versions {
            let opened = self.version(link, draft, Some(number)).await?;
            let selection = chosen.selection(&opened.content);
            let disclosure = selection
                .and_then(|selection| opened.content.disclose(&selection))
                .map_err(|e| Trouble::input(sentence(&format!("version {number}: {e}"))))?;
            disclosures.insert(number, disclosure);
        }
        Ok(disclosures)
    }

    /// The paper of an own memo, or of the response to it.
    pub(crate) async fn author_paper(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let wanted = papers::Wanted::of(form)?;
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        let disclosures = self.disclosures(&link, &draft, &Wanted::All).await?;
        let response = match wanted.response {
            false => None,
            true => self.author_view(memo).await?.response_file,
        };
        self.own_paper(memo, disclosures, response, &wanted).await
    }

    /// Makes a bundle: to keep it, or to look at what it would make public.
    pub(crate) async fn release_look(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let wanted = Wanted::of(form)?;
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        let bundle = self.bundle(&link, &draft, &wanted).await?;
        if form.text("do") == "keep" {
            let name = format!("memo-{}.demur", memo.short());
            return Ok(Answer::file(name, "application/octet-stream", bundle));
        }
        let look = Look {
            id: memo.to_string(),
            what: form.text("what").to_owned(),
            of: form.text("of").to_owned(),
            portions: match &wanted {
                Wanted::One(Chosen {
                    show: Some(show), ..
                }) => show.to_string(),
                _ => String::new(),
            },
            hide: form.text("hide").to_owned(),
            phrases: form.text("phrases").to_owned(),
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
            let bundle = self.bundle(&link, &draft, &Wanted::of(form)?).await?;
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

    fn shown(form: &Form) -> Result<Option<String>, Trouble> {
        match Wanted::of(form)? {
            Wanted::All => Ok(None),
            Wanted::One(chosen) => Ok(chosen.show.map(|show| show.to_string())),
        }
    }

    #[test]
    fn ticks_and_a_list_are_one_choice() {
        let some = Form::new().with("what", "portions");
        let ticked = some.clone().with("show", "4.1").with("show", "title.1");
        let both = ticked.clone().with("portions", "1, 4-6");
        assert_eq!(shown(&ticked).unwrap().unwrap(), "4.1-4.1,title.1-title.1");
        assert_eq!(
            shown(&both).unwrap().unwrap(),
            "1,4-6,4.1-4.1,title.1-title.1"
        );
        assert!(shown(&some).is_err());
        for bad in ["0", "3-2", "a", "1,,2", "-1", "4.1-5.1"] {
            assert!(shown(&some.clone().with("portions", bad)).is_err(), "{bad}");
            assert!(shown(&ticked.clone().with("hide", bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_blacked_out_is_so_in_one_version_only() {
        let all = Form::new().with("what", "all");
        assert!(shown(&all).is_ok());
        assert!(shown(&all.clone().with("hide", "2:1-3")).is_err());
        assert!(shown(&all.with("phrases", "a name")).is_err());
    }
}
