import type { CDPSession, Page } from 'playwright-core';
import { PNG } from 'pngjs';

/** Of each side of the ring, how much must be seen; corners are round. */
const leastOfASide = 0.5;
/** WCAG 2.2, 1.4.11: a ring is told from what was there before it. */
const leastContrast = 3;
const room = 10;

type Candidate = { index: number; name: string; key: string };

const controls =
  'a[href], button:not(:disabled), input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

/**
 * Controls on which the keyboard's focus cannot be seen on all four sides, by comparing pictures with and without it
 * (WCAG 2.2, 2.4.7 and 2.4.11). Looks at the open dialog or menu where there is one.
 * @param seen looks of controls that were judged before; they are not judged again, new ones are added
 */
export async function focusProblems(page: Page, seen: Set<string>): Promise<string[]> {
  const candidates = (await candidatesOn(page)).filter(({ key }) => !seen.has(key) && seen.add(key));
  if (candidates.length === 0) return [];
  const devtools = await page.context().newCDPSession(page);
  const problems: string[] = [];
  for (const { index, name } of candidates) {
    const clip = await focusOn(page, index, true);
    if (!clip) continue;
    const focused = await pictureOf(devtools, clip);
    await focusOn(page, index, false);
    const blurred = await pictureOf(devtools, clip);
    const least = leastSideOf(focused, blurred);
    if (least < leastOfASide)
      problems.push(`${name}: a side of its focus ring is seen to ${Math.round(least * 100)} %`);
  }
  await devtools.detach();
  return problems;
}

type Clip = { x: number; y: number; width: number; height: number };

/** A part of the window as it is. Playwright's own screenshot waits and prepares for what does not move here. */
async function pictureOf(devtools: CDPSession, clip: Clip): Promise<PNG> {
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'png', clip: { ...clip, scale: 1 } });
  return PNG.sync.read(Buffer.from(data, 'base64'));
}

/** Controls that are seen, one for each look: tag, classes, states and where it stands among others of its kind. */
function candidatesOn(page: Page): Promise<Candidate[]> {
  return page.evaluate((selector) => {
    const open = [...document.querySelectorAll('dialog:modal, [popover]:popover-open')].at(-1) ?? document;
    const lookOf = (element: Element, depth: number): string => {
      const { tagName, parentElement } = element;
      const data = ['data-variant', 'data-size', 'data-kind', 'type', 'aria-current'].map(
        (name) => element.getAttribute(name) ?? '',
      );
      const classes = [...element.classList].filter((name) => !name.startsWith('htmx'));
      const own = [tagName, ...classes, ...data].join('.');
      return depth === 0 || !parentElement ? own : `${lookOf(parentElement, depth - 1)} ${own}`;
    };
    const all = [...document.querySelectorAll<HTMLElement>(selector)];
    return all.flatMap((element, index) => {
      if (!open.contains(element) || !element.checkVisibility({ checkVisibilityCSS: true })) return [];
      if (element.tabIndex < 0) return [];
      // In a list the first and the second row stand for all.
      const row = element.closest('li, tr');
      const nth = row?.parentElement ? Math.min([...row.parentElement.children].indexOf(row), 1) : 0;
      const words =
        (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 30) || element.getAttribute('aria-label');
      const look = lookOf(element, 4);
      return [
        {
          index,
          name: `<${element.tagName.toLowerCase()} class="${element.className}"> ${words}`,
          key: `${look}/${nth}`,
        },
      ];
    });
  }, controls);
}

/** Gives or takes the focus, as a key press does. @returns where its ring may be, in the window */
function focusOn(page: Page, index: number, isOn: boolean): Promise<Clip | null> {
  return page.evaluate(
    ({ selector, nth, gives, around }) => {
      const element = document.querySelectorAll<HTMLElement>(selector)[nth];
      if (!element) return null;
      if (!gives) {
        element.blur();
        return null;
      }
      element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
      element.focus({ preventScroll: true, focusVisible: true });
      // A hidden radio shows its focus on its label, a link that fills its row on the row.
      const boxes = [element, element.closest('label'), element.closest('li')]
        .flatMap((each) => (each ? [each.getBoundingClientRect()] : []))
        .filter(({ height }) => height < 160);
      const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
      const [right, bottom] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
      if (boxes.length === 0 || right - left < 1) return null;
      const x = Math.max(0, Math.floor(left - around));
      const y = Math.max(0, Math.floor(top - around));
      const width = Math.min(innerWidth, Math.ceil(right + around)) - x;
      const height = Math.min(innerHeight, Math.ceil(bottom + around)) - y;
      // DevTools count from the start of the document.
      return width > 0 && height > 0 ? { x: x + scrollX, y: y + scrollY, width, height } : null;
    },
    { selector: controls, nth: index, gives: isOn, around: room },
  );
}

/** The share of the least visible side of the frame that the changed pixels make. */
function leastSideOf(focused: PNG, blurred: PNG): number {
  const { width, height } = focused;
  const isChanged = (x: number, y: number) => contrast(focused, blurred, 4 * (y * width + x)) >= leastContrast;
  const columns = Array.from({ length: width }, (_, x) => x).filter((x) => range(height).some((y) => isChanged(x, y)));
  const rows = range(height).filter((y) => range(width).some((x) => isChanged(x, y)));
  const [left, right, top, bottom] = [columns[0], columns.at(-1), rows[0], rows.at(-1)];
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) return 0;
  const depth = range(5);
  const across = range(right - left + 1).map((x) => left + x);
  const down = range(bottom - top + 1).map((y) => top + y);
  const share = (of: number[], isThere: (at: number) => boolean) => of.filter(isThere).length / of.length;
  return Math.min(
    share(across, (x) => depth.some((d) => top + d <= bottom && isChanged(x, top + d))),
    share(across, (x) => depth.some((d) => bottom - d >= top && isChanged(x, bottom - d))),
    share(down, (y) => depth.some((d) => left + d <= right && isChanged(left + d, y))),
    share(down, (y) => depth.some((d) => right - d >= left && isChanged(right - d, y))),
  );
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

/** Contrast of a pixel with itself in another picture (WCAG 2.2, "contrast ratio"), from 1 to 21. */
function contrast(one: PNG, other: PNG, at: number): number {
  const [lighter, darker] = [luminance(one.data, at), luminance(other.data, at)].toSorted((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance(data: Buffer, at: number): number {
  const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((channel) => {
    const value = (data[at + channel] ?? 0) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
