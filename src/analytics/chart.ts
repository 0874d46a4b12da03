import { max } from 'd3-array';
import { scaleLinear, scalePoint } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';
import { formatCompact, formatNumber, plural } from '../format.ts';

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

export type ChartInput = {
  /** What the points count, in the singular: 'click'. */
  name: string;
  points: ChartPoint[];
  /** A second count of the same steps: 'visitor'. */
  second?: { name: string; values: (number | null)[] } | undefined;
  /** The same count at another time, laid over these steps in order: 'Previous 30 days'. */
  comparison?: { name: string; values: (number | null)[]; labels: string[] } | undefined;
  /** Pixels of the plot without its axes at its widest. It stretches; only the number of labels depends on this. */
  width: number;
  /** Pixels of the plot without its axes. */
  height: number;
};

/** SVG paths of one line. Lengths are pixels of the plot; '' where there is nothing to draw. */
export type ChartLine = { line: string; area: string; unfinishedLine: string; unfinishedArea: string };
type ChartTick = { at: string; label: string };
export type ChartBand = {
  key: string;
  /** Where the step lies and the area that belongs to it, in percent of the width. */
  at: string;
  x: string;
  width: string;
  label: string;
  /** The values of the step and where they are on the lines, y in pixels. None where nothing is known yet. */
  rows: { series: Series; text: string; y: number }[];
};
type Series = 'main' | 'second' | 'comparison';

/** Everything a template needs to draw the chart: plain values, numbers with one decimal. */
export type Chart = {
  width: number;
  height: number;
  main: ChartLine;
  second: ChartLine | null;
  comparison: ChartLine | null;
  legend: { series: Series; name: string }[];
  yTicks: { y: number; label: string }[];
  /** isWide: only where the plot is wide; without these the labels fit NARROW_WIDTH. */
  xTicks: (ChartTick & { isWide: boolean })[];
  bands: ChartBand[];
  /** A sentence instead of the picture. */
  summary: string;
};

// The plot on a phone of 360 px. Labels are 12 px high, a character of Inter is about 6.6 px wide at that size.
const NARROW_WIDTH = 270;
const CHARACTER_WIDTH = 6.6;
const LABEL_GAP = 36;

// Steps between labels that read well: hours of a day, days of a week, months of a year.
const LABEL_STEPS = [1, 2, 3, 4, 6, 7, 12, 14, 21, 28];

/** The geometry of a line chart over time. Lines end at the last step that has begun; its part is drawn apart. */
export function drawChart({ name, points, second, comparison, width, height }: ChartInput): Chart {
  const values = points.map((point) => point.value);
  const { x, xTicks, bands } = horizontalScale(points, width);
  const { y, ticks } = verticalScale([...values, ...(second?.values ?? []), ...(comparison?.values ?? [])], height);
  const finished = points.findIndex((point) => point.isUnfinished || point.value === null);
  const drawLine = (of: (number | null)[], end: number) => lineOf(of.slice(0, points.length), end, x, y);
  const lines: { series: Series; name: string; values: (number | null)[] }[] = [
    { series: 'main', name, values },
    ...(second ? [{ series: 'second' as const, ...second }] : []),
    ...(comparison ? [{ series: 'comparison' as const, ...comparison }] : []),
  ];

  return {
    width,
    height,
    main: drawLine(values, finished < 0 ? points.length : finished),
    second: second ? drawLine(second.values, finished < 0 ? points.length : finished) : null,
    comparison: comparison ? drawLine(comparison.values, points.length) : null,
    legend: lines.map((each) => ({
      series: each.series,
      name: each.series === 'comparison' ? each.name : `${capitalised(each.name)}s`,
    })),
    yTicks: ticks.map((value) => ({ y: round(y(value)), label: formatCompact(value) })),
    xTicks,
    bands: bands.map((band, index) => {
      const known = lines.flatMap((each) => {
        const value = each.values[index];
        return value === null || value === undefined ? [] : [{ ...each, value }];
      });
      return {
        ...band,
        rows: known.map(({ series, name: counted, value }) => ({
          series,
          text:
            series === 'comparison'
              ? `${plural(value, name)}, ${comparison?.labels[index] ?? counted}`
              : plural(value, counted),
          y: round(y(value)),
        })),
      };
    }),
    summary: summaryOf(name, points),
  };
}

/** Where the steps are: the labels below them, and the area that belongs to each. */
export function horizontalScale(points: ChartPoint[], width: number) {
  const position = scalePoint(points.keys(), [0, width]);
  const x = (index: number) => position(index) ?? 0;
  const percent = (pixels: number) => `${round((100 * pixels) / width, 2)}%`;
  return {
    x,
    percent,
    xTicks: labelledSteps(points, width).map(({ index, isWide }) => ({
      at: percent(x(index)),
      label: points[index]?.shortLabel ?? '',
      isWide,
    })),
    bands: points.map(({ key, label, isUnfinished }, index) => {
      const left = index === 0 ? 0 : (x(index - 1) + x(index)) / 2;
      const right = index === points.length - 1 ? width : (x(index) + x(index + 1)) / 2;
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

export function verticalScale(values: (number | null | undefined)[], height: number) {
  // A scale of at least four keeps one click from looking like a mountain, and its ticks whole.
  const top = Math.max(4, max(values, (value) => value ?? 0) ?? 0);
  const scale = (count: number) => scaleLinear([0, top], [height, 0]).nice(count);
  // Asked for four steps, d3 may give six lines; fewer lines are calmer.
  const count = scale(4).ticks(4).length <= 5 ? 4 : 3;
  const y = scale(count);
  return { y, ticks: y.ticks(count).filter(Number.isInteger) };
}

export function lineOf(
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

function summaryOf(name: string, points: ChartPoint[]): string {
  const known = points.filter((point) => point.value !== null);
  const total = known.reduce((sum, point) => sum + (point.value ?? 0), 0);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || total === 0) return `No ${name}s in this period.`;
  const peak = known.reduce((best, point) => ((point.value ?? 0) > (best.value ?? 0) ? point : best));
  return `${plural(total, name)} from ${first.label} to ${last.label}. Most on ${peak.label}: ${formatNumber(peak.value ?? 0)}.`;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
