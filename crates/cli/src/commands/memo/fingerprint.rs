//! `demur memo fingerprint`.

use demur_check::fingerprint::{RISK, of_memo};
use demur_client::{
    author::{self, Proposal},
    reader::Draft,
};
use demur_record::entry::{ApprovalBody, TextFingerprint};

use super::{
    open,
    together::{Done, reviewed, send, start},
};
use crate::{
    args::MemoRef,
    desk::Desk,
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
};

/// Proposes to publish the fingerprint of a version, or agrees to a co-author's after computing it again.
pub(crate) fn fingerprint(
    memo: &MemoRef,
    version: Option<u32>,
    sure: bool,
    home: &Home,
    out: Out,
) -> Outcome<Done> {
    let (mut desk, draft, my, link) = start(memo, home, out)?;
    let of = version
        .or_else(|| draft.latest().map(|v| v.link.body.number))
        .ok_or_else(|| Failure::negative("the memo has no version yet"))?;
    if !sure {
        return Err(Failure::input(format!(
            "{RISK}\nNothing is published yet. To publish the fingerprint of version {of}, run the command again with --sure."
        )));
    }
    let wanted = |body: &ApprovalBody| matches!(body, ApprovalBody::Fingerprint { of: waiting, .. } if *waiting == of);
    let waiting = reviewed(&desk, &my, &draft, wanted)?;
    let computed = computed(&desk, &link, &draft, of)?;
    let post = match waiting {
        Some((Proposal::Fingerprint { text, .. }, post)) => {
            if text != computed {
                return Err(Failure::negative(format!(
                    "don't agree to this: the fingerprint that waits is not of the text of version {of}"
                )));
            }
            out.line(format_args!(
                "the fingerprint that waits was computed again here: it is that of version {of}"
            ));
            post
        }
        Some(_) => {
            return Err(Failure::negative(
                "the server shows another proposal than a fingerprint",
            ));
        }
        None => author::propose_fingerprint(&my, &draft, of, computed, &desk.mirror)
            .map_err(Failure::input)?,
    };
    send(
        &mut desk,
        &draft,
        &post,
        "published: who has the whole text of that version can tell it (demur check COPY --fingerprint RECORD); this can't be taken back",
        out,
    )
}

/// The fingerprint of a version's text, opened with the link and held against what its author signed.
fn computed(
    desk: &Desk,
    link: &demur_client::link::Link,
    draft: &Draft,
    of: u32,
) -> Outcome<TextFingerprint> {
    let opened = open(desk, link, draft, Some(of))?;
    let hash = { draft.version(of) }
        .ok_or_else(|| Failure::input(format!("the memo has no version {of}")))?
        .link
        .hash;
    of_memo(&opened.memo, draft.memo, hash).map_err(Failure::input)
}
