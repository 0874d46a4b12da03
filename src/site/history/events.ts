import { and, desc, eq, gt, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { inTurn } from '../../ground/db/in-turn.ts';
import { events } from '../../ground/db/schema.ts';
import type { What } from '../../ground/events/happened.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import { thingOf } from './things.ts';

/** The read side of events. Ids give the order: clocks of two servers may differ. */

export type HistoryEvent = Omit<typeof events.$inferSelect, 'what'> & { what: What };

/** A line of the History: all that one request changed, the newest first. */
export type HistoryLine = {
  /** The newest; of a request of many changes some hundred. */
  events: HistoryEvent[];
  /** All of them, but no more than `maxCounted`. */
  count: number;
};

export type HistoryPage = {
  lines: HistoryLine[];
  /** Hand it back for what follows; null at the end. */
  nextCursor: number | null;
};

export type HistoryFilter = {
  /** First words of events, such as 'link' and 'tag'; none is all but those that are hidden. */
  things: readonly string[];
  hidden: readonly string[];
  /** Id of a person or a key, or the kind of an actor who has none; '' is everybody. */
  by: string;
  /** From an instant, and to one. */
  span: { from: Date; to: Date } | null;
};

/** Changes of a request that are counted at most: a command may make a hundred thousand. */
export const maxCounted = 10_000;

/** Changes of a request that are read for its line: those of a form of 500 links, and what is made for it. */
const maxRead = 600;

/** Changes that a page reads beside the first of each line. */
const maxBeside = 5_000;

/** How far the changes of one request can be apart. It spares Postgres a look at the partitions of other months. */
const longestRequestMs = DAY;

const all = (rows: (typeof events.$inferSelect)[]): HistoryEvent[] => rows as HistoryEvent[];

const listed = (names: readonly string[]) => sql`${sql.param([...names])}::text[]`;

/** Conditions on `what`. The index is for things that are rare; all but a few are found by the order of the list. */
function ofThings(what: SQL | typeof events.what, { things, hidden }: Pick<HistoryFilter, 'things' | 'hidden'>): SQL {
  if (things.length > 0) return sql`split_part(${what}, '.', 1) = any(${listed(things)})`;
  return hidden.length > 0 ? sql`split_part(${what}, '.', 1) <> all(${listed(hidden)})` : sql`true`;
}

const isOf = (workspaceId: string) => eq(events.workspaceId, workspaceId);

/** As the index of actors has them: somebody without an id is told by their kind. */
export const actorKey = sql`coalesce(actor_id, actor_kind)`;

/**
 * Changes in a workspace, the newest first, a line for each request.
 * @param options.before the cursor of the page before; 0 begins
 * @throws LimitReached or Unavailable when no turn comes
 */
export function listHistory(
  db: Db,
  workspaceId: string,
  filter: HistoryFilter,
  { before, limit }: { before: number; limit: number },
): Promise<HistoryPage> {
  const { by, span } = filter;
  const isAsked = and(
    isOf(workspaceId),
    ofThings(events.what, filter),
    by === '' ? undefined : sql`${actorKey} = ${by}`,
    span ? and(gte(events.at, span.from), lt(events.at, span.to)) : undefined,
  );
  return inTurn(db, workspaceId, 'lists', async (tx) => {
    // The request of the line before: the rest of its changes begins no line of its own.
    const last = sql`(select request_id from events where workspace_id = ${workspaceId} and id = ${before})`;
    const ranked = tx
      .select({
        id: events.id,
        requestId: events.requestId,
        newer: sql<string | null>`lag(${events.requestId}, 1, ${last}) over (order by ${events.id} desc)`.as('newer'),
      })
      .from(events)
      .where(and(isAsked, before > 0 ? lt(events.id, before) : undefined))
      .orderBy(desc(events.id))
      .as('e');
    // Sorted inside alone: ordered here too, Postgres would read all of them before it gives the first.
    const heads = await tx
      .select({ id: ranked.id })
      .from(ranked)
      .where(sql`${ranked.requestId} is null or ${ranked.requestId} is distinct from ${ranked.newer}`)
      .limit(limit + 1);
    const ids = heads.slice(0, limit).map(({ id }) => id);
    const lines = await linesOf(tx, workspaceId, ids, filter);
    return { lines, nextCursor: heads.length > limit ? (ids.at(-1) ?? null) : null };
  });
}

const isAmong = (thing: string, { things, hidden }: Pick<HistoryFilter, 'things' | 'hidden'>): boolean =>
  things.length > 0 ? things.includes(thing) : !hidden.includes(thing);

/** The lines that these events begin, each with what else its request changed. */
async function linesOf(
  tx: Db,
  workspaceId: string,
  ids: readonly number[],
  filter: Pick<HistoryFilter, 'things' | 'hidden'>,
): Promise<HistoryLine[]> {
  if (ids.length === 0) return [];
  const read = await tx
    .select()
    .from(events)
    .where(and(isOf(workspaceId), inArray(events.id, [...ids])))
    .orderBy(desc(events.id));
  // Changes of two requests may alternate; each has one line all the same.
  const seen = new Set<string>();
  const heads = all(read).filter(({ requestId }) => {
    if (requestId === null) return true;
    const isNew = !seen.has(requestId);
    seen.add(requestId);
    return isNew;
  });
  const times = heads.map(({ at }) => at.getTime());
  const isNear = and(
    gte(events.at, new Date(Math.min(...times) - longestRequestMs)),
    lt(events.at, new Date(Math.max(...times) + longestRequestMs)),
  );
  const { rows } = await tx.execute<{ request: string; count: number }>(sql`
select r.id as request, c.count::int as count
from unnest(${sql.param([...seen])}::text[]) r(id)
cross join lateral (
  select count(*) as count from (
    select what from ${events}
    where ${and(isOf(workspaceId), eq(events.requestId, sql`r.id`), isNear)}
    limit ${maxCounted + 1}
  ) counted
  where ${ofThings(sql`counted.what`, filter)}
) c`);
  const counts = new Map(rows.map(({ request, count }) => [request, count]));
  const several = [...counts].filter(([, count]) => count > 1 && count <= maxRead).map(([request]) => request);
  const beside =
    several.length === 0
      ? []
      : await tx
          .select()
          .from(events)
          .where(and(isOf(workspaceId), inArray(events.requestId, several), isNear))
          .orderBy(desc(events.id))
          .limit(maxBeside);
  const byRequest = new Map<string, HistoryEvent[]>();
  const isShown = ({ what }: HistoryEvent) => isAmong(thingOf(what), filter);
  for (const event of all(beside).filter(isShown)) {
    const line = byRequest.get(event.requestId ?? '');
    if (line) line.push(event);
    else byRequest.set(event.requestId ?? '', [event]);
  }
  return heads.map((head) => ({
    events: byRequest.get(head.requestId ?? '') ?? [head],
    count: counts.get(head.requestId ?? '') ?? 1,
  }));
}

/** Kinds of events that take a tag or a campaign from all links that have it. */
const takenFromLinks = sql.raw(`'tag.deleted', 'tag.merged', 'campaign.deleted'`);

/**
 * Changes of one thing, the newest first, a line for each.
 * @param options.isLink tags and campaigns that went while it had them are among it
 */
export async function listHistoryOf(
  db: Db,
  workspaceId: string,
  targetId: string,
  { before, limit, isLink }: { before: number; limit: number; isLink: boolean },
): Promise<HistoryPage> {
  const isOlder = before > 0 ? lt(events.id, before) : undefined;
  const select = (isMeant: SQL | undefined) =>
    db
      .select()
      .from(events)
      .where(and(isOf(workspaceId), isMeant, isOlder))
      .orderBy(desc(events.id))
      .limit(limit + 1);
  const own = await select(eq(events.targetId, targetId));
  const others = isLink
    ? await select(and(sql`${events.what} in (${takenFromLinks})`, sql`before -> 'links' ? ${targetId}`))
    : [];
  const found = all([...own, ...others]).toSorted((one, other) => other.id - one.id);
  const shown = found.slice(0, limit);
  return {
    lines: shown.map((event) => ({ events: [event], count: 1 })),
    nextCursor: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** Undos that are read for a page. */
const maxUndos = 5_000;

/** Undos of the things of these changes since then, the oldest first. */
export async function listUndos(
  db: Db,
  workspaceId: string,
  changes: readonly HistoryEvent[],
): Promise<HistoryEvent[]> {
  if (changes.length === 0) return [];
  const since = new Date(Math.min(...changes.map(({ at }) => at.getTime())) - longestRequestMs);
  const targets = [...new Set(changes.map(({ targetId }) => targetId))];
  const isUndo = and(isOf(workspaceId), sql`${events.targetId} = any(${listed(targets)})`, eq(events.via, 'undo'));
  const found = db
    .select()
    .from(events)
    .where(and(isUndo, gte(events.at, since)));
  return all(await found.orderBy(events.id).limit(maxUndos));
}

/** @throws NotFound */
export async function getEvent(db: Db, workspaceId: string, eventId: number): Promise<HistoryEvent> {
  const [event] = await db
    .select()
    .from(events)
    .where(and(isOf(workspaceId), eq(events.id, eventId)));
  if (!event) throw new NotFound('There is no such change in the History.');
  return event as HistoryEvent;
}

/** All that a request changed, the newest first, but for things that are hidden. */
export async function listOfRequest(
  db: Db,
  workspaceId: string,
  requestId: string,
  { before = 0, limit, hidden }: { before?: number; limit: number; hidden: readonly string[] },
): Promise<HistoryEvent[]> {
  const isMeant = and(
    isOf(workspaceId),
    eq(events.requestId, requestId),
    before > 0 ? lt(events.id, before) : undefined,
    ofThings(events.what, { things: [], hidden }),
  );
  return all(await db.select().from(events).where(isMeant).orderBy(desc(events.id)).limit(limit));
}

/** How many changes a request made; no more than `maxCounted` and one are counted. */
export async function countOfRequest(
  db: Db,
  workspaceId: string,
  requestId: string,
  hidden: readonly string[],
): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
select count(*)::int as count from (
  select from events where workspace_id = ${workspaceId} and request_id = ${requestId}
  and ${ofThings(sql`what`, { things: [], hidden })} limit ${maxCounted + 1}
) counted`);
  return rows[0]?.count ?? 0;
}

/** Changes of a thing after one of its events, the newest first. */
export async function listLater(
  db: Db,
  workspaceId: string,
  { targetId, id }: Pick<HistoryEvent, 'targetId' | 'id'>,
  limit: number,
): Promise<HistoryEvent[]> {
  const isLater = and(isOf(workspaceId), eq(events.targetId, targetId), gt(events.id, id));
  return all(await db.select().from(events).where(isLater).orderBy(desc(events.id)).limit(limit));
}
