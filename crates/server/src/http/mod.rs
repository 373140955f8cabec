//! HTTP: connections, layers, routes.

mod connections;
mod extract;
mod layers;
mod record;
mod router;
mod table;

pub(crate) use connections::serve;
pub(crate) use extract::{AccessToken, Bearer, Body, MemoPath, Named, Numbered};
pub(crate) use record::narrowed;
pub(crate) use router::router;
pub(crate) use table::{Route, table};
