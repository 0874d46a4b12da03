import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkDestinations, links } from '../../../src/ground/db/schema.ts';
import type { Split } from '../../../src/ground/addresses/split.ts';
import { type Link, updateLink } from '../../../src/links/links/queries.ts';
import { labelOf } from '../../../src/reports/counts/labels.ts';
import { nameLinks } from '../../../src/reports/counts/link-names.ts';
import { byTest } from '../../setup/actor.ts';
import { desktopChrome, startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let workspaceId: string;

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db);
});
afterAll(() => app.close());

const halves: Split = {
  versions: [
    { url: null, weight: 1 },
    { url: 'https://b.example/', weight: 1 },
  ],
  endsAt: null,
  isPaused: false,
};

const change = (link: Link, changes: { split?: Split | null; url?: string }) =>
  updateLink(app.db, workspaceId, byTest, link.id, changes);

/** Where somebody is sent who opens the link. @param person tells networks apart */
async function open(link: Link, person: number, agent = desktopChrome): Promise<string | undefined> {
  const answer = await app.visit(`/${link.slug}`, {
    headers: {
      'x-forwarded-for': `198.51.100.${person}`,
      'user-agent': agent,
      'accept-language': 'en',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    },
  });
  return answer.headers.location?.toString();
}

type Met = { class: string; url: string | null; version: number };

const metOf = (link: Link) =>
  rowsOf<Met>(
    app.db,
    sql`
select c.class, d.url, c.link_version as version
from ${everyHit} c left join ${linkDestinations} d on d.id = c.destination_id
where c.link_id = ${link.id} order by c.clicked_at, c.id`,
  );

const destinationsOf = (link: Link) =>
  rowsOf<{ id: number; test: number; key: number; url: string; weight: number }>(
    app.db,
    sql`select id, test, key, url, weight from ${linkDestinations} where link_id = ${link.id} order by id`,
  );

describe('a link with two versions', () => {
  it('keeps each visitor at one, and says in each hit which one it was', async () => {
    const link = await makeLink(app, workspaceId, { url: 'https://a.example/', split: halves });
    const people = Array.from({ length: 40 }, (_, person) => person + 1);
    const first = await Promise.all(people.map((person) => open(link, person)));
    const second = await Promise.all(people.map((person) => open(link, person)));
    expect(second).toEqual(first);
    expect(new Set(first)).toEqual(new Set(['https://a.example/', 'https://b.example/']));
    const met = await metOf(link);
    const times = (urls: readonly (string | null | undefined)[], url: string) =>
      urls.filter((each) => each === url).length;
    for (const url of ['https://a.example/', 'https://b.example/'])
      expect(
        times(
          met.map((hit) => hit.url),
          url,
        ),
      ).toBe(2 * times(first, url));
    expect(met.every(({ version }) => version === 1)).toBe(true);
  });

  it('sends machines to the first, in no version', async () => {
    const link = await makeLink(app, workspaceId, { url: 'https://a.example/', split: halves });
    for (const agent of ['curl/8.5.0', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)'])
      for (let person = 1; person <= 5; person++) expect(await open(link, person, agent)).toBe('https://a.example/');
    expect(new Set((await metOf(link)).map(({ url }) => url))).toEqual(new Set([null]));
  });

  it('has new ids for other weights and a new test for other addresses', async () => {
    const link = await makeLink(app, workspaceId, { url: 'https://a.example/', split: halves });
    const [a, b] = halves.versions;
    if (!a || !b) throw new Error('There are no versions.');
    await change(link, { split: { ...halves, isPaused: true } });
    await change(link, { split: { ...halves, endsAt: '2099-01-01T00:00:00.000Z' } });
    await change(link, { split: { ...halves, versions: [a, { ...b, weight: 3 }] } });
    await change(link, { url: 'https://c.example/' });
    const [first, second, third, fourth, fifth, sixth, ...none] = await destinationsOf(link);
    expect(none).toEqual([]);
    expect(third).toMatchObject({ test: first?.id, key: first?.id, url: 'https://a.example/', weight: 1 });
    expect(fourth).toMatchObject({ test: first?.id, key: second?.id, url: 'https://b.example/', weight: 3 });
    expect(fifth).toMatchObject({ test: fifth?.id, key: fifth?.id, url: 'https://c.example/' });
    expect(sixth).toMatchObject({ test: fifth?.id, key: second?.id, url: 'https://b.example/' });
    expect(await open(link, 1)).toMatch(/^https:\/\/[bc]\.example\/$/);
  });

  it('sends everybody to its own address while it is paused, and when it is no more', async () => {
    const link = await makeLink(app, workspaceId, { url: 'https://a.example/', split: halves });
    await change(link, { split: { ...halves, isPaused: true } });
    const people = Array.from({ length: 12 }, (_, person) => person + 1);
    const opened = () => Promise.all(people.map((person) => open(link, person)));
    await expect.poll(opened).toEqual(people.map(() => 'https://a.example/'));
    await change(link, { split: null });
    // Its address was the same before, so that the hits alone say when the node has heard of the end.
    const metAgain = async () => {
      expect(await opened()).toEqual(people.map(() => 'https://a.example/'));
      return (await metOf(link)).slice(-12).every(({ url, version }) => url === null && version === 3);
    };
    await expect.poll(metAgain).toBe(true);
  });
});

it('leads to the address that a server without tests gave a link meanwhile', async () => {
  const [own = { url: null, weight: 1 }, other = own] = halves.versions;
  const split = { ...halves, versions: [own, { ...other, weight: 0 }] };
  const link = await makeLink(app, workspaceId, { url: 'https://a.example/', split });
  await app.db.update(links).set({ url: 'https://c.example/' }).where(eq(links.id, link.id));
  expect(await open(link, 1)).toBe('https://c.example/');
});

describe('the report of a link with versions', () => {
  it('names each, with its share where it had others', async () => {
    const link = await makeLink(app, workspaceId, { url: 'https://a.example/', split: halves });
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map((person) => open(link, person)));
    const [, b] = halves.versions;
    await change(link, { split: { ...halves, versions: [{ url: null, weight: 0 }, b ?? { url: null, weight: 1 }] } });
    await expect.poll(() => open(link, 1)).toBe('https://b.example/');
    const ids = (await destinationsOf(link)).map(({ id }) => String(id));
    const asked = ids.map((value) => ({ dimension: 'destination', value }) as const);
    const names = await nameLinks(app.db, workspaceId, asked);
    expect(ids.map((id) => names.destination?.[id])).toEqual([
      'A: a.example/ (50 %)',
      'B: b.example/ (50 %)',
      'A: a.example/ (0 %)',
      'B: b.example/ (100 %)',
    ]);
    expect(labelOf('destination', ids[0] ?? '', names).label).toBe('A: a.example/ (50 %)');
    const other = await insertBareWorkspace(app.db);
    expect(await nameLinks(app.db, other, asked)).toEqual({});
  });
});
