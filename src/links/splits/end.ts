import { and, eq, sql } from 'drizzle-orm';
import type { TestAhead, TestEnd } from '../../ground/addresses/split.ts';
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

/**
 * Keeps when a version of a test was clearly ahead by a goal; the first time stays.
 * @param test the first id of its addresses
 */
export async function keepTestAhead(
  db: Db,
  workspaceId: string,
  test: number,
  goalId: string,
  ahead: TestAhead,
): Promise<void> {
  const added = sql`coalesce(${linkDestinations.ahead}, '{}') || ${JSON.stringify({ [goalId]: ahead })}::jsonb`;
  await db
    .update(linkDestinations)
    .set({ ahead: added })
    .where(
      and(
        eq(linkDestinations.workspaceId, workspaceId),
        eq(linkDestinations.id, test),
        sql`not coalesce(${linkDestinations.ahead}, '{}') ? ${goalId}`,
      ),
    );
}
