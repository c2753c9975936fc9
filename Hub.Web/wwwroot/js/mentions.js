// Mentions in a box where people write: "@" lists whom one may mention (WAI-ARIA's list of suggestions on a text box: the focus stays in the box), and
// what would wake many people asks before it leaves. The box's text is its own; a choice only writes a name into it.
import { send } from '/js/api.js';

const before = /(?:^|[\s([{"'])@([^\n@]{0,60})$/;
let boxes = 0;

export function mentions(root, box, conversationId, words) {
  const list = root.querySelector('[data-mentions]');
  const said = root.querySelector('[data-mentions-said]');
  const question = root.querySelector('[data-wakes]');
  list.id ||= `mentions-${++boxes}`;
  box.setAttribute('aria-autocomplete', 'list');
  box.setAttribute('aria-controls', list.id);
  let found = [], at = 0, asked = 0, timer, none = null;

  // Whom a command brings in is found in another way.
  const typed = () => box.selectionStart === box.selectionEnd && !box.value.startsWith('/invite ') ? before.exec(box.value.slice(0, box.selectionStart))?.[1] ?? null : null;

  const close = () => {
    clearTimeout(timer);
    asked++;
    found = [];
    list.hidden = true;
    list.replaceChildren();
    box.removeAttribute('aria-activedescendant');
    said.textContent = '';
  };

  const point = i => {
    at = (i + found.length) % found.length;
    [...list.children].forEach((o, n) => o.setAttribute('aria-selected', String(n === at)));
    list.children[at].scrollIntoView({ block: 'nearest' });
    box.setAttribute('aria-activedescendant', list.children[at].id);
  };

  const choose = i => {
    const q = typed();
    const one = found[i];
    close();
    if (q === null || !one) return;
    const end = box.selectionStart;
    const space = box.value[end] === ' ' ? '' : ' ';
    box.setRangeText(`@${one.write}${space}`, end - q.length - 1, end, 'end');
    if (!space) box.setSelectionRange(box.selectionEnd + 1, box.selectionEnd + 1);
    box.dispatchEvent(new Event('input', { bubbles: true }));
    close();
  };

  const draw = items => {
    found = items;
    if (items.length === 0) return close();
    list.replaceChildren(...items.map((one, i) => {
      const option = document.createElement('li');
      option.id = `${list.id}-${i}`;
      option.setAttribute('role', 'option');
      const name = document.createElement('strong');
      name.textContent = (one.kind === 'person' ? '' : '@') + one.name;
      const detail = document.createElement('span');
      detail.className = 'meta';
      detail.textContent = one.kind === 'person' ? [one.detail, one.write === one.name ? '' : one.write].filter(Boolean).join(' · ')
        : `${words[one.kind]} · ${(one.people === 1 ? words.one : words.people).replace('{0}', one.people.toLocaleString())}`;
      option.append(name, ' ', detail);
      // Not a click: the box keeps the focus, and its place.
      option.addEventListener('pointerdown', e => { e.preventDefault(); choose(i); });
      return option;
    }));
    list.hidden = false;
    said.textContent = (items.length === 1 ? words.oneFound : words.found).replace('{0}', items.length);
    point(0);
  };

  const look = () => {
    clearTimeout(timer);
    const q = typed();
    // A sentence goes on after an "@" that found nobody.
    if (q === null || q !== q.trimStart() || (none !== null && q.startsWith(none))) return close();
    none = null;
    timer = setTimeout(async () => {
      const mine = ++asked;
      const answer = await send('GET', `/conversations/${conversationId}/mentions?q=${encodeURIComponent(q)}`).catch(() => null);
      const items = answer?.ok ? (await answer.json()).items : [];
      if (mine !== asked || typed() !== q || document.activeElement !== box) return;
      if (items.length === 0 && q) none = q;
      draw(items);
    }, 150);
  };

  box.addEventListener('input', () => { question.hidden = true; if (typed() === null) none = null; look(); });
  box.addEventListener('blur', close);
  box.addEventListener('click', () => { if (typed() === null) close(); });
  box.addEventListener('keydown', e => {
    if (list.hidden || e.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) point(at + step);
    else if ((e.key === 'Enter' && !e.shiftKey) || e.key === 'Tab') choose(at);
    else if (e.key === 'Escape') { none = typed(); close(); }
    else return;
    e.preventDefault();
    e.stopImmediatePropagation();
  });

  /** How many people were agreed to, or null to keep the text: asks the hub what it would wake, and the writer when those are many. */
  async function agreed(text) {
    if (!/(^|[^\p{L}\p{N}])@[\p{L}\p{N}]/u.test(text)) return 0;
    // Without an answer it goes on its way: the hub asks then.
    const answer = await send('POST', `/conversations/${conversationId}/mentions/count`, { text }, {}, { signal: AbortSignal.timeout(4000) }).catch(() => null);
    const waking = answer?.ok ? await answer.json().catch(() => null) : null;
    if (!waking?.asks) return 0;
    return new Promise(done => {
      question.querySelector('[data-wakes-text]').textContent = words.wakes.replace('{0}', waking.people.toLocaleString());
      const yes = question.querySelector('[data-wakes-yes]');
      const end = value => { question.hidden = true; watching.disconnect(); box.focus(); done(value); };
      yes.onclick = () => end(waking.people);
      const no = question.querySelector('[data-wakes-no]');
      no.onclick = () => end(null);
      question.onkeydown = e => { if (e.key === 'Escape') end(null); };
      // Written on: what was asked about is no longer what stands there.
      const watching = new MutationObserver(() => { if (question.hidden) { watching.disconnect(); done(null); } });
      question.hidden = false;
      watching.observe(question, { attributes: true, attributeFilter: ['hidden'] });
      no.focus(); // a hasty second Enter wakes nobody
    });
  }

  return { agreed, close };
}
