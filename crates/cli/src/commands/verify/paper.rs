//! `demur verify` of a paper: the bundle in it, and that the paper is what that makes.

use std::path::Path;

use demur_check::verdict::Verdict;
use demur_paper::{Address, Beside, Form, Held, Known, Parts, WHOLE, settings};
use serde::Serialize;

use super::{Recorded, hold_against, recorded};
use crate::{
    args::{Common, VerifyArgs},
    commands::{
        believed::Believed,
        copies::{self, Checked, Copy},
    },
    fail::{Failure, Outcome},
    out::Out,
    sys,
};

/// The verdict on a paper.
#[derive(Serialize)]
struct PaperVerdict {
    /// On the bundle in it.
    #[serde(flatten)]
    bundle: Verdict,
    form: Form,
    /// Whether the paper is, byte for byte, the one that the bundle makes.
    paper: bool,
    /// The address of the memo's page on it. The bundle does not prove that this is the channel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    points_to: Option<Address>,
    /// Where it is another one: whether it shows the text of that one, and, of a DOCX, nothing speaks against that.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_text: Option<bool>,
    /// What speaks against that, of a DOCX: the first of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<String>,
    /// What the paper shows, held against the bundle as any copy is, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<Checked>,
}

/// Verifies the bundle that is in a paper, makes the paper once more from it, and compares.
pub(super) fn verify(
    args: &VerifyArgs,
    form: Form,
    file: &[u8],
    believed: &Believed,
    common: &Common,
    out: Out,
) -> Outcome {
    let name = args.bundle.display().to_string();
    let (parts, opened) = inside(form, file, &name, believed, out)?;
    if let Some(place) = &args.record {
        hold_against(
            &opened.bundle,
            &opened.verified,
            place,
            believed,
            common,
            out,
        )?;
    }
    // A paper is of the version that was filed.
    let bundle = Verdict::filed(&opened.verified);
    let text = bundle.render().trim_end().to_owned();
    let address = parts.setting.points_to(form).map(|points| {
        format!("\n{points}\nThe bundle does not prove that this address is the channel's.")
    });
    let address = address.unwrap_or_default();
    // A bundle of which no paper can be made has made none.
    let made = parts.make(&opened.recorded, form).ok();
    if made.as_deref() == Some(file) {
        let verdict = PaperVerdict {
            bundle,
            form,
            paper: true,
            points_to: parts.setting.record,
            same_text: None,
            differs: Vec::new(),
            copy: None,
        };
        return out.result(format_args!("{text}\n\n{WHOLE}{address}"), &verdict);
    }
    // The very bytes that the bundle was taken from: the file may be another by now.
    let file_name = args.bundle.file_name().and_then(|n| n.to_str());
    let copy = Copy::of(name.clone(), file_name, file)?;
    let made = made.map(|made| Copy::of("the paper that the bundle makes".to_owned(), None, &made));
    let made = made.transpose()?;
    let made = made.as_ref().map(Copy::extracted);
    let held = Held::new(form, copy.extracted(), made);
    let (said, same_text, differs) = (held.said(form), held.same_text, held.differs);
    let notes = copy.notes().join("; ");
    let copy = copy.check(&opened.verified)?;
    if form == Form::Docx && same_text {
        let notes = if notes.is_empty() {
            notes
        } else {
            format!(" Beside its text: {notes}.")
        };
        let verdict = PaperVerdict {
            bundle,
            form,
            paper: false,
            points_to: parts.setting.record,
            same_text: Some(true),
            differs,
            copy: None,
        };
        return out.result(format_args!("{text}\n\n{said}{notes}{address}"), &verdict);
    }
    let list: String = differs.iter().map(|d| format!("\n  {d}")).collect();
    let shown = copy.render();
    let text_is = if same_text {
        "the same"
    } else {
        &copy.verdict.headline
    };
    let headline = format!(
        "{name}: the bundle in it verifies, and the paper is another than it makes; its text: {text_is}"
    );
    let verdict = PaperVerdict {
        bundle,
        form,
        paper: false,
        points_to: None,
        same_text: Some(same_text),
        differs,
        copy: Some(copy),
    };
    let shown = if same_text { "" } else { shown.trim_end() };
    let said = format!("{said}{list}\n\n{shown}");
    let said = format!(
        "{}\n\nThe bundle in it, by itself:\n{text}",
        said.trim_end()
    );
    out.result(said, &verdict)?;
    Err(Failure::negative(headline))
}

/// A paper's verification, as the demo asks for it: that of the bundle in it, if the paper is what that makes, byte for byte.
pub(crate) fn paper_with(paper: &Path, key: &Path, out: Out) -> Outcome<Verdict> {
    let believed = Believed::parse(&key.display().to_string())?;
    let (file, name) = (sys::read(paper)?, paper.display().to_string());
    let form = Form::of(&file).ok_or_else(|| Failure::negative(format!("{name}: no paper")))?;
    let (parts, opened) = inside(form, &file, &name, &believed, out)?;
    let made = parts.make(&opened.recorded, form).ok();
    if made.as_deref() != Some(&file) {
        let why = "the paper is not the one that the bundle in it makes";
        return Err(Failure::negative(format!("{name}: {why}")));
    }
    Ok(Verdict::filed(&opened.verified))
}

/// Whether a copy says, word for word, what a paper of the memo says: that which the bundle in it makes, or that which `bundle` makes, which
/// it is held against. A paper that was printed anew, or saved anew, has lost its bundle, and says still the same. Of one
/// that is no such paper, but has a bundle inside, also what to do with it.
pub(super) fn recognise(
    copy: &Copy,
    form: Form,
    file: &[u8],
    bundle: &[u8],
    held: &Recorded,
    believed: &Believed,
    out: Out,
) -> Outcome<(Known, Option<String>)> {
    let memo = held.bundle.memo();
    let settings = settings(copy.extracted(), memo);
    // Each paper says which memo it is of.
    if settings.is_empty() {
        return Ok((Known::Other, None));
    }
    let name = copy.name();
    let inside = found(form, file, name)?;
    if let Some(parts) = &inside {
        // One that does not verify, or is another memo's, makes no paper of this one.
        let own = recorded(&parts.bundle, name, believed, out).ok();
        if let Some(own) = own.filter(|own| own.bundle.memo() == memo)
            && beside(copy, parts, &own, form, file)? == Beside::Same
        {
            let version = own.verified.filed_version;
            return Ok((Known::by_its_own(parts, version), None));
        }
    }
    for setting in settings {
        let parts = Parts {
            bundle: bundle.into(),
            setting,
            response: None,
        };
        let version = held.verified.filed_version;
        let known = Known::by_the_bundle(beside(copy, &parts, held, form, file)?, version);
        if known != Known::Other {
            return Ok((known, None));
        }
    }
    let inside = inside.map(|_| {
        format!("a bundle is inside it: `demur verify {name}` holds the paper against that")
    });
    Ok((Known::Other, inside))
}

/// The copy beside the paper that these parts make.
fn beside(
    copy: &Copy,
    parts: &Parts<'_>,
    made_of: &Recorded,
    form: Form,
    file: &[u8],
) -> Outcome<Beside> {
    let Ok(made) = parts.make(&made_of.recorded, form) else {
        return Ok(Beside::Other);
    };
    if made == file {
        return Ok(Beside::Same);
    }
    let made = Copy::of("the paper that the bundle makes".to_owned(), None, &made)?;
    let memo = made_of.bundle.memo();
    Ok(Beside::new(form, copy.extracted(), made.extracted(), memo))
}

/// What a paper was made of, the bundle verified.
fn inside<'a>(
    form: Form,
    file: &'a [u8],
    name: &str,
    believed: &Believed,
    out: Out,
) -> Outcome<(Parts<'a>, Recorded)> {
    let parts = parts(form, file, name)?;
    let opened = recorded(&parts.bundle, name, believed, out)?;
    Ok((parts, opened))
}

/// What is inside a paper, unverified.
pub(super) fn parts<'a>(form: Form, file: &'a [u8], name: &str) -> Outcome<Parts<'a>> {
    found(form, file, name)?.ok_or_else(|| {
        let form = form.describe();
        let command = form.to_ascii_lowercase();
        // Whoever saves a PDF anew packs what is attached to it.
        let advice = if has_attached(file) {
            "it was saved anew by another program, or is no such paper: verify the original, or take its bundle out (pdfdetach -saveall) and hold it \
                     against that"
        } else {
            "hold it against a bundle from elsewhere"
        };
        Failure::negative(format!(
            "{name}: a paper of `demur memo {command}` has its bundle inside, once and as it is; this {form} has not: {advice} (demur check {name} --against BUNDLE)"
        ))
    })
}

/// Whether files are attached to a PDF, of whose streams the heads always stand in clear.
fn has_attached(file: &[u8]) -> bool {
    let sign = b"/EmbeddedFile";
    file.starts_with(b"%PDF-") && file.windows(sign.len()).any(|w| w == sign)
}

/// What is inside a file, if it is a paper.
fn found<'a>(form: Form, file: &'a [u8], name: &str) -> Outcome<Option<Parts<'a>>> {
    match form {
        Form::Pdf => Ok(Parts::of(file)),
        Form::Docx => copies::parts_of_docx(name, file),
    }
}
