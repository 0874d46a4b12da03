import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { rollupOf } from '../../visitors/rollups/days.ts';
import { type Counts, hitsOf, isFirst, type Scope } from './queries.ts';
import { singleDays } from './steps.ts';
import type { Sources } from './sources.ts';

/** With fewer links it costs less to sum all of them. Of more, no report says how many there are. */
export const manyLinks = 5_000;

/** Links that are summed: ten for each one that is asked for, 500 at least. */
const candidatesOf = (top: number) => Math.max(500, top * 10);

/** Beyond this, summing all links is as quick. */
const mostCandidates = 2_000;

/**
 * The links of a scope with the most clicks in a span. A link has no more clicks in a span than of all time. So only those
 * with the most of all time are summed, and the others are sure to be behind.
 * @returns null where it has few links, or where links that were not looked at may be among the first
 */
export async function findTopLinks(
  db: Db,
  scope: Scope,
  sources: Sources,
  top: number,
): Promise<(Counts & { value: string })[] | null> {
  const [scopeId] = scope.rollups;
  const most = candidatesOf(top);
  if (scopeId === undefined || most > mostCandidates) return null;
  const totals = totalsOf(scope, scopeId);
  const { rows: many } = await db.execute(sql`select 1 from ${totals} offset ${manyLinks} limit 1`);
  if (many.length === 0) return null;
  const link = { scopeId: sql`${scopeId}`, dimension: sql`'link'`, value: sql`c.link_id` };
  const { rows } = await db.execute<Counts & { value: string; bound: number }>(sql`
with total as materialized (
  select t.link_id, t.clicks from ${totals} order by t.clicks desc limit ${most}
), hit as materialized (
  select c.link_id, count(*) as clicks, count(*) filter (where ${isFirst(scope)}) as visitors
  from (${hitsOf(scope, sources)}) c
  where c.class = 'human'
  group by 1
), candidate as materialized (
  select link_id from total union select link_id from hit
), counted as (
  select c.link_id, t.clicks, t.visitors
  from candidate c
  cross join unnest(${sql.param(sources.months)}::date[]) as m (month)
  cross join lateral ${rollupOf('month', { ...link, at: sql`m.month` })} t
  union all
  select c.link_id, r.sign * t.clicks, r.sign * t.visitors
  from candidate c
  cross join ${singleDays(sources)}
  cross join lateral ${rollupOf('day', { ...link, at: sql`r.day` })} t
  union all
  select link_id, clicks, visitors from hit
)
select link_id as value, sum(clicks)::float8 as clicks, sum(visitors)::float8 as visitors,
       (select min(clicks) from total)::float8 as bound
from counted
group by 1
having sum(clicks) <> 0
order by 2 desc, 1
limit ${top}`);
  const last = rows.at(-1);
  if (rows.length < top || !last || last.clicks <= last.bound) return null;
  return rows.map(({ value, clicks, visitors }) => ({ value, clicks, visitors }));
}

/** The sums `t` of links that may be a scope's, of all time: those of a workspace for its domains as well. */
function totalsOf({ workspaceId, subject }: Scope, scopeId: string): SQL {
  const ofWorkspace = sql`link_totals t where t.workspace_id = ${workspaceId}`;
  if (subject.kind === 'workspace' || subject.kind === 'domain') return ofWorkspace;
  return sql`(
    select t.link_id, t.clicks
    from scope_links m
    join link_totals t on t.link_id = m.link_id
    where m.workspace_id = ${workspaceId} and m.scope_id = ${scopeId}
  ) t`;
}
