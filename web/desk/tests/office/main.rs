//! Work after filing, at the desks of stewards, principals and authors, on a real server; with texts that would harm a
//! page that did not escape them.

mod archive;
mod editor;
mod ends;
mod keys;
mod life;
mod papers;
mod people;
mod proofs;
mod roster;
mod stage;
mod stranger;
mod tabs;
mod waits;
