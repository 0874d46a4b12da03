import type { Db } from '../../ground/db/db.ts';
import { localDay } from '../../ground/time/zoned-time.ts';
import type { Link } from '../../links/links/queries.ts';
import { textsOfShares } from '../../links/splits/shares.ts';
import { versionLetter } from '../../links/splits/text.ts';
import { pointsOf } from '../charts/axes.ts';
import { drawLines, type LinesChart } from '../charts/lines.ts';
import { inTime } from '../counts/budget.ts';
import { addSteps, loadValueSteps } from '../counts/parts.ts';
import { resolvePeriod } from '../counts/period.ts';
import { getScope } from '../counts/queries.ts';
import { type NoteMark, noteMarks } from '../notes/note-marks.ts';
import type { Note } from '../notes/notes.ts';
import { lastInstantOf, type ShownTest, type TestedWorkspace } from './standing.ts';

/** The course of a test: visitors of each version, and the days on which shares were changed. */
export type TestChart = {
  /** 'Visitors a day by version' */
  title: string;
  chart: LinesChart;
  /** Letters of the versions, A first. */
  letters: string[];
  marks: NoteMark[];
};

const size = { width: 1080, height: 200 };

/**
 * @returns null on the first day, of which one point could tell nothing
 * @throws Invalid when counting takes too long
 */
export async function loadTestChart(
  db: Db,
  { id: workspaceId, timeZone, weekStartsOn }: TestedWorkspace,
  link: Link,
  test: ShownTest,
  now: Date,
): Promise<TestChart | null> {
  const [from, to] = [test.startedAt, lastInstantOf(link, now)].map((at) => localDay(at, timeZone));
  if (from === to) return null;
  const period = resolvePeriod({ from, to, timeZone, weekStartsOn, now });
  const addresses = test.phases.flatMap(({ versions }) => versions);
  const values = addresses.map(({ destinationId }) => String(destinationId));
  const steps = await inTime(db, workspaceId, false, async (tx) => {
    const scope = await getScope(tx, workspaceId, { kind: 'link', id: link.id }, { timeZone });
    return loadValueSteps(tx, scope, period, { dimension: 'destination', values });
  });
  const lines = test.rows.map(({ version, letter }) => {
    const own = steps.filter((_, index) => addresses[index]?.version === version);
    return { name: letter, shortName: letter, points: pointsOf(addSteps(own), 'visitors') };
  });
  return {
    title: `Visitors a ${period.interval} by version`,
    chart: drawLines(lines, 'visitor', size),
    letters: test.rows.map(({ letter }) => letter),
    marks: noteMarks({ period, steps: steps[0] ?? [] }, changesOf(test)),
  };
}

/** The moments at which shares were changed. */
const changesOf = ({ phases }: ShownTest): Note[] =>
  phases.slice(1).map(({ startedAt, versions }) => {
    const shares = textsOfShares(versions.map(({ weight }) => weight));
    const said = versions.map(({ version }, index) => `${versionLetter(version)} ${shares[index]}\u00a0%`);
    return { id: null, at: startedAt, text: `Shares changed to ${said.join(', ')}` };
  });
