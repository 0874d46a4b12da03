import { isUnsaved } from './guard.ts';
import { openDialog } from './popovers.ts';

/** Forms at the side of the page (views/site/components/_drawer.eta), which htmx loads when a link with data-opens is followed. */

/** The link that opened each. */
const openers = new WeakMap<Element, HTMLAnchorElement>();

const drawerOf = (target: EventTarget | null | undefined): HTMLDialogElement | null =>
  target instanceof Element ? target.closest<HTMLDialogElement>('dialog.drawer') : null;

/** The htmx request that an event tells of. */
type Asked = { sourceElement?: Element; target?: Element };
const askedIn = (event: Event): Asked =>
  event instanceof CustomEvent ? ((event.detail as { ctx?: Asked } | null)?.ctx ?? {}) : {};

const bodyOf = (drawer: Element) => drawer.querySelector<HTMLElement>('.drawer-body');

/** Puts the cursor into the field that the opener's address names, or else the first, so that pasting replaces what it holds. */
function focusField(drawer: HTMLDialogElement): void {
  const id = openers.get(drawer)?.hash.slice(1);
  const named = id ? document.getElementById(id) : null;
  const field =
    named ?? drawer.querySelector<HTMLElement>('.drawer-body :is(input:not([type="hidden"]), textarea, select)');
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}

/** Asks whether unsaved changes are to be left. */
function ask(drawer: HTMLDialogElement): void {
  const question = document.getElementById(`${drawer.id}-leave`);
  if (!(question instanceof HTMLDialogElement)) return;
  question.returnValue = '';
  openDialog(question);
  question.addEventListener('close', () => question.returnValue === 'leave' && close(drawer), { once: true });
}

function close(drawer: HTMLDialogElement): void {
  bodyOf(drawer)?.replaceChildren();
  drawer.close();
}

/** Messages lie behind an open drawer: its form says why it was not saved, with all that was typed. Without a form it closes. */
function sayFailed(message: string): void {
  const drawer = document.querySelector<HTMLDialogElement>('dialog.drawer[open]');
  const form = drawer?.querySelector('form[data-guarded]');
  if (!drawer || !form) return drawer?.close();
  const note = drawer.querySelector('template')?.content.firstElementChild?.cloneNode(true);
  if (!(note instanceof HTMLElement)) return;
  const text = note.querySelector('span');
  if (text) text.textContent = message;
  form.querySelector('.drawer-failed')?.remove();
  form.prepend(note);
  note.scrollIntoView({ block: 'nearest' });
}

export function startDrawers(): void {
  document.addEventListener(
    'click',
    ({ target }) => {
      const opener = target instanceof Element ? target.closest('a[data-opens]') : null;
      const drawer = opener && document.getElementById(opener.getAttribute('data-opens') ?? '');
      if (opener instanceof HTMLAnchorElement && drawer?.matches('.drawer')) openers.set(drawer, opener);
    },
    true, // the opener's own listeners may take it away
  );
  const guard = (event: Event) => {
    const drawer = drawerOf(event.target);
    if (!drawer || event.target !== drawer || !isUnsaved(drawer)) return;
    event.preventDefault();
    ask(drawer);
  };
  document.addEventListener('waymark:leave', guard);
  document.addEventListener('cancel', guard, true);
  // Browsers let nobody refuse the second Escape in a row, but for the key itself.
  document.addEventListener('keydown', (event) => {
    const drawer = event.key === 'Escape' && !event.isComposing ? drawerOf(event.target) : null;
    if (!drawer || !isUnsaved(drawer)) return;
    event.preventDefault();
    ask(drawer);
  });
  document.addEventListener(
    'close',
    ({ target }) => target === drawerOf(target) && target && bodyOf(target as Element)?.replaceChildren(),
    true,
  );
  document.addEventListener('toast', (event) => {
    const said = (event instanceof CustomEvent ? event.detail : {}) as { kind?: string; message?: string };
    if (said.kind === 'error') sayFailed(said.message ?? '');
  });
  document.addEventListener('htmx:error', (event) => {
    if (drawerOf(askedIn(event).target))
      sayFailed('That did not reach the server. Check your connection and try again.');
  });
  document.addEventListener('htmx:after:swap', (event) => {
    const { sourceElement, target } = askedIn(event);
    const drawer = drawerOf(target);
    if (!drawer?.open) return;
    if (sourceElement instanceof HTMLAnchorElement) focusField(drawer);
    else drawer.querySelector<HTMLElement>('[role="alert"] a')?.focus(); // of a form that somebody else overtook
  });
  const closeAll = () => document.querySelectorAll<HTMLDialogElement>('dialog.drawer[open]').forEach(close);
  for (const saved of ['link-saved', 'campaign-saved']) document.addEventListener(saved, closeAll);
}
