// Messages that were written and not yet acknowledged: {key, person, conversationId, clientMessageId, text, threadId, alsoToConversation, fileIds, names
// (of the files, shown until it is sent), state, reason}.
// They are kept in IndexedDB before anything is sent, leave one at a time for each conversation, in order, over HTTP, and are
// forgotten only when the hub has answered. The same clientMessageId goes with every try, so a repeat is never a second message.
import { send } from '/js/api.js';

const memory = []; // where a browser refuses IndexedDB, or has stopped giving it
const running = new Set();
const timers = new Map();
const tries = new Map();
const listeners = new Set();
const channel = 'BroadcastChannel' in self ? new BroadcastChannel('hub-outbox') : null;
let person;

const open = () => new Promise(done => {
  try {
    const asked = indexedDB.open('hub-outbox', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('messages', { keyPath: 'key', autoIncrement: true });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => done(null);
  } catch { done(null); }
});
let store = open();

// Gives null where there is no IndexedDB. A phone that slept may have lost its connection to it: it is opened once more, and
// where that fails too, or the disk is full, the page's memory takes over, so that Enter always sends.
async function work(mode, action, again = true) {
  const db = await store;
  if (!db) return null;
  try {
    return await new Promise((done, fail) => {
      const transaction = db.transaction('messages', mode);
      const request = action(transaction.objectStore('messages'));
      transaction.oncomplete = () => done(request.result);
      transaction.onerror = transaction.onabort = () => fail(transaction.error);
    });
  } catch {
    if (!again) return null;
    store = open();
    return work(mode, action, false);
  }
}

async function all() {
  const entries = [...await work('readonly', s => s.getAll()) ?? [], ...memory];
  return entries.filter(e => e.person === person);
}

async function put(entry) {
  const at = memory.findIndex(e => e.clientMessageId === entry.clientMessageId);
  if (at >= 0) memory[at] = entry;
  else {
    const key = await work('readwrite', s => s.put(entry));
    if (key === null) memory.push({ ...entry, key: entry.clientMessageId });
    else entry.key = key;
  }
  changed();
}

async function remove(key) {
  const at = memory.findIndex(e => e.key === key);
  if (at >= 0) memory.splice(at, 1);
  else await work('readwrite', s => s.delete(key));
  changed();
}

function changed(event, entry) {
  for (const listener of listeners) listener(event, entry);
  channel?.postMessage('changed');
}
if (channel) channel.onmessage = () => { for (const listener of listeners) listener(); };

export function start(personId) {
  if (person === personId) return;
  person = personId;
  addEventListener('online', flushAll);
  document.addEventListener('hub:back', flushAll);
  flushAll();
}

export const listen = listener => { listeners.add(listener); return () => listeners.delete(listener); };
export const pending = async conversationId => (await all()).filter(e => e.conversationId === conversationId);

/** A clientMessageId: no message had it before. */
export const newId = () => crypto.randomUUID?.() ?? '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));

// What goes along with the text: {threadId, alsoToConversation, confirmed}.
export async function post(conversationId, text, more = {}) {
  await put({ person, conversationId, clientMessageId: newId(), text, ...more, state: 'sending' });
  flush(conversationId);
}

export async function retry(key, more = {}) {
  const entry = (await all()).find(e => e.key === key);
  if (!entry) return;
  await put({ ...entry, ...more, state: 'sending', reason: null, wakes: null });
  flush(entry.conversationId, true);
}

export const discard = remove;

export async function flushAll() {
  for (const id of new Set((await all()).map(e => e.conversationId))) flush(id, true);
}

async function flush(id, now = false) {
  if (now) { clearTimeout(timers.get(id)); timers.delete(id); tries.delete(id); }
  if (running.has(id) || timers.has(id)) return;
  running.add(id);
  try {
    // Two open tabs share the outbox: one of them sends.
    if (navigator.locks) await navigator.locks.request('hub-outbox:' + id, () => drain(id));
    else await drain(id);
  } finally { running.delete(id); }
  if (!timers.has(id) && (await pending(id)).some(e => e.state === 'sending')) flush(id);
}

async function drain(id) {
  for (;;) {
    const entry = (await pending(id)).find(e => e.state !== 'refused');
    if (!entry) return;
    let answer;
    try {
      answer = await send('POST', `/conversations/${id}/messages`, { clientMessageId: entry.clientMessageId, text: entry.text, threadId: entry.threadId, alsoToConversation: entry.alsoToConversation, fileIds: entry.fileIds, confirmed: entry.confirmed }, {}, { signal: AbortSignal.timeout(30000) });
    } catch { return later(entry, 'waiting'); }
    if (answer.ok) {
      tries.delete(id);
      changed('sent', entry);
      await remove(entry.key);
    } else if (answer.status === 401 || answer.type === 'opaqueredirect') {
      return later(entry, 'signedOut');
    } else if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      return later(entry, 'waiting', Number(answer.headers.get('Retry-After')) * 1000);
    } else {
      const problem = await answer.json().catch(() => null);
      await put({ ...entry, state: 'refused', reason: problem?.title ?? String(answer.status), wakes: problem?.code === 'message.wakes' ? problem.current.people : null });
    }
  }
}

// 1, 2, 4 … 30 seconds, with a little chance so that a whole building does not come back in one moment.
async function later(entry, state, least = 0) {
  const id = entry.conversationId;
  const count = tries.get(id) ?? 0;
  tries.set(id, count + 1);
  timers.set(id, setTimeout(() => { timers.delete(id); flush(id); }, Math.max(least || 0, Math.min(30000, 1000 * 2 ** count) * (0.8 + Math.random() * 0.4))));
  // What waits behind it waits for the same.
  for (const e of await pending(id)) if (e.state !== 'refused' && e.state !== state) await put({ ...e, state });
}
