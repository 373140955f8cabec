//! The OpenAPI document against the router, and against all that these tests send and get.

use std::{collections::BTreeSet, sync::OnceLock};

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::world::World;
use crate::{http::table, openapi::document};

/// The document, made once.
fn api() -> &'static Value {
    static API: OnceLock<Value> = OnceLock::new();
    API.get_or_init(document)
}

/// The operation that a request is one of.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next()?;
    let fits = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) =
            (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template
                .iter()
                .zip(path)
                .all(|(part, given)| part.starts_with('{') && !given.is_empty() || *part == given)
    };
    let mut paths: Vec<_> = api()["paths"].as_object()?.iter().collect();
    // A fixed path goes before one with a parameter in its place.
    paths.sort_by_key(|(template, _)| template.matches('{').count());
    let (_, item) = paths.into_iter().find(|(template, _)| fits(template))?;
    item.get(method.as_str().to_lowercase())
}

/// Holds a request and its answer against the document.
#[track_caller]
pub(super) fn check(method: &Method, path: &str, sent: &[u8], status: StatusCode, answer: &[u8]) {
    // What a browser asks before a call of another origin is CORS's, not a call.
    let asked = *method == Method::OPTIONS && status == StatusCode::NO_CONTENT;
    if !path.starts_with("/api/") || status == StatusCode::METHOD_NOT_ALLOWED || asked {
        return;
    }
    let Some(operation) = operation(method, path) else {
        assert_eq!(
            status,
            StatusCode::NOT_FOUND,
            "{method} {path}: not in the document"
        );
        return;
    };
    let response = operation["responses"].get(status.as_str());
    let text = String::from_utf8_lossy(answer);
    let response = response
        .unwrap_or_else(|| panic!("{method} {path}: {status} is not in the document: {text}"));
    let content = response["content"].as_object().unwrap();
    if let Some(json) = content.get("application/json") {
        let value: Value = serde_json::from_slice(answer).unwrap();
        if let Err(why) = valid(&value, &json["schema"]) {
            panic!("{method} {path}: {status}: {why}: {text}");
        }
    }
    if status == StatusCode::OK
        && let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema")
    {
        let value: Value = serde_json::from_slice(sent).unwrap();
        if let Err(why) = valid(&value, schema) {
            panic!("{method} {path}: what was taken is not what the document says: {why}");
        }
    }
}

/// The part of JSON Schema that the document uses.
fn valid(value: &Value, schema: &Value) -> Result<(), String> {
    let schema = schema.as_object().ok_or("not a schema")?;
    for (word, rule) in schema {
        let right = match word.as_str() {
            "description" | "contentEncoding" | "format" => true,
            "$ref" => {
                let name = rule.as_str().and_then(|r| r.strip_prefix('#'));
                let target = name.and_then(|name| api().pointer(name));
                valid(value, target.ok_or_else(|| format!("{rule} is nowhere"))?)?;
                true
            }
            "type" => match rule.as_str() {
                Some("object") => value.is_object(),
                Some("array") => value.is_array(),
                Some("string") => value.is_string(),
                Some("integer") => value.is_u64(),
                Some("boolean") => value.is_boolean(),
                Some("null") => value.is_null(),
                other => return Err(format!("type {other:?}")),
            },
            "minimum" => value.as_u64() >= rule.as_u64(),
            "maximum" => value.as_u64() <= rule.as_u64(),
            "const" => value == rule,
            "enum" => rule.as_array().is_some_and(|all| all.contains(value)),
            "pattern" => matches(
                value.as_str().unwrap_or_default(),
                rule.as_str().unwrap_or_default(),
            ),
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    valid(item, rule)?;
                }
                true
            }
            "required" => rule
                .as_array()
                .into_iter()
                .flatten()
                .all(|name| value.get(name.as_str().unwrap_or_default()).is_some()),
            "additionalProperties" => value
                .as_object()
                .into_iter()
                .flatten()
                .all(|(name, _)| schema["properties"].get(name).is_some()),
            "properties" => {
                for (name, field) in rule.as_object().into_iter().flatten() {
                    if let Some(value) = value.get(name) {
                        valid(value, field).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
                true
            }
            "oneOf" => rule
                .as_array()
                .is_some_and(|all| all.iter().filter(|one| valid(value, one).is_ok()).count() == 1),
            "allOf" => {
                for one in rule.as_array().into_iter().flatten() {
                    valid(value, one)?;
                }
                true
            }
            other => return Err(format!("{other} is not understood here")),
        };
        if !right {
            return Err(format!("{word} {rule} does not hold"));
        }
    }
    Ok(())
}

/// The document's patterns, each as code: there is no other.
fn matches(text: &str, pattern: &str) -> bool {
    let hex = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    match pattern {
        "^[0-9a-f]{64}$" => text.len() == 64 && hex(text),
        "^[a-z0-9.-]{1,64}$" => crate::routes::accounts::is_account_name(text),
        time if time.contains('T') && time.contains('Z') && !time.contains("+/") => {
            text.parse::<demur_encoding::Time>().is_ok()
        }
        _ => serde_json::from_value::<demur_encoding::Bytes>(text.into()).is_ok(),
    }
}

#[tokio::test]
async fn the_document_is_served_and_whole() {
    let world = World::new().await;
    let served = world.get("/api/openapi.json").await.ok::<Value>();
    assert_eq!(&served, api());
    // Every reference leads somewhere, every schema is used.
    let text = serde_json::to_string(api()).unwrap();
    let used: BTreeSet<_> = text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let there = api()["components"]["schemas"].as_object().unwrap();
    let there: BTreeSet<_> = there.keys().map(String::as_str).collect();
    assert_eq!(used, there);
    // Names are names of one thing.
    let ids: Vec<_> = text.split("\"operationId\":\"").skip(1).collect();
    let distinct: BTreeSet<_> = ids.iter().map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.len(), distinct.len());
}

/// Each method of each path of the API is in the document, and each in the document is answered.
#[tokio::test]
async fn the_document_is_the_router() {
    let world = World::new().await;
    for route in table::<demur_store_sqlite::SqliteStore>() {
        let path = route
            .path
            .replace("{memo}", &"0".repeat(64))
            .replace("{n}", "1")
            .replace("{name}", &"0".repeat(64));
        let described = &api()["paths"][route.path];
        assert_eq!(
            described.is_object(),
            route.path.starts_with("/api/"),
            "{}",
            route.path
        );
        if !described.is_object() {
            continue;
        }
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ] {
            let answer = world.send(method.clone(), &path, &[], Vec::new()).await;
            let known = described.get(method.as_str().to_lowercase()).is_some();
            assert_eq!(
                answer.status != StatusCode::METHOD_NOT_ALLOWED,
                known,
                "{method} {path}: {}",
                answer.status
            );
        }
    }
    // No path that is in the document and not in the table: the document is made from the table.
    world.get("/api/nothing").await.problem(404, "not-found");
}
