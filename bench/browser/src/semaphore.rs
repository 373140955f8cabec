//! The same with Semaphore's own browser code: the group is in memory and the artifacts come from this machine; the server takes the proof
//! without verifying it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use axum::{Router, routing::post};
use demur_e2e::{Browser, Person};
use serde::Deserialize;
use tower_http::services::{ServeDir, ServeFile};

const PACKAGE: &str = include_str!("../semaphore/package.json");
const SCRIPT: &str = include_str!("../semaphore/page.mjs");
const PAGE: &str = include_str!("../semaphore/page.html");

/// Building a group hashes each member in JavaScript, on a busy machine for minutes.
const PATIENCE: Duration = Duration::from_secs(900);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed {
    pub(crate) group: Duration,
    pub(crate) proof: Duration,
    pub(crate) whole: Duration,
}

#[derive(Debug, Deserialize)]
struct Measured {
    group_ms: f64,
    prove_ms: f64,
    whole_ms: f64,
}

pub(crate) async fn run(
    browser: &Browser,
    cache: &Path,
    profiles: &Path,
    members: usize,
    runs: usize,
) -> Result<Vec<Signed>> {
    let folder = install(cache)?;
    let artifacts = folder.join("node_modules/@zk-kit/semaphore-artifacts");
    let pages = Router::new()
        .route(
            "/sign",
            post(|body: String| async move { body.len().to_string() }),
        )
        .nest_service("/artifacts", ServeDir::new(artifacts))
        .route_service("/page.js", ServeFile::new(folder.join("page.js")))
        .route_service("/", ServeFile::new(folder.join("page.html")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, pages).await });
    let person = browser.person_at(&url, profiles, "semaphore").await?;
    person.go(&format!("/?members={members}")).await?;
    until(&person, "return window.ready === true").await?;
    for n in 1..=runs {
        person.press("Sign").await?;
        until(
            &person,
            &format!("return window.measured.length >= {n} || !!window.failed"),
        )
        .await?;
    }
    let failed = person
        .driver
        .execute("return window.failed ?? null", vec![])
        .await?;
    ensure!(failed.json().is_null(), "Semaphore: {}", failed.json());
    let measured = person
        .driver
        .execute("return window.measured", vec![])
        .await?;
    let measured: Vec<Measured> = serde_json::from_value(measured.json().clone())?;
    person.leave().await?;
    server.abort();
    let ms = |ms: f64| Duration::from_secs_f64(ms / 1e3);
    let signed = |m: &Measured| Signed {
        group: ms(m.group_ms),
        proof: ms(m.prove_ms),
        whole: ms(m.whole_ms),
    };
    Ok(measured.iter().map(signed).collect())
}

async fn until(person: &Person, script: &str) -> Result<()> {
    let start = Instant::now();
    while person
        .driver
        .execute(script, vec![])
        .await?
        .json()
        .as_bool()
        != Some(true)
    {
        if start.elapsed() > PATIENCE {
            bail!("Semaphore's page is not done: {script}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Semaphore, its artifacts and the bundler that its packages need, from npm, once.
fn install(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("semaphore-browser");
    fs::create_dir_all(&folder)?;
    let needs = "Semaphore's page needs Node.js 20 or later and npm (or give --alone)";
    let same = fs::read_to_string(folder.join("package.json")).is_ok_and(|have| have == PACKAGE);
    if !same
        || !folder
            .join("node_modules/@zk-kit/semaphore-artifacts")
            .exists()
    {
        fs::write(folder.join("package.json"), PACKAGE)?;
        let flags = [
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--silent",
        ];
        let status = Command::new("npm")
            .args(flags)
            .current_dir(&folder)
            .status();
        let status = status.context(needs)?;
        ensure!(
            status.success(),
            "npm could not install Semaphore: {status}"
        );
    }
    fs::write(folder.join("page.mjs"), SCRIPT)?;
    fs::write(folder.join("page.html"), PAGE)?;
    let flags = [
        "page.mjs",
        "--bundle",
        "--minify",
        "--format=esm",
        "--platform=browser",
        "--outfile=page.js",
        "--log-level=error",
    ];
    let status = Command::new("node_modules/.bin/esbuild")
        .args(flags)
        .current_dir(&folder)
        .status();
    let status = status.context(needs)?;
    ensure!(
        status.success(),
        "Semaphore's page could not be bundled: {status}"
    );
    Ok(folder)
}
