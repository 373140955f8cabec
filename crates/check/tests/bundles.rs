//! Bundles of a real record: what verifies, and what does not.

mod common;

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::channel::{Channel, FIRST, second};
use demur_check::{
    bundle::{Bundle, BundleError, Trust, Verified, Work},
    copy::{CopyText, Overall, compare},
    quote::{QuoteState, check_quote},
    verdict::{MAX_COLUMNS, MAX_LINES, QuotesVerdict, Section, Verdict},
};
use demur_encoding::{canonical, sha256};
use demur_memo::content::{Choice, Selection};
use demur_record::{
    keys::{LogSigner, VerifierKey},
    policy::{Log, Policy, Witness},
};
use demur_signon::act::Action;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use serde_json::{Value, json};

/// Proofs cost much: one channel serves all tests.
fn channel() -> &'static Channel {
    static CHANNEL: OnceLock<Channel> = OnceLock::new();
    CHANNEL.get_or_init(Channel::played)
}

fn file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| channel().bundle().to_bytes().unwrap())
}

fn verify_with(bytes: &[u8], trust: Trust<'_>) -> Result<Verified, BundleError> {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, _| {},
    };
    Bundle::parse(bytes)?.verify(trust, work)
}

fn verify(bytes: &[u8]) -> Result<Verified, BundleError> {
    verify_with(bytes, Trust::Key(&channel().vkey()))
}

/// The lines without the manifest.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.pop();
    lines
}

/// A file of these lines with a manifest that fits them.
fn sealed(lines: &[String]) -> Vec<u8> {
    let digests: Vec<_> = lines.iter().map(|l| sha256(l.as_bytes())).collect();
    let all: Vec<u8> = digests.iter().flat_map(|d| *d.as_bytes()).collect();
    let manifest = json!({"section": "manifest", "check": sha256(&all), "lines": digests});
    let mut text = lines.join("\n");
    text.push('\n');
    text.push_str(&canonical::to_string(&manifest).unwrap());
    text.push('\n');
    text.into_bytes()
}

/// Changes the first line that `is` with `change`, and makes the manifest fit.
fn forged(is: impl Fn(&str) -> bool, change: impl FnOnce(&mut Value)) -> (usize, Vec<u8>) {
    let mut lines = lines(file());
    let at = lines
        .iter()
        .position(|l| is(l))
        .expect("there is such a line");
    let mut value: Value = serde_json::from_str(&lines[at]).unwrap();
    change(&mut value);
    lines[at] = canonical::to_string(&value).unwrap();
    (at + 1, sealed(&lines))
}

fn without(is: impl Fn(&str) -> bool) -> Vec<u8> {
    let all = lines(file());
    let kept: Vec<String> = all.iter().filter(|l| !is(l)).cloned().collect();
    assert!(kept.len() < all.len(), "there is such a line");
    sealed(&kept)
}

#[test]
fn a_true_bundle_verifies_and_says_what_happened() {
    let verified = verify(file()).unwrap();
    let bundle = Bundle::parse(file()).unwrap();
    assert_eq!(bundle.to_bytes().unwrap(), file());
    assert_eq!(verified.memo, channel().memo);
    assert_eq!(verified.versions.len(), 2);
    assert_eq!(verified.versions[0].tally.signed, 2);
    let tally = &verified.latest().tally;
    assert_eq!(
        (tally.signed, tally.late, tally.cohorts.get("field")),
        (2, 1, Some(&1))
    );
    let steps: Vec<&str> = verified.steps.iter().map(|s| s.step.as_str()).collect();
    assert_eq!(steps, ["filed", "acknowledged", "distributed", "responded"]);
    assert!(verified.edition.attested);
    assert_eq!(verified.as_of.time.witnesses, ["bridge.example"]);
    // Each step's time is the witness's, two seconds after the log's.
    assert!(
        verified.steps.iter().all(|s| s.time.time.unix() % 10 == 2),
        "{:?}",
        verified.steps
    );
    assert_eq!(verified.proofs, 9);
    assert_eq!(verified.banners(), ["SENSITIVE BUT UNCLASSIFIED"; 2]);
    eprintln!("{} bytes, {} lines", file().len(), lines(file()).len());
}

#[test]
fn copies_are_judged_and_rendered_on_one_screen() {
    let verified = verify(file()).unwrap();
    let texts = verified.texts();
    let second = demur_memo::Memo::parse(&second(), &common::rules())
        .unwrap()
        .to_text();
    let first = demur_memo::Memo::parse(FIRST, &common::rules())
        .unwrap()
        .to_text();
    let body = |text: &str| text.splitn(3, "+++\n").nth(2).unwrap().to_owned();
    for (copy, overall, says) in [
        (
            body(&second),
            Overall::Identical,
            "IDENTICAL: the copy is version 2",
        ),
        (
            body(&first),
            Overall::Identical,
            "IDENTICAL: the copy is version 1, word for word, without its title and point,",
        ),
        (
            body(&second).replace("do not agree", "do agree"),
            Overall::Altered,
            "leaves out \"not\"",
        ),
        (
            body(&second).replace("1,200", "1,300"),
            Overall::Altered,
            "\"1,200\" became \"1,300\"",
        ),
        (
            "wait until the water falls, and then ask again".to_owned(),
            Overall::Excerpt,
            "words 4 to 12 of 12",
        ),
        (
            body(&second)
                .replace("agree", "agrce")
                .replace("without", "witbout"),
            Overall::Altered,
            "\"without\" became \"witbout\" (a negation)",
        ),
        (
            body(&second)
                .replace("harm", "harrn")
                .replace("agree", "agrce"),
            Overall::Slips,
            "SLIPS: the copy is version 2, but it has 2 slips of retyping.",
        ),
        (
            body(&second).replace("harm", "harrn"),
            Overall::Slips,
            "a slip: \"harrn\" for \"harm\"",
        ),
        (
            format!(
                "{}\nSigned by:\nAnna Weir\nJosef B. Furrow\n",
                body(&second)
            ),
            Overall::NamesAdded,
            "NAMES ADDED: the copy is version 2, and 2 lines were added after the text that",
        ),
        (
            body(&second).replace(
                "(SBU) The Ministry should wait until the water falls, and then ask again.",
                "",
            ),
            Overall::Excerpt,
            "TRUNCATED: every word of the copy stands so in version 2, but it ends after",
        ),
        (
            "Nothing of this was ever written by anybody here.".to_owned(),
            Overall::NotFound,
            "NOT FOUND",
        ),
    ] {
        let comparison = compare(&CopyText::parse(copy.as_bytes()).unwrap(), &texts, &[]);
        assert_eq!(comparison.overall, overall, "{copy}: {comparison:?}");
        let verdict = Verdict::new(&verified, Some(comparison));
        let text = verdict.render();
        assert!(text.contains(says), "{text}");
        assert!(text.lines().count() <= MAX_LINES, "{text}");
        assert!(
            text.lines().all(|l| l.chars().count() <= MAX_COLUMNS),
            "{text}"
        );
        assert_eq!(
            verdict.is_positive(),
            matches!(
                overall,
                Overall::Identical | Overall::LayoutOnly | Overall::Excerpt
            )
        );
        serde_json::to_value(&verdict).unwrap();
        sections_say_it_too(&verdict.headline, &text, &verdict.sections());
        eprintln!("{text}");
    }
    eprintln!("{}", Verdict::new(&verified, None).render());
}

/// What a page lays out says whatever the screen of text does; that may have cut its lines.
fn sections_say_it_too(headline: &str, text: &str, sections: &[Section]) {
    let facts = sections.iter().flat_map(|section| &section.facts);
    let labels: Vec<&str> = facts.clone().map(|fact| fact.label).collect();
    assert!(labels.contains(&"Version") && labels.contains(&"Rests on"));
    assert!(
        facts
            .clone()
            .all(|fact| !fact.label.is_empty() && !fact.texts.is_empty())
    );
    let texts = facts
        .flat_map(|fact| std::iter::once(fact.label).chain(fact.texts.iter().map(String::as_str)));
    let lines = sections
        .iter()
        .flat_map(|section| section.lines.iter().map(String::as_str));
    let told: Vec<&str> = std::iter::once(headline)
        .chain(lines)
        .chain(texts)
        .collect();
    let told = told.join(" ");
    let words: Vec<&str> = told.split_whitespace().collect();
    let cut = |word: &&str| word.ends_with("...");
    for word in text.split_whitespace().filter(|word| !cut(word)) {
        assert!(words.contains(&word), "{word}: {told}");
    }
}

#[test]
fn a_policy_of_the_reader_is_obeyed() {
    let channel = channel();
    let log = || Log {
        key: channel.vkey(),
        url: None,
    };
    let witness = |name: &str, key: &VerifierKey| Witness {
        name: name.to_owned(),
        key: key.clone(),
        url: None,
    };
    let own = Policy::simple(log(), vec![witness("w", channel.witness.verifier())], 1).unwrap();
    let verified = verify_with(file(), Trust::Policy(&own)).unwrap();
    assert_eq!(verified.as_of.time.witnesses, ["w"]);
    assert!(verified.keys.own_policy);
    // What a paper is made of: both ways, each proof verified once.
    let (mut rng, most) = (ChaCha20Rng::seed_from_u64(7), AtomicUsize::new(0));
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, total| {
            most.fetch_max(total, Ordering::Relaxed);
        },
    };
    let bundle = Bundle::parse(file()).unwrap();
    let (by_policy, by_key) = bundle.verify_both(Trust::Policy(&own), work).unwrap();
    let told = |verified: &Verified| serde_json::to_value(verified).unwrap();
    assert_eq!(told(&by_policy), told(&verified));
    assert_eq!(told(&by_key), told(&verify(file()).unwrap()));
    assert_eq!(most.into_inner() as u64, verified.proofs);
    let stranger = demur_record::keys::WitnessSigner::new(
        "x",
        ed25519_dalek::SigningKey::from_bytes(&[99; 32]),
    )
    .unwrap();
    let other = Policy::simple(log(), vec![witness("x", stranger.verifier())], 1).unwrap();
    assert!(verify_with(file(), Trust::Policy(&other)).is_err());
}

#[test]
fn another_channels_key_fails() {
    for other in [
        LogSigner::new(
            common::channel::ORIGIN,
            ed25519_dalek::SigningKey::from_bytes(&[2; 32]),
        )
        .unwrap(),
        LogSigner::new(
            "lakes.example",
            ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
        )
        .unwrap(),
    ] {
        let error = verify_with(file(), Trust::Key(other.verifier())).unwrap_err();
        assert!(error.what == "checkpoint" && error.line == 3, "{error}");
    }
}

#[test]
fn what_is_left_out_is_missed() {
    let entry = |kind: &'static str| move |l: &str| l.contains(&format!("\"type\":\"{kind}\""));
    for (what, bytes) in [
        (
            "a withdrawal",
            without(|l| l.contains("\"action\":\"withdraw\"")),
        ),
        (
            "a late sign-on",
            without(|l| {
                l.contains("\"type\":\"sign-on\"")
                    && l.contains("\"seq\":1")
                    && !l.contains("opened")
            }),
        ),
        (
            "sign-ons",
            without(|l| l.contains("\"section\":\"entry\"") && l.contains("\"seq\":2")),
        ),
        (
            "an amendment",
            without(|l| l.contains("\"type\":\"version\"") && l.contains("\"number\":2")),
        ),
        ("the acknowledgement", without(entry("acknowledged"))),
        ("the response", without(entry("responded"))),
        ("the distribution", without(entry("distributed"))),
        ("the filing", without(entry("filed"))),
        ("the edition", without(entry("edition"))),
        ("the profile", without(entry("profile"))),
        ("the keys", without(entry("keys"))),
        ("the opaque entries", without(entry("opaque"))),
        ("the states", without(entry("state"))),
        ("the trees", without(|l| l.contains("\"section\":\"tree\""))),
        (
            "the checkpoints",
            without(|l| l.contains("\"section\":\"history\"")),
        ),
        (
            "the leaf",
            without(|l| l.contains("\"section\":\"state-leaf\"")),
        ),
    ] {
        let error = verify(&bytes).expect_err(what);
        eprintln!("{what}: {error}");
    }
    // Disclosures may be left out: then less is said.
    let verified = verify(&without(|l| l.contains("\"section\":\"disclosure\""))).unwrap();
    assert!(verified.versions.iter().all(|v| v.disclosed.is_none()));
}

/// What leaves no trace in the last step or the tallies: a distribution that another followed, a release, a sign-on that
/// was taken back, a profile and a key that change nothing here.
fn eventful() -> Channel {
    let mut channel = Channel::new(1);
    channel.open();
    channel.version(1, FIRST);
    channel.file();
    channel.acknowledge();
    channel.late(3, 1, Action::Sign, 1);
    channel.late(3, 1, Action::Withdraw, 2);
    channel.distribute();
    channel.distribute();
    channel.release(b"a bundle");
    channel.fingerprint(1);
    channel.second_profile();
    channel.steward();
    channel
}

#[test]
fn what_leaves_no_other_trace_is_missed_too() {
    let file = eventful().bundle().to_bytes().unwrap();
    let verified = verify(&file).unwrap();
    assert_eq!((verified.steps.len(), verified.releases.len()), (4, 1));
    assert_eq!(
        verified.fingerprints.keys().copied().collect::<Vec<_>>(),
        [1]
    );
    let all = lines(&file);
    let entry = |l: &str, kind: &str| {
        l.contains("\"section\":\"entry\"") && l.contains(&format!("\"type\":\"{kind}\""))
    };
    let first = |kind: &str| all.iter().position(|l| entry(l, kind)).unwrap();
    let last = |kind: &str| all.iter().rposition(|l| entry(l, kind)).unwrap();
    for (what, left_out, says) in [
        ("a distribution", vec![first("distributed")], "4 steps"),
        ("a release", vec![first("released")], "1 releases"),
        (
            "a fingerprint",
            vec![first("fingerprint")],
            "1 fingerprints",
        ),
        (
            "a late sign-on and its withdrawal",
            vec![first("sign-on"), last("sign-on")],
            "2 sign-ons",
        ),
        ("the second profile", vec![last("profile")], "2 profile"),
        ("the steward's key", vec![last("keys")], "keys entries"),
        ("the attestation", vec![first("attestation")], "is attested"),
    ] {
        let kept = |(i, l): (usize, &String)| (!left_out.contains(&i)).then(|| l.clone());
        let kept: Vec<String> = all.iter().enumerate().filter_map(kept).collect();
        let error = verify(&sealed(&kept)).expect_err(what);
        assert!(error.why.contains(says), "{what}: {error}");
    }
    // Nothing at all can be left out, whatever it is.
    for left_out in 0..all.len() {
        if !all[left_out].contains("\"section\":\"entry\"") {
            continue;
        }
        let mut kept = all.clone();
        let gone = kept.remove(left_out);
        let gone = &gone[..gone.len().min(200)];
        verify(&sealed(&kept)).expect_err(gone);
    }
}

#[test]
fn the_edition_that_was_too_young_cannot_be_left_out() {
    let profile = include_str!("../../../profiles/demo.toml");
    let profile = profile.replace("min_age_seconds = 0", "min_age_seconds = 15");
    let mut channel = Channel::with_profile(1, &profile);
    channel.idle();
    channel.roster(2);
    // At the checkpoint that the opening names edition 1 is 20 seconds old, edition 2 none.
    channel.open();
    channel.version(1, FIRST);
    channel.file();
    channel.roster(3);
    let file = channel.bundle().to_bytes().unwrap();
    assert_eq!(verify(&file).unwrap().edition.number, 1);
    let mut kept = lines(&file);
    let is_edition = |line: &String| line.contains("\"type\":\"edition\"");
    assert_eq!(kept.iter().filter(|line| is_edition(line)).count(), 2);
    let second = kept.iter().rposition(is_edition).unwrap();
    kept.remove(second);
    let error = verify(&sealed(&kept)).unwrap_err();
    assert!(error.why.contains("edition 2: it was left out"), "{error}");
}

#[test]
fn an_acknowledgement_before_a_withdrawal_cannot_be_left_out() {
    let mut channel = Channel::new(1);
    channel.open();
    channel.version(1, FIRST);
    channel.file();
    channel.acknowledge();
    channel.withdraw();
    let file = channel.bundle().to_bytes().unwrap();
    assert_eq!(verify(&file).unwrap().steps.len(), 3);
    let kept: Vec<String> = lines(&file)
        .into_iter()
        .filter(|l| !l.contains("\"type\":\"acknowledged\""))
        .collect();
    let error = verify(&sealed(&kept)).unwrap_err();
    assert!(error.why.contains("3 steps"), "{error}");
}

#[test]
fn an_amendment_after_filing_cannot_be_hidden() {
    let mut channel = Channel::new(1);
    channel.open();
    channel.version(1, FIRST);
    channel.file();
    let before = channel.bundle();
    channel.late_version(2, &second());
    let file = channel.bundle().to_bytes().unwrap();
    assert_eq!(verify(&file).unwrap().latest().number, 2);
    let kept: Vec<String> = lines(&file)
        .into_iter()
        .filter(|l| !l.contains("\"type\":\"version\"") || l.contains("opened"))
        .collect();
    let error = verify(&sealed(&kept)).unwrap_err();
    assert!(error.why.contains("amendment"), "{error}");
    // An older bundle stays true as of its time.
    let verified = verify(&before.to_bytes().unwrap()).unwrap();
    assert_eq!(verified.latest().number, 1);
}

#[test]
fn what_is_changed_fails_though_the_manifest_fits() {
    let section =
        |name: &'static str| move |l: &str| l.contains(&format!("\"section\":\"{name}\""));
    let entry = |kind: &'static str| move |l: &str| l.contains(&format!("\"type\":\"{kind}\""));
    let bump = |v: &mut Value| *v = json!(v.as_u64().unwrap() + 1);
    let zero = json!("0".repeat(64));
    let text = |v: &mut Value, from: &str, to: &str| {
        let old = v.as_str().unwrap();
        assert!(old.contains(from));
        *v = json!(old.replacen(from, to, 1));
    };
    let cases: Vec<(&str, (usize, Vec<u8>))> = vec![
        (
            "memo",
            forged(section("memo"), |v| v["memo"] = zero.clone()),
        ),
        (
            "origin",
            forged(section("memo"), |v| v["origin"] = json!("lakes.example")),
        ),
        (
            "checkpoint",
            forged(section("checkpoint"), |v| {
                text(&mut v["note"], "\n\n", "\nmore\n\n");
            }),
        ),
        (
            "history",
            forged(section("history"), |v| {
                text(&mut v["note"], "rivers", "livers");
            }),
        ),
        (
            "tree",
            forged(section("tree"), |v| v["hash"] = zero.clone()),
        ),
        (
            "index",
            forged(entry("acknowledged"), |v| bump(&mut v["index"])),
        ),
        (
            "office signature",
            forged(entry("acknowledged"), |v| v["entry"]["by"] = zero.clone()),
        ),
        (
            "state time",
            forged(entry("state"), |v| {
                v["entry"]["time"] = json!("2020-01-01T00:00:00Z");
            }),
        ),
        (
            "slot",
            forged(entry("opaque"), |v| v["entry"]["slots"][0] = zero.clone()),
        ),
        (
            "cohort",
            forged(entry("edition"), |v| {
                bump(&mut v["entry"]["cohorts"][0]["size"]);
            }),
        ),
        (
            "profile",
            forged(entry("profile"), |v| {
                text(&mut v["entry"]["text"], "Ministry", "Mystery");
            }),
        ),
        (
            "tally",
            forged(section("state-leaf"), |v| {
                bump(&mut v["leaf"]["tallies"][0]["signed"]);
            }),
        ),
        (
            "leaf index",
            forged(section("state-leaf"), |v| bump(&mut v["index"])),
        ),
        (
            "word",
            forged(section("disclosure"), |v| {
                text(
                    &mut v["disclosure"]["portions"][0]["runs"][0]["shown"],
                    "not",
                    "now",
                );
            }),
        ),
        (
            "version",
            forged(
                |l| section("disclosure")(l) && l.contains("\"version\":2"),
                |v| v["version"] = json!(3),
            ),
        ),
        (
            "nullifier",
            forged(
                |l| entry("sign-on")(l),
                |v| {
                    let event = if v["entry"]["event"].is_object() {
                        &mut v["entry"]["event"]
                    } else {
                        v
                    };
                    event["nullifier"] = zero.clone();
                },
            ),
        ),
    ];
    for (what, (line, bytes)) in cases {
        let error = verify(&bytes).expect_err(what);
        eprintln!("{what} (line {line}): {error}");
    }
}

#[test]
fn a_proof_that_does_not_hold_is_found_by_its_line() {
    let mut channel = Channel::new(1);
    channel.open();
    channel.version(1, FIRST);
    channel.file();
    channel.late(1, 1, Action::Sign, 1);
    // A sequencer that does not verify proofs put this into the record.
    channel.forge = true;
    channel.late(2, 1, Action::Sign, 1);
    let file = channel.bundle().to_bytes().unwrap();
    let error = verify(&file).unwrap_err();
    let line = lines(&file)
        .iter()
        .rposition(|l| l.contains("\"type\":\"sign-on\""))
        .unwrap()
        + 1;
    assert!(
        error.why.contains("proof does not hold") && error.line == line,
        "{error}"
    );
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let work = Work {
        threads: NonZeroUsize::MIN,
        rng: &mut rng,
        progress: &|_, _| {},
    };
    let policy = Policy::of_key(channel.vkey()).unwrap();
    let both = Bundle::parse(&file).unwrap();
    let both = both.verify_both(Trust::Policy(&policy), work).map(|_| ());
    assert_eq!(both, Err(error));
}

fn flip(bytes: &mut [u8], i: usize, line: usize) {
    bytes[i] ^= 1;
    let error = Bundle::parse(bytes).expect_err("a flipped byte");
    // A flip that makes or breaks a line end moves the lines after it.
    let ends = bytes[i] == b'\n' || bytes[i] ^ 1 == b'\n';
    assert!(
        error.line == line || ends || error.what == "manifest",
        "byte {i} in line {line}: {error}"
    );
    bytes[i] ^= 1;
}

fn line_of_each_byte() -> Vec<usize> {
    let mut line = 1;
    let mut out = Vec::with_capacity(file().len());
    for byte in file() {
        out.push(line);
        line += usize::from(*byte == b'\n');
    }
    out
}

#[test]
fn a_flipped_byte_is_found_in_its_line() {
    let of = line_of_each_byte();
    let mut bytes = file().to_vec();
    let len = bytes.len();
    // Each byte of the first lines, then about every 997th, then the last ones.
    for i in (0..40).chain((40..len).step_by(2_111)).chain(len - 20..len) {
        flip(&mut bytes, i, of[i]);
    }
}

#[test]
#[ignore = "takes minutes: every byte of a bundle"]
fn every_flipped_byte_is_found_in_its_line() {
    let of = line_of_each_byte();
    let mut bytes = file().to_vec();
    for (i, line) in of.into_iter().enumerate() {
        flip(&mut bytes, i, line);
    }
}

#[test]
fn hidden_portions_stay_hidden() {
    let shown = channel().disclose(2, &Selection::nothing().with_portion(3));
    let bundle = channel().bundle_of(BTreeMap::from([(2, shown)]));
    let bytes = bundle.to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("wait until the water") && !text.contains("farms"));
    let verified = verify(&bytes).unwrap();
    let texts = verified.texts();
    let verdict = |copy: &str| compare(&CopyText::parse(copy.as_bytes()).unwrap(), &texts, &[]);
    let quote = "The Ministry should wait until the water falls, and then ask again.";
    assert_eq!(verdict(quote).overall, Overall::Excerpt);
    assert_eq!(
        verdict(&quote.replace("should wait", "should not wait")).overall,
        Overall::Altered
    );
    let whole = second();
    let body = whole.splitn(3, "+++\n").nth(2).unwrap();
    let verdict = verdict(body);
    assert_eq!(verdict.overall, Overall::NotComparable, "{verdict:?}");
}

#[test]
fn a_blacked_out_span_is_named_and_the_rest_is_proved() {
    let content = &channel().contents[&2];
    let choose = |list: &str| list.parse::<Choice>().unwrap();
    let selection = Selection::whole()
        .hiding(content, &choose("1:12-15,2,title:2-3"))
        .unwrap();
    let bundle = channel().bundle_of(BTreeMap::from([(2, channel().disclose(2, &selection))]));
    let bytes = bundle.to_bytes().unwrap();
    let verified = verify(&bytes).unwrap();
    let verdict = Verdict::new(&verified, None);
    let [line] = &verdict.disclosed[..] else {
        panic!("{:?}", verdict.disclosed)
    };
    let places: Vec<String> = line.places.iter().map(ToString::to_string).collect();
    assert_eq!(
        places,
        [
            "title words 2-3",
            "paragraph 1 words 12-15",
            "paragraph 2 words 1-15"
        ]
    );
    assert_eq!((line.version, line.hidden), (2, 2 + 4 + 15));
    let screen = verdict.render();
    let says = "hidden: title words 2-3; paragraph 1 words 12-15; paragraph 2";
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(says), "{screen}");
    // The words around the span are proved, and a copy that has others there is undecided, not approved.
    let texts = verified.texts();
    let judge = |copy: &str| compare(&CopyText::parse(copy.as_bytes()).unwrap(), &texts, &[]);
    let start = "We do not agree that the Lower Sluice can be closed";
    assert_eq!(judge(start).overall, Overall::Excerpt);
    assert_eq!(
        judge(&start.replace("do not agree", "do agree")).overall,
        Overall::Altered
    );
    let whole = "We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.";
    assert_eq!(judge(whole).overall, Overall::NotComparable);
}

#[test]
fn nothing_shown_says_so() {
    let bundle = channel().bundle_of(BTreeMap::new());
    let verified = verify(&bundle.to_bytes().unwrap()).unwrap();
    let screen = Verdict::new(&verified, None).render();
    assert!(screen.contains("no word of any version"), "{screen}");
}

#[test]
fn a_disclosure_of_other_words_or_of_another_version_fails() {
    let content = &channel().contents[&2];
    let choose = |list: &str| list.parse::<Choice>().unwrap();
    let hidden = |list: &str| {
        let selection = Selection::whole().hiding(content, &choose(list)).unwrap();
        content.disclose(&selection).unwrap()
    };
    let honest = hidden("1:3-3");
    let with = |version: u32, change: &dyn Fn(&mut Value)| {
        let mut value = serde_json::to_value(&honest).unwrap();
        change(&mut value);
        let bundle = channel().bundle_of(BTreeMap::from([(
            version,
            serde_json::from_value(value).unwrap(),
        )]));
        verify(&bundle.to_bytes().unwrap())
    };
    assert!(with(2, &|_| {}).is_ok());
    let error = with(1, &|_| {}).unwrap_err();
    assert!(error.what.contains("disclosure of version 1"), "{error}");
    // The "not" that is hidden can't be left out, filled in, or proved by a disclosure that hides another word.
    let other = serde_json::to_value(hidden("1:4-4")).unwrap();
    for change in [
        &(|v: &mut Value| v["portions"][0]["runs"][1]["hidden"] = json!(2)) as &dyn Fn(&mut Value),
        &|v| v["portions"][0]["runs"][0]["shown"] = json!("We can"),
        &|v| {
            let runs = v["portions"][0]["runs"].as_array_mut().unwrap();
            let after = runs[2]["shown"].as_str().unwrap().to_owned();
            *runs = vec![json!({"shown": format!("We do {after}")})];
        },
        &|v| {
            let runs = v["portions"][0]["runs"].as_array_mut().unwrap();
            let after = runs[2]["shown"].as_str().unwrap().to_owned();
            *runs = vec![json!({"shown": format!("We do now {after}")})];
        },
        &|v| v["seeds"] = other["seeds"].clone(),
        &|v| v["hashes"] = other["hashes"].clone(),
        &|v| v["portions"][0]["runs"] = other["portions"][0]["runs"].clone(),
        &|v| v["portions"][1]["marking"] = json!("SBU"),
    ] {
        let error = with(2, change).unwrap_err();
        assert!(error.what.contains("disclosure of version 2"), "{error}");
    }
}

#[test]
fn a_bundle_of_another_memo_fails() {
    for line in ["\"section\":\"memo\"", "\"section\":\"state-leaf\""] {
        let (_, bytes) = forged(
            |l| l.contains(line),
            |v| {
                let other = json!(sha256(b"another memo"));
                match v.get_mut("leaf") {
                    Some(leaf) => leaf["memo"] = other,
                    None => v["memo"] = other,
                }
            },
        );
        assert!(verify(&bytes).is_err(), "{line}");
    }
}

#[test]
fn hostile_files_are_refused() {
    for bad in [
        &b""[..],
        b"\n",
        b"demur-bundle/1\n",
        b"demur-bundle/2\n{}\n",
        b"demur-bundle/1\n{\"section\":\"manifest\",\"check\":\"\",\"lines\":[]}\n",
        &file()[..file().len() - 1],
        &file()[..file().len() / 2],
        &[file(), b"x\n"].concat(),
        &[file(), file()].concat(),
    ] {
        assert!(Bundle::parse(bad).is_err());
    }
    let mut twice = lines(file());
    twice.insert(2, twice[1].clone());
    let error = Bundle::parse(&sealed(&twice)).unwrap_err();
    assert!(error.why.contains("twice"), "{error}");
    let mut swapped = lines(file());
    swapped.swap(5, 6);
    assert!(Bundle::parse(&sealed(&swapped)).is_err());
}

#[test]
fn real_texts_go_through_a_bundle() {
    let Some(dissents) = common::dissents() else {
        return;
    };
    let memos: Vec<_> = dissents.iter().map(common::memo_of).collect();
    let mut channel = Channel::new(1);
    channel.open();
    for (memo, n) in memos.iter().zip(1..) {
        channel.version(n, &memo.to_text());
    }
    channel.file();
    let verified = verify(&channel.bundle().to_bytes().unwrap()).unwrap();
    let texts = verified.texts();
    for (i, memo) in memos.iter().enumerate().step_by(11) {
        let check = |text: &str| compare(&CopyText::parse(text.as_bytes()).unwrap(), &texts, &[]);
        let body = memo.to_text();
        let body = body.splitn(3, "+++\n").nth(2).unwrap();
        let verdict = check(body);
        let nearest = u32::try_from(i + 1).unwrap();
        assert_eq!(
            (verdict.overall, verdict.nearest),
            (Overall::Identical, Some(nearest))
        );
        let Some((altered, paragraph, before, after)) =
            (5..30).find_map(|n| common::alter(memo, n))
        else {
            continue;
        };
        let verdict = Verdict::new(&verified, Some(check(&altered)));
        assert_eq!((verdict.version, verdict.is_positive()), (nearest, false));
        let says = format!("paragraph {paragraph}: \"{before}\" became \"{after}\"");
        assert!(
            verdict.render().contains(&says),
            "{says}\n{}",
            verdict.render()
        );
    }
}

#[test]
fn what_may_stand_where_words_are_hidden_is_undecided() {
    let judge = |verified: &Verified, copy: &str| {
        let copy = CopyText::parse(copy.as_bytes()).unwrap();
        Verdict::new(verified, Some(compare(&copy, &verified.texts(), &[])))
    };
    let quoted = |verified: &Verified, quote: &str| {
        let quote = check_quote(quote, &verified.texts()).unwrap();
        QuotesVerdict::new(verified, vec![quote])
    };
    let of =
        |shown: BTreeMap<u32, _>| verify(&channel().bundle_of(shown).to_bytes().unwrap()).unwrap();
    let whole = |n| channel().disclose(n, &Selection::whole());
    let other = "Nothing of this was ever written by anybody here.";
    let hidden = "We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.";

    // One paragraph of version 2, and the first version whole.
    let third = channel().disclose(2, &Selection::nothing().with_portion(3));
    let verified = of(BTreeMap::from([(1, whole(1)), (2, third)]));
    let verdict = judge(&verified, other);
    let line = verdict
        .disclosed
        .iter()
        .find(|line| line.version == 2)
        .unwrap();
    assert_eq!(
        verdict.headline,
        format!(
            "UNDECIDED: nothing of the copy stands in what the bundle shows; {} words of version 2 are hidden.",
            line.hidden
        )
    );
    assert!(!verdict.is_positive());
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!(json["copy"]["overall"], "not-shown");
    assert_eq!(json["copy"]["distances"][1]["hidden"], line.hidden);
    let screen = verdict.render();
    let says = "version 1: another text; version 2: nothing in what is shown of it";
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(says), "{screen}");
    let verdict = quoted(&verified, other);
    assert_eq!(verdict.quotes[0].verdict, QuoteState::NotShown);
    assert!(
        verdict
            .headline
            .starts_with("UNDECIDED: 1 quotation: 1 not to be told"),
        "{}",
        verdict.headline
    );
    assert!(!verdict.is_positive());

    // A version of which nothing is shown was not compared at all.
    let verified = of(BTreeMap::from([(2, whole(2))]));
    let verdict = judge(&verified, other);
    assert_eq!(
        verdict.headline,
        "UNDECIDED: nothing of the copy stands in what the bundle shows; all of version 1 is hidden."
    );
    assert_eq!(
        quoted(&verified, other).quotes[0].verdict,
        QuoteState::NotShown
    );

    // All is shown.
    let verified = of(BTreeMap::from([(1, whole(1)), (2, whole(2))]));
    assert_eq!(
        judge(&verified, other).copy.unwrap().overall,
        Overall::NotFound
    );
    assert_eq!(
        quoted(&verified, other).quotes[0].verdict,
        QuoteState::NotFound
    );

    // What is partly shown: the rest may stand where words are hidden.
    let third = channel().disclose(2, &Selection::nothing().with_portion(3));
    let verified = of(BTreeMap::from([(2, third)]));
    let shown = "The Ministry should wait until the water falls, and then ask again.";
    let verdict = judge(&verified, &format!("{hidden}\n\n{shown}"));
    assert_eq!(
        verdict.copy.as_ref().unwrap().overall,
        Overall::NotComparable
    );
    assert!(
        verdict
            .headline
            .starts_with("UNDECIDED: what is shown of version 2 agrees, but 19 words"),
        "{}",
        verdict.headline
    );
    let verdict = quoted(
        &verified,
        "We do not agree that the Lower Sluice … The Ministry should wait until the water falls, and then",
    );
    assert_eq!(
        verdict.quotes[0].verdict,
        QuoteState::NotShown,
        "{verdict:?}"
    );
    let altered = quoted(
        &verified,
        "We do not agree that … The Ministry should not wait until the water falls, and then ask",
    );
    assert_eq!(
        altered.quotes[0].verdict,
        QuoteState::Altered,
        "{altered:?}"
    );

    // The title is hidden, and a block above the body may be it; it can't be longer than it.
    let content = &channel().contents[&2];
    let selection = Selection::whole()
        .hiding(content, &"title".parse::<Choice>().unwrap())
        .unwrap();
    let verified = of(BTreeMap::from([
        (1, whole(1)),
        (2, channel().disclose(2, &selection)),
    ]));
    let second = second();
    let body = second.splitn(3, "+++\n").nth(2).unwrap();
    let above = judge(&verified, &format!("A Title\n\n{body}"));
    assert_eq!(above.copy.unwrap().overall, Overall::NotComparable);
    let above = judge(
        &verified,
        &format!("A title of many more words than the one that nobody may see has\n\n{body}"),
    );
    assert_eq!(above.copy.unwrap().overall, Overall::Altered);

    // A hidden word may turn what an ellipsis leaves out.
    let selection = Selection::whole()
        .hiding(content, &"1:3-3".parse::<Choice>().unwrap())
        .unwrap();
    let verified = of(BTreeMap::from([
        (1, whole(1)),
        (2, channel().disclose(2, &selection)),
    ]));
    let texts: Vec<_> = verified
        .texts()
        .into_iter()
        .filter(|text| text.version == 2)
        .collect();
    for quote in [
        "We do … agree that the Lower Sluice",
        "We do [now] agree that the Lower Sluice",
    ] {
        let verdict = check_quote(quote, &texts).unwrap();
        assert_eq!(verdict.verdict, QuoteState::NotShown, "{verdict:?}");
    }
}

#[test]
fn brackets_for_words_stand_in_the_headline() {
    let verified = verify(file()).unwrap();
    let verdict = |quote: &str| {
        let quote = check_quote(quote, &verified.texts()).unwrap();
        QuotesVerdict::new(&verified, vec![quote])
    };
    let own = verdict("[The Office] should wait until the water falls");
    assert_eq!(
        own.headline,
        "VERBATIM BUT FOR BRACKETS: 1 quotation: 1 verbatim; [The Office] stands for \"Ministry\"."
    );
    assert!(own.is_positive());
    assert_eq!(
        verdict("should wait [sic] until the water").headline,
        "VERBATIM: 1 quotation: 1 verbatim."
    );
}

#[test]
fn every_difference_is_shown_up_to_a_hundred() {
    let verified = verify(file()).unwrap();
    let second = second();
    let body = second.splitn(3, "+++\n").nth(2).unwrap();
    let screen = |copy: &str| {
        let copy = CopyText::parse(copy.as_bytes()).unwrap();
        Verdict::new(&verified, Some(compare(&copy, &verified.texts(), &[]))).render()
    };
    let text = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let swaps = [
        ("agree", "think"),
        ("Lower", "Upper"),
        ("closed", "opened"),
        ("harm", "gain"),
        ("1,200", "1,300"),
        ("survey", "letter"),
        ("sound", "rotten"),
        ("days", "years"),
        ("wait", "begin"),
        ("falls", "rises"),
    ];
    let copy = swaps
        .iter()
        .fold(body.to_owned(), |copy, (from, to)| copy.replace(from, to));
    let shown = text(&screen(&copy));
    for (from, to) in swaps {
        assert!(
            shown.contains(&format!("\"{from}\" became \"{to}\"")) || shown.contains(to),
            "{to}: {shown}"
        );
    }
    assert!(
        !shown.contains("more differences") && shown.contains("Rests on"),
        "{shown}"
    );
    // Beyond that they are counted.
    let many: String = (0..130)
        .map(|n| format!("Paragraph {n} was put in by somebody who is not known.\n\n"))
        .collect();
    let shown = screen(&format!("{body}\n\n{many}"));
    assert!(
        shown.contains("... and 30 more differences: --json has all"),
        "{shown}"
    );
    // Page numbers are on the screen.
    let shown = text(&screen(&format!("{body}\n\n100\n")));
    assert!(
        shown.contains("page numbers and banners Page lines \"100\""),
        "{shown}"
    );
    let pages: String = (1..=9).map(|n| format!("\n\n{n}\n\u{c}")).collect();
    let shown = text(&screen(&format!("{body}{pages}\n\n- 7 -\n\n")));
    assert!(shown.contains("Page lines \"- 7 -\", 1 to 9"), "{shown}");
    let shown = text(&screen(&body.to_uppercase()));
    assert!(
        shown.starts_with("ALTERED: letter case differs throughout; else every word of the copy stands so in version 2."),
        "{shown}"
    );
}
