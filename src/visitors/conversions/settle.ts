import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { findHitRows, type ArrivedHit } from '../rollups/hit-rows.ts';
import { HOUR } from '../../ground/time/zoned-time.ts';
import { lockGoal } from './goals.ts';
import { eraseGoals } from './removal.ts';
import { countIn } from './take.ts';

/** Conversions that are looked at together. */
const page = 1_000;

type WaitingConversion = {
  id: string;
  workspaceId: string;
  goalId: string;
  linkId: string;
  hitId: number;
  clickedAt: number;
  place: string;
};

/** Counts conversions whose click has arrived since. Those of machines go. */
export async function settleConversions(db: Db): Promise<void> {
  for (let after = { place: '', id: '' }; ; ) {
    const { rows } = await db.execute<WaitingConversion>(sql`
select id, workspace_id as "workspaceId", goal_id as "goalId", link_id as "linkId", hit_id::float8 as "hitId",
       round(extract(epoch from clicked_at) * 1000)::float8 as "clickedAt", received_at::text as place
from conversions
where counted_at is null and (${after.place} = '' or (received_at, id) > (nullif(${after.place}, '')::timestamptz, ${after.id}))
order by received_at, id
limit ${page}`);
    const last = rows.at(-1);
    if (!last) return;
    after = last;
    const hits = await findHitRows(
      db,
      rows.map(({ linkId, clickedAt, hitId }) => ({ linkId, clickedAt, id: hitId })),
    );
    const byKey = new Map(hits.map((hit) => [`${hit.linkId} ${hit.id}`, hit]));
    for (const waiting of rows) {
      const hit = byKey.get(`${waiting.linkId} ${waiting.hitId}`);
      if (hit) await settleOne(db, waiting, hit);
    }
    if (rows.length < page) return;
  }
}

const settleOne = (db: Db, { id, workspaceId, goalId }: WaitingConversion, hit: ArrivedHit) =>
  db.transaction(async (tx) => {
    // The job that erases a deleted goal takes its conversions too.
    if (!(await lockGoal(tx, workspaceId, goalId))) return;
    if (hit.class === 'human') await countIn(tx, id, hit);
    else await tx.execute(sql`delete from conversions where id = ${id} and counted_at is null`);
  });

/**
 * Forgets conversions whose click has not come within an hour, and those whose click is older than single hits are kept.
 * Counts stay.
 */
export async function forgetConversions(db: Db, retentionDays: number | null): Promise<void> {
  await db.execute(sql`
delete from conversions where counted_at is null and received_at < now() - interval '1 hour'`);
  if (retentionDays !== null)
    await db.execute(sql`delete from conversions where clicked_at < now() - make_interval(days => ${retentionDays})`);
}

/** The jobs that keep conversions in order, for the timetable. */
export const conversionJobs = (db: Db, retentionDays: number | null): Job[] => [
  { name: 'settle conversions', everyMs: 2_000, atMostMs: 30_000, run: () => settleConversions(db) },
  { name: 'forget conversions', everyMs: 10 * 60_000, run: () => forgetConversions(db, retentionDays) },
  // A large one takes minutes.
  { name: 'erase goals', everyMs: 60_000, mayTakeMs: HOUR, run: () => eraseGoals(db) },
];
