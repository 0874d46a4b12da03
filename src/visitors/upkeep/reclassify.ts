import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { newId } from '../../ground/text/id.ts';
import type { Rules } from '../machines/classify.ts';
import { type HitClass, hitClasses, hitClassLabels } from '../machines/hit-class.ts';
import { applyRestated, type Chunk, findRestated, type Moves } from './restate.ts';
import { lockRollups } from '../rollups/rollup-lock.ts';
import { rollUpPending } from '../rollups/mover.ts';

export type Reclassification = {
  rules: Rules;
  /** Only hits from here on; null for all. */
  since: Date | null;
  /** Counts what would change and changes nothing. */
  isDryRun: boolean;
  now: Date;
  /**
   * A chunk has this many hits, 100,000 where nothing else is said, or is a single hour: it bounds how long the rollups
   * stand still, and what a crash costs.
   */
  chunkHits?: number;
  /** Hears how many hits are done, of how many; figures of the rollups. */
  onProgress?: (done: number, total: number) => void;
};

export type Reclassified = {
  /** Hits that were looked at. */
  hits: number;
  /** Hits that an earlier run, which did not come to its end, had looked at. */
  resumedAfter: number;
  moved: Moves;
};

/**
 * Runs rules over kept rows and states the rollups accordingly, chunk by chunk, each in one transaction together with how
 * far it got. It may be killed anywhere: the next run with the same rules goes on from there. Two runs at once share the
 * work. Hits whose agent is not in the dictionary stay as they are.
 */
export async function reclassifyHits(db: Db, options: Reclassification): Promise<Reclassified> {
  await rollUpPending(db);
  const total = await countHits(db, options.since);
  const runId = options.isDryRun ? null : await openRun(db, options);
  const result: Reclassified = { hits: 0, resumedAfter: 0, moved: {} };
  for (const workspaceId of await listWorkspaceIds(db)) {
    for (const { hits, ...chunk } of await listChunks(db, workspaceId, options)) {
      const moved = await restateChunk(db, chunk, runId, options);
      if (moved) {
        result.hits += hits;
        addMoves(result.moved, moved);
      } else result.resumedAfter += hits;
      options.onProgress?.(result.hits + result.resumedAfter, total);
    }
  }
  if (runId !== null) await finishRun(db, runId, options.now, result);
  return result;
}

/** @returns what moved, or null when the chunk is done already */
async function restateChunk(
  db: Db,
  chunk: Chunk,
  runId: string | null,
  { rules, now }: Reclassification,
): Promise<Moves | null> {
  return db.transaction(async (tx) => {
    if (runId === null) return findRestated(tx, chunk, rules);
    // In this order everywhere: the run, then the rollups.
    if (!(await claim(tx, runId, chunk))) return null;
    await lockRollups(tx, chunk.workspaceId);
    const moved = await findRestated(tx, chunk, rules);
    if (Object.keys(moved).length === 0) return moved;
    await applyRestated(tx, chunk, rules, now);
    await note(tx, runId, chunk.workspaceId, rules, moved, now);
    return moved;
  });
}

/** Moves the mark behind the chunk, unless it is there. The mark becomes true when the chunk's transaction does. */
async function claim(tx: Db, runId: string, { workspaceId, to }: Chunk): Promise<boolean> {
  const { rows } = await tx.execute(sql`
update reclassifications set done_workspace_id = ${workspaceId}, done_until = ${to.toISOString()}
where id = ${runId} and (done_workspace_id, done_until) < (${workspaceId}, ${to.toISOString()}::timestamptz)
returning id`);
  return rows.length > 0;
}

/** Goes on with a run of these rules that did not come to its end, or begins one. */
async function openRun(db: Db, { rules, since, now }: Reclassification): Promise<string> {
  const begun = await db.execute<{ id: string }>(sql`
select id from reclassifications
where finished_at is null and rules_version = ${rules.version}
  and since is not distinct from ${since?.toISOString() ?? null}::timestamptz
order by started_at desc limit 1`);
  const [run] = begun.rows;
  if (run) return run.id;
  const id = newId();
  await db.execute(sql`
insert into reclassifications (id, rules_version, since, started_at, done_until)
values (${id}, ${rules.version}, ${since?.toISOString() ?? null}, ${now.toISOString()}, '-infinity')`);
  return id;
}

/** Ends the run; what it moved before it was interrupted is in its notes. */
async function finishRun(db: Db, runId: string, now: Date, result: Reclassified): Promise<void> {
  await db.execute(sql`update reclassifications set finished_at = ${now.toISOString()} where id = ${runId}`);
  const { rows } = await db.execute<{ moved: Moves }>(sql`select moved from chart_notes where id like ${`${runId}/%`}`);
  result.moved = {};
  for (const { moved } of rows) addMoves(result.moved, moved);
}

/** The workspace's note about this run: made by its first chunk that moves something, brought up to date by the others. */
async function note(tx: Db, runId: string, workspaceId: string, rules: Rules, moved: Moves, now: Date): Promise<void> {
  const id = `${runId}/${workspaceId}`;
  const before = await tx.execute<{ moved: Moves }>(sql`select moved from chart_notes where id = ${id}`);
  const sum: Moves = { ...before.rows[0]?.moved };
  addMoves(sum, moved);
  const text = changesSentence(sum, rules.version);
  await tx.execute(sql`
insert into chart_notes (id, workspace_id, at, kind, text, moved)
values (${id}, ${workspaceId}, ${now.toISOString()}, 'reclassified', ${text}, ${JSON.stringify(sum)})
on conflict (id) do update set text = excluded.text, moved = excluded.moved`);
}

/** The sentence about moves: "Rules 2 were applied to past hits: 12 moved from people to link previews." */
export function changesSentence(moves: Moves, version: number): string {
  const labelOf = (name = '') =>
    hitClasses.includes(name as HitClass) ? hitClassLabels[name as HitClass].toLowerCase() : name;
  const parts = Object.entries(moves)
    .toSorted(([, one], [, other]) => other - one)
    .map(([move, hits]) => {
      const [from, to] = move.split('>');
      return from === to
        ? `${hits} stayed ${labelOf(to)} for another reason`
        : `${hits} moved from ${labelOf(from)} to ${labelOf(to)}`;
    });
  const what = parts.length === 0 ? 'nothing changed' : parts.join(', ');
  return `Rules ${version} were applied to past hits: ${what}.`;
}

function addMoves(sum: Moves, moves: Moves): void {
  for (const [move, hits] of Object.entries(moves)) sum[move] = (sum[move] ?? 0) + hits;
}

async function listWorkspaceIds(db: Db): Promise<string[]> {
  // As Postgres compares the mark, so that a run goes on where it stopped.
  const { rows } = await db.execute<{ id: string }>(sql`select id from workspaces order by id`);
  return rows.map(({ id }) => id);
}

const isSince = (since: Date | null) =>
  since === null ? sql`true` : sql`t.hour > ${since.toISOString()}::timestamptz - interval '1 hour'`;

async function countHits(db: Db, since: Date | null): Promise<number> {
  const { rows } = await db.execute<{ hits: number }>(sql`
select coalesce(sum(t.hits), 0)::float8 as hits
from workspaces w
join click_totals_hourly t on t.scope_id = w.id
where ${isSince(since)}`);
  return rows[0]?.hits ?? 0;
}

/** The workspace's hits in chunks: whole hours of its rollup, put together until they are large enough. */
async function listChunks(
  db: Db,
  workspaceId: string,
  { since, chunkHits = 100_000 }: Reclassification,
): Promise<(Chunk & { hits: number })[]> {
  const { rows } = await db.execute<{ ms: number; hits: number }>(sql`
select (extract(epoch from t.hour) * 1000)::float8 as ms, sum(t.hits)::float8 as hits
from click_totals_hourly t
where t.scope_id = ${workspaceId} and ${isSince(since)}
group by 1
order by 1`);
  const chunks: (Chunk & { hits: number })[] = [];
  for (const { ms, hits } of rows) {
    const to = new Date(ms + 60 * 60 * 1000);
    const last = chunks.at(-1);
    if (last && last.hits + hits <= chunkHits) {
      last.to = to;
      last.hits += hits;
    } else chunks.push({ workspaceId, from: new Date(Math.max(ms, since?.getTime() ?? ms)), to, hits });
  }
  return chunks;
}
