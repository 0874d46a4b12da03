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

export function startRefusals(): void {
  focusRefused();
  document.addEventListener('htmx:after:swap', focusRefused);
}
