import type { Db } from '../../ground/db/db.ts';
import { pointsOf } from '../charts/axes.ts';
import { drawLines, type LinesChart } from '../charts/lines.ts';
import { inTime } from '../counts/budget.ts';
import type { Period } from '../counts/period.ts';
import { loadSteps, type Step, sumOf } from '../counts/parts.ts';
import type { Subject } from '../counts/kinds.ts';
import { type Counts, getScope } from '../counts/queries.ts';
import { takesRows } from '../counts/report.ts';

/** A subject, and what people read for it: whole, and short enough to stand at the end of a line. */
export type Compared = { subject: Subject; name: string; shortName: string };
/** Its clicks in a period. */
export type ComparedSteps<Of extends Compared = Compared> = Of & { steps: Step[]; total: Counts };

/**
 * Subjects side by side, of one moment. Visitors of tags and campaigns are those of each link.
 * @throws NotFound for one that is gone or another workspace's; Invalid when it takes too long
 */
export async function loadCompared<Of extends Compared>(
  db: Db,
  workspaceId: string,
  subjects: readonly Of[],
  period: Period,
): Promise<ComparedSteps<Of>[]> {
  const isOfRows = subjects.some(({ subject }) => takesRows(subject));
  return inTime(db, workspaceId, isOfRows, async (tx) => {
    const compared: ComparedSteps<Of>[] = [];
    for (const each of subjects) {
      const scope = await getScope(tx, workspaceId, each.subject, { timeZone: period.timeZone });
      const [steps = []] = await loadSteps(tx, scope, [period]);
      compared.push({ ...each, steps, total: sumOf(steps) });
    }
    return compared;
  });
}

/** A line of clicks for each. */
export const drawCompared = (compared: readonly ComparedSteps[]): LinesChart =>
  drawLines(
    compared.map(({ name, shortName, steps }) => ({ name, shortName, points: pointsOf(steps, 'clicks') })),
    'click',
    { width: 960, height: 280 },
  );
