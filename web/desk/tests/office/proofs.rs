//! What proves something to a stranger, beside a bundle: a fingerprint, a signer's claim, an entry's receipt.

use demur_client::transport::{Method, Request, Transport as _};
use demur_encoding::Digest;
use demur_paper::Parts;

use crate::{
    people::{self, Members, file, harmless, members, sign_by_name, write_text},
    stage::{Person, Stage, between, form, with_file},
};

/// The record is audited under a visitor's own trust as well.
#[test]
fn an_audit_rests_on_whom_the_visitor_believes() {
    let stage = Stage::new();
    let mut stranger = stage.person();
    let page = stranger.see("/audit");
    assert!(
        page.contains("Whose key this rests on") && page.contains("name=\"key\""),
        "{page}"
    );
    let log = |page: &str| {
        let key = between(page, "<dt>Key of the log</dt><dd><code>", "</code>");
        key.replace("&#43;", "+")
    };
    let key = log(&page);
    let good = stranger.does("audit", form(&[])).html;
    assert!(good.contains("Everything verified"), "{good}");
    let policy = format!("log {key}\nquorum none\n");
    for own in [&key, &policy] {
        let page = stranger.does("audit", form(&[("key", own)])).html;
        assert!(page.contains("Everything verified"), "{page}");
    }
    // Another channel's key.
    let elsewhere = Stage::new();
    let other = log(&elsewhere.person().see("/audit"));
    let page = stranger.does("audit", form(&[("key", &other)])).html;
    assert!(page.contains("<h2>Failed</h2>"), "{page}");
    let told = stranger.refused("audit", form(&[("key", "nonsense")]));
    assert!(told.contains("neither a verifier key"), "{told}");
}

#[test]
fn a_fingerprint_a_claim_and_a_receipt_are_checked_by_a_stranger() {
    let stage = Stage::new();
    let mut people = members(&stage);
    // A fingerprint of fewer than a hundred words would be found by trying.
    let body: Vec<String> = (1..=120).map(|n| format!("gauge {n} stands")).collect();
    let body = format!("(SBU) {}.", body.join(", "));
    let (id, path) = write_text(&mut people, &body);
    people.eve.see(&path);
    sign_by_name(&mut people.eve, &path);
    let memo = file(&stage, &mut people, &id);

    let mut stranger = stage.person();
    stranger.see("/verify");
    fingerprint(&stage, &mut people, &mut stranger, memo, &body[6..]);
    claim(&mut people.eve, &mut stranger, &id);
    receipt(&stage, &mut stranger);
    let amended = body.replace("gauge 90 stands", "gauge 90 fell");
    people::amend(&mut people, &id, &amended);
    of_an_amended_memo(&stage, &mut people, &mut stranger, memo);
}

/// A paper is of the version that was filed, and is told so beside the later one: by itself, and as a copy.
fn of_an_amended_memo(
    stage: &Stage,
    people: &mut Members<'_>,
    stranger: &mut Person<'_>,
    memo: Digest,
) {
    stage.until("version 2", |m| {
        let latest = m.memo(memo)?.latest()?.body.number;
        (latest == 2).then_some(())
    });
    let id = memo.to_string();
    earlier_version(people, &id);
    let wanted = [("memo", id.as_str()), ("form", "pdf"), ("size", "a4")];
    let made = people.ada.does("author-paper", form(&wanted));
    let paper = made.download.unwrap().bytes;
    let bundle = Parts::of(&paper).unwrap().bundle.into_owned();
    quotations(stranger, &bundle);
    let alone = with_file(form(&[]), "bundle", paper.clone());
    let as_copy = with_file(with_file(form(&[]), "bundle", bundle), "copy", paper);
    for (given, said) in [
        (alone, "byte for byte"),
        (as_copy, "SAME WORDS as the paper of version 1"),
    ] {
        let page = stranger.does("verify", given).html;
        for wanted in [
            said,
            "class=\"warning verdict\"",
            "Version 1 of 2, amended since: signed by <strong>1 of 5</strong>",
            "AMENDED SINCE",
        ] {
            assert!(page.contains(wanted), "{wanted}: {page}");
        }
    }
}

/// A bundle can show parts of an earlier version too, by its own sentences.
fn earlier_version(people: &mut Members<'_>, id: &str) {
    let case = format!("/desk/memo/{id}/case");
    let latest = people.ada.see(&case);
    assert!(
        latest.contains("name=\"of\" value=\"2\"")
            && latest.contains("gauge 90 fell")
            && latest.contains("<h2>A bundle of version 2</h2>"),
        "{latest}"
    );
    let chosen = |of: &str| form(&[("memo", id), ("of", of)]);
    let first = people.ada.does("bundle-of", chosen("1"));
    assert_eq!(first.target.as_deref(), Some("bundle-form"));
    harmless(&first.html);
    assert!(
        first.html.contains("name=\"of\" value=\"1\"")
            && first.html.contains("Some of version 1;")
            && first.html.contains("gauge 90 stands")
            && first.html.contains("Every version, whole"),
        "{}",
        first.html
    );
    for (of, why) in [
        ("0", "not 0"),
        ("3", "versions 1 to 2, not 3"),
        ("", "Of which version?"),
    ] {
        let told = people.ada.refused("bundle-of", chosen(of));
        assert!(told.contains(why), "{told}");
    }
    let part = |of: &str| {
        form(&[
            ("memo", id),
            ("what", "portions"),
            ("of", of),
            ("show", "1.1"),
        ])
    };
    let look = people.ada.does("release-look", part("1")).html;
    assert!(
        look.contains("gauge 90 stands") && look.contains("Version 1: 1 signed"),
        "{look}"
    );
    assert!(
        !look.contains("Version 2: ") && look.contains("name=\"of\" value=\"1\""),
        "{look}"
    );
    let look = people.ada.does("release-look", part("")).html;
    assert!(
        look.contains("gauge 90 fell") && !look.contains("Version 1: "),
        "{look}"
    );
    for (of, why) in [("0", "not 0"), ("3", "not 3"), ("x", "Of which version?")] {
        let told = people.ada.refused("release-look", part(of));
        assert!(told.contains(why), "{told}");
    }
}

/// Quotations alone: of each version that has one it is told how many had signed it, and what was amended since.
fn quotations(stranger: &mut Person<'_>, bundle: &[u8]) {
    let first = "Version 1 of 2, amended since: signed by <strong>1 of 5</strong>";
    let second = "Version 2 of 2: signed by <strong>0 of 5</strong>";
    let both = [first, second];
    for (quote, class, versions) in [
        ("gauge 7 stands, gauge 8 stands", "success", &both[..]),
        ("gauge 90 stands, gauge 91 stands", "warning", &both[..1]),
        ("gauge 90 fell, gauge 91 stands", "success", &both[1..]),
    ] {
        let given = with_file(form(&[]), "bundle", bundle.to_vec());
        let given = given.with("quotes", &format!("“{quote}”"));
        let page = stranger.does("verify", given).html;
        let headline = format!("class=\"{class} verdict\">VERBATIM");
        assert!(page.contains(&headline), "{headline}: {page}");
        for version in both {
            let wanted = versions.contains(&version);
            assert_eq!(page.contains(version), wanted, "{version}: {page}");
        }
        let amended = usize::from(versions.contains(&first));
        assert_eq!(page.matches("AMENDED SINCE").count(), amended, "{page}");
        let report = stranger.does("verify-report", form(&[])).download.unwrap();
        let report = String::from_utf8(report.bytes).unwrap();
        assert_eq!(report.matches("AMENDED SINCE").count(), amended, "{report}");
    }
}

fn fingerprint(
    stage: &Stage,
    people: &mut Members<'_>,
    stranger: &mut Person<'_>,
    memo: Digest,
    text: &str,
) {
    let id = memo.to_string();
    let case = format!("/desk/memo/{id}/case");
    let fields = |of: &str, sure: &str| form(&[("memo", &id), ("of", of), ("sure", sure)]);
    let page = people.ada.see(&case);
    harmless(&page);
    assert!(page.contains("<h2>A fingerprint</h2>") && page.contains("Publish one"));
    for (of, sure, why) in [
        ("1", "", "Tick the box"),
        ("2", "yes", "has no version 2"),
        ("", "yes", "Choose of which version"),
    ] {
        let told = people.ada.refused("fingerprint", fields(of, sure));
        assert!(told.contains(why), "{told}");
    }
    let asked = people.ada.does("fingerprint", fields("1", "yes")).html;
    assert!(asked.contains("1 of 2 authors agree"), "{asked}");
    let waits = people.ada.see(&case);
    assert!(waits.contains("A fingerprint waits: 1 of 2 authors agree"));
    let page = people.bela.see(&case);
    assert!(page.contains("proposes to publish the fingerprint of version 1"));
    let form_of_it = &page[page.find("data-act=\"fingerprint\"").unwrap()..];
    let hash = between(form_of_it, "name=\"agree\" value=\"", "\"");
    let agree = form(&[("memo", &id), ("agree", &hash), ("sure", "yes")]);
    let done = people.bela.does("fingerprint", agree).html;
    assert!(done.contains("can tell it now"), "{done}");
    stage.until("the fingerprint", |m| {
        let known = m.replay().memo(memo)?.fingerprints();
        known.iter().any(|(_, f)| f.of == 1).then_some(())
    });
    let page = people.ada.see(&case);
    assert!(page.contains("That of version 1 is published."));

    let given = |text: &str| form(&[("text", text)]);
    let page = stranger.does("verify-fingerprint", given(text)).html;
    harmless(&page);
    assert!(page.contains(&format!("href=\"/m/{id}\"")), "{page}");
    let changed = text.replace("gauge 7 stands", "gauge 7 fell");
    let page = stranger.does("verify-fingerprint", given(&changed)).html;
    assert!(!page.contains(&format!("href=\"/m/{id}\"")), "{page}");
}

fn claim(eve: &mut Person<'_>, stranger: &mut Person<'_>, id: &str) {
    let page = eve.see(&format!("/desk/memo/{id}/claim"));
    let days = format!("value=\"{}\"", demur_client::signer::CLAIM_DAYS);
    assert!(page.contains(&days), "as long as the program's: {page}");
    let asked = [("memo", id), ("audience", "The Inspector"), ("days", "14")];
    let claim = eve.does("claim", form(&asked)).download.unwrap();
    let check = |stranger: &mut Person<'_>, bytes: &[u8], audience: &str| {
        let given = with_file(form(&[("audience", audience)]), "claim", bytes.to_vec());
        stranger.act("verify-claim", given)
    };
    stranger.browser.sent.borrow_mut().clear();
    let page = check(stranger, &claim.bytes, "The Inspector").html;
    harmless(&page);
    assert!(
        page.contains("PROVED: Eve") && page.contains("Act 1: sign version 1"),
        "{page}"
    );
    assert!(page.contains(&format!("href=\"/m/{id}\"")));
    // The claim is sent nowhere.
    let asked = stranger.browser.sent.borrow().clone();
    assert!(
        asked.iter().all(|line| line.starts_with("GET /record/")),
        "{asked:?}"
    );
    let page = check(stranger, &claim.bytes, "Somebody else").html;
    assert!(
        page.contains("NOT PROVED: the claim does not hold."),
        "{page}"
    );
    let mut other = claim.bytes.clone();
    let at = other.windows(7).position(|w| w == b"proof\":").unwrap() + 20;
    other[at] = if other[at] == b'A' { b'B' } else { b'A' };
    let answer = check(stranger, &other, "The Inspector");
    assert!(
        answer.trouble.is_some() || answer.html.contains("NOT PROVED"),
        "{}",
        answer.html
    );
    let refused = stranger.refused("verify-claim", form(&[("audience", "x")]));
    assert!(refused.contains("Choose the claim"), "{refused}");
}

fn receipt(stage: &Stage, stranger: &mut Person<'_>) {
    let get = |path: &str| {
        let request = Request {
            method: Method::Get,
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            limit: 1 << 20,
        };
        let answer = stage.http.send(&request).unwrap();
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    };
    let given = |entry: &[u8], receipt: &[u8]| {
        let form = with_file(form(&[]), "entry", entry.to_vec());
        with_file(form, "receipt", receipt.to_vec())
    };
    let (entry, proof) = (get("/entries/1/json"), get("/entries/1/receipt"));
    stranger.browser.sent.borrow_mut().clear();
    let page = stranger.does("verify-receipt", given(&entry, &proof)).html;
    assert!(page.contains("PROVED: entry 1 is in the record."), "{page}");
    let other = get("/entries/2/json");
    let page = stranger.does("verify-receipt", given(&other, &proof)).html;
    assert!(
        page.contains("NOT PROVED: the receipt is not of this entry"),
        "{page}"
    );
    let refused = stranger.refused("verify-receipt", given(&proof, &entry));
    assert!(
        refused.contains("this is no entry of a record"),
        "{refused}"
    );
    assert!(stranger.browser.sent.borrow().is_empty());
}
