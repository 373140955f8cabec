//! Content roots of fixed memos under fixed seeds.
//!
//! `vectors.json` was computed by another program, in another language, from the description in
//! `docs/memo.md`, so that code and description are held against each other.

use demur_encoding::Digest;
use demur_memo::{
    Memo,
    content::{Content, Counts, Seed, Selection},
    marking::Rules,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    scheme: String,
    text: String,
    seed: Digest,
    banner: String,
    parts: Vec<Part>,
    counts: Counts,
    content_root: Digest,
}

#[derive(Deserialize)]
struct Part {
    label: String,
    marking: String,
    text: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn check(name: &str) {
    let vector = vectors().into_iter().find(|v| v.name == name).unwrap();
    let ceiling = if vector.scheme == "cui" { "CUI" } else { "C" };
    let rules = Rules::new(&vector.scheme, ceiling, &[] as &[&str], "refuse").unwrap();
    let memo = Memo::parse(&vector.text, &rules).unwrap();
    assert_eq!(memo.to_text(), vector.text);
    assert_eq!(memo.banner(), vector.banner);
    let content = Content::new(&memo, Seed::new(*vector.seed.as_bytes()));
    assert_eq!(content.counts(), vector.counts);
    assert_eq!(content.root(), vector.content_root);
    let disclosure = content.disclose(&Selection::whole()).unwrap();
    assert_eq!(disclosure.seeds, [vector.seed]);
    let disclosed = disclosure.open(vector.content_root, vector.counts).unwrap();
    let head = disclosed.head().iter();
    let head = head.map(|f| {
        (
            f.label.to_string(),
            f.marking.clone(),
            f.text().map(str::to_owned),
        )
    });
    let body = disclosed.portions().iter();
    let body = body.map(|p| {
        (
            p.kind.to_string(),
            p.marking.clone(),
            p.text().map(str::to_owned),
        )
    });
    let wanted = vector
        .parts
        .into_iter()
        .map(|p| (p.label, Some(p.marking), Some(p.text)));
    assert!(head.chain(body).eq(wanted));
}

#[test]
fn smallest() {
    check("smallest");
}

#[test]
fn every_part() {
    check("every part");
}

#[test]
fn cui() {
    check("cui");
}
