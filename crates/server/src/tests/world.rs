//! A channel with its people. Batches are made by hand, so that every test is exact in time.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use demur_client::api::{
    Accepted, PostEdition, PostEntry, PostOpening, PostSignOn, PostVersion, Problem, SignedRequest,
};
use demur_encoding::{Bytes, Digest, Time, hash, sha256};
use demur_memo::{
    content::Counts,
    version::{Author, CheckpointRef as MemoCheckpoint, EditionRef, OpeningBody, VersionBody},
};
use demur_record::{
    batch::{
        self, DueFiling, FilingEvent, Pending, PendingEntry, PendingSlot, Placement, SlotOrder,
    },
    checkpoint::Checkpoint,
    entry::{
        Attestation, CheckpointRef, Cohort, Edition, Entry, FORMAT, KeyState, Keys, Place, Role,
        SizedRoot,
    },
    event::{Action, Event, Opening, SignOn, Version},
    keys::LogSigner,
    memo_log::RecordView as _,
    promise::{Promise, Subject},
    tiles::leaf_hash,
};
use demur_signon::{
    CircuitId, Element, MemberSecret, Prover,
    act::{Checkpoint as ActCheckpoint, Month, OpeningContext, ShownCohort, SignOnContext},
    roster::{
        CertificateBody, CertificateKind, CertificateTree, CertificateVersion, CohortName,
        Edition as EditionFile, EditionDraft, Enrolled,
    },
};
use demur_store::{Batch, BatchEntry, EntrySource, EventKind, RecordStore as _, RefusedRow};
use demur_store_sqlite::SqliteStore;
use ed25519_dalek::{Signer as _, SigningKey};
use http_body_util::BodyExt as _;
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt as _;

use crate::{
    InitOptions, Passwords, PublicKeys,
    app::{App, policy},
    clock::Clock,
    http::router,
    init,
    server::open,
    view::{View, recall},
};

pub(super) const ORIGIN: &str = "rivers.example/dissent";
pub(super) const SEAL: &str = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";
pub(super) const OFFICE: u8 = 10;
pub(super) const OVERSEER: u8 = 11;
pub(super) const REGISTRAR: u8 = 12;
pub(super) const AUTHORS: [u8; 2] = [20, 21];
pub(super) const TOKEN: [u8; 32] = [5; 32];

/// The size of a sealed note, as an age file of the demo profile's 16,384 bytes would have.
const NOTE: usize = 16_384 + 400;

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(super) fn public(seed: u8) -> Digest {
    Digest::new(key(seed).verifying_key().to_bytes())
}

pub(super) fn request(seed: u8, purpose: &str, subject: &str, time: Time) -> SignedRequest {
    let hash = SignedRequest::signed_hash(purpose, subject, time);
    SignedRequest {
        purpose: purpose.to_owned(),
        subject: subject.to_owned(),
        time,
        key: public(seed),
        signature: Bytes(key(seed).sign(hash.as_bytes()).to_bytes().to_vec()),
    }
}

pub(super) fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| Prover::new().unwrap())
}

pub(super) fn profile() -> String {
    demur_channel::shipped("demo")
        .unwrap()
        .replace("cohort_floor = 5", "cohort_floor = 3")
}

#[derive(Default)]
struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::SeqCst))
    }
}

pub(super) struct World {
    pub(super) app: App<SqliteStore>,
    pub(super) store: SqliteStore,
    pub(super) dir: tempfile::TempDir,
    pub(super) router: Router,
    pub(super) members: Vec<MemberSecret>,
    pub(super) edition: Option<EditionFile>,
    clock: Arc<TestClock>,
    log: LogSigner,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(super) fn ok<T: DeserializeOwned>(&self) -> T {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    pub(super) fn bytes(&self) -> &[u8] {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        &self.body
    }

    #[track_caller]
    pub(super) fn problem(&self, status: u16, code: &str) -> Problem {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{text}");
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.code, code, "{text}");
        assert!(!problem.message.is_empty());
        problem
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl World {
    /// A channel whose record has begun.
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let keys = |name: &str, seed: Option<u8>| PublicKeys {
            name: name.to_owned(),
            sign: seed.map(public),
            seal: SEAL.to_owned(),
        };
        let options = InitOptions {
            origin: ORIGIN.to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            profile: profile(),
            office: keys("office", Some(OFFICE)),
            recovery: keys("recovery", None),
            overseer: keys("overseer", Some(OVERSEER)),
            registrar: keys("registrar", Some(REGISTRAR)),
            witnesses: Vec::new(),
            quorum: None,
        };
        init(&data, options).await.unwrap();
        let clock = Arc::new(TestClock::default());
        let start: Time = "2026-11-23T09:00:00Z".parse().unwrap();
        clock.0.store(start.unix(), Ordering::SeqCst);
        let (app, store) = open(&data, clock.clone(), Arc::new(Passwords::default()))
            .await
            .unwrap();
        let world = Self {
            log: app.signer().clone(),
            router: router(app.clone()),
            app,
            store,
            dir,
            members: members(),
            edition: None,
            clock,
        };
        world.batch().await;
        world
    }

    /// With an edition of eight members, four of them in cohort `field`, attested, and checkpoints after it.
    pub(super) async fn with_edition() -> Self {
        let mut world = Self::new().await;
        let (post, file) = world.new_edition(1);
        world.put("/api/editions/1", &post).await.ok::<Accepted>();
        world.edition = Some(file);
        world.batch().await;
        let entry = world.attestation(&post.entry);
        world
            .post("/api/entries", &PostEntry { entry })
            .await
            .ok::<Accepted>();
        world.batch().await;
        world
    }

    /// The server ended, and another one runs on its folder.
    pub(super) async fn restart(self) -> Self {
        let Self {
            app,
            store,
            dir,
            router: old,
            members,
            edition,
            clock,
            log,
        } = self;
        store.close().await;
        // The folder is free when the last of these is gone.
        drop((app, store, old));
        let (app, store) = open(
            &dir.path().join("data"),
            clock.clone(),
            Arc::new(Passwords::default()),
        )
        .await
        .unwrap();
        Self {
            router: router(app.clone()),
            app,
            store,
            dir,
            members,
            edition,
            clock,
            log,
        }
    }

    /// The server no longer has a bundle that was released: an operator who dropped it, or a damaged disk.
    pub(super) async fn drop_bundle(&self, digest: Digest) {
        let file = self.dir.path().join("data").join("demur.sqlite");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let deleted = sqlx::query("DELETE FROM bundle WHERE digest = ?")
            .bind(digest.as_bytes().to_vec())
            .execute(&pool)
            .await
            .unwrap();
        assert_eq!(deleted.rows_affected(), 1);
        pool.close().await;
    }

    /// The record's root as a server that starts now would compute it from the database.
    pub(super) async fn root_after_restart(&self) -> Digest {
        let policy = policy(self.app.config(), &self.log).unwrap();
        let mut view = View::new(ORIGIN);
        view.catch_up(&self.store, &policy).await.unwrap();
        view.record().root()
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn log(&self) -> &LogSigner {
        &self.log
    }

    /// Some time passes, then all that waits gets into the record.
    pub(super) async fn batch(&self) {
        self.batch_of(|_| {}, Vec::new()).await;
    }

    /// Some time passes, then what `keep` leaves of what waits gets into the record.
    pub(super) async fn batch_of(
        &self,
        keep: impl FnOnce(&mut demur_store::Pending),
        refused: Vec<RefusedRow>,
    ) {
        self.wait(2);
        let mut pending = self.store.pending(1_000, 1_000).await.unwrap();
        keep(&mut pending);
        let record = self.app.view().await.unwrap().record().clone();
        let slots: Vec<_> = pending
            .slots
            .iter()
            .zip(0..)
            .map(|(slot, id)| PendingSlot {
                id,
                slot: slot.slot,
                memo: slot.memo,
                order: match (slot.kind, slot.nullifier) {
                    (EventKind::Opening, _) => SlotOrder::Opening,
                    (EventKind::Version, _) => {
                        SlotOrder::Version(u32::try_from(slot.number).unwrap())
                    }
                    (EventKind::SignOn, Some(nullifier)) => SlotOrder::SignOn {
                        nullifier,
                        seq: slot.number,
                    },
                    _ => SlotOrder::Access,
                },
            })
            .collect();
        let mut filings = Vec::new();
        for (filing, id) in pending.filings.iter().zip(0..) {
            let events = self.store.slot_events(filing.memo).await.unwrap();
            let events = events.iter().map(|row| FilingEvent {
                at: match row.at {
                    Some(at) => Placement::At(Place {
                        entry: at.entry,
                        slot: at.slot.unwrap(),
                    }),
                    None => {
                        let slot = slots
                            .iter()
                            .find(|slot| slot.slot == row.held.key())
                            .unwrap();
                        Placement::Waiting(slot.id)
                    }
                },
                salt: row.salt,
                event: serde_json::from_slice(&row.event).unwrap(),
            });
            filings.push(DueFiling {
                id,
                filed: filing.entry.clone(),
                events: events.collect(),
            });
        }
        let waiting = |rows: &[demur_store::DirectRow]| {
            rows.iter()
                .zip(0..)
                .map(|(row, id)| PendingEntry {
                    id,
                    bytes: row.entry.clone(),
                })
                .collect()
        };
        let all = Pending {
            slots: slots.clone(),
            direct: waiting(&pending.direct),
            filings,
            sign_ons: waiting(&pending.late),
        };
        let record = recall(record, &self.store, all.opened_places());
        let record = record.await.unwrap();
        let built = batch::build(&record, &all, self.now(), &mut rng()).unwrap();
        assert!(
            built.refused.is_empty(),
            "what was accepted must stand: {:?}",
            built.refused
        );
        let source = |index: u64| {
            let at = built.first + index;
            if let Some((id, _)) = built.filings.iter().find(|(_, place)| *place == at) {
                return EntrySource::Filing(pending.filings[usize::try_from(*id).unwrap()].memo);
            }
            if built.direct.iter().any(|(_, place)| *place == at) {
                return EntrySource::Direct;
            }
            if built.sign_ons.iter().any(|(_, place)| *place == at) {
                return EntrySource::Late;
            }
            let places = built.places.iter().filter(|(_, place)| place.entry == at);
            let taken: Vec<_> = places
                .map(|(id, place)| (slots[usize::try_from(*id).unwrap()].slot, place.slot))
                .collect();
            if taken.is_empty() {
                EntrySource::Log
            } else {
                EntrySource::Slots(taken)
            }
        };
        let entries = built
            .entries
            .iter()
            .zip(0..)
            .map(|(bytes, index)| BatchEntry {
                bytes: bytes.clone(),
                leaf: leaf_hash(bytes),
                source: source(index),
            });
        let CheckpointRef { size, hash: root } = built.checkpoint;
        let entries = entries.collect();
        self.store
            .commit_batch(Batch {
                first: built.first,
                entries,
                root,
                refused,
            })
            .await
            .unwrap();
        let note = Checkpoint::new(ORIGIN, size, root).sign(&self.log).unwrap();
        self.store.publish(size, note).await.unwrap();
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(&method).uri(path);
        let sent = body.clone();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        super::openapi::check(&method, path, &sent, parts.status, &body);
        assert!(!parts.headers.contains_key(header::SET_COOKIE), "{path}");
        assert!(
            !parts.status.is_server_error() || parts.status == StatusCode::SERVICE_UNAVAILABLE,
            "{path}: {}",
            parts.status
        );
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "cache-control",
        ] {
            assert!(parts.headers.contains_key(name), "{path}: {name}");
        }
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    pub(super) async fn post<T: Serialize>(&self, path: &str, body: &T) -> Answer {
        self.send(Method::POST, path, &[], serde_json::to_vec(body).unwrap())
            .await
    }

    pub(super) async fn put<T: Serialize>(&self, path: &str, body: &T) -> Answer {
        self.send(Method::PUT, path, &[], serde_json::to_vec(body).unwrap())
            .await
    }

    /// With a session.
    pub(super) async fn as_account<T: Serialize>(
        &self,
        session: &str,
        method: Method,
        path: &str,
        body: &T,
    ) -> Answer {
        let bearer = format!("Bearer {session}");
        self.send(
            method,
            path,
            &[("authorization", &bearer)],
            serde_json::to_vec(body).unwrap(),
        )
        .await
    }

    pub(super) async fn draft(&self, memo: Digest, token: [u8; 32]) -> Answer {
        let token = Digest::new(token).to_string();
        self.send(
            Method::GET,
            &format!("/api/memos/{memo}"),
            &[("demur-access", &token)],
            Vec::new(),
        )
        .await
    }

    /// What was promised.
    pub(super) fn promised(&self, accepted: &Accepted) -> Subject {
        let promise = Promise::open(&accepted.promise, self.log.verifier()).unwrap();
        assert_eq!(promise.by, self.now().plus(60));
        promise.subject
    }

    pub(super) fn new_edition(&self, number: u32) -> (PostEdition, EditionFile) {
        let field: CohortName = "field".parse().unwrap();
        let mut certificates = Vec::new();
        let mut enrolled = Vec::new();
        for (i, member) in self.members.iter().enumerate() {
            let body = CertificateBody {
                kind: CertificateKind::Certificate,
                v: CertificateVersion,
                origin: ORIGIN.to_owned(),
                name: format!("Member {i}"),
                title: String::new(),
                email: String::new(),
                cohorts: (i < 4).then(|| field.clone()).into_iter().collect(),
                leaf: member.leaf(),
                enrolled: self.now(),
                salt: sha256(&[u8::try_from(i).unwrap()]),
            };
            enrolled.push(Enrolled {
                leaf: body.leaf,
                cohorts: body.cohorts.clone(),
            });
            certificates.push(body.sign(&key(REGISTRAR)).unwrap());
        }
        let file = EditionFile::build(&EditionDraft {
            origin: ORIGIN,
            number: u64::from(number),
            published: self.now(),
            members: &enrolled,
            cohort_floor: 3,
            certificates: CertificateTree::new(&certificates).unwrap().head(),
        })
        .unwrap();
        let head = file.head();
        let cohorts = head.cohorts.iter().map(|cohort| Cohort {
            name: cohort.name.to_string(),
            size: cohort.size,
            root: Digest::new(cohort.root.to_bytes()),
        });
        let entry = Entry::Edition(Edition {
            v: FORMAT,
            number,
            digest: file.digest(),
            published: head.published,
            cohorts: cohorts.collect(),
            certificates: SizedRoot {
                root: head.certificates.root,
                size: head.certificates.size,
            },
            by: public(REGISTRAR),
            signature: Bytes::default(),
        });
        let entry = entry.sign(&key(REGISTRAR)).unwrap();
        let post = PostEdition {
            file: file.to_bytes().into(),
            entry,
            register: b"sealed register".to_vec().into(),
        };
        (post, file)
    }

    pub(super) fn attestation(&self, edition: &Entry) -> Entry {
        let Entry::Edition(edition) = edition else {
            panic!("an edition")
        };
        let entry = Entry::Attestation(Attestation {
            v: FORMAT,
            edition: edition.number,
            digest: edition.digest,
            letters: 8,
            by: public(OVERSEER),
            signature: Bytes::default(),
        });
        entry.sign(&key(OVERSEER)).unwrap()
    }

    pub(super) async fn checkpoint(&self) -> CheckpointRef {
        let view = self.app.view().await.unwrap();
        let mut batches = view.record().batches().iter().rev();
        let published = batches.find(|batch| batch.published.is_some());
        published.unwrap().checkpoint
    }

    async fn month(&self, checkpoint: CheckpointRef) -> Month {
        Month::of(
            self.app
                .view()
                .await
                .unwrap()
                .record()
                .checkpoint_time(checkpoint)
                .unwrap(),
        )
    }

    fn root(&self) -> Element {
        self.edition.as_ref().unwrap().root()
    }

    fn prove(&self, member: usize, cohort: &str, scope: Element, message: Element) -> Bytes {
        let tree = self
            .edition
            .as_ref()
            .unwrap()
            .tree(cohort)
            .unwrap()
            .unwrap();
        let secret = &self.members[member];
        let path = tree.path(secret.leaf()).unwrap();
        let (_, proof) = prover()
            .prove(secret, &path, tree.root(), scope, message, &mut rng())
            .unwrap();
        Bytes(proof.as_bytes().to_vec())
    }

    pub(super) async fn opening_body(&self, counter: u32) -> OpeningBody {
        let checkpoint = self.checkpoint().await;
        OpeningBody {
            origin: ORIGIN.to_owned(),
            edition: EditionRef {
                number: 1,
                root: Digest::new(self.root().to_bytes()),
            },
            authors: AUTHORS
                .iter()
                .map(|seed| Author {
                    sign: public(*seed),
                    seal: SEAL.to_owned(),
                })
                .collect(),
            threshold: 2,
            month: self.month(checkpoint).await.to_string(),
            counter,
            salt: sha256(b"salt"),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        }
    }

    /// An opening by member 7 with a real proof.
    pub(super) fn opening(&self, body: OpeningBody) -> PostOpening {
        let month: Month = body.month.parse().unwrap();
        let expires = self.now().plus(3000);
        let context = OpeningContext {
            origin: &body.origin,
            edition_root: self.root(),
            month: &month,
            counter: body.counter,
            memo: body.id().unwrap(),
            checkpoint: ActCheckpoint {
                size: body.checkpoint.size,
                hash: body.checkpoint.hash,
            },
            expires,
        };
        let (scope, message) = (context.scope(), context.message());
        let nullifier = self.members[7].nullifier(scope);
        let event = Opening {
            v: 1,
            circuit: CircuitId::current().0,
            nullifier: Digest::new(nullifier.to_bytes()),
            expires,
            proof: self.prove(7, "all", scope, message),
            body,
        };
        PostOpening {
            salt: sha256(&event.proof.0),
            event,
        }
    }

    /// A memo with one version that stands long enough to be signed; its identifier and that version.
    pub(super) async fn memo(&self) -> (Digest, VersionBody) {
        let opening = self.opening(self.opening_body(1).await);
        let memo = opening.event.body.id().unwrap();
        self.post("/api/openings", &opening).await.ok::<Accepted>();
        let version = self.version(memo, None, TOKEN).await;
        self.post("/api/versions", &version).await.ok::<Accepted>();
        self.batch().await;
        self.batch().await;
        (memo, version.event.body)
    }

    pub(super) async fn version(
        &self,
        memo: Digest,
        previous: Option<&VersionBody>,
        token: [u8; 32],
    ) -> PostVersion {
        let number = previous.map_or(1, |previous| previous.number + 1);
        let sealed = format!("sealed version {number}").into_bytes();
        let checkpoint = self.checkpoint().await;
        let body = VersionBody {
            memo,
            number,
            previous: previous.map(|body| body.hash().unwrap()),
            content_root: sha256(&number.to_be_bytes()),
            counts: Counts {
                portions: 3,
                words: 40,
            },
            sealed: sha256(&sealed),
            access: hash("demur/access", &[&token]),
            checkpoint: MemoCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
        };
        signed(body, AUTHORS[0], sealed)
    }

    /// A sign-on with real proofs.
    pub(super) async fn sign_on(
        &self,
        member: usize,
        version: &VersionBody,
        action: Action,
        seq: u64,
        cohort: Option<&str>,
    ) -> PostSignOn {
        let expires = self.now().plus(3000);
        self.sign_on_until(expires, member, version, action, seq, cohort)
            .await
    }

    pub(super) async fn sign_on_until(
        &self,
        expires: Time,
        member: usize,
        version: &VersionBody,
        action: Action,
        seq: u64,
        cohort: Option<&str>,
    ) -> PostSignOn {
        let checkpoint = self.checkpoint().await;
        let note = vec![7; NOTE];
        let context = SignOnContext {
            origin: ORIGIN,
            edition_root: self.root(),
            memo: version.memo,
            content_root: version.content_root,
            version: u64::from(version.number),
            action,
            seq,
            checkpoint: ActCheckpoint {
                size: checkpoint.size,
                hash: checkpoint.hash,
            },
            expires,
        };
        let file = self.edition.as_ref().unwrap();
        let shown = cohort.and_then(|name| {
            let root = file.head().cohort(name)?.root;
            Some(ShownCohort { name, root })
        });
        let (scope, message) = (context.scope(), context.message(shown, sha256(&note)));
        let mut proofs = vec![self.prove(member, "all", scope, message)];
        proofs.extend(cohort.map(|name| self.prove(member, name, scope, message)));
        let event = SignOn {
            v: 1,
            memo: version.memo,
            version: version.number,
            content_root: version.content_root,
            action,
            seq,
            nullifier: Digest::new(self.members[member].nullifier(scope).to_bytes()),
            circuit: CircuitId::current().0,
            cohort: cohort.map(str::to_owned),
            note: sha256(&note),
            checkpoint,
            expires,
            proofs,
        };
        PostSignOn {
            salt: sha256(&event.proofs[0].0),
            event,
            note: note.into(),
        }
    }
}

/// A version signed by the author with that seed.
pub(super) fn signed(body: VersionBody, author: u8, sealed: Vec<u8>) -> PostVersion {
    let version = body.sign(&key(author)).unwrap();
    let event = Version {
        v: 1,
        body: version.body,
        author: version.author,
        signature: version.signature,
    };
    PostVersion {
        salt: sha256(&event.signature.0),
        event,
        sealed: sealed.into(),
    }
}

/// A `keys` entry signed by the office.
pub(super) fn keys_entry(role: Role, name: &str, sign: Option<u8>, by: u8) -> Entry {
    let entry = Entry::Keys(Keys {
        v: FORMAT,
        role,
        name: name.to_owned(),
        sign: sign.map(public),
        seal: Some(SEAL.to_owned()),
        vkey: None,
        state: KeyState::Active,
        by: None,
        signature: None,
    });
    entry.sign(&key(by)).unwrap()
}

fn members() -> Vec<MemberSecret> {
    (0..8).map(|_| MemberSecret::generate(&mut rng())).collect()
}

pub(super) fn rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
    rand_core::UnwrapErr(getrandom::SysRng)
}

pub(super) fn slot(event: &Event, salt: Digest) -> Subject {
    Subject::Opaque(event.slot(salt).unwrap())
}
