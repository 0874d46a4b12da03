import { askForKey } from './key-handover.ts';
import { newAnchorOf } from './old-anchors.ts';

/** The reference of the API at /docs: its contents, the language of its samples, and the key that they show. */

const all = <Found extends HTMLElement>(selector: string) => [...document.querySelectorAll<Found>(selector)];
const languageKey = 'sample-language';
const wide = matchMedia('(width >= 64rem)');

/** Shows a key in all samples. It is kept nowhere: a page that is loaded again has forgotten it. */
function startKey(): void {
  const field = document.querySelector<HTMLInputElement>('#your-key');
  if (!field) return;
  const places = all('[data-key]');
  const show = () => {
    const key = field.value.trim() || field.placeholder;
    for (const place of places) place.textContent = key;
  };
  // A browser that goes back may have filled it.
  field.value = '';
  field.addEventListener('input', show);
  askForKey((key) => {
    if (field.value !== '') return;
    field.value = key;
    show();
    const hint = document.querySelector('[data-key-hint]');
    if (hint)
      hint.textContent = 'This is the key that you just created. It stays in this page: nothing sends or stores it.';
  });
}

/** A language that is chosen once is chosen everywhere, and in the next visit. The sample that is being read stays where it is. */
function startLanguages(): void {
  const radios = all<HTMLInputElement>('.samples input[type="radio"]');
  const choose = (language: string) => {
    for (const radio of radios) if (radio.value === language) radio.checked = true;
  };
  try {
    choose(localStorage.getItem(languageKey) ?? '');
  } catch {
    // storage is switched off: the first language it is
  }
  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !radios.includes(target)) return;
    const before = target.getBoundingClientRect().top;
    choose(target.value);
    scrollBy(0, target.getBoundingClientRect().top - before);
    try {
      localStorage.setItem(languageKey, target.value);
    } catch {
      // it holds for this page
    }
  });
}

/** Beside the page the list is always open; above it a choice closes it. */
function startContents(contents: HTMLDetailsElement): void {
  const fit = () => (contents.open = wide.matches);
  fit();
  wide.addEventListener('change', fit);
  contents.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('nav a') && !wide.matches) contents.open = false;
  });
  document.querySelector('[data-contents]')?.addEventListener('click', () => (contents.open = true));
}

/** Leaves the lines that hold all words. */
function startFilter(contents: HTMLElement): void {
  const field = contents.querySelector<HTMLInputElement>('[data-filter]');
  const nothing = contents.querySelector('[data-nothing]');
  if (!field || !nothing) return;
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const part of contents.querySelectorAll<HTMLElement>('[data-part]')) {
      const lines = [...part.querySelectorAll('li')];
      for (const line of lines) {
        const text = `${line.textContent} ${line.dataset['words'] ?? ''}`.toLowerCase();
        line.hidden = !words.every((word) => text.includes(word));
        if (!line.hidden) found++;
      }
      part.hidden = words.length > 0 && lines.every(({ hidden }) => hidden);
    }
    nothing.textContent = found === 0 ? 'Nothing has these words.' : '';
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    contents.querySelector<HTMLAnchorElement>('li:not([hidden]) a')?.click();
  });
}

/** Marks the part that is being read. */
function startMark(contents: HTMLElement): void {
  const lines = new Map(
    [...contents.querySelectorAll<HTMLAnchorElement>('a')].map((link) => [link.hash.slice(1), link] as const),
  );
  let current: HTMLAnchorElement | undefined;
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        const line = lines.get(target.id);
        if (!isIntersecting || !line || line === current) continue;
        current?.removeAttribute('aria-current');
        line.setAttribute('aria-current', 'true');
        current = line;
        if (wide.matches) line.scrollIntoView({ block: 'nearest' });
      }
    },
    // A line below the bar: one part at a time crosses it.
    { rootMargin: '-20% 0px -79% 0px' },
  );
  for (const id of lines.keys()) {
    const part = document.getElementById(id);
    if (part && !part.matches('.group')) watch.observe(part);
  }
}

/** Anchors that were shared before this page was made lead to what they meant. */
function startOldAnchors(): void {
  const operations = new Map(all('[data-operation]').map(({ id, dataset }) => [dataset['operation'] ?? '', id]));
  const groups = all('.group').map(({ id }) => id);
  const lead = () => {
    const anchor = newAnchorOf(location.hash.slice(1), { operations, groups });
    if (anchor !== undefined) location.replace(`#${anchor}`);
  };
  addEventListener('hashchange', lead);
  lead();
}

startKey();
startLanguages();
startOldAnchors();
const contents = document.querySelector<HTMLDetailsElement>('#contents');
if (contents) {
  startContents(contents);
  startFilter(contents);
  startMark(contents);
}
