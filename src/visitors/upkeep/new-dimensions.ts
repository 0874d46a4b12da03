import { inArray, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { clickCountsDaily, clickCountsMonthly, rolledUpDimensions, workspaces } from '../../ground/db/schema.ts';
import { type Dimension, dimensions } from '../rollups/dimensions.ts';
import { lockAllRollups } from '../rollups/rollup-lock.ts';
import { breakDownSettled } from '../rollups/rollups.ts';

/**
 * Counts the past of dimensions that are new in the code, over all rows that are kept, once. What was rolled up of them
 * since they came is counted over, so that no hit counts twice; history whose rows are gone stays without them. All of
 * it is one transaction: until it ends, hits stay pending, and reports add them.
 * @returns the names of those that were counted; none when a neighbour was first
 */
export async function rollUpNewDimensions(db: Db): Promise<string[]> {
  if ((await listNew(db)).length === 0) return [];
  return db.transaction(async (tx) => {
    await lockAllRollups(tx);
    const added = await listNew(tx);
    const names = added.map(({ name }) => name);
    if (names.length === 0) return [];
    for (const table of [clickCountsDaily, clickCountsMonthly])
      await tx.delete(table).where(inArray(table.dimension, names));
    for (const { id } of await tx.select({ id: workspaces.id }).from(workspaces))
      await breakDownSettled(tx, sql`c.workspace_id = ${id}`, 'all', { dimensions: added });
    await tx.insert(rolledUpDimensions).values(names.map((name) => ({ name })));
    return names;
  });
}

async function listNew(db: Db): Promise<Dimension[]> {
  const known = new Set(
    (await db.select({ name: rolledUpDimensions.name }).from(rolledUpDimensions)).map(({ name }) => name),
  );
  return dimensions.filter(({ name }) => !known.has(name));
}
