//! Every dependency's licence against the list in deny.toml: what `cargo deny check licenses sources`
//! does, from cargo's own metadata, so that it runs with nothing installed and offline.

use std::{collections::BTreeSet, fs, process::Command};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::root;

/// Checks, and says how many packages were looked at.
pub(crate) fn check() -> anyhow::Result<String> {
    let deny: toml::Table = fs::read_to_string(root().join("deny.toml"))?.parse()?;
    let allowed = list(&deny, "licenses", "allow").context("deny.toml: licenses.allow")?;
    let banned = list(&deny, "bans", "deny").context("deny.toml: bans.deny")?;
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()?;
    ensure!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let metadata: Value = serde_json::from_slice(&out.stdout)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata has packages")?;
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !satisfied(licence, &allowed) {
            wrong.push(format!(
                "{name}: licence {licence} is not in deny.toml's list"
            ));
        }
        if banned.contains(name) {
            wrong.push(format!("{name}: banned in deny.toml"));
        }
        match package["source"].as_str() {
            None => {}
            Some(source)
                if source.starts_with("registry+https://github.com/rust-lang/crates.io-index") => {}
            Some(source) => wrong.push(format!("{name}: comes from {source}, not crates.io")),
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(format!(
        "{} packages: every licence is allowed, every source is crates.io",
        packages.len()
    ))
}

fn list(deny: &toml::Table, section: &str, key: &str) -> Option<BTreeSet<String>> {
    let items = deny.get(section)?.get(key)?.as_array()?;
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// An SPDX expression holds if the allowed licences satisfy it. `OR` binds weaker than `AND`; `/` is
/// an old spelling of `OR`.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&words, &mut at, allowed) && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= all_of(words, at, allowed);
    }
    holds
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(words, at, allowed);
    }
    holds
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let holds = any_of(words, at, allowed);
        *at += 1;
        return holds;
    }
    let mut licence = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spdx_expressions() {
        let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception", "ISC"]
            .map(str::to_owned)
            .into();
        for (expression, holds) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND GPL-3.0", false),
            ("(GPL-3.0 OR ISC) AND MIT", true),
            ("GPL-3.0 OR ISC AND AGPL-3.0", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
            ("Apache-2.0", false),
            ("none stated", false),
            ("", false),
        ] {
            assert_eq!(satisfied(expression, &allowed), holds, "{expression}");
        }
    }
}
