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
const isJumpKey = (event: KeyboardEvent) => {
  // A layout without Latin letters tells it by the key's place.
  const isK = event.key.toLowerCase() === 'k' || (event.code === 'KeyK' && !/^[\x20-\x7e]$/.test(event.key));
  return isK && isCommand(event) && !event.altKey && !event.shiftKey && !event.isComposing;
};

/** The option that Enter opens before one moves: never one such as logging out, unless it was typed whole. */
const firstOf = (options: readonly HTMLElement[]) => options.find((option) => !('careful' in option.dataset));

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
    if (!dialog?.open) return;
    isAwaited = !isShown() && input?.value.trim() !== '';
    if (isShown()) (current() ?? firstOf(optionsOf(dialog)))?.click();
  }

  /** Clears the last search, and loads the list for an empty field. */
  function restart(): void {
    isAwaited = false;
    if (!input || !results) return;
    input.value = '';
    if (shownFor() !== '') results.replaceChildren();
    input.dispatchEvent(new Event('jump'));
  }

  document.addEventListener('keydown', (event) => {
    if (!isJumpKey(event)) return;
    event.preventDefault(); // browsers have a use of their own for it, which leads out of a form
    const isOther = [...document.querySelectorAll('dialog:modal')].some((each) => each !== dialog);
    if (isOther || event.repeat) return;
    if (dialog.open) dialog.close();
    else openDialog(dialog);
  });
  dialog.addEventListener('waymark:open', restart);
  // Closing it takes back an Enter that waits for an answer.
  dialog.addEventListener('close', () => {
    isAwaited = false;
  });
  input.addEventListener('input', () => {
    isAwaited = false;
    results.setAttribute('aria-busy', 'true');
  });
  input.addEventListener('htmx:error', () => {
    const sentence = document.createElement('p');
    sentence.className = 'jump-nothing';
    sentence.textContent = results.dataset['unreachable'] ?? '';
    results.replaceChildren(sentence);
    status.textContent = sentence.textContent;
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
    activate(dialog, input, firstOf(options));
    results.removeAttribute('aria-busy');
    status.textContent = results.querySelector('[data-says]')?.getAttribute('data-says') ?? status.textContent;
    if (isAwaited && isShown()) choose();
  }).observe(results, { childList: true });
}
