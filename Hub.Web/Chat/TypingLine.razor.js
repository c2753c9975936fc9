// Tells that one is writing here: with the first key, then at most every three seconds while keys come. It is allowed to be lost.
import { send } from '/js/api.js';

const rest = 3000;

export function start(line, conversationId) {
  const pane = line.closest('.talk');
  let told = 0;
  const tell = e => {
    if (!e.target.matches?.('.composer textarea') || !e.target.value.trim()) return;
    const now = performance.now();
    if (told && now - told < rest) return;
    told = now;
    send('POST', `/conversations/${conversationId}/typing`).catch(() => {});
  };
  pane.addEventListener('input', tell);
  return { stop() { pane.removeEventListener('input', tell); } };
}
