//! The registrar and the overseer at their desks, and members who enrol in between.

use demur_desk::Form;

use crate::{
    people::enrol,
    stage::{PASSPHRASE, Person, Stage, between, form, key_file, with_file},
};

const HEAD: &str = "name,title,email,cohorts\n";
const NAMES: [&str; 6] = ["ada", "bela", "carl", "dora", "emil", "fina"];

fn people(count: usize) -> String {
    let line = |name: &&str| format!("{name} <b>x</b>,Clerk,{name}@rivers.example,gauging\n");
    HEAD.to_owned() + &NAMES[..count].iter().map(line).collect::<String>()
}

fn keeper<'s>(stage: &'s Stage, file: Vec<u8>) -> Person<'s> {
    let mut person = stage.person();
    let form = form(&[("file-passphrase", PASSPHRASE)]);
    person.does("import", with_file(form, "file", file));
    person
}

fn list(text: &str) -> Form {
    with_file(form(&[]), "people", text.as_bytes().to_vec())
}

/// The codes in a file of letters, in its order: by e-mail address.
fn codes(letters: &[u8]) -> Vec<String> {
    let text = String::from_utf8(letters.to_vec()).unwrap();
    text.split('\u{c}')
        .filter(|letter| letter.contains("To "))
        .map(|letter| between(letter, "--code ", "\n"))
        .collect()
}

#[test]
fn a_roster_from_the_list_to_the_letters() {
    let stage = Stage::new();
    let mut registrar = keeper(&stage, key_file(stage.registrar()));
    let mut overseer = keeper(&stage, key_file(stage.overseer()));
    assert!(registrar.see("/desk").contains("/desk/registrar"));
    assert!(
        overseer
            .see("/desk/overseer")
            .contains("no roster edition yet")
    );

    // A list with mistakes changes nothing; each is told with its row.
    let wrong = registrar.refused(
        "roster-import",
        list("name,title,email,cohorts\nAda,Clerk,,\n"),
    );
    assert!(wrong.contains("nothing was imported: row 2"), "{wrong}");
    let none = registrar.refused("roster-publish", form(&[]));
    assert!(none.contains("Nobody has enrolled yet"), "{none}");

    let page = registrar.does("roster-import", list(&people(5))).html;
    assert!(page.contains("5 new, 0 changed, 0 as they were."), "{page}");
    let letters = registrar
        .does("roster-letters", form(&[]))
        .download
        .unwrap();
    let first = codes(&letters.bytes);
    assert_eq!(first.len(), 5);
    // Ada lost hers: only the new one counts.
    let ada = form(&[("email", "Ada@rivers.example")]);
    let new = registrar.does("roster-recode", ada.clone()).html;
    let new = between(&new, "<code class=\"key\">", "</code>");
    assert_ne!(new, first[0]);
    let nobody = registrar.refused("roster-recode", form(&[("email", "x@rivers.example")]));
    assert!(nobody.contains("is not in the register"), "{nobody}");
    let mut members: Vec<Person<'_>> = Vec::new();
    for code in [&new].into_iter().chain(&first[1..]) {
        let mut member = stage.person();
        enrol(&mut member, code);
        members.push(member);
    }
    let page = registrar
        .does("roster-publish", form(&[("strict", "yes")]))
        .html;
    assert!(
        page.contains("Edition 1 is published") && page.contains("5 enrolled"),
        "{page}"
    );
    let found = registrar.does("roster-find", ada).html;
    assert!(
        found.contains("ada &#60;b&#62;") && !found.contains("not enrolled"),
        "{found}"
    );

    overseer.until("/desk/overseer", "Nobody has vouched for it yet");
    let page = overseer.does("attest", form(&[])).html;
    assert!(page.contains("5 for new commitments"), "{page}");
    overseer.until("/desk/overseer", "It is attested");
    let letters = overseer
        .does("overseer-letters", form(&[]))
        .download
        .unwrap();
    let letters = String::from_utf8(letters.bytes).unwrap();
    let own = members[0].until("/desk/member", "certified in roster edition 1");
    assert!(letters.contains(&between(&own, "<code>", "</code>")));

    // The next edition: a sixth person, and an overseer whose new browser lacks the register before.
    registrar.does("roster-import", list(&people(6)));
    let letters = registrar
        .does("roster-letters", form(&[]))
        .download
        .unwrap();
    let code = codes(&letters.bytes);
    assert_eq!(code.len(), 1);
    enrol(&mut stage.person(), &code[0]);
    registrar.does("roster-publish", form(&[]));
    let mut fresh = keeper(&stage, key_file(stage.overseer()));
    fresh.until("/desk/overseer", "The register of edition 1");
    let refused = fresh.refused("attest", form(&[]));
    assert!(
        refused.contains("nobody can tell whose commitment changed"),
        "{refused}"
    );
    overseer.until("/desk/overseer", "attest edition 2");
    let page = overseer.does("attest", form(&[])).html;
    assert!(
        page.contains("1 for new commitments, 0 for changed"),
        "{page}"
    );

    // Ada's commitment changes, and two editions come before the overseer looks: the letters are those since the attested one.
    overseer.until("/desk/overseer", "It is attested");
    let new = registrar.does("roster-recode", form(&[("email", "ada@rivers.example")]));
    let new = between(&new.html, "<code class=\"key\">", "</code>");
    enrol(&mut stage.person(), &new);
    registrar.does("roster-publish", form(&[]));
    overseer.until("/desk/overseer", "attest edition 3");
    registrar.see("/desk/registrar");
    registrar.does("roster-publish", form(&[]));
    overseer.until("/desk/overseer", "attest edition 4");
    let page = overseer.does("attest", form(&[])).html;
    assert!(
        page.contains("0 for new commitments, 1 for changed"),
        "{page}"
    );
    // What somebody else calls the missing register is not believed.
    let wrong = with_file(form(&[]), "register", b"no register".to_vec());
    fresh.refused("overseer-register-in", wrong);

    // The register goes to another device as the program keeps it, and to one without another register alone.
    let file = registrar.does("register-out", form(&[])).download.unwrap();
    let taken = with_file(form(&[]), "register", file.bytes);
    let again = registrar.refused("register-in", taken.clone());
    assert!(again.contains("keeps a register already"), "{again}");
    let mut other = keeper(&stage, key_file(stage.registrar()));
    // Until then nothing is offered that another register would be spoilt by.
    let page = other.see("/desk/registrar");
    assert!(
        page.contains("Bring it here") && !page.contains("Persons"),
        "{page}"
    );
    assert_eq!(page.matches("<form").count(), 1, "{page}");
    let page = other.does("register-in", taken).html;
    assert!(page.contains("<dt>Persons</dt>") && page.contains("Publish edition"));
    assert!(
        page.contains("The register of 6 persons is here now."),
        "{page}"
    );
}

#[test]
fn who_lacks_the_keys_of_a_role_is_told_so() {
    let stage = Stage::new();
    let mut person = keeper(&stage, key_file(stage.overseer()));
    let told = person.open("/desk/registrar").trouble.unwrap();
    assert!(
        told.contains("does not hold the keys of: registrar"),
        "{told}"
    );
    for act in ["roster-letters", "roster-publish", "register-out"] {
        let told = person.refused(act, form(&[]));
        assert!(told.contains("does not hold the keys of"), "{act}: {told}");
    }
}
