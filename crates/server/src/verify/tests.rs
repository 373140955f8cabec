use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use demur_signon::Element;

use super::*;

/// A statement and proof that the tests' checkers call wrong where `bad`.
fn proof(bad: bool) -> (Statement, Proof) {
    let element = Element::from_wide(&[1; 64]);
    let statement = Statement {
        root: element,
        nullifier: element,
        scope: element,
        message: element,
    };
    let mut bytes = vec![0; demur_signon::prove::PROOF_BYTES];
    bytes[0] = u8::from(bad);
    (statement, Proof::try_from(bytes).unwrap())
}

fn is_bad((_, proof): &(Statement, Proof)) -> bool {
    proof.as_bytes()[0] == 1
}

fn find(batch: &[(Statement, Proof)]) -> Vec<usize> {
    (0..batch.len()).filter(|i| is_bad(&batch[*i])).collect()
}

#[tokio::test]
async fn each_gets_its_own_answer() {
    let pool = Arc::new(VerifyPool::with(find));
    let mut all = Vec::new();
    for i in 0..200 {
        let pool = Arc::clone(&pool);
        // Every seventh request has one wrong proof of two.
        all.push(tokio::spawn(async move {
            (i, pool.check(vec![proof(false), proof(i % 7 == 0)]).await)
        }));
    }
    for one in all {
        let (i, verdict) = one.await.unwrap();
        assert_eq!(
            verdict,
            if i % 7 == 0 {
                Err(VerifyError::Invalid)
            } else {
                Ok(())
            },
            "request {i}"
        );
    }
    assert_eq!(pool.check(vec![]).await, Ok(()));
}

#[tokio::test]
async fn what_waits_is_verified_together_and_more_is_told_to_come_again() {
    let (open, batches, most) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let pool = {
        let (open, batches, most) = (Arc::clone(&open), Arc::clone(&batches), Arc::clone(&most));
        Arc::new(VerifyPool::with(move |batch| {
            while !open.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            batches.fetch_add(1, Ordering::SeqCst);
            most.fetch_max(batch.len(), Ordering::SeqCst);
            find(batch)
        }))
    };
    let mut waiting = Vec::new();
    for _ in 0..MAX_QUEUE * 2 {
        let pool = Arc::clone(&pool);
        waiting.push(tokio::spawn(
            async move { pool.check(vec![proof(false)]).await },
        ));
    }
    // The thread stands in its first batch; the queue fills up.
    tokio::time::sleep(Duration::from_millis(50)).await;
    open.store(true, Ordering::SeqCst);
    let (mut done, mut busy) = (0, 0);
    for one in waiting {
        match one.await.unwrap() {
            Ok(()) => done += 1,
            Err(VerifyError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(
        (MAX_QUEUE..=MAX_QUEUE + MAX_BATCH).contains(&done),
        "{done} verified, {busy} refused"
    );
    assert_eq!(done + busy, MAX_QUEUE * 2);
    assert!(batches.load(Ordering::SeqCst) <= 2 + MAX_QUEUE / MAX_BATCH * 2);
    assert!((2..=MAX_BATCH).contains(&most.load(Ordering::SeqCst)));
}

#[test]
fn a_batch_waits_as_long_as_the_one_before_it_took() {
    let ended = Instant::now();
    let ms = Duration::from_millis;
    assert_eq!(until(ended, ended, ms(0)), ended + MIN_WAIT);
    assert_eq!(until(ended, ended, ms(10)), ended + ms(10));
    assert_eq!(until(ended, ended, ms(500)), ended + MAX_WAIT);
    // Who comes later has less to wait, and nobody waits for a batch of long ago.
    assert_eq!(until(ended + ms(4), ended, ms(10)), ended + ms(10));
    assert_eq!(
        until(ended + ms(60), ended, ms(10)),
        ended + ms(60) + MIN_WAIT
    );
}

#[tokio::test]
async fn a_panic_is_one_wrong_proof() {
    let pool = VerifyPool::with(|batch| {
        assert!(
            !batch.iter().any(is_bad),
            "a proof that the library can't stand (this panic is part of the test)"
        );
        Vec::new()
    });
    let (good, bad) = tokio::join!(
        pool.check(vec![proof(false)]),
        pool.check(vec![proof(true)])
    );
    assert_eq!((good, bad), (Ok(()), Err(VerifyError::Invalid)));
    assert_eq!(pool.check(vec![proof(false)]).await, Ok(()));
}

/// Real proofs. A flood of wrong ones: each batch is searched for them, and the right one still gets through.
#[tokio::test]
async fn the_real_verifier_tells_right_from_wrong() {
    use demur_signon::{MemberSecret, prove::Prover, tree::Tree};
    let mut rng = UnwrapErr(SysRng);
    let secret = MemberSecret::generate(&mut rng);
    let tree = Tree::new(&[secret.leaf()]).unwrap();
    let path = tree.path(secret.leaf()).unwrap();
    let (scope, message) = (Element::from_wide(&[2; 64]), Element::from_wide(&[3; 64]));
    let (statement, right) = Prover::new()
        .unwrap()
        .prove(&secret, &path, tree.root(), scope, message, &mut rng)
        .unwrap();
    let wrong = (
        Statement {
            message: scope,
            ..statement
        },
        right.clone(),
    );
    let pool = Arc::new(VerifyPool::new().unwrap());
    let flood: Vec<_> = (0..40)
        .map(|_| {
            let (pool, wrong) = (Arc::clone(&pool), wrong.clone());
            tokio::spawn(async move { pool.check(vec![wrong]).await })
        })
        .collect();
    assert_eq!(pool.check(vec![(statement, right)]).await, Ok(()));
    for one in flood {
        assert_eq!(one.await.unwrap(), Err(VerifyError::Invalid));
    }
}
