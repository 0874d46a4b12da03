import { and, asc, gt, isNotNull, isNull } from 'drizzle-orm';
import { stateOfSplit } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { links } from '../../ground/db/schema.ts';
import { serverJob } from '../../ground/events/actor.ts';
import { runAlone } from '../../ground/jobs/run-alone.ts';
import type { Job } from '../../ground/jobs/timetable.ts';
import { Conflict, NotFound } from '../../ground/text/errors.ts';
import { formatPercent } from '../../ground/text/format.ts';
import { DAY, HOUR } from '../../ground/time/zoned-time.ts';
import { getLink, type Link } from '../../links/links/queries.ts';
import { keepTestAhead } from '../../links/splits/end.ts';
import { getWorkspace } from '../../people/workspaces/queries.ts';
import { conversionsByGoal } from '../../visitors/conversions/counts.ts';
import { endTest } from './end-test.ts';
import { leastDays } from './results.ts';
import { countTests, judgeTests, type ShownTest } from './standing.ts';

/** Links that are looked at between two looks for more. */
const linksAtOnce = 100;

const by = serverJob('watch A/B tests');

/**
 * Looks at all tests that run: notes which version is clearly ahead by which goal, and ends those that are to end by it.
 * @param onProblem hears of a link whose test could not be looked at; the others are
 */
export const watchTests = (
  db: Db,
  now: Date,
  onProblem: (link: string, error: unknown) => void,
  page = linksAtOnce,
): Promise<boolean> =>
  runAlone(db, 'waymark A/B tests', async () => {
    for (let after = ''; ; ) {
      const found = await db
        .select({ id: links.id, workspaceId: links.workspaceId })
        .from(links)
        .where(and(isNotNull(links.split), isNull(links.deletedAt), isNull(links.archivedAt), gt(links.id, after)))
        .orderBy(asc(links.id))
        .limit(page);
      for (const { id, workspaceId } of found)
        await watchTest(db, workspaceId, id, now).catch((error: unknown) => {
          // A link, or its workspace, may be deleted meanwhile.
          if (!(error instanceof NotFound)) onProblem(id, error);
        });
      const last = found.at(-1);
      if (!last || found.length < page) return;
      after = last.id;
    }
  });

async function watchTest(db: Db, workspaceId: string, linkId: string, now: Date): Promise<void> {
  const reached = await conversionsByGoal(db, workspaceId, linkId);
  if (reached.size === 0) return;
  const workspace = await getWorkspace(db, workspaceId);
  const link = await getLink(db, workspaceId, linkId);
  if (!link.split || stateOfSplit(link.split, now) !== 'running') return;
  const counted = await countTests(db, workspace, link, now);
  const [newest] = counted.tests;
  // A young test has no winner, whatever its goals say.
  if (!newest || now.getTime() - newest.startedAt.getTime() < leastDays * DAY) return;
  for (const goalId of reached.keys()) {
    const { current } = await judgeTests(db, link, now, counted, goalId);
    const winner = current?.results.verdict === 'ahead' ? current.results.winner : null;
    if (!current || winner === null) continue;
    await keepTestAhead(db, workspaceId, current.test, goalId, { at: now.toISOString(), version: winner });
    if (link.split.endsByGoal === goalId) return endByItself(db, link, current, winner, now);
  }
}

/** A person who changes the test meanwhile knows better: nothing is ended then. */
async function endByItself(db: Db, link: Link, test: ShownTest, winner: number, now: Date): Promise<void> {
  const { advice, versions } = test.results;
  const certainty = versions.find(({ version }) => version === winner)?.certainty ?? null;
  const sure = certainty === null ? '' : ` Certainty: ${formatPercent(certainty)}.`;
  try {
    await endTest(db, by, link, test, { winner, reason: `Ended by itself. ${advice}${sure}`, now });
  } catch (error) {
    if (!(error instanceof Conflict || error instanceof NotFound)) throw error;
  }
}

/** The job that looks after tests, for the timetable. */
export const testJobs = (db: Db, onProblem: (link: string, error: unknown) => void): Job[] => [
  { name: 'watch A/B tests', everyMs: HOUR / 4, mayTakeMs: HOUR, run: (now) => watchTests(db, now, onProblem) },
];
