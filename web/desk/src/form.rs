//! What a form holds.

use zeroize::Zeroizing;

use crate::answer::Trouble;

/// The most fields of one form.
const MAX_FIELDS: usize = 512;

/// One field.
#[derive(Clone)]
pub enum Field {
    /// A text; wiped when dropped, since it may be a passphrase.
    Text(Zeroizing<String>),
    /// A file that was chosen or dropped.
    File {
        /// Its name.
        name: String,
        /// What is in it.
        bytes: Vec<u8>,
    },
}

/// The fields in their order; a name may stand more than once.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, Field)>);

impl Form {
    /// One without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field; beyond 512 of them nothing is taken.
    pub fn push(&mut self, name: &str, field: Field) {
        if self.0.len() < MAX_FIELDS {
            self.0.push((name.to_owned(), field));
        }
    }

    /// With one more text: for tests and for the desk itself.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.push(name, Field::Text(Zeroizing::new(text.to_owned())));
        self
    }

    /// The text of a field, white space at its ends cut off; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &'static str) -> &str {
        self.raw(name).trim()
    }

    /// The text of a field as it was typed.
    #[must_use]
    pub fn raw(&self, name: &'static str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All texts of that name, in order.
    pub fn all<'f>(&'f self, name: &'static str) -> impl Iterator<Item = &'f str> + use<'f> {
        self.0.iter().filter_map(move |(n, field)| match field {
            Field::Text(text) if n == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn ticked(&self, name: &'static str) -> bool {
        !self.text(name).is_empty()
    }

    /// The files of that name that hold anything.
    pub fn files<'f>(
        &'f self,
        name: &'static str,
    ) -> impl Iterator<Item = (&'f str, &'f [u8])> + use<'f> {
        self.0.iter().filter_map(move |(n, field)| match field {
            Field::File { name: file, bytes } if n == name && !bytes.is_empty() => {
                Some((file.as_str(), bytes.as_slice()))
            }
            _ => None,
        })
    }

    /// A text that must be there.
    pub(crate) fn need<'f>(&'f self, name: &'static str, what: &str) -> Result<&'f str, Trouble> {
        match self.text(name) {
            "" => Err(Trouble::input(format!("{what}: this is needed"))),
            text => Ok(text),
        }
    }
}
