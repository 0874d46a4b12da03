import { lt, type SQL, sql } from 'drizzle-orm';
import { earlierNow } from '../../ground/db/clock.ts';
import type { Db } from '../../ground/db/db.ts';
import { inLockTurns } from '../../ground/db/lock-turns.ts';
import { type MendedZone, mendTimeZones } from '../../ground/zones/time-zones.ts';
import { agentShapes } from '../../ground/db/schema.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { firstKeptDay } from '../clicks/late-hits.ts';
import { calendarJob } from './calendars.ts';
import { rollUpNewDimensions } from './new-dimensions.ts';
import { lockAllRollups, lockRollups } from './rollup-lock.ts';
import { dimensions } from './dimensions.ts';
import { forgetRefused, type RefusedBatch, type Round, rollUpIfFree, takePending, vacuumInbox } from './mover.ts';
import { rollUpLinks } from './rollups.ts';
import type { Salts } from '../visits/salts.ts';
import type { SweptHits } from './swept.ts';
import { forgetVisitorsSeen } from './visitors-seen.ts';

const minuteMs = 60_000;

type Parts = {
  db: Db;
  salts: Salts;
  sweptHits: SweptHits;
  /** How many days single hits are kept; null for ever. */
  retentionDays: number | null;
  /** Told of workspaces that got another time zone, because theirs is unknown. */
  onMended?: (zones: readonly MendedZone[]) => void;
  /** Told of each batch that Postgres refuses to make rows of. */
  onRefused?: (batch: RefusedBatch) => void;
};

/** The jobs that keep clicks in order, for the timetable. */
export function clickJobs({ db, salts, sweptHits, retentionDays, onMended, onRefused }: Parts): Job[] {
  const round: Round = { after: '' };
  return [
    {
      name: 'roll up clicks',
      everyMs: 1_000,
      atMostMs: 5_000,
      run: () => rollUpIfFree(db, { onMended, onRefused }, dimensions, round),
    },
    { name: 'mend time zones', everyMs: 10 * minuteMs, run: async () => onMended?.(await mendTimeZones(db)) },
    {
      name: 'settle sweeps',
      everyMs: 2_000,
      atMostMs: minuteMs,
      run: (now) => sweptHits.settle(db, now),
    },
    calendarJob(db),
    { name: 'roll up new dimensions', everyMs: 60 * minuteMs, run: () => rollUpNewDimensions(db) },
    { name: 'vacuum the inbox', everyMs: 5_000, run: () => vacuumInbox(db) },
    { name: 'forget refused clicks', everyMs: 60 * minuteMs, run: () => forgetRefused(db) },
    { name: 'renew salts', everyMs: 15 * minuteMs, run: (now) => renewSalts(db, salts, now) },
    {
      name: 'make partitions',
      everyMs: 360 * minuteMs,
      run: async () => ensurePartitions(db, await earlierNow(db)),
    },
    {
      name: 'forget visitors seen',
      everyMs: 60 * minuteMs,
      run: async () => forgetVisitorsSeen(db, await earlierNow(db)),
    },
    ...(retentionDays === null
      ? []
      : [
          {
            name: 'drop old clicks',
            everyMs: 60 * minuteMs,
            run: async () => dropOldClicks(db, retentionDays, await earlierNow(db)),
          },
        ]),
  ];
}

/** Drops expired salts from memory first, because the database may be down. */
async function renewSalts(db: Db, salts: Salts, now: Date): Promise<void> {
  salts.forget(now);
  await salts.renew(db, await earlierNow(db));
}

/** Partitions of this month and the next two; a server that is down for a month still finds one when it comes back. */
export async function ensurePartitions(db: Db, now: Date): Promise<void> {
  await makePartitions(
    db,
    sql`select ${now.toISOString()}::timestamptz + make_interval(months => m) from generate_series(0, 2) m`,
  );
}

/**
 * Makes the partitions of months that lack one. That locks out everybody who reads hits, so that it is not waited for in
 * one go.
 * @param months a select of instants
 */
export const makePartitions = (db: Db, months: SQL): Promise<void> =>
  inLockTurns(db, (part) => part.execute(sql`select ensure_click_partition(month) from (${months}) m (month)`));

/** Hits that one transaction breaks down, in some seconds at most; nobody but their workspace waits for it. */
const hitsAStep = 20_000;

/**
 * Drops the hits of months (UTC) that ended more than `days` days ago. Reports keep what was counted of them: every link
 * that has rows there is rolled up first, its whole past included, some at a time. The visits' user agents go with them.
 * @returns the months that were dropped, as names of partitions; 'clicks_default' when single rows went
 * @throws when a partition is in use for longer than 2 s; what was dropped before it stays dropped, the rest waits for
 *   the next time
 */
export async function dropOldClicks(db: Db, days: number, now: Date): Promise<string[]> {
  const keptSince = firstKeptDay(days, now);
  const dropped: string[] = [];
  // Deleted hits can be counted no more.
  await rollUpNewDimensions(db);
  for (const partition of await listPartitionsBefore(db, keptSince)) {
    await rollUpLinksOf(db, partition);
    const isDropped = await db.transaction(async (tx) => {
      await lockAllRollups(tx);
      // Read from the table: to_regclass answers from a cache that waiting for the lock does not renew.
      const isThere = sql`relname = ${partition} and relnamespace = current_schema()::regnamespace`;
      const { rowCount } = await tx.execute(sql`select 1 from pg_class where ${isThere}`);
      // Another node dropped it while we waited.
      if (rowCount === 0) return false;
      await keepCounted(tx, sql`select link_id from ${sql.identifier(partition)}`);
      // New clicks wait behind us while we wait for a long report.
      await tx.execute(sql`set local lock_timeout = '2s'`);
      await tx.execute(sql`drop table ${sql.identifier(partition)}`);
      return true;
    });
    if (isDropped) dropped.push(partition);
  }
  // Hits from before their month had a partition, of a seed or an import.
  const isOld = sql`clicked_at < ${`${keptSince}T00:00:00Z`}`;
  const { rowCount: hasOld } = await db.execute(sql`select 1 from clicks_default where ${isOld} limit 1`);
  if (hasOld)
    await db.transaction(async (tx) => {
      await lockAllRollups(tx);
      await keepCounted(tx, sql`select link_id from clicks_default where ${isOld}`);
      const { rowCount } = await tx.execute(sql`delete from clicks_default where ${isOld}`);
      if (rowCount) dropped.push('clicks_default');
    });
  await db.delete(agentShapes).where(lt(agentShapes.lastSeenOn, keptSince));
  return dropped;
}

/**
 * Rolls up the links that have rows in a month, step by step, each a transaction. Those that come to have some meanwhile
 * are left to whoever drops it.
 */
async function rollUpLinksOf(db: Db, partition: string): Promise<void> {
  const [, year, month] = partition.split('_').map(Number);
  const [from, to] = [Date.UTC(year ?? 0, (month ?? 0) - 1), Date.UTC(year ?? 0, month ?? 0)].map((ms) =>
    new Date(ms).toISOString(),
  );
  for (let after = { workspaceId: '', linkId: '' }; ; ) {
    const { rows } = await db.execute<{ workspaceId: string; linkId: string; hits: number }>(sql`
select workspace_id as "workspaceId", link_id as "linkId", hits::float8 as hits
from link_totals t
where not is_busy and (workspace_id, link_id) > (${after.workspaceId}, ${after.linkId})
  and exists (
    select 1 from clicks c where c.link_id = t.link_id and c.clicked_at >= ${from}::timestamptz and c.clicked_at < ${to}::timestamptz
  )
order by workspace_id, link_id
limit 1000`);
    if (rows.length === 0) return;
    after = rows.at(-1) ?? after;
    for (const { workspaceId, linkIds } of stepsOf(rows))
      await db.transaction(async (tx) => {
        await lockRollups(tx, workspaceId);
        await rollUpLinks(tx, sql`link_id = any(${sql.param(linkIds)}::text[])`);
      });
  }
}

/** Links in the order of their workspaces, as many together as have hits for a step; one that has more is one by itself. */
function stepsOf(links: readonly { workspaceId: string; linkId: string; hits: number }[]) {
  const steps: { workspaceId: string; linkIds: string[]; hits: number }[] = [];
  for (const { workspaceId, linkId, hits } of links) {
    const step = steps.at(-1);
    if (step?.workspaceId === workspaceId && step.hits + hits <= hitsAStep) {
      step.linkIds.push(linkId);
      step.hits += hits;
    } else steps.push({ workspaceId, linkIds: [linkId], hits });
  }
  return steps;
}

/** Everything that the rollups can say of some links they say from now on, without the rows; under their lock. */
async function keepCounted(tx: Db, links: ReturnType<typeof sql>): Promise<void> {
  await takePending(tx);
  await rollUpLinks(tx, sql`link_id in (${links})`);
}

async function listPartitionsBefore(db: Db, day: string): Promise<string[]> {
  const { rows } = await db.execute<{ name: string }>(sql`
select c.relname as name
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'clicks'::regclass and c.relname ~ '^clicks_[0-9]{4}_[0-9]{2}$'
  and c.relname < ${`clicks_${day.slice(0, 7).replace('-', '_')}`}
order by 1`);
  return rows.map(({ name }) => name);
}
