//! `demur archive`: which of many memos a copy or a quotation is from.
//!
//! The archive lies in the home's folder `archive`: segments, each sealed to a key that was made for it, and that key, sealed under
//! the person's passphrase. Nothing lies there in clear.

use std::{fmt::Write as _, path::Path};

use demur_archive::{
    Archive, ArchiveError, CopyMatches, Document, MAX_SEGMENTS, Segment,
    words::{self, Told},
};
use demur_check::{bundle::HEADER, copy::CopyText};
use demur_client::keys::SealKey;
use demur_encoding::Digest;
use demur_paper::Form;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    believed::{Believed, beside},
    copies::{Copy, Noted, with_notes},
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
    out.result(
        words::added(&added, &archive),
        &json!({
            "added": added.new, "known": added.known, "versions": archive.len(), "memos": archive.memos(),
            "left_out": left_out,
        }),
    )?;
    match left_out {
        0 => Ok(()),
        n => Err(Failure::negative(format!(
            "{}, for the reasons above",
            words::left_out(n)
        ))),
    }
}

fn search(asked: &str, home: &Home, out: Out) -> Outcome {
    let found = load(home)?.search(asked).map_err(told)?;
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
    for note in words::search_notes(&found) {
        let _ = writeln!(text, "{note}");
    }
    out.result(text.trim_end(), &found)?;
    if found.hits.is_empty() {
        return Err(Failure::negative(words::NO_HIT));
    }
    Ok(())
}

fn find(args: &ArchiveMatchArgs, home: &Home, out: Out) -> Outcome {
    match (&args.quote, &args.copy) {
        (Some(quote), _) => {
            let found = load(home)?.match_quote(quote).map_err(told)?;
            say(&Told::from(&found), &found, &[], out)
        }
        (None, Some(copy)) => {
            let (found, notes) = match_copy(copy, home)?;
            say(&Told::from(&found), &found, &notes, out)
        }
        (None, None) => Err(Failure::input("give a copy, or --quote")),
    }
}

fn say(said: &Told, found: &impl Serialize, notes: &[String], out: Out) -> Outcome {
    let noted = Noted {
        verdict: found,
        notes,
    };
    out.result(with_notes(&said.to_string(), notes), &noted)?;
    said.short_of
        .map_or(Ok(()), |why| Err(Failure::negative(why)))
}

/// Which memos of the archive a copy is from, and what its file adds.
pub(crate) fn match_copy(copy: &Path, home: &Home) -> Outcome<(CopyMatches, Vec<String>)> {
    let (text, notes) = Copy::read(copy)?.undoubted()?;
    let text = CopyText::parse(text.as_bytes())
        .map_err(|e| Failure::input(format!("{}: {e}", copy.display())))?;
    Ok((load(home)?.match_copy(&text), notes))
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
        let documents = Document::of_verified(&verified);
        if documents.is_empty() {
            return Err(Failure::input(format!(
                "{}: the bundle shows no version whole; an archive takes whole texts",
                file.display()
            )));
        }
        return Ok(documents);
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let document = Document::of_file(&name, &bytes, args.memo.as_deref(), args.version);
    Ok(vec![document.map_err(|e| {
        Failure::input(format!("{}: {e}", file.display()))
    })?])
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

fn told(error: ArchiveError) -> Failure {
    Failure::input(error)
}
