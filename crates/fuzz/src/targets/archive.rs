//! What a home keeps: a segment of an archive.

use demur_archive::{Archive, Document, Segment};
use demur_check::copy::{CopyText, Paragraph, Place, Text};
use demur_memo::Kind;

/// A segment, and questions to the archive that it makes.
pub fn archive(data: &[u8]) -> bool {
    let Ok(segment) = Segment::parse(data.to_vec().into()) else {
        return false;
    };
    assert_eq!(segment.as_bytes(), data);
    assert!(segment.text_bytes() + segment.index_bytes() <= data.len());
    let documents = segment.len();
    let archive = Archive::new(vec![segment]).expect("a segment has no name and number twice");
    assert_eq!(archive.len(), documents);
    assert!(archive.memos() <= documents);
    let copy = CopyText::parse(QUESTION.as_bytes()).expect("the question is a copy");
    for found in archive.match_copy(&copy).matches {
        assert!(found.comparison.nearest.is_some());
    }
    let _ = archive.match_quote(QUESTION);
    let _ = archive.search("ferry permit");
    true
}

const QUESTION: &str = "The permit lets four hundred passengers board the night ferry.";

pub(crate) mod seeds {
    use super::{Document, Kind, Paragraph, Place, QUESTION, Segment, Text};

    pub(crate) fn archive() -> Vec<Vec<u8>> {
        let document = |memo: &str, version, text: &str| Document {
            memo: memo.to_owned(),
            version,
            proved: version == 2,
            title: "The night ferry".to_owned(),
            banner: "SENSITIVE BUT UNCLASSIFIED".to_owned(),
            text: Text {
                version,
                paragraphs: vec![
                    Paragraph::shown(
                        Place::Head("title".to_owned()),
                        None,
                        Kind::Paragraph,
                        "The night ferry",
                    ),
                    Paragraph::shown(
                        Place::Paragraph(1),
                        Some("SBU".to_owned()),
                        Kind::List,
                        text,
                    ),
                ],
            },
        };
        let all = [
            document("ferry", 1, QUESTION),
            document("ferry", 2, "The permit lets two hundred passengers board."),
            document("market", 1, "The price of grain doubled in the spring."),
        ];
        let bytes = |documents: &[Document]| {
            let segment = Segment::new(documents).expect("the documents are small");
            segment.as_bytes().to_vec()
        };
        vec![bytes(&[]), bytes(&all[..1]), bytes(&all)]
    }
}
