// The page's half of the desk: shows what the worker answers, hands it what the person does.

const desk = document.getElementById('desk');
const supported = typeof WebAssembly === 'object' && typeof Worker === 'function' && 'indexedDB' in self;

let worker;
let next = 1;
const waiting = new Map();
let live = 0;

const status = document.createElement('div');
status.className = 'status';
status.setAttribute('role', 'status');
const trouble = document.createElement('div');
trouble.className = 'trouble';
trouble.setAttribute('role', 'alert');
trouble.tabIndex = -1;
const content = document.createElement('div');
content.className = 'content';
const lock = document.createElement('button');
lock.className = 'second lock';
lock.textContent = 'Lock';
lock.hidden = true;

function ask(message) {
  return new Promise((resolve, reject) => {
    const id = next++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, ...message });
  });
}

function progress(text, done, of) {
  status.replaceChildren();
  if (!text) return;
  const line = document.createElement('p');
  line.textContent = text;
  const bar = document.createElement('progress');
  bar.setAttribute('aria-label', text);
  if (of > 0) {
    bar.max = of;
    bar.value = done;
  }
  status.append(line, bar);
}

function tell(text) {
  trouble.replaceChildren();
  if (!text) return;
  const line = document.createElement('p');
  line.className = 'problem';
  line.textContent = text;
  trouble.append(line);
  trouble.focus();
  trouble.scrollIntoView({ block: 'nearest' });
}

function save({ name, type, bytes }) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function show(answer, { quiet = false, push = true } = {}) {
  lock.hidden = !answer.unlocked;
  // A turn in which nothing came leaves all as it is.
  if (!quiet || answer.html || answer.trouble) tell(answer.trouble);
  if (answer.download) save(answer.download);
  if (answer.html) {
    // The worker's templates escape what they are given; scripts in it would not run under this page's policy.
    const parsed = new DOMParser().parseFromString(answer.html, 'text/html');
    const target = answer.target ? document.getElementById(answer.target) : content;
    if (target) {
      target.replaceChildren(...parsed.body.childNodes);
      if (!quiet && !answer.trouble) {
        const heading = target.querySelector('h1, h2');
        if (heading) {
          heading.tabIndex = -1;
          heading.focus();
        }
      }
    }
    if (!answer.target) {
      if (answer.title) document.title = answer.title;
      for (const part of document.querySelectorAll('.until-desk')) part.hidden = true;
    }
  }
  // A page of which nothing came still has a heading, and a way on.
  if (answer.trouble && !content.hasChildNodes() && !document.querySelector('main h1')) {
    const heading = document.createElement('h1');
    heading.textContent = 'This page can\u2019t be shown';
    const way = document.createElement('a');
    way.href = '/desk';
    way.textContent = 'Your desk';
    content.append(heading, way);
  }
  same();
  const here = location.pathname + location.search;
  if (answer.address && push && answer.address !== here) history.pushState(null, '', answer.address);
  content.dispatchEvent(new CustomEvent('desk-shown', { bubbles: true }));
  if (answer.then) {
    const [act, list] = action(answer.then);
    run(act, list, { quiet: true });
  }
}

// An answer is about what was asked: it goes as soon as something else is given, or asked; and one that comes after that is not shown.
let questions = 0;
function unsay(cause) {
  if (cause.closest('[data-answer]')) return;
  questions += 1;
  for (const part of content.querySelectorAll('[data-answer]')) part.replaceChildren();
}

// What stands far from where one types is said there as well.
function same() {
  for (const part of content.querySelectorAll('[data-same]')) {
    part.textContent = content.querySelector(part.dataset.same)?.textContent ?? '';
  }
}

// `watch?tries=2`: an action and its fields.
function action(text) {
  const [act, query = ''] = text.split('?');
  return [act, [...new URLSearchParams(query)]];
}

// Turns of waiting are no use of the page; while an act waits to be sent, nobody waits for the page.
const TURNS = ['wait', 'watch'];
let busy = 0;
let used = 0;
function mark(by, act) {
  if (!TURNS.includes(act)) used += by;
  if (act !== 'wait') busy += by;
  desk.setAttribute('aria-busy', String(busy > 0));
}

async function run(act, list, options) {
  mark(1, act);
  const asked = questions;
  try {
    const answer = await ask({ act, fields: list });
    const late = asked !== questions && answer.target && document.getElementById(answer.target)?.matches('[data-answer]');
    if (late) tell('Something else was chosen meanwhile: ask again.');
    else show(answer, options);
  } catch (error) {
    broken(error);
  } finally {
    mark(-1, act);
    if (busy === 0) progress();
  }
}

async function open(address, options) {
  await flush();
  // A memo's page has the signer's module: the desk is another document.
  if (desk.dataset.page === 'memo' && address.startsWith('/desk')) {
    location.assign(address);
    return;
  }
  mark(1);
  try {
    show(await ask({ page: address }), options);
  } catch (error) {
    broken(error);
  } finally {
    mark(-1);
    if (busy === 0) progress();
  }
}

function broken(error) {
  tell(`This page has failed and was stopped (${error.message}). What was kept is kept: load the page again.`);
}

async function fields(form, button) {
  const list = [];
  for (const [name, value] of new FormData(form, button)) {
    if (typeof value === 'string') list.push([name, value]);
    else list.push([name, { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) }]);
  }
  return list;
}

// What is being done is not done twice: its buttons wait.
const doing = new Set();
async function once(part, pressed, collect, act) {
  if (doing.has(part)) return;
  doing.add(part);
  unsay(part);
  const buttons = part === pressed ? [part] : [...part.querySelectorAll('button:enabled')];
  try {
    const list = await collect();
    for (const button of buttons) button.disabled = true;
    await run(act, list);
  } finally {
    doing.delete(part);
    for (const button of buttons) button.disabled = false;
    if (document.activeElement === document.body) pressed?.focus();
  }
}

function insert(button) {
  const area = document.getElementById(button.dataset.into);
  const at = area.selectionStart;
  // At the beginning of the paragraph in which the cursor stands.
  const begin = area.value.lastIndexOf('\n\n', Math.max(at - 1, 0));
  const from = begin < 0 ? 0 : begin + 2;
  const rest = area.value.slice(from);
  const old = rest.match(/^((?:#+|>|-) )?(\([A-Z][A-Z/,. -]*\) )?/);
  area.setRangeText((old[1] ?? '') + button.dataset.insert, from, from + old[0].length, 'end');
  area.focus();
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-act]');
  if (!form) return;
  event.preventDefault();
  const collect = async () => {
    if (typed && typed !== form) await flush();
    clearTimeout(live);
    typed = undefined;
    return fields(form, event.submitter);
  };
  once(form, event.submitter, collect, form.dataset.act);
});

document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-page]');
  if (link && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    open(link.getAttribute('href'));
    return;
  }
  // Within the page: without an address of its own, which going back would load anew.
  const jump = event.target.closest('a[href^="#"]');
  const to = jump && document.getElementById(jump.getAttribute('href').slice(1));
  if (to) {
    event.preventDefault();
    to.tabIndex = -1;
    to.focus();
    to.scrollIntoView({ block: 'start' });
    return;
  }
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.do) {
    const [act, list] = action(button.dataset.do);
    clearTimeout(live);
    typed = undefined;
    const collect = async () => ('form' in button.dataset ? [...(await fields(button.form)), ...list] : list);
    once(button, button, collect, act);
  } else if (button.dataset.insert) insert(button);
  else if (button.dataset.copy) {
    // Where the page came over plain HTTP there is no clipboard.
    const copied = await navigator.clipboard?.writeText(button.dataset.copy).then(() => true, () => false);
    button.textContent = copied ? 'Copied' : 'Not copied: select it, and copy it by hand';
  } else if ('print' in button.dataset) window.print();
});

// A form that is looked at while one types, and kept.
let typed;
async function flush() {
  clearTimeout(live);
  const form = typed;
  typed = undefined;
  if (form?.isConnected) await run(form.dataset.live, await fields(form), { quiet: true });
}
document.addEventListener('input', (event) => {
  const form = event.target.closest('form[data-live]');
  if (!form) return;
  if (typed && typed !== form) flush();
  clearTimeout(live);
  typed = form;
  live = setTimeout(flush, 400);
});
for (const kind of ['input', 'change']) document.addEventListener(kind, (event) => unsay(event.target));
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') flush();
});

// A file that is dropped: on a field for files, or beside it, where it would make the browser leave this page. Beside, it goes to the first field that takes its kind.
const brings = (event) => event.dataTransfer?.types.includes('Files');
function over(area) {
  for (const other of document.querySelectorAll('.drop.over')) if (other !== area) other.classList.remove('over');
  area?.classList.add('over');
}
function fieldFor(event) {
  const [file] = event.dataTransfer.files;
  const areas = [...document.querySelectorAll('[data-drop]')];
  const on = event.target.closest('[data-drop]');
  const fields = (on ? [on] : areas).map((area) => document.getElementById(area.dataset.drop));
  const takes = (field) => field.accept.split(',').some((kind) => file.name.toLowerCase().endsWith(kind));
  // An official paper goes with the bundles, and is a copy where one is there already.
  const fit = fields.filter(takes);
  return file && (on ? fields[0] : fit.find((field) => !field.files.length) ?? fit[0]);
}
document.addEventListener('dragover', (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = document.querySelector('[data-drop]') ? 'copy' : 'none';
  over(event.target.closest('[data-drop]'));
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) over();
});
document.addEventListener('drop', (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  over();
  const field = fieldFor(event);
  if (!field) return;
  field.files = event.dataTransfer.files;
  field.dispatchEvent(new Event('change', { bubbles: true }));
});

addEventListener('popstate', () => open(location.pathname + location.search + location.hash, { push: false }));
// A link that is pasted over another one in the address bar.
addEventListener('hashchange', () => {
  if (!location.pathname.startsWith('/m/')) return;
  if (worker) open(location.pathname + location.hash, { push: false });
  else if (supported) begin();
  else unsupported();
});

// After this time without use the desk is locked, and shows nothing until the passphrase is typed again.
const IDLE_MINUTES = 10;
const IDLE_CHECK_SECONDS = 15;
let since = Date.now();
for (const kind of ['pointerdown', 'pointermove', 'keydown', 'input', 'wheel', 'touchstart', 'scroll']) {
  addEventListener(kind, () => { since = Date.now(); }, { passive: true, capture: true });
}

// By the clock, not by a timer's length: a machine that slept is locked when it wakes.
function watchIdle() {
  if (used > 0) since = Date.now();
  if (Date.now() - since < IDLE_MINUTES * 60_000) return;
  since = Date.now();
  lockHere();
}
function lockHere() {
  run('lock', [['idle', 'yes'], ['address', location.pathname + location.search]], { push: false });
}
// A memo's page has the signer's module: it can show nothing but the memo again.
lock.addEventListener('click', () => (desk.dataset.page === 'memo' ? lockHere() : run('lock', [])));

// What to do where nothing can run stands on the page.
function unsupported() {
  for (const part of desk.querySelectorAll('.unsupported')) part.hidden = false;
  for (const part of desk.querySelectorAll('p.until-desk')) part.hidden = true;
}

function begin() {
  const { api, served, policy, worker: script, glue, wasm, pdfGlue, pdfWasm, page } = desk.dataset;
  // A memo's public page stays as it is until somebody comes with a link, or has kept one.
  if (page === 'memo' && !location.hash) {
    for (const part of desk.querySelectorAll('.until-desk')) part.hidden = true;
    return;
  }
  worker = new Worker(script, { type: 'module' });
  worker.onmessage = ({ data }) => {
    if (data.progress) {
      progress(data.progress.what, data.progress.done, data.progress.of);
      return;
    }
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (!asked) return;
    if (data.failed) asked.reject(new Error(data.failed));
    else asked.resolve(data.answer);
  };
  worker.onerror = () => broken(new Error('the program of this page could not be loaded'));
  const at = (path) => new URL(path, location.href).href;
  const pdf = pdfGlue && { glue: at(pdfGlue), wasm: at(pdfWasm), soon: page === 'verify' };
  worker.postMessage({ start: { api: api || location.origin, served, policy, glue: at(glue), wasm: at(wasm), pdf } });
  desk.replaceChildren(lock, status, trouble, content);
  progress('Loading', 0, 0);
  setInterval(watchIdle, IDLE_CHECK_SECONDS * 1_000);
  open(location.pathname + location.search + location.hash, { push: false });
}

if (supported) begin();
else unsupported();
