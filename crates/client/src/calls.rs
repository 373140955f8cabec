//! One function for each line of the table in [`crate::api`].

use demur_encoding::{Bytes, Digest, canonical, sha256};

use crate::{
    api::{
        ACCESS_HEADER, Accepted, Accounts, Approved, AuthorRequest, AuthorView, CaseView, Cases,
        Channel, DraftView, Enrolments, MessageView, PostAccount, PostApproval, PostAuthorMessage,
        PostEdition, PostEntry, PostOpening, PostReplies, PostSignOn, PostStep, PostTickets,
        PostVersion, Sealed, Session, SignIn, SignedRequest,
    },
    transport::{Call, Done, Method},
};

/// The longest age file that is read, in bytes.
pub const MAX_SEALED: usize = 32 << 20;

/// The longest bundle that is read, in bytes.
pub const MAX_BUNDLE: usize = 64 << 20;

/// The channel as it introduces itself: a hint, no more.
#[must_use]
pub fn channel() -> Call<Channel> {
    Call::json(Method::Get, "/api/channel".to_owned())
}

/// A file of the record (docs/protocol.md, section 2), at most `limit` bytes long.
#[must_use]
pub fn record(path: &str, limit: usize) -> Call<Vec<u8>> {
    Call::file(format!("/record/{path}"), limit)
}

/// Opens a memo.
#[must_use]
pub fn open_memo(post: &PostOpening) -> Call<Accepted> {
    Call::json(Method::Post, "/api/openings".to_owned()).body(post)
}

/// Registers a version.
#[must_use]
pub fn version(post: &PostVersion) -> Call<Accepted> {
    Call::json(Method::Post, "/api/versions".to_owned()).body(post)
}

/// Signs, withdraws or endorses.
#[must_use]
pub fn sign_on(post: &PostSignOn) -> Call<Accepted> {
    Call::json(Method::Post, "/api/sign-ons".to_owned()).body(post)
}

/// The draft, for who holds a link.
#[must_use]
pub fn draft(memo: Digest, access: Digest) -> Call<DraftView> {
    Call::json(Method::Get, format!("/api/memos/{memo}")).header(ACCESS_HEADER, access.to_string())
}

/// A version's age file, for who holds a link.
#[must_use]
pub fn draft_sealed(memo: Digest, version: u32, access: Digest) -> Call<Vec<u8>> {
    Call::file(
        format!("/api/memos/{memo}/versions/{version}/sealed"),
        MAX_SEALED,
    )
    .header(ACCESS_HEADER, access.to_string())
}

/// An author's approval.
#[must_use]
pub fn approve(memo: Digest, post: &PostApproval) -> Call<Approved> {
    Call::json(Method::Post, format!("/api/memos/{memo}/approvals")).body(post)
}

/// What only authors see.
#[must_use]
pub fn author_view(memo: Digest, request: SignedRequest) -> Call<AuthorView> {
    Call::json(Method::Post, format!("/api/memos/{memo}/author")).body(&AuthorRequest { request })
}

/// A message to the office.
#[must_use]
pub fn author_message(memo: Digest, post: &PostAuthorMessage) -> Call<MessageView> {
    Call::json(Method::Post, format!("/api/memos/{memo}/messages")).body(post)
}

/// A bundle that its authors released.
#[must_use]
pub fn bundle(digest: Digest) -> Call<Vec<u8>> {
    Call::file(format!("/api/bundles/{digest}"), MAX_BUNDLE)
}

/// Sets up mailboxes for enrolment codes.
#[must_use]
pub fn tickets(post: &PostTickets) -> Call<Done> {
    Call::json(Method::Put, "/api/enrolments/tickets".to_owned()).body(post)
}

/// Puts an enrolment into its mailbox.
#[must_use]
pub fn enrol(ticket: Digest, sealed: Bytes) -> Call<Done> {
    Call::json(Method::Post, format!("/api/enrolments/{ticket}")).body(&Sealed { sealed })
}

/// The registrar's reply; 404 until there is one.
#[must_use]
pub fn enrolment_reply(ticket: Digest) -> Call<Sealed> {
    Call::json(Method::Get, format!("/api/enrolments/{ticket}"))
}

/// The enrolments that wait.
#[must_use]
pub fn enrolments(request: &SignedRequest) -> Call<Enrolments> {
    Call::json(Method::Post, "/api/enrolments/list".to_owned()).body(request)
}

/// The registrar's replies.
#[must_use]
pub fn replies(post: &PostReplies) -> Call<Done> {
    Call::json(Method::Put, "/api/enrolments/replies".to_owned()).body(post)
}

/// A new edition.
#[must_use]
pub fn publish_edition(number: u32, post: &PostEdition) -> Call<Accepted> {
    Call::json(Method::Put, format!("/api/editions/{number}")).body(post)
}

/// The certificates of an edition, sealed to the overseer.
#[must_use]
pub fn register(edition: u32, request: &SignedRequest) -> Call<Sealed> {
    Call::json(Method::Post, format!("/api/editions/{edition}/register")).body(request)
}

/// A `keys` or `attestation` entry.
#[must_use]
pub fn entry(post: &PostEntry) -> Call<Accepted> {
    Call::json(Method::Post, "/api/entries".to_owned()).body(post)
}

/// Signs an account in.
#[must_use]
pub fn sign_in(post: &SignIn) -> Call<Session> {
    Call::json(Method::Post, "/api/session".to_owned()).body(post)
}

/// Signs an account out.
#[must_use]
pub fn sign_out(session: &Session) -> Call<Done> {
    bearer(
        Call::json(Method::Delete, "/api/session".to_owned()),
        session,
    )
}

/// Takes up an invitation.
#[must_use]
pub fn create_account(post: &PostAccount) -> Call<Done> {
    Call::json(Method::Post, "/api/accounts".to_owned()).body(post)
}

/// The accounts.
#[must_use]
pub fn accounts(session: &Session) -> Call<Accounts> {
    bearer(
        Call::json(Method::Get, "/api/office/accounts".to_owned()),
        session,
    )
}

/// The office's inbox.
#[must_use]
pub fn office_cases(session: &Session) -> Call<Cases> {
    bearer(
        Call::json(Method::Get, "/api/office/cases".to_owned()),
        session,
    )
}

/// One case as the office sees it.
#[must_use]
pub fn office_case(session: &Session, memo: Digest) -> Call<CaseView> {
    bearer(
        Call::json(Method::Get, format!("/api/office/cases/{memo}")),
        session,
    )
}

/// The memo as it was filed. That it was given to this account is recorded.
#[must_use]
pub fn office_sealed(session: &Session, memo: Digest) -> Call<Vec<u8>> {
    bearer(
        Call::file(format!("/api/office/cases/{memo}/sealed"), MAX_SEALED),
        session,
    )
}

/// A step of the office.
#[must_use]
pub fn step(session: &Session, memo: Digest, post: &PostStep) -> Call<Accepted> {
    bearer(
        Call::json(Method::Post, format!("/api/office/cases/{memo}/steps")),
        session,
    )
    .body(post)
}

/// A message to the authors.
#[must_use]
pub fn office_message(session: &Session, memo: Digest, sealed: Bytes) -> Call<MessageView> {
    bearer(
        Call::json(Method::Post, format!("/api/office/cases/{memo}/messages")),
        session,
    )
    .body(&Sealed { sealed })
}

/// Hands the office's key to a colleague, sealed to the colleague's recipient.
#[must_use]
pub fn give_office_key(session: &Session, account: &str, sealed: Bytes) -> Call<Done> {
    // Account names are slugs: nothing in them needs escaping in a path.
    bearer(
        Call::json(Method::Put, format!("/api/office/key/{account}")),
        session,
    )
    .body(&Sealed { sealed })
}

/// The office's key, sealed to this account.
#[must_use]
pub fn office_key(session: &Session) -> Call<Sealed> {
    bearer(
        Call::json(Method::Get, "/api/office/key".to_owned()),
        session,
    )
}

/// The cases that were distributed to this principal.
#[must_use]
pub fn principal_cases(session: &Session) -> Call<Cases> {
    bearer(
        Call::json(Method::Get, "/api/principal/cases".to_owned()),
        session,
    )
}

/// The memo as it was distributed. That it was given to this account is recorded.
#[must_use]
pub fn principal_sealed(session: &Session, memo: Digest) -> Call<Vec<u8>> {
    bearer(
        Call::file(format!("/api/principal/cases/{memo}/sealed"), MAX_SEALED),
        session,
    )
}

fn bearer<T>(call: Call<T>, session: &Session) -> Call<T> {
    call.header("authorization", format!("Bearer {}", session.session))
}

/// The subject of a signed request that is about a list: the SHA-256 of its canonical form.
pub(crate) fn subject_of(list: &impl serde::Serialize) -> String {
    // Lists of wire types hold texts and numbers below 2^53 only.
    sha256(&canonical::to_vec(list).expect("wire types have a canonical form")).to_string()
}
