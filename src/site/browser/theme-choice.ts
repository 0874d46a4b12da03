const choices = () => document.querySelectorAll<HTMLButtonElement>('[data-theme-choice]');

function showChoice(choice: string): void {
  for (const button of choices()) {
    button.setAttribute('aria-pressed', String(button.dataset['themeChoice'] === choice));
  }
}

/** Wires the buttons system, light and dark; theme.ts paints what they store. */
export function startThemeChoice(): void {
  try {
    showChoice(localStorage.getItem('theme') ?? 'system');
  } catch {
    return;
  }
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element && event.target.closest<HTMLButtonElement>('[data-theme-choice]');
    if (!button) return;
    const choice = button.dataset['themeChoice'] ?? 'system';
    localStorage.setItem('theme', choice);
    showChoice(choice);
    document.dispatchEvent(new CustomEvent('waymark:theme'));
  });
}
