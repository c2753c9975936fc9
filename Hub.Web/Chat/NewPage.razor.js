// Choosing people and making a conversation, over HTTP: the boxes are the browser's own.
import { send } from '/js/api.js';
import { picker } from '/js/pick.js';

/** People of this name other than oneself. */
export const people = me => async text => {
  const answer = await send('GET', `/people?limit=8&q=${encodeURIComponent(text)}`).catch(() => null);
  return answer?.ok ? (await answer.json()).items.filter(p => p.id !== me).map(p => ({ id: p.id, name: p.name, meta: [p.jobTitle, p.unit].filter(Boolean).join(' · ') })) : [];
};

async function make(form, body, words) {
  const error = form.querySelector('[data-error]');
  error.textContent = '';
  const answer = await send('POST', '/conversations', body).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (!answer?.ok) { error.textContent = said?.title ?? words.failed; return false; }
  for (const box of form.querySelectorAll('[data-draft]')) document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: box.dataset.draft }));
  Blazor.navigateTo('/chat/' + said.id);
  return true;
}

// Sent twice it is made once.
function begin(form, submit) {
  if ('ready' in form.dataset) return;
  let busy = false;
  form.addEventListener('submit', async e => {
    e.preventDefault();
    if (busy) return;
    busy = true;
    busy = await submit();
  });
  form.dataset.ready = '';
}

export function direct(root, me, words) {
  const form = root.querySelector('[data-direct]');
  const start = form.querySelector('[type=submit]');
  const { chosen } = picker(form, 'direct', people(me), words, now => { start.disabled = now.size === 0; });
  begin(form, () => make(form, { kind: 'direct', people: [...chosen.keys()] }, words));
}

export function channel(root, me, words) {
  const form = root.querySelector('[data-channel]');
  const add = picker(form, 'add', people(me), words);
  const audiences = async text => {
    const answer = await send('GET', `/audiences?q=${encodeURIComponent(text)}`).catch(() => null);
    return answer?.ok ? (await answer.json()).items.map(a => ({ id: a.id, name: a.name, meta: words.kinds[a.kind], kind: a.kind })) : [];
  };
  const reach = picker(form, 'reach', audiences, { ...words, none: words.nothing });
  form.addEventListener('change', () => { form.querySelector('[data-some]').hidden = form.elements.reach.value !== 'some'; });
  begin(form, () => {
    const kind = form.elements.reach.value;
    if (kind === 'some' && reach.chosen.size === 0) { form.querySelector('[data-error]').textContent = words.empty; return false; }
    // Without an id it is one's own body.
    const audience = kind === 'private' ? [] : kind === 'body' ? [{ kind: 'organisation' }] : [...reach.chosen.values()].map(a => ({ kind: a.kind, id: a.id }));
    return make(form, { kind: 'channel', name: form.elements.name.value, topic: form.elements.topic.value, people: [...add.chosen.keys()], audience, announcements: form.elements.announcements.checked }, words);
  });
}
