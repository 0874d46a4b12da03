import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  type ExtendedFeature,
  type ExtendedFeatureCollection,
  type GeoContext,
  type GeoProjection,
  geoCentroid,
  geoEqualEarth,
  geoPath,
} from 'd3-geo';
import countries from 'i18n-iso-countries';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { WorldOutline } from './world-outline.ts';

type Atlas = Topology<{ countries: GeometryCollection<{ name: string }> }>;

// Whole units on this width are half a pixel on the widest page.
const WIDTH = 2000;

const ANTARCTICA = 'AQ';

// Natural Earth gives no ISO number to what is not generally recognised. Kosovo has a code that is widely used, also
// by the geo data; the others stay without.
const CODE_BY_NAME: Record<string, string> = { Kosovo: 'XK' };

// Natural Earth counts these to another country or leaves them out; the geo data names them. Longitude, latitude.
const UNMAPPED: Record<string, [number, number]> = {
  BQ: [-68.27, 12.18],
  CC: [96.87, -12.16],
  CX: [105.63, -10.49],
  GF: [-53.1, 4],
  GI: [-5.35, 36.14],
  GP: [-61.55, 16.25],
  MQ: [-61, 14.65],
  RE: [55.53, -21.11],
  SJ: [15.6, 78.2],
  TK: [-171.8, -9.2],
  TV: [179.2, -8.5],
  YT: [45.15, -12.83],
};

const require = createRequire(import.meta.url);

/**
 * Draws the outlines of all countries once, so that a request only colours them: dist/world-map.json, and a picture
 * whose shapes pages name by their ids, so that a page does not hold them.
 * Shapes from Natural Earth 1:110m (public domain, package world-atlas); places too small for it become dots at
 * their centre in 1:50m.
 * @returns the picture
 */
export function buildWorldMap(): string {
  const directory = new URL('../../../dist/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const world = outlineWorld();
  writeFileSync(new URL('world-map.json', directory), JSON.stringify(world));
  // vector-effect is not inherited through <use>, so each path carries it.
  const paths = world.shapes.map(({ id, path }) => `<path id="${id}" vector-effect="non-scaling-stroke" d="${path}"/>`);
  return `<!-- Natural Earth, public domain --><svg xmlns="http://www.w3.org/2000/svg">${paths.join('')}</svg>`;
}

function outlineWorld(): WorldOutline {
  const shapes = readCountries('world-atlas/countries-110m.json');
  const world: ExtendedFeatureCollection = {
    type: 'FeatureCollection',
    features: shapes.map(({ geography }) => geography),
  };
  const projection = geoEqualEarth().fitWidth(WIDTH, world);
  const [, [, bottom]] = geoPath(projection).bounds(world);

  const drawn = new Set(shapes.map(({ country }) => country));
  const small = readCountries('world-atlas/countries-50m.json').flatMap(({ country, geography }) =>
    country && !drawn.has(country) ? [{ country, centre: geoCentroid(geography) }] : [],
  );
  const unmapped = Object.entries(UNMAPPED).map(([country, centre]) => ({ country, centre }));
  return {
    width: WIDTH,
    height: Math.ceil(bottom),
    shapes: shapes.map(({ geography, ...shape }, index) => ({
      ...shape,
      id: shape.country ?? `x${index}`,
      path: relativePath(geography, projection),
    })),
    dots: [...small, ...unmapped].flatMap(({ country, centre }) => {
      const [x, y] = projection(centre) ?? [];
      return x === undefined || y === undefined ? [] : [{ country, x: Math.round(x), y: Math.round(y) }];
    }),
  };
}

function readCountries(file: string): { country: string | null; name: string; geography: ExtendedFeature }[] {
  const atlas: Atlas = require(file);
  return feature(atlas, atlas.objects.countries)
    .features.map((geography) => {
      const { name } = geography.properties;
      const code = countries.numericToAlpha2(String(geography.id)) ?? CODE_BY_NAME[name] ?? null;
      return { country: code, name, geography };
    })
    .filter(({ country }) => country !== ANTARCTICA);
}

/** A path in whole units, each line relative to the point before: two thirds of the size of an absolute one. */
function relativePath(geography: ExtendedFeature, projection: GeoProjection): string {
  const pen = new RelativePen();
  geoPath(projection, pen)(geography);
  return pen.path;
}

class RelativePen implements GeoContext {
  path = '';
  #x = 0;
  #y = 0;

  moveTo(x: number, y: number): void {
    [this.#x, this.#y] = [Math.round(x), Math.round(y)];
    this.path += `M${this.#x},${this.#y}`;
  }

  lineTo(x: number, y: number): void {
    const [dx, dy] = [Math.round(x) - this.#x, Math.round(y) - this.#y];
    if (dx === 0 && dy === 0) return;
    this.path += dy < 0 ? `l${dx}${dy}` : `l${dx},${dy}`;
    this.#x += dx;
    this.#y += dy;
  }

  closePath(): void {
    this.path += 'z';
  }

  beginPath(): void {}

  arc(): void {}
}
