// The box where people write. Enter hands the text to the outbox and empties the box; what is on its way is shown under the list
// by the browser alone, until the same message stands in the list. What is to be sent later the hub keeps: the box is emptied once it has it.
import * as outbox from '/js/outbox.js';
import { send } from '/js/api.js';
import { choose } from '/js/times.js';
import { pick } from '/js/emoji.js';
import * as uploads from '/js/files.js';
import { mentions } from '/js/mentions.js';
import { suggest } from '/js/suggest.js';
import { commands } from '/js/commands.js';

const most = 10000; // characters of a message; what is longer stays in the box, whole

export function start(root, conversationId, threadId, person, words) {
  const box = root.querySelector('textarea');
  const also = root.querySelector('[data-also]');
  const list = root.querySelector('[data-pending]');
  const pane = root.closest('.talk');
  const sent = new Map(); // acknowledged and not yet in the list: clientMessageId → entry
  const here = entry => (entry.threadId ?? null) === threadId;
  const files = uploads.attach(root, pane, conversationId, threadId, person, words.files);
  outbox.start(person);
  const mentioning = mentions(root, box, conversationId, words.mentions);
  const suggesting = suggest(root, box, words.suggest);
  const commanding = commands(root, box, conversationId, person, words.commands);
  let asking = false;
  root.dataset.ready = '';

  const hand = async () => {
    const text = box.value;
    if ((!text.trim() && !files.any()) || text.length > most || asking) return;
    const command = commanding.of(text);
    if (command) {
      asking = true;
      const left = await command().finally(() => { asking = false; });
      if (left === null || box.value !== text) return;
      box.value = left;
      if (left) return hand();
      document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: box.dataset.draft }));
      return size();
    }
    if (!files.whole(hand)) return; // goes on by itself when the last file is there
    asking = true;
    const confirmed = await mentioning.agreed(text);
    asking = false;
    if (confirmed === null || !box.isConnected) return;
    if (box.value !== text || !files.whole(hand)) return hand(); // went on while the hub was asked
    box.value = ''; // at once: a second Enter finds nothing to send, and what is typed meanwhile stays
    suggesting.done();
    const taken = files.take();
    await outbox.post(conversationId, text.trim() ? text : '', { confirmed, ...thread(), ...taken.more });
    taken.forget();
    done();
    pane.dispatchEvent(new CustomEvent('hub:to-newest'));
  };
  const thread = () => threadId ? { threadId, alsoToConversation: also.checked } : {};
  const done = () => {
    if (also) also.checked = false;
    document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: box.dataset.draft }));
    if (box.value) box.dispatchEvent(new Event('input', { bubbles: true }));
    size();
  };

  const later = async () => {
    const text = box.value;
    if ((!text.trim() && !files.any()) || text.length > most || asking) return box.focus();
    if (!files.whole(later)) return;
    asking = true;
    const confirmed = await mentioning.agreed(text);
    if (confirmed === null || !box.isConnected) { asking = false; return; }
    const id = outbox.newId();
    const kept = await choose(words.times, words.later, async time => {
      const message = { clientMessageId: id, text: text.trim() ? text : '', fileIds: files.ids(), confirmed, ...thread(), ...time };
      const answer = await send('POST', `/conversations/${conversationId}/later`, message, {}, { signal: AbortSignal.timeout(30000) }).catch(() => null);
      return answer?.ok ? null : (await answer?.json().catch(() => null))?.title ?? words.times.failed;
    });
    asking = false;
    if (kept) {
      files.take().forget();
      if (box.value === text) box.value = '';
      suggesting.done();
      done();
    }
    box.focus();
  };

  const size = () => {
    root.style.minHeight = root.offsetHeight + 'px'; // the list above keeps its height, and so its place, while the box is measured
    box.style.height = 'auto';
    box.style.height = Math.min(box.scrollHeight + 2, innerHeight * 0.4) + 'px';
    root.style.minHeight = '';
    const over = box.value.length > most;
    root.querySelector('[data-over]').textContent = over ? words.over.replace('{0}', box.value.length.toLocaleString()).replace('{1}', most.toLocaleString()) : '';
    box.setAttribute('aria-invalid', String(over));
  };

  const mark = m => {
    const { selectionStart: from, selectionEnd: to, value } = box;
    const chosen = value.slice(from, to);
    box.focus();
    if (m === '- ') {
      const line = value.lastIndexOf('\n', from - 1) + 1;
      box.setRangeText(value.slice(line, to).split('\n').map(l => '- ' + l).join('\n'), line, to, 'end');
    } else {
      box.setRangeText(m + chosen + m, from, to, 'end');
      if (!chosen) box.setSelectionRange(from + m.length, from + m.length);
    }
    box.dispatchEvent(new Event('input', { bubbles: true }));
  };

  const shown = id => pane.querySelector(`li[data-client="${id}"]`);
  const button = (word, act) => {
    const b = document.createElement('button');
    Object.assign(b, { type: 'button', className: 'btn btn-small', textContent: word, onclick: act });
    return b;
  };

  const draw = async () => {
    const waiting = (await outbox.pending(conversationId)).filter(here);
    for (const id of [...sent.keys()]) if (shown(id) || !pane.querySelector('[data-newest]')) sent.delete(id);
    const entries = [...sent.values(), ...waiting.filter(e => !sent.has(e.clientMessageId) && !shown(e.clientMessageId))];
    list.replaceChildren(...entries.map(e => {
      const row = document.createElement('li');
      row.dataset.state = sent.has(e.clientMessageId) ? 'sent' : e.state;
      const text = document.createElement('span');
      text.className = 'text';
      text.textContent = [e.text, ...e.names ?? []].filter(Boolean).join('\n');
      const state = document.createElement('span');
      state.className = 'meta state';
      state.textContent = sent.has(e.clientMessageId) ? '' : e.state === 'refused' ? e.reason : words[e.state];
      row.append(text, state);
      if (e.state === 'refused') row.append(
        e.wakes ? button(words.mentions.yes, () => outbox.retry(e.key, { confirmed: e.wakes })) : button(words.retry, () => outbox.retry(e.key)),
        button(words.copy, () => navigator.clipboard?.writeText(e.text)),
        button(words.discard, () => outbox.discard(e.key)));
      return row;
    }));
    list.hidden = entries.length === 0;
  };

  const stopListening = outbox.listen((event, entry) => {
    if (event === 'sent' && entry.conversationId === conversationId && here(entry)) sent.set(entry.clientMessageId, entry);
    draw();
  });
  const watching = new MutationObserver(() => { if (!list.hidden) draw(); });
  watching.observe(pane.querySelector('.messages'), { childList: true });
  box.addEventListener('keydown', e => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    hand();
  });
  box.addEventListener('input', size);
  box.addEventListener('hub:draft-restored', size);
  root.querySelector('[data-send]').addEventListener('click', () => { hand(); box.focus(); });
  root.querySelector('[data-later]').addEventListener('click', later);
  root.querySelector('[data-emoji-button]').addEventListener('click', async () => {
    const emoji = await pick(words.emoji);
    box.focus();
    if (!emoji) return;
    box.setRangeText(emoji, box.selectionStart, box.selectionEnd, 'end');
    box.dispatchEvent(new Event('input', { bubbles: true }));
  });
  for (const b of root.querySelectorAll('[data-mark]')) b.addEventListener('click', () => mark(b.dataset.mark));
  draw();
  size();
  return { stop() { stopListening(); watching.disconnect(); files.detach(); suggesting.stop(); commanding.stop(); } };
}
