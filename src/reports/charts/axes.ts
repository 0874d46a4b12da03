import { max } from 'd3-array';
import { scaleLinear, scalePoint } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';
import { formatCompact } from '../../ground/text/format.ts';

export type ChartPoint = {
  key: string;
  /** The name of the step, for the tooltip and the table. */
  label: string;
  /** The name of the step on the axis; '' where there should be none. */
  shortLabel: string;
  /** null where the step has not begun. */
  value: number | null;
  isUnfinished: boolean;
};

type CountedStep = Omit<ChartPoint, 'value'> & { isFuture: boolean; clicks: number; visitors: number };

/** The points of the steps of a report. */
export const pointsOf = (steps: readonly CountedStep[], count: 'clicks' | 'visitors'): ChartPoint[] =>
  steps.map(({ key, label, shortLabel, isUnfinished, isFuture, [count]: value }) => ({
    key,
    label,
    shortLabel,
    value: isFuture ? null : value,
    isUnfinished,
  }));

/** SVG paths of one line. Lengths are pixels of the plot; '' where there is nothing to draw. */
export type ChartLine = { line: string; area: string; unfinishedLine: string; unfinishedArea: string };

/** The axes that the lines of one chart share. Lengths are pixels of the plot, with one decimal. */
export type Axes = {
  /** The height of a value. */
  y: (value: number) => number;
  yTicks: { y: number; label: string }[];
  /** isWide: only where the plot is wide; without these the labels fit NARROW_WIDTH. */
  xTicks: { at: string; label: string; isWide: boolean }[];
  /** The place of a step and of its area, in percent of the width. */
  bands: { key: string; at: string; x: string; width: string; label: string }[];
  /** A line through values of the steps. @param finished how many are drawn as finished; those that are, if not said */
  lineOf: (values: (number | null)[], finished?: number) => ChartLine;
};

// The plot on a phone of 360 px. Labels are 12 px high, a character of Inter is about 6.6 px wide at that size.
const NARROW_WIDTH = 270;
const CHARACTER_WIDTH = 6.6;
const LABEL_GAP = 36;

// Steps between labels that read well: hours of a day, days of a week, months of a year.
const LABEL_STEPS = [1, 2, 3, 4, 6, 7, 12, 14, 21, 28];

/**
 * The scales of a chart.
 * @param values all that its lines show
 * @param size of the plot without its axes, in pixels
 */
export function axesOf(
  points: ChartPoint[],
  values: (number | null | undefined)[],
  { width, height }: { width: number; height: number },
): Axes {
  const { x, xTicks, bands } = horizontalScale(points, width);
  const { y, ticks } = verticalScale(values, height);
  const unfinished = points.findIndex((point) => point.isUnfinished || point.value === null);
  const finishedSteps = unfinished < 0 ? points.length : unfinished;
  return {
    y: (value) => round(y(value)),
    yTicks: ticks.map((value) => ({ y: round(y(value)), label: formatCompact(value) })),
    xTicks,
    bands,
    lineOf: (of, finished = finishedSteps) => pathsOf(of.slice(0, points.length), finished, x, y),
  };
}

/** The places of steps: the labels below them, and the area of each. */
function horizontalScale(points: ChartPoint[], width: number) {
  const position = scalePoint(points.keys(), [0, width]);
  const x = (index: number) => position(index) ?? 0;
  // Points at the ends are as easy to meet as the others: half a step of many days is three pixels on a phone.
  const overhang = Math.min(x(1) / 2, width / 50);
  const percent = (pixels: number) => `${round((100 * pixels) / width, 2)}%`;
  return {
    x,
    xTicks: labelledSteps(points, width).map(({ index, isWide }) => ({
      at: percent(x(index)),
      label: points[index]?.shortLabel ?? '',
      isWide,
    })),
    bands: points.map(({ key, label, isUnfinished }, index) => {
      const left = index === 0 ? -overhang : (x(index - 1) + x(index)) / 2;
      const right = index === points.length - 1 ? width + overhang : (x(index) + x(index + 1)) / 2;
      return {
        key,
        at: percent(x(index)),
        x: percent(left),
        width: percent(right - left),
        label: isUnfinished ? `${label}, so far` : label,
      };
    }),
  };
}

function verticalScale(values: (number | null | undefined)[], height: number) {
  // A scale of at least four keeps one click from looking like a mountain, and its ticks whole.
  const top = Math.max(4, max(values, (value) => value ?? 0) ?? 0);
  const scale = (count: number) => scaleLinear([0, top], [height, 0]).nice(count);
  // Asked for four steps, d3 may give six lines; fewer lines are calmer.
  const count = scale(4).ticks(4).length <= 5 ? 4 : 3;
  const y = scale(count);
  return { y, ticks: y.ticks(count).filter(Number.isInteger) };
}

function pathsOf(
  values: (number | null)[],
  finished: number,
  x: (index: number) => number,
  y: (value: number) => number,
): ChartLine {
  const dots = values.flatMap((value, index) => (value === null ? [] : [[x(index), round(y(value))] as const]));
  const stroke = line<readonly [number, number]>().curve(curveMonotoneX).digits(1);
  const fill = area<readonly [number, number]>()
    .y0(y(0))
    .y1((dot) => dot[1])
    .curve(curveMonotoneX)
    .digits(1);
  const done = dots.slice(0, finished);
  // The unfinished part begins at the last finished point. Alone, it is a dot, which the finished line draws.
  const rest = dots.length > done.length ? dots.slice(Math.max(0, finished - 1)) : [];
  const isAlone = dots.length === 1;
  return {
    line: stroke(isAlone ? dots : done) ?? '',
    area: done.length > 1 ? (fill(done) ?? '') : '',
    unfinishedLine: rest.length > 1 ? (stroke(rest) ?? '') : '',
    unfinishedArea: rest.length > 1 ? (fill(rest) ?? '') : '',
  };
}

/** Which steps get a label on the axis: every nth of those that have one, n as small as the widths allow. */
function labelledSteps(points: ChartPoint[], width: number): { index: number; isWide: boolean }[] {
  const candidates = points.flatMap((point, index) => (point.shortLabel ? [index] : []));
  const longest = max(points, (point) => point.shortLabel.length) ?? 0;
  const room = longest * CHARACTER_WIDTH + LABEL_GAP;
  const between = candidates.length > 1 ? ((candidates[1] ?? 1) - (candidates[0] ?? 0)) / (points.length - 1) : 1;
  const wide = LABEL_STEPS.find((step) => step * between * width >= room) ?? Math.ceil(room / (between * width));
  const narrow = wide * Math.ceil(room / (wide * between * NARROW_WIDTH));
  return candidates
    .map((index, nth) => ({ index, nth, isWide: nth % narrow !== 0 }))
    .filter(({ nth }) => nth % wide === 0);
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
