//! The paper as a DOCX (ECMA-376, transitional): the parts of its package, always in the same order.
//!
//! Nothing is compressed and all times are those of the archive's epoch, so that the bytes depend on what is said alone. No
//! picture, no link, no macro, nothing from elsewhere.

mod inside;
mod same;
mod styles;
mod text;
mod xml;

use std::io::{Cursor, Write as _};

use demur_extract::limits::MAX_FILE;
use zip::{
    CompressionMethod, DateTime, System, ZipWriter, result::ZipError, write::SimpleFileOptions,
};

pub use self::{
    inside::NoParts,
    same::{Difference, difference},
};
use self::{
    text::Story,
    xml::{W, Xml},
};
use crate::{PaperError, Parts, compose::Composed};

/// What types of content and relationships begin with.
const TYPE: &str = "application/vnd.openxmlformats-officedocument";
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

/// The names of the relationships to the heads and feet.
const HEADER_ID: &str = "rId3";
const FOOTER_ID: &str = "rId4";

pub(crate) fn write(composed: &Composed, parts: &Parts<'_>) -> Result<Vec<u8>, PaperError> {
    let part = |kind: &str| format!("{RELATION}/{kind}");
    let files = [
        ("[Content_Types].xml", content_types()?),
        (
            "_rels/.rels",
            relations(&[
                ("rId1", &part("officeDocument"), "word/document.xml"),
                (
                    "rId2",
                    &format!("{PACKAGE}/relationships/metadata/core-properties"),
                    "docProps/core.xml",
                ),
            ])?,
        ),
        ("docProps/core.xml", core(composed)?),
        (
            "word/document.xml",
            text::document(composed, parts.setting.size)?,
        ),
        (
            "word/_rels/document.xml.rels",
            relations(&[
                ("rId1", &part("styles"), "styles.xml"),
                ("rId2", &part("settings"), "settings.xml"),
                (HEADER_ID, &part("header"), "header1.xml"),
                (FOOTER_ID, &part("footer"), "footer1.xml"),
                ("rId5", &part("customXml"), "../customXml/item1.xml"),
            ])?,
        ),
        ("word/styles.xml", styles::styles()?),
        ("word/settings.xml", settings()?),
        (
            "word/header1.xml",
            text::edge(Story::Header, composed, parts.setting.size)?,
        ),
        (
            "word/footer1.xml",
            text::edge(Story::Footer, composed, parts.setting.size)?,
        ),
        ("customXml/item1.xml", inside::item(&parts.files()?)?),
        ("customXml/itemProps1.xml", inside::properties()?),
        (
            "customXml/_rels/item1.xml.rels",
            relations(&[("rId1", &part("customXmlProps"), "itemProps1.xml")])?,
        ),
    ];
    let bytes = zipped(&files).map_err(|e| PaperError::Write(e.to_string()))?;
    if bytes.len() > MAX_FILE {
        return Err(PaperError::Large);
    }
    Ok(bytes)
}

fn zipped(files: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        // On whatever system it is written.
        .system(System::Unix)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// ECMA-376 Part 2, 7.2.3.
fn content_types() -> Result<Vec<u8>, PaperError> {
    let word = |kind: &str| format!("{TYPE}.wordprocessingml.{kind}+xml");
    let mut xml = Xml::new();
    xml.open("Types", &[("xmlns", &format!("{PACKAGE}/content-types"))]);
    for (extension, kind) in [
        (
            "rels",
            "application/vnd.openxmlformats-package.relationships+xml",
        ),
        ("xml", "application/xml"),
    ] {
        xml.empty(
            "Default",
            &[("Extension", extension), ("ContentType", kind)],
        );
    }
    for (name, kind) in [
        (
            "/docProps/core.xml",
            "application/vnd.openxmlformats-package.core-properties+xml".to_owned(),
        ),
        ("/word/document.xml", word("document.main")),
        ("/word/styles.xml", word("styles")),
        ("/word/settings.xml", word("settings")),
        ("/word/header1.xml", word("header")),
        ("/word/footer1.xml", word("footer")),
        (
            "/customXml/itemProps1.xml",
            format!("{TYPE}.customXmlProperties+xml"),
        ),
    ] {
        xml.empty("Override", &[("PartName", name), ("ContentType", &kind)]);
    }
    xml.close();
    xml.finish()
}

/// ECMA-376 Part 2, 6.5: identifier, type, target.
fn relations(all: &[(&str, &str, &str)]) -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    let namespace = format!("{PACKAGE}/relationships");
    xml.open("Relationships", &[("xmlns", &namespace)]);
    for (id, kind, target) in all {
        xml.empty(
            "Relationship",
            &[("Id", id), ("Type", kind), ("Target", target)],
        );
    }
    xml.close();
    xml.finish()
}

/// ECMA-376 Part 2, 8: its title, who made it, and its date, which is the record's.
fn core(composed: &Composed) -> Result<Vec<u8>, PaperError> {
    let title = text::clean(&composed.title, "the title")?;
    let time = composed.time.to_string();
    let mut xml = Xml::new();
    xml.open(
        "cp:coreProperties",
        &[
            (
                "xmlns:cp",
                &format!("{PACKAGE}/metadata/core-properties") as &str,
            ),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ("xmlns:dcterms", "http://purl.org/dc/terms/"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ],
    );
    xml.element("dc:title", &[], &title);
    xml.element("dc:creator", &[], "Demur");
    for name in ["dcterms:created", "dcterms:modified"] {
        xml.element(name, &[("xsi:type", "dcterms:W3CDTF")], &time);
    }
    xml.close();
    xml.finish()
}

/// ECMA-376 Part 1, 17.15.1: it is laid out as today's word processors do, not as those of 2007.
fn settings() -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    xml.open("w:settings", &[("xmlns:w", W)]);
    xml.open("w:compat", &[]);
    xml.empty(
        "w:compatSetting",
        &[
            ("w:name", "compatibilityMode"),
            ("w:uri", "http://schemas.microsoft.com/office/word"),
            ("w:val", "15"),
        ],
    );
    xml.close();
    xml.close();
    xml.finish()
}
