//! The targets, by who reads the bytes; each module ends with its seeds.

pub(crate) mod archive;
pub(crate) mod check;
pub(crate) mod copies;
pub(crate) mod device;
pub(crate) mod memo;
pub(crate) mod office;
pub(crate) mod paper;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod roster;
