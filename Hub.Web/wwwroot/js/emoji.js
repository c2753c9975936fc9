// Choosing an emoji: a dialog with a search box, what was chosen lately, and the full Unicode set by groups. pick(words) gives the
// emoji, or null for none. Arrow keys walk, Enter takes, Escape closes; the set is fetched once, when it is first needed.
const usual = ['👍', '✅', '👀', '🙏', '😀', '🎉'];
const most = 18;
let groups;

const recent = () => { try { return JSON.parse(localStorage.getItem('hub-emoji')) ?? usual; } catch { return usual; } };
const remember = emoji => { try { localStorage.setItem('hub-emoji', JSON.stringify([emoji, ...recent().filter(e => e !== emoji)].slice(0, most))); } catch { /* no storage here */ } };

async function load() {
  if (groups) return groups;
  const answer = await fetch('/emoji.json');
  if (!answer.ok) throw new Error(String(answer.status));
  return groups = (await answer.json()).map(g => ({ group: g.group, emoji: g.emoji.map(([emoji, name, codes, words]) => ({ emoji, name, found: `${name} ${codes} ${words}`.toLowerCase(), codes: codes.split(' ') })) }));
}

/** Emoji whose name, shortcode or word begins like each word that was typed; those whose shortcode does come first. */
export async function find(typed, limit) {
  const asked = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const all = (await load()).flatMap(g => g.emoji).filter(e => asked.every(w => (' ' + e.found.replaceAll('_', ' ')).includes(' ' + w) || e.codes.some(c => c.startsWith(w))));
  return all.sort((a, b) => b.codes.some(c => c.startsWith(asked[0])) - a.codes.some(c => c.startsWith(asked[0]))).slice(0, limit);
}

export function pick(words) {
  return new Promise(done => {
    const dialog = document.createElement('dialog');
    dialog.className = 'emoji-picker';
    dialog.setAttribute('aria-label', words.title);
    const search = Object.assign(document.createElement('input'), { type: 'search', className: 'input', placeholder: words.search, autocomplete: 'off' });
    search.setAttribute('aria-label', words.search);
    const close = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small', textContent: words.close });
    const top = Object.assign(document.createElement('div'), { className: 'top' });
    const body = Object.assign(document.createElement('div'), { className: 'body' });
    const note = Object.assign(document.createElement('p'), { className: 'meta' });
    note.setAttribute('role', 'status');
    top.append(search, close);
    dialog.append(top, note, body);
    document.body.append(dialog);

    const section = (title, emoji) => {
      const part = document.createElement('section');
      part.setAttribute('aria-label', title);
      part.append(Object.assign(document.createElement('h3'), { textContent: title }), ...emoji.map(e => {
        const b = Object.assign(document.createElement('button'), { type: 'button', textContent: e.emoji, title: e.name });
        b.setAttribute('aria-label', e.name);
        b.dataset.emoji = e.emoji;
        return b;
      }));
      return part;
    };
    let turn = 0;
    const draw = async () => {
      const mine = ++turn;
      try {
        const all = (await load()).flatMap(g => g.emoji);
        const found = search.value.trim() ? await find(search.value, 200) : null;
        if (mine !== turn) return;
        note.textContent = found?.length === 0 ? words.none : '';
        body.replaceChildren(...found ? (found.length ? [section(words.search, found)] : [])
          : [section(words.recent, recent().map(e => all.find(a => a.emoji === e) ?? { emoji: e, name: e })), ...groups.map((g, i) => section(words.groups[i], g.emoji))]);
      } catch { note.textContent = words.failed; }
    };
    const end = emoji => { dialog.close(); if (emoji) remember(emoji); done(emoji); };
    search.addEventListener('input', draw);
    close.addEventListener('click', () => end(null));
    body.addEventListener('click', e => { const b = e.target.closest('button'); if (b) end(b.dataset.emoji); });
    dialog.addEventListener('click', e => { if (e.target === dialog) end(null); });
    dialog.addEventListener('cancel', e => { e.preventDefault(); end(null); });
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('keydown', e => {
      const all = [...body.querySelectorAll('button')];
      if (e.key === 'Enter' && e.target === search && all[0]) { e.preventDefault(); return end(all[0].dataset.emoji); }
      const row = all.length ? Math.max(1, Math.floor(body.clientWidth / all[0].offsetWidth)) : 1;
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[e.key];
      if (!step || (e.target === search && e.key !== 'ArrowDown')) return;
      e.preventDefault();
      const at = all.indexOf(document.activeElement);
      const next = at < 0 ? all[0] : all[at + step];
      if (next) next.focus(); else if (step < 0) search.focus();
    });
    dialog.showModal();
    search.focus();
    draw();
  });
}
