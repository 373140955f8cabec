//! Writing XML, all of it escaped (by `quick-xml`).

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

use crate::PaperError;

/// WordprocessingML.
pub(super) const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// Attributes: names and values.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A part being written.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
    /// The elements that are open.
    open: Vec<&'static str>,
    failed: Option<String>,
}

impl Xml {
    pub(super) fn new() -> Self {
        let mut out = Self {
            writer: Writer::new(Vec::new()),
            open: Vec::new(),
            failed: None,
        };
        let declaration = BytesDecl::new("1.0", Some("UTF-8"), Some("yes"));
        out.put(Event::Decl(declaration));
        out
    }

    pub(super) fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.open.push(name);
        self.put(Event::Start(start(name, attributes)));
    }

    /// Ends what was opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.put(Event::End(BytesEnd::new(name)));
        }
    }

    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.put(Event::Empty(start(name, attributes)));
    }

    /// An element of text alone.
    pub(super) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.open(name, attributes);
        self.put(Event::Text(BytesText::new(text)));
        self.close();
    }

    /// An element of WordprocessingML whose attribute says all.
    pub(super) fn val(&mut self, name: &str, value: &str) {
        self.empty(name, &[("w:val", value)]);
    }

    /// The part.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, PaperError> {
        while !self.open.is_empty() {
            self.close();
        }
        match self.failed {
            None => Ok(self.writer.into_inner()),
            Some(failed) => Err(PaperError::Write(failed)),
        }
    }

    fn put(&mut self, event: Event<'_>) {
        if let Err(e) = self.writer.write_event(event) {
            self.failed.get_or_insert(e.to_string());
        }
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'a>) -> BytesStart<'a> {
    BytesStart::new(name).with_attributes(attributes.iter().copied())
}
