//! `demur open` and `demur serve --pages-for`: the channel's pages from this program, over a copy of the record.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use demur_client::{
    device::{Mirror, SyncError},
    link::Link,
    transport::{Request, Response, Transport, TransportError},
};
use demur_pages::{Mirrored, Served, Site};
use demur_record::policy::Policy;
use serde_json::json;

use crate::{
    args::{OpenArgs, ServeArgs},
    commands::server::{runtime, setup, stop_signal},
    desk::{from_sync, keep_evidence},
    fail::{Failure, Outcome},
    home::Home,
    http::Http,
    out::{Out, complain},
    sys,
};

/// How often the copy of the record is brought up to date while its pages are served.
const SYNC_PAUSE: Duration = Duration::from_secs(15);

/// How often the end is looked for during that.
const LOOK: Duration = Duration::from_millis(200);

/// Where members' mailboxes are: each is one member's.
const MAILBOXES: &str = "/api/enrolments/";

/// Where the address is kept that a home's pages had.
const ADDRESS_FILE: &str = "pages-address";

/// The address of another origin's pages unless told.
const ELSEWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);

/// Serves this home's pages to this machine's browser.
pub(crate) fn run(args: &OpenArgs, home: &Home, out: Out) -> Outcome {
    let link: Option<Link> = args
        .link
        .as_deref()
        .map(|text| {
            text.parse()
                .map_err(|e| Failure::input(format!("the link: {e}")))
        })
        .transpose()?;
    if let Some(link) = &link
        && !home.is_trusting()
    {
        return Err(Failure::input(format!(
            "{}: no trust policy yet, and a link names none: demur trust --server {} --policy FILE, with a policy that you have from \
             somebody other than the server's operator; then the same command again",
            home.dir().display(),
            link.server
        )));
    }
    let http = home.server()?;
    if let Some(link) = &link
        && link.server != http.base()
    {
        // Pages of one channel must not read another one's memo.
        return Err(Failure::input(format!(
            "the link is of {}, and this home talks to {}: use a home for each channel (--home)",
            link.server,
            http.base()
        )));
    }
    let policy = home.policy()?;
    let mut mirror = home.mirror()?;
    match mirror.sync(&http) {
        Ok(synced) if synced.from == synced.to => {}
        Ok(_) => home.save_mirror(&mirror)?,
        Err(error) => {
            if let SyncError::Fork(fork) = &error {
                keep_evidence(home, fork)?;
            }
            // An older copy is better than none, but never past what is wrong with the record.
            if mirror.size() == 0 || !matches!(error, SyncError::Call(_)) {
                return Err(from_sync(error));
            }
            complain(format_args!(
                "note: the channel can't be reached ({error}); the pages show the record as it was last"
            ));
        }
    }
    let pages = pages(Served::Program, &http, policy, mirror)?;
    let (listen, remember) = address(args.listen, home)?;
    // The pages' keys are in a browser: what is left to write here is the address, and evidence.
    home.release();
    let kept = listen.port() != 0 && remember;
    let relay = Arc::new(Relayed(http.clone()));
    runtime()?.block_on(async {
        let running = demur_server::serve_pages(listen, pages.clone(), Some(relay)).await;
        let running = running.map_err(|e| match e {
            demur_server::SetupError::Listen { .. } if kept => Failure::outside(format!(
                "{e}\nthis home's pages had that address before, and what a browser keeps for them belongs to it: free it, or \
                 give another one (--listen 127.0.0.1:0)"
            )),
            other => setup(other),
        })?;
        if remember {
            let address = format!("{}\n", running.address());
            sys::write_private(&home.path(ADDRESS_FILE), address.as_bytes())?;
        }
        let path = link
            .as_ref()
            .map_or_else(|| "/".to_owned(), |link| format!("/m/{}", link.memo));
        let url = format!("http://{}{path}", running.address());
        out.result(
            format_args!("serving on {url}\nCtrl-C ends it"),
            &json!({ "url": url }),
        )?;
        if args.no_browser {
            if link.is_some() {
                complain("note: put the part of the link after # behind this address; it is not printed");
            }
        } else {
            browse(&url, link.as_ref());
        }
        follow(pages, http, Some(home.clone())).until(stop_signal()).await;
        running.shutdown().await;
        Ok(())
    })
}

/// Serves the pages of the channel at `--pages-for` as another origin.
pub(crate) fn elsewhere(channel: &str, args: &ServeArgs, proxy: Option<&str>, out: Out) -> Outcome {
    let file = args.policy.as_deref().ok_or_else(|| {
        Failure::input("--pages-for needs --policy FILE: whom these pages trust, from somebody other than the channel's operator")
    })?;
    let policy = read_policy(file)?;
    let http = Http::new(channel, proxy)?;
    let mut mirror = Mirror::new(&policy.to_string()).map_err(Failure::input)?;
    mirror.sync(&http).map_err(from_sync)?;
    let pages = pages(Served::Other, &http, policy, mirror)?;
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    runtime()?.block_on(async {
        let listen = args.listen.unwrap_or(ELSEWHERE);
        let running = demur_server::serve_pages(listen, pages.clone(), None)
            .await
            .map_err(setup)?;
        out.line(format_args!(
            "serving the pages of {channel} on http://{}",
            running.address()
        ));
        follow(pages, http, None).until(stop_signal()).await;
        running.shutdown().await;
        Ok(())
    })
}

fn read_policy(file: &Path) -> Outcome<Policy> {
    sys::read_text(file)?
        .parse()
        .map_err(|e| Failure::input(format!("{}: {e}", file.display())))
}

fn pages(served: Served, http: &Http, policy: Policy, mirror: Mirror) -> Outcome<Mirrored> {
    let site = Site::new(served, http.base(), policy).map_err(Failure::input)?;
    Ok(Mirrored::new(site, mirror))
}

/// Where to listen, and whether the address is to be kept: what a browser keeps for a page belongs to its address, so that the
/// next time must have the same.
fn address(given: Option<SocketAddr>, home: &Home) -> Outcome<(SocketAddr, bool)> {
    if let Some(given) = given {
        return Ok((given, false));
    }
    let path = home.path(ADDRESS_FILE);
    if !path.exists() {
        return Ok((SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), true));
    }
    let kept = sys::read_text(&path)?.trim().parse();
    let kept = kept.map_err(|e| Failure::input(format!("{}: {e}; remove it", path.display())))?;
    Ok((kept, true))
}

/// Opens the address in this person's browser. What comes after # goes there and nowhere else.
fn browse(url: &str, link: Option<&Link>) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let whole = link.map(Link::reveal);
    let fragment = whole.as_ref().and_then(|whole| whole.split_once('#'));
    let fragment = fragment.map_or("", |(_, fragment)| fragment);
    let target = if fragment.is_empty() {
        zeroize::Zeroizing::new(url.to_owned())
    } else {
        zeroize::Zeroizing::new(format!("{url}#{fragment}"))
    };
    let started = Command::new(opener)
        .arg(&*target)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut child) => {
            // Only so that it is no zombie; whether it found a browser shows on the screen.
            thread::spawn(move || child.wait());
        }
        Err(error) => complain(format_args!(
            "note: {opener}: {error}; open the address in a browser yourself, with the part of the link after # behind it"
        )),
    }
}

/// What this home's pages ask of the channel. What names its sender goes on a connection of its own, so that it stands beside nothing
/// else.
struct Relayed(Http);

impl Transport for Relayed {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let names = request.path.starts_with(MAILBOXES)
            || request
                .headers
                .iter()
                .any(|(name, _)| *name == "authorization");
        if names {
            self.0.apart().send(request)
        } else {
            self.0.send(request)
        }
    }
}

/// Keeps a copy of the record up to date on a thread of its own.
struct Following {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

fn follow(pages: Mirrored, http: Http, home: Option<Home>) -> Following {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let thread = thread::spawn(move || {
        let mut waited = Duration::ZERO;
        let mut last = String::new();
        while !told.load(Ordering::Relaxed) {
            thread::sleep(LOOK);
            waited += LOOK;
            if waited < SYNC_PAUSE {
                continue;
            }
            waited = Duration::ZERO;
            let Err(error) = sync(&pages, &http) else {
                last.clear();
                continue;
            };
            let trouble = error.to_string();
            if trouble == last {
                continue;
            }
            complain(format_args!(
                "note: the record was not brought up to date: {trouble}"
            ));
            if let SyncError::Fork(fork) = &error {
                // The copy stays as it was; what the log signed beside it must not be lost.
                match &home {
                    Some(home) => {
                        if let Err(failure) = keep_evidence(home, fork) {
                            complain(failure);
                        }
                    }
                    None => complain(format_args!("{}\n{}", fork.ours, fork.theirs)),
                }
            }
            last = trouble;
        }
    });
    Following { stop, thread }
}

impl Following {
    async fn until(self, end: impl Future<Output = ()>) {
        end.await;
        self.stop.store(true, Ordering::Relaxed);
        // It may be in the middle of a request, whose time is long: it holds nothing that must be finished.
        drop(self.thread);
    }
}

/// What is new in the record. Pages wait only while it is taken in, not while it is fetched.
fn sync(pages: &Mirrored, http: &Http) -> Result<(), SyncError> {
    let mut fetch = pages.ask(Mirror::fetch);
    loop {
        let wants = fetch.wants();
        if wants.is_empty() {
            break;
        }
        let answers: Result<Vec<_>, _> = wants.into_iter().map(|call| call.send(http)).collect();
        match pages.ask(|mirror| fetch.give(answers?, mirror)) {
            // The whole sync begins anew where a file gave way to a wider one, and finds out whether the log signed two records.
            Err(SyncError::Damaged { .. }) => return pages.change().sync(http).map(drop),
            Err(SyncError::Call(e)) if e.is_not_found() => {
                return pages.change().sync(http).map(drop);
            }
            other => other?,
        }
    }
    pages.change().finish(fetch).map(drop)
}
