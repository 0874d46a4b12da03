/** The place in the list of links, for those who come back to it: how many rows there were, and how far it was scrolled. */

type Place = { rows: number; top: number };
const maxPages = 20;

const rowsIn = (list: Element) => list.querySelectorAll('tr[id^="link-"]').length;

const placeOf = (state: unknown): Place | undefined =>
  typeof state === 'object' && state !== null && 'place' in state ? (state.place as Place) : undefined;

/** Shows more until as many rows are there as before, and scrolls to them. */
async function restore({ rows, top }: Place): Promise<void> {
  for (let page = 0; page < maxPages; page++) {
    const list = document.querySelector('#link-rows');
    const more = list?.querySelector<HTMLElement>('.more-row a');
    if (!list || !more || rowsIn(list) >= rows) break;
    const shown = new Promise((resolve) => list.addEventListener('htmx:after:settle', resolve, { once: true }));
    more.click();
    await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, 15_000))]);
  }
  scrollTo({ top, behavior: 'instant' });
}

/**
 * The way back of a link's page goes back in time, where that is how one came: the list is found as it was left. Everywhere
 * else it is a link.
 */
function goBack(event: MouseEvent): void {
  const link =
    event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('.noun-head .back-link') : null;
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
  if (!('navigation' in window)) return;
  const { navigation } = window as { navigation: Navigation };
  const here = navigation.currentEntry?.index ?? -1;
  let entry: Entry | undefined;
  for (const each of navigation.entries()) if (each.index < here && each.url === link.href) entry = each;
  if (!entry) return;
  event.preventDefault();
  navigation.traverseTo(entry.key);
}

/** Not every browser has it, and not every version of the types. */
type Entry = { key: string; url: string | null; index: number };
type Navigation = { currentEntry: Entry | null; entries(): Entry[]; traverseTo(key: string): unknown };

export function startListPlace(): void {
  document.addEventListener('click', goBack);
  const list = document.querySelector('#link-rows');
  if (!list) return;
  addEventListener('pagehide', () => {
    const now = document.querySelector('#link-rows');
    const place: Place = { rows: now ? rowsIn(now) : 0, top: scrollY };
    history.replaceState({ ...(history.state as object | null), place }, '');
  });
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const place = entry?.type === 'back_forward' ? placeOf(history.state) : undefined;
  if (place && place.rows > rowsIn(list)) void restore(place);
}
