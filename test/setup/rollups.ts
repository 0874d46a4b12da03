import { sql } from 'drizzle-orm';
import { dimensions } from '../../src/visitors/rollups/dimensions.ts';
import type { Db } from '../../src/ground/db/db.ts';
import { rowsOf } from './hits.ts';

const daysOfMonth = Array.from({ length: 31 }, (_, n) => `(t.month + ${n}, t.clicks_${n + 1}, t.visitors_${n + 1})`);

/** SQL: rows (scope_id, day, dimension, value, clicks, visitors) of what rollups have of days, however they keep it. */
export const countsByDay = `(
  select scope_id, day, dimension, value, clicks, visitors from click_counts_daily
  union all
  select t.scope_id, d.day, t.dimension, t.value, d.clicks, d.visitors
  from click_counts_monthly t cross join lateral (values ${daysOfMonth.join(', ')}) d (day, clicks, visitors)
  where d.clicks <> 0 or d.visitors <> 0
)`;

/** Every rollup, from the rollup and from the rows; the two lists must be equal. */
export async function rollupsAndRows(db: Db, workspaceId: string): Promise<{ rollups: unknown[]; rows: unknown[] }> {
  const zone = sql`(select time_zone from workspaces where id = ${workspaceId})`;
  const scopes = sql`(
  select ${workspaceId} as id union select link_id from link_totals where workspace_id = ${workspaceId}
  union select scope_id from rollup_scopes where workspace_id = ${workspaceId})`;
  const rollups = await rowsOf(
    db,
    sql`
select 'hour' as what, scope_id, hour::text as time, class as value, hits::int as clicks, visitors::int from click_totals_hourly
where scope_id in (select id from ${scopes} s)
union all
select dimension, scope_id, day::text, value, clicks::int, visitors::int from ${sql.raw(countsByDay)} d where scope_id in (select id from ${scopes} s)
union all
select dimension || ' a month', scope_id, month::text, value, clicks::int, visitors::int from click_counts_monthly where scope_id in (select id from ${scopes} s)
union all
select 'link', link_id, first_hit_at::text || last_click_at::text, hits::text, clicks::int, visitors::int from link_totals where workspace_id = ${workspaceId}
order by 1, 2, 3, 4`,
  );
  // The scopes that a hit counts in: its workspace, its link once that is busy, its domain, and its link's campaign and tags.
  const counted = sql`(
    select workspace_id as scope_id, is_first_in_workspace as is_first, true as is_whole, true as is_of_many
    union all
    select link_id, is_first_on_link, true, false where (select is_busy from link_totals t where t.link_id = c.link_id)
    union all
    select r.scope_id, is_first_in_workspace, true, true from rollup_scopes r
    where r.workspace_id = c.workspace_id and r.scope_id = c.workspace_id || ':' || c.domain_id and r.state = 'full'
    union all
    select m.scope_id, is_first_on_link, m.is_full, true from scope_links m
    where m.workspace_id = c.workspace_id and m.link_id = c.link_id
  ) s`;
  const parts = [
    sql`
select 'hour' as what, s.scope_id, date_trunc('hour', clicked_at, ${zone})::text as time, class as value, count(*)::int as clicks,
       (count(*) filter (where s.is_first))::int as visitors
from clicks c cross join lateral ${counted}
where workspace_id = ${workspaceId} and s.is_whole group by 1, 2, 3, 4`,
    sql`
select 'link', link_id, min(clicked_at)::text || (max(clicked_at) filter (where class = 'human'))::text, count(*)::text, (count(*) filter (where class = 'human'))::int,
       (count(*) filter (where is_first_on_link))::int
from clicks where workspace_id = ${workspaceId} group by 1, 2`,
  ];
  for (const dimension of dimensions) {
    for (const [suffix, unit] of [
      ['', 'day'],
      [' a month', 'month'],
    ]) {
      parts.push(sql`
select ${dimension.name + suffix}, s.scope_id, date_trunc(${unit}, clicked_at at time zone ${zone})::date::text, coalesce(${sql.raw(dimension.sql)}, ''),
       count(*)::int, (count(*) filter (where s.is_first))::int
from clicks c cross join lateral ${counted}
where workspace_id = ${workspaceId} and (s.is_whole or ${'ofSmall' in dimension}) and (s.is_of_many or ${!('of' in dimension)})
  and ${dimension.counts === 'hits' ? sql`true` : sql`class = 'human'`}
  and ${dimension.counts === 'valued' ? sql`${sql.raw(dimension.sql)} is not null` : sql`true`}
group by 1, 2, 3, 4`);
    }
  }
  const rows = await rowsOf(db, sql`${sql.join(parts, sql` union all `)} order by 1, 2, 3, 4`);
  return { rollups, rows };
}
