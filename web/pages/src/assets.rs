//! The files that pages load: the style sheet, and the web part that `cargo xtask web` made.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};

use demur_encoding::{Digest, sha256};

use crate::{Failure, Pages, Seen as _, Source, headers::script_policy};

/// A file of the program, served under `/static/` by a path that changes with its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// What it is called in the code.
    pub name: &'static str,
    /// Its path under `/static/`.
    pub path: &'static str,
    /// SHA-256 of `content`, in hex.
    pub sha256: &'static str,
    /// Its bytes.
    pub content: &'static [u8],
    /// The same compressed by gzip.
    pub gz: Option<&'static [u8]>,
    /// The same compressed by brotli.
    pub br: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The sign that browsers show beside a page's title: a line that goes another way than the others.
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\
    <rect width=\"32\" height=\"32\" rx=\"5\" fill=\"#0b57a4\"/>\
    <path d=\"M6 10h20M6 16h11l9 7M6 22h9\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3\"/></svg>";

/// What a program serves to browsers beside its pages.
#[derive(Debug, Clone, Copy)]
pub struct Assets {
    /// The style sheet.
    pub style: &'static File,
    /// The list of the web part's files as it is served; `None` where the program was built without.
    pub manifest: Option<&'static [u8]>,
    /// The web part's files.
    pub files: &'static [File],
}

/// The files of the web part that a page must name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WebPart {
    pub(crate) desk: &'static str,
    pub(crate) worker: &'static str,
    pub(crate) glue: &'static str,
    pub(crate) wasm: &'static str,
    /// The smaller module of a signer's page.
    pub(crate) signer_glue: &'static str,
    pub(crate) signer_wasm: &'static str,
    /// What reads and sets PDF, which is loaded when it is first needed.
    pub(crate) pdf_glue: &'static str,
    pub(crate) pdf_wasm: &'static str,
}

impl Assets {
    /// What this program was built with.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            style: &STYLE,
            manifest: MANIFEST,
            files: FILES,
        }
    }

    pub(crate) fn web_part(&self) -> Option<WebPart> {
        let path = |name| {
            let file = self.files.iter().find(|file| file.name == name)?;
            Some(file.path)
        };
        Some(WebPart {
            desk: path("desk.js")?,
            worker: path("worker.js")?,
            glue: path("demur.js")?,
            wasm: path("demur_bg.wasm")?,
            signer_glue: path("signer.js")?,
            signer_wasm: path("signer_bg.wasm")?,
            pdf_glue: path("pdf.js")?,
            pdf_wasm: path("pdf_bg.wasm")?,
        })
    }

    fn find(&self, path: &str) -> Option<&'static File> {
        if path == self.style.path {
            return Some(self.style);
        }
        self.files.iter().find(|file| file.path == path)
    }
}

/// `GET /static/icon.svg`.
pub(crate) async fn icon() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, ICON).into_response()
}

/// `GET /static/{path}`.
pub(crate) async fn get<S: Source>(
    State(pages): State<Pages<S>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let assets = pages.assets();
    if let Some(manifest) = assets.manifest.filter(|_| path == "manifest.json") {
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        return (headers, manifest).into_response();
    }
    if let Some(digest) = manifest_of(&path) {
        return manifest(&pages, digest).await.into_response();
    }
    let Some(file) = assets.find(&path) else {
        return Failure::NotFound.into_response();
    };
    let mut response = send(file, &headers);
    // A worker has the policy of its own file, not that of the page that starts it.
    if file.path.ends_with(".js")
        && let Some(policy) = script_policy(pages.site())
    {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Where the list of the web part's files with that SHA-256 is served.
pub(crate) fn manifest_path(digest: Digest) -> String {
    format!("/static/manifest-{digest}.json")
}

/// The SHA-256 in the name of such a list.
fn manifest_of(path: &str) -> Option<Digest> {
    let digest = path.strip_prefix("manifest-")?.strip_suffix(".json")?;
    digest.parse().ok()
}

/// A list that an entry of the record names: that of today, or one that was kept.
async fn manifest<S: Source>(pages: &Pages<S>, digest: Digest) -> Result<Response, Failure> {
    let own = pages.assets().manifest.filter(|own| sha256(own) == digest);
    let bytes = match own {
        Some(own) => own.to_vec(),
        None => {
            let kept = pages.seen().await?.manifest(digest).await?;
            kept.ok_or(Failure::NotFound)?
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}

fn send(file: &File, asked: &HeaderMap) -> Response {
    let (content, coding) = match (file.br, file.gz) {
        (Some(br), _) if accepts(asked, "br") => (br, Some("br")),
        (_, Some(gz)) if accepts(asked, "gzip") => (gz, Some("gzip")),
        _ => (file.content, None),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type(file.path)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    let mut response = (headers, content).into_response();
    if let Some(coding) = coding {
        let coding = HeaderValue::from_static(coding);
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, coding);
    }
    response
}

/// Whether `Accept-Encoding` names the coding, and not with the weight 0.
fn accepts(asked: &HeaderMap, coding: &str) -> bool {
    let lines = asked.get_all(header::ACCEPT_ENCODING);
    let mut named = lines
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    named.any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(coding)
            && weight
                .trim()
                .parse::<f32>()
                .is_ok_and(|weight| weight > 0.0)
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_by_name_and_weight() {
        let asked = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            headers
        };
        for (text, br, gzip) in [
            ("gzip, deflate, br", true, true),
            ("br;q=0, GZIP ; q=0.5", false, true),
            ("gzip;q=0.000", false, false),
            ("brotli, gzipped", false, false),
            ("gzip;q=x", false, false),
            ("", false, false),
        ] {
            let headers = asked(text);
            assert_eq!(
                (accepts(&headers, "br"), accepts(&headers, "gzip")),
                (br, gzip),
                "{text}"
            );
        }
    }
}
