//! A chosen scope: a nullifier that can be linked to another, or to a leaf.

use demur_client::{
    author::{self, AuthorKeys, OpenRequest},
    reader::{DraftError, read_draft},
};
use demur_encoding::Digest;
use demur_signon::{Element, act::memo_scope};

use crate::common::{ORIGIN, check, prover, story::Story};

/// The operator answers a link with another memo's draft, or with one that it made up: another origin, edition, month,
/// counter or salt, so that the scope, and with it the nullifier, is the one that it wishes. The memo's identifier is
/// the hash of all of these, and stands in the link.
#[test]
fn a_draft_with_another_opening() {
    let story = Story::begin(61);
    let mirror = story.world.mirror();
    let memo = story.memo;
    let rng = &mut story.world.rng.clone();
    for case in 0..6 {
        let mut view = story.world.view(memo);
        let body = &mut view.opening.event.body;
        match case {
            0 => body.origin = "other.example/dissent".to_owned(),
            1 => body.edition.number = 2,
            2 => body.edition.root = Digest::new([1; 32]),
            3 => body.month = "2026-10".to_owned(),
            4 => body.counter += 1,
            _ => body.salt = Digest::new([7; 32]),
        }
        let other = body.id().unwrap();
        let read = read_draft(view.clone(), memo, &mirror, check(), rng);
        assert!(
            matches!(read, Err(DraftError::OtherMemo)),
            "case {case}: {read:?}"
        );
        // A link of its own making to it doesn't help: it stands nowhere in the record,
        let read = read_draft(view.clone(), other, &mirror, check(), rng);
        assert!(
            matches!(read, Err(DraftError::NotInRecord { .. })),
            "case {case}: {read:?}"
        );
        // and nobody proved it, or a rule forbids it.
        view.opening.at = None;
        view.versions.clear();
        view.sign_ons.clear();
        let read = read_draft(view, other, &mirror, check(), rng);
        assert!(
            matches!(read, Err(DraftError::Proofs(1) | DraftError::Memo { .. })),
            "case {case}: {read:?}"
        );
    }
}

/// The operator hopes that some scope makes a member's nullifier equal a leaf or a node of the tree, which would name
/// the member; or that one member's nullifiers on two memos have something in common. Tags keep the three kinds of
/// hash apart, and each memo's scope is its own.
#[test]
fn a_scope_that_makes_a_nullifier_a_leaf() {
    let mut story = Story::begin(62);
    let tree = story.edition.tree("all").unwrap().unwrap();
    let leaves: Vec<Element> = story.members.iter().map(|m| m.leaf).collect();
    let scopes = [Element::from_bytes([0; 32]).unwrap(), tree.root()]
        .into_iter()
        .chain(leaves.clone());
    for scope in scopes {
        for member in &story.members {
            let nullifier = member.secret().nullifier(scope);
            assert!(!leaves.contains(&nullifier) && nullifier != tree.root() && nullifier != scope);
        }
    }
    // A second memo, and what one member's acts on the two would share.
    let mirror = story.world.mirror();
    let (edition, keys) = (&story.edition, AuthorKeys::generate(&mut story.world.rng));
    let request = OpenRequest {
        edition,
        keys,
        co_authors: &[],
        threshold: 1,
    };
    let rng = &mut story.world.rng;
    let (my, _) =
        author::open_memo(&mut story.members[0], &mirror, request, prover(), rng).unwrap();
    assert_ne!(my.memo, story.memo);
    let root = story.edition.root();
    let mut all = Vec::new();
    for member in &story.members {
        for memo in [story.memo, my.memo] {
            all.push(member.secret().nullifier(memo_scope(ORIGIN, root, memo)));
        }
        // Nor does another channel with the same roster and the same memo have the same scope.
        all.push(
            member
                .secret()
                .nullifier(memo_scope("other.example/x", root, my.memo)),
        );
    }
    let count = all.len();
    all.sort_unstable_by_key(|nullifier| nullifier.to_bytes());
    all.dedup();
    assert_eq!(all.len(), count);
}
