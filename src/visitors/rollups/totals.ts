import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { linkTotals } from '../../ground/db/schema.ts';
import { pendingHits } from './pending.ts';

/*
 * Sums of links that are right at this moment: what the rollups hold, and what is pending. A query that reads one without
 * the other is wrong for a second, so that both stand here together.
 */

/** Rows (link_id, clicks, visitors, last_click_at): what is pending of a workspace's links. */
const pendingTotals = (workspaceId: string): SQL => sql`
select link_id, count(*) filter (where class = 'human') as clicks, count(*) filter (where is_first_on_link) as visitors,
       max(clicked_at) filter (where class = 'human') as last_click_at
from ${pendingHits(workspaceId, ['link_id', 'clicked_at', 'class', 'is_first_on_link'])} c
group by 1`;

/**
 * The sums of each link of a query, to be joined as `left join lateral ${table} on ${on}`. The rollup of a link is looked
 * up by its key: a join would read those of all links again for each page.
 * @param linkId column that holds the link's id
 */
export function totalsOf(workspaceId: string, linkId: SQLWrapper) {
  return {
    table: sql`(
  select * from link_totals where link_id = ${linkId} and workspace_id = ${workspaceId} limit 1
) totals on true
left join (${pendingTotals(workspaceId)}
) pending`,
    on: sql`pending.link_id = ${linkId}`,
    clicks: sql`(coalesce(totals.clicks, 0) + coalesce(pending.clicks, 0))`.mapWith(Number),
    visitors: sql`(coalesce(totals.visitors, 0) + coalesce(pending.visitors, 0))`.mapWith(Number),
    /** NULL where nobody clicked. */
    lastClickAt: sql<Date | null>`greatest(totals.last_click_at, pending.last_click_at)`.mapWith(
      linkTotals.lastClickAt,
    ),
  };
}

/** Condition: a person has opened one of a workspace's links. */
export const hasClicks = (workspaceId: string): SQL => sql`(
  exists (select 1 from link_totals where workspace_id = ${workspaceId} and clicks > 0)
  or exists (select 1 from ${pendingHits(workspaceId, ['class'])} c where c.class = 'human'))`;

/** How links are told apart by a column of `link_totals t` and what is pending `p` of them. */
const orders = {
  clicks: {
    column: sql`t.clicks`,
    isThere: sql`t.clicks > 0`,
    withPending: sql`coalesce(t.clicks, 0) + p.clicks`,
    asNumber: sql`key`,
    fromNumber: (key: number) => sql`${key}::bigint`,
  },
  'last-click': {
    column: sql`t.last_click_at`,
    isThere: sql`t.last_click_at is not null`,
    withPending: sql`greatest(t.last_click_at, p.last_click_at)`,
    asNumber: sql`extract(epoch from key) * 1000000`,
    fromNumber: (key: number) => sql`timestamptz 'epoch' + ${key}::float8 * interval '1 microsecond'`,
  },
};

/**
 * The links that people clicked, in an order of their counts: read from an index of the sums, with what is pending merged
 * in.
 * @param matches a table to join with `links l`, and a condition over both; ids of all that can match, where they are few
 * @param after the last link of the page before: the number of its place, and its age and id, which tell ties apart
 * @returns CTEs `pending` and `clicked (id, created_at, key)`, of which the first `limit` are right; a condition that a
 *   link `l` is none of them; and `key` as a number, to be handed back in `after`
 */
export function clickedLinks(
  workspaceId: string,
  by: keyof typeof orders,
  { join, where, ids }: { join: SQL; where: SQL; ids?: readonly string[] },
  after: { key: number; createdAt: SQL; id: string } | undefined,
  limit: number,
): { ctes: SQL; isUnclicked: SQL; asNumber: SQL } {
  const { column, isThere, withPending, asNumber, fromNumber } = orders[by];
  const isAfter = (key: SQL) =>
    after
      ? sql`${key} <= ${fromNumber(after.key)}
    and (${key}, l.created_at, l.id) < (${fromNumber(after.key)}, ${after.createdAt}, ${after.id}::text)`
      : sql`true`;
  const ctes = sql`pending as materialized (
  select * from (${pendingTotals(workspaceId)}) p where clicks > 0
), clicked as materialized (
  (select l.id, l.created_at, ${column} as key
  from link_totals t
  join links l on l.id = t.link_id ${join}
  where t.workspace_id = ${workspaceId} and ${ids ? sql`t.link_id = any(${sql.param([...ids])}::text[])` : sql`true`}
    and ${isThere} and t.link_id not in (select link_id from pending)
    and ${where} and ${isAfter(column)}
  order by ${column} desc nulls last, l.created_at desc, l.id desc
  limit ${limit})
  union all
  select l.id, l.created_at, ${withPending}
  from pending p
  join links l on l.id = p.link_id ${join}
  left join link_totals t on t.link_id = p.link_id
  where ${where} and ${isAfter(withPending)}
)`;
  const isUnclicked = sql`not exists (select 1 from link_totals t where t.link_id = l.id and ${isThere})
    and l.id not in (select link_id from pending)`;
  return { ctes, isUnclicked, asNumber };
}
