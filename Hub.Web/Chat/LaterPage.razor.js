// Editing what waits: a form in its card, of the browser's own. What is typed stays until it is saved or cancelled, whatever the hub draws around it.
import { send } from '/js/api.js';
import { choose } from '/js/times.js';

export function start(page, words) {
  const element = (name, more) => Object.assign(document.createElement(name), more);
  const button = (word, act, kind = '') => element('button', { type: 'button', className: 'btn btn-small ' + kind, textContent: word, onclick: act });
  const problem = async answer => (await answer?.json().catch(() => null))?.title ?? words.failed;

  const edit = async card => {
    const place = card.querySelector('[data-form]');
    const { item, id, local } = card.dataset;
    if (place.firstChild) return place.querySelector('textarea, input').focus();
    const answer = await send('GET', `/me/${item}/${id}`).catch(() => null);
    if (!answer?.ok || place.firstChild) return;
    const found = await answer.json();
    const message = item === 'later';
    const draft = `later:${id}`;
    let version = found.version;
    // As its default: a kept edit may take its place.
    const box = message ? element('textarea', { defaultValue: found.text, rows: 4, maxLength: 10000 }) : element('input', { type: 'text', defaultValue: found.note, maxLength: 500 });
    box.dataset.draft = draft;
    const time = element('input', { type: 'datetime-local', defaultValue: local, required: true });
    const note = element('p', { className: 'error' });
    note.setAttribute('role', 'status');
    const form = element('form', {});
    const field = (input, label, name) => {
      const row = element('div', { className: 'field' });
      row.append(element('label', { htmlFor: `${name}-${id}`, textContent: label }), Object.assign(input, { id: `${name}-${id}`, className: 'input', autocomplete: 'off' }));
      return row;
    };
    const done = () => {
      document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: draft }));
      place.replaceChildren();
      card.querySelector('[data-edit]')?.focus();
    };
    const save = async confirmed => {
      const change = { version, [message ? 'text' : 'note']: box.value, ...(time.value !== local ? { local: time.value } : {}), ...(confirmed ? { confirmed } : {}) };
      const saved = await send('PATCH', `/me/${item}/${id}`, change).catch(() => null);
      if (saved?.ok) return done();
      const said = await saved?.json().catch(() => null);
      note.textContent = said?.title ?? words.failed;
      if (said?.code === 'message.wakes') note.append(' ', button(words.yes, () => save(said.current.people)));
      else if (said?.current) version = said.current.version;
    };
    const buttons = element('p', { className: 'buttons' });
    buttons.append(element('button', { type: 'submit', className: 'btn btn-small btn-primary', textContent: words.save }), button(words.cancel, done));
    form.append(field(box, message ? words.text : words.note, 'text'), field(time, words.time, 'time'), note, buttons);
    form.addEventListener('submit', e => { e.preventDefault(); save(); });
    form.addEventListener('keydown', e => { if (e.key === 'Escape') done(); });
    place.replaceChildren(form);
    box.focus();
  };

  page.addEventListener('click', e => {
    const pressed = e.target.closest('[data-edit], [data-copy], [data-new]');
    if (!pressed) return;
    if ('edit' in pressed.dataset) edit(pressed.closest('[data-item]'));
    else if ('copy' in pressed.dataset) navigator.clipboard?.writeText(pressed.closest('[data-item]').querySelector('[data-text]').textContent);
    else choose(words.times, words.make, async (time, note) => {
      const answer = await send('POST', '/me/reminders', { note, ...time }).catch(() => null);
      return answer?.ok ? null : problem(answer);
    }, { note: true });
  });
  page.dataset.ready = '';
  return { stop() {} };
}
