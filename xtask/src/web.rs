//! `cargo xtask web`: the part of the program that runs in browsers, from source to fingerprinted files.
//!
//! Without npm, bundler or the wasm-bindgen program: the module is built by whichever toolchain has the target's
//! standard library, or its source (Debian's `rustc-web`), and bound by wasm-bindgen's library, of the very version
//! of the crate. `demur-pages` embeds what is written here.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use crate::{packing, report, root, setup};

const TARGET: &str = "wasm32-unknown-unknown";

/// What pages do.
const FACE: &str = "demur-face";

/// What reads and sets PDF.
const PDF: &str = "demur-pdf";

/// How many hexadecimal digits of its SHA-256 a file's name has.
const FINGERPRINT: usize = 16;

/// What a signer's page loads of the web part: the script, the worker, the module and its binding.
const SIGNER: [&str; 4] = ["desk.js", "worker.js", "signer.js", "signer_bg.wasm"];

/// The most that these may have, compressed by brotli as they are served. A build that has more fails.
const SIGNER_BYTES_MAX: u64 = 586_000;

/// The same where the standard library comes ready made: it is larger then, and so is what a panic needs.
const SIGNER_BYTES_MAX_READY_STD: u64 = 650_000;

/// What cargo and rustup leave to their children: with it the second toolchain would call the first one's compiler.
const NOT_INHERITED: [&str; 8] = [
    "CARGO",
    "RUSTC",
    "RUSTDOC",
    "RUSTUP_TOOLCHAIN",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
];

/// Builds the web part into `<target>/web`.
pub(crate) fn web() -> anyhow::Result<()> {
    let root = root();
    let toolchain = toolchain()?;
    // What a signer's page loads has no more than it needs.
    let module = build(&root, &toolchain, FACE, &["--no-default-features"])?;
    let bound = bind(&root, &module, "signer")?;
    let module = build(&root, &toolchain, FACE, &[])?;
    bind(&root, &module, "demur")?;
    // Loaded where a PDF is read or asked for.
    let module = build(&root, &toolchain, PDF, &[])?;
    bind(&root, &module, "pdf")?;
    let out = setup::target(&root).join("web");
    let files = out.join("files");
    let assets = root.join("web/assets");
    let sources = [
        ("desk.js", assets.join("desk.js")),
        ("worker.js", assets.join("worker.js")),
        ("signer.js", bound.join("signer.js")),
        ("signer_bg.wasm", bound.join("signer_bg.wasm")),
        ("demur.js", bound.join("demur.js")),
        ("demur_bg.wasm", bound.join("demur_bg.wasm")),
        ("pdf.js", bound.join("pdf.js")),
        ("pdf_bg.wasm", bound.join("pdf_bg.wasm")),
    ];
    fs::create_dir_all(&files)?;
    let mut listed = Vec::new();
    let mut kept = Vec::new();
    let mut signer = 0;
    for (name, path) in sources {
        let mut bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        if name.ends_with(".js") {
            let text = String::from_utf8(bytes).with_context(|| path.display().to_string())?;
            bytes = bare(&text).into_bytes();
        }
        let sha256 = hex(&Sha256::digest(&bytes));
        let (stem, kind) = name.rsplit_once('.').context("a name with its kind")?;
        let path = format!("{stem}-{}.{kind}", &sha256[..FINGERPRINT]);
        let (gz, br) = (
            files.join(format!("{path}.gz")),
            files.join(format!("{path}.br")),
        );
        let unchanged = fs::read(files.join(&path)).is_ok_and(|old| old == bytes);
        // The slow one is not done again for what is there.
        if !(unchanged && gz.is_file() && br.is_file()) {
            write_changed(&files.join(&path), &bytes)?;
            write_changed(&gz, &gzip(&bytes)?)?;
            write_changed(&br, &brotli(&bytes)?)?;
        }
        let br = fs::metadata(&br)?.len();
        if SIGNER.contains(&name) {
            signer += br;
        }
        report::say(&format!(
            "{path}: {} bytes, {} by gzip, {br} by brotli",
            bytes.len(),
            fs::metadata(&gz)?.len(),
        ));
        listed.push(format!(
            "{{\"name\":\"{name}\",\"path\":\"{path}\",\"sha256\":\"{sha256}\",\"bytes\":{}}}",
            bytes.len()
        ));
        kept.push(path);
    }
    // What an earlier build left would be embedded by nobody, and grow for ever.
    for old in fs::read_dir(&files)? {
        let old = old?;
        let name = old.file_name().to_string_lossy().into_owned();
        if !kept.iter().any(|path| name.starts_with(path.as_str())) {
            fs::remove_file(old.path())?;
        }
    }
    let manifest = format!("{{\"files\":[\n{}\n]}}\n", listed.join(",\n"));
    write_changed(&out.join("manifest.json"), manifest.as_bytes())?;
    let most = if toolchain.has_source {
        SIGNER_BYTES_MAX
    } else {
        SIGNER_BYTES_MAX_READY_STD
    };
    report::say(&format!(
        "a signer's page loads {signer} bytes of these by brotli; at most {most} are accepted"
    ));
    ensure!(
        signer <= most,
        "a signer's page would load {signer} bytes, {} more than it may: take something out (docs/decisions/0013-web-part.md)",
        signer.saturating_sub(most)
    );
    Ok(())
}

/// What builds for browsers.
struct Toolchain {
    /// The folder of its programs.
    bin: PathBuf,
    /// Whether it has the standard library's source: then that is built with the module, for size, and a panic ends it at
    /// once.
    has_source: bool,
    /// LLVM's linker on the path, for one that does not bring it.
    linker: Option<&'static str>,
}

/// The toolchain that makes the smallest module, as far as one can be had: the next way is gone only where those before it were not enough.
fn toolchain() -> anyhow::Result<Toolchain> {
    let ways: [fn(); 3] = [|| {}, setup::web_source, setup::web_packages];
    for way in ways {
        way();
        if let Some(found) = find_toolchain()?.filter(|found| found.has_source) {
            return Ok(found);
        }
    }
    if let Some(ready) = find_toolchain()? {
        return Ok(ready);
    }
    setup::web_target(TARGET);
    find_toolchain()?.context(format!(
        "no toolchain for WebAssembly: `rustup component add rust-src`, or on Debian `apt-get install {}`",
        setup::WEB_PACKAGES.join(" ")
    ))
}

/// A toolchain on the path: the first one with the standard library's source, since that makes the smaller module; else the
/// first one with the target's library ready made.
fn find_toolchain() -> anyhow::Result<Option<Toolchain>> {
    let path = env::var_os("PATH").context("no PATH")?;
    let mut ready = None;
    for dir in env::split_paths(&path) {
        if !(dir.join("cargo").is_file() && dir.join("rustc").is_file()) {
            continue;
        }
        let mut rustc = Command::new(dir.join("rustc"));
        for name in NOT_INHERITED {
            rustc.env_remove(name);
        }
        let Ok(out) = rustc
            .args(["--print", "sysroot", "--print", "host-tuple"])
            .output()
        else {
            continue;
        };
        let out = String::from_utf8_lossy(&out.stdout);
        let mut lines = out.lines();
        let (Some(root), Some(host)) = (lines.next(), lines.next()) else {
            continue;
        };
        let lib = Path::new(root).join("lib/rustlib");
        // rustup's toolchains bring the linker.
        let brought = lib.join(host).join("bin/rust-lld").is_file();
        let linker = linker().filter(|_| !brought);
        let links = brought || linker.is_some();
        if links && lib.join("src/rust/library/Cargo.toml").is_file() {
            return Ok(Some(Toolchain {
                bin: dir,
                has_source: true,
                linker,
            }));
        }
        if ready.is_none() && lib.join(TARGET).join("lib").is_dir() {
            ready = Some(Toolchain {
                bin: dir,
                has_source: false,
                linker: None,
            });
        }
    }
    Ok(ready)
}

/// The module, not bound yet.
fn build(
    root: &Path,
    toolchain: &Toolchain,
    package: &str,
    features: &[&str],
) -> anyhow::Result<PathBuf> {
    let bin = &toolchain.bin;
    let dir = setup::target(root).join("wasm");
    let mut command = Command::new(bin.join("cargo"));
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &dir)
        .args([
            "build",
            "--locked",
            "--profile",
            "web",
            "--package",
            package,
            "--lib",
            "--target",
            TARGET,
        ])
        .args(features);
    if toolchain.has_source {
        // The standard library is built from its source, which only a nightly compiler does unless told.
        command
            .env("RUSTC_BOOTSTRAP", "1")
            // Where a panic arose is told to nobody.
            .env("RUSTFLAGS", "-Zlocation-detail=none")
            .env("RUSTC", bin.join("rustc"))
            .env("RUSTDOC", bin.join("rustdoc"))
            .args([
                "-Zbuild-std=std,panic_abort",
                "-Zbuild-std-features=optimize_for_size",
            ])
            // A panic ends the module either way; its texts are a fifth of it.
            .args([
                "-Zpanic-immediate-abort",
                "--config",
                "profile.web.panic='immediate-abort'",
            ]);
        if let Some(linker) = toolchain.linker {
            command
                .arg("--config")
                .arg(format!("target.{TARGET}.linker={linker:?}"));
        }
    }
    ensure!(
        command.status()?.success(),
        "the build of the module failed"
    );
    let module = format!("{}.wasm", package.replace('-', "_"));
    Ok(dir.join(TARGET).join("web").join(module))
}

/// LLVM's linker, which Debian's toolchain does not bring.
fn linker() -> Option<&'static str> {
    on_path(&["wasm-ld-19", "wasm-ld", "rust-lld"])
}

fn on_path(names: &[&'static str]) -> Option<&'static str> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .copied()
        .find(|name| env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

/// Binds the module to JavaScript, and lays its functions out as they pack best.
fn bind(root: &Path, module: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let out = setup::target(root).join("wasm/bound");
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(module)
        .out_name(name)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)?;
    bindgen.generate(&out)?;
    let bound = out.join(format!("{name}_bg.wasm"));
    write_changed(&bound, &packing::pack(&fs::read(&bound)?)?)?;
    Ok(out)
}

/// A script without the lines that are comments or blank, and without indentation; no text in ours goes over a line's end.
fn bare(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut comment = false;
    for line in script.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    out
}

fn brotli(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    const QUALITY: u32 = 11;
    const WINDOW: u32 = 22;
    // Handed over at once, so that it is divided where that is best.
    let mut encoder =
        brotli::CompressorWriter::new(Vec::new(), bytes.len().max(1), QUALITY, WINDOW);
    encoder.write_all(bytes)?;
    encoder.flush()?;
    Ok(encoder.into_inner())
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Writes a file unless it is just so already: what embeds it is not built again for nothing.
fn write_changed(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
