//! What stands on the paper, in order: one function from what the bundle proves, so that nothing on it can differ from that.

use demur_check::bundle::{Verified, VersionInfo};
use demur_encoding::Time;
use demur_memo::{
    Kind,
    content::{Disclosed, Label, Run},
};

use crate::{PaperError, face::Weight};

/// The paper's content, not yet laid out.
pub(crate) struct Composed {
    /// At the top and bottom of each page.
    pub(crate) banner: String,
    /// At the foot of each page, before its number.
    pub(crate) foot: String,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
    /// The paper's date: the checkpoint's.
    pub(crate) time: Time,
}

/// A block of text.
pub(crate) struct Block {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// How a block looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Institution,
    Title,
    Fact,
    Heading,
    Body,
    Inset,
}

impl Style {
    pub(crate) const fn weight(self) -> Weight {
        match self {
            Self::Title | Self::Heading => Weight::Bold,
            _ => Weight::Regular,
        }
    }

    /// In points.
    pub(crate) const fn size(self) -> f32 {
        match self {
            Self::Title => 14.0,
            Self::Institution => 11.0,
            Self::Fact => 9.0,
            _ => 10.5,
        }
    }

    /// The space before, in points.
    pub(crate) const fn before(self) -> f32 {
        match self {
            Self::Institution => 0.0,
            Self::Title => 10.0,
            Self::Fact => 3.0,
            Self::Heading => 14.0,
            Self::Body | Self::Inset => 8.0,
        }
    }

    /// How far it is set in, in points.
    pub(crate) const fn inset(self) -> f32 {
        match self {
            Self::Inset => 24.0,
            _ => 0.0,
        }
    }

    /// Whether what follows stays on its page.
    pub(crate) const fn is_heading(self) -> bool {
        matches!(self, Self::Heading | Self::Title | Self::Institution)
    }
}

pub(crate) fn compose(verified: &Verified) -> Result<Composed, PaperError> {
    let filed = verified.filed_version;
    let missing = PaperError::NotShown(filed);
    let version = verified.version(filed).ok_or_else(|| missing.clone())?;
    let shown = version.disclosed.as_ref().ok_or(missing)?;
    let title = { shown.head().iter() }
        .find(|field| field.label == Label::Title)
        .map(|field| marked(field.marking.as_deref(), &field.runs))
        .unwrap_or_default();
    let mut blocks = vec![
        block(Style::Institution, verified.institution.clone()),
        block(Style::Title, title.clone()),
    ];
    blocks.extend(
        facts(verified, version)
            .into_iter()
            .map(|f| block(Style::Fact, f)),
    );
    head(shown, &mut blocks);
    for portion in shown.portions() {
        let style = match portion.kind {
            Kind::Heading(_) => Style::Heading,
            Kind::Paragraph => Style::Body,
            Kind::List | Kind::Quote => Style::Inset,
        };
        blocks.push(block(
            style,
            marked(portion.marking.as_deref(), &portion.runs),
        ));
    }
    // The highest of the banners is not computed here: a version with a hidden marking has none.
    let banner = verified
        .banner(filed)
        .unwrap_or_else(|| "MARKING HIDDEN".to_owned());
    Ok(Composed {
        banner,
        foot: format!("Memo {}, version {filed}", verified.memo.short()),
        title,
        blocks,
        time: verified.as_of.time.time,
    })
}

/// Version, dates, tally: what the record says of the text.
fn facts(verified: &Verified, version: &VersionInfo) -> Vec<String> {
    let tally = &version.tally;
    let mut signed = format!(
        "Signed by {} of {} members (edition {})",
        tally.signed, verified.edition.members, verified.edition.number
    );
    if tally.late > 0 {
        signed.push_str(&format!(", of these {} after filing", tally.late));
    }
    if tally.endorsed > 0 {
        signed.push_str(&format!("; endorsed by {}", tally.endorsed));
    }
    vec![
        format!("Memo {}", verified.memo),
        format!(
            "Version {} of {}, registered {}",
            version.number,
            verified.versions.len(),
            version.registered.time
        ),
        signed,
        format!(
            "As of {}, entry {} of the record {}",
            verified.as_of.time.time, verified.as_of.size, verified.origin
        ),
    ]
}

/// To whom, when, and the points; the authors' keys are in the bundle.
fn head(shown: &Disclosed, blocks: &mut Vec<Block>) {
    for field in shown.head() {
        let text = words(&field.runs);
        match field.label {
            Label::To(_) => blocks.push(block(Style::Body, format!("To: {text}"))),
            Label::Date => blocks.push(block(Style::Body, format!("Date: {text}"))),
            Label::Point(number, which) => {
                let which = which.to_string();
                let text = marked(field.marking.as_deref(), &field.runs);
                blocks.push(block(
                    Style::Inset,
                    format!("Point {number}, {which}: {text}"),
                ));
            }
            Label::Title | Label::Author(_) | Label::Threshold => {}
        }
    }
}

fn block(style: Style, text: String) -> Block {
    Block { text, style }
}

fn marked(marking: Option<&str>, runs: &[Run]) -> String {
    match marking {
        None => format!("[marking hidden] {}", words(runs)),
        Some("") => words(runs),
        Some(marking) => format!("({marking}) {}", words(runs)),
    }
}

fn words(runs: &[Run]) -> String {
    runs.iter()
        .map(Run::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}
