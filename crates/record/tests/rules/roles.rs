//! Keys of roles: who may change whose.

use super::*;

#[test]
fn keys_change_hands_as_the_table_says() {
    let world = founded();
    let steward = Entry::Keys(keys(Role::Steward, "eve", Some(public(99))));
    refuses!(
        world,
        steward.sign(&key(OVERSEER)).unwrap(),
        Violation::Authority {
            expected: "the office's key",
            ..
        }
    );
    let change = |keys: Keys, by: Option<u8>| {
        let entry = Entry::Keys(keys);
        by.map_or(entry.clone(), |by| entry.sign(&key(by)).unwrap())
    };
    let office = keys(Role::Office, "office", Some(public(99)));
    refuses!(world, change(office.clone(), None), Violation::Unsigned);
    refuses!(
        world,
        change(office.clone(), Some(OVERSEER)),
        Violation::Authority { .. }
    );
    refuses!(
        world,
        change(office.clone(), Some(99)),
        Violation::Authority { .. }
    );
    let second = keys(Role::Office, "second", Some(public(99)));
    refuses!(
        world,
        change(second, Some(OFFICE)),
        Violation::Authority { .. }
    );
    let Entry::Keys(mut forged) = change(office.clone(), Some(OFFICE)) else {
        panic!()
    };
    forged.seal = Some(format!("{SEAL}q"));
    refuses!(world, Entry::Keys(forged), Violation::Signature(_));
    for (role, name, by) in [
        (Role::Office, "office", OFFICE),
        (Role::Overseer, "overseer", OVERSEER),
        (Role::Registrar, "registrar", REGISTRAR),
    ] {
        let new = keys(role, name, Some(public(99)));
        let replay = batch(&world, &[opaque(), change(new, Some(by))]).unwrap();
        assert!(
            replay.keys().may_sign(role, public(99)) && !replay.keys().may_sign(role, public(by))
        );
    }
    for role in [Role::Steward, Role::Principal] {
        let new = keys(role, "new", Some(public(98)));
        refuses!(world, change(new.clone(), None), Violation::Unsigned);
        refuses!(
            world,
            change(new.clone(), Some(STEWARD)),
            Violation::Authority { .. }
        );
        batch(&world, &[opaque(), change(new, Some(OFFICE))]).unwrap();
    }
    let mut gone = keys(Role::Steward, "ada", Some(public(STEWARD)));
    gone.state = KeyState::Revoked;
    let replay = batch(&world, &[opaque(), change(gone.clone(), Some(OFFICE))]).unwrap();
    assert!(!replay.keys().may_sign(Role::Steward, public(STEWARD)));
    gone.name = "bea".to_owned();
    refuses!(
        world,
        change(gone, Some(OFFICE)),
        Violation::NothingToRevoke { .. }
    );
}

/// Which of signing key, sealing key and verifier key each role has: docs/protocol.md, section 3.
#[test]
fn each_role_has_its_keys_and_no_others() {
    let world = founded();
    let vkey = world.witnesses[0].verifier().to_string();
    // What is wrong with its form comes before who signed it: here nobody did.
    let fits = |keys: Keys| {
        let entry = Entry::Keys(keys);
        match batch(&world, &[opaque(), entry]).unwrap_err() {
            Violation::Field(_) => false,
            Violation::Unsigned => true,
            other => panic!("{other:?}"),
        }
    };
    let (no, yes, any) = (Some(false), Some(true), None);
    for (role, sign, seal, verifies) in [
        (Role::Office, yes, yes, no),
        (Role::Overseer, yes, yes, no),
        (Role::Registrar, yes, yes, no),
        (Role::Recovery, any, yes, no),
        (Role::Principal, any, yes, no),
        (Role::Steward, yes, any, no),
        (Role::Witness, no, no, yes),
    ] {
        for bits in 0..8_u8 {
            let has = [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0];
            let wanted = [sign, seal, verifies]
                .iter()
                .zip(has)
                .all(|(wanted, has)| wanted.is_none_or(|wanted| wanted == has));
            let given = Keys {
                seal: has[1].then(|| SEAL.to_owned()),
                vkey: has[2].then(|| vkey.clone()),
                ..keys(role, "new", has[0].then(|| public(98)))
            };
            assert_eq!(fits(given), wanted, "{role:?} {has:?}");
        }
    }
    let named = |name: &str| fits(keys(Role::Steward, name, Some(public(98))));
    for good in ["a", "a-z.0-9", &"a".repeat(64)] {
        assert!(named(good), "{good}");
    }
    for bad in [
        "",
        "A",
        "a b",
        "a_b",
        "\u{e4}",
        &"a".repeat(65),
        &"a".repeat(66),
    ] {
        assert!(!named(bad), "{bad}");
    }
    let sealed = |seal: String| {
        let seal = Some(seal);
        fits(Keys {
            seal,
            ..keys(Role::Steward, "new", Some(public(98)))
        })
    };
    let of = |length: usize| format!("age1{}", "q".repeat(length - 4));
    for good in [of(5), of(4096), "age1az09".to_owned()] {
        assert!(sealed(good.clone()), "{good}");
    }
    for bad in [
        "",
        "age1",
        "age2qq",
        "age1Q",
        "age1-",
        "qq",
        &of(4097),
        &of(4098),
    ] {
        assert!(!sealed(bad.to_owned()), "{bad}");
    }
}

#[test]
fn keys_have_a_form() {
    let world = founded();
    let good = keys(Role::Steward, "new", Some(public(98)));
    let vkey = Some(world.witnesses[0].verifier().to_string());
    for wrong in [
        Keys {
            name: String::new(),
            ..good.clone()
        },
        Keys {
            name: "A".to_owned(),
            ..good.clone()
        },
        Keys {
            name: "a".repeat(65),
            ..good.clone()
        },
        Keys {
            seal: Some("age1A".to_owned()),
            ..good.clone()
        },
        Keys {
            sign: None,
            ..good.clone()
        },
        Keys {
            vkey: vkey.clone(),
            ..good.clone()
        },
        Keys {
            role: Role::Principal,
            seal: None,
            ..good.clone()
        },
        Keys {
            role: Role::Witness,
            vkey: None,
            ..good.clone()
        },
        Keys {
            role: Role::Witness,
            vkey: vkey.clone(),
            ..good.clone()
        },
        Keys {
            role: Role::Witness,
            vkey: Some(world.log.verifier().to_string()),
            sign: None,
            seal: None,
            ..good.clone()
        },
    ] {
        refuses!(
            world,
            Entry::Keys(wrong).sign(&key(OFFICE)).unwrap(),
            Violation::Field(_)
        );
    }
    let bad = Keys {
        role: Role::Witness,
        vkey: Some("w".to_owned()),
        sign: None,
        seal: None,
        ..good
    };
    refuses!(
        world,
        Entry::Keys(bad).sign(&key(OFFICE)).unwrap(),
        Violation::WitnessKey(_)
    );
}
