// A POST that makes something. When its answer was lost and the person presses again, the same Idempotency-Key goes along, so that
// one form makes one thing (API.md). The key is renewed only after an answer of the kind that the hub keeps for it.
import { send } from '/js/api.js';

const person = document.documentElement.dataset.person ?? '';
const final = answer => answer.ok || [403, 404, 409, 422].includes(answer.status);
const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('');

/**
 * For one form: a function that posts a body and gives {answer, earlier}. `earlier` is true when a try before this one, with other
 * words, may be what the hub made: what was changed since is still to be saved to it.
 */
export function creator(name, path) {
  const place = `hub-attempt:${person}/${name}`;
  let key = null, tries = [];

  // A reload brings the form's words back but not this module: its tries stand in the tab's own store.
  function begin(text) {
    const left = read(place);
    [key, tries] = left?.tries.at(-1) === text ? [left.key, left.tries] : [random(), []];
  }

  function over() {
    [key, tries] = [null, []];
    write(place, null);
  }

  async function post(text) {
    const answer = await send('POST', path, JSON.parse(text), { 'Idempotency-Key': key });
    const code = answer.ok ? null : (await answer.clone().json().catch(() => null))?.code;
    if (code === 'idempotency.running') throw new Error(code); // as good as no answer
    return { answer, other: code === 'idempotency.other' };
  }

  return async function create(body) {
    const text = JSON.stringify(body);
    if (!key) begin(text);
    const before = tries.filter(t => t !== text);
    tries = [...before, text];
    write(place, { key, tries });
    let { answer, other } = await post(text);
    // A try with other words had arrived: its own answer tells what came of it.
    const arrived = other;
    for (const earlier of [...before].reverse()) if (other) ({ answer, other } = await post(earlier));
    if (!final(answer)) return { answer, earlier: false };
    over();
    return arrived && !answer.ok ? create(body) : { answer, earlier: before.length > 0 };
  };
}

function read(place) {
  try { return JSON.parse(sessionStorage.getItem(place)); } catch { return null; }
}

function write(place, value) {
  try {
    if (value) sessionStorage.setItem(place, JSON.stringify(value)); else sessionStorage.removeItem(place);
  } catch { /* no store, or full: the open form still has its key */ }
}
