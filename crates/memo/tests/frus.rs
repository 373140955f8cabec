//! Every real dissent goes through: a memo is made of it, read, rolled up, committed to, and one
//! paragraph of it shown and proved.

use demur_memo::{
    Memo, Sealed, clean,
    content::{Content, DisclosureError, Run, Seed, Selection},
    diff::{PortionChange, diff},
    marking::Rules,
};

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/frus/dissents.jsonl"
);

/// A portion's marking for a historical classification line.
fn marking(classification: &str) -> String {
    let first = classification.split(';').next().unwrap_or_default();
    let level = match first {
        "Top Secret" => "TS",
        "Secret" => "S",
        "Confidential" => "C",
        "Limited Official Use" => "SBU",
        _ => return "U".to_owned(),
    };
    let has = |word: &str| classification.to_ascii_lowercase().contains(word);
    let caption = if has("nodis") {
        "//NF//ND"
    } else if has("exdis") {
        "//NF//XD"
    } else if has("limdis") || has("limit distribution") {
        "//LIMDIS"
    } else if has("not releasable") {
        "//NF"
    } else {
        ""
    };
    format!("{level}{caption}")
}

fn toml(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', " ")
}

#[test]
fn every_dissent_goes_through() {
    let Ok(lines) = std::fs::read_to_string(PATH) else {
        #[expect(clippy::print_stdout, reason = "a test that did not run says so")]
        {
            println!("skipped: {PATH} is not there");
        }
        return;
    };
    let rules = Rules::new("state", "TS", &[] as &[&str], "refuse").unwrap();
    let mut seen = 0;
    for line in lines.lines() {
        let dissent: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = dissent["id"].as_str().unwrap();
        let marking = marking(dissent["classification"].as_str().unwrap_or_default());
        let title = dissent["title"].as_str().unwrap();
        let mut text = format!(
            "+++\ntitle = \"(U) {}\"\nto = [\"{}\"]\ndate = \"{}\"\n+++\n",
            toml(title),
            toml(dissent["addressee"].as_str().unwrap()),
            &dissent["date"].as_str().unwrap()[..10],
        );
        let paragraphs: Vec<&str> = dissent["paragraphs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p.as_str().unwrap())
            .collect();
        for paragraph in &paragraphs {
            // A paragraph of the source is one portion, whatever blank lines it holds.
            let lines: Vec<&str> = paragraph.lines().filter(|l| !l.trim().is_empty()).collect();
            text.push_str(&format!("\n({marking}) {}\n", lines.join("\n")));
        }
        let memo = Memo::parse(&text, &rules).unwrap_or_else(|e| panic!("{id}: {e}"));
        assert_eq!(memo.portions().len(), paragraphs.len(), "{id}");
        assert_eq!(
            Memo::parse(&memo.to_text(), &rules).as_ref(),
            Ok(&memo),
            "{id}"
        );
        for (portion, paragraph) in memo.portions().iter().zip(&paragraphs) {
            let source = clean(paragraph).unwrap();
            assert!(
                portion.words().eq(source.split_whitespace()),
                "{id}: portion {}",
                portion.number()
            );
        }
        let expected = match marking.as_str() {
            "TS" => "TOP SECRET",
            "TS//NF//XD" => "TOP SECRET//NOFORN//EXDIS",
            "TS//LIMDIS" => "TOP SECRET//LIMDIS",
            "S" => "SECRET",
            "S//NF" => "SECRET//NOFORN",
            "S//LIMDIS" => "SECRET//LIMDIS",
            "C" => "CONFIDENTIAL",
            "C//LIMDIS" => "CONFIDENTIAL//LIMDIS",
            "C//NF//XD" => "CONFIDENTIAL//NOFORN//EXDIS",
            "SBU" => "SENSITIVE BUT UNCLASSIFIED",
            "U" => "UNCLASSIFIED",
            other => panic!("{id}: {other}"),
        };
        assert_eq!(memo.banner(), expected, "{id}");

        let seed = Seed::new([42; 32]);
        let content = Content::new(&memo, seed.clone());
        let (root, counts) = (content.root(), content.counts());
        let sealed = Sealed::parse(&Sealed::new(1, seed, &memo).to_bytes()).unwrap();
        assert!(sealed.open(&rules, 1, root, counts).is_ok(), "{id}");

        let middle = counts.portions / 2 + 1;
        let disclosure = content
            .disclose(&Selection::nothing().with_portion(middle))
            .unwrap();
        let disclosed = disclosure
            .open(root, counts)
            .unwrap_or_else(|e| panic!("{id}: {e}"));
        for portion in disclosed.portions() {
            let words: Vec<&str> = memo.portions()[portion.number as usize - 1]
                .words()
                .collect();
            if portion.number == middle {
                assert_eq!(portion.text(), Some(words.join(" ").as_str()), "{id}");
                assert_eq!(portion.marking.as_deref(), Some(marking.as_str()), "{id}");
            } else {
                assert_eq!(
                    portion.runs,
                    [Run::Hidden(u32::try_from(words.len()).unwrap())],
                    "{id}"
                );
            }
        }

        // One word altered: the proof fails, and the comparison names the paragraph and the word.
        let words: Vec<&str> = memo.portions()[middle as usize - 1].words().collect();
        let (at, old) = words
            .iter()
            .enumerate()
            .max_by_key(|(_, w)| w.len())
            .unwrap();
        let mut altered: Vec<&str> = words.clone();
        altered[at] = "ALTERED";
        let original = memo.portions()[middle as usize - 1].to_text();
        let changed = format!("({marking}) {}", altered.join(" "));
        let other = Memo::parse(&memo.to_text().replace(&original, &changed), &rules).unwrap();
        let forged = Content::new(&other, Seed::new([42; 32]));
        let forged = forged
            .disclose(&Selection::nothing().with_portion(middle))
            .unwrap();
        assert_eq!(
            forged.open(root, counts),
            Err(DisclosureError::Root),
            "{id}"
        );
        let difference = diff(&memo, &other);
        let named = difference.portions.iter().any(|change| match change {
            PortionChange::Changed { new, runs, .. } => {
                *new == middle
                    && format!("{runs:?}").contains("Added(\"ALTERED\")")
                    && format!("{runs:?}").contains(&old.to_string()[..])
            }
            _ => false,
        });
        assert!(named, "{id}: {difference:?}");
        seen += 1;
    }
    assert!(seen >= 36, "only {seen} dissents");
}
