// A hint is written at the end of the words, where its value goes on; nothing is sent by it.
export function attach(page) {
  page.addEventListener('click', e => {
    const says = e.target.closest('[data-add]')?.dataset.add;
    if (!says) return;
    const input = page.querySelector('input');
    input.value = `${input.value.trimEnd()} ${says}`.trimStart();
    write(input);
  });
  const input = page.querySelector('input'), at = document.activeElement;
  // Who comes without a question, or with one that has only begun, came to write; whoever is writing elsewhere is left there.
  if ((!input.value || input.value.endsWith(' ')) && (at === document.body || at.localName === 'h1' || at === input)) write(input);
}

function write(input) {
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}
