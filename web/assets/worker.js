// The desk's worker: network, storage and clock for the WASM module. Secrets stay here and in the module; the page
// gets HTML that was escaped, and files that a person asked for.

const NAME = 'demur';
const FILES = 'files';

let api = '';
let face;
let module;
let ready;
let pdf;
let told = { what: '', at: 0 };

function database() {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open(NAME, 1);
    open.onupgradeneeded = () => open.result.createObjectStore(FILES);
    open.onsuccess = () => resolve(open.result);
    open.onerror = () => reject(open.error);
  });
}

async function store(mode, work) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction(FILES, mode, { durability: 'strict' });
      const request = work(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

const same = (a, b) => (a && b ? a.length === b.length && a.every((byte, i) => byte === b[i]) : !a && !b);

// Keeps `bytes` if `before` is still there, in one transaction: other tabs write, too.
async function swap(name, before, bytes) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction(FILES, 'readwrite', { durability: 'strict' });
      const files = transaction.objectStore(FILES);
      const kept = files.get(name);
      let swapped = false;
      kept.onsuccess = () => {
        swapped = same(kept.result, before);
        if (swapped) files.put(bytes, name);
      };
      transaction.oncomplete = () => resolve(swapped);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

// The answer's bytes, unless there are more than the desk wants.
async function read(response, limit) {
  const parts = [];
  let size = 0;
  if (response.body) {
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        throw new Error('the answer is longer than it may be');
      }
      parts.push(value);
    }
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

// What reads and sets PDF, loaded when it is first needed. After it has failed it is not asked again: its memory may be half changed.
let failed;
async function withPdf(work) {
  if (failed) throw new Error('what reads PDF has failed here, on this file or one before: load the page again');
  let module;
  try {
    module = await import(pdf.glue);
    await module.default({ module_or_path: pdf.wasm });
  } catch {
    throw new Error('what reads and sets PDF could not be loaded: try again');
  }
  try {
    return work(module);
  } catch (error) {
    // What the module refuses is a plain error; traps and overflows have names that differ between browsers.
    failed = error?.constructor !== Error;
    if (failed) throw new Error('what reads PDF failed on this file');
    throw error;
  }
}

const host = {
  // No cookie, no referrer, no cache that another page could look into; and to the channel alone.
  async send(method, path, headers, body, limit) {
    const response = await fetch(api + path, {
      method,
      headers,
      body: body ?? undefined,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      redirect: 'error',
      mode: 'cors',
    });
    return { status: response.status, body: await read(response, limit) };
  },
  load: (name) => store('readonly', (files) => files.get(name)),
  save: (name, bytes) => store('readwrite', (files) => files.put(bytes, name)),
  swap,
  names: () => store('readonly', (files) => files.getAllKeys()),
  remove: (name) => store('readwrite', (files) => files.delete(name)),
  readPdf: (name, bytes) => withPdf((module) => module.read(name, bytes)),
  setPdf: (composed, files) => withPdf((module) => module.set(composed, files)),
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  progress(what, done, of) {
    // What changes more often than it can be seen is not told.
    const now = performance.now();
    if (what === told.what && done < of && now - told.at < 100) return;
    told = { what, at: now };
    postMessage({ progress: { what, done, of } });
  },
};

async function start(site) {
  // The program asks the channel for its pages: a browser would tell more.
  api = site.served === 'program' ? location.origin : site.api;
  pdf = site.pdf;
  module = await import(site.glue);
  await module.default({ module_or_path: site.wasm });
  face = new module.Face(host, site.api, site.served, site.policy);
  // Where anybody's files are verified it is loaded by everybody: who needs it would be told by asking for it.
  if (pdf?.soon) withPdf(() => {}).catch(() => {});
}

function fields(list) {
  const form = new module.Fields();
  for (const [name, value] of list) {
    if (typeof value === 'string') form.text(name, value);
    else form.file(name, value.name, value.bytes);
  }
  return form;
}

// One thing after the other: the desk is one person at one page.
let last = Promise.resolve();

onmessage = ({ data }) => {
  last = last.then(async () => {
    try {
      if (data.start) {
        ready = start(data.start);
      }
      await ready;
      if (data.page !== undefined) postMessage({ id: data.id, answer: await face.page(data.page) });
      else if (data.act) postMessage({ id: data.id, answer: await face.act(data.act, fields(data.fields)) });
    } catch (error) {
      // A module that failed is not asked again: its memory may be half changed.
      postMessage({ id: data.id, failed: String(error?.message ?? error) });
    }
  });
};
