use demur_encoding::sha256;
use ed25519_dalek::SigningKey;

use super::*;
use crate::{
    checkpoint::cosign,
    keys::{LogSigner, WitnessSigner},
};

const ORIGIN: &str = "rivers.example/dissent";

fn log(seed: u8) -> LogSigner {
    LogSigner::new(ORIGIN, SigningKey::from_bytes(&[seed; 32])).unwrap()
}

fn witness(n: u8) -> WitnessSigner {
    WitnessSigner::new(
        &format!("w{n}.example"),
        SigningKey::from_bytes(&[100 + n; 32]),
    )
    .unwrap()
}

fn text(tail: &str) -> String {
    let mut text = format!(
        "# trust\n\nlog {} https://rivers.example/record\n",
        log(1).verifier()
    );
    for n in 0..4 {
        text += &format!("\twitness  w{n} {}\n", witness(n).verifier());
    }
    text + tail
}

fn note(times: &[(u8, u64)]) -> Vec<u8> {
    let mut note = Checkpoint::new(ORIGIN, 9, sha256(b"root"))
        .sign(&log(1))
        .unwrap();
    for (n, time) in times {
        note.extend(cosign(&note.clone(), witness(*n).at(Time::from_unix(*time))).unwrap());
    }
    note
}

#[test]
fn a_policy_reads_what_it_writes() {
    let policy: Policy = text("group a any w0 w1\ngroup b all a w2\nquorum b\n")
        .parse()
        .unwrap();
    assert_eq!(policy.to_string().parse(), Ok(policy.clone()));
    assert_eq!(
        policy.logs()[0].url.as_deref(),
        Some("https://rivers.example/record")
    );
    assert_eq!(policy.quorum(), Some("b"));
    assert_eq!(policy.groups()[1].threshold, 2);
    let names: Vec<_> = policy.witnesses().iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, ["w0", "w1", "w2", "w3"]);
    assert_eq!(policy.witnesses()[3].key, *witness(3).verifier());
}

#[test]
fn a_policy_may_have_just_so_many_bytes() {
    let padded = |bytes: usize| {
        let text = text("quorum w0\n# ");
        let padding = "x".repeat(bytes - text.len());
        (text + &padding).parse::<Policy>()
    };
    assert!(padded(MAX_POLICY_BYTES).is_ok());
    for bytes in [MAX_POLICY_BYTES + 1, MAX_POLICY_BYTES + 2] {
        let problem = padded(bytes).unwrap_err().problem;
        assert_eq!(problem, PolicyProblem::TooLong);
    }
}

#[test]
fn groups_of_groups_are_counted() {
    let policy: Policy = text("group a any w0 w1\ngroup b all a w2\nquorum b\n")
        .parse()
        .unwrap();
    // The time is that by which there were enough, whatever one witness says.
    for (have, time) in [
        (&[][..], None),
        (&[(0, 5), (1, 5)], None),
        (&[(2, 5)], None),
        (&[(2, 5), (3, 5)], None),
        (&[(1, 7), (2, 5)], Some(7)),
        (&[(1, 5), (2, 7)], Some(7)),
        (&[(0, 9), (1, 7), (2, 8), (3, 6)], Some(8)),
        (&[(0, 1), (1, 7), (2, 8)], Some(8)),
        (&[(0, 9), (1, 7), (2, 1)], Some(7)),
    ] {
        let result = policy.evaluate(&note(have));
        assert_eq!(result.is_ok(), time.is_some(), "{have:?}");
        match result {
            Ok(accepted) => {
                assert_eq!(accepted.time, time.map(Time::from_unix), "{have:?}");
                assert_eq!(accepted.witnesses.len(), have.len());
                assert_eq!(accepted.checkpoint.size, 9);
            }
            Err(refusal) => assert!(matches!(refusal, Refusal::Quorum { .. })),
        }
    }
}

#[test]
fn quorum_none_has_no_time_but_shows_one_where_there_is() {
    let policy: Policy = text("quorum none\n").parse().unwrap();
    assert_eq!(policy.evaluate(&note(&[])).unwrap().time, None);
    let time = policy.evaluate(&note(&[(3, 8)])).unwrap().time;
    assert_eq!(time, Some(Time::from_unix(8)));
}

#[test]
fn a_wrong_cosignature_is_refused_even_beyond_the_quorum() {
    let policy: Policy = text("quorum w0\n").parse().unwrap();
    let mut bad = note(&[(0, 5), (1, 6)]);
    let end = bad.len() - 10;
    bad[end] = if bad[end] == b'A' { b'B' } else { b'A' };
    assert!(matches!(
        policy.evaluate(&bad),
        Err(Refusal::Checkpoint(CheckpointError::Signature(_)))
    ));
}

#[test]
fn strangers_are_ignored_by_devices_and_refused_by_audits() {
    let policy: Policy = text("quorum w0\n").parse().unwrap();
    let good = note(&[(0, 5)]);
    assert!(policy.evaluate_exact(&good).is_ok());
    let stranger = note(&[(0, 5), (9, 5)]);
    assert!(policy.evaluate(&stranger).is_ok());
    assert_eq!(policy.evaluate_exact(&stranger), Err(Refusal::Inexact));
    let line = cosign(&good, witness(0).at(Time::from_unix(5))).unwrap();
    let twice = [good, line].concat();
    assert_eq!(policy.evaluate_exact(&twice), Err(Refusal::Inexact));
}

#[test]
fn the_log_must_have_signed() {
    let policy: Policy = text("quorum none\n").parse().unwrap();
    let other = Checkpoint::new(ORIGIN, 9, sha256(b"root"))
        .sign(&log(2))
        .unwrap();
    assert!(policy.evaluate(&other).is_err());
    // A witness's word doesn't stand for the log's.
    let line = cosign(&other, witness(0).at(Time::from_unix(5))).unwrap();
    let refused = policy.evaluate(&[other.clone(), line].concat());
    assert_eq!(refused, Err(Refusal::UnknownLog(ORIGIN.to_owned())));
    // Nor does that of a witness who has the log's name.
    let namesake = WitnessSigner::new(ORIGIN, SigningKey::from_bytes(&[99; 32])).unwrap();
    let named = format!("witness namesake {}\n", namesake.verifier());
    let policy: Policy = text(&(named + "quorum namesake\n")).parse().unwrap();
    let line = cosign(&other, namesake.at(Time::from_unix(5))).unwrap();
    let alone = [
        Checkpoint::new(ORIGIN, 9, sha256(b"root"))
            .text()
            .as_bytes(),
        b"\n",
        &line,
    ]
    .concat();
    let refused = policy.evaluate(&alone);
    assert_eq!(refused, Err(Refusal::UnknownLog(ORIGIN.to_owned())));
    assert_eq!(
        "quorum none"
            .parse::<Policy>()
            .unwrap()
            .evaluate(&note(&[])),
        Err(Refusal::NoLog)
    );
}

#[test]
fn extension_lines_are_refused() {
    let policy: Policy = text("quorum none\n").parse().unwrap();
    let mut checkpoint = Checkpoint::new(ORIGIN, 9, sha256(b"root"));
    checkpoint.extension = "more\n".to_owned();
    assert_eq!(
        policy.evaluate(&checkpoint.sign(&log(1)).unwrap()),
        Err(Refusal::Extension)
    );
}

#[test]
fn errors_name_the_line() {
    let at = |tail: &str| text(tail).parse::<Policy>().unwrap_err();
    assert_eq!(at("").problem, PolicyProblem::NoQuorum);
    for (tail, line) in [
        ("quorum w9\n", 8),
        ("quorum w0 w1\n", 8),
        ("quorum w0\nquorum w1\n", 9),
        ("group g 3 w0 w1\nquorum g\n", 8),
        ("group g 0 w0 w1\nquorum g\n", 8),
        ("group g 01 w0 w1\nquorum g\n", 8),
        ("group g all\nquorum g\n", 8),
        ("group g all w0 w0\nquorum g\n", 8),
        ("group g all w0\ngroup h all w0\nquorum g\n", 9),
        ("group g all h\ngroup h all w0\nquorum g\n", 8),
        ("group none all w0\nquorum none\n", 8),
        ("group w0 all w1\nquorum none\n", 8),
        ("group g all none\nquorum none\n", 8),
        ("wittness a\nquorum none\n", 8),
        ("log x\nquorum none\n", 8),
        ("quorum none\r\n", 8),
    ] {
        assert_eq!(at(tail).line, line, "{tail:?}");
    }
    let again = format!("log {}\nquorum none\n", log(1).verifier());
    assert_eq!(at(&again).problem, PolicyProblem::DuplicateKey);
    let other = format!("witness x {}\nquorum none\n", log(1).verifier());
    assert_eq!(at(&other).problem, PolicyProblem::Kind);
    // In comments too: a terminal would obey them.
    for control in ["\u{1b}", "\r", "\u{7f}"] {
        let comment = format!("# a{control}b\nquorum none\n");
        assert_eq!(at(&comment).problem, PolicyProblem::Control);
    }
}

#[test]
fn a_simple_policy_is_a_group() {
    let witnesses = (0..2).map(|n| Witness {
        name: format!("w{n}"),
        key: witness(n).verifier().clone(),
        url: None,
    });
    let log = Log {
        key: log(1).verifier().clone(),
        url: None,
    };
    let policy = Policy::simple(log.clone(), witnesses.collect(), 2).unwrap();
    assert!(policy.evaluate(&note(&[(0, 1), (1, 2)])).is_ok());
    assert!(policy.evaluate(&note(&[(0, 1)])).is_err());
    assert!(Policy::simple(log.clone(), vec![], 1).is_err());
    assert_eq!(Policy::simple(log, vec![], 0).unwrap().quorum(), None);
}
