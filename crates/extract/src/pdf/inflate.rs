//! Deflate (RFC 1951) as the PDF reader unpacks it, which goes on where others give up, and takes what has no head of zlib for bare:
//! so that what it would unpack is measured, up to a cap. Step by step the same as `hayro-syntax`'s (after pdf.js's), whose every
//! peculiarity would else be a way round the cap.

use crate::limits::{MAX_PDF_STREAM, MAX_PDF_UNPACKED};

/// What was unpacked, and the work beside it: bytes that were read, entries of tables that were built.
pub(super) struct Inflated {
    pub(super) bytes: Vec<u8>,
    pub(super) work: usize,
}

/// The lengths and distances that codes stand for, and how many more bits tell the rest (3.2.5).
const LENGTHS: [(usize, u32); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const DISTANCES: [(usize, u32); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1_025, 9),
    (1_537, 9),
    (2_049, 10),
    (3_073, 10),
    (4_097, 11),
    (6_145, 11),
    (8_193, 12),
    (12_289, 12),
    (16_385, 13),
    (24_577, 13),
];

/// The order in which the lengths of codes for lengths of codes stand (3.2.7).
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// The two bytes that zlib data begins with (RFC 1950, 2.2).
pub(super) fn is_zlib(data: &[u8]) -> bool {
    data.len() > 2
        && data[0] & 0x0f == 8
        && (u16::from(data[0]) << 8 | u16::from(data[1])).is_multiple_of(31)
}

/// What can't be unpacked to its end is read as far as it goes, as readers do; little more than is allowed is enough.
pub(super) fn inflated(data: &[u8]) -> Inflated {
    // A head that asks for a dictionary is taken for data.
    let head = is_zlib(data) && data[1] & 0x20 == 0;
    let mut reader = Reader {
        data: if head { &data[2..] } else { data },
        at: 0,
        held: 0,
        bits: 0,
        built: 0,
    };
    let mut bytes = Vec::new();
    while reader.at < reader.data.len() && reader.block(&mut bytes) == Some(true) {}
    Inflated {
        bytes,
        work: reader.at + reader.built,
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    /// Bits that were read and not yet used, the next one lowest.
    held: u32,
    bits: u32,
    /// How many entries of tables were built.
    built: usize,
}

/// From the next bits, as many as the longest code has, to a code's length and its symbol.
struct Table {
    entries: Vec<(u32, usize)>,
    longest: u32,
}

impl Table {
    fn new(lengths: &[u32]) -> Self {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        if longest == 0 {
            return Self {
                entries: vec![(0, 0)],
                longest: 1,
            };
        }
        let size = 1_usize << longest;
        let mut entries = vec![(0, 0); size];
        let mut code = 0_u32;
        for length in 1..=longest {
            let symbols = lengths.iter().enumerate().filter(|(_, l)| **l == length);
            for (symbol, _) in symbols {
                // Codes stand with their first bit lowest.
                let first = (code << (32 - length)).reverse_bits() as usize;
                for at in (first..size).step_by(1 << length) {
                    entries[at] = (length, symbol);
                }
                code = code.wrapping_add(1);
            }
            code = code.wrapping_shl(1);
        }
        Self { entries, longest }
    }
}

impl Reader<'_> {
    fn fill(&mut self) -> Option<()> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        self.held |= u32::from(byte) << self.bits;
        self.bits += 8;
        Some(())
    }

    fn take(&mut self, count: u32) -> Option<usize> {
        while self.bits < count {
            self.fill()?;
        }
        let out = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.bits -= count;
        Some(out as usize)
    }

    fn code(&mut self, table: &Table) -> Option<usize> {
        while self.bits < table.longest && self.fill().is_some() {}
        let next = self.held & ((1 << table.longest) - 1);
        let (length, symbol) = *table.entries.get(next as usize)?;
        if length < 1 || self.bits < length {
            return None;
        }
        self.held >>= length;
        self.bits -= length;
        Some(symbol)
    }

    /// Unpacks a block; whether another one may follow, `None` where it breaks off.
    fn block(&mut self, out: &mut Vec<u8>) -> Option<bool> {
        let last = self.take(1)? == 1;
        let (lengths, distances) = match self.take(2)? {
            0 => {
                self.stored(out);
                return Some(!last && out.len() <= MAX_PDF_STREAM);
            }
            1 => {
                let fixed: Vec<u32> = (0..288)
                    .map(|symbol| match symbol {
                        144..256 => 9,
                        256..280 => 7,
                        _ => 8,
                    })
                    .collect();
                (Table::new(&fixed), Table::new(&[5; 32]))
            }
            2 => self.tables()?,
            _ => return None,
        };
        self.built += lengths.entries.len() + distances.entries.len();
        loop {
            match self.code(&lengths)? {
                256 => return Some(!last),
                symbol @ 0..256 => out.push(symbol as u8),
                symbol => {
                    let (length, more) = LENGTHS.get(symbol - 257).copied().unwrap_or((0, 0));
                    let length = length + self.take(more)?;
                    let (distance, more) = *DISTANCES.get(self.code(&distances)?)?;
                    let distance = distance + self.take(more)?;
                    // What is further back than there is anything gives nothing.
                    if let Some(start) = out.len().checked_sub(distance) {
                        for n in start..start + length {
                            out.push(out[n]);
                        }
                    }
                }
            }
            if out.len() > MAX_PDF_STREAM || self.built > MAX_PDF_UNPACKED {
                return None;
            }
        }
    }

    /// A block that is not packed. What bits are held is lost, whole bytes, too; nobody looks at the check of its size.
    fn stored(&mut self, out: &mut Vec<u8>) {
        (self.held, self.bits) = (0, 0);
        let Some(size) = self.data.get(self.at..self.at + 4) else {
            self.at = self.data.len();
            return;
        };
        let size = usize::from(u16::from_le_bytes([size[0], size[1]]));
        self.at += 4;
        let end = (self.at + size).min(self.data.len());
        out.extend(&self.data[self.at..end]);
        self.at = end;
    }

    /// The codes of a block that brings its own.
    fn tables(&mut self) -> Option<(Table, Table)> {
        let (literals, distances) = (self.take(5)? + 257, self.take(5)? + 1);
        let mut short = [0; ORDER.len()];
        for at in ORDER.iter().take(self.take(4)? + 4) {
            short[*at] = self.take(3)? as u32;
        }
        let short = Table::new(&short);
        let all = literals + distances;
        let mut lengths: Vec<u32> = Vec::new();
        while lengths.len() < all {
            let (length, times) = match self.code(&short)? {
                16 => {
                    let times = self.take(2)? + 3;
                    (lengths.last().copied().unwrap_or(0), times)
                }
                17 => (0, self.take(3)? + 3),
                18 => (0, self.take(7)? + 11),
                length => (length as u32, 1),
            };
            lengths.extend(std::iter::repeat_n(length, times));
        }
        let (one, two) = lengths[..all].split_at(literals);
        Some((Table::new(one), Table::new(two)))
    }
}
