//! A doctored edition: who is in the crowd, and among whom one hides.

use demur_client::{
    device::{EditionFileError, SyncError},
    keys::{SignKey, sign_entry},
};
use demur_encoding::Digest;
use demur_record::entry::Entry;

use crate::{common::World, force};

const COHORTS: [&str; 6] = ["field", "field", "field", "", "", ""];

/// The operator gives one device another file for the edition's number: without a member, with one more, another
/// channel's of the same number, with any one byte changed, cut, or lengthened. The device holds each against the
/// digest in the record, and takes none.
#[test]
fn a_doctored_edition_file() {
    let mut world = World::new(31);
    world.roster(&COHORTS);
    let mirror = world.mirror();
    let honest = world.files["editions/1"].clone();
    assert!(mirror.open_edition(1, &honest).is_ok());
    for cohorts in [&COHORTS[..5], &[&COHORTS[..], &[""]].concat(), &COHORTS[..]] {
        let mut other = World::new(32);
        other.roster(cohorts);
        let file = &other.files["editions/1"];
        assert_ne!(*file, honest);
        assert!(matches!(
            mirror.open_edition(1, file),
            Err(EditionFileError::OtherFile(1) | EditionFileError::Edition(_))
        ));
    }
    for at in 0..honest.len() {
        let mut file = honest.clone();
        file[at] ^= 1;
        assert!(mirror.open_edition(1, &file).is_err(), "byte {at}");
    }
    assert!(
        mirror
            .open_edition(1, &honest[..honest.len() - 32])
            .is_err()
    );
    let longer = [&honest[..], &[0; 32]].concat();
    assert!(mirror.open_edition(1, &longer).is_err());
    assert!(matches!(
        mirror.open_edition(2, &honest),
        Err(EditionFileError::Unknown(2))
    ));
}

/// The operator enters an edition of its own making: signed by nobody's key, by a key that it calls the registrar's,
/// or the registrar's own entry with another root. The log's signature and every witness's cosignature don't help: the
/// device names the entry, and stays where it was.
#[test]
fn an_edition_entry_without_the_registrar() {
    let honest = {
        let mut world = World::new(33);
        world.roster(&COHORTS);
        world.mirror().edition(1).unwrap().edition.clone()
    };
    let operator = SignKey::generate(&mut World::new(34).rng);
    let mut altered = honest.clone();
    altered.cohorts[0].root = honest.cohorts[1].root;
    altered.cohorts.truncate(1);
    let mut unsigned = honest.clone();
    unsigned.signature.0 = vec![0; 64];
    for forged in [
        sign_entry(Entry::Edition(honest), &operator).unwrap(),
        Entry::Edition(altered),
        Entry::Edition(unsigned),
    ] {
        let mut world = World::new(33);
        let mut mirror = world.mirror();
        let before = mirror.checkpoint();
        let at = force(&mut world, &forged);
        let refused = mirror.sync(&world);
        assert!(
            matches!(refused, Err(SyncError::Rules { index, .. }) if index == at),
            "{refused:?}"
        );
        assert_eq!((mirror.checkpoint(), mirror.edition(1)), (before, None));
    }
}

/// The operator watches which part of the roster a device asks for, to learn who it is. There is nothing to see:
/// every device asks for the whole file, by the same request.
#[test]
fn asking_for_a_part_of_the_roster() {
    let mut world = World::new(35);
    let (members, ..) = world.roster(&COHORTS);
    let asked: Vec<String> = members
        .iter()
        .map(|_| {
            let mirror = world.mirror();
            world.asked.borrow_mut().clear();
            let file = mirror.fetch_edition(1).send(&world).unwrap();
            assert_eq!(file, world.files["editions/1"]);
            world.asked.borrow().join(" ")
        })
        .collect();
    assert!(
        asked.iter().all(|path| path == "/record/editions/1"),
        "{asked:?}"
    );
}

/// The operator swaps the roots within an honest file's entry, so that a small cohort passes for everyone: caught by
/// the memo's own opening, which names the root of cohort `all` and is proved against it.
#[test]
fn another_root_in_the_draft() {
    let mut story = crate::common::story::Story::begin(36);
    let mirror = story.world.mirror();
    let mut view = story.world.view(story.memo);
    let field = mirror
        .edition(1)
        .unwrap()
        .edition
        .cohort("field")
        .unwrap()
        .root;
    assert_ne!(view.opening.event.body.edition.root, field);
    view.opening.event.body.edition.root = field;
    let memo: Digest = view.opening.event.body.id().unwrap();
    view.opening.at = None;
    let rng = &mut story.world.rng;
    let read = demur_client::reader::read_draft(view, memo, &mirror, crate::common::check(), rng);
    assert!(
        matches!(read, Err(demur_client::reader::DraftError::Memo { .. })),
        "{read:?}"
    );
}
