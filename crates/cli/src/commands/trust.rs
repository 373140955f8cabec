//! `demur trust`: the channel that a home talks to.

use demur_record::policy::Policy;
use serde_json::json;

use crate::{
    args::TrustArgs,
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

pub(crate) fn run(args: &TrustArgs, home: &Home, out: Out) -> Outcome {
    let file = args.policy.display();
    let policy: Policy = sys::read_text(&args.policy)?
        .parse()
        .map_err(|e| Failure::input(format!("{file}: {e}")))?;
    let [log] = policy.logs() else {
        return Err(Failure::input(format!(
            "{file}: name one log, the channel's"
        )));
    };
    let origin = log.key.name().to_owned();
    home.create()?;
    home.trust(&args.server, &policy)?;
    let quorum = policy.quorum().unwrap_or("none");
    out.result(
        format_args!(
            "{}: trusts the log {origin}, {} witnesses, quorum {quorum}; asks {}",
            home.dir().display(),
            policy.witnesses().len(),
            args.server
        ),
        &json!({ "origin": origin, "witnesses": policy.witnesses().len(), "quorum": quorum, "server": args.server }),
    )
}
