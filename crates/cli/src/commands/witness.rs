//! `demur witness`: cosigns the record of others, over HTTP (C2SP tlog-witness).

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use demur_record::{
    entry::CheckpointRef,
    keys::{VerifierKey, WitnessSigner},
    witness::{MAX_REQUEST_BYTES, Witness, WitnessReply},
};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    args::WitnessArgs,
    commands::server::{runtime, stop_signal},
    fail::{Failure, Outcome},
    out::{Out, complain},
    sys,
};

const KEY_FILE: &str = "witness.key";
const STATE_FILE: &str = "state.json";

/// What a witness keeps beside its key.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    v: u32,
    /// Verifier keys of the logs that it knows.
    logs: Vec<String>,
    /// The newest checkpoint that was cosigned, by origin. Losing this file would let a log fork.
    latest: BTreeMap<String, CheckpointRef>,
}

/// The witness's key on disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    name: String,
    seed: demur_encoding::Digest,
}

/// A witness and its folder.
pub(crate) struct Keeper {
    dir: PathBuf,
    witness: Witness,
    kept: Kept,
}

pub(crate) fn run(args: &WitnessArgs, out: Out) -> Outcome {
    let keeper = Keeper::open(&args.data, args.name.as_deref(), &args.log)?;
    let vkey = keeper.witness.verifier().to_string();
    if args.init_only {
        return out.result(&vkey, &json!({ "vkey": vkey }));
    }
    if keeper.kept.logs.is_empty() {
        return Err(Failure::input("this witness knows no log: give --log VKEY"));
    }
    runtime()?.block_on(async {
        let listener = listen(args.listen).await?;
        let address = listener.local_addr().map_err(Failure::outside)?;
        out.line(format_args!("witness {vkey}\nanswers on http://{address}"));
        serve(keeper, listener, stop_signal()).await
    })
}

/// Binds the address.
pub(crate) async fn listen(address: SocketAddr) -> Outcome<tokio::net::TcpListener> {
    tokio::net::TcpListener::bind(address)
        .await
        .map_err(|e| Failure::outside(format!("{address}: {e}")))
}

/// Answers until `stop`.
pub(crate) async fn serve(
    keeper: Keeper,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Outcome {
    let shared = Arc::new(Mutex::new(keeper));
    let app = Router::new()
        .route("/", get(async || "A Demur witness (C2SP tlog-witness). Logs send their checkpoints to /add-checkpoint.\n"))
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(shared);
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await
        .map_err(Failure::outside)
}

async fn add_checkpoint(State(keeper): State<Arc<Mutex<Keeper>>>, body: Bytes) -> Response {
    // One request at a time, and the state is on disk before the answer: off the asynchronous threads.
    let reply = tokio::task::spawn_blocking(move || {
        let mut keeper = keeper
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        keeper.add_checkpoint(&body)
    });
    match reply.await {
        Ok(Ok(reply)) => {
            let status =
                StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (
                status,
                [(header::CONTENT_TYPE, reply.content_type())],
                reply.body(),
            )
                .into_response()
        }
        Ok(Err(failure)) => {
            complain(format_args!("demur witness: {failure}"));
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Keeper {
    /// Opens the folder, or makes it when it is given a name.
    pub(crate) fn open(dir: &Path, name: Option<&str>, logs: &[String]) -> Outcome<Self> {
        let key_path = dir.join(KEY_FILE);
        if !key_path.exists() {
            let name = name.ok_or_else(|| {
                Failure::input(format!(
                    "{}: no witness's folder; give --name to make one",
                    dir.display()
                ))
            })?;
            let mut seed = Zeroizing::new([0; 32]);
            rand_core::Rng::fill_bytes(&mut sys::rng(), &mut *seed);
            // Refused before anything is written, if the name can't be a key's.
            WitnessSigner::new(name, SigningKey::from_bytes(&seed)).map_err(Failure::input)?;
            let file = KeyFile {
                name: name.to_owned(),
                seed: demur_encoding::Digest::new(*seed),
            };
            let bytes = Zeroizing::new(serde_json::to_vec(&file).map_err(Failure::outside)?);
            let kept = serde_json::to_vec_pretty(&Kept {
                v: 1,
                ..Kept::default()
            })
            .map_err(Failure::outside)?;
            sys::write(&dir.join(STATE_FILE), &kept)?;
            sys::write_private(&key_path, &bytes)?;
        }
        let bytes = Zeroizing::new(sys::read(&key_path)?);
        let key: KeyFile = serde_json::from_slice(&bytes)
            .map_err(|_| Failure::input(format!("{}: not a witness's key", key_path.display())))?;
        let signer = WitnessSigner::new(&key.name, SigningKey::from_bytes(key.seed.as_bytes()))
            .map_err(Failure::input)?;
        let state_path = dir.join(STATE_FILE);
        let mut kept: Kept = serde_json::from_slice(&sys::read(&state_path)?).map_err(|e| {
            Failure::input(format!(
                "{}: {e}; without it this witness must not go on",
                state_path.display()
            ))
        })?;
        if kept.v != 1 {
            return Err(Failure::input(format!(
                "{}: form {}; this program knows 1",
                state_path.display(),
                kept.v
            )));
        }
        for log in logs {
            let text = if Path::new(log).is_file() {
                sys::read_text(Path::new(log))?
            } else {
                log.clone()
            };
            let text = text.trim().to_owned();
            text.parse::<VerifierKey>()
                .map_err(|e| Failure::input(format!("--log {text}: {e}")))?;
            if !kept.logs.contains(&text) {
                kept.logs.push(text);
            }
        }
        let known: Vec<VerifierKey> = kept
            .logs
            .iter()
            .map(|text| {
                text.parse()
                    .map_err(|e| Failure::input(format!("{}: {text}: {e}", state_path.display())))
            })
            .collect::<Outcome<_>>()?;
        let witness = Witness::new(signer, known, kept.latest.clone()).map_err(Failure::input)?;
        let keeper = Self {
            dir: dir.to_owned(),
            witness,
            kept,
        };
        keeper.store()?;
        Ok(keeper)
    }

    /// The witness's verifier key.
    pub(crate) fn vkey(&self) -> String {
        self.witness.verifier().to_string()
    }

    fn add_checkpoint(&mut self, body: &[u8]) -> Outcome<WitnessReply> {
        let reply = self.witness.add_checkpoint(body, sys::now());
        if let WitnessReply::Cosigned(_) = reply {
            self.kept.latest = self.witness.latest().clone();
            self.store()?;
        }
        Ok(reply)
    }

    fn store(&self) -> Outcome {
        let bytes = serde_json::to_vec_pretty(&self.kept).map_err(Failure::outside)?;
        sys::write(&self.dir.join(STATE_FILE), &bytes)
    }
}
