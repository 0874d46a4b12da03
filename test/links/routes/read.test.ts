import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/ground/addresses/route.ts';
import { readRoutes } from '../../../src/links/routes/read.ts';
import { AppError } from '../../../src/ground/text/errors.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeDomain } from '../../setup/domains.ts';

const url = 'https://de.example/';
const to = [{ url, weight: 1 }];

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

const read = (sent: unknown, who = ada) => readRoutes(app.fastify, who.workspace.id, sent);
const whenOf = async (when: unknown) => (await read([{ when, to }]))[0]?.when;

/** The path and the code of a refusal. */
async function refusalOf(sent: unknown): Promise<string> {
  try {
    await read(sent);
  } catch (error) {
    if (error instanceof AppError) return `${error.field} ${error.code}`;
    throw error;
  }
  return 'taken';
}

const leaf = { what: 'country', is: 'one_of', values: ['DE'] };

describe('reading rules', () => {
  it('folds values once', async () => {
    const folded = async (what: string, ...values: string[]) => {
      const when = await whenOf({ what, is: 'none_of', values });
      return (when as { values: string[] }).values;
    };
    expect(await folded('country', 'de', 'Austria', 'Türkiye', 'UK', 'DE')).toEqual(['DE', 'AT', 'TR', 'GB']);
    expect(await folded('continent', 'eu', 'South America')).toEqual(['EU', 'SA']);
    expect(await folded('language', 'pt_BR', 'German', 'Brazilian Portuguese', 'iw')).toEqual(['pt-br', 'de', 'he']);
    expect(await folded('region', 'Bavaria', 'Germany/Bavaria')).toEqual(['bavaria', 'de/bavaria']);
    expect(await folded('city', 'Biel/Bienne', 'CH/Biel/Bienne')).toEqual(['biel/bienne', 'ch/biel/bienne']);
    expect(await folded('referrer', 'https://WWW.Bücher.de/a?b', 'google.com')).toEqual([
      'xn--bcher-kva.de',
      'google.com',
    ]);
    expect(await folded('device', 'Mobile', 'tv')).toEqual(['mobile', 'tv']);
    expect(await folded('channel', 'Social and chat', 'qr')).toEqual(['social', 'qr']);
    expect(await folded('app', 'instagram', 'Google', '')).toEqual(['instagram', 'google app', '']);
    expect(await folded('system', 'Mac OS', 'Ubuntu')).toEqual(['macos', 'linux']);
    expect(await folded('browser', 'Samsung Internet')).toEqual(['samsung internet']);
    expect(await folded('slug', '/Spring')).toEqual(['spring']);
    expect(await folded('domain', app.shortHost.toUpperCase())).toEqual([app.shortHost]);
    expect(await folded('entry', 'QR')).toEqual(['qr']);
  });

  it('keeps values of parameters as they are', async () => {
    const when = { what: 'query', name: 'Ref', is: 'one_of', values: [' A', 'a', ''] };
    expect(await whenOf(when)).toEqual(when);
  });

  it('writes out what goes without saying', async () => {
    const weekend = await whenOf({ what: 'weekday', is: 'one_of', values: ['Saturday', 'sun'] });
    expect(weekend).toEqual({ what: 'weekday', is: 'one_of', values: ['sat', 'sun'], timeZone: 'UTC' });
    expect(await whenOf({ what: 'time', is: 'between', from: '9:00', to: '24:00', timeZone: 'europe/kiev' })).toEqual({
      what: 'time',
      is: 'between',
      from: '09:00',
      to: '00:00',
      timeZone: expect.stringMatching(/^Europe\/K[yi]/),
    });
    expect(await whenOf({ what: 'date', is: 'from', date: '2026-12-24', timeZone: 'Berlin' })).toEqual({
      what: 'date',
      is: 'from',
      date: '2026-12-24T00:00',
      timeZone: 'Europe/Berlin',
    });
    expect(await read([{ when: { all: [] }, to: [{ url: 'de.example' }] }])).toEqual([
      { name: 'Always', when: { all: [] }, to: [{ url: 'https://de.example', weight: 1, app: null }] },
    ]);
  });

  it('reads what it gave in the same way', async () => {
    const once = await read([
      { when: { any: [leaf, { not: { all: [leaf, { what: 'query', name: 'n', is: 'at_least', number: 2 }] } }] }, to },
      { when: { what: 'date', is: 'between', from: '2026-12-01', to: '2026-12-24T18:00' }, to },
    ]);
    expect(await read(once)).toEqual(once);
  });

  it('calls a rule without a name as its condition reads, each differently', async () => {
    const names = async (...routes: object[]) => (await read(routes)).map(({ name }) => name);
    expect(
      await names(
        { when: leaf, to },
        { name: null, when: leaf, to },
        { name: ' Country  is germany 2', when: leaf, to },
      ),
    ).toEqual(['Country is Germany', 'Country is Germany 3', 'Country is germany 2']);
    const many = {
      what: 'country',
      is: 'one_of',
      values: ['DE', 'AT', 'CH', 'LI', 'LU', 'BE', 'NL', 'FR', 'IT', 'ES'],
    };
    const [long = ''] = await names({ when: many, to });
    expect(long).toMatch(/^Country is Germany, .*[a-z]…$/);
    expect(long.length).toBeLessThanOrEqual(100);
  });

  it.each<[string, unknown]>([
    ['routes', 'x'],
    ['routes', { length: 1 }],
    ['routes', 7],
    ['routes', Array.from({ length: 21 }, () => ({ when: leaf, to }))],
    ['routes[0]', [null]],
    ['routes[0]', [[]]],
    ['routes[0].whem', [{ whem: leaf, to }]],
    ['routes[0].when', [{ to }]],
    ['routes[0].when', [{ when: [], to }]],
    ['routes[0].when.any', [{ when: { any: [] }, to }]],
    ['routes[0].when.all[0].all', [{ when: { all: [{ all: [] }] }, to }]],
    ['routes[0].when.any', [{ when: { any: {} }, to }]],
    ['routes[0].when.any', [{ when: { all: [leaf], any: [leaf] }, to }]],
    ['routes[0].when.what', [{ when: { what: 'constructor', is: 'one_of', values: ['x'] }, to }]],
    ['routes[0].when.what', [{ when: { what: ['country'], is: 'one_of', values: ['DE'] }, to }]],
    ['routes[0].when.is', [{ when: { ...leaf, is: 'matches' }, to }]],
    ['routes[0].when.values', [{ when: { ...leaf, values: [] }, to }]],
    ['routes[0].when.values', [{ when: { ...leaf, values: 'DE' }, to }]],
    ['routes[0].when.values', [{ when: { ...leaf, values: Array.from({ length: 201 }, () => 'DE') }, to }]],
    ['routes[0].when.values[0]', [{ when: { ...leaf, values: [49] }, to }]],
    ['routes[0].when.negate', [{ when: { ...leaf, negate: true }, to }]],
    ['routes[0].when.not.not.not.not', [{ when: { not: { not: { not: { not: { not: leaf } } } } }, to }]],
    ['routes[0].when.any[1]', [{ when: { any: [{ any: Array.from({ length: 50 }, () => leaf) }, leaf] }, to }]],
    [
      'routes[1].when.all[0].values[2]',
      [
        { when: leaf, to },
        { when: { all: [{ ...leaf, values: ['DE', 'AT', 'Narnia'] }] }, to },
      ],
    ],
    ['routes[0].when.values[0]', [{ when: { what: 'language', is: 'one_of', values: ['Klingon!'] }, to }]],
    ['routes[0].when.values[0]', [{ when: { what: 'domain', is: 'one_of', values: ['go.other.example'] }, to }]],
    ['routes[0].when.values[0]', [{ when: { what: 'query', name: 'a', is: 'one_of', values: ['\u0000'] }, to }]],
    ['routes[0].when.name', [{ when: { what: 'query', name: '', is: 'given' }, to }]],
    ['routes[0].when.number', [{ when: { what: 'query', name: 'a', is: 'at_least', number: '5' }, to }]],
    ['routes[0].when.to', [{ when: { what: 'time', is: 'between', from: '09:00', to: '9:00' }, to }]],
    ['routes[0].when.from', [{ when: { what: 'time', is: 'between', from: '24:30', to: '9:00' }, to }]],
    ['routes[0].when.to', [{ when: { what: 'date', is: 'between', from: '2026-12-02', to: '2026-12-01' }, to }]],
    ['routes[0].when.date', [{ when: { what: 'date', is: 'from', date: '2026-02-30' }, to }]],
    ['routes[0].when.timeZone', [{ when: { what: 'date', is: 'from', date: '2026-02-03', timeZone: '+02:00' }, to }]],
    ['routes[0].name', [{ name: 'x'.repeat(101), when: leaf, to }]],
    [
      'routes[1].name',
      [
        { name: 'Groß', when: leaf, to },
        { name: 'GROSS', when: leaf, to },
      ],
    ],
    ['routes[0].to', [{ when: leaf }]],
    ['routes[0].to', [{ when: leaf, to: [] }]],
    ['routes[0].to', [{ when: leaf, to: Array.from({ length: 9 }, (_, at) => ({ url: `${url}${at}`, weight: 1 })) }]],
    ['routes[0].to', [{ when: leaf, to: [{ url, weight: 0 }] }]],
    ['routes[0].to[0].weight', [{ when: leaf, to: [{ url, weight: 1001 }] }]],
    ['routes[0].to[0].weight', [{ when: leaf, to: [{ url, weight: 0.5 }] }]],
    ['routes[0].to[0].weight', [{ when: leaf, to: [{ url, weight: '1' }] }]],
    ['routes[0].to[1].url', [{ when: leaf, to: [...to, ...to] }]],
    ['routes[0].to[0].url', [{ when: leaf, to: [{ weight: 1 }] }]],
    ['routes[0].to[0].app', [{ when: leaf, to: [{ url, weight: 1, app: 1 }] }]],
    [
      'routes',
      Array.from({ length: 20 }, () => ({
        when: {
          what: 'query',
          name: 'q',
          is: 'one_of',
          values: Array.from({ length: 10 }, (_, at) => `${at}`.repeat(100)),
        },
        to,
      })),
    ],
  ])('names the path of what it refuses: %s', async (path, sent) => {
    expect(await refusalOf(sent)).toBe(`${path} routes_invalid`);
  });

  it('names the path of an address that no link may lead to', async () => {
    const rule = (address: string) => [{ when: leaf, to: [...to, { url: address, weight: 1 }] }];
    expect(await refusalOf(rule('nowhere'))).toBe('routes[0].to[1].url url_invalid');
    expect(await refusalOf(rule('javascript:alert(1)'))).toBe('routes[0].to[1].url url_scheme');
    expect(await refusalOf(rule(`${app.config.shortUrl}/spring`))).toBe('routes[0].to[1].url url_loop');
  });

  it('knows no domain of another workspace', async () => {
    const eve = await app.signUp('Eve');
    const { host } = await makeDomain(app, eve);
    const rules = [{ when: { what: 'domain', is: 'one_of', values: [host] }, to }];
    expect(await refusalOf(rules)).toBe('routes[0].when.values[0] routes_invalid');
    const [theirs] = (await read(rules, eve)) as [Route];
    expect(theirs.name).toBe(`Domain is ${host}`);
  });
});
