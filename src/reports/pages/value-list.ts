import { inSentence, plural } from '../../ground/text/format.ts';
import { type ReportView, reportHref } from '../addresses/address.ts';
import { type DimensionName, dimensionOf, unknown } from '../../visitors/rollups/dimensions.ts';
import { type Filter, withFilter } from '../counts/filter.ts';
import type { CountedRows } from '../counts/report.ts';
import { type Places, wholeOf } from './report-page.ts';

const pageSize = 50;

/** How many values a page of the list takes: a search looks at the names of all. */
export const valuesOfPage = (search: string, page: number): number =>
  search.trim() === '' ? page * pageSize + 1 : Number.POSITIVE_INFINITY;

/** All values of one dimension, a page at a time: plain values for views/reports/pages/values.eta. */
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
 * @param counted at least as many rows as valuesOfPage says, or all there are
 * @param asked.search a part of what people read; '' finds all
 * @param asked.page from 1
 */
export function valueList(
  name: DimensionName,
  counted: CountedRows,
  asked: { search: string; page: number },
  view: ReportView,
  { path, linksPath }: Places,
): ValueList {
  const dimension = dimensionOf(name);
  const { title, one, isText } = dimension;
  const search = asked.search.trim();
  const labelled = counted.rows.map((row) => ({
    ...row,
    label: row.context ? `${row.label}, ${row.context}` : row.label,
  }));
  const found = search ? labelled.filter(({ label }) => label.toLowerCase().includes(search.toLowerCase())) : labelled;
  // Of many links only those up to this page are known, and one more tells that there is another page.
  const count = search ? found.length : counted.count;
  const pages = Math.max(1, Math.ceil((count ?? found.length) / pageSize));
  const page = Math.min(asked.page, pages);
  const hrefWith = (operator: Filter['operator'], value: string) =>
    reportHref(path, { ...view, filters: withFilter(view.filters, { dimension: name, operator, value }) });
  const pageHref = (number: number) =>
    reportHref(`${path}/values`, view, { by: name, q: search, page: number > 1 ? String(number) : '' });
  const whole = wholeOf(dimension, { clicks: counted.total.clicks, sum: counted.sum });
  return {
    title,
    search,
    words: wordsOf(),
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

  function wordsOf(): string {
    if (count === null) return `${inSentence(title)}, the most clicks first`;
    return search ? `${plural(count, 'value')} with “${search}”` : plural(count, inSentence(one), inSentence(title));
  }
}
