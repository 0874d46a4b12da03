import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { rules, swept } from '../machines/classify.ts';
import { signal } from '../machines/evidence.ts';
import { applyRestated, followVisitors } from './restate.ts';
import { tryLockRollups } from '../rollups/rollup-lock.ts';
import type { SweepSighted } from '../machines/sweeps.ts';

/** Hits that wait at most; beyond it the oldest stay people's. */
const maxWaiting = 5_000;

/** How long a hit may take to be in its row, in milliseconds: it may lie in the spool. */
const patienceMs = 10 * 60_000;

/** How long to wait for whoever counts the workspace, in milliseconds. */
const lockPatienceMs = 2_000;

/**
 * The first hits of sweeps: they were recorded as people's before the fifth link gave the scanner away. In memory alone, so
 * a process that dies leaves up to four clicks of a sweep as they are.
 */
export class SweptHits {
  #waiting: SweepSighted[] = [];

  add(hits: readonly SweepSighted[]): void {
    this.#waiting.push(...hits);
    if (this.#waiting.length > maxWaiting) this.#waiting.splice(0, this.#waiting.length - maxWaiting);
  }

  /**
   * Makes scanners' of the hits in rows, rollups and all that goes by them. Hits without a row yet are tried again.
   * @returns how many hits were settled
   */
  async settle(db: Db, now: Date): Promise<number> {
    let settled = 0;
    for (const workspaceId of new Set(this.#waiting.map((hit) => hit.workspaceId))) {
      const hits = this.#waiting.filter((hit) => hit.workspaceId === workspaceId);
      const found = await settleHits(db, workspaceId, hits, now);
      if (!found) continue;
      settled += found.size;
      const isOver = (hit: SweepSighted) => found.has(hit.id) || now.getTime() - hit.clickedAt > patienceMs;
      const over = new Set(hits.filter(isOver));
      this.#waiting = this.#waiting.filter((hit) => !over.has(hit));
    }
    return settled;
  }
}

/** @returns the ids of those that have a row; undefined where somebody else has the rollups */
async function settleHits(
  db: Db,
  workspaceId: string,
  hits: readonly SweepSighted[],
  now: Date,
): Promise<Set<number> | undefined> {
  const times = hits.map(({ clickedAt }) => clickedAt);
  const chunk = { workspaceId, from: new Date(Math.min(...times)), to: new Date(Math.max(...times) + 1) };
  return db.transaction(async (tx) => {
    // Its rollups may be counted anew for minutes; others' sweeps must not wait for that.
    if (!(await tryLockRollups(tx, workspaceId, lockPatienceMs))) return undefined;
    await tx.execute(sql`
create temporary table swept on commit drop as
select c.link_id, c.clicked_at, c.id, c.visitor_key, c.class, c.is_first_on_link, c.is_first_in_workspace
from clicks c
join (
  select unnest(${sql.param(hits.map(({ linkId }) => linkId))}::text[]) as link_id,
         to_timestamp(unnest(${sql.param(times)}::bigint[]) / 1000.0) as clicked_at,
         unnest(${sql.param(hits.map(({ id }) => id))}::bigint[]) as id
) hit using (link_id, clicked_at, id)
where c.workspace_id = ${workspaceId}`);
    await tx.execute(sql`
create temporary table changed on commit drop as
select link_id, clicked_at, id, visitor_key, class as was, ${swept.class}::text as class, ${swept.reason}::text as reason,
       is_first_on_link, is_first_in_workspace
from swept
where class = 'human'`);
    const { rows } = await tx.execute<{ id: number }>(sql`select id::float8 from swept`);
    if (rows.length === 0) return new Set();
    await followVisitors(tx, chunk);
    await applyRestated(tx, chunk, rules, now);
    for (const table of ['clicks', 'clicks_pending'])
      await tx.execute(sql`
update ${sql.identifier(table)} c
set signals = c.signals | ${signal.sweep}::smallint
from changed
where (changed.link_id, changed.clicked_at, changed.id) = (c.link_id, c.clicked_at, c.id)`);
    return new Set(rows.map(({ id }) => id));
  });
}
