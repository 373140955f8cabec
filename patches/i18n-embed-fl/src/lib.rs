//! Stands in for i18n-embed-fl under `age`: see `patches/i18n-embed`.

/// A message by its identifier; arguments (`name = value`) are left out.
#[macro_export]
macro_rules! fl {
    ($loader:expr, $id:literal $(,)?) => {
        $loader.get($id)
    };
    ($loader:expr, $id:literal, $($argument:expr),+ $(,)?) => {
        $loader.get($id)
    };
}
