//! JSON read and written by way of one tree, so that a type needs one reader and one writer.
//!
//! What is derived by serde is compiled anew for each kind of input and output: text, a tree, the inside of a tagged
//! entry. In the part that browsers load those copies were a sixth of all. Here text becomes a tree first,
//! and every type is read from, and written to, that tree alone ([`from_slice`], [`to_vec`]); what has a tag ([`read_tagged`], [`write_tagged`])
//! goes the same way.
//!
//! Stricter than `serde_json` is by itself: no key may stand twice in an object, in fields that are ignored neither, and a struct is an
//! object, never a list of its fields. The tree's texts are wiped when it is dropped, since they may be a key store's.

mod fields;
mod reader;
mod tagged;
mod tree;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Error;

pub use self::{
    fields::{Fields, read_fields, read_variants, unknown_variant},
    tagged::{Tagged, Variant, read_tagged, write_tagged},
};
use self::{reader::Reader, tree::Tree};

/// Reads a `T` from JSON.
///
/// # Errors
/// When `bytes` are not JSON, have a key twice in one object, are nested deeper than `serde_json` reads (128), or are not of
/// the form of a `T`.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    T::deserialize(parse(bytes)?)
}

/// `value` as JSON.
///
/// # Errors
/// When `value` does not serialize.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let tree = Tree(serde_json::to_value(value)?);
    write(&tree)
}

fn parse(bytes: &[u8]) -> Result<Reader, Error> {
    let tree = serde_json::from_slice(bytes)?;
    Ok(Reader {
        tree,
        missing: None,
    })
}

fn write(tree: &Tree) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&tree.0)
}

fn refused(why: &'static str) -> Error {
    serde::de::Error::custom(why)
}

#[cfg(test)]
mod tests;
