//! Which of the acts that wait for a memo's authors makes room for another one.

use demur_encoding::Digest;

use crate::{
    limits::{MAX_WAITING, MAX_WAITING_FILES},
    problem::Refusal,
};

/// An act that waits, as the caps see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// What its authors signed.
    pub(super) body_hash: Digest,
    /// Whether a file waits with it.
    pub(super) file: bool,
    /// The author, where one alone approved it.
    pub(super) alone: Option<Digest>,
}

/// The act that goes when `author` adds another one to those that are there; `None` where there is room.
///
/// What several authors agreed on stays. Of what one alone approved something goes of whoever has most of it, the new act counted, so
/// that no author can keep the others from acting.
///
/// # Errors
/// `too-many`, where several authors agreed on each.
pub(super) fn for_another(
    there: &[Held],
    author: Digest,
    file: bool,
) -> Result<Option<Digest>, Refusal> {
    let files = there.iter().filter(|held| held.file).count();
    let files_only = file && files >= MAX_WAITING_FILES;
    if !files_only && there.len() < MAX_WAITING {
        return Ok(None);
    }
    let lonely = || {
        let may_go = there.iter().filter(|held| held.file || !files_only);
        may_go.filter_map(|held| held.alone.map(|by| (by, held.body_hash)))
    };
    let count = |of: Digest| {
        let new = usize::from(of == author);
        lonely().filter(|(by, _)| *by == of).count() + new
    };
    let goes = lonely().max_by_key(|(by, _)| count(*by));
    goes.map(|(_, hash)| Some(hash)).ok_or_else(|| {
        let message = format!(
            "several authors agreed on each of {MAX_WAITING} other acts that wait, or on each of {MAX_WAITING_FILES} with a file: \
             agree to one of these, or register a new version to clear filings that wait"
        );
        Refusal::rule("too-many", message)
    })
}

#[cfg(test)]
mod tests {
    use demur_encoding::sha256;

    use super::*;

    fn held(name: u8, file: bool, alone: Option<u8>) -> Held {
        Held {
            body_hash: sha256(&[name]),
            file,
            alone: alone.map(|author| Digest::new([author; 32])),
        }
    }

    fn goes(there: &[Held], author: u8, file: bool) -> Option<Option<Digest>> {
        for_another(there, Digest::new([author; 32]), file).ok()
    }

    #[test]
    fn whoever_has_most_makes_room() {
        let mut there = vec![held(0, true, Some(1))];
        assert_eq!(goes(&there, 2, true), Some(None));
        there.push(held(1, true, Some(1)));
        // One author's two files give way to the other's, and to a third of the same author.
        for author in [1, 2] {
            let gone = goes(&there, author, true).flatten().unwrap();
            assert!(there.iter().any(|held| held.body_hash == gone));
        }
        // An act without a file needs no such room.
        assert_eq!(goes(&there, 2, false), Some(None));
        // What the other has alone stays before one's own second one does.
        there[0].alone = Some(Digest::new([2; 32]));
        assert_eq!(goes(&there, 1, true), Some(Some(there[1].body_hash)));
        assert_eq!(goes(&there, 2, true), Some(Some(there[0].body_hash)));
        // What several agreed on stays.
        there[0].alone = None;
        assert_eq!(goes(&there, 2, true), Some(Some(there[1].body_hash)));
        there[1].alone = None;
        assert_eq!(goes(&there, 2, true), None);

        for name in 2..8 {
            there.push(held(name, false, Some(u8::from(name > 2) + 1)));
        }
        let gone = goes(&there, 3, false).flatten().unwrap();
        let gone = there.iter().find(|held| held.body_hash == gone).unwrap();
        assert_eq!(gone.alone, Some(Digest::new([2; 32])));
        assert_eq!(goes(&there, 3, true), None);
    }
}
