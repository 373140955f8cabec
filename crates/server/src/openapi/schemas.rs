//! The forms of what is sent and answered: `demur_client::api`, and of the events and entries in it what these calls take.

use serde_json::{Map, Value, json};

use super::reference as r;

/// An object of exactly these fields.
fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<_, _> = fields
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

/// [`object`], of which the last `optional` fields may be left out.
fn object_with(fields: &[(&str, Value)], optional: usize) -> Value {
    let mut schema = object(fields);
    if let Some(required) = schema["required"].as_array_mut() {
        required.truncate(fields.len().saturating_sub(optional));
    }
    schema
}

fn or_null(schema: Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

fn list(schema: &str) -> Value {
    json!({ "type": "array", "items": r(schema) })
}

/// An event or entry of a type, in its form 1.
fn tagged(tag: &str, fields: &[(&str, Value)]) -> Value {
    let mut all = vec![
        ("type", json!({ "const": tag })),
        ("v", json!({ "const": 1 })),
    ];
    all.extend_from_slice(fields);
    object(&all)
}

fn placed(event: &str) -> Value {
    object(&[
        ("salt", r("Digest")),
        ("at", or_null(r("Place"))),
        ("event", r(event)),
    ])
}

fn one_of(schemas: &[&str]) -> Value {
    json!({ "oneOf": schemas.iter().map(|name| r(name)).collect::<Vec<_>>() })
}

/// All of them.
pub(super) fn schemas() -> Value {
    let mut all = basics();
    all.extend(events());
    all.extend(entries());
    all.extend(requests());
    all.extend(answers());
    let all: Map<_, _> = all
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    Value::Object(all)
}

fn basics() -> Vec<(&'static str, Value)> {
    let text = || json!({ "type": "string" });
    let number =
        || json!({ "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_u64 });
    let small = || json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    vec![
        (
            "Digest",
            json!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "32 bytes." }),
        ),
        (
            "Bytes",
            json!({
                "type": "string", "contentEncoding": "base64",
                "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
                "description": "Standard base64 with padding.",
            }),
        ),
        (
            "Time",
            json!({
                "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
                "description": "RFC 3339 in UTC, whole seconds.",
            }),
        ),
        ("Number", number()),
        ("Small", small()),
        ("Text", text()),
        (
            "AccountName",
            json!({ "type": "string", "pattern": "^[a-z0-9.-]{1,64}$" }),
        ),
        (
            "Place",
            object(&[("entry", r("Number")), ("slot", r("Small"))]),
        ),
        (
            "CheckpointRef",
            object(&[("size", r("Number")), ("hash", r("Digest"))]),
        ),
        (
            "SignedRequest",
            object(&[
                ("purpose", text()),
                ("subject", text()),
                ("time", r("Time")),
                ("key", r("Digest")),
                ("signature", r("Bytes")),
            ]),
        ),
        (
            "Problem",
            json!({
                "type": "object",
                "properties": {
                    "code": { "type": "string", "description": "A word that a program can act on." },
                    "message": { "type": "string", "description": "What was wrong, where, and what to do." },
                    "latest": r("PlacedVersion"),
                },
                "required": ["code", "message"],
            }),
        ),
        ("Document", json!({ "type": "object" })),
        ("Done", object(&[])),
    ]
}

fn events() -> Vec<(&'static str, Value)> {
    let action = json!({ "enum": ["sign", "withdraw", "endorse"] });
    let edition = object(&[("number", r("Small")), ("root", r("Digest"))]);
    let author = object(&[("sign", r("Digest")), ("seal", r("Text"))]);
    let counts = object(&[("portions", r("Small")), ("words", r("Small"))]);
    vec![
        (
            "OpeningBody",
            object(&[
                ("origin", r("Text")),
                ("edition", edition),
                ("authors", json!({ "type": "array", "items": author })),
                ("threshold", r("Small")),
                ("month", r("Text")),
                ("counter", r("Small")),
                ("salt", r("Digest")),
                ("checkpoint", r("CheckpointRef")),
            ]),
        ),
        (
            "Opening",
            object(&[
                ("v", r("Small")),
                ("body", r("OpeningBody")),
                ("circuit", r("Digest")),
                ("nullifier", r("Digest")),
                ("expires", r("Time")),
                ("proof", r("Bytes")),
            ]),
        ),
        (
            "VersionBody",
            object(&[
                ("memo", r("Digest")),
                ("number", r("Small")),
                ("previous", or_null(r("Digest"))),
                ("content_root", r("Digest")),
                ("counts", counts),
                ("sealed", r("Digest")),
                ("access", r("Digest")),
                ("checkpoint", r("CheckpointRef")),
            ]),
        ),
        (
            "Version",
            object(&[
                ("v", r("Small")),
                ("body", r("VersionBody")),
                ("author", r("Digest")),
                ("signature", r("Bytes")),
            ]),
        ),
        (
            "SignOn",
            object(&[
                ("v", r("Small")),
                ("memo", r("Digest")),
                ("version", r("Small")),
                ("content_root", r("Digest")),
                ("action", action),
                ("seq", r("Number")),
                ("nullifier", r("Digest")),
                ("circuit", r("Digest")),
                ("cohort", or_null(r("Text"))),
                ("note", r("Digest")),
                ("checkpoint", r("CheckpointRef")),
                ("expires", r("Time")),
                ("proofs", list("Bytes")),
            ]),
        ),
        (
            "Access",
            object(&[
                ("v", r("Small")),
                ("memo", r("Digest")),
                ("account", r("Text")),
                ("role", r("Text")),
                ("file", r("Digest")),
                ("time", r("Time")),
            ]),
        ),
        ("PlacedOpening", placed("Opening")),
        ("PlacedVersion", placed("Version")),
        ("PlacedSignOn", placed("SignOn")),
        ("PlacedAccess", placed("Access")),
    ]
}

fn entries() -> Vec<(&'static str, Value)> {
    let signed = |fields: &[(&'static str, Value)]| -> Vec<(&'static str, Value)> {
        let mut all = fields.to_vec();
        all.extend([("by", r("Digest")), ("signature", r("Bytes"))]);
        all
    };
    let roles = [
        "office",
        "recovery",
        "overseer",
        "registrar",
        "steward",
        "principal",
        "witness",
    ];
    let sized = object(&[("root", r("Digest")), ("size", r("Number"))]);
    let cohort = object(&[
        ("name", r("Text")),
        ("size", r("Number")),
        ("root", r("Digest")),
    ]);
    let step = |tag: &str, fields: &[(&'static str, Value)]| tagged(tag, &signed(fields));
    vec![
        (
            "KeysEntry",
            tagged(
                "keys",
                &[
                    ("role", json!({ "enum": roles })),
                    ("name", r("Text")),
                    ("sign", or_null(r("Digest"))),
                    ("seal", or_null(r("Text"))),
                    ("vkey", or_null(r("Text"))),
                    ("state", json!({ "enum": ["active", "revoked"] })),
                    ("by", or_null(r("Digest"))),
                    ("signature", or_null(r("Bytes"))),
                ],
            ),
        ),
        (
            "AttestationEntry",
            step(
                "attestation",
                &[
                    ("edition", r("Small")),
                    ("digest", r("Digest")),
                    ("letters", r("Small")),
                ],
            ),
        ),
        (
            "EditionEntry",
            step(
                "edition",
                &[
                    ("number", r("Small")),
                    ("digest", r("Digest")),
                    ("published", r("Time")),
                    ("cohorts", json!({ "type": "array", "items": cohort })),
                    ("certificates", sized),
                ],
            ),
        ),
        (
            "AcknowledgedEntry",
            step("acknowledged", &[("memo", r("Digest"))]),
        ),
        (
            "ReturnedEntry",
            step(
                "returned",
                &[
                    ("memo", r("Digest")),
                    ("reason", r("Text")),
                    ("text", r("Digest")),
                ],
            ),
        ),
        (
            "DistributedEntry",
            step(
                "distributed",
                &[
                    ("memo", r("Digest")),
                    ("to", list("Text")),
                    ("sealed", r("Digest")),
                ],
            ),
        ),
        (
            "RespondedEntry",
            step(
                "responded",
                &[
                    ("memo", r("Digest")),
                    ("points", r("Small")),
                    ("root", r("Digest")),
                    ("sealed", r("Digest")),
                ],
            ),
        ),
    ]
}

fn requests() -> Vec<(&'static str, Value)> {
    let act = |tag: &str, fields: &[(&'static str, Value)]| {
        let mut all = vec![("action", json!({ "const": tag })), ("memo", r("Digest"))];
        all.extend_from_slice(fields);
        object(&all)
    };
    let cost = [
        ("name", json!({ "const": "argon2id" })),
        ("version", r("Small")),
        ("memory_kib", r("Small")),
        ("passes", r("Small")),
        ("lanes", r("Small")),
    ];
    let fingerprint = object(&[
        ("form", r("Text")),
        ("hash", object(&cost)),
        ("whole", r("Digest")),
        ("body", r("Digest")),
    ]);
    let body = json!({ "oneOf": [
        act("file", &[("version", r("Small")), ("version_hash", r("Digest")), ("sealed", r("Digest"))]),
        act("withdraw", &[("filed", or_null(r("Digest"))), ("version", r("Small")), ("version_hash", r("Digest"))]),
        act("rejoin", &[("responded", r("Digest")), ("text", r("Digest"))]),
        act("release", &[("version", r("Small")), ("version_hash", r("Digest")), ("bundle", r("Digest"))]),
        act("fingerprint", &[
            ("of", r("Small")), ("version", r("Small")), ("version_hash", r("Digest")), ("text", fingerprint),
        ]),
    ] });
    let request = ("request", r("SignedRequest"));
    vec![
        (
            "PostOpening",
            object(&[("salt", r("Digest")), ("event", r("Opening"))]),
        ),
        (
            "PostVersion",
            object(&[
                ("salt", r("Digest")),
                ("event", r("Version")),
                ("sealed", r("Bytes")),
            ]),
        ),
        (
            "PostSignOn",
            object(&[
                ("salt", r("Digest")),
                ("event", r("SignOn")),
                ("note", r("Bytes")),
            ]),
        ),
        ("ApprovalBody", body),
        (
            "Approval",
            object(&[("author", r("Digest")), ("signature", r("Bytes"))]),
        ),
        (
            "PostApproval",
            object_with(
                &[
                    ("body", r("ApprovalBody")),
                    ("approval", r("Approval")),
                    ("file", or_null(r("Bytes"))),
                ],
                1,
            ),
        ),
        ("AuthorRequest", object(std::slice::from_ref(&request))),
        (
            "PostAuthorMessage",
            object(&[request.clone(), ("sealed", r("Bytes"))]),
        ),
        ("Sealed", object(&[("sealed", r("Bytes"))])),
        (
            "PostTickets",
            object(&[request.clone(), ("tickets", list("Digest"))]),
        ),
        (
            "Enrolment",
            object(&[("ticket", r("Digest")), ("sealed", r("Bytes"))]),
        ),
        (
            "PostReplies",
            object(&[request.clone(), ("replies", list("Enrolment"))]),
        ),
        (
            "PostEdition",
            object(&[
                ("file", r("Bytes")),
                ("entry", r("EditionEntry")),
                ("register", r("Bytes")),
            ]),
        ),
        (
            "PostEntry",
            object(&[("entry", one_of(&["KeysEntry", "AttestationEntry"]))]),
        ),
        (
            "SignIn",
            object(&[("account", r("Text")), ("password", r("Text")), request]),
        ),
        (
            "PostAccount",
            object(&[
                ("invitation", r("Text")),
                ("password", r("Text")),
                ("sign", r("Digest")),
                ("seal", r("Text")),
            ]),
        ),
        (
            "PostStep",
            object_with(
                &[
                    (
                        "entry",
                        one_of(&[
                            "AcknowledgedEntry",
                            "ReturnedEntry",
                            "DistributedEntry",
                            "RespondedEntry",
                        ]),
                    ),
                    ("sealed", or_null(r("Bytes"))),
                ],
                1,
            ),
        ),
    ]
}

fn answers() -> Vec<(&'static str, Value)> {
    let steps = [
        "filed",
        "acknowledged",
        "returned",
        "distributed",
        "responded",
        "rejoined",
        "withdrawn",
    ];
    let case = object(&[
        ("memo", r("Digest")),
        ("step", json!({ "enum": steps })),
        ("version", r("Small")),
        ("messages", r("Small")),
    ]);
    let note = object(&[
        ("nullifier", r("Digest")),
        ("seq", r("Number")),
        ("sealed", r("Bytes")),
    ]);
    let account = object(&[
        ("name", r("Text")),
        ("role", r("Text")),
        ("sign", or_null(r("Digest"))),
        ("seal", or_null(r("Text"))),
    ]);
    let approved = json!({ "oneOf": [
        object(&[("state", json!({ "const": "waiting" })), ("have", r("Small")), ("need", r("Small"))]),
        object(&[("state", json!({ "const": "done" })), ("promise", or_null(r("Text"))), ("entry", or_null(json!({ "type": "object" })))]),
    ] });
    vec![
        (
            "Channel",
            object(&[
                ("origin", r("Text")),
                ("vkey", r("Text")),
                ("software", r("Text")),
                ("profile", r("Text")),
            ]),
        ),
        ("Accepted", object(&[("promise", r("Text"))])),
        ("Approved", approved),
        (
            "Waiting",
            object(&[
                ("body", r("ApprovalBody")),
                ("approvals", list("Approval")),
                ("sealed", or_null(r("Bytes"))),
            ]),
        ),
        (
            "DraftView",
            object(&[
                ("opening", r("PlacedOpening")),
                ("versions", list("PlacedVersion")),
                ("sign_ons", list("PlacedSignOn")),
                ("filed", json!({ "type": "boolean" })),
                ("waiting", list("Waiting")),
            ]),
        ),
        (
            "MessageView",
            object(&[
                ("number", r("Small")),
                ("from", json!({ "enum": ["authors", "office"] })),
                ("day", r("Text")),
                ("sealed", r("Bytes")),
            ]),
        ),
        (
            "AuthorView",
            object(&[
                ("accesses", list("PlacedAccess")),
                ("messages", list("MessageView")),
                ("returned", or_null(r("Bytes"))),
                ("response", or_null(r("Bytes"))),
                ("waiting", list("Waiting")),
            ]),
        ),
        (
            "Enrolments",
            object(&[
                ("enrolments", list("Enrolment")),
                ("more", json!({ "type": "boolean" })),
            ]),
        ),
        (
            "Session",
            object(&[("session", r("Text")), ("role", r("Text"))]),
        ),
        (
            "Accounts",
            object(&[("accounts", json!({ "type": "array", "items": account }))]),
        ),
        ("CaseLine", case),
        ("Cases", object(&[("cases", list("CaseLine"))])),
        (
            "CaseView",
            object(&[
                ("case", r("CaseLine")),
                ("opening", r("Opening")),
                ("notes", json!({ "type": "array", "items": note })),
                ("messages", list("MessageView")),
                ("accesses", list("Access")),
                ("response", or_null(r("Bytes"))),
                ("rejoinder", or_null(r("Bytes"))),
            ]),
        ),
    ]
}
