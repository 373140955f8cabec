//! What the office writes: its profile, its responses; and what the authors reply.

use demur_channel::{Profile, Rejoinder, Response, ResponseFile};
use demur_encoding::{Time, canonical, merkle, sha256};

use crate::spellings;

/// A profile, and due dates by its calendar.
pub fn profile(data: &[u8]) -> bool {
    let Some(profile) = str::from_utf8(data)
        .ok()
        .and_then(|text| Profile::parse(text).ok())
    else {
        return false;
    };
    let choice = sha256(data);
    let (chosen, _) = choice.as_bytes().split_first_chunk::<8>().expect("of 32");
    let within = u64::from_be_bytes(*chosen) % 253_402_300_800;
    for start in [0, 1_795_435_200, within, u64::MAX].map(Time::from_unix) {
        let deadlines = &profile.deadlines;
        let terms = [
            Some(deadlines.acknowledge),
            deadlines.respond,
            Some(deadlines.respond_at_most),
        ];
        for term in terms.into_iter().flatten() {
            let due = profile.due(start, term);
            assert!(due.end >= start, "{term} from {start}: {due:?}");
        }
    }
    true
}

/// A response as text and as the file that is sealed; a rejoinder.
pub fn response(data: &[u8]) -> bool {
    let mut read = false;
    if let Some(response) = str::from_utf8(data)
        .ok()
        .and_then(|text| Response::parse(text).ok())
    {
        let text = response.to_text();
        assert_eq!(Response::parse(&text).as_ref(), Ok(&response), "{text}");
        let memo = response.memo();
        let complete = (0..=64).any(|points| response.check_complete(memo, points).is_ok());
        let numbers = response.points().iter().map(|p| p.number);
        assert_eq!(
            complete,
            numbers.eq(1..=u32::try_from(response.points().len()).expect("64"))
        );
        let file = ResponseFile {
            salt: sha256(data),
            response,
        };
        let bytes = file.to_vec().expect("it was parsed");
        assert_eq!(ResponseFile::from_slice(&bytes), Ok(file));
        read = true;
    }
    for data in spellings(data) {
        if let Ok(file) = ResponseFile::from_slice(&data) {
            read = true;
            assert_eq!(file.to_vec().as_ref(), Ok(&data));
            let leaves = file.leaves().expect("it was read");
            let tree = file.tree().expect("it was read");
            for (index, leaf) in (0..).zip(&leaves) {
                let proof = tree.prove(index).expect("it is there");
                let size = leaves.len() as u64;
                assert!(merkle::verify(tree.root(), size, index, leaf, &proof));
            }
        }
        if let Ok(rejoinder) = canonical::from_slice::<Rejoinder>(&data) {
            read = true;
            assert_eq!(canonical::to_vec(&rejoinder).as_ref(), Ok(&data));
            let _ = rejoinder.digest();
        }
    }
    read
}

/// See the module.
pub(crate) mod seeds {
    use demur_channel::{Rejoinder, Response, ResponseFile, SHIPPED};
    use demur_encoding::{canonical, sha256};

    pub(crate) fn profile() -> Vec<Vec<u8>> {
        SHIPPED
            .iter()
            .map(|(_, text)| text.as_bytes().to_vec())
            .collect()
    }

    pub(crate) fn response() -> Vec<Vec<u8>> {
        let memo = sha256(b"memo");
        let text = format!(
            "+++\nmemo = \"{memo}\"\n+++\nThank you.\n\n## Point 1: accepted\nYes.\n\n## Point 2: partly\nIn June.\n\nNot before.\n"
        );
        let response = Response::parse(&text).expect("a valid response");
        let file = ResponseFile {
            salt: sha256(b"salt"),
            response,
        };
        let rejoinder = Rejoinder::new(memo, "June is late.").expect("short");
        vec![
            text.into_bytes(),
            file.to_vec().expect("it was parsed"),
            canonical::to_vec(&rejoinder).expect("text"),
        ]
    }
}
