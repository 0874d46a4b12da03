import { openDialog } from './popovers.ts';
import { switchSidebar } from './sidebar.ts';

const OFF_KEY = 'shortcuts-off';
const SEQUENCE_MS = 1200;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type="checkbox"], [type="radio"]), textarea, select'));

const openById = (id: string) => {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement) openDialog(dialog);
};

const placed = (place: string) => document.querySelector<HTMLAnchorElement>(`[data-shortcut="${place}"]`);

/** Follows a link of the main navigation, so that the addresses stand in one place: the page. */
const follow = (place: string) => placed(place)?.click();

/** Searches the links where the page has no search; the browser focuses the field that an address points at. */
function search(): void {
  const field = document.querySelector<HTMLInputElement>('input[type="search"]');
  const links = placed('g l');
  if (field) field.focus();
  else if (links) location.assign(`${links.href}#link-search`);
}

/** Opens the form of the row that has the focus, or else that of the page's own thing. */
function edit(): void {
  const row = document.activeElement?.closest('tr');
  (row?.querySelector<HTMLElement>('[data-edit]') ?? placed('e'))?.click();
}

/** Makes room for the next link where one was just made. @returns whether one was */
function beginAnew(): boolean {
  const again = document.querySelector<HTMLElement>('dialog:modal [data-create-again]');
  again?.click();
  return again !== null;
}

/** Keys of the periods of a report; on other pages nothing has them. */
const periodKeys = ['d', 'w', 'm', 'q', 'y', 'a'];

const actions: Record<string, () => void> = {
  c: () => openById('create-link'),
  e: edit,
  '/': search,
  '?': () => openById('shortcuts'),
  b: switchSidebar,
  ...Object.fromEntries(periodKeys.map((key) => [key, () => follow(key)])),
};

/** Single keys can be switched off, because speech input types them by accident (WCAG 2.2, 2.1.4). */
export function startShortcuts(): void {
  let isOff = false;
  try {
    isOff = localStorage.getItem(OFF_KEY) === '1';
  } catch {
    // storage is switched off: shortcuts stay on
  }
  const box = document.querySelector<HTMLInputElement>('[data-shortcuts-switch]');
  if (box) {
    box.checked = !isOff;
    box.addEventListener('change', () => {
      isOff = !box.checked;
      localStorage.setItem(OFF_KEY, isOff ? '1' : '0');
    });
  }

  let previous = { key: '', at: 0 };
  document.addEventListener('keydown', (event) => {
    if (isOff || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
      return;
    if (document.querySelector('dialog:modal')) {
      if (event.key === 'c' && beginAnew()) event.preventDefault();
      return;
    }
    const isSequence = event.timeStamp - previous.at < SEQUENCE_MS;
    const isPlace = isSequence && previous.key === 'g' && placed(`g ${event.key}`) !== null;
    const action = isPlace ? () => follow(`g ${event.key}`) : actions[event.key];
    previous = { key: event.key, at: event.timeStamp };
    if (!action) return;
    event.preventDefault(); // or the key would be typed into the field that opens
    action();
  });
}
