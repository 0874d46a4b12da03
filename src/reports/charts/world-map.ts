import { readFileSync } from 'node:fs';
import type { WorldOutline } from '../../ground/assets/world-outline.ts';
import { plural } from '../../ground/text/format.ts';
import { countryName } from '../../ground/text/place-names.ts';

/** How strongly a place is coloured: 0 without clicks, 5 for the place with the most. */
export type MapLevel = 0 | 1 | 2 | 3 | 4 | 5;

export type WorldMap = {
  viewBox: string;
  width: number;
  height: number;
  shapes: (MapPlace & { id: string; country: string | null; path: string })[];
  /** Small places, only those with clicks. */
  dots: (MapPlace & { country: string; x: number; y: number })[];
};

/** text: the clicks in words, '1,204 clicks'. */
type MapPlace = { name: string; clicks: number; text: string; level: MapLevel };

let outline: WorldOutline | undefined;

/** Its places have their names: of two hundred countries that takes a millisecond. */
function worldOutline(): WorldOutline {
  if (outline) return outline;
  const read: WorldOutline = JSON.parse(readFileSync(new URL('../../../dist/world-map.json', import.meta.url), 'utf8'));
  outline = {
    ...read,
    shapes: read.shapes.map((shape) => ({ ...shape, name: shape.country ? countryName(shape.country) : shape.name })),
  };
  return outline;
}

/** The world coloured by clicks. Keys are ISO 3166 alpha-2 codes; codes that no map knows are left out. */
export function drawWorldMap(clicksByCountry: ReadonlyMap<string, number>): WorldMap {
  const { width, height, shapes, dots } = worldOutline();
  const clicksOf = (country: string | null) => (country ? (clicksByCountry.get(country) ?? 0) : 0);
  // Only what the map shows sets its scale, not the clicks from nowhere known.
  const most = Math.max(...[...shapes, ...dots].map(({ country }) => clicksOf(country)));
  const place = (country: string | null, name: string): MapPlace => {
    const clicks = clicksOf(country);
    return {
      name,
      clicks,
      text: clicks > 0 ? plural(clicks, 'click') : 'No clicks',
      level: levelOf(clicks, most),
    };
  };
  return {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    shapes: shapes.map((shape) => ({ ...shape, ...place(shape.country, shape.name) })),
    dots: dots
      .filter(({ country }) => clicksOf(country) > 0)
      .map((dot) => ({ ...dot, ...place(dot.country, countryName(dot.country)) })),
  };
}

const COLOURED = [1, 2, 3, 4, 5] as const;

// Clicks are spread so unevenly that equal steps would leave all but one country pale; roots keep the order visible.
function levelOf(clicks: number, most: number): MapLevel {
  if (clicks <= 0) return 0;
  return COLOURED[Math.ceil(COLOURED.length * Math.sqrt(clicks / most)) - 1] ?? 1;
}
