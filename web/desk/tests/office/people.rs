//! Who plays: what they are called, how they enrol, join, write and file.

use demur_desk::Answer;
use demur_encoding::Digest;

use crate::stage::{PASSPHRASE, PASSWORD, Person, Stage, between, form, with_file};

/// A name, a title, a text that would be code in a page that did not escape it; with a right-to-left override.
/// (A memo's own text can't hold such a character: it is refused.)
pub(crate) const HOSTILE: &str = "\"><script>alert('x')</script>\u{202e}&amp;";

/// The people: the last one's name is hostile.
pub(crate) const PEOPLE: &str = "name,title,email,cohorts\n\
    Ada Alder,Hydrologist,ada@rivers.example,\n\
    Bela Barge,Hydrologist,bela@rivers.example,\n\
    \"Eve <script>alert('n')</script>\",\"<img src=x onerror=alert(1)>\",eve@rivers.example,\n\
    Dora Dyke,Clerk,dora@rivers.example,\n\
    Emil Eddy,Clerk,emil@rivers.example,\n";

/// What was written or named by somebody is text in a page, never a tag, and ends no attribute.
pub(crate) fn harmless(html: &str) {
    for bad in ["<script", "<img", "alert('", "\u{202e}"] {
        assert!(!html.contains(bad), "{bad} in {html}");
    }
}

/// Enrols with a code, and writes the words down.
pub(crate) fn enrol(person: &mut Person<'_>, code: &str) {
    let start = form(&[
        ("code", code),
        ("passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
    ]);
    let words = person.does("enrol", start).html;
    let words: Vec<String> = words
        .split("<li value=\"")
        .skip(1)
        .map(|item| between(item, ">", "</li>"))
        .collect();
    assert_eq!(words.len(), 24);
    let asked = person.does("words-written", form(&[])).html;
    let asked: Vec<usize> = asked
        .split("<label for=\"word-")
        .skip(1)
        .map(|item| item.split('"').next().unwrap().parse().unwrap())
        .collect();
    let typed = asked.iter().map(|at| ("word", words[*at].as_str()));
    person.does("words-check", form(&typed.collect::<Vec<_>>()));
}

pub(crate) fn join(person: &mut Person<'_>, account: &str, code: &str) -> (Answer, String) {
    let fields = [
        ("account", account),
        ("invitation", code),
        ("password", PASSWORD),
        ("password-again", PASSWORD),
        ("passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
    ];
    let answer = person.does("join", form(&fields));
    let line = between(&answer.html, "readonly value=\"", "\"");
    (answer, line)
}

/// A memo in the editor: a new one, or the version after `base` of one that there is.
fn memo_form(memo: &str, base: &str, with: &str, body: &str) -> demur_desk::Form {
    form(&[
        ("key", memo),
        ("base", base),
        ("title-marking", "U"),
        ("title", &HOSTILE.replace('\u{202e}', "")),
        ("to", "The Minister"),
        ("date", "2026-11-27"),
        ("point-marking", "U"),
        ("point-policy", "Dams first <script>1</script>"),
        ("point-argument", "They break"),
        ("point-recommendation", "Dikes"),
        ("point-marking", "SBU"),
        ("point-policy", "No hearing"),
        ("point-argument", "The Act asks for one"),
        ("point-recommendation", "Hold it"),
        ("body", body),
        ("with", with),
        ("threshold", ""),
    ])
}

/// Two authors and a member who signs.
pub(crate) struct Members<'s> {
    pub(crate) ada: Person<'s>,
    pub(crate) bela: Person<'s>,
    pub(crate) eve: Person<'s>,
}

/// Five members, three of them with a desk, all certified in edition 1.
pub(crate) fn members(stage: &Stage) -> Members<'_> {
    let (register, codes) = stage.register(PEOPLE);
    let (mut ada, mut bela, mut eve) = (stage.person(), stage.person(), stage.person());
    enrol(&mut ada, &codes["ada@rivers.example"]);
    enrol(&mut bela, &codes["bela@rivers.example"]);
    enrol(&mut eve, &codes["eve@rivers.example"]);
    stage.enrol(&codes["dora@rivers.example"]);
    stage.enrol(&codes["emil@rivers.example"]);
    stage.publish(register);
    for person in [&mut ada, &mut bela, &mut eve] {
        person.until("/desk/member", "certified in roster edition 1");
    }
    Members { ada, bela, eve }
}

/// Ada and Bela write a memo; returns its identifier and the path of its link.
pub(crate) fn write(people: &mut Members<'_>) -> (String, String) {
    write_text(
        people,
        "(SBU) It is wrong <script>alert(2)</script>.\n\n(U) Do not.",
    )
}

/// The same with this text.
pub(crate) fn write_text(people: &mut Members<'_>, body: &str) -> (String, String) {
    let token = people.bela.does("author-key", form(&[])).html;
    let token = between(&token, "data-copy=\"", "\"");
    let registered = people
        .ada
        .does("register", memo_form("new", "", &token, body));
    let address = registered.address.unwrap();
    let id = address.strip_prefix("/desk/memo/").unwrap().to_owned();
    let link = people.ada.see(&format!("/desk/memo/{id}/share"));
    let link = between(&link, "readonly value=\"", "\"").replace("&#35;", "#");
    let path = link[link.find("/m/").unwrap()..].to_owned();
    people.bela.see(&path);
    (id, path)
}

/// Ada registers version 2 with this text.
pub(crate) fn amend(people: &mut Members<'_>, id: &str, body: &str) {
    amend_after(people, id, 1, body);
}

/// Ada registers the version after this one.
pub(crate) fn amend_after(people: &mut Members<'_>, id: &str, base: u32, body: &str) {
    let Members { ada, .. } = people;
    ada.until(&format!("/desk/memo/{id}"), "in the record since");
    ada.see(&format!("/desk/memo/{id}/edit"));
    let form = memo_form(id, &base.to_string(), "", body);
    let done = ada.does("register", form).html;
    let told = format!("Version {} is registered", base + 1);
    assert!(done.contains(&told), "{done}");
}

/// Both authors file it.
pub(crate) fn file(stage: &Stage, people: &mut Members<'_>, id: &str) -> Digest {
    let Members { ada, bela, .. } = people;
    ada.until(&format!("/desk/memo/{id}"), "in the record since");
    let sure = [("memo", id), ("version", "1"), ("sure", "yes")];
    ada.does("file", form(&sure));
    let filed = bela.does("file", form(&sure));
    assert!(filed.html.contains("The office has the memo"));
    let memo: Digest = id.parse().unwrap();
    stage.until("the filing", |m| m.case(memo).map(drop));
    memo
}

/// The office's first steward: with the office's key, joined, and admitted by their own hand.
pub(crate) fn first_steward(stage: &Stage) -> Person<'_> {
    let mut steward = stage.person();
    let passphrase = form(&[("file-passphrase", PASSPHRASE)]);
    let overview = steward.does("import", with_file(passphrase, "file", stage.office_file()));
    assert!(overview.html.contains("Keys of: office."));
    let code = stage.invite("first-steward", "steward");
    let (joined, key) = join(&mut steward, "first-steward", &code);
    assert!(joined.html.contains("This browser holds the office's key."));
    admit(&mut steward, "first-steward", &key);
    steward
}

pub(crate) fn admit(steward: &mut Person<'_>, account: &str, key: &str) {
    let page = steward.does("admit", form(&[("account", account), ("key", key)]));
    assert!(page.html.contains(&format!("{account} is admitted")));
}

/// Signs by name, once the version has stood for its quiet period.
pub(crate) fn sign_by_name(eve: &mut Person<'_>, path: &str) {
    for _ in 0..100 {
        let sign = [
            ("act", "sign"),
            ("version", "1"),
            ("crowd", ""),
            ("named", "yes"),
            ("when", "now"),
        ];
        if eve.act("sign", form(&sign)).trouble.is_none() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        eve.see(path);
    }
    panic!("the version can't be signed");
}
