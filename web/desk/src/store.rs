//! What this browser keeps: sealed under a passphrase, by way of a key of its own.
//!
//! `lock` is a [`SealKey`] sealed under the passphrase; `keys` and `texts` are sealed to that key. So the slow
//! work of a passphrase is done once, when a person unlocks, and not with each change.

use std::{cell::RefCell, collections::BTreeMap};

use demur_client::{
    key_store::KeyStore,
    keys::{self, SealKey},
};
use demur_encoding::{Bytes, json};
use demur_seal::{SecretString, WorkFactor};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{answer::Trouble, platform::Platform};

const LOCK: &str = "lock";
const KEYS: &str = "keys";
const TEXTS: &str = "texts";

/// The fewest characters of a passphrase.
pub(crate) const MIN_PASSPHRASE: usize = 10;

/// What the lock opens to.
#[derive(Serialize, Deserialize)]
struct Lock {
    v: u32,
    key: SealKey,
}

/// What is kept by itself.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// The key store.
    Keys,
    /// What only this browser keeps beside it.
    Texts,
}

/// A key store that was unlocked.
pub(crate) struct Open {
    key: SealKey,
    /// What is on the disk as far as this tab knows, sealed, by name.
    kept: RefCell<BTreeMap<&'static str, Vec<u8>>>,
    pub(crate) keys: KeyStore,
    pub(crate) texts: Texts,
}

/// What only this browser keeps beside the key store.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(crate) struct Texts {
    /// The 24 words, until they were written down, and the code that is sent then.
    pub(crate) unconfirmed: Option<Unconfirmed>,
    /// Texts in the editor: by memo, or `new`.
    pub(crate) drafts: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Whether the account's invitation may not have been taken up yet.
    #[serde(default)]
    pub(crate) joining: bool,
}

/// A member secret whose words nobody has confirmed yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Unconfirmed {
    /// 24 words, a space between them.
    pub(crate) words: String,
    /// The registrar's code.
    pub(crate) code: String,
}

impl Drop for Unconfirmed {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

/// Whether this browser keeps a key store.
pub(crate) async fn exists(platform: &impl Platform) -> Result<bool, Trouble> {
    Ok(platform.load(LOCK).await?.is_some())
}

/// A passphrase that was typed twice.
pub(crate) fn passphrase(first: &str, again: &str) -> Result<SecretString, Trouble> {
    if first.chars().count() < MIN_PASSPHRASE {
        return Err(Trouble::input(format!(
            "The passphrase: at least {MIN_PASSPHRASE} characters; four or five unusual words are good."
        )));
    }
    if first != again {
        return Err(Trouble::input(
            "The two passphrases differ. Nothing was kept.",
        ));
    }
    Ok(SecretString::from(first.to_owned()))
}

/// Makes the lock of a new key store, which holds `keys`.
pub(crate) async fn create(
    platform: &impl Platform,
    passphrase: &SecretString,
    keys: KeyStore,
    rng: &mut impl rand_core::CryptoRng,
) -> Result<Open, Trouble> {
    let open = Open {
        key: SealKey::generate(rng),
        kept: RefCell::default(),
        keys,
        texts: Texts::default(),
    };
    let lock = Lock {
        v: 1,
        key: open.key.clone(),
    };
    let lock = demur_seal::lock(&lock, passphrase, WorkFactor::NATIVE).map_err(Trouble::other)?;
    // The slow part is done: meanwhile another tab may have made one.
    if exists(platform).await? {
        return Err(changed());
    }
    // What an attempt left that did not come to its lock is nobody's, or another tab's that is about to.
    for name in [KEYS, TEXTS] {
        if let Some(left) = platform.load(name).await? {
            open.kept.borrow_mut().insert(name, left);
        }
    }
    let left = open.kept.borrow().clone();
    // The keys first: a lock without them would open to nothing.
    open.save(platform).await?;
    open.save_texts(platform).await?;
    // Two tabs may come to this at once: whose lock is the second has lost, and puts back what the first one's opens.
    if !platform.swap(LOCK, None, &lock).await? {
        for (name, theirs) in left {
            let mine = open.kept.borrow().get(name).cloned();
            platform.swap(name, mine.as_deref(), &theirs).await?;
        }
        return Err(changed());
    }
    Ok(open)
}

/// Opens what this browser keeps.
pub(crate) async fn unlock(
    platform: &impl Platform,
    passphrase: &SecretString,
) -> Result<Open, Trouble> {
    let missing = || Trouble::input("This browser keeps no key store.");
    let lock = platform.load(LOCK).await?.ok_or_else(missing)?;
    let lock: Lock = demur_seal::unlock(&lock, passphrase)
        .map_err(|_| Trouble::input("That is not the passphrase of this key store."))?;
    let keys = platform.load(KEYS).await?.ok_or_else(missing)?;
    Open::read(lock.key, keys, platform.load(TEXTS).await?)
}

/// What was about to be kept rests on what is no longer there.
pub(crate) fn changed() -> Trouble {
    Trouble::input(
        "The key store was changed in another tab or window meanwhile, and this could not be kept here. Load the page again and look whether it was done \
         before you do it again.",
    )
}

fn kept(kept: bool) -> Result<(), Trouble> {
    if kept { Ok(()) } else { Err(changed()) }
}

/// Takes all of it from this browser, but for what `public` names: the lock first, without which nothing else opens.
pub(crate) async fn forget(
    platform: &impl Platform,
    public: impl Fn(&str) -> bool,
) -> Result<(), Trouble> {
    platform.remove(LOCK).await?;
    for name in platform.names().await? {
        if !public(&name) {
            platform.remove(&name).await?;
        }
    }
    Ok(())
}

impl Open {
    fn read(key: SealKey, keys: Vec<u8>, texts: Option<Vec<u8>>) -> Result<Self, Trouble> {
        let mut kept = BTreeMap::new();
        let plain = key.open(&Bytes(keys.clone())).map_err(Trouble::other)?;
        kept.insert(KEYS, keys);
        let keys: KeyStore = json::from_slice(&plain).map_err(|_| {
            Trouble::other("The key store was written by another version of Demur.")
        })?;
        keys.check().map_err(Trouble::other)?;
        let texts = match texts {
            Some(sealed) => {
                let plain = key.open(&Bytes(sealed.clone())).map_err(Trouble::other)?;
                kept.insert(TEXTS, sealed);
                json::from_slice(&plain).unwrap_or_default()
            }
            None => Texts::default(),
        };
        Ok(Self {
            key,
            kept: RefCell::new(kept),
            keys,
            texts,
        })
    }

    /// Takes the keys back to what was kept last.
    pub(crate) fn undo_keys(&mut self) -> Result<(), Trouble> {
        let kept = self.kept.borrow().get(KEYS).cloned();
        let kept = kept.ok_or(Trouble::Locked)?;
        self.keys = Self::read(self.key.clone(), kept, None)?.keys;
        Ok(())
    }

    /// What is on the disk now, if another tab has written since; `None` where nothing has changed.
    ///
    /// # Errors
    /// When it is gone, or was locked anew: then nothing of this may be shown any more.
    pub(crate) async fn newer(&self, platform: &impl Platform) -> Result<Option<Self>, Trouble> {
        let keys = platform.load(KEYS).await?.ok_or(Trouble::Locked)?;
        let texts = platform.load(TEXTS).await?;
        let same = {
            let kept = self.kept.borrow();
            kept.get(KEYS) == Some(&keys) && kept.get(TEXTS) == texts.as_ref()
        };
        if same {
            return Ok(None);
        }
        let read = Self::read(self.key.clone(), keys, texts);
        read.map(Some).map_err(|_| Trouble::Locked)
    }

    /// Keeps the keys. To be awaited before what was saved is sent.
    ///
    /// # Errors
    /// When the storage fails, or another tab has kept something since: then nothing was kept.
    pub(crate) async fn save(&self, platform: &impl Platform) -> Result<(), Trouble> {
        kept(self.keep(platform, Part::Keys).await?)
    }

    /// Keeps the texts.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub(crate) async fn save_texts(&self, platform: &impl Platform) -> Result<(), Trouble> {
        kept(self.keep(platform, Part::Texts).await?)
    }

    /// Keeps a part, unless another tab has kept it since; whether it was kept.
    pub(crate) async fn keep(&self, platform: &impl Platform, part: Part) -> Result<bool, Trouble> {
        let (name, plain) = match part {
            Part::Keys => (KEYS, json::to_vec(&self.keys)),
            Part::Texts => (TEXTS, json::to_vec(&self.texts)),
        };
        let plain = Zeroizing::new(plain.map_err(Trouble::other)?);
        let sealed = keys::seal(&plain, &[&self.key.recipient()]).map_err(Trouble::other)?;
        let before = self.kept.borrow().get(name).cloned();
        let swapped = platform.swap(name, before.as_deref(), &sealed.0).await?;
        if swapped {
            self.kept.borrow_mut().insert(name, sealed.0);
        }
        Ok(swapped)
    }

    /// Seals something that lies by itself to the key that the lock opens to.
    #[cfg(feature = "full")]
    pub(crate) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, Trouble> {
        let sealed = keys::seal(plain, &[&self.key.recipient()]).map_err(Trouble::other)?;
        Ok(sealed.0)
    }

    /// Opens what was sealed so; `None` where it was sealed to another key, or is damaged.
    #[cfg(feature = "full")]
    pub(crate) fn unseal(&self, sealed: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
        self.key.open(&Bytes(sealed)).ok()
    }

    /// The key store as one file under a passphrase, as the program keeps it too.
    pub(crate) fn export(&self, passphrase: &SecretString) -> Result<Vec<u8>, Trouble> {
        demur_seal::lock(&self.keys, passphrase, WorkFactor::NATIVE).map_err(Trouble::other)
    }
}

/// Reads a file that [`Open::export`] or the program wrote.
pub(crate) fn import(file: &[u8], passphrase: &SecretString) -> Result<KeyStore, Trouble> {
    let keys: KeyStore = demur_seal::unlock(file, passphrase)
        .map_err(|e| Trouble::input(format!("The key file: {e}")))?;
    keys.check().map_err(Trouble::other)?;
    Ok(keys)
}
