//! The desk in a browser: `demur-desk` bound to JavaScript, for a module worker.
//!
//! In scope: turning what JavaScript hands over into the desk's types, and back. Out of scope: what is shown
//! (`demur-desk`) and how requests travel and files are kept (`web/assets/worker.js`, the [`Host`]).

use std::{cell::RefCell, time::Duration};

use demur_client::transport::{Request, Response, TransportError};
use demur_desk::{Answer, Desk, Field, Form, Platform, Served, Site, StorageError};
use demur_encoding::Time;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

#[wasm_bindgen]
extern "C" {
    /// What the worker offers: network, storage, clock, progress.
    pub type Host;

    #[wasm_bindgen(method, catch)]
    async fn send(
        this: &Host,
        method: &str,
        path: &str,
        headers: Array,
        body: JsValue,
        limit: f64,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn load(this: &Host, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn save(this: &Host, name: &str, bytes: Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn swap(
        this: &Host,
        name: &str,
        before: JsValue,
        bytes: Uint8Array,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn names(this: &Host) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn remove(this: &Host, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn pause(this: &Host, milliseconds: f64) -> Result<JsValue, JsValue>;

    #[cfg(feature = "full")]
    #[wasm_bindgen(method, catch, js_name = readPdf)]
    async fn read_pdf(this: &Host, name: &str, bytes: Uint8Array) -> Result<JsValue, JsValue>;

    #[cfg(feature = "full")]
    #[wasm_bindgen(method, catch, js_name = setPdf)]
    async fn set_pdf(this: &Host, composed: &str, files: Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn progress(this: &Host, what: &str, done: f64, of: f64);
}

thread_local! {
    /// The worker's one host, for [`Platform::teller`].
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

struct Browser(Host);

fn told(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok();
    message
        .and_then(|m| m.as_string())
        .unwrap_or_else(|| "no reason was given".to_owned())
}

fn storage(error: JsValue) -> StorageError {
    StorageError(told(&error))
}

impl Platform for Browser {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| Array::of2(&JsValue::from_str(name), &JsValue::from_str(value)));
        let body = request
            .body
            .as_deref()
            .map_or(JsValue::NULL, |body| Uint8Array::from(body).into());
        let answer = self
            .0
            .send(
                request.method.as_str(),
                &request.path,
                headers.collect(),
                body,
                request.limit as f64,
            )
            .await
            .map_err(|e| TransportError(told(&e)))?;
        let part = |name: &str| Reflect::get(&answer, &name.into()).unwrap_or_default();
        Ok(Response {
            status: part("status").as_f64().map_or(0, |status| status as u16),
            body: Uint8Array::new(&part("body")).to_vec(),
        })
    }

    async fn load(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let kept = self.0.load(name).await.map_err(storage)?;
        Ok((!kept.is_undefined() && !kept.is_null()).then(|| Uint8Array::new(&kept).to_vec()))
    }

    async fn save(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let saved = self.0.save(name, Uint8Array::from(bytes)).await;
        saved.map(drop).map_err(storage)
    }

    async fn swap(
        &self,
        name: &str,
        before: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<bool, StorageError> {
        let before = before.map_or(JsValue::NULL, |before| Uint8Array::from(before).into());
        let swapped = self.0.swap(name, before, Uint8Array::from(bytes)).await;
        swapped
            .map(|swapped| swapped.as_bool() == Some(true))
            .map_err(storage)
    }

    async fn names(&self) -> Result<Vec<String>, StorageError> {
        let names = self.0.names().await.map_err(storage)?;
        Ok(Array::from(&names)
            .iter()
            .filter_map(|name| name.as_string())
            .collect())
    }

    async fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.0.remove(name).await.map(drop).map_err(storage)
    }

    #[cfg(feature = "full")]
    async fn read_pdf(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<demur_extract::Extracted, demur_desk::PdfError> {
        let read = self.0.read_pdf(name, Uint8Array::from(bytes)).await;
        let read = read.map_err(|e| demur_desk::PdfError(told(&e)))?;
        serde_json::from_str(&read.as_string().unwrap_or_default())
            .map_err(|e| demur_desk::PdfError(format!("what was read of it is no answer: {e}")))
    }

    #[cfg(feature = "full")]
    async fn set_pdf(&self, job: &demur_paper::Job) -> Result<Vec<u8>, demur_desk::PdfError> {
        let files = { job.files.iter() }.map(|file| Uint8Array::from(file.as_slice()));
        let pdf = self.0.set_pdf(&job.composed, files.collect()).await;
        let pdf = pdf.map_err(|e| demur_desk::PdfError(told(&e)))?;
        Ok(Uint8Array::new(&pdf).to_vec())
    }

    async fn pause(&self, time: Duration) {
        // A pause that fails is none: what follows is asked again by itself.
        let _ = self.0.pause(time.as_secs_f64() * 1_000.0).await;
    }

    fn now(&self) -> Time {
        Time::from_unix((js_sys::Date::now() / 1_000.0) as u64)
    }

    fn progress(&self, what: &str, done: u64, of: u64) {
        self.0.progress(what, done as f64, of as f64);
    }

    fn teller(&self) -> fn(&str, u64, u64) {
        |what, done, of| {
            HOST.with_borrow(|host| {
                if let Some(host) = host {
                    host.progress(what, done as f64, of as f64);
                }
            });
        }
    }
}

/// A form on its way to the desk.
#[wasm_bindgen]
#[derive(Default)]
pub struct Fields(Form);

#[wasm_bindgen]
impl Fields {
    /// One without fields.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, value: String) {
        self.0.push(name, Field::Text(Zeroizing::new(value)));
    }

    /// Adds a file.
    pub fn file(&mut self, name: &str, file: String, bytes: Vec<u8>) {
        self.0.push(name, Field::File { name: file, bytes });
    }
}

/// One page's desk.
#[wasm_bindgen]
pub struct Face(Desk<Browser>);

#[wasm_bindgen]
impl Face {
    /// `served` is `channel`, `other` or `program`; `api` the address of the channel's interface.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(host: Host, api: String, served: &str, policy: String) -> Self {
        let served = match served {
            "program" => Served::Program,
            "other" => Served::Other,
            _ => Served::Channel,
        };
        let site = Site {
            api,
            served,
            policy,
        };
        HOST.set(Some(host.clone().unchecked_into()));
        Self(Desk::new(Browser(host), site))
    }

    /// The page at an address.
    pub async fn page(&mut self, address: String) -> JsValue {
        // Overwritten when it goes out of scope: it may hold a link's secret.
        let address = Zeroizing::new(address);
        answer(self.0.page(&address).await)
    }

    /// What comes of a form or a button.
    pub async fn act(&mut self, action: String, fields: Fields) -> JsValue {
        answer(self.0.act(&action, fields.0).await)
    }
}

fn answer(answer: Answer) -> JsValue {
    let object = Object::new();
    let set = |name: &str, value: JsValue| {
        // A plain object takes any property.
        let _ = Reflect::set(&object, &name.into(), &value);
    };
    set("title", answer.title.into());
    set("html", answer.html.into());
    set("unlocked", answer.unlocked.into());
    let optional = [
        ("target", answer.target),
        ("address", answer.address),
        ("trouble", answer.trouble),
        ("then", answer.then),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            set(name, value.into());
        }
    }
    if let Some(file) = answer.download {
        let download = Object::new();
        let put = |name: &str, value: JsValue| {
            let _ = Reflect::set(&download, &name.into(), &value);
        };
        put("name", file.name.into());
        put("type", file.kind.into());
        put("bytes", Uint8Array::from(file.bytes.as_slice()).into());
        set("download", download.into());
    }
    object.into()
}
