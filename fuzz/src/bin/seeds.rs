//! Writes the seed corpora to `fuzz/corpus/<target>/`.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in demur_fuzz::seeds::targets().keys() {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        let seeds = demur_fuzz::seeds::of(target).unwrap_or_default();
        for (n, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{n}")), seed)?;
        }
        eprintln!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
