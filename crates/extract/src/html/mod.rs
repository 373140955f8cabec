//! A web page, or the HTML part of a message (WHATWG HTML, the tokens by `html5gum`).
//!
//! There is no browser's tree and no layout here, but a list of what is known to leave the words as they stand: elements, attributes, properties of styles and
//! their values. What is not on it is a doubt, named; so is structure that a browser would rearrange. Where sheets speak of colours and sizes, all that an element's
//! text may have by any of them is looked at.

mod colour;
mod comment;
mod css;
mod element;
mod encoding;
mod gather;
mod hint;
mod known;
mod length;
mod look;
mod property;
mod select;
mod sheet;
mod symbol;
mod tree;

use std::ops::Range;

use html5gum::{DefaultEmitter, Error, Token, Tokenizer};

pub(crate) use self::{
    colour::{LEAST_CONTRAST, contrast},
    symbol::is_symbol_font,
};
use self::{encoding::decode, gather::Gathered, tree::Page};
use crate::{
    ExtractError, Extracted, Format, Label, Rule,
    doubt::{DoubtKind, Doubts},
    limits::MAX_TEXT,
    text::finish,
};

/// A page by itself; `told` is the charset that a message names.
pub(crate) fn read(bytes: &[u8], told: Option<&str>) -> Result<Extracted, ExtractError> {
    let mut doubts = Doubts::default();
    let mut rules = Vec::new();
    let (text, quoted) = shown(bytes, told, &mut doubts, &mut rules)?;
    let texts = vec![(Label::Only, text)];
    let mut extracted = finish(Format::Html, texts, doubts, rules, Vec::new())?;
    for reading in &mut extracted.readings {
        reading.quoted.clone_from(&quoted);
    }
    Ok(extracted)
}

/// The text that a page shows.
pub(crate) fn to_text(
    bytes: &[u8],
    told: Option<&str>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<String, ExtractError> {
    Ok(shown(bytes, told, doubts, rules)?.0)
}

/// The text that a page shows, and where its block quotations stand in it.
fn shown(
    bytes: &[u8],
    told: Option<&str>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<(String, Vec<Range<usize>>), ExtractError> {
    let text = decode(bytes, told, doubts, rules);
    rules.push(Rule::HtmlMarkup);
    let gathered = Gathered::of(&text, doubts);
    let mut page = Page::new(gathered, doubts, rules);
    for token in tokens(&text) {
        match token {
            Token::StartTag(tag) => page.start(&tag)?,
            Token::EndTag(tag) => page.end(&lossy(&tag.name)),
            Token::String(text) => page.text(&lossy(&text)),
            Token::Comment(text) => page.comment(&lossy(&text)),
            Token::Error(error) => page.mistake(*error),
            Token::Doctype(_) => {}
        }
        if page.length() > MAX_TEXT {
            return Err(ExtractError::Limit {
                what: "the text is too long",
                limit: MAX_TEXT,
            });
        }
    }
    Ok(page.finish())
}

/// A page's tokens, as if each were read in its place in a browser's tree.
fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(text, emitter).map(|token| {
        let Ok(token) = token;
        token
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Mistakes of syntax that programs mend in different ways.
const fn is_read_otherwise(error: Error) -> bool {
    matches!(
        error,
        Error::AbruptClosingOfEmptyComment
            | Error::CdataInHtmlContent
            | Error::DuplicateAttribute
            | Error::EofInComment
            | Error::EofInDoctype
            | Error::EofInScriptHtmlCommentLikeText
            | Error::EofInTag
            | Error::IncorrectlyClosedComment
            | Error::NestedComment
            | Error::NullCharacterReference
            | Error::UnexpectedCharacterInAttributeName
            | Error::UnexpectedNullCharacter
    )
}

/// What a mistake is called, and of which kind the doubt is.
fn mistake(error: Error, doubts: &mut Doubts) {
    if is_read_otherwise(error) {
        doubts.add(DoubtKind::Contradiction, "", error.as_str());
    }
}
