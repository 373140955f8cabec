//! How long a server takes for its pages, and how large they are.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use demur_bench::{
    http::{Http, Wire},
    stats::Times,
};
use demur_client::transport::{Method, Request};
use demur_encoding::Digest;

use crate::report::{Checks, say};

/// How often each page is asked for, one after the other.
const ROUNDS: usize = 50;

/// The largest page, in bytes.
const MAX_PAGE: usize = 50_000;

/// The longest that a page may take, half of the time.
const MEDIAN: Duration = Duration::from_millis(30);

/// Asks for every public page as it is after a campaign.
pub(crate) fn pages(
    http: &Http,
    memo: Option<Digest>,
    size: u64,
    checks: &mut Checks,
) -> Result<()> {
    let mut paths: Vec<String> = [
        "/",
        "/memos",
        "/figures",
        "/entries",
        "/checkpoints",
        "/roster",
        "/roster/1",
        "/keys",
        "/software",
        "/desk",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.push(format!("/entries/{}", size / 2));
    paths.push(format!("/entries/{}/receipt", size / 2));
    paths.extend(memo.map(|memo| format!("/m/{memo}")));
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    for path in &paths {
        let wire = Wire::of(&Request {
            method: Method::Get,
            path: path.clone(),
            headers: Vec::new(),
            body: None,
            limit: 1 << 20,
        });
        let mut times = Vec::with_capacity(ROUNDS);
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let answer = http.wire(&wire, 1 << 20)?;
            times.push(start.elapsed());
            ensure!(answer.status == 200, "{path}: status {}", answer.status);
            bytes = answer.body.len();
        }
        let times = Times::new(times);
        say(&format!("page {path}: {bytes} bytes; {times}"));
        slowest = slowest.max(times.percentile(50));
        largest = largest.max(bytes);
    }
    checks.check(
        largest <= MAX_PAGE,
        &format!("no page is over {MAX_PAGE} bytes: the largest has {largest}"),
    );
    checks.check(
        slowest <= MEDIAN,
        &format!("no page's median is over {MEDIAN:?}: the slowest has {slowest:.1?}"),
    );
    Ok(())
}
