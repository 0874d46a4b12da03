import type { ReportPage } from '../pages/report-page.ts';

/** The parts of a shared report besides its number and its chart. */
export const parts = [
  { name: 'links', label: 'Links' },
  { name: 'places', label: 'Places' },
  { name: 'sources', label: 'Referrers and channels' },
  { name: 'campaigns', label: 'UTM parameters' },
  { name: 'devices', label: 'Devices and browsers' },
  { name: 'languages', label: 'Languages' },
  { name: 'hits', label: 'What was not counted' },
] as const;

export type Part = (typeof parts)[number]['name'];

export const partNames = parts.map(({ name }) => name);

/** The page of a report without what is not to be seen: it is not hidden, it is not there. */
export function onlyParts(page: ReportPage, shown: readonly string[]) {
  const { period, clicks, visitors, change, chart, isWithoutHits, isWithoutClicks } = page;
  const isShown = (name: Part) => shown.includes(name);
  return {
    period,
    clicks,
    visitors,
    change,
    chart,
    isWithoutHits,
    isWithoutClicks,
    map: isShown('places') ? page.map : null,
    places: isShown('places') ? page.places : null,
    cards: page.columns.flat().filter(({ name }) => shown.includes(name)),
    notCounted: isShown('hits') ? page.notCounted : [],
    notCountedWords: isShown('hits') ? page.notCountedWords : null,
    scans: isShown('sources') ? page.scans : null,
  };
}
