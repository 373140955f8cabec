//! Roster editions.

use super::*;

#[test]
fn editions_are_numbered_signed_and_above_the_floor() {
    let mut world = founded();
    let Entry::Edition(good) = world.edition_entry(2) else {
        panic!()
    };
    let sign = |edition: demur_record::entry::Edition| {
        Entry::Edition(edition).sign(&key(REGISTRAR)).unwrap()
    };
    batch(&world, &[opaque(), sign(good.clone())]).unwrap();
    let third = demur_record::entry::Edition {
        number: 3,
        ..good.clone()
    };
    refuses!(
        world,
        sign(third),
        Violation::EditionNumber {
            expected: 2,
            found: 3
        }
    );
    refuses!(
        world,
        Entry::Edition(good.clone()).sign(&key(OFFICE)).unwrap(),
        Violation::Authority { .. }
    );
    let mut forged = good.clone();
    forged.signature.0[5] ^= 1;
    refuses!(world, Entry::Edition(forged), Violation::Signature(_));
    let with = |change: &dyn Fn(&mut demur_record::entry::Edition)| {
        let mut edition = good.clone();
        change(&mut edition);
        sign(edition)
    };
    refuses!(
        world,
        with(&|e| e.cohorts[1].size = 2),
        Violation::CohortFloor { .. }
    );
    // The same members under another name: acts bind the name.
    batch(
        &world,
        &[opaque(), with(&|e| e.cohorts[1].root = e.cohorts[0].root)],
    )
    .unwrap();
    let changes: [&dyn Fn(&mut demur_record::entry::Edition); 6] = [
        &|e| e.cohorts.reverse(),
        &|e| e.cohorts[0].name = "al".to_owned(),
        &|e| e.cohorts[1].size = 9,
        &|e| e.cohorts[1].root = Digest::new([0xff; 32]),
        &|e| e.certificates.size = 7,
        &|e| e.published = e.published.plus(1000),
    ];
    for change in changes {
        refuses!(world, with(change), Violation::Field(_));
    }
    // At its bounds: the clock's tolerance, the floor, all members, 256 cohorts, no name twice.
    let many = |e: &mut demur_record::entry::Edition, count: usize| {
        let one = e.cohorts[1].clone();
        e.cohorts.truncate(1);
        for n in 1..count {
            let name = format!("b{n:03}");
            e.cohorts.push(demur_record::entry::Cohort {
                name,
                ..one.clone()
            });
        }
    };
    let latest = world.now.plus(CLOCK_TOLERANCE_SECONDS);
    let fine: [&dyn Fn(&mut demur_record::entry::Edition); 4] = [
        &|e| e.published = latest,
        &|e| e.cohorts[1].size = 3,
        &|e| e.cohorts[1].size = 8,
        &|e| many(e, 256),
    ];
    for change in fine {
        batch(&world, &[opaque(), with(change)]).unwrap();
    }
    let over: [&dyn Fn(&mut demur_record::entry::Edition); 4] = [
        &|e| e.published = latest.plus(1),
        &|e| many(e, 257),
        &|e| many(e, 258),
        &|e| e.cohorts.push(e.cohorts[1].clone()),
    ];
    for change in over {
        refuses!(world, with(change), Violation::Field(_));
    }
    let attestation = world.attestation(&Entry::Edition(good));
    refuses!(world, attestation, Violation::NoEdition(2));
    let first = Entry::Edition(world.replay.editions()[0].edition.clone());
    refuses!(
        world,
        world.attestation(&first),
        Violation::AttestedTwice(1)
    );
    let Entry::Attestation(by_office) = world.attestation(&first) else {
        panic!()
    };
    // Of its number, but of another file.
    let mut other = by_office.clone();
    other.digest = sha256(b"another edition");
    let other = Entry::Attestation(other).sign(&key(OVERSEER)).unwrap();
    refuses!(world, other, Violation::NoEdition(1));
    refuses!(
        world,
        Entry::Attestation(by_office).sign(&key(OFFICE)).unwrap(),
        Violation::Authority { .. }
    );
}
