import { asc, eq, sql } from 'drizzle-orm';
import { lockRollups, removeRollups } from '../clicks/rollups.ts';
import type { Db } from '../db/db.ts';
import { announce } from '../db/notify.ts';
import { domains, links, workspaces } from '../db/schema.ts';

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
};

export async function findContents(db: Db, idOrSlug: string): Promise<WorkspaceContents | undefined> {
  const { rows } = await db.execute<WorkspaceContents>(sql`
select w.id, w.name, w.slug,
       (select count(*)::int from members where workspace_id = w.id) as members,
       (select count(*)::int from links where workspace_id = w.id) as links,
       (select coalesce(sum(hits), 0)::float8 from click_totals_hourly where scope_id = w.id) as hits,
       array(select host from domains where workspace_id = w.id order by host) as domains
from workspaces w
where ${idOrSlug} in (w.id, w.slug)
limit 1`);
  return rows[0];
}

/**
 * Deletes a workspace with all that is kept of it, links, hits and sums included, and tells every node. What a node
 * recorded before it heard is left: `deleteHits` a few seconds later takes that too. Accounts stay, and slugs are free.
 */
export async function deleteWorkspace(db: Db, workspaceId: string): Promise<void> {
  await db.transaction(async (tx) => {
    // Locked in the order of links/lock.ts, so that whoever makes something here meanwhile waits, and learns that it is gone.
    const own = await tx
      .select({ host: domains.host, state: domains.state })
      .from(domains)
      .where(eq(domains.workspaceId, workspaceId))
      .orderBy(asc(domains.id))
      .for('update');
    const hosts = own.filter(({ state }) => state === 'live');
    await tx.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.id, workspaceId)).for('update');
    await lockRollups(tx);
    await deleteHits(tx, workspaceId);
    await removeRollups(tx, workspaceId);
    // With their slugs, which hold the workspace's own domains. Everything else points at it and goes with it.
    await tx.delete(links).where(eq(links.workspaceId, workspaceId));
    await tx.delete(workspaces).where(eq(workspaces.id, workspaceId));
    await announce(
      tx,
      { kind: 'workspace', workspaceId },
      ...hosts.map(({ host }) => ({ kind: 'domain' as const, host })),
    );
  });
}

/** Deletes the hits of a workspace, and who was seen: a key is a workspace's own. */
export async function deleteHits(db: Db, workspaceId: string): Promise<void> {
  await db.execute(sql`
delete from visitors_seen where visitor_key in (select visitor_key from clicks where workspace_id = ${workspaceId})`);
  await db.execute(sql`delete from clicks_pending where workspace_id = ${workspaceId}`);
  await db.execute(sql`delete from clicks where workspace_id = ${workspaceId}`);
}
