// The page around the rooms: the live connection, the theme, menus.

// ---- The connection: a quiet line, tries with growing delay, then resume, then reload once the hub answers. ----
const line = document.getElementById('hub-connection');
let lost = false, moving = false;

const wait = ms => new Promise(done => {
  const over = () => { clearTimeout(timer); removeEventListener('online', over); document.removeEventListener('visibilitychange', seen); done(); };
  const seen = () => { if (document.visibilityState === 'visible') over(); };
  const timer = setTimeout(over, ms);
  addEventListener('online', over); // the network's return and a phone taken out of the pocket end the wait
  document.addEventListener('visibilitychange', seen);
});

// Loaded again, or led on to where a pressed notification waits to go: neither must wait for the other.
let next = null;
const onward = () => next ? location.assign(next) : location.reload();
window.hubOpen = to => { if (lost || moving) next = to; else Blazor.navigateTo(to); };
document.addEventListener('hub:back', () => {
  if (!next || lost || moving) return;
  const to = next;
  next = null;
  Blazor.navigateTo(to);
});

function say(text, good) {
  if (!line) return;
  line.textContent = text;
  line.classList.toggle('good', Boolean(good));
}

async function answers(path = '/healthz') {
  try { return (await fetch(path, { cache: 'no-store' })).ok; } catch { return false; }
}

// The page of a hub that cannot reach its data is loaded again once it can.
async function whenReady() {
  do await wait(1500 + Math.random() * 1500); while (!await answers('/readyz'));
  onward();
}
if (document.querySelector('[data-away]')) whenReady();

// The database is back: what waits for it goes now, not all pages at the same moment.
window.hubBack = () => void setTimeout(() => document.dispatchEvent(new CustomEvent('hub:back')), Math.random() * 1500);

async function reconnect() {
  for (let delay = 250; lost; delay = Math.min(delay * 1.7, 10000)) {
    await wait(delay * (.8 + Math.random() * .4)); // not all at the same moment after a restart
    if (!lost) return;
    if (!await answers()) continue;
    try {
      if (await Blazor.reconnect()) return;
      // The hub is there but no longer knows this circuit: its persisted state may be resumed; else the page is loaded again.
      if (Blazor.resumeCircuit && await Blazor.resumeCircuit()) return back();
      return onward();
    } catch { /* not reached after all */ }
  }
}

// The node that serves this page is about to end: the page pauses, and resumes where the hub answers as ready. Not all at once.
window.hubMove = () => void setTimeout(move, Math.random() * 1500);
async function move() {
  if (lost || moving) return;
  moving = true;
  say(line?.dataset.moving ?? '');
  try {
    await Blazor.pauseCircuit();
    while (!await answers('/readyz')) await wait(500);
    if (!await Blazor.resumeCircuit()) return onward();
    moving = false;
    document.dispatchEvent(new CustomEvent('hub:back'));
    say('');
  } catch {
    moving = false;
    down();
  }
}

function back() {
  if (!lost) return;
  lost = false;
  document.documentElement.removeAttribute('data-offline');
  document.dispatchEvent(new CustomEvent('hub:back'));
  // The script of a box never came, lost with the connection: the page is loaded again; what was typed is a draft.
  if (document.querySelector('.composer:not([data-ready])')) return location.reload();
  say(line?.dataset.back ?? '', true);
  setTimeout(() => { if (!lost) say(''); }, 2500);
}

function down() {
  if (lost || moving) return;
  lost = true;
  document.documentElement.setAttribute('data-offline', '');
  setTimeout(() => { if (lost) say(line?.dataset.lost ?? ''); }, 600); // a blink of the network says nothing
  reconnect();
}

// The browser knows at once that there is no network; the connection itself notices half a minute later.
// (By its events alone: navigator.onLine is also false where there is nothing but this machine.)
let offline = false;
addEventListener('offline', () => { offline = true; if (!lost) say(line?.dataset.lost ?? ''); });
addEventListener('online', () => { offline = false; if (!lost) say(''); });

// Without the hub a link would lose this page and all that waits on it: it is not followed, and the line says why.
document.addEventListener('click', e => {
  const link = e.target.closest?.('a[href]');
  if (!link || (!lost && !offline) || e.ctrlKey || e.metaKey || e.shiftKey || link.target === '_blank' || link.origin !== location.origin || link.hash) return;
  e.preventDefault();
  e.stopImmediatePropagation();
  say(line?.dataset.lost ?? '');
}, true);

// Where an answer has taken away the element that had the focus, it goes to what came instead; never away from somewhere else.
window.hubFocus = id => { if (document.activeElement === document.body) document.getElementById(id)?.focus(); };

// ---- Words typed into the search box before the page is live go on in the box that Blazor puts in its place. ----
let box = null;
const searching = e => { if (e.target.matches?.('main .searchbox input')) box = e.target; };
const moved = new MutationObserver(() => {
  if (document.querySelector('.hub[data-live]') && !(box && !box.isConnected)) { moved.disconnect(); return; }
  if (!box || box.isConnected) return;
  const again = document.querySelector('main .searchbox input');
  if (!again) return;
  const old = box;
  box = null;
  if (old.value) again.value = old.value;
  if (document.activeElement && document.activeElement !== document.body) return;
  again.focus({ preventScroll: true });
  again.setSelectionRange(old.selectionStart, old.selectionEnd);
});
document.addEventListener('focusin', searching);
document.addEventListener('input', searching);
document.addEventListener('focusout', e => setTimeout(() => { if (e.target === box && box.isConnected && !box.value) box = null; }));
if (!document.querySelector('.hub[data-live]')) moved.observe(document.body, { childList: true, subtree: true });

// Ctrl+K before the box is there opens it as soon as it is, with what has been typed meanwhile.
document.addEventListener('keydown', e => {
  const asked = document.documentElement.dataset;
  if (window.hubSearch || e.altKey || e.isComposing) return;
  if ((e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === 'k') asked.searchAsked ??= '';
  else if (asked.searchAsked === undefined || e.ctrlKey || e.metaKey) return;
  else if (e.key === 'Escape') delete asked.searchAsked;
  else if (e.key === 'Backspace') asked.searchAsked = asked.searchAsked.slice(0, -1);
  else if (e.key.length === 1) asked.searchAsked += e.key;
  else if (e.key !== 'Enter') return;
  e.preventDefault();
});

Blazor.start({ circuit: { reconnectionHandler: { onConnectionDown: down, onConnectionUp: back } } });

// A link to search within a room names its own keys; where there is none, they do nothing.
document.addEventListener('keydown', e => {
  if (!(e.ctrlKey || e.metaKey) || !e.shiftKey || e.altKey || e.key.toLowerCase() !== 'f') return;
  const link = document.querySelector('a[aria-keyshortcuts="Control+Shift+F"]');
  if (!link) return;
  e.preventDefault();
  link.click();
});

// Blazor takes the skip link for navigation within the page and moves no focus.
document.addEventListener('click', e => { if (e.target.closest?.('.skip')) document.getElementById('main')?.focus(); });

// ---- A form without an address is its script's to send: the browser never does, and what was sent before the script was there goes once it is. ----
const early = new WeakSet();
document.addEventListener('submit', e => {
  const form = e.target;
  if (form.hasAttribute('action') || form.method === 'dialog') return;
  e.preventDefault();
  if ('ready' in form.dataset || early.has(form)) return;
  early.add(form);
  const watch = new MutationObserver(() => { watch.disconnect(); early.delete(form); form.requestSubmit(); });
  watch.observe(form, { attributes: true, attributeFilter: ['data-ready'] });
}, true);

// ---- Theme: light, dark, or as the device; kept in a cookie, so that the server's first paint has it. ----
const root = document.documentElement;
function marks() {
  for (const b of document.querySelectorAll('[data-theme-choice]')) {
    const pressed = String(b.dataset.themeChoice === (root.dataset.theme ?? ''));
    if (b.getAttribute('aria-pressed') !== pressed) b.setAttribute('aria-pressed', pressed);
  }
}
function choose(theme) {
  if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  document.cookie = `hub-theme=${theme}; path=/; samesite=lax; max-age=${theme ? 31536000 : 0}${location.protocol === 'https:' ? '; secure' : ''}`;
  marks();
}
marks();

document.addEventListener('click', e => {
  const button = e.target.closest?.('[data-theme-choice]');
  if (button) choose(button.dataset.themeChoice);
  for (const menu of document.querySelectorAll('details[data-menu][open]')) if (!menu.contains(e.target) || e.target.closest('a[href]')) menu.open = false;
});
document.addEventListener('toggle', e => { if (e.target.matches?.('details[data-menu]')) marks(); }, true);
document.addEventListener('keydown', e => {
  if (e.key !== 'Escape') return;
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector('summary').focus();
  }
});

// ---- Notifications of this browser end with whoever turned them on: looked at on every page, where any may be on. ----
void navigator.serviceWorker?.getRegistration('/').then(there => there && import('/js/push.js')).catch(() => {});
