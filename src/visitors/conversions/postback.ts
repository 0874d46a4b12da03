import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { NotFound } from '../../ground/text/errors.ts';

const isMeant = (workspaceId: string) => and(eq(workspaces.id, workspaceId), isNull(workspaces.deletedAt));

/** How often the address of a workspace's postbacks was replaced. */
export async function getPostbackVersion(db: Db, workspaceId: string): Promise<number> {
  const [found] = await db.select({ version: workspaces.postbackVersion }).from(workspaces).where(isMeant(workspaceId));
  return found?.version ?? 0;
}

/** Gives the postbacks of a workspace another address. The old one ends at once. @throws NotFound */
export async function replacePostback(db: Db, workspaceId: string, by: Actor): Promise<void> {
  await db.transaction(async (tx) => {
    const [target] = await tx
      .update(workspaces)
      .set({ postbackVersion: sql`${workspaces.postbackVersion} + 1` })
      .where(isMeant(workspaceId))
      .returning({ id: workspaces.id, name: workspaces.name });
    if (!target) throw new NotFound('There is no such workspace.');
    await record(tx, by, workspaceId, { what: 'postback.replaced', target });
  });
}
