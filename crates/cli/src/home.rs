//! One person's folder: a sealed key store, a trust policy, a server's address, a mirror of the record.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use demur_client::{
    device::{Mirror, MirrorState},
    key_line::role_name,
    key_store::KeyStore,
    keys::{self, RoleKeys, SealKey},
    link::Link,
};
use demur_encoding::{Bytes, Digest};
use demur_record::{entry::Role, policy::Policy};
use demur_seal::{SecretString, WorkFactor};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    fail::{Failure, Outcome},
    http::Http,
    out::complain,
    sys::{self, Passphrase},
};

const KEYS_FILE: &str = "keys.age";
const POLICY_FILE: &str = "policy";
const SERVER_FILE: &str = "server";
const MIRROR_FILE: &str = "mirror.json";
const LOCK_FILE: &str = ".lock";

/// A person's folder.
#[derive(Clone)]
pub(crate) struct Home {
    dir: PathBuf,
    passphrase: Passphrase,
    password: Option<Zeroizing<String>>,
    proxy: Option<String>,
    work_factor: WorkFactor,
    hold: Option<Hold>,
}

/// What keeps other commands out of a home; `None` in it while the home is not there yet.
type Hold = Arc<Mutex<Option<File>>>;

impl Home {
    pub(crate) fn new(dir: PathBuf, passphrase: Passphrase, proxy: Option<String>) -> Self {
        Self {
            dir,
            passphrase,
            password: None,
            proxy,
            work_factor: WorkFactor::NATIVE,
            hold: None,
        }
    }

    /// The same, for this command alone until it ends: each reads files of the home, works, and writes them back, so that one of two
    /// at once would undo what the other did. Waits for another one, and says so.
    pub(crate) fn held(mut self) -> Outcome<Self> {
        self.hold = Some(Hold::default());
        if self.dir.exists() {
            self.lock()?;
        }
        Ok(self)
    }

    /// Lets other commands work in it.
    pub(crate) fn release(&self) {
        if let Some(mut hold) = self.hold() {
            *hold = None;
        }
    }

    fn hold(&self) -> Option<MutexGuard<'_, Option<File>>> {
        let hold = self.hold.as_ref()?;
        Some(hold.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> Outcome {
        let Some(mut hold) = self.hold() else {
            return Ok(());
        };
        let path = self.path(LOCK_FILE);
        let named = |e: io::Error| Failure::outside(format!("{}: {e}", path.display()));
        let mut options = OpenOptions::new();
        let file = match options.create(true).truncate(false).write(true).open(&path) {
            Ok(file) => file,
            // Nothing can be written there, and so nothing be undone.
            Err(e)
                if [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem]
                    .contains(&e.kind()) =>
            {
                return Ok(());
            }
            Err(e) => return Err(named(e)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let dir = self.dir.display();
                complain(format_args!(
                    "{dir}: waiting for another command that works in it"
                ));
                file.lock().map_err(named)?;
            }
            Err(TryLockError::Error(e)) => return Err(named(e)),
        }
        *hold = Some(file);
        Ok(())
    }

    /// Before a file that was read is written: a home that was not there when the command began is made, and may have been made by
    /// another one meanwhile.
    fn begin(&self, name: &str) -> Outcome {
        if self.hold().is_none_or(|hold| hold.is_some()) {
            return Ok(());
        }
        self.create()?;
        self.lock()?;
        let path = self.path(name);
        if path.exists() {
            let path = path.display();
            return Err(Failure::input(format!(
                "{path}: another command made it meanwhile; the same command again works on that"
            )));
        }
        Ok(())
    }

    /// The same with key stores that open at once and protect nothing: for the demo's invented people.
    pub(crate) fn with_work_factor(mut self, work_factor: WorkFactor) -> Self {
        self.work_factor = work_factor;
        self
    }

    /// The same with the password of the account that it holds or will hold.
    pub(crate) fn with_password(mut self, password: Zeroizing<String>) -> Self {
        self.password = Some(password);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The key store; empty where there is none yet.
    pub(crate) fn keys(&self) -> Outcome<KeyStore> {
        let Some(keys) = self.read_locked::<KeyStore>(KEYS_FILE)? else {
            return Ok(KeyStore::default());
        };
        let path = self.path(KEYS_FILE);
        keys.check()
            .map_err(|e| Failure::input(format!("{}: {e}", path.display())))?;
        Ok(keys)
    }

    /// Reads the key store, lets `change` work on it, and writes it if that went well.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut KeyStore) -> Outcome<T>) -> Outcome<T> {
        let mut keys = self.keys()?;
        let done = change(&mut keys)?;
        self.save(&keys)?;
        Ok(done)
    }

    /// Writes the key store whole or not at all.
    pub(crate) fn save(&self, keys: &KeyStore) -> Outcome {
        self.write_locked(KEYS_FILE, keys)
    }

    /// A file in this home that is sealed under the person's passphrase; `None` where there is none.
    pub(crate) fn read_locked<T: DeserializeOwned>(&self, name: &str) -> Outcome<Option<T>> {
        let path = self.path(name);
        if !path.exists() {
            return Ok(None);
        }
        let passphrase = self.passphrase.reveal(&path.display().to_string(), false)?;
        let passphrase = SecretString::from(passphrase.to_string());
        demur_seal::unlock(&sys::read(&path)?, &passphrase)
            .map(Some)
            .map_err(|e| Failure::input(format!("{}: {e}", path.display())))
    }

    /// Writes such a file, whole or not at all.
    pub(crate) fn write_locked<T: Serialize>(&self, name: &str, value: &T) -> Outcome {
        self.begin(name)?;
        let path = self.path(name);
        let passphrase = self
            .passphrase
            .reveal(&path.display().to_string(), !path.exists())?;
        let passphrase = SecretString::from(passphrase.to_string());
        let sealed = demur_seal::lock(value, &passphrase, self.work_factor)
            .map_err(|e| Failure::outside(format!("{}: {e}", path.display())))?;
        sys::write_private(&path, &sealed)
    }

    /// Writes down whom this person trusts and where the server is.
    pub(crate) fn trust(&self, server: &str, policy: &Policy) -> Outcome {
        if let Ok(old) = self.policy()
            && old.logs().first().map(|log| log.key.name())
                != policy.logs().first().map(|log| log.key.name())
        {
            return Err(Failure::input(format!(
                "{}: this home trusts another channel; use a home of its own for each (--home)",
                self.dir.display()
            )));
        }
        Http::new(server, self.proxy())?;
        self.begin(POLICY_FILE)?;
        sys::write(&self.path(POLICY_FILE), policy.to_string().as_bytes())?;
        sys::write(
            &self.path(SERVER_FILE),
            format!("{}\n", server.trim_end_matches('/')).as_bytes(),
        )
    }

    /// Whether it was told whom to trust.
    pub(crate) fn is_trusting(&self) -> bool {
        self.path(POLICY_FILE).exists()
    }

    /// The trust policy.
    pub(crate) fn policy(&self) -> Outcome<Policy> {
        let path = self.path(POLICY_FILE);
        if !path.exists() {
            return Err(Failure::input(format!(
                "{}: no trust policy yet: demur trust --server URL --policy FILE, with a policy that you \
                 have from somebody other than the server's operator",
                self.dir.display()
            )));
        }
        sys::read_text(&path)?
            .parse()
            .map_err(|e| Failure::input(format!("{}: {e}", path.display())))
    }

    /// The way to the server.
    pub(crate) fn server(&self) -> Outcome<Http> {
        self.policy()?;
        let server = sys::read_text(&self.path(SERVER_FILE))?;
        Http::new(server.trim(), self.proxy())
    }

    /// The password of an account: DEMUR_PASSWORD, or asked.
    pub(crate) fn password(&self, account: &str) -> Outcome<Zeroizing<String>> {
        match &self.password {
            Some(password) => Ok(password.clone()),
            None => rpassword::prompt_password(format!("Password of the account {account}: "))
                .map(Zeroizing::new)
                .map_err(|e| {
                    Failure::input(format!(
                        "no password for {account} ({e}): set DEMUR_PASSWORD"
                    ))
                }),
        }
    }

    /// This home's copy of the record; empty where there is none yet. Where the policy was changed the copy must stand under
    /// the new one: what the log showed before is not forgotten with it.
    pub(crate) fn mirror(&self) -> Outcome<Mirror> {
        let policy = self.policy()?.to_string();
        let path = self.path(MIRROR_FILE);
        if path.exists() {
            let mut state: MirrorState =
                serde_json::from_slice(&sys::read(&path)?).map_err(|e| {
                    Failure::input(format!(
                        "{}: damaged ({e}); remove it, it is fetched again",
                        path.display()
                    ))
                })?;
            state.policy.clone_from(&policy);
            return Mirror::load(state)
                .map_err(|e| Failure::negative(format!("{}: {e}", path.display())));
        }
        Mirror::new(&policy).map_err(Failure::input)
    }

    /// Keeps the copy of the record.
    pub(crate) fn save_mirror(&self, mirror: &Mirror) -> Outcome {
        let bytes = serde_json::to_vec(mirror.state()).map_err(Failure::outside)?;
        sys::write_private(&self.path(MIRROR_FILE), &bytes)
    }

    /// A file in this home that is sealed to a role's own key; `None` where there is none.
    pub(crate) fn read_sealed(
        &self,
        name: &str,
        key: &SealKey,
    ) -> Outcome<Option<Zeroizing<Vec<u8>>>> {
        let path = self.path(name);
        if !path.exists() {
            return Ok(None);
        }
        let opened = key.open(&Bytes(sys::read(&path)?));
        opened
            .map(Some)
            .map_err(|e| Failure::input(format!("{}: {e}", path.display())))
    }

    /// Writes such a file.
    pub(crate) fn write_sealed(&self, name: &str, key: &SealKey, bytes: &[u8]) -> Outcome {
        let sealed = keys::seal(bytes, &[&key.recipient()]).map_err(Failure::outside)?;
        sys::write_private(&self.path(name), &sealed.0)
    }

    /// Makes the folder, for its owner only.
    pub(crate) fn create(&self) -> Outcome {
        let told = |e: io::Error| Failure::outside(format!("{}: {e}", self.dir.display()));
        fs::create_dir_all(&self.dir).map_err(told)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&self.dir, fs::Permissions::from_mode(0o700)).map_err(told)?;
        }
        Ok(())
    }
}

/// A memo that was named on the command line.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// Which.
    pub(crate) memo: Digest,
    /// The link, where one was given or is known.
    pub(crate) link: Option<Link>,
}

/// The keys of a role that this home holds.
pub(crate) fn role(keys: &KeyStore, role: Role) -> Outcome<&RoleKeys> {
    keys.role(role).ok_or_else(|| {
        let role = role_name(role);
        Failure::input(format!(
            "this home holds no {role} key: demur key new --role {role}"
        ))
    })
}

/// The memo that `text` names: a link, or the beginning of an identifier that this home knows. A link is kept.
pub(crate) fn named(keys: &mut KeyStore, text: &str, server: &str) -> Outcome<Named> {
    if text.contains("/m/") {
        let link: Link = text
            .parse()
            .map_err(|e| Failure::input(format!("the link: {e}")))?;
        keys.keep_link(&link);
        return Ok(Named {
            memo: link.memo,
            link: Some(link),
        });
    }
    let memo = pick(text, keys.known_memos())?;
    let link = keys.link(memo, server);
    Ok(Named { memo, link })
}

/// The one digest of `known` that begins with `text`.
pub(crate) fn pick(text: &str, mut known: Vec<Digest>) -> Outcome<Digest> {
    /// Fewer digits than this name a memo by accident.
    const SHORTEST: usize = 4;
    if let Ok(whole) = text.parse::<Digest>() {
        return Ok(whole);
    }
    if text.len() < SHORTEST || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        // Not repeated: it may be a part of a link, with its secret.
        return Err(Failure::input(format!(
            "which memo? expected a link (…/m/…#…) or at least {SHORTEST} digits of a memo's identifier"
        )));
    }
    known.sort_unstable();
    known.dedup();
    known.retain(|memo| memo.to_string().starts_with(&text.to_ascii_lowercase()));
    match known[..] {
        [memo] => Ok(memo),
        [] => Err(Failure::input(format!(
            "{text}: no memo that is known here begins with these digits; give the link"
        ))),
        _ => Err(Failure::input(format!(
            "{text}: {} memos begin so; give more digits",
            known.len()
        ))),
    }
}
