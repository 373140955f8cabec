//! A memo between its opening and its filing.

use demur_client::{
    api::{CaseLine, CaseView, MessageView, NoteView, PostApproval, Waiting},
    author::{self, AuthorKeys, MyMemo, OpenRequest, Proposal, Readers, WriteOutcome},
    device::Mirror,
    identity::Identity,
    link::Link,
    reader::{self, Draft, open_version, read_draft},
    signer::{self, ActError, ActRequest, Choice, Submission},
};
use demur_encoding::{Bytes, Digest, sha256};
use demur_memo::{Memo, marking::Rules};
use demur_record::{
    entry::{Entry, FORMAT, Filed, Step as EntryStep},
    event::Event,
};
use demur_signon::{act::Action, roster::Edition};

use super::{MEMO, World, check, prover};

pub struct Story {
    pub world: World,
    pub members: Vec<Identity>,
    pub edition: Edition,
    pub ann: MyMemo,
    pub bo: MyMemo,
    pub memo: Digest,
}

pub fn rules(mirror: &Mirror) -> Rules {
    mirror.rules().unwrap().unwrap()
}

impl Story {
    /// A memo with one version, two authors who must both agree, and the quiet period over.
    pub fn begin(seed: u8) -> Self {
        Self::begin_in(World::new(seed))
    }

    /// The same in a world of its own.
    pub fn begin_in(mut world: World) -> Self {
        let (mut members, edition, _) = world.roster(&["field", "field", "field", "", ""]);
        let mirror = world.mirror();
        let (ann, bo) = (
            AuthorKeys::generate(&mut world.rng),
            AuthorKeys::generate(&mut world.rng),
        );
        let token = bo.token().to_string().parse().unwrap();
        let (mut ann, post) = author::open_memo(
            &mut members[0],
            &mirror,
            OpenRequest {
                edition: &edition,
                keys: ann,
                co_authors: &[token],
                threshold: 2,
            },
            prover(),
            &mut world.rng,
        )
        .unwrap();
        let accepted = world.post_opening(&post);
        author::opened(&mut ann, &accepted, &mirror, world.now).unwrap();
        let text = Memo::parse(MEMO, &rules(&mirror)).unwrap();
        let same = Readers::Same;
        let post = author::write_version(&mut ann, None, None, text, same, &mirror, &mut world.rng)
            .unwrap();
        let answer = Ok(world.post_version(&post));
        let outcome = author::read_outcome(&mut ann, 1, answer, &mirror, world.now).unwrap();
        assert!(matches!(outcome, WriteOutcome::Accepted { .. }));
        let link: Link = ann
            .link("https://dissent.example/")
            .reveal()
            .parse()
            .unwrap();
        let bo = MyMemo::join(bo, &link, &post_opening(&world)).unwrap();
        let memo = ann.memo;
        world.tick();
        world.tick();
        world.tick();
        Self {
            world,
            members,
            edition,
            ann,
            bo,
            memo,
        }
    }

    pub fn draft(&mut self, mirror: &Mirror) -> Draft {
        let view = self.world.view(self.memo);
        read_draft(view, self.memo, mirror, check(), &mut self.world.rng).unwrap()
    }

    pub fn act(
        &mut self,
        member: usize,
        version: u32,
        action: Action,
        choice: Choice,
    ) -> Result<u64, ActError> {
        let made = self.make(member, version, action, choice)?;
        let (now, mirror) = (self.world.now, self.world.mirror());
        let identity = &mut self.members[member];
        assert!(signer::sending(identity, self.memo).is_some());
        let accepted = self.world.post_sign_on(&made.post);
        let identity = &mut self.members[member];
        signer::accepted(identity, self.memo, made.seq, &accepted, &mirror, now).unwrap();
        Ok(made.seq)
    }

    /// Makes an act that is kept, and not sent.
    pub fn make(
        &mut self,
        member: usize,
        version: u32,
        action: Action,
        choice: Choice,
    ) -> Result<Submission, ActError> {
        let mirror = self.world.mirror();
        let draft = self.draft(&mirror);
        let (edition, identity) = (&self.edition, &mut self.members[member]);
        let request = ActRequest {
            draft: &draft,
            edition,
            version,
            action,
            choice,
        };
        let (now, rng) = (self.world.now, &mut self.world.rng);
        let made = signer::act(identity, &request, &mirror, prover(), now, rng)?;
        let due = made.due.unwrap();
        assert!(due >= now && due.since(now) <= signer::MAX_DELAY.as_secs());
        assert!(made.expires > due);
        Ok(made)
    }

    pub fn open_latest(&self, draft: &Draft, mirror: &Mirror) -> reader::OpenedVersion {
        let latest = draft.latest().unwrap();
        let file = &self.world.sealed[&latest.link.body.sealed];
        open_version(draft, latest, file, &self.ann.reader, &rules(mirror)).unwrap()
    }

    /// Both authors agree; the filing stands in the record.
    pub fn file(&mut self) {
        let mirror = self.world.mirror();
        let draft = self.draft(&mirror);
        let opened = self.open_latest(&draft, &mirror);
        let first = author::propose_filing(&self.ann, &draft, &opened, &mirror).unwrap();
        let waiting = waiting(&first);
        let seen = author::review(&self.bo, &waiting, &draft, &rules(&mirror), &mirror).unwrap();
        assert!(matches!(&seen.proposal, Proposal::File { version, memo }
            if *version == draft.versions.len() as u32 && *memo == opened.memo));
        assert_eq!(seen.approved, [self.ann.keys.sign.public()]);
        let second = author::approve(&self.bo, seen.body, None);
        let file = first.file.clone().unwrap();
        self.world.sealed.insert(sha256(&file.0), file.clone());
        let link = &draft.latest().unwrap().link;
        let mut approvals = vec![first.approval, second.approval];
        approvals.sort_by_key(|a| a.author);
        self.world.filings.push(Filed {
            v: FORMAT,
            memo: self.memo,
            version: link.body.number,
            version_hash: link.hash,
            content_root: link.body.content_root,
            sealed: sha256(&file.0),
            versions: draft.versions.len() as u32,
            sign_ons: draft.sign_ons.len() as u32,
            approvals,
        });
        self.world.tick();
    }

    pub fn case_view(&self, rejoinder: Option<Bytes>, messages: Vec<MessageView>) -> CaseView {
        let notes = self.world.events.iter().filter_map(|s| match &s.event {
            Event::SignOn(e) => Some(e),
            _ => None,
        });
        let late = self
            .world
            .entries
            .iter()
            .filter_map(|bytes| match Entry::from_slice(bytes) {
                Ok(Entry::SignOn(direct)) => Some(direct.event),
                _ => None,
            });
        let notes = notes.cloned().chain(late).map(|e| NoteView {
            nullifier: e.nullifier,
            seq: e.seq,
            sealed: self.world.sealed[&e.note].clone(),
        });
        let case = CaseLine {
            memo: self.memo,
            step: EntryStep::Filed,
            version: 1,
            messages: 0,
        };
        let Event::Opening(opening) = self.world.events[0].event.clone() else {
            panic!("opening")
        };
        let (notes, accesses, response) = (notes.collect(), Vec::new(), None);
        CaseView {
            case,
            opening,
            notes,
            messages,
            accesses,
            response,
            rejoinder,
        }
    }
}

pub fn post_opening(world: &World) -> demur_memo::version::OpeningBody {
    match &world.events[0].event {
        Event::Opening(opening) => opening.body.clone(),
        _ => panic!("the opening comes first"),
    }
}

pub fn waiting(post: &PostApproval) -> Waiting {
    Waiting {
        body: post.body.clone(),
        approvals: vec![post.approval.clone()],
        sealed: post.file.clone(),
    }
}
