//! Asking witnesses for their cosignatures (C2SP tlog-witness).

use std::{future::Future, sync::Arc, time::Duration};

use demur_record::{
    keys::VerifierKey,
    tiles::Tree,
    witness::{self, MAX_REQUEST_BYTES},
};
use tokio::task::JoinSet;

/// How long a witness may take for its answer, the second try included.
pub(crate) const WITNESS_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = MAX_REQUEST_BYTES as u64;

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WitnessAnswer {
    /// Cosignature lines.
    Cosigned(Vec<u8>),
    /// It knows the log at this size.
    Knows(u64),
    /// Another status.
    Refused(String),
}

/// One witness.
pub(crate) trait WitnessClient: Send + Sync + 'static {
    /// Its key.
    fn key(&self) -> &VerifierKey;

    /// `add-checkpoint` with that body. The error says why there was no answer.
    fn add_checkpoint(
        &self,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<WitnessAnswer, String>> + Send;
}

/// A witness over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct HttpWitness {
    key: VerifierKey,
    url: String,
    agent: ureq::Agent,
}

impl HttpWitness {
    /// `url` is the submission prefix, without a slash at its end or with one.
    pub(crate) fn new(key: VerifierKey, url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(WITNESS_TIMEOUT))
            .user_agent("demur")
            .proxy(None)
            .build()
            .new_agent();
        Self {
            key,
            url: format!("{}/add-checkpoint", url.trim_end_matches('/')),
            agent,
        }
    }

    fn ask(&self, body: &[u8]) -> Result<WitnessAnswer, String> {
        let told = |e: ureq::Error| e.to_string();
        let mut response = self.agent.post(&self.url).send(body).map_err(told)?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(told)?;
        match status {
            200 => Ok(WitnessAnswer::Cosigned(body)),
            409 => {
                let text = std::str::from_utf8(&body).unwrap_or_default();
                let size = text.strip_suffix('\n').unwrap_or(text).parse();
                size.map(WitnessAnswer::Knows)
                    .map_err(|_| "a conflict without a size".to_owned())
            }
            _ => {
                let text = String::from_utf8_lossy(&body[..body.len().min(200)]);
                Ok(WitnessAnswer::Refused(format!(
                    "status {status}: {}",
                    text.trim().escape_debug()
                )))
            }
        }
    }
}

impl WitnessClient for HttpWitness {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    async fn add_checkpoint(&self, body: Vec<u8>) -> Result<WitnessAnswer, String> {
        let witness = self.clone();
        let asked = tokio::task::spawn_blocking(move || witness.ask(&body)).await;
        asked.unwrap_or_else(|e| Err(e.to_string()))
    }
}

/// What came of asking one witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gathered {
    /// Its lines.
    Lines(Vec<u8>),
    /// It has cosigned more entries than there are.
    Ahead(u64),
    /// None, and why.
    Nothing(String),
}

/// Asks all witnesses at once for the checkpoint in `note`, of `tree`'s size; `known[i]` is what witness i
/// probably cosigned last. The answers are in the witnesses' order.
pub(crate) async fn gather<W: WitnessClient>(
    witnesses: &[Arc<W>],
    known: &[u64],
    tree: &Arc<Tree>,
    note: &[u8],
    timeout: Duration,
) -> Vec<Gathered> {
    let mut tasks = JoinSet::new();
    for (i, (witness, old)) in witnesses.iter().zip(known).enumerate() {
        let (witness, tree, note, old) =
            (Arc::clone(witness), Arc::clone(tree), note.to_vec(), *old);
        tasks.spawn(async move {
            let asked = tokio::time::timeout(timeout, ask(&*witness, old, &tree, &note)).await;
            (
                i,
                asked.unwrap_or_else(|_| Gathered::Nothing("no answer in time".to_owned())),
            )
        });
    }
    let mut answers = vec![Gathered::Nothing("not asked".to_owned()); witnesses.len()];
    while let Some(done) = tasks.join_next().await {
        if let Ok((i, gathered)) = done {
            answers[i] = gathered;
        }
    }
    answers
}

async fn ask<W: WitnessClient>(witness: &W, old: u64, tree: &Tree, note: &[u8]) -> Gathered {
    let mut old = old;
    // Once as we think, once more as the witness says.
    for _ in 0..2 {
        let Ok(proof) = tree.prove_consistency(old, tree.size()) else {
            return Gathered::Ahead(old);
        };
        match witness
            .add_checkpoint(witness::request(old, &proof, note))
            .await
        {
            Ok(WitnessAnswer::Cosigned(lines)) => return Gathered::Lines(lines),
            Ok(WitnessAnswer::Knows(size)) if size > tree.size() => return Gathered::Ahead(size),
            Ok(WitnessAnswer::Knows(size)) => old = size,
            Ok(WitnessAnswer::Refused(why)) | Err(why) => return Gathered::Nothing(why),
        }
    }
    Gathered::Nothing(format!(
        "it says twice that it knows another tree of {old} entries"
    ))
}
