// Fixes and articles that match what somebody writes in a help channel, above the box: opened there and then, or put into the text as a link.
import { send } from '/js/api.js';

const pause = 80, fewest = 6, most = 3;

export function suggest(root, box, words) {
  const list = root.querySelector('[data-suggests]');
  const said = root.querySelector('[data-suggests-said]');
  if (!list) return { done() {}, stop() {} };
  let timer, asked = 0, shown = '';

  const close = () => { shown = ''; list.hidden = true; list.replaceChildren(); said.textContent = ''; };
  const draw = items => {
    const now = items.map(i => i.url).join(' ');
    if (now === shown) return; // what stands there stays there: whoever is about to choose finds it
    if (items.length === 0) return close();
    shown = now;
    list.replaceChildren(...items.map(item => {
      const row = document.createElement('li');
      const link = document.createElement('a');
      Object.assign(link, { href: item.url, textContent: item.title });
      const kind = document.createElement('span');
      Object.assign(kind, { className: 'meta', textContent: words[item.kind] });
      const put = document.createElement('button');
      Object.assign(put, { type: 'button', className: 'btn btn-small', textContent: words.put });
      put.setAttribute('aria-label', words.putName.replace('{0}', item.title));
      put.addEventListener('click', () => {
        const space = box.value && !/\s$/.test(box.value) ? ' ' : '';
        box.setRangeText(`${space}[${item.title.replace(/([[\]\\])/g, '\\$1')}](${item.url})`, box.value.length, box.value.length, 'end');
        box.focus();
        box.dispatchEvent(new Event('input', { bubbles: true }));
      });
      row.append(link, kind, put);
      return row;
    }));
    list.hidden = false;
    said.textContent = words.found.replace('{0}', items.length);
  };
  const look = () => {
    clearTimeout(timer);
    const q = box.value.trim().slice(0, 300);
    const mine = ++asked;
    if (q.length < fewest || q.startsWith('/') || q.includes('](/')) return close();
    timer = setTimeout(async () => {
      const answer = await send('GET', `/search?q=${encodeURIComponent(q)}&limit=20`).catch(() => null);
      if (mine !== asked || !answer?.ok) return;
      draw((await answer.json()).items.filter(i => i.kind === 'fix' || i.kind === 'article').slice(0, most));
    }, pause);
  };
  box.addEventListener('input', look);
  box.addEventListener('hub:draft-restored', look);
  const stop = () => { clearTimeout(timer); asked++; };
  return { done() { stop(); close(); }, stop };
}
