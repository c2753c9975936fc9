// A combobox (ARIA 1.2, list autocomplete, manual selection): the words stay in the input, the chosen row is told by
// aria-activedescendant. Answers that come late are dropped; what is typed is never written over.
const wait = 120;

export function attach(form) {
  if (!form || form.dataset.attached) return;
  form.dataset.attached = '1';
  const input = form.querySelector('input'), list = form.querySelector('[role=listbox]');
  let timer, asked = 0, shown = null, chosen = -1, running;

  const rows = () => [...list.querySelectorAll('[role=option]')];

  function choose(at) {
    const all = rows();
    chosen = all.length ? (at + all.length) % all.length : -1;
    all.forEach((row, i) => row.setAttribute('aria-selected', i === chosen ? 'true' : 'false'));
    if (chosen < 0) input.removeAttribute('aria-activedescendant');
    else {
      input.setAttribute('aria-activedescendant', all[chosen].id);
      all[chosen].scrollIntoView({ block: 'nearest' });
    }
  }

  function open(yes) {
    list.hidden = !yes;
    input.setAttribute('aria-expanded', yes ? 'true' : 'false');
    if (!yes) { chosen = -1; input.removeAttribute('aria-activedescendant'); }
  }

  async function ask() {
    const question = input.value;
    if (question.trim() === '') { asked++; running?.abort(); shown = null; list.replaceChildren(); open(false); return; }
    if (question === shown) { open(true); return; }
    const mine = ++asked;
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch('/search/box?q=' + encodeURIComponent(question), { signal: running.signal, headers: { Accept: 'text/html' } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const html = await answer.text();
      if (mine !== asked) return;
      list.innerHTML = html;
      rows().forEach((row, i) => { row.id = `${list.id}-${i}`; });
      shown = question;
      chosen = -1;
      input.removeAttribute('aria-activedescendant');
      open(document.activeElement === input || list.contains(document.activeElement));
    } catch (e) {
      if (e.name === 'AbortError' || mine !== asked) return;
      shown = null;
      const note = document.createElement('div');
      note.className = 'sb-none';
      note.textContent = form.dataset.slow;
      list.replaceChildren(note);
      open(true);
    }
  }

  function leave() {
    open(false);
    form.closest('dialog')?.close();
  }

  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(ask, wait); });
  input.addEventListener('focus', () => { if (shown === input.value && list.childElementCount) open(true); });
  form.addEventListener('focusout', e => { if (!form.contains(e.relatedTarget)) open(false); });
  list.addEventListener('mousedown', e => e.preventDefault()); // the input keeps the focus
  list.addEventListener('click', e => { if (e.target.closest('[role=option]')) leave(); });
  input.addEventListener('keydown', e => {
    if (e.isComposing) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (list.hidden) { ask(); return; }
      choose(e.key === 'ArrowDown' ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if (e.key === 'Escape') {
      if (!list.hidden) { e.preventDefault(); e.stopPropagation(); open(false); }
      else if (input.value) { e.preventDefault(); input.value = ''; }
    } else if (e.key === 'Enter' && !list.hidden && chosen >= 0) {
      e.preventDefault();
      rows()[chosen].click();
    }
  });
  form.addEventListener('submit', e => {
    e.preventDefault();
    clearTimeout(timer);
    asked++;
    running?.abort();
    const question = input.value.trim();
    if (!question) return;
    leave();
    form.dataset.asked = question;
    const to = '/search?q=' + encodeURIComponent(question);
    if (window.Blazor?.navigateTo) window.Blazor.navigateTo(to); else location.assign(to);
  });
  form.dataset.asked = input.defaultValue;
  // Somebody may have typed before this script came.
  if (document.activeElement === input && input.value && input.value !== input.defaultValue) ask();
}

/** Another question's results are shown (a link, Back): the box says so, unless somebody is writing something else in it. */
export function asked(form, question) {
  const input = form.querySelector('input');
  if (document.activeElement !== input || input.value === form.dataset.asked) input.value = question;
  form.dataset.asked = question;
}

let keys = false;

// Ctrl+K anywhere, and / where nobody is typing, open the box over whatever is shown; so does the top bar's button.
export function overlay(dialog) {
  attach(dialog.querySelector('form'));
  window.hubSearch = dialog;
  if (keys) return;
  keys = true;
  const show = () => {
    const open = window.hubSearch;
    if (!open?.isConnected) return false;
    if (!open.open) open.showModal();
    const input = open.querySelector('input');
    input.focus();
    input.select();
    return true;
  };
  document.addEventListener('keydown', e => {
    const typing = e.target.closest?.('input, textarea, select, [contenteditable=true], [role=textbox]');
    const slash = e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !typing && document.documentElement.dataset.shortcuts !== 'off';
    if (((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === 'k') || slash) { if (show()) e.preventDefault(); }
  });
  document.addEventListener('click', e => {
    if (e.target.closest?.('#open-search, a.searchlink') && !e.ctrlKey && !e.metaKey && show()) { e.preventDefault(); e.stopPropagation(); }
    if (e.target === window.hubSearch) window.hubSearch.close(); // the backdrop
  }, true);
  const { searchAsked } = document.documentElement.dataset;
  if (searchAsked === undefined || !show()) return;
  delete document.documentElement.dataset.searchAsked;
  const input = dialog.querySelector('input');
  input.value = searchAsked;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}
