//! A bundle beside the whole record: is it of this record, and what came since?

use demur_check::bundle::Verified;
use demur_encoding::Digest;
use demur_record::{
    audit::AuditReport,
    entry::Entry,
    tiles::{Tree, read_entries},
};

use crate::{answer::Trouble, desk::Desk, given::Believed, platform::Platform, texts};

/// What the record adds to a bundle's verdict.
#[derive(Default)]
pub(super) struct Held {
    pub(super) lines: Vec<String>,
    /// Whether there is a later version than the bundle's latest.
    pub(super) amended: bool,
}

impl<P: Platform> Desk<P> {
    /// Audits the record, which must be an extension of the bundle's.
    pub(super) async fn held(
        &self,
        verified: &Verified,
        bundle: Digest,
        believed: Believed,
    ) -> Result<Held, Trouble> {
        let (report, record) = self.audited(&believed.into_policy()?).await?;
        if let Some(failure) = &report.failure {
            return Err(Trouble::other(format!(
                "The audit of the record failed at {failure}."
            )));
        }
        let of = verified.as_of.size;
        if report.size < of {
            return Err(Trouble::other(format!(
                "The record that this server shows has {} entries, the bundle was made at {of}: it is older than the bundle.",
                report.size
            )));
        }
        let entries = read_entries(&record, 0, report.size).map_err(Trouble::other)?;
        let root = Tree::rebuild(
            entries
                .iter()
                .take(usize::try_from(of).unwrap_or(usize::MAX)),
        );
        let root = root.root();
        if root != verified.as_of.hash {
            return Err(Trouble::other(format!(
                "ANOTHER RECORD than the bundle's: at {of} entries its root is {root}, the bundle's {}. Keep the bundle, and tell the overseer.",
                verified.as_of.hash
            )));
        }
        Ok(told(verified, bundle, &report, &entries))
    }
}

/// What an audited record says of the bundle's memo.
fn told(verified: &Verified, bundle: Digest, report: &AuditReport, entries: &[Vec<u8>]) -> Held {
    let mut latest = verified.latest().number;
    let (mut releases, mut this) = (0_u64, None);
    for (index, entry) in (0_u64..).zip(entries) {
        // The audit has read each of them already.
        match Entry::from_slice(entry) {
            Ok(Entry::Version(version)) if version.event.body.memo == verified.memo => {
                latest = latest.max(version.event.body.number);
            }
            Ok(Entry::Released(released)) if released.memo == verified.memo => {
                releases += 1;
                if released.bundle == bundle {
                    this = this.or(Some(index));
                }
            }
            _ => {}
        }
    }
    let as_of = report.as_of.map_or_else(String::new, |time| {
        format!(", as of {}", texts::moment(time))
    });
    let mut lines = vec![format!(
        "The bundle stands in the public record, which was audited here up to entry {}{as_of}",
        report.size
    )];
    let amended = latest > verified.latest().number;
    if amended {
        lines.push(format!(
            "AMENDED since the bundle was made: the latest is version {latest}"
        ));
    }
    if let Some(case) = report.cases.iter().find(|case| case.memo == verified.memo)
        && report.size > verified.as_of.size
    {
        lines.push(format!("The memo's last step by now: {}", case.step));
    }
    lines.push(match (releases, this) {
        (0, _) => "Its authors made no bundle public".to_owned(),
        (_, Some(entry)) => format!(
            "This very file is public: its authors released it in entry {entry}{}",
            match releases {
                1 => String::new(),
                n => format!(", one of {n} bundles"),
            }
        ),
        (1, None) => {
            "Its authors made one bundle public, which is another one than this".to_owned()
        }
        (n, None) => format!("Its authors made {n} bundles public; this is none of them"),
    });
    Held { lines, amended }
}
