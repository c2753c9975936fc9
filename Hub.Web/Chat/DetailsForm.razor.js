// Name and topic of a channel. What nobody has touched here follows what they are now; what was typed stays.
import { send } from '/js/api.js';

export function start(form, id, words) {
  const f = form.elements;
  const result = form.querySelector('[data-result]');
  const given = {};
  let version;

  const put = (name, value) => {
    const touched = name in given && f[name].value !== given[name] && f[name].value !== value;
    if (!touched) f[name].value = value;
    given[name] = value;
    return touched;
  };
  const now = (name, topic, newest) => {
    const newer = version !== undefined && newest > version;
    version = newest;
    const kept = [put('name', name), put('topic', topic)].some(Boolean);
    if (newer && kept) result.textContent = words.newer;
  };

  form.addEventListener('submit', async e => {
    e.preventDefault();
    result.textContent = '';
    const answer = await send('PUT', `/conversations/${id}`, { name: f.name.value, topic: f.topic.value, version }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (answer?.ok) { now(said.name, said.topic, said.detailsVersion); result.textContent = words.saved; return; }
    if (said?.current) now(said.current.name, said.current.topic, said.current.detailsVersion);
    else result.textContent = said?.title ?? words.failed;
  });
  form.dataset.ready = '';
  return { now, stop() {} };
}
