//! What stands on the paper, in order: one function from what the bundle proves, so that nothing on it can differ from that.

use demur_check::{bundle::Verified, verdict::Verdict};
use demur_encoding::Time;
use demur_memo::{
    Kind,
    content::{Disclosed, Field, Label, Run},
};
use serde::{Deserialize, Serialize};

use crate::{Address, PaperError, Setting, list};

/// The pages' margins, in points.
pub(crate) const MARGIN: f32 = 72.0;

/// How far the banners are from the edges, in points.
pub(crate) const EDGE: f32 = 36.0;

/// The paper's content, not yet laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Composed {
    /// At the top and bottom of each page.
    pub(crate) banner: String,
    /// At the foot of each page, before its number.
    pub(crate) foot: String,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
    /// The paper's date: the checkpoint's.
    pub(crate) time: Time,
    /// Where the code points.
    pub(crate) record: Option<Address>,
}

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    pub(crate) style: Style,
    /// What stands at its left.
    pub(crate) label: Option<String>,
    pub(crate) text: String,
    /// What it is, for errors.
    pub(crate) place: String,
}

/// How a block looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Style {
    Institution,
    Title,
    /// A row of the table below the title.
    Fact,
    /// A line across the page.
    Rule,
    /// Of a section that has no heading in the memo.
    Section,
    Point,
    /// A row below a point.
    PointRow,
    /// A heading of the memo, of that level.
    Heading(u8),
    Body,
    Quote,
    /// An item of a list, or one within another.
    Item {
        first: bool,
        inner: bool,
    },
}

/// Upright or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Where the texts of a table begin, in points.
pub(crate) const COLUMN: f32 = 92.0;

impl Style {
    pub(crate) const fn weight(self) -> Weight {
        match self {
            Self::Title | Self::Section | Self::Point | Self::Heading(_) => Weight::Bold,
            _ => Weight::Regular,
        }
    }

    pub(crate) const fn label_weight(self) -> Weight {
        match self {
            Self::Fact | Self::PointRow => Weight::Bold,
            _ => Weight::Regular,
        }
    }

    /// In points.
    pub(crate) const fn size(self) -> f32 {
        match self {
            Self::Title => 15.0,
            Self::Institution => 11.0,
            Self::Section | Self::Heading(1) => 12.0,
            Self::Heading(2) => 11.0,
            Self::Fact => 9.0,
            _ => 10.5,
        }
    }

    /// Its label's, in points.
    pub(crate) const fn label_size(self) -> f32 {
        match self {
            Self::PointRow => 9.0,
            _ => self.size(),
        }
    }

    /// The space before, in points.
    pub(crate) const fn before(self) -> f32 {
        match self {
            Self::Institution => 0.0,
            Self::Title => 8.0,
            Self::Fact => 2.5,
            Self::PointRow => 4.0,
            Self::Point => 12.0,
            Self::Rule => 8.0,
            Self::Section => 12.0,
            Self::Heading(_) => 14.0,
            Self::Body | Self::Quote => 8.0,
            Self::Item { first, .. } => {
                if first {
                    8.0
                } else {
                    3.5
                }
            }
        }
    }

    /// Where its label begins, from the margin, in points.
    pub(crate) const fn label_at(self) -> f32 {
        match self {
            Self::Item { inner: true, .. } => 30.0,
            Self::Item { .. } => 10.0,
            _ => 0.0,
        }
    }

    /// Where its text begins, from the margin, in points.
    pub(crate) const fn text_at(self) -> f32 {
        match self {
            Self::Fact | Self::PointRow => COLUMN,
            Self::Item { inner: true, .. } => 50.0,
            Self::Item { .. } => 30.0,
            Self::Quote => 24.0,
            _ => 0.0,
        }
    }

    /// How far its lines end before the other margin, in points.
    pub(crate) const fn short(self) -> f32 {
        match self {
            Self::Quote => 24.0,
            _ => 0.0,
        }
    }

    /// Whether what follows stays on its page.
    pub(crate) const fn is_heading(self) -> bool {
        matches!(
            self,
            Self::Heading(_) | Self::Title | Self::Institution | Self::Section | Self::Point
        )
    }
}

pub(crate) fn memo(verified: &Verified, setting: &Setting) -> Result<Composed, PaperError> {
    let filed = verified.filed_version;
    let missing = PaperError::NotShown(filed);
    let version = verified.version(filed).ok_or_else(|| missing.clone())?;
    let shown = version.disclosed.as_ref().ok_or(missing)?;
    let title = title(shown);
    let mut blocks = vec![
        block(
            Style::Institution,
            "the institution",
            verified.institution.clone(),
        ),
        block(Style::Title, "the title", title.clone()),
    ];
    addressed(shown, &mut blocks);
    facts(verified, setting, &mut blocks);
    points(shown, &mut blocks);
    blocks.push(block(Style::Rule, "", String::new()));
    for portion in shown.portions() {
        let place = format!("paragraph {}", portion.number);
        let style = match portion.kind {
            Kind::Heading(level) => Style::Heading(level),
            Kind::Paragraph => Style::Body,
            Kind::Quote => Style::Quote,
            Kind::List => {
                let items = list::items(marking(portion.marking.as_deref()), &words(&portion.runs));
                blocks.extend(items.into_iter().enumerate().map(|(i, item)| Block {
                    style: Style::Item {
                        first: i == 0,
                        inner: item.inner,
                    },
                    label: item.sign,
                    text: item.text,
                    place: place.clone(),
                }));
                continue;
            }
        };
        let text = marked(portion.marking.as_deref(), &portion.runs);
        blocks.push(block(style, &place, text));
    }
    Ok(Composed {
        banner: banner(verified),
        foot: format!("Memo {}, version {filed}", verified.memo.short()),
        title,
        blocks,
        time: verified.as_of.time.time,
        record: setting.record.clone(),
    })
}

/// At the top and bottom of each page. A version with a hidden marking has no banner that could be computed.
pub(crate) fn banner(verified: &Verified) -> String {
    let banner = verified.banner(verified.filed_version);
    banner.unwrap_or_else(|| "MARKING HIDDEN".to_owned())
}

/// The memo's title with its marking.
pub(crate) fn title(shown: &Disclosed) -> String {
    let title = shown.head().iter().find(|f| f.label == Label::Title);
    title.map(field).unwrap_or_default()
}

/// To whom and when: the first rows of the table below the title. The authors' keys are in the bundle.
fn addressed(shown: &Disclosed, blocks: &mut Vec<Block>) {
    let to = { shown.head().iter() }.filter(|f| matches!(f.label, Label::To(_)));
    for (i, addressee) in to.enumerate() {
        blocks.push(row(if i == 0 { "To" } else { "" }, field(addressee)));
    }
    if let Some(date) = shown.head().iter().find(|f| f.label == Label::Date) {
        blocks.push(row("Date", field(date)));
    }
}

fn row(label: &str, text: String) -> Block {
    Block {
        style: Style::Fact,
        label: Some(label.to_owned()),
        place: format!("the row {label:?}"),
        text,
    }
}

/// Which version it is, and what the record says of it: the other rows.
pub(crate) fn facts(verified: &Verified, setting: &Setting, blocks: &mut Vec<Block>) {
    let mut row = |label: &str, text: String| blocks.push(row(label, text));
    let shown = { verified.version(verified.filed_version) }.and_then(|v| v.disclosed.as_ref());
    let verdict = Verdict::filed(verified);
    row("Memo", verified.memo.to_string());
    row("Version", verdict.version_words());
    if let Some(shown) = shown.filter(|shown| !shown.is_whole()) {
        let hidden: u32 = shown.hidden().iter().map(|span| span.words()).sum();
        let (all, number) = (shown.words(), verified.filed_version);
        let words = format!("{} of the {all} words of version {number}", all - hidden);
        row("Shown", words);
    }
    for (label, words) in verdict.facts() {
        row(label, words);
    }
    let mut record = format!("{}, of {} entries", verified.origin, verified.as_of.size);
    if let Some(address) = &setting.record {
        record.push_str(&format!("; this memo's page: {address}"));
    }
    row("Record", record);
}

/// The points of dissent, each with its three texts.
fn points(shown: &Disclosed, blocks: &mut Vec<Block>) {
    let mut last = 0;
    for point in shown.head() {
        let Label::Point(number, which) = point.label else {
            continue;
        };
        if last == 0 {
            blocks.push(block(Style::Rule, "", String::new()));
            blocks.push(block(Style::Section, "", "Points of dissent".to_owned()));
        }
        if number != last {
            blocks.push(block(Style::Point, "", format!("Point {number}")));
            last = number;
        }
        let which = which.to_string();
        let (first, rest) = which.split_at(which.len().min(1));
        blocks.push(Block {
            style: Style::PointRow,
            label: Some(first.to_uppercase() + rest),
            text: field(point),
            place: format!("point {number}, {which}"),
        });
    }
}

pub(crate) fn block(style: Style, place: &str, text: String) -> Block {
    Block {
        style,
        label: None,
        text,
        place: place.to_owned(),
    }
}

/// A text of the head; of those only title and points have markings.
pub(crate) fn field(field: &Field) -> String {
    match field.label {
        Label::Title | Label::Point(..) => marked(field.marking.as_deref(), &field.runs),
        _ => words(&field.runs),
    }
}

fn marked(mark: Option<&str>, runs: &[Run]) -> String {
    format!("{}{}", marking(mark), words(runs))
}

fn marking(marking: Option<&str>) -> String {
    match marking {
        None => "[marking hidden] ".to_owned(),
        Some("") => String::new(),
        Some(marking) => format!("({marking}) "),
    }
}

fn words(runs: &[Run]) -> String {
    let runs: Vec<String> = runs.iter().map(Run::to_string).collect();
    runs.join(" ")
}
