//! Places at which a test stops the sequencer, or a debug build the process, as a crash would.

/// Where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum FaultPoint {
    /// A batch is to be built.
    Begin,
    /// It is built and judged, not committed.
    Built,
    /// It is committed, nothing is written.
    Committed,
    /// The first of its tiles is written.
    FirstTile,
    /// All tiles and editions are written.
    Tiles,
    /// The cosignatures are there.
    Cosigned,
    /// The database says that the checkpoint is published; its file is not written.
    Published,
    /// The superseded checkpoint is in `history/`.
    History,
    /// The checkpoint's file is written.
    Checkpoint,
    /// Superseded tiles are removed.
    Removed,
}

impl FaultPoint {
    /// All, in their order.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 10] = [
        Self::Begin,
        Self::Built,
        Self::Committed,
        Self::FirstTile,
        Self::Tiles,
        Self::Cosigned,
        Self::Published,
        Self::History,
        Self::Checkpoint,
        Self::Removed,
    ];
}

/// Whether to stop.
pub(crate) trait Faults: Send + Sync + 'static {
    /// Told at each point; true stops the sequencer there.
    fn stop_at(&self, point: FaultPoint) -> bool;
}

/// Never, in the program that ships.
#[cfg(not(debug_assertions))]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OfThisBuild;

#[cfg(not(debug_assertions))]
impl Faults for OfThisBuild {
    fn stop_at(&self, _: FaultPoint) -> bool {
        false
    }
}

/// In a debug build: where the environment says so the process ends, as if it had been killed there (`cargo xtask kill`).
#[cfg(debug_assertions)]
#[derive(Debug)]
pub(crate) struct OfThisBuild {
    stop_at: Option<String>,
}

#[cfg(debug_assertions)]
impl Default for OfThisBuild {
    fn default() -> Self {
        Self {
            stop_at: std::env::var("DEMUR_STOP_AT").ok(),
        }
    }
}

#[cfg(debug_assertions)]
impl Faults for OfThisBuild {
    fn stop_at(&self, point: FaultPoint) -> bool {
        let name = format!("{point:?}");
        if self.stop_at.as_ref() == Some(&name) {
            tracing::warn!("stopped at {name}");
            // Nothing is closed, nothing unwinds.
            std::process::abort();
        }
        false
    }
}
