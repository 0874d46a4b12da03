import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';

export const linkSorts = ['newest', 'oldest', 'clicks', 'last-click'] as const;
export type LinkSort = (typeof linkSorts)[number];

/** Which links of a workspace: a table to join with `links l`, and a condition over both. */
export type Matches = { join: SQL; where: SQL };

/** A link in an order: its clicks, or the microseconds since 1970 of its last click; 0 where there is none, and by age. */
export type ListPlace = { id: string; key: number };

/**
 * The ids of a page of links. An order by counts is read from an index of the sums; what is pending is merged in, and
 * links that nobody clicked are looked for where these are too few.
 * @param after the last link of the page before, of the same workspace
 */
export async function findPage(
  db: Db,
  workspaceId: string,
  matches: Matches,
  sort: LinkSort,
  after: ListPlace | undefined,
  limit: number,
): Promise<ListPlace[]> {
  const statement =
    sort === 'newest' || sort === 'oldest'
      ? byAge(matches, sort, after, limit)
      : byCount(workspaceId, matches, sort, after, limit);
  const { rows } = await db.execute<ListPlace>(statement);
  return rows;
}

/** A query of rows of `links`, the newest first. @param after the last one before, of the same workspace */
export const newestAfter = (matches: Matches, after: string | null, limit: number): SQL =>
  byAge(matches, 'newest', after === null ? undefined : { id: after, key: 0 }, limit, sql`l.*`);

/** An age stands in its row, to the microsecond. */
const ageOf = (id: string) => sql`(select created_at from links where id = ${id})`;

/** Where NULLs would go is said only because the index links_newest says it so, and is not used otherwise. */
const newestFirst = sql`l.created_at desc nulls last, l.id desc nulls last`;

function byAge(
  { join, where }: Matches,
  sort: 'newest' | 'oldest',
  after: ListPlace | undefined,
  limit: number,
  columns = sql`l.id, 0 as key`,
): SQL {
  const isNewest = sort === 'newest';
  const sign = sql.raw(isNewest ? '<' : '>');
  return sql`
select ${columns}
from links l ${join}
where ${where} and ${after ? sql`(l.created_at, l.id) ${sign} (${ageOf(after.id)}, ${after.id}::text)` : sql`true`}
order by ${isNewest ? newestFirst : sql`l.created_at asc nulls first, l.id asc nulls first`}
limit ${limit}`;
}

/** How links are told apart by a column of `link_totals t` and what is pending `p` of them. */
const counts = {
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

function byCount(
  workspaceId: string,
  { join, where }: Matches,
  sort: keyof typeof counts,
  after: ListPlace | undefined,
  limit: number,
): SQL {
  const { column, isThere, withPending, asNumber, fromNumber } = counts[sort];
  const isAfter = (key: SQL) =>
    after
      ? sql`${key} <= ${fromNumber(after.key)}
    and (${key}, l.created_at, l.id) < (${fromNumber(after.key)}, ${ageOf(after.id)}, ${after.id}::text)`
      : sql`true`;
  const isAfterUnclicked =
    after?.key === 0 ? sql`(l.created_at, l.id) < (${ageOf(after.id)}, ${after.id}::text)` : sql`true`;
  return sql`
with pending as materialized (
  select link_id, count(*) as clicks, max(clicked_at) as last_click_at
  from clicks_pending
  where workspace_id = ${workspaceId} and class = 'human'
  group by 1
), clicked as materialized (
  (select l.id, l.created_at, ${column} as key
  from link_totals t
  join links l on l.id = t.link_id ${join}
  where t.workspace_id = ${workspaceId} and ${isThere} and t.link_id not in (select link_id from pending)
    and ${where} and ${isAfter(column)}
  order by ${column} desc nulls last, l.created_at desc, l.id desc
  limit ${limit})
  union all
  select l.id, l.created_at, ${withPending}
  from pending p
  join links l on l.id = p.link_id ${join}
  left join link_totals t on t.link_id = p.link_id
  where ${where} and ${isAfter(withPending)}
), unclicked as (
  select l.id, l.created_at
  from links l ${join}
  where (select count(*) from clicked) < ${limit} and ${where} and ${isAfterUnclicked}
    and not exists (select from link_totals t where t.link_id = l.id and ${isThere})
    and l.id not in (select link_id from pending)
  order by ${newestFirst}
  limit ${limit}
)
select id, coalesce(${asNumber}, 0)::float8 as key
from (select id, created_at, key from clicked union all select id, created_at, null from unclicked) l
order by l.key desc nulls last, ${newestFirst}
limit ${limit}`;
}
