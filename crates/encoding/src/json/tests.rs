use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::*;
use crate::{Digest, json_fields, json_tagged};

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

json_tagged!(Act by "act");

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
    let digests: BTreeMap<Digest, u8> = read(&format!(r#"{{"{}":1}}"#, "00".repeat(32))).unwrap();
    assert_eq!(digests, BTreeMap::from([(Digest::new([0; 32]), 1)]));
}

#[test]
fn nesting_is_bounded_and_no_text_is_told() {
    assert!(read::<Value>(&"[".repeat(100_000)).is_err());
    let error = read::<Open>(r#"{"inner":{"v":"hunter2","type":"a"}}"#).unwrap_err();
    assert!(!error.contains("hunter2"), "{error}");
}
