// The booking form: people picker, repetition, clashes while choosing, and the post. Nothing here rides the circuit.
import { send } from '/js/api.js';
import { creator } from '/js/create.js';

const settings = ['date', 'from', 'to', 'zone', 'repeat', 'ends', 'count', 'until']; // title, place and notes are drafts of their own

export function start(form) {
  const words = JSON.parse(form.dataset.words);
  let { me, now, meeting, title, people: invited } = JSON.parse(form.dataset.meeting);
  const f = form.elements;
  const changes = Boolean(meeting);
  const $ = s => form.querySelector(s);
  const people = new Map();
  const kept = $('[data-kept]'); // the draft of all that is not typed text
  const create = creator('meeting', '/meetings');
  let given = {}; // what the form was filled with: a field that still has it follows the meeting
  let version = meeting?.version, asked = 0, busy = false, sent = false, timer;

  fill(meeting);
  if (!meeting) begin();
  for (const kind of ['input', 'change']) form.addEventListener(kind, e => { if (e.target !== kept) changed(); });
  form.addEventListener('submit', submit);
  kept.addEventListener('hub:draft-restored', restore);
  picker();
  restore();
  look();
  form.dataset.ready = '';
  return { news, stop() { clearTimeout(timer); } };

  // The meeting moved on while the form is open: an answer only counts up; a change elsewhere fills what nobody has touched here.
  function news(now) {
    if (now.version <= version) return;
    version = now.version;
    if (now.cancelledAt) { $('[data-error]').textContent = words['Form.Cancelled']; return; }
    if (now.sequence === meeting.sequence) { meeting = now; return; }
    meeting = now;
    fill(now);
    $('[data-error]').textContent = words['Form.Newer'];
    look();
  }

  function put(name, value) {
    const field = f[name];
    if ((given[name] ?? field.value) === field.value && document.activeElement !== field) field.value = value;
    given[name] = value;
  }

  // The next whole half hour by the hub's clock and some more of them, on the reader's wall.
  function wall(halfHours) {
    const at = new Date((Math.floor(Date.parse(now) / 18e5) + 1 + halfHours) * 18e5);
    return at.toLocaleString('sv-SE', { timeZone: f.zone.value }).replace(' ', 'T');
  }

  function zones(...names) {
    for (const z of names) if (z && ![...f.zone.options].some(o => o.value === z)) f.zone.add(new Option(z.replaceAll('_', ' '), z));
  }

  function fill(meeting) {
    const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
    zones(mine, meeting?.timeZone);
    put('zone', meeting?.timeZone ?? mine);
    if (!f.zone.value) f.zone.selectedIndex = 0;
    const [date, from] = (meeting?.start ?? wall(0)).split('T');
    put('date', date); put('from', from.slice(0, 5)); put('to', (meeting?.end ?? wall(1)).split('T')[1].slice(0, 5));
    if (!meeting) return;
    // A draft that was brought back is kept: it is what the person typed.
    for (const n of ['title', 'place', 'notes']) if (n in given || !f[n].value) put(n, meeting[n]);
    const emails = meeting.attendees.filter(a => a.id !== me).map(a => a.email).sort().join();
    if ((given.people ?? '') === [...people.keys()].sort().join()) {
      people.clear();
      for (const a of meeting.attendees) if (a.id !== me) people.set(a.email, a.name);
    }
    given.people = emails;
    if ('rule' in given && given.rule !== rule()) return chosen();
    const parts = Object.fromEntries((meeting.recurrence ?? '').split(';').filter(Boolean).map(p => p.split('=')));
    f.repeat.value = parts.FREQ ?? '';
    for (const d of form.querySelectorAll('[name=day]')) d.checked = (parts.BYDAY ?? '').split(',').includes(d.value);
    f.ends.value = parts.COUNT ? 'COUNT' : parts.UNTIL ? 'UNTIL' : '';
    if (parts.COUNT) f.count.value = parts.COUNT;
    if (parts.UNTIL) f.until.value = parts.UNTIL.replace(/^(\d{4})(\d\d)(\d\d).*/, '$1-$2-$3');
    form.dataset.interval = parts.INTERVAL ?? '';
    given.rule = rule();
    chosen();
  }

  // What one came with; what was typed here before is kept.
  function begin() {
    if (!f.title.value) f.title.value = title ?? '';
    for (const person of invited) people.set(person.email, person.name);
    chosen();
  }

  function rule() {
    const parts = [];
    if (f.repeat.value) {
      parts.push('FREQ=' + f.repeat.value);
      if (form.dataset.interval > 1) parts.push('INTERVAL=' + form.dataset.interval);
      const days = [...form.querySelectorAll('[name=day]:checked')].map(d => d.value);
      if (f.repeat.value === 'WEEKLY' && days.length) parts.push('BYDAY=' + days.join());
      if (f.ends.value === 'COUNT') parts.push('COUNT=' + f.count.value);
      if (f.ends.value === 'UNTIL' && f.until.value) parts.push('UNTIL=' + f.until.value.replaceAll('-', ''));
    }
    return parts.join(';') || null;
  }

  function draft() {
    // A meeting over several days (from a program) keeps its length; otherwise an end before the start is on the next day.
    const whole = d => Date.parse(d.slice(0, 10) + 'T00:00Z') / 864e5, span = meeting ? whole(meeting.end) - whole(meeting.start) : 0;
    const day = f.date.value, more = span > 1 ? span : f.to.value <= f.from.value ? 1 : 0;
    const last = day && more ? new Date((whole(day) + more) * 864e5).toISOString().slice(0, 10) : day;
    return { title: f.title.value, start: `${day}T${f.from.value}`, end: `${last}T${f.to.value}`, timeZone: f.zone.value, attendees: [...people.keys()],
      recurrence: rule(), place: f.place.value, notes: f.notes.value, version };
  }

  // A locked phone loses the page: what was chosen comes back with what was typed.
  function changed() {
    if (sent) return;
    kept.value = JSON.stringify({
      fields: Object.fromEntries(settings.map(n => [n, f[n].value])), people: [...people], given, sequence: meeting?.sequence,
      days: [...form.querySelectorAll('[name=day]:checked')].map(d => d.value), interval: form.dataset.interval,
    });
    kept.dispatchEvent(new Event('input', { bubbles: true }));
    look();
  }

  function restore() {
    if (!kept.value) return;
    const was = JSON.parse(kept.value);
    zones(was.fields.zone);
    for (const n of settings) if (n in was.fields) f[n].value = was.fields[n];
    for (const d of form.querySelectorAll('[name=day]')) d.checked = was.days.includes(d.value);
    form.dataset.interval = was.interval ?? '';
    people.clear();
    for (const [email, name] of was.people) people.set(email, name);
    given = was.given;
    chosen();
    if (meeting) fill(meeting); // what nobody had touched follows what the meeting is now
    if (meeting && meeting.sequence !== was.sequence) $('[data-error]').textContent = words['Form.Newer'];
    look();
  }

  function look() {
    const is = { any: !!f.repeat.value, WEEKLY: f.repeat.value === 'WEEKLY', COUNT: f.repeat.value && f.ends.value === 'COUNT', UNTIL: f.repeat.value && f.ends.value === 'UNTIL' };
    for (const e of form.querySelectorAll('[data-when]')) e.hidden = !is[e.dataset.when];
    clearTimeout(timer);
    timer = setTimeout(clashes, 300);
  }

  async function clashes() {
    const mine = ++asked;
    if (!complete()) return $('[data-clashes]').replaceChildren(item(words['Form.NoTime'], 'hint'));
    const answer = await send('POST', '/meetings/conflicts' + (meeting ? '?except=' + meeting.id : ''), draft()).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok) return $('[data-clashes]').replaceChildren(); // what is wrong is said when it is saved
    const { items } = await answer.json();
    const when = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: f.zone.value });
    $('[data-clashes]').replaceChildren(...(items.length ? items.map(c => item(`${when.format(new Date(c.startsAt))} · ${c.name} ${c.title ? `${words['Form.BusyWith']} “${c.title}”` : words['Form.Busy']}`, 'busy')) : [item(words['Form.Free'], 'free')]), ...notices());
  }

  function complete() { return f.date.value && f.from.value && f.to.value; }

  // What a slip of the finger would book.
  function notices() {
    const all = [], at = draft().start;
    if (at < wall(-1)) all.push(item(words['Form.Past'], 'busy'));
    const days = [...form.querySelectorAll('[name=day]:checked')].map(d => d.value);
    if (f.repeat.value === 'WEEKLY' && days.length) {
      const first = new Date(at.slice(0, 10) + 'T00:00Z');
      const code = () => ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][first.getUTCDay()];
      if (!days.includes(code())) {
        while (!days.includes(code())) first.setUTCDate(first.getUTCDate() + 1);
        all.push(item(words['Form.First'].replace('{0}', new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(first)), 'hint'));
      }
    }
    return all;
  }

  function item(text, name) {
    const li = document.createElement('li');
    li.textContent = text;
    li.className = name;
    return li;
  }

  function chosen() {
    $('[data-chosen]').replaceChildren(...[...people].map(([email, name]) => {
      const li = item(name, 'chip'), remove = document.createElement('button');
      remove.type = 'button'; remove.textContent = '×'; remove.ariaLabel = words['Form.People.Remove'].replace('{0}', name);
      remove.onclick = () => { people.delete(email); chosen(); changed(); $('#find').focus(); };
      li.append(' ', remove);
      return li;
    }));
  }

  function picker() {
    const box = $('#find'), list = $('#found');
    let wait, at = -1;
    const close = () => { list.hidden = true; box.ariaExpanded = 'false'; box.removeAttribute('aria-activedescendant'); at = -1; };
    const choose = li => { people.set(li.dataset.email, li.dataset.name); box.value = ''; close(); chosen(); changed(); };
    const mark = n => {
      const all = [...list.querySelectorAll('[data-email]')];
      if (!all.length) return;
      at = (n + all.length) % all.length;
      all.forEach((li, i) => { li.ariaSelected = String(i === at); });
      box.setAttribute('aria-activedescendant', all[at].id);
    };
    box.addEventListener('input', e => {
      e.stopPropagation();
      clearTimeout(wait);
      const text = box.value.trim();
      if (!text) return close();
      wait = setTimeout(async () => {
        const answer = await send('GET', `/people?limit=8&q=${encodeURIComponent(text)}`).catch(() => null);
        if (!answer?.ok || box.value.trim() !== text) return;
        const found = (await answer.json()).items.filter(p => p.id !== me && !people.has(p.email));
        list.replaceChildren(...(found.length ? found.map((p, i) => {
          const li = item(`${p.name} · ${p.jobTitle} · ${p.email}`, '');
          li.id = 'found-' + i; li.role = 'option'; li.ariaSelected = 'false'; li.dataset.email = p.email; li.dataset.name = p.name;
          li.onmousedown = e => { e.preventDefault(); choose(li); };
          return li;
        }) : [Object.assign(item(words['Form.People.None'], 'hint'), { role: 'option', ariaDisabled: 'true' })]));
        list.hidden = false; box.ariaExpanded = 'true';
        mark(0);
      }, 150);
    });
    box.addEventListener('keydown', e => {
      if (e.key === 'ArrowDown') { e.preventDefault(); mark(at + 1); }
      else if (e.key === 'ArrowUp') { e.preventDefault(); mark(at - 1); }
      else if (e.key === 'Escape') close();
      else if (e.key === 'Enter') {
        e.preventDefault();
        const li = list.querySelectorAll('[data-email]')[at];
        if (!list.hidden && li) choose(li);
      }
    });
    box.addEventListener('blur', () => setTimeout(close, 150));
  }

  async function submit(e) {
    e.preventDefault();
    if (busy) return;
    const error = $('[data-error]'), button = form.querySelector('[type=submit]');
    error.textContent = '';
    if (!complete()) {
      error.textContent = words['Form.NoTime'];
      [f.date, f.from, f.to].find(x => !x.value).focus();
      return;
    }
    busy = button.disabled = true;
    try {
      const answer = await save();
      const body = await answer.json();
      if (!answer.ok) {
        if (body.code === 'stale') version = body.current.version;
        error.textContent = body.code === 'stale' ? words['Form.Stale'] : Object.values(body.errors ?? {}).flat()[0] ?? body.title;
        const field = { title: 'title', start: 'date', end: 'to', timeZone: 'zone', recurrence: 'repeat', place: 'place', notes: 'notes' }[Object.keys(body.errors ?? {})[0]];
        (field ? f[field] : $('#find'))?.focus();
        return;
      }
      sent = true;
      for (const box of form.querySelectorAll('[data-draft]')) document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: box.dataset.draft }));
      const go = changes ? $('[data-back]').getAttribute('href') : '/meetings/' + body.id;
      if (window.Blazor?.navigateTo) window.Blazor.navigateTo(go); else location.href = go;
    } catch {
      error.textContent = words['Form.Offline'];
    } finally {
      busy = button.disabled = sent; // the page is about to be left: nothing is sent from it twice
    }
  }

  async function save() {
    if (!meeting) {
      const { answer, earlier } = await create(draft());
      if (!earlier || !answer.ok) return answer;
      // A try whose answer was lost had arrived: what was changed since is a change to the meeting that it made.
      meeting = await answer.json();
      version = meeting.version;
    }
    return send('PUT', '/meetings/' + meeting.id, draft());
  }
}
