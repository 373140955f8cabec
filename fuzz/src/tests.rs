//! Each target on its seeds and on small mutations of them: a fuzz run in miniature, on stable.

use crate::seeds;

/// A small generator: the same mutations in each run.
struct Rolls(u64);

impl Rolls {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % n.max(1)
    }
}

#[test]
fn targets_bear_seeds_and_mutations() {
    for (name, target) in seeds::targets() {
        let rounds = if name == "proof" || name == "bundle" {
            12
        } else {
            300
        };
        let mut rolls = Rolls(0x9e37_79b9_7f4a_7c15);
        for seed in seeds::of(name).expect("every target has seeds") {
            target(&seed);
            for _ in 0..rounds {
                let mut data = seed.clone();
                for _ in 0..=rolls.below(3) {
                    let at = rolls.below(data.len());
                    match rolls.below(4) {
                        0 => data.truncate(at),
                        1 => data.insert(at, b" 09\"\n{\xff"[rolls.below(7)]),
                        2 if at < data.len() => data[at] ^= 1 << rolls.below(8),
                        _ => {
                            let end = (at + rolls.below(40)).min(data.len());
                            let part = data[at..end].to_vec();
                            data.splice(at..at, part);
                        }
                    }
                    if data.is_empty() {
                        break;
                    }
                }
                target(&data);
            }
        }
    }
}
