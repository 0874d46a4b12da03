/** Background of a visitor's page in light and dark, nearly as views/tokens.css says: slightly worse for contrast. */
const grounds = { light: [248, 250, 249], dark: [22, 25, 24] } as const;

/** WCAG 2.2, 1.4.3: contrast of text. */
const minContrast = 4.5;

type Rgb = readonly [number, number, number];

/**
 * The colour of a brand as a stylesheet, because the CSP allows no style inside a page. Where it cannot be read on the
 * page's ground it is darkened or lightened until it can; its hue stays.
 * @param color six hexadecimal digits
 */
export function brandStyle(color: string): string {
  const part = (at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  const rgb: Rgb = [part(0), part(2), part(4)];
  return `:root{--brand:light-dark(${readable(rgb, grounds.light, 0)},${readable(rgb, grounds.dark, 255)})}\n`;
}

/** Mixes towards black or white, a hundredth at a time, until it can be read on that ground. */
function readable(color: Rgb, ground: Rgb, towards: 0 | 255): string {
  for (let share = 0; ; share += 0.01) {
    const [red, green, blue] = color.map((part) => Math.round(part + (towards - part) * Math.min(share, 1)));
    const mixed: Rgb = [red ?? 0, green ?? 0, blue ?? 0];
    if (share >= 1 || contrastOf(mixed, ground) >= minContrast)
      return `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  }
}

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
