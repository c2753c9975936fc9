// A reminder that has come is given another time, from where it stands.
import { send } from '/js/api.js';
import { choose } from '/js/times.js';

export function attach(page, words) {
  page.addEventListener('click', async e => {
    const id = e.target.closest('[data-again]')?.dataset.again;
    if (!id) return;
    const told = page.querySelector('[data-told]');
    told.textContent = '';
    const made = await choose(words.times, words.again, async time => {
      const found = await send('GET', `/me/reminders/${id}`).catch(() => null);
      const answer = found?.ok ? await send('PATCH', `/me/reminders/${id}`, { version: (await found.json()).version, ...time }).catch(() => null) : found;
      return answer?.ok ? null : (await answer?.json().catch(() => null))?.title ?? words.failed;
    });
    if (!made) return;
    // Its entry is gone until then.
    page.querySelector('h1').focus();
    told.textContent = words.done;
  });
}
