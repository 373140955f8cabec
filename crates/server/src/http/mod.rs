//! HTTP: connections, layers, routes.

mod connections;
mod extract;
mod layers;
mod record;
mod router;

pub(crate) use connections::serve;
pub(crate) use extract::{AccessToken, Bearer, Body, MemoPath, Named, Numbered};
pub(crate) use router::router;
