//! The frame of the pages on which the visitor's own device does the work. What needs no script stands in it as plain HTML,
//! and what to do where there is none.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};

use crate::{
    Failure, Pages, Seen as _, Source,
    assets::WebPart,
    commands::{self, Task},
    page::{Head, scripted},
};

/// What the module is told by attributes.
pub(crate) struct Shell {
    pub(crate) page: &'static str,
    pub(crate) api: String,
    pub(crate) served: &'static str,
    pub(crate) policy: String,
    pub(crate) web: Option<WebPart>,
}

impl Shell {
    pub(crate) fn new<S: Source>(pages: &Pages<S>, page: &'static str) -> Self {
        let site = pages.site();
        Self {
            page,
            api: site.api().to_owned(),
            served: site.served().as_str(),
            policy: site.policy().to_string(),
            web: pages.assets().web_part().map(|web| match page {
                // What a signer's page loads has no more than it needs.
                "memo" => WebPart {
                    glue: web.signer_glue,
                    wasm: web.signer_wasm,
                    ..web
                },
                _ => web,
            }),
        }
    }
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    head: Head,
    shell: Shell,
    /// What the program does in this page's place.
    own: Vec<&'static Task>,
    rest: Vec<&'static Task>,
}

#[derive(Template)]
#[template(path = "verify.html")]
struct Verify {
    head: Head,
    shell: Shell,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    head: Head,
    shell: Shell,
}

/// `GET /desk` and all below it.
pub(crate) async fn desk<S: Source>(
    State(pages): State<Pages<S>>,
    address: Uri,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let (own, rest) = commands::of_page(address.path());
    let page = Desk {
        head: Head::new(&pages, seen.replay(), "/desk")?,
        shell: Shell::new(&pages, "desk"),
        own,
        rest,
    };
    scripted(StatusCode::OK, &page, &pages)
}

/// `GET /verify`.
pub(crate) async fn verify<S: Source>(State(pages): State<Pages<S>>) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let page = Verify {
        head: Head::new(&pages, seen.replay(), "/verify")?,
        shell: Shell::new(&pages, "verify"),
    };
    scripted(StatusCode::OK, &page, &pages)
}

/// `GET /audit`.
pub(crate) async fn audit<S: Source>(State(pages): State<Pages<S>>) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let page = Audit {
        head: Head::new(&pages, seen.replay(), "/audit")?,
        shell: Shell::new(&pages, "audit"),
    };
    scripted(StatusCode::OK, &page, &pages)
}
