// "Was this helpful": sent over HTTP, so that an answer on a bad line is not lost with a circuit.
import { send } from '/js/api.js';

export function attach(box) {
  const said = box.querySelector('[data-said]');
  const why = box.querySelector('form');
  const reason = box.querySelector('textarea');
  let helpful = box.querySelector('[aria-pressed="true"]')?.dataset.helpful;

  async function answer(text) {
    said.textContent = '';
    try {
      const reply = await send('POST', `/articles/${box.dataset.article}/feedback`, { helpful: helpful === 'true', reason: text });
      if (!reply.ok) throw new Error(String(reply.status));
      said.textContent = box.dataset.thanks;
      return true;
    } catch {
      said.textContent = box.dataset.failed;
      return false;
    }
  }

  for (const button of box.querySelectorAll('[data-helpful]')) {
    button.addEventListener('click', async () => {
      helpful = button.dataset.helpful;
      for (const b of box.querySelectorAll('[data-helpful]')) b.setAttribute('aria-pressed', String(b === button));
      why.dataset.why = 'open';
      await answer(); // the reason given earlier stands
    });
  }
  why.addEventListener('submit', async e => {
    e.preventDefault();
    if (await answer(reason.value)) {
      document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: reason.dataset.draft }));
      reason.value = '';
    }
  });
  for (const button of box.querySelectorAll('button')) button.disabled = false;
}
