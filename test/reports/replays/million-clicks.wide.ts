import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../../src/ground/addresses/route.ts';
import { type Link, updateLink } from '../../../src/links/links/queries.ts';
import { draftOpening, getOpening } from '../../../src/links/splits/stored.ts';
import { loadReplay } from '../../../src/reports/replays/load.ts';
import { findShapes } from '../../../src/reports/replays/shapes.ts';
import { opensOf } from '../../../src/visitors/openings/list.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

const clicks = 1_000_000;
const now = new Date('2026-04-08T12:00:00Z');
const timeZone = 'Europe/Berlin';
const to = (url: string) => [{ url, weight: 1, app: null }];

const current: Route[] = [
  { name: 'Germans', when: { what: 'country', is: 'one_of', values: ['DE'] }, to: to('https://de.example/') },
];
const draft: Route[] = [
  {
    name: 'Phones in the evening',
    when: {
      all: [
        { what: 'system', is: 'one_of', values: ['ios', 'android'] },
        { what: 'time', is: 'between', from: '18:00', to: '06:00', timeZone },
      ],
    },
    to: to('https://m.example/'),
  },
  {
    name: 'German speakers at weekends',
    when: {
      all: [
        {
          any: [
            { what: 'country', is: 'one_of', values: ['DE', 'AT'] },
            { what: 'language', is: 'one_of', values: ['de'] },
          ],
        },
        { what: 'weekday', is: 'one_of', values: ['sat', 'sun'], timeZone },
      ],
    },
    to: to('https://de.example/'),
  },
  {
    name: 'From there',
    when: { what: 'referrer', is: 'one_of', values: ['site7.example'] },
    to: to('https://r.example/'),
  },
  { name: 'Berliners', when: { what: 'city', is: 'one_of', values: ['de/city 7'] }, to: to('https://b.example/') },
];

let app: TestApp;
let workspaceId: string;
let link: Link;

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db, timeZone);
  link = await makeLink(app, workspaceId);
  await updateLink(app.db, workspaceId, byTest, link.id, { routes: current });
  await app.db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, domain_id, workspace_id, class, reason, rules_version, signals, channel,
  country, city, region, device, os, browser, language, referrer, is_first_on_link, is_first_in_workspace)
select n, ${now.toISOString()}::timestamptz - random() * interval '29 days', ${link.id}, ${link.slugId}, ${link.domainId},
  ${workspaceId}, case when n % 20 = 0 then 'crawler' else 'human' end, 'human:browser', 3, 0, 'direct',
  (array['DE', 'AT', 'US', 'ES', 'FR', 'BR', null])[1 + floor(random() * 7)], 'City ' || floor(random() * 300), 'Region',
  'mobile', (array['iOS', 'Android', 'Windows', 'macOS'])[1 + floor(random() * 4)],
  (array['Safari', 'Chrome', 'Instagram'])[1 + floor(random() * 3)],
  (array['de', 'en', 'es', 'fr'])[1 + floor(random() * 4)], 'site' || floor(random() * 20) || '.example', false, false
from generate_series(1, ${clicks}) n`);
  await app.db.execute(sql`vacuum analyze clicks`);
}, 300_000);
afterAll(() => app.close());

describe('a replay of a million clicks', () => {
  it('groups them by what is asked alone, and is there before a reader goes away', async () => {
    const stored = await getOpening(app.db, workspaceId, link.id);
    const other = await draftOpening(app.db, workspaceId, stored, draft);
    const span = { from: new Date(now.getTime() - 29 * 86_400_000), to: now };
    const shapesOf = async (opens: ReturnType<typeof opensOf>[]) =>
      (await findShapes(app.db, workspaceId, link.id, span, opens)).length;
    expect(await shapesOf([opensOf(stored)])).toBe(3);
    const kinds = await shapesOf([opensOf(stored), opensOf(other)]);
    expect(kinds).toBeLessThan(3_000);
    const times: number[] = [];
    for (let round = 0; round < 4; round++) {
      const startedAt = performance.now();
      const replay = await loadReplay(app.db, { id: workspaceId, timeZone }, link.id, { draft, now });
      times.push(performance.now() - startedAt);
      expect(replay.clicks).toBeGreaterThan(0.94 * clicks);
      expect(replay.unknown).toBe(0);
    }
    console.log(
      `a replay of ${clicks} clicks in ${kinds} kinds: ${times.map((time) => time.toFixed(0)).join(', ')} ms`,
    );
    expect(Math.min(...times)).toBeLessThan(5_000);
  }, 300_000);
});
