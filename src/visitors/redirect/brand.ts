/** Background of a visitor's page in light and dark, nearly as views/tokens.css says: slightly worse for contrast. */
const grounds = { light: [248, 250, 249], dark: [22, 25, 24] } as const;

/** WCAG 2.2, 1.4.3: contrast of text. */
const minContrast = 4.5;

type Rgb = readonly [number, number, number];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];

/** A share of the other colour that is seen under the pointer, and is no other colour yet. */
const hoverShare = 0.12;

/** The colours that a brand's colour makes, as #rrggbb: each text among them can be read on its ground. */
export type BrandColors = {
  /** Text on a page in light and dark: the brand's own colour where that can be read. */
  light: string;
  dark: string;
  /** A button: the brand's own colour, as it is under the pointer, and the text on both. */
  fill: string;
  hover: string;
  ink: string;
};

/**
 * A colour that cannot be read on the page's ground is darkened or lightened until it can; its hue stays. A button
 * keeps it, and its text is white or black: one of the two has a contrast of 4.58 on every colour.
 * @param color six hexadecimal digits
 */
export function brandColors(color: string): BrandColors {
  const part = (at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  const own: Rgb = [part(0), part(2), part(4)];
  const ink = contrastOf(own, white) >= minContrast ? white : black;
  return {
    light: written(readable(own, grounds.light, black)),
    dark: written(readable(own, grounds.dark, white)),
    fill: written(own),
    // Away from its text, so that the contrast grows.
    hover: written(mixed(own, ink === white ? black : white, hoverShare)),
    ink: written(ink),
  };
}

/** The same as a stylesheet, because the CSP allows no style inside a page. */
export function brandStyle(color: string): string {
  const { light, dark, fill, hover, ink } = brandColors(color);
  return `:root{--brand:light-dark(${light},${dark});--brand-fill:${fill};--brand-hover:${hover};--brand-ink:${ink}}\n`;
}

/**
 * Tells those who choose a colour what becomes of it. No colour can be read on light and on dark pages alike.
 * @param color six hexadecimal digits
 */
export function describeBrandColor(color: string): { isPale: boolean; words: string } {
  const { light, dark, fill, ink } = brandColors(color);
  const isPale = light !== fill;
  const onLight = isPale ? `Too pale for text on light pages, where it becomes ${light}` : '';
  const onDark = dark === fill ? '' : isPale ? `, and ${dark} on dark ones` : `Text becomes ${dark} on dark pages`;
  return {
    isPale,
    words: `${onLight}${onDark}. Buttons keep it, with ${ink === '#ffffff' ? 'white' : 'black'} words.`,
  };
}

/** Mixes towards black or white, a hundredth at a time, until it can be read on that ground. */
function readable(color: Rgb, ground: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.01) {
    const changed = mixed(color, towards, share);
    if (contrastOf(changed, ground) >= minContrast) return changed;
  }
  return towards;
}

function mixed(color: Rgb, other: Rgb, share: number): Rgb {
  const part = (at: 0 | 1 | 2) => Math.round(color[at] + (other[at] - color[at]) * share);
  return [part(0), part(1), part(2)];
}

const written = (color: Rgb): string => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** WCAG 2.2: contrast ratio, 1 to 21. */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [brighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
