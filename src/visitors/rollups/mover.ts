import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { isRefused, isUnknownZone, reasonOf, sqlState } from '../../ground/db/pg-errors.ts';
import { type MendedZone, mendTimeZones } from '../../ground/zones/time-zones.ts';
import { hitColumnNames } from '../clicks/hit-fields.ts';
import { unpacked } from '../clicks/inbox.ts';
import { type Dimension, dimensions as all } from './dimensions.ts';
import { rowColumns } from './pending.ts';
import { lockWorkspaces, shareRollups, tryLockWorkspaces, tryShareRollups } from './rollup-lock.ts';
import { takeIn } from './rollups.ts';
import { findWaiting } from './next-workspaces.ts';
import { forgottenBefore, recallVisitors, seenDay } from './visitors-seen.ts';

/** Hits that one transaction moves, in about a second: the sums of many hits cost little more than those of few. */
const hitsAStep = 20_000;

/** Batches that are looked at for a step. */
const batchesAStep = 20_000;

/** Things that a run may have to tell operators. */
type News = {
  /** Workspaces that got another time zone, because theirs is unknown. */
  onMended?: ((zones: readonly MendedZone[]) => void) | undefined;
  /** A batch that Postgres refuses to make rows of. */
  onRefused?: ((batch: RefusedBatch) => void) | undefined;
};

/** A batch of so many hits, and the SQLSTATE with which Postgres refused it. */
export type RefusedBatch = { workspaceId: string; id: string; size: number; state: string };

/**
 * Hits that were taken in, batches that were refused, and the workspace behind which the next step begins. It is
 * undefined where nothing is left of what was there.
 */
type Step = { hits: number; refused: RefusedBatch[]; after: string | undefined };

/** How a run comes to its workspaces: it waits for those who have them, or leaves them to them. */
type Locking = {
  share: (tx: Db, dimensions: readonly Dimension[]) => Promise<boolean>;
  lock: (tx: Db, ids: readonly string[]) => Promise<string[]>;
};

const waiting: Locking = {
  async share(tx, dimensions) {
    await shareRollups(tx, dimensions);
    return true;
  },
  lock: lockWorkspaces,
};
const ifFree: Locking = { share: tryShareRollups, lock: tryLockWorkspaces };

/** After so many milliseconds a run of the timetable ends; the rest is the next one's. */
const runMs = 20_000;

/**
 * Moves all hits from the inbox to where they live, into rows and every rollup, exactly once, step by step.
 * @param dimensions those of the version that counts; a test counts as an older one
 * @returns how many hits the rollups took in
 * @throws NewerRollups when a newer version counts
 */
export const rollUpPending = (db: Db, dimensions: readonly Dimension[] = all): Promise<number> =>
  moveSteps(db, waiting, dimensions);

/**
 * The same for the timetable: workspaces that another node is at are left to it, and all where a newer version counts.
 * @returns how many hits were taken in
 */
export const rollUpIfFree = (db: Db, news: News = {}, dimensions: readonly Dimension[] = all): Promise<number> =>
  moveSteps(db, ifFree, dimensions, news, performance.now() + runMs);

/** Step after step, each a transaction, once through all workspaces. */
async function moveSteps(
  db: Db,
  { share, lock }: Locking,
  dimensions: readonly Dimension[],
  news: News = {},
  endsAt = Number.POSITIVE_INFINITY,
): Promise<number> {
  let moved = 0;
  for (let after: string | undefined = ''; ; ) {
    const from: string = after;
    const step = await withKnownZones(
      db,
      () =>
        db.transaction(async (tx): Promise<Step> => {
          if (!(await share(tx, dimensions))) return { hits: 0, refused: [], after: undefined };
          // Nobody waits for it to be on disk: a crash that takes it away gives the batches back.
          await tx.execute(sql`
select set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true)`);
          return moveStep(tx, lock, from, dimensions);
        }),
      news,
    );
    for (const batch of step.refused) news.onRefused?.(batch);
    moved += step.hits;
    after = step.after;
    if (after === undefined || performance.now() > endsAt) return moved;
  }
}

/** Gives workspaces whose zone Postgres does not know another one first: all others are counted with them. */
async function withKnownZones<Result>(db: Db, run: () => Promise<Result>, { onMended }: News): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const mended = isUnknownZone(error) ? await mendTimeZones(db) : [];
    if (mended.length === 0) throw error;
    onMended?.(mended);
    return run();
  }
}

/** As `rollUpPending`, in the transaction of those who hold the lock of all. */
export async function takePending(tx: Db): Promise<number> {
  let moved = 0;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const step: Step = await moveStep(tx, async (_, ids) => [...ids], after, all);
    moved += step.hits;
    after = step.after;
  }
  return moved;
}

/** `isLate`: `visitors_seen` may have forgotten who came on its day. */
type Batch = { workspaceId: string; id: string; size: number; isLate: boolean };

async function moveStep(tx: Db, lock: Locking['lock'], after: string, dimensions: readonly Dimension[]): Promise<Step> {
  const { ids, isLast } = await findWaiting(tx, after, hitsAStep);
  if (ids.length === 0) return { hits: 0, refused: [], after: undefined };
  const ours = await lock(tx, ids);
  const { rows: found } = await tx.execute<Batch>(sql`
select workspace_id as "workspaceId", id::text, size, first_hit_at < ${forgottenBefore} as "isLate"
from hit_batches
where workspace_id = any(${sql.param(ours)}::text[]) and problem is null
order by workspace_id, id
limit ${batchesAStep}`);
  let size = 0;
  const enough = found.findIndex((batch) => (size += batch.size) >= hitsAStep);
  const batches = enough === -1 ? found : found.slice(0, enough + 1);
  const refused: Step['refused'] = [];
  const ofOlder = await takeOlder(tx, ours, dimensions);
  if (ofOlder >= hitsAStep) return { hits: ofOlder, refused, after };
  const moved = batches.length === 0 ? 0 : await moveBatches(tx, batches, dimensions, refused);
  const isAll = batches.length === found.length && found.length < batchesAStep;
  // The last workspace may have more: the next step begins with it.
  const begun = ids.indexOf(batches.at(-1)?.workspaceId ?? '');
  const next = isAll ? (isLast ? undefined : ids.at(-1)) : (ids[begun - 1] ?? after);
  return { hits: ofOlder + moved, refused, after: next };
}

/**
 * Takes in what versions without an inbox left beside its rows; a hit of theirs may lack the domain, which is its slug's.
 * @returns how many hits; as many as a step has where there may be more
 */
async function takeOlder(tx: Db, ours: readonly string[], dimensions: readonly Dimension[]): Promise<number> {
  const { rows } = await tx.execute<{ id: string }>(sql`
select id::text from clicks_pending where workspace_id = any(${sql.param([...ours])}::text[]) order by id limit ${hitsAStep}`);
  if (rows.length === 0) return 0;
  const isChosen = sql`id = any(${sql.param(rows.map(({ id }) => id))}::bigint[])`;
  await tx.execute(sql`
with named as (
  update clicks_pending p set domain_id = s.domain_id
  from slugs s
  where p.domain_id is null and s.id = p.slug_id and p.${isChosen}
  returning p.link_id, p.clicked_at, p.id, p.domain_id
)
update clicks c set domain_id = n.domain_id
from named n
where (c.link_id, c.clicked_at, c.id) = (n.link_id, n.clicked_at, n.id)`);
  return takeIn(tx, sql`delete from clicks_pending where ${isChosen} returning *`, dimensions);
}

/** Moves batches. One that Postgres refuses is found by halving, and stays where it is with the reason beside it. */
async function moveBatches(
  tx: Db,
  batches: readonly Batch[],
  dimensions: readonly Dimension[],
  refused: Step['refused'],
): Promise<number> {
  try {
    return await tx.transaction((part) => moveRows(part, batches, dimensions));
  } catch (error) {
    if (!isRefused(error) || isUnknownZone(error)) throw error;
    const [batch, ...others] = batches;
    if (!batch) return 0;
    if (others.length === 0) {
      await tx.execute(sql`
update hit_batches set problem = ${reasonOf(error)}, refused_at = now()
where workspace_id = ${batch.workspaceId} and id = ${batch.id}::bigint`);
      const { workspaceId, id, size } = batch;
      refused.push({ workspaceId, id, size, state: sqlState(error) ?? '' });
      return 0;
    }
    const half = Math.ceil(batches.length / 2);
    const first = await moveBatches(tx, batches.slice(0, half), dimensions, refused);
    return first + (await moveBatches(tx, batches.slice(half), dimensions, refused));
  }
}

/** A hit's columns; an older version's spool has hits without their domain, which no slug changes. */
const hitValues = sql.raw(
  hitColumnNames
    .map((column) =>
      column === 'domain_id'
        ? 'coalesce(h.domain_id, (select domain_id from slugs where id = h.slug_id))'
        : `h.${column}`,
    )
    .join(', '),
);

/**
 * Makes rows of batches, with the flags of those who were never seen before, and counts those that were no rows yet. Hits
 * of a workspace that is deleted are dropped. Sorted, so that indexes are written in order.
 */
async function moveRows(tx: Db, batches: readonly Batch[], dimensions: readonly Dimension[]): Promise<number> {
  const chosen = sql`unnest(
    ${sql.param(batches.map(({ workspaceId }) => workspaceId))}::text[], ${sql.param(batches.map(({ id }) => id))}::bigint[]
  ) as chosen (workspace_id, id)`;
  if (batches.some(({ isLate }) => isLate))
    await recallVisitors(tx, sql`select hits from hit_batches join ${chosen} using (workspace_id, id)`);
  // A repeat of a row is nobody's first click, whatever that row is by now.
  const before = sql`batch as (
  delete from hit_batches b using ${chosen}
  where b.workspace_id = chosen.workspace_id and b.id = chosen.id
  returning b.workspace_id, b.is_repeat, b.hits
), hit as materialized (
  select u.*
  from (${unpacked(
    sql`select is_repeat, workspace_id, hits from batch
    where workspace_id in (select id from workspaces where deleted_at is null)`,
    ['is_repeat', 'workspace_id'],
    hitColumnNames.filter((column) => column !== 'workspace_id'),
  )}) u
  where not u.is_repeat or not is_recorded(u.link_id, u.clicked_at, u.id)
), sighting as materialized (
  select distinct on (visitor_key, link_id) visitor_key, link_id, clicked_at, id
  from (
    select visitor_key, link_id, clicked_at, id from hit where class = 'human' and visitor_key is not null
    union all
    select visitor_key, '', clicked_at, id from hit where class = 'human' and visitor_key is not null
  ) s
  order by visitor_key, link_id, clicked_at, id
), newcomer as (
  insert into visitors_seen (visitor_key, link_id, day)
  select visitor_key, link_id, ${seenDay(sql`clicked_at`)} from sighting
  on conflict do nothing
  returning visitor_key, link_id
), first_hit as materialized (
  select link_id, id from sighting join newcomer using (visitor_key, link_id)
)`;
  const rows = sql`insert into clicks (${sql.raw(rowColumns.join(', '))})
  select ${hitValues}, h.id in (select id from first_hit where link_id <> ''), h.id in (select id from first_hit where link_id = '')
  from hit h
  order by h.link_id, h.clicked_at
  on conflict do nothing
  returning *`;
  return takeIn(tx, rows, dimensions, before);
}

/** Forgets hits that Postgres refused to make rows of for a month: they hold what a row would. */
export async function forgetRefused(db: Db): Promise<void> {
  await db.execute(sql`delete from hit_batches where problem is not null and refused_at < now() - interval '30 days'`);
}

/**
 * Gives the pages of moved batches back. Autovacuum comes once a minute, and until then each step and each report would
 * read past every batch of that minute.
 */
export async function vacuumInbox(db: Db): Promise<void> {
  await db.execute(sql`vacuum hit_batches`);
}
