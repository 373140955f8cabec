//! A paper's files in a DOCX: custom XML (ECMA-376 Part 1, 15.2.5), which word processors keep when they save it again.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use demur_extract::{ExtractError, custom_xml};
use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
};

use super::xml::Xml;
use crate::{BUNDLE_NAME, PaperError, Parts, RESPONSE_NAME, SETTING_NAME, parts::Attached};

/// The vocabulary of the part that holds them.
const NAMESPACE: &str = "urn:demur:paper:1";

/// Its properties' vocabulary (22.5).
const PROPERTIES: &str = "http://schemas.openxmlformats.org/officeDocument/2006/customXml";

/// What word processors tell the part by: there is one in a document.
const ITEM_ID: &str = "{D13B2B6F-5A0E-4C4B-9C55-6C1F0B7A8E01}";

/// Why nothing that a paper was made of could be taken out of a DOCX.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoParts {
    /// Its archive can't be read, or the reader won't.
    #[error(transparent)]
    Unreadable(#[from] ExtractError),
    /// It has none, or two, or others than a paper has.
    #[error("it has no bundle inside, once and whole")]
    None,
}

impl Parts<'static> {
    /// Those of a DOCX of ours, as it was made or as a word processor saved it, where it has exactly one of each.
    ///
    /// What is found proves nothing about the paper, which must be made once more from it.
    ///
    /// # Errors
    /// See [`NoParts`].
    pub fn of_docx(docx: &[u8]) -> Result<Self, NoParts> {
        let items = custom_xml(docx)?;
        let mut ours = items.iter().filter_map(|item| read(item).transpose());
        let files = ours.next().ok_or(NoParts::None)??;
        if ours.next().is_some() {
            return Err(NoParts::None);
        }
        let Files {
            bundle: Some(bundle),
            setting: Some(setting),
            response,
        } = files
        else {
            return Err(NoParts::None);
        };
        Self::read(bundle.into(), &setting, response.as_deref()).ok_or(NoParts::None)
    }
}

/// The part.
pub(super) fn item(files: &[Attached]) -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    xml.open("paper", &[("xmlns", NAMESPACE)]);
    for Attached { name, data, what } in files {
        let base64 = STANDARD.encode(data);
        xml.element("file", &[("name", name), ("about", what)], &base64);
    }
    xml.close();
    xml.finish()
}

/// What the part is told by.
pub(super) fn properties() -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    xml.open(
        "ds:datastoreItem",
        &[("ds:itemID", ITEM_ID), ("xmlns:ds", PROPERTIES)],
    );
    xml.open("ds:schemaRefs", &[]);
    xml.empty("ds:schemaRef", &[("ds:uri", NAMESPACE)]);
    xml.close();
    xml.close();
    xml.finish()
}

#[derive(Default)]
struct Files {
    bundle: Option<Vec<u8>>,
    setting: Option<Vec<u8>>,
    response: Option<Vec<u8>>,
}

/// The files in a part; `None` where it is somebody else's.
fn read(item: &[u8]) -> Result<Option<Files>, NoParts> {
    let Ok(text) = std::str::from_utf8(item) else {
        return Ok(None);
    };
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut files = Files::default();
    // Within the root, and within a file: what it is, and its base64.
    let (mut within, mut file) = (false, None::<(String, String)>);
    loop {
        let Ok((namespace, event)) = reader.read_resolved_event() else {
            return if within { Err(NoParts::None) } else { Ok(None) };
        };
        let ours = matches!(&namespace, ResolveResult::Bound(Namespace(uri)) if *uri == NAMESPACE);
        match event {
            Event::Start(start) if !within => {
                if !ours || start.local_name().as_ref() != "paper" {
                    return Ok(None);
                }
                within = true;
            }
            Event::Start(start)
                if file.is_none() && ours && start.local_name().as_ref() == "file" =>
            {
                file = Some((name(&start)?, String::new()));
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                match &mut file {
                    Some((_, base64)) => {
                        base64.extend(text.chars().filter(|c| !c.is_ascii_whitespace()));
                    }
                    None if text.trim_ascii().is_empty() => {}
                    None => return Err(NoParts::None),
                }
            }
            Event::End(_) => match file.take() {
                Some((name, base64)) => put(&mut files, &name, &base64)?,
                None => return Ok(Some(files)),
            },
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Empty(_) if !within => return Ok(None),
            Event::Eof if !within => return Ok(None),
            _ => return if within { Err(NoParts::None) } else { Ok(None) },
        }
    }
}

fn name(start: &BytesStart<'_>) -> Result<String, NoParts> {
    let name = start.try_get_attribute("name").ok().flatten();
    let name = name.and_then(|n| {
        n.normalized_value(XmlVersion::Implicit1_0)
            .ok()
            .map(String::from)
    });
    name.ok_or(NoParts::None)
}

fn put(files: &mut Files, name: &str, base64: &str) -> Result<(), NoParts> {
    let place = match name {
        BUNDLE_NAME => &mut files.bundle,
        SETTING_NAME => &mut files.setting,
        RESPONSE_NAME => &mut files.response,
        _ => return Err(NoParts::None),
    };
    let data = STANDARD.decode(base64).map_err(|_| NoParts::None)?;
    match place.replace(data) {
        None => Ok(()),
        Some(_) => Err(NoParts::None),
    }
}
