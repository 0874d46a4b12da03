import { type ReportView, reportHref } from './address.ts';
import { type Filter, filterWords, withFilter, withoutFilter } from '../counts/filter.ts';
import type { LinkNames } from '../counts/link-names.ts';

/** A filter in words, where it is taken away, and where 'is' and 'is not' change places; `contains` has no contrary. */
export type FilterChip = {
  name: string;
  operator: string;
  value: string;
  removeHref: string;
  turnHref: string | null;
};

/** The filters of a report, and the address without any of them. */
export function filterChips(
  path: string,
  view: ReportView,
  linkNames: LinkNames,
): { chips: FilterChip[]; clearHref: string } {
  const { filters } = view;
  const hrefWith = (changed: Filter[]) => reportHref(path, { ...view, filters: changed });
  return {
    chips: filters.map((filter) => {
      const contrary = { is: 'not', not: 'is', contains: null } as const;
      const turned = contrary[filter.operator];
      const others = withoutFilter(filters, filter);
      return {
        ...filterWords(filter, linkNames),
        removeHref: hrefWith(others),
        turnHref: turned && hrefWith(withFilter(others, { ...filter, operator: turned })),
      };
    }),
    clearHref: hrefWith([]),
  };
}
