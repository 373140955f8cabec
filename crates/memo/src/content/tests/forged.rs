//! Authors who commit to what is no memo, and passages without their marking.

use super::*;

/// A content whose author made the parts by hand, with a root and counts that fit them.
fn forged(change: impl Fn(&mut Vec<Part>, &mut Vec<Part>)) -> Content {
    let Content {
        mut head,
        mut body,
        seed,
        ..
    } = content();
    change(&mut head, &mut body);
    let words = body.iter().flat_map(|p| &p.words).count();
    let narrow = |n: usize| u32::try_from(n).unwrap();
    let counts = Counts {
        portions: narrow(body.len()),
        words: narrow(words),
    };
    let root = tree::content_root(&head, &body, &seed, counts);
    Content {
        head,
        body,
        seed,
        root,
        counts,
    }
}

/// The author of a version is not trusted either: the signed root may commit to anything.
#[test]
fn what_is_no_memo_is_refused_even_under_its_own_root() {
    let whole = |content: &Content| {
        open(content, &content.disclose(&Selection::whole()).unwrap()).map(|d| d.is_whole())
    };
    assert_eq!(whole(&forged(|_, _| ())), Ok(true));
    let part = |label: &str| Part::new(label.to_owned(), String::new(), "word");
    let label = |content: &Content| {
        let opened = whole(content);
        assert!(
            matches!(opened, Err(DisclosureError::Label(_))),
            "{opened:?}"
        );
    };
    label(&forged(|head, _| head.push(part("title"))));
    label(&forged(|head, _| head.push(part("secret"))));
    label(&forged(|head, _| drop(head.remove(0))));
    label(&forged(|head, _| head.swap(1, 2)));
    label(&forged(|head, _| head[2].label = "to/3".to_owned()));
    label(&forged(|head, _| head.insert(4, part("author/1"))));
    label(&forged(|head, _| drop(head.pop())));
    label(&forged(|_, body| body[0].label = "heading/7".to_owned()));
    label(&forged(|_, body| body[0].label = "footnote".to_owned()));
    label(&forged(|_, body| body[0].label = "title".to_owned()));
    let form = |content: &Content| {
        let opened = whole(content);
        assert!(
            matches!(opened, Err(DisclosureError::Form(_))),
            "{opened:?}"
        );
    };
    form(&forged(|_, body| {
        body[1].words[3] = "no\u{200b}t".to_owned();
    }));
    form(&forged(|_, body| body[1].words[3] = "no\u{a0}t".to_owned()));
    form(&forged(|_, body| body[1].words[3] = "e\u{301}".to_owned()));
    form(&forged(|_, body| body[1].words[3] = String::new()));
    form(&forged(|_, body| body[1].words = vec![String::new()]));
    form(&forged(|_, body| body[1].marking = "S\nU".to_owned()));
    form(&forged(|_, body| body[1].marking = "S".repeat(257)));
    // One leaf that holds two words: under its own root the count differs.
    assert!(whole(&forged(|_, body| body[1].words[3] = "not guilty".to_owned())).is_err());

    // Counts that were signed and are not the content's.
    let Content {
        head,
        body,
        seed,
        counts,
        ..
    } = content();
    let counts = Counts {
        words: counts.words - 1,
        ..counts
    };
    let root = tree::content_root(&head, &body, &seed, counts);
    let content = Content {
        head,
        body,
        seed,
        root,
        counts,
    };
    assert!(matches!(
        whole(&content),
        Err(DisclosureError::Counts { what: "words", .. })
    ));
}

#[test]
fn a_passage_does_not_travel_without_its_marking() {
    let content = content();
    let mut disclosure = content
        .disclose(&Selection::nothing().with_portion(3))
        .unwrap();
    assert!(open(&content, &disclosure).is_ok());
    // The portion's words by their own seed, and its marking as a hash: every hash is right.
    let part_seed = content.seed.right().right().left();
    let at = disclosure
        .seeds
        .iter()
        .position(|s| s.as_bytes() == part_seed.as_bytes())
        .unwrap();
    disclosure.seeds[at] = Digest::new(*part_seed.right().as_bytes());
    let marking = tree::leaf(&part_seed.left(), b"U");
    // Before it: two hashes for each text of the head, and for each of the two portions.
    disclosure
        .hashes
        .insert(2 * (content.head.len() + 2), marking);
    disclosure.portions[2].marking = None;
    assert_eq!(
        open(&content, &disclosure),
        Err(DisclosureError::Form("paragraph".to_owned()))
    );
    // With the marking shown beside them, the same pieces are a proof.
    disclosure.portions[2].marking = Some("U".to_owned());
    disclosure.hashes.remove(2 * (content.head.len() + 2));
    disclosure.seeds[at] = Digest::new(*part_seed.as_bytes());
    assert!(open(&content, &disclosure).is_ok());
}
