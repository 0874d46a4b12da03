import { asc, type SQL } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { links } from '../../ground/db/schema.ts';

/**
 * Locks links until the transaction ends; whoever changes links, or what stands at them, begins with it. All writers lock
 * in one order, so that none waits for another that waits for it: domain, workspace, links by id, campaign, tags by key
 * (new ones) or id, slugs.
 * @returns the ids of those that are there
 */
export async function lockLinks(tx: Db, condition: SQL | undefined): Promise<string[]> {
  // Nobody's foreign key waits for it: notes, shares and slugs may point at a locked link.
  const rows = await tx
    .select({ id: links.id })
    .from(links)
    .where(condition)
    .orderBy(asc(links.id))
    .for('no key update');
  return rows.map(({ id }) => id);
}
