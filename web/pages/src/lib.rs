//! The channel's pages: all that is shown without a secret, rendered as plain HTML, and the frame of those pages on which a person's
//! own device does the work (`web/desk`).
//!
//! The same pages are made from a server's record or from a copy of it ([`Mirrored`]), so that others than the channel's
//! operator can serve them: docs/decisions/0011-pages.md. Whatever a name, a title or an entry says, it stands on them as text.

mod assets;
mod chart;
mod checkpoints;
mod entries;
mod fail;
mod figures;
mod headers;
mod index;
mod keys;
mod list;
mod memo;
mod mirrored;
mod page;
mod pretty;
mod released;
mod roster;
mod shell;
mod software;
mod source;
mod words;

use std::sync::Arc;

use axum::{Router, routing::get};

pub(crate) use crate::fail::Failure;
pub use crate::{
    assets::{Assets, File},
    fail::not_found,
    headers::PLAIN_POLICY,
    mirrored::{Mirrored, SeenMirror},
    source::{Seen, Served, Site, SiteError, Source, Unavailable},
};

/// What all pages share; a cheap handle.
pub(crate) struct Pages<S>(Arc<Inner<S>>);

struct Inner<S> {
    source: S,
    assets: Assets,
    figures: figures::LastCount,
}

impl<S> Clone for Pages<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Source> Pages<S> {
    pub(crate) fn site(&self) -> &Site {
        self.0.source.site()
    }

    pub(crate) fn figures(&self) -> &figures::LastCount {
        &self.0.figures
    }

    pub(crate) fn assets(&self) -> Assets {
        self.0.assets
    }

    pub(crate) async fn seen(&self) -> Result<S::Seen, Failure> {
        Ok(self.0.source.seen().await?)
    }
}

/// The paths of all pages and of the files that they load.
pub fn router<S: Source>(source: S) -> Router {
    router_with(source, Assets::embedded())
}

/// [`router`] with other files than those that this program was built with.
pub fn router_with<S: Source>(source: S, assets: Assets) -> Router {
    let inner = Inner {
        source,
        assets,
        figures: figures::LastCount::default(),
    };
    Router::new()
        .route("/", get(index::first::<S>))
        .route("/memos", get(index::all::<S>))
        .route("/m/{memo}", get(memo::get::<S>))
        .route("/m/{memo}/released", get(released::get::<S>))
        .route("/figures", get(figures::get::<S>))
        .route("/entries", get(entries::list::<S>))
        .route("/entries/{n}", get(entries::one::<S>))
        .route("/entries/{n}/json", get(entries::json::<S>))
        .route("/entries/{n}/receipt", get(entries::receipt::<S>))
        .route("/checkpoints", get(checkpoints::get::<S>))
        .route("/roster", get(roster::list::<S>))
        .route("/roster/{n}", get(roster::one::<S>))
        .route("/keys", get(keys::get::<S>))
        .route("/software", get(software::get::<S>))
        .route("/desk", get(shell::desk::<S>))
        .route("/desk/", get(shell::desk::<S>))
        .route("/desk/{*rest}", get(shell::desk::<S>))
        .route("/verify", get(shell::verify::<S>))
        .route("/audit", get(shell::audit::<S>))
        .route("/static/icon.svg", get(assets::icon))
        .route("/static/{path}", get(assets::get::<S>))
        .with_state(Pages(Arc::new(inner)))
}
