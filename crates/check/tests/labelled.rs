//! A small slice of the labelled set of `cargo xtask bench copies`.

use std::path::Path;

use demur_copies::{
    Label, Registered, Rng,
    corpus::{self, Words},
    score::{Matrix, judge},
};

#[test]
fn verdicts_on_copies_of_real_texts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/frus");
    let Ok((dissents, ordinary)) = corpus::read(&folder, 40) else {
        eprintln!("skipped: no {}", folder.display());
        return;
    };
    let words = Words::of(dissents.iter().chain(&ordinary));
    let some = dissents
        .iter()
        .step_by(9)
        .chain(ordinary.iter().step_by(13));
    let mut matrix = Matrix::default();
    for (n, document) in some.enumerate() {
        let mut rng = Rng::new(1971, &document.id);
        let Some(registered) = Registered::new(document, &words, &mut rng) else {
            continue;
        };
        let other = &ordinary[(n * 7 + 3) % ordinary.len()];
        for case in registered.cases(other, &words, &mut rng) {
            let Some(outcome) = judge(&case, &registered) else {
                continue;
            };
            let exact = matches!(
                outcome.label,
                Label::Exact(_) | Label::Layout | Label::Mixed | Label::Moved | Label::Unrelated
            );
            assert!(
                outcome.is_right() || !exact,
                "{} {}: {:?}",
                registered.id,
                outcome.label,
                outcome.comparison.overall
            );
            matrix.add(&outcome);
        }
    }
    assert_eq!(matrix.false_same, 0, "\n{matrix}");
    for rate in [0, 10] {
        let (named, all) = matrix.named(rate);
        assert!(
            all > 15 && named * 100 >= all * 95,
            "{named} of {all}\n{matrix}"
        );
    }
}
