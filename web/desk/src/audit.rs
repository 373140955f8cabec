//! The whole public record, verified on this device.

use std::num::NonZeroUsize;

use askama::Template;
use demur_client::calls;
use demur_record::{
    audit::{self, AuditReport, Options, Progress},
    checkpoint::Checkpoint,
    entry::Entry,
    policy::Policy,
    source::{MAX_FILE_BYTES, MemoryRecord},
    tiles::{bundles, decode_bundle, hash_tiles},
};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    texts,
};

/// The most bytes of a record that are held at once in a page: a larger one is the program's work.
const MAX_RECORD_BYTES: usize = 512 << 20;

/// How often an audit begins anew because the record grew while it was read.
const MAX_TRIES: u32 = 4;

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    log: String,
    witnesses: usize,
    key: String,
}

#[derive(Template)]
#[template(path = "audited.html")]
struct Audited {
    ok: bool,
    failure: String,
    origin: String,
    size: u64,
    rows: Vec<RowView>,
    cases: Vec<CaseView>,
    as_of: String,
}

struct RowView {
    what: String,
    count: u64,
    verified: bool,
}

struct CaseView {
    memo: String,
    short: String,
    step: String,
    filed: String,
    due: Vec<(String, String, String)>,
}

impl<P: Platform> Desk<P> {
    pub(crate) fn audit_page(&self) -> Result<Answer, Trouble> {
        let policy: Policy = self.site.policy.parse().map_err(Trouble::other)?;
        let log = policy.logs().first().map(|log| log.key.to_string());
        let page = Page {
            log: log.clone().unwrap_or_default(),
            witnesses: policy.witnesses().len(),
            key: log.unwrap_or_default(),
        };
        Answer::page("Audit the record", &page)
    }

    /// Fetches the whole record and verifies it, under the trust of the form, or of this page.
    pub(crate) async fn audit(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let policy = self.believed(form)?.into_policy()?;
        let (report, _) = self.audited(&policy).await?;
        let by: Vec<&str> = { report.witnesses.iter() }
            .map(|(name, _)| name.as_str())
            .collect();
        let page = Audited {
            ok: report.ok,
            failure: report
                .failure
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            origin: report.origin.clone().unwrap_or_default(),
            size: report.size,
            rows: report
                .rows
                .iter()
                .map(|row| RowView {
                    what: row.what.to_string(),
                    count: row.count,
                    verified: row.check == audit::Check::Verified,
                })
                .collect(),
            cases: report
                .cases
                .iter()
                .map(|case| CaseView {
                    memo: case.memo.to_string(),
                    short: case.memo.short(),
                    step: case.step.to_string(),
                    filed: texts::moment(case.filed),
                    due: { case.deadlines.iter() }
                        .map(|due| {
                            (
                                texts::obligation(due.what).to_owned(),
                                due.date.to_string(),
                                due.state.to_string(),
                            )
                        })
                        .collect(),
                })
                .collect(),
            as_of: match report.as_of {
                Some(time) if report.witnessed => {
                    format!(
                        "as of {}, witnessed by {}",
                        texts::moment(time),
                        by.join(", ")
                    )
                }
                Some(time) => format!(
                    "as of {}, by the log's own clock: no witness",
                    texts::moment(time)
                ),
                None => String::new(),
            },
        };
        Answer::part("audited", &page)
    }

    /// The whole record as it was fetched, and what came of its audit.
    pub(crate) async fn audited(
        &self,
        policy: &Policy,
    ) -> Result<(AuditReport, MemoryRecord), Trouble> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (record, whole) = self.fetch_record(policy).await?;
            let report = self.audit_record(policy, &record)?;
            // A log that is running replaces partial tiles as it grows: what was missing may only have moved on.
            if report.ok || whole || tries == MAX_TRIES {
                return Ok((report, record));
            }
        }
    }

    fn audit_record(&self, policy: &Policy, record: &MemoryRecord) -> Result<AuditReport, Trouble> {
        let tell = self.platform.teller();
        let progress = |progress: Progress| {
            let (what, done, total) = match progress {
                Progress::Entries { done, total } => ("Judging every entry", done, total),
                Progress::Tiles { done, total } => ("Comparing every hash tile", done, total),
                Progress::Proofs { done, total } => ("Verifying every proof", done, total),
            };
            tell(what, done, total);
        };
        let options = Options {
            policy,
            threads: NonZeroUsize::MIN,
            progress: &progress,
        };
        audit::audit(record, options, &mut Self::rng()).map_err(Trouble::other)
    }

    /// All files of the record under its newest checkpoint, and whether all of them were there.
    async fn fetch_record(&self, policy: &Policy) -> Result<(MemoryRecord, bool), Trouble> {
        let mut record = MemoryRecord::default();
        let mut bytes = 0;
        let mut whole = true;
        let note = self
            .send(&calls::record("checkpoint", MAX_FILE_BYTES))
            .await?;
        let log = { policy.logs().first() }
            .ok_or_else(|| Trouble::other("The trust policy names no log."))?;
        // Of another log, or damaged: the audit says so.
        let size = Checkpoint::open(&note, &log.key).map_or(0, |checkpoint| checkpoint.size);
        record.files.insert("checkpoint".to_owned(), note);
        let mut paths: Vec<String> = Vec::new();
        let mut sizes = Vec::new();
        let of = bundles(0, size).count() as u64;
        for (done, tile) in bundles(0, size).enumerate() {
            self.platform
                .progress("Fetching the record", done as u64, of);
            let path = tile.path();
            let Some(file) = self.record_file(&path).await? else {
                whole = false;
                continue;
            };
            bytes += file.len();
            fits(bytes)?;
            let entries = decode_bundle(&file, tile.width).unwrap_or_default();
            for (index, entry) in (tile.index * 256..).zip(&entries) {
                match Entry::from_slice(entry) {
                    Ok(Entry::State(_)) => sizes.push(index + 1),
                    Ok(Entry::Edition(edition)) => {
                        paths.push(format!("editions/{}", edition.number));
                    }
                    _ => {}
                }
            }
            record.files.insert(path, file);
        }
        paths.extend(hash_tiles(size).map(|tile| tile.path()));
        let past = sizes.iter().filter(|past| **past != size);
        paths.extend(past.map(|past| format!("history/{past}")));
        let of = paths.len() as u64;
        for (done, path) in paths.into_iter().enumerate() {
            self.platform
                .progress("Fetching tiles, checkpoints and editions", done as u64, of);
            match self.record_file(&path).await? {
                Some(file) => {
                    bytes += file.len();
                    fits(bytes)?;
                    record.files.insert(path, file);
                }
                None => whole = false,
            }
        }
        Ok((record, whole))
    }

    async fn record_file(&self, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        match self.send(&calls::record(path, MAX_FILE_BYTES)).await {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.is_not_found() => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

fn fits(bytes: usize) -> Result<(), Trouble> {
    if bytes > MAX_RECORD_BYTES {
        return Err(Trouble::other(format!(
            "The record has over {MAX_RECORD_BYTES} bytes: audit it with the program."
        )));
    }
    Ok(())
}
