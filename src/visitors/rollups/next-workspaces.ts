import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { firstStepOf } from './steps.ts';

/** Workspaces of a step: each is a lock, and Postgres has room for some thousand of all connections together. */
const workspacesAStep = 500;

/** Batches that are added up of each: a guess is enough for how many workspaces a step has hits for. */
const batchesLookedAt = 1_000;

/**
 * The next workspaces, in order, that have something waiting, as many as a step has hits for. Each is found by a look
 * into the index: what was moved a moment ago is still in the table, until it is vacuumed.
 * @param after the workspace behind which they begin, '' for the first
 * @returns ids, and whether none is behind them
 */
export async function findWaiting(tx: Db, after: string): Promise<{ ids: string[]; isLast: boolean }> {
  const nextBehind = (id: SQL) => sql`
select min(id)
from (
  (select workspace_id from hit_batches where workspace_id > ${id} and problem is null order by workspace_id limit 1)
  union all
  (select workspace_id from clicks_pending where workspace_id > ${id} order by workspace_id limit 1)
) next (id)`;
  const { rows } = await tx.execute<{ id: string; hits: number }>(sql`
with recursive waiting as (
  select (${nextBehind(sql`${after}::text`)}) as id
  union all
  select (${nextBehind(sql`waiting.id`)}) from waiting where id is not null
)
select id, (
  select coalesce(sum(size), 0)
  from (select size from hit_batches where workspace_id = waiting.id and problem is null limit ${batchesLookedAt}) b
)::float8 as hits
from waiting
where id is not null
limit ${workspacesAStep}`);
  const next = firstStepOf(rows, ({ hits }) => hits);
  return { ids: next.map(({ id }) => id), isLast: next.length === rows.length && rows.length < workspacesAStep };
}
