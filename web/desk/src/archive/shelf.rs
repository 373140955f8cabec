//! The archive in this browser's storage.
//!
//! `archive` is a list, sealed to the key store's own key: which segments there are, and the key that they are sealed to. A segment lies by
//! itself, under a name that has the generation of the list and the segment's hash, and is never written over. So a change
//! writes the segments that it made anew, then the list, in one step and only if no other tab has written it since; and whatever
//! is interrupted, the list that is there names segments that are there.

use std::collections::BTreeSet;

use demur_archive::{Archive, Segment};
use demur_client::keys::{self, SealKey};
use demur_encoding::{Bytes, json, sha256};
use serde::{Deserialize, Serialize};

use crate::{answer::Trouble, desk::Desk, platform::Platform, store::Open};

/// The list's name.
const LIST: &str = "archive";

/// How a segment's name begins.
const SEGMENT: &str = "archive-";

/// How many hexadecimal digits of its SHA-256 a segment's name has.
const HASH: usize = 32;

/// The format of the list.
const FORMAT: u32 = 1;

/// The most segments that a browser's archive may have: each takes texts of 6 MiB, and all of them are in the module's memory at once.
pub(super) const MAX_SEGMENTS_HERE: usize = 16;

/// How often the archive is read anew because another tab changed it meanwhile.
const READ_TRIES: u32 = 5;

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    v: u32,
    /// How often it was written.
    generation: u64,
    /// What the segments are sealed to.
    key: SealKey,
    /// Their names, in order.
    segments: Vec<String>,
    /// How much they hold, so that it can be said without opening them.
    size: String,
}

impl List {
    fn new() -> Self {
        Self {
            v: FORMAT,
            generation: 0,
            key: SealKey::generate(&mut rng()),
            segments: Vec::new(),
            size: String::new(),
        }
    }
}

/// The archive, and what it lay in.
pub(super) struct Shelf {
    list: List,
    /// The list as it was on the disk.
    kept: Option<Vec<u8>>,
    pub(super) archive: Archive,
}

fn rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
    rand_core::UnwrapErr(getrandom::SysRng)
}

fn damaged(what: impl std::fmt::Display) -> Trouble {
    Trouble::other(format!(
        "The archive that this browser keeps can't be read ({what}). Remove it below, and add the memos again."
    ))
}

fn list(open: &Open, sealed: &[u8]) -> Result<List, Trouble> {
    let plain = open
        .unseal(sealed.to_vec())
        .ok_or_else(|| damaged("it was sealed by another key store"))?;
    let list: List = json::from_slice(&plain).map_err(damaged)?;
    if list.v != FORMAT {
        return Err(damaged(format_args!(
            "format {}; this page knows {FORMAT}",
            list.v
        )));
    }
    Ok(list)
}

/// How much the archive has; `None` where there is none, or nothing in it.
pub(super) async fn size(open: &Open, platform: &impl Platform) -> Result<Option<String>, Trouble> {
    let Some(sealed) = platform.load(LIST).await? else {
        return Ok(None);
    };
    let list = list(open, &sealed)?;
    Ok(Some(list.size).filter(|_| !list.segments.is_empty()))
}

/// Opens the archive; an empty one where there is none.
pub(super) async fn read(open: &Open, platform: &impl Platform) -> Result<Shelf, Trouble> {
    let mut before: Option<Vec<u8>> = None;
    for _ in 0..READ_TRIES {
        let Some(sealed) = platform.load(LIST).await? else {
            return Ok(Shelf {
                list: List::new(),
                kept: None,
                archive: Archive::default(),
            });
        };
        let list = list(open, &sealed)?;
        if let Some(archive) = segments(&list, platform).await? {
            return Ok(Shelf {
                list,
                kept: Some(sealed),
                archive,
            });
        }
        // Another tab may have written other segments in place of these, and the list with them.
        if before.as_ref() == Some(&sealed) {
            return Err(damaged("a part of it is missing"));
        }
        before = Some(sealed);
    }
    Err(Trouble::other(
        "Another tab keeps changing the archive: try again.",
    ))
}

/// The archive of a list's segments; `None` where one is not there.
async fn segments(list: &List, platform: &impl Platform) -> Result<Option<Archive>, Trouble> {
    if list.segments.len() > MAX_SEGMENTS_HERE {
        return Err(damaged("too many parts"));
    }
    let mut segments = Vec::new();
    for name in &list.segments {
        let Some(sealed) = platform.load(name).await? else {
            return Ok(None);
        };
        if !name.ends_with(&hash(&sealed)) {
            return Err(damaged("a part of it was changed"));
        }
        let plain = list.key.open(&Bytes(sealed)).map_err(damaged)?;
        segments.push(Segment::parse(plain).map_err(damaged)?);
    }
    Archive::new(segments).map(Some).map_err(damaged)
}

fn hash(sealed: &[u8]) -> String {
    let mut text = sha256(sealed).to_string();
    text.truncate(HASH);
    text
}

/// The generation in a segment's name.
fn generation(name: &str) -> Option<u64> {
    name.strip_prefix(SEGMENT)?.split_once('-')?.0.parse().ok()
}

impl Shelf {
    /// Keeps the archive, of which these segments are new or have changed; `size` says how much it has. Whether it was kept: not if another tab has
    /// changed it since.
    pub(super) async fn keep(
        &self,
        open: &Open,
        platform: &impl Platform,
        changed: &BTreeSet<usize>,
        size: String,
    ) -> Result<bool, Trouble> {
        if self.archive.segments().len() > MAX_SEGMENTS_HERE {
            return Err(Trouble::input(format!(
                "The archive would have more than {MAX_SEGMENTS_HERE} parts, which is all that a browser holds at once. Nothing was added; the program takes more: \
                 demur archive add"
            )));
        }
        let mut list = self.list.clone();
        list.generation += 1;
        list.size = size;
        let mut written = Vec::new();
        let kept = self
            .write(open, platform, changed, &mut list, &mut written)
            .await;
        match kept {
            Ok(true) => sweep(platform, &list).await?,
            // What nothing names.
            _ => {
                for name in written {
                    platform.remove(&name).await?;
                }
            }
        }
        kept
    }

    async fn write(
        &self,
        open: &Open,
        platform: &impl Platform,
        changed: &BTreeSet<usize>,
        list: &mut List,
        written: &mut Vec<String>,
    ) -> Result<bool, Trouble> {
        for at in changed {
            let plain = self.archive.segments()[*at].as_bytes();
            let sealed = keys::seal(plain, &[&list.key.recipient()]).map_err(Trouble::other)?;
            let name = format!("{SEGMENT}{}-{}", list.generation, hash(&sealed.0));
            written.push(name.clone());
            platform.save(&name, &sealed.0).await?;
            match list.segments.get_mut(*at) {
                Some(before) => *before = name,
                None => list.segments.push(name),
            }
        }
        swap(open, platform, list, self.kept.as_deref()).await
    }
}

async fn swap(
    open: &Open,
    platform: &impl Platform,
    list: &List,
    before: Option<&[u8]>,
) -> Result<bool, Trouble> {
    let plain = zeroize::Zeroizing::new(json::to_vec(list).map_err(Trouble::other)?);
    let sealed = open.seal(&plain)?;
    Ok(platform.swap(LIST, before, &sealed).await?)
}

/// Removes the segments that the list does not name. Those of a later generation are another tab's that is about to write its list; those of
/// this one and of earlier ones can come into no list any more.
async fn sweep(platform: &impl Platform, list: &List) -> Result<(), Trouble> {
    for name in platform.names().await? {
        let old = generation(&name).is_some_and(|generation| generation <= list.generation);
        if old && !list.segments.contains(&name) {
            platform.remove(&name).await?;
        }
    }
    Ok(())
}

/// Forgets all of it. Whether that was done: not if another tab has changed it meanwhile.
pub(super) async fn remove(open: &Open, platform: &impl Platform) -> Result<bool, Trouble> {
    let Some(sealed) = platform.load(LIST).await? else {
        return Ok(true);
    };
    let Ok(before) = list(open, &sealed) else {
        // Nobody can open it any more.
        platform.remove(LIST).await?;
        for name in platform.names().await? {
            if generation(&name).is_some() {
                platform.remove(&name).await?;
            }
        }
        return Ok(true);
    };
    let empty = List {
        generation: before.generation + 1,
        ..List::new()
    };
    if !swap(open, platform, &empty, Some(&sealed)).await? {
        return Ok(false);
    }
    sweep(platform, &empty).await?;
    Ok(true)
}

impl<P: Platform> Desk<P> {
    /// The archive, which must have something.
    pub(super) async fn shelf(&self) -> Result<Archive, Trouble> {
        let open = self.opened()?;
        self.platform.progress("Opening the archive", 0, 0);
        let shelf = read(open, &self.platform).await?;
        if shelf.archive.is_empty() {
            return Err(Trouble::input(
                "Nothing is in the archive of this browser yet: add memos first.",
            ));
        }
        Ok(shelf.archive)
    }
}
