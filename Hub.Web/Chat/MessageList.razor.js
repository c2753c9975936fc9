// A stretch of messages in the browser: stays at the newest line while one is there, pages back near the top, tells what has been
// read, and brings up what one can do with a message in its row. One handler on the list, whatever its length.
import { send } from '/js/api.js';
import { pick } from '/js/emoji.js';
import { choose } from '/js/times.js';
import { reason } from '/js/order.js';

/** The reader's time zone. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function start(pane, { conversation: id, thread }, words) {
  const talk = pane.closest('.talk');
  const scroller = pane.querySelector('.scroller');
  const list = pane.querySelector('.messages');
  const jump = pane.querySelector('[data-jump]');
  const ended = new AbortController(), whileHere = { signal: ended.signal };
  let atEnd = true, read = 0, height = scroller.clientHeight, timer, tools, anchor, stood, asked, target, held, unread = false;

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
    if (unread || !scroller.hasAttribute('data-joined') || hidden() || !atEnd || !newest() || document.visibilityState === 'hidden' || timer) return;
    const sequence = Number(last()?.dataset.seq ?? 0);
    if (sequence > read) timer = setTimeout(async () => {
      timer = null;
      const answer = await send('PUT', thread ? `/messages/${thread}/thread/read` : `/conversations/${id}/read`, { sequence }).catch(() => null);
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
  document.addEventListener('scroll', moved, { passive: true, capture: true, ...whileHere });
  // Once for each first message: a slow answer is not asked for again by every step of the wheel.
  const earlier = () => {
    const first = list.querySelector('li.message')?.dataset.seq;
    if (first === asked) return;
    asked = first;
    pane.querySelector('.earlier')?.click();
  };
  jump.addEventListener('click', toEnd);
  talk.addEventListener('hub:to-newest', () => { if (newest()) toEnd(); else jump.click(); });
  document.addEventListener('visibilitychange', look, whileHere);
  // The message that the address names is brought into view once.
  const toTarget = () => {
    const row = list.querySelector('[data-target]');
    if (row?.dataset.seq === target) return false;
    target = row?.dataset.seq;
    if (!row) return false;
    row.tabIndex = -1;
    row.scrollIntoView({ block: 'center' });
    row.focus({ preventScroll: true });
    atEnd = false;
    hold();
    return true;
  };
  const watching = new MutationObserver(() => {
    asked = null;
    if (toTarget()) return;
    if (atEnd && newest()) toEnd();
    else if (anchor?.isConnected) port().scrollTop += top(anchor) - stood;
    look();
  });
  watching.observe(list, { childList: true });
  const sizes = new ResizeObserver(() => { height = scroller.clientHeight; if (atEnd) toEnd(); });
  sizes.observe(scroller);
  // A card or a picture comes after its message: who is at the newest stays there, unless they are at work in the list.
  const lengths = new ResizeObserver(() => { if (atEnd && newest() && !list.contains(document.activeElement)) toEnd(); });
  lengths.observe(list);

  const button = (word, act, kind = '') => {
    const b = document.createElement('button');
    Object.assign(b, { type: 'button', className: 'btn btn-small ' + kind, textContent: word, onclick: act });
    return b;
  };
  const tool = (word, icon, act) => {
    const b = button('', act, 'btn-quiet btn-icon');
    b.innerHTML = words.icons[icon];
    b.title = word;
    b.setAttribute('aria-label', word);
    return b;
  };
  const problem = async answer => (await answer?.json().catch(() => null))?.title ?? words.failed;

  // What can be done with a message: only in the row that the pointer or the focus is in, and only for who is in the conversation.
  const show = row => {
    if (!row || !scroller.hasAttribute('data-joined') || 'gone' in row.dataset || tools?.parentElement === row || (tools?.dataset.busy && tools.isConnected)) return;
    tools?.remove();
    tools = document.createElement('div');
    tools.className = 'rowtools';
    tools.setAttribute('role', 'group');
    tools.setAttribute('aria-label', words.tools);
    tools.setAttribute('aria-live', 'off'); // the list is a log: what the pointer brings up is no news
    fill(row);
    row.append(tools);
  };
  const fill = row => {
    delete tools.dataset.busy;
    const [pinned, saved] = ['pinned' in row.dataset, 'saved' in row.dataset];
    const all = [tool(words.react, 'react', async () => { const emoji = await pick(words.emoji); if (emoji) await react(row, emoji, true); focus(row); })];
    if (!thread) all.push(tool(words.reply, 'reply', () => Blazor.navigateTo(`/chat/${id}/thread/${row.dataset.id}`)));
    all.push(
      tool(pinned ? words.unpin : words.pin, 'pin', () => change(row, pinned ? 'DELETE' : 'PUT', 'pin')),
      tool(saved ? words.letGo : words.keepIt, 'keepIt', () => change(row, saved ? 'DELETE' : 'PUT', 'saved')));
    if (thread && scroller.hasAttribute('data-question') && row.closest('.messages')) all.push(tool(words.answer, 'answer', () => change(row, 'PUT', 'resolved', thread, { answerId: row.dataset.id })));
    if (!thread) all.push(tool(words.unread, 'unread', () => leave(row)));
    if ('mine' in row.dataset) all.push(tool(words.edit, 'edit', () => edit(row)), tool(words.remove, 'remove', () => sure(row)));
    all.push(tool(words.more, 'more', () => more(row)));
    tools.replaceChildren(...all);
  };
  // What is done seldom stands one step further.
  const more = row => {
    const named = (word, icon, act) => {
      const b = button('', act);
      b.innerHTML = words.icons[icon];
      b.append(word);
      return b;
    };
    const first = named(words.remind, 'remind', () => remind(row));
    tools.dataset.busy = '1';
    const mine = 'mine' in row.dataset && row.querySelector('a.run') ? [named(words.readings, 'readings', () => readings(row))] : [];
    const all = [first, ...mine, named(words.link, 'link', () => link(row))];
    if (!('mine' in row.dataset)) all.push(named(words.order.report, 'report', () => report(row)));
    if (scroller.hasAttribute('data-keeper')) all.push(named(words.order.hide, 'hide', () => hide(row)));
    // Nobody is left to take back what a program said but who keeps order.
    if ('bot' in row.dataset) all.push(named(words.remove, 'remove', () => sure(row)));
    tools.replaceChildren(...all, button(words.back, () => { close(row); focus(row); }));
    first.focus();
  };
  const ask = async (row, what, act) => {
    const made = await reason(words.order, what, async given => {
      const answer = await act(given).catch(() => null);
      return answer?.ok ? null : problem(answer);
    });
    if (!row.isConnected) return false;
    close(row);
    focus(row);
    return made;
  };
  const report = async row => {
    const { report: title, reportText: text, own: label, send: done, reported, reasons } = words.order;
    if (!await ask(row, { title, text, label, button: done, most: 500, reasons }, given => send('POST', `/messages/${row.dataset.id}/report`, given))) return;
    show(row);
    say(row, reported);
  };
  const hide = row => ask(row, { title: words.order.hide, text: words.order.hideText, label: words.order.reason, button: words.order.hide, most: 200 },
    given => send('PUT', `/messages/${row.dataset.id}/hidden`, given));
  const remind = async row => {
    const made = await choose(words.times, words.remind, async (time, note) => {
      const answer = await send('POST', '/me/reminders', { messageId: row.dataset.id, note, ...time }).catch(() => null);
      return answer?.ok ? null : problem(answer);
    }, { note: true });
    if (!row.isConnected) return;
    close(row);
    focus(row);
    if (!made) return;
    show(row);
    say(row, words.reminded);
  };
  // What one's own fix found out, as a reply under its card.
  const readings = async row => {
    const answer = await send('POST', `/messages/${row.dataset.id}/readings`, { clientMessageId: crypto.randomUUID() }).catch(() => null);
    say(row, answer?.ok ? words.readingsShared : await problem(answer));
  };
  const say = (row, text) => {
    const note = document.createElement('span');
    note.setAttribute('role', 'status');
    note.className = 'meta';
    tools.dataset.busy = '1';
    tools.replaceChildren(note, button(words.keep, () => { close(row); focus(row); }));
    note.textContent = text;
  };
  const change = async (row, method, what, of = row.dataset.id, body = undefined) => {
    const answer = await send(method, `/messages/${of}/${what}`, body).catch(() => null);
    if (!answer?.ok) return say(row, await problem(answer));
    close(row);
    focus(row);
  };
  const react = async (row, emoji, give) => {
    const answer = await send(give ? 'PUT' : 'DELETE', `/messages/${row.dataset.id}/reactions/${encodeURIComponent(emoji)}`).catch(() => null);
    if (answer?.ok) return;
    show(row);
    say(row, await problem(answer));
  };
  const link = async row => {
    const address = new URL(`/chat/m/${row.dataset.id}`, location.href).href;
    try {
      await navigator.clipboard.writeText(address);
      say(row, words.linked);
    } catch { say(row, address); }
  };
  // From here on nothing is told as read, until the conversation is opened again.
  const leave = async row => {
    clearTimeout(timer);
    [unread, timer] = [true, null];
    const answer = await send('PUT', `/messages/${row.dataset.id}/unread`).catch(() => null);
    unread = answer?.ok ?? false;
    show(row);
    say(row, unread ? words.unreadNow : await problem(answer));
  };
  const focus = row => { row.tabIndex = -1; row.focus({ preventScroll: true }); };
  const close = row => { tools?.remove(); tools = null; delete row.dataset.editing; };

  const sure = row => {
    const keep = button(words.keep, () => { close(row); focus(row); });
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

  // An answer to a meeting that a message links to: its card changes with the meeting.
  const answer = async button => {
    const given = await send('POST', `/meetings/${button.dataset.meeting}/response`, { status: button.dataset.answer }).catch(() => null);
    const note = button.parentElement?.querySelector('[data-answered]');
    if (note) note.textContent = given?.ok ? '' : await problem(given);
  };

  const rowOf = e => e.target.closest?.('li.message');
  // Whoever walks by keys keeps the tools where the focus is: a row that scrolls under a pointer at rest has not been pointed at.
  let keys = false, pointer;
  const pointed = e => {
    const there = `${e.screenX} ${e.screenY}`;
    if (e.type === 'pointermove' && there === pointer) return;
    pointer = there;
    keys = false;
    if (scroller.contains(e.target)) show(rowOf(e));
  };
  document.addEventListener('keydown', () => keys = true, { capture: true, ...whileHere });
  document.addEventListener('pointermove', pointed, whileHere);
  document.addEventListener('pointerdown', pointed, whileHere);
  scroller.addEventListener('pointerover', e => { if (!keys) show(rowOf(e)); });
  scroller.addEventListener('focusin', e => show(rowOf(e)));
  scroller.addEventListener('click', e => {
    const answering = e.target.closest('[data-answer]');
    if (answering) answer(answering);
    const pressed = e.target.closest('.reaction');
    if (pressed && scroller.hasAttribute('data-joined')) react(rowOf(e), pressed.dataset.emoji, pressed.getAttribute('aria-pressed') !== 'true');
  });
  // The hub draws what stands around a message anew, also when others change it: whoever is there stays there.
  const own = '.reaction, .threadline, [data-answer]';
  const nameOf = at => at.dataset.emoji ?? (at.dataset.answer ? at.dataset.meeting + at.dataset.answer : '');
  const where = e => {
    const at = e.target.closest?.(own);
    held = at && scroller.contains(at) ? { id: rowOf(e).dataset.id, name: nameOf(at) } : null;
  };
  document.addEventListener('focusin', where, whileHere);
  document.addEventListener('pointerdown', where, whileHere);
  const around = new MutationObserver(() => {
    if (!held || (document.activeElement && document.activeElement !== document.body)) return;
    const row = scroller.querySelector(`li[data-id="${held.id}"]`);
    const same = [...row?.querySelectorAll(own) ?? []].find(b => nameOf(b) === held.name);
    if (same) same.focus({ preventScroll: true });
    else if (row) focus(row);
  });
  around.observe(scroller, { childList: true, subtree: true });
  // Up and down walk through the messages, so that the list is one stop of the Tab key.
  scroller.addEventListener('keydown', e => {
    if (!['ArrowUp', 'ArrowDown'].includes(e.key) || e.target.closest('textarea,button')) return;
    const rows = [...scroller.querySelectorAll('li.message')];
    const at = rows.indexOf(document.activeElement.closest('li.message'));
    const next = at < 0 ? rows.at(-1) : rows[at + (e.key === 'ArrowUp' ? -1 : 1)];
    if (!next) return;
    e.preventDefault();
    next.tabIndex = -1;
    next.focus();
  });
  for (const row of scroller.querySelectorAll('li.message')) row.tabIndex = -1;
  if (!toTarget()) toEnd();
  // Somebody may have been there before this script came.
  show(list.querySelector('li.message:focus-within') ?? list.querySelector('li.message:hover'));
  return { stop() { ended.abort(); for (const watch of [watching, around, sizes, lengths]) watch.disconnect(); clearTimeout(timer); } };
}
