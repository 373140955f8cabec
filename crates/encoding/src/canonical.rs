//! Canonical JSON: one value, one byte string ([RFC 8785]).
//!
//! Narrower than the RFC, because its number rules make different inputs equal: there are no
//! fractions and no exponents, and integers lie within 2^53 - 1 of zero. Keys may not stand
//! twice in an object. Nesting is bounded by [`MAX_DEPTH`].
//!
//! [RFC 8785]: https://www.rfc-editor.org/rfc/rfc8785

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::json;

/// The deepest nesting of arrays and objects that is read or written.
pub const MAX_DEPTH: usize = 32;

/// The largest integer, in size, that every JSON reader holds exactly: 2^53 - 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why bytes are not the canonical form of a value of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// Not JSON, or not of the wanted shape.
    #[error("{0}")]
    Shape(String),
    /// JSON of the wanted shape, but not its canonical bytes; the first that differs is named.
    #[error("not canonical JSON (RFC 8785): first difference at byte {at}")]
    NotCanonical {
        /// Offset in bytes from the beginning.
        at: usize,
    },
    /// A fraction, or an integer over [`MAX_INTEGER`].
    #[error("a number that is not an integer within 2^53 - 1 of zero")]
    Number,
    /// Nesting over [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH}")]
    Depth,
}

/// The canonical bytes of `value`.
///
/// # Errors
/// When `value` does not serialize, or holds a number or nesting that is refused.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(|e| CanonicalError::Shape(e.to_string()))?;
    screen(&value, 0)?;
    serde_json_canonicalizer::to_vec(&value).map_err(|e| CanonicalError::Shape(e.to_string()))
}

/// [`to_vec`] as text.
///
/// # Errors
/// As [`to_vec`].
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    let bytes = to_vec(value)?;
    String::from_utf8(bytes).map_err(|e| CanonicalError::Shape(e.to_string()))
}

/// Reads a value whose canonical form is exactly `bytes`.
///
/// The value is written again and compared, so that no two byte strings give one value: a
/// duplicate key, a space, another escape, an unknown field that the type ignores, are refused.
///
/// # Errors
/// When `bytes` are not the canonical form of a `T`.
pub fn from_slice<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, CanonicalError> {
    // serde_json bounds recursion itself (128), so that this can't exhaust the stack.
    let value: T = json::from_slice(bytes).map_err(|e| CanonicalError::Shape(e.to_string()))?;
    let again = to_vec(&value)?;
    if again == bytes {
        return Ok(value);
    }
    let at = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(CanonicalError::NotCanonical { at })
}

fn screen(value: &Value, depth: usize) -> Result<(), CanonicalError> {
    if depth > MAX_DEPTH {
        return Err(CanonicalError::Depth);
    }
    match value {
        Value::Number(n) => {
            let size = n.as_u64().or_else(|| n.as_i64().map(i64::unsigned_abs));
            match size {
                Some(size) if size <= MAX_INTEGER => Ok(()),
                _ => Err(CanonicalError::Number),
            }
        }
        Value::Array(items) => items.iter().try_for_each(|v| screen(v, depth + 1)),
        Value::Object(map) => map.values().try_for_each(|v| screen(v, depth + 1)),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_by_utf16_and_text_is_minimal() {
        let value: Value =
            serde_json::from_str(r#"{"\ufb33":1,"\ud83d\ude00":2,"b":"\u002f<\u20ac","a":[]}"#)
                .unwrap();
        assert_eq!(
            to_string(&value).unwrap(),
            "{\"a\":[],\"b\":\"/<€\",\"😀\":2,\"\u{fb33}\":1}"
        );
    }

    #[test]
    fn refuses_what_is_not_canonical() {
        for bad in [
            r#"{"a": 1}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e2}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":-0}"#,
            "{\"a\":1}\n",
            "{",
            "",
        ] {
            assert!(from_slice::<Value>(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(from_slice::<Value>(br#"{"a":9007199254740991,"b":-9007199254740991}"#).is_ok());
    }

    #[test]
    fn names_the_first_difference() {
        assert_eq!(
            from_slice::<Value>(br#"{"a":1, "b":2}"#),
            Err(CanonicalError::NotCanonical { at: 7 })
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let nest = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(from_slice::<Value>(nest(MAX_DEPTH + 1).as_bytes()).is_ok());
        assert_eq!(
            from_slice::<Value>(nest(MAX_DEPTH + 2).as_bytes()),
            Err(CanonicalError::Depth)
        );
        assert!(from_slice::<Value>(nest(100_000).as_bytes()).is_err());
    }
}
