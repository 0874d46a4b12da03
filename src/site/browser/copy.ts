import { showToast } from './toast.ts';

/** Puts a button's text on the clipboard and says so, to eyes and to screen readers. @returns whether it is there */
async function copy(button: HTMLElement): Promise<boolean> {
  const text = button.dataset['copy'] || (button.closest('[data-code]')?.querySelector('code')?.textContent ?? '');
  if (!(await writeText(text)) && !copySelected(text, button)) return false;
  button.dataset['copied'] = '';
  setTimeout(() => delete button.dataset['copied'], 2000);
  const note = noteOf(button);
  if (note) note.textContent = 'Your link is ready and copied.';
  announce('Copied.');
  return true;
}

/** Browsers have a clipboard on https and on this machine only, and may refuse it. */
async function writeText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** The way of before, for servers on plain http: a field that is selected. It stands by its button: outside of an open dialog nothing can be. */
function copySelected(text: string, button: HTMLElement): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.className = 'sr-only';
  field.readOnly = true; // or a phone would bring its keyboard
  field.value = text;
  button.after(field);
  field.focus();
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}

const noteOf = (button: HTMLElement) => button.closest('.create-link')?.querySelector('[data-copied-note]');

/** In a dialog its own note says it: messages lie behind. */
function sayRefused(button: HTMLElement): void {
  const refused = 'Your browser did not allow copying. Select the text and copy it yourself.';
  const note = noteOf(button);
  if (note) note.textContent = refused;
  else showToast('error', refused);
}

async function copyPressed(button: HTMLElement): Promise<void> {
  if (!(await copy(button))) sayRefused(button);
}

/** Reads a short text to screen readers. */
function announce(text: string): void {
  const region = document.querySelector('[data-announcer]') ?? document.body.appendChild(announcer());
  region.textContent = '';
  setTimeout(() => (region.textContent = text), 50); // a region must be empty before it speaks again
}

function announcer(): HTMLElement {
  const region = document.createElement('div');
  region.className = 'sr-only';
  region.setAttribute('aria-live', 'polite');
  region.dataset['announcer'] = '';
  return region;
}

/** `data-copy` copies on click, an empty one the code in its `data-code`; `data-copy-now` also as soon as it appears. */
export function startCopying(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest<HTMLElement>('[data-copy]');
    if (button) void copyPressed(button);
  });
  document.addEventListener('htmx:after:swap', () => {
    const button = document.querySelector<HTMLElement>('[data-copy-now]');
    if (!button) return;
    delete button.dataset['copyNow'];
    button.focus(); // the form that had the focus is gone
    void copy(button);
  });
}
