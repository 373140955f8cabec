//! `demur archive`: which of many memos a copy or a quotation is from.
//!
//! The archive lies in the home's folder `archive`: segments, each sealed to a key that was made for it, and that key, sealed under
//! the person's passphrase. Nothing lies there in clear.

use std::{fmt::Write as _, path::Path};

use demur_archive::{
    Archive, ArchiveError, CopyMatch, CopyMatches, Document, MAX_SEGMENTS, QuoteMatch,
    QuoteMatches, Segment,
};
use demur_check::{
    bundle::HEADER,
    copy::{Change, CopyText, Overall, ParagraphState},
    quote::QuoteState,
};
use demur_client::keys::SealKey;
use demur_encoding::Digest;
use demur_memo::{Memo, ParseError, marking::Rules};
use demur_paper::Form;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    believed::{Believed, beside},
    copies::Copy,
    verify::open,
};
use crate::{
    args::{ArchiveAddArgs, ArchiveCommand, ArchiveMatchArgs, Common, MemoRef},
    desk::Desk,
    fail::{Failure, Outcome},
    home::Home,
    out::{Out, complain},
    sys,
};

const KEY_FILE: &str = "archive/key.age";

/// The format of [`KEY_FILE`].
const KEY_FORMAT: u32 = 1;

/// How many changes of a match are shown.
const SHOWN_CHANGES: usize = 8;

/// What the archive is sealed to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveKey {
    v: u32,
    seal: SealKey,
}

pub(crate) fn run(command: &ArchiveCommand, home: &Home, common: &Common, out: Out) -> Outcome {
    match command {
        ArchiveCommand::Add(args) => add(args, home, common, out),
        ArchiveCommand::Search { words } => search(&words.join(" "), home, out),
        ArchiveCommand::Match(args) => find(args, home, out),
    }
}

fn add(args: &ArchiveAddArgs, home: &Home, common: &Common, out: Out) -> Outcome {
    if args.version.is_some() && args.files.len() > 1 {
        return Err(Failure::input("--version is one file's: give one file"));
    }
    let mut documents = Vec::new();
    for file in &args.files {
        documents.extend(read(file, args, common, out)?);
    }
    let left_out = if args.mine {
        mine(&mut documents, home, out)?
    } else {
        0
    };
    let (key, mut archive) = match opened(home)? {
        Some((key, archive)) => (Some(key), archive),
        None => (None, Archive::default()),
    };
    let added = archive.add(documents).map_err(told)?;
    let key = match key {
        Some(key) => key,
        None => new_key(home)?,
    };
    for at in &added.segments {
        let segment = &archive.segments()[*at];
        home.write_sealed(&segment_name(*at), &key, segment.as_bytes())?;
    }
    let known = match added.known {
        0 => String::new(),
        n => format!(", {n} known already"),
    };
    out.result(
        format_args!(
            "{} added{known}; the archive has {} of {}",
            versions(added.new),
            versions(archive.len()),
            count(archive.memos() as u64, "memo", "memos"),
        ),
        &json!({
            "added": added.new, "known": added.known, "versions": archive.len(), "memos": archive.memos(),
            "left_out": left_out,
        }),
    )?;
    match left_out {
        0 => Ok(()),
        n => Err(Failure::negative(format!(
            "{} of this home left out, for the reasons above",
            count(n as u64, "memo or version was", "memos or versions were")
        ))),
    }
}

fn search(words: &str, home: &Home, out: Out) -> Outcome {
    let found = load(home)?.search(words).map_err(told)?;
    let mut text = String::new();
    for hit in &found.hits {
        let numbers: Vec<String> = hit.versions.iter().map(u32::to_string).collect();
        let _ = writeln!(
            text,
            "{} (version {}), {}: {}\n    {}",
            hit.memo,
            numbers.join(", "),
            hit.place,
            hit.title,
            hit.text
        );
    }
    if found.memos > found.hits.len() {
        let more = found.memos - found.hits.len();
        let _ = writeln!(text, "and {more} more: give more words");
    }
    if !found.unknown.is_empty() {
        let _ = writeln!(text, "in no memo: {}", found.unknown.join(", "));
    }
    out.result(text.trim_end(), &found)?;
    if found.hits.is_empty() {
        return Err(Failure::negative("no memo of the archive has these words"));
    }
    Ok(())
}

fn find(args: &ArchiveMatchArgs, home: &Home, out: Out) -> Outcome {
    match (&args.quote, &args.copy) {
        (Some(quote), _) => {
            let found = load(home)?.match_quote(quote).map_err(told)?;
            out.result(quote_text(&found).trim_end(), &found)?;
            match found.matches.first() {
                None => Err(Failure::negative("no memo of the archive has this passage")),
                Some(first) if is_word_for_word(first) => Ok(()),
                Some(_) => Err(Failure::negative(
                    "no memo of the archive has this passage word for word",
                )),
            }
        }
        (None, Some(copy)) => {
            let found = match_copy(copy, home)?;
            out.result(copy_text(&found).trim_end(), &found)?;
            match found.matches.first() {
                None => Err(Failure::negative("no memo of the archive has this text")),
                Some(first) if agrees(first) => Ok(()),
                Some(_) => Err(Failure::negative(
                    "no memo of the archive has this text word for word",
                )),
            }
        }
        (None, None) => Err(Failure::input("give a copy, or --quote")),
    }
}

/// Which memos of the archive a copy is from.
pub(crate) fn match_copy(copy: &Path, home: &Home) -> Outcome<CopyMatches> {
    let text = Copy::read(copy)?.undoubted()?;
    let text = CopyText::parse(text.as_bytes())
        .map_err(|e| Failure::input(format!("{}: {e}", copy.display())))?;
    Ok(load(home)?.match_copy(&text))
}

/// The archive; an error where there is none.
fn load(home: &Home) -> Outcome<Archive> {
    let (_, archive) = opened(home)?.ok_or_else(|| {
        Failure::input(format!(
            "{}: no archive yet: demur archive add FILE",
            home.dir().display()
        ))
    })?;
    Ok(archive)
}

fn opened(home: &Home) -> Outcome<Option<(SealKey, Archive)>> {
    let Some(key) = home.read_locked::<ArchiveKey>(KEY_FILE)? else {
        return Ok(None);
    };
    if key.v != KEY_FORMAT {
        return Err(Failure::input(format!(
            "{}: format {}; this program knows {KEY_FORMAT}",
            home.path(KEY_FILE).display(),
            key.v
        )));
    }
    let mut segments = Vec::new();
    for at in 0..=MAX_SEGMENTS {
        let name = segment_name(at);
        let Some(bytes) = home.read_sealed(&name, &key.seal)? else {
            break;
        };
        let segment = Segment::parse(bytes);
        segments.push(
            segment.map_err(|e| Failure::input(format!("{}: {e}", home.path(&name).display())))?,
        );
    }
    // One that is missing must not hide those after it.
    let after =
        (segments.len() + 1..=MAX_SEGMENTS).find(|at| home.path(&segment_name(*at)).exists());
    if after.is_some() {
        return Err(Failure::input(format!(
            "{}: missing, though there are later ones: put it back, or remove the archive and add again",
            home.path(&segment_name(segments.len())).display()
        )));
    }
    let archive = Archive::new(segments).map_err(told)?;
    Ok(Some((key.seal, archive)))
}

fn new_key(home: &Home) -> Outcome<SealKey> {
    home.create()?;
    // One passphrase for all of a home: it must open the key store, if there is one.
    home.keys()?;
    let key = ArchiveKey {
        v: KEY_FORMAT,
        seal: SealKey::generate(&mut sys::rng()),
    };
    home.write_locked(KEY_FILE, &key)?;
    Ok(key.seal)
}

fn segment_name(at: usize) -> String {
    format!("archive/segment-{:04}.age", at + 1)
}

/// The documents of a file: a bundle's versions that it shows whole, or one memo.
fn read(file: &Path, args: &ArchiveAddArgs, common: &Common, out: Out) -> Outcome<Vec<Document>> {
    let bytes = sys::read(file)?;
    if bytes.starts_with(HEADER.as_bytes()) || Form::of(&bytes).is_some() {
        if args.memo.is_some() || args.version.is_some() {
            return Err(Failure::input(format!(
                "{}: a bundle says itself which memo it is: leave out --memo and --version",
                file.display()
            )));
        }
        let believed = Believed::find(args.key.as_deref(), common, &beside(file, 1))?;
        let (_, verified) = open(file, &believed, out)?;
        let texts = verified.texts();
        let banners = verified.banners();
        let banner = |at: usize| {
            let own = banners.get(at).filter(|_| banners.len() == texts.len());
            own.or(banners.last()).map_or("", String::as_str)
        };
        let memo = verified.memo.to_string();
        let documents: Vec<Document> = { texts.iter().cloned().enumerate() }
            .filter_map(|(at, text)| Document::of_bundle(&memo, text, banner(at)))
            .collect();
        if documents.is_empty() {
            return Err(Failure::input(format!(
                "{}: the bundle shows no version whole; an archive takes whole texts",
                file.display()
            )));
        }
        return Ok(documents);
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::input(format!("{}: not UTF-8 text (byte {at})", file.display()))
    })?;
    let memo = memo(&text).map_err(|e| Failure::input(format!("{}: {e}", file.display())))?;
    let (name, version) = named(file);
    Ok(vec![Document::of_memo(
        args.memo.as_deref().unwrap_or(&name),
        args.version.or(version).unwrap_or(1),
        &memo,
    )])
}

/// Every version that the links of this home open. How many can't be opened, each of which is told.
fn mine(documents: &mut Vec<Document>, home: &Home, out: Out) -> Outcome<usize> {
    let mut desk = Desk::open(home, out)?;
    let memos: Vec<Digest> = desk.keys.links.keys().copied().collect();
    let mut left_out = 0;
    let mut leave_out = |memo: &Digest, why: Failure| {
        if why.is_outside() {
            return Err(why);
        }
        left_out += 1;
        complain(format_args!("memo {}: left out: {why}", memo.short()));
        Ok(())
    };
    for memo in memos {
        let named = MemoRef {
            memo: memo.to_string(),
        };
        let (link, draft) = match super::memo::draft(&mut desk, &named) {
            Ok(found) => found,
            Err(why) => {
                leave_out(&memo, why)?;
                continue;
            }
        };
        for number in draft.versions.iter().map(|v| v.link.body.number) {
            match super::memo::open(&desk, &link, &draft, Some(number)) {
                Ok(opened) => {
                    let name = memo.to_string();
                    documents.push(Document::of_memo(&name, number, &opened.memo));
                }
                Err(why) => leave_out(&memo, why)?,
            }
        }
    }
    Ok(left_out)
}

/// A memo under the rules of either scheme and the highest ceiling: whether it was allowed is not asked here.
fn memo(text: &str) -> Result<Memo, ParseError> {
    let rules = |scheme, top| Rules::new(scheme, top, &[""; 0], "refuse");
    let mut first = None;
    for (scheme, top) in [("state", "TS"), ("cui", "CUI")] {
        let Ok(rules) = rules(scheme, top) else {
            continue;
        };
        match Memo::parse(text, &rules) {
            Ok(memo) => return Ok(memo),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or(ParseError {
        line: 1,
        problem: demur_memo::Problem::NoHead,
    }))
}

/// A memo's name and version by its file's name: `ferry.v2.md` is version 2 of `ferry`.
fn named(file: &Path) -> (String, Option<u32>) {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let version = stem.rsplit_once(".v").and_then(|(name, number)| {
        let version = number.parse().ok().filter(|n| *n > 0)?;
        (!name.is_empty()).then(|| (name.to_owned(), Some(version)))
    });
    version.unwrap_or_else(|| (stem.into_owned(), None))
}

fn copy_text(found: &CopyMatches) -> String {
    let mut text = String::new();
    for (found_in, n) in found.matches.iter().zip(1..) {
        let comparison = &found_in.comparison;
        let version = comparison.nearest.unwrap_or_default();
        let _ = writeln!(
            text,
            "{n}. {}, version {version}: {}",
            found_in.memo,
            said(comparison.overall)
        );
        about(
            &mut text,
            &found_in.title,
            found_in.proved,
            found_in.shared,
            found.looked_up,
        );
        for distance in comparison.distances.iter().filter(|d| d.found) {
            let _ = writeln!(
                text,
                "   version {}: {}, {}, {}",
                distance.version,
                count(distance.different, "word differs", "words differ"),
                count(distance.missing, "is missing", "are missing"),
                count(distance.slips, "slip of retyping", "slips of retyping")
            );
        }
        let mut changes = Vec::new();
        for paragraph in &comparison.paragraphs {
            match &paragraph.verdict {
                ParagraphState::Altered { changes: some }
                | ParagraphState::Slips { changes: some }
                | ParagraphState::Moved { changes: some } => {
                    changes.extend(
                        some.iter()
                            .map(|change| (paragraph.place.to_string(), change)),
                    );
                }
                _ => {}
            }
        }
        list(&mut text, &changes);
        for inserted in comparison.inserted.iter().take(SHOWN_CHANGES) {
            let _ = writeln!(text, "   only in the copy: {}", inserted.text);
        }
    }
    more(&mut text, found.more);
    text
}

fn quote_text(found: &QuoteMatches) -> String {
    let mut text = String::new();
    for (found_in, n) in found.matches.iter().zip(1..) {
        let verdict = &found_in.verdict;
        let said = match verdict.verdict {
            QuoteState::Verbatim => "verbatim",
            QuoteState::Slips => "word for word but for slips of retyping",
            _ => "altered",
        };
        let _ = writeln!(text, "{n}. {}: {said}", found_in.memo);
        about(
            &mut text,
            &found_in.title,
            found_in.proved,
            found_in.shared,
            found.looked_up,
        );
        for place in &verdict.places {
            let places: Vec<String> = place.places.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "   version {}: {}", place.version, places.join(", "));
        }
        let changes: Vec<(String, &Change)> = { verdict.changes.iter() }
            .map(|change| ("the passage".to_owned(), change))
            .collect();
        list(&mut text, &changes);
    }
    more(&mut text, found.more);
    text
}

fn about(text: &mut String, title: &str, proved: bool, shared: usize, looked_up: usize) {
    let from = if proved {
        "proved by a bundle"
    } else {
        "not proved by a bundle"
    };
    let _ = writeln!(
        text,
        "   {title} ({from}); shares {shared} of {looked_up} words and groups of words"
    );
}

fn list(text: &mut String, changes: &[(String, &Change)]) {
    for (place, change) in changes.iter().take(SHOWN_CHANGES) {
        let slip = if change.slips.is_empty() {
            ""
        } else {
            " (slip of retyping)"
        };
        let _ = writeln!(
            text,
            "   {place}: the memo has \"{}\", the copy \"{}\"{slip}",
            change.registered, change.copy
        );
    }
    if let Some(more) = changes.len().checked_sub(SHOWN_CHANGES).filter(|n| *n > 0) {
        let _ = writeln!(text, "   and {more} more changes");
    }
}

fn more(text: &mut String, more: usize) {
    if more > 0 {
        let _ = writeln!(
            text,
            "{more} more memos share as much and were not compared: give a longer passage"
        );
    }
}

const fn said(overall: Overall) -> &'static str {
    match overall {
        Overall::Identical => "IDENTICAL, word for word",
        Overall::LayoutOnly => "SAME WORDS; only the layout differs",
        Overall::Excerpt => "EXCERPT; every word of the copy stands so",
        Overall::Slips => "SLIPS of retyping; else its words",
        Overall::Incomplete => "INCOMPLETE; paragraphs between are left out",
        Overall::NamesAdded => "NAMES ADDED after its text",
        Overall::Mixed => "MIXED from several versions",
        Overall::NotComparable => "UNDECIDED; words of it stand where the text is hidden",
        _ => "ALTERED",
    }
}

/// As `demur check` decides its exit code.
const fn agrees(found: &CopyMatch) -> bool {
    found.comparison.overall.is_good()
}

fn is_word_for_word(found: &QuoteMatch) -> bool {
    found.verdict.verdict == QuoteState::Verbatim
}

fn versions(n: usize) -> String {
    count(n as u64, "version", "versions")
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn told(error: ArchiveError) -> Failure {
    Failure::input(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let of = |name: &str| named(Path::new(name));
        assert_eq!(of("x/ferry.v2.md"), ("ferry".to_owned(), Some(2)));
        assert_eq!(of("ferry.md"), ("ferry".to_owned(), None));
        assert_eq!(of("ferry.v0.md"), ("ferry.v0".to_owned(), None));
        assert_eq!(of("ferry.vague.md"), ("ferry.vague".to_owned(), None));
    }
}
