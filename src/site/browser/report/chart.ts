/**
 * One tooltip for charts and maps, and arrow keys between the steps of a chart.
 * Everything it says stands in the <title> of the part that is pointed at, so pages work without this file.
 * It listens on the document, so parts that htmx swaps in need no set-up.
 */

const DISTANCE = 14;

document.addEventListener('pointerover', (event) => show(event));
document.addEventListener('pointermove', (event) => show(event));
document.addEventListener('focusin', (event) => show(event));
document.addEventListener('focusout', hide);
document.addEventListener('keydown', (event) => {
  const band = partOf(event.target)?.closest('.chart-band');
  if (!band || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === 'Escape') hide();
  const next = neighbourOf(band, event.key);
  if (!next) return;
  event.preventDefault();
  // One stop of the Tab key for the whole chart: the step that was looked at last.
  band.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
});

function neighbourOf(band: Element, key: string): SVGElement | undefined {
  const bands = [...(band.parentElement?.querySelectorAll<SVGElement>('.chart-band') ?? [])];
  const index = bands.findIndex((each) => each === band);
  if (key === 'ArrowLeft') return bands[index - 1];
  if (key === 'ArrowRight') return bands[index + 1];
  if (key === 'Home') return bands[0];
  return key === 'End' ? bands.at(-1) : undefined;
}

function partOf(target: EventTarget | null): SVGGraphicsElement | null {
  return target instanceof Element ? target.closest<SVGGraphicsElement>('[data-tip]') : null;
}

function show(event: Event): void {
  const part = partOf(event.target);
  const figure = part?.closest<HTMLElement>('[data-chart]');
  if (!part || !figure) {
    // A page that scrolls under a resting pointer must not hide what the keyboard shows.
    if (shown?.part !== document.activeElement) hide();
    return;
  }
  const tooltip = tooltipOf(figure);
  if (tooltip.part !== part) tooltip.element.replaceChildren(...linesOf(part));
  tooltip.part = part;
  tooltip.element.hidden = false;
  place(tooltip.element, figure, anchorOf(part, event));
}

let shown: { element: HTMLElement; part: Element | undefined } | undefined;

function tooltipOf(figure: HTMLElement): NonNullable<typeof shown> {
  if (shown?.element.parentElement === figure) return shown;
  shown?.element.remove();
  const element = document.createElement('div');
  element.className = 'chart-tooltip';
  element.setAttribute('aria-hidden', 'true');
  figure.append(element);
  shown = { element, part: undefined };
  return shown;
}

function hide(): void {
  if (shown) shown.element.hidden = true;
}

function linesOf(part: Element): HTMLElement[] {
  const series = part.getAttribute('data-tip')?.split(' ') ?? [];
  return textOf(part)
    .split('\n')
    .map((text, index) => {
      const line = document.createElement('div');
      line.textContent = text;
      if (index > 0)
        line.className = series[index - 1] ? `chart-key chart-${series[index - 1]}` : 'chart-tooltip-value';
      return line;
    });
}

/** The words of a part. Its title becomes a label, or the browser would show its own tooltip over ours. */
function textOf(part: Element): string {
  const title = part.querySelector('title');
  if (title) {
    part.setAttribute('aria-label', title.textContent ?? '');
    title.remove();
  }
  return part.getAttribute('aria-label') ?? '';
}

/** On a chart the tooltip stands beside the crosshair, on a map it follows the pointer. */
function anchorOf(part: SVGGraphicsElement, event: Event): { x: number; y: number } {
  const crosshair = part.querySelector('.chart-crosshair')?.getBoundingClientRect();
  if (crosshair) return { x: crosshair.left, y: crosshair.top };
  if (event instanceof PointerEvent) return { x: event.clientX, y: event.clientY };
  const box = part.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top };
}

function place(tooltip: HTMLElement, figure: HTMLElement, anchor: { x: number; y: number }): void {
  const frame = figure.getBoundingClientRect();
  const right = anchor.x - frame.left + DISTANCE;
  const left = anchor.x - frame.left - DISTANCE - tooltip.offsetWidth;
  const x = right + tooltip.offsetWidth <= frame.width ? right : Math.max(0, left);
  tooltip.style.transform = `translate(${Math.round(x)}px, ${Math.round(anchor.y - frame.top)}px)`;
}
