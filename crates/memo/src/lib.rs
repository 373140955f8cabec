//! The memo: its text, markings, versions, content root and disclosure.
//!
//! In scope: reading and writing a memo ([`Memo`]), portions and their markings ([`marking`]),
//! the content root and what is disclosed under it ([`content`]), the plaintext of a sealed
//! version ([`Sealed`]), openings, versions and the authors' approvals ([`version`],
//! [`approval`]), and the comparison and merging of two texts ([`diff`], [`merge`]). Out of
//! scope: sealing itself (`demur-seal`), the record (`demur-record`), sign-ons (`demur-signon`).
//!
//! Everything here is pure: no I/O, no clock, no randomness of its own. Every input that may be
//! hostile is bounded by a constant named `MAX_…`. The formats are described in `docs/memo.md`.
//!
//! ```
//! use demur_memo::{Memo, content::{Content, Seed, Selection}, marking::Rules};
//!
//! let rules = Rules::new("state", "SBU", &["NODIS"], "refuse")?;
//! let text = "+++\ntitle = \"(U) The ferry\"\n+++\n\n(U) Why.\n\n(SBU) It carries four hundred.\n";
//! let memo = Memo::parse(text, &rules)?;
//! assert_eq!(memo.banner(), "SENSITIVE BUT UNCLASSIFIED");
//!
//! // In earnest the seed is 32 fresh random bytes for each version.
//! let content = Content::new(&memo, Seed::new([7; 32]));
//! let quote = content.disclose(&Selection::nothing().with_portion(2))?;
//! let shown = quote.open(content.root(), content.counts())?;
//! assert_eq!(shown.portions()[0].runs[0].to_string(), "[1 word hidden]");
//! assert_eq!(shown.portions()[1].text(), Some("It carries four hundred."));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod approval;
mod clean;
pub mod content;
pub mod diff;
mod head;
pub mod marking;
pub mod merge;
mod portion;
mod sealed;
mod text;
pub mod version;

pub use clean::{Uncleanable, clean};
pub use head::{Head, MAX_AUTHORS, MAX_POINTS, MAX_TO, Point};
pub use portion::{Kind, MAX_PORTIONS, Portion};
pub use sealed::{MAX_SEALED, Sealed, SealedError};
pub use text::{MAX_TEXT, MAX_WORDS, Memo, ParseError, Problem};
