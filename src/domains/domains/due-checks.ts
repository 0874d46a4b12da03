import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { domains } from '../../ground/db/schema.ts';
import { DAY } from '../../ground/time/zoned-time.ts';

/** A proved domain that is to be looked at. */
export type DueCheck = {
  id: string;
  host: string;
  proofToken: string;
  /** Before the check. */
  state: string;
  workspaceId: string;
  workspaceSlug: string;
};

/** Takes live and paused domains that nobody looked at for a day; another node that asks at the same time gets others. */
export async function claimDueChecks(db: Db, now: Date, limit: number): Promise<DueCheck[]> {
  const { rows } = await db.execute<DueCheck>(sql`
update domains set checked_at = ${now}
from workspaces
where workspaces.id = domains.workspace_id and domains.id in (
  select id from domains
  where state in ('live', 'paused') and workspace_id is not null
    and (checked_at is null or checked_at <= ${new Date(now.getTime() - DAY)})
  order by checked_at nulls first limit ${limit} for update skip locked
)
returning domains.id, host, coalesce(proof_token, '') as "proofToken", state, workspace_id as "workspaceId",
  workspaces.slug as "workspaceSlug"`);
  return rows;
}

/** Lets the next check come sooner, as if this one had been at another time. */
export async function postponeCheck(db: Db, { id, workspaceId }: DueCheck, checkedAt: Date): Promise<void> {
  await db
    .update(domains)
    .set({ checkedAt })
    .where(and(eq(domains.workspaceId, workspaceId), eq(domains.id, id)));
}

/** @returns true for whoever is to warn, once until the domain is well again */
export async function takeWarning(db: Db, { id, workspaceId }: DueCheck, now: Date): Promise<boolean> {
  const taken = await db
    .update(domains)
    .set({ warnedAt: now })
    .where(and(eq(domains.workspaceId, workspaceId), eq(domains.id, id), isNull(domains.warnedAt)))
    .returning({ id: domains.id });
  return taken.length > 0;
}
