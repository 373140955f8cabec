//! HTTP: the [`Transport`] of `demur_client`, and a record read from a URL.

use std::time::Duration;

use demur_client::transport::{Method, Request, Response, Transport, TransportError};
use ureq::{Agent, Proxy, http};

use crate::fail::{Failure, Outcome};

/// How long one request may take, its answer included.
const TIMEOUT: Duration = Duration::from_secs(300);

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A server's address and the way to it.
///
/// Sends what it is told and nothing more: no cookie, no referrer, no redirect; its `User-Agent` and `Accept` are the
/// same for everybody.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    base: String,
    agent: Agent,
    proxy: Option<Proxy>,
}

impl Http {
    /// `base` is a URL such as `https://dissent.rivers.example`, without a path or with one.
    pub(crate) fn new(base: &str, proxy: Option<&str>) -> Outcome<Self> {
        let base = base.trim_end_matches('/');
        let uri: http::Uri = base.parse().map_err(|e| {
            Failure::input(format!("{base}: not a URL ({e}); write it with https://"))
        })?;
        if !matches!(uri.scheme_str(), Some("http" | "https"))
            || uri.host().is_none()
            || base.contains(['#', '?'])
        {
            return Err(Failure::input(format!(
                "{base}: expected a URL such as https://dissent.rivers.example"
            )));
        }
        let proxy = match proxy {
            Some(text) => {
                Some(Proxy::new(text).map_err(|e| Failure::input(format!("--proxy {text}: {e}")))?)
            }
            None => None,
        };
        Ok(Self {
            base: base.to_owned(),
            agent: agent(proxy.clone()),
            proxy,
        })
    }

    /// The same way on a new connection, so that what is sent on it stands beside nothing else.
    pub(crate) fn apart(&self) -> Self {
        Self {
            base: self.base.clone(),
            agent: agent(self.proxy.clone()),
            proxy: self.proxy.clone(),
        }
    }

    /// The address without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// `None` for 404.
    pub(crate) fn file(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, TransportError> {
        let request = Request {
            method: Method::Get,
            path: format!("/{path}"),
            headers: Vec::new(),
            body: None,
            limit,
        };
        let response = self.send(&request)?;
        match response.status {
            200 => Ok(Some(response.body)),
            404 => Ok(None),
            status => Err(TransportError(format!(
                "{}/{path}: status {status}",
                self.base
            ))),
        }
    }
}

fn agent(proxy: Option<Proxy>) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .user_agent("demur")
        // Never from the environment: what leaves this machine, and how, is what was asked for.
        .proxy(proxy)
        .build()
        .new_agent()
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let told = |e: ureq::Error| TransportError(format!("{}: {e}", self.base));
        let mut builder = http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let mut response = match &request.body {
            Some(body) => {
                let call = builder
                    .body(&body[..])
                    .map_err(|e| TransportError(e.to_string()))?;
                self.agent.run(call)
            }
            None => {
                let call = builder
                    .body(())
                    .map_err(|e| TransportError(e.to_string()))?;
                self.agent.run(call)
            }
        }
        .map_err(told)?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(request.limit as u64)
            .read_to_vec()
            .map_err(told)?;
        Ok(Response { status, body })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead as _, BufReader, Write as _},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// Answers every request with the number of its connection.
    fn numbered() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { return };
                thread::spawn(move || {
                    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    for line in lines.map_while(Result::ok) {
                        // The end of a request's head; none has a body.
                        if line.is_empty() {
                            let head = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
                            let _ = write!(stream, "{head}{number}");
                        }
                    }
                });
            }
        });
        url
    }

    /// The operator watches which requests share a connection, to tell that the sender of an anonymous act is the one who
    /// asked for something else just before.
    #[test]
    fn what_is_sent_apart_shares_no_connection() {
        let http = Http::new(&numbered(), None).unwrap();
        let ask = |http: &Http| http.file("x", 1).unwrap().unwrap();
        assert_eq!(ask(&http), b"0");
        assert_eq!(ask(&http), b"0");
        assert_eq!(ask(&http.apart()), b"1");
        assert_eq!(ask(&http), b"0");
        assert_eq!(ask(&http.apart()), b"2");
    }
}
