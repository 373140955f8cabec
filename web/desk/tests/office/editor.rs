//! Writing: what the page says while one types.

use crate::{
    people::{PEOPLE, enrol, harmless},
    stage::{Person, Stage, between, form},
};

fn typed(person: &mut Person<'_>, fields: &[(&str, &str)]) -> String {
    let form = form(&[("key", "new"), ("title-marking", "U")]);
    let form = (fields.iter()).fold(form, |form, (name, text)| form.with(name, text));
    person.does("editor", form).html
}

#[test]
fn an_unfinished_memo_has_its_banner_and_preview_and_a_name_is_looked_for() {
    let stage = Stage::new();
    let (register, codes) = stage.register(PEOPLE);
    let mut ada = stage.person();
    enrol(&mut ada, &codes["ada@rivers.example"]);
    let page = ada.see("/desk/write");
    assert!(
        page.contains("Your name is not known on this device"),
        "{page}"
    );
    let body = "(S) Above.\n\n(SBU) Alder wrote it.";
    let page = typed(&mut ada, &[("body", body)]);
    harmless(&page);
    assert!(page.contains("Not ready yet"), "{page}");
    assert!(page.contains("Preview, as far as it is written"), "{page}");
    let banner = between(&page, "<p class=\"banner\">", "</p>");
    assert_eq!(banner, "SENSITIVE BUT UNCLASSIFIED");
    let preview = &page[page.find("<h2>Preview").unwrap()..];
    assert!(
        preview.contains("[not shown: its marking is not allowed here]")
            && !preview.contains("Above."),
        "{page}"
    );
    assert!(!page.contains("your own name"), "{page}");
    let page = typed(&mut ada, &[("body", body), ("own-name", "Ada Alder")]);
    assert!(page.contains("your own name, “Alder”"), "{page}");
    // It is kept with the text.
    let page = ada.see("/desk/write");
    assert!(page.contains("value=\"Ada Alder\""), "{page}");

    // Once a roster has told it nothing is asked.
    for other in ["bela", "dora", "emil", "eve"] {
        stage.enrol(&codes[&format!("{other}@rivers.example")]);
    }
    stage.publish(register);
    ada.until("/desk/member", "certified in roster edition 1");
    let page = ada.see("/desk/write");
    assert!(!page.contains("is not known on this device"), "{page}");
    let page = typed(&mut ada, &[("body", body)]);
    assert!(page.contains("your own name, “Alder”"), "{page}");
}
