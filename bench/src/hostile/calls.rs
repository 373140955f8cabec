//! Every call without the right to it, from the server's own OpenAPI document: a route that is new tomorrow is tried, too.

use anyhow::{Context as _, Result, ensure};
use demur_bench::http::Wire;
use demur_client::keys::{SignKey, signed_request};
use demur_encoding::{Digest, canonical, sha256};
use serde_json::{Value, json};

use super::Target;
use demur_bench::{now, rng};

/// One operation of the document.
struct Call {
    method: String,
    path: String,
    who: String,
    body: Option<Value>,
}

fn document(target: &Target) -> Result<Value> {
    let wire = Wire(b"GET /api/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec());
    let answer = target.http().wire(&wire, 16 << 20)?;
    ensure!(answer.status == 200, "openapi.json: {}", answer.status);
    Ok(serde_json::from_slice(&answer.body)?)
}

fn calls(document: &Value) -> Result<Vec<Call>> {
    let mut calls = Vec::new();
    let paths = document["paths"].as_object().context("no paths")?;
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let schema = operation.pointer("/requestBody/content/application~1json/schema");
            let body = schema.map(|schema| example(document, schema)).transpose()?;
            let filled = path
                .replace("{memo}", &sha256(b"no memo").to_string())
                .replace("{n}", "1")
                .replace("{name}", &sha256(b"nobody").to_string());
            calls.push(Call {
                method: method.to_uppercase(),
                path: filled,
                who: operation["x-who"].as_str().context("no x-who")?.to_owned(),
                body,
            });
        }
    }
    Ok(calls)
}

/// Method and path of every call that takes a body.
pub(super) fn with_bodies(target: &Target) -> Result<Vec<(String, String)>> {
    let calls = calls(&document(target)?)?;
    let with = calls.into_iter().filter(|call| call.body.is_some());
    Ok(with.map(|call| (call.method, call.path)).collect())
}

/// A value of that form.
fn example(document: &Value, schema: &Value) -> Result<Value> {
    if let Some(pointer) = schema["$ref"].as_str() {
        let pointer = pointer.trim_start_matches('#');
        let target = document.pointer(pointer);
        return example(document, target.with_context(|| pointer.to_owned())?);
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return example(document, first);
    }
    if let Some(value) = schema.get("const") {
        return Ok(value.clone());
    }
    if let Some(value) = schema["enum"].get(0) {
        return Ok(value.clone());
    }
    Ok(match schema["type"].as_str().context("no type")? {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let fields = fields.map(|(name, field)| Ok((name.clone(), example(document, field)?)));
            Value::Object(fields.collect::<Result<_>>()?)
        }
        "array" => json!([example(document, &schema["items"])?]),
        "integer" => json!(1),
        "boolean" => json!(true),
        _ => match schema["pattern"].as_str() {
            Some("^[0-9a-f]{64}$") => json!(sha256(b"anything")),
            Some(pattern)
                if pattern.contains('T') && pattern.contains('Z') && !pattern.contains("+/") =>
            {
                json!(now())
            }
            Some(pattern) if pattern.contains("+/") => json!("AAAA"),
            _ => json!("x"),
        },
    })
}

/// As whom a call is made that its caller has no right to.
#[derive(Debug, Clone, Copy)]
enum As {
    Nobody,
    Cookie,
    MadeUp,
    OtherRole,
}

fn wire(call: &Call, headers: &str, body: Option<&Value>) -> Wire {
    let body = body.map(Value::to_string).unwrap_or_default();
    let (method, path) = (&call.method, &call.path);
    let length = body.len();
    Wire(
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}")
            .into_bytes(),
    )
}

/// A session of each role: the operator invites, the invited take it up.
fn session(target: &Target, name: &str, role: &str) -> Result<String> {
    let invited = target.channel.program().run([
        "account",
        "invite",
        name,
        "--role",
        role,
        "--json",
        "--data",
        target.channel.data().to_str().context("a path")?,
    ])?;
    ensure!(
        invited.status.success(),
        "{}",
        String::from_utf8_lossy(&invited.stderr)
    );
    let invited: Value = serde_json::from_slice(&invited.stdout)?;
    let key = SignKey::generate(&mut rng());
    let post = json!({
        "invitation": invited["invitation"], "password": "correct horse battery", "sign": key.public(),
        "seal": target.channel.roles().office.seal.recipient(),
    });
    let send = |method: &str, path: &str, body: &Value| -> Result<Value> {
        let text = body.to_string();
        let wire = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        let answer = target.http().wire(&Wire(wire.into_bytes()), 1 << 20)?;
        ensure!(
            answer.status == 200,
            "{path}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(serde_json::from_slice(&answer.body)?)
    };
    send("POST", "/api/accounts", &post)?;
    let request = signed_request(&key, "sign-in", name, now());
    let session =
        json!({ "account": name, "password": "correct horse battery", "request": request });
    let session = send("POST", "/api/session", &session)?;
    Ok(session["session"]
        .as_str()
        .context("no session")?
        .to_owned())
}

/// A request signed by somebody whose key is nobody's.
fn by_stranger(body: &Value, call: &Call) -> Result<Value> {
    let key = SignKey::generate(&mut rng());
    let mut body = body.clone();
    let hash =
        |value: &Value| -> Result<String> { Ok(sha256(&canonical::to_vec(value)?).to_string()) };
    let sealed = sha256(&[0, 0, 0]).to_string();
    let (purpose, subject) = match call.path.split('/').collect::<Vec<_>>()[..] {
        [.., "author"] => ("case", sha256(b"no memo").to_string()),
        [.., "messages"] => ("messages", sealed),
        [.., "tickets"] => ("tickets", hash(&body["tickets"])?),
        [.., "replies"] => ("replies", hash(&body["replies"])?),
        [.., "list"] => ("enrolments", String::new()),
        [.., "register"] => ("register", "1".to_owned()),
        _ => (
            "sign-in",
            body["account"].as_str().unwrap_or_default().to_owned(),
        ),
    };
    let request = serde_json::to_value(signed_request(&key, purpose, &subject, now()))?;
    if body.get("purpose").is_some() {
        return Ok(request);
    }
    body["request"] = request;
    Ok(body)
}

pub(super) fn without_right(target: &mut Target) -> Result<String> {
    let document = document(target)?;
    let calls = calls(&document)?;
    let steward = session(target, "ada", "steward")?;
    let principal = session(target, "min", "minister")?;
    let http = target.http();
    let random = Digest::new([7; 32]);
    let (mut tried, mut refused) = (0, 0);
    for call in &calls {
        let mut expect = |wire: Wire, allowed: &[u16], what: &str| -> Result<()> {
            let answer = http.wire(&wire, 16 << 20)?;
            tried += 1;
            ensure!(
                allowed.contains(&answer.status),
                "{} {} {what}: {} {}",
                call.method,
                call.path,
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
            refused += usize::from(answer.status != 200);
            Ok(())
        };
        match call.who.as_str() {
            "account" | "steward" | "principal" => {
                for who in [As::Nobody, As::Cookie, As::MadeUp, As::OtherRole] {
                    let other = if call.who == "principal" {
                        &steward
                    } else {
                        &principal
                    };
                    let (headers, allowed) = match who {
                        As::Nobody => (String::new(), 401),
                        As::Cookie => (format!("cookie: session={steward}\r\n"), 401),
                        As::MadeUp => (format!("authorization: Bearer {random}\r\n"), 401),
                        // Any account may end a session: that would take away the one that is needed below.
                        As::OtherRole if call.who == "account" => continue,
                        As::OtherRole => (format!("authorization: Bearer {other}\r\n"), 403),
                    };
                    expect(
                        wire(call, &headers, call.body.as_ref()),
                        &[allowed],
                        &format!("as {who:?}"),
                    )?;
                }
            }
            "link" => {
                for headers in [
                    String::new(),
                    format!("demur-access: {random}\r\n"),
                    "demur-access: x\r\n".to_owned(),
                    format!("authorization: Bearer {steward}\r\n"),
                ] {
                    expect(wire(call, &headers, None), &[404], "without the link")?;
                }
            }
            "signed" => {
                let body = call.body.as_ref().context("a signed call without a body")?;
                let forged = by_stranger(body, call)?;
                expect(
                    wire(call, "", Some(&forged)),
                    &[403, 404],
                    "by a stranger's key",
                )?;
                expect(
                    wire(call, "", Some(body)),
                    &[403, 404],
                    "with a made-up signature",
                )?;
                let headers = format!("authorization: Bearer {steward}\r\n");
                expect(
                    wire(call, &headers, Some(body)),
                    &[403, 404],
                    "with a session instead",
                )?;
            }
            // Anyone may call these; what is sent must show the right itself.
            _ => match &call.body {
                None => expect(wire(call, "", None), &[200, 404], "")?,
                Some(body) => expect(
                    wire(call, "", Some(body)),
                    &[403, 404, 409, 422],
                    "with nothing to show",
                )?,
            },
        }
    }
    Ok(format!(
        "{tried} calls of {} operations, {refused} refused",
        calls.len()
    ))
}
