//! Mailboxes and editions.

use demur_encoding::Digest;
use demur_store::{
    Accepted, ConflictKind, MAX_FILE_BYTES, MAX_MESSAGE_BYTES, MailRow, NewDirect, RosterStore,
    StoreError,
};

use crate::{
    SqliteStore,
    direct::direct,
    fail::{capped, named, not_found},
    row::{digest, int, narrow, number},
};

impl RosterStore for SqliteStore {
    async fn add_tickets(&self, tickets: Vec<Digest>) -> Result<(), StoreError> {
        named("add_tickets", async {
            let mut tx = self.begin().await?;
            for ticket in tickets {
                sqlx::query("INSERT INTO mailbox (ticket) VALUES (?) ON CONFLICT DO NOTHING")
                    .bind(ticket.as_ref())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await
        })
        .await
    }

    async fn enrol(&self, mail: MailRow) -> Result<(), StoreError> {
        named("enrol", async {
            capped("enrolment", &mail.sealed, MAX_MESSAGE_BYTES)?;
            let mut tx = self.begin().await?;
            let there: Option<Option<Vec<u8>>> =
                sqlx::query_scalar("SELECT enrolment FROM mailbox WHERE ticket = ?")
                    .bind(mail.ticket.as_ref())
                    .fetch_optional(&mut *tx)
                    .await?;
            match there {
                None => return Err(not_found("mailbox")),
                Some(Some(before)) if before == mail.sealed => return Ok(()),
                Some(Some(_)) => {
                    return Err(ConflictKind::Exists {
                        what: "an enrolment with this code",
                    }
                    .into());
                }
                Some(None) => {}
            }
            sqlx::query("UPDATE mailbox SET enrolment = ? WHERE ticket = ?")
                .bind(&mail.sealed)
                .bind(mail.ticket.as_ref())
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    async fn enrolments(
        &self,
        after: Option<Digest>,
        limit: u32,
        bytes: usize,
    ) -> Result<Vec<MailRow>, StoreError> {
        named("enrolments", async {
            // Which ones first, so that no more than these are read.
            let after = after.as_ref().map_or(&[][..], |after| after.as_ref());
            let sizes = sqlx::query(
                "SELECT ticket, length(enrolment) AS size FROM mailbox
                 WHERE ticket > ? AND enrolment IS NOT NULL AND reply IS NULL ORDER BY ticket LIMIT ?",
            )
            .bind(after)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
            let mut left = bytes;
            let mut mails = Vec::new();
            for row in &sizes {
                let size: usize = number(row, "size")?;
                if size > left && !mails.is_empty() {
                    break;
                }
                left = left.saturating_sub(size);
                let ticket = digest(row, "ticket")?;
                let sealed = sqlx::query_scalar("SELECT enrolment FROM mailbox WHERE ticket = ?")
                    .bind(ticket.as_ref())
                    .fetch_one(self.pool())
                    .await?;
                mails.push(MailRow { ticket, sealed });
            }
            Ok(mails)
        })
        .await
    }

    async fn put_replies(&self, replies: Vec<MailRow>) -> Result<(), StoreError> {
        named("put_replies", async {
            let mut tx = self.begin().await?;
            for reply in &replies {
                capped("reply", &reply.sealed, MAX_MESSAGE_BYTES)?;
                let done = sqlx::query("UPDATE mailbox SET reply = ? WHERE ticket = ?")
                    .bind(&reply.sealed)
                    .bind(reply.ticket.as_ref())
                    .execute(&mut *tx)
                    .await?;
                if done.rows_affected() == 0 {
                    return Err(not_found("mailbox"));
                }
            }
            tx.commit().await
        })
        .await
    }

    async fn reply(&self, ticket: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        named("reply", async {
            let reply: Option<Option<Vec<u8>>> =
                sqlx::query_scalar("SELECT reply FROM mailbox WHERE ticket = ?")
                    .bind(ticket.as_ref())
                    .fetch_optional(self.pool())
                    .await?;
            Ok(reply.flatten())
        })
        .await
    }

    async fn accept_edition(
        &self,
        number: u32,
        entry: NewDirect,
        file: Vec<u8>,
        register: Vec<u8>,
    ) -> Result<Accepted, StoreError> {
        named("accept_edition", async {
            capped("edition file", &file, MAX_FILE_BYTES)?;
            capped("register", &register, MAX_FILE_BYTES)?;
            let mut tx = self.begin().await?;
            let accepted = direct(&mut tx, &entry).await?;
            if accepted.fresh {
                let done = sqlx::query(
                    "INSERT INTO edition (number, leaf, file, register) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                )
                .bind(number)
                .bind(entry.leaf.as_ref())
                .bind(&file)
                .bind(&register)
                .execute(&mut *tx)
                .await?;
                if done.rows_affected() == 0 {
                    return Err(ConflictKind::Exists { what: "an edition with this number" }.into());
                }
            }
            tx.commit().await?;
            Ok(accepted)
        })
        .await
    }

    async fn edition_file(&self, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        named("edition_file", async {
            Ok(
                sqlx::query_scalar("SELECT file FROM edition WHERE number = ?")
                    .bind(number)
                    .fetch_optional(self.pool())
                    .await?,
            )
        })
        .await
    }

    async fn editions(&self, size: u64) -> Result<Vec<u32>, StoreError> {
        named("editions", async {
            let numbers: Vec<i64> = sqlx::query_scalar(
                "SELECT number FROM edition WHERE leaf IN (SELECT leaf FROM entry WHERE number < ?) ORDER BY number",
            )
            .bind(int(size))
            .fetch_all(self.pool())
            .await?;
            numbers.into_iter().map(|n| narrow(n, "edition number")).collect()
        })
        .await
    }

    async fn register(&self, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        named("register", async {
            Ok(
                sqlx::query_scalar("SELECT register FROM edition WHERE number = ?")
                    .bind(number)
                    .fetch_optional(self.pool())
                    .await?,
            )
        })
        .await
    }
}
