// Shows what the hub pushes, in the hub's own words, and opens it. It does nothing else: no page is kept, and none is answered from here.
addEventListener('install', () => skipWaiting());

addEventListener('push', e => {
  const told = e.data?.json();
  // The tag is the entry: what is told again stands in the place of what was told before.
  if (told) e.waitUntil(registration.showNotification(told.title, { body: told.text, tag: told.id, renotify: true, data: told.address }));
});

addEventListener('notificationclick', e => {
  e.notification.close();
  const to = new URL(e.notification.data ?? '/inbox', location.origin);
  if (to.origin === location.origin) e.waitUntil(open(to));
});

async function open(to) {
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find(p => p.focused) ?? pages.find(p => p.visibilityState === 'visible') ?? pages[0];
  if (!page) return clients.openWindow(to.href);
  page.postMessage({ open: to.pathname + to.search });
  return page.focus();
}
