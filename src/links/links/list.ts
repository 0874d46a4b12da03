import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { budgetMs, type InTurn, inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { links } from '../../ground/db/schema.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { addDays, localDay } from '../../ground/time/zoned-time.ts';
import { countLinkDays } from '../../visitors/rollups/days.ts';
import { type Filtered, type LinkFilter, mostFound, readCounted, readFilter } from './filter.ts';
import { findPage, type LinkSort, linkSorts, type Matches, newestAfter, type ListPlace } from './list-order.ts';
import { asLink, type Link, selectLinks } from './queries.ts';
import { wordsOf } from '../search/search.ts';

export { type LinkFilter, mostFound } from './filter.ts';
export { type LinkSort, linkSorts } from './list-order.ts';
export const linkStates = ['active', 'archived', 'all'] as const;
export type LinkState = (typeof linkStates)[number];

export type LinkPage = {
  links: Link[];
  /** Hand it back for what follows; null at the end. */
  nextCursor: string | null;
};

const tooLong = () =>
  new Invalid(`This search takes longer than ${budgetMs / 1_000} seconds. Search for fewer words.`, {
    field: 'search',
    code: tookTooLong,
  });

/** Reads a list and what belongs to it in one turn. @throws as `listLinks` */
export function inTurnOfList<Result>(
  db: Db,
  workspaceId: string,
  filter: LinkFilter,
  work: (tx: Db) => Promise<Result>,
  patience: Pick<InTurn, 'waitMs' | 'field'> = {},
): Promise<Result> {
  // A search is short too, and must not wait behind a report that is not.
  return inTurn(db, workspaceId, 'lists', work, {
    ...patience,
    ...(wordsOf(filter.search).length > 0 && { tooLong, isInOneProcess: true }),
  });
}

/**
 * A page of a workspace's links. Pages of one search in one order neither overlap nor leave a gap, however many links
 * are made meanwhile; a link that is clicked while one pages by clicks may move across the border.
 * @param options.limit links a page
 * @param options.cursor of the page before, or null
 * @throws Invalid (field `cursor`, code `cursor_invalid`; field `search`, code `took_too_long`); LimitReached or
 *   Unavailable when no turn comes
 */
export function listLinks(db: Db, workspaceId: string, options: ListOptions): Promise<LinkPage> {
  return inTurnOfList(db, workspaceId, options, async (tx) =>
    readPage(tx, workspaceId, options, await readFilter(tx, workspaceId, options)),
  );
}

/** A page, and how many links its filter finds: the filter is read once for both. @throws as `listLinks` */
export function listAndCount(
  db: Db,
  workspaceId: string,
  options: ListOptions,
): Promise<{ page: LinkPage; counts: LinkCounts }> {
  return inTurnOfList(db, workspaceId, options, async (tx) => {
    const found = await readCounted(tx, workspaceId, options);
    const page = await readPage(tx, workspaceId, options, found);
    return { page, counts: await readCounts(tx, workspaceId, options, found) };
  });
}

type ListOptions = LinkFilter & {
  sort: LinkSort;
  state: LinkState;
  limit: number;
  cursor: string | null;
};

/**
 * Reads some of a workspace's links, the newest first, in turn as `listLinks` does; for what shows less of each link, or
 * more of them at once.
 * @param options.after the last link of those before, of the same workspace
 * @param options.waitMs how long to wait for a turn, in milliseconds; a file that is half written waits longer
 * @param read what is shown of them; `found` is a query of rows of `links`
 * @returns nothing where no link can match
 * @throws Invalid (field `search`, code `took_too_long`); LimitReached or Unavailable when no turn comes
 */
export function readNewest<Row>(
  db: Db,
  workspaceId: string,
  options: LinkFilter & { state: LinkState; after: string | null; limit: number; waitMs?: number | undefined },
  read: (tx: Db, found: SQL) => Promise<Row[]>,
): Promise<Row[]> {
  return inTurnOfList(
    db,
    workspaceId,
    options,
    async (tx) => {
      const found = await readFilter(tx, workspaceId, options);
      return found ? read(tx, newestAfter(inState(found, options.state), options.after, options.limit)) : [];
    },
    options,
  );
}

async function readPage(
  db: Db,
  workspaceId: string,
  { sort, state, limit, cursor }: ListOptions,
  found: Filtered | undefined,
): Promise<LinkPage> {
  const position = cursor === null ? undefined : await readCursor(db, workspaceId, cursor, sort);
  if (!found) return { links: [], nextCursor: null };
  // All that is shown of a link is read for those that are shown.
  const places = await findPage(db, workspaceId, inState(found, state), sort, position, limit + 1);
  const page = places.slice(0, limit);
  const last = places.length > limit ? page.at(-1) : undefined;
  return {
    links: await readLinks(db, workspaceId, page),
    nextCursor: last ? Buffer.from(JSON.stringify({ sort, ...last })).toString('base64url') : null,
  };
}

/** In this order. */
async function readLinks(db: Db, workspaceId: string, places: readonly ListPlace[]): Promise<Link[]> {
  if (places.length === 0) return [];
  const ids = places.map(({ id }) => id);
  const isAmong = sql`${links.id} = any(${sql.param(ids)}::text[])`;
  const isOfPage = and(eq(links.workspaceId, workspaceId), isAmong, isNull(links.deletedAt));
  const rows = await selectLinks(db, workspaceId).where(isOfPage).prepare('read-links').execute();
  const byId = new Map(rows.map((row) => [row.id, asLink(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** In each state; of a search, one more than `mostFound` stands for any number above it. */
export type LinkCounts = { active: number; archived: number };

/** How many links a filter finds. @throws as `listLinks` */
export function countLinks(db: Db, workspaceId: string, filter: LinkFilter = { search: '' }): Promise<LinkCounts> {
  return inTurnOfList(db, workspaceId, filter, async (tx) =>
    readCounts(tx, workspaceId, filter, await readCounted(tx, workspaceId, filter)),
  );
}

async function readCounts(
  db: Db,
  workspaceId: string,
  filter: LinkFilter,
  found: Filtered | undefined,
): Promise<LinkCounts> {
  if (!found) return { active: 0, archived: 0 };
  const { rows } = await db.execute<LinkCounts>(countOf(workspaceId, filter, found));
  return rows[0] ?? { active: 0, archived: 0 };
}

function countOf(workspaceId: string, { search, tag, campaign }: LinkFilter, matches: Filtered): SQL {
  const isMany = !matches.ids;
  if (isMany && wordsOf(search).length > 0) return countOfSearch(matches);
  if (isMany && tag && !campaign) return countOfTag(workspaceId, matches);
  return sql`
select count(*) filter (where l.archived_at is null)::float8 as active, count(l.archived_at)::float8 as archived
from links l ${matches.join}
where ${matches.where}`;
}

function countOfSearch({ join, where }: Matches): SQL {
  const count = (state: LinkState) => sql`(
  select count(*)::float8
  from (select 1 from links l ${join} where ${where} and ${isInState(state)} limit ${mostFound + 1}) found)`;
  return sql`select ${count('active')} as active, ${count('archived')} as archived`;
}

/**
 * The links of a tag are counted in its index alone, and those that are not active, which are few, are taken off: no row
 * of the others is read.
 */
const countOfTag = (workspaceId: string, { join, tagId }: Filtered): SQL => sql`
select (carried.links - archived.links - deleted.links)::float8 as active, archived.links::float8 as archived
from (select count(*) as links from link_tags where tag_id = ${tagId}) carried,
     (select count(*) as links from links l ${join}
      where l.workspace_id = ${workspaceId} and l.archived_at is not null and l.deleted_at is null) archived,
     (select count(*) as links from links l ${join}
      where l.workspace_id = ${workspaceId} and l.deleted_at is not null) deleted`;

const inState = ({ where, ...others }: Matches, state: LinkState): Matches => ({
  ...others,
  where: sql`${where} and ${isInState(state)}`,
});

function isInState(state: LinkState): SQL {
  if (state === 'all') return sql`true`;
  return state === 'archived' ? sql`l.archived_at is not null` : sql`l.archived_at is null`;
}

const cursorFormat = z.object({ sort: z.enum(linkSorts), id: z.string().regex(/^\w{1,40}$/), key: z.int().min(0) });

async function readCursor(db: Db, workspaceId: string, cursor: string, sort: LinkSort): Promise<ListPlace> {
  const position = parseCursor(cursor);
  const isKnown =
    position?.sort === sort &&
    (await db.$count(links, and(eq(links.workspaceId, workspaceId), eq(links.id, position.id)))) > 0;
  if (isKnown) return position;
  throw new Invalid('This cursor belongs to no list of links. Start again without one.', {
    field: 'cursor',
    code: 'cursor_invalid',
  });
}

function parseCursor(cursor: string): z.output<typeof cursorFormat> | undefined {
  try {
    return cursorFormat.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return undefined;
  }
}

/**
 * Clicks a day of the last `days` days of the workspace's calendar, oldest first, today included, for each of some links.
 * @returns by link id; a link that is not the workspace's has zeros
 */
export async function sparklinesOf(
  db: Db,
  workspaceId: string,
  linkIds: readonly string[],
  options: { days: number; timeZone: string; now: Date },
): Promise<Map<string, number[]>> {
  const { days, timeZone, now } = options;
  const today = localDay(now, timeZone);
  const index = new Map(Array.from({ length: days }, (_, count) => [addDays(today, count - days + 1), count]));
  const counts = new Map(linkIds.map((id) => [id, Array.from({ length: days }, () => 0)]));
  if (linkIds.length === 0) return counts;
  const first = addDays(today, 1 - days);
  const rows = await countLinkDays(db, workspaceId, linkIds, { first, last: today, timeZone });
  for (const { linkId, day, clicks } of rows) {
    const line = counts.get(linkId);
    const place = index.get(day);
    if (line && place !== undefined) line[place] = clicks;
  }
  return counts;
}
