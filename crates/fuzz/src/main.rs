//! `demur-fuzz list`, `demur-fuzz seeds FOLDER [TARGET…]`, `demur-fuzz run TARGET FILE…`.

use std::{env, fs, io, io::Write as _, path::Path, process::ExitCode};

use demur_fuzz::{TARGETS, target};

const USAGE: &str = "usage: demur-fuzz list
       demur-fuzz seeds FOLDER [TARGET…]   write the seeds to FOLDER/<target>/
       demur-fuzz run TARGET FILE…         a target on single files, for example what cargo-fuzz found";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list"] => TARGETS
            .iter()
            .try_for_each(|target| writeln!(io::stdout(), "{}", target.name)),
        ["seeds", folder, names @ ..] => write_seeds(Path::new(folder), names),
        ["run", name, files @ ..] if target(name).is_some() && !files.is_empty() => {
            run(name, files)
        }
        _ => {
            let _ = writeln!(io::stderr(), "{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_seeds(folder: &Path, names: &[&str]) -> io::Result<()> {
    for target in TARGETS {
        if !names.is_empty() && !names.contains(&target.name) {
            continue;
        }
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (n, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{n}")), seed)?;
        }
    }
    Ok(())
}

fn run(name: &str, files: &[&str]) -> io::Result<()> {
    for file in files {
        let data = fs::read(file).map_err(|e| io::Error::new(e.kind(), format!("{file}: {e}")))?;
        let read = target(name).is_some_and(|target| (target.run)(&data));
        let what = if read {
            "it was read"
        } else {
            "it was refused"
        };
        writeln!(io::stdout(), "{file}: nothing found; {what}")?;
    }
    Ok(())
}
