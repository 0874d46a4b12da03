import type { Db } from '../db/db.ts';
import { localDay } from '../zoned-time.ts';
import { type Bucket, bucketsOf } from './buckets.ts';
import { type DimensionName, dimensions } from './dimensions.ts';
import { labelOf } from './labels.ts';
import type { Interval, Period, Span } from './period.ts';
import {
  type Counts,
  countDimensions,
  countSteps,
  type DimensionCount,
  getScope,
  type Scope,
  type SeriesAsked,
  type Subject,
} from './queries.ts';
import { rollupSources, rowSources, type Sources } from './sources.ts';

export type { Subject } from './queries.ts';

export type Step = Bucket & Counts;
type CountedValue = Counts & { value: string };

/** The most frequent values of a dimension, and how many there are in all. */
export type Breakdown = { rows: CountedValue[]; count: number };

export type Report = {
  period: Period;
  total: Counts;
  /** Clicks through QR codes. */
  scans: number;
  steps: Step[];
  /** The same for the time before. */
  previous: { total: Counts; steps: Step[] };
  /** By dimension. Class, reason and country have all their values. Each adds up to the total, for it credits a visitor
   * to the first click of the day. */
  breakdowns: Record<DimensionName, Breakdown>;
};

const shown = 10;
const wholeDimensions: readonly DimensionName[] = ['class', 'reason', 'country'];

/**
 * Everything that the page of a report shows, of one moment: rollups and what is not in them yet.
 * Throws NotFound for a link that is gone or another workspace's.
 */
export async function loadReport(db: Db, workspaceId: string, subject: Subject, period: Period): Promise<Report> {
  const before = { ...period, ...period.previous };
  const { steps, previousSteps, counts } = await inSnapshot(db, async (tx) => {
    const scope = await getScope(tx, workspaceId, subject);
    const [current, previous] = await loadSteps(tx, scope, [period, before]);
    const asked = { dimensions: dimensions.map(({ name }) => name), whole: wholeDimensions, top: shown };
    const found = await countDimensions(tx, scope, sourcesOf(scope, period, true), asked);
    return { steps: current ?? [], previousSteps: previous ?? [], counts: found };
  });
  const breakdowns = breakdownsOf(counts);
  return {
    period,
    total: sumOf(steps),
    scans: breakdowns.channel.rows.find(({ value }) => value === 'qr')?.clicks ?? 0,
    steps,
    previous: { total: sumOf(previousSteps), steps: previousSteps },
    breakdowns,
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
 * Throws NotFound for a link that is gone or another workspace's.
 */
export async function countBy(
  db: Db,
  workspaceId: string,
  subject: Subject,
  period: Period,
  groupBy: 'time' | DimensionName,
): Promise<{ total: Counts; rows: CountedRow[] }> {
  if (groupBy === 'time') {
    const [steps = []] = await inSnapshot(db, async (tx) =>
      loadSteps(tx, await getScope(tx, workspaceId, subject), [period]),
    );
    const rows = steps.map(({ key, label, clicks, visitors }) => ({
      value: key,
      label,
      context: null,
      clicks,
      visitors,
    }));
    return { total: sumOf(steps), rows };
  }
  const asked: DimensionName[] = groupBy === 'class' ? ['class'] : ['class', groupBy];
  const counts = await inSnapshot(db, async (tx) => {
    const scope = await getScope(tx, workspaceId, subject);
    return countDimensions(tx, scope, sourcesOf(scope, period, true), { dimensions: asked, whole: asked, top: 0 });
  });
  const { class: classes, [groupBy]: grouped } = breakdownsOf(counts);
  return {
    total: sumOf(classes.rows.filter(({ value }) => value === 'human')),
    rows: grouped.rows.map((row) => ({ ...row, ...labelOf(groupBy, row.value) })),
  };
}

/** Statements that must see the same moment: a hit may move from pending into the rollups at any time. */
function inSnapshot<Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result> {
  return db.transaction(work, { isolationLevel: 'repeatable read', accessMode: 'read only' });
}

/** Rollups where they are kept for the days of this period, rows elsewhere. */
function sourcesOf(scope: Scope, period: Span & Pick<Period, 'timeZone' | 'now'>, isFolded: boolean): Sources {
  if (!scope.isRolledUp || scope.timeZone !== period.timeZone) return rowSources(period);
  return rollupSources(period, scope.timeZone, localDay(period.now, scope.timeZone), isFolded);
}

type Timespan = Span & { interval: Interval } & Pick<Period, 'timeZone' | 'weekStartsOn' | 'now'>;

async function loadSteps(tx: Db, scope: Scope, spans: Timespan[]): Promise<Step[][]> {
  const buckets = spans.map((span) => bucketsOf(span));
  const asked = spans.map((span, index): SeriesAsked => {
    const starts = (buckets[index] ?? []).map((bucket) => bucket.start);
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

function breakdownsOf(counts: DimensionCount[]): Record<DimensionName, Breakdown> {
  const of = ({ name }: { name: DimensionName }): Breakdown => {
    const found = counts.filter(({ dimension }) => dimension === name);
    return {
      rows: found.map(({ value, clicks, visitors }) => ({ value, clicks, visitors })),
      count: found[0]?.of ?? 0,
    };
  };
  return Object.fromEntries(dimensions.map((dimension) => [dimension.name, of(dimension)])) as Record<
    DimensionName,
    Breakdown
  >;
}

function sumOf(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, { clicks, visitors }) => ({ clicks: sum.clicks + clicks, visitors: sum.visitors + visitors }),
    { clicks: 0, visitors: 0 },
  );
}
