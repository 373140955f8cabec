//! The channel's HTTP interface: what is sent and answered, and where.
//!
//! Requests and answers are JSON unless a path says otherwise. A refusal is a [`Problem`] with a
//! 4xx status. Nothing here carries a name, a login or a cookie where a member acts; the stewards'
//! and principals' calls carry `Authorization: Bearer <session>`.
//!
//! | method and path | body | answer | who |
//! |---|---|---|---|
//! | `GET /api/channel` | | [`Channel`] | anyone |
//! | `GET /record/…` | | bytes (docs/protocol.md, section 2) | anyone |
//! | `POST /api/openings` | [`PostOpening`] | [`Accepted`] | a member, by proof |
//! | `POST /api/versions` | [`PostVersion`] | [`Accepted`]; 409 with [`Problem`] of code `sibling` | an author, by signature |
//! | `POST /api/sign-ons` | [`PostSignOn`] | [`Accepted`] | a member, by proof |
//! | `GET /api/memos/{memo}` with `Demur-Access` | | [`DraftView`] | link holders |
//! | `GET /api/memos/{memo}/versions/{n}/sealed` with `Demur-Access` | | age file | link holders |
//! | `POST /api/memos/{memo}/approvals` | [`PostApproval`] | [`Approved`] | an author, by signature |
//! | `POST /api/memos/{memo}/author` | [`AuthorRequest`] | [`AuthorView`] | an author, by signature |
//! | `POST /api/memos/{memo}/messages` | [`PostAuthorMessage`] | [`MessageView`] | an author, by signature |
//! | `GET /api/bundles/{digest}` | | bundle, once released | anyone |
//! | `PUT /api/enrolments/tickets` | [`PostTickets`] | `{}` | registrar, by signature |
//! | `POST /api/enrolments/{ticket}` | [`Sealed`] | `{}` | holder of a code |
//! | `GET /api/enrolments/{ticket}` | | [`Sealed`]; 404 until answered | holder of a code |
//! | `POST /api/enrolments/list` | [`SignedRequest`] | [`Enrolments`] | registrar, by signature |
//! | `PUT /api/enrolments/replies` | [`PostReplies`] | `{}` | registrar, by signature |
//! | `PUT /api/editions/{n}` | [`PostEdition`] | [`Accepted`] | registrar, by signature |
//! | `POST /api/editions/{n}/register` | [`SignedRequest`] | [`Sealed`] | overseer, by signature |
//! | `POST /api/entries` | [`PostEntry`] | [`Accepted`] | office, overseer, by the entry's signature |
//! | `POST /api/session` | [`SignIn`] | [`Session`] | an account |
//! | `DELETE /api/session` | | `{}` | an account |
//! | `POST /api/accounts` | [`PostAccount`] | `{}` | holder of an invitation |
//! | `GET /api/office/accounts` | | [`Accounts`] | steward |
//! | `GET /api/office/cases` | | [`Cases`] | steward |
//! | `GET /api/office/cases/{memo}` | | [`CaseView`] | steward |
//! | `GET /api/office/cases/{memo}/sealed` | | age file; recorded | steward |
//! | `POST /api/office/cases/{memo}/steps` | [`PostStep`] | [`Accepted`] | steward, and the office's signature |
//! | `POST /api/office/cases/{memo}/messages` | [`Sealed`] | [`MessageView`] | steward |
//! | `PUT /api/office/key/{account}` | [`Sealed`] | `{}` | steward: the office's key for a colleague |
//! | `GET /api/office/key` | | [`Sealed`] | steward |
//! | `GET /api/principal/cases` | | [`Cases`] | principal |
//! | `GET /api/principal/cases/{memo}/sealed` | | age file; recorded | principal |

use demur_encoding::{Bytes, Digest, Time, canonical, hash, json_fields, json_tagged};
use demur_memo::approval::Approval;
use demur_record::{
    entry::{ApprovalBody, Entry, Place, Step},
    event::{Access, Opening, SignOn, Version},
};
use serde::{Deserialize, Serialize};

/// The header that opens a draft: the access token's 64 hexadecimal digits.
pub const ACCESS_HEADER: &str = "demur-access";

/// The most enrolments or replies of one request or answer; more go in parts.
pub const MAX_PART: usize = 1_000;

/// The most bytes of sealed files in such a part: in base64 and JSON they fit the body of a request.
pub const MAX_PART_BYTES: usize = 3 << 20;

/// The most tickets of one request; more go in parts.
pub const MAX_TICKETS: usize = 10_000;

/// How far a signed request's time may lie from the server's clock, in seconds.
pub const REQUEST_WINDOW_SECONDS: u64 = 300;

/// What a refusal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A word that a program can act on, for example `sequence`, `sibling`, `expired`, `unknown-memo`.
    pub code: String,
    /// What was wrong, where, and what to do.
    pub message: String,
    /// With `sibling`: the version that came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Placed<Version>>,
}

json_fields!(Problem { code, message, latest or default });

/// The channel as it introduces itself. A device believes none of it that the record does not confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Channel {
    /// The log's name.
    pub origin: String,
    /// The log's verifier key (C2SP signed-note).
    pub vkey: String,
    /// The program's version.
    pub software: String,
    /// The profile's identifier.
    pub profile: String,
}

json_fields!(Channel {
    origin,
    vkey,
    software,
    profile
});

/// A promise after the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// The signed note of docs/protocol.md, section 7.
    pub promise: String,
}

json_fields!(Accepted { promise });

/// `POST /api/openings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostOpening {
    /// Of the slot.
    pub salt: Digest,
    /// The event.
    pub event: Opening,
}

json_fields!(PostOpening only { salt, event });

/// `POST /api/versions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostVersion {
    /// Of the slot.
    pub salt: Digest,
    /// The event.
    pub event: Version,
    /// The age file whose SHA-256 stands in the version.
    pub sealed: Bytes,
}

json_fields!(PostVersion only { salt, event, sealed });

/// `POST /api/sign-ons`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostSignOn {
    /// Of the slot; without meaning once the memo is filed.
    pub salt: Digest,
    /// The event.
    pub event: SignOn,
    /// The age file whose SHA-256 stands in the sign-on.
    pub note: Bytes,
}

json_fields!(PostSignOn only { salt, event, note });

/// An event, and where it stands if the record has it yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed<T> {
    /// Of the slot.
    pub salt: Digest,
    /// The slot; null while it waits for the batch, or where the event is an entry of its own.
    pub at: Option<Place>,
    /// The event.
    pub event: T,
}

json_fields!(Placed<T> { salt, at, event });

/// `GET /api/memos/{memo}`. Sign-ons that wait for their batch are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftView {
    /// The opening.
    pub opening: Placed<Opening>,
    /// In order.
    pub versions: Vec<Placed<Version>>,
    /// In the order of their places.
    pub sign_ons: Vec<Placed<SignOn>>,
    /// Whether the memo is filed.
    pub filed: bool,
    /// Approvals that wait for more authors.
    pub waiting: Vec<Waiting>,
}

json_fields!(DraftView {
    opening,
    versions,
    sign_ons,
    filed,
    waiting
});

/// An approval that is short of the threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What is to be done.
    pub body: ApprovalBody,
    /// Who agreed.
    pub approvals: Vec<Approval>,
    /// The age file of a filing or a rejoinder, so that the other authors can see what they approve.
    pub sealed: Option<Bytes>,
}

json_fields!(Waiting {
    body,
    approvals,
    sealed
});

/// `POST /api/memos/{memo}/approvals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostApproval {
    /// What is approved.
    pub body: ApprovalBody,
    /// By whom: over [`ApprovalBody::signed_hash`].
    pub approval: Approval,
    /// The first author brings the file: the sealed memo, the sealed rejoinder, or the bundle.
    pub file: Option<Bytes>,
}

json_fields!(PostApproval only { body, approval, file });

/// What came of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
#[allow(
    clippy::large_enum_variant,
    reason = "an answer is read once and not kept"
)]
pub enum Approved {
    /// More authors are needed.
    Waiting {
        /// How many agreed.
        have: u32,
        /// How many must.
        need: u32,
    },
    /// It is done; the record will hold it.
    Done {
        /// The signed note; null where a draft was withdrawn, of which the record shows nothing.
        promise: Option<String>,
        /// The entry that the note promises by its leaf hash: without it nobody could say what was promised.
        #[serde(default)]
        entry: Option<Entry>,
    },
}

json_tagged!(Approved by "state");

/// A request that only one key's holder may make: the signature is over
/// `H("demur/request", canonical {"purpose","subject","time"})`.
///
/// | path | purpose | subject |
/// |---|---|---|
/// | `POST /api/session` | `sign-in` | the account's name |
/// | `POST /api/memos/{memo}/author` | `case` | the memo |
/// | `POST /api/memos/{memo}/messages` | `messages` | SHA-256 of `sealed` |
/// | `PUT /api/enrolments/tickets` | `tickets` | SHA-256 of the canonical `tickets` |
/// | `POST /api/enrolments/list` | `enrolments` | empty; for the next page the last ticket of the one before |
/// | `PUT /api/enrolments/replies` | `replies` | SHA-256 of the canonical `replies` |
/// | `POST /api/editions/{n}/register` | `register` | the edition's number |
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRequest {
    /// What for, for example `enrolments` or `case`.
    pub purpose: String,
    /// What about: a memo, an edition's number, the SHA-256 of a body.
    pub subject: String,
    /// The sender's clock; within [`REQUEST_WINDOW_SECONDS`] of the server's.
    pub time: Time,
    /// The Ed25519 key.
    pub key: Digest,
    /// Its signature.
    pub signature: Bytes,
}

json_fields!(SignedRequest only { purpose, subject, time, key, signature });

impl SignedRequest {
    /// What is signed.
    ///
    /// # Panics
    /// Never: two texts and a time always have a canonical form.
    #[must_use]
    pub fn signed_hash(purpose: &str, subject: &str, time: Time) -> Digest {
        let body = serde_json::json!({ "purpose": purpose, "subject": subject, "time": time });
        hash(
            "demur/request",
            &[&canonical::to_vec(&body).expect("texts only")],
        )
    }
}

/// `POST /api/memos/{memo}/author`: purpose `case`, subject the memo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorRequest {
    /// By an author's key.
    pub request: SignedRequest,
}

json_fields!(AuthorRequest only { request });

/// What only the authors see of their case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorView {
    /// Each time the sealed file was given to an official.
    pub accesses: Vec<Placed<Access>>,
    /// Both ways, in order.
    pub messages: Vec<MessageView>,
    /// The age file of the letter of return.
    pub returned: Option<Bytes>,
    /// The age file of the response.
    pub response: Option<Bytes>,
    /// Approvals that wait for more authors.
    pub waiting: Vec<Waiting>,
}

json_fields!(AuthorView {
    accesses,
    messages,
    returned,
    response,
    waiting
});

/// A message between authors and office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// From 1, per case.
    pub number: u32,
    /// `authors` or `office`.
    pub from: String,
    /// To the day, UTC: `2026-11-23`.
    pub day: String,
    /// An age file for the other side and one's own.
    pub sealed: Bytes,
}

json_fields!(MessageView {
    number,
    from,
    day,
    sealed
});

/// `POST /api/memos/{memo}/messages`: purpose `messages`, subject the SHA-256 of `sealed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostAuthorMessage {
    /// By an author's key.
    pub request: SignedRequest,
    /// An age file for the office and the authors.
    pub sealed: Bytes,
}

json_fields!(PostAuthorMessage only { request, sealed });

/// An age file and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The file.
    pub sealed: Bytes,
}

json_fields!(Sealed only { sealed });

/// `PUT /api/enrolments/tickets`: purpose `tickets`, subject the SHA-256 of the canonical `tickets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostTickets {
    /// By the registrar's key.
    pub request: SignedRequest,
    /// Mailboxes that may be used; known ones stay as they are. At most [`MAX_TICKETS`].
    pub tickets: Vec<Digest>,
}

json_fields!(PostTickets only { request, tickets });

/// A page of the enrolments that wait in their mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Enrolments {
    /// Sorted by ticket; at most [`MAX_PART`] of them, and [`MAX_PART_BYTES`] together.
    pub enrolments: Vec<Enrolment>,
    /// Whether others follow.
    pub more: bool,
}

json_fields!(Enrolments { enrolments, more });

/// One mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Its name.
    pub ticket: Digest,
    /// An age file for the registrar, or from the registrar.
    pub sealed: Bytes,
}

json_fields!(Enrolment only { ticket, sealed });

/// `PUT /api/enrolments/replies`: purpose `replies`, subject the SHA-256 of the canonical `replies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostReplies {
    /// By the registrar's key.
    pub request: SignedRequest,
    /// A later reply takes the place of an earlier one. At most [`MAX_PART`].
    pub replies: Vec<Enrolment>,
}

json_fields!(PostReplies only { request, replies });

/// `PUT /api/editions/{n}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostEdition {
    /// The edition file.
    pub file: Bytes,
    /// The `edition` entry, signed.
    pub entry: Entry,
    /// The register's certificates, sealed to the overseer.
    pub register: Bytes,
}

json_fields!(PostEdition only { file, entry, register });

/// `POST /api/entries`: `keys` and `attestation` entries, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostEntry {
    /// The entry.
    pub entry: Entry,
}

json_fields!(PostEntry only { entry });

/// `POST /api/session`.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The account's name.
    pub account: String,
    /// Its password.
    pub password: String,
    /// By the account's Ed25519 key: without it no password is even looked at.
    pub request: SignedRequest,
}

json_fields!(SignIn only { account, password, request });

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// A session of an account.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// What `Authorization: Bearer` carries.
    pub session: String,
    /// `steward` or a distribution identifier.
    pub role: String,
}

json_fields!(Session only { session, role });

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// `POST /api/accounts`: what the holder of an invitation makes of it.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostAccount {
    /// The one-time code, from the operator's `demur account invite`.
    pub invitation: String,
    /// The account's name is the invitation's.
    pub password: String,
    /// The account's Ed25519 key.
    pub sign: Digest,
    /// The account's age recipient.
    pub seal: String,
}

json_fields!(PostAccount only { invitation, password, sign, seal });

impl std::fmt::Debug for PostAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostAccount")
            .field("sign", &self.sign)
            .finish_non_exhaustive()
    }
}

/// `GET /api/office/accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accounts {
    /// Sorted by name.
    pub accounts: Vec<Account>,
}

json_fields!(Accounts { accounts });

/// An account. Its keys count once the office has signed a `keys` entry for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// `steward` or a distribution identifier.
    pub role: String,
    /// The Ed25519 key; null until the invitation was taken up.
    pub sign: Option<Digest>,
    /// The age recipient; null until the invitation was taken up.
    pub seal: Option<String>,
}

json_fields!(Account {
    name,
    role,
    sign,
    seal
});

/// `GET /api/office/cases` and `GET /api/principal/cases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cases {
    /// In the order of filing.
    pub cases: Vec<CaseLine>,
}

json_fields!(Cases { cases });

/// A line of the inbox. Deadlines are computed from the record by the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseLine {
    /// The memo.
    pub memo: Digest,
    /// Where it stands.
    pub step: Step,
    /// The version that was filed, or a later one.
    pub version: u32,
    /// Messages of the authors, all told.
    pub messages: u32,
}

json_fields!(CaseLine {
    memo,
    step,
    version,
    messages
});

/// `GET /api/office/cases/{memo}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// The line of the inbox.
    pub case: CaseLine,
    /// The authors' age recipients are here.
    pub opening: Opening,
    /// The sealed notes of all sign-ons, each with the sign-on's nullifier and number.
    pub notes: Vec<NoteView>,
    /// Both ways, in order.
    pub messages: Vec<MessageView>,
    /// Each time the sealed file was given to an official.
    pub accesses: Vec<Access>,
    /// The age file of the response.
    pub response: Option<Bytes>,
    /// The age file of the rejoinder.
    pub rejoinder: Option<Bytes>,
}

json_fields!(CaseView {
    case,
    opening,
    notes,
    messages,
    accesses,
    response,
    rejoinder
});

/// A sign-on's note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// The sign-on's nullifier.
    pub nullifier: Digest,
    /// The sign-on's number.
    pub seq: u64,
    /// An age file for the office.
    pub sealed: Bytes,
}

json_fields!(NoteView {
    nullifier,
    seq,
    sealed
});

/// `POST /api/office/cases/{memo}/steps`: `acknowledged`, `returned`, `distributed`, `responded`, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostStep {
    /// The entry.
    pub entry: Entry,
    /// The age file whose SHA-256 stands in the entry, where one does.
    pub sealed: Option<Bytes>,
}

json_fields!(PostStep only { entry, sealed });
