import { Invalid } from '../../ground/text/errors.ts';
import { type ReportView, reportHref } from './address.ts';
import { type Filter, filterSentence, parseFilters } from '../counts/filter.ts';
import type { LinkNames } from '../counts/link-names.ts';
import { intervals, type Period, type PeriodInput, periodNames, resolvePeriod } from '../counts/period.ts';
import { periodWords } from './period-links.ts';
import type { Subject } from '../counts/kinds.ts';
import { subjectAt } from '../counts/subjects.ts';

/** A report that can be asked for again: what it is about, and what its address says besides. */
export type SavedReport = {
  subject: Subject;
  filters: readonly Filter[];
  period: Period;
  /** Path and query below the workspace, as reports write them: 'links/4f7?period=30d'. */
  address: string;
};

type Clock = Pick<PeriodInput, 'timeZone' | 'weekStartsOn' | 'now'>;

/** Characters, escaped: ten ordinary filters have some 600, and what takes more was not made by hand. */
const longest = 2_000;

/**
 * The address of a report to be opened again later: a named period stays relative to its day, and one that was not asked
 * for is named.
 * @param path of the report
 */
export function lastingHref(path: string, { period, interval, from, to, filters }: ReportView): string {
  return reportHref(path, { period: period ?? (from || to ? undefined : '30d'), interval, from, to, filters });
}

/**
 * Reads a report's address and writes it anew, so that nothing is kept but what a report may say.
 * @param text its path and query
 * @param workspace whose report it is to be
 * @param field of the form or the JSON that it stood in
 * @throws Invalid for what is no report of this workspace, and for periods and filters that cannot be
 */
export function readReportAddress(
  text: string,
  workspace: { id: string; slug: string },
  clock: Clock,
  field = 'address',
): SavedReport {
  const home = `/w/${workspace.slug}`;
  const [path = '', ...rest] = text.replace(/#.*/s, '').split('?');
  const place = path.startsWith(`${home}/`) ? path.slice(home.length + 1) : '';
  const subject = subjectAt(place, workspace.id);
  if (!subject) throw new Invalid('Only reports of this workspace can be saved.', { field });
  const query = new URLSearchParams(rest.join('?'));
  const word = (name: string) => query.get(name)?.trim() || undefined;
  const asked = {
    period: periodNames.find((name) => name === word('period')),
    interval: intervals.find((name) => name === word('interval')),
    from: word('from'),
    to: word('to'),
  };
  const period = resolvePeriod({ ...asked, ...clock });
  const filters = parseFilters(query.getAll('f'), field);
  const address = lastingHref(place, { ...asked, filters });
  if (encodeURIComponent(address).length > longest)
    throw new Invalid('These filters are too long to be kept. Take one of them away.', { field });
  return { subject, filters, period, address };
}

/** 'Last 30 days, Device is Mobile'. */
export function savedWords({ period, filters }: SavedReport, linkNames: LinkNames): string {
  return [periodWords(period), ...filters.map((filter) => filterSentence(filter, linkNames))].join(', ');
}
