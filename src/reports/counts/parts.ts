import type { Db } from '../../ground/db/db.ts';
import { withSettings } from '../../ground/db/local-settings.ts';
import { localDay } from '../../ground/time/zoned-time.ts';
import { type Bucket, bucketsOf } from './buckets.ts';
import { type DimensionName, dimensionOf, dimensions } from '../../visitors/rollups/dimensions.ts';
import { kinds } from './kinds.ts';
import type { Interval, Period, Span } from './period.ts';
import { asDays, type Counts, dimensionsOf, partsOf, type Scope } from './queries.ts';
import { countRows, type RowCount } from './rows.ts';
import { rollupSources, type Sources } from './sources.ts';
import { countSteps, countValueSteps, countWeek, type SeriesAsked } from './steps.ts';
import { findTopLinks, manyLinks } from './top-links.ts';
import { countDimensions, type DimensionsAsked } from './values.ts';

/*
 * A report is the sum of what rollups know and of what is counted from rows. Of a workspace, a busy link and a large
 * campaign, tag or domain it is all rollups. Smaller campaigns and tags have rollups of their days and of their busy
 * links; the rest of them is counted from rows, as all else is.
 */

export type Step = Bucket & Counts;
export type CountedValue = Counts & { value: string };
/** The most frequent values of a dimension, and how many there are in all, with their clicks. Many links are not counted. */
export type Breakdown = { rows: CountedValue[]; count: number | null; sum: number };
export type Breakdowns = Record<DimensionName, Breakdown>;

type Timespan = Span & { interval: Interval } & Pick<Period, 'timeZone' | 'weekStartsOn' | 'now'>;
type DimensionCounts = readonly (CountedValue & { dimension: string; count?: number | null; sum?: number })[];
type Part = { steps: Step[]; previousSteps: Step[]; counts: DimensionCounts; week: number[] };

const shown = 10;
const wholeDimensions: readonly DimensionName[] = ['class', 'reason', 'country'];

/**
 * A workspace's year may have a row a month for each of its links. With less memory they are sorted on disk, for twice as
 * long. Rows are wide: a third of them is read by its key in half the time of all.
 */
const planning = { work_mem: '48MB', enable_seqscan: 'off' };

/** The steps of spans of one zone. */
export async function loadSteps(tx: Db, scope: Scope, spans: Timespan[]): Promise<Step[][]> {
  const days = spans.every(({ interval }) => interval !== 'hour') ? asDays(scope) : null;
  if (days) return stepsOfRollups(tx, days, spans);
  const { rolledUp, counted } = partsOf(scope, spans[0]?.timeZone ?? scope.timeZone);
  const parts: Step[][][] = [];
  if (counted) parts.push(await stepsOfRows(tx, counted, spans));
  if (rolledUp) parts.push(await stepsOfRollups(tx, rolledUp, spans));
  return spans.map((_, index) => addSteps(parts.map((series) => series[index] ?? [])));
}

/** The steps of some values of a dimension, whole days at least, in the order of the values. */
export async function loadValueSteps(
  tx: Db,
  scope: Scope,
  period: Period,
  { dimension, values }: { dimension: DimensionName; values: readonly string[] },
): Promise<Step[][]> {
  const { rolledUp, counted } = partsOf(scope, period.timeZone);
  const buckets = bucketsOf(period);
  const starts = startsOf(buckets);
  const days = starts.map((start) => localDay(start, period.timeZone));
  const asked = { dimension: dimensionOf(dimension), values };
  const sources: [Scope | null, Sources][] = [
    [counted, { days: null, rolledUp: null, rows: [period] }],
    [rolledUp, sourcesOf(scope, period)],
  ];
  const parts: Step[][][] = [];
  for (const [part, of] of sources) {
    if (!part) continue;
    const counts = await countValueSteps(tx, part, { sources: of, starts, days }, asked);
    const stepsOfValue = (value: string) =>
      filled(buckets, new Map(counts.filter((count) => count.value === value).map((count) => [count.bucket, count])));
    parts.push(values.map(stepsOfValue));
  }
  return values.map((_, index) => addSteps(parts.map((series) => series[index] ?? [])));
}

/**
 * Values of some dimensions, `class` among them, the most clicks first.
 * @param most how many of each, but for classes: a workspace may have as many as links
 */
export async function loadValues(
  tx: Db,
  scope: Scope,
  period: Period,
  asked: DimensionName[],
  most = Number.POSITIVE_INFINITY,
): Promise<Breakdowns> {
  // A link's rollup does not name it.
  const isKept = !kinds[scope.subject.kind].isOfOneLink || asked.every((name) => dimensionOf(name).of !== 'workspace');
  const { rolledUp, counted } = isKept ? partsOf(scope, period.timeZone) : { rolledUp: null, counted: scope };
  const ofRows = { span: period, starts: [], dimensions: asked, weekIn: null };
  // A sum of rollups and rows needs all values of both before it can be cut.
  const isPart = counted === null && Number.isFinite(most);
  const whole = isPart ? asked.filter((name) => name === 'class') : asked;
  const ofRollups = { dimensions: asked, whole, top: isPart ? most : 0 };
  return breakdownsOf(
    addCounts([
      counted ? byDimension(await countRows(tx, counted, ofRows)) : [],
      rolledUp
        ? await withSettings(tx, planning, () => countValues(tx, rolledUp, sourcesOf(scope, period), ofRollups))
        : [],
    ]),
    (name) => (name === 'class' ? Number.POSITIVE_INFINITY : most),
  );
}

/** All that a report counts: with the steps of the time before, and of most dimensions the first values. */
export async function loadParts(
  tx: Db,
  scope: Scope,
  period: Period,
): Promise<Omit<Part, 'counts'> & { breakdowns: Breakdowns }> {
  const { rolledUp, counted } = partsOf(scope, period.timeZone);
  // Rows need not be gone through for steps that are known.
  const days = counted && period.interval !== 'hour' ? asDays(scope) : null;
  const parts: Part[] = [];
  if (counted) parts.push(await readRows(tx, counted, period, days === null));
  if (rolledUp) parts.push(await readRollups(tx, rolledUp, period, counted ? namesOf(scope) : wholeDimensions));
  const [steps = [], previousSteps = []] = days
    ? await stepsOfRollups(tx, days, [period, { ...period, ...period.previous }])
    : [addSteps(parts.map((part) => part.steps)), addSteps(parts.map((part) => part.previousSteps))];
  return {
    steps,
    previousSteps,
    week: Array.from({ length: 7 * 24 }, (_, hour) => parts.reduce((sum, { week }) => sum + (week[hour] ?? 0), 0)),
    breakdowns: breakdownsOf(addCounts(parts.map(({ counts }) => counts)), (name) =>
      wholeDimensions.includes(name) ? Number.POSITIVE_INFINITY : shown,
    ),
  };
}

/** As countDimensions; of many links, only those that are asked for are summed. */
async function countValues(tx: Db, scope: Scope, sources: Sources, asked: DimensionsAsked): Promise<DimensionCounts> {
  const { dimensions: names, whole, top } = asked;
  const isCut = names.includes('link') && !whole.includes('link') && scope.only === undefined;
  const links = isCut ? await findTopLinks(tx, scope, sources, top) : null;
  if (!links) return countDimensions(tx, scope, sources, asked);
  const counts = await countDimensions(tx, scope, sources, {
    ...asked,
    dimensions: names.filter((name) => name !== 'link'),
  });
  const sum = counts.find(({ dimension, value }) => dimension === 'class' && value === 'human')?.clicks ?? 0;
  return [...counts, ...links.map((link) => ({ ...link, dimension: 'link', count: null, sum }))];
}

async function readRollups(tx: Db, scope: Scope, period: Period, whole: readonly DimensionName[]): Promise<Part> {
  // They are so few that waking workers takes longer than reading them.
  return withSettings(tx, { ...planning, max_parallel_workers_per_gather: '0' }, async () => {
    const spans = [period, { ...period, ...period.previous }];
    const [steps = [], previousSteps = []] = await stepsOfRollups(tx, scope, spans);
    const sources = sourcesOf(scope, period);
    return {
      steps,
      previousSteps,
      counts: await countValues(tx, scope, sources, { dimensions: namesOf(scope), whole, top: shown }),
      week: weekOf(await countWeek(tx, scope, sources)),
    };
  });
}

async function readRows(tx: Db, scope: Scope, period: Period, areStepsAsked: boolean): Promise<Part> {
  const [previousSteps = []] = areStepsAsked ? await stepsOfRows(tx, scope, [{ ...period, ...period.previous }]) : [];
  const buckets = bucketsOf(period);
  const counts = await countRows(tx, scope, {
    span: period,
    starts: areStepsAsked ? startsOf(buckets) : [],
    dimensions: namesOf(scope),
    weekIn: period.timeZone,
  });
  return {
    steps: stepsOf(buckets, counts),
    previousSteps,
    counts: byDimension(counts),
    week: weekOf(counts.filter(({ of }) => of === 'hour').map((count) => ({ ...count, hour: Number(count.value) }))),
  };
}

const namesOf = ({ subject }: Scope) => dimensionsOf(subject).map(({ name }) => name as DimensionName);

const startsOf = (buckets: readonly Bucket[]) => buckets.map(({ start }) => start);

const sourcesOf = (scope: Scope, span: Span): Sources => rollupSources(span, scope.timeZone);

async function stepsOfRollups(tx: Db, scope: Scope, spans: Timespan[]): Promise<Step[][]> {
  const buckets = spans.map((span) => bucketsOf(span));
  const asked = spans.map((span, index): SeriesAsked => {
    const starts = startsOf(buckets[index] ?? []);
    return {
      sources: sourcesOf(scope, span),
      interval: span.interval,
      starts,
      days: starts.map((start) => localDay(start, span.timeZone)),
    };
  });
  const counts = await countSteps(tx, scope, asked);
  return buckets.map((steps, index) => {
    const ofSeries = counts.filter(({ series }) => series === index);
    return filled(steps, new Map(ofSeries.map((count) => [count.bucket, count])));
  });
}

async function stepsOfRows(tx: Db, scope: Scope, spans: Timespan[]): Promise<Step[][]> {
  const series: Step[][] = [];
  for (const span of spans) {
    const steps = bucketsOf(span);
    const asked = { span, starts: startsOf(steps), dimensions: [], weekIn: null };
    series.push(stepsOf(steps, await countRows(tx, scope, asked)));
  }
  return series;
}

function stepsOf(buckets: readonly Bucket[], counts: readonly RowCount[]): Step[] {
  const steps = counts.filter(({ of }) => of === 'step');
  return filled(buckets, new Map(steps.map((count) => [Number(count.value), count])));
}

/** @param counts by the place of their step, from 0; where there are none, nobody clicked */
const filled = (buckets: readonly Bucket[], counts: ReadonlyMap<number, Counts>): Step[] =>
  buckets.map((bucket, index) => {
    const { clicks, visitors } = counts.get(index) ?? none;
    return { ...bucket, clicks, visitors };
  });

function weekOf(counts: readonly { hour: number; clicks: number }[]): number[] {
  const byHour = new Map(counts.map(({ hour, clicks }) => [hour, clicks]));
  return Array.from({ length: 7 * 24 }, (_, hour) => byHour.get(hour) ?? 0);
}

const byDimension = (counts: readonly RowCount[]): DimensionCounts =>
  counts.map(({ of, ...counted }) => ({ dimension: of, ...counted }));

/** The same steps, counted in parts. */
export const addSteps = ([first = [], ...others]: Step[][]): Step[] =>
  first.map((step, index) => ({ ...step, ...sumOf([step, ...others.flatMap((steps) => steps[index] ?? [])]) }));

/** Values that were counted in parts, the most clicks first. */
function addCounts(parts: readonly DimensionCounts[]): DimensionCounts {
  const [first = [], ...others] = parts.filter((part) => part.length > 0);
  if (others.length === 0) return first;
  const sums = new Map<string, DimensionCounts[number]>();
  for (const count of [first, ...others].flat()) {
    const { dimension, value } = count;
    const key = `${dimension}/${value}`;
    sums.set(key, { dimension, value, ...sumOf([count, sums.get(key) ?? none]) });
  }
  return [...sums.values()].toSorted((one, other) => other.clicks - one.clicks || (one.value < other.value ? -1 : 1));
}

/** @param most how many values of a dimension to keep */
function breakdownsOf(
  counts: DimensionCounts,
  most: (name: DimensionName) => number = () => Number.POSITIVE_INFINITY,
): Breakdowns {
  const found = new Map<string, DimensionCounts[number][]>(dimensions.map(({ name }) => [name, []]));
  // One pass: there may be as many as the workspace has links.
  for (const count of counts) found.get(count.dimension)?.push(count);
  const of = (name: DimensionName): Breakdown => {
    const values = found.get(name) ?? [];
    const count = values[0]?.count === undefined ? values.length : values[0].count;
    return {
      rows: values.slice(0, most(name)).map(({ value, clicks, visitors }) => ({ value, clicks, visitors })),
      count: name === 'link' && (count ?? 0) > manyLinks ? null : count,
      sum: values[0]?.sum ?? values.reduce((sum, { clicks }) => sum + clicks, 0),
    };
  };
  return Object.fromEntries(dimensions.map(({ name }) => [name, of(name)])) as Breakdowns;
}

const none: Counts = { clicks: 0, visitors: 0 };

export function sumOf(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, { clicks, visitors }) => ({ clicks: sum.clicks + clicks, visitors: sum.visitors + visitors }),
    none,
  );
}
