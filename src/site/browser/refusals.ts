/** Forms whose refusal was shown. Names that are completed are swapped in while one types, and must not move the cursor. */
const shown = new WeakSet<Element>();

/** Puts the cursor into the first refused field of a form that came back, whole or swapped in. */
function focusRefused(): void {
  for (const field of document.querySelectorAll<HTMLElement>('form [aria-invalid="true"]')) {
    const form = field.closest('form');
    if (!form || shown.has(form)) continue;
    shown.add(form);
    field.focus();
  }
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

const isTextField = (target: EventTarget | null): target is TextField =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

/** A refusal is not true of a field any more once it is changed. */
function takeBack(field: HTMLElement): void {
  if (!field.hasAttribute('aria-invalid')) return;
  field.removeAttribute('aria-invalid');
  const around = field.closest<HTMLElement>('.field');
  around?.removeAttribute('data-invalid');
  const sentence = around?.querySelector('.field-error');
  if (sentence) undescribe(field, sentence.id);
  sentence?.remove();
}

const describedBy = (field: HTMLElement) => field.getAttribute('aria-describedby')?.split(' ') ?? [];

function undescribe(field: HTMLElement, id: string): void {
  const others = describedBy(field).filter((each) => each !== id);
  if (others.length > 0) field.setAttribute('aria-describedby', others.join(' '));
  else field.removeAttribute('aria-describedby');
}

/** Says at once that a text is too long: cut off, as `maxlength` does, its end would be lost without a word. */
function sayTooLong(field: TextField): void {
  // Spaces around are taken off but those of a password.
  const text = field.type === 'password' ? field.value : field.value.trim();
  const excess = text.length - Number(field.dataset['most']);
  const id = `${field.id}-most`;
  const said = document.getElementById(id);
  if (!(excess > 0)) {
    if (said) undescribe(field, id);
    said?.remove();
    return;
  }
  const sentence = said ?? document.createElement('p');
  sentence.textContent = `At most ${field.dataset['most']} characters: ${excess} too many.`;
  if (said) return;
  sentence.id = id;
  sentence.className = 'field-error';
  sentence.role = 'status';
  field.setAttribute('aria-describedby', [...describedBy(field), id].join(' '));
  field.after(sentence);
}

export function startRefusals(): void {
  focusRefused();
  document.addEventListener('htmx:after:swap', focusRefused);
  document.addEventListener('input', ({ target }) => {
    if (!isTextField(target)) return;
    takeBack(target);
    if (target.dataset['most']) sayTooLong(target);
  });
}
