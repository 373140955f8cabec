//! Secrets that the server draws and keeps only a hash of: sessions, invitations; and the hash of a link's token.

use demur_encoding::{Digest, hash};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Crockford's base 32: no letter that is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Random bytes of the operating system.
///
/// # Errors
/// When the system has none.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// What is kept of a session's token.
pub(crate) fn session_hash(token: &[u8; 32]) -> Digest {
    hash("demur/session", &[token])
}

/// A new invitation's code: 160 random bits as eight groups of four letters and digits.
///
/// # Errors
/// When the system has no random numbers.
pub(crate) fn invitation_code() -> Result<Zeroizing<String>, getrandom::Error> {
    let bytes = random::<20>()?;
    let mut text = Zeroizing::new(String::with_capacity(39));
    for (group, five) in bytes.chunks(5).enumerate() {
        let bits = five
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in 0..8 {
            if place % 4 == 0 && (group, place) != (0, 0) {
                text.push('-');
            }
            let digit = (bits >> (35 - 5 * place)) & 31;
            text.push(char::from(
                ALPHABET[usize::try_from(digit).unwrap_or_default()],
            ));
        }
    }
    Ok(text)
}

/// What is kept of an invitation's code; dashes, spaces and capitals don't matter.
pub(crate) fn invitation_hash(code: &str) -> Digest {
    let plain: Zeroizing<String> = Zeroizing::new(
        code.chars()
            .filter(|c| !matches!(c, '-' | ' ' | '\n'))
            .map(|c| c.to_ascii_lowercase())
            .collect(),
    );
    hash("demur/invitation", &[plain.as_bytes()])
}

/// Whether `token` is the one whose hash stands in a version's `access`.
pub(crate) fn opens(token: &[u8; 32], access: Digest) -> bool {
    hash("demur/access", &[token])
        .as_bytes()
        .ct_eq(access.as_bytes())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_different_and_forgiving() {
        let (one, two) = (invitation_code().unwrap(), invitation_code().unwrap());
        assert_ne!(*one, *two);
        assert_eq!(one.len(), 39);
        assert_eq!(one.split('-').count(), 8);
        assert!(one.split('-').all(|group| group.len() == 4));
        let sloppy = format!(" {}\n", one.to_uppercase().replace('-', " "));
        assert_eq!(invitation_hash(&one), invitation_hash(&sloppy));
        assert_ne!(invitation_hash(&one), invitation_hash(&two));
    }

    #[test]
    fn a_token_opens_what_holds_its_hash() {
        let access = hash("demur/access", &[&[7; 32]]);
        assert!(opens(&[7; 32], access));
        assert!(!opens(&[8; 32], access));
    }
}
