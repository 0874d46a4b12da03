import type { CDPSession, Page, Route } from 'playwright-core';
import { PNG } from 'pngjs';

/** Of each side of the ring, how much must be seen; corners are round. */
const leastOfASide = 0.5;
/** WCAG 2.2, 1.4.11: a ring is told from what was there before it. */
const leastContrast = 3;
/** Pixels around a control in which its ring may be. */
const room = 10;
/** Pixels at the upper and lower edge of the window that bars may cover. */
const covered = 100;

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
  // Names that are suggested to a field with the focus come near its ring, sooner or later: here none are found.
  await page.route('**', answerNothing);
  // A dialog opens with the focus in its first field.
  await page.evaluate(blur);
  const devtools = await page.context().newCDPSession(page);
  const problems: string[] = [];
  let blurred: PNG | undefined;
  for (const { index, name } of candidates) {
    if (await bringIntoSight(page, index)) blurred = undefined;
    blurred ??= await pictureOf(page, devtools);
    let frame = await focusOn(page, index);
    if (!frame) continue;
    let least = leastSideOf(await pictureOf(page, devtools), blurred, frame);
    if (least < leastOfASide) {
      // Something else may have changed since the picture without focus, such as the minute of a chart.
      await page.evaluate(blur);
      blurred = await pictureOf(page, devtools);
      frame = (await focusOn(page, index)) ?? frame;
      least = leastSideOf(await pictureOf(page, devtools), blurred, frame);
    }
    if (least < leastOfASide)
      problems.push(`${name}: a side of its focus ring is seen to ${Math.round(least * 100)} %`);
  }
  await page.evaluate(blur);
  await devtools.detach();
  await page.unroute('**', answerNothing);
  return problems;
}

const answerNothing = (route: Route) =>
  route.request().resourceType() === 'fetch' ? route.fulfill({ status: 204 }) : route.fallback();

type Box = { left: number; right: number; top: number; bottom: number };
/** Where a ring may be, in the window, and the lines of what it is drawn around. */
type Frame = Box & { lines: Box[] };

const blur = () => document.activeElement instanceof HTMLElement && document.activeElement.blur();

/** The window as it is now. Playwright's own screenshot waits and prepares for what does not move here. */
async function pictureOf(page: Page, devtools: CDPSession): Promise<PNG> {
  // DevTools may hand out a frame that was drawn before the last change: the second one from now is of it.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
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
      element.removeAttribute('data-candidate');
      if (!open.contains(element) || !element.checkVisibility({ checkVisibilityCSS: true })) return [];
      if (element.tabIndex < 0) return [];
      // In a list the first and the second row stand for all.
      const row = element.closest('li, tr');
      const nth = row?.parentElement ? Math.min([...row.parentElement.children].indexOf(row), 1) : 0;
      const words =
        (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 30) || element.getAttribute('aria-label');
      const look = lookOf(element, 4);
      // Focus may bring more controls, such as suggestions: their number in the page does not last.
      element.dataset['candidate'] = String(index);
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

/** Scrolls to a control, with nothing in focus, unless it is well in sight. @returns whether it scrolled */
function bringIntoSight(page: Page, index: number): Promise<boolean> {
  return page.evaluate(
    ({ nth, around, bars }) => {
      const element = document.querySelector<HTMLElement>(`[data-candidate="${nth}"]`);
      if (!element) return false;
      const { top, bottom } = element.getBoundingClientRect();
      let isInSight = top >= bars && bottom <= innerHeight - bars;
      for (let each = element.parentElement; each && each !== document.documentElement; each = each.parentElement) {
        if (each.scrollHeight <= each.clientHeight || !/auto|scroll/.test(getComputedStyle(each).overflowY)) continue;
        const frame = each.getBoundingClientRect();
        isInSight &&= top >= frame.top + around && bottom <= frame.bottom - around;
      }
      if (isInSight) return false;
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
      return true;
    },
    { nth: index, around: room, bars: covered },
  );
}

/** Gives the focus, as a key press does. @returns null for what cannot be seen */
function focusOn(page: Page, index: number): Promise<Frame | null> {
  return page.evaluate(
    ({ nth, around }) => {
      const element = document.querySelector<HTMLElement>(`[data-candidate="${nth}"]`);
      if (!element) return null;
      element.focus({ preventScroll: true, focusVisible: true });
      // A hidden radio shows its focus on its label, a link that fills its row on the row.
      const boxes = [element, element.closest('label'), element.closest('li')]
        .flatMap((each) => (each ? [each.getBoundingClientRect()] : []))
        .filter(({ height }) => height < 160);
      const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
      const [right, bottom] = [Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
      if (boxes.length === 0 || right - left < 1) return null;
      const frame = {
        left: Math.max(0, Math.floor(left - around)),
        top: Math.max(0, Math.floor(top - around)),
        right: Math.min(innerWidth, Math.ceil(right + around)),
        bottom: Math.min(innerHeight, Math.ceil(bottom + around)),
        lines: [...element.getClientRects()].map((line) => ({ ...line.toJSON() }) as Box),
      };
      return frame.right > frame.left && frame.bottom > frame.top ? frame : null;
    },
    { nth: index, around: room },
  );
}

/**
 * The share of the least visible side of the frame that the changed pixels make. Around a link of several lines a side
 * is as long as the lines that reach it.
 */
function leastSideOf(focused: PNG, blurred: PNG, { lines, ...frame }: Frame): number {
  const isChanged = (x: number, y: number) => contrast(focused, blurred, 4 * (y * focused.width + x)) >= leastContrast;
  const [xs, ys] = [range(frame.left, frame.right), range(frame.top, frame.bottom)];
  const columns = xs.filter((x) => ys.some((y) => isChanged(x, y)));
  const rows = ys.filter((y) => xs.some((x) => isChanged(x, y)));
  const [left, right, top, bottom] = [columns[0], columns.at(-1), rows[0], rows.at(-1)];
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) return 0;
  const depth = range(0, 5);
  const across = range(left, right + 1);
  const down = range(top, bottom + 1);
  const reaching = (side: (line: Box) => number, length: (line: Box) => number, whole: number) => {
    if (lines.length < 2) return 1;
    const furthest = lines.map(side).toSorted((one, other) => other - one)[0] ?? 0;
    const reached = lines.filter((line) => furthest - side(line) < room).map(length);
    return Math.min(1, reached.reduce((sum, each) => sum + each, 0) / whole);
  };
  const width = ({ left: from, right: to }: Box) => to - from;
  const height = ({ top: from, bottom: to }: Box) => to - from;
  const share = (of: number[], isThere: (at: number) => boolean) => of.filter(isThere).length / of.length;
  return Math.min(
    share(across, (x) => depth.some((d) => top + d <= bottom && isChanged(x, top + d))) /
      reaching((line) => -line.top, width, across.length),
    share(across, (x) => depth.some((d) => bottom - d >= top && isChanged(x, bottom - d))) /
      reaching((line) => line.bottom, width, across.length),
    share(down, (y) => depth.some((d) => left + d <= right && isChanged(left + d, y))) /
      reaching((line) => -line.left, height, down.length),
    share(down, (y) => depth.some((d) => right - d >= left && isChanged(right - d, y))) /
      reaching((line) => line.right, height, down.length),
  );
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, nth) => from + nth);

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
