import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { conversions } from '../../ground/db/schema.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import type { HitKey } from '../clicks/hit.ts';
import { findHitRows, type ArrivedHit } from '../rollups/hit-rows.ts';
import { type ConversionGoal, lockGoal } from './goals.ts';

/** The way that a conversion came. Pixel and script run with visitors, so that anybody with a click id can call them. */
export type ConversionWay = (typeof conversions.$inferSelect)['via'];

export type SentConversion = {
  key: HitKey;
  goal: ConversionGoal;
  /** '' for none. */
  externalId: string;
  value: number | null;
  currency: string | null;
  occurredAt: Date;
  /** JSON. */
  metadata: string | null;
  via: ConversionWay;
};

/** A conversion as it is kept. */
export type Conversion = Omit<SentConversion, 'key' | 'goal' | 'via'> & {
  id: string;
  linkId: string;
  isCounted: boolean;
};

/** Why a conversion does not count, for good. */
export type WhyNot = 'machine' | 'server_only' | 'too_many';

/** `repeated`: the first one of its click, goal and external id, whatever came after it. */
export type Taken =
  | { outcome: 'counted' | 'waiting' | 'repeated'; conversion: Conversion }
  | { outcome: 'refused'; why: WhyNot };

/** Conversions of one click for one goal. */
const mostOfClick = 20;

const isOfServer = (via: ConversionWay) => via === 'server' || via === 'postback';

/** A workspace to which conversions are sent. */
export type ReceivingWorkspace = {
  id: string;
  /** How often the address of its postbacks was replaced. It is asked each time: an old address ends on every node at once. */
  postbackVersion: number;
};

/** The workspace of a link; undefined for a link that is nobody's. */
export async function workspaceOfLink(db: Db, linkId: string): Promise<ReceivingWorkspace | undefined> {
  const { rows } = await db.execute<ReceivingWorkspace>(sql`
select w.id, w.postback_version as "postbackVersion" from links l join workspaces w on w.id = l.workspace_id
where l.id = ${linkId} and w.deleted_at is null`);
  return rows[0];
}

/**
 * Takes in a conversion, once. Conversions of a goal wait for each other: the same one twice at the same moment is one. A click that has not arrived yet is waited for (settle.ts).
 */
export async function takeConversion(db: Db, workspaceId: string, sent: SentConversion): Promise<Taken> {
  const { key, goal, via } = sent;
  if (goal.isServerOnly && !isOfServer(via)) return { outcome: 'refused', why: 'server_only' };
  return db.transaction(async (tx) => {
    if (!(await lockGoal(tx, workspaceId, goal.id))) throw new NotFound('The goal is gone.', { field: 'goal' });
    const first = await findFirst(tx, sent);
    if (first) return { outcome: 'repeated', conversion: first };
    const [hit] = await findHitRows(tx, [key]);
    if (hit && hit.class !== 'human') return { outcome: 'refused', why: 'machine' };
    if ((await countOfClick(tx, sent)) >= mostOfClick) return { outcome: 'refused', why: 'too_many' };
    const conversion = await insertWaiting(tx, workspaceId, sent);
    if (!hit) return { outcome: 'waiting', conversion };
    await countIn(tx, conversion.id, hit);
    return { outcome: 'counted', conversion: { ...conversion, isCounted: true } };
  });
}

const kept = sql.raw(
  `id, link_id as "linkId", external_id as "externalId", value::float8 as value, currency,
  (extract(epoch from occurred_at) * 1000)::float8 as "occurredAt", metadata, counted_at is not null as "isCounted"`,
);

type KeptRow = Omit<Conversion, 'occurredAt'> & { occurredAt: number };

const conversionOf = (row: KeptRow): Conversion => ({ ...row, occurredAt: new Date(row.occurredAt) });

const ofClick = ({ key, goal }: SentConversion) =>
  sql`link_id = ${key.linkId} and hit_id = ${key.id} and clicked_at = to_timestamp(${key.clickedAt}::bigint / 1000.0)
  and goal_id = ${goal.id}`;

/** The same by its click; by servers, which know what they sell, the same by its external id alone. */
async function findFirst(tx: Db, sent: SentConversion): Promise<Conversion | undefined> {
  const { externalId, goal, via } = sent;
  const ofId = sql`external_id = ${externalId}`;
  const { rows } = await tx.execute<KeptRow>(sql`
select ${kept} from conversions where ${ofClick(sent)} and ${ofId}`);
  if (rows[0] || externalId === '' || !isOfServer(via)) return rows[0] && conversionOf(rows[0]);
  const { rows: elsewhere } = await tx.execute<KeptRow>(sql`
select ${kept} from conversions
where goal_id = ${goal.id} and ${ofId} and external_id <> '' and via in ('server', 'postback')
order by received_at limit 1`);
  return elsewhere[0] && conversionOf(elsewhere[0]);
}

async function countOfClick(tx: Db, sent: SentConversion): Promise<number> {
  const { rows } = await tx.execute<{ all: number }>(sql`
select count(*)::int as all from conversions where ${ofClick(sent)}`);
  return rows[0]?.all ?? 0;
}

async function insertWaiting(tx: Db, workspaceId: string, sent: SentConversion): Promise<Conversion> {
  const { key, goal, externalId, value, currency, occurredAt, metadata, via } = sent;
  const id = newId();
  await tx.execute(sql`
insert into conversions (id, workspace_id, goal_id, link_id, clicked_at, hit_id, external_id, value, currency, occurred_at,
  metadata, via)
values (${id}, ${workspaceId}, ${goal.id}, ${key.linkId}, to_timestamp(${key.clickedAt}::bigint / 1000.0), ${key.id},
  ${externalId}, ${value}, ${currency}, ${occurredAt.toISOString()}, ${metadata}, ${via})`);
  return { id, linkId: key.linkId, externalId, value, currency, occurredAt, metadata, isCounted: false };
}

/** Counts a conversion whose click is there; for those who hold the lock of its goal. */
export async function countIn(tx: Db, id: string, { destinationId, visitorKey }: ArrivedHit): Promise<void> {
  await tx.execute(sql`
with counted as (
  update conversions c
  set counted_at = now(), destination_id = ${destinationId}, visitor_key = ${visitorKey}::bigint, is_first = not exists (
    select from conversions o
    where o.goal_id = c.goal_id and o.link_id = c.link_id and o.is_first
      and case when ${visitorKey}::bigint is null then o.hit_id = c.hit_id and o.clicked_at = c.clicked_at
          else o.visitor_key = ${visitorKey}::bigint end
  )
  where c.id = ${id} and c.counted_at is null
  returning c.*
), summed as (
  update conversion_goals g set conversions = g.conversions + 1 from counted where g.id = counted.goal_id
)
insert into conversion_counts as known
  (workspace_id, link_id, goal_id, destination_id, quarter, currency, conversions, visitors, value)
select workspace_id, link_id, goal_id, coalesce(destination_id, 0), date_bin('15 minutes', clicked_at, 'epoch'),
       coalesce(currency, ''), 1, is_first::int, coalesce(value, 0)
from counted
on conflict (link_id, goal_id, destination_id, quarter, currency) do update
set conversions = known.conversions + 1, visitors = known.visitors + excluded.visitors, value = known.value + excluded.value`);
}
