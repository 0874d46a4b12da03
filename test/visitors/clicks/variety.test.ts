import { beforeAll, describe, expect, it } from 'vitest';
import { enrich, type OpenedLink } from '../../../src/visitors/clicks/enrich.ts';
import { destinationTo } from '../../../src/visitors/openings/url.ts';
import { openGeo } from '../../../src/visitors/visits/geo.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { Salts } from '../../../src/visitors/visits/salts.ts';
import type { Utm } from '../../../src/visitors/visits/utm.ts';
import { otherValues, Variety } from '../../../src/visitors/clicks/variety.ts';
import { makeHit } from '../../setup/hits.ts';

const noUtm: Utm = { source: null, medium: null, campaign: null, term: null, content: null };
const morning = Date.UTC(2026, 9, 12, 6);
const dayMs = 86_400_000;

function hitOf(changes: Partial<Hit>): Hit {
  return makeHit({ workspaceId: 'w', linkId: 'l', clickedAt: morning, ...changes });
}

/** The hit as it is kept. */
function bounded(variety: Variety, changes: Partial<Hit>, own: Partial<Utm> = {}): Hit {
  const hit = hitOf(changes);
  variety.bound(hit, { ...noUtm, ...own });
  return hit;
}

const texts = [
  'referrer',
  'language',
  'os',
  'browser',
  'utmSource',
  'utmMedium',
  'utmCampaign',
  'utmTerm',
  'utmContent',
] as const;

describe('a stream of made-up values', () => {
  it.each(texts)('of %s ends at the bound, and goes on counting for what was there before', (name) => {
    const variety = new Variety({ each: 3 });
    const kept = ['a', 'b', 'c', 'd', 'e', 'a', 'c'].map((value) => bounded(variety, { [name]: value })[name]);
    expect(kept).toEqual(['a', 'b', 'c', otherValues, otherValues, 'a', 'c']);
  });

  it('of one kind takes no room from the others, of one workspace none from the next', () => {
    const variety = new Variety({ each: 2 });
    for (const value of ['a', 'b', 'c']) bounded(variety, { utmTerm: value });
    expect(bounded(variety, { utmTerm: 'd', utmSource: 'd' })).toMatchObject({ utmTerm: otherValues, utmSource: 'd' });
    expect(bounded(variety, { workspaceId: 'next', utmTerm: 'd' }).utmTerm).toBe('d');
  });

  it('is told apart again the day after', () => {
    const variety = new Variety({ each: 1 });
    bounded(variety, { utmTerm: 'a' });
    expect(bounded(variety, { utmTerm: 'b' }).utmTerm).toBe(otherValues);
    expect(bounded(variety, { utmTerm: 'b', clickedAt: morning + dayMs }).utmTerm).toBe('b');
  });

  it('in some workspaces leaves each other one its share of memory', () => {
    const variety = new Variety({ each: 1_000, inAll: 100 });
    const flood = { os: null, browser: null, language: null };
    for (let index = 0; index < 500; index++)
      bounded(variety, { ...flood, workspaceId: 'hostile', utmTerm: `${index}` });
    expect(bounded(variety, { ...flood, workspaceId: 'hostile', utmTerm: 'one more' }).utmTerm).toBe(otherValues);
    const kept = Array.from(
      { length: 80 },
      (_, index) => bounded(variety, { ...flood, workspaceId: 'w', utmTerm: `${index}` }).utmTerm,
    );
    expect(kept.filter((value) => value !== otherValues)).toHaveLength(50);
    expect(bounded(variety, { ...flood, workspaceId: 'w', utmTerm: '49' }).utmTerm).toBe('49');
  });

  it('does not touch what is not there', () => {
    const variety = new Variety({ each: 0 });
    const empty = Object.fromEntries(texts.map((name) => [name, null]));
    expect(bounded(variety, empty)).toMatchObject(empty);
  });
});

describe("a link's own tags", () => {
  it('are always told apart, also where each link has its own', () => {
    const variety = new Variety({ each: 1 });
    const kept = ['a', 'b', 'c'].map((content) => bounded(variety, { utmContent: content }, { content }).utmContent);
    expect(kept).toEqual(['a', 'b', 'c']);
    expect(bounded(variety, { utmContent: "a visitor's" }).utmContent).toBe("a visitor's");
  });
});

describe('visits', () => {
  let parts: Parameters<typeof enrich>[3];
  beforeAll(async () => {
    parts = { geo: await openGeo({ file: null, onProblem: () => {} }), salts: new Salts(), ownHosts: new Set() };
  });
  const browser =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

  function visit(workspaceId: string, rawQuery: string, userAgent = browser): Hit {
    const link: OpenedLink = {
      linkId: 'l',
      slugId: 's',
      slug: 'spring',
      domainId: 'd',
      workspaceId,
      timeZone: 'UTC',
      isQr: false,
      isOwnNetwork: null,
      linkVersion: 1,
    };
    const headers = {
      'user-agent': userAgent,
      'accept-language': 'de',
      accept: 'text/html',
      'sec-fetch-mode': 'navigate',
    };
    const made = { at: new Date(morning), method: 'GET', headers, address: '81.2.69.142', rawQuery };
    return enrich(made, link, destinationTo('https://example.com/'), parts).hit;
  }

  it('of an ordinary day never meet the bound: 40 campaigns, 25 sources, 4,000 keywords', () => {
    for (let index = 0; index < 20_000; index++) {
      const [campaign, source, term] = [`c${index % 40}`, `s${index % 25}`, `keyword ${index % 4_000}`];
      const hit = visit('ordinary', `utm_campaign=${campaign}&utm_source=${source}&utm_term=${term}`);
      expect([hit.utmCampaign, hit.utmSource, hit.utmTerm, hit.language]).toEqual([campaign, source, term, 'de']);
    }
  });

  it('with made-up tags keep 5,000 of them, and their channel', () => {
    const kept = new Set<string | null>();
    for (let index = 0; index < 6_000; index++) kept.add(visit('hostile', `utm_content=${index}`).utmContent);
    expect(kept.size).toBe(5_001);
    expect(visit('hostile', 'utm_content=new&utm_medium=email')).toMatchObject({
      utmContent: otherValues,
      utmMedium: 'email',
      channel: 'email',
    });
  });

  it('of machines take no room from people: their texts are in no sum', () => {
    for (let index = 0; index < 6_000; index++)
      expect(visit('crawled', `utm_term=${index}`, 'curl/8.10.1').utmTerm).toBe(`${index}`);
    expect(visit('crawled', 'utm_term=a person').utmTerm).toBe('a person');
  });
});
