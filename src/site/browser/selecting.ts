const boxes = () => [...document.querySelectorAll<HTMLInputElement>('.link-table [name="links"]')];

/** Counts the selected rows and lets the box above them follow. */
function show(): void {
  const count = boxes().filter((box) => box.checked).length;
  const words = document.querySelector('[data-selected-count]');
  if (words) words.textContent = count > 0 ? String(count) : '';
  const all = document.querySelector<HTMLInputElement>('[data-select-all]');
  if (!all) return;
  all.checked = count > 0 && count === boxes().length;
  all.indeterminate = count > 0 && !all.checked;
}

/** The list's check boxes: all at once, and how many there are; the bar below shows itself without this. */
export function startSelecting(): void {
  document.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return;
    const { target } = event;
    if (target.matches('[data-select-all]')) for (const box of boxes()) box.checked = target.checked;
    show();
  });
  document.addEventListener('reset', () => setTimeout(show)); // the boxes are cleared after the event
  document.addEventListener('htmx:after:swap', show);
  window.addEventListener('pageshow', show); // browsers keep boxes checked when one goes back
}
