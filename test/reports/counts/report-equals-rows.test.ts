import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dimension, type DimensionName, dimensionOf } from '../../../src/visitors/rollups/dimensions.ts';
import { type Filter, filterText } from '../../../src/reports/counts/filter.ts';
import { type Period, type PeriodInput, resolvePeriod } from '../../../src/reports/counts/period.ts';
import { findFirstHitAt } from '../../../src/reports/counts/beginning.ts';
import { dimensionsOf } from '../../../src/reports/counts/queries.ts';
import { countBy, loadReport, type Subject } from '../../../src/reports/counts/report.ts';
import { columnsOfHits } from '../../../src/visitors/clicks/hit-fields.ts';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { seededRandom } from '../../../src/demo/random.ts';
import { restateWorkspace } from '../../../src/visitors/upkeep/recount.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { busyLinkHits } from '../../../src/visitors/rollups/rollups.ts';
import type { Db } from '../../../src/ground/db/db.ts';
import { NotFound } from '../../../src/ground/text/errors.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { everyHitOf, putHits, rowsOf } from '../../setup/hits.ts';

// The afternoon of the tenth of November, 2026: clocks in New York fell back on the first, leapt on the eighth of March.
const now = new Date('2026-11-10T19:30:00Z');
const hits = 8_000;

const zones = ['America/New_York', 'Asia/Kolkata'];
const workspaceOf = (zone: string) => `ws-${zone}`;
const busyLink = (zone: string) => `${zone}-1`;
const quietLink = (zone: string) => `${zone}-4`;

const campaignOf = (zone: string) => `campaign-${zone}`;
/** A domain of the workspace; others of its hits are on the domain that all share, and some on none that is known. */
const domainOf = (zone: string) => `domain-${zone}`;
const shared = 'shared';
/** Codes of the busy link, which has two, and of the quiet one. */
const codesOf = (zone: string) => [`code-${zone}-1a`, `code-${zone}-1b`, `code-${zone}-4`] as const;

const asked: Record<string, Partial<PeriodInput>> = {
  today: { period: 'today' },
  '7 days': { period: '7d' },
  '7 days by hour': { period: '7d', interval: 'hour' },
  '30 days': { period: '30d' },
  '90 days by week': { period: '90d', interval: 'week' },
  '90 days by weeks from Sunday': { period: '90d', interval: 'week', weekStartsOn: 0 },
  'last week from Sunday': { period: 'last-week', weekStartsOn: 0 },
  '12 months': { period: '12mo' },
  'all time': { period: 'all' },
  'all time by weeks from Saturday': { period: 'all', interval: 'week', weekStartsOn: 6 },
  'all time by day': { period: 'all', interval: 'day' },
  'a range across the end of summer time by hour': { from: '2026-10-30', to: '2026-11-03', interval: 'hour' },
  'a range across its beginning by day': { from: '2026-02-27', to: '2026-03-15' },
  'a range that starts late in one month and ends late in another, by month': {
    from: '2026-04-29',
    to: '2026-08-28',
    interval: 'month',
  },
  'a range of instants within a day': { from: '2026-11-01T04:15:00Z', to: '2026-11-01T09:45:30Z' },
  'a range of instants over months': { from: '2026-03-07T18:20:00Z', to: '2026-06-20T02:10:00Z', interval: 'day' },
  'days of another zone': { from: '2026-10-20', to: '2026-11-05', timeZone: 'Australia/Lord_Howe' },
  'hours of another zone': { from: '2026-10-31', to: '2026-11-02', interval: 'hour', timeZone: 'Europe/London' },
};

/** Of the cases of a subject, `npm test` takes every eighth, from another one on for each; the wide tier takes all. */
const sampled = <Case>(cases: readonly Case[], from: number): readonly Case[] =>
  process.env.TIER === 'wide' ? cases : cases.filter((_, index) => (index + from) % 8 === 0);

let database: OpenTestDatabase;
let db: Db;

beforeAll(async () => {
  database = await openTestDatabase(1);
  db = database.db;
  await db.execute(sql`select setseed(0.42)`);
  await db.execute(
    sql`select ensure_click_partition(${now.toISOString()}::timestamptz - make_interval(months => m)) from generate_series(0, 3) m`,
  );
  await db.execute(sql`insert into domains (id, host, scheme) values (${shared}, 'go.example.com', 'https')`);
  for (const zone of zones) {
    await insertHits(zone);
    await restateWorkspace(db, workspaceOf(zone));
  }
});

afterAll(async () => {
  await database?.drop();
});

/** Hits of a year, a third of them near the changes of the clocks; every second of November's is still pending. */
async function insertHits(zone: string): Promise<void> {
  const workspaceId = workspaceOf(zone);
  await db.execute(
    sql`insert into workspaces (id, name, slug, time_zone) values (${workspaceId}, 'W', ${zone}, ${zone})`,
  );
  await db.execute(sql`
insert into links (id, workspace_id, url)
select ${zone} || '-' || n, ${workspaceId}, 'https://example.com' from generate_series(1, 4) n`);
  await db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) values (${campaignOf(zone)}, ${workspaceId}, 'C', 'c')`);
  await db.execute(sql`
update links set campaign_id = ${campaignOf(zone)} where id in (${`${zone}-2`}, ${busyLink(zone)})`);
  await db.execute(sql`
insert into domains (id, host, workspace_id, state) values (${domainOf(zone)}, ${`${zone.toLowerCase().replace('/', '-')}.example.com`}, ${workspaceId}, 'live')`);
  const [first, second, quiet] = codesOf(zone);
  await db.execute(sql`
insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
select id, case when id = ${second} then ${domainOf(zone)} else ${shared} end, id, id, 'qr', link_id
from (values (${first}, ${busyLink(zone)}), (${second}, ${busyLink(zone)}), (${quiet}, ${quietLink(zone)})) s (id, link_id)`);
  const pick = (...values: (string | null)[]) =>
    sql`(${sql.param(values)}::text[])[1 + floor(random() * ${values.length}::int)]`;
  await db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, country, region, city, device, os,
  browser, language, referrer, channel, utm_source, utm_medium, utm_campaign, utm_term, utm_content, is_first_on_link, is_first_in_workspace, domain_id, destination_id, route_id)
select n, h.at, ${zone} || '-' || h.link, h.slug, ${workspaceId}, h.class, h.class || ':' || ${pick('browser', 'slack', 'x')}, 1,
       p.country, p.region, p.city,
       ${pick('desktop', 'mobile', null)}, ${pick('iOS', 'Android', null)}, ${pick('Chrome', 'Safari', 'Say "hi", \\ {x}')},
       ${pick('en', 'hi', null)}, ${pick('google.com', 't.co', null)},
       case when h.slug like 'code%' then 'qr' else ${pick('direct', 'search')} end,
       ${pick('news', null)}, ${pick('email', null)}, ${pick('spring', 'summer', null)}, ${pick('a', null)}, ${pick('b', null)},
       h.class = 'human' and random() < 0.7, h.class = 'human' and random() < 0.6,
       -- A domain that is missing and can be found by the slug is filled in when it is moved (visitors/rollups/mover.ts).
       case when h.slug like 'code%' then ${pick(shared, domainOf(zone))} else ${pick(shared, shared, domainOf(zone), null)} end,
       case when h.link in (1, 4) then 10 + h.place::int % 6 end, case when h.link in (1, 4) and h.place::int % 6 > 2 then 10 + h.place::int % 2 end
from (
  select *, case when random() < 0.7 then 'slug'
                 when link = 1 then (array[${first}, ${second}])[1 + floor(random() * 2)]
                 when link = 4 then ${quiet} else 'slug' end as slug
  from (
  select n,
         date_trunc('milliseconds', case when random() < 0.33
           then (array['2026-03-08T07:00Z', '2026-11-01T06:00Z', '2026-10-31T18:30Z'])[1 + floor(random() * 3)]::timestamptz + (random() - 0.5) * interval '40 hours'
           else ${now.toISOString()}::timestamptz - random() * interval '400 days' end) as at,
         (array[1, 1, 1, 1, 1, 1, 1, 2, 3, 4])[1 + floor(random() * 10)] as link,
         (array['human', 'human', 'human', 'preview', 'crawler', 'tool'])[1 + floor(random() * 6)] as class,
         1 + floor(random() * 40) as place
  from generate_series(1, ${hits}) n offset 0
  ) drawn offset 0
) h
cross join lateral (
  select case when place > 3 then (array['US', 'IN', 'DE', 'FR'])[1 + place::int % 4] end as country,
         case when place > 8 then 'Region ' || place end as region, case when place > 12 then 'City ' || place end as city
) p`);
  await db.execute(sql`
insert into clicks_pending
select * from clicks where workspace_id = ${workspaceId} and clicked_at > '2026-10-30' and id % 4 = 0`);
  await putBack(workspaceId);
}

/** Others wait in the inbox, and some rows are there once more, as repeats. */
async function putBack(workspaceId: string): Promise<void> {
  const columns = sql.raw(
    columnsOfHits
      .map(({ name, column, type }) => {
        const value = name === 'clickedAt' ? 'extract(epoch from clicked_at) * 1000' : column;
        return `${type === 'text' ? value : `(${value})::float8`} as "${name}"`;
      })
      .join(', '),
  );
  const recent = sql`workspace_id = ${workspaceId} and clicked_at > '2026-10-30'`;
  const waiting = await rowsOf<Hit>(db, sql`delete from clicks where ${recent} and id % 4 = 2 returning ${columns}`);
  const repeats = await rowsOf<Hit>(db, sql`select ${columns} from clicks where ${recent} and id % 9 = 1`);
  await putHits(db, waiting);
  await putHits(db, [...repeats, ...waiting.slice(0, 50)], { isRepeat: true });
}

async function periodOf(
  workspaceId: string,
  subject: Subject,
  zone: string,
  input: Partial<PeriodInput>,
): Promise<Period> {
  const firstHitAt = await findFirstHitAt(db, workspaceId, subject);
  return resolvePeriod({ timeZone: zone, now, firstHitAt, ...input });
}

/** Numbers by value. */
type Counts = Record<string, [clicks: number, visitors: number]>;

/** What counting the rows gives for each of some SQL expressions, by its values. */
async function countRows<Name extends string>(
  subject: Subject,
  workspaceId: string,
  { from, to }: { from: Date; to: Date },
  keys: Record<Name, string>,
  isOfHits = false,
  fits = 'true',
): Promise<Record<Name, Counts>> {
  const first = ['workspace', 'domain'].includes(subject.kind) ? sql`is_first_in_workspace` : sql`is_first_on_link`;
  const links = {
    workspace: 'true',
    link: `c.link_id = '${subject.id}'`,
    campaign: `right(c.link_id, 2) in ('-1', '-2')`,
    tag: 'false',
    domain: `c.domain_id = '${subject.id}'`,
    qr: `c.slug_id = '${subject.id}'`,
  }[subject.kind];
  const names = Object.keys(keys) as Name[];
  const values = names.map((name) => `('${name}', (${keys[name]})::text)`);
  const { rows } = await db.execute(sql`
select k.name, coalesce(k.value, '') as value, count(*)::int as clicks, (count(*) filter (where ${first}))::int as visitors
from ${everyHitOf(workspaceId)} c cross join lateral (values ${sql.raw(values.join(', '))}) k (name, value)
where c.workspace_id = ${workspaceId} and ${sql.raw(links)}
  and c.clicked_at >= ${from.toISOString()} and c.clicked_at < ${to.toISOString()}
  and (${isOfHits} or c.class = 'human') and (${sql.raw(fits)})
group by 1, 2`);
  const counts: Record<string, Counts> = Object.fromEntries(names.map((name) => [name, {}]));
  for (const { name, value, clicks, visitors } of rows as {
    name: Name;
    value: string;
    clicks: number;
    visitors: number;
  }[])
    counts[name] = { ...counts[name], [value]: [clicks, visitors] };
  return counts;
}

/** The name of a row's step, told by Postgres and not by our own calendar. */
function stepSql({ interval, timeZone, from, weekStartsOn }: Period): string {
  const local = `c.clicked_at at time zone '${timeZone}'`;
  // The first hour may be cut off where the period begins.
  const hour = `greatest(date_trunc('hour', c.clicked_at, '${timeZone}'), '${from.toISOString()}')`;
  return {
    hour: `to_char(${hour} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    day: `to_char(${local}, 'YYYY-MM-DD')`,
    // Weeks of Postgres begin on Mondays.
    week: `to_char(date_trunc('week', ${local} + interval '${(8 - weekStartsOn) % 7} days') - interval '${(8 - weekStartsOn) % 7} days', 'YYYY-MM-DD')`,
    month: `to_char(${local}, 'YYYY-MM')`,
  }[interval];
}

const totalOf = (rows: Counts) => {
  const { clicks = 0, visitors = 0 } = Object.values(rows).map(([c, v]) => ({ clicks: c, visitors: v }))[0] ?? {};
  return { clicks, visitors };
};

/** Filters, and what they mean in SQL that is written by hand. */
type Asked = { filters: Filter[]; fits: string };
const everything: Asked = { filters: [], fits: 'true' };

async function expectEqual(
  zone: string,
  subject: Subject,
  input: Partial<PeriodInput>,
  { filters, fits } = everything,
): Promise<void> {
  const workspaceId = workspaceOf(zone);
  const workspace = { id: workspaceId, timeZone: zone };
  const period = await periodOf(workspaceId, subject, zone, input);
  const report = await loadReport(db, workspaceId, subject, period, filters);
  const local = `c.clicked_at at time zone '${period.timeZone}'`;
  const all = { total: `'all'` };
  const sqlOf = (of: readonly Dimension[]) => Object.fromEntries(of.map(({ name, sql: value }) => [name, value]));
  const ofClicks = dimensionsOf(subject).filter(({ counts }) => counts !== 'hits');
  const ofHits = dimensionsOf(subject).filter(({ counts }) => counts === 'hits');
  const clicks = await countRows(
    subject,
    workspaceId,
    period,
    {
      ...all,
      scans: 'c.channel',
      step: stepSql(period),
      week: `(extract(isodow from ${local}) * 24 - 24 + extract(hour from ${local}))::int`,
    },
    false,
    fits,
  );
  const values: Record<string, Counts> = {
    ...(await countRows(subject, workspaceId, period, sqlOf(ofClicks), false, fits)),
    ...(await countRows(subject, workspaceId, period, sqlOf(ofHits), true, fits)),
  };

  expect(report.total).toEqual(totalOf(clicks.total));
  const previous = await countRows(subject, workspaceId, period.previous, all, false, fits);
  expect(report.previous.total).toEqual(totalOf(previous.total));
  expect(report.scans).toBe(clicks.scans['qr']?.[0] ?? 0);

  const stepName = (step: { key: string; start: Date }) =>
    period.interval === 'hour' ? step.start.toISOString() : step.key;
  const steps = report.steps.filter((step) => step.clicks > 0);
  const named = steps.map((step) => [stepName(step), [step.clicks, step.visitors]]);
  expect(named.length).toBe(new Set(named.map(([name]) => name)).size);
  expect(Object.fromEntries(named)).toEqual(clicks.step);

  expect(report.week).toHaveLength(168);
  expect(report.week.flatMap((count, hour) => (count > 0 ? [[String(hour), count]] : []))).toEqual(
    Object.entries(clicks.week).map(([hour, [count]]) => [hour, count]),
  );

  for (const { name, counts } of dimensionsOf(subject)) {
    const expected = values[name] ?? {};
    if (counts === 'valued') delete expected[''];
    const counted = await countBy(db, workspace, subject, period, name as DimensionName, filters);
    const { rows } = counted;
    // A page of them is the first of them, and knows of the others.
    if (name === 'link' || name === 'city')
      expect(await countBy(db, workspace, subject, period, name, filters, 2), name).toEqual({
        ...counted,
        rows: rows.slice(0, 2),
      });
    expect(Object.fromEntries(rows.map((row) => [row.value, [row.clicks, row.visitors]])), name).toEqual(expected);
    const inReport = report.breakdowns[name as DimensionName];
    const numbers = (row: { value: string; clicks: number; visitors: number }) => [row.value, row.clicks, row.visitors];
    expect(inReport.count, name).toBe(Object.keys(expected).length);
    expect(inReport.rows.map(numbers), name).toEqual(rows.slice(0, inReport.rows.length).map(numbers));
    const shown = ['class', 'reason', 'country'].includes(name) ? rows.length : 10;
    expect(inReport.rows.length, name).toBe(Math.min(shown, rows.length));
  }
  const { rows } = await countBy(db, workspace, subject, period, 'time', filters);
  expect(rows.map((row) => [row.clicks, row.visitors])).toEqual(
    report.steps.map((step) => [step.clicks, step.visitors]),
  );
}

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** One to three filters of one or two dimensions, drawn by chance; the same seed draws the same. */
function drawFilters(random: () => number): Asked {
  const values: Partial<Record<DimensionName, string[]>> = {
    country: ['US', 'IN', 'DE', '', 'ZZ'],
    region: ['US/Region 12', 'IN/Region 13', ''],
    device: ['desktop', 'mobile', ''],
    browser: ['Chrome', 'Say "hi", \\ {x}', ''],
    referrer: ['google.com', 't.co', ''],
    channel: ['qr', 'direct'],
    utm_campaign: ['spring', 'summer', ''],
    link: zones.flatMap((zone) => [busyLink(zone), quietLink(zone)]),
    domain: [shared, ...zones.map(domainOf), ''],
    qr: [...zones.flatMap(codesOf), ''],
    destination: ['10', '11', '14', ''],
    route: ['10', '11', ''],
  };
  const parts: Partial<Record<DimensionName, string[]>> = {
    city: ['city 1', '/', '%'],
    browser: ['a', '\\', '"hi"', '_'],
    referrer: ['OO', '.'],
    utm_campaign: ['mm'],
  };
  const one = <Of>(of: readonly Of[]) => of[Math.floor(random() * of.length)] as Of;
  const names = [one(Object.keys(values)), one(Object.keys(random() < 0.5 ? values : parts))] as DimensionName[];
  const filters = names.flatMap((dimension): Filter[] => {
    const known = values[dimension];
    const part = parts[dimension];
    const isPart = part !== undefined && (known === undefined || random() < 0.4);
    const first: Filter = isPart
      ? { dimension, operator: 'contains', value: one(part) }
      : { dimension, operator: random() < 0.6 ? 'is' : 'not', value: one(known ?? ['']) };
    const second: Filter[] =
      known && random() < 0.4 ? [{ dimension, operator: random() < 0.7 ? 'is' : 'not', value: one(known) }] : [];
    return [first, ...second];
  });
  const fits = [...new Set(filters.map(({ dimension }) => dimension))].map((dimension) => {
    const value = `coalesce(${dimensionOf(dimension).sql}, '')`;
    const of = filters.filter((filter) => filter.dimension === dimension);
    const wanted = of
      .filter(({ operator }) => operator !== 'not')
      .map(({ operator, value: text }) =>
        operator === 'is' ? `${value} = ${quote(text)}` : `strpos(lower(${value}), lower(${quote(text)})) > 0`,
      );
    const unwanted = of
      .filter(({ operator }) => operator === 'not')
      .map(({ value: text }) => `${value} <> ${quote(text)}`);
    return [wanted.length > 0 ? `(${wanted.join(' or ')})` : 'true', ...unwanted].join(' and ');
  });
  return { filters, fits: fits.join(' and ') };
}

describe.each(zones)('a workspace in %s', (zone) => {
  const subjects: [string, Subject][] = [
    ['the workspace', { kind: 'workspace', id: workspaceOf(zone) }],
    ['a busy link', { kind: 'link', id: busyLink(zone) }],
    ['a quiet link', { kind: 'link', id: quietLink(zone) }],
    ['a campaign', { kind: 'campaign', id: campaignOf(zone) }],
    ['a domain of its own', { kind: 'domain', id: domainOf(zone) }],
    ['the domain that all share', { kind: 'domain', id: shared }],
    ['a QR code', { kind: 'qr', id: codesOf(zone)[1] }],
  ];

  it('has one busy link, and hits on both sides of the merge', async () => {
    const { rows } = await db.execute(sql`
select link_id, is_busy, (select count(*) from clicks_pending p where p.link_id = t.link_id)::int as pending
from link_totals t where workspace_id = ${workspaceOf(zone)} order by 1`);
    const totals = rows as { is_busy: boolean; pending: number }[];
    expect(totals.map((total) => total.is_busy)).toEqual([true, false, false, false]);
    expect(Math.min(...totals.map((total) => total.pending))).toBeGreaterThan(10);
    expect(hits / 2).toBeGreaterThan(busyLinkHits);
  });

  describe.each(subjects)('%s', (name, subject) => {
    it.each(sampled(Object.entries(asked), name.length))('reports what its rows say: %s', async (_period, input) => {
      await expectEqual(zone, subject, input);
    });
  });

  describe.each(subjects.filter(([name]) => !name.includes('share')))('%s, filtered', (about, subject) => {
    // Ten of the periods each, other ones for every subject.
    const random = seededRandom(zone.length);
    const offset = about.length;
    const periods = Object.entries(asked);
    it.each(
      sampled(
        Array.from({ length: 10 }, (_, draw) => draw),
        offset,
      ),
    )('reports what its rows say, draw %i', async (draw) => {
      const drawn = drawFilters(random);
      const [name, input] = periods[(draw + offset) % periods.length] ?? ['', {}];
      await expectEqual(zone, subject, input, drawn).catch((error: unknown) => {
        throw new Error(`${name}, ${drawn.filters.map(filterText).join(' ')}`, { cause: error });
      });
    });
  });

  it('breaks a busy link down by domain, which its report does not show', async () => {
    const subject: Subject = { kind: 'link', id: busyLink(zone) };
    const period = await periodOf(workspaceOf(zone), subject, zone, { period: '90d' });
    const { rows } = await countBy(db, { id: workspaceOf(zone), timeZone: zone }, subject, period, 'domain');
    const { domain: expected } = await countRows(subject, workspaceOf(zone), period, { domain: 'c.domain_id' });
    expect(Object.keys(expected)).toHaveLength(3);
    expect(Object.fromEntries(rows.map((row) => [row.value, [row.clicks, row.visitors]]))).toEqual(expected);
  });

  it('finds nothing of another workspace', async () => {
    const other = zones.find((each) => each !== zone) ?? '';
    const period = resolvePeriod({ timeZone: zone, now });
    const theirs: Subject[] = [
      { kind: 'link', id: busyLink(other) },
      { kind: 'campaign', id: campaignOf(other) },
      { kind: 'domain', id: domainOf(other) },
      { kind: 'qr', id: codesOf(other)[0] },
    ];
    for (const subject of theirs) {
      await expect(loadReport(db, workspaceOf(zone), subject, period), subject.kind).rejects.toThrow(NotFound);
      await expect(countBy(db, { id: workspaceOf(zone), timeZone: zone }, subject, period, 'country')).rejects.toThrow(
        NotFound,
      );
      expect(await findFirstHitAt(db, workspaceOf(zone), subject)).toBeNull();
    }
    const all: Subject = { kind: 'workspace', id: workspaceOf(other) };
    await expect(loadReport(db, workspaceOf(zone), all, period)).rejects.toThrow(NotFound);
    await expect(
      countBy(db, { id: 'ws-nowhere', timeZone: zone }, { kind: 'workspace', id: 'ws-nowhere' }, period, 'time'),
    ).rejects.toThrow(NotFound);
  });
});

it.each(zones)('says the same once the pending hits are merged: %s', async (zone) => {
  const all: Subject = { kind: 'workspace', id: workspaceOf(zone) };
  const period = await periodOf(workspaceOf(zone), all, zone, { period: '30d' });
  const before = await loadReport(db, workspaceOf(zone), all, period);
  expect(before.total.clicks).toBeGreaterThan(100);
  await rollUpPending(db);
  expect(await loadReport(db, workspaceOf(zone), all, period)).toEqual(before);
  await expectEqual(zone, { kind: 'link', id: busyLink(zone) }, { period: '30d' });
});
