//! The member secret and what follows from it.

use std::fmt;

use ff::FromUniformBytes as _;
use hkdf::Hkdf;
use pasta_curves::Fp;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::{
    Element,
    poseidon::{Tag, hash},
};

/// A member's master secret: 32 uniform bytes that never leave the member's device.
///
/// `Debug` shows nothing of it and the bytes are wiped when it is dropped. The field elements
/// that a proof needs are derived for each use; halo2 keeps copies of them in its own working
/// memory, which is freed but not wiped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MemberSecret([u8; 32]);

/// What the circuit knows of a member: HKDF-SHA256 of the secret, without salt, with the labels
/// `demur/member/s`, `/r1` and `/r2`, 64 bytes each, reduced. Wiped when it is dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct MemberKeys {
    pub(crate) s: Fp,
    pub(crate) r1: Fp,
    pub(crate) r2: Fp,
}

impl MemberSecret {
    /// A new secret from `rng`.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let secret = Self(bytes);
        bytes.zeroize();
        secret
    }

    /// The secret with these bytes, from a key store or a recovery phrase.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a key store or a recovery phrase and nothing else.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The member's leaf, `P(leaf, P(mid, s, r1), r2)`: what the register ties to the person.
    #[must_use]
    pub fn leaf(&self) -> Element {
        Element::new(self.keys().leaf())
    }

    /// The member's nullifier in `scope`, `P(null, s, scope)`.
    #[must_use]
    pub fn nullifier(&self, scope: Element) -> Element {
        Element::new(self.keys().nullifier(scope.fp()))
    }

    pub(crate) fn keys(&self) -> MemberKeys {
        let hkdf = Hkdf::<Sha256>::new(None, &self.0);
        let derive = |label: &str| {
            let mut wide = Zeroizing::new([0; 64]);
            hkdf.expand(label.as_bytes(), &mut *wide)
                .expect("64 bytes are within HKDF-SHA256's limit of 8160");
            Fp::from_uniform_bytes(&wide)
        };
        MemberKeys {
            s: derive("demur/member/s"),
            r1: derive("demur/member/r1"),
            r2: derive("demur/member/r2"),
        }
    }
}

impl MemberKeys {
    pub(crate) fn leaf(&self) -> Fp {
        hash(Tag::Leaf, hash(Tag::Mid, self.s, self.r1), self.r2)
    }

    pub(crate) fn nullifier(&self, scope: Fp) -> Fp {
        hash(Tag::Null, self.s, scope)
    }
}

impl fmt::Debug for MemberSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberSecret(..)")
    }
}

impl fmt::Debug for MemberKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_and_nullifier_differ_by_secret_and_scope() {
        let (a, b) = (
            MemberSecret::from_bytes([1; 32]),
            MemberSecret::from_bytes([2; 32]),
        );
        let (x, y) = (Element::from_wide(&[1; 64]), Element::from_wide(&[2; 64]));
        let all = [
            a.leaf(),
            b.leaf(),
            a.nullifier(x),
            a.nullifier(y),
            b.nullifier(x),
            b.nullifier(y),
            // A scope chosen to be a leaf's input doesn't give a leaf.
            a.nullifier(Element::new(a.keys().r1)),
            a.nullifier(a.leaf()),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| one != other));
        }
    }

    #[test]
    fn a_secret_is_its_bytes() {
        assert_eq!(MemberSecret::from_bytes([7; 32]).as_bytes(), &[7; 32]);
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = MemberSecret::from_bytes([0xab; 32]);
        assert_eq!(format!("{secret:?}"), "MemberSecret(..)");
        assert_eq!(format!("{:?}", secret.keys()), "MemberKeys(..)");
    }
}
