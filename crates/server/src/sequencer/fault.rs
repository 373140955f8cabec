//! Places at which a test stops the sequencer, as a crash would.

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

/// Never.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NoFaults;

impl Faults for NoFaults {
    fn stop_at(&self, _: FaultPoint) -> bool {
        false
    }
}
