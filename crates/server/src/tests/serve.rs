//! The whole server as `demur serve` runs it: on a port, with its sequencer.

use std::{num::NonZeroUsize, path::Path, time::Duration};

use demur_client::api::Channel;
use demur_encoding::Digest;
use demur_record::{
    audit::{Options, audit},
    keys::VerifierKey,
    policy::{Log, Policy},
    source::MemoryRecord,
};

use super::world::{ORIGIN, SEAL, public, rng};
use crate::{InitOptions, PublicKeys, ServeOptions, SetupError, init, serve};

pub(super) fn options() -> InitOptions {
    let keys = |name: &str, sign: Option<Digest>| PublicKeys {
        name: name.to_owned(),
        sign,
        seal: SEAL.to_owned(),
    };
    InitOptions {
        origin: ORIGIN.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        profile: demur_channel::shipped("demo").unwrap().to_owned(),
        office: keys("office", Some(public(1))),
        recovery: keys("recovery", None),
        overseer: keys("overseer", Some(public(2))),
        registrar: keys("registrar", Some(public(3))),
        witnesses: Vec::new(),
        quorum: None,
    }
}

async fn get(address: std::net::SocketAddr, path: &str) -> (u16, Vec<u8>) {
    let url = format!("http://{address}{path}");
    let answer = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut answer = agent.get(&url).call().unwrap();
        (
            answer.status().as_u16(),
            answer.body_mut().read_to_vec().unwrap(),
        )
    });
    answer.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_begins_its_record_and_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let vkey: VerifierKey = init(&data, options()).await.unwrap().vkey;
    assert!(matches!(
        init(&data, options()).await,
        Err(SetupError::NotEmpty { .. })
    ));

    let running = serve(&data, ServeOptions::default()).await.unwrap();
    assert!(matches!(
        serve(&data, ServeOptions::default()).await,
        Err(SetupError::InUse { .. })
    ));
    let size = published(running.address(), 0).await;
    let (status, body) = get(running.address(), "/api/channel").await;
    let channel: Channel = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, channel.vkey), (200, vkey.to_string()));
    running.shutdown().await.unwrap();

    // The first batch: profile, four keys, software; nothing twice after a restart but a changed profile.
    let changed = options()
        .profile
        .replace("version = 1", "version = 2")
        .replace("rejoin_days = 30", "rejoin_days = 31");
    let skipped = changed.replace("version = 2", "version = 3");
    let serve_with = |text: &str| {
        serve(
            &data,
            ServeOptions {
                listen: None,
                profile: Some(text.to_owned()),
            },
        )
    };
    let refused = serve_with(&skipped).await;
    assert!(refused.is_err(), "a profile's version is the next one");
    let running = serve_with(&changed).await.unwrap();
    published(running.address(), size).await;
    let (_, page) = get(running.address(), "/").await;
    assert!(
        String::from_utf8(page)
            .unwrap()
            .contains("own clock: no witness has confirmed it")
    );
    running.shutdown().await.unwrap();
    audited(&data.join("record"), &vkey);
    let text = std::fs::read_to_string(data.join("profile.toml")).unwrap();
    assert_eq!(text, changed);
    let running = serve_with(&changed).await.unwrap();
    running.shutdown().await.unwrap();
}

/// Waits for a published checkpoint of more than `size` entries.
pub(super) async fn published(address: std::net::SocketAddr, size: u64) -> u64 {
    for _ in 0..200 {
        let (status, note) = get(address, "/record/checkpoint").await;
        let text = String::from_utf8(note).unwrap();
        let now: Option<u64> = text.lines().nth(1).and_then(|line| line.parse().ok());
        if let Some(now) = now.filter(|now| status == 200 && *now > size) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no checkpoint after {size}");
}

/// What a stranger finds who audits the folder.
pub(super) fn audited(record: &Path, vkey: &VerifierKey) {
    let mut files = MemoryRecord::default();
    read_all(record, record, &mut files);
    let log = Log {
        key: vkey.clone(),
        url: None,
    };
    let policy = Policy::simple(log, Vec::new(), 0).unwrap();
    let options = Options {
        policy: &policy,
        threads: NonZeroUsize::MIN,
        progress: &|_| {},
    };
    let report = audit(&files, options, &mut rng()).unwrap();
    assert_eq!(report.failure, None);
    assert!(report.size >= 9);
}

fn read_all(root: &Path, dir: &Path, files: &mut MemoryRecord) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            files.files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}
