//! How stewards and principals show that an account is theirs.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash,
};
use demur_encoding::Time;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::limits::{
    FAILURE_COUNTERS, FAILURE_WINDOW_SECONDS, MAX_FAILURES, MAX_PASSWORD_HASHES,
    MAX_PASSWORD_QUEUE, PASSWORD_BYTES,
};

/// A way to sign in. Passwords are the first; single sign-on will be another.
///
/// Both calls may take long: they are made off the async threads.
pub trait SignInMethod: Send + Sync + 'static {
    /// One word for logs.
    fn name(&self) -> &'static str;

    /// What is kept of a new account's credential: never the credential itself.
    ///
    /// # Errors
    /// Why the credential can't be used, for the person who chose it.
    fn enrol(&self, presented: &str) -> Result<String, EnrolError>;

    /// Whether `presented` is the credential that `kept` was made from. Without a `kept` it is not, and that takes
    /// as long to say.
    fn check(&self, presented: &str, kept: Option<&str>) -> bool;
}

/// Why a credential can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// Too short or too long.
    #[error("a password has {} to {} bytes", PASSWORD_BYTES.start(), PASSWORD_BYTES.end())]
    Length,
    /// The machine failed.
    #[error("the password can't be hashed")]
    Machine,
}

/// Passwords, kept as argon2id hashes (RFC 9106; 19 MiB, 2 passes, 1 lane: the OWASP minimum).
#[derive(Debug, Default)]
pub struct Passwords {
    /// A hash of nothing in particular, so that an unknown account costs the same work.
    nobody: OnceLock<String>,
}

impl SignInMethod for Passwords {
    fn name(&self) -> &'static str {
        "password"
    }

    fn enrol(&self, presented: &str) -> Result<String, EnrolError> {
        if !PASSWORD_BYTES.contains(&presented.len()) {
            return Err(EnrolError::Length);
        }
        hash(presented)
    }

    fn check(&self, presented: &str, kept: Option<&str>) -> bool {
        // Longer ones can't have been enrolled; hashing them would be work for nothing.
        let presented = if presented.len() > *PASSWORD_BYTES.end() {
            ""
        } else {
            presented
        };
        let nobody = || {
            self.nobody
                .get_or_init(|| hash("an account that doesn't exist").unwrap_or_default())
                .as_str()
        };
        let against = kept.unwrap_or_else(nobody);
        let matches = PasswordHash::new(against).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(presented.as_bytes(), &hash)
                .is_ok()
        });
        matches && kept.is_some()
    }
}

fn hash(password: &str) -> Result<String, EnrolError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| EnrolError::Machine)
}

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded;

/// Runs a sign-in method off the async threads, a few at a time.
pub(crate) struct SignInDesk {
    method: Arc<dyn SignInMethod>,
    places: Semaphore,
    queue: Semaphore,
}

impl SignInDesk {
    pub(crate) fn new(method: Arc<dyn SignInMethod>) -> Self {
        Self {
            method,
            places: Semaphore::new(MAX_PASSWORD_HASHES),
            queue: Semaphore::new(MAX_PASSWORD_HASHES + MAX_PASSWORD_QUEUE),
        }
    }

    pub(crate) async fn enrol(
        &self,
        presented: Zeroizing<String>,
    ) -> Result<Result<String, EnrolError>, Crowded> {
        let method = Arc::clone(&self.method);
        self.run(move || method.enrol(&presented))
            .await
            .map(|done| done.unwrap_or(Err(EnrolError::Machine)))
    }

    pub(crate) async fn check(
        &self,
        presented: Zeroizing<String>,
        kept: Option<String>,
    ) -> Result<bool, Crowded> {
        let method = Arc::clone(&self.method);
        self.run(move || method.check(&presented, kept.as_deref()))
            .await
            .map(|done| done.unwrap_or(false))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Crowded> {
        let _queued = self.queue.try_acquire().map_err(|_| Crowded)?;
        let _place = self.places.acquire().await.map_err(|_| Crowded)?;
        Ok(tokio::task::spawn_blocking(work).await.ok())
    }
}

/// Counts failed sign-ins by account name, in fixed memory; no addresses are kept. Only attempts that carry the signature of the
/// account's key come this far: what is counted are wrong passwords of who holds the device.
pub(crate) struct Failures {
    hasher: RandomState,
    counters: Mutex<Vec<Counter>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    count: u32,
    since: u64,
}

impl Failures {
    pub(crate) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            counters: Mutex::new(vec![Counter::default(); FAILURE_COUNTERS]),
        }
    }

    /// Counts an attempt before it is judged, so that attempts made at the same time count too. `false`: the account
    /// is closed until the window ends.
    pub(crate) fn admit(&self, account: &str, now: Time) -> bool {
        self.with(account, |counter| {
            if now.unix().saturating_sub(counter.since) >= FAILURE_WINDOW_SECONDS {
                *counter = Counter {
                    count: 0,
                    since: now.unix(),
                };
            }
            if counter.count >= MAX_FAILURES {
                return false;
            }
            counter.count += 1;
            true
        })
    }

    /// The attempt was right: it does not count.
    pub(crate) fn clear(&self, account: &str) {
        self.with(account, |counter| counter.count = 0);
    }

    fn with<T>(&self, account: &str, act: impl FnOnce(&mut Counter) -> T) -> T {
        let place = usize::try_from(self.hasher.hash_one(account) % FAILURE_COUNTERS as u64)
            .unwrap_or_default();
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut counters[place])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_password_is_kept_as_argon2id_and_checked() {
        let method = Passwords::default();
        let kept = method.enrol("correct horse battery").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(method.check("correct horse battery", Some(&kept)));
        assert!(!method.check("correct horse batterz", Some(&kept)));
        assert!(!method.check("an account that doesn't exist", None));
        assert!(!method.check("correct horse battery", Some("not a hash")));
        assert_eq!(method.enrol("short"), Err(EnrolError::Length));
        assert_eq!(method.enrol(&"x".repeat(2000)), Err(EnrolError::Length));
    }

    #[test]
    fn failures_close_an_account_for_a_while() {
        let failures = Failures::new();
        let now = Time::from_unix(1_800_000_000);
        for _ in 0..MAX_FAILURES {
            assert!(failures.admit("ada", now));
        }
        assert!(!failures.admit("ada", now));
        assert!(!failures.admit("ada", now.plus(FAILURE_WINDOW_SECONDS - 1)));
        assert!(failures.admit("ada", now.plus(FAILURE_WINDOW_SECONDS)));
        failures.clear("ada");
        assert!(failures.admit("ada", now.plus(FAILURE_WINDOW_SECONDS)));
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_are_sent_away() {
        struct Slow(Arc<AtomicBool>);
        impl SignInMethod for Slow {
            fn name(&self) -> &'static str {
                "slow"
            }
            fn enrol(&self, _: &str) -> Result<String, EnrolError> {
                Err(EnrolError::Machine)
            }
            fn check(&self, _: &str, _: Option<&str>) -> bool {
                while !self.0.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                true
            }
        }
        let open = Arc::new(AtomicBool::new(false));
        let desk = Arc::new(SignInDesk::new(Arc::new(Slow(Arc::clone(&open)))));
        let all = MAX_PASSWORD_HASHES + MAX_PASSWORD_QUEUE;
        let waiting: Vec<_> = (0..all)
            .map(|_| {
                let desk = Arc::clone(&desk);
                tokio::spawn(async move { desk.check(Zeroizing::default(), None).await })
            })
            .collect();
        while desk.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(desk.check(Zeroizing::default(), None).await, Err(Crowded));
        open.store(true, Ordering::SeqCst);
        for one in waiting {
            assert_eq!(one.await.unwrap(), Ok(true));
        }
    }
}
