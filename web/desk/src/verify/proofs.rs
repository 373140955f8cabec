//! What else proves something: an entry's receipt, and a signer's claim.

use askama::Template;
use demur_client::signer::{self, Claim};
use demur_encoding::Digest;
use demur_record::{entry::Entry, receipt::Receipt};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    signing::sentence,
    texts,
};

#[derive(Template)]
#[template(path = "verdict_proof.html")]
struct Shown {
    headline: String,
    /// `success` or `problem`.
    class: &'static str,
    lines: Vec<String>,
    /// The memo that it is about.
    memo: Option<Digest>,
}

impl Shown {
    fn refused(what: &str, why: &dyn std::fmt::Display) -> Self {
        Self {
            headline: format!("NOT PROVED: {what}"),
            class: "problem",
            lines: vec![sentence(&why.to_string())],
            memo: None,
        }
    }
}

/// A bundle that does not hold is a verdict, as it is for the program.
pub(super) fn not_verified(why: String) -> Result<Answer, Trouble> {
    let page = Shown {
        headline: "NOT VERIFIED: the bundle proves nothing.".to_owned(),
        class: "problem",
        lines: vec![why],
        memo: None,
    };
    Answer::part("verdict", &page)
}

impl<P: Platform> Desk<P> {
    /// Whether an entry stood in the record, by its receipt alone (C2SP tlog-proof). Nothing is fetched.
    pub(crate) fn verify_receipt(&self, form: &Form) -> Result<Answer, Trouble> {
        let file = |name: &'static str, what: &str| {
            let file = form.files(name).next();
            file.ok_or_else(|| Trouble::input(format!("Choose {what}.")))
        };
        let (entry_name, bytes) =
            file("entry", "the entry: its file is on its page in the record")?;
        let (receipt_name, receipt) = file("receipt", "its receipt: a file .tlog-proof")?;
        let told = |name: &str, what: &str, e: &dyn std::fmt::Display| {
            Trouble::input(format!("{name}: this is no {what} of a record ({e})."))
        };
        let entry = Entry::from_slice(bytes).map_err(|e| told(entry_name, "entry", &e))?;
        let receipt =
            Receipt::parse(receipt).map_err(|e| told(receipt_name, "entry's receipt", &e))?;
        let policy = self.believed(form)?.into_policy()?;
        let page = match receipt.verify(&policy, bytes) {
            Err(why) => Shown::refused("the receipt is not of this entry, in this record.", &why),
            Ok(accepted) => {
                let by: Vec<&str> = { accepted.witnesses.iter() }
                    .map(|(name, _)| name.as_str())
                    .collect();
                let when = match accepted.time {
                    Some(time) => {
                        format!("{}, witnessed by {}", texts::moment(time), by.join(", "))
                    }
                    None => "by the log's word alone: no witness of the trust policy dates it"
                        .to_owned(),
                };
                Shown {
                    headline: format!("PROVED: entry {} is in the record.", receipt.index),
                    class: "success",
                    lines: vec![
                        format!("It is of the kind \u{201c}{}\u{201d}.", entry.kind()),
                        format!(
                            "The record is that of {}, under its checkpoint of {} entries: {when}.",
                            accepted.checkpoint.origin, accepted.checkpoint.size
                        ),
                    ],
                    memo: None,
                }
            }
        };
        Answer::part("verdict", &page)
    }

    /// Who signed, by a claim that they made for somebody. The record is fetched, as for any page; the claim is not sent.
    pub(crate) async fn verify_claim(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (name, file) = { form.files("claim").next() }
            .ok_or_else(|| Trouble::input("Choose the claim: a file .demur-claim."))?;
        let claim = Claim::from_slice(file).map_err(|e| Trouble::input(format!("{name}: {e}.")))?;
        let audience = form.need("audience", "For whom it was made, which is you")?;
        self.sync().await?;
        self.platform.progress("Checking the proof", 0, 0);
        let now = self.platform.now();
        let verified =
            signer::verify_claim(&claim, audience, self.mirror()?, self.verifier()?, now);
        let page = match verified {
            Err(why) => Shown::refused("the claim does not hold.", &why),
            Ok(verified) => {
                let mut lines: Vec<String> = { verified.acts.iter() }
                    .map(|act| {
                        format!(
                            "Act {}: {} version {}, {}.",
                            act.seq,
                            act.action.as_str(),
                            act.version,
                            texts::moment(act.time)
                        )
                    })
                    .collect();
                lines.push(format!(
                    "These are all their acts on it that the record shows, up to {}.",
                    texts::moment(verified.as_of)
                ));
                lines.push(format!(
                    "The claim was made for \u{201c}{audience}\u{201d}, and is good until {}. Whoever passes it on breaks faith with who made it.",
                    texts::moment(claim.expires)
                ));
                Shown {
                    headline: format!(
                        "PROVED: {} ({}) <{}> is one of the memo's signers.",
                        verified.name, verified.title, verified.email
                    ),
                    class: "success",
                    lines,
                    memo: Some(verified.memo),
                }
            }
        };
        Answer::part("verdict", &page)
    }
}
