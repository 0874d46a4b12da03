/** Puts a button's text on the clipboard and says so, to eyes and to screen readers. */
async function copy(button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
  } catch {
    return; // the browser refused; the text is still there to select
  }
  button.dataset['copied'] = '';
  setTimeout(() => delete button.dataset['copied'], 2000);
  const note = button.closest('.create-link')?.querySelector('[data-copied-note]');
  if (note) note.textContent = 'Your link is ready and copied.';
  announce('Copied.');
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

/** `data-copy` copies on click; `data-copy-now` also as soon as it appears. */
export function startCopying(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest<HTMLElement>('[data-copy]');
    if (button) void copy(button);
  });
  document.addEventListener('htmx:after:swap', () => {
    const button = document.querySelector<HTMLElement>('[data-copy-now]');
    if (!button) return;
    delete button.dataset['copyNow'];
    button.focus(); // the form that had the focus is gone
    void copy(button);
  });
}
