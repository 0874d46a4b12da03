import { mkdtempSync, renameSync, rmSync, unwatchFile, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Geo, openGeo } from '../../../src/visitors/visits/geo.ts';
import { readPlace } from '../../../src/visitors/visits/place.ts';
import { prefixBits, writeMmdb } from '../machines/corpus/mmdb.ts';

const nowhere = { country: null, region: null, city: null };
const london = {
  country: { iso_code: 'GB', names: { en: 'United Kingdom' } },
  subdivisions: [{ iso_code: 'ENG', names: { en: 'England' } }],
  city: { names: { de: 'London', en: 'London' } },
};
const folder = mkdtempSync(join(tmpdir(), 'geo-'));
const problems: string[] = [];
const onProblem = (sentence: string) => void problems.push(sentence);

afterAll(() => rmSync(folder, { recursive: true }));

describe('the data that comes along', () => {
  let geo: Geo;
  beforeAll(async () => {
    geo = await openGeo({ file: null, onProblem });
  });

  it('locates an IPv4 address to the city', () => {
    expect(geo.locate('8.8.8.8')).toEqual({ country: 'US', region: 'California', city: 'Mountain View' });
  });

  it('gives a visitor with IPv6 a country at once, and a city a moment later', async () => {
    const first = geo.locate('2a02:908::1');
    expect(first).toEqual({ country: 'DE', region: null, city: null });
    await expect.poll(() => geo.locate('2a02:908::1')).toMatchObject({ country: 'DE', city: expect.any(String) });
  });

  it('unwraps an IPv4 address in IPv6 clothes', () => {
    expect(geo.locate('::ffff:8.8.8.8')).toEqual(geo.locate('8.8.8.8'));
    expect(geo.locate('::FFFF:0808:0808')).toEqual(geo.locate('8.8.8.8'));
  });

  it.each(['127.0.0.1', '10.1.2.3', '192.168.0.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '::1', 'fe80::1'])(
    'knows that %s is nowhere',
    (ip) => {
      expect(geo.locate(ip)).toEqual(nowhere);
    },
  );

  it.each([
    '',
    'unknown',
    '1',
    '0x8.8.8.8',
    '8.8.8.8, 1.1.1.1',
    '8.8.8',
    '999.8.8.8',
    '\0',
    'fe80::1%eth0',
    'x'.repeat(99_999),
  ])('never throws for "%s"', (ip) => {
    expect(geo.locate(ip)).toEqual(nowhere);
  });

  it('says what it is, how old, and whom to credit', () => {
    expect(geo.source.name).toBe('DB-IP City Lite');
    expect(geo.source.attribution).toContain('https://db-ip.com');
    expect(geo.source.builtAt?.getFullYear()).toBeGreaterThanOrEqual(2026);
  });

  it('has had no problem', () => {
    expect(problems).toEqual([]);
  });
});

describe('an own file', () => {
  it('is used instead, in the schema of GeoIP2', async () => {
    const file = join(folder, 'own.mmdb');
    writeFileSync(file, writeMmdb(6, { [prefixBits('81.2.69.0', 24, 6)]: london }, 'GeoLite2-City'));
    const geo = await openGeo({ file, onProblem });
    expect(geo.locate('81.2.69.160')).toEqual({ country: 'GB', region: 'England', city: 'London' });
    expect(geo.locate('8.8.8.8')).toEqual(nowhere);
    expect(geo.source).toEqual({
      name: 'own.mmdb',
      builtAt: new Date('2026-01-02T03:04:05Z'),
      attribution: 'GeoLite2 data by MaxMind, https://www.maxmind.com',
    });
  });

  it('is used in the flat schema', async () => {
    const file = join(folder, 'flat.mmdb');
    writeFileSync(
      file,
      writeMmdb(4, { [prefixBits('81.0.0.0', 8)]: { country_code: 'GB', state1: 'England', city: '' } }),
    );
    const geo = await openGeo({ file, onProblem });
    expect(geo.locate('81.2.69.160')).toEqual({ country: 'GB', region: 'England', city: null });
    expect(geo.source.attribution).toBeNull();
  });

  it('for IPv4 only is never asked about an IPv6 address', async () => {
    const file = join(folder, 'v4.mmdb');
    writeFileSync(file, writeMmdb(4, { 0: london, 1: london }));
    const geo = await openGeo({ file, onProblem });
    expect(geo.locate('81.2.69.160').country).toBe('GB');
    expect(geo.locate('2001:4860:4860::8888')).toEqual(nowhere);
  });

  it('that cannot be read is reported in a sentence, and the data that comes along is used', async () => {
    const told: string[] = [];
    const geo = await openGeo({ file: join(folder, 'missing.mmdb'), onProblem: (sentence) => told.push(sentence) });
    expect(told).toEqual([
      expect.stringMatching(/^The geo database .*missing\.mmdb could not be read .*built-in data is used\.$/),
    ]);
    expect(geo.locate('8.8.8.8').country).toBe('US');
  });

  it('is read again when it is replaced, and kept when the new one is broken', async () => {
    const told: string[] = [];
    const file = join(folder, 'moving.mmdb');
    const replace = (content: string | Buffer) => {
      writeFileSync(`${file}.new`, content);
      renameSync(`${file}.new`, file);
    };
    replace(writeMmdb(4, { 0: london }));
    const geo = await openGeo({ file, onProblem: (sentence) => told.push(sentence) });
    expect(geo.locate('81.2.69.160').country).toBe('GB');

    // The watch looks once a second; what happens before its first look it cannot see.
    await expect
      .poll(
        () => {
          replace('not a database');
          return told[0];
        },
        { interval: 500 },
      )
      .toMatch(/The data read before stays in use\.$/);
    expect(geo.locate('81.2.69.160').country).toBe('GB');

    replace(writeMmdb(4, { 0: { country_code: 'FR' } }));
    await expect.poll(() => geo.locate('81.2.69.160')).toEqual({ country: 'FR', region: null, city: null });
    unwatchFile(file);
  }, 40_000);
});

describe('a record of a geo database', () => {
  it('loses the quarter behind a city', () => {
    expect(readPlace({ country_code: 'LV', state1: 'Riga', city: 'Riga (Kurzemes rajons)' }).city).toBe('Riga');
  });

  it.each([
    ['Seoul (Namdaemunno 5(o)-ga)', 'Seoul'],
    ['Yongsan-dong (Hangangno 3(sam)-ga)', 'Yongsan-dong'],
    ['Zurich (Kreis 4) / Aussersihl', 'Zurich (Kreis 4) / Aussersihl'],
    ['Berlin (Mitte', 'Berlin'],
    ['Washington (DC) (Downtown (East))', 'Washington (DC)'],
    ['(Somewhere)', '(Somewhere)'],
  ])('names "%s" %s', (city, name) => {
    expect(readPlace({ country_code: 'KR', city }).city).toBe(name);
  });

  it('is nowhere without a country of ISO 3166', () => {
    for (const code of ['', 'EU', 'ZZ', 'gb', 'GBR', 7, null]) {
      expect(readPlace({ country_code: code, city: 'Atlantis' })).toEqual(nowhere);
    }
  });

  it.each([null, undefined, 'GB', 7, [], { country: 'GB' }, { country: { iso_code: {} } }])(
    'may be anything: %s',
    (record) => {
      expect(readPlace(record)).toEqual(nowhere);
    },
  );

  it('holds nothing that Postgres refuses', () => {
    expect(readPlace({ country_code: 'GB', city: 'Lon\0don' }).city).toBe('London');
  });
});
