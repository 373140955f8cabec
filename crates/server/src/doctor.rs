//! What the operator wants to know of a data folder that nobody sees from outside.

use std::path::Path;

use demur_store::{KeptOut, RecordStore as _};
use demur_store_sqlite::Mode;

use crate::{
    server::open_store,
    setup::{Folder, SetupError},
};

/// What was promised and is not in the record because its rules forbid it: first what is still tried. While a server runs, too.
///
/// # Errors
/// When the folder is no channel's, or its database can't be read.
pub async fn kept_out(dir: &Path) -> Result<Vec<KeptOut>, SetupError> {
    let folder = Folder::new(dir);
    folder.read_config()?;
    let store = open_store(&folder, Mode::Tool).await?;
    let kept = store.kept_out().await;
    store.close().await;
    Ok(kept?)
}
