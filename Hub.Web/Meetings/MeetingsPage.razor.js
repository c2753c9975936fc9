// Scrolls the working day into view, moves between days with the arrow keys, and tells the browser's time zone.
export function start() {
  const show = () => {
    const grid = document.querySelector('.week .hours');
    if (grid && !grid.dataset.scrolled) {
      grid.dataset.scrolled = 'yes';
      grid.scrollTop = grid.querySelector('[data-hour="7"]')?.offsetTop ?? 0;
    }
  };
  show();
  const page = document.querySelector('.calendar');
  if (!page) return null;
  new MutationObserver(show).observe(page, { childList: true, subtree: true });
  page.addEventListener('keydown', e => {
    if (!['ArrowLeft', 'ArrowRight'].includes(e.key) || e.altKey || e.ctrlKey || e.metaKey) return;
    const days = [...page.querySelectorAll('[data-day]')].filter(d => d.offsetParent);
    const at = days.findIndex(d => d === document.activeElement || d.contains(document.activeElement));
    const to = days[at + (e.key === 'ArrowRight' ? 1 : -1)];
    if (at < 0 || !to) return;
    e.preventDefault();
    (to.querySelector('a.meeting') ?? to).focus();
  });
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
