import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { rollupOf } from '../../visitors/rollups/days.ts';
import { type MonthParts, monthPartsOf, sumOfDays } from '../../visitors/rollups/month-days.ts';
import { type Counts, hitsOf, isFirst, type Scope, unionAll } from './queries.ts';
import type { Sources } from './sources.ts';

/** With fewer links it costs less to sum all of them. Of more, no report says how many there are. */
export const manyLinks = 5_000;

/** Rollups that are looked up at most, a few microseconds each; beyond, summing all links is as quick. */
const mostLookups = 12_000;

/** Links of a workspace among which those of a campaign or a tag are looked for. */
const firstOfWorkspace = 10_000;

/** Links that are looked at first: those with the most clicks of all time are mostly the first of a span too. */
const fewOf = (top: number) => top * 10;

type TopLink = Counts & { value: string };

/**
 * The links of a scope with the most clicks in a span. A link has no more clicks in a span than of all time. So only those
 * with the most of all time are summed, and the others are sure to be behind.
 * @returns null where it has few links, or where links that were not looked at may be among the first
 */
export async function findTopLinks(db: Db, scope: Scope, sources: Sources, top: number): Promise<TopLink[] | null> {
  const [scopeId] = scope.rollups;
  if (scopeId === undefined) return null;
  const members = membersOf(scope, scopeId);
  const links = members ?? sql`link_totals where workspace_id = ${scope.workspaceId}`;
  const name = `has-many-links-${members ? 'of-scope' : 'of-workspace'}`;
  const many = await executePrepared(db, name, sql`select 1 from ${links} offset ${manyLinks} limit 1`);
  if (many.length === 0) return null;
  const { whole, parts } = monthsIn(sources);
  const most = Math.min(manyLinks, Math.floor(mostLookups / Math.max(1, whole.length + parts.length)));
  const few = fewOf(top);
  if (few > most) return null;
  const found = await findAmong(db, scope, sources, { top, members, most: few });
  return found ?? (few < most ? findAmong(db, scope, sources, { top, members, most }) : null);
}

const monthsIn = ({ days }: Sources): MonthParts => (days ? monthPartsOf(days) : { whole: [], parts: [] });

/** @param asked.most links that are looked at, those with the most clicks of all time */
async function findAmong(
  db: Db,
  scope: Scope,
  sources: Sources,
  { top, members, most }: { top: number; members: SQL | null; most: number },
): Promise<TopLink[] | null> {
  const scopeId = scope.rollups[0] ?? '';
  const link = { scopeId: sql`${scopeId}`, dimension: sql`'link'`, value: sql`c.link_id` };
  const { whole, parts } = monthsIn(sources);
  const hits = hitsOf(scope, sources);
  const hit = sql`hit as materialized (
  select c.link_id, count(*) as clicks, count(*) filter (where ${isFirst(scope)}) as visitors
  from (${hits}) c
  where c.class = 'human'
  group by 1
), `;
  const inMonths = (months: string[], counts?: Parameters<typeof rollupOf>[1]) => sql`
  select c.link_id, t.clicks, t.visitors
  from candidate c
  cross join unnest(${sql.param(months)}::date[]) as m (month)
  cross join lateral ${rollupOf({ ...link, at: sql`m.month` }, counts)} t`;
  const counted = [
    inMonths(whole),
    ...parts.map((part) =>
      inMonths([part.month], { clicks: sumOfDays('clicks', part), visitors: sumOfDays('visitors', part) }),
    ),
    ...(scope.pending.areOlderDays ? parts : []).map(
      ({ first, last }) => sql`
  select t.value, t.clicks, t.visitors
  from click_counts_daily t
  where t.scope_id = ${scopeId} and t.dimension = 'link' and t.day between ${first}::date and ${last}::date
    and t.value in (select link_id from candidate)`,
    ),
    ...(hits ? [sql`select link_id, clicks, visitors from hit`] : []),
  ];
  const { rows } = await db.execute<TopLink & { bound: number }>(sql`
with first as materialized (
  select link_id, clicks from link_totals
  where workspace_id = ${scope.workspaceId}
  order by clicks desc
  limit ${members ? firstOfWorkspace : most}
), total as materialized (
  select link_id, clicks from first
  where ${members ? sql`link_id in (select link_id from ${members})` : sql`true`}
  order by clicks desc
  limit ${most}
), ${hits ? hit : sql``}candidate as materialized (
  select link_id from total ${hits ? sql`union select link_id from hit` : sql``}
), counted as (
  ${unionAll(counted)}
)
select link_id as value, sum(clicks)::float8 as clicks, sum(visitors)::float8 as visitors,
       greatest(
         (select min(clicks) from total having count(*) = ${most}),
         (select min(clicks) from first having (select count(*) from total) < ${most})
       )::float8 as bound
from counted
group by 1
having sum(clicks) <> 0
order by 2 desc, 1
limit ${top}`);
  const last = rows.at(-1);
  if (rows.length < top || !last || last.clicks <= last.bound) return null;
  return rows.map(({ value, clicks, visitors }) => ({ value, clicks, visitors }));
}

/** The links of a campaign or a tag, as rows with their ids; null of a workspace and its domains, which may have any. */
function membersOf({ workspaceId, subject }: Scope, scopeId: string): SQL | null {
  if (subject.kind === 'workspace' || subject.kind === 'domain') return null;
  return sql`scope_links where workspace_id = ${workspaceId} and scope_id = ${scopeId}`;
}
