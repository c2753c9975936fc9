// Choosing people and bringing them into a channel.
import { send } from '/js/api.js';
import { picker } from '/js/pick.js';
import { people } from './NewPage.razor.js';

export function start(form, id, me, words) {
  const [button, result] = [form.querySelector('[type=submit]'), form.querySelector('[data-result]')];
  const pick = picker(form, 'invite', people(me), words, chosen => { button.disabled = chosen.size === 0; });
  form.addEventListener('submit', async e => {
    e.preventDefault();
    result.textContent = '';
    const answer = await send('POST', `/conversations/${id}/members`, { people: [...pick.chosen.keys()] }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (!answer?.ok) { result.textContent = said?.title ?? words.failed; return; }
    pick.clear();
    result.textContent = said.items.length ? words.added.replace('{0}', said.items.map(p => p.name).join(', ')) : words.there;
  });
  form.dataset.ready = '';
}
