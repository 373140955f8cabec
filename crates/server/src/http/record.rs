//! The record as files (docs/protocol.md, section 2).

use std::path::{Path, PathBuf};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use demur_record::tiles::TileId;
use demur_store::Store;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use crate::{app::App, problem::Refusal};

/// The longest path under `/record/`, in bytes.
const MAX_PATH: usize = 120;

/// `GET /record/…`.
pub(crate) async fn get<S: Store>(State(app): State<App<S>>, request: Request) -> Response {
    let Some(file) = request
        .uri()
        .path()
        .strip_prefix("/record/")
        .and_then(|path| locate(app.record_dir(), path))
    else {
        return missing();
    };
    // Only a plain file counts: a folder would be answered with a redirect.
    if !tokio::fs::metadata(&file.path)
        .await
        .is_ok_and(|meta| meta.is_file())
    {
        return missing();
    }
    let kind = if file.text {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    };
    match ServeFile::new(&file.path).oneshot(request).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => {
            let mut response = response.map(Body::new);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            // A partial tile goes away when a wider one is there; what stays never changes.
            let cache = if file.lasting {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            };
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
            response
        }
        _ => missing(),
    }
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
        });
    }
    let (area, rest) = path.split_once('/')?;
    match area {
        "history" if is_number(rest) => Some(Located {
            path: dir.join(path),
            text: true,
            lasting: true,
        }),
        "editions" if is_number(rest) => Some(Located {
            path: dir.join(path),
            text: false,
            lasting: true,
        }),
        "tile" => TileId::parse(path).map(|tile| Located {
            path: dir.join(tile.path()),
            text: false,
            lasting: tile.is_full(),
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
}
