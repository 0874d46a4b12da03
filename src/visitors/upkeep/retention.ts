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
import { olderDaysJob } from './older-days.ts';
import { lockAllRollups, lockRollups } from '../rollups/rollup-lock.ts';
import { dimensions } from '../rollups/dimensions.ts';
import {
  forgetRefused,
  type RefusedBatch,
  type Round,
  rollUpIfFree,
  takePending,
  vacuumInbox,
} from '../rollups/mover.ts';
import { keepHistory } from '../rollups/rollups.ts';
import { hitsAStep } from '../rollups/steps.ts';
import { rollUpDomains, scopeJobs } from './scope-jobs.ts';
import type { Salts } from '../visits/salts.ts';
import type { SweptHits } from './swept.ts';
import { forgetVisitorsSeen } from '../rollups/visitors-seen.ts';

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
    ...scopeJobs(db),
    olderDaysJob(db),
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

/**
 * Drops the hits of months (UTC) that ended more than `days` days ago. Reports keep what was counted of them: hits of quiet
 * links are rolled up first, and go then, some at a time. The visits' user agents go with them.
 * @returns the months that were dropped, as names of partitions; 'clicks_default' when single rows went; none where somebody
 *   has the rollups of a workspace, and the next time will do
 * @throws when a partition is in use for longer than 2 s; what was dropped before it stays dropped, the rest waits for
 *   the next time
 */
export async function dropOldClicks(db: Db, days: number, now: Date): Promise<string[]> {
  const keptSince = firstKeptDay(days, now);
  const dropped: string[] = [];
  // Deleted hits can be counted no more.
  await rollUpNewDimensions(db);
  const partitions = await listPartitionsBefore(db, keptSince);
  // Hits from before their month had a partition, of a seed or an import.
  const isOld = sql`clicked_at < ${`${keptSince}T00:00:00Z`}`;
  const hasOld = async (tx: Db) =>
    (await tx.execute(sql`select 1 from clicks_default where ${isOld} limit 1`)).rowCount;
  const isAnyOld = partitions.length > 0 || (await hasOld(db));
  if (isAnyOld && !(await rollUpDomains(db))) return [];
  for (const partition of partitions) {
    await keepQuietLinks(db, monthOf(partition));
    const isDropped = await db.transaction(async (tx) => {
      await lockAllRollups(tx);
      // Read from the table: to_regclass answers from a cache that waiting for the lock does not renew.
      const isThere = sql`relname = ${partition} and relnamespace = current_schema()::regnamespace`;
      const { rowCount } = await tx.execute(sql`select 1 from pg_class where ${isThere}`);
      // Another node dropped it while we waited.
      if (rowCount === 0) return false;
      await keepCounted(tx, monthOf(partition));
      // New clicks wait behind us while we wait for a long report.
      await tx.execute(sql`set local lock_timeout = '2s'`);
      await tx.execute(sql`drop table ${sql.identifier(partition)}`);
      return true;
    });
    if (isDropped) dropped.push(partition);
  }
  if (await hasOld(db))
    await db.transaction(async (tx) => {
      await lockAllRollups(tx);
      // Another node may have been first.
      if (!(await hasOld(tx))) return;
      await keepCounted(tx, { from: new Date(0), to: new Date(`${keptSince}T00:00:00Z`) });
      await tx.execute(sql`delete from clicks_default where ${isOld}`);
      dropped.push('clicks_default');
    });
  await db.delete(agentShapes).where(lt(agentShapes.lastSeenOn, keptSince));
  return dropped;
}

type Span = { from: Date; to: Date };

/** The month (UTC) whose hits a partition holds. */
function monthOf(partition: string): Span {
  const [, year = 0, month = 0] = partition.split('_').map(Number);
  return { from: new Date(Date.UTC(year, month - 1)), to: new Date(Date.UTC(year, month)) };
}

/** Condition: a row `c` of clicks came in a span. */
const isIn = ({ from, to }: Span): SQL =>
  sql`c.clicked_at >= ${from.toISOString()}::timestamptz and c.clicked_at < ${to.toISOString()}::timestamptz`;

/**
 * Keeps what is counted of the quiet links that have rows in a span, step by step, each a transaction, and deletes these
 * rows. Those that come meanwhile are left to whoever drops the rest.
 */
async function keepQuietLinks(db: Db, span: Span): Promise<void> {
  for (let after = { workspaceId: '', linkId: '' }; ; ) {
    const rows = await listQuietLinks(db, span, after);
    if (rows.length === 0) return;
    after = rows.at(-1) ?? after;
    for (const { workspaceId, linkIds } of stepsOf(rows))
      await db.transaction(async (tx) => {
        await lockRollups(tx, workspaceId);
        await keepHistory(tx, workspaceId, linkIds, isIn(span));
      });
  }
}

/** Quiet links that have rows in a span, and how many there. */
async function listQuietLinks(
  db: Db,
  span: Span,
  after: { workspaceId: string; linkId: string },
): Promise<{ workspaceId: string; linkId: string; hits: number }[]> {
  const { rows } = await db.execute<{ workspaceId: string; linkId: string; hits: number }>(sql`
select t.workspace_id as "workspaceId", t.link_id as "linkId", c.hits::float8 as hits
from link_totals t
cross join lateral (select count(*) as hits from clicks c where c.link_id = t.link_id and ${isIn(span)}) c
where not t.is_busy and (t.workspace_id, t.link_id) > (${after.workspaceId}, ${after.linkId}) and c.hits > 0
order by t.workspace_id, t.link_id
limit 1000`);
  return rows;
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

/** Everything that can be said of a span the rollups say from now on, without the rows; under the lock of all. */
async function keepCounted(tx: Db, span: Span): Promise<void> {
  await takePending(tx);
  for (let after = { workspaceId: '', linkId: '' }; ; ) {
    const rows = await listQuietLinks(tx, span, after);
    if (rows.length === 0) return;
    after = rows.at(-1) ?? after;
    for (const { workspaceId, linkIds } of stepsOf(rows)) await keepHistory(tx, workspaceId, linkIds, isIn(span));
  }
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
