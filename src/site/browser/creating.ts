/** Shift and Enter in a field of a new link make it, and leave the form there for the next one. */
function makeAndGoOn(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || !event.shiftKey || !(event.target instanceof HTMLInputElement)) return;
  const next = event.target.form?.querySelector<HTMLButtonElement>('button[name="next"]');
  if (!next) return;
  event.preventDefault();
  event.target.form?.requestSubmit(next);
}

/** A chip opens its section in place, and the cursor goes there. */
function openChip(event: MouseEvent): void {
  const summary = event.target instanceof Element && event.target.closest('.chip > summary');
  if (!(summary && summary.parentElement instanceof HTMLDetailsElement)) return;
  event.preventDefault();
  summary.parentElement.open = true;
  summary.parentElement.querySelector<HTMLElement>('input, textarea, select')?.focus();
}

/** The address of the link before is there to be pasted over. */
function selectKept(): void {
  const field = document.querySelector<HTMLInputElement>('input[data-select]');
  if (!field) return;
  delete field.dataset['select'];
  field.focus();
  field.select();
}

/** The form of a new link. */
export function startCreating(): void {
  document.addEventListener('keydown', makeAndGoOn);
  document.addEventListener('click', openChip);
  document.addEventListener('htmx:after:swap', selectKept);
}
