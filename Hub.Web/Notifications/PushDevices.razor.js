// Notifications on this device: asked for by a press of the button alone, subscribed at the browser's push service, and told to the hub.
// What each state says is on the page already.
import { send } from '/js/api.js';
import { begun, device, end, note, subscription } from '/js/push.js';

const text = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));

export function start(section, key, failed, hub, known) {
  const on = section.querySelector('[data-on]'), off = section.querySelector('[data-off]'), error = section.querySelector('[data-failed]');
  const able = isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  let ids = known;

  const show = state => {
    for (const said of section.querySelectorAll('[data-when]')) said.hidden = said.dataset.when !== state;
    on.hidden = state !== 'off';
    off.hidden = state !== 'on';
    section.dataset.state = state;
  };

  async function look() {
    if (!able) return show('unable');
    const made = await subscription();
    // Removed from another device, or never come to its end, or for a key that the hub has no more.
    if ((begun() && !ids.includes(device())) || (made?.options?.applicationServerKey && text(made.options.applicationServerKey) !== key)) await end();
    show(device() && await subscription() ? 'on' : Notification.permission === 'denied' ? 'denied' : 'off');
  }

  async function change(button, other, act) {
    error.textContent = '';
    button.disabled = true;
    try {
      error.textContent = await act() ?? '';
      ids = await hub.invokeMethodAsync('ChangedAsync');
    } catch {
      error.textContent = failed;
    }
    button.disabled = false;
    const focused = document.activeElement === button || document.activeElement === document.body;
    await look();
    if (focused) (button.hidden ? other : button).focus();
  }

  on.addEventListener('click', () => change(on, off, async () => {
    if (await Notification.requestPermission() !== 'granted') return null;
    await navigator.serviceWorker.register('/push-worker.js', { scope: '/' });
    const worker = await navigator.serviceWorker.ready;
    await end(); // one that was somebody else's, or made with another key
    note(null); // first of all: whatever happens from here on, somebody sees that there may be a subscription
    try {
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
      const answer = await send('PUT', '/me/push/devices', made.toJSON());
      if (answer.ok) return note((await answer.json()).id);
      await end();
      return (await answer.json().catch(() => null))?.title ?? failed;
    } catch (e) {
      await end();
      throw e;
    }
  }));

  off.addEventListener('click', () => change(off, on, async () => {
    const answer = await send('DELETE', `/me/push/devices/${device()}`);
    if (!answer.ok && answer.status !== 404) return failed;
    await end();
    return null;
  }));

  void look().catch(() => show('unable'));
  return {
    async removed(left) {
      ids = left;
      await look();
      if (document.activeElement === document.body) section.querySelector('h2').focus();
    },
    stop() {},
  };
}
