import type { Db } from '../../ground/db/db.ts';
import { ownRound } from '../../ground/time/event-loop.ts';
import { inTime } from './budget.ts';
import { type DimensionName, dimensions } from '../../visitors/rollups/dimensions.ts';
import type { Filter } from './filter.ts';
import { labelOf } from './labels.ts';
import { type LinkNames, nameLinks } from './link-names.ts';
import { type Breakdowns, type CountedValue, loadParts, loadSteps, loadValues, type Step, sumOf } from './parts.ts';
import type { Period } from './period.ts';
import { kinds, type Subject } from './kinds.ts';
import { type Counts, getScope } from './queries.ts';

export type { Subject } from './kinds.ts';

/** The counts of the chart. */
export type ReportSteps = {
  period: Period;
  total: Counts;
  steps: Step[];
  /** The same for the time before. */
  previous: { total: Counts; steps: Step[] };
};

export type Report = ReportSteps & {
  subject: Subject;
  filters: readonly Filter[];
  /** Clicks through QR codes. */
  scans: number;
  /** By dimension. Class, reason and country have all their values. Each adds up to the total, for it credits a visitor
   * to the first click of the day. */
  breakdowns: Breakdowns;
  /** Clicks of each hour of the week, Monday's first: 168 numbers. */
  week: number[];
  /** The links, domains and codes that breakdowns and filters name. */
  linkNames: LinkNames;
};

/**
 * Everything that the page of a report shows, of one moment: rollups and what is not in them yet; with filters, and in
 * zones that the rollups do not have, rows (parts.ts).
 * @throws NotFound for a subject that is gone or another workspace's; Invalid when it takes too long
 */
export async function loadReport(
  db: Db,
  workspaceId: string,
  subject: Subject,
  period: Period,
  filters: readonly Filter[] = [],
): Promise<Report> {
  return inTime(db, workspaceId, takesRows(subject, filters), async (tx) => {
    const scope = await getScope(tx, workspaceId, subject, { filters, timeZone: period.timeZone });
    const { steps, previousSteps, breakdowns, week } = await loadParts(tx, scope, period);
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
      linkNames: await nameLinks(tx, workspaceId, [...shownValues, ...filters]),
    };
  });
}

/** The chart of a report alone: it skips the breakdowns, which cost most. @throws as loadReport */
export async function loadChart(
  db: Db,
  workspaceId: string,
  subject: Subject,
  period: Period,
  filters: readonly Filter[] = [],
): Promise<ReportSteps> {
  return inTime(db, workspaceId, takesRows(subject, filters), async (tx) => {
    const scope = await getScope(tx, workspaceId, subject, { filters, timeZone: period.timeZone });
    const [steps = [], previousSteps = []] = await loadSteps(tx, scope, [period, { ...period, ...period.previous }]);
    return { period, total: sumOf(steps), steps, previous: { total: sumOf(previousSteps), steps: previousSteps } };
  });
}

/** Whether rows are counted, or may be, for days of the workspace's own zone. */
export const takesRows = ({ kind }: Subject, filters: readonly Filter[] = []): boolean =>
  filters.length > 0 || !kinds[kind].isRolledUp;

/** Rows that are named at once: some milliseconds, in which no redirect is answered. */
const rowsAtOnce = 250;

export type CountedRow = CountedValue & {
  label: string;
  /** The country of a region or a city. */
  context: string | null;
};

export type CountedRows = {
  total: Counts;
  rows: CountedRow[];
  /** How many rows there are in all, and their clicks; `count` is null for many links, which nobody counted. */
  count: number | null;
  sum: number;
};

/**
 * Clicks and visitors of a period by time or by one dimension, the most clicks first. The classes and reasons count
 * every hit; the total is clicks of people in any case.
 * @param workspace with its zone: rows answer for days of another one
 * @param most how many values are read and named; all unless told
 * @throws NotFound for a subject that is gone or another workspace's; Invalid when it takes too long
 */
export async function countBy(
  db: Db,
  workspace: { id: string; timeZone: string },
  subject: Subject,
  period: Period,
  groupBy: 'time' | DimensionName,
  filters: readonly Filter[] = [],
  most = Number.POSITIVE_INFINITY,
): Promise<CountedRows> {
  const { id: workspaceId, timeZone } = workspace;
  const isOfRows = takesRows(subject, filters) || period.timeZone !== timeZone;
  return inTime(db, workspaceId, isOfRows, async (tx) => {
    const scope = await getScope(tx, workspaceId, subject, { filters, timeZone: period.timeZone });
    if (groupBy === 'time') {
      const [steps = []] = await loadSteps(tx, scope, [period]);
      const rows = steps.map(({ key, label, clicks, visitors }) => ({
        value: key,
        label,
        context: null,
        clicks,
        visitors,
      }));
      const total = sumOf(steps);
      return { total, rows, count: rows.length, sum: total.clicks };
    }
    const asked: DimensionName[] = [...new Set<DimensionName>(['class', groupBy])];
    const { class: classes, [groupBy]: grouped } = await loadValues(tx, scope, period, asked, most);
    const rows: CountedRow[] = [];
    // There may be as many as the workspace has links.
    for (let from = 0; from < grouped.rows.length; from += rowsAtOnce) {
      await ownRound();
      const some = grouped.rows.slice(from, from + rowsAtOnce);
      const values = some.map(({ value }) => ({ dimension: groupBy, value }));
      const names = await nameLinks(tx, workspaceId, values);
      rows.push(...some.map((row) => ({ ...row, ...labelOf(groupBy, row.value, names) })));
    }
    const { count, sum } = grouped;
    return { total: sumOf(classes.rows.filter(({ value }) => value === 'human')), rows, count, sum };
  });
}
