import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { clickedLinks } from '../../visitors/rollups/totals.ts';

export const linkSorts = ['newest', 'oldest', 'clicks', 'last-click'] as const;
export type LinkSort = (typeof linkSorts)[number];

/** The links that a filter finds: a table to join with `links l`, and a condition over both; ids of all, where they are few. */
export type Matches = { join: SQL; where: SQL; ids?: readonly string[] };

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

/** The place of NULLs is said because the index links_newest says it too, and would not be used otherwise. */
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

function byCount(
  workspaceId: string,
  matches: Matches,
  sort: 'clicks' | 'last-click',
  after: ListPlace | undefined,
  limit: number,
): SQL {
  const place = after && { ...after, createdAt: ageOf(after.id) };
  const { ctes, isUnclicked, asNumber } = clickedLinks(workspaceId, sort, matches, place, limit);
  const isAfterUnclicked =
    place?.key === 0 ? sql`(l.created_at, l.id) < (${place.createdAt}, ${place.id}::text)` : sql`true`;
  return sql`
with ${ctes}, unclicked as (
  select l.id, l.created_at
  from links l ${matches.join}
  where (select count(*) from clicked) < ${limit} and ${matches.where} and ${isAfterUnclicked}
    and ${isUnclicked}
  order by ${newestFirst}
  limit ${limit}
)
select id, coalesce(${asNumber}, 0)::float8 as key
from (select id, created_at, key from clicked union all select id, created_at, null from unclicked) l
order by l.key desc nulls last, ${newestFirst}
limit ${limit}`;
}
