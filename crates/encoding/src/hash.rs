//! Domain-separated hashing.

use sha2::{Digest as _, Sha256, Sha512};

use crate::Digest;

/// SHA-256 of `parts` under `domain`.
///
/// The input is unambiguous: the domain and each part are preceded by their length in bytes as
/// a 64-bit big-endian integer, and the number of parts stands before the first, so that two
/// different lists never give the same input.
///
/// `domain` is a constant of the protocol such as `"demur/opaque"`.
#[must_use]
pub fn hash(domain: &str, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    feed(domain, parts, |bytes| hasher.update(bytes));
    Digest::new(hasher.finalize().into())
}

/// SHA-512 of the same input as [`hash`]: 64 bytes, for reduction into a field of about 255 bits
/// with negligible bias.
#[must_use]
pub fn hash_wide(domain: &str, parts: &[&[u8]]) -> [u8; 64] {
    let mut hasher = Sha512::new();
    feed(domain, parts, |bytes| hasher.update(bytes));
    hasher.finalize().into()
}

/// Plain SHA-256 of a file's bytes, as `sha256sum` prints it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

fn feed(domain: &str, parts: &[&[u8]], mut update: impl FnMut(&[u8])) {
    let mut part = |bytes: &[u8]| {
        update(&(bytes.len() as u64).to_be_bytes());
        update(bytes);
    };
    part(domain.as_bytes());
    part(&(parts.len() as u64).to_be_bytes());
    for bytes in parts {
        part(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let all = [
            hash("d", &[b"ab", b"c"]),
            hash("d", &[b"a", b"bc"]),
            hash("d", &[b"abc"]),
            hash("d", &[b"abc", b""]),
            hash("da", &[b"b", b"c"]),
            hash("d", &[]),
        ];
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                assert_ne!(a, b);
            }
        }
    }

    #[test]
    fn the_input_is_as_documented() {
        let mut input = Vec::new();
        for part in [&b"demur/x"[..], &1u64.to_be_bytes(), b"abc"] {
            input.extend_from_slice(&(part.len() as u64).to_be_bytes());
            input.extend_from_slice(part);
        }
        assert_eq!(hash("demur/x", &[b"abc"]), sha256(&input));
    }
}
