import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { isRefused, isUnknownZone, refusalOf } from '../../ground/db/pg-errors.ts';
import { type MendedZone, mendTimeZones } from '../../ground/zones/time-zones.ts';
import { hitColumnNames, unpacked } from '../clicks/inbox.ts';
import { type Dimension, dimensions as all } from './dimensions.ts';
import { lockRollups, tryLockRollups } from './rollup-lock.ts';
import { takeIn } from './rollups.ts';

/** Hits that one transaction moves: about a tenth of a second, and a reader sees all or none of it. */
const hitsAStep = 20_000;

/** Batches that are looked at for a step. */
const batchesAStep = 20_000;

/** What a run may have to tell operators. */
type News = {
  /** Workspaces that got another time zone, because theirs is unknown. */
  onMended?: ((zones: readonly MendedZone[]) => void) | undefined;
  /** Hits that Postgres refuses to make rows of, and its reason. */
  onRefused?: ((hits: number, reason: string) => void) | undefined;
};

/**
 * Moves all hits from the inbox to where they live, into rows and every rollup, exactly once, step by step.
 * @param dimensions those of the version that counts; a test counts as an older one
 * @returns how many hits the rollups took in
 * @throws NewerRollups when a newer version counts
 */
export const rollUpPending = (db: Db, dimensions: readonly Dimension[] = all): Promise<number> =>
  moveSteps(
    db,
    async (tx) => {
      await lockRollups(tx, dimensions);
      return true;
    },
    dimensions,
  );

/**
 * The same for the timetable: where another node is at it, or a newer version counts, it is left to them.
 * @returns how many hits were taken in
 */
export const rollUpIfFree = (db: Db, news: News = {}, dimensions: readonly Dimension[] = all): Promise<number> =>
  moveSteps(db, (tx) => tryLockRollups(tx, dimensions), dimensions, news);

/** Step after step, each a transaction, until what was there is moved: what comes meanwhile is the next run's. */
async function moveSteps(
  db: Db,
  lock: (tx: Db) => Promise<boolean>,
  dimensions: readonly Dimension[],
  news: News = {},
): Promise<number> {
  let moved = 0;
  for (;;) {
    const step = await withKnownZones(
      db,
      () =>
        db.transaction(async (tx) => {
          if (!(await lock(tx))) return { hits: 0, isLast: true };
          // Nobody waits for it to be on disk: a crash that takes it away gives the batches back.
          await tx.execute(sql`
select set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true)`);
          return moveStep(tx, dimensions, news);
        }),
      news,
    );
    moved += step.hits;
    if (step.isLast) return moved;
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

/** As `rollUpPending`, in the transaction of those who hold the lock. */
export async function takePending(tx: Db, dimensions: readonly Dimension[] = all): Promise<number> {
  for (let moved = 0; ; ) {
    const step = await moveStep(tx, dimensions, {});
    moved += step.hits;
    if (step.isLast) return moved;
  }
}

/** `isLate`: `visitors_seen` may have forgotten who came on its day. */
type Batch = { workspaceId: string; id: string; size: number; isLate: boolean };

/** Before it `visitors_seen` is forgotten (retention.ts). */
const forgottenBefore = sql`(date_trunc('day', now(), 'UTC') - interval '1 day')`;

/** @returns how many hits were taken in, and whether nothing is left of what was there */
async function moveStep(
  tx: Db,
  dimensions: readonly Dimension[],
  news: News,
): Promise<{ hits: number; isLast: boolean }> {
  const { rows: found } = await tx.execute<Batch>(sql`
select workspace_id as "workspaceId", id::text, size, first_hit_at < ${forgottenBefore} as "isLate"
from hit_batches
where problem is null
limit ${batchesAStep}`);
  let size = 0;
  const enough = found.findIndex((batch) => (size += batch.size) >= hitsAStep);
  const batches = enough === -1 ? found : found.slice(0, enough + 1);
  const { rowCount: older } = await tx.execute(sql`select from clicks_pending limit 1`);
  const ofOlder = older ? await takeIn(tx, sql`delete from clicks_pending returning *`, dimensions) : 0;
  const moved = batches.length === 0 ? 0 : await moveBatches(tx, batches, dimensions, news);
  return { hits: ofOlder + moved, isLast: batches.length === found.length && found.length < batchesAStep };
}

/** Moves batches. One that Postgres refuses is found by halving, and stays where it is with the reason beside it. */
async function moveBatches(
  tx: Db,
  batches: readonly Batch[],
  dimensions: readonly Dimension[],
  news: News,
): Promise<number> {
  try {
    return await tx.transaction((part) => moveRows(part, batches, dimensions));
  } catch (error) {
    if (!isRefused(error) || isUnknownZone(error)) throw error;
    const [batch, ...others] = batches;
    if (!batch) return 0;
    if (others.length === 0) {
      const reason = refusalOf(error) ?? '';
      news.onRefused?.(batch.size, reason);
      await tx.execute(sql`
update hit_batches set problem = ${reason} where workspace_id = ${batch.workspaceId} and id = ${batch.id}::bigint`);
      return 0;
    }
    const half = Math.ceil(batches.length / 2);
    return (
      (await moveBatches(tx, batches.slice(0, half), dimensions, news)) +
      (await moveBatches(tx, batches.slice(half), dimensions, news))
    );
  }
}

const rowColumns = sql.raw([...hitColumnNames, 'is_first_on_link', 'is_first_in_workspace'].join(', '));

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
 * Makes rows of batches, with the flags of those who were never seen before, and takes in what no row was of. Hits of a
 * workspace that was deleted go. Sorted, so that indexes are written in order.
 */
async function moveRows(tx: Db, batches: readonly Batch[], dimensions: readonly Dimension[]): Promise<number> {
  const chosen = sql`unnest(
    ${sql.param(batches.map(({ workspaceId }) => workspaceId))}::text[], ${sql.param(batches.map(({ id }) => id))}::bigint[]
  ) as chosen (workspace_id, id)`;
  if (batches.some(({ isLate }) => isLate)) await recallVisitors(tx, chosen);
  const before = sql`batch as (
  delete from hit_batches b using ${chosen}
  where b.workspace_id = chosen.workspace_id and b.id = chosen.id
  returning b.workspace_id, b.hits
), hit as materialized (
  ${unpacked(sql`select hits from batch where workspace_id in (select id from workspaces)`, [])}
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
  select visitor_key, link_id, (clicked_at at time zone 'UTC')::date from sighting
  on conflict do nothing
  returning visitor_key, link_id
), first_hit as materialized (
  select link_id, id from sighting join newcomer using (visitor_key, link_id)
)`;
  const rows = sql`insert into clicks (${rowColumns})
  select ${hitValues}, h.id in (select id from first_hit where link_id <> ''), h.id in (select id from first_hit where link_id = '')
  from hit h
  order by h.link_id, h.clicked_at
  on conflict do nothing
  returning *`;
  return takeIn(tx, rows, dimensions, before);
}

/**
 * Makes `visitors_seen` know again who of late hits had come before, where their day has been forgotten: the rows know. A
 * key lives for a day of some calendar, of 25 hours at most.
 */
async function recallVisitors(tx: Db, chosen: SQL): Promise<void> {
  const batches = sql`select b.workspace_id as of_workspace, b.hits from hit_batches b join ${chosen} using (workspace_id, id)`;
  await tx.execute(sql`
with late as materialized (
  select * from (${unpacked(batches, [], ['clicked_at', 'workspace_id', 'class', 'visitor_key'])}) h
  where clicked_at < ${forgottenBefore} and class = 'human' and visitor_key is not null
)
insert into visitors_seen (visitor_key, link_id, day)
select distinct c.visitor_key, s.link_id, current_date
from clicks c cross join lateral (values (c.link_id, c.is_first_on_link), ('', c.is_first_in_workspace)) s (link_id, is_first)
where s.is_first and c.workspace_id in (select workspace_id from late) and c.visitor_key in (select visitor_key from late)
  and c.clicked_at between (select min(clicked_at) from late) - interval '25 hours'
                       and (select max(clicked_at) from late) + interval '25 hours'
on conflict do nothing`);
}

/**
 * Gives the pages of moved batches back. Autovacuum comes once a minute, and until then each step and each report would
 * read past every batch of that minute.
 */
export async function vacuumPending(db: Db): Promise<void> {
  await db.execute(sql`vacuum hit_batches`);
}
