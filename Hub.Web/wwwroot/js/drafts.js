// What people type and have not sent. Every element with data-draft="KEY" is kept: in memory, a journal and IndexedDB with each change,
// on the server at most every two seconds. The text comes back when Blazor replaces the element (prerender → interactive),
// after a reload, and on another device. Shows nothing itself:
//   'hub:draft-saved' {key}  is dispatched once the server has it
//   'hub:draft-done'  KEY    dispatched by a room after a successful send: the draft is forgotten everywhere
import { send } from './api.js';

const every = 2000;
const texts = new Map();   // key → {text, at, saved}: what this page knows best, and whether the server has it
const pending = new Map(); // key → timer of the next save to the server
const saving = new Map();  // key → the save under way, and those behind it: the server hears one at a time, in order
const carets = new Map();  // key → {start, end, focused}
const loaded = new Map();  // key → Promise of having looked in the stores
const bound = new WeakMap(); // element → key
const person = document.documentElement.dataset.person ?? '';

const store = new Promise(done => {
  try {
    const open = indexedDB.open('hub-drafts', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('drafts');
    open.onsuccess = () => done(open.result);
    open.onerror = open.onblocked = () => done(null);
  } catch { done(null); } // private windows of some browsers: memory and the server remain
});
// The person is part of the key: a shared machine must not show one officer's words to the next.
const local = key => `${person}/${key}`;

// IndexedDB writes behind: a tab that is closed or dies with the last key takes them along. What the server has not got yet stands
// in localStorage too, which is written before the key stroke's event is over.
const journal = {
  name: key => 'hub-draft:' + local(key),
  get(key) { try { return JSON.parse(localStorage.getItem(this.name(key))); } catch { return null; } },
  // Written while the person types, so only what is short enough not to be felt; a longer text has IndexedDB.
  put(key, entry) { if (entry.text.length > 20000) return this.forget(key); try { localStorage.setItem(this.name(key), JSON.stringify({ text: entry.text, at: entry.at })); } catch { this.forget(key); } },
  forget(key) { try { localStorage.removeItem(this.name(key)); } catch { /* no storage here */ } },
};

async function withStore(mode, work) {
  const db = await store;
  if (!db) return undefined;
  return new Promise(done => {
    try {
      const request = work(db.transaction('drafts', mode).objectStore('drafts'));
      request.onsuccess = () => done(request.result);
      request.onerror = () => done(undefined);
    } catch { done(undefined); }
  });
}

function keep(key, text) {
  const entry = { text, at: Date.now() };
  texts.set(key, entry);
  journal.put(key, entry);
  withStore('readwrite', s => text ? s.put({ text, at: entry.at, saved: false }, local(key)) : s.delete(local(key)));
  if (!pending.has(key)) pending.set(key, setTimeout(() => save(key), every));
}

async function save(key, leaving = false) {
  clearTimeout(pending.get(key));
  pending.delete(key);
  if (leaving) return tell(key, true); // a page that is going away cannot wait for its turn
  const turn = (saving.get(key) ?? Promise.resolve()).then(() => tell(key));
  saving.set(key, turn);
  await turn;
  if (saving.get(key) === turn) saving.delete(key);
}

async function tell(key, leaving = false) {
  const entry = texts.get(key);
  if (!entry || entry.saved) return;
  try {
    const small = entry.text.length < 20000; // keepalive carries at most 64 KiB
    const answer = await send('PUT', '/me/drafts/' + encodeURIComponent(key), { text: entry.text }, {}, { keepalive: leaving && small, signal: AbortSignal.timeout(30000) });
    if (answer.status >= 500 || answer.status === 429) throw new Error('later');
    if (!answer.ok) return;
    entry.saved = true;
    if (texts.get(key) === entry) journal.forget(key);
    if (texts.get(key) === entry && entry.text) await withStore('readwrite', s => s.put({ text: entry.text, at: entry.at, saved: true }, local(key)));
    document.dispatchEvent(new CustomEvent('hub:draft-saved', { detail: key }));
  } catch { // no network: the browser has it; the next change, or the network's return, tries again
    if (!pending.has(key)) pending.set(key, setTimeout(() => save(key), every * 5));
  }
}

// Unsaved local text wins (it is newer than anything the server heard); otherwise the server's, which another device may have moved on.
function look(key) {
  if (!loaded.has(key)) loaded.set(key, (async () => {
    const stored = await withStore('readonly', s => s.get(local(key)));
    const written = journal.get(key);
    const mine = written && !(written.at < stored?.at) ? written : stored;
    if (texts.has(key)) return;
    if (mine && !mine.saved) {
      texts.set(key, { text: mine.text, at: mine.at });
      pending.set(key, setTimeout(() => save(key), every));
      return;
    }
    if (mine) texts.set(key, { text: mine.text, at: mine.at, saved: true });
    try {
      const answer = await send('GET', '/me/drafts/' + encodeURIComponent(key));
      if (answer.status === 200 && (!texts.has(key) || texts.get(key).text === mine?.text)) texts.set(key, { text: (await answer.json()).text, at: Date.now(), saved: true });
      else if (answer.status === 204 && mine && texts.get(key)?.text === mine.text) {
        texts.delete(key); // sent or emptied elsewhere
        withStore('readwrite', s => s.delete(local(key)));
      }
    } catch { /* no network: what this browser has stands */ }
  })());
  return loaded.get(key);
}

// A page that was open all the while looks again when the person comes back to it: another device may have moved the draft on,
// or sent it. Words that the server has not got are never given up, nor those that changed while the answer was on its way.
async function lookAgain(key) {
  const mine = texts.get(key);
  if (pending.has(key) || saving.has(key) || (mine && !mine.saved)) return;
  const answer = await send('GET', '/me/drafts/' + encodeURIComponent(key)).catch(() => null);
  if (!answer?.ok) return;
  const text = answer.status === 200 ? (await answer.json()).text : '';
  const before = mine?.text ?? '';
  if (pending.has(key) || saving.has(key) || texts.get(key) !== mine || text === before) return;
  texts.set(key, { text, at: Date.now(), saved: true });
  withStore('readwrite', s => text ? s.put({ text, at: Date.now(), saved: true }, local(key)) : s.delete(local(key)));
  for (const element of document.querySelectorAll('[data-draft]')) if (bound.get(element) === key && element.value === before) show(element, key);
}

function comeBack() {
  if (document.visibilityState !== 'visible') return;
  for (const key of new Set([...document.querySelectorAll('[data-draft]')].map(e => bound.get(e)))) if (key) lookAgain(key);
}

function show(element, key) {
  const entry = texts.get(key);
  if (!entry || element.value === entry.text) return;
  element.value = entry.text;
  element.dispatchEvent(new CustomEvent('hub:draft-restored', { bubbles: true, detail: key }));
}

function bind(element) {
  const key = element.dataset.draft;
  if (!key || bound.get(element) === key) return;
  const early = !bound.has(element) && element.value && element.value !== element.defaultValue;
  if (bound.has(element) && !texts.has(key)) element.value = ''; // the box now belongs to another conversation
  bound.set(element, key);
  if (early) keep(key, element.value); // typed before this module ran
  else if (texts.has(key)) {
    show(element, key);
    caret(element, key);
  } else look(key).then(() => {
    // Over what a room put there (a message to be edited) the kept words win, as long as nobody has typed.
    if (bound.get(element) === key && (document.activeElement !== element || !element.value || element.value === element.defaultValue)) show(element, key);
  });
}

// Blazor replaced the element under the person's fingers: they go on where they were.
function caret(element, key) {
  const at = carets.get(key);
  if (!at?.focused || (document.activeElement && document.activeElement !== document.body && document.activeElement !== element)) return;
  element.focus({ preventScroll: true });
  try { element.setSelectionRange(at.start, at.end); } catch { /* not a text box with a caret */ }
}

function remember(element) {
  const key = bound.get(element);
  if (key) carets.set(key, { start: element.selectionStart, end: element.selectionEnd, focused: document.activeElement === element });
}

function scan(root) {
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  if (root.dataset?.draft) bind(root);
  for (const element of root.querySelectorAll('[data-draft]')) bind(element);
}

document.addEventListener('input', e => {
  const element = e.target;
  if (!element.dataset?.draft) return;
  bind(element);
  keep(element.dataset.draft, element.value);
  remember(element);
}, true);
document.addEventListener('selectionchange', () => { if (document.activeElement?.dataset?.draft) remember(document.activeElement); });
document.addEventListener('focusin', e => {
  if (!e.target.dataset?.draft) return;
  remember(e.target);
  if (!e.target.value && bound.has(e.target)) lookAgain(bound.get(e.target));
});
document.addEventListener('visibilitychange', comeBack);
addEventListener('focus', comeBack);
document.addEventListener('focusout', e => {
  // A removed element also loses focus; only one that stays was left by the person.
  const element = e.target;
  const key = element.dataset?.draft;
  if (key) setTimeout(() => { if (element.isConnected && carets.has(key)) carets.get(key).focused = document.activeElement === element; });
});
document.addEventListener('hub:draft-done', e => {
  const key = e.detail;
  clearTimeout(pending.get(key));
  pending.delete(key);
  texts.set(key, { text: '', at: Date.now() });
  journal.put(key, texts.get(key)); // until the server has forgotten it too
  carets.delete(key);
  withStore('readwrite', s => s.delete(local(key)));
  save(key);
});
addEventListener('pagehide', () => { for (const key of [...pending.keys()]) save(key, true); });
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') for (const key of [...pending.keys()]) save(key, true); });
const saveAll = () => { for (const key of [...pending.keys()]) save(key); };
addEventListener('online', saveAll);
document.addEventListener('hub:back', saveAll);

new MutationObserver(changes => {
  for (const change of changes) {
    if (change.type === 'attributes') bind(change.target);
    else for (const node of change.addedNodes) scan(node);
  }
}).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-draft'] });
scan(document.documentElement);
