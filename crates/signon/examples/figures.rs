//! Prints the figures of sign-on on this machine: `cargo run --release -p demur-signon --example figures`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    error::Error,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use demur_encoding::Digest;
use demur_signon::{
    CircuitId, MemberSecret, PROOF_BYTES, Prover, Tree, Verifier,
    act::{Action, Checkpoint, SignOnContext},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

/// A roster of an institution's size.
const MEMBERS: usize = 25_000;

/// How many proofs are made and verified. All are distinct: equal points of a batch are merged
/// before its multi-scalar multiplication, so that repeating a few would flatter it.
const PROOFS: usize = 192;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    println!(
        "circuit {}, proofs of {PROOF_BYTES} bytes",
        CircuitId::current()
    );

    let (verifier, time) = timed(Verifier::new);
    verifier?;
    println!("parameters and verifying key   {time:>10.1?}");
    let (prover, time) = timed(Prover::new);
    let prover = prover?;
    println!("parameters and proving key     {time:>10.1?}");

    let secrets: Vec<_> = (0..PROOFS)
        .map(|_| MemberSecret::generate(&mut rng))
        .collect();
    let (leaves, time) = timed(|| {
        let others = (secrets.len()..MEMBERS).map(|_| MemberSecret::generate(&mut rng).leaf());
        secrets
            .iter()
            .map(MemberSecret::leaf)
            .chain(others)
            .collect::<Vec<_>>()
    });
    println!("{MEMBERS} leaves from secrets      {time:>10.1?}");
    let (tree, time) = timed(|| Tree::from_unsorted(leaves));
    let tree = tree?;
    println!("tree of {MEMBERS}                  {time:>10.1?}");

    let context = SignOnContext {
        origin: "figures.example",
        edition_root: tree.root(),
        memo: Digest::new([1; 32]),
        content_root: Digest::new([2; 32]),
        version: 1,
        action: Action::Sign,
        seq: 1,
        checkpoint: Checkpoint {
            size: 1,
            hash: Digest::new([3; 32]),
        },
        expires: "2027-01-01T00:00:00Z".parse()?,
    };
    let message = context.message(None, Digest::new([4; 32]));
    let mut proofs = Vec::new();
    let mut times = Vec::new();
    for secret in &secrets {
        let path = tree
            .path(secret.leaf())
            .ok_or("every leaf is in the tree")?;
        let (result, time) = timed(|| {
            prover.prove(
                secret,
                &path,
                tree.root(),
                context.scope(),
                message,
                &mut rng,
            )
        });
        proofs.push(result?);
        times.push(time);
    }
    print("prove, one thread", &mut times);

    let verifier = prover.verifier();
    for (statement, proof) in &proofs {
        let (result, time) = timed(|| verifier.verify(statement, proof));
        result?;
        times.push(time);
    }
    print("verify one by one", &mut times);

    let cores = std::thread::available_parallelism()?;
    for threads in [NonZeroUsize::MIN, cores] {
        for _ in 0..3 {
            let (result, time) =
                timed(|| verifier.verify_batch(&proofs, threads, &mut rng, &|_| ()));
            result?;
            times.push(time / u32::try_from(PROOFS)?);
        }
        print(
            &format!("verify in batches, {threads} threads, a proof"),
            &mut times,
        );
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// Prints and empties `times`.
fn print(what: &str, times: &mut Vec<Duration>) {
    times.sort_unstable();
    if let (Some(best), Some(median)) = (times.first(), times.get(times.len() / 2)) {
        println!(
            "{what:<40} best {best:>9.2?}  median {median:>9.2?}  of {}",
            times.len()
        );
    }
    times.clear();
}
