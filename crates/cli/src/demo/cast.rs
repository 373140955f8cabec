//! Who does what: fixed by the number of members and of signers.

use super::people::{COHORTS, Person, people};
use crate::fail::{Failure, Outcome};

/// How many show a cohort when they sign.
pub(super) const BY_COHORT: usize = 7;

/// How many of these are of the first cohort; the others of the second.
const OF_FIRST_COHORT: usize = 4;

/// How many give their name to the office.
pub(super) const NAMED: usize = 3;

/// The most who sign the first version.
const FIRST_SIGNERS: usize = 20;

/// How many beside the signers act on the memo: one endorses, one withdraws, one signs the first version only.
const OTHERS: usize = 3;

/// How one member signs.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) person: Person,
    pub(super) cohort: Option<&'static str>,
    pub(super) named: bool,
}

/// All who act, and the staff around them.
pub(super) struct Cast {
    pub(super) people: Vec<Person>,
    /// Who stand behind the filed version when it is filed; the two authors are the first.
    pub(super) signers: Vec<Signer>,
    /// How many of `signers`, after the authors, sign the first version and re-affirm.
    pub(super) reaffirm: usize,
    /// Signs the first version and not the second.
    pub(super) first_only: Signer,
    /// Transmits with approval.
    pub(super) endorser: Signer,
    /// Signs the second version, and withdraws before it is filed.
    pub(super) withdraws: Signer,
    /// Signs after the filing.
    pub(super) late: Signer,
}

impl Cast {
    pub(super) fn new(members: u32, signers: u32) -> Outcome<Self> {
        let (members, count) = (members as usize, signers as usize);
        if count + OTHERS > members {
            let most = members.saturating_sub(OTHERS);
            return Err(Failure::input(format!(
                "--signers {count}: of {members} members at most {most} can sign, as {OTHERS} others have other parts"
            )));
        }
        let people = people(members);
        let plain = |i: usize| Signer {
            person: people[i].clone(),
            cohort: None,
            named: false,
        };
        // The last of the `count` is late.
        let mut all: Vec<Signer> = (0..count - 1).map(plain).collect();
        for (cohort, wanted) in [
            (COHORTS[0], OF_FIRST_COHORT),
            (COHORTS[1], BY_COHORT - OF_FIRST_COHORT),
        ] {
            for signer in all
                .iter_mut()
                .skip(2)
                .filter(|s| s.person.is_in(cohort))
                .take(wanted)
            {
                signer.cohort = Some(cohort);
            }
        }
        for signer in all
            .iter_mut()
            .skip(2)
            .filter(|s| s.cohort.is_none())
            .take(NAMED)
        {
            signer.named = true;
        }
        Ok(Self {
            signers: all,
            reaffirm: (count * 2 / 5).min(FIRST_SIGNERS) - 1,
            late: plain(count - 1),
            endorser: plain(count),
            withdraws: plain(count + 1),
            first_only: plain(count + 2),
            people,
        })
    }

    pub(super) fn author(&self) -> &Person {
        &self.signers[0].person
    }

    pub(super) fn co_author(&self) -> &Person {
        &self.signers[1].person
    }

    /// Who re-affirm: they sign both versions.
    pub(super) fn reaffirming(&self) -> &[Signer] {
        &self.signers[2..2 + self.reaffirm]
    }

    /// How many sign the filed version in all.
    pub(super) fn total(&self) -> u64 {
        self.signers.len() as u64 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_played_at_the_smallest_and_the_usual_size() {
        for (members, signers) in [(60, 20), (60, 57), (500, 51)] {
            let cast = Cast::new(members, signers).unwrap();
            assert_eq!(cast.total(), u64::from(signers));
            assert_eq!(
                cast.signers.iter().filter(|s| s.cohort.is_some()).count(),
                BY_COHORT
            );
            assert_eq!(cast.signers.iter().filter(|s| s.named).count(), NAMED);
            assert!(
                cast.signers
                    .iter()
                    .all(|s| !(s.named && s.cohort.is_some()))
            );
            assert!(cast.reaffirming().len() >= 7);
        }
        assert!(Cast::new(60, 58).is_err());
    }
}
