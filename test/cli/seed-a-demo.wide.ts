import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dimensions } from '../../src/visitors/rollups/dimensions.ts';
import { resolvePeriod } from '../../src/reports/counts/period.ts';
import { loadCampaigns } from '../../src/reports/campaigns/page.ts';
import { getLink } from '../../src/links/links/queries.ts';
import { chooseGoal } from '../../src/reports/tests/goal-choice.ts';
import { countTests, judgeTests } from '../../src/reports/tests/standing.ts';
import { insertCampaign, listCampaigns } from '../../src/links/links/campaigns.ts';
import { ensureTags, listTags } from '../../src/links/links/tags.ts';
import { localDay } from '../../src/ground/time/zoned-time.ts';
import { byTest } from '../setup/actor.ts';
import { type OpenTestDatabase, openTestDatabase } from '../setup/database.ts';
import { insertBareWorkspace, rowsOf } from '../setup/hits.ts';
import { type CommandLine, openCommandLine } from './run.ts';
import { countsByDay } from '../setup/rollups.ts';

/** Its days are not those of UTC, and its clocks change. */
const timeZone = 'America/St_Johns';

let database: OpenTestDatabase;
let line: CommandLine;
let demo: Record<string, unknown>;

beforeAll(async () => {
  database = await openTestDatabase();
  line = openCommandLine({ DATABASE_URL: database.url, TZ: timeZone });
  demo = await line.answer('seed', '--links', '60', '--clicks', '20000', '--days', '100');
});

afterAll(async () => {
  line.close();
  await database.drop();
});

const inDemo = () => sql`workspace_id = ${demo.workspaceId}`;

/** The one row of a query. */
async function rowOf(query: ReturnType<typeof sql>): Promise<Record<string, unknown>> {
  const [row = {}] = await rowsOf<Record<string, unknown>>(database.db, query);
  return row;
}

/** How many flags are not what the rows say: the first click of a visitor on a local day, on a link and in the workspace. */
const wrongFlags = () => sql`
select count(*)::int as wrong from (
  select is_first_on_link, is_first_in_workspace, class = 'human' as is_human,
         row_number() over (partition by visitor_key, link_id, day order by clicked_at, id) = 1 as on_link,
         row_number() over (partition by visitor_key, day order by clicked_at, id) = 1 as in_workspace
  from (select *, (clicked_at at time zone 'America/St_Johns')::date as day from clicks where ${inDemo()}) c
) c
where is_first_on_link <> (is_human and on_link) or is_first_in_workspace <> (is_human and in_workspace)`;

async function expectRollupsToEqualRows(): Promise<void> {
  const day = sql`(clicked_at at time zone 'America/St_Johns')::date`;
  for (const dimension of dimensions) {
    const hasValue = dimension.counts === 'valued' ? sql`${sql.raw(dimension.sql)} is not null` : sql`true`;
    const counted = dimension.counts === 'hits' ? sql`true` : sql`class = 'human' and ${hasValue}`;
    const value = sql`coalesce(${sql.raw(dimension.sql)}, '')`;
    const fromRows = await rowsOf(
      database.db,
      sql`
select ${day}::text as day, ${value} as value, count(*)::int as clicks, (count(*) filter (where is_first_in_workspace))::int as visitors
from clicks c where ${inDemo()} and ${counted} group by 1, 2 order by 1, 2`,
    );
    const fromRollups = await rowsOf(
      database.db,
      sql`
select day::text, value, clicks::int, visitors::int from ${sql.raw(countsByDay)} d
where scope_id = ${demo.workspaceId} and dimension = ${dimension.name} order by 1, 2`,
    );
    expect(fromRollups).toEqual(fromRows);
  }
  const totals = await rowsOf(
    database.db,
    sql`select link_id, clicks::int, visitors::int, hits::int from link_totals where ${inDemo()} order by 1`,
  );
  const fromRows = await rowsOf(
    database.db,
    sql`
select link_id, (count(*) filter (where class = 'human'))::int as clicks,
       (count(*) filter (where is_first_on_link))::int as visitors, count(*)::int as hits
from clicks where ${inDemo()} group by 1 order by 1`,
  );
  expect(totals).toEqual(fromRows);
}

describe('waymark seed', () => {
  it('makes an account whose workspace has the links and clicks that were asked for', async () => {
    expect(demo).toEqual({
      email: expect.stringMatching(/@/),
      password: expect.stringMatching(/.{10}/),
      workspaceId: expect.any(String),
      links: 60,
      clicks: 20_000,
    });
    const counts = await rowOf(sql`
select (select count(*)::int from links where ${inDemo()}) as links,
       (select count(*)::int from clicks where ${inDemo()} and class = 'human') as clicks,
       (select sum(clicks)::int from link_totals where ${inDemo()}) as shown,
       (select count(*)::int from members m join users u on u.id = m.user_id
        where ${inDemo()} and role = 'owner' and email = ${demo.email}) as owners`);
    expect(counts).toEqual({ links: 60, clicks: 20_000, shown: 20_000, owners: 1 });
  });

  it('has a link whose A/B test runs since it was made, and splits its people', async () => {
    const versions = await rowsOf<{ position: number; clicks: number; isOld: boolean; url: string }>(
      database.db,
      sql`
select d.position, d.url, count(*)::int as clicks, d.created_at = l.created_at as "isOld"
from link_destinations d join links l on l.id = d.link_id join clicks c on c.destination_id = d.id and c.link_id = l.id
where d.${inDemo()} and d.route_id is null and c.class = 'human' group by d.id, l.id order by d.position`,
    );
    expect(versions).toMatchObject([
      { position: 1, isOld: true },
      { position: 2, isOld: true },
    ]);
    const [one = 0, other = 0] = versions.map(({ clicks }) => clicks);
    expect(one + other).toBeGreaterThan(200);
    expect(one / (one + other)).toBeGreaterThan(0.35);
    expect(one / (one + other)).toBeLessThan(0.65);
    const [link] = await rowsOf<{ kept: number; all: number }>(
      database.db,
      sql`
select count(c.destination_id)::int as kept, count(*)::int as all from clicks c join links l on l.id = c.link_id
where c.${inDemo()} and l.split is not null and c.class = 'human'`,
    );
    expect(link?.kept).toBe(link?.all);
  });

  it('has a link whose rules send people to the store of their system, and others by country', async () => {
    const met = await rowsOf<{ rule: string | null; os: string; countries: string[]; clicks: number; isOld: boolean }>(
      database.db,
      sql`
select r.name as rule, case when c.os in ('iOS', 'Android') then c.os else 'other' end as os, count(*)::int as clicks,
       array_agg(distinct (c.country = 'DE')::text) as countries, bool_and(r.created_at = l.created_at) as "isOld"
from clicks c join links l on l.id = c.link_id left join link_routes r on r.id = c.route_id and r.link_id = l.id
where c.${inDemo()} and l.routes is not null and c.class = 'human' group by 1, 2 order by 2, 1`,
    );
    expect(met).toMatchObject([
      { rule: 'Android', os: 'Android', isOld: true },
      { rule: 'iPhone and iPad', os: 'iOS', isOld: true },
      { rule: 'Germany', os: 'other', countries: ['true'], isOld: true },
      { rule: null, os: 'other' },
    ]);
    expect(met.at(-1)?.countries).not.toContain('true');
    const [machines] = await rowsOf(
      database.db,
      sql`select count(route_id)::int as routed from clicks where ${inDemo()} and class <> 'human'`,
    );
    expect(machines).toEqual({ routed: 0 });
  });

  it('has visitors who convert, as many as are counted, and a test that they decide', async () => {
    const sums = await rowsOf<Record<string, unknown>>(
      database.db,
      sql`
select g.name, g.conversions, g.is_server_only as "isServerOnly", count(*)::int as rows,
       (select sum(conversions)::int from conversion_counts where goal_id = g.id) as counted,
       (select sum(value)::int from conversion_counts where goal_id = g.id) = coalesce(sum(c.value), 0)::int as "isWorth",
       bool_and(h.class = 'human' and h.visitor_key = c.visitor_key and c.occurred_at >= c.clicked_at and l.click_id_name is not null) as "isOfClick"
from conversion_goals g join conversions c on c.goal_id = g.id
join clicks h on h.link_id = c.link_id and h.id = c.hit_id and h.clicked_at = c.clicked_at join links l on l.id = c.link_id
where g.${inDemo()} group by g.id order by g.name`,
    );
    expect(sums).toMatchObject([
      { name: 'Newsletter sign-up', isServerOnly: false },
      { name: 'Purchase', isServerOnly: true },
    ]);
    for (const { conversions, rows, counted, isWorth, isOfClick } of sums)
      expect([rows, counted, isWorth, isOfClick]).toEqual([conversions, conversions, true, true]);
    const [tested] = await rowsOf<{ id: string }>(
      database.db,
      sql`select id from links where ${inDemo()} and split is not null`,
    );
    const link = await getLink(database.db, String(demo.workspaceId), tested?.id ?? '');
    const workspace = { id: link.workspaceId, timeZone, weekStartsOn: 1 } as const;
    const { chosen } = await chooseGoal(database.db, link.workspaceId, link.id, undefined);
    const [now, counted] = [new Date(), await countTests(database.db, workspace, link, new Date())];
    const { current } = await judgeTests(database.db, link, now, counted, chosen?.id);
    // In a demo of the usual size that is a verdict: 'B is ahead'.
    expect(current?.rows.map(({ rate }) => rate?.toFixed(1))).toEqual(['0.1', '0.2']);
    expect(current?.results.advice).toMatch(/^(?:B is ahead|Keep going)/);
  });

  it('flags the first click of each visitor on a day, as live clicks are', async () => {
    expect(await rowOf(wrongFlags())).toEqual({ wrong: 0 });
    const keys = await rowOf(sql`
select count(distinct visitor_key)::int as visitors, (count(*) filter (where visitor_key is null and class = 'human'))::int as keyless,
       (count(*) filter (where visitor_key is not null and class <> 'human'))::int as machines_with_key
from clicks where ${inDemo()}`);
    expect(keys).toMatchObject({ keyless: 0, machines_with_key: 0 });
    expect(keys.visitors).toBeGreaterThan(15_000);
    expect(keys.visitors).toBeLessThan(19_000);
  });

  it('leaves rollups that equal the rows', expectRollupsToEqualRows);

  it('spreads clicks over all its days up to now, each after its link was made', async () => {
    const times = await rowOf(sql`
select count(distinct (clicked_at at time zone 'America/St_Johns')::date)::int as days,
       bool_and(clicked_at <= now()) as are_past, max(clicked_at) > now() - interval '3 hours' as are_recent,
       bool_and(clicked_at > l.created_at) as are_after, count(distinct c.tableoid)::int as partitions,
       bool_or(c.tableoid = 'clicks_default'::regclass) as any_in_default
from clicks c join links l on l.id = c.link_id where c.workspace_id = ${demo.workspaceId}`);
    expect(times).toMatchObject({
      days: 100,
      are_past: true,
      are_recent: true,
      are_after: true,
      any_in_default: false,
    });
    expect(times.partitions).toBeGreaterThanOrEqual(4);
  });

  it('has visitors from everywhere, by every channel, and one hit in six by machines', async () => {
    const audience = await rowOf(sql`
select array_agg(distinct channel order by channel) as channels, count(distinct country)::int as countries,
       count(distinct city)::int as cities, count(distinct language)::int as languages, count(distinct browser)::int as browsers,
       count(distinct utm_campaign)::int as campaigns, count(*) filter (where os = 'iOS' and device = 'desktop')::int as odd,
       (count(*) filter (where channel = 'qr' and device <> 'mobile'))::int as scanning_desktops,
       (count(*) filter (where channel = 'qr' and slug_id not in (select id from slugs where kind = 'qr')))::int as false_scans
from clicks where ${inDemo()} and class = 'human'`);
    expect(audience.channels).toEqual(['ai', 'direct', 'email', 'other', 'paid', 'qr', 'referral', 'search', 'social']);
    expect(audience.countries).toBeGreaterThan(25);
    expect(audience.cities).toBeGreaterThan(100);
    expect(audience.languages).toBeGreaterThan(15);
    expect(audience.browsers).toBeGreaterThan(10);
    expect(audience).toMatchObject({ campaigns: 5, odd: 0, scanning_desktops: 0, false_scans: 0 });
    const machines = await rowOf(sql`
select round(100.0 * count(*) filter (where class <> 'human') / count(*))::int as share,
       array_agg(distinct class order by class) as classes, bool_and(reason like class || ':%') as have_reasons
from clicks where ${inDemo()}`);
    expect(machines).toEqual({
      share: 17,
      classes: ['crawler', 'human', 'prefetch', 'preview', 'scanner', 'tool'],
      have_reasons: true,
    });
  });

  it('puts links into campaigns: some over, one running with its pace, one about to start', async () => {
    const now = new Date();
    const today = localDay(now, timeZone);
    const period = resolvePeriod({ period: '12mo', timeZone, now });
    const rows = await loadCampaigns(database.db, String(demo.workspaceId), period);
    const states = rows.map(({ campaign, goal }) => [campaign.name, goal?.state ?? 'no goal']);
    expect(Object.fromEntries(states)).toEqual({
      'Trail Week': 'reached',
      "Members' sale": 'missed',
      'Lantern 2 launch': 'no goal',
      'Repair Month': 'no goal',
      'Night run': 'on pace',
      'Gift guide': 'not started',
    });
    for (const { campaign, clicks } of rows) {
      expect(campaign.links).toBeGreaterThanOrEqual(3);
      expect(clicks > 0).toBe((campaign.startsOn ?? '') <= today);
    }
    expect(rows.some(({ campaign }) => (campaign.endsOn ?? '') < today)).toBe(true);
  });

  it('gives links the campaign that their utm_campaign names, and two tags, one or none', async () => {
    const named = await rowsOf(
      database.db,
      sql`
select distinct substring(l.url from 'utm_campaign=([^&#]*)') as utm, c.name as campaign
from links l left join campaigns c on c.id = l.campaign_id
where l.workspace_id = ${demo.workspaceId} and l.url like '%utm_campaign=%' order by 1`,
    );
    expect(named).toEqual([
      { utm: 'gift-guide', campaign: 'Gift guide' },
      { utm: 'members-sale', campaign: "Members' sale" },
      { utm: 'night-run', campaign: 'Night run' },
      { utm: 'repair-month', campaign: 'Repair Month' },
      { utm: 'tent-launch', campaign: 'Lantern 2 launch' },
      { utm: 'trail-week', campaign: 'Trail Week' },
    ]);
    const tagged = await rowOf(sql`
select array_agg(distinct n order by n) as numbers from (
  select (select count(*)::int from link_tags where link_id = links.id) as n from links where ${inDemo()}
) l`);
    expect(tagged).toEqual({ numbers: [0, 1, 2] });
    const tags = await listTags(database.db, String(demo.workspaceId));
    expect(tags.map(({ name }) => name)).toEqual(['ad', 'event', 'guide', 'newsletter', 'print', 'sale', 'social']);
    expect(new Set(tags.map(({ colour }) => colour)).size).toBe(7);
  });

  it('adds to a workspace that is named, by its id or its word', async () => {
    const { slug } = await rowOf(sql`select slug from workspaces where id = ${demo.workspaceId}`);
    const more = await line.answer(
      'seed',
      '--workspace',
      String(slug),
      '--links',
      '5',
      '--clicks',
      '300',
      '--days',
      '1',
    );
    expect(more).toEqual({ email: demo.email, password: null, workspaceId: demo.workspaceId, links: 5, clicks: 300 });
    const counts = await rowOf(sql`
select (select count(*)::int from links where ${inDemo()}) as links, sum(clicks)::int as clicks from link_totals where ${inDemo()}`);
    expect(counts).toEqual({ links: 65, clicks: 20_300 });
    expect(await rowOf(wrongFlags())).toEqual({ wrong: 0 });
    await expectRollupsToEqualRows();
  });

  it('takes campaigns and tags that a workspace has as they are', async () => {
    const { db } = database;
    const workspaceId = await insertBareWorkspace(db);
    const plan = { name: 'TRAIL week', startsOn: null, endsOn: '2026-01-31', goal: 5 };
    await insertCampaign(db, workspaceId, byTest, plan);
    const [tagId] = await ensureTags(db, workspaceId, byTest, ['Social']);
    const addDemo = () =>
      line.answer('seed', '--workspace', workspaceId, '--links', '9', '--clicks', '200', '--days', '20');
    await addDemo();
    await addDemo();
    const campaigns = await listCampaigns(db, workspaceId);
    expect(campaigns).toMatchObject([
      { name: "Members' sale", links: 6 },
      { ...plan, links: 8 },
    ]);
    expect(await listTags(db, workspaceId)).toMatchObject([
      { name: 'event', links: 8 },
      { name: 'newsletter', links: 6 },
      { name: 'print', links: 2 },
      { name: 'sale', links: 6 },
      { id: tagId, name: 'Social', links: 8 },
    ]);
  });

  it('says how to log in, and draws no progress where nobody watches', async () => {
    const { code, stdout, stderr } = await line.run('seed', '--links=1', '--clicks=10', '--days=3');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Workspace .+ got 1 link with 10 clicks\.\nLog in at .+ as .+@.+ with the password .+\n$/);
  });

  it('refuses a workspace that is not there', async () => {
    expect(await line.run('seed', '--workspace', 'nobody', '--json')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no workspace "nobody".\n',
    });
  });
});
