//! Custom XML (ECMA-376 Part 1, 15.2.5): what programs keep in a document beside its text. No page shows it.

use super::{
    archive::Archive,
    main_part,
    package::{Target, relations},
};
use crate::{
    ExtractError,
    limits::{MAX_CUSTOM, MAX_FILE},
};

/// The parts of custom XML that a DOCX's main part names, in that order, as they are: they are not parsed.
///
/// # Errors
/// As for a document that is read ([`crate::extract`]): damaged, over a limit, or no DOCX.
pub fn custom_xml(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ExtractError> {
    if bytes.len() > MAX_FILE {
        return Err(ExtractError::TooLarge { size: bytes.len() });
    }
    let mut archive = Archive::open(bytes)?;
    let main = main_part(&mut archive, bytes)?;
    let mut out = Vec::new();
    for relation in relations(&mut archive, &main)? {
        if relation.kind != "customXml" {
            continue;
        }
        if out.len() >= MAX_CUSTOM {
            return Err(ExtractError::Limit {
                what: "too many parts of custom XML",
                limit: MAX_CUSTOM,
            });
        }
        if let Target::Part(name) = relation.target {
            out.extend(archive.part(&name)?);
        }
    }
    Ok(out)
}
