// Files that people add to a message: {key, person, conversationId, threadId, id, name, size, blob, card, state, reason}. They are kept in
// IndexedDB from the moment they are chosen until the outbox has their ids, and go up in parts over HTTP: what was interrupted, by a tunnel,
// a reload or a hub that ended, goes on where the hub says that it stands. Uploads belong to the page, not to the conversation that it shows.
import { send, sendBytes } from '/js/api.js';
import { pending } from '/js/outbox.js';

const most = 10; // files of a message
const first = 256 * 1024, part = 8 * 1024 * 1024; // a refusal comes after the first part, not after the whole file
const entries = new Map(); // key → entry
const stops = new Map(); // key → AbortController of the upload under way
const loaded = new Map(); // person and conversation → Promise of having looked in the store
const listeners = new Set();
const channel = 'BroadcastChannel' in self ? new BroadcastChannel('hub-files') : null;

const store = new Promise(done => {
  try {
    const asked = indexedDB.open('hub-files', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('files', { keyPath: 'key' });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => done(null);
  } catch { done(null); } // private windows of some browsers: the page's memory remains
});

async function withStore(mode, work) {
  const db = await store;
  if (!db) return undefined;
  return new Promise(done => {
    try {
      const transaction = db.transaction('files', mode);
      const request = work(transaction.objectStore('files'));
      transaction.oncomplete = () => done(request.result);
      transaction.onerror = transaction.onabort = () => done(undefined); // a full disk: the page's memory remains
    } catch { done(undefined); }
  });
}

const changed = (entry, said) => { for (const listener of listeners) listener(entry, said); };

async function keep(entry, change) {
  Object.assign(entry, change);
  changed(entry);
  if (entries.has(entry.key)) await withStore('readwrite', s => s.put({ ...entry, sent: undefined }));
}

async function forget(key) {
  entries.delete(key);
  stops.get(key)?.abort();
  await withStore('readwrite', s => s.delete(key));
  channel?.postMessage(key);
}

// Another page of this browser sent it or took it away.
if (channel) channel.onmessage = e => {
  const entry = entries.get(e.data);
  if (!entry) return;
  entries.delete(e.data);
  stops.get(e.data)?.abort();
  changed(entry);
};

function look(person, conversationId, threadId) {
  const of = `${person}/${conversationId}/${threadId}`;
  if (!loaded.has(of)) loaded.set(of, (async () => {
    const all = (await withStore('readonly', s => s.getAll()) ?? []).filter(e => e.person === person && e.conversationId === conversationId && e.threadId === threadId);
    const sent = new Set((await pending(conversationId)).flatMap(e => e.fileIds ?? []));
    for (const entry of all) {
      if (entries.has(entry.key)) continue;
      if (entry.id && sent.has(entry.id)) { forget(entry.key); continue; }
      entries.set(entry.key, entry);
      if (!entry.card && entry.state !== 'failed') upload(entry);
      else if (entry.card) verify(entry);
    }
    changed();
  })());
  return loaded.get(of);
}

// What was uploaded long ago and not sent, the hub has given up; what was sent from elsewhere is no longer waiting.
async function verify(entry) {
  const answer = await send('GET', `/uploads/${entry.id}`).catch(() => null);
  if (answer?.status === 404) { await forget(entry.key); changed(entry); }
}

/** Uploads what is left of a file; one page of this browser at a time. */
async function upload(entry) {
  const stop = new AbortController();
  stops.set(entry.key, stop);
  try {
    const work = () => parts(entry, stop.signal);
    if (navigator.locks) await navigator.locks.request('hub-file:' + entry.key, { signal: stop.signal }, work);
    else await work();
  } catch { /* taken away */ }
  if (stops.get(entry.key) === stop) stops.delete(entry.key);
}

async function parts(entry, signal) {
  // Another page may have brought it to its end while this one waited.
  const stored = await withStore('readonly', s => s.get(entry.key));
  if (stored?.card) return keep(entry, stored);
  let offset = entry.id ? null : 0;
  for (let tries = 0; entries.has(entry.key) && !signal.aborted;) {
    const answer = await step(entry, offset, signal).catch(() => null);
    if (signal.aborted) return;
    const refused = answer && answer.status >= 400 && answer.status < 500 && ![401, 408, 409, 429].includes(answer.status);
    if (answer?.status < 300) {
      tries = 0;
      offset = answer.body.offset;
      if (!answer.body.file) {
        const begun = entry.id !== answer.body.id;
        Object.assign(entry, { state: 'uploading', id: answer.body.id, sent: offset, reason: null });
        if (begun) await keep(entry, {}); // with each part it would be copied anew
        else changed(entry);
        continue;
      }
      const infected = answer.body.file.state === 'quarantined';
      await keep(entry, { card: answer.body.file, name: answer.body.file.name, blob: null, state: infected ? 'infected' : 'ready', reason: infected ? answer.body.file.finding : null });
      return changed(entry, infected ? 'failed' : 'ready');
    }
    if (answer?.status === 409 && answer.body?.current) { offset = answer.body.current.offset; if (++tries < 5) continue; }
    if (refused) {
      const forGood = /^file\.(program|empty|tooLarge|scanner)/.test(answer.body?.code ?? '');
      await keep(entry, { state: 'failed', reason: answer.body ? answer.body.title : String(answer.status), id: answer.status === 404 ? null : entry.id, blob: forGood ? null : entry.blob });
      return changed(entry, 'failed');
    }
    // The network, the hub or the scanner is away: again, and first asked how far it is.
    offset = entry.id ? null : 0;
    Object.assign(entry, { state: answer?.status === 401 ? 'signedOut' : 'waiting', reason: answer?.status === 503 ? answer.body?.title ?? null : null });
    changed(entry);
    await pause(Math.max((answer?.retryAfter ?? 0) * 1000, Math.min(30000, 1000 * 2 ** tries++) * (0.8 + Math.random() * 0.4)), signal);
  }
}

// One request: announces the file, asks how far it is, or sends the next part.
async function step(entry, offset, signal) {
  if (!entry.id) return plain(await send('POST', `/conversations/${entry.conversationId}/uploads`, { name: entry.name, length: entry.size }, {}, { signal }));
  if (offset === null) return plain(await send('GET', `/uploads/${entry.id}`, null, {}, { signal }));
  const bytes = entry.blob.slice(offset, offset + (offset === 0 ? first : part));
  try { if (offset < entry.size) await bytes.slice(0, 1).arrayBuffer(); } catch { return { status: 410, body: { title: null } }; } // deleted or changed on the device
  return sendBytes('PUT', `/uploads/${entry.id}?offset=${offset}`, bytes, sent => {
    if (sent >= bytes.size && offset + sent >= entry.size) Object.assign(entry, { state: 'checking', sent: entry.size });
    else Object.assign(entry, { state: 'uploading', sent: offset + Math.min(sent, bytes.size) });
    changed(entry);
  }, signal);
}

const plain = async answer => ({ status: answer.type === 'opaqueredirect' ? 401 : answer.status, body: await answer.json().catch(() => null), retryAfter: Number(answer.headers.get('Retry-After')) || 0 });

// Until the time is over, the network is back, or somebody asks for it now.
const pause = (ms, signal) => new Promise(done => {
  const go = () => { clearTimeout(timer); removeEventListener('online', go); document.removeEventListener('hub:back', go); signal.removeEventListener('abort', go); done(); };
  const timer = setTimeout(go, ms);
  addEventListener('online', go);
  document.addEventListener('hub:back', go);
  signal.addEventListener('abort', go);
});

const fill = (text, ...values) => values.reduce((t, v, i) => t.replace(`{${i}}`, () => v), text);

/** The composer's side: shows the files for one conversation or thread, takes new ones, and gives them away with a message. */
export function attach(root, pane, conversationId, threadId, person, words) {
  const list = root.querySelector('[data-files]');
  const said = root.querySelector('[data-files-said]');
  const note = root.querySelector('[data-files-note]');
  const choose = root.querySelector('[data-choose-files]');
  const box = root.querySelector('textarea');
  const gone = new AbortController();
  const on = (target, name, act) => target.addEventListener(name, act, { signal: gone.signal });
  const rows = new Map(); // key → row
  let held = null; // what waits for the last file

  const mine = () => [...entries.values()].filter(e => e.conversationId === conversationId && e.threadId === threadId && e.person === person);
  const size = bytes => bytes < 1000 ? fill(words.bytes, bytes) : bytes < 1e6 ? fill(words.kilobytes, Math.floor(bytes / 1000)) : fill(words.megabytes, (bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 }));
  const state = e => e.state === 'uploading' ? fill(words.uploading, Math.floor((e.sent ?? 0) / e.size * 100)) : e.state === 'infected' ? fill(words.infected, e.reason) : e.state === 'failed' ? e.reason ?? words.gone : e.reason ?? words[e.state];
  const tell = text => { said.textContent = text; };

  const row = e => {
    const li = document.createElement('li');
    const name = document.createElement('span');
    Object.assign(name, { className: 'name', textContent: e.name, title: e.name });
    const how = document.createElement('span');
    how.className = 'meta state';
    const bar = document.createElement('progress');
    bar.setAttribute('aria-label', e.name);
    const again = document.createElement('button');
    Object.assign(again, { type: 'button', className: 'btn btn-small', textContent: words.retry });
    again.onclick = () => { keep(e, { state: 'waiting', reason: null }); upload(e); };
    const remove = document.createElement('button');
    Object.assign(remove, { type: 'button', className: 'btn btn-small', textContent: '×', title: fill(words.remove, e.name) });
    remove.setAttribute('aria-label', fill(words.remove, e.name));
    remove.onclick = async () => {
      const id = e.id;
      note.textContent = '';
      await forget(e.key);
      changed(e);
      box.focus();
      if (id) send('DELETE', `/files/${id}`).catch(() => null); // what does not arrive the hub clears out after a day
    };
    li.append(name, how, again, remove, bar);
    return Object.assign(li, { how, bar, again });
  };

  const draw = () => {
    const now = mine();
    for (const [key, li] of rows) if (!now.some(e => e.key === key)) { li.remove(); rows.delete(key); }
    for (const e of now) {
      if (!rows.has(e.key)) { rows.set(e.key, row(e)); list.append(rows.get(e.key)); }
      const li = rows.get(e.key);
      li.dataset.state = e.state;
      li.how.textContent = `${size(e.size)} · ${state(e)}`;
      li.bar.hidden = !['uploading', 'checking'].includes(e.state);
      if (e.state === 'checking') li.bar.removeAttribute('value');
      else li.bar.value = (e.sent ?? 0) / e.size;
      li.again.hidden = !(e.state === 'failed' && e.blob);
      if (e.card?.thumbnail && !li.querySelector('img')) {
        const picture = document.createElement('img');
        Object.assign(picture, { src: `/api/v1/files/${e.id}/thumbnail`, alt: '' });
        li.prepend(picture);
      }
    }
    list.hidden = now.length === 0;
    if (!held) return;
    if (now.some(e => e.state === 'failed')) { held = null; note.textContent = words.stuck; }
    else if (now.every(e => e.card)) { const go = held; held = null; note.textContent = ''; go(); }
  };

  const add = files => {
    note.textContent = '';
    let room = most - mine().length;
    for (const file of files) {
      if (room-- <= 0) { note.textContent = fill(words.most, most, file.name); break; }
      const entry = { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, person, conversationId, threadId, id: null, name: file.name, size: file.size, blob: file, card: null, state: 'uploading', reason: null };
      entries.set(entry.key, entry);
      if (file.size === 0) {
        Object.assign(entry, { state: 'failed', reason: words.empty, blob: null }); // not kept: nothing can be done with it
        changed(entry, 'failed');
        continue;
      }
      keep(entry, {}).then(() => upload(entry));
    }
    draw();
  };

  const listener = (entry, what) => {
    if (entry && (entry.conversationId !== conversationId || entry.threadId !== threadId)) return;
    draw();
    if (what) tell(what === 'ready' ? fill(words.saidReady, entry.name) : fill(words.saidFailed, entry.name, state(entry)));
  };
  listeners.add(listener);

  on(root.querySelector('[data-add-files]'), 'click', () => choose.click());
  on(choose, 'change', () => { add([...choose.files]); choose.value = ''; box.focus(); });
  on(box, 'paste', e => {
    // What was copied from a document comes as text and as a picture of it: the text is what was meant.
    const files = [...e.clipboardData?.files ?? []];
    if (!files.length || e.clipboardData.types.includes('text/plain')) return;
    e.preventDefault();
    add(files);
  });
  const dragged = e => e.dataTransfer?.types.includes('Files');
  // Beside the conversation too: a browser would leave the page for the file.
  on(window, 'dragover', e => { if (dragged(e)) { e.preventDefault(); if (!pane.contains(e.target)) e.dataTransfer.dropEffect = 'none'; } });
  on(window, 'drop', e => { if (dragged(e)) e.preventDefault(); delete root.dataset.dropping; });
  on(pane, 'dragover', e => { if (dragged(e)) root.dataset.dropping = ''; });
  on(pane, 'dragleave', e => { if (!pane.contains(e.relatedTarget)) delete root.dataset.dropping; });
  on(pane, 'drop', e => { if (dragged(e)) { e.preventDefault(); add([...e.dataTransfer.files]); box.focus(); } });
  look(person, conversationId, threadId).then(draw);

  return {
    /** True if a message would take a file along. */
    any: () => mine().some(e => e.state !== 'failed'),
    /** True if every file is there; otherwise says so, and calls act when they are. */
    whole(act) {
      const now = mine();
      if (now.every(e => e.card)) return true;
      const stuck = now.some(e => e.state === 'failed');
      held = stuck ? null : act;
      note.textContent = stuck ? words.stuck : words.held;
      return false;
    },
    /** Ids of the files that are there. */
    ids: () => mine().map(e => e.id),
    /** Takes the files out of the composer for one message; forgotten once the outbox has it. */
    take() {
      const now = mine();
      for (const e of now) entries.delete(e.key);
      note.textContent = '';
      draw();
      return { more: now.length ? { fileIds: now.map(e => e.id), names: now.map(e => e.name) } : {}, forget: () => now.forEach(e => forget(e.key)) };
    },
    detach() { listeners.delete(listener); gone.abort(); },
  };
}
