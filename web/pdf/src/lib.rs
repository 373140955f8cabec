//! PDF in a browser: reads what somebody holds, and sets papers out of what the desk composed.
//!
//! A module of its own, since the reader, the writer and the typeface are as large as what most pages load in all: the desk's worker loads it when a PDF
//! is read or asked for. It has no network, no storage and no secret that the desk did not hand over: it gets a file, or what stands on a
//! paper, and gives back a text or a file. What a hostile PDF might do to it stays in its own memory.

use demur_extract::{Hint, extract};
use demur_paper::Job;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

/// Reads a file that is a PDF, or a mail that has one: a [`demur_extract::Extracted`] as JSON.
///
/// # Errors
/// A text that says why it can't be read.
#[wasm_bindgen]
pub fn read(name: &str, bytes: &[u8]) -> Result<String, JsError> {
    let read = extract(bytes, Hint::name(name)).map_err(|e| JsError::new(&e.to_string()))?;
    serde_json::to_string(&read).map_err(|e| JsError::new(&e.to_string()))
}

/// Sets a [`Job`]: what was composed, and the files that are attached.
///
/// # Errors
/// A text that says why no PDF can be made of it.
#[wasm_bindgen]
pub fn set(composed: String, files: Vec<Uint8Array>) -> Result<Vec<u8>, JsError> {
    let files = files.iter().map(Uint8Array::to_vec).collect();
    let job = Job { composed, files };
    job.set().map_err(|e| JsError::new(&e.to_string()))
}
