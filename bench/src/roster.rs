//! Members, enrolled at once: what `demur roster` and `demur identity` do over the mailboxes, by the same functions.

use std::{fmt::Write as _, thread};

use anyhow::{Context as _, Result, ensure};
use demur_client::{
    api::{Enrolment, PostEntry},
    calls,
    device::Mirror,
    identity::Identity,
    overseer::{OpenedRegister, attest},
    registrar::{Register, SmallCohorts, parse_people},
};
use demur_record::entry::Entry;

use crate::{
    channel::{Channel, ORIGIN},
    now, rng, threads,
};

/// Makes `members` persons with secrets, publishes edition 1 with them and has it attested; the mirror then holds it.
/// The first of each ten is in cohort `field`.
///
/// # Errors
/// When the server refuses, or the record doesn't show the edition.
pub fn enrol(channel: &Channel, members: usize, mirror: &mut Mirror) -> Result<Vec<Identity>> {
    let roles = channel.roles();
    channel.until("the channel's first entries", mirror, |mirror| {
        mirror.checkpoint()
    })?;
    let mut csv = "name,title,email,cohorts\n".to_owned();
    for i in 0..members {
        let cohort = if i % 10 == 0 { "field" } else { "" };
        writeln!(csv, "Member {i},Clerk,m{i}@bench.example,{cohort}")?;
    }
    let mut register = Register::new(ORIGIN);
    register.import(parse_people(csv.as_bytes())?, &mut rng());
    let codes: Vec<_> = register
        .members()
        .filter_map(|member| member.code.clone())
        .collect();
    let recipient = roles.registrar.seal.recipient();
    let each = codes.len().div_ceil(threads().get()).max(1);
    let enrolled: Result<Vec<Vec<_>>> = thread::scope(|scope| {
        let parts: Vec<_> = codes
            .chunks(each)
            .map(|codes| {
                let recipient = &recipient;
                scope.spawn(move || {
                    let one = |code| {
                        let (mut identity, _) = Identity::new(ORIGIN, &mut rng());
                        let (ticket, sealed) = identity.enrol(code, recipient, &mut rng())?;
                        Ok((identity, Enrolment { ticket, sealed }))
                    };
                    codes.iter().map(one).collect()
                })
            })
            .collect();
        parts
            .into_iter()
            .map(|part| part.join().ok().context("a thread panicked")?)
            .collect()
    });
    let (identities, enrolments): (Vec<_>, Vec<_>) = enrolled?.into_iter().flatten().unzip();
    let received = register.receive(&enrolments, &roles.registrar, now(), &mut rng());
    ensure!(
        received.enrolled.len() == members && received.refused.is_empty(),
        "{} of {members} enrolled",
        received.enrolled.len()
    );
    let floor = mirror.profile().context("no profile")?.roster.cohort_floor;
    let published = register.publish(
        1,
        &roles.registrar,
        &roles.overseer.seal.recipient(),
        floor,
        SmallCohorts::LeaveOut,
        now(),
        &mut rng(),
    )?;
    let http = channel.http();
    calls::publish_edition(1, &published.post).send(&http)?;
    let Entry::Edition(entry) = &published.post.entry else {
        anyhow::bail!("an edition's entry is one");
    };
    let letters = OpenedRegister::open(&published.post.register, &roles.overseer)?.letters(None);
    let entry = attest(entry, &published.edition, letters.len(), &roles.overseer)?;
    channel.until("edition 1", mirror, |mirror| mirror.edition(1).map(drop))?;
    calls::entry(&PostEntry { entry }).send(&http)?;
    channel.until("the attestation", mirror, |mirror| {
        mirror
            .edition(1)
            .filter(|known| known.attestation.is_some())
            .map(drop)
    })?;
    Ok(identities)
}
