//! Structs whose fields are taken one by one.

use std::{fmt, mem};

use serde::{
    Deserialize as _, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Error, Map, Value};

use super::{
    reader::Reader,
    tree::{Tree, unexpected, wipe},
};

/// The fields of an object, to be taken one by one: [`crate::json_fields`].
pub struct Fields(Map<String, Value>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields(..)")
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

impl Fields {
    /// Takes a field. One that is not there is read as serde reads it: an `Option` is `None`, all else an error.
    ///
    /// # Errors
    /// When it is not there, or not of the form of a `T`.
    pub fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, Error> {
        T::deserialize(self.reader(name))
    }

    /// [`Self::take`]; one that is not there has its default.
    ///
    /// # Errors
    /// When it is not of the form of a `T`.
    pub fn take_or_default<T: DeserializeOwned + Default>(
        &mut self,
        name: &'static str,
    ) -> Result<T, Error> {
        if self.0.contains_key(name) {
            self.take(name)
        } else {
            Ok(T::default())
        }
    }

    fn reader(&mut self, name: &'static str) -> Reader {
        match self.0.remove(name) {
            Some(value) => Reader::new(value),
            None => Reader::missing(name),
        }
    }

    fn of(tree: &mut Tree) -> Result<Self, Error> {
        match &mut tree.0 {
            Value::Object(fields) => Ok(Self(mem::take(fields))),
            other => Err(Error::invalid_type(unexpected(other), &"an object")),
        }
    }

    fn finish(&self) -> Result<(), Error> {
        match self.0.keys().next() {
            Some(name) => Err(serde::de::Error::custom(format_args!(
                "unknown field `{name}`"
            ))),
            None => Ok(()),
        }
    }
}

/// Reads a struct's fields from an object: what [`crate::json_fields`] calls.
///
/// # Errors
/// When there is no object, `read` fails, or `all` is set and a field is left.
pub fn read_fields<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    all: bool,
    read: fn(&mut Fields) -> Result<T, Error>,
) -> Result<T, D::Error> {
    let mut fields = fields(deserializer)?;
    let read = read(&mut fields).and_then(|value| {
        if all {
            fields.finish()?;
        }
        Ok(value)
    });
    read.map_err(D::Error::custom)
}

fn fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
    let mut tree = Tree::deserialize(deserializer)?;
    Fields::of(&mut tree).map_err(D::Error::custom)
}

/// Reads an enum whose variants are told apart by the field `tag`, where their fields stand in the enum itself: `read` gets the variant's name
/// and its fields. Fields that it leaves are passed over.
///
/// # Errors
/// When there is no object, no text in its field `tag`, or `read` fails.
pub fn read_variants<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    tag: &'static str,
    read: fn(&str, &mut Fields) -> Result<T, Error>,
) -> Result<T, D::Error> {
    let mut fields = fields(deserializer)?;
    let name = fields.take::<String>(tag);
    name.and_then(|name| read(&name, &mut fields))
        .map_err(D::Error::custom)
}

/// The name is none of the `expected` ones.
#[must_use]
pub fn unknown_variant(name: &str, expected: &'static [&'static str]) -> Error {
    Error::unknown_variant(name, expected)
}

/// Derives `Deserialize` for a struct as serde's `derive` does, in a fraction of the code: its fields are taken from the object one by one.
///
/// `json_fields!(Name { a, b or default, c = "type" })`. A field that is not named stays out of what is read, which the compiler refuses.
/// With `only` before the fields' braces nothing else may stand in the object (`deny_unknown_fields`).
#[macro_export]
macro_rules! json_fields {
    ($name:ident<T> $($only:ident)? { $($field:ident),* $(,)? }) => {
        impl<'de, T: serde::de::DeserializeOwned> serde::Deserialize<'de> for $name<T> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::read_fields(deserializer, stringify!($($only)?).len() > 0, |fields| {
                    Ok(Self { $($field: fields.take(stringify!($field))?),* })
                })
            }
        }
    };
    ($name:ident only { $($fields:tt)* }) => {
        $crate::json_fields!(@ $name true { $($fields)* });
    };
    ($name:ident { $($fields:tt)* }) => {
        $crate::json_fields!(@ $name false { $($fields)* });
    };
    (@ $name:ident $all:literal { $($field:ident $(= $called:literal)? $(or $default:ident)?),* $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::read_fields(deserializer, $all, |fields| {
                    Ok(Self { $($field: $crate::json_fields!(@take fields $field $(= $called)? $($default)?)),* })
                })
            }
        }
    };
    (@take $fields:ident $field:ident) => { $fields.take(stringify!($field))? };
    (@take $fields:ident $field:ident default) => { $fields.take_or_default(stringify!($field))? };
    (@take $fields:ident $field:ident = $called:literal) => { $fields.take($called)? };
}
