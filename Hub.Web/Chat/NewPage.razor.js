// Finding people and making a conversation, over HTTP: the boxes are the browser's own.
import { send } from '/js/api.js';

export function start(root, me, failed, none) {
  const form = root.querySelector('[data-channel]');
  const error = root.querySelector('[data-error]');
  const chosen = new Map();

  const make = async body => {
    error.textContent = '';
    const answer = await send('POST', '/conversations', body).catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (!answer?.ok) { error.textContent = said?.title ?? failed; return; }
    for (const box of form.querySelectorAll('[data-draft]')) document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: box.dataset.draft }));
    Blazor.navigateTo('/chat/' + said.id);
  };

  const row = (person, act) => {
    const li = document.createElement('li');
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'row', onclick: act });
    button.append(person.name, ' ', Object.assign(document.createElement('span'), { className: 'meta', textContent: [person.jobTitle, person.unit].filter(Boolean).join(' · ') }));
    li.append(button);
    return li;
  };

  const drawChosen = () => root.querySelector('[data-chosen]').replaceChildren(...[...chosen.values()].map(p => row(p, () => { chosen.delete(p.id); drawChosen(); })));

  for (const box of root.querySelectorAll('[data-find]')) {
    const found = root.querySelector(`[data-found="${box.dataset.find}"]`);
    let timer, asked = 0;
    box.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const mine = ++asked;
        const q = box.value.trim();
        const answer = q ? await send('GET', `/people?limit=8&q=${encodeURIComponent(q)}`).catch(() => null) : null;
        const people = answer?.ok ? (await answer.json()).items.filter(p => p.id !== me && !chosen.has(p.id)) : [];
        if (mine !== asked) return;
        found.replaceChildren(...people.map(p => row(p, () => {
          if (box.dataset.find === 'direct') return make({ kind: 'direct', people: [p.id] });
          chosen.set(p.id, p);
          box.value = '';
          found.replaceChildren();
          drawChosen();
        })));
        if (q && people.length === 0) found.append(Object.assign(document.createElement('li'), { className: 'meta', textContent: none }));
      }, 200);
    });
    box.addEventListener('keydown', e => { if (e.key === 'Enter') { e.preventDefault(); found.querySelector('button')?.click(); } });
  }
  form.addEventListener('submit', e => {
    e.preventDefault();
    const values = new FormData(form);
    // Without an id it is one's own body.
    const audience = values.get('private') ? [] : [{ kind: 'organisation' }];
    make({ kind: 'channel', name: values.get('name'), topic: values.get('topic'), people: [...chosen.keys()], audience });
  });
  form.dataset.ready = '';
}
