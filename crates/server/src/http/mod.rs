//! HTTP: connections, layers, routes.

mod connections;
mod cors;
mod extract;
mod host;
mod layers;
mod record;
mod relay;
mod router;
mod table;

pub(crate) use connections::serve;
pub(crate) use extract::{AccessToken, Bearer, Body, MemoPath, Named, Numbered};
pub(crate) use record::narrowed;
pub use relay::Relay;
pub(crate) use router::{pages_router, router};
pub(crate) use table::{Route, table};
