import { describe, expect, it } from 'vitest';
import { brandColors, brandStyle, contrastOf, describeBrandColor } from '../../../src/visitors/redirect/brand.ts';

type Rgb = readonly [number, number, number];

const rgb = (color: string): Rgb => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return [red, green, blue];
};
/** --background of tokens.css, in light and dark. */
const pages: { light: Rgb; dark: Rgb } = { light: [249, 251, 250], dark: [15, 18, 17] };
/** Always the same, so that a colour that fails fails again (mulberry32). */
function* randomColors(count: number): Generator<string> {
  for (let n = 0, state = 218; n < count; n++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 8).toString(16).padStart(6, '0').slice(-6);
  }
}
const edges = ['000000', 'ffffff', 'ffee00', '0f7b5c', '1b1464', '808080', '767676', '777777', 'ff0000', '0000ff'];

describe('the colour of a brand', () => {
  it('can be read wherever there is text in it or on it, whatever it is', () => {
    for (const color of [...edges, ...randomColors(200)]) {
      const { light, dark, fill, hover, ink } = brandColors(color);
      expect([color, fill]).toEqual([color, `#${color}`]);
      const contrasts = {
        light: contrastOf(rgb(light), pages.light),
        dark: contrastOf(rgb(dark), pages.dark),
        button: contrastOf(rgb(ink), rgb(fill)),
        hover: contrastOf(rgb(ink), rgb(hover)),
      };
      for (const [place, contrast] of Object.entries(contrasts))
        expect(contrast, `${place} of #${color}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('is measured as WCAG measures it', () => {
    expect(contrastOf([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrastOf([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
    expect(contrastOf([255, 255, 255], [0, 0, 255])).toBeCloseTo(8.59, 2);
  });

  it('stays as it is where it can be read already', () => {
    expect(brandStyle('0f7b5c')).toMatch(/^:root\{--brand:light-dark\(#0f7b5c,#[0-9a-f]{6}\);--brand-fill:#0f7b5c;/);
    expect(brandColors('808080').ink).toBe('#000000');
    expect(brandColors('0f7b5c').ink).toBe('#ffffff');
  });

  it.each([
    ['ffd400', true, 'Too pale for text on light pages, where it becomes #877000.'],
    ['0f7b5c', false, 'Text becomes #359076 on dark pages.'],
    ['767b80', true, 'Too pale for text on light pages, where it becomes #6f7478, and #7d8286 on dark ones.'],
  ])('is described in words to those who choose it: #%s', (color, isPale, words) => {
    const buttons = `Buttons keep it, with ${color === '0f7b5c' ? 'white' : 'black'} words.`;
    expect(describeBrandColor(color)).toEqual({ isPale, words: `${words} ${buttons}` });
  });
});
