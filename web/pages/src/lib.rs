//! The channel's pages: all that is shown without a secret, rendered as plain HTML, and the frame of those pages on which a person's
//! own device does the work (`web/desk`).
//!
//! The same pages are made from a server's record or from a copy of it ([`Mirrored`]), so that others than the channel's
//! operator can serve them: docs/decisions/0011-pages.md. Whatever a name, a title or an entry says, it stands on them as text.

mod assets;
mod chart;
mod checkpoints;
pub mod commands;
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

use axum::{
    Router,
    routing::{MethodRouter, get},
};

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

/// The paths of all pages and of the files that they load, as a router writes them: `/entries/{n}`.
pub fn paths() -> impl Iterator<Item = &'static str> {
    table::<Mirrored>().into_iter().map(|(path, _)| path)
}

/// The pages and the files that they load.
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
    let routes = table().into_iter();
    routes
        .fold(Router::new(), |router, (path, page)| {
            router.route(path, page)
        })
        .with_state(Pages(Arc::new(inner)))
}

fn table<S: Source>() -> [(&'static str, MethodRouter<Pages<S>>); 21] {
    [
        ("/", get(index::first::<S>)),
        ("/memos", get(index::all::<S>)),
        ("/m/{memo}", get(memo::get::<S>)),
        ("/m/{memo}/released", get(released::get::<S>)),
        ("/figures", get(figures::get::<S>)),
        ("/entries", get(entries::list::<S>)),
        ("/entries/{n}", get(entries::one::<S>)),
        ("/entries/{n}/json", get(entries::json::<S>)),
        ("/entries/{n}/receipt", get(entries::receipt::<S>)),
        ("/checkpoints", get(checkpoints::get::<S>)),
        ("/roster", get(roster::list::<S>)),
        ("/roster/{n}", get(roster::one::<S>)),
        ("/keys", get(keys::get::<S>)),
        ("/software", get(software::get::<S>)),
        ("/desk", get(shell::desk::<S>)),
        ("/desk/", get(shell::desk::<S>)),
        ("/desk/{*rest}", get(shell::desk::<S>)),
        ("/verify", get(shell::verify::<S>)),
        ("/audit", get(shell::audit::<S>)),
        ("/static/icon.svg", get(assets::icon)),
        ("/static/{path}", get(assets::get::<S>)),
    ]
}
