//! The record as files (docs/protocol.md, section 2).

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use demur_record::tiles::{TILE_WIDTH, TileId, TileKind, decode_bundle, encode_bundle};
use demur_store::Store;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use crate::{app::App, problem::Refusal};

/// The longest path under `/record/`, in bytes.
const MAX_PATH: usize = 120;

/// The length of a hash in a tile.
const HASH_BYTES: usize = 32;

/// How often a wider tile is looked for that may itself give way at that moment.
const WIDER_TRIES: u32 = 3;

/// `GET /record/…`.
pub(crate) async fn get<S: Store>(State(app): State<App<S>>, request: Request) -> Response {
    let dir = app.record_dir();
    let Some(file) = request
        .uri()
        .path()
        .strip_prefix("/record/")
        .and_then(|path| locate(dir, path))
    else {
        return missing();
    };
    // Only a plain file counts: a folder would be answered with a redirect.
    if !tokio::fs::metadata(&file.path)
        .await
        .is_ok_and(|meta| meta.is_file())
    {
        let (dir, tile) = (dir.to_owned(), file.tile);
        let made = tokio::task::spawn_blocking(move || narrowed(&dir, tile)).await;
        return match made.ok().flatten() {
            Some(bytes) => dressed(Response::new(Body::from(bytes)), &file),
            None => missing(),
        };
    }
    match ServeFile::new(&file.path).oneshot(request).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => {
            dressed(response.map(Body::new), &file)
        }
        _ => missing(),
    }
}

fn dressed(mut response: Response, file: &Located) -> Response {
    let kind = if file.text {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    };
    let cache = if file.lasting {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// A partial tile that gave way to a wider one, made from that: a tile's beginning never changes. Somebody who reads the
/// record while it grows asks for the tiles of the checkpoint that they began with.
pub(crate) fn narrowed(dir: &Path, tile: Option<TileId>) -> Option<Vec<u8>> {
    let tile = tile.filter(|tile| !tile.is_full())?;
    let full = TileId {
        width: u16::try_from(TILE_WIDTH).ok()?,
        ..tile
    };
    // The wider one may give way itself in between.
    for _ in 0..WIDER_TRIES {
        let wider = match fs::read(dir.join(full.path())) {
            Ok(bytes) => Some((full, bytes)),
            Err(_) => wider(dir, tile),
        };
        if let Some((wider, bytes)) = wider {
            return match tile.kind {
                TileKind::Hashes(_) => bytes
                    .get(..usize::from(tile.width) * HASH_BYTES)
                    .map(<[u8]>::to_vec),
                TileKind::Entries => {
                    let entries = decode_bundle(&bytes, wider.width).ok()?;
                    encode_bundle(entries.get(..usize::from(tile.width))?).ok()
                }
            };
        }
    }
    None
}

/// The partial tile of the same place that is there now, if it is wider.
fn wider(dir: &Path, tile: TileId) -> Option<(TileId, Vec<u8>)> {
    let place = dir.join(tile.path());
    for entry in fs::read_dir(place.parent()?).ok()? {
        let entry = entry.ok()?;
        let width: Option<u16> = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some(width) = width.filter(|width| *width > tile.width) {
            let bytes = fs::read(entry.path()).ok()?;
            return Some((TileId { width, ..tile }, bytes));
        }
    }
    None
}

fn missing() -> Response {
    Refusal::missing(
        "not-found",
        "the record has no such file (or no longer: a partial tile gives way to a wider one)",
    )
    .into_response()
}

struct Located {
    path: PathBuf,
    text: bool,
    lasting: bool,
    tile: Option<TileId>,
}

/// The file that a path of the record names; `None` for all that is not spelled as such a path. Only digits, `x`, and
/// the fixed words get through, so that nothing can lead out of the folder.
fn locate(dir: &Path, path: &str) -> Option<Located> {
    if path.len() > MAX_PATH {
        return None;
    }
    if path == "checkpoint" {
        return Some(Located {
            path: dir.join(path),
            text: true,
            lasting: false,
            tile: None,
        });
    }
    let (area, rest) = path.split_once('/')?;
    match area {
        "history" if is_number(rest) => Some(Located {
            path: dir.join(path),
            text: true,
            lasting: true,
            tile: None,
        }),
        "editions" if is_number(rest) => Some(Located {
            path: dir.join(path),
            text: false,
            lasting: true,
            tile: None,
        }),
        "tile" => TileId::parse(path).map(|tile| Located {
            path: dir.join(tile.path()),
            text: false,
            lasting: tile.is_full(),
            tile: Some(tile),
        }),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 16
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_records_own_paths() {
        let good = [
            "checkpoint",
            "history/12",
            "editions/1",
            "tile/0/000",
            "tile/0/x001/067",
            "tile/entries/000.p/12",
            "tile/2/x001/x234/067.p/255",
        ];
        for path in good {
            assert_eq!(
                locate(Path::new("/r"), path).unwrap().path,
                Path::new("/r").join(path),
                "{path}"
            );
        }
        let bad = [
            "",
            "/",
            "checkpoint/",
            "../log.key",
            "tile/../../log.key",
            "tile/0/..",
            "tile/0/%2e%2e",
            "history/",
            "history/01",
            "history/1/2",
            "history/../1",
            "editions/-1",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x001",
            "tile/0/001/067",
            "tile/0/000.p/",
            "tile/0/000.p/1/2",
            "tile/000/000",
            "tile//000",
            "tile/0//000",
            "tile/0/\0",
            "log.key",
            "tile/entries",
            "tile/0/000.p/1.p/1",
            "history/1\n",
        ];
        for path in bad {
            assert!(locate(Path::new("/r"), path).is_none(), "{path:?}");
        }
        assert!(
            locate(
                Path::new("/r"),
                &format!("tile/0/{}000", "x000/".repeat(40))
            )
            .is_none()
        );
    }

    #[test]
    fn a_tile_that_gave_way_is_made_from_the_wider_one() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let narrowed = |path: &str| narrowed(dir.path(), TileId::parse(path));
        let hashes: Vec<u8> = (0..=255).flat_map(|n| [n; 32]).collect();
        let entries: Vec<Vec<u8>> = (0..5).map(|n| vec![n; usize::from(n)]).collect();
        write("tile/0/000.p/5", &hashes[..5 * 32]);
        write("tile/entries/000.p/5", &encode_bundle(&entries).unwrap());
        assert_eq!(narrowed("tile/0/000.p/3").unwrap(), &hashes[..3 * 32]);
        assert_eq!(
            narrowed("tile/entries/000.p/2"),
            encode_bundle(&entries[..2]).ok()
        );
        for none in [
            "tile/0/000.p/6",
            "tile/0/001.p/3",
            "tile/1/000.p/3",
            "tile/0/000",
        ] {
            assert_eq!(narrowed(none), None, "{none}");
        }
        fs::remove_dir_all(dir.path().join("tile/0/000.p")).unwrap();
        write("tile/0/000", &hashes);
        assert_eq!(narrowed("tile/0/000.p/255").unwrap(), &hashes[..255 * 32]);
    }
}
