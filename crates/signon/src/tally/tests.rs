use proptest::prelude::*;

use super::*;

fn who(n: u8) -> Element {
    Element::from_wide(&[n; 64])
}

fn act(n: u8, version: u64, action: Action, seq: u64) -> Fact {
    Fact {
        nullifier: who(n),
        version,
        action,
        seq,
        cohort: None,
        late: false,
        expired: false,
    }
}

fn with(cohort: &str, fact: Fact) -> Fact {
    Fact {
        cohort: Some(cohort.to_owned()),
        ..fact
    }
}

#[test]
fn replay_gap_and_zero_are_refused() {
    let mut tally = Tally::new();
    let error = tally.apply(act(1, 1, Action::Sign, 2)).unwrap_err();
    assert!(matches!(
        error,
        TallyError::Gap {
            seq: 2,
            next: 1,
            ..
        }
    ));
    let error = tally.apply(act(1, 1, Action::Sign, 0)).unwrap_err();
    assert!(matches!(
        error,
        TallyError::Replayed {
            seq: 0,
            next: 1,
            ..
        }
    ));
    tally.apply(act(1, 1, Action::Sign, 1)).unwrap();
    let error = tally.apply(act(1, 1, Action::Withdraw, 1)).unwrap_err();
    assert!(matches!(
        error,
        TallyError::Replayed {
            seq: 1,
            next: 2,
            ..
        }
    ));
    // Numbers run on over versions.
    let error = tally.apply(act(1, 2, Action::Sign, 1)).unwrap_err();
    assert!(matches!(error, TallyError::Replayed { .. }));
    let error = tally
        .apply(act(1, 1, Action::Withdraw, u64::MAX))
        .unwrap_err();
    assert!(matches!(error, TallyError::Gap { .. }));
    assert_eq!(tally.version(1).signed, 1);
}

#[test]
fn the_cohort_is_fixed_at_the_first_act() {
    let mut tally = Tally::new();
    tally.apply(with("fs", act(1, 1, Action::Sign, 1))).unwrap();
    for later in [
        act(1, 1, Action::Withdraw, 2),
        with("cs", act(1, 1, Action::Withdraw, 2)),
    ] {
        let error = tally.apply(later).unwrap_err();
        assert!(matches!(error, TallyError::Cohort { .. }));
    }
    tally.apply(act(2, 1, Action::Sign, 1)).unwrap();
    let error = tally
        .apply(with("fs", act(2, 2, Action::Sign, 2)))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} showed no cohort at first and now cohort \"fs\": the cohort is fixed at the first act",
            who(2)
        )
    );
    assert_eq!(
        tally.version(1).cohorts,
        BTreeMap::from([("fs".to_owned(), 1)])
    );
    tally
        .apply(with("fs", act(1, 1, Action::Withdraw, 2)))
        .unwrap();
    assert!(tally.version(1).cohorts.is_empty());
}

#[test]
fn a_void_act_uses_its_number_and_fixes_the_cohort() {
    let mut tally = Tally::new();
    let void = |fact| Fact {
        expired: true,
        ..fact
    };
    // Numbers and cohorts bind void acts as they bind others.
    let gap = tally.apply(void(act(1, 1, Action::Sign, 2)));
    assert!(matches!(gap, Err(TallyError::Gap { next: 1, .. })));
    let first = void(with("fs", act(1, 1, Action::Sign, 1)));
    assert_eq!(tally.apply(first.clone()), Ok(Applied::Void));
    assert!(!tally.knows(who(1)));
    assert_eq!(tally.next_seq(who(1)), 2);
    assert_eq!(tally.cohort(who(1)), Some(Some("fs")));
    assert_eq!(tally.last_action(who(1), 1), None);
    assert_eq!(
        tally.version(1),
        VersionTally {
            version: 1,
            signed: 0,
            cohorts: BTreeMap::new(),
            endorsed: 0,
            late: 0,
        }
    );
    let again = tally.apply(first);
    assert!(matches!(again, Err(TallyError::Replayed { next: 2, .. })));
    for other in [act(1, 1, Action::Sign, 2), void(act(1, 1, Action::Sign, 2))] {
        let other = tally.apply(other);
        assert!(matches!(other, Err(TallyError::Cohort { .. })));
    }
    // The member goes on with the next number.
    let next = with("fs", act(1, 1, Action::Sign, 2));
    assert_eq!(tally.apply(next), Ok(Applied::Stands));
    assert!(tally.knows(who(1)));
    assert_eq!(tally.version(1).signed, 1);
    // A void withdrawal takes nothing back.
    let void = void(with("fs", act(1, 1, Action::Withdraw, 3)));
    assert_eq!(tally.apply(void), Ok(Applied::Void));
    assert_eq!(tally.version(1).signed, 1);
    assert_eq!(tally.last_action(who(1), 1), Some(Action::Sign));
    assert_eq!(tally.next_seq(who(1)), 4);
}

#[test]
fn versions_are_counted_apart() {
    let mut tally = Tally::new();
    tally.apply(with("fs", act(1, 1, Action::Sign, 1))).unwrap();
    tally.apply(act(2, 1, Action::Sign, 1)).unwrap();
    tally.apply(act(3, 1, Action::Endorse, 1)).unwrap();
    // After an amendment one re-affirms, one withdraws, the endorser signs, late.
    tally.apply(with("fs", act(1, 2, Action::Sign, 2))).unwrap();
    tally.apply(act(2, 1, Action::Withdraw, 2)).unwrap();
    tally
        .apply(Fact {
            late: true,
            ..act(3, 2, Action::Sign, 2)
        })
        .unwrap();
    let fs = BTreeMap::from([("fs".to_owned(), 1)]);
    let one = VersionTally {
        version: 1,
        signed: 1,
        cohorts: fs.clone(),
        endorsed: 1,
        late: 0,
    };
    let two = VersionTally {
        version: 2,
        signed: 2,
        cohorts: fs,
        endorsed: 0,
        late: 1,
    };
    assert_eq!(tally.versions(), [one, two]);
    assert_eq!(tally.last_action(who(2), 1), Some(Action::Withdraw));
    assert_eq!(tally.version(3).signed, 0);
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let action = prop_oneof![
        Just(Action::Sign),
        Just(Action::Withdraw),
        Just(Action::Endorse)
    ];
    let fact = (
        0..4u8,
        1..3u64,
        action,
        0..5u64,
        0..3u8,
        any::<bool>(),
        0..8u8,
    )
        .prop_map(|(n, version, action, seq, cohort, late, expired)| Fact {
            cohort: (cohort > 0 || n > 1).then(|| format!("c{}", n % 2)),
            late,
            expired: expired == 0,
            ..act(n, version, action, seq)
        });
    prop::collection::vec(fact, 0..60)
}

proptest! {
    /// The running counts equal those made afresh from what was accepted.
    #[test]
    fn counts_are_those_of_the_definition(facts in facts()) {
        let mut tally = Tally::new();
        let mut taken: Vec<Fact> = Vec::new();
        for fact in facts {
            let mut before = taken.iter().filter(|f| f.nullifier == fact.nullifier);
            let due = 1 + before.clone().count() as u64;
            let possible = fact.seq == due && before.all(|f| f.cohort == fact.cohort);
            let allowed = tally.check(&fact);
            let applied = tally.apply(fact.clone());
            prop_assert_eq!(possible, applied.is_ok());
            prop_assert_eq!(possible, allowed.is_ok());
            if let Ok(applied) = applied {
                prop_assert_eq!(applied == Applied::Void, fact.expired);
                taken.push(fact);
            }
        }
        let accepted: Vec<_> = taken.into_iter().filter(|f| !f.expired).collect();
        for version in 1..3 {
            let mut last: HashMap<Element, &Fact> = HashMap::new();
            for fact in accepted.iter().filter(|f| f.version == version) {
                last.insert(fact.nullifier, fact);
            }
            let signers: Vec<_> = last.values().filter(|f| f.action == Action::Sign).collect();
            let counted = tally.version(version);
            prop_assert_eq!(counted.signed, signers.len() as u64);
            prop_assert_eq!(counted.late, signers.iter().filter(|f| f.late).count() as u64);
            let mut cohorts = BTreeMap::new();
            for cohort in signers.iter().filter_map(|f| f.cohort.clone()) {
                *cohorts.entry(cohort).or_default() += 1u64;
            }
            prop_assert_eq!(counted.cohorts, cohorts);
            let endorsers = last.values().filter(|f| f.action == Action::Endorse).count();
            prop_assert_eq!(counted.endorsed, endorsers as u64);
        }
    }
}
