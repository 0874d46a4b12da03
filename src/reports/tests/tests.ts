import { and, eq, isNull } from 'drizzle-orm';
import type { TestAhead, TestEnd } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { linkDestinations } from '../../ground/db/schema.ts';

/** A version in one phase of a test. */
type PhaseAddress = { destinationId: number; version: number; url: string; weight: number };

/** A stretch of a test in which no share changed, with its versions from A on. */
export type TestPhase = { startedAt: Date; versions: PhaseAddress[] };

/** An A/B test of a link: the same addresses, in phases of one set of weights each. */
export type LinkTest = {
  /** The first id of its addresses. */
  test: number;
  startedAt: Date;
  /** The oldest first; never empty. */
  phases: TestPhase[];
  /** Null while it runs, and where its split was changed elsewhere. */
  ended: TestEnd | null;
  /** When a version was clearly ahead for the first time, by the ids of goals. */
  ahead: Record<string, TestAhead>;
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
      ended: linkDestinations.ended,
      ahead: linkDestinations.ahead,
    })
    .from(linkDestinations)
    .where(
      and(
        eq(linkDestinations.workspaceId, workspaceId),
        eq(linkDestinations.linkId, linkId),
        isNull(linkDestinations.routeId),
      ),
    )
    .orderBy(linkDestinations.id);
  const tests: LinkTest[] = [];
  for (const { test, at, ended, ahead, ...address } of rows) {
    let of = tests[0];
    if (of?.test !== test) {
      of = { test, startedAt: at, phases: [], ended, ahead: ahead ?? {} };
      tests.unshift(of);
    }
    // Ids of a phase were drawn together, from A on.
    if (address.version === 1) of.phases.push({ startedAt: at, versions: [] });
    of.phases.at(-1)?.versions.push(address);
  }
  return tests;
}
