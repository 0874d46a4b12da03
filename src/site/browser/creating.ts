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

/** Puts an offered slug into the field beside it. */
function takeOffered({ target }: MouseEvent): void {
  const button = target instanceof Element && target.closest<HTMLElement>('[data-take]');
  const field = button && button.closest('.field')?.querySelector<HTMLInputElement>('input');
  if (!button || !field) return;
  field.value = button.dataset['take'] ?? '';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
  button.remove();
}

/** A link to another form takes along what is typed here: names of fields, and `=` before another name there. */
function takeAlong({ target }: MouseEvent): void {
  const link = target instanceof Element && target.closest<HTMLAnchorElement>('a[data-takes]');
  const form = link && link.closest('form');
  if (!link || !form) return;
  const typed = new FormData(form);
  const there = new URL(link.href);
  for (const pair of link.dataset['takes']?.split(' ') ?? []) {
    const [name = '', nameThere = name] = pair.split('=');
    const value = typed.get(name);
    if (typeof value === 'string' && value !== '') there.searchParams.set(nameThere, value);
  }
  link.href = there.href;
}

/** Work that takes a moment says so on the button that began it. */
function sayBusy({ submitter }: SubmitEvent): void {
  const words = submitter?.dataset['busy'];
  if (!submitter || !words) return;
  const idle = submitter.textContent;
  submitter.textContent = words;
  submitter.setAttribute('aria-busy', 'true');
  // A page that is shown again by Back is at rest.
  addEventListener('pagehide', () => {
    submitter.textContent = idle;
    submitter.removeAttribute('aria-busy');
  });
}

/** The form of a new link, and of several. */
export function startCreating(): void {
  document.addEventListener('keydown', makeAndGoOn);
  document.addEventListener('click', openChip);
  document.addEventListener('click', takeOffered);
  document.addEventListener('click', takeAlong);
  document.addEventListener('submit', sayBusy);
  document.addEventListener('htmx:after:swap', selectKept);
}
