//! Every bound of the HTTP side, in one place.

use std::time::Duration;

/// The largest body of a request, in bytes, but for the two kinds below: a sealed memo or a bundle in base64 fits.
pub(crate) const MAX_BODY_BYTES: usize = 6 << 20;

/// The largest body of what anyone may send without a signature of a known key: openings, sign-ons, sign-ins.
pub(crate) const MAX_SMALL_BODY_BYTES: usize = 256 << 10;

/// The largest body of what the registrar sends for the whole institution: an edition file and a sealed register of the
/// largest size in base64.
pub(crate) const MAX_ROSTER_BODY_BYTES: usize = 64 << 20;

/// The most values in a body's JSON, keys not counted: what is sent in large is texts in base64.
pub(crate) const MAX_BODY_VALUES: usize = 100_000;

/// How much memory bodies may take all together until their requests are answered, in bytes.
pub(crate) const BODY_BUDGET_BYTES: usize = 96 << 20;

/// [`BODY_BUDGET_BYTES`] for what the registrar sends for the whole institution at once.
pub(crate) const ROSTER_BUDGET_BYTES: usize = 2 * MAX_ROSTER_BODY_BYTES;

/// How many of these are worked on at the same time: each may hold several times its body in memory.
pub(crate) const MAX_ROSTER_UPLOADS: usize = 2;

/// How many requests are worked on at the same time, counted from when their body has come; more are told to come back.
pub(crate) const MAX_CONCURRENT_REQUESTS: usize = 128;

/// How many requests of one machine's pages are handed on to the channel at the same time: each answer is in memory whole.
pub(crate) const MAX_RELAYED_AT_ONCE: usize = 8;

/// How many connections are open at the same time; more wait in the system's queue.
pub(crate) const MAX_CONNECTIONS: usize = 1024;

/// How long a client may take to send the head of a request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the next part of a body may let itself be waited for.
pub(crate) const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may take from its head to its answer, a slow body included.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// [`REQUEST_TIMEOUT`] for what the registrar sends at once.
pub(crate) const ROSTER_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a shutdown waits for requests under way.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// The most headers of a request.
pub(crate) const MAX_HEADERS: usize = 64;

/// The largest head of a request, in bytes.
pub(crate) const MAX_HEAD_BYTES: usize = 32 << 10;

/// What `Retry-After` says when the server is busy, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;

/// How long a session of an account lasts, in seconds: a working day.
pub(crate) const SESSION_SECONDS: u64 = 10 * 3600;

/// How long an invitation can be taken up, in seconds: 14 days.
pub(crate) const INVITATION_SECONDS: u64 = 14 * 86_400;

/// How many passwords are hashed at the same time: each takes 19 MiB and a core.
pub(crate) const MAX_PASSWORD_HASHES: usize = 2;

/// How many sign-ins may wait for a free place among [`MAX_PASSWORD_HASHES`].
pub(crate) const MAX_PASSWORD_QUEUE: usize = 16;

/// The shortest and the longest password, in bytes.
pub(crate) const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 12..=1024;

/// The longest name of an account, in bytes.
pub(crate) const MAX_ACCOUNT_NAME: usize = 64;

/// How many failed sign-ins an account may have within [`FAILURE_WINDOW_SECONDS`].
pub(crate) const MAX_FAILURES: u32 = 10;

/// The time over which failed sign-ins are counted, in seconds.
pub(crate) const FAILURE_WINDOW_SECONDS: u64 = 900;

/// How many counters of failed sign-ins there are. Names share them by hash, so that memory is bounded.
pub(crate) const FAILURE_COUNTERS: usize = 1 << 14;

/// The largest sealed message between authors and office, in bytes: 64 KiB of text, and an age header for the office
/// and 32 authors.
pub(crate) const MAX_CASE_MESSAGE_BYTES: usize = 128 << 10;

/// The largest sealed key or enrolment, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 256 << 10;

/// The largest sealed memo, response, rejoinder or bundle, in bytes.
pub(crate) const MAX_SEALED_BYTES: usize = 4 << 20;

/// The largest edition file, in bytes: what the store keeps.
pub(crate) const MAX_EDITION_FILE_BYTES: usize = demur_store::MAX_FILE_BYTES;

/// The largest sealed register, in bytes: what the store keeps.
pub(crate) const MAX_REGISTER_BYTES: usize = demur_store::MAX_FILE_BYTES;

/// The most versions of one memo.
pub(crate) const MAX_VERSIONS: u32 = 1_000;

/// The largest number of acts of one member on one memo: a member who changes their mind.
pub(crate) const MAX_ACTS: u64 = 100;

/// The most approvals of one memo that wait for more authors, of different bodies.
pub(crate) const MAX_WAITING: usize = 8;

/// How many of these may hold a file. All are sent to whoever looks at the draft.
pub(crate) const MAX_WAITING_FILES: usize = 2;

/// How much larger than its plaintext an age file for the office and its recovery key may be, in bytes: header,
/// recipients and one 16-byte tag for each 64 KiB.
pub(crate) const AGE_OVERHEAD_BYTES: usize = 2_048;

/// How many late sign-ons that wait are looked at before a step that ends a case.
pub(crate) const MAX_LATE_WAITING: u32 = 8_192;
