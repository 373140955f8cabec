//! Enums whose variants are told apart by a field.

use std::{fmt, mem};

use serde::{
    Deserialize as _, Deserializer, Serialize as _, Serializer,
    de::{DeserializeSeed, EnumAccess, Error as _, VariantAccess, Visitor},
    forward_to_deserialize_any,
    ser::Error as _,
};
use serde_json::{Error, Value, value};

use super::{
    reader::{Key, Reader},
    refused,
    tree::{Tree, unexpected},
};

/// Reads an enum whose variants are told apart by the field `tag`, from what `read` takes: serde's own form of it, derived with
/// `#[serde(remote = "Self")]`.
///
/// # Errors
/// As `read`; when there is no object, or no text in its field `tag`.
pub fn read_tagged<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    tag: &'static str,
    read: impl FnOnce(Tagged) -> Result<T, Error>,
) -> Result<T, D::Error> {
    let mut tree = Tree::deserialize(deserializer)?;
    let name = take_tag(&mut tree, tag).map_err(D::Error::custom)?;
    let tagged = Tagged {
        name,
        fields: Some(mem::take(&mut tree.0)),
    };
    read(tagged).map_err(D::Error::custom)
}

/// Writes what [`read_tagged`] reads, from serde's own form of it, `{"name": {…}}`, which `write` gives.
///
/// # Errors
/// As `write` and `serializer`.
pub fn write_tagged<S: Serializer>(
    serializer: S,
    tag: &'static str,
    write: impl FnOnce(value::Serializer) -> Result<Value, Error>,
) -> Result<S::Ok, S::Error> {
    let value = write(value::Serializer).map_err(S::Error::custom)?;
    put_tag(value, tag)
        .map_err(S::Error::custom)?
        .serialize(serializer)
}

/// Both halves of a tagged enum, whose serde's own form is derived with `#[serde(remote = "Self")]`:
/// `json_tagged!(Name by "type")`.
#[macro_export]
macro_rules! json_tagged {
    ($name:ident by $tag:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::json::write_tagged(serializer, $tag, |serializer| {
                    Self::serialize(self, serializer)
                })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::json::read_tagged(deserializer, $tag, Self::deserialize)
            }
        }
    };
}

fn take_tag(tree: &mut Tree, tag: &'static str) -> Result<String, Error> {
    let taken = match &mut tree.0 {
        Value::Object(fields) => fields.remove(tag),
        other => return Err(Error::invalid_type(unexpected(other), &"an object")),
    };
    match taken {
        Some(Value::String(name)) => Ok(name),
        Some(other) => Err(Error::invalid_type(unexpected(&other), &"a variant's name")),
        None => Err(Error::missing_field(tag)),
    }
}

fn put_tag(value: Value, tag: &'static str) -> Result<Value, Error> {
    if let Value::Object(variant) = value
        && let Some((name, Value::Object(mut fields))) = variant.into_iter().next()
        && fields.insert(tag.to_owned(), Value::String(name)).is_none()
    {
        return Ok(Value::Object(fields));
    }
    Err(refused(
        "a tagged value is an enum of structs without its tag",
    ))
}

/// A variant by its name, with what stands beside the tag: what serde's own form of an enum is read from.
pub struct Tagged {
    pub(super) name: String,
    pub(super) fields: Option<Value>,
}

impl fmt::Debug for Tagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tagged({})", self.name)
    }
}

impl<'de> Deserializer<'de> for Tagged {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Tagged {
    type Error = Error;
    type Variant = Variant;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Variant), Error> {
        Ok((seed.deserialize(Key(self.name))?, Variant(self.fields)))
    }
}

/// What stands in a variant.
pub struct Variant(Option<Value>);

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variant(..)")
    }
}

impl Variant {
    fn fields(self) -> Result<Reader, Error> {
        let fields = self.0.map(Reader::new);
        fields.ok_or_else(|| refused("a variant's name without its fields"))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(refused("fields of a variant that has none")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.fields()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.fields()?.list(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.fields()?.object(visitor)
    }
}
