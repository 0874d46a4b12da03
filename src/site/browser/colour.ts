/** A colour as people write it, with or without #. */
const written = /^#?([\da-f]{6})$/i;

/**
 * `[data-colour]` holds a text field for a colour, a picker and buttons of colours, which are kept in step. The text field
 * alone is sent, because a picker cannot be empty.
 */
export function startColours(): void {
  document.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const box = target.closest('[data-colour]');
    const text = box?.querySelector<HTMLInputElement>('input:not([type=color])');
    const picker = box?.querySelector<HTMLInputElement>('input[type=color]');
    if (!text || !picker) return;
    if (target === picker) text.value = picker.value;
    const [, digits] = written.exec(text.value.trim()) ?? [];
    if (digits) picker.value = `#${digits.toLowerCase()}`;
    picker.toggleAttribute('data-empty', text.value.trim() === '');
  });
  document.addEventListener('click', ({ target }) => {
    const swatch = target instanceof Element ? target.closest<HTMLElement>('[data-swatch]') : null;
    const text = swatch?.closest('[data-colour]')?.querySelector<HTMLInputElement>('input:not([type=color])');
    if (!text) return;
    text.value = swatch?.dataset['swatch'] ?? '';
    // As if it had been typed, for all that follows the form.
    text.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
