const switches = () => document.querySelectorAll('[data-sidebar-switch]');

function showState(): void {
  const isWide = document.documentElement.dataset['sidebar'] !== 'narrow';
  for (const button of switches()) button.setAttribute('aria-expanded', String(isWide));
}

/** Makes the sidebar wide or narrow, and keeps the choice for this browser; theme.ts applies it before the first paint. */
export function switchSidebar(): void {
  // A narrow window has no sidebar (sidebar.css), and nobody would see what was chosen.
  if (!matchMedia('(width >= 64rem)').matches) return;
  const root = document.documentElement;
  const isWide = root.dataset['sidebar'] !== 'narrow';
  if (isWide) root.dataset['sidebar'] = 'narrow';
  else delete root.dataset['sidebar'];
  try {
    localStorage.setItem('sidebar', isWide ? 'narrow' : 'wide');
  } catch {
    // storage is switched off: the choice lasts as long as the page
  }
  showState();
}

/** Wires the button of the sidebar. */
export function startSidebar(): void {
  showState();
  for (const event of ['storage', 'pageshow']) addEventListener(event, showState);
  document.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('[data-sidebar-switch]')) switchSidebar();
  });
}
