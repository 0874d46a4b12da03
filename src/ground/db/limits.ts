import { and, eq, getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { NotFound } from '../text/errors.ts';
import type { Db } from './db.ts';
import { workspaces } from './schema.ts';

/**
 * Counts a workspace's rows before some are inserted, so that the count still holds when they are: others who count rows
 * of this table for this workspace wait until the transaction ends. They do not wait for those who change the workspace
 * itself, or count rows of another table.
 * @param tx a transaction that inserts the rows afterwards
 * @param condition which of the workspace's rows count; all unless given
 * @throws NotFound when the workspace is gone
 */
export async function countForInsert(
  tx: Db,
  table: PgTable & { workspaceId: PgColumn },
  workspaceId: string,
  condition?: SQL,
): Promise<number> {
  const name = `waymark limit ${getTableName(table)} ${workspaceId}`;
  const { rowCount } = await tx.execute(sql`
select pg_advisory_xact_lock(hashtextextended(${name}, 0)) from ${workspaces} where id = ${workspaceId} for key share`);
  if (rowCount === 0) throw new NotFound('This workspace was deleted a moment ago.');
  // A statement of its own: one that waited for the lock would count what was there before it waited.
  return tx.$count(table, and(eq(table.workspaceId, workspaceId), condition));
}
