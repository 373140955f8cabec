//! Requests made beforehand: proofs take a quarter of a second each, and must not be made while a server is measured.
//!
//! A proof binds the record that it was made for. So what is kept is a channel as it stood when the requests were made
//! (a snapshot of its folder, nothing running) and the requests beside it; each run copies the snapshot and goes on from
//! there. Kept under the build's folder by the circuit's identity, the number of members and the profile; made anew when the
//! record in it doesn't pass the audit of this build.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result, ensure};
use demur_client::{
    api::{DraftView, PostSignOn, PostVersion},
    author::MyMemo,
    calls,
    device::{Mirror, MirrorState},
    identity::Identity,
    reader::{Check, read_draft},
    signer::{ActRequest, Choice, act},
};
use demur_encoding::sha256;
use demur_record::event::Action;
use demur_signon::{CircuitId, Prover, act::Month, roster::Edition};
use serde::{Deserialize, Serialize};

use crate::{
    channel::{Channel, Founding, copy_folder, profile},
    http::Wire,
    ledger::audited,
    memo,
    program::Program,
    rng, roster, threads,
};

/// Raised when what is kept changes its form.
const FORM: u32 = 1;

/// How many memos there are to sign: each member can sign each once.
pub const SIGNED_MEMOS: usize = 8;

/// How many requests are made before they are written.
const CHUNK: usize = 32;

/// The longest request that is read, in bytes.
const MAX_REQUEST: u32 = 32 << 20;

/// How many requests there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// On the roster.
    pub members: usize,
    /// At most [`SIGNED_MEMOS`] for each member.
    pub sign_ons: usize,
    /// Memos that can be opened, registered and filed.
    pub memos: usize,
}

/// What the snapshot was made with.
#[derive(Serialize, Deserialize)]
struct Made {
    form: u32,
    mirror: MirrorState,
    members: Vec<Identity>,
    /// The memos to sign.
    signed: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
struct Signed {
    my: MyMemo,
    view: DraftView,
}

/// A sign-on, ready to be sent.
#[derive(Debug, Clone)]
pub struct MadeSignOn {
    /// The request.
    pub wire: Wire,
    /// What it says.
    pub post: PostSignOn,
}

/// A memo, ready to be opened, registered and filed.
#[derive(Debug, Clone)]
pub struct MadeMemo {
    /// Opens it.
    pub opening: Wire,
    /// Registers version 1.
    pub version: Wire,
    /// Files it.
    pub filing: Wire,
    /// What its author's device keeps.
    pub my: MyMemo,
    /// Version 1.
    pub first: PostVersion,
}

/// A snapshot and its requests.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// The cache for so many members, under `root`; the snapshot is made where there is none that this build accepts.
    ///
    /// # Errors
    /// When the channel can't be set up.
    pub fn open(root: &Path, program: &Program, members: usize) -> Result<Self> {
        let key = format!(
            "{FORM} {:?} {members} {SIGNED_MEMOS}\n{}\n{}",
            CircuitId::current(),
            profile(),
            memo::TEXT
        );
        let dir = root.join(&sha256(key.as_bytes()).to_string()[..16]);
        let cache = Self { dir };
        if cache.is_sound().is_err() {
            if cache.dir.exists() {
                fs::remove_dir_all(&cache.dir)?;
            }
            cache.make(program, members)?;
        }
        Ok(cache)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn made(&self) -> Result<Made> {
        let made: Made = serde_json::from_slice(&fs::read(self.path("made.json"))?)?;
        ensure!(made.form == FORM, "made in another form");
        Ok(made)
    }

    fn is_sound(&self) -> Result<()> {
        let made = self.made()?;
        let mirror = Mirror::load(made.mirror)?;
        audited(&Folder(self.path("channel/server/record")), mirror.policy())?;
        Ok(())
    }

    fn make(&self, program: &Program, members: usize) -> Result<()> {
        let founding = Founding {
            profile: profile(),
            witnesses: 2,
            quorum: 2,
        };
        let mut channel = Channel::found(program, &self.path("channel"), &founding)?;
        channel.start()?;
        let mut mirror = channel.mirror()?;
        let mut identities = roster::enrol(&channel, members, &mut mirror)?;
        let http = channel.http();
        let edition = mirror.fetch_edition(1).send(&http)?;
        fs::write(self.path("edition"), &edition)?;
        let edition = mirror.open_edition(1, &edition)?;
        let prover = Prover::new()?;
        let mut mine = Vec::new();
        for author in identities.iter_mut().take(SIGNED_MEMOS) {
            let new = memo::open(author, &edition, &mirror, &prover)?;
            calls::open_memo(&new.opening).send(&http)?;
            calls::version(&new.version).send(&http)?;
            mine.push(new);
        }
        // Not before a checkpoint that comes after the quiet period of each: the one that all sign-ons name.
        channel.until("the memos to sign", &mut mirror, |mirror| {
            let ready = |new: &memo::NewMemo| {
                let event = demur_record::event::Event::Version(new.version.event.clone());
                let slot = event.slot(new.version.salt).ok()?;
                let at = mirror.position_of(mirror.find_slot(slot)?.entry)?;
                mirror.sign_on_checkpoint(at)
            };
            mine.iter().all(|new| ready(new).is_some()).then_some(())
        })?;
        let mut signed = Vec::new();
        for new in mine {
            let view = calls::draft(new.my.memo, new.my.reader.token()).send(&http)?;
            signed.push(Signed { my: new.my, view });
        }
        // The places that the views name must be in the mirror.
        mirror.sync(&http)?;
        channel.stop_server()?;
        drop(channel);
        let made = Made {
            form: FORM,
            mirror: mirror.state().clone(),
            members: identities,
            signed,
        };
        // Last: without it there is nothing here.
        let unfinished = self.path("made.json.new");
        fs::write(&unfinished, serde_json::to_vec(&made)?)?;
        fs::rename(unfinished, self.path("made.json"))?;
        Ok(())
    }

    /// A copy of the channel in `dir`, nothing running.
    ///
    /// # Errors
    /// When it can't be copied.
    pub fn channel(&self, program: &Program, dir: &Path) -> Result<Channel> {
        copy_folder(&self.path("channel"), dir)?;
        Channel::open(program, dir)
    }

    /// The mirror as the requests' makers had it.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn mirror(&self) -> Result<Mirror> {
        Ok(Mirror::load(self.made()?.mirror)?)
    }

    /// The members, as their devices keep them.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn members(&self) -> Result<Vec<Identity>> {
        Ok(self.made()?.members)
    }

    /// The memos that the sign-ons are on, as their authors keep them.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn signed_memos(&self) -> Result<Vec<(MyMemo, PostVersion)>> {
        let mut memos = Vec::new();
        for signed in self.made()?.signed {
            let placed = signed.view.versions.into_iter().next();
            let placed = placed.context("a memo without a version")?;
            let version = PostVersion {
                salt: placed.salt,
                event: placed.event,
                sealed: demur_encoding::Bytes::default(),
            };
            memos.push((signed.my, version));
        }
        Ok(memos)
    }

    /// Makes what is missing of `wanted`, on all cores; `progress` is told how much of how much is there.
    ///
    /// # Errors
    /// When more sign-ons are wanted than members can give.
    pub fn fill(&self, wanted: Wanted, progress: &dyn Fn(&str, usize, usize)) -> Result<()> {
        let Wanted {
            members,
            sign_ons,
            memos,
        } = wanted;
        let most = members * SIGNED_MEMOS;
        ensure!(
            sign_ons <= most,
            "{members} members give at most {most} sign-ons"
        );
        let have = (self.count("sign-ons", 1)?, self.count("memos", 4)?);
        if have.0 >= sign_ons && have.1 >= memos {
            return Ok(());
        }
        let made = self.made()?;
        let maker = Maker {
            mirror: Mirror::load(made.mirror)?,
            members: made.members,
            signed: made.signed,
            edition: fs::read(self.path("edition"))?,
            prover: Prover::new()?,
        };
        let edition = maker.mirror.open_edition(1, &maker.edition)?;
        self.extend("sign-ons", 1, sign_ons, progress, |i| {
            maker.sign_on(i, &edition).map(|wire| vec![wire.0])
        })?;
        self.extend("memos", 4, memos, progress, |i| maker.memo(i, &edition))
    }

    fn extend(
        &self,
        name: &str,
        parts: usize,
        wanted: usize,
        progress: &dyn Fn(&str, usize, usize),
        make: impl Fn(usize) -> Result<Vec<Vec<u8>>> + Sync,
    ) -> Result<()> {
        let mut have = self.count(name, parts)?;
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path(name))?;
        while have < wanted {
            progress(name, have, wanted);
            let chunk: Vec<usize> = (have..wanted).take(CHUNK).collect();
            let each = chunk.len().div_ceil(threads().get());
            let made: Result<Vec<Vec<Vec<Vec<u8>>>>> = thread::scope(|scope| {
                let parts: Vec<_> = chunk
                    .chunks(each)
                    .map(|part| scope.spawn(|| part.iter().map(|i| make(*i)).collect()))
                    .collect();
                parts
                    .into_iter()
                    .map(|part| part.join().ok().context("a thread panicked")?)
                    .collect()
            });
            for blob in made?.into_iter().flatten().flatten() {
                file.write_all(&u32::try_from(blob.len())?.to_be_bytes())?;
                file.write_all(&blob)?;
            }
            file.sync_data()?;
            have += chunk.len();
        }
        Ok(())
    }

    /// How many whole records of `parts` blobs there are. What a crash left half written is cut off.
    fn count(&self, name: &str, parts: usize) -> Result<usize> {
        let path = self.path(name);
        let file = match File::options().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            file => file?,
        };
        let mut reader = io::BufReader::new(&file);
        let (mut blobs, mut at, mut whole) = (0, 0, 0);
        while let Some(blob) = read_blob(&mut reader)? {
            blobs += 1;
            at += 4 + blob.len() as u64;
            if blobs % parts == 0 {
                whole = at;
            }
        }
        file.set_len(whole)?;
        Ok(blobs / parts)
    }

    fn blobs(&self, name: &str, count: usize) -> Result<Vec<Vec<u8>>> {
        let path = self.path(name);
        let file = File::open(&path).with_context(|| path.display().to_string())?;
        let mut reader = io::BufReader::new(file);
        let mut blobs = Vec::with_capacity(count);
        while blobs.len() < count {
            let blob = read_blob(&mut reader)?;
            blobs.push(blob.with_context(|| format!("fewer {name} than were asked for"))?);
        }
        Ok(blobs)
    }

    /// The first `count` sign-ons: the first as many as there are members are on the first memo, and so on.
    ///
    /// # Errors
    /// When there are fewer: see [`Self::fill`].
    pub fn sign_ons(&self, count: usize) -> Result<Vec<MadeSignOn>> {
        let read = |blob| {
            let wire = Wire(blob);
            let post = serde_json::from_slice(wire.body())?;
            Ok(MadeSignOn { wire, post })
        };
        self.blobs("sign-ons", count)?
            .into_iter()
            .map(read)
            .collect()
    }

    /// The first `count` memos.
    ///
    /// # Errors
    /// When there are fewer: see [`Self::fill`].
    pub fn memos(&self, count: usize) -> Result<Vec<MadeMemo>> {
        let mut blobs = self.blobs("memos", count * 4)?.into_iter();
        let mut memos = Vec::with_capacity(count);
        while let (Some(opening), Some(version), Some(filing), Some(my)) =
            (blobs.next(), blobs.next(), blobs.next(), blobs.next())
        {
            let version = Wire(version);
            memos.push(MadeMemo {
                first: serde_json::from_slice(version.body())?,
                opening: Wire(opening),
                version,
                filing: Wire(filing),
                my: serde_json::from_slice(&my)?,
            });
        }
        Ok(memos)
    }
}

/// Makes requests.
struct Maker {
    mirror: Mirror,
    members: Vec<Identity>,
    signed: Vec<Signed>,
    edition: Vec<u8>,
    prover: Prover,
}

impl Maker {
    fn sign_on(&self, i: usize, edition: &Edition) -> Result<Wire> {
        let count = self.members.len();
        let signed = self.signed.get(i / count).context("no memo to sign")?;
        let verifier = self.prover.verifier();
        let check = Check {
            verifier: &verifier,
            threads: std::num::NonZeroUsize::MIN,
        };
        let memo = signed.my.memo;
        let draft = read_draft(signed.view.clone(), memo, &self.mirror, check, &mut rng())?;
        let request = ActRequest {
            draft: &draft,
            edition,
            version: 1,
            action: Action::Sign,
            choice: Choice::All,
        };
        let mut member = self.members[i % count].clone();
        // The snapshot's own time: by today's clock its record would have stood still for too long.
        let now = self.mirror.as_of().context("an empty record")?;
        let made = act(
            &mut member,
            &request,
            &self.mirror,
            &self.prover,
            now,
            &mut rng(),
        )?;
        Ok(Wire::of(calls::sign_on(&made.post).request()))
    }

    fn memo(&self, i: usize, edition: &Edition) -> Result<Vec<Vec<u8>>> {
        let count = self.members.len();
        let mut author = self.members[i % count].clone();
        let month = Month::of(self.mirror.time().context("an empty record")?);
        let before = author.openings.get(month.as_str()).copied().unwrap_or(0);
        let before = before + u32::try_from(i / count)?;
        author.openings.insert(month.as_str().to_owned(), before);
        let new = memo::open(&mut author, edition, &self.mirror, &self.prover)?;
        Ok(vec![
            Wire::of(calls::open_memo(&new.opening).request()).0,
            Wire::of(calls::version(&new.version).request()).0,
            memo::filing(&new.my, &new.version, &self.mirror)?.0,
            serde_json::to_vec(&new.my)?,
        ])
    }
}

fn read_blob(reader: &mut impl io::Read) -> Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut take = |buffer: &mut [u8]| match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    };
    if !take(&mut length)? {
        return Ok(None);
    }
    let length = u32::from_be_bytes(length);
    ensure!(length <= MAX_REQUEST, "the cache is damaged: remove it");
    let mut blob = vec![0; length as usize];
    Ok(take(&mut blob)?.then_some(blob))
}

/// A record's folder that nobody writes to.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl demur_record::source::RecordSource for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, demur_record::source::SourceError> {
        match fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(demur_record::source::SourceError {
                path: path.to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}
