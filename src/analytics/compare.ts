import type { Db } from '../db/db.ts';
import { plural } from '../format.ts';
import { inTime } from './budget.ts';
import { type Chart, type ChartBand, type ChartLine, horizontalScale, lineOf, round, verticalScale } from './chart.ts';
import type { Period } from './period.ts';
import { type Counts, getScope } from './queries.ts';
import { loadSteps, type Step, sumOf } from './report.ts';

export const mostCompared = 5;

export type Compared = { id: string; name: string };
/** A link's clicks in a period. */
export type ComparedSteps = Compared & { steps: Step[]; total: Counts };

/** Links side by side, of one moment. Throws NotFound for a link that is gone or another workspace's. */
export async function loadCompared(
  db: Db,
  workspaceId: string,
  links: readonly Compared[],
  period: Period,
): Promise<ComparedSteps[]> {
  return inTime(db, async (tx) => {
    const compared: ComparedSteps[] = [];
    for (const link of links) {
      const scope = await getScope(tx, workspaceId, { kind: 'link', linkId: link.id });
      const [steps = []] = await loadSteps(tx, scope, [period]);
      compared.push({ ...link, steps, total: sumOf(steps) });
    }
    return compared;
  });
}

/** A line with its name at its end; `color` is its number in the set of the theme, from 1. Lengths are pixels of the plot. */
export type ComparedLine = ChartLine & { color: number; name: string; end: { at: string; y: number } | null };

export type CompareChart = {
  width: number;
  height: number;
  lines: ComparedLine[];
  yTicks: Chart['yTicks'];
  xTicks: Chart['xTicks'];
  bands: (Omit<ChartBand, 'rows'> & { rows: { color: number; text: string; clicks: number; y: number }[] })[];
  summary: string;
};

const size = { width: 960, height: 280 };
/** Pixels between two names, so that they can be read. */
const nameHeight = 18;

/** The geometry of the lines; names are moved apart where lines end close to one another. */
export function drawCompared(compared: readonly ComparedSteps[]): CompareChart {
  const { width, height } = size;
  const points = (compared[0]?.steps ?? []).map((step) => ({ ...step, value: step.isFuture ? null : step.clicks }));
  const valuesOf = ({ steps }: ComparedSteps) => steps.map((step) => (step.isFuture ? null : step.clicks));
  const { y, ticks } = verticalScale(compared.flatMap(valuesOf), height);
  const { x, percent, xTicks, bands } = horizontalScale(points, width);
  const unfinished = points.findIndex((point) => point.isUnfinished || point.isFuture);
  const last = points.findLastIndex((point) => point.value !== null);
  const ends = spreadOut(compared.map(({ steps }) => y(steps[last]?.clicks ?? 0)));
  return {
    width,
    height,
    lines: compared.map((link, index) => ({
      ...lineOf(valuesOf(link), unfinished < 0 ? points.length : unfinished, x, y),
      color: index + 1,
      name: link.name,
      end: last < 0 ? null : { at: percent(x(last)), y: round(ends[index] ?? 0) },
    })),
    yTicks: ticks.map((value) => ({ y: round(y(value)), label: String(value) })),
    xTicks,
    bands: bands.map((band, index) => ({
      ...band,
      rows: compared.flatMap(({ name, steps }, nth) => {
        const step = steps[index];
        if (!step || step.isFuture) return [];
        const { clicks } = step;
        return [{ color: nth + 1, text: `${name}: ${plural(clicks, 'click')}`, clicks, y: round(y(clicks)) }];
      }),
    })),
    summary: compared.map(({ name, total }) => `${name}: ${plural(total.clicks, 'click')}`).join('. '),
  };
}

function spreadOut(heights: readonly number[]): number[] {
  const places: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const index of [...heights.keys()].toSorted((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0))) {
    const place = Math.max(heights[index] ?? 0, free);
    places[index] = place;
    free = place + nameHeight;
  }
  return places;
}
