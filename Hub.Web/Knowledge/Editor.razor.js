// The editor's text is the browser's own: loaded, previewed, saved and published over HTTP, kept as a draft by drafts.js.
import { send } from '/js/api.js';
import { creator } from '/js/create.js';

const forms = new WeakMap(); // form → the article it writes, null while that is new
const done = key => document.dispatchEvent(new CustomEvent('hub:draft-done', { detail: key }));

export async function attach(form) {
  if (forms.has(form)) {
    // Blazor keeps the form from one article to another. When it was not this form's own first save, a new page is the way out.
    if (forms.get(form) !== (form.dataset.article || null)) location.reload();
    return;
  }
  const find = name => form.querySelector(`[data-${name}]`);
  const [title, body, service] = ['#article-title', '#article-body', '#article-service'].map(s => form.querySelector(s));
  const [said, error, preview, conflict] = ['said', 'error', 'preview', 'conflict'].map(find);
  let id = form.dataset.article || null;
  forms.set(form, id);
  const create = creator('article', '/articles');
  // The version an edit began with is kept beside its draft: text found again after a reload must not overwrite what came since.
  const baseKey = () => `hub:article-base:${id}`;
  let version = 0;
  let standing = null; // the newest text that the hub has
  let timer, asked = 0, busy = false;

  const boxes = [...form.querySelectorAll('.readers input')];
  const mayChoose = form.querySelector('.readers').dataset.readers === 'true';
  const audience = () => boxes.filter(b => b.checked).map(b => ({ kind: b.dataset.kind, targetId: b.value }));
  const words = () => JSON.stringify(audience());
  let readers = words(); // as the hub has it

  const texts = a => a.draft ?? { title: a.title, body: a.body };
  const setBase = v => { version = v; if (id) localStorage.setItem(baseKey(), String(v)); };

  async function show() {
    const mine = ++asked;
    try {
      const answer = await send('POST', '/articles/preview', { body: body.value });
      // The html was sanitised by the hub, as every html that is shown.
      if (answer.ok && mine === asked) preview.innerHTML = (await answer.json()).html;
    } catch { /* no network: the preview waits, the text is kept */ }
  }

  function typed() {
    clearTimeout(timer);
    timer = setTimeout(show, 300);
    said.textContent = '';
    error.textContent = '';
    for (const box of [title, body]) box.removeAttribute('aria-invalid');
  }

  function disagree(current) {
    standing = current;
    const theirs = texts(current);
    find('their-title').textContent = theirs.title;
    find('their-body').textContent = theirs.body;
    find('my-title').textContent = title.value;
    find('my-body').textContent = body.value;
    conflict.hidden = false;
    conflict.focus();
  }

  async function refused(answer) {
    const problem = await answer.json().catch(() => ({}));
    if (answer.status === 409 && problem.current) return disagree(problem.current);
    error.textContent = problem.title ?? form.dataset.failed;
    const wrong = problem.errors?.title ? title : problem.errors?.body ? body : null;
    if (!wrong) return;
    wrong.setAttribute('aria-invalid', 'true');
    wrong.focus();
  }

  /** Saves; gives the article, or null when it was refused or could not be sent (the text stays where it is). */
  async function save() {
    const text = { title: title.value, body: body.value, service: service.value };
    if (!boxes.some(b => b.checked)) {
      error.textContent = form.dataset.nobody;
      boxes[0]?.focus();
      return null;
    }
    const asked = words();
    const { answer, earlier } = id ? { answer: await send('PUT', `/articles/${id}`, { ...text, version }) } : await create({ ...text, audience: JSON.parse(asked) });
    if (!answer.ok) {
      await refused(answer);
      return null;
    }
    let article = await answer.json();
    if (!id) {
      await begin(article.id);
      if (earlier) {
        [version, readers] = [article.version, null];
        return save();
      }
    } else if (mayChoose && asked !== readers) {
      const told = await send('PUT', `/articles/${id}/audience`, { audience: JSON.parse(asked) });
      if (!told.ok) {
        version = article.version;
        await refused(told);
        return null;
      }
      article = await told.json();
    }
    readers = asked;
    standing = article;
    conflict.hidden = true;
    localStorage.removeItem(baseKey());
    version = article.version;
    // What was typed while the save was under way is still a draft, begun from what is saved now.
    for (const [box, sent] of [[title, text.title], [body, text.body]]) {
      if (box.value === sent) done(box.dataset.draft);
      else setBase(version);
    }
    said.textContent = form.dataset.saved;
    return article;
  }

  /** The new article has an address: its boxes become that article's drafts as they stand, caret and all, and Blazor follows. */
  async function begin(made) {
    id = made;
    forms.set(form, id);
    for (const box of [title, body]) {
      const key = `article:${id}:${box === title ? 'title' : 'body'}`;
      done(box.dataset.draft);
      // drafts.js empties a box that changes hands, unless it has words for it already.
      const twin = Object.assign(document.createElement('textarea'), { value: box.value, hidden: true });
      twin.dataset.draft = key;
      form.append(twin);
      twin.dispatchEvent(new Event('input', { bubbles: true }));
      twin.remove();
      box.dataset.draft = key;
    }
    await null; // drafts.js has seen the new keys
    if (window.Blazor?.navigateTo) window.Blazor.navigateTo(`/articles/${id}/edit`, { replaceHistoryEntry: true });
    else history.replaceState(history.state, '', `/articles/${id}/edit`);
  }

  async function once(work) {
    if (busy) return;
    busy = true;
    try {
      await work();
    } catch {
      error.textContent = form.dataset.unsent;
    } finally {
      busy = false;
    }
  }

  async function publish() {
    const article = await save();
    if (!article) return;
    const answer = await send('POST', `/articles/${article.id}/publish`, { version: article.version });
    if (!answer.ok) await refused(answer);
    else if (window.Blazor?.navigateTo) window.Blazor.navigateTo(`/articles/${article.id}`);
    else location.assign(`/articles/${article.id}`);
  }

  const onKey = e => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 's') { e.preventDefault(); once(save); }
  };
  form.addEventListener('keydown', onKey);
  form.addEventListener('submit', e => { e.preventDefault(); once(save); });
  form.addEventListener('click', e => { if (e.target.closest('[data-publish]')) once(publish); });
  for (const box of [title, body]) {
    box.addEventListener('input', () => { if (id && version) setBase(version); typed(); });
    box.addEventListener('hub:draft-restored', () => {
      version = Number(id && localStorage.getItem(baseKey())) || 0;
      said.textContent = form.dataset.kept;
      show();
    });
  }
  find('keep-mine').addEventListener('click', () => { version = standing.version; once(save); title.focus(); });
  find('take-theirs').addEventListener('click', () => {
    ({ title: title.value, body: body.value } = texts(standing));
    version = standing.version;
    conflict.hidden = true;
    done(title.dataset.draft);
    done(body.dataset.draft);
    localStorage.removeItem(baseKey());
    body.focus();
    show();
  });
  // A link in the preview leads away from what is being written: it opens beside it, and a heading of the text is scrolled to.
  preview.addEventListener('click', e => {
    const link = e.target.closest('a[href]');
    if (!link) return;
    e.preventDefault();
    e.stopPropagation();
    const href = link.getAttribute('href');
    if (href.startsWith('#')) preview.querySelector(`[id="${CSS.escape(href.slice(1))}"]`)?.scrollIntoView({ block: 'nearest' });
    else window.open(link.href, '_blank', 'noopener');
  });
  for (const tab of form.querySelectorAll('[data-show]')) {
    tab.addEventListener('click', () => {
      form.dataset.tab = tab.dataset.show;
      for (const t of form.querySelectorAll('[data-show]')) t.setAttribute('aria-pressed', String(t === tab));
    });
  }

  if (id) {
    const answer = await send('GET', `/articles/${id}`);
    if (!answer.ok) return refused(answer);
    standing = await answer.json();
    const { title: t, body: b } = texts(standing);
    const kept = Boolean(title.value || body.value);
    if (!title.value) title.value = t;
    if (!body.value) body.value = b;
    version = kept ? Number(localStorage.getItem(baseKey())) || 0 : standing.version;
  }
  form.dataset.ready = 'true';
  if (body.value) show();
}
