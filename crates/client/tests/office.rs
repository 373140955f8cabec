//! The office beside the steps of `life.rs`: returns, accounts, keys.

mod common;

use common::{
    ORIGIN,
    story::{Story, rules},
};
use demur_channel::{DeadlineState, Step};
use demur_client::{
    api::{Account, AuthorView},
    author,
    keys::RoleKeys,
    office::{self, AccountError, OpenCaseError, StepError, ToldKeys},
};
use demur_encoding::{Bytes, sha256};
use demur_record::entry::{Entry, Role};

fn author_view(returned: Option<Bytes>) -> AuthorView {
    let (accesses, messages, waiting) = (Vec::new(), Vec::new(), Vec::new());
    AuthorView {
        accesses,
        messages,
        returned,
        response: None,
        waiting,
    }
}

#[test]
fn a_memo_out_of_scope_is_returned_with_the_place_to_go_to() {
    let mut story = Story::begin(21);
    story.file();
    let (office, memo) = (story.world.office.clone(), story.memo);
    let mirror = story.world.mirror();
    let early = office::return_memo(&office, memo, "not-ours", "Sorry.", &mirror);
    assert!(matches!(early, Err(StepError::Order(_))));
    let nobody = demur_encoding::Digest::new([1; 32]);
    assert!(matches!(
        office::acknowledge(&office, nobody, &mirror),
        Err(StepError::UnknownCase)
    ));
    story
        .world
        .direct
        .push(office::acknowledge(&office, memo, &mirror).unwrap().entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let wrong = office::return_memo(&office, memo, "weather", "Sorry.", &mirror);
    assert!(matches!(wrong, Err(StepError::Reason { .. })));
    let step = office::return_memo(&office, memo, "not-ours", "Sorry.", &mirror).unwrap();
    let Entry::Returned(returned) = &step.entry else {
        panic!("a return")
    };
    let letter = step.sealed.unwrap();
    assert_eq!(returned.text, sha256(&letter.0));
    story.world.direct.push(step.entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let case = author::open_case(&story.bo, author_view(Some(letter)), &mirror).unwrap();
    let returned = case.returned.unwrap();
    assert_eq!(returned.reason, "not-ours");
    let letter = returned.letter.unwrap();
    assert!(letter.ends_with("Sorry.") && letter.contains("own channel"));
    assert_eq!(case.case.unwrap().step(), Step::Returned);
    assert!(
        case.deadlines
            .iter()
            .all(|d| d.state == DeadlineState::DoneInTime)
    );
    assert!(author::open_case(&story.ann, author_view(None), &mirror).is_err());
    let other =
        office::message(&office, memo, "Another letter.", &mirror, story.world.now).unwrap();
    assert!(author::open_case(&story.ann, author_view(Some(other)), &mirror).is_err());
    assert!(matches!(
        office::acknowledge(&office, memo, &mirror),
        Err(StepError::Order(_))
    ));
}

#[test]
fn accounts_are_admitted_and_the_key_is_handed_on() {
    let mut story = Story::begin(22);
    let office = story.world.office.clone();
    let rng = &mut story.world.rng;
    let ada = RoleKeys::generate(ORIGIN, Role::Steward, "ada", rng);
    let eve = RoleKeys::generate(ORIGIN, Role::Steward, "eve", rng);
    let reply = office::invite_reply("code", "a long password", &ada);
    let mut account = Account {
        name: "ada".to_owned(),
        role: "steward".to_owned(),
        sign: None,
        seal: None,
    };
    let told = ToldKeys {
        sign: ada.sign.public(),
        seal: ada.seal.recipient(),
    };
    assert!(matches!(
        office::admit(&account, &told, &office),
        Err(AccountError::NoKeys(_))
    ));
    account.sign = Some(reply.sign);
    account.seal = Some("age1nonsense".to_owned());
    assert!(matches!(
        office::admit(&account, &told, &office),
        Err(AccountError::Recipient(_))
    ));
    account.seal = Some(reply.seal);
    assert!(matches!(
        office::admit(&account, &told, &eve),
        Err(AccountError::NotOffice)
    ));
    let post = office::admit(&account, &told, &office).unwrap();
    story.world.direct.push(post.entry);
    story.world.tick();
    let mirror = story.world.mirror();
    assert_eq!(
        mirror.recipient_of(Role::Steward, "ada"),
        Some(ada.seal.recipient())
    );
    let sealed = office::give_key(&office, &told).unwrap();
    let taken = office::accept_key(&sealed, &ada, &mirror).unwrap();
    assert_eq!(
        (taken.sign, taken.seal),
        (office.sign.clone(), office.seal.clone())
    );
    assert!(matches!(
        office::accept_key(&sealed, &eve, &mirror),
        Err(AccountError::Seal(_))
    ));
    assert!(matches!(
        office::give_key(&ada, &told),
        Err(AccountError::NotOffice)
    ));
    let fake = demur_client::keys::seal(
        &demur_encoding::canonical::to_vec(&eve).unwrap(),
        &[&ada.seal.recipient()],
    );
    assert!(matches!(
        office::accept_key(&fake.unwrap(), &ada, &mirror),
        Err(AccountError::NotOffice)
    ));
    story
        .world
        .direct
        .push(office::revoke(&account, &office).unwrap().entry);
    story.world.tick();
    assert_eq!(
        story.world.mirror().recipient_of(Role::Steward, "ada"),
        None
    );
}

#[test]
fn a_principal_reads_what_was_distributed_and_nothing_else() {
    let mut story = Story::begin(23);
    story.file();
    let memo = story.memo;
    let mirror = story.world.mirror();
    let rules = rules(&mirror);
    let minister = RoleKeys::generate(ORIGIN, Role::Principal, "minister", &mut story.world.rng);
    let draft = story.draft(&mirror);
    let opened = story.open_latest(&draft, &mirror);
    let to = [minister.seal.recipient()];
    let file = demur_client::keys::seal(&opened.envelope.to_bytes(), &[&to[0]]).unwrap();
    let rng = &mut story.world.rng;
    // Sealed to the minister, but by somebody: the record does not commit to it, or not yet.
    let check = common::check();
    let other = office::open_as_principal(&minister, memo, &file, &rules, &mirror, check, rng);
    assert!(matches!(other, Err(OpenCaseError::NotDistributed)));
    // The record's file, but not sealed to the minister.
    let sealed = mirror.case_files(memo).filed.unwrap().sealed;
    let filed = story.world.sealed[&sealed].clone();
    let other = office::open_as_principal(&minister, memo, &filed, &rules, &mirror, check, rng);
    assert!(matches!(other, Err(OpenCaseError::Seal(_))));
}
