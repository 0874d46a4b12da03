import { stateOfSplit, type TestEnd } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import type { WeekStart } from '../../ground/time/week.ts';
import type { Link } from '../../links/links/queries.ts';
import { versionLetter } from '../../links/splits/text.ts';
import { type Converted, convertedByVersion } from '../../visitors/conversions/counts.ts';
import { addMoney, type Money } from '../../visitors/conversions/money.ts';
import { resolvePeriod } from '../counts/period.ts';
import { findFirstHitAt } from '../counts/beginning.ts';
import type { Counts } from '../counts/queries.ts';
import { countBy } from '../counts/report.ts';
import { type Results, resultsOf, type VersionResult } from './results.ts';
import { type LinkTest, listTests } from './tests.ts';

/** A row of the table of versions. */
export type VersionRow = VersionResult & {
  letter: string;
  url: string;
  /** Of visitors, as it is set now: from 0 to 1. */
  share: number;
  /** Of the test's visitors, as it was met. */
  shareOfVisitors: number;
  clicks: number;
  /** Sums of what its conversions brought, which no verdict is made of. */
  values: Money[];
};

/** A test as its tab shows it. */
export type ShownTest = LinkTest & {
  rows: VersionRow[];
  clicks: number;
  results: Results;
};

type Counted = { counts: ReadonlyMap<string, Counts>; converted: ReadonlyMap<string, Converted> };

export type TestedWorkspace = { id: string; timeZone: string; weekStartsOn: WeekStart };

/** Clicks and visitors of all versions that a link ever had, by the ids of their addresses: exact at this moment. */
export type CountedTests = { tests: LinkTest[]; counts: ReadonlyMap<string, Counts> };

/** @throws Invalid when counting takes too long */
export async function countTests(db: Db, workspace: TestedWorkspace, link: Link, now: Date): Promise<CountedTests> {
  const tests = await listTests(db, workspace.id, link.id);
  if (tests.length === 0) return { tests, counts: new Map() };
  const { timeZone, weekStartsOn } = workspace;
  const subject = { kind: 'link', id: link.id } as const;
  const firstHitAt = await findFirstHitAt(db, workspace.id, subject);
  const period = resolvePeriod({ period: 'all', timeZone, weekStartsOn, now, firstHitAt });
  const { rows } = await countBy(db, workspace, subject, period, 'destination');
  return { tests, counts: new Map(rows.map(({ value, ...counts }) => [value, counts])) };
}

/**
 * The tests of a link by one goal. Each phase has versions with ids of their own, so that all clicks of an id are clicks
 * of the test.
 * @param goalId the goal whose visitors are told; without one nobody has converted
 */
export async function judgeTests(
  db: Db,
  link: Link,
  now: Date,
  { tests, counts }: CountedTests,
  goalId?: string,
): Promise<{ current: ShownTest | undefined; earlier: ShownTest[] }> {
  const of = { linkId: link.id, goalId: goalId ?? '' };
  const converted = goalId === undefined ? new Map() : await convertedByVersion(db, link.workspaceId, of);
  // Days after the end of a test, and those of the one that came after it, are none of its own.
  const lastEnd = lastInstantOf(link, now);
  const shown = tests.map((test, index) =>
    showTest(test, { counts, converted }, tests[index - 1]?.startedAt ?? lastEnd),
  );
  const [newest, ...others] = shown;
  return link.split ? { current: newest, earlier: others } : { current: undefined, earlier: shown };
}

/** The instant up to which the newest test of a link counts. */
export const lastInstantOf = ({ split }: Pick<Link, 'split'>, now: Date): Date =>
  split?.endsAt && stateOfSplit(split, now) === 'over' ? new Date(split.endsAt) : now;

function showTest(test: LinkTest, { counts, converted }: Counted, lastInstant: Date): ShownTest {
  const { startedAt, ended, phases } = test;
  const counted = phases.map(({ versions }) =>
    versions.map((each) => {
      const key = String(each.destinationId);
      const { clicks = 0, visitors = 0 } = counts.get(key) ?? {};
      const { visitors: conversions = 0, values = [] } = converted.get(key) ?? {};
      return { ...each, clicks, visitors, conversions, values };
    }),
  );
  const until = ended ? new Date(ended.at) : lastInstant;
  const days = Math.max(0, Math.floor((until.getTime() - startedAt.getTime()) / DAY));
  const results = resultsOf(counted, { days });
  const last = counted.at(-1) ?? [];
  const weights = last.reduce((sum, { weight }) => sum + weight, 0);
  const rows = results.versions.map((result): VersionRow => {
    const { url = '', weight = 0 } = last.find(({ version }) => version === result.version) ?? {};
    const own = counted.flat().filter(({ version }) => version === result.version);
    return {
      ...result,
      letter: versionLetter(result.version),
      url,
      share: weights === 0 ? 0 : weight / weights,
      shareOfVisitors: results.visitors === 0 ? 0 : result.visitors / results.visitors,
      clicks: own.reduce((sum, { clicks }) => sum + clicks, 0),
      values: addMoney(own.flatMap(({ values }) => values)),
    };
  });
  const clicks = rows.reduce((sum, row) => sum + row.clicks, 0);
  return { ...test, rows, clicks, results };
}

/** The numbers of a test, to be kept when it ends. */
export const numbersOf = ({ rows, results }: ShownTest): Pick<TestEnd, 'versions' | 'advice'> => ({
  versions: rows.map(({ url, clicks, visitors, conversions }) => ({ url, clicks, visitors, conversions })),
  advice: results.advice,
});
