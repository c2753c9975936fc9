// Notifications of this browser. It has one subscription, which is one person's: whose, and which device it is to the hub, is noted here, before there is one.
const key = 'hub-push', person = document.documentElement.dataset.person;

const noted = () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };

const registration = () => navigator.serviceWorker?.getRegistration('/');

/** Which of the person's devices this browser is; null while notifications are off. */
export const device = () => { const of = noted(); return of?.person === person ? of.device : null; };

/** True from before the browser subscribes: its device may not be known yet. */
export const begun = () => noted()?.person === person;

export function note(id) { localStorage.setItem(key, JSON.stringify({ person, device: id })); }

export const subscription = async () => (await registration())?.pushManager.getSubscription();

/** Nothing more is shown on this browser, and what is shown goes; the hub hears of it from the push service. The note goes last: what did not end is ended on the next page. */
export async function end() {
  await (await subscription())?.unsubscribe();
  localStorage.removeItem(key);
  await keep([]);
}

/** Takes away what is shown of entries that are not among `unread` any more. */
export async function keep(unread) {
  for (const shown of await (await registration())?.getNotifications() ?? []) if (!unread.includes(shown.tag)) shown.close();
  return true;
}

// Who signs out here is told nothing more here, nor is somebody else who signs in. A session that merely is over changes nothing.
async function look() {
  const of = noted();
  if (!of || of.out || (person && of.person !== person)) if (of || await subscription()) await end();
}
void look().catch(() => {});

// The hub ends it with the session, and this browser itself on the next page: one of the two may not come about.
document.addEventListener('formdata', e => {
  const of = noted();
  if (!of || e.target.getAttribute('action') !== '/signin/out') return;
  if (device()) e.formData.set('device', of.device);
  localStorage.setItem(key, JSON.stringify({ ...of, out: true }));
});

// A notification that was pressed opens in the page that is there.
navigator.serviceWorker?.addEventListener('message', e => {
  const to = new URL(e.data?.open ?? location.href, location.origin);
  if (to.origin === location.origin && to.href !== location.href) window.hubOpen(to.pathname + to.search);
});
