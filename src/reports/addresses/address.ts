import { type Filter, filterText } from '../counts/filter.ts';

/** The query of a report's address. */
export type ReportView = {
  period?: string | undefined;
  interval?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  filters: readonly Filter[];
};

/** A report's address; `more` is for pages that show a part of it. */
export function reportHref(path: string, { filters, ...view }: ReportView, more: Record<string, string> = {}): string {
  const asked = Object.entries({ ...view, ...more }).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const query = new URLSearchParams([
    ...asked,
    ...filters.map((filter) => ['f', filterText(filter)] as [string, string]),
  ]);
  // Colons and slashes need no escape in a query (RFC 3986, 3.4), and addresses are read by people.
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return text ? `${path}?${text}` : path;
}
