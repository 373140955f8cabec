//! Backups while the server runs, and what may be made from them.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
};

use demur_record::keys::{KeyKind, VerifierKey};

use super::serve::{audited, options, published};
use crate::{
    Backup, InitOptions, ServeOptions, SetupError, Witness, back_up, init, restore, serve,
};

/// A channel whose record has some batches, its server stopped, and a backup that was taken while it ran.
async fn backed_up(dir: &Path, options: InitOptions) -> (VerifierKey, Backup) {
    let data = dir.join("data");
    let vkey = init(&data, options).await.unwrap().vkey;
    let running = serve(&data, ServeOptions::default()).await.unwrap();
    let size = published(running.address(), 0).await;
    let made = back_up(&data, &dir.join("backup")).await.unwrap();
    assert!(made.entries >= size);
    published(running.address(), made.entries).await;
    running.shutdown().await.unwrap();
    (vkey, made)
}

fn newest(record: &Path) -> Vec<u8> {
    std::fs::read(record.join("checkpoint")).unwrap()
}

/// The operator puts an old backup back, by mistake or to take a step back that others saw. Restoring refuses where the
/// record went on after it; and where nobody can say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_old_backup_would_fork_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let (_, made) = backed_up(dir.path(), options()).await;
    let (backup, restored) = (dir.path().join("backup"), dir.path().join("restored"));
    let note = newest(&dir.path().join("data/record"));
    let behind = restore(&backup, &restored, Some(&note)).await;
    let Err(SetupError::Record(reason)) = behind else {
        panic!("{behind:?}")
    };
    assert!(reason.contains("would fork the record"), "{reason}");
    assert!(reason.contains(&made.entries.to_string()), "{reason}");
    let unknown = restore(&backup, &restored, None).await;
    assert!(matches!(
        unknown,
        Err(SetupError::Option { what: "record", .. })
    ));
    let foreign = restore(&backup, &restored, Some(b"no checkpoint")).await;
    assert!(matches!(
        foreign,
        Err(SetupError::Option { what: "record", .. })
    ));
    // Nothing is left of what was refused.
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// A backup that nobody is ahead of goes on as if nothing had happened, and its record is the same one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_backup_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let vkey = init(&data, options()).await.unwrap().vkey;
    let running = serve(&data, ServeOptions::default()).await.unwrap();
    published(running.address(), 0).await;
    running.shutdown().await.unwrap();
    let backup = dir.path().join("backup");
    let made = back_up(&data, &backup).await.unwrap();
    assert!(matches!(
        back_up(&data, &backup).await,
        Err(SetupError::NotEmpty { .. })
    ));
    let note = newest(&data.join("record"));
    let restored = dir.path().join("restored");
    assert!(matches!(
        restore(&backup, &data, Some(&note)).await,
        Err(SetupError::NotEmpty { .. })
    ));
    assert_eq!(
        restore(&backup, &restored, Some(&note)).await.unwrap(),
        made
    );
    assert_eq!(newest(&restored.join("record")), note);
    std::fs::remove_dir_all(&data).unwrap();
    let running = serve(&restored, ServeOptions::default()).await.unwrap();
    published(running.address(), made.entries).await;
    running.shutdown().await.unwrap();
    audited(&restored.join("record"), &vkey);
    // A damaged copy is no backup.
    let database = backup.join("demur.sqlite");
    let mut bytes = std::fs::read(&database).unwrap();
    let at = bytes.len() / 2;
    bytes[at..].fill(0);
    std::fs::write(&database, bytes).unwrap();
    let again = dir.path().join("again");
    let note = newest(&restored.join("record"));
    assert!(restore(&backup, &again, Some(&note)).await.is_err());
    assert!(!again.exists());
}

/// The record's folder is lost with the server. A witness remembers how far the record was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_remembers_more_than_the_backup() {
    let dir = tempfile::tempdir().unwrap();
    backed_up(dir.path(), options()).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 8192]);
            let body = "100000\n";
            let head =
                "HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\nconnection: close";
            let length = body.len();
            let _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        }
    });
    let key = ed25519_dalek::SigningKey::from_bytes(&[77; 32]).verifying_key();
    let vkey = VerifierKey::new("w.example", KeyKind::Witness, key).unwrap();
    let config = dir.path().join("backup/channel.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let mut parsed: crate::ChannelConfig = toml::from_str(&text).unwrap();
    parsed.witnesses = vec![Witness { vkey, url }];
    std::fs::write(&config, toml::to_string(&parsed).unwrap()).unwrap();
    let restored = dir.path().join("restored");
    let ahead = restore(&dir.path().join("backup"), &restored, None).await;
    let Err(SetupError::Record(reason)) = ahead else {
        panic!("{ahead:?}")
    };
    assert!(reason.contains("has cosigned 100000 entries"), "{reason}");
    assert!(!restored.exists());
}
