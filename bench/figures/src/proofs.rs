//! Proofs kept between runs: each takes a fifth of a second, and none depends on what else is measured.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result};
use demur_signon::{CircuitId, Element, MemberSecret, PROOF_BYTES, Proof, Prover, Tree};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

/// How many are made before they are written.
const CHUNK: usize = 16;

/// Makes the proofs of the first members that are missing in the file, and gives the first `wanted`: the member with
/// number i says `message` in `scope`, in `tree`.
///
/// The file is named after circuit, root, scope and message, so that what is in it can only be right.
pub(crate) fn of_members(
    cache: &Path,
    members: &[MemberSecret],
    tree: &Tree,
    scope: Element,
    message: Element,
    say: &dyn Fn(usize),
) -> Result<Vec<Proof>> {
    let name = demur_encoding::hash(
        "demur/bench/proofs",
        &[
            CircuitId::current().0.as_ref(),
            &tree.root().to_bytes(),
            &scope.to_bytes(),
            &message.to_bytes(),
        ],
    )
    .to_string();
    let path = cache.join(format!("{}.proofs", &name[..16]));
    let mut proofs = read(&path)?;
    if proofs.len() < members.len() {
        let prover = Prover::new()?;
        let mut file = append(&path, proofs.len())?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        for chunk in members[proofs.len()..].chunks(CHUNK) {
            let made = thread::scope(|scope_of| {
                let parts = chunk.chunks(chunk.len().div_ceil(threads));
                let workers: Vec<_> = parts
                    .map(|part| {
                        scope_of.spawn(|| {
                            part.iter()
                                .map(|member| prove(&prover, member, tree, scope, message))
                                .collect::<Result<Vec<_>>>()
                        })
                    })
                    .collect();
                let mut made = Vec::new();
                for worker in workers {
                    made.extend(worker.join().expect("a prover does not panic")?);
                }
                anyhow::Ok(made)
            })?;
            for proof in made {
                file.write_all(proof.as_bytes())?;
                proofs.push(proof);
            }
            file.flush()?;
            say(proofs.len());
        }
    }
    proofs.truncate(members.len());
    Ok(proofs)
}

fn prove(
    prover: &Prover,
    member: &MemberSecret,
    tree: &Tree,
    scope: Element,
    message: Element,
) -> Result<Proof> {
    let path = tree
        .path(member.leaf())
        .context("the member is in the tree")?;
    // Deterministic, and fine for figures: these proofs hide nobody.
    let mut rng = ChaCha20Rng::from_seed(member.leaf().to_bytes());
    let made = prover.prove(member, &path, tree.root(), scope, message, &mut rng);
    Ok(made?.1)
}

/// The whole proofs in the file: a run may have been stopped in the middle of one.
fn read(path: &Path) -> Result<Vec<Proof>> {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        file.read_to_end(&mut bytes)?;
    }
    bytes
        .chunks_exact(PROOF_BYTES)
        .map(|bytes| Ok(Proof::try_from(bytes.to_vec())?))
        .collect()
}

fn append(path: &PathBuf, whole: usize) -> Result<BufWriter<File>> {
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(path);
    let mut file = file.with_context(|| path.display().to_string())?;
    let end = (whole * PROOF_BYTES) as u64;
    file.set_len(end)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end))?;
    Ok(BufWriter::new(file))
}
