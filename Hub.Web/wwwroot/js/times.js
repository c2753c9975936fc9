// Choosing a time for what is to come later: a dialog with those that are usual and a date and time of one's own, with a note if that is
// asked for. act({at} or {local}, note) gives null when it is done, or what to say; the promise gives true once it is done, false for none.
import { send } from '/js/api.js';

const element = (name, more) => Object.assign(document.createElement(name), more);

export function choose(words, title, act, { note = false } = {}) {
  return new Promise(done => {
    const dialog = element('dialog', { className: 'time-picker', tabIndex: -1 });
    dialog.setAttribute('aria-labelledby', 'time-title');
    const said = element('p', { className: 'error' });
    said.setAttribute('role', 'status');
    const usual = element('ul', { className: 'list' });
    const form = element('form', {});
    const field = (id, label, input) => {
      const row = element('div', { className: 'field' });
      row.append(element('label', { htmlFor: id, textContent: label }), Object.assign(input, { id, className: 'input', autocomplete: 'off' }));
      return row;
    };
    const own = element('input', { type: 'datetime-local', required: true });
    const text = note ? element('input', { type: 'text', maxLength: 500 }) : null;
    const close = element('button', { type: 'button', className: 'btn', textContent: words.close });
    const buttons = element('p', { className: 'buttons' });
    buttons.append(element('button', { type: 'submit', className: 'btn btn-primary', textContent: words.set }), close);
    form.append(field('time-own', words.own, own), buttons);
    dialog.append(element('h2', { id: 'time-title', textContent: title }), ...text ? [field('time-note', words.note, text)] : [], usual, form, said);
    document.body.append(dialog);

    let busy = false;
    const end = made => { dialog.close(); done(made); };
    const take = async time => {
      if (busy) return;
      busy = true;
      said.textContent = '';
      const problem = await act(time, text?.value ?? '');
      busy = false;
      if (problem === null) end(true);
      else said.textContent = problem;
    };
    // What the clocks show, with the day where that is another than the first one's.
    const shown = (time, first) => new Date(time.local + 'Z').toLocaleString('en-GB', {
      ...time.local.slice(0, 10) === first.local.slice(0, 10) ? {} : { weekday: 'short', day: 'numeric', month: 'short' }, hour: '2-digit', minute: '2-digit', timeZone: 'UTC',
    });
    const load = async () => {
      const answer = await send('GET', '/me/times').catch(() => null);
      if (!answer?.ok) { said.textContent = words.failed; return; }
      const times = (await answer.json()).items;
      own.min = times[0].local.slice(0, 10) + 'T00:00';
      usual.replaceChildren(...times.map(time => {
        const row = element('button', { type: 'button', className: 'row', onclick: () => take({ at: time.at }) });
        row.dataset.time = time.name;
        row.append(element('span', { className: 'grow', textContent: words.names[time.name] }), ' ', element('span', { className: 'meta', textContent: shown(time, times[0]) }));
        const line = element('li', {});
        line.append(row);
        return line;
      }));
      if (document.activeElement === dialog) usual.querySelector('button').focus();
    };

    form.addEventListener('submit', e => { e.preventDefault(); take({ local: own.value }); });
    text?.addEventListener('keydown', e => { if (e.key === 'Enter') { e.preventDefault(); usual.querySelector('button')?.focus(); } });
    close.addEventListener('click', () => end(false));
    dialog.addEventListener('click', e => { if (e.target === dialog) end(false); });
    dialog.addEventListener('cancel', e => { e.preventDefault(); end(false); });
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('keydown', e => {
      const all = [...usual.querySelectorAll('button')];
      const at = all.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (!step || at < 0 || !all[at + step]) return;
      e.preventDefault();
      all[at + step].focus();
    });
    dialog.showModal();
    (text ?? dialog).focus();
    load();
  });
}
