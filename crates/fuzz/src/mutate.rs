//! Mutations for the tests: the same in each run.

/// Pieces that the formats are made of.
const PIECES: [&[u8]; 25] = [
    b"0",
    b"9",
    b"00",
    b"-1",
    b"18446744073709551615",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[]",
    b",",
    b":",
    b" ",
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"+++",
    b"null",
    b"(U) ",
    b"=",
    b"\xff",
    b"\0",
    "\u{e9}".as_bytes(),
    "\u{200b}".as_bytes(),
];

/// The source of choices: xorshift64, so that a run can be told again from its seed.
pub struct Rolls(u64);

impl Rolls {
    /// The choices that follow from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed | 1 << 63)
    }

    /// A number below `n`, or 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }

    /// A seed with one to four mutations: cut, put in, flipped, doubled, taken out, exchanged.
    #[must_use]
    pub fn mutate(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut data = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(data.len() + 1);
            let end = (at + self.below(40)).min(data.len());
            match self.below(7) {
                0 if self.below(8) == 0 => data.truncate(at),
                0 | 1 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    data.splice(at..at, piece.iter().copied());
                }
                2 if at < data.len() => data[at] ^= 1 << self.below(8),
                3 => {
                    let part = data[at..end].to_vec();
                    data.splice(at..at, part);
                }
                4 => drop(data.drain(at..end)),
                5 if at < data.len() => data[at] = PIECES[self.below(PIECES.len())][0],
                _ => {
                    let to = self.below(data.len() + 1 - (end - at));
                    let part: Vec<u8> = data.drain(at..end).collect();
                    data.splice(to..to, part);
                }
            }
        }
        data
    }
}
