//! Accounts.

use demur_encoding::{Digest, Time};
use demur_store::{
    AccountRow, AccountStore, ConflictKind, InvitationRow, MAX_MESSAGE_BYTES, NewAccount,
    SessionRow, StoreError,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    fail::{Fail, capped, corrupt, named, not_found},
    row::{digest_or_null, int},
};

impl AccountStore for SqliteStore {
    async fn invite(&self, invitation: InvitationRow, role: String) -> Result<(), StoreError> {
        named("invite", async {
            let mut tx = self.begin().await?;
            match account(&mut tx, &invitation.account).await? {
                None => {
                    sqlx::query("INSERT INTO account (name, role) VALUES (?, ?)")
                        .bind(&invitation.account)
                        .bind(&role)
                        .execute(&mut *tx)
                        .await?;
                }
                Some(there) if there.password.is_none() && there.role == role => {}
                Some(_) => return Err(ConflictKind::Exists { what: "the account" }.into()),
            }
            sqlx::query(
                "INSERT INTO invitation (code, account, expires) VALUES (?, ?, ?)
                 ON CONFLICT (account) DO UPDATE SET code = excluded.code, expires = excluded.expires",
            )
            .bind(invitation.code.as_ref())
            .bind(&invitation.account)
            .bind(int(invitation.expires.unix()))
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }

    async fn take_up(
        &self,
        code: Digest,
        now: Time,
        new: NewAccount,
    ) -> Result<AccountRow, StoreError> {
        named("take_up", async {
            let mut tx = self.begin().await?;
            let name: Option<String> = sqlx::query_scalar(
                "DELETE FROM invitation WHERE code = ? AND expires > ? RETURNING account",
            )
            .bind(code.as_ref())
            .bind(int(now.unix()))
            .fetch_optional(&mut *tx)
            .await?;
            let name = name.ok_or(not_found("invitation"))?;
            sqlx::query("UPDATE account SET password = ?, sign = ?, seal = ? WHERE name = ?")
                .bind(&new.password)
                .bind(new.sign.as_ref())
                .bind(&new.seal)
                .bind(&name)
                .execute(&mut *tx)
                .await?;
            let row = account(&mut tx, &name)
                .await?
                .ok_or_else(|| corrupt("an invitation without an account"))?;
            tx.commit().await?;
            Ok(row)
        })
        .await
    }

    async fn account(&self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        named("account", async {
            account(&mut *self.read().await?, name).await
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        named("accounts", async {
            let rows =
                sqlx::query("SELECT name, role, password, sign, seal FROM account ORDER BY name")
                    .fetch_all(self.pool())
                    .await?;
            rows.iter().map(account_row).collect()
        })
        .await
    }

    async fn remove_account(&self, name: &str) -> Result<(), StoreError> {
        named("remove_account", async {
            let mut tx = self.begin().await?;
            let gone = sqlx::query("DELETE FROM account WHERE name = ?")
                .bind(name)
                .execute(&mut *tx)
                .await?;
            if gone.rows_affected() == 0 {
                return Err(not_found("account"));
            }
            tx.commit().await
        })
        .await
    }

    async fn begin_session(&self, session: SessionRow, now: Time) -> Result<(), StoreError> {
        named("begin_session", async {
            let mut tx = self.begin().await?;
            if account(&mut tx, &session.account).await?.is_none() {
                return Err(not_found("account"));
            }
            sqlx::query("DELETE FROM session WHERE expires <= ?")
                .bind(int(now.unix()))
                .execute(&mut *tx)
                .await?;
            sqlx::query("INSERT INTO session (token, account, expires) VALUES (?, ?, ?)")
                .bind(session.token.as_ref())
                .bind(&session.account)
                .bind(int(session.expires.unix()))
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    async fn session(&self, token: Digest, now: Time) -> Result<Option<AccountRow>, StoreError> {
        named("session", async {
            let row = sqlx::query(
                "SELECT name, role, password, sign, seal FROM session JOIN account ON account.name = session.account
                 WHERE token = ? AND expires > ?",
            )
            .bind(token.as_ref())
            .bind(int(now.unix()))
            .fetch_optional(self.pool())
            .await?;
            row.as_ref().map(account_row).transpose()
        })
        .await
    }

    async fn end_session(&self, token: Digest) -> Result<(), StoreError> {
        named("end_session", async {
            let mut tx = self.begin().await?;
            sqlx::query("DELETE FROM session WHERE token = ?")
                .bind(token.as_ref())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    async fn put_office_key(&self, account: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        named("put_office_key", async {
            capped("office key", &sealed, MAX_MESSAGE_BYTES)?;
            let mut tx = self.begin().await?;
            let done = sqlx::query("UPDATE account SET office_key = ? WHERE name = ?")
                .bind(&sealed)
                .bind(account)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                return Err(not_found("account"));
            }
            tx.commit().await
        })
        .await
    }

    async fn office_key(&self, account: &str) -> Result<Option<Vec<u8>>, StoreError> {
        named("office_key", async {
            let key: Option<Option<Vec<u8>>> =
                sqlx::query_scalar("SELECT office_key FROM account WHERE name = ?")
                    .bind(account)
                    .fetch_optional(self.pool())
                    .await?;
            Ok(key.flatten())
        })
        .await
    }
}

async fn account(db: &mut SqliteConnection, name: &str) -> Result<Option<AccountRow>, Fail> {
    let row = sqlx::query("SELECT name, role, password, sign, seal FROM account WHERE name = ?")
        .bind(name)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(account_row).transpose()
}

fn account_row(row: &SqliteRow) -> Result<AccountRow, Fail> {
    Ok(AccountRow {
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        password: row.try_get("password")?,
        sign: digest_or_null(row, "sign")?,
        seal: row.try_get("seal")?,
    })
}
