import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { isRefused, isUnknownZone, reasonOf, sqlState } from '../../ground/db/pg-errors.ts';
import { type MendedZone, mendTimeZones } from '../../ground/zones/time-zones.ts';
import { hitColumnNames } from '../clicks/hit-fields.ts';
import { unpacked } from '../clicks/inbox.ts';
import { type Dimension, dimensions as all } from './dimensions.ts';
import { rowColumns } from './pending.ts';
import { lockWorkspace, shareRollups, tryLockWorkspaces, tryShareRollups } from './rollup-lock.ts';
import { takeOlder } from './older-hits.ts';
import { takeIn } from './rollups.ts';
import { findWaiting } from './next-workspaces.ts';
import { firstStepOf, hitsAStep } from './steps.ts';
import { forgottenBefore, recallVisitors, seenDay } from './visitors-seen.ts';

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
 * Hits that were taken in, batches that were refused, and the workspace behind which the next step begins: none behind
 * the last. `left` have more, and `others` are somebody else's for now.
 */
type Step = {
  hits: number;
  refused: RefusedBatch[];
  after: string | undefined;
  left: readonly string[];
  others: readonly string[];
};

const nothing: Step = { hits: 0, refused: [], after: undefined, left: [], others: [] };

/** After so many milliseconds a run of the timetable ends; the rest is the next one's. */
const runMs = 20_000;

/**
 * Moves all hits from the inbox to where they live, into rows and every rollup, exactly once, step by step.
 * @param dimensions those of the version that counts; a test counts as an older one
 * @returns how many hits the rollups took in
 * @throws NewerRollups when a newer version counts
 */
export async function rollUpPending(db: Db, dimensions: readonly Dimension[] = all): Promise<number> {
  let moved = 0;
  const left = new Set<string>();
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    const step = await moveInTurn(db, async (tx) => {
      await shareRollups(tx, dimensions);
      return moveStep(tx, from, dimensions);
    });
    moved += step.hits;
    for (const id of [...step.left, ...step.others]) left.add(id);
    after = step.after;
  }
  // One after the other: who waits for one must not keep others from theirs.
  for (const id of left) moved += await moveWorkspace(db, id, dimensions);
  return moved;
}

/** The same of one workspace, for which it waits. @throws NewerRollups */
export async function moveWorkspace(
  db: Db,
  workspaceId: string,
  dimensions: readonly Dimension[] = all,
): Promise<number> {
  for (let moved = 0; ; ) {
    const step = await moveInTurn(db, async (tx) => {
      await shareRollups(tx, dimensions);
      await lockWorkspace(tx, workspaceId);
      return moveOf(tx, [workspaceId], dimensions);
    });
    moved += step.hits;
    if (step.left.length === 0) return moved;
  }
}

/** The place at which a run of the timetable goes on. Nobody is always first: a run may end before it comes to the last. */
export type Round = { after: string };

/**
 * The same for the timetable, a step of each workspace in turn. Workspaces that another node is at are left to it, and
 * all where a newer version counts.
 * @param round of the runs of this process
 * @returns how many hits were taken in
 */
export async function rollUpIfFree(
  db: Db,
  news: News = {},
  dimensions: readonly Dimension[] = all,
  round: Round = { after: '' },
): Promise<number> {
  const endsAt = performance.now() + runMs;
  let moved = 0;
  // From where the last run ended to the end, then from the beginning, as long as somebody has more than a step.
  for (let hasMore = round.after !== ''; performance.now() < endsAt; ) {
    const step = await moveInTurn(
      db,
      async (tx) => ((await tryShareRollups(tx, dimensions)) ? moveStep(tx, round.after, dimensions) : nothing),
      news,
    );
    moved += step.hits;
    hasMore ||= step.left.length > 0;
    round.after = step.after ?? '';
    if (step.after !== undefined) continue;
    if (!hasMore) break;
    hasMore = false;
  }
  return moved;
}

/** A step, as a transaction. */
async function moveInTurn(db: Db, work: (tx: Db) => Promise<Step>, news: News = {}): Promise<Step> {
  const step = await withKnownZones(
    db,
    () =>
      db.transaction(async (tx) => {
        // Nobody waits for it to be on disk: a crash that takes it away gives the batches back.
        // All is looked up by keys; of a table that was empty Postgres would read what a step puts in, again for each hit.
        await tx.execute(sql`
select set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true),
       set_config('enable_seqscan', 'off', true)`);
        return work(tx);
      }),
    news,
  );
  for (const batch of step.refused) news.onRefused?.(batch);
  return step;
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
    const { ids, isLast } = await findWaiting(tx, after);
    for (let left: readonly string[] = ids; left.length > 0; ) {
      const step = await moveOf(tx, left, all);
      moved += step.hits;
      left = step.left;
    }
    after = isLast ? undefined : ids.at(-1);
  }
  return moved;
}

/** `isLate`: `visitors_seen` may have forgotten who came on its day. */
type Batch = { workspaceId: string; id: string; size: number; isLate: boolean };

/** Moves a step's hits of the next workspaces that are free. */
async function moveStep(tx: Db, after: string, dimensions: readonly Dimension[]): Promise<Step> {
  const { ids, isLast } = await findWaiting(tx, after);
  if (ids.length === 0) return nothing;
  const ours = await tryLockWorkspaces(tx, ids);
  const step = await moveOf(tx, ours, dimensions);
  return { ...step, after: isLast ? undefined : ids.at(-1), others: ids.filter((id) => !ours.includes(id)) };
}

/** Moves what waits of workspaces, as much as a step has; for those who hold their locks. */
async function moveOf(tx: Db, ours: readonly string[], dimensions: readonly Dimension[]): Promise<Step> {
  if (ours.length === 0) return nothing;
  const { rows: found } = await tx.execute<Batch>(sql`
select workspace_id as "workspaceId", id::text, size, first_hit_at < ${forgottenBefore} as "isLate"
from hit_batches
where workspace_id = any(${sql.param([...ours])}::text[]) and problem is null
order by workspace_id, id
limit ${batchesAStep}`);
  const batches = firstStepOf(found, ({ size }) => size);
  const refused: Step['refused'] = [];
  const ofOlder = await takeOlder(tx, ours, hitsAStep, dimensions);
  const moved = batches.length === 0 ? 0 : await moveBatches(tx, batches, dimensions, refused);
  const isAll = batches.length === found.length && found.length < batchesAStep && ofOlder < hitsAStep;
  return { ...nothing, hits: ofOlder + moved, refused, left: isAll ? [] : ours };
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
  from hit
  where class = 'human' and visitor_key is not null
  order by visitor_key, link_id, clicked_at, id
), newcomer as (
  insert into visitors_seen (visitor_key, link_id, day)
  select visitor_key, link_id, ${seenDay(sql`clicked_at`)} from sighting
  on conflict do nothing
  returning visitor_key, link_id
), first_in_workspace as materialized (
  select distinct on (visitor_key) id
  from sighting s
  -- As it was before this statement.
  where (select count(*) from visitors_seen v where v.visitor_key = s.visitor_key) = 0
  order by visitor_key, clicked_at, id
)`;
  const rows = sql`insert into clicks (${sql.raw(rowColumns.join(', '))})
  select ${hitValues},
         -- Not joined: Postgres takes both for few, and would compare each with each.
         h.id in (select id from sighting) and (h.visitor_key, h.link_id) in (select visitor_key, link_id from newcomer),
         h.id in (select id from first_in_workspace)
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
