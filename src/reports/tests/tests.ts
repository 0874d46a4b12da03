import { and, eq } from 'drizzle-orm';
import type { TestNumbers } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { linkDestinations, testEnds } from '../../ground/db/schema.ts';

/** A version in one phase of a test. */
type PhaseAddress = { destinationId: number; version: number; url: string; weight: number };

/** How a test ended that was ended on its tab. */
export type TestEnd = { winner: number | null; reason: string; numbers: TestNumbers; endedAt: Date };

/** An A/B test of a link: the same addresses, in phases of one set of weights each. */
export type LinkTest = {
  /** The first id of its addresses. */
  test: number;
  startedAt: Date;
  /** The oldest first; never empty. */
  phases: PhaseAddress[][];
  end: TestEnd | null;
};

/** All tests that a link ever had, the newest first. */
export async function listTests(db: Db, workspaceId: string, linkId: string): Promise<LinkTest[]> {
  const rows = await db
    .select({
      test: linkDestinations.test,
      at: linkDestinations.createdAt,
      destinationId: linkDestinations.id,
      version: linkDestinations.position,
      url: linkDestinations.url,
      weight: linkDestinations.weight,
      // Null as a whole where its first column is.
      end: { endedAt: testEnds.endedAt, winner: testEnds.winner, reason: testEnds.reason, numbers: testEnds.numbers },
    })
    .from(linkDestinations)
    .leftJoin(testEnds, and(eq(testEnds.test, linkDestinations.test), eq(testEnds.workspaceId, workspaceId)))
    .where(and(eq(linkDestinations.workspaceId, workspaceId), eq(linkDestinations.linkId, linkId)))
    .orderBy(linkDestinations.id);
  const tests: LinkTest[] = [];
  for (const { test, at, end, ...address } of rows) {
    let of = tests[0];
    if (of?.test !== test) {
      of = { test, startedAt: at, phases: [], end };
      tests.unshift(of);
    }
    // Ids of a phase were drawn together, from A on.
    if (address.version === 1) of.phases.push([]);
    of.phases.at(-1)?.push(address);
  }
  return tests;
}

/** Keeps how a test ended, in the transaction that ends it. A test that was ended before keeps its last end. */
export async function keepTestEnd(
  tx: Db,
  workspaceId: string,
  linkId: string,
  test: number,
  end: TestEnd,
): Promise<void> {
  await tx
    .insert(testEnds)
    .values({ test, workspaceId, linkId, ...end })
    .onConflictDoUpdate({ target: testEnds.test, set: end, setWhere: eq(testEnds.workspaceId, workspaceId) });
}
