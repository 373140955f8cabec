//! The table of routes: what is served, and what is said of it in the OpenAPI document. There is no other list but that of the
//! pages (`demur_pages::router`).

use axum::routing::{MethodRouter, get, post, put};
use demur_store::Store;

use super::record;
use crate::{
    app::App,
    openapi::{
        self,
        Answer::{File, Json},
        Operation,
        Who::{Account, Anyone, Link, Principal, Signed, Steward},
    },
    routes::{
        accounts, approvals, authors, channel, drafts, editions, enrol, entries, office, openings,
        principal, sign_ons, steps, versions,
    },
};

/// How large a body may be, and how many such requests at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// What anyone may send, without a known key.
    Small,
    /// A sealed file fits.
    Everyday,
    /// What the registrar sends for the whole institution at once.
    Roster,
}

/// One path.
pub(crate) struct Route<S> {
    pub(crate) path: &'static str,
    pub(crate) size: Size,
    pub(crate) handler: MethodRouter<App<S>>,
    /// What the document says of each method; none for the files of the record.
    pub(crate) operations: Vec<Operation>,
}

fn route<S>(
    size: Size,
    path: &'static str,
    handler: MethodRouter<App<S>>,
    operations: Vec<Operation>,
) -> Route<S> {
    Route {
        path,
        size,
        handler,
        operations,
    }
}

/// What every entry of its own may be refused for, whoever sends it.
const ENTRY: [&str; 3] = ["form", "rule", "too-late"];

/// Every route.
pub(crate) fn table<S: Store>() -> Vec<Route<S>> {
    use Size::{Everyday, Roster, Small};
    vec![
        route(Everyday, "/record/{*path}", get(record::get::<S>), vec![]),
        route(
            Everyday,
            "/api/openapi.json",
            get(openapi::get),
            vec![Operation::get("document", Anyone, Json("Document")).says("This document.")],
        ),
        route(
            Everyday,
            "/api/channel",
            get(channel::get::<S>),
            vec![
                Operation::get("channel", Anyone, Json("Channel"))
                    .says("The channel as it introduces itself."),
            ],
        ),
        route(
            Small,
            "/api/openings",
            post(openings::post::<S>),
            vec![
                Operation::post("open", Anyone, "PostOpening", Json("Accepted"))
                    .says("A member opens a memo, by proof alone.")
                    .refuses(409, &["opening-taken", "memo-exists"])
                    .refuses(
                        422,
                        &[
                            "checkpoint",
                            "circuit",
                            "counter",
                            "edition",
                            "expired",
                            "expiry",
                            "form",
                            "format",
                            "month",
                            "nullifier",
                            "origin",
                            "proof",
                            "too-large",
                            "young-edition",
                        ],
                    ),
            ],
        ),
        route(
            Everyday,
            "/api/versions",
            post(versions::post::<S>),
            vec![
                Operation::post("version", Anyone, "PostVersion", Json("Accepted"))
                    .says("An author registers the memo's next version.")
                    .refuses(403, &["signature"])
                    .refuses(404, &["unknown-memo"])
                    .refuses(
                        409,
                        &["sibling", "version-gap", "filed", "step", "kept-out"],
                    )
                    .refuses(
                        422,
                        &[
                            "checkpoint",
                            "empty",
                            "file",
                            "form",
                            "format",
                            "memo",
                            "rule",
                            "too-large",
                            "too-late",
                            "too-many",
                        ],
                    ),
            ],
        ),
        route(
            Small,
            "/api/sign-ons",
            post(sign_ons::post::<S>),
            vec![
                Operation::post("sign-on", Anyone, "PostSignOn", Json("Accepted"))
                    .says("A member signs, withdraws or endorses, by proof alone.")
                    .refuses(404, &["unknown-memo"])
                    .refuses(409, &["sequence", "filed", "kept-out"])
                    .refuses(
                        422,
                        &[
                            "checkpoint",
                            "circuit",
                            "cohort",
                            "expired",
                            "expiry",
                            "format",
                            "memo",
                            "note",
                            "nullifier",
                            "proof",
                            "quiet",
                            "too-large",
                            "too-late",
                            "version",
                        ],
                    ),
            ],
        ),
        route(
            Everyday,
            "/api/memos/{memo}",
            get(drafts::view::<S>),
            vec![
                Operation::get("draft", Link, Json("DraftView"))
                    .says("The draft, for who holds its link."),
            ],
        ),
        route(
            Everyday,
            "/api/memos/{memo}/versions/{n}/sealed",
            get(drafts::sealed::<S>),
            vec![
                Operation::get("draft-sealed", Link, File)
                    .says("A version's age file, for who holds the link.")
                    .refuses(404, &["not-found"]),
            ],
        ),
        route(
            Everyday,
            "/api/memos/{memo}/approvals",
            post(approvals::post::<S>),
            vec![
                Operation::post("approve", Anyone, "PostApproval", Json("Approved"))
                    .says("An author's word for a filing, withdrawal, rejoinder, release or fingerprint.")
                    .refuses(403, &["signature"])
                    .refuses(404, &["unknown-memo"])
                    .refuses(
                        409,
                        &[
                            "filed",
                            "not-filed",
                            "step",
                            "version",
                            "version-gap",
                            "kept-out",
                        ],
                    )
                    .refuses(
                        422,
                        &["approvals", "empty", "file",
                            "fingerprint", "memo", "too-many", "version"],
                    )
                    .refuses(422, &ENTRY),
            ],
        ),
        route(
            Small,
            "/api/memos/{memo}/author",
            post(authors::view::<S>),
            vec![
                Operation::post("author-view", Signed, "AuthorRequest", Json("AuthorView"))
                    .says("What only the authors see of their case.")
                    .refuses(404, &["unknown-memo"]),
            ],
        ),
        route(
            Everyday,
            "/api/memos/{memo}/messages",
            post(authors::message::<S>),
            vec![
                Operation::post(
                    "author-message",
                    Signed,
                    "PostAuthorMessage",
                    Json("MessageView"),
                )
                .says("A message from the authors to the office.")
                .refuses(404, &["unknown-memo"])
                .refuses(409, &["not-filed"])
                .refuses(422, &["empty", "too-many"]),
            ],
        ),
        route(
            Everyday,
            "/api/bundles/{name}",
            get(channel::bundle::<S>),
            vec![
                Operation::get("bundle", Anyone, File)
                    .says("A bundle that its authors released, by its SHA-256.")
                    .named("Digest")
                    .refuses(404, &["not-found"]),
            ],
        ),
        route(
            Everyday,
            "/api/enrolments/tickets",
            put(enrol::tickets::<S>),
            vec![
                Operation::put("tickets", Signed, "PostTickets", Json("Done"))
                    .says("The registrar sets up mailboxes.")
                    .refuses(422, &["too-many"]),
            ],
        ),
        route(
            Everyday,
            "/api/enrolments/replies",
            put(enrol::replies::<S>),
            vec![
                Operation::put("replies", Signed, "PostReplies", Json("Done"))
                    .says("The registrar's replies, in parts.")
                    .refuses(404, &["not-found"])
                    .refuses(422, &["empty", "too-many"]),
            ],
        ),
        route(
            Small,
            "/api/enrolments/list",
            post(enrol::list::<S>),
            vec![
                Operation::post("enrolments", Signed, "SignedRequest", Json("Enrolments"))
                    .says("A page of the enrolments that wait, for the registrar.")
                    .refuses(422, &["page"]),
            ],
        ),
        route(
            Everyday,
            "/api/enrolments/{name}",
            post(enrol::enrol::<S>).get(enrol::reply::<S>),
            vec![
                Operation::post("enrol", Anyone, "Sealed", Json("Done"))
                    .says("The holder of a code puts an enrolment into its mailbox.")
                    .named("Digest")
                    .refuses(404, &["not-found", "unknown-code"])
                    .refuses(409, &["exists"])
                    .refuses(422, &["empty"]),
                Operation::get("enrolment-reply", Anyone, Json("Sealed"))
                    .says("The registrar's reply, once there is one.")
                    .named("Digest")
                    .refuses(404, &["not-found"]),
            ],
        ),
        route(
            Roster,
            "/api/editions/{n}",
            put(editions::put::<S>),
            vec![
                Operation::put("edition", Anyone, "PostEdition", Json("Accepted"))
                    .says("The registrar publishes an edition.")
                    .refuses(403, &["signature"])
                    .refuses(404, &["not-found"])
                    .refuses(409, &["edition", "exists", "step", "kept-out"])
                    .refuses(
                        422,
                        &["cohort-floor", "edition", "empty", "entry", "origin"],
                    )
                    .refuses(422, &ENTRY),
            ],
        ),
        route(
            Small,
            "/api/editions/{n}/register",
            post(editions::register::<S>),
            vec![
                Operation::post("register", Signed, "SignedRequest", Json("Sealed"))
                    .says("An edition's register, sealed to the overseer.")
                    .refuses(404, &["not-found"]),
            ],
        ),
        route(
            Small,
            "/api/entries",
            post(entries::post::<S>),
            vec![
                Operation::post("entry", Anyone, "PostEntry", Json("Accepted"))
                    .says("A keys or attestation entry, by its signature.")
                    .refuses(403, &["signature"])
                    .refuses(409, &["edition", "keys", "kept-out"])
                    .refuses(422, &["edition", "entry"])
                    .refuses(422, &ENTRY),
            ],
        ),
        route(
            Small,
            "/api/session",
            post(accounts::sign_in::<S>).delete(accounts::sign_out::<S>),
            vec![
                Operation::post("sign-in", Signed, "SignIn", Json("Session"))
                    .says("Opens a session of an account, by password and key.")
                    .refuses(403, &["sign-in"])
                    .refuses(429, &["attempts"]),
                Operation::delete("sign-out", Account, Json("Done")).says("Ends the session."),
            ],
        ),
        route(
            Small,
            "/api/accounts",
            post(accounts::take_up::<S>),
            vec![
                Operation::post("take-up", Anyone, "PostAccount", Json("Done"))
                    .says("Takes up an invitation.")
                    .refuses(403, &["invitation"])
                    .refuses(422, &["account", "password"]),
            ],
        ),
        route(
            Everyday,
            "/api/office/accounts",
            get(accounts::list::<S>),
            vec![Operation::get("accounts", Steward, Json("Accounts")).says("All accounts.")],
        ),
        route(
            Everyday,
            "/api/office/cases",
            get(office::cases::<S>),
            vec![
                Operation::get("office-cases", Steward, Json("Cases")).says("The office's inbox."),
            ],
        ),
        route(
            Everyday,
            "/api/office/cases/{memo}",
            get(office::case::<S>),
            vec![
                Operation::get("office-case", Steward, Json("CaseView"))
                    .says("One case.")
                    .refuses(404, &["unknown-memo"]),
            ],
        ),
        route(
            Everyday,
            "/api/office/cases/{memo}/sealed",
            get(office::sealed::<S>),
            vec![
                Operation::get("office-sealed", Steward, File)
                    .says("The memo as it was filed. That it was given out is recorded first.")
                    .refuses(404, &["unknown-memo"]),
            ],
        ),
        route(
            Everyday,
            "/api/office/cases/{memo}/steps",
            post(steps::post::<S>),
            vec![
                Operation::post("step", Steward, "PostStep", Json("Accepted"))
                    .says("A step of the office, with the office's signature.")
                    .refuses(403, &["signature"])
                    .refuses(404, &["unknown-memo"])
                    .refuses(409, &["not-filed", "step", "kept-out"])
                    .refuses(
                        422,
                        &["distribution", "empty", "file", "memo", "reason", "step"],
                    )
                    .refuses(422, &ENTRY),
            ],
        ),
        route(
            Everyday,
            "/api/office/cases/{memo}/messages",
            post(office::message::<S>),
            vec![
                Operation::post("office-message", Steward, "Sealed", Json("MessageView"))
                    .says("A message from the office to the authors.")
                    .refuses(404, &["unknown-memo"])
                    .refuses(422, &["empty", "too-many"]),
            ],
        ),
        route(
            Everyday,
            "/api/office/key/{name}",
            put(accounts::put_office_key::<S>),
            vec![
                Operation::put("give-office-key", Steward, "Sealed", Json("Done"))
                    .says("The office's key for a colleague, sealed to their recipient.")
                    .named("AccountName")
                    .refuses(404, &["not-found"])
                    .refuses(422, &["empty"]),
            ],
        ),
        route(
            Everyday,
            "/api/office/key",
            get(accounts::office_key::<S>),
            vec![
                Operation::get("office-key", Steward, Json("Sealed"))
                    .says("The office's key, sealed to this account.")
                    .refuses(404, &["not-found"]),
            ],
        ),
        route(
            Everyday,
            "/api/principal/cases",
            get(principal::cases::<S>),
            vec![
                Operation::get("principal-cases", Principal, Json("Cases"))
                    .says("The cases that were distributed to this official."),
            ],
        ),
        route(
            Everyday,
            "/api/principal/cases/{memo}/sealed",
            get(principal::sealed::<S>),
            vec![
                Operation::get("principal-sealed", Principal, File)
                    .says(
                        "The memo as it was distributed. That it was given out is recorded first.",
                    )
                    .refuses(404, &["unknown-memo"])
                    .refuses(422, &["withdrawn"]),
            ],
        ),
    ]
}
