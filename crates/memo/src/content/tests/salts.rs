//! What follows from the seeds that are shown, and what does not.

use std::collections::HashSet;

use super::*;

/// All salts of `content`, each with whether `disclosure` hides what it salts.
fn salts(content: &Content, disclosure: &Disclosure) -> Vec<(Seed, bool)> {
    fn walk(seed: Seed, size: usize, out: &mut Vec<Seed>) {
        if size == 1 {
            return out.push(seed);
        }
        let middle = tree::middle(&(0..size));
        walk(seed.left(), middle, out);
        walk(seed.right(), size - middle, out);
    }
    let mut out = Vec::new();
    let sides = [
        (content.seed.left(), &content.head, &disclosure.head),
        (content.seed.right(), &content.body, &disclosure.portions),
    ];
    for (seed, parts, disclosed) in sides {
        let mut part_seeds = Vec::new();
        walk(seed, parts.len(), &mut part_seeds);
        for ((seed, part), disclosed) in part_seeds.iter().zip(parts).zip(disclosed) {
            out.push((seed.left(), disclosed.marking.is_none()));
            let mut word_salts = Vec::new();
            walk(seed.right(), part.words.len(), &mut word_salts);
            let hidden = disclosed.runs.iter().flat_map(|run| match run {
                DisclosedRun::Shown(text) => vec![false; text.split(' ').count()],
                DisclosedRun::Hidden(n) => vec![true; *n as usize],
            });
            out.extend(word_salts.into_iter().zip(hidden));
        }
    }
    out
}

#[test]
fn a_hidden_words_salt_cannot_be_derived() {
    let content = content();
    for selection in [
        Selection::nothing(),
        quote(),
        Selection::nothing().with_head(),
        Selection::nothing().with_portion(2),
        Selection::nothing()
            .with_portion(1)
            .with_portion(3)
            .with_words(4, 0..1),
        Selection::nothing()
            .with_words(2, 0..1)
            .with_words(2, 2..3)
            .with_words(2, 16..17),
    ] {
        let disclosure = content.disclose(&selection).unwrap();
        assert!(open(&content, &disclosure).is_ok());
        // Everything that follows from the seeds that are shown, deeper than the tree goes.
        let mut known = HashSet::new();
        let mut open: Vec<(Seed, u32)> = disclosure
            .seeds
            .iter()
            .map(|s| (Seed::new(*s.as_bytes()), 8))
            .collect();
        while let Some((seed, depth)) = open.pop() {
            known.insert(*seed.as_bytes());
            if depth > 0 {
                open.extend([(seed.left(), depth - 1), (seed.right(), depth - 1)]);
            }
        }
        let salts = salts(&content, &disclosure);
        assert!(salts.iter().any(|(_, hidden)| *hidden));
        for (salt, hidden) in salts {
            assert_eq!(known.contains(salt.as_bytes()), !hidden);
        }
        // And a dictionary attack without the salt finds nothing.
        let words = content
            .head
            .iter()
            .chain(&content.body)
            .flat_map(|p| &p.words);
        let hashes: HashSet<Digest> = disclosure.hashes.iter().copied().collect();
        for word in words {
            assert!(!hashes.contains(&demur_encoding::sha256(word.as_bytes())));
            for salt in known
                .iter()
                .map(|s| Seed::new(*s))
                .chain([Seed::new([0; 32])])
            {
                assert!(!hashes.contains(&tree::leaf(&salt, word.as_bytes())));
            }
        }
    }
}
