//! Files made by program.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{Cursor, Write as _};

use demur_extract::{Doubt, DoubtKind, Extracted, Hint, extract};
use zip::{ZipWriter, write::SimpleFileOptions};

/// The namespaces that a document declares.
const NAMESPACES: &str = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wp="urn:wp" xmlns:v="urn:v" xmlns:w14="urn:w14" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:a="urn:a" xmlns:w15="urn:w15" xmlns:wps="urn:wps" xmlns:o="urn:o""#;

/// A DOCX in the making: parts by name.
pub(crate) struct Docx {
    pub(crate) parts: Vec<(String, Vec<u8>)>,
    relations: String,
    body: String,
    /// What its one section refers to.
    section: String,
}

impl Docx {
    /// With that body.
    pub(crate) fn new(body: &str) -> Self {
        let mut out = Self {
            parts: Vec::new(),
            relations: String::new(),
            body: body.to_owned(),
            section: String::new(),
        };
        out.part(
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#,
        );
        out
    }

    pub(crate) fn part(&mut self, name: &str, content: &str) {
        self.parts
            .push((name.to_owned(), content.as_bytes().to_vec()));
    }

    /// A part that the document refers to, `root` its element. A head or foot is named by its section: the first one on usual pages,
    /// the second on the title page.
    pub(crate) fn with(mut self, kind: &str, root: &str, content: &str) -> Self {
        let n = self.parts.len();
        if matches!(kind, "header" | "footer") {
            let first = self.section.contains(kind);
            let page = if first { "first" } else { "default" };
            self.section.push_str(&format!(
                r#"<w:{kind}Reference w:type="{page}" r:id="x{n}"/>"#
            ));
            if first {
                self.section.push_str("<w:titlePg/>");
            }
        }
        self.loose(kind, root, content)
    }

    /// The same, but no section names it.
    pub(crate) fn loose(mut self, kind: &str, root: &str, content: &str) -> Self {
        let n = self.parts.len();
        self.relations.push_str(&format!(
            r#"<Relationship Id="x{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="part{n}.xml"/>"#
        ));
        let prefix = if kind == "theme" { "a" } else { "w" };
        self.part(
            &format!("word/part{n}.xml"),
            &format!("<{prefix}:{root} {NAMESPACES}>{content}</{prefix}:{root}>"),
        );
        self
    }

    /// Settings of its one section.
    pub(crate) fn section(mut self, more: &str) -> Self {
        self.section.push_str(more);
        self
    }

    pub(crate) fn relation(mut self, relation: &str) -> Self {
        self.relations.push_str(relation);
        self
    }

    /// All its parts.
    pub(crate) fn into_parts(mut self) -> Vec<(String, Vec<u8>)> {
        let (body, section) = (
            std::mem::take(&mut self.body),
            std::mem::take(&mut self.section),
        );
        self.part(
            "word/document.xml",
            &format!("<w:document {NAMESPACES}><w:body>{body}<w:sectPr>{section}</w:sectPr></w:body></w:document>"),
        );
        let relations = format!(
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"#,
            self.relations
        );
        self.part("word/_rels/document.xml.rels", &relations);
        self.parts
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        zipped(&self.into_parts())
    }
}

pub(crate) fn zipped(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A paragraph of one run.
pub(crate) fn p(text: &str) -> String {
    format!("<w:p>{}</w:p>", r("", text))
}

/// A run with properties.
pub(crate) fn r(properties: &str, text: &str) -> String {
    format!(r#"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>"#)
}

pub(crate) fn read(bytes: &[u8]) -> Extracted {
    extract(bytes, Hint::default()).unwrap()
}

pub(crate) fn refused(bytes: &[u8]) -> String {
    extract(bytes, Hint::default()).unwrap_err().to_string()
}

pub(crate) fn kinds(extracted: &Extracted) -> Vec<DoubtKind> {
    extracted.doubts.iter().map(|d: &Doubt| d.kind).collect()
}

pub(crate) fn text(extracted: &Extracted) -> &str {
    &extracted.readings[0].text
}

#[cfg(feature = "pdf")]
/// A PDF in the making: one content stream for each page.
pub(crate) struct Pdf {
    /// Objects by number, from 1: catalogue, pages, font `/F`, then what is added.
    objects: Vec<String>,
    pages: Vec<String>,
    resources: String,
    page: String,
}

#[cfg(feature = "pdf")]
impl Pdf {
    pub(crate) fn new() -> Self {
        Self::with_font(
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        )
    }

    pub(crate) fn with_font(font: &str) -> Self {
        Self {
            objects: vec![String::new(), String::new(), font.to_owned()],
            pages: Vec::new(),
            resources: String::new(),
            page: String::new(),
        }
    }

    /// Adds an object; its number.
    pub(crate) fn object(&mut self, object: &str) -> usize {
        self.objects.push(object.to_owned());
        self.objects.len()
    }

    /// Puts another object in the place of one.
    pub(crate) fn replaced(mut self, number: usize, object: &str) -> Self {
        object.clone_into(&mut self.objects[number - 1]);
        self
    }

    /// Adds to every page's resources.
    pub(crate) fn resources(mut self, more: &str) -> Self {
        self.resources.push_str(more);
        self
    }

    /// Adds to every page's dictionary.
    pub(crate) fn on_page(mut self, more: &str) -> Self {
        self.page.push_str(more);
        self
    }

    pub(crate) fn page(mut self, content: &str) -> Self {
        self.pages.push(content.to_owned());
        self
    }

    /// The file; `catalogue` stands in its root.
    pub(crate) fn finish(mut self, catalogue: &str) -> Vec<u8> {
        let mut kids = Vec::new();
        for content in std::mem::take(&mut self.pages) {
            let stream = format!(
                "<< /Length {} >>\nstream\n{content}\nendstream",
                content.len()
            );
            let stream = self.object(&stream);
            let (resources, page) = (self.resources.clone(), self.page.clone());
            kids.push(self.object(&format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {stream} 0 R {page} /Resources << /Font << /F 3 0 R >> {resources} >> >>"
            )));
        }
        let list: Vec<String> = kids.iter().map(|n| format!("{n} 0 R")).collect();
        self.objects[0] = format!("<< /Type /Catalog /Pages 2 0 R {catalogue} >>");
        self.objects[1] = format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            list.join(" "),
            kids.len()
        );
        demur_extract::write_pdf(&self.objects)
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.finish("")
    }
}

#[cfg(feature = "pdf")]
/// A file whose objects were changed, with a table that leads to where they stand now.
pub(crate) fn mended(bytes: &[u8]) -> Vec<u8> {
    let find = |what: &[u8], from: usize| {
        let found = bytes[from..].windows(what.len()).position(|w| w == what);
        found.map(|at| at + from)
    };
    let end = find(b"trailer", 0).unwrap();
    let trailer = &bytes[end..];
    let stop = trailer.windows(2).rposition(|w| w == b">>").unwrap() + 2;
    let body = &bytes[..find(b"\nxref\n", 0).unwrap_or(end - 1) + 1];
    let mut places = Vec::new();
    let mut at = 0;
    for n in 1.. {
        let Some(found) = find(format!("\n{n} 0 obj\n").as_bytes(), at) else {
            break;
        };
        at = found + 1;
        places.push(format!("{at:010} 00000 n \n"));
    }
    let table = format!(
        "xref\n0 {}\n0000000000 65535 f \n{}",
        places.len() + 1,
        places.concat()
    );
    let start = format!("\nstartxref\n{}\n%%EOF\n", body.len());
    [body, table.as_bytes(), &trailer[..stop], start.as_bytes()].concat()
}

/// Lines of text in 12 points, one under the other.
pub(crate) fn lines(lines: &[&str]) -> String {
    let mut out = String::from("BT /F 12 Tf 72 720 Td 15 TL\n");
    for line in lines {
        out.push_str(&format!("({line}) Tj T*\n"));
    }
    out.push_str("ET\n");
    out
}

#[cfg(feature = "pdf")]
impl From<Pdf> for Vec<u8> {
    fn from(pdf: Pdf) -> Self {
        pdf.bytes()
    }
}

impl From<Docx> for Vec<u8> {
    fn from(docx: Docx) -> Self {
        docx.bytes()
    }
}

/// The copy is read with that doubt.
#[track_caller]
pub(crate) fn told(copy: impl Into<Vec<u8>>, kind: DoubtKind) {
    let copy = read(&copy.into());
    assert!(
        kinds(&copy).contains(&kind),
        "{:?}\n{}",
        copy.doubts,
        text(&copy)
    );
}

/// The copy, which is read without a doubt.
#[track_caller]
pub(crate) fn sound(copy: impl Into<Vec<u8>>) -> Extracted {
    let copy = read(&copy.into());
    assert!(copy.doubts.is_empty(), "{:?}\n{}", copy.doubts, text(&copy));
    copy
}
