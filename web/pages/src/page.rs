//! What all pages have in common.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use demur_record::replay::Replay;

use crate::{
    Failure, PLAIN_POLICY, Pages, Served, Source, Unavailable, headers::script_policy, words::shown,
};

/// The pages that every page leads to.
const NAVIGATION: &[(&str, &str)] = &[
    ("/", "Channel"),
    ("/memos", "Memos"),
    ("/figures", "How it does"),
    ("/entries", "Record"),
    ("/desk", "Your desk"),
    ("/verify", "Verify a copy"),
    ("/audit", "Audit"),
];

/// The pages about the record.
const RECORD: &[(&str, &str)] = &[
    ("/entries", "Entries"),
    ("/checkpoints", "Checkpoints and witnesses"),
    ("/roster", "Roster"),
    ("/keys", "Keys"),
    ("/software", "Software"),
];

/// The longest name of a channel that a page repeats, in characters.
const MAX_NAME: usize = 120;

/// The head and foot of a page.
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) origin: String,
    pub(crate) software: &'static str,
    pub(crate) style: &'static str,
    pub(crate) served: Served,
    pub(crate) api: String,
    pub(crate) record: String,
    pub(crate) vkey: String,
    here: &'static str,
    tab: &'static str,
}

impl Head {
    /// Of the page that stands in the navigation as `here`.
    pub(crate) fn new<S: Source>(
        pages: &Pages<S>,
        replay: &Replay,
        here: &'static str,
    ) -> Result<Self, Failure> {
        let site = pages.site();
        let profile = replay.profile().ok_or(Unavailable::Busy)?;
        Ok(Self {
            name: shown(&profile.name, MAX_NAME),
            origin: replay.origin().to_owned(),
            software: env!("CARGO_PKG_VERSION"),
            style: pages.assets().style.path,
            served: site.served(),
            api: site.api().to_owned(),
            record: site.record_url(),
            vkey: site.vkey(),
            here,
            tab: "",
        })
    }

    /// Of a page about the record.
    pub(crate) fn at(mut self, tab: &'static str) -> Self {
        self.tab = tab;
        self
    }

    pub(crate) fn navigation(&self) -> &'static [(&'static str, &'static str)] {
        NAVIGATION
    }

    pub(crate) fn is_here(&self, path: &&str) -> bool {
        self.here == *path
    }

    pub(crate) fn record_pages(&self) -> &'static [(&'static str, &'static str)] {
        RECORD
    }

    pub(crate) fn is_tab(&self, path: &&str) -> bool {
        self.tab == *path
    }
}

/// A page without script.
pub(crate) fn plain(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
    html(status, page, HeaderValue::from_static(PLAIN_POLICY))
}

/// A page whose script works on the visitor's device; without one where the program was built without.
pub(crate) fn scripted<S: Source>(
    status: StatusCode,
    page: &impl Template,
    pages: &Pages<S>,
) -> Result<Response, Failure> {
    if pages.assets().web_part().is_none() {
        return plain(status, page);
    }
    let policy = script_policy(pages.site())
        .ok_or_else(|| Failure::Broken("the channel's address is none".to_owned()))?;
    html(status, page, policy)
}

fn html(
    status: StatusCode,
    page: &impl Template,
    policy: HeaderValue,
) -> Result<Response, Failure> {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    Ok((status, headers, page.render()?).into_response())
}
