import { openDialog } from './popovers.ts';

/** The search over everything (views/site/components/_jump.eta): a field that keeps the focus, over a list that keys move in. */

const optionsOf = (dialog: HTMLElement) => [...dialog.querySelectorAll<HTMLElement>('[role="option"]')];

function activate(dialog: HTMLElement, input: HTMLElement, option: HTMLElement | undefined): void {
  for (const each of optionsOf(dialog)) each.setAttribute('aria-selected', String(each === option));
  if (!option) {
    input.removeAttribute('aria-activedescendant');
    return;
  }
  input.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({ block: 'nearest' });
}

/** In fields of a Mac, Ctrl-K takes the rest of a line away. */
const isCommand = ({ ctrlKey, metaKey }: KeyboardEvent) =>
  metaKey || (ctrlKey && !document.documentElement.classList.contains('mac'));

/** Ctrl-K and ⌘K open it from anywhere, also while somebody types. They are no single keys, so nobody switches them off. */
const isJumpKey = (event: KeyboardEvent) =>
  event.key.toLowerCase() === 'k' && isCommand(event) && !event.altKey && !event.shiftKey;

export function startJump(): void {
  const dialog = document.querySelector<HTMLDialogElement>('#jump');
  const input = dialog?.querySelector<HTMLInputElement>('#jump-input');
  const results = dialog?.querySelector<HTMLElement>('#jump-results');
  const status = dialog?.querySelector<HTMLElement>('#jump-status');
  if (!dialog || !input || !results || !status) return;
  /** Enter came before the results of what is typed. */
  let isAwaited = false;

  const shownFor = () => results.querySelector<HTMLElement>('[data-for]')?.dataset['for'];
  const isShown = () => shownFor() === input.value.trim();
  const current = () => optionsOf(dialog).find((option) => option.getAttribute('aria-selected') === 'true');

  function choose(): void {
    if (!dialog) return;
    isAwaited = !isShown() && input?.value.trim() !== '';
    if (isShown()) (current() ?? optionsOf(dialog)[0])?.click();
  }

  /** Takes what the last search left away, and asks for what is shown before one types. */
  function restart(): void {
    isAwaited = false;
    if (!input || !results) return;
    input.value = '';
    if (shownFor() !== '') results.replaceChildren();
    input.dispatchEvent(new Event('jump'));
  }

  document.addEventListener('keydown', (event) => {
    if (!isJumpKey(event)) return;
    const isOther = [...document.querySelectorAll('dialog:modal')].some((each) => each !== dialog);
    if (isOther) return;
    event.preventDefault(); // browsers have a use of their own for it
    if (dialog.open) dialog.close();
    else openDialog(dialog);
  });
  dialog.addEventListener('waymark:open', restart);
  input.addEventListener('input', () => {
    isAwaited = false;
  });
  input.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing) return;
    event.preventDefault();
    const options = optionsOf(dialog);
    const at = options.findIndex((option) => option === current());
    activate(dialog, input, options[(at + step + options.length) % options.length]);
  });
  dialog.querySelector('form')?.addEventListener('submit', (event) => {
    event.preventDefault();
    choose();
  });
  results.addEventListener('pointermove', ({ target }) => {
    const option = target instanceof Element && target.closest<HTMLElement>('[role="option"]');
    if (option && option !== current()) activate(dialog, input, option);
  });
  results.addEventListener('click', ({ target }) => {
    // A page may be shown again out of the browser's memory: without a dialog over it.
    if (target instanceof Element && target.closest('[role="option"]')) dialog.close();
  });
  new MutationObserver(() => {
    const options = optionsOf(dialog);
    input.setAttribute('aria-expanded', String(options.length > 0));
    activate(dialog, input, options[0]);
    status.textContent = results.querySelector('[data-says]')?.getAttribute('data-says') ?? '';
    if (isAwaited && isShown()) choose();
  }).observe(results, { childList: true });
}
