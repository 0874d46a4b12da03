/** The open `<dialog>` or menu that a button points at with popovertarget. */
function targetOf(button: HTMLButtonElement): HTMLElement | null {
  return document.getElementById(button.getAttribute('popovertarget') ?? '');
}

/**
 * Shows a dialog above an inert page and puts the cursor into its first field.
 * @param opener a link that brings the form by htmx, if any
 */
export function openDialog(dialog: HTMLDialogElement, opener?: HTMLElement): void {
  if (dialog.open) return;
  // A menu gives the focus back to its button, which has it again when the dialog is closed.
  document.querySelector<HTMLElement>('.menu:popover-open')?.hidePopover();
  // A finished form makes room for the next one; of two that come at once the later would stay.
  if (!opener?.hasAttribute('hx-get')) dialog.querySelector<HTMLElement>('[data-create-again]')?.click();
  dialog.showModal();
  dialog.dispatchEvent(new Event('waymark:open'));
  dialog.querySelector<HTMLElement>('[autofocus]')?.focus();
}

/** Closes a dialog as its buttons and its backdrop do; one that holds something unsaved may ask first. */
function closeDialog(dialog: HTMLDialogElement): void {
  if (dialog.dispatchEvent(new Event('waymark:leave', { bubbles: true, cancelable: true }))) dialog.close();
}

/** Without scripts dialogs are plain popovers; with them they are modal. Menus stay popovers and learn the arrow keys. */
export function startPopovers(): void {
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element)) return;
    const opener = event.target.closest<HTMLElement>('[data-opens]');
    const opened = opener && document.getElementById(opener.dataset.opens ?? '');
    // A link may fill the dialog by htmx; without scripts it leads to a page.
    const isElsewhere = opener instanceof HTMLAnchorElement && (event.ctrlKey || event.metaKey || event.shiftKey);
    if (opened instanceof HTMLDialogElement && !isElsewhere) {
      event.preventDefault();
      const around = opener?.closest('dialog');
      if (around !== opened) around?.close();
      openDialog(opened, opener ?? undefined);
    }
    const button = event.target.closest<HTMLButtonElement>('[popovertarget]');
    const dialog = button && targetOf(button);
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      if (button?.getAttribute('popovertargetaction') === 'hide') closeDialog(dialog);
      else openDialog(dialog);
    } else if (event.target instanceof HTMLDialogElement && event.target.open) {
      closeDialog(event.target); // a click on the backdrop
    }
  });
  document.addEventListener('keydown', moveInMenu);
  // A menu whose form was refused is open again, as its button opens it.
  const refused = document.querySelector('.menu[data-open]');
  if (refused) document.querySelector<HTMLElement>(`[popovertarget="${refused.id}"]`)?.click();
}

function moveInMenu(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = document.querySelector('.menu:popover-open');
  const isField = event.target instanceof Element && event.target.matches('input, select, textarea');
  if (!step || !menu || isField) return; // in a field they are the field's: a date's, a choice's
  event.preventDefault();
  const items = [...menu.querySelectorAll<HTMLElement>('.menu-item')].filter((item) => item.offsetParent !== null);
  const current = items.findIndex((item) => item === document.activeElement);
  const next = current < 0 && step < 0 ? items.length - 1 : (current + step + items.length) % items.length;
  items[next]?.focus();
}
