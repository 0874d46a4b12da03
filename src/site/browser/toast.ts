const STAY_MS = 6000;

/** Messages whose time runs. */
const seen = new WeakSet<HTMLElement>();

/** Errors and offers to undo stay until they are dismissed; good news leaves by itself, unless one is reading it. */
function leaveLater(toast: HTMLElement): void {
  seen.add(toast);
  if (toast.dataset['kind'] === 'error' || toast.querySelector('form')) return;
  setTimeout(() => {
    if (toast.matches(':hover, :focus-within')) leaveLater(toast);
    else toast.remove();
  }, STAY_MS);
}

/** Shows a message in the corner, until it is dismissed or, for a success, six seconds. */
export function showToast(kind: 'success' | 'error', message: string): void {
  const template = document.querySelector<HTMLTemplateElement>(`template[data-toast="${kind}"]`);
  const toast = template?.content.firstElementChild?.cloneNode(true);
  if (!(toast instanceof HTMLElement)) return;
  const text = toast.querySelector('p');
  if (text) text.textContent = message;
  document.querySelector('#toasts')?.append(toast);
  leaveLater(toast);
}

const undoneKey = 'waymark-undone';

/** Gives the focus of an Undo that the keyboard pressed to the message that the next page has about it. */
function keepFocusOfUndo(): void {
  if (sessionStorage.getItem(undoneKey)) document.querySelector<HTMLElement>('.toast button')?.focus();
  sessionStorage.removeItem(undoneKey);
  document.addEventListener('submit', ({ target, submitter }) => {
    const isUndo = target instanceof Element && target.getAttribute('action')?.endsWith('/undo');
    if (isUndo && submitter?.matches(':focus-visible')) sessionStorage.setItem(undoneKey, 'yes');
  });
}

/** Wires messages that came with the page, those that responses send (HX-Trigger: {"toast": …}) and failed requests. */
export function startToasts(): void {
  const letLeave = () => {
    for (const toast of document.querySelectorAll<HTMLElement>('.toast')) if (!seen.has(toast)) leaveLater(toast);
  };
  letLeave();
  keepFocusOfUndo();
  document.addEventListener('htmx:after:swap', letLeave);
  document.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('[data-dismiss]'))
      event.target.closest('.toast')?.remove();
  });
  document.addEventListener('toast', (event) => {
    const detail: unknown = event instanceof CustomEvent ? event.detail : undefined;
    if (typeof detail !== 'object' || detail === null || !('message' in detail)) return;
    const isError = 'kind' in detail && detail.kind === 'error';
    showToast(isError ? 'error' : 'success', String(detail.message));
  });
  document.addEventListener('htmx:error', () => {
    showToast('error', 'That did not reach the server. Check your connection and try again.');
  });
}
