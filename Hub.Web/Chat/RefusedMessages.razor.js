// Messages of this conversation that wait in the outbox while there is no box to write in: refused ones with the reason.
import * as outbox from '/js/outbox.js';

export function start(root, conversationId, person, words) {
  outbox.start(person);
  const button = (word, act) => Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small', textContent: word, onclick: act });
  const line = (classes, text) => {
    const span = document.createElement('span');
    span.classList.add(...classes);
    span.textContent = text;
    return span;
  };

  const draw = async () => {
    const kept = await outbox.pending(conversationId);
    if (kept.length === 0) return root.replaceChildren();
    const title = Object.assign(document.createElement('h2'), { className: 'group-title', textContent: words.title });
    const list = document.createElement('ol');
    list.append(...kept.map(e => {
      const row = document.createElement('li');
      row.dataset.state = e.state;
      row.append(line(['text'], e.text), line(['meta', 'state'], e.state === 'refused' ? e.reason : words[e.state]),
        button(words.retry, () => outbox.retry(e.key)), button(words.copy, () => navigator.clipboard?.writeText(e.text)), button(words.discard, () => outbox.discard(e.key)));
      return row;
    }));
    root.replaceChildren(title, list);
  };

  const stop = outbox.listen(draw);
  draw();
  return { stop };
}
