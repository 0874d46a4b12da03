import { describe, expect, it } from 'vitest';
import { countryName, languageName } from '../../../src/ground/text/place-names.ts';
import { drawWorldMap } from '../../../src/reports/charts/world-map.ts';

const clicks = new Map([
  ['US', 10_000],
  ['DE', 2500],
  ['FR', 1],
  ['SG', 400],
  ['XK', 2],
  ['GP', 3],
  ['', 99_999],
  ['T1', 5],
]);
const map = drawWorldMap(clicks);
const shape = (country: string) => map.shapes.find((each) => each.country === country);

describe('the world map', () => {
  it('colours countries by the root of their clicks', () => {
    expect(shape('US')).toMatchObject({ name: 'United States', clicks: 10_000, text: '10,000 clicks', level: 5 });
    expect(shape('DE')?.level).toBe(3);
    expect(shape('FR')).toMatchObject({ text: '1 click', level: 1 });
    expect(shape('BR')).toMatchObject({ name: 'Brazil', clicks: 0, text: 'No clicks', level: 0 });
  });

  it('shows places too small for a shape as dots, and only those with clicks', () => {
    expect(map.dots.map((dot) => dot.country).sort()).toEqual(['GP', 'SG']);
    const singapore = map.dots.find((dot) => dot.country === 'SG');
    expect(singapore).toMatchObject({ name: 'Singapore', level: 1, clicks: 400 });
    expect((singapore?.x ?? 0) / map.width).toBeCloseTo(0.78, 1);
    expect((singapore?.y ?? 0) / map.height).toBeCloseTo(0.53, 1);
  });

  it('has a place for the small ones that people ask about', () => {
    const small = ['SG', 'HK', 'MT', 'BH', 'MU', 'LU', 'MC', 'RE', 'GI', 'BQ', 'PS', 'TV'];
    const drawn = drawWorldMap(new Map(small.map((country) => [country, 1])));
    const found = [...drawn.dots, ...drawn.shapes].filter((place) => place.clicks > 0).map((place) => place.country);
    expect(new Set(found)).toEqual(new Set(small));
  });

  it('draws every country once, Kosovo by its code, and no Antarctica', () => {
    const codes = map.shapes.flatMap(({ country }) => country ?? []);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(170);
    expect(codes).not.toContain('AQ');
    expect(shape('XK')).toMatchObject({ name: 'Kosovo', clicks: 2 });
    expect(
      map.shapes
        .filter(({ country }) => country === null)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['N. Cyprus', 'Somaliland']);
  });

  it('has paths that a browser can read', () => {
    for (const { path, name } of map.shapes) expect(path, name).toMatch(/^(M\d+,\d+(l-?\d+(,\d+|-\d+))*z)+$/);
  });

  it('is pale without clicks', () => {
    const empty = drawWorldMap(new Map());
    expect(empty.shapes.every(({ level }) => level === 0)).toBe(true);
    expect(empty.dots).toEqual([]);
  });
});

describe('names of places', () => {
  it('are English and short', () => {
    expect(countryName('DE')).toBe('Germany');
    expect(countryName('HK')).toBe('Hong Kong');
    expect(languageName('pt-BR')).toBe('Brazilian Portuguese');
  });

  it('fall back to the code, or say that it is unknown', () => {
    expect([countryName('T1'), countryName('')]).toEqual(['T1', 'Unknown']);
    expect([languageName('!'), languageName('')]).toEqual(['!', 'Unknown']);
  });
});
