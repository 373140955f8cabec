//! Accounts, sessions, and the office's key for colleagues. The only paths that know who is asking.

use axum::{Json, extract::State};
use demur_client::api::{Account, Accounts, PostAccount, Sealed, Session, SignIn};
use demur_encoding::Digest;
use demur_store::{AccountRow, NewAccount, SessionRow, Store};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    app::App,
    http::{Bearer, Body, Named},
    limits::{MAX_ACCOUNT_NAME, MAX_MESSAGE_BYTES, SESSION_SECONDS},
    problem::Refusal,
    sign_in::Crowded,
    signature, token,
};

/// The role of a person of the office; every other role is an identifier of the distribution list.
pub(crate) const STEWARD: &str = "steward";

/// The longest age recipient, in bytes; hybrid ones have about 2,000.
const MAX_RECIPIENT: usize = 4_096;

impl From<Crowded> for Refusal {
    fn from(_: Crowded) -> Self {
        Self::Busy
    }
}

/// The same words whether the account is unknown, not taken up, of another key, or the password wrong.
fn refused() -> Refusal {
    Refusal::forbidden(
        "sign-in",
        "no such account, or not its key, or not its password",
    )
}

/// `POST /api/session`.
pub(crate) async fn sign_in<S: Store>(
    State(app): State<App<S>>,
    Body(SignIn {
        account,
        password,
        request,
    }): Body<SignIn>,
) -> Result<Json<Session>, Refusal> {
    let password = Zeroizing::new(password);
    if !is_account_name(&account) {
        return Err(refused());
    }
    let now = app.now();
    // The account's key first. Who doesn't have it can neither guess at passwords, nor lock the account's owner out by
    // guessing, nor make the server hash.
    signature::authorize(&request, "sign-in", &account, &[request.key], now)?;
    let row = app.store().account(&account).await?;
    let key = row.as_ref().and_then(|row| row.sign);
    let Some(row) = row.filter(|_| key == Some(request.key)) else {
        return Err(refused());
    };
    if !app.failures().admit(&account, now) {
        let message = "too many failed attempts: try again in a quarter of an hour";
        return Err(Refusal::new(
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            "attempts",
            message,
        ));
    }
    if !app.desk().check(password, row.password).await? {
        return Err(refused());
    }
    app.failures().clear(&account);
    let token = token::random::<32>().map_err(|e| Refusal::Internal(e.to_string()))?;
    let session = SessionRow {
        token: token::session_hash(&token),
        account: row.name,
        expires: now.plus(SESSION_SECONDS),
    };
    app.store().begin_session(session, now).await?;
    Ok(Json(Session {
        session: Digest::new(*token).to_string(),
        role: row.role,
    }))
}

/// `DELETE /api/session`.
pub(crate) async fn sign_out<S: Store>(
    State(app): State<App<S>>,
    Bearer(token): Bearer,
) -> Result<Json<Value>, Refusal> {
    let hash = token::session_hash(&token);
    account(&app, Bearer(token)).await?;
    app.store().end_session(hash).await?;
    Ok(Json(json!({})))
}

/// `POST /api/accounts`.
pub(crate) async fn take_up<S: Store>(
    State(app): State<App<S>>,
    Body(post): Body<PostAccount>,
) -> Result<Json<Value>, Refusal> {
    let invitation = Zeroizing::new(post.invitation);
    let password = Zeroizing::new(post.password);
    if !is_recipient(&post.seal) {
        return Err(Refusal::rule(
            "account",
            "\"seal\" must be an age recipient (age1...)",
        ));
    }
    if ed25519_dalek::VerifyingKey::from_bytes(post.sign.as_bytes()).is_err() {
        return Err(Refusal::rule(
            "account",
            "\"sign\" must be an Ed25519 public key",
        ));
    }
    let password = app.desk().enrol(password).await?.map_err(|e| match e {
        crate::sign_in::EnrolError::Machine => Refusal::Internal(e.to_string()),
        _ => Refusal::rule("password", e.to_string()),
    })?;
    let account = NewAccount {
        password,
        sign: post.sign,
        seal: post.seal,
    };
    let taken = app
        .store()
        .take_up(token::invitation_hash(&invitation), app.now(), account)
        .await;
    match taken {
        Ok(_) => Ok(Json(json!({}))),
        Err(demur_store::StoreError::NotFound { .. }) => Err(Refusal::forbidden(
            "invitation",
            "not an invitation, or it was used or has ended: ask for a new one",
        )),
        Err(error) => Err(error.into()),
    }
}

/// `GET /api/office/accounts`.
pub(crate) async fn list<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
) -> Result<Json<Accounts>, Refusal> {
    steward(&app, bearer).await?;
    let accounts = app.store().accounts().await?;
    let accounts = accounts
        .into_iter()
        .map(|row| Account {
            name: row.name,
            role: row.role,
            sign: row.sign,
            seal: row.seal,
        })
        .collect();
    Ok(Json(Accounts { accounts }))
}

/// `PUT /api/office/key/{account}`.
pub(crate) async fn put_office_key<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
    Named(account): Named,
    Body(Sealed { sealed }): Body<Sealed>,
) -> Result<Json<Value>, Refusal> {
    steward(&app, bearer).await?;
    super::small(&sealed, MAX_MESSAGE_BYTES)?;
    let row = app.store().account(&account).await?;
    if !row.is_some_and(|row| row.role == STEWARD && row.password.is_some()) {
        return Err(Refusal::missing(
            "not-found",
            "no steward of that name has taken up an invitation",
        ));
    }
    app.store().put_office_key(&account, sealed.0).await?;
    Ok(Json(json!({})))
}

/// `GET /api/office/key`.
pub(crate) async fn office_key<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
) -> Result<Json<Sealed>, Refusal> {
    let account = steward(&app, bearer).await?;
    let sealed = app.store().office_key(&account.name).await?;
    let missing = || {
        Refusal::missing(
            "not-found",
            "no colleague has sealed the office's key to this account yet",
        )
    };
    Ok(Json(Sealed {
        sealed: sealed.ok_or_else(missing)?.into(),
    }))
}

/// The account of the session.
pub(crate) async fn account<S: Store>(
    app: &App<S>,
    Bearer(token): Bearer,
) -> Result<AccountRow, Refusal> {
    let row = app
        .store()
        .session(token::session_hash(&token), app.now())
        .await?;
    row.ok_or_else(Refusal::session)
}

/// The account of the session, which must be a steward's.
pub(crate) async fn steward<S: Store>(app: &App<S>, bearer: Bearer) -> Result<AccountRow, Refusal> {
    let account = account(app, bearer).await?;
    if account.role == STEWARD {
        Ok(account)
    } else {
        Err(Refusal::forbidden("role", "only stewards may do this"))
    }
}

/// The account of the session, which must be that of an official on the distribution list.
pub(crate) async fn principal<S: Store>(
    app: &App<S>,
    bearer: Bearer,
) -> Result<AccountRow, Refusal> {
    let account = account(app, bearer).await?;
    if account.role == STEWARD {
        Err(Refusal::forbidden(
            "role",
            "only officials of the distribution list may do this",
        ))
    } else {
        Ok(account)
    }
}

/// Lowercase letters, digits, dots and dashes.
pub(crate) fn is_account_name(name: &str) -> bool {
    (1..=MAX_ACCOUNT_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
}

pub(crate) fn is_recipient(text: &str) -> bool {
    text.len() <= MAX_RECIPIENT
        && text.strip_prefix("age1").is_some_and(|rest| {
            rest.len() >= 8
                && rest
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}
