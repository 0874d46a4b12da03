import { sql } from 'drizzle-orm';
import { localDay } from '../zoned-time.ts';
import type { Db } from '../db/db.ts';
import { type Bucket, bucketsOf } from './buckets.ts';
import { inTime } from './budget.ts';
import { type DimensionName, dimensions } from './dimensions.ts';
import type { Filter } from './filter.ts';
import { labelOf } from './labels.ts';
import { type LinkNames, namedAmong, nameLinks } from './link-names.ts';
import type { Interval, Period, Span } from './period.ts';
import { type Counts, countDimensions, dimensionsOf, getScope, type Scope, type Subject } from './queries.ts';
import { countRows, type RowCount } from './rows.ts';
import { rollupSources, type Sources } from './sources.ts';
import { countSteps, countWeek, type SeriesAsked } from './steps.ts';

export type { Subject } from './queries.ts';

export type Step = Bucket & Counts;
type CountedValue = Counts & { value: string };

/** The most frequent values of a dimension, and how many there are in all. */
export type Breakdown = { rows: CountedValue[]; count: number };

export type Report = {
  period: Period;
  subject: Subject;
  filters: readonly Filter[];
  total: Counts;
  /** Clicks through QR codes. */
  scans: number;
  steps: Step[];
  /** The same for the time before. */
  previous: { total: Counts; steps: Step[] };
  /** By dimension. Class, reason and country have all their values. Each adds up to the total, for it credits a visitor
   * to the first click of the day. */
  breakdowns: Record<DimensionName, Breakdown>;
  /** Clicks of each hour of the week, Monday's first: 168 numbers. */
  week: number[];
  /** The links, domains and codes that breakdowns and filters name. */
  linkNames: LinkNames;
};

const shown = 10;
const wholeDimensions: readonly DimensionName[] = ['class', 'reason', 'country'];

/**
 * Everything that the page of a report shows, of one moment: rollups and what is not in them yet; with filters, and in
 * zones that the rollups do not have, rows.
 * Throws NotFound for a subject that is gone or another workspace's, Invalid when it takes too long.
 */
export async function loadReport(
  db: Db,
  workspaceId: string,
  subject: Subject,
  period: Period,
  filters: readonly Filter[] = [],
): Promise<Report> {
  return inTime(db, async (tx) => {
    const scope = await getScope(tx, workspaceId, subject, filters);
    const { steps, previousSteps, breakdowns, week } = isRolledUp(scope, period)
      ? await readRollups(tx, scope, period)
      : await readRows(tx, scope, period);
    const shownValues = dimensions.flatMap(({ name: dimension }) =>
      breakdowns[dimension].rows.map(({ value }) => ({ dimension, value })),
    );
    return {
      period,
      subject,
      filters,
      total: sumOf(steps),
      scans: breakdowns.channel.rows.find(({ value }) => value === 'qr')?.clicks ?? 0,
      steps,
      previous: { total: sumOf(previousSteps), steps: previousSteps },
      breakdowns,
      week,
      linkNames: await nameLinks(tx, workspaceId, namedAmong([...shownValues, ...filters])),
    };
  });
}

type Parts = Pick<Report, 'steps' | 'breakdowns' | 'week'> & { previousSteps: Step[] };

async function readRollups(tx: Db, scope: Scope, period: Period): Promise<Parts> {
  // They are so few that waking workers takes longer than reading them.
  await tx.execute(sql`select set_config('max_parallel_workers_per_gather', '0', true)`);
  const [steps = [], previousSteps = []] = await loadSteps(tx, scope, [period, { ...period, ...period.previous }]);
  const sources = sourcesOf(scope, period, true);
  const asked = { dimensions: namesOf(scope), whole: wholeDimensions, top: shown };
  return {
    steps,
    previousSteps,
    breakdowns: breakdownsOf(await countDimensions(tx, scope, sources, asked)),
    week: weekOf(await countWeek(tx, scope, sources)),
  };
}

async function readRows(tx: Db, scope: Scope, period: Period): Promise<Parts> {
  const [previousSteps = []] = await loadSteps(tx, scope, [{ ...period, ...period.previous }]);
  const buckets = bucketsOf(period);
  const counts = await countRows(tx, scope, {
    span: period,
    starts: startsOf(buckets),
    dimensions: namesOf(scope),
    weekIn: period.timeZone,
  });
  return {
    steps: stepsOf(buckets, counts),
    previousSteps,
    breakdowns: breakdownsOf(byDimension(counts), (name) =>
      wholeDimensions.includes(name) ? Number.POSITIVE_INFINITY : shown,
    ),
    week: weekOf(counts.filter(({ of }) => of === 'hour').map((count) => ({ ...count, hour: Number(count.value) }))),
  };
}

export type CountedRow = CountedValue & {
  label: string;
  /** The country of a region or a city. */
  context: string | null;
};

/**
 * Clicks and visitors of a period by time or by one dimension: all its values, the most clicks first. The classes and
 * reasons count every hit; the total is clicks of people in any case.
 * Throws NotFound for a subject that is gone or another workspace's, Invalid when it takes too long.
 */
export async function countBy(
  db: Db,
  workspaceId: string,
  subject: Subject,
  period: Period,
  groupBy: 'time' | DimensionName,
  filters: readonly Filter[] = [],
): Promise<{ total: Counts; rows: CountedRow[] }> {
  return inTime(db, async (tx) => {
    const scope = await getScope(tx, workspaceId, subject, filters);
    if (groupBy === 'time') {
      const [steps = []] = await loadSteps(tx, scope, [period]);
      const rows = steps.map(({ key, label, clicks, visitors }) => ({
        value: key,
        label,
        context: null,
        clicks,
        visitors,
      }));
      return { total: sumOf(steps), rows };
    }
    const asked: DimensionName[] = [...new Set<DimensionName>(['class', groupBy])];
    const isCounted = isRolledUp(scope, period) && namesOf(scope).includes(groupBy);
    const counts = isCounted
      ? await countDimensions(tx, scope, sourcesOf(scope, period, true), { dimensions: asked, whole: asked, top: 0 })
      : byDimension(await countRows(tx, scope, { span: period, starts: [], dimensions: asked, weekIn: null }));
    const { class: classes, [groupBy]: grouped } = breakdownsOf(counts);
    const values = grouped.rows.map(({ value }) => ({ dimension: groupBy, value }));
    const names = await nameLinks(tx, workspaceId, namedAmong(values));
    return {
      total: sumOf(classes.rows.filter(({ value }) => value === 'human')),
      rows: grouped.rows.map((row) => ({ ...row, ...labelOf(groupBy, row.value, names) })),
    };
  });
}

/** True where rollups are kept for the days of this period; rows answer elsewhere. */
function isRolledUp(scope: Scope, { timeZone }: Pick<Period, 'timeZone'>): boolean {
  return scope.isRolledUp && scope.timeZone === timeZone;
}

function sourcesOf(scope: Scope, period: Span & Pick<Period, 'timeZone' | 'now'>, isFolded: boolean): Sources {
  return rollupSources(period, scope.timeZone, localDay(period.now, scope.timeZone), isFolded);
}

const namesOf = ({ subject }: Scope) => dimensionsOf(subject).map(({ name }) => name as DimensionName);

const startsOf = (buckets: readonly Bucket[]) => buckets.map(({ start }) => start);

type Timespan = Span & { interval: Interval } & Pick<Period, 'timeZone' | 'weekStartsOn' | 'now'>;

/** The steps of some spans. */
export async function loadSteps(tx: Db, scope: Scope, spans: Timespan[]): Promise<Step[][]> {
  if (!spans.every((span) => isRolledUp(scope, span))) {
    const series: Step[][] = [];
    for (const span of spans) {
      const steps = bucketsOf(span);
      const asked = { span, starts: startsOf(steps), dimensions: [], weekIn: null };
      series.push(stepsOf(steps, await countRows(tx, scope, asked)));
    }
    return series;
  }
  const buckets = spans.map((span) => bucketsOf(span));
  const asked = spans.map((span, index): SeriesAsked => {
    const starts = startsOf(buckets[index] ?? []);
    return {
      sources: sourcesOf(scope, span, span.interval === 'month'),
      interval: span.interval,
      starts,
      days: starts.map((start) => localDay(start, span.timeZone)),
    };
  });
  const counts = await countSteps(tx, scope, asked);
  const byStep = new Map(counts.map((count) => [`${count.series}/${count.bucket}`, count]));
  return buckets.map((steps, series) =>
    steps.map((bucket, index) => {
      const { clicks = 0, visitors = 0 } = byStep.get(`${series}/${index}`) ?? {};
      return { ...bucket, clicks, visitors };
    }),
  );
}

function stepsOf(buckets: readonly Bucket[], counts: readonly RowCount[]): Step[] {
  const byStep = new Map(counts.filter(({ of }) => of === 'step').map((count) => [Number(count.value), count]));
  return buckets.map((bucket, index) => {
    const { clicks = 0, visitors = 0 } = byStep.get(index) ?? {};
    return { ...bucket, clicks, visitors };
  });
}

function weekOf(counts: readonly { hour: number; clicks: number }[]): number[] {
  const byHour = new Map(counts.map(({ hour, clicks }) => [hour, clicks]));
  return Array.from({ length: 7 * 24 }, (_, hour) => byHour.get(hour) ?? 0);
}

const byDimension = (counts: readonly RowCount[]) =>
  counts.map(({ of, ...counted }) => ({ dimension: of, ...counted }));

/** @param most how many values of a dimension to keep */
function breakdownsOf(
  counts: readonly (CountedValue & { dimension: string; count?: number })[],
  most: (name: DimensionName) => number = () => Number.POSITIVE_INFINITY,
): Record<DimensionName, Breakdown> {
  const of = ({ name }: { name: DimensionName }): Breakdown => {
    const found = counts.filter(({ dimension }) => dimension === name);
    return {
      rows: found.slice(0, most(name)).map(({ value, clicks, visitors }) => ({ value, clicks, visitors })),
      count: found[0]?.count ?? found.length,
    };
  };
  return Object.fromEntries(dimensions.map((dimension) => [dimension.name, of(dimension)])) as Record<
    DimensionName,
    Breakdown
  >;
}

export function sumOf(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, { clicks, visitors }) => ({ clicks: sum.clicks + clicks, visitors: sum.visitors + visitors }),
    { clicks: 0, visitors: 0 },
  );
}
