import { inSentence, plural } from '../format.ts';
import { type ReportView, reportHref } from './address.ts';
import { type DimensionName, dimensionOf, unknown } from './dimensions.ts';
import { type Filter, withFilter } from './filter.ts';
import type { CountedRow } from './report.ts';
import type { Places } from './report-page.ts';

const pageSize = 50;

/** All values of one dimension, a page at a time: plain values for views/analytics/values.eta. */
export type ValueList = {
  title: string;
  search: string;
  /** '1,204 values', or what the search found. */
  words: string;
  rows: { label: string; clicks: number; visitors: number; share: number; href: string; notHref: string | null }[];
  /** The report of everything that the search found; null where values are chosen from a list. */
  containsHref: string | null;
  previousHref: string | null;
  nextHref: string | null;
};

/**
 * @param asked.search a part of what people read; '' finds all
 * @param asked.page from 1
 */
export function valueList(
  name: DimensionName,
  counted: { total: { clicks: number }; rows: readonly CountedRow[] },
  asked: { search: string; page: number },
  view: ReportView,
  { path, linksPath }: Places,
): ValueList {
  const { title, one, counts, isText } = dimensionOf(name);
  const search = asked.search.trim();
  const labelled = counted.rows.map((row) => ({
    ...row,
    label: row.context ? `${row.label}, ${row.context}` : row.label,
  }));
  const found = labelled.filter(({ label }) => label.toLowerCase().includes(search.toLowerCase()));
  const pages = Math.max(1, Math.ceil(found.length / pageSize));
  const page = Math.min(asked.page, pages);
  const hrefWith = (operator: Filter['operator'], value: string) =>
    reportHref(path, { ...view, filters: withFilter(view.filters, { dimension: name, operator, value }) });
  const pageHref = (number: number) =>
    reportHref(`${path}/values`, view, { by: name, q: search, page: number > 1 ? String(number) : '' });
  // Classes and reasons are shares of all hits, codes of all scans, everything else of clicks.
  const whole = counts === 'clicks' ? counted.total.clicks : counted.rows.reduce((sum, { clicks }) => sum + clicks, 0);
  return {
    title,
    search,
    words: search
      ? `${plural(found.length, 'value')} with “${search}”`
      : plural(found.length, inSentence(one), inSentence(title)),
    rows: found.slice((page - 1) * pageSize, page * pageSize).map(({ label, value, clicks, visitors }) => ({
      label,
      clicks,
      visitors,
      share: whole === 0 ? 0 : clicks / whole,
      href: name === 'link' && value !== unknown ? reportHref(`${linksPath}/${value}`, view) : hrefWith('is', value),
      notHref: hrefWith('not', value),
    })),
    containsHref: isText && search ? hrefWith('contains', search) : null,
    previousHref: page > 1 ? pageHref(page - 1) : null,
    nextHref: page < pages ? pageHref(page + 1) : null,
  };
}
