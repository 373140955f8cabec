//! What the authors agree on is about the memo as it stood then: kept back, it can't be used later.

mod common;

use common::World;
use demur_encoding::sha256;
use demur_record::{
    entry::{ApprovalBody, Direct, Entry, FORMAT, Released, Step, Withdrawn},
    memo_log::MemoError,
    replay::Violation,
};

fn filed() -> World {
    let mut world = World::drafted(false);
    world.file();
    world
}

fn admitted(world: &World, entry: &Entry) -> Result<(), Violation> {
    let bytes = entry.to_vec().unwrap();
    world.replay.admit(&bytes, world.now).map(drop)
}

fn refused(world: &World, entry: &Entry) -> MemoError {
    match admitted(world, entry).unwrap_err() {
        Violation::Memo { error, .. } => *error,
        other => panic!("{other:?}"),
    }
}

fn amend(world: &mut World) {
    let event = world.version();
    world.versions.push(event.body.clone());
    world.publish(vec![Entry::Version(Direct { v: FORMAT, event })]);
}

#[test]
fn a_withdrawal_of_the_draft_does_not_withdraw_the_case() {
    let world = filed();
    let latest = world.versions.last().unwrap();
    let of_draft = ApprovalBody::Withdraw {
        memo: world.memo.unwrap(),
        filed: None,
        version: latest.number,
        version_hash: latest.hash().unwrap(),
    };
    let kept = Entry::Withdrawn(Withdrawn {
        approvals: world.approvals(&of_draft),
        ..world.withdrawn()
    });
    assert!(matches!(refused(&world, &kept), MemoError::Approval(_)));
    let other = world.approved(Entry::Withdrawn(Withdrawn {
        filed: sha256(b"another filing"),
        ..world.withdrawn()
    }));
    assert_eq!(refused(&world, &other), MemoError::OtherStep(Step::Filed));
    admitted(&world, &Entry::Withdrawn(world.withdrawn())).unwrap();
}

#[test]
fn what_was_agreed_on_for_one_version_does_not_serve_for_the_next() {
    let mut world = filed();
    let (withdrawn, released) = (world.withdrawn(), world.released(b"bundle"));
    amend(&mut world);
    let stale = MemoError::NotLatest {
        found: 2,
        latest: 3,
    };
    assert_eq!(
        refused(&world, &Entry::Withdrawn(withdrawn.clone())),
        stale.clone()
    );
    assert_eq!(refused(&world, &Entry::Released(released.clone())), stale);
    // The old approvals under the new version, and the new number with the old hash.
    let forged = Entry::Withdrawn(Withdrawn {
        approvals: withdrawn.approvals,
        ..world.withdrawn()
    });
    assert!(matches!(refused(&world, &forged), MemoError::Approval(_)));
    let forged = Entry::Released(Released {
        approvals: released.approvals,
        ..world.released(b"bundle")
    });
    assert!(matches!(refused(&world, &forged), MemoError::Approval(_)));
    let renumbered = world.approved(Entry::Withdrawn(Withdrawn {
        version_hash: withdrawn.version_hash,
        ..world.withdrawn()
    }));
    assert!(matches!(
        refused(&world, &renumbered),
        MemoError::NotLatest {
            found: 3,
            latest: 3
        }
    ));
    admitted(&world, &Entry::Withdrawn(world.withdrawn())).unwrap();
    admitted(&world, &Entry::Released(world.released(b"bundle"))).unwrap();
}

#[test]
fn a_rejoinder_replies_to_the_response_of_the_record() {
    let mut world = filed();
    let steps = vec![world.acknowledged(), world.distributed(), world.responded()];
    world.publish(steps);
    let other = Entry::Rejoined(world.rejoined(sha256(b"another response")));
    assert_eq!(
        refused(&world, &other),
        MemoError::OtherStep(Step::Responded)
    );
    let right = world.rejoined(world.leaf_of(Step::Responded));
    admitted(&world, &Entry::Rejoined(right)).unwrap();
}

#[test]
fn an_act_that_is_refused_leaves_no_release() {
    let world = filed();
    let alone = Released {
        approvals: world.released(b"bundle").approvals[..1].to_vec(),
        ..world.released(b"bundle")
    };
    assert!(matches!(
        refused(&world, &Entry::Released(alone)),
        MemoError::Threshold {
            given: 1,
            needed: 2
        }
    ));
}
