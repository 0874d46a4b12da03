import type { Db } from '../../src/db/db.ts';
import { domains } from '../../src/db/schema.ts';
import { newId } from '../../src/id.ts';

/** A domain that somebody has proved, for tests of what lies behind that. */
export async function insertDomain(
  db: Db,
  workspaceId: string,
  host: string,
  settings: Partial<typeof domains.$inferInsert> = {},
): Promise<string> {
  const id = newId();
  await db.insert(domains).values({ id, host, workspaceId, proofToken: 'proof', provedAt: new Date(), ...settings });
  return id;
}
