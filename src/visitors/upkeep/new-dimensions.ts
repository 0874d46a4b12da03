import { inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { clickCountsDaily, clickCountsMonthly, rolledUpDimensions, workspaces } from '../../ground/db/schema.ts';
import { type Dimension, dimensions, formerNames } from '../rollups/dimensions.ts';
import { lockAllRollups } from '../rollups/rollup-lock.ts';
import { breakDownSettled } from '../rollups/rollups.ts';

const tables = [clickCountsDaily, clickCountsMonthly];

/** Rows that one statement deletes: some hundred milliseconds, so that nobody waits long for their locks. */
const rowsAStep = 10_000;

/**
 * Counts the past of dimensions that are new in the code, over all rows that are kept, once. What was rolled up of them
 * since they came is counted over, so that no hit counts twice; history whose rows are gone stays without them. All of
 * it is one transaction: until it ends, hits stay pending, and reports add them. Counts under former names go afterwards,
 * when no version before counts any more.
 * @returns the names of those that were counted; none when a neighbour was first
 */
export async function rollUpNewDimensions(db: Db): Promise<string[]> {
  const added = (await listNew(db)).length === 0 ? [] : await db.transaction(countNew);
  await deleteFormer(db);
  return added;
}

async function countNew(tx: Db): Promise<string[]> {
  await lockAllRollups(tx);
  const added = await listNew(tx);
  const names = added.map(({ name }) => name);
  if (names.length === 0) return [];
  for (const table of tables) await tx.delete(table).where(inArray(table.dimension, names));
  for (const { id } of await tx.select({ id: workspaces.id }).from(workspaces))
    await breakDownSettled(tx, sql`c.workspace_id = ${id} and ${mayCount(added)}`, 'all', { dimensions: added });
  await tx.insert(rolledUpDimensions).values(names.map((name) => ({ name })));
  return names;
}

/** Condition: a row `c` of clicks counts in one of some dimensions. Few hits have a rule, and all others are left alone. */
const mayCount = (some: readonly Dimension[]): SQL =>
  some.every(({ counts }) => counts === 'valued')
    ? sql`(${sql.join(
        some.map((each) => sql`${sql.raw(each.sql)} is not null`),
        sql` or `,
      )})`
    : sql`true`;

async function listNew(db: Db): Promise<Dimension[]> {
  const known = new Set(
    (await db.select({ name: rolledUpDimensions.name }).from(rolledUpDimensions)).map(({ name }) => name),
  );
  return dimensions.filter(({ name }) => !known.has(name));
}

/** Deletes what is counted under former names, once, step by step. */
async function deleteFormer(db: Db): Promise<void> {
  const isFormer = inArray(rolledUpDimensions.name, Object.keys(formerNames));
  const found = (await db.select().from(rolledUpDimensions).where(isFormer)).map(({ name }) => name);
  if (found.length === 0) return;
  for (const table of tables) while ((await deleteStep(db, table, found)) === rowsAStep);
  await db.delete(rolledUpDimensions).where(isFormer);
}

/** @returns how many rows were deleted */
async function deleteStep(db: Db, table: (typeof tables)[number], names: string[]): Promise<number | null> {
  const { rowCount } = await db.execute(sql`
delete from ${table} where ctid = any(array(
  select ctid from ${table} where dimension = any(${sql.param(names)}::text[]) limit ${rowsAStep}
))`);
  return rowCount;
}
