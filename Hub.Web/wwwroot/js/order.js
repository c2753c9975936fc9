// Asking for a reason: of a report (one of a list, and words of one's own), or of hiding a message. act({reason, text}) gives null when it is
// done, or what to say; the promise gives true once it is done, false for none.
const element = (name, more) => Object.assign(document.createElement(name), more);

export function reason(words, { title, text, label, button, most, reasons }, act) {
  return new Promise(done => {
    const dialog = element('dialog', { className: 'time-picker' });
    dialog.setAttribute('aria-labelledby', 'order-title');
    const said = element('p', { className: 'error' });
    said.setAttribute('role', 'status');
    const field = (id, words, input) => {
      const row = element('div', { className: 'field' });
      row.append(element('label', { htmlFor: id, textContent: words }), Object.assign(input, { id, className: 'input' }));
      return row;
    };
    const list = reasons && element('select', { required: true });
    if (list) for (const [value, name] of Object.entries(reasons)) list.append(element('option', { value, textContent: name }));
    const own = element('textarea', { maxLength: most, rows: 3, required: !reasons });
    const form = element('form', {});
    const close = element('button', { type: 'button', className: 'btn', textContent: words.close });
    const buttons = element('p', { className: 'buttons' });
    buttons.append(element('button', { type: 'submit', className: 'btn btn-primary', textContent: button }), close);
    form.append(...list ? [field('order-reason', words.why, list)] : [], field('order-text', label, own), buttons);
    dialog.append(element('h2', { id: 'order-title', textContent: title }), element('p', { className: 'meta', textContent: text }), form, said);
    document.body.append(dialog);

    let busy = false;
    const end = made => { dialog.close(); done(made); };
    form.addEventListener('submit', async e => {
      e.preventDefault();
      if (busy) return;
      busy = true;
      said.textContent = '';
      const problem = await act(list ? { reason: list.value, text: own.value } : { reason: own.value });
      busy = false;
      if (problem === null) end(true);
      else said.textContent = problem;
    });
    close.addEventListener('click', () => end(false));
    dialog.addEventListener('click', e => { if (e.target === dialog) end(false); });
    dialog.addEventListener('cancel', e => { e.preventDefault(); end(false); });
    dialog.addEventListener('close', () => dialog.remove());
    dialog.showModal();
    (list ?? own).focus();
  });
}
