// Sends a file of shifts over HTTP, to be checked or taken, and shows what came of it.
import { send } from '/js/api.js';

export function start(root, words) {
  const form = root.querySelector('[data-import]'), said = root.querySelector('[data-said]'), wrong = root.querySelector('[data-wrong]');
  const fill = (text, ...values) => values.reduce((t, v, i) => t.replace(`{${i}}`, v), text);
  const line = (text, kind) => said.replaceChildren(Object.assign(document.createElement('p'), { className: `notice ${kind}`, textContent: text }));

  const go = async checkOnly => {
    const file = form.elements.file.files[0];
    wrong.replaceChildren();
    if (!file) return line(words.choose, 'warn');
    line(words.working, '');
    const type = /\.(ics|ical)$/i.test(file.name) ? 'text/calendar' : 'text/csv';
    const query = new URLSearchParams({ timeZone: form.elements.zone.value.trim(), checkOnly, keepGood: form.elements.keep.checked });
    if (form.elements.person.value.trim()) query.set('person', form.elements.person.value.trim());
    const answer = await send('POST', `/shifts/import?${query}`, file.slice(0, file.size, type)).catch(() => null);
    const body = await answer?.json().catch(() => null);
    const report = answer?.ok ? body : body?.report;
    for (const w of report?.wrong ?? []) wrong.append(Object.assign(document.createElement('li'), { className: 'row', textContent: fill(words.number, w.number, w.reason) }));
    if (!answer?.ok) return line(body?.title ?? words.failed, 'bad');
    const some = report.wrong.length ? ' ' + fill(words.someWrong, report.wrong.length) : '';
    line(fill(report.stored ? words.did : words.would, report.people, report.added, report.removed, report.unchanged) + some, some ? 'warn' : 'ok');
  };

  form.addEventListener('submit', e => { e.preventDefault(); go(false); });
  form.querySelector('[data-check]').addEventListener('click', () => go(true));
  form.dataset.ready = '';
  return { stop() {} };
}
