// Finding by name and choosing some of what was found: a box, what it finds, what was chosen. The box is the browser's own; Enter takes the
// first that is found, or, with an empty box, goes on with the form.

/**
 * find(text) gives [{id, name, meta}]; changed(chosen) hears of every choice. words: {none, remove}. Gives the chosen ones, and a way to
 * forget them.
 */
export function picker(root, name, find, words, changed = () => {}) {
  const box = root.querySelector(`[data-find="${name}"]`);
  const found = root.querySelector(`[data-found="${name}"]`);
  const list = root.querySelector(`[data-chosen="${name}"]`);
  const chosen = new Map();
  let timer, asked = 0;

  const row = (item, act, label) => {
    const li = document.createElement('li');
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'row', onclick: act });
    if (label) button.setAttribute('aria-label', `${label} ${item.name}`);
    button.append(item.name, ' ', Object.assign(document.createElement('span'), { className: 'meta', textContent: item.meta }));
    if (label) button.append(Object.assign(document.createElement('span'), { className: 'meta', textContent: '×' }));
    li.append(button);
    return li;
  };

  const draw = () => {
    list.replaceChildren(...[...chosen.values()].map(item => row(item, () => { chosen.delete(item.id); draw(); box.focus(); }, words.remove)));
    changed(chosen);
  };

  const choose = item => {
    chosen.set(item.id, item);
    box.value = '';
    asked++;
    found.replaceChildren();
    draw();
    box.focus();
  };

  box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      const text = box.value.trim();
      const items = text ? (await find(text)).filter(i => !chosen.has(i.id)) : [];
      if (mine !== asked) return;
      found.replaceChildren(...items.map(i => row(i, () => choose(i))));
      if (text && items.length === 0) found.append(Object.assign(document.createElement('li'), { className: 'meta', textContent: words.none }));
    }, 200);
  });
  box.addEventListener('keydown', e => {
    if (e.key !== 'Enter' || (!box.value.trim() && chosen.size > 0)) return;
    e.preventDefault();
    found.querySelector('button')?.click();
  });
  return { chosen, clear() { chosen.clear(); draw(); } };
}
