//! The database itself.

use demur_store::{ConflictKind, MetaStore, StoreError};

use crate::{
    SqliteStore,
    fail::{corrupt, named},
};

impl MetaStore for SqliteStore {
    async fn bind_origin(&self, origin: &str) -> Result<(), StoreError> {
        if let Some(there) = self.origin().await? {
            return if there == origin {
                Ok(())
            } else {
                Err(ConflictKind::Origin { origin: there }.into())
            };
        }
        named("bind_origin", async {
            let mut tx = self.begin().await?;
            let done = sqlx::query(
                "INSERT INTO meta (name, value) VALUES ('origin', ?) ON CONFLICT DO NOTHING",
            )
            .bind(origin.as_bytes())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Err(ConflictKind::Origin {
                    origin: "another log, bound at the same moment".to_owned(),
                }
                .into());
            }
            tx.commit().await
        })
        .await
    }

    async fn origin(&self) -> Result<Option<String>, StoreError> {
        named("origin", async {
            let origin: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT value FROM meta WHERE name = 'origin'")
                    .fetch_optional(self.pool())
                    .await?;
            origin
                .map(|bytes| {
                    String::from_utf8(bytes).map_err(|_| corrupt("the origin is not text"))
                })
                .transpose()
        })
        .await
    }

    async fn check(&self) -> Result<(), StoreError> {
        named("check", async {
            let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
                .fetch_all(self.pool())
                .await?;
            if found != ["ok"] {
                return Err(corrupt(found.join("; ")));
            }
            let orphans = sqlx::query("PRAGMA foreign_key_check")
                .fetch_all(self.pool())
                .await?;
            if !orphans.is_empty() {
                return Err(corrupt(format!(
                    "{} rows refer to rows that are gone",
                    orphans.len()
                )));
            }
            Ok(())
        })
        .await
    }
}
