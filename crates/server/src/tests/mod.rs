//! The server as a client sees it: requests through the whole router, on a real database.

mod accounts;
mod backup;
mod http;
mod kept_out;
mod life;
mod openapi;
mod operator;
mod pages;
mod profile_change;
mod refusals;
mod roster;
mod serve;
mod world;
