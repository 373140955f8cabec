//! Keys for roles, made at the desk.

use demur_client::{key_line::KeyLine, key_store::KeyStore, keys::RoleKeys};
use demur_record::entry::Role;
use demur_seal::{ExposeSecret as _, SecretString};

use crate::{
    people::harmless,
    stage::{ORIGIN, PASSPHRASE, Person, Stage, between, form, key_file, rng, with_file},
};

fn make(role: &str, origin: &str, name: &str) -> demur_desk::Form {
    form(&[
        ("role", role),
        ("origin", origin),
        ("name", name),
        ("passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
    ])
}

/// The key store, as it goes to another device.
fn exported(person: &mut Person<'_>) -> KeyStore {
    let passphrase = [("passphrase", PASSPHRASE), ("again", PASSPHRASE)];
    let file = person.does("export", form(&passphrase)).download.unwrap();
    let secret = SecretString::from(PASSPHRASE.to_owned());
    demur_seal::unlock(&file.bytes, &secret).unwrap()
}

#[test]
fn keys_are_made_where_nothing_was_kept() {
    let stage = Stage::new();
    let mut person = stage.person();
    assert!(person.see("/desk").contains("/desk/keys"));
    let page = person.see("/desk/keys");
    // This channel's record, unless another is meant.
    assert_eq!(
        between(&page, "name=\"origin\" type=\"text\" value=\"", "\""),
        ORIGIN
    );
    assert!(page.contains("A passphrase for this browser"), "{page}");

    for (bad, why) in [
        (make("", ORIGIN, ""), "The role: this is needed"),
        (make("king", ORIGIN, ""), "Choose one of the roles."),
        (make("steward", ORIGIN, ""), "Choose one of the roles."),
        (make("office", "", ""), "The record's name: this is needed"),
        (
            make("office", "https://rivers.example/", ""),
            "The record's name https://rivers.example/: the record's name is a URL without its scheme",
        ),
        (
            make("office", ORIGIN, "Vera <b>"),
            "The name Vera <b>: use lowercase letters, digits and dashes.",
        ),
        (
            form(&[("role", "office"), ("origin", ORIGIN), ("passphrase", "x")]),
            "The passphrase: at least",
        ),
    ] {
        let told = person.refused("key-new", bad);
        assert!(told.starts_with(why), "{told}");
    }
    assert_eq!(person.browser.names(), ["mirror"]);

    let page = person.does("key-new", make("registrar", ORIGIN, "")).html;
    assert!(
        page.contains("The keys of the registrar are made."),
        "{page}"
    );
    assert!(page.contains("The record does not have these keys."));
    assert!(page.contains("demur channel init --registrar LINE"));
    assert!(page.contains("/desk/move"));
    let file = person.see("/desk/move");
    assert!(
        file.contains("A passphrase for the key file") && !file.contains("for this browser"),
        "{file}"
    );
    let text = between(&page, "readonly value=\"", "\"");
    let line: KeyLine = text.parse().unwrap();
    assert_eq!(
        (line.role, line.name.as_str()),
        (Role::Registrar, "registrar")
    );
    let file = person.does("key-line", form(&[("role", "registrar")]));
    let file = file.download.unwrap();
    assert_eq!(file.name, "demur-key-registrar.txt");
    assert_eq!(file.bytes, format!("{text}\n").into_bytes());

    // What the line says is what the key store holds; its secret is neither shown nor on the disk in clear.
    let store = exported(&mut person);
    let keys = store.role(Role::Registrar).unwrap();
    assert_eq!(KeyLine::from(keys), line);
    assert_eq!(keys.origin, ORIGIN);
    let secret = keys.seal.to_secret();
    let secret = secret.expose_secret();
    assert!(!page.contains(secret));
    let disk = person.browser.disk();
    let found = disk.windows(secret.len()).any(|w| w == secret.as_bytes());
    assert!(!found);
    // The desk knows them at once.
    assert!(person.see("/desk").contains("Keys of: registrar."));
    person.see("/desk/registrar");
}

#[test]
fn one_key_of_a_role_and_one_channel_in_a_key_store() {
    let stage = Stage::new();
    let mut person = stage.person();
    let made = person.does("key-new", make("overseer", ORIGIN, "nora-2"));
    assert!(made.html.contains("<dd>nora-2</dd>"), "{}", made.html);
    assert!(!made.html.contains("id=\"role-overseer\""));
    let again = person.refused("key-new", make("overseer", ORIGIN, "nora-3"));
    assert_eq!(again, "This key store holds a key of the overseer already.");
    let other = person.refused("key-new", make("office", "lakes.example/dissent", ""));
    assert!(
        other.contains("of the channel rivers.example/dissent"),
        "{other}"
    );
    let none = person.refused("key-line", form(&[("role", "office")]));
    assert!(none.contains("holds no keys of the office"), "{none}");
    // To what is unlocked another role's come, under no other passphrase.
    let office = form(&[("role", "office"), ("origin", ORIGIN)]);
    let page = person.does("key-new", office).html;
    assert!(page.contains("The keys of the office are made."), "{page}");
    let store = exported(&mut person);
    let roles: Vec<Role> = store.roles.iter().map(|keys| keys.role).collect();
    assert_eq!(roles, [Role::Overseer, Role::Office]);

    // Locked, the page shows nothing, and makes nothing.
    person.does("lock", form(&[]));
    let page = person.see("/desk/keys");
    assert!(page.contains("Unlock") && !page.contains("demur-key:"));
    let kept = person.browser.kept("keys");
    let told = person.refused("key-new", make("recovery", ORIGIN, ""));
    assert!(told.contains("unlock it first"), "{told}");
    assert_eq!(person.browser.kept("keys"), kept);
}

#[test]
fn keys_of_a_channel_that_is_to_come_and_of_this_one() {
    let stage = Stage::new();
    let mut person = stage.person();
    let page = person.does("key-new", make("recovery", "lakes.example/x", ""));
    harmless(&page.html);
    assert!(page.html.contains("They are of another channel"));
    assert!(!page.html.contains("The record does not have"));
    // Others of the same channel come to them.
    let origin = between(&page.html, "name=\"origin\" type=\"text\" value=\"", "\"");
    assert_eq!(origin, "lakes.example/x");

    let mut registrar = stage.person();
    let passphrase = form(&[("file-passphrase", PASSPHRASE)]);
    registrar.does(
        "import",
        with_file(passphrase, "file", key_file(stage.registrar())),
    );
    let page = registrar.see("/desk/keys");
    assert!(page.contains("The record has these keys."), "{page}");
    assert!(!page.contains("channel init"), "{page}");

    // Somebody put another signing key into the line on its way: the recipient alone says nothing of that.
    let mut robbed = RoleKeys::generate(ORIGIN, Role::Registrar, "registrar", &mut rng());
    robbed.seal = stage.registrar().seal.clone();
    let mut other = stage.person();
    let passphrase = form(&[("file-passphrase", PASSPHRASE)]);
    other.does("import", with_file(passphrase, "file", key_file(&robbed)));
    let page = other.see("/desk/keys");
    assert!(page.contains("It has others of this role"), "{page}");
    assert!(!page.contains("The record has these keys."), "{page}");
}

#[test]
fn keys_that_were_not_kept_are_not_held() {
    let stage = Stage::new();
    let mut person = stage.person();
    person.does("key-new", make("overseer", ORIGIN, ""));
    let kept = person.browser.kept("keys");
    person.browser.full.set(true);
    let told = person.refused("key-new", make("office", ORIGIN, ""));
    assert!(told.contains("could not keep"), "{told}");
    person.browser.full.set(false);
    assert_eq!(person.browser.kept("keys"), kept);
    let page = person.see("/desk/keys");
    assert!(!page.contains("demur-key:office:"), "{page}");
    person.does("key-new", make("office", ORIGIN, ""));
}
