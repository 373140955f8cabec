//! What the tests need beside Rust: installed when root, asked for otherwise.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::{
    report::{self, Outcome},
    root,
};

/// Debian's Go with `sumdb/note` and `sumdb/tlog`, the stock `age`, a browser and its driver, a second reader of PDF.
const PACKAGES: [(&str, &str); 8] = [
    ("golang-1.19-go", "/usr/lib/go-1.19/bin/go"),
    (
        "golang-golang-x-mod-dev",
        "/usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go",
    ),
    ("age", "/usr/bin/age"),
    ("python3-venv", "/usr/bin/python3"),
    ("chromium", "/usr/bin/chromium"),
    ("chromium-driver", "/usr/bin/chromedriver"),
    ("poppler-utils", "/usr/bin/pdftotext"),
    ("qpdf", "/usr/bin/qpdf"),
];

/// The programs that the tests of pages start, and Debian's packages that bring them.
const BROWSERS: [(&str, &str); 3] = [
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("pdftotext", "poppler-utils"),
];

/// A second toolchain for WebAssembly, for where rustup can't fetch the target.
pub(crate) const WEB_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Gets the standard library's source from rustup, where that can be had.
pub(crate) fn web_source() {
    rustup(&["component", "add", "rust-src"]);
}

/// Gets Debian's toolchain for WebAssembly, which has the source, where it can be had.
pub(crate) fn web_packages() {
    install(&WEB_PACKAGES);
}

/// Gets the target's ready-made library from rustup, where that can be had.
pub(crate) fn web_target(target: &str) {
    rustup(&["target", "add", target]);
}

/// What it says is told to nobody: where it fails there is another way.
fn rustup(args: &[&str]) {
    let _ = Command::new("rustup")
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Installs the Debian packages that are missing; says what to do where it may not.
pub(crate) fn debian_packages() {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, file)| !Path::new(file).exists())
        .map(|(name, _)| *name)
        .collect();
    install(&missing);
}

fn install(missing: &[&str]) {
    if missing.is_empty() {
        return;
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        report::say(&format!(
            "not installed: {}; what needs them is left out (sudo apt-get install {})",
            missing.join(", "),
            missing.join(" ")
        ));
        return;
    }
    report::say(&format!("installing {}", missing.join(" ")));
    let apt = |args: &[&str]| {
        Command::new("apt-get")
            .args(args)
            .args(if args[0] == "update" { &[] } else { missing })
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !(apt(&["update", "-q"]) && apt(&["install", "-q", "-y", "--no-install-recommends"])) {
        report::complain("apt-get failed; what needs these packages is left out");
    }
}

/// A Python with the packages of `interop/python/requirements.txt`, in the target folder.
pub(crate) fn python(root: &Path) -> anyhow::Result<PathBuf> {
    venv(root, "interop-python", "interop/python/requirements.txt")
}

/// A Python with the packages of a requirements file, in a folder of that name in the target folder.
pub(crate) fn venv(root: &Path, name: &str, requirements: &str) -> anyhow::Result<PathBuf> {
    let wanted = fs::read_to_string(root.join(requirements))?;
    let venv = target(root).join(name);
    let python = venv.join("bin/python");
    let stamp = venv.join("requirements.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let made = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv)
        .status();
    ensure!(
        made.is_ok_and(|s| s.success()),
        "python3 -m venv failed (Debian: apt-get install python3-venv)"
    );
    let installed = Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(root.join(requirements))
        .status()?;
    ensure!(installed.success(), "pip could not install {requirements}");
    fs::write(&stamp, wanted).context("the virtual environment's folder")?;
    Ok(python)
}

/// axe-core, whose rules the tests hold pages against: from npm, for the tests alone.
const AXE: &str = "axe-core@4.11.0";

/// Puts axe-core into the target folder, where the tests look for it.
pub(crate) fn axe() -> anyhow::Result<Outcome> {
    let dir = target(&root()).join("axe");
    let file = dir.join("axe.min.js");
    let stamp = dir.join("version");
    if file.is_file() && fs::read_to_string(&stamp).is_ok_and(|have| have == AXE) {
        return Ok(Outcome::Passed);
    }
    fs::create_dir_all(&dir)?;
    let packed = Command::new("npm")
        .args(["pack", "--silent", AXE])
        .current_dir(&dir)
        .output();
    let Ok(packed) = packed else {
        return Ok(Outcome::Skipped(
            "npm is not installed: pages are not held against axe's rules".into(),
        ));
    };
    ensure!(packed.status.success(), "npm pack {AXE} failed");
    let name = String::from_utf8(packed.stdout)?;
    let unpacked = Command::new("tar")
        .args([
            "-xzf",
            name.trim(),
            "--strip-components=1",
            "package/axe.min.js",
        ])
        .current_dir(&dir)
        .status()?;
    ensure!(unpacked.success(), "{} can't be unpacked", name.trim());
    fs::remove_file(dir.join(name.trim()))?;
    fs::write(&stamp, AXE)?;
    Ok(Outcome::Passed)
}

/// What the tests in browsers lack here; `None` where they can run.
pub(crate) fn missing_for_browsers() -> Option<String> {
    let dir = target(&root());
    let on_path = |name: &str| {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).any(|dir| dir.join(name).is_file())
    };
    let mut missing: Vec<&str> = { BROWSERS.iter() }
        .filter(|(program, _)| !on_path(program))
        .map(|(_, package)| *package)
        .collect();
    if !dir.join("axe/axe.min.js").is_file() && env::var_os("DEMUR_AXE").is_none() {
        missing.push("axe-core (npm)");
    }
    if !dir.join("web/manifest.json").is_file() && env::var_os("DEMUR_WEB").is_none() {
        missing.push("the web part (cargo xtask web)");
    }
    (!missing.is_empty()).then(|| format!("not here: {}", missing.join(", ")))
}

/// The folder that cargo builds into.
pub(crate) fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
