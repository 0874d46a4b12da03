/**
 * Charts as pictures: `data-picture="png"` or `"svg"` downloads the first chart of the report that the button stands in.
 * A picture leaves without our stylesheets and letters, so it is put together anew, always of one width: each part says
 * its colours itself, as they are on the screen now, and words around it say what it shows.
 */

/** The space around a chart. */
type Words = { title: string; text: string; source: string };

const WIDTH = 1200;
const MARGIN = 40;
/** The left edge of the plot, so that the labels of its axis fit. */
const PLOT_X = 80;
/** Below the plot: the labels of its axis. */
const AXIS_HEIGHT = 28;
/** Pixels of a PNG for one of the picture: sharp on dense screens and on paper. */
const SCALE = 2;
const FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Helvetica, Arial, sans-serif";
const SVG = 'http://www.w3.org/2000/svg';

/** The visible style of a part, as attributes that every program reads. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  text: ['fill', 'font-size', 'font-weight', 'text-anchor'],
  stop: ['stop-color', 'stop-opacity'],
  line: ['stroke', 'stroke-width', 'stroke-dasharray', 'opacity'],
  path: ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'opacity'],
};

export function startPictures(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-picture]') : null;
    const figure = button?.closest('.report')?.querySelector<HTMLElement>('[data-chart]');
    const words = button?.closest<HTMLElement>('[data-picture-title]')?.dataset;
    if (!button || !figure || !words) return;
    event.preventDefault();
    const svg = draw(figure, {
      title: words['pictureTitle'] ?? '',
      text: words['pictureText'] ?? '',
      source: words['pictureSource'] ?? '',
    });
    void download(svg, words['pictureFile'] ?? 'chart', button.dataset['picture'] === 'png');
  });
}

async function download(svg: SVGElement, name: string, isPng: boolean): Promise<void> {
  const text = new XMLSerializer().serializeToString(svg);
  try {
    const file = isPng ? await rasterise(text, svg) : new Blob([text], { type: 'image/svg+xml' });
    save(file, `${name}.${isPng ? 'png' : 'svg'}`);
  } catch {
    const message = 'Your browser could not draw this picture. The SVG needs less of it.';
    document.dispatchEvent(new CustomEvent('toast', { detail: { kind: 'error', message } }));
  }
}

/** Hands a file to whoever sits before the browser. */
export function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has begun by the next minute.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function rasterise(text: string, svg: SVGElement): Promise<Blob> {
  const image = new Image();
  // A data: address, because the page's policy takes no pictures from blob: ones.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = SCALE * Number(svg.getAttribute('width'));
  canvas.height = SCALE * Number(svg.getAttribute('height'));
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The canvas gave nothing.'))), 'image/png'),
  );
}

/** The whole picture: title, what it shows, whose line is whose, the chart, and where it comes from. */
function draw(figure: HTMLElement, { title, text, source }: Words): SVGElement {
  const picture = figure.querySelector('.chart-picture');
  const [, , plotWidth = WIDTH, plotHeight = 0] = (picture?.querySelector('.chart-plot')?.getAttribute('viewBox') ?? '')
    .split(' ')
    .map(Number);
  const colours = coloursOf(figure);
  const parts: SVGElement[] = [];
  let y = MARGIN;
  const write = (words: string, size: number, fill: string, weight = 400) => {
    for (const line of linesOf(words, `${weight} ${size}px ${FONT}`)) {
      y += size;
      parts.push(textAt(line, { x: MARGIN, y, 'font-size': size, 'font-weight': weight, fill }));
      y += Math.round(size * 0.4);
    }
  };
  write(title, 24, colours.ink, 600);
  write(text, 15, colours.label);
  y += 10;
  let x = MARGIN;
  for (const { name, colour } of keysOf(figure)) {
    const width = widthOf(name, `400 13px ${FONT}`) + 44;
    if (x > MARGIN && x + width > WIDTH - MARGIN) [x, y] = [MARGIN, y + 22];
    parts.push(make('circle', { cx: x + 5, cy: y + 8, r: 5, fill: colour }));
    parts.push(textAt(name, { x: x + 18, y: y + 13, 'font-size': 13, fill: colours.label }));
    x += width;
  }
  y += 22 + 24;
  const frame = make('svg', { x: PLOT_X, y, width: plotWidth, height: plotHeight + AXIS_HEIGHT, overflow: 'visible' });
  for (const part of picture?.children ?? []) if (!/^(title|desc)$/.test(part.localName)) frame.append(copyOf(part));
  parts.push(frame);
  y += plotHeight + AXIS_HEIGHT + 14;
  write(source, 12, colours.label);
  const height = y + MARGIN - 12;
  const svg = make('svg', {
    width: WIDTH,
    height,
    viewBox: `0 0 ${WIDTH} ${height}`,
    'font-family': FONT,
    role: 'img',
  });
  const named = make('title', {});
  named.textContent = [title, text].join('. ');
  svg.append(named, make('rect', { width: WIDTH, height, fill: colours.ground }), ...parts);
  return svg;
}

/** A part and all in it, which looks the same without a stylesheet. */
function copyOf(original: Element): SVGElement {
  const copy = original.cloneNode(false) as SVGElement;
  const style = getComputedStyle(original);
  for (const name of ['class', 'style', 'role', 'tabindex']) copy.removeAttribute(name);
  for (const name of KEPT[original.localName] ?? []) {
    const value = style.getPropertyValue(name);
    // Gradients are named by what stands in the picture already.
    if (!value || value.startsWith('url(')) continue;
    copy.setAttribute(name, /^(fill|stroke|stop-color)$/.test(name) ? plainColour(value) : value);
  }
  if (original.localName === 'svg') copy.setAttribute('overflow', 'visible');
  for (const child of original.childNodes)
    copy.append(child instanceof Element ? copyOf(child) : child.cloneNode(false));
  // The name of a line at its end has this much room in the picture; the whole name stands above.
  if (original.matches('.compare-name')) copy.textContent = fit(original.textContent ?? '', `550 12px ${FONT}`, 140);
  return copy;
}

/** The names of the lines: those above the chart, or those of the table below it. */
function keysOf(figure: HTMLElement): { name: string; colour: string }[] {
  const above = figure.querySelectorAll('.chart-legend .chart-key');
  const keys = above.length > 0 ? above : (figure.parentElement?.querySelectorAll('table .chart-key') ?? []);
  return [...keys].map((key) => ({
    name: fit((key.textContent ?? '').trim(), `400 13px ${FONT}`, WIDTH - 2 * MARGIN - 44),
    colour: plainColour(getComputedStyle(key, '::before').backgroundColor),
  }));
}

/** The theme's colours, of the card that the chart lies on. */
function coloursOf(figure: HTMLElement): { ground: string; ink: string; label: string } {
  const probe = figure.appendChild(document.createElement('i'));
  const read = (name: string) => {
    probe.className = `picture-${name}`;
    return plainColour(getComputedStyle(probe).color);
  };
  const colours = { ground: read('ground'), ink: read('ink'), label: read('label') };
  probe.remove();
  return colours;
}

/** '#0f7b5c' for any colour that the browser knows: other programs do not know oklch. */
function plainColour(colour: string): string {
  if (colour === 'none') return colour;
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!context) return colour;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
  return alpha === 0 ? 'none' : `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function textAt(words: string, attributes: Record<string, string | number>): SVGElement {
  const element = make('text', attributes);
  element.textContent = words;
  return element;
}

const ruler = document.createElement('canvas').getContext('2d');

function widthOf(text: string, font: string): number {
  if (!ruler) return 0;
  ruler.font = font;
  return ruler.measureText(text).width;
}

const characters = new Intl.Segmenter('en');

/** A text as it is, or what of it fits; half a character would spoil the whole picture. */
function fit(text: string, font: string, width: number): string {
  if (widthOf(text, font) <= width) return text;
  const parts = Array.from(characters.segment(text), ({ segment }) => segment);
  const shortened = () => `${parts.join('')}…`;
  while (parts.pop() !== undefined) if (widthOf(shortened(), font) <= width) break;
  return shortened();
}

/** Words in lines that are no wider than the picture. */
function linesOf(text: string, font: string): string[] {
  const width = WIDTH - 2 * MARGIN;
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(longer, font) <= width) lines[lines.length - 1] = longer;
    else lines.push(fit(word, font, width));
  }
  return lines;
}
