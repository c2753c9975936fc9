// Whether somebody is at this page, told to the hub when that changes and never more: away is a page that nobody has touched for five
// minutes, or seen for one. Looked at by the clock, not by a timer of that length: a machine that slept has slept through its timers too.
const idle = 300_000, unseen = 60_000, look = 10_000;

let hub, away = false, touched = Date.now(), hidden = document.hidden ? Date.now() : null;

// A hand on glass or on a mouse, whatever the browser calls itself.
const device = () => !matchMedia('(pointer: coarse)').matches ? 'desktop' : Math.min(screen.width, screen.height) < 600 ? 'phone' : 'tablet';

// A page whose connection is away says it again when that is back.
const tell = () => void hub?.invokeMethodAsync('Tell', device(), away).catch(() => {});

function check() {
  const now = Date.now(), gone = now - touched >= idle || (hidden !== null && now - hidden >= unseen);
  if (gone === away) return;
  away = gone;
  tell();
}

function touch() {
  touched = Date.now();
  if (away) check();
}

for (const what of ['pointerdown', 'pointermove', 'keydown', 'touchstart', 'wheel']) addEventListener(what, touch, { capture: true, passive: true });
document.addEventListener('visibilitychange', () => {
  hidden = document.hidden ? Date.now() : null;
  if (hidden === null) touch();
});
document.addEventListener('hub:back', tell);
setInterval(check, look);

/** Begins to tell `reference`; a page that goes on with another circuit begins again. */
export function start(reference) {
  hub = reference;
  tell();
  return { stop() { if (hub === reference) hub = undefined; } };
}
