// A form that goes to the API as JSON by the names of its boxes: numbers as numbers, days as the beginning of the reader's day, what is empty as null.
// Where something has a version (data-version around the form), the one that is shown goes with it.
import { send } from '/js/api.js';

const value = box => box.value.trim() === '' ? null : box.type === 'number' ? Number(box.value) : box.type === 'date' ? new Date(box.value + 'T00:00').toISOString() : box.value;

export function start(form, words) {
  const result = form.querySelector('[data-result]');
  let busy = false;
  form.addEventListener('submit', async e => {
    e.preventDefault();
    if (busy) return;
    busy = true;
    result.textContent = '';
    const body = Object.fromEntries([...form.elements].filter(box => box.name).map(box => [box.name, value(box)]));
    const seen = form.closest('[data-version]');
    if (seen) body.version = Number(seen.dataset.version);
    const answer = await send(form.dataset.method, form.dataset.path, body).catch(() => null);
    busy = false;
    if (!answer?.ok) { result.textContent = (await answer?.json().catch(() => null))?.title ?? words.failed; return; }
    if (form.dataset.method === 'POST') form.reset();
    result.textContent = words.saved;
    form.querySelector('[data-done]').click();
  });
  form.dataset.ready = '';
}
