//! `demur memo pdf`.

use demur_paper::{PaperError, Size, paper};
use serde_json::json;

use super::bundle;
use crate::{
    args::{PaperSize, PdfArgs},
    commands::verify::{Believed, opened},
    desk::Desk,
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// Writes the paper of the version that was filed, and the bundle that proves it inside.
pub(super) fn pdf(args: &PdfArgs, home: &Home, out: Out) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    let bytes = match &args.bundle {
        Some(file) => sys::read(file)?,
        None => bundle::whole(&mut desk, &args.memo)?,
    };
    let memo = desk.named(&args.memo.memo)?.memo;
    // What stands on the paper is what a stranger will verify, under this home's own trust.
    let policy = desk.mirror.policy_text().parse().map_err(Failure::input)?;
    let name = { args.bundle.as_ref() }.map_or_else(
        || "the bundle".to_owned(),
        |file| file.display().to_string(),
    );
    let (of, verified) = opened(&bytes, &name, &Believed::Policy(Box::new(policy)), out)?;
    if of.memo() != memo {
        return Err(Failure::input(format!(
            "{name}: it is about memo {}, not {}",
            of.memo().short(),
            memo.short()
        )));
    }
    let size = match args.paper {
        PaperSize::A4 => Size::A4,
        PaperSize::Letter => Size::Letter,
    };
    let pdf = paper(&verified, &bytes, size).map_err(|e| match e {
        PaperError::Rule(_) => Failure::outside(e),
        e => Failure::input(e),
    })?;
    let file = &args.out;
    sys::write(file, &pdf)?;
    let file = file.display().to_string();
    out.result(
        format_args!(
            "{file}: {} bytes, with the bundle inside; anyone who has the channel's key can verify it: demur verify {file}",
            pdf.len(),
        ),
        &json!({ "file": file, "bytes": pdf.len(), "memo": memo }),
    )
}
