import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { rollupLockKey } from '../../ground/db/locks.ts';
import { inLockTurns, isLockedWithin } from '../../ground/db/lock-turns.ts';
import { knownSchema } from '../../ground/db/schema-support.ts';
import { AppError } from '../../ground/text/errors.ts';
import { dimensions as all, formerNames } from './dimensions.ts';

/** A newer version of Waymark counts in this database: whoever lacks its dimensions would leave holes in their rollups. */
export class NewerRollups extends AppError {
  constructor() {
    const message = 'A newer version of Waymark counts in this database. Bring this one up to date, then try again.';
    super(503, 'newer_version', message, { headers: { 'retry-after': '60' } });
  }
}

type Named = { name: string };

/*
 * Rollups are locked by workspace: nobody waits because another one's are counted anew. Those who lock one share the lock
 * of all, which versions before them, and work on everybody's rows, take alone.
 */
const ofAll = sql`hashtext(${rollupLockKey})`;
const ofWorkspace = (id: SQL) => sql`hashtext(${rollupLockKey}), hashtext(${id})`;

/**
 * Memory for those who count anew. Without it Postgres has no hash of a million pending hits. Then it
 * looks through all of them once a row.
 */
const haveRoom = (tx: Db) => tx.execute(sql`select set_config('work_mem', '256MB', true)`);

/** Lets nobody touch a workspace's rollups until the transaction ends; for those who remove rows, whatever counts them. */
export async function lockRollupsToRemove(tx: Db, workspaceId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${ofAll})`);
  await lockWorkspace(tx, workspaceId);
}

/**
 * Lets nobody else touch a workspace's rollups until the transaction ends; what is pending stays pending so long.
 * @throws NewerRollups
 */
export async function lockRollups(tx: Db, workspaceId: string): Promise<void> {
  await haveRoom(tx);
  await lockRollupsToRemove(tx, workspaceId);
  if (!(await isNewest(tx, all))) throw new NewerRollups();
}

/** The same of all workspaces at once: of those who work on everybody's rows. @throws NewerRollups; as inLockTurns */
export async function lockAllRollups(tx: Db): Promise<void> {
  await haveRoom(tx);
  await inLockTurns(tx, (part) => part.execute(sql`select pg_advisory_xact_lock(${ofAll})`));
  if (!(await isNewest(tx, all))) throw new NewerRollups();
}

/**
 * @param patienceMs how long to wait for whoever has the workspace's, in milliseconds
 * @returns false, and no lock, when they have it for longer or a newer version counts
 */
export async function tryLockRollups(tx: Db, workspaceId: string, patienceMs: number): Promise<boolean> {
  if (!(await tryShareRollups(tx, all))) return false;
  await haveRoom(tx);
  return isLockedWithin(tx, patienceMs, (part) => lockWorkspace(part, workspaceId));
}

/**
 * Keeps those away who work on everybody's rows; workspaces are locked one by one behind it.
 * @param dimensions all that the caller counts
 * @throws NewerRollups
 */
export async function shareRollups(tx: Db, dimensions: readonly Named[]): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${ofAll})`);
  if (!(await isNewest(tx, dimensions))) throw new NewerRollups();
}

/** @returns false, and no lock, when one of them is at it or a newer version counts */
export async function tryShareRollups(tx: Db, dimensions: readonly Named[]): Promise<boolean> {
  const { rows } = await tx.execute<{ isFree: boolean }>(
    sql`select pg_try_advisory_xact_lock_shared(${ofAll}) as "isFree"`,
  );
  return rows[0]?.isFree === true && isNewest(tx, dimensions);
}

/** Waits for a workspace, behind the shared lock. */
export async function lockWorkspace(tx: Db, id: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ofWorkspace(sql`${id}`)})`);
}

/** @returns those that nobody else has */
export async function tryLockWorkspaces(tx: Db, ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
select id
from (select id, pg_try_advisory_xact_lock(${ofWorkspace(sql`id`)}) as is_ours from unnest(${sql.param([...ids])}::text[]) id) w
where is_ours`);
  return rows.map(({ id }) => id);
}

/** Whether no version that knows more than this one has brought the database up to date. */
async function isNewest(tx: Db, dimensions: readonly Named[]): Promise<boolean> {
  const { rows } = await tx.execute<{ schema: string | null; names: string[] }>(sql`
select (select max(created_at) from drizzle.__drizzle_migrations) as schema,
       array(select name from rolled_up_dimensions) as names`);
  const [found] = rows;
  const known = new Set([...dimensions.map(({ name }) => name), ...Object.keys(formerNames)]);
  return Number(found?.schema ?? 0) <= knownSchema && (found?.names ?? []).every((name) => known.has(name));
}
