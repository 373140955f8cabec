//! Reads any type from a tree.

use std::mem;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, Expected, MapAccess, SeqAccess, Unexpected, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Error, Value, map};

use super::{
    refused,
    tagged::Tagged,
    tree::{Tree, unexpected, wipe},
};

/// Reads a tree, and takes it apart as it does.
pub(super) struct Reader {
    pub(super) tree: Tree,
    /// Of what is not there: the field that lacks it.
    pub(super) missing: Option<&'static str>,
}

impl Reader {
    pub(super) const fn new(value: Value) -> Self {
        Self {
            tree: Tree(value),
            missing: None,
        }
    }

    pub(super) const fn missing(field: &'static str) -> Self {
        Self {
            tree: Tree(Value::Null),
            missing: Some(field),
        }
    }

    fn take(&mut self) -> Value {
        mem::take(&mut self.tree.0)
    }

    fn wrong(&self, expected: &dyn Expected) -> Error {
        match self.missing {
            Some(field) => Error::missing_field(field),
            None => Error::invalid_type(unexpected(&self.tree.0), expected),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::Number(number) = &self.tree.0 else {
            return Err(self.wrong(&visitor));
        };
        if let Some(number) = number.as_u64() {
            visitor.visit_u64(number)
        } else if let Some(number) = number.as_i64() {
            visitor.visit_i64(number)
        } else {
            visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
        }
    }

    fn text<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        match self.take() {
            Value::String(text) => visitor.visit_string(text),
            other => Err(self.back(other).wrong(&visitor)),
        }
    }

    pub(super) fn list<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let items = match self.take() {
            Value::Array(items) => items,
            other => return Err(self.back(other).wrong(&visitor)),
        };
        let mut items = Items(items.into_iter());
        let value = visitor.visit_seq(&mut items)?;
        match items.0.len() {
            0 => Ok(value),
            _ => Err(refused("more items than belong here")),
        }
    }

    pub(super) fn object<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let fields = match self.take() {
            Value::Object(fields) => fields,
            other => return Err(self.back(other).wrong(&visitor)),
        };
        let mut entries = Entries {
            rest: fields.into_iter(),
            value: None,
        };
        let value = visitor.visit_map(&mut entries)?;
        match entries.rest.len() {
            0 => Ok(value),
            _ => Err(refused("more fields than belong here")),
        }
    }

    fn back(mut self, value: Value) -> Self {
        self.tree.0 = value;
        self
    }
}

/// Each of these takes what it says, through one of the others.
macro_rules! read_as {
    ($($method:ident $as:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$as(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.0 {
            Value::Null if self.missing.is_some() => Err(self.wrong(&visitor)),
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(_) => self.number(visitor),
            Value::String(_) => self.text(visitor),
            Value::Array(_) => self.list(visitor),
            Value::Object(_) => self.object(visitor),
        }
    }

    read_as! {
        deserialize_u8 number deserialize_u16 number deserialize_u32 number deserialize_u64 number
        deserialize_i8 number deserialize_i16 number deserialize_i32 number deserialize_i64 number
        deserialize_f32 number deserialize_f64 number
        deserialize_char text deserialize_str text deserialize_string text deserialize_identifier text
        deserialize_seq list deserialize_map object
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.object(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.take() {
            Value::String(name) => visitor.visit_enum(Tagged { name, fields: None }),
            Value::Object(variant) if variant.len() == 1 => match variant.into_iter().next() {
                Some((name, fields)) => visitor.visit_enum(Tagged {
                    name,
                    fields: Some(fields),
                }),
                None => Err(self.wrong(&visitor)),
            },
            other => Err(self.back(other).wrong(&visitor)),
        }
    }

    // The tree is in memory: nothing needs to be skipped.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf i128 u128 unit unit_struct }
}

struct Items(std::vec::IntoIter<Value>);

impl Drop for Items {
    fn drop(&mut self) {
        self.0.as_mut_slice().iter_mut().for_each(wipe);
    }
}

impl<'de> SeqAccess<'de> for &mut Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        match self.0.next() {
            Some(item) => seed.deserialize(Reader::new(item)).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries {
    rest: map::IntoIter,
    value: Option<Value>,
}

impl Drop for Entries {
    fn drop(&mut self) {
        self.value.iter_mut().for_each(wipe);
        self.rest.by_ref().for_each(|(_, value)| drop(Tree(value)));
    }
}

impl<'de> MapAccess<'de> for &mut Entries {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(Key(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let value = self.value.take();
        let value = value.ok_or_else(|| refused("a value without its key"))?;
        seed.deserialize(Reader::new(value))
    }
}

/// A key: a text, or a number that is written as one.
pub(super) struct Key(pub(super) String);

impl Key {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.parse::<u64>() {
            // One spelling: no sign, no zeros before it.
            Ok(number) if number.to_string() == self.0 => visitor.visit_u64(number),
            _ => Err(Error::invalid_type(Unexpected::Other("key"), &visitor)),
        }
    }
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    read_as! {
        deserialize_u8 number deserialize_u16 number deserialize_u32 number deserialize_u64 number
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Tagged {
            name: self.0,
            fields: None,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
