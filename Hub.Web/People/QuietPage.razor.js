// Finds somebody and lets them always reach one, over HTTP: the box is the browser's own. The list comes with the event.
import { send } from '/js/api.js';

export function start(root, me, words) {
  const box = root.querySelector('[data-find]'), found = root.querySelector('[data-found]'), error = root.querySelector('[data-error]');
  let timer, asked = 0;

  const allow = async id => {
    const answer = await send('PUT', `/me/quiet/people/${id}`, {}).catch(() => null);
    error.textContent = answer?.ok ? '' : (await answer?.json().catch(() => null))?.title ?? words.failed;
    if (!answer?.ok) return;
    box.value = '';
    found.replaceChildren();
    box.focus();
  };

  const row = person => {
    const li = document.createElement('li'), button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'row', onclick: () => allow(person.id) });
    button.append(person.name, ' ', Object.assign(document.createElement('span'), { className: 'meta', textContent: [person.jobTitle, person.unit].filter(Boolean).join(' · ') }));
    li.append(button);
    return li;
  };

  box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked, q = box.value.trim();
      const answer = q ? await send('GET', `/people?limit=8&q=${encodeURIComponent(q)}`).catch(() => null) : null;
      const people = answer?.ok ? (await answer.json()).items.filter(p => p.id !== me) : [];
      if (mine !== asked) return;
      found.replaceChildren(...people.map(row));
      if (q && people.length === 0) found.append(Object.assign(document.createElement('li'), { className: 'meta', textContent: words.none }));
    }, 200);
  });
  box.addEventListener('keydown', e => { if (e.key === 'Enter') { e.preventDefault(); found.querySelector('button')?.click(); } });
  box.dataset.ready = '';
  return { stop() { clearTimeout(timer); } };
}
