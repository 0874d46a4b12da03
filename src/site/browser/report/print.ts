/** `data-print` prints the page, without the dialog that the button stands in. */
export function startPrinting(): void {
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element) || !event.target.closest('[data-print]')) return;
    event.target.closest('dialog')?.close();
    window.print();
  });
}
