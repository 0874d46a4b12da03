import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Compared, loadCompared } from '../../../src/reports/compare/compare.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import type { Db } from '../../../src/ground/db/db.ts';
import { NotFound } from '../../../src/ground/text/errors.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, rowsOf } from '../../setup/hits.ts';

/** Clocks in Berlin went from 03:00 back to 02:00 on Sunday, the 25th of October 2026: that day has 25 hours. */
const timeZone = 'Europe/Berlin';
const now = new Date('2026-10-27T11:00:00Z');

let database: OpenTestDatabase;
let db: Db;
let workspaceId: string;

beforeAll(async () => {
  database = await openTestDatabase(1);
  db = database.db;
  workspaceId = await insertBareWorkspace(db, timeZone);
  await db.execute(sql`select setseed(0.25)`);
  await db.execute(sql`select ensure_click_partition(${now.toISOString()}::timestamptz)`);
  for (const name of ['one', 'two']) {
    await db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values (${name}, ${workspaceId}, ${name}, ${name})`);
    await db.execute(sql`
insert into tags (id, workspace_id, name, name_key, colour) values (${`tag ${name}`}, ${workspaceId}, ${name}, ${name}, 'grey')`);
  }
  await db.execute(sql`
insert into links (id, workspace_id, url, campaign_id)
select 'l' || n, ${workspaceId}, 'https://example.com', (array['one', 'one', 'two', null])[n] from generate_series(1, 4) n`);
  await db.execute(sql`
insert into link_tags (link_id, tag_id) values ('l1', 'tag one'), ('l3', 'tag one'), ('l4', 'tag one'), ('l1', 'tag two'), ('l2', 'tag two')`);
  await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, is_first_on_link, is_first_in_workspace)
select n, date_trunc('milliseconds', '2026-10-25T00:00Z'::timestamptz + (random() - 0.5) * interval '4 days'),
       'l' || 1 + floor(random() * 4), 'slug', ${workspaceId}, class, class || ':x', 1, 'direct',
       class = 'human' and random() < 0.7, class = 'human' and random() < 0.5
from (select n, (array['human', 'human', 'crawler'])[1 + floor(random() * 3)] as class from generate_series(1, 4000) n offset 0) h`);
  await restateWorkspace(db, workspaceId);
});

afterAll(async () => {
  await database?.drop();
});

const named = (subject: Compared['subject']): Compared => ({ subject, name: 'x', shortName: 'x' });
const of: Record<string, { compared: Compared[]; fits: string[] }> = {
  campaigns: {
    compared: ['one', 'two'].map((id) => named({ kind: 'campaign', id })),
    fits: ['one', 'two'].map((id) => `link_id in (select id from links where campaign_id = '${id}')`),
  },
  tags: {
    compared: ['tag one', 'tag two'].map((id) => named({ kind: 'tag', id })),
    fits: ['tag one', 'tag two'].map((id) => `link_id in (select link_id from link_tags where tag_id = '${id}')`),
  },
  links: {
    compared: ['l1', 'l4'].map((id) => named({ kind: 'link', id })),
    fits: ['l1', 'l4'].map((id) => `link_id = '${id}'`),
  },
};

const spans = {
  'hours of the day of 25 hours': { from: '2026-10-25', to: '2026-10-25', steps: 25, unit: 'hour' },
  'days around it': { from: '2026-10-23', to: '2026-10-27', steps: 5, unit: 'day' },
} as const;

it.each(
  Object.keys(of).flatMap((what) => Object.keys(spans).map((span) => [what, span as keyof typeof spans] as const)),
)('counts %s as plain SQL does: %s', async (what, span) => {
  const { compared = [], fits = [] } = of[what] ?? {};
  const { steps: count, unit, from, to } = spans[span];
  const period = resolvePeriod({ from, to, timeZone, now, interval: unit });
  const loaded = await loadCompared(db, workspaceId, compared, period);
  expect(loaded).toHaveLength(2);
  for (const [index, { steps, total }] of loaded.entries()) {
    const rows = await rowsOf<{ start: number; clicks: number; visitors: number }>(
      db,
      sql`
select (extract(epoch from date_trunc(${unit}, clicked_at, ${timeZone})) * 1000)::float8 as start, count(*)::int as clicks,
       (count(*) filter (where is_first_on_link))::int as visitors
from clicks
where class = 'human' and ${sql.raw(fits[index] ?? 'false')}
  and clicked_at >= (${from}::date)::timestamp at time zone ${timeZone} and clicked_at < (${to}::date + 1)::timestamp at time zone ${timeZone}
group by 1 order by 1`,
    );
    expect(steps).toHaveLength(count);
    const counted = steps.filter(({ clicks }) => clicks > 0);
    expect(counted.map(({ start, clicks, visitors }) => [start.getTime(), clicks, visitors])).toEqual(
      rows.map(({ start, clicks, visitors }) => [start, clicks, visitors]),
    );
    expect(total.clicks).toBe(rows.reduce((sum, { clicks }) => sum + clicks, 0));
    expect(total.visitors).toBe(rows.reduce((sum, { visitors }) => sum + visitors, 0));
    expect(total.clicks).toBeGreaterThan(100);
  }
});

it('knows no campaign of another workspace', async () => {
  const other = await insertBareWorkspace(db);
  const period = resolvePeriod({ timeZone, now });
  await expect(loadCompared(db, other, of['campaigns']?.compared ?? [], period)).rejects.toThrow(NotFound);
});
