import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { type Link, updateLink } from '../../links/links/queries.ts';
import { keepTestEnd } from '../../links/splits/end.ts';
import { digestOfTest, refuseOtherTest } from './forms.ts';
import { numbersOf, type ShownTest } from './standing.ts';

/** An end of a test as somebody decides it: a version that stays, or none; `reason` in words. */
type Ending = { winner: number | null; reason: string; now: Date };

/**
 * Ends the test of a link: its numbers of this moment are kept, and all visitors go to the winner's address.
 * @param link as it was read; what is not as it was there is not ended
 * @param shown digest of the test that somebody saw; '' for none
 * @throws Conflict where it is another test meanwhile
 */
export async function endTest(
  db: Db,
  by: Actor,
  link: Link,
  test: ShownTest,
  { winner, reason, now }: Ending,
  shown = '',
): Promise<void> {
  const ended = { at: now.toISOString(), winner, reason, ...numbersOf(test) };
  // As it is decided, and not as hits knew it: the link's own address stays its own.
  const url = (winner !== null && link.split?.versions[winner - 1]?.url) || link.url;
  await db.transaction(async (tx) => {
    await updateLink(tx, link.workspaceId, by, link.id, { split: null, url }, (before) => {
      refuseOtherTest(before, digestOfTest(link));
      refuseOtherTest(before, shown);
    });
    await keepTestEnd(tx, link.workspaceId, link.id, test.test, ended);
  });
}
