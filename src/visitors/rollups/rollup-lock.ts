import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { rollupLockKey } from '../../ground/db/locks.ts';
import { knownSchema } from '../../ground/db/schema-support.ts';
import { AppError } from '../../ground/text/errors.ts';
import { dimensions as all } from './dimensions.ts';

/** A newer version of Waymark counts in this database: whoever lacks its dimensions would leave holes in their rollups. */
export class NewerRollups extends AppError {
  constructor() {
    const message = 'A newer version of Waymark counts in this database. Bring this one up to date, then try again.';
    super(503, 'newer_version', message, { headers: { 'retry-after': '60' } });
  }
}

type Named = { name: string };

/** Lets nobody touch the rollups until the transaction ends; for those who remove rows, whatever counts them. */
export async function lockRollupsToRemove(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext(${rollupLockKey}))`);
}

/**
 * Lets nobody else touch the rollups until the transaction ends; what is pending stays pending so long.
 * @param dimensions all that the caller counts
 * @throws NewerRollups
 */
export async function lockRollups(tx: Db, dimensions: readonly Named[] = all): Promise<void> {
  await lockRollupsToRemove(tx);
  if (!(await isNewest(tx, dimensions))) throw new NewerRollups();
}

/** @returns false, and no lock, when another node holds it or a newer version counts */
export async function tryLockRollups(tx: Db, dimensions: readonly Named[]): Promise<boolean> {
  const { rows } = await tx.execute<{ isFree: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtext(${rollupLockKey})) as "isFree"`,
  );
  return rows[0]?.isFree === true && isNewest(tx, dimensions);
}

/** Whether no version that knows more than this one has brought the database up to date. */
async function isNewest(tx: Db, dimensions: readonly Named[]): Promise<boolean> {
  const { rows } = await tx.execute<{ schema: string | null; names: string[] }>(sql`
select (select max(created_at) from drizzle.__drizzle_migrations) as schema,
       array(select name from rolled_up_dimensions) as names`);
  const [found] = rows;
  const known = new Set(dimensions.map(({ name }) => name));
  return Number(found?.schema ?? 0) <= knownSchema && (found?.names ?? []).every((name) => known.has(name));
}
