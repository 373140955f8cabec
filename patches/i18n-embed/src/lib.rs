//! Stands in for [i18n-embed] under `age`, which translates its error messages at run time.
//!
//! Demur shows none of them: `demur-seal` has errors of its own, in its own words. With the real crate a sixteenth of what a
//! signer's page loads is a parser, the plural rules and the messages of languages that nobody reads. Here a message is its
//! identifier. Only what `age` 0.12 calls is here; another version that calls more does not compile.
//!
//! [i18n-embed]: https://docs.rs/i18n-embed

use std::fmt;

/// Names of languages.
pub mod unic_langid {
    use std::{convert::Infallible, str::FromStr};

    /// The name of a language.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LanguageIdentifier(String);

    impl FromStr for LanguageIdentifier {
        type Err = Infallible;

        fn from_str(text: &str) -> Result<Self, Infallible> {
            Ok(Self(text.to_owned()))
        }
    }
}

/// What loads messages.
pub mod fluent {
    use crate::{I18nAssets, I18nEmbedError, LanguageLoader, unic_langid::LanguageIdentifier};

    /// Gives each message's identifier.
    #[derive(Debug, Default)]
    pub struct FluentLanguageLoader;

    impl FluentLanguageLoader {
        /// A message.
        #[must_use]
        pub fn get(&self, id: &str) -> String {
            id.to_owned()
        }

        /// Loads nothing.
        ///
        /// # Errors
        /// Never.
        pub fn load_languages(
            &self,
            _assets: &dyn I18nAssets,
            _languages: &[LanguageIdentifier],
        ) -> Result<(), I18nEmbedError> {
            Ok(())
        }

        /// Changes nothing.
        pub fn set_use_isolating(&self, _value: bool) {}
    }

    impl LanguageLoader for FluentLanguageLoader {}

    /// As the real crate's.
    #[macro_export]
    macro_rules! fluent_language_loader {
        () => {
            $crate::fluent::FluentLanguageLoader
        };
    }

    pub use crate::fluent_language_loader;
}

/// Files of messages: none is looked at.
pub trait I18nAssets {}

impl<T> I18nAssets for T {}

/// Loads messages.
pub trait LanguageLoader {}

/// Chooses a language.
pub trait Localizer {
    /// The loader.
    fn language_loader(&self) -> &'_ dyn LanguageLoader;

    /// The files.
    fn i18n_assets(&self) -> &'_ dyn I18nAssets;

    /// Chooses among the languages that there are: none.
    ///
    /// # Errors
    /// Never here.
    fn select(
        &self,
        requested: &[unic_langid::LanguageIdentifier],
    ) -> Result<Vec<unic_langid::LanguageIdentifier>, I18nEmbedError>;
}

/// Never made.
#[derive(Debug)]
pub enum I18nEmbedError {}

impl fmt::Display for I18nEmbedError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for I18nEmbedError {}

/// Chooses no language.
///
/// # Errors
/// Never.
pub fn select(
    _loader: &dyn LanguageLoader,
    _assets: &dyn I18nAssets,
    _requested: &[unic_langid::LanguageIdentifier],
) -> Result<Vec<unic_langid::LanguageIdentifier>, I18nEmbedError> {
    Ok(Vec::new())
}
