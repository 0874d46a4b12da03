import { and, eq } from 'drizzle-orm';
import type { TestEnd } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { linkDestinations } from '../../ground/db/schema.ts';

/**
 * Keeps how a test ended, beside the change of its link that ends it.
 * @param tx in which the link is changed
 * @param test the first id of its addresses
 */
export async function keepTestEnd(
  tx: Db,
  workspaceId: string,
  linkId: string,
  test: number,
  ended: TestEnd,
): Promise<void> {
  const isFirst = and(eq(linkDestinations.id, test), eq(linkDestinations.linkId, linkId));
  await tx
    .update(linkDestinations)
    .set({ ended })
    .where(and(eq(linkDestinations.workspaceId, workspaceId), isFirst));
}
