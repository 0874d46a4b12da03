import { and, eq, sql } from 'drizzle-orm';
import {
  countKeptHits,
  deleteHits,
  deleteLinkCounts,
  deleteLinkTotals,
  deleteWorkspaceCounts,
} from '../../visitors/upkeep/removal.ts';
import { deleteConversions } from '../../visitors/conversions/removal.ts';
import type { Db } from '../../ground/db/db.ts';
import { apiKeys, domains, invitations, mailings, members, shares, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { deleteEventsOf } from '../../ground/events/removal.ts';

/** A workspace as somebody should see it before it is gone for good. */
export type WorkspaceContents = {
  id: string;
  name: string;
  slug: string;
  members: number;
  /** Deleted ones too, whose rows stay for the reports. */
  links: number;
  hits: number;
  /** Its own hosts. */
  domains: string[];
  /** Its deletion was begun, and did not come to its end: nobody can open it, and the numbers are what is left. */
  isBegun: boolean;
};

export async function findContents(db: Db, idOrSlug: string): Promise<WorkspaceContents | undefined> {
  const { rows } = await db.execute<Omit<WorkspaceContents, 'hits'>>(sql`
select w.id, w.name, w.slug, w.deleted_at is not null as "isBegun",
       (select count(*)::int from members where workspace_id = w.id) as members,
       (select count(*)::int from links where workspace_id = w.id) as links,
       array(select host from domains where workspace_id = w.id order by host) as domains
from workspaces w
where ${idOrSlug} in (w.id, w.slug)
limit 1`);
  const [found] = rows;
  return found && { ...found, hits: await countKeptHits(db, found.id) };
}

/**
 * Ends a workspace for everybody: visitors of its links meet 410, of its own hosts 404, its people and keys find nothing,
 * and every node is told. Its rows are still there, for `deleteContents`. Ending it again does nothing.
 * @param options.ifDue only one whose owners asked for it, and did not keep it in the last moment
 */
export async function endWorkspace(
  db: Db,
  workspaceId: string,
  by: Actor,
  { ifDue = false }: { ifDue?: boolean } = {},
): Promise<void> {
  await db.transaction(async (tx) => {
    const { id, name, slug, deletedAt } = workspaces;
    const isMeant = eq(id, workspaceId);
    const [before] = await tx
      .select({ id, name, slug, deletedAt, isDue: sql<boolean>`coalesce(deletion_at <= now(), false)` })
      .from(workspaces)
      .where(isMeant)
      .for('update');
    if (ifDue && !before?.isDue) return;
    await tx
      .update(workspaces)
      .set({ deletedAt: sql`coalesce(${deletedAt}, now())` })
      .where(isMeant);
    const isServed = and(eq(domains.workspaceId, workspaceId), eq(domains.state, 'live'));
    const hosts = await tx.update(domains).set({ state: 'removed' }).where(isServed).returning({ host: domains.host });
    const people = await tx
      .delete(members)
      .where(eq(members.workspaceId, workspaceId))
      .returning({ userId: members.userId });
    await tx.delete(apiKeys).where(eq(apiKeys.workspaceId, workspaceId));
    await tx.delete(invitations).where(eq(invitations.workspaceId, workspaceId));
    await tx.delete(mailings).where(eq(mailings.workspaceId, workspaceId));
    await tx.delete(shares).where(eq(shares.workspaceId, workspaceId));
    if (!before) return;
    // Of no workspace: its own events are deleted with it.
    await record(tx, by, null, {
      what: 'workspace.deleted',
      target: { id: before.id, name: before.name },
      // Ended already: nothing to tell people, but caches may have learned of a domain since.
      ...(before.deletedAt ? { before: {}, after: {} } : { before: { name: before.name, slug: before.slug } }),
      tells: [
        { kind: 'workspace', workspaceId },
        ...hosts.map(({ host }) => ({ kind: 'domain' as const, host })),
        ...people.map(({ userId }) => ({ kind: 'departure' as const, workspaceId, userId })),
      ],
    });
  });
}

/** Links that one transaction deletes: some hundred milliseconds, so that nobody waits long for their locks. */
const linksAStep = 500;

export type DeletionProgress = { what: 'hits' | 'links'; deleted: number };

/**
 * Deletes all that is kept of a workspace that was ended, and then itself. Each step is a transaction: after an
 * interruption the next run goes on with what is left. Accounts stay, and slugs are free.
 * @param onStep told after each step how much was deleted of it
 */
export async function deleteContents(
  db: Db,
  workspaceId: string,
  by: Actor,
  onStep: (progress: DeletionProgress) => void = () => {},
): Promise<void> {
  await deleteHits(db, workspaceId, (deleted) => onStep({ what: 'hits', deleted }));
  await deleteWorkspaceCounts(db, workspaceId);
  await deleteConversions(db, workspaceId);
  await deleteLinks(db, workspaceId, onStep);
  await deleteEventsOf(db, workspaceId);
  await db.transaction(async (tx) => {
    await deleteLinkTotals(tx, workspaceId);
    const { id, name } = workspaces;
    const [target] = await tx.delete(workspaces).where(eq(id, workspaceId)).returning({ id, name });
    // A check of a domain or a request may have written some meanwhile. From here on nothing can.
    await deleteEventsOf(tx, workspaceId);
    const tells = [{ kind: 'workspace', workspaceId }] as const;
    if (target) await record(tx, by, null, { what: 'workspace.erased', target, tells });
  });
}

async function deleteLinks(db: Db, workspaceId: string, onStep: (progress: DeletionProgress) => void): Promise<void> {
  for (let after = { at: '-infinity', id: '' }; ; ) {
    const { rows } = await db.execute<{ id: string; at: string }>(sql`
select id, created_at::text as at from links
where workspace_id = ${workspaceId} and (created_at, id) > (${after.at}::timestamptz, ${after.id}::text)
order by created_at asc nulls first, id asc nulls first
limit ${linksAStep}`);
    const last = rows.at(-1);
    if (!last) return;
    const ids = rows.map(({ id }) => id);
    await deleteLinkCounts(db, workspaceId, ids);
    // Their slugs, tags and notes go with them.
    await db.execute(sql`
delete from links where workspace_id = ${workspaceId} and id = any(${sql.param(ids)}::text[])`);
    onStep({ what: 'links', deleted: ids.length });
    after = last;
  }
}
