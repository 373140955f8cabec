//! A running server.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use demur_record::entry::Entry;
use demur_store::{CaseStore as _, MetaStore as _, NewFile, RecordStore as _};
use demur_store_sqlite::{Mode, SqliteStore};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    app::{App, Parts},
    clock::{Clock, SystemClock},
    direct, http,
    init::{self, Noted},
    problem::Refusal,
    sequencer,
    setup::{Folder, SetupError},
    sign_in::{Passwords, SignInMethod},
    upkeep,
    verify::VerifyPool,
};

/// How often a changed profile that waits is tried.
const PROFILE_RETRY: Duration = Duration::from_millis(500);

/// How to serve.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    /// The address to listen on, instead of `channel.toml`'s; port 0 for any.
    pub listen: Option<SocketAddr>,
    /// The text of a changed profile. It is entered in the record, and holds for memos filed from then on.
    pub profile: Option<String>,
}

/// A server that was started. Dropping it cuts its work off: call [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<Result<(), SetupError>>,
    store: SqliteStore,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server stops by itself, because going on can't help: for example when another one has taken its
    /// database over. [`Running::shutdown`] then says why.
    pub async fn failed(&self) {
        let mut stop = self.stop.subscribe();
        // The sender is held here: it can't be gone.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Finishes what is under way, the batch included, and stops.
    ///
    /// # Errors
    /// Why a part of the server had failed.
    pub async fn shutdown(mut self) -> Result<(), SetupError> {
        self.stop.send_replace(true);
        let mut result = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.unwrap_or_else(|e| Err(SetupError::Record(e.to_string())));
            result = result.and(ended);
        }
        self.store.close().await;
        result
    }
}

/// Starts the server on the data folder at `dir`.
///
/// # Errors
/// When the folder is no channel's, another server runs on it, the profile can't be used, or the address is taken.
pub async fn serve(dir: &Path, options: ServeOptions) -> Result<Running, SetupError> {
    let sign_in: Arc<dyn SignInMethod> = Arc::new(Passwords::default());
    serve_with(dir, options, Arc::new(SystemClock), sign_in).await
}

pub(crate) async fn serve_with(
    dir: &Path,
    options: ServeOptions,
    clock: Arc<dyn Clock>,
    sign_in: Arc<dyn SignInMethod>,
) -> Result<Running, SetupError> {
    let (app, store) = open(dir, Arc::clone(&clock), sign_in).await?;
    let sequencer = sequencer::open(
        store.clone(),
        clock,
        app.signer().clone(),
        app.config(),
        app.record_dir(),
    )
    .await?;
    find_profile_ahead(&app).await?;
    let later = match &options.profile {
        Some(text) => !change_profile(&app, &Folder::new(dir), text).await?,
        None => false,
    };
    note_software(&app, init::software()?).await?;

    let address = options.listen.unwrap_or(app.config().listen);
    let listen = |reason| SetupError::Listen { address, reason };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    if let Some(text) = options.profile.filter(|_| later) {
        tracing::warn!("the changed profile waits until it harms nothing that was promised");
        let (app, folder) = (app.clone(), Folder::new(dir));
        tasks.spawn(change_profile_later(app, folder, text, stopped.clone()));
    }
    let (upkeep, interface) = (upkeep::run(app.clone(), stopped.clone()), http::router(app));
    let interface = http::serve(listener, interface, stopped.clone());
    tasks.spawn(async move {
        interface.await;
        Ok(())
    });
    tasks.spawn(async move {
        upkeep.await;
        Ok(())
    });
    let fatal = stop.clone();
    tasks.spawn(async move {
        let ended = sequencer.run(stopped).await;
        if let Err(error) = &ended {
            // What is promised from here on could not be kept.
            tracing::error!(%error, "the server stops");
            fatal.send_replace(true);
        }
        ended.map_err(SetupError::from)
    });
    Ok(Running {
        address,
        stop,
        tasks,
        store,
    })
}

/// The server's state on the data folder at `dir`, nothing running yet.
pub(crate) async fn open(
    dir: &Path,
    clock: Arc<dyn Clock>,
    sign_in: Arc<dyn SignInMethod>,
) -> Result<(App<SqliteStore>, SqliteStore), SetupError> {
    let folder = Folder::new(dir);
    let config = folder.read_config()?;
    let signer = folder.load_key(&config)?;
    let store = open_store(&folder, Mode::Server).await?;
    store.bind_origin(&config.origin).await?;
    let verifier = tokio::task::spawn_blocking(VerifyPool::new).await;
    let verifier = verifier.map_err(|e| SetupError::Record(e.to_string()))?;
    let verifier = verifier.map_err(|e| SetupError::option("this program", e))?;
    let parts = Parts {
        store: store.clone(),
        clock,
        config,
        record_dir: folder.record(),
        signer,
        sign_in,
        verifier,
    };
    let app = App::new(parts)?;
    app.view().await.map_err(failed)?;
    Ok((app, store))
}

pub(crate) async fn open_store(folder: &Folder, mode: Mode) -> Result<SqliteStore, SetupError> {
    match SqliteStore::open(&folder.database(), mode).await {
        Ok(store) => Ok(store),
        Err(demur_store::StoreError::Locked { .. }) => Err(SetupError::InUse {
            path: folder.dir().to_owned(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// Queues the changed profile, unless it is the one in force or waits already. False while something waits that it would harm.
async fn change_profile(
    app: &App<SqliteStore>,
    folder: &Folder,
    text: &str,
) -> Result<bool, SetupError> {
    let profile = init::parse_profile(text)?;
    let in_force = app
        .view()
        .await
        .map_err(failed)?
        .record()
        .profile()
        .cloned();
    if in_force.is_some_and(|now| now.text() == text) {
        return Ok(true);
    }
    let entry = init::profile_entry(&profile);
    match direct::accept_profile(app, Arc::new(profile), entry).await {
        Ok(_) => init::write_profile(folder, text).map(|()| true),
        Err(Refusal::Busy) => Ok(false),
        Err(refusal) => Err(failed(refusal)),
    }
}

/// Tries [`change_profile`] until it is done: right after a batch the least waits.
async fn change_profile_later(
    app: App<SqliteStore>,
    folder: Folder,
    text: String,
    mut stop: watch::Receiver<bool>,
) -> Result<(), SetupError> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PROFILE_RETRY) => {}
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        }
        match change_profile(&app, &folder, &text).await {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!("the changed profile comes into force with the next batch");
                return Ok(());
            }
            Err(error) => {
                tracing::error!(%error, "the profile was not changed");
                return Ok(());
            }
        }
    }
}

/// A changed profile may wait since before this start.
async fn find_profile_ahead(app: &App<SqliteStore>) -> Result<(), SetupError> {
    let pending = app.store().pending(u32::MAX, 0).await?;
    for row in pending.direct {
        if let Ok(Entry::Profile(entry)) = Entry::from_slice(&row.entry) {
            app.set_profile_ahead(Arc::new(init::parse_profile(&entry.text)?));
        }
    }
    Ok(())
}

/// Queues what the record does not say yet of the program and the files that its pages load, and keeps the list of these.
pub(crate) async fn note_software(
    app: &App<SqliteStore>,
    software: Vec<Noted>,
) -> Result<(), SetupError> {
    let known = app
        .view()
        .await
        .map_err(failed)?
        .record()
        .software()
        .clone();
    let kept = app.store().manifests().await?;
    for Noted { entry, manifest } in software {
        let Entry::Software(software) = &entry else {
            continue;
        };
        let listed = manifest.as_ref().is_none_or(|m| kept.contains(&m.digest));
        if known.get(&software.name) != Some(software) || !listed {
            queue(app, entry, manifest).await?;
        }
    }
    Ok(())
}

async fn queue(
    app: &App<SqliteStore>,
    entry: Entry,
    file: Option<NewFile>,
) -> Result<(), SetupError> {
    let direct = direct::Direct {
        entry,
        memo: None,
        file,
        approved: None,
    };
    direct::accept(app, direct)
        .await
        .map(|_| ())
        .map_err(failed)
}

fn failed(refusal: Refusal) -> SetupError {
    SetupError::Record(refusal.reason())
}
