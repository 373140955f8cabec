//! TOML, read field by field.
//!
//! `toml` parses; what the fields must be is said by whoever reads them, in code that is the same for every table. (Derived
//! readers would be a tenth of what a signer's page loads: each table's code is made anew for each kind of value that
//! might stand in its place.)

use std::{borrow::Cow, ops::Range};

use toml::{
    de::{DeTable, DeValue},
    value::Date,
};

/// A value and where it stands.
pub use toml::Spanned;

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {problem}")]
pub struct TableError {
    /// Offset in bytes from the beginning of the document.
    pub at: usize,
    /// What is wrong there.
    pub problem: String,
}

impl TableError {
    /// At the beginning of a span.
    pub fn new(span: &Range<usize>, problem: impl Into<String>) -> Self {
        Self {
            at: span.start,
            problem: problem.into(),
        }
    }
}

/// A table whose fields are taken one by one.
#[derive(Debug)]
pub struct Table<'a> {
    fields: Vec<(Spanned<Cow<'a, str>>, Spanned<DeValue<'a>>)>,
    span: Range<usize>,
}

/// One value, not looked at yet.
#[derive(Debug)]
pub struct Field<'a>(Spanned<DeValue<'a>>);

impl<'a> Table<'a> {
    /// Reads a document, which may have the `known` fields and no others.
    ///
    /// # Errors
    /// When `text` is not TOML, or has another field.
    pub fn parse(text: &'a str, known: &[&str]) -> Result<Self, TableError> {
        let table = DeTable::parse(text)
            .map_err(|e| TableError::new(&e.span().unwrap_or_default(), e.message()))?;
        let span = table.span();
        Self::new(table.into_inner(), span, known)
    }

    fn new(table: DeTable<'a>, span: Range<usize>, known: &[&str]) -> Result<Self, TableError> {
        let fields: Vec<_> = table.into_iter().collect();
        let unknown = { fields.iter() }.find(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        if let Some((key, _)) = unknown {
            let problem = format!(
                "unknown field `{}`, expected {}",
                key.get_ref(),
                one_of(known)
            );
            return Err(TableError::new(&key.span(), problem));
        }
        Ok(Self { fields, span })
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Takes a field that may be missing.
    pub fn take(&mut self, name: &str) -> Option<Field<'a>> {
        let at = { self.fields.iter() }.position(|(key, _)| key.get_ref() == name)?;
        Some(Field(self.fields.swap_remove(at).1))
    }

    /// Takes a field.
    ///
    /// # Errors
    /// When it is missing.
    pub fn need(&mut self, name: &str) -> Result<Field<'a>, TableError> {
        self.take(name)
            .ok_or_else(|| TableError::new(&self.span, format!("missing field `{name}`")))
    }
}

impl<'a> Field<'a> {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }

    fn wanted(&self, what: &str) -> TableError {
        let found = self.0.get_ref().type_str();
        TableError::new(
            &self.span(),
            format!("invalid type: {found}, expected {what}"),
        )
    }

    /// A string.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn string(self) -> Result<Spanned<String>, TableError> {
        match self.0.get_ref() {
            DeValue::String(text) => Ok(Spanned::new(self.span(), text.clone().into_owned())),
            _ => Err(self.wanted("a string")),
        }
    }

    /// Which of the `known` words it is.
    ///
    /// # Errors
    /// When it is another one, or no string.
    pub fn word<T: Copy>(self, known: &[(&str, T)]) -> Result<T, TableError> {
        let text = self.string()?;
        let found = { known.iter() }.find(|(word, _)| word == text.get_ref());
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let problem = format!(
                "unknown variant `{}`, expected {}",
                text.get_ref(),
                one_of(&words)
            );
            TableError::new(&text.span(), problem)
        })
    }

    /// A whole number from 0 on; `None` for any other value, a number below zero among them.
    #[must_use]
    pub fn integer(&self) -> Option<u64> {
        let number = self.0.get_ref().as_integer()?;
        // TOML's integers are those of 64 bits with a sign.
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
        u64::try_from(value).ok()
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn boolean(&self) -> Result<bool, TableError> {
        { self.0.get_ref().as_bool() }.ok_or_else(|| self.wanted("a boolean"))
    }

    /// A local date, without a time; `None` for any other value.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        let stamp = self.0.get_ref().as_datetime()?;
        match (stamp.date, stamp.time, stamp.offset) {
            (Some(date), None, None) => Some(date),
            _ => None,
        }
    }

    /// The items of an array.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn array(self) -> Result<Vec<Self>, TableError> {
        match self.0.get_ref() {
            DeValue::Array(_) => {}
            _ => return Err(self.wanted("a sequence")),
        }
        match self.0.into_inner() {
            DeValue::Array(items) => Ok(items.into_iter().map(Self).collect()),
            _ => Ok(Vec::new()),
        }
    }

    /// The strings of an array.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn strings(self) -> Result<Vec<Spanned<String>>, TableError> {
        self.array()?.into_iter().map(Self::string).collect()
    }

    /// A table, which may have the `known` fields and no others.
    ///
    /// # Errors
    /// When it is anything else, or has another field.
    pub fn table(self, known: &[&str]) -> Result<Table<'a>, TableError> {
        let span = self.span();
        match self.0.get_ref() {
            DeValue::Table(_) => {}
            _ => return Err(self.wanted("a table")),
        }
        match self.0.into_inner() {
            DeValue::Table(table) => Table::new(table, span, known),
            _ => Table::new(DeTable::new(), span, known),
        }
    }
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match &quoted[..] {
        [only] => only.clone(),
        [one, other] => format!("{one} or {other}"),
        all => format!("one of {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["name", "many", "day", "on", "list", "in"];

    fn problem<T: std::fmt::Debug>(
        read: impl FnOnce(Table<'_>) -> Result<T, TableError>,
        text: &str,
    ) -> (usize, String) {
        let error = Table::parse(text, KNOWN).and_then(read).unwrap_err();
        (error.at, error.problem)
    }

    #[test]
    fn reads_each_kind_of_field() {
        let text = "name = \"n\"\nmany = 0x10\nday = 2026-11-27\non = true\nlist = [\"a\", 'b']\n[in]\nname = \"inner\"";
        let mut table = Table::parse(text, KNOWN).unwrap();
        assert_eq!(table.need("name").unwrap().string().unwrap().get_ref(), "n");
        assert_eq!(table.need("many").unwrap().integer(), Some(16));
        let day = table.need("day").unwrap().date().unwrap();
        assert_eq!((day.year, day.month, day.day), (2026, 11, 27));
        assert!(table.need("on").unwrap().boolean().unwrap());
        let list = table.need("list").unwrap().strings().unwrap();
        assert_eq!(list[1].get_ref(), "b");
        assert_eq!(&text[list[1].span()], "'b'");
        let mut inner = table.need("in").unwrap().table(&["name"]).unwrap();
        assert_eq!(
            inner
                .take("name")
                .unwrap()
                .word(&[("outer", 1), ("inner", 2)]),
            Ok(2)
        );
        assert!(inner.take("name").is_none());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        assert_eq!(
            problem(|_| Ok(()), "name = 1\nmore = 2"),
            (
                9,
                "unknown field `more`, expected one of `name`, `many`, `day`, `on`, `list`, `in`"
                    .to_owned()
            )
        );
        let name = |mut t: Table<'_>| t.need("name")?.string().map(drop);
        assert_eq!(problem(name, "on = true").1, "missing field `name`");
        assert_eq!(
            problem(name, "name = 7"),
            (7, "invalid type: integer, expected a string".to_owned())
        );
        assert_eq!(problem(name, "name = ").0, 7);
        let word = |mut t: Table<'_>| t.need("name")?.word(&[("a", ()), ("b", ())]);
        assert_eq!(
            problem(word, "name = \"c\""),
            (7, "unknown variant `c`, expected `a` or `b`".to_owned())
        );
        let table = |mut t: Table<'_>| t.need("in")?.table(&["only"]).map(drop);
        assert_eq!(
            problem(table, "[in]\nother = 1").1,
            "unknown field `other`, expected `only`"
        );
        assert_eq!(
            problem(table, "in = []").1,
            "invalid type: array, expected a table"
        );
        let list = |mut t: Table<'_>| t.need("list")?.strings().map(drop);
        assert_eq!(problem(list, "list = [\"a\", 1]").0, 13);
    }

    #[test]
    fn numbers_and_dates_of_another_form_are_none() {
        for text in [
            "many = -1",
            "many = 1.0",
            "many = 9223372036854775808",
            "many = \"1\"",
        ] {
            let mut table = Table::parse(text, KNOWN).unwrap();
            assert_eq!(table.need("many").unwrap().integer(), None, "{text}");
        }
        for text in [
            "day = 2026-11-27T10:00:00",
            "day = 10:00:00",
            "day = \"2026-11-27\"",
        ] {
            let mut table = Table::parse(text, KNOWN).unwrap();
            assert_eq!(table.need("day").unwrap().date(), None, "{text}");
        }
    }
}
