import { and, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '../db/db.ts';
import { budgetMs, type InTurn, inTurn, tookTooLong } from '../db/in-turn.ts';
import { domains, links, slugs } from '../db/schema.ts';
import { Invalid } from '../errors.ts';
import { addDays, dayStart, localDay } from '../zoned-time.ts';
import { isInCampaign } from './campaigns.ts';
import { asLink, type Link, selectLinks } from './queries.ts';
import { holdsWords } from './search.ts';
import { hasTag } from './tags.ts';

export const linkSorts = ['newest', 'oldest', 'clicks', 'last-click'] as const;
export type LinkSort = (typeof linkSorts)[number];
export const linkStates = ['active', 'archived', 'all'] as const;
export type LinkState = (typeof linkStates)[number];

/** What narrows a list; '' finds all. */
export type LinkFilter = {
  /** Words, each a part of the title, the destination or the short link. */
  search: string;
  /** Names; of what is not there, no link is found. */
  tag?: string;
  campaign?: string;
};

export type LinkPage = {
  links: Link[];
  /** Hand it back for what follows; null at the end. */
  nextCursor: string | null;
};

/** A search may look at every link; all else is found by an index. */
const laneOf = ({ search }: LinkFilter) => (search.trim() === '' ? 'lists' : 'rows');

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
  patience: Pick<InTurn, 'waitMs'> = {},
): Promise<Result> {
  const lane = laneOf(filter);
  return inTurn(db, workspaceId, lane, work, { ...patience, ...(lane === 'rows' && { tooLong }) });
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
  return inTurnOfList(db, workspaceId, options, (tx) => readPage(tx, workspaceId, options), options);
}

type ListOptions = LinkFilter & {
  sort: LinkSort;
  state: LinkState;
  limit: number;
  cursor: string | null;
  /** How long to wait for a turn, in milliseconds; a file that is half written waits longer. */
  waitMs?: number | undefined;
};

async function readPage(db: Db, workspaceId: string, options: ListOptions): Promise<LinkPage> {
  const { sort, state, limit, cursor } = options;
  const { query, counts } = selectLinks(db, workspaceId);
  const keys: Record<LinkSort, SQL | undefined> = {
    newest: undefined,
    oldest: undefined,
    clicks: counts.clicks,
    // Whole milliseconds, as a cursor can carry them; links that nobody clicked come last.
    'last-click': sql`coalesce(floor(extract(epoch from ${counts.lastClickAt}) * 1000), 0)`,
  };
  const key = keys[sort];
  const position = cursor === null ? undefined : await readCursor(db, workspaceId, cursor, sort);
  const rows = await query
    .where(and(matches(workspaceId, options), inState(state), position && isAfter(position, key)))
    .orderBy(...(key ? [sql`${key} desc`] : []), ...byAge(sort))
    .limit(limit + 1);
  const page = rows.slice(0, limit).map(asLink);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { links: page, nextCursor: last ? cursorAfter(last, sort) : null };
}

/** How many links a filter finds, in each state. */
export async function countLinks(
  db: Db,
  workspaceId: string,
  filter: LinkFilter = { search: '' },
): Promise<{ active: number; archived: number }> {
  const [counts] = await inTurnOfList(db, workspaceId, filter, (tx) =>
    tx
      .select({
        active: sql`count(*) filter (where ${links.archivedAt} is null)`.mapWith(Number),
        archived: sql`count(${links.archivedAt})`.mapWith(Number),
      })
      .from(links)
      .innerJoin(slugs, and(eq(slugs.linkId, links.id), eq(slugs.kind, 'primary')))
      .innerJoin(domains, eq(domains.id, slugs.domainId))
      .where(matches(workspaceId, filter)),
  );
  return counts ?? { active: 0, archived: 0 };
}

function matches(workspaceId: string, { search, tag, campaign }: LinkFilter): SQL | undefined {
  return and(
    eq(links.workspaceId, workspaceId),
    isNull(links.deletedAt),
    tag ? hasTag(workspaceId, tag) : undefined,
    campaign ? isInCampaign(workspaceId, campaign) : undefined,
    holdsWords(workspaceId, search),
  );
}

function inState(state: LinkState): SQL | undefined {
  if (state === 'all') return undefined;
  return state === 'archived' ? isNotNull(links.archivedAt) : isNull(links.archivedAt);
}

/** Where NULLs would go is said only because the index links_newest says it so, and is not used otherwise. */
function byAge(sort: LinkSort): SQL[] {
  return sort === 'oldest'
    ? [sql`${links.createdAt} asc nulls first`, sql`${links.id} asc nulls first`]
    : [sql`${links.createdAt} desc nulls last`, sql`${links.id} desc nulls last`];
}

/** The last link of a page and, for orders that have one, its sort key. Its age stands in its row, to the microsecond. */
const cursorFormat = z.object({ sort: z.enum(linkSorts), id: z.string().regex(/^\w{1,40}$/), key: z.int().min(0) });
type Position = z.infer<typeof cursorFormat>;

function cursorAfter(link: Link, sort: LinkSort): string {
  const key = { newest: 0, oldest: 0, clicks: link.clicks, 'last-click': link.lastClickAt?.getTime() ?? 0 }[sort];
  return Buffer.from(JSON.stringify({ sort, id: link.id, key } satisfies Position)).toString('base64url');
}

async function readCursor(db: Db, workspaceId: string, cursor: string, sort: LinkSort): Promise<Position> {
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

function parseCursor(cursor: string): Position | undefined {
  try {
    return cursorFormat.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return undefined;
  }
}

function isAfter({ sort, id, key }: Position, keyOfLink: SQL | undefined): SQL {
  const age = sql`(select created_at from links where id = ${id})`;
  if (keyOfLink) return sql`(${keyOfLink}, ${links.createdAt}, ${links.id}) < (${key}::bigint, ${age}, ${id}::text)`;
  const order = sql.raw(sort === 'oldest' ? '>' : '<');
  return sql`(${links.createdAt}, ${links.id}) ${order} (${age}, ${id}::text)`;
}

/**
 * Clicks a day of the last `days` days in a zone, oldest first, today included, for each of some links.
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
  const from = dayStart(addDays(today, 1 - days), timeZone).toISOString();
  const { rows } = await db.execute<{ link_id: string; day: string; clicks: string }>(sql`
with counted as (
  select t.scope_id as link_id, t.hour as at, t.hits as clicks
  from click_totals_hourly t
  join links l on l.id = t.scope_id and l.workspace_id = ${workspaceId}
  where t.scope_id in ${linkIds} and t.hour >= ${from} and t.class = 'human'
  union all
  select p.link_id, p.clicked_at, 1
  from clicks_pending p
  where p.workspace_id = ${workspaceId} and p.link_id in ${linkIds} and p.clicked_at >= ${from} and p.class = 'human'
)
select link_id, (at at time zone ${timeZone})::date::text as day, sum(clicks)::text as clicks
from counted
group by 1, 2`);
  for (const row of rows) {
    const day = index.get(row.day);
    const line = counts.get(row.link_id);
    if (line && day !== undefined) line[day] = Number(row.clicks);
  }
  return counts;
}
