import { formatNumber, plural } from '../../ground/text/format.ts';
import { axesOf, type Axes, type ChartLine, type ChartPoint } from './axes.ts';

export type ChartInput = {
  /** The thing that the points count, in the singular: 'click'. */
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

type ChartBand = Axes['bands'][number] & {
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
  yTicks: Axes['yTicks'];
  xTicks: Axes['xTicks'];
  bands: ChartBand[];
  /** A sentence instead of the picture. */
  summary: string;
};

/** The geometry of a line chart over time. Lines end at the last step that has begun; its part is drawn apart. */
export function drawChart({ name, points, second, comparison, width, height }: ChartInput): Chart {
  const values = points.map((point) => point.value);
  const shown = [...values, ...(second?.values ?? []), ...(comparison?.values ?? [])];
  const { y, xTicks, yTicks, bands, lineOf } = axesOf(points, shown, { width, height });
  const lines: { series: Series; name: string; values: (number | null)[] }[] = [
    { series: 'main', name, values },
    ...(second ? [{ series: 'second' as const, ...second }] : []),
    ...(comparison ? [{ series: 'comparison' as const, ...comparison }] : []),
  ];

  return {
    width,
    height,
    main: lineOf(values),
    second: second ? lineOf(second.values) : null,
    comparison: comparison ? lineOf(comparison.values, points.length) : null,
    legend: lines.map((each) => ({
      series: each.series,
      name: each.series === 'comparison' ? each.name : `${capitalised(each.name)}s`,
    })),
    yTicks,
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
          y: y(value),
        })),
      };
    }),
    summary: summaryOf(name, points),
  };
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
