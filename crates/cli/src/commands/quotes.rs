//! `demur check --quote | --quotes`: quoted passages held against a bundle.

use std::path::Path;

use demur_check::{
    quote::{check_quotations, check_quote},
    verdict::QuotesVerdict,
};

use super::{believed::Believed, copies::Copy, verify::open};
use crate::{
    args::CheckArgs,
    fail::{Failure, Outcome},
    out::Out,
};

pub(super) fn check(args: &CheckArgs, against: &Path, believed: &Believed, out: Out) -> Outcome {
    let article = match &args.quotes {
        None => None,
        Some(path) => Some(Copy::read(path)?.quoting()),
    };
    let (_, verified) = open(against, believed, out)?;
    let texts = verified.texts();
    let quotes = match &article {
        None => {
            let all = args.quote.iter().map(|quote| check_quote(quote, &texts));
            all.collect::<Result<Vec<_>, _>>()
                .map_err(|e| Failure::input(format!("--quote: {e}")))?
        }
        Some(text) => check_quotations(text, &texts),
    };
    if quotes.is_empty() {
        return Err(Failure::input(
            "no quoted passage was found in the text: passages stand in quotation marks, or in lines that begin with >",
        ));
    }
    let verdict = QuotesVerdict::new(&verified, quotes);
    out.result(verdict.render().trim_end(), &verdict)?;
    if verdict.is_positive() {
        Ok(())
    } else {
        Err(Failure::negative(&verdict.headline))
    }
}
