//! What goes to the mailboxes, in parts that fit a request.

use demur_encoding::{Digest, Time};

use crate::{
    api::{Enrolment, MAX_PART, MAX_PART_BYTES, PostReplies, PostTickets},
    calls,
    keys::RoleKeys,
};

/// Replies in parts of at most [`MAX_PART`], and of [`MAX_PART_BYTES`] together unless one alone is larger. Each
/// part can be sent again by itself.
pub fn parts(replies: &[Enrolment]) -> impl Iterator<Item = &[Enrolment]> {
    let mut rest = replies;
    std::iter::from_fn(move || {
        let mut left = MAX_PART_BYTES;
        let fits = |reply: &&Enrolment| {
            let size = reply.sealed.0.len();
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        };
        let count = rest.iter().take(MAX_PART).take_while(fits).count().max(1);
        let (part, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(part)
    })
}

impl RoleKeys {
    /// A part of the mailboxes, for [`calls::tickets`].
    #[must_use]
    pub fn tickets(&self, tickets: Vec<Digest>, now: Time) -> PostTickets {
        PostTickets {
            request: self.request("tickets", &calls::subject_of(&tickets), now),
            tickets,
        }
    }

    /// A part of the replies, for [`calls::replies`].
    #[must_use]
    pub fn replies(&self, replies: Vec<Enrolment>, now: Time) -> PostReplies {
        PostReplies {
            request: self.request("replies", &calls::subject_of(&replies), now),
            replies,
        }
    }
}

#[cfg(test)]
mod tests {
    use demur_encoding::{Bytes, sha256};

    use super::*;

    fn replies(sizes: &[usize]) -> Vec<Enrolment> {
        let reply = |(i, size): (usize, &usize)| Enrolment {
            ticket: sha256(&i.to_be_bytes()),
            sealed: Bytes(vec![0; *size]),
        };
        sizes.iter().enumerate().map(reply).collect()
    }

    #[test]
    fn parts_are_bounded_in_number_and_size_and_lose_nothing() {
        let lengths = |sizes: &[usize]| -> Vec<usize> {
            let all = replies(sizes);
            assert_eq!(parts(&all).flatten().count(), sizes.len());
            parts(&all).map(<[Enrolment]>::len).collect()
        };
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(lengths(&vec![2_000; 100_000]), [1_000; 100]);
        let third = MAX_PART_BYTES / 3;
        assert_eq!(lengths(&[third; 7]), [3, 3, 1]);
        assert_eq!(lengths(&[MAX_PART_BYTES + 1, 1, 1]), [1, 2]);
        // The largest part as JSON, in base64, fits the body of a request (6 MiB).
        let largest = parts(&replies(&vec![MAX_PART_BYTES / 1_000; 2_000]))
            .map(|part| serde_json::to_vec(part).unwrap().len())
            .max();
        assert!(largest.unwrap() < 5 << 20, "{largest:?}");
    }
}
