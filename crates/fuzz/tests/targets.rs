//! Every target on its seeds and on mutations of them: a fuzz run in miniature, on stable.

use std::{env, fs, path::Path};

use demur_fuzz::{TARGETS, Target, mutate::Rolls};

/// How many mutations of all its seeds together a target gets; `DEMUR_FUZZ_ROUNDS` multiplies both.
const ROUNDS: usize = 3_000;
const SLOW_ROUNDS: usize = 24;

fn play(target: Target) {
    let more: usize = env::var("DEMUR_FUZZ_ROUNDS").map_or(1, |n| n.parse().expect("a number"));
    let rounds = more * if target.slow { SLOW_ROUNDS } else { ROUNDS };
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{}: no seeds", target.name);
    for (n, seed) in seeds.iter().enumerate() {
        assert!((target.run)(seed), "{}: seed {n} is not read", target.name);
    }
    let mut rolls = Rolls::new(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds {
        (target.run)(&rolls.mutate(&seeds[round % seeds.len()]));
    }
}

macro_rules! played {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                play(demur_fuzz::target(stringify!($name)).expect("it is in the list"));
            }
        )*

        /// The targets that are played here, are in the list, and have a binary for cargo-fuzz, are the same.
        #[test]
        fn no_target_is_left_out() {
            let mut played = vec![$(stringify!($name)),*];
            played.sort_unstable();
            let mut listed: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            listed.sort_unstable();
            assert_eq!(played, listed);
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
            let mut binaries: Vec<_> = fs::read_dir(folder)
                .expect("it is in the repository")
                .map(|file| file.expect("readable").path().file_stem().expect("a name").to_owned())
                .collect();
            binaries.sort_unstable();
            assert!(binaries.iter().eq(&listed), "{binaries:?}");
        }
    };
}

played! {
    memo merge marking sealed_envelope disclosure entry
    tile checkpoint cosignature policy promise receipt
    witness replay proof edition certificate claim
    csv profile response bundle copy quotes archive docx html
    mail pdf paper key_store
    line request
}
