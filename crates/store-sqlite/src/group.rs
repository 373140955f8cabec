//! Events of many requests in one transaction: a commit costs one `fsync`, however much it holds.
//!
//! Who comes while another transaction is under way waits in a queue; whoever leads takes all that wait into the next
//! one. Each event is all or nothing by itself (a savepoint), sees what came before it, and is answered after the commit.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use demur_store::{Accepted, NewAccess, NewOpening, NewSignOn, NewVersion, StoreError};
use sqlx::{Acquire as _, SqliteConnection};
use tokio::sync::oneshot;

use crate::{
    SqliteStore,
    event::{access, opening, sign_on, version},
    fail::{Fail, named},
    lookup::Room,
};

/// The most events of one transaction: nobody waits long for the others.
const MAX_GROUP: usize = 128;

/// An event to be accepted.
#[derive(Debug)]
pub(crate) enum NewEvent {
    Opening(NewOpening),
    Version(NewVersion),
    SignOn(NewSignOn),
    Access(NewAccess),
}

impl NewEvent {
    const fn name(&self) -> &'static str {
        match self {
            Self::Opening(_) => "accept_opening",
            Self::Version(_) => "accept_version",
            Self::SignOn(_) => "accept_sign_on",
            Self::Access(_) => "accept_access",
        }
    }

    async fn accept(&self, db: &mut SqliteConnection, room: &mut Room) -> Result<Accepted, Fail> {
        match self {
            Self::Opening(new) => opening(db, room, new).await,
            Self::Version(new) => version(db, room, new).await,
            Self::SignOn(new) => sign_on(db, room, new).await,
            Self::Access(new) => access(db, room, new).await,
        }
    }
}

/// One that waits for its transaction.
#[derive(Debug)]
struct Waiter {
    event: NewEvent,
    answer: oneshot::Sender<Result<Accepted, StoreError>>,
}

/// What waits, and whether somebody sees to it.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<Waiters>);

#[derive(Debug, Default)]
struct Waiters {
    list: VecDeque<Waiter>,
    led: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiters> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SqliteStore {
    /// Has the event accepted together with all that wait.
    pub(crate) async fn accept(&self, event: NewEvent) -> Result<Accepted, StoreError> {
        let name = event.name();
        let (answer, told) = oneshot::channel();
        let lead = {
            let mut waiters = self.inner.queue.lock();
            waiters.list.push_back(Waiter { event, answer });
            !std::mem::replace(&mut waiters.led, true)
        };
        if lead {
            // A task of its own: the others' events must not depend on whether this caller stays.
            let leader = Leader {
                store: self.clone(),
                done: false,
            };
            tokio::spawn(leader.lead());
        }
        told.await.unwrap_or_else(|_| {
            Err(StoreError::Io {
                what: name.to_owned(),
                source: "the transaction was given up".into(),
            })
        })
    }
}

/// Sees to the queue until it is empty.
struct Leader {
    store: SqliteStore,
    done: bool,
}

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.done {
            // The runtime ends. Those who wait hear so; whoever comes later leads.
            let mut waiters = self.store.inner.queue.lock();
            waiters.led = false;
            waiters.list.clear();
        }
    }
}

impl Leader {
    async fn lead(mut self) {
        while !self.done {
            self.group().await;
            let mut waiters = self.store.inner.queue.lock();
            if waiters.list.is_empty() {
                waiters.led = false;
                self.done = true;
            }
        }
    }

    /// One transaction.
    async fn group(&self) {
        // First the turn: who comes meanwhile is taken along.
        let begun = named("begin", self.store.begin()).await;
        let group: Vec<Waiter> = {
            let mut waiters = self.store.inner.queue.lock();
            let count = waiters.list.len().min(MAX_GROUP);
            waiters.list.drain(..count).collect()
        };
        let mut tx = match begun {
            Ok(tx) => tx,
            Err(error) => return refuse(group, &error),
        };
        let mut room = Room::new(self.store.waiting_limit());
        let mut answers = Vec::with_capacity(group.len());
        let mut rest = group.into_iter();
        for waiter in rest.by_ref() {
            // Whoever has gone was told nothing and sends again.
            if waiter.answer.is_closed() {
                continue;
            }
            let name = waiter.event.name();
            match one(&mut tx, &mut room, &waiter.event).await {
                Err(fail @ Fail::Sql(_)) => {
                    // SQLite may have rolled the whole transaction back: nothing of it is committed, the others are tried
                    // again without this one.
                    drop(tx);
                    let _ = waiter.answer.send(Err(fail.named(name)));
                    let again = answers.into_iter().map(|(waiter, _)| waiter).chain(rest);
                    let mut waiters = self.store.inner.queue.lock();
                    again
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev()
                        .for_each(|waiter| waiters.list.push_front(waiter));
                    return;
                }
                result => answers.push((waiter, result)),
            }
        }
        match named("commit", tx.commit()).await {
            Ok(()) => {
                for (waiter, result) in answers {
                    let name = waiter.event.name();
                    // Nobody listens any more where the client has gone.
                    let _ = waiter.answer.send(result.map_err(|fail| fail.named(name)));
                }
            }
            Err(error) => refuse(answers.into_iter().map(|(waiter, _)| waiter), &error),
        }
    }
}

/// One event of the transaction, undone by itself where it is refused.
async fn one(
    db: &mut SqliteConnection,
    room: &mut Room,
    event: &NewEvent,
) -> Result<Accepted, Fail> {
    let mut savepoint = db.begin().await?;
    let accepted = event.accept(&mut savepoint, room).await;
    match &accepted {
        Ok(new) => {
            savepoint.commit().await?;
            if new.fresh {
                room.taken();
            }
        }
        Err(Fail::Store(_)) => savepoint.rollback().await?,
        // The whole transaction goes.
        Err(Fail::Sql(_)) => {}
    }
    accepted
}

/// Tells all of them why their transaction came to nothing.
fn refuse(waiters: impl IntoIterator<Item = Waiter>, error: &StoreError) {
    for waiter in waiters {
        let _ = waiter.answer.send(Err(again(error, waiter.event.name())));
    }
}

/// The same error once more, for another transaction's name.
fn again(error: &StoreError, name: &'static str) -> StoreError {
    match error {
        StoreError::Busy { .. } => StoreError::Busy { what: name },
        StoreError::Conflict(kind) => StoreError::Conflict(kind.clone()),
        StoreError::Corrupt { what } => StoreError::Corrupt { what: what.clone() },
        other => StoreError::Io {
            what: name.to_owned(),
            source: other.to_string().into(),
        },
    }
}
