// The open conversation in the browser: stays at the newest line while one is there, pages back near the top, tells what has
// been read, and lets one edit or delete an own message in its row. One handler on the list, whatever its length.
import { send } from '/js/api.js';

export function start(pane, id, words) {
  const scroller = pane.querySelector('.scroller');
  const list = pane.querySelector('.messages');
  const jump = pane.querySelector('[data-jump]');
  let atEnd = true, read = 0, height = scroller.clientHeight, timer, tools, anchor, stood, asked;

  const last = () => [...list.querySelectorAll('li.message')].at(-1);
  const newest = () => scroller.hasAttribute('data-newest');
  const hidden = () => scroller.clientHeight === 0;
  // In a very low window (400 % zoom) the page scrolls, not the list in it.
  const port = () => scroller.scrollHeight > scroller.clientHeight + 1 ? scroller : document.scrollingElement;
  const view = () => port() === scroller ? scroller.getBoundingClientRect() : { top: 0, bottom: window.innerHeight };
  const toEnd = () => { if (!hidden()) port().scrollTop += Math.max(0, list.getBoundingClientRect().bottom - view().bottom + 12); atEnd = true; look(); };
  // The first row in view keeps its place, whatever comes above it or goes below.
  const top = row => row.getBoundingClientRect().top - view().top;
  const hold = () => { anchor = [...list.querySelectorAll('li.message')].find(r => top(r) + r.offsetHeight > 0); stood = anchor && top(anchor); };
  const look = () => {
    if (newest()) jump.hidden = atEnd;
    // Asked of the page each time: people join and leave while they look at it. On a phone the list may hide the conversation:
    // nothing there has been seen.
    if (!scroller.hasAttribute('data-joined') || hidden() || !atEnd || !newest() || document.visibilityState === 'hidden' || timer) return;
    const sequence = Number(last()?.dataset.seq ?? 0);
    if (sequence > read) timer = setTimeout(async () => {
      timer = null;
      const answer = await send('PUT', `/conversations/${id}/read`, { sequence }).catch(() => null);
      if (answer?.ok) { read = sequence; look(); }
    }, 400);
  };

  const moved = e => {
    if (hidden() || (e.target !== scroller && e.target !== document)) return;
    // The list became higher or lower: nobody has scrolled, and the observer below puts it right.
    if (scroller.clientHeight !== height) return;
    hold();
    atEnd = list.getBoundingClientRect().bottom - view().bottom < 60;
    if (port().scrollTop < 80 && port().scrollHeight > port().clientHeight + 200) earlier();
    look();
  };
  document.addEventListener('scroll', moved, { passive: true, capture: true });
  // Once for each first message: a slow answer is not asked for again by every step of the wheel.
  const earlier = () => {
    const first = list.querySelector('li.message')?.dataset.seq;
    if (first === asked) return;
    asked = first;
    pane.querySelector('.earlier')?.click();
  };
  jump.addEventListener('click', toEnd);
  pane.addEventListener('hub:to-newest', () => { if (newest()) toEnd(); else jump.click(); });
  document.addEventListener('visibilitychange', look);
  const watching = new MutationObserver(() => {
    asked = null;
    if (atEnd && newest()) toEnd();
    else if (anchor?.isConnected) port().scrollTop += top(anchor) - stood;
    look();
  });
  watching.observe(list, { childList: true });
  const sizes = new ResizeObserver(() => { height = scroller.clientHeight; if (atEnd) toEnd(); });
  sizes.observe(scroller);

  const button = (word, act, kind = '') => {
    const b = document.createElement('button');
    Object.assign(b, { type: 'button', className: 'btn btn-small ' + kind, textContent: word, onclick: act });
    return b;
  };
  const problem = async answer => (await answer?.json().catch(() => null))?.title ?? words.failed;

  const show = row => {
    if (!row || tools?.parentElement === row || (tools?.dataset.busy && tools.isConnected)) return;
    tools?.remove();
    tools = document.createElement('div');
    tools.className = 'rowtools';
    tools.setAttribute('aria-live', 'off'); // the list is a log: what the pointer brings up is no news
    tools.append(button(words.edit, () => edit(row)), button(words.remove, () => sure(row)));
    row.append(tools);
  };
  const close = row => { tools?.remove(); tools = null; delete row.dataset.editing; };

  const sure = row => {
    const keep = button(words.keep, () => { close(row); row.focus(); });
    tools.dataset.busy = '1';
    tools.replaceChildren(words.sure, ' ', button(words.remove, async () => {
      const answer = await send('DELETE', `/messages/${row.dataset.id}?version=${row.dataset.version}`).catch(() => null);
      if (answer?.ok) { close(row); row.tabIndex = -1; row.focus(); }
      else tools.replaceChildren(await problem(answer), ' ', keep);
    }, 'btn-danger'), keep);
    keep.focus();
  };

  const edit = async row => {
    const sequence = Number(row.dataset.seq);
    const answer = await send('GET', `/conversations/${id}/messages?afterSequence=${sequence - 1}&limit=1`).catch(() => null);
    if (!answer?.ok) return;
    const message = (await answer.json()).items[0];
    const box = document.createElement('textarea');
    const note = document.createElement('p');
    note.className = 'error';
    note.setAttribute('role', 'status');
    // As its default: a kept edit of this message may take its place.
    Object.assign(box, { defaultValue: message.text, rows: 3, maxLength: 10000, className: 'input' });
    box.setAttribute('aria-label', words.text);
    box.dataset.draft = `edit:${message.id}`;
    let version = message.version;
    const done = () => { document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: `edit:${message.id}` })); close(row); row.focus(); };
    const save = async () => {
      const saved = await send('PUT', `/messages/${message.id}`, { text: box.value, version }).catch(() => null);
      if (saved?.ok) return done();
      const said = await saved?.json().catch(() => null);
      if (said?.current) version = said.current.version;
      note.textContent = said?.title ?? words.failed;
    };
    box.addEventListener('keydown', e => {
      if (e.key === 'Escape') done();
      if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); save(); }
    });
    row.dataset.editing = '';
    tools.dataset.busy = '1';
    tools.replaceChildren(box, note, button(words.save, save, 'btn-primary'), button(words.cancel, done));
    row.scrollIntoView({ block: 'nearest' });
    box.focus();
  };

  const mine = e => e.target.closest?.('li[data-mine]');
  for (const row of list.querySelectorAll('li[data-mine]')) row.tabIndex = -1;
  list.addEventListener('pointerover', e => show(mine(e)));
  list.addEventListener('focusin', e => show(mine(e)));
  // Up and down walk through the messages, so that the list is one stop of the Tab key.
  scroller.addEventListener('keydown', e => {
    if (!['ArrowUp', 'ArrowDown'].includes(e.key) || e.target.closest('textarea,button')) return;
    const rows = [...list.querySelectorAll('li.message')];
    const at = rows.indexOf(document.activeElement.closest('li.message'));
    const next = at < 0 ? rows.at(-1) : rows[at + (e.key === 'ArrowUp' ? -1 : 1)];
    if (!next) return;
    e.preventDefault();
    next.tabIndex = -1;
    next.focus();
  });
  toEnd();
  return { stop() { watching.disconnect(); sizes.disconnect(); document.removeEventListener('visibilitychange', look); document.removeEventListener('scroll', moved, { capture: true }); clearTimeout(timer); } };
}
