//! The pages alone, from a copy of the record: on a visitor's own machine, or of another origin.

use std::net::SocketAddr;

use demur_pages::{Served, Source};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    http::{self, Relay},
    setup::SetupError,
};

/// Pages that are being served.
#[derive(Debug)]
pub struct RunningPages {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningPages {
    /// Where.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes what is under way, and stops.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // A panic in it was told where it happened.
        let _ = self.task.await;
    }
}

/// Serves the pages of `source` at `listen`, within the same bounds as a channel's server. Those that are for one machine
/// ([`Served::Program`]) are served at a loopback address only, and only to who asks for it by this machine's name; what they ask of the
/// channel goes by `relay`, which they need.
///
/// # Errors
/// When the address is not free, or not this machine's own where it must be.
pub async fn serve_pages(
    listen: SocketAddr,
    source: impl Source,
    relay: Option<Relay>,
) -> Result<RunningPages, SetupError> {
    let own = source.site().served() == Served::Program;
    if own && !listen.ip().is_loopback() {
        let reason = "pages with this machine's own trust are for this machine: listen on 127.0.0.1 or [::1]";
        return Err(SetupError::option("listen", reason));
    }
    if own != relay.is_some() {
        let reason =
            "pages of this machine, and no others, have the program ask the channel for them";
        return Err(SetupError::option("relay", reason));
    }
    let failed = |reason| SetupError::Listen {
        address: listen,
        reason,
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let router = http::pages_router(source, relay.map(|relay| (address, relay)));
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(http::serve(listener, router, stopped));
    Ok(RunningPages {
        address,
        stop,
        task,
    })
}
