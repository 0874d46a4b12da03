import type { Db } from '../../ground/db/db.ts';
import { plural } from '../../ground/text/format.ts';
import { axesOf, type Axes, type ChartLine } from '../charts/axes.ts';
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

/** A line with its name at its end; `colour` is its number in the set of the theme, from 1. Lengths are pixels of the plot. */
export type ComparedLine = ChartLine & { colour: number; name: string; end: { at: string; y: number } | null };

export type CompareChart = {
  width: number;
  height: number;
  lines: ComparedLine[];
  yTicks: Axes['yTicks'];
  xTicks: Axes['xTicks'];
  bands: (Axes['bands'][number] & { rows: { colour: number; text: string; clicks: number; y: number }[] })[];
  summary: string;
};

const size = { width: 960, height: 280 };
/** Pixels between two names, so that they can be read. */
const nameHeight = 18;

/** The geometry of the lines; names are moved apart where lines end close to one another. */
export function drawCompared(compared: readonly ComparedSteps[]): CompareChart {
  const points = (compared[0]?.steps ?? []).map((step) => ({ ...step, value: step.isFuture ? null : step.clicks }));
  const valuesOf = ({ steps }: ComparedSteps) => steps.map((step) => (step.isFuture ? null : step.clicks));
  const { y, xTicks, yTicks, bands, lineOf } = axesOf(points, compared.flatMap(valuesOf), size);
  const last = points.findLastIndex((point) => point.value !== null);
  const ends = spreadOut(compared.map(({ steps }) => y(steps[last]?.clicks ?? 0)));
  return {
    ...size,
    lines: compared.map((each, index) => ({
      ...lineOf(valuesOf(each)),
      colour: index + 1,
      name: each.shortName,
      end: last < 0 ? null : { at: bands[last]?.at ?? '', y: ends[index] ?? 0 },
    })),
    yTicks,
    xTicks,
    bands: bands.map((band, index) => ({
      ...band,
      rows: compared.flatMap(({ name, steps }, nth) => {
        const step = steps[index];
        if (!step || step.isFuture) return [];
        const { clicks } = step;
        return [{ colour: nth + 1, text: `${name}: ${plural(clicks, 'click')}`, clicks, y: y(clicks) }];
      }),
    })),
    summary: compared.map(({ name, total }) => `${name}: ${plural(total.clicks, 'click')}`).join('. '),
  };
}

function spreadOut(heights: readonly number[]): number[] {
  const places: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  // The room above the axis for those that have no place yet.
  let lowest = size.height - nameHeight * (heights.length - 1);
  for (const index of [...heights.keys()].toSorted((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0))) {
    const place = Math.min(Math.max(heights[index] ?? 0, free), lowest);
    places[index] = place;
    free = place + nameHeight;
    lowest += nameHeight;
  }
  return places;
}
