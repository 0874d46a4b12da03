import { plural } from '../../ground/text/format.ts';
import { axesOf, type Axes, type ChartLine, type ChartPoint } from './axes.ts';

/** One of several counts of the same steps: its name, and one that is short enough to stand at the end of its line. */
export type LineInput = { name: string; shortName: string; points: readonly ChartPoint[] };

/** A line with its name at its end; `colour` is its number in the set of the theme, from 1. Lengths are pixels of the plot. */
type NamedLine = ChartLine & { colour: number; name: string; end: { at: string; y: number } | null };

/** Everything that a template needs to draw several lines. */
export type LinesChart = {
  width: number;
  height: number;
  lines: NamedLine[];
  yTicks: Axes['yTicks'];
  xTicks: Axes['xTicks'];
  bands: (Axes['bands'][number] & { rows: { colour: number; text: string; count: number; y: number }[] })[];
  summary: string;
};

/** Pixels between two names, so that they can be read. */
const nameHeight = 18;

/**
 * The geometry of the lines; names are moved apart where lines end close to one another.
 * @param counted the thing that all of them count, in the singular: 'click'
 */
export function drawLines(
  input: readonly LineInput[],
  counted: string,
  size: { width: number; height: number },
): LinesChart {
  const points = input[0]?.points ?? [];
  const valuesOf = (of: LineInput) => of.points.map(({ value }) => value);
  const { y, xTicks, yTicks, bands, lineOf } = axesOf([...points], input.flatMap(valuesOf), size);
  const last = points.findLastIndex((point) => point.value !== null);
  const heights = input.map((line) => y(line.points[last]?.value ?? 0));
  const ends = spreadOut(heights, size.height);
  const sumOf = (line: LineInput) => line.points.reduce((sum, { value }) => sum + (value ?? 0), 0);
  return {
    ...size,
    lines: input.map((each, index) => ({
      ...lineOf(valuesOf(each)),
      colour: index + 1,
      name: each.shortName,
      end: last < 0 ? null : { at: bands[last]?.at ?? '', y: ends[index] ?? 0 },
    })),
    yTicks,
    xTicks,
    bands: bands.map((band, index) => ({
      ...band,
      rows: input.flatMap(({ name, points: own }, nth) => {
        const count = own[index]?.value ?? null;
        return count === null
          ? []
          : [{ colour: nth + 1, text: `${name}: ${plural(count, counted)}`, count, y: y(count) }];
      }),
    })),
    summary: input.map((line) => `${line.name}: ${plural(sumOf(line), counted)}`).join('. '),
  };
}

function spreadOut(heights: readonly number[], height: number): number[] {
  const places: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  // The room above the axis for those that have no place yet.
  let lowest = height - nameHeight * (heights.length - 1);
  for (const index of [...heights.keys()].toSorted((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0))) {
    const place = Math.min(Math.max(heights[index] ?? 0, free), lowest);
    places[index] = place;
    free = place + nameHeight;
    lowest += nameHeight;
  }
  return places;
}
