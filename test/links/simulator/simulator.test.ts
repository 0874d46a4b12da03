import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slugs } from '../../../src/ground/db/schema.ts';
import type { Route } from '../../../src/ground/addresses/route.ts';
import { archiveLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { agentPresets } from '../../../src/links/simulator/agents.ts';
import { rulesOf } from '../../setup/random-visits.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeDomain } from '../../setup/domains.ts';
import { hitOf, makeLink, pageOf } from '../../setup/make.ts';
import { putHits } from '../../setup/hits.ts';
import { seeded } from '../../setup/seeded.ts';

type Answer = { share: number; status: number; url: string | null; headers: Record<string, string> };
type Simulated = {
  sentence: string;
  kind: string;
  by: string | null;
  class: string;
  answers: Answer[];
  rules: { name: string; outcome: string; why: { words: string; truth: string; value: string | null } | null }[];
};

let app: TestApp;
let ada: Person;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
});
afterAll(() => app.close());

const to = (url: string) => [{ url, weight: 1, app: null }];
const spain: Route = {
  name: 'Spain',
  when: { what: 'country', is: 'one_of', values: ['ES'] },
  to: to('https://es.example/'),
};
const phones: Route = {
  name: 'iPhones on Sundays',
  when: {
    all: [
      { what: 'system', is: 'one_of', values: ['ios'] },
      { what: 'weekday', is: 'one_of', values: ['sun'], timeZone: 'Europe/Madrid' },
    ],
  },
  to: [
    { url: 'https://a.example/', weight: 3, app: null },
    { url: 'https://b.example/', weight: 1, app: null },
  ],
};

async function linkWith(routes: Route[], changes: Parameters<typeof makeLink>[2] = {}): Promise<Link> {
  const link = await makeLink(app, ada, { url: 'https://own.example/', ...changes });
  await updateLink(app.db, ada.workspace.id, byTest, link.id, { routes });
  return link;
}

async function tryOn(link: Pick<Link, 'id'>, visitor: object): Promise<Simulated> {
  const answer = await client.ask(`/links/${link.id}/simulations`, { body: visitor });
  expect(answer.status, answer.text).toBe(200);
  return answer.json() as Simulated;
}

describe('a made-up visitor', () => {
  it('goes where the first rule that holds leads, and says why each of them holds or not', async () => {
    const link = await linkWith([phones, spain]);
    const sunday = { system: 'iOS', country: 'Spain', at: '2026-12-06T11:00', timeZone: 'Europe/Madrid' };
    const run = await tryOn(link, sunday);
    expect(run.sentence).toBe(
      'This visitor goes to one of 2 addresses, by the rule “iPhones on Sundays”. Their address and browser decide which.',
    );
    expect(run.answers.map(({ share, url }) => [share, url])).toEqual([
      [0.75, 'https://a.example/'],
      [0.25, 'https://b.example/'],
    ]);
    expect(run.rules.map(({ outcome }) => outcome)).toEqual(['matched', 'not_reached']);
    const monday = await tryOn(link, { ...sunday, at: '2026-12-07T11:00' });
    expect(monday).toMatchObject({
      sentence: 'This visitor goes to https://es.example/, by the rule “Spain”.',
      by: 'rule',
      answers: [
        { share: 1, status: 302, headers: { 'cache-control': 'private, no-store', location: 'https://es.example/' } },
      ],
      rules: [
        {
          outcome: 'passed',
          why: {
            truth: 'does_not_hold',
            parts: [
              { words: 'system is iOS', truth: 'holds', value: 'iOS' },
              { words: 'it is Sunday in Europe/Madrid', truth: 'does_not_hold', value: 'Monday' },
            ],
          },
        },
        { outcome: 'matched', why: { words: 'country is Spain', truth: 'holds', value: 'Spain' } },
      ],
    });
    const nobody = await tryOn(link, { at: '2026-12-06T11:00Z' });
    expect(nobody.sentence).toBe(
      'This visitor goes to https://own.example/, the link’s own address, because no rule holds.',
    );
    expect(nobody.rules.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown']);
  });

  it('asks no rule as a machine, as somebody who asks where a link leads, and of a link that is over', async () => {
    const link = await linkWith([spain]);
    const machine = await tryOn(link, { country: 'ES', machine: true });
    expect([machine.class, machine.by, machine.rules[0]?.outcome, machine.answers[0]?.url]).toEqual([
      'crawler',
      'own',
      'skipped',
      'https://own.example/',
    ]);
    const preview = await tryOn(link, { country: 'ES', preview: true });
    expect([preview.kind, preview.answers[0]?.status, preview.by]).toEqual(['preview', 200, null]);
    await archiveLink(app.db, ada.workspace.id, byTest, link.id);
    const ended = await tryOn(link, { country: 'ES' });
    expect([ended.kind, ended.answers[0]?.status, ended.sentence]).toEqual([
      'ended',
      410,
      'The link is archived. This visitor sees a page that says so.',
    ]);
  });

  it('goes by rules that nobody has saved, and leaves those of the link as they are', async () => {
    const link = await linkWith([spain]);
    const run = await tryOn(link, {
      country: 'FR',
      routes: [{ ...spain, name: 'France', when: { ...spain.when, values: ['France'] } }],
    });
    expect([run.rules[0]?.name, run.answers[0]?.url]).toEqual(['France', 'https://es.example/']);
    expect((await tryOn(link, { country: 'FR' })).answers[0]?.url).toBe('https://own.example/');
    const broken = await client.ask(`/links/${link.id}/simulations`, { body: { routes: [{ when: 5, to: [] }] } });
    expect([broken.status, (broken.json() as { field: string }).field]).toEqual([422, 'routes[0].when']);
  });

  it('is refused with the field that cannot be read, and of a link of others', async () => {
    const link = await linkWith([spain]);
    for (const [field, value] of [
      ['country', 'Nowhere'],
      ['language', '###'],
      ['at', 'tomorrow'],
      ['timeZone', 'Mars/Olympus'],
      ['address', '1.2.3'],
      ['app', 'Nothing'],
      ['device', 'toaster'],
      ['channel', 'smoke'],
      ['referrer', 'a b'],
      ['entry', 'door'],
      ['colour', 'red'],
    ]) {
      const answer = await client.ask(`/links/${link.id}/simulations`, { body: { [String(field)]: value } });
      expect(answer.status, field).toBe(422);
      expect((answer.json() as { field?: string }).field ?? field, field).toBe(field);
    }
    const stranger = await app.signUp('Stranger');
    const theirs = await makeLink(app, stranger);
    expect((await client.ask(`/links/${theirs.id}/simulations`, { body: {} })).status).toBe(404);
  });

  it('meets what the real server answers over HTTP', async () => {
    const chance = seeded(23);
    const { id: domainId, host } = await makeDomain(app, ada, {
      redirectStatus: 307,
      referrerPolicy: 'no-referrer',
      isIndexed: true,
    });
    const met = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const link = await linkWith(rulesOf(chance, 5, ['2026-12-06']).routes, round % 3 === 0 ? { domainId } : {});
      for (let visit = 0; visit < 6; visit++) {
        const agent = agentPresets[Math.floor(chance() * agentPresets.length)]?.userAgent ?? '';
        const language = ['de-AT,de;q=0.9', 'pt-BR', 'en', 'fr'][Math.floor(chance() * 4)] ?? '';
        const referrer = chance() < 0.5 ? undefined : 'https://news.google.com/x';
        const query = ['', 'ref=x', 'utm_source=newsletter', 'n=4'][Math.floor(chance() * 4)] ?? '';
        const isQr = chance() < 0.3;
        const isPreview = chance() < 0.1;
        // Each from a network of its own: many links that are opened from one are a sweep.
        const address = [20, 0, 0, 1].map((least) => least + Math.floor(chance() * 170)).join('.');
        const headers = {
          'user-agent': agent,
          'accept-language': language,
          'x-forwarded-for': address,
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
          ...(referrer !== undefined && { referer: referrer }),
        };
        const entry = isQr ? await qrSlugOf(link) : link.slug;
        const live = await app.visit(`/${entry}${isPreview ? '+' : ''}${query && `?${query}`}`, {
          headers,
          ...(link.domainId === domainId && { host }),
        });
        const run = await tryOn(link, {
          userAgent: agent,
          language,
          address,
          query,
          preview: isPreview,
          entry: isQr ? 'qr' : 'link',
          ...(referrer !== undefined && { referrer }),
        });
        const [answer] = run.answers;
        expect(run.answers).toHaveLength(1);
        expect(answer?.status).toBe(live.status);
        for (const [name, value] of Object.entries(answer?.headers ?? {}))
          expect(live.headers[name], `${round} ${name} ${run.sentence}`).toBe(value);
        met.add(`${run.kind} ${run.by} ${live.status}`);
      }
    }
    expect([...met].toSorted()).toEqual(
      expect.arrayContaining(['preview null 200', 'sent own 302', 'sent own 307', 'sent rule 302', 'sent rule 307']),
    );
  }, 240_000);
});

async function qrSlugOf({ qrSlugId }: Link): Promise<string> {
  const [row] = await app.db.select({ slug: slugs.slug }).from(slugs).where(eq(slugs.id, qrSlugId));
  return row?.slug ?? '';
}

describe('the page of a made-up visitor', () => {
  it('shows the outcome, keeps what is typed, and can be sent on', async () => {
    const link = await linkWith([phones, spain]);
    const path = `${pageOf(ada, link)}/destinations/try`;
    const page = await ada.ask(`${path}?agent=iphone&country=Spain&at=2026-12-07T11:00&timeZone=Europe/Madrid`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('https://es.example/</strong>, by the rule “Spain”.');
    expect(page.text).toContain('value="Spain"');
    const broken = await ada.ask(`${path}?country=Nowhere`);
    expect([broken.status, broken.text.includes('value="Nowhere"')]).toEqual([422, true]);
    expect(broken.text).toContain('Write a country by its English name');
  });

  it('begins with what is kept of a click, and says what is not', async () => {
    const link = await linkWith([spain]);
    const hit = hitOf(link, {
      country: 'ES',
      os: 'iOS',
      browser: 'Instagram',
      device: 'mobile',
      language: 'es',
      utmSource: 'x',
    });
    await putHits(app.db, [hit]);
    const path = `${pageOf(ada, link)}/destinations/try`;
    for (const moment of ['waiting', 'moved']) {
      if (moment === 'moved') await app.rollUp();
      const first = await ada.ask(`${path}?hit=${hit.clickedAt}-${hit.id}`);
      expect(first.status, moment).toBe(302);
      const href = first.headers.location?.toString() ?? '';
      expect(href).toContain('country=ES');
      expect(href).toContain('app=Instagram');
      expect(href).toContain('query=utm_source%3Dx');
      const page = await ada.ask(href);
      expect(page.text).toContain('by the rule “Spain”');
      expect(page.text).toContain('Not kept, so not known here');
    }
    expect((await ada.ask(`${path}?hit=1-2`)).text).toContain('That click is not kept any more.');
  });
});
