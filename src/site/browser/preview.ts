/** Pause after the last key, in milliseconds: shorter asks for pages that nobody sees, longer feels late. */
const pauseMs = 250;

/**
 * `form[data-preview]` shows in its frame what the address says its values would look like. The page that comes is put
 * into the one that is there. A frame that loads anew blinks, and each load is a step for the button Back.
 */
export function startPreviews(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-preview]')) {
    const frame = form.querySelector('iframe');
    if (frame) follow(form, frame);
  }
  // A file that is too large is said to be so before it is sent.
  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.dataset['maxBytes']) return;
    const max = Number(target.dataset['maxBytes']);
    const isTooLarge = [...(target.files ?? [])].some(({ size }) => size > max);
    target.setCustomValidity(isTooLarge ? `This file is too large. At most ${max / 1_000} kB fit here.` : '');
    if (isTooLarge) target.reportValidity();
  });
}

function follow(form: HTMLFormElement, frame: HTMLIFrameElement): void {
  let timer: number | undefined;
  let asked: AbortController | undefined;
  const update = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const body = new FormData(form);
    // It would be refused: the page is shown without it.
    if (form.querySelector(':invalid[type=file]')) body.delete('logo');
    try {
      const answer = await fetch(form.dataset['preview'] ?? '', { method: 'POST', body, signal });
      const text = await answer.text();
      if (answer.ok && !signal.aborted && frame.contentDocument) replace(frame.contentDocument, text, signal);
    } catch {
      // Another key came, or the network is away: the page stays as it is, and the next key tries again.
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void update(), pauseMs);
  };
  form.addEventListener('input', soon);
  form.addEventListener('change', ({ target }) => {
    soon();
    if (target instanceof Element && target.closest('[data-unkept]')) keepChoice(form);
  });
  // A form that came back refused holds other values than those that are stored.
  if (form.querySelector('[aria-invalid="true"]')) frame.addEventListener('load', soon, { once: true });
}

/** A choice of what is shown is no change that could be lost (guard.ts). */
function keepChoice(form: HTMLFormElement): void {
  for (const option of form.querySelectorAll<HTMLOptionElement>('[data-unkept] option'))
    option.defaultSelected = option.selected;
  for (const radio of form.querySelectorAll<HTMLInputElement>('[data-unkept] input'))
    radio.defaultChecked = radio.checked;
}

/** Puts a page into the place of another: its body, its theme and its brand. Scripts have no place in either. */
function replace(shown: Document, text: string, signal: AbortSignal): void {
  const page = new DOMParser().parseFromString(text, 'text/html');
  const sheets = (of: Document) => [...of.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')];
  const hrefOf = (sheet: Element) => sheet.getAttribute('href');
  const wanted = new Set(sheets(page).map(hrefOf));
  const old = sheets(shown).filter((sheet) => !wanted.has(hrefOf(sheet)));
  const there = new Set(sheets(shown).map(hrefOf));
  const fresh = sheets(page).filter((sheet) => !there.has(hrefOf(sheet)));
  const finish = () => {
    // A later page may be there already: its sheet came sooner.
    if (signal.aborted) return;
    for (const sheet of old) sheet.remove();
    shown.documentElement.className = page.documentElement.className;
    shown.body.replaceWith(shown.adoptNode(page.body));
  };
  for (const sheet of fresh) shown.head.append(shown.adoptNode(sheet));
  // The new colour is there before the old one goes.
  const [last] = fresh;
  if (!last) finish();
  else for (const end of ['load', 'error']) last.addEventListener(end, finish, { once: true });
}
