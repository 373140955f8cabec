//! Embeds the style sheet and, where `cargo xtask web` made one, the web part.
//!
//! The web part's folder is `DEMUR_WEB`, or `web` in the target folder. Its `manifest.json` lists the files by name, path,
//! SHA-256 and length; each is held against that here. Where there is none the program is built without.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// How much of a SHA-256 stands in a file's path, in hex digits.
const FINGERPRINT: usize = 16;

#[derive(Deserialize)]
struct Manifest {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    path: String,
    sha256: String,
    bytes: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let sheet = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../assets/demur.css");
    let sheet = sheet.canonicalize()?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", sheet.display());
    println!("cargo::rerun-if-env-changed=DEMUR_WEB");
    let mut code = String::new();
    style(&mut code, &sheet, &out)?;
    let web = web_folder(&out)?;
    println!("cargo::rerun-if-changed={}", web.display());
    web_part(&mut code, &web)?;
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

/// The style sheet under a name that changes with it, and compressed.
fn style(code: &mut String, sheet: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read(sheet)?;
    let sha256 = hex::encode(Sha256::digest(&text));
    let compressed = out.join("demur.css.gz");
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    gz.write_all(&text)?;
    fs::write(&compressed, gz.finish()?)?;
    let path = format!("demur-{}.css", &sha256[..FINGERPRINT]);
    write!(code, "static STYLE: File = ")?;
    file(
        code,
        "demur.css",
        &path,
        &sha256,
        sheet,
        Some(&compressed),
        None,
    )?;
    writeln!(code, ";")?;
    Ok(())
}

/// Where the web part is, or will be: a folder that exists, so that cargo sees when something comes into it.
fn web_folder(out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(dir) = env::var_os("DEMUR_WEB") {
        let dir = PathBuf::from(dir);
        if !dir.join("manifest.json").is_file() {
            let dir = dir.display();
            return Err(format!("DEMUR_WEB={dir}: no manifest.json there: cargo xtask web").into());
        }
        return Ok(dir);
    }
    let made = |dir: &&Path| dir.join("web/manifest.json").is_file();
    // Cargo marks its target folder so.
    let target = |dir: &&Path| dir.join("CACHEDIR.TAG").is_file();
    let dir = out
        .ancestors()
        .find(made)
        .or_else(|| out.ancestors().filter(target).last())
        .unwrap_or(out)
        .join("web");
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn web_part(code: &mut String, web: &Path) -> Result<(), Box<dyn Error>> {
    let manifest = web.join("manifest.json");
    if !manifest.is_file() {
        writeln!(code, "static MANIFEST: Option<&[u8]> = None;")?;
        writeln!(code, "static FILES: &[File] = &[];")?;
        return Ok(());
    }
    let text = fs::read_to_string(&manifest)?;
    let listed: Manifest =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", manifest.display()))?;
    writeln!(
        code,
        "static MANIFEST: Option<&[u8]> = Some(include_bytes!({:?}));",
        manifest.canonicalize()?
    )?;
    writeln!(code, "static FILES: &[File] = &[")?;
    for Listed {
        name,
        path,
        sha256,
        bytes,
    } in &listed.files
    {
        let of = |end: &str| web.join("files").join(format!("{path}{end}"));
        let plain = of("").canonicalize()?;
        let content = fs::read(&plain)?;
        let found = hex::encode(Sha256::digest(&content));
        if found != *sha256 || content.len() as u64 != *bytes {
            let plain = plain.display();
            return Err(format!("{plain}: not the file of the manifest: cargo xtask web").into());
        }
        let there = |end: &str| of(end).canonicalize().ok();
        let (gz, br) = (there(".gz"), there(".br"));
        file(
            code,
            name,
            path,
            sha256,
            &plain,
            gz.as_deref(),
            br.as_deref(),
        )?;
        writeln!(code, ",")?;
    }
    writeln!(code, "];")?;
    Ok(())
}

fn file(
    code: &mut String,
    name: &str,
    path: &str,
    sha256: &str,
    plain: &Path,
    gz: Option<&Path>,
    br: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let include = |path: Option<&Path>| {
        path.map_or_else(
            || "None".to_owned(),
            |path| format!("Some(include_bytes!({path:?}))"),
        )
    };
    write!(
        code,
        "File {{ name: {name:?}, path: {path:?}, sha256: {sha256:?}, content: include_bytes!({plain:?}), gz: {}, br: {} }}",
        include(gz),
        include(br)
    )?;
    Ok(())
}
