//! The OpenAPI 3.1 document of the interface, made from the table of routes (`http::table`) and the schemas beside this.
//!
//! Written by hand and not derived: the wire types live in crates that the browser loads, too. What keeps it true are the tests of
//! this crate: each request that they send and each answer that they get is held against it.

mod schemas;

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

use crate::http::{Route, table};

/// What a call answers where it does what it was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// JSON of that schema.
    Json(&'static str),
    /// Bytes.
    File,
}

/// Who may call, and how they show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anyone; what is sent may carry proofs and signatures of its own.
    Anyone,
    /// Who holds a key: a `SignedRequest` is part of the body.
    Signed,
    /// Who holds a memo's link: `Demur-Access`.
    Link,
    /// Any account: a session.
    Account,
    /// A steward's session.
    Steward,
    /// The session of an official of the distribution list.
    Principal,
}

/// What is refused beside what every call may be refused for: a status and its codes.
type Refused = (u16, &'static [&'static str]);

/// One method of a path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    method: &'static str,
    id: &'static str,
    summary: &'static str,
    who: Who,
    body: Option<&'static str>,
    answer: Answer,
    /// The schema of the path's `{name}`.
    name: &'static str,
    refused: Vec<Refused>,
}

impl Operation {
    const fn new(
        method: &'static str,
        id: &'static str,
        who: Who,
        body: Option<&'static str>,
        answer: Answer,
    ) -> Self {
        Self {
            method,
            id,
            summary: "",
            who,
            body,
            answer,
            name: "Digest",
            refused: Vec::new(),
        }
    }

    pub(crate) const fn get(id: &'static str, who: Who, answer: Answer) -> Self {
        Self::new("get", id, who, None, answer)
    }

    pub(crate) const fn delete(id: &'static str, who: Who, answer: Answer) -> Self {
        Self::new("delete", id, who, None, answer)
    }

    pub(crate) const fn post(
        id: &'static str,
        who: Who,
        body: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new("post", id, who, Some(body), answer)
    }

    pub(crate) const fn put(
        id: &'static str,
        who: Who,
        body: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new("put", id, who, Some(body), answer)
    }

    pub(crate) fn says(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    pub(crate) fn named(mut self, schema: &'static str) -> Self {
        self.name = schema;
        self
    }

    pub(crate) fn refuses(mut self, status: u16, codes: &'static [&'static str]) -> Self {
        self.refused.push((status, codes));
        self
    }

    /// Every refusal: status, and the codes of its problem.
    fn refusals(&self) -> impl Iterator<Item = Refused> {
        const BODY: &[Refused] = &[(400, &["malformed"]), (413, &["too-large"])];
        const SIGNED: &[Refused] = &[(403, &["signature", "clock"])];
        const LINK: &[Refused] = &[(403, &["link-replaced"]), (404, &["unknown-memo"])];
        const ACCOUNT: &[Refused] = &[(401, &["session"])];
        const ROLE: &[Refused] = &[(401, &["session"]), (403, &["role"])];
        const ANY: &[Refused] = &[(408, &["timeout"]), (500, &["internal"]), (503, &["busy"])];
        let body = if self.body.is_some() { BODY } else { &[] };
        let who = match self.who {
            Who::Anyone => &[],
            Who::Signed => SIGNED,
            Who::Link => LINK,
            Who::Account => ACCOUNT,
            Who::Steward | Who::Principal => ROLE,
        };
        let common = [body, who, ANY].into_iter().flatten();
        self.refused.iter().chain(common).copied()
    }

    fn describe(&self, path: &str) -> Value {
        let mut responses = Map::new();
        let content = match self.answer {
            Answer::Json(schema) => json!({ "application/json": { "schema": reference(schema) } }),
            Answer::File => {
                json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } })
            }
        };
        responses.insert(
            "200".to_owned(),
            json!({ "description": "Done.", "content": content }),
        );
        let mut refused: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for (status, codes) in self.refusals() {
            refused.entry(status).or_default().extend(codes);
        }
        if path.contains('{') {
            // Where a part of the path is empty it is another path.
            refused.entry(404).or_default().push("not-found");
        }
        for (status, mut codes) in refused {
            codes.sort_unstable();
            codes.dedup();
            let schema = json!({
                "allOf": [reference("Problem")],
                "properties": { "code": { "enum": codes } },
            });
            responses.insert(
                status.to_string(),
                json!({
                    "description": format!("Refused: {}.", codes.join(", ")),
                    "content": { "application/json": { "schema": schema } },
                }),
            );
        }
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "responses": responses,
            "security": match self.who {
                Who::Account | Who::Steward | Who::Principal => json!([{ "session": [] }]),
                Who::Anyone | Who::Signed | Who::Link => json!([]),
            },
            "x-who": match self.who {
                Who::Anyone => "anyone",
                Who::Signed => "signed",
                Who::Link => "link",
                Who::Account => "account",
                Who::Steward => "steward",
                Who::Principal => "principal",
            },
        });
        let header = (self.who == Who::Link).then(|| {
            json!({
                "name": demur_client::api::ACCESS_HEADER, "in": "header", "required": true, "schema": reference("Digest"),
                "description": "The access token of the memo's link. Without it there is no such memo: 404.",
            })
        });
        let parameters: Vec<_> = path
            .split('/')
            .filter_map(|part| self.parameter(part))
            .chain(header)
            .collect();
        if !parameters.is_empty() {
            operation["parameters"] = Value::Array(parameters);
        }
        if let Some(body) = self.body {
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": reference(body) } },
            });
        }
        operation
    }

    fn parameter(&self, part: &str) -> Option<Value> {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        let schema = match name {
            "memo" => reference("Digest"),
            "n" => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
            _ => reference(self.name),
        };
        Some(json!({ "name": name, "in": "path", "required": true, "schema": schema }))
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// The document.
pub(crate) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for Route {
        path, operations, ..
    } in table::<demur_store_sqlite::SqliteStore>()
    {
        for operation in operations {
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[operation.method] = operation.describe(path);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Demur",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The interface of a dissent channel's server. Requests that sign carry no login, cookie or name. Every refusal is a Problem. Pages of any origin may call it and read the record (CORS), without credentials.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas::schemas(),
            "securitySchemes": { "session": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// `GET /api/openapi.json`.
pub(crate) async fn get() -> Response {
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    ([cache], Json(document())).into_response()
}
