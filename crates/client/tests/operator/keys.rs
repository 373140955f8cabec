//! A swapped key: to read what is sealed to the office, or to act in its name.

use demur_client::{
    api::Account,
    device::SyncError,
    keys::{RoleKeys, seal, sign_entry},
    office::{self, AccountError, ToldKeys},
    signer::{self, Choice},
};
use demur_record::entry::{Entry, KeyState, Role};
use demur_signon::act::Action;

use crate::{
    common::{ORIGIN, World, story::Story},
    force,
};

/// The operator names a key of its own wherever the API speaks of the office. Nothing of it is read: the note of a
/// sign-on opens with the record's key, and with no other.
#[test]
fn the_office_key_in_the_api() {
    let mut story = Story::begin(41);
    let operator = RoleKeys::generate(ORIGIN, Role::Office, "office", &mut story.world.rng);
    story.act(2, 1, Action::Sign, Choice::Named(None)).unwrap();
    let own = &story.members[2].memos[&story.memo].acts[0];
    let mirror = story.world.mirror();
    let profiles = [mirror.profile().unwrap()];
    assert!(signer::open_note(&own.note, &operator.seal, &profiles).is_err());
    let name = signer::open_note(&own.note, &story.world.office.seal, &profiles).unwrap();
    assert_eq!(name.unwrap().certificate.body.name, "Member 2");
}

/// The operator enters a key as the office's: signed by nobody, by itself, by the registrar, or as a second office of
/// another name. Then it revokes the office's key, to put its own in the free place. The device names each entry, and
/// keeps the key that it had.
#[test]
fn a_key_entry_by_nobody_or_by_the_wrong_key() {
    let operator = |name: &str, world: &mut World| {
        RoleKeys::generate(ORIGIN, Role::Office, name, &mut world.rng)
    };
    let revoked = |keys: &RoleKeys| {
        let Entry::Keys(mut entry) = keys.entry() else {
            panic!("keys")
        };
        entry.state = KeyState::Revoked;
        Entry::Keys(entry)
    };
    for case in 0..6 {
        let mut world = World::new(42);
        let own = operator(if case == 3 { "bureau" } else { "office" }, &mut world);
        let forged = match case {
            0 | 3 => own.entry(),
            1 => sign_entry(own.entry(), &own.sign).unwrap(),
            2 => sign_entry(own.entry(), &world.registrar.sign).unwrap(),
            4 => revoked(&world.office),
            _ => sign_entry(revoked(&world.office), &own.sign).unwrap(),
        };
        let mut mirror = world.mirror();
        let at = force(&mut world, &forged);
        let refused = mirror.sync(&world);
        assert!(
            matches!(refused, Err(SyncError::Rules { index, .. }) if index == at),
            "case {case}: {refused:?}"
        );
        let known = Some(world.office.seal.recipient());
        assert_eq!(mirror.recipient(Role::Office), known, "case {case}");
    }
    // What the office itself signs does replace its key, and the old key has no say any more.
    let mut world = World::new(43);
    let (old, new) = (world.office.clone(), operator("office", &mut world));
    world
        .direct
        .push(sign_entry(new.entry(), &old.sign).unwrap());
    world.tick();
    let mut mirror = world.mirror();
    assert_eq!(mirror.recipient(Role::Office), Some(new.seal.recipient()));
    let back = sign_entry(old.entry(), &old.sign).unwrap();
    force(&mut world, &back);
    assert!(matches!(mirror.sync(&world), Err(SyncError::Rules { .. })));
}

/// The operator hands a new steward's keys to the office with its own in their place: the office would seal its secret
/// key to the operator. The office compares them with what the steward told it by another way, and seals to that.
#[test]
fn an_account_key_swapped_on_the_way_to_the_office() {
    let mut world = World::new(44);
    let office = world.office.clone();
    let ada = RoleKeys::generate(ORIGIN, Role::Steward, "ada", &mut world.rng);
    let operator = RoleKeys::generate(ORIGIN, Role::Steward, "ada", &mut world.rng);
    let told = ToldKeys {
        sign: ada.sign.public(),
        seal: ada.seal.recipient(),
    };
    let account = |keys: &RoleKeys, seal: &RoleKeys| Account {
        name: "ada".to_owned(),
        role: "steward".to_owned(),
        sign: Some(keys.sign.public()),
        seal: Some(seal.seal.recipient()),
    };
    for swapped in [
        account(&operator, &operator),
        account(&ada, &operator),
        account(&operator, &ada),
    ] {
        assert!(matches!(
            office::admit(&swapped, &told, &office),
            Err(AccountError::OtherKeys(_))
        ));
    }
    assert!(office::admit(&account(&ada, &ada), &told, &office).is_ok());
    let given = office::give_key(&office, &told).unwrap();
    let mirror = world.mirror();
    assert!(office::accept_key(&given, &operator, &mirror).is_err());
    assert!(office::accept_key(&given, &ada, &mirror).is_ok());
}

/// The operator gives a steward a key of its own as the office's, sealed as a colleague would: what the steward then
/// seals "to the office" the operator could read. The steward's device holds it against the record.
#[test]
fn a_false_office_key_for_a_steward() {
    let mut world = World::new(45);
    let ada = RoleKeys::generate(ORIGIN, Role::Steward, "ada", &mut world.rng);
    let false_office = RoleKeys::generate(ORIGIN, Role::Office, "office", &mut world.rng);
    let mut half = world.office.clone();
    half.seal = false_office.seal.clone();
    let mirror = world.mirror();
    for keys in [&false_office, &half] {
        let plain = demur_encoding::canonical::to_vec(keys).unwrap();
        let sealed = seal(&plain, &[&ada.seal.recipient()]).unwrap();
        assert!(matches!(
            office::accept_key(&sealed, &ada, &mirror),
            Err(AccountError::OtherOffice)
        ));
    }
}
