//! schemathesis makes up requests from the OpenAPI document, right and wrong ones, and holds the answers against it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Target;

/// What is checked of each answer. Not `positive_data_acceptance`: no generator makes up proofs and signatures.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      negative_data_rejection,unsupported_method,ignored_auth";

/// One thread: with several, Python 3.11's parser, which the generator calls, fails now and then ("AST constructor recursion
/// depth mismatch", python/cpython#106905), and with it the run.
const WORKERS: &str = "1";

pub(super) fn run(target: &mut Target) -> Result<String> {
    let Some(program) = &target.args.schemathesis else {
        return Ok("left out: no program was given".to_owned());
    };
    let document = format!("http://{}/api/openapi.json", target.address());
    let examples = target.args.examples.to_string();
    let phases = if target.args.short {
        "fuzzing"
    } else {
        "coverage,fuzzing"
    };
    let out = Command::new(program)
        .args([
            "run",
            &document,
            "--checks",
            CHECKS,
            "--max-examples",
            &examples,
        ])
        .args([
            "--phases",
            phases,
            "--seed",
            "1",
            "--workers",
            WORKERS,
            "--no-color",
        ])
        // A connection that was kept may be ended by the server just when it is used again.
        .args(["--request-timeout", "60", "--request-retries", "3"])
        .current_dir(target.channel.dir())
        .output()
        .with_context(|| program.display().to_string())?;
    let text = String::from_utf8_lossy(&out.stdout);
    ensure!(
        out.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let summary = text.lines().rev().find(|line| !line.trim().is_empty());
    let summary = summary
        .unwrap_or_default()
        .trim_matches(['=', ' '])
        .to_owned();
    let told: Vec<_> = text
        .lines()
        .filter(|line| {
            line.contains("Test cases:")
                || line.trim_start().starts_with("N generated")
                || line.contains("Operations:")
                || line.contains("Tested:")
                || line.contains("generated")
        })
        .map(str::trim)
        .collect();
    Ok(format!("{summary} ({})", told.join("; ")))
}
