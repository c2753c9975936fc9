// Commands in a box where people write: a text that begins with one of their words does something instead of being sent. "/" lists the words (WAI-ARIA's list of
// suggestions on a text box, as mentions do it), and what a command looks for is listed in the same place. All of it goes over the API that programs use.
import { send } from '/js/api.js';

const pause = 150, mostFound = 8;
let boxes = 0;

// Why a command did not do it, in words for who wrote it.
class Refused extends Error {}

async function ask(words, method, path, body) {
  const answer = await send(method, path, body).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (!answer?.ok) throw new Refused(Object.values(said?.errors ?? {}).flat()[0] ?? said?.title ?? words.failed);
  return said;
}

// When "for 1h", "30m" or "2 days" from now is over; null for what is no such time.
function over(text) {
  const [, number, unit] = /^(?:for\s+)?(\d{1,4})\s*(m|min|mins|minutes?|h|hours?|d|days?)$/i.exec(text) ?? [];
  return number ? new Date(Date.now() + number * { m: 60, h: 3600, d: 86400 }[unit[0].toLowerCase()] * 1000).toISOString() : null;
}

// A time that is written before what to be reminded of: [the time, the rest], or null.
function timed(text) {
  const [, time, rest] = /^((?:in\s+)?\d{1,4}\s*(?:minutes?|mins?|hours?|days?|m|h|d)|(?:tomorrow|monday|shift)(?:\s+\d{1,2}:\d{2})?|\d{1,2}:\d{2})(?:\s+([\s\S]+))?$/i.exec(text) ?? [];
  return time ? [time.toLowerCase(), rest ?? ''] : null;
}

// That time as the hub takes it, {at} or {local}; usual are those of /me/times, whose clocks it goes by. Null for what is no such time, or a shift where none is known.
function meant(time, usual) {
  const at = over(time.replace(/^in\s+/, ''));
  if (at) return { at };
  const [, name, hours, minutes] = /^([a-z]*)\s*(?:(\d{1,2}):(\d{2}))?$/.exec(time);
  if (hours > 23 || minutes > 59) return null;
  const shown = hours && `T${hours.padStart(2, '0')}:${minutes}`;
  const local = name => usual.find(t => t.name === name)?.local;
  if (name) {
    // On a Sunday the next Monday is tomorrow.
    const day = local(name) ?? (name === 'monday' ? local('tomorrow') : null);
    return day ? { local: shown ? day.slice(0, 10) + shown : day } : null;
  }
  // An hour alone is the next time that the clocks show it.
  const soon = local('minutes'), now = new Date(`${soon}:00Z`).getTime() - 20 * 60000;
  const today = new Date(now).toISOString().slice(0, 10) + shown;
  return { local: Date.parse(`${today}:00Z`) > now ? today : new Date(now + 86400000).toISOString().slice(0, 10) + shown };
}

const clock = time => new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(time));
const day = time => new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(time));

/**
 * What each command does, by its word: run(text after the word) gives {said, left}: what is told, and what is then sent instead (nothing, if it is missing), or {kept} where the
 * box has its new text already; it throws Refused to keep the text. find(text) gives what can be chosen, [{name, detail, take}], until chosen(text). Another command is another entry here, and its
 * words in CommandWords.cs.
 */
function table({ conversationId, person, put, words }) {
  const here = `/conversations/${conversationId}`;
  const people = new Map(); // chosen for /invite: what was written → id
  const told = list => list.map(p => p.name).join(', ');
  const presence = (state, until) => ask(words, 'PUT', '/me/presence', { state, ...(until ? { until } : {}) });
  const back = async () => { await presence('available'); return { said: words.back }; };

  const link = kind => {
    const find = async text => text ? (await ask(words, 'GET', `/search?kind=${kind}&limit=${mostFound}&q=${encodeURIComponent(text)}`)).items
      .map(i => ({ name: i.title, detail: '', take: () => put(`[${i.title.replace(/([[\]\\])/g, '\\$1')}](${i.url}) `) })) : [];
    return {
      find,
      async run(text) {
        if (!text) throw new Refused(words.noWords);
        const [best] = await find(text);
        if (!best) throw new Refused(words.nothing);
        best.take();
        return { kept: true };
      },
    };
  };

  const colleagues = async text => (await ask(words, 'GET', `/people?limit=${mostFound}&q=${encodeURIComponent(text)}`)).items.filter(p => p.id !== person);
  const named = text => text.includes('@') ? text.split(/(?:^|\s)@/).map(n => n.trim()).filter(Boolean) : [text].filter(Boolean);
  const idOf = async name => {
    const chosen = people.get(name.toLowerCase());
    if (chosen) return chosen;
    const found = (await colleagues(name)).filter(p => [p.name, p.email].some(n => n.toLowerCase() === name.toLowerCase()));
    if (found.length !== 1) throw new Refused(words.peopleUnknown.replace('{0}', name));
    return found[0].id;
  };

  return {
    fix: link('fix'),
    article: link('article'),
    meet: {
      async run(text) {
        const { items } = await ask(words, 'GET', `${here}/members?limit=${words.mostToMeet + 2}`);
        const others = items.filter(m => m.id !== person && !m.gone);
        const to = new URLSearchParams({ from: conversationId, title: text.slice(0, 200) });
        if (others.length <= words.mostToMeet) for (const other of others) to.append('with', other.id);
        Blazor.navigateTo('/meetings/new?' + to);
        return {};
      },
    },
    away: {
      async run(text) {
        if (text === 'off') return back();
        const until = over(text);
        await presence('away', until);
        return until ? { said: words.awayUntil.replace('{0}', clock(until)) } : { said: words.away, left: text };
      },
    },
    dnd: {
      async run(text) {
        if (text === 'off') return back();
        const until = over(text || '1h');
        if (!until) throw new Refused(words.time);
        await presence('doNotDisturb', until);
        return { said: words.dnd.replace('{0}', clock(until)) };
      },
    },
    remind: {
      // Once the time stands there nothing is chosen any more.
      chosen: text => /\s/.test(text) || timed(text) !== null,
      async find(text) {
        const { items } = await ask(words, 'GET', '/me/times');
        const written = { minutes: '20m', hour: '1h', hours: '3h' };
        return items.map(t => ({ write: written[t.name] ?? t.name, t })).filter(o => o.write.startsWith(text.toLowerCase()))
          .map(({ write, t }) => ({ name: write, detail: `${words.times[t.name]} · ${day(t.at)}`, take: () => put(`/remind ${write} `) }));
      },
      async run(text) {
        const [time, note] = timed(text) ?? [];
        const { items } = time ? await ask(words, 'GET', '/me/times') : { items: [] };
        const when = time && meant(time, items);
        if (!when) throw new Refused(words.remindTime);
        const { at } = await ask(words, 'POST', '/me/reminders', { note, ...when });
        return { said: words.remind.replace('{0}', day(at)) };
      },
    },
    invite: {
      async find(text) {
        const name = text.split(/(?:^|\s)@/).slice(1).at(-1);
        if (!name?.trim() || people.has(name.trim().toLowerCase())) return [];
        const found = await colleagues(name.trim());
        return found.map(p => ({
          name: p.name, detail: [p.jobTitle, p.email].filter(Boolean).join(' · '),
          take() {
            const write = found.filter(o => o.name === p.name).length > 1 ? p.email : p.name;
            people.set(write.toLowerCase(), p.id);
            put(`/invite ${text.slice(0, text.length - name.length)}${write} `);
          },
        }));
      },
      async run(text) {
        const names = named(text);
        if (names.length === 0) throw new Refused(words.peopleNone);
        const ids = [];
        for (const name of names) ids.push(await idOf(name));
        const { items } = await ask(words, 'POST', `${here}/members`, { people: ids });
        return { said: items.length ? words.invited.replace('{0}', told(items)) : words.there };
      },
    },
    topic: {
      async run(text) {
        if (!text) throw new Refused(words.noTopic);
        const { name, detailsVersion } = await ask(words, 'GET', here);
        await ask(words, 'PUT', here, { name, topic: text, version: detailsVersion });
        return { said: words.topic };
      },
    },
    help: { run: async () => ({ said: words.helpShown, help: true }) },
  };
}

export function commands(root, box, conversationId, person, words) {
  const list = root.querySelector('[data-commands]');
  const said = root.querySelector('[data-commands-said]');
  const note = root.querySelector('[data-told]');
  const helps = root.querySelector('[data-helps]');
  list.id ||= `commands-${++boxes}`;
  box.setAttribute('aria-controls', `${box.getAttribute('aria-controls') ?? ''} ${list.id}`.trim());
  const hinted = new Set(); // unknown words that were told of
  let found = [], at = 0, asked = 0, timer, left = null;

  const put = text => {
    box.value = text;
    box.setSelectionRange(text.length, text.length);
    box.focus();
    box.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const known = table({ conversationId, person, put, words });
  const parts = text => {
    const [, word, rest = ''] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
    return { word, rest: rest.trimEnd(), command: word && Object.hasOwn(known, word) ? known[word] : null };
  };

  const tell = text => { note.textContent = text; note.hidden = !text; };
  const close = () => {
    clearTimeout(timer);
    asked++;
    if (!list.hidden) box.removeAttribute('aria-activedescendant');
    found = [];
    list.hidden = true;
    list.replaceChildren();
    said.textContent = '';
  };
  const point = i => {
    at = (i + found.length) % found.length;
    [...list.children].forEach((o, n) => o.setAttribute('aria-selected', String(n === at)));
    list.children[at].scrollIntoView({ block: 'nearest' });
    box.setAttribute('aria-activedescendant', list.children[at].id);
  };
  const choose = i => {
    const one = found[i];
    close();
    one.take();
  };
  const row = (kind, name, detail) => {
    const line = document.createElement(kind);
    const strong = document.createElement('strong');
    strong.textContent = name;
    const more = document.createElement('span');
    more.className = 'meta';
    more.textContent = detail;
    line.append(strong, ' ', more);
    return line;
  };
  const draw = (items, label) => {
    found = items;
    if (items.length === 0) return close();
    list.setAttribute('aria-label', label);
    list.replaceChildren(...items.map((one, i) => {
      const option = row('li', one.name, one.detail);
      option.id = `${list.id}-${i}`;
      option.setAttribute('role', 'option');
      // Not a click: the box keeps the focus, and its place.
      option.addEventListener('pointerdown', e => { e.preventDefault(); choose(i); });
      return option;
    }));
    list.hidden = false;
    said.textContent = (items.length === 1 ? words.oneFound : words.found).replace('{0}', items.length);
    point(0);
  };
  const all = beginning => words.all.filter(c => c.name.startsWith(beginning))
    .map(c => ({ name: `/${c.name}`, detail: [c.takes, c.does].filter(Boolean).join(' · '), take: () => put(c.takes ? `/${c.name} ` : `/${c.name}`) }));

  // Told once for each word: a message may begin like this, and a slip of the finger is seen before it is sent.
  const hint = word => {
    if (hinted.has(word)) return false;
    hinted.add(word);
    tell(words.unknown.replace('{0}', word));
    return true;
  };

  const look = () => {
    clearTimeout(timer);
    const text = box.value;
    const { word, rest, command } = parts(text);
    if (!hinted.has(word)) tell('');
    if (word && !command && /^\/[a-z]+\s/.test(text)) hint(word);
    if (left !== null && text.startsWith(left)) return;
    left = null;
    const beginning = /^\/([a-z]*)$/.exec(text)?.[1];
    if (beginning !== undefined) return draw(all(beginning), words.list);
    if (!command?.find || command.chosen?.(rest)) return close();
    if (!list.hidden) point(at); // mentions took it for theirs to clear
    const mine = ++asked;
    timer = setTimeout(async () => {
      const items = await command.find(rest).catch(() => []);
      if (mine === asked && box.value === text && document.activeElement === box) draw(items, words.choices);
    }, pause);
  };

  const help = () => {
    const text = document.createElement('p');
    text.textContent = words.helpText;
    const rows = document.createElement('ul');
    rows.append(...words.all.map(c => row('li', [`/${c.name}`, c.takes].filter(Boolean).join(' '), c.does)));
    const shut = document.createElement('button');
    Object.assign(shut, { type: 'button', className: 'btn btn-small', textContent: words.helpClose, onclick: () => { helps.hidden = true; tell(''); box.focus(); } });
    helps.replaceChildren(text, rows, shut);
    helps.hidden = false;
  };

  box.addEventListener('input', look);
  box.addEventListener('blur', close);
  box.addEventListener('keydown', e => {
    if (e.key === 'Escape' && !helps.hidden) helps.hidden = true;
    if (list.hidden || e.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    const entered = e.key === 'Enter' && !e.shiftKey;
    // The whole word stands there: it is not completed but done.
    if (entered && /^\/[a-z]+$/.test(box.value) && parts(box.value).command) return close();
    if (step) point(at + step);
    else if (entered || e.key === 'Tab') choose(at);
    else if (e.key === 'Escape') { left = box.value; close(); }
    else return;
    e.preventDefault();
    e.stopImmediatePropagation();
  });

  /**
   * What the text does instead of being sent, or null where it is a message. The function gives what is then left in the box, to be sent ('' for nothing), or null to keep
   * what stands there.
   */
  function of(text) {
    const { word, rest, command } = parts(text);
    if (!command) return word && hint(word) ? async () => null : null;
    return async () => {
      close();
      try {
        const done = await command.run(rest);
        if (done.help) help();
        tell(done.said ?? '');
        return done.kept ? null : done.left ?? '';
      } catch (e) {
        if (!(e instanceof Refused)) throw e;
        tell(e.message);
        return null;
      }
    };
  }

  return { of, stop: close };
}
