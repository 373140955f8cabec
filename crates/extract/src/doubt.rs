//! What speaks against taking a file's text for what it shows.

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_DOUBT_TEXT, MAX_DOUBTS};

/// One reason why what a file shows may differ from the text that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What was seen.
    pub kind: DoubtKind,
    /// Where, for example `page 2` or `footer`; empty where it concerns the whole file.
    pub place: String,
    /// The text concerned, at most [`MAX_DOUBT_TEXT`] characters; empty where it is not known.
    pub text: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident => $words:literal,)+) => {
        /// What was seen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum DoubtKind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl DoubtKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// For people: what was seen.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)+
                }
            }
        }
    };
}

kinds! {
    /// Text that is not shown at all.
    Hidden => "hidden text",
    /// Text in nearly the colour of its ground.
    Colour => "text in the colour of its ground",
    /// Text too small to be read.
    Tiny => "text too small to be read",
    /// Text that is struck out.
    Struck => "text that is struck out",
    /// Text that stands, or may stand, at another place than in the file's order.
    Moved => "text that may be shown at another place",
    /// Raised or lowered characters that have no sign of their own.
    Raised => "raised or lowered characters, read as if on the line",
    /// Letters that are shown as others than the file holds.
    Glyphs => "characters whose drawn shape can't be tied to the text",
    /// Fonts that come with the file, where the drawn shapes are not looked at.
    OwnFonts => "fonts of its own, which may draw other letters",
    /// A picture, which may show words.
    Picture => "a picture, which may show words",
    /// Something embedded that is not read.
    Embedded => "an embedded object that is not read",
    /// What a message says itself, where a document that is attached to it is the copy.
    Beside => "the message's own words beside the attached copy",
    /// A script, which may change the text.
    Script => "a script, which may change the text",
    /// A style that is not in the file, or that may hide, add or change text.
    Style => "styles that may hide, add or change text",
    /// A field whose text the program computes anew.
    Field => "a field that computes its text",
    /// Two texts for one place that differ.
    Contradiction => "two texts for one place that differ",
    /// A formula.
    Formula => "a formula, read as if on one line",
    /// Characters that turn the direction of writing.
    Direction => "signs that turn the direction of writing",
    /// More doubts than are listed.
    More => "more of the like",
}

/// Collects doubts: each once, and no more than [`MAX_DOUBTS`].
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    list: Vec<Doubt>,
    more: usize,
}

impl Doubts {
    pub(crate) fn add(&mut self, kind: DoubtKind, place: &str, text: &str) {
        let doubt = Doubt {
            kind,
            place: place.to_owned(),
            text: shortened(text),
        };
        if self.list.contains(&doubt) {
        } else if self.list.len() < MAX_DOUBTS {
            self.list.push(doubt);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn extend(&mut self, other: Vec<Doubt>) {
        for doubt in other {
            self.add(doubt.kind, &doubt.place, &doubt.text);
        }
    }

    pub(crate) fn finish(self) -> Vec<Doubt> {
        let mut list = self.list;
        if self.more > 0 {
            list.push(Doubt {
                kind: DoubtKind::More,
                place: String::new(),
                text: format!("{} more", self.more),
            });
        }
        list
    }
}

/// In one line and not too long.
fn shortened(text: &str) -> String {
    let mut out = String::new();
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(word);
        if out.len() > 4 * MAX_DOUBT_TEXT {
            break;
        }
    }
    let out: String = out.chars().filter(|c| !c.is_control()).collect();
    if out.chars().count() <= MAX_DOUBT_TEXT {
        return out;
    }
    let start: String = out.chars().take(MAX_DOUBT_TEXT - 3).collect();
    format!("{start}...")
}
