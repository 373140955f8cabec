//! The content security policies of pages.

use axum::http::HeaderValue;

use crate::Site;

/// The policy of all that needs no script: nothing but our own style sheet and pictures; no frame, no form to elsewhere.
pub const PLAIN_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The policy of a page whose script works on the visitor's device: our own module, worker and WebAssembly, and the channel's
/// interface.
pub(crate) fn script_policy(site: &Site) -> Option<HeaderValue> {
    let api = site.api_origin();
    let (gap, api) = api.map_or(("", ""), |api| (" ", api));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
         connect-src 'self'{gap}{api}; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}
