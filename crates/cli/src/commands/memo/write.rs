//! Opening a memo, amending it, sharing it.

use demur_client::{
    author::{self, AuthorKeys, AuthorToken, OpenRequest, Readers, WriteOutcome},
    calls,
    link::Link,
};
use demur_encoding::Digest;
use demur_memo::Memo;
use demur_record::event::Event;
use serde_json::json;

use super::{draft, open};
use crate::{
    args::{AmendArgs, MemoRef, NewMemoArgs},
    desk::{Desk, from_call, prover},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// An author's key for a memo that somebody else opens.
pub(crate) fn key(home: &Home, out: Out) -> Outcome<AuthorToken> {
    home.create()?;
    let keys = AuthorKeys::generate(&mut sys::rng());
    let token = keys.token();
    home.change(|store| {
        store.offered.push(keys);
        Ok(())
    })?;
    out.result(&token, &json!({ "key": token.to_string() }))?;
    Ok(token)
}

/// Opens a memo and registers its first version; returns the link.
pub(crate) fn new(args: &NewMemoArgs, home: &Home, out: Out) -> Outcome<Link> {
    let mut desk = Desk::open(home, out)?;
    let memo = parse(&desk, &args.text)?;
    let co_authors: Vec<AuthorToken> = args
        .with
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|e| Failure::input(format!("--with: {e}")))
        })
        .collect::<Outcome<_>>()?;
    let authors = u32::try_from(co_authors.len() + 1).map_err(Failure::input)?;
    let threshold = args.threshold.unwrap_or(authors);
    let number = desk
        .mirror
        .usable_edition()
        .map(|known| u64::from(known.edition.number))
        .ok_or_else(|| Failure::negative("the record holds no edition yet that is old enough"))?;
    let edition = desk.edition(number)?;
    let mut identity = desk.keys.identity.clone().ok_or_else(|| {
        Failure::input("only a member can open a memo: demur identity new --code CODE")
    })?;
    let request = OpenRequest {
        edition: &edition,
        keys: AuthorKeys::generate(&mut sys::rng()),
        co_authors: &co_authors,
        threshold,
    };
    let (my, post) = author::open_memo(
        &mut identity,
        &desk.mirror,
        request,
        prover()?,
        &mut sys::rng(),
    )
    .map_err(Failure::input)?;
    let id = my.memo;
    desk.keys.identity = Some(identity);
    desk.keys.memos.insert(id, my);
    desk.save()?;
    let accepted = calls::open_memo(&post)
        .send(&desk.http)
        .map_err(from_call)?;
    let promised = desk
        .mirror
        .check_promise(
            &accepted.promise,
            &Event::Opening(post.event.clone()),
            post.salt,
            sys::now(),
        )
        .map_err(Failure::negative)?;
    if let Some(my) = desk.keys.memos.get_mut(&id)
        && let Some(opened) = &mut my.opened
    {
        opened.promise = Some(accepted.promise);
    }
    desk.save()?;
    send(&mut desk, id, None, None, memo, Readers::Same)?;
    let link = desk.keys.memos[&id].link(desk.http.base());
    out.result(
        format_args!(
            "memo {}, version 1; {threshold} of {authors} authors must agree to file\n\
             the record will commit to it by {}\nlink: {}",
            id.short(),
            promised.by,
            *link.reveal()
        ),
        &json!({ "memo": id, "version": 1, "link": *link.reveal(), "by": promised.by }),
    )?;
    Ok(link)
}

/// Registers a changed text as the next version.
pub(crate) fn amend(args: &AmendArgs, home: &Home, out: Out) -> Outcome<u32> {
    let mut desk = Desk::open(home, out)?;
    let (link, draft) = draft(&mut desk, &args.memo)?;
    desk.require_author(draft.memo)?;
    let memo = parse(&desk, &args.text)?;
    let latest = open(&desk, &link, &draft, None)?;
    let latest_number = latest.envelope.version();
    if let Some(base) = args.base
        && base != latest_number
    {
        return both(&desk, &link, &draft, base, &memo, args, out);
    }
    let readers = match desk.keys.readers.get(&draft.memo) {
        Some(readers) if readers.renew => Readers::NewLink,
        _ => Readers::Same,
    };
    let number = send(
        &mut desk,
        draft.memo,
        Some(&draft),
        Some(latest.envelope.text()),
        memo,
        readers,
    )?;
    let new_link = readers == Readers::NewLink;
    if new_link && let Some(readers) = desk.keys.readers.get_mut(&draft.memo) {
        readers.renew = false;
        desk.save()?;
    }
    let link = desk.keys.memos[&draft.memo].link(desk.http.base());
    let note = if new_link {
        format!(
            "\nthere is a new link; the old one ends with version {latest_number}: {}",
            *link.reveal()
        )
    } else {
        String::new()
    };
    out.result(
        format_args!("version {number} registered; those who signed version {latest_number} can re-affirm with `demur sign`{note}"),
        &json!({ "memo": draft.memo, "version": number, "new_link": new_link.then(|| link.reveal().to_string()) }),
    )?;
    Ok(number)
}

/// Two authors amended version `base`, and the other was first: show both, and merge if asked.
fn both(
    desk: &Desk,
    link: &Link,
    draft: &demur_client::reader::Draft,
    base: u32,
    mine: &Memo,
    args: &AmendArgs,
    out: Out,
) -> Outcome<u32> {
    let theirs = open(desk, link, draft, None)?;
    let number = theirs.envelope.version();
    let base_version = open(desk, link, draft, Some(base))?;
    let keys = draft.opening.authors.iter().map(|a| a.sign).collect();
    let mine = mine
        .clone()
        .with_authors(keys, draft.opening.threshold)
        .map_err(Failure::input)?;
    let merged = demur_memo::merge::merge(&base_version.memo, &mine, &theirs.memo);
    out.line(format_args!(
        "A co-author registered version {number} first. What it changed of version {base}:\n"
    ));
    out.line(super::show::diff_text(&demur_memo::diff::diff(
        &base_version.memo,
        &theirs.memo,
    )));
    out.line(format_args!("What yours changes of version {base}:\n"));
    out.line(super::show::diff_text(&demur_memo::diff::diff(
        &base_version.memo,
        &mine,
    )));
    let file = args.text.with_extension("merged.md");
    sys::write(&file, merged.text.as_bytes())?;
    let clean = merged.conflicts.is_empty();
    if clean && args.merge {
        let again = AmendArgs {
            text: file,
            base: Some(number),
            merge: false,
            memo: args.memo.clone(),
        };
        return amend(&again, &desk.home, out);
    }
    let advice = if clean {
        format!(
            "nothing was changed by both; look at it, then: demur memo amend … {} --base {number}",
            file.display()
        )
    } else {
        let what: Vec<&str> = merged.conflicts.iter().map(|c| c.what.as_str()).collect();
        format!(
            "changed by both: {}; choose between the marked lines in {}, then amend with --base {number}",
            what.join(", "),
            file.display()
        )
    };
    Err(Failure::input(format!(
        "version {number} is your co-author's, made from the same version {base}; nothing was registered: {advice}"
    )))
}

/// Writes and sends a version; a sibling by a co-author is an error that says what to do.
fn send(
    desk: &mut Desk,
    id: Digest,
    draft: Option<&demur_client::reader::Draft>,
    latest_text: Option<&str>,
    memo: Memo,
    readers: Readers,
) -> Outcome<u32> {
    let Desk { keys, mirror, .. } = desk;
    let my = keys
        .memos
        .get_mut(&id)
        .ok_or_else(|| Failure::input("this home is none of the memo's authors'"))?;
    let before = my.clone();
    let post = author::write_version(
        my,
        draft,
        latest_text,
        memo,
        readers,
        mirror,
        &mut sys::rng(),
    )
    .map_err(Failure::input)?;
    let number = post.event.body.number;
    desk.save()?;
    let answer = calls::version(&post).send(&desk.http);
    let Desk { keys, mirror, .. } = desk;
    let my = keys
        .memos
        .get_mut(&id)
        .ok_or_else(|| Failure::input("this home is none of the memo's authors'"))?;
    let outcome = author::read_outcome(my, number, answer, mirror, sys::now());
    if !matches!(outcome, Ok(WriteOutcome::Accepted { .. })) && my.reader != before.reader {
        // The new link belongs to a version that does not stand.
        my.reader = before.reader;
        my.earlier = before.earlier;
    }
    desk.save()?;
    match outcome.map_err(Failure::negative)? {
        WriteOutcome::Accepted { .. } => Ok(number),
        WriteOutcome::Sibling(sibling) => Err(Failure::input(format!(
            "a co-author registered version {} first; nothing was registered. See both and merge: \
             demur memo amend … --base {} [--merge]{}",
            sibling.number,
            sibling.number - 1,
            if sibling.same_link {
                ""
            } else {
                "; there is a new link: ask the co-author for it"
            }
        ))),
    }
}

/// Notes who gets the link; a removed reader is kept out from the next version on.
pub(crate) fn share(
    memo: &MemoRef,
    add: &[String],
    remove: &[String],
    home: &Home,
    out: Out,
) -> Outcome<Link> {
    let mut desk = Desk::open(home, out)?;
    let (_, draft) = draft(&mut desk, memo)?;
    desk.require_author(draft.memo)?;
    let link = desk.keys.memos[&draft.memo].link(desk.http.base());
    let readers = desk.keys.readers.entry(draft.memo).or_default();
    for name in remove {
        let at = readers
            .names
            .iter()
            .position(|n| n == name)
            .ok_or_else(|| {
                Failure::input(format!(
                    "{name}: not noted down as a reader; those are: {}",
                    readers.names.join(", ")
                ))
            })?;
        readers.names.remove(at);
        readers.renew = true;
    }
    for name in add {
        if !readers.names.contains(name) {
            readers.names.push(name.clone());
        }
    }
    let readers = readers.clone();
    desk.save()?;
    let renew = if readers.renew {
        "\nWith the next version (`demur memo amend`) there is a new link; give it to these readers. What the others have read\n\
         they have read."
    } else {
        ""
    };
    let names = if readers.names.is_empty() {
        "nobody noted down".to_owned()
    } else {
        readers.names.join(", ")
    };
    out.result(
        format_args!(
            "Whoever holds this link can read the memo, sign on, and pass it on:\n\n{}\n\nReaders: {names}{renew}",
            *link.reveal()
        ),
        &json!({ "link": *link.reveal(), "readers": readers.names, "new_link_with_next_version": readers.renew }),
    )?;
    Ok(link)
}

fn parse(desk: &Desk, file: &std::path::Path) -> Outcome<Memo> {
    let text = sys::read(file)?;
    Memo::parse_bytes(&text, &desk.rules()?)
        .map_err(|e| Failure::input(format!("{}: {e}", file.display())))
}
