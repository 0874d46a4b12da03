import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { addDays, dayStart } from '../../ground/time/zoned-time.ts';
import { daysOfRow } from './month-days.ts';
import { olderHits, pendingHits, waitingHits } from './pending.ts';
import { findKept } from './scopes.ts';

/*
 * Clicks a day that are right at this moment: what the rollups hold, and what is pending.
 */

/**
 * Condition: a row `t` of the hours counts clicks. With a plain comparison Postgres 18 thinks of skipping through the
 * index from hour to hour. It guesses a hundred times the cost, and reads the hours of all links instead.
 */
export const isHourOfPeople = sql`t.class || '' = 'human'`;

/** SQL of the key of a rollup; `at` is the first day of a month, or a day. */
type RollupKey = { scopeId: SQL; at: SQL; dimension: SQL; value: SQL };

const isOfKey = ({ scopeId, dimension, value }: RollupKey): SQL =>
  sql`scope_id = ${scopeId} and dimension = ${dimension} and value = ${value}`;

/**
 * The month of a value, to be joined laterally. It is looked up by its key: Postgres would read all rows of a dimension for
 * a few thousand.
 * @param clicks what it answers, as SQL over a row `t`
 */
export const rollupOf = (
  key: RollupKey,
  { clicks, visitors } = { clicks: sql`t.clicks`, visitors: sql`t.visitors` },
): SQL => sql`(
    select ${clicks} as clicks, ${visitors} as visitors from click_counts_monthly t
    where ${isOfKey(key)} and month = ${key.at}
    offset 0
  )`;

/** Condition: a job has yet to fold days of versions before; asked once a statement. */
const areOlderDays = sql`exists (select 1 from click_counts_daily)`;

/** A day of a value that no job has folded into its month yet, to be joined laterally. */
const olderDayOf = (key: RollupKey): SQL => sql`(
    select clicks, visitors from click_counts_daily where ${isOfKey(key)} and day = ${key.at}
    offset 0
  )`;

/**
 * Rows `d (day, clicks, visitors)` of values on days of a range, to be joined laterally.
 * @param key without its time
 * @param first no day before it, as SQL of a date
 */
function daysOf(key: Omit<RollupKey, 'at'>, first: SQL, last: SQL): SQL {
  const [inMonth, onDay] = [sql`m.month::date`, sql`g.day::date`];
  return sql`(
    select d.day, d.clicks, d.visitors
    from generate_series(date_trunc('month', ${first}), ${last}, interval '1 month') m (month)
    cross join lateral (
      select * from click_counts_monthly where ${isOfKey({ ...key, at: inMonth })} and month = ${inMonth}
      offset 0
    ) t
    cross join lateral ${daysOfRow}
    where d.day between ${first} and ${last} and d.clicks is not null
    union all
    select g.day::date, d.clicks, d.visitors
    from generate_series(${first}, ${last}, interval '1 day') g (day)
    cross join lateral ${olderDayOf({ ...key, at: onDay })} d
    where ${areOlderDays}
  ) d`;
}

/** Clicks of people on a link on one day, 'YYYY-MM-DD'. */
type LinkDay = { linkId: string; day: string; clicks: number };

/**
 * Clicks a day of some links; days without clicks are left out, and so are links of other workspaces. The days of a busy
 * link are its own, those of another one among its workspace's.
 * @param days first and last, 'YYYY-MM-DD' of the workspace's calendar, both counted
 * @param days.timeZone the workspace's
 */
export async function countLinkDays(
  db: Db,
  workspaceId: string,
  linkIds: readonly string[],
  days: { first: string; last: string; timeZone: string },
): Promise<LinkDay[]> {
  const { first, last, timeZone } = days;
  const from = dayStart(first, timeZone).toISOString();
  const to = dayStart(addDays(last, 1), timeZone).toISOString();
  const range = [sql`${first}::date`, sql`${last}::date`] as const;
  return executePrepared<LinkDay>(
    db,
    'count-link-days',
    sql`
with link as materialized (
  select l.id, case when t.is_busy then l.id else ${workspaceId} end as scope_id,
         case when t.is_busy then 'class' else 'link' end as dimension, case when t.is_busy then 'human' else l.id end as value
  from links l
  left join link_totals t on t.link_id = l.id
  where l.workspace_id = ${workspaceId} and l.id = any(${sql.param([...linkIds])}::text[])
), counted as (
  select l.id as link_id, d.day, d.clicks
  from link l
  cross join lateral ${daysOf({ scopeId: sql`l.scope_id`, dimension: sql`l.dimension`, value: sql`l.value` }, ...range)}
  union all
  select l.id, (p.clicked_at at time zone ${timeZone})::date, 1
  from link l
  join ${pendingHits(workspaceId, ['link_id', 'clicked_at', 'class'])} p on p.link_id = l.id
  where p.class = 'human' and p.clicked_at >= ${from} and p.clicked_at < ${to}
)
select link_id as "linkId", day::text as day, sum(clicks)::float8 as clicks
from counted
group by 1, 2`,
  );
}

/** Links that belong together, as rows (link_id, group_id) of some groups of a workspace. Deleted links belong on. */
const membersOf = {
  campaign: (workspaceId: string, ids: SQL): SQL => sql`(
  select id as link_id, campaign_id as group_id from links where workspace_id = ${workspaceId} and campaign_id = ${ids})`,
  tag: (workspaceId: string, ids: SQL): SQL => sql`(
  select lt.link_id, lt.tag_id as group_id from link_tags lt join links l on l.id = lt.link_id
  where l.workspace_id = ${workspaceId} and lt.tag_id = ${ids})`,
};

/** Clicks of people on the links of a campaign or a tag on one day; scans are those through QR codes. */
export type GroupDay = { groupId: string; day: string; clicks: number; visitors: number; scans: number };

/**
 * Counts clicks of a workspace's campaigns or tags day by day; days without clicks are left out. Exact at this moment: their
 * own rollups with what is pending. Links and rows answer while a link has just come or left. Links that were deleted go on
 * counting, so that a result does not shrink. Visitors are summed over links: one who opened two links on one day counts
 * for both.
 * @param days first and last, 'YYYY-MM-DD' of the workspace's calendar, both counted
 * @param days.timeZone the workspace's
 * @param groupIds only of these
 */
export async function countGroupDays(
  db: Db,
  workspaceId: string,
  kind: keyof typeof membersOf,
  days: { first: string; last: string; timeZone: string },
  groupIds: readonly string[],
): Promise<GroupDay[]> {
  const { first, last, timeZone } = days;
  const from = dayStart(first, timeZone).toISOString();
  const to = dayStart(addDays(last, 1), timeZone).toISOString();
  const columns = ['link_id', 'clicked_at', 'class', 'channel', 'is_first_on_link'] as const;
  const keptIds = await findKept(db, workspaceId, groupIds);
  const members = (some: readonly string[]) => membersOf[kind](workspaceId, sql`any(${sql.param([...some])}::text[])`);
  const ofHit = sql`(c.clicked_at at time zone ${timeZone})::date, 1, c.is_first_on_link::int, (c.channel = 'qr')::int`;
  const isCounted = sql`c.class = 'human' and c.clicked_at >= ${from} and c.clicked_at < ${to}`;
  const { rows } = await db.execute<GroupDay>(sql`
with kept as materialized (
  select id from unnest(${sql.param([...keptIds.keys()])}::text[]) k (id)
), link as materialized (
  select m.link_id as id, m.group_id, coalesce(t.is_busy, false) as is_busy,
         coalesce(t.is_busy or t.has_history, false) as is_rolled_up
  from ${members(groupIds.filter((id) => !keptIds.has(id)))} m
  left join link_totals t on t.link_id = m.link_id
), counted as (
  select s.group_id, d.day,
         case v.dimension when 'class' then d.clicks else 0 end as clicks,
         case v.dimension when 'class' then d.visitors else 0 end as visitors,
         case v.dimension when 'channel' then d.clicks else 0 end as scans
  from (
    select id as scope_id, id as group_id from kept
    union all
    select id, group_id from link where is_rolled_up
  ) s
  cross join (values ('class', 'human'), ('channel', 'qr')) as v (dimension, value)
  cross join lateral ${daysOf(
    { scopeId: sql`s.scope_id`, dimension: sql`v.dimension`, value: sql`v.value` },
    // No day before the first hit: a range of decades must not cost more than the clicks there are.
    sql`greatest(${first}::date, (select min(month) from click_counts_monthly where scope_id = ${workspaceId}))`,
    sql`${last}::date`,
  )}
  union all
  select l.group_id, ${ofHit}
  from link l
  join clicks c on c.link_id = l.id and c.workspace_id = ${workspaceId}
  where not l.is_busy and ${isCounted}
  union all
  select m.group_id, ${ofHit}
  from ${olderHits(workspaceId, columns)} c
  join ${members(groupIds)} m on m.link_id = c.link_id
  where ${isCounted}
    and (m.group_id in (select id from kept) or (m.link_id, m.group_id) in (select id, group_id from link where is_busy))
  union all
  select m.group_id, ${ofHit}
  from ${waitingHits(workspaceId, columns)} c
  join ${members(groupIds)} m on m.link_id = c.link_id
  where ${isCounted}
)
select group_id as "groupId", day::text as day,
       sum(clicks)::float8 as clicks, sum(visitors)::float8 as visitors, sum(scans)::float8 as scans
from counted
group by 1, 2
having sum(clicks) <> 0
order by 1, 2`);
  return rows;
}
