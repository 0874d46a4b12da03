import type { Page } from 'playwright-core';

/**
 * Faults of layout that axe does not look for, each with its place, at the present size of the window:
 * a document that scrolls sideways; a short word that is broken; text, links, buttons and fields that leave the window or their card, or that an
 * ancestor cuts off without an ellipsis; and controls that lie under something else, so that no mouse reaches them.
 * Containers that scroll are fine where the keyboard reaches them.
 * @param within selector of the part of the page that is looked at
 */
export async function layoutProblems(page: Page, within = 'body'): Promise<string[]> {
  return page.evaluate((root) => {
    const whole = document.querySelector(root) ?? document.body;
    const slack = 1.5;
    const cards = '.card, .note, .dialog > div, .menu, .toast, .destination';
    const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
    const problems = new Set<string>();
    const windowWidth = document.documentElement.clientWidth;
    type Box = { left: number; right: number; top: number; bottom: number };

    const nameOf = (element: Element) => {
      const words = (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 30);
      const { className } = element;
      const classes = typeof className === 'string' && className ? `.${className.trim().split(/\s+/).join('.')}` : '';
      return `<${element.tagName.toLowerCase()}${classes}> ${JSON.stringify(words || element.getAttribute('aria-label') || '')}`;
    };
    /** For screen readers alone, or for scripts: nobody sees it. */
    const isUnseen = (element: Element) => {
      if (!element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) return true;
      for (let each: Element | null = element; each; each = each.parentElement)
        if (getComputedStyle(each).clipPath === 'inset(50%)') return true;
      const box = element.getBoundingClientRect();
      return box.width <= 1 && box.height <= 1;
    };
    const isReached = (scroller: Element) =>
      scroller instanceof HTMLElement && (scroller.tabIndex >= 0 || scroller.querySelector(controls) !== null);
    type Around = { style: CSSStyleDeclaration; frame: DOMRect; isCard: boolean };
    /** Sizes do not change while nothing scrolls, and most texts share their ancestors. */
    const known = new Map<Element, Around>();
    const around = (element: Element): Around => {
      const there = known.get(element);
      if (there) return there;
      const made = {
        style: getComputedStyle(element),
        frame: element.getBoundingClientRect(),
        isCard: element.matches(cards),
      };
      known.set(element, made);
      return made;
    };
    const cuts = (overflow: string) => overflow === 'hidden' || overflow === 'clip';
    const scrolls = (overflow: string) => overflow === 'auto' || overflow === 'scroll';

    /** Walks from an element up to the body and looks whether each box around it leaves room for it. */
    function look(first: Element | null, box: Box, what: string) {
      let { left, right, top, bottom } = box;
      for (let each = first; each && each !== document.body; each = each.parentElement) {
        const { style, frame, isCard } = around(each);
        const { display, overflowX, overflowY, textOverflow, position } = style;
        if (display === 'contents' || display === 'inline') continue;
        const isWider = left < frame.left - slack || right > frame.right + slack;
        const isTaller = top < frame.top - slack || bottom > frame.bottom + slack;
        const isShortened = textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
        if (isWider && scrolls(overflowX)) {
          if (!isReached(each)) problems.add(`${what}: only a mouse can scroll to it in ${nameOf(each)}`);
        } else if (isWider && cuts(overflowX) && !isShortened)
          problems.add(`${what}: cut off at the side by ${nameOf(each)}`);
        else if (isWider && isCard && !cuts(overflowX)) problems.add(`${what}: outside ${nameOf(each)}`);
        if (isTaller && cuts(overflowY) && !isShortened)
          problems.add(`${what}: cut off above or below by ${nameOf(each)}`);
        // Beyond the first box that holds it back, that box is what has to fit.
        if (isWider && (overflowX !== 'visible' || isCard)) ({ left, right } = frame);
        if (overflowY !== 'visible') ({ top, bottom } = frame);
        if (position === 'fixed') break;
      }
      if (left < -slack || right > windowWidth + slack) problems.add(`${what}: outside the window`);
    }

    const { scrollWidth } = document.documentElement;
    if (scrollWidth > windowWidth)
      problems.add(`The document is ${scrollWidth - windowWidth} px wider than the window`);

    const texts = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const parent = node.parentElement;
      if (!parent || !node.textContent?.trim() || parent.closest('script, style, template, option, textarea, title'))
        continue;
      if (isUnseen(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const lines = [...range.getClientRects()].filter(({ width }) => width > 0);
      for (const line of lines) look(parent, line, `Text of ${nameOf(parent)}`);
      if (lines.length < 2 || parent.closest('code, pre, .short-link')) continue;
      for (const { index, 0: word } of node.textContent.matchAll(/(?<!\S)\p{L}{2,12}(?=[.,:;?]?(?:\s|$))/gu)) {
        // What is joined to the text beside it is part of a longer word.
        if (
          (index === 0 && node.previousSibling) ||
          (index + word.length === node.textContent.length && node.nextSibling)
        )
          continue;
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1)
          problems.add(`${nameOf(parent)}: the word “${word}” is broken`);
      }
    }

    const seen = [...whole.querySelectorAll<HTMLElement>(controls)].filter(
      (control) => !isUnseen(control) && !control.classList.contains('skip-link'),
    );
    for (const control of seen) look(control.parentElement, control.getBoundingClientRect(), nameOf(control));
    for (const control of seen) {
      if (control.matches(':disabled') || getComputedStyle(control).pointerEvents === 'none') continue;
      control.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
      // Of a link of many lines, one in the middle of the window, where no bar covers it.
      const lines = [...control.getClientRects()];
      const line = lines.find(({ bottom }) => bottom > innerHeight / 2) ?? lines.at(-1);
      if (!line) continue;
      const hit = document.elementFromPoint(line.left + line.width / 2, line.top + line.height / 2);
      const isHit =
        hit !== null &&
        (control.contains(hit) ||
          hit.closest('label')?.control === control ||
          hit.closest('dialog, [popover]') !== control.closest('dialog, [popover]'));
      if (!isHit) problems.add(`${nameOf(control)}: lies under ${hit ? nameOf(hit) : 'nothing'}`);
    }
    window.scrollTo(0, 0);
    return [...problems];
  }, within);
}
