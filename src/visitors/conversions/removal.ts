import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { runAlone } from '../../ground/jobs/run-alone.ts';

/** Rows that one statement deletes, so that no transaction takes long. */
const rowsAStep = 10_000;

async function deleteInSteps(db: Db, isMeant: SQL): Promise<void> {
  for (const table of [sql.identifier('conversions'), sql.identifier('conversion_counts')])
    for (let deleted = rowsAStep; deleted === rowsAStep; ) {
      const { rowCount } = await db.execute(sql`
delete from ${table} where ctid = any(array(select ctid from ${table} where ${isMeant} limit ${rowsAStep}))`);
      deleted = rowCount ?? 0;
    }
}

/** Deletes the conversions of a workspace and their counts, step by step. */
export const deleteConversions = (db: Db, workspaceId: string): Promise<void> =>
  deleteInSteps(db, sql`workspace_id = ${workspaceId}`);

/** Erases goals that were deleted, with all that was counted for them. After an interruption the next run goes on. */
export async function eraseGoals(db: Db): Promise<void> {
  const listDeleted = () =>
    db.execute<{ id: string }>(sql`select id from conversion_goals where deleted_at is not null`);
  // The lock takes a connection, for which there is mostly no need.
  if ((await listDeleted()).rows.length === 0) return;
  await runAlone(db, 'waymark deleted goals', async () => {
    for (const { id } of (await listDeleted()).rows) {
      await deleteInSteps(db, sql`goal_id = ${id}`);
      await db.execute(sql`delete from conversion_goals where id = ${id} and deleted_at is not null`);
    }
  });
}
