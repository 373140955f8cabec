//! JSON read and written by way of one tree, so that a type needs one reader and one writer.
//!
//! What is derived by serde is compiled anew for each kind of input and output: text, a tree, the inside of a tagged
//! entry. In the part that browsers load those copies were a sixth of all. Here text becomes a tree first,
//! and every type is read from, and written to, that tree alone ([`from_slice`], [`to_vec`]); what has a tag ([`read_tagged`], [`write_tagged`])
//! goes the same way.
//!
//! Stricter than `serde_json` is by itself: no key may stand twice in an object, in fields that are ignored neither, and a struct is an
//! object, never a list of its fields. The tree's texts are wiped when it is dropped, since they may be a key store's.

use std::{fmt, mem};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
        Unexpected, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
    ser::Error as _,
};
use serde_json::{Error, Map, Value, map, value};
use zeroize::Zeroize as _;

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

fn refused(why: &'static str) -> Error {
    serde::de::Error::custom(why)
}

/// A JSON value without a key that stands twice, wiped when it is dropped.
struct Tree(Value);

impl Drop for Tree {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> DeserializeSeed<'de> for TreeVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            let value = map.next_value_seed(Self)?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

/// Reads a tree, and takes it apart as it does.
struct Reader {
    tree: Tree,
    /// Of what is not there: the field that lacks it.
    missing: Option<&'static str>,
}

impl Reader {
    const fn new(value: Value) -> Self {
        Self {
            tree: Tree(value),
            missing: None,
        }
    }

    const fn missing(field: &'static str) -> Self {
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

    fn list<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
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

    fn object<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
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

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(_) => Unexpected::Other("number"),
        // Not the text itself: it may be secret.
        Value::String(_) => Unexpected::Other("string"),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
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
struct Key(String);

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

/// A variant by its name, with what stands beside the tag: what serde's own form of an enum is read from.
pub struct Tagged {
    name: String,
    fields: Option<Value>,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Digest;

    #[derive(Debug, PartialEq, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        v: u32,
        #[serde(rename = "type")]
        kind: String,
        maybe: Option<u64>,
        #[serde(default)]
        list: Vec<i64>,
    }

    json_fields!(Closed only { v, kind = "type", maybe, list or default });

    #[derive(Debug, PartialEq, Serialize)]
    struct Open {
        inner: Closed,
    }

    json_fields!(Open { inner });

    /// As serde derives it, from text: what the macro and the tree must agree with.
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Derived {
        v: u32,
        #[serde(rename = "type")]
        kind: String,
        maybe: Option<u64>,
        #[serde(default)]
        list: Vec<i64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self", rename_all = "kebab-case")]
    enum Act {
        SignOn(Closed),
        Withdraw { number: u32 },
    }

    impl Serialize for Act {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            write_tagged(serializer, "act", |serializer| {
                Self::serialize(self, serializer)
            })
        }
    }

    impl<'de> Deserialize<'de> for Act {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            read_tagged(deserializer, "act", Self::deserialize)
        }
    }

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
        from_slice(text.as_bytes()).map_err(|e| e.to_string())
    }

    #[test]
    fn accepts_and_refuses_what_serde_does() {
        for text in [
            r#"{"v":1,"type":"a","maybe":null,"list":[-1,2]}"#,
            r#"{"type":"a","v":1}"#,
            r#"{"v":1,"type":"a","maybe":18446744073709551615}"#,
            r#" {"v" : 1, "type": "\u0041"} "#,
            r#"{"v":1}"#,
            r#"{"v":1,"type":null}"#,
            r#"{"v":1,"type":"a","list":null}"#,
            r#"{"v":1,"type":"a","other":1}"#,
            r#"{"v":1,"v":1,"type":"a"}"#,
            r#"{"v":1.0,"type":"a"}"#,
            r#"{"v":1e0,"type":"a"}"#,
            r#"{"v":-0,"type":"a"}"#,
            r#"{"v":-1,"type":"a"}"#,
            r#"{"v":4294967296,"type":"a"}"#,
            r#"{"v":"1","type":"a"}"#,
            r#"{"v":true,"type":"a"}"#,
            r#"{"v":1,"type":"a","maybe":18446744073709551616}"#,
            r#"{"v":1,"type":"a"}x"#,
            r#"{"v":1,"type":"a""#,
            "null",
            "1",
            "",
        ] {
            let derived = serde_json::from_str::<Derived>(text).ok();
            let closed = read::<Closed>(text).ok().map(|c| Derived {
                v: c.v,
                kind: c.kind,
                maybe: c.maybe,
                list: c.list,
            });
            assert_eq!(closed, derived, "{text}");
        }
    }

    #[test]
    fn no_key_stands_twice_and_no_struct_is_a_list() {
        let inner = r#""inner":{"v":1,"type":"a"}"#;
        assert!(read::<Open>(&format!("{{{inner}}}")).is_ok());
        assert!(read::<Open>(&format!(r#"{{{inner},"x":{{"y":1}}}}"#)).is_ok());
        for bad in [
            format!("{{{inner},{inner}}}"),
            format!(r#"{{{inner},"x":{{"y":1,"y":1}}}}"#),
            format!(r#"{{{inner},"x":[{{"y":1,"y":1}}]}}"#),
            r#"[{"v":1,"type":"a"}]"#.to_owned(),
            r#"{"inner":[1,"a",null,[]]}"#.to_owned(),
        ] {
            assert!(read::<Open>(&bad).is_err(), "{bad}");
        }
        let error = read::<Open>(&format!("{{{inner},{inner}}}")).unwrap_err();
        assert!(error.contains("duplicate field `inner`"), "{error}");
    }

    #[test]
    fn a_tag_stands_beside_the_fields() {
        let closed = Closed {
            v: 1,
            kind: "a".to_owned(),
            maybe: Some(2),
            list: Vec::new(),
        };
        for (act, text) in [
            (
                Act::SignOn(closed),
                r#"{"act":"sign-on","list":[],"maybe":2,"type":"a","v":1}"#,
            ),
            (
                Act::Withdraw { number: 7 },
                r#"{"act":"withdraw","number":7}"#,
            ),
        ] {
            assert_eq!(read::<Act>(text).unwrap(), act);
            assert_eq!(serde_json::from_str::<Act>(text).unwrap(), act);
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read::<Value>(text).unwrap(), value);
            assert_eq!(serde_json::to_value(&act).unwrap(), value);
            assert_eq!(to_vec(&act).unwrap(), serde_json::to_vec(&act).unwrap());
        }
        for bad in [
            r#"{"number":7}"#,
            r#"{"act":1,"number":7}"#,
            r#"{"act":"withdraw"}"#,
            r#"{"act":"other","number":7}"#,
            r#"{"act":"withdraw","act":"withdraw","number":7}"#,
            r#"{"act":"sign-on","v":1,"type":"a","more":1}"#,
            r#"{"withdraw":{"number":7}}"#,
            r#""withdraw""#,
        ] {
            assert!(read::<Act>(bad).is_err(), "{bad}");
            assert!(serde_json::from_str::<Act>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_of_a_map_may_be_numbers_and_digests() {
        let numbers: BTreeMap<u32, bool> = read(r#"{"1":true,"20":false}"#).unwrap();
        assert_eq!(numbers, BTreeMap::from([(1, true), (20, false)]));
        for bad in [r#"{"01":true}"#, r#"{"+1":true}"#, r#"{"4294967296":true}"#] {
            assert!(read::<BTreeMap<u32, bool>>(bad).is_err(), "{bad}");
        }
        let digests: BTreeMap<Digest, u8> =
            read(&format!(r#"{{"{}":1}}"#, "00".repeat(32))).unwrap();
        assert_eq!(digests, BTreeMap::from([(Digest::new([0; 32]), 1)]));
    }

    #[test]
    fn nesting_is_bounded_and_no_text_is_told() {
        assert!(read::<Value>(&"[".repeat(100_000)).is_err());
        let error = read::<Open>(r#"{"inner":{"v":"hunter2","type":"a"}}"#).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
