//! The roster's keepers: the registrar, who knows which person has which commitment, and the overseer, who vouches for it.

mod overseer;
mod registrar;

use demur_client::{
    device::Mirror,
    keys::{self, RoleKeys},
};
use demur_encoding::Bytes;
use demur_record::entry::Role;
use zeroize::Zeroizing;

use crate::{answer::Trouble, desk::Desk, platform::Platform};

/// The number of the record's newest edition.
fn newest(mirror: &Mirror) -> Option<u64> {
    let known = mirror.latest_edition()?;
    Some(u64::from(known.edition.number))
}

impl<P: Platform> Desk<P> {
    /// The keys of a role, which came here with a key file.
    fn role_keys(&self, role: Role) -> Result<&RoleKeys, Trouble> {
        self.opened()?.keys.role(role).ok_or_else(|| {
            Trouble::input(format!(
                "This key store does not hold the keys of: {}. Bring the key file that holds them.",
                demur_client::key_line::role_name(role)
            ))
        })
    }
}

/// Seals to a role's own key, as the program does.
fn seal(plain: &[u8], keys: &RoleKeys) -> Result<Vec<u8>, Trouble> {
    let sealed = keys::seal(plain, &[&keys.seal.recipient()]).map_err(Trouble::other)?;
    Ok(sealed.0)
}

/// Opens what was sealed to a role's own key.
fn unseal(sealed: Vec<u8>, keys: &RoleKeys) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    keys.seal.open(&Bytes(sealed)).map_err(Trouble::input)
}
