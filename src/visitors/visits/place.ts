import { cleanText } from './text.ts';

/** The place of an address. Unknown parts are null. */
export type Place = {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
};

export const nowhere: Place = Object.freeze({ country: null, region: null, city: null });

/** Codes of geo databases that are no country: Europe, Asia/Pacific, unknown. */
const noCountry = new Set(['EU', 'AP', 'XX', 'ZZ']);

/**
 * Reads a record of a geo database into a place. Two shapes are known: MaxMind's GeoIP2
 * (`country.iso_code`, `subdivisions[0].names.en`, `city.names.en`) and the flat one of ip-location-db
 * (`country_code`, `state1`, `city`). Anything else is nowhere.
 */
export function readPlace(record: unknown): Place {
  const country = countryCode(at(record, 'country', 'iso_code') ?? at(record, 'country_code'));
  if (country === null) return nowhere;
  return {
    country,
    region: placeName(at(record, 'subdivisions', '0', 'names', 'en') ?? at(record, 'state1')),
    city: placeName(at(record, 'city', 'names', 'en') ?? at(record, 'city')),
  };
}

function at(record: unknown, ...path: string[]): unknown {
  return path.reduce(
    (value, key): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    record,
  );
}

function countryCode(code: unknown): string | null {
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) && !noCountry.has(code) ? code : null;
}

/** DB-IP writes a quarter behind the city, "Riga (Kurzemes rajons)": finer than an address can tell, so it goes. */
function placeName(name: unknown): string | null {
  if (typeof name !== 'string') return null;
  return (
    cleanText(name, 100)
      .replace(/ \((?:[^()]|\([^()]*\))*\)?$/, '')
      .trim() || null
  );
}
