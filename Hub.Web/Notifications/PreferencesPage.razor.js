// One's own choices, saved over HTTP: words, mail and devices together with the button, a conversation's at once.
import { send } from '/js/api.js';

export function start(form, saved, failed) {
  const error = form.querySelector('[data-error]');
  const said = form.querySelector('[data-said]');
  const put = async (path, body) => {
    error.textContent = said.textContent = '';
    const answer = await send('PUT', path, body).catch(() => null);
    if (answer?.ok) { said.textContent = saved; return answer.json(); }
    error.textContent = (await answer?.json().catch(() => null))?.title ?? failed;
    return null;
  };
  form.addEventListener('submit', async e => {
    e.preventDefault();
    const typed = form.words.value;
    const kept = await put('/me/preferences', { mail: form.mail.checked, push: form.push?.checked, words: typed.split('\n') });
    if (!kept) return;
    document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: form.words.dataset.draft }));
    if (form.words.value === typed) form.words.value = kept.words.join('\n');
  });
  for (const choice of form.querySelectorAll('[data-conversation]')) {
    let was = choice.value;
    choice.addEventListener('change', async () => {
      if (await put(`/conversations/${choice.dataset.conversation}/alerts`, { alerts: choice.value.toLowerCase() })) was = choice.value;
      else choice.value = was;
    });
  }
  form.dataset.ready = '';
  return { stop() {} };
}
