import { hitClasses, hitClassLabels, hitClassSentences } from '../../visitors/machines/hit-class.ts';
import { inSentence, plural } from '../../ground/text/format.ts';
import { type ReportView, reportHref } from '../addresses/address.ts';
import { type Change, changeIn } from '../addresses/change.ts';
import { pointsOf } from '../charts/axes.ts';
import { type Chart, drawChart } from '../charts/chart.ts';
import { type Dimension, type DimensionName, dimensionOf, unknown } from '../../visitors/rollups/dimensions.ts';
import { drawHeatMap, type HeatMap } from '../charts/heat-map.ts';
import { withFilter } from '../counts/filter.ts';
import { labelOf } from '../counts/labels.ts';
import { periodWords, previousName, viewOf } from '../addresses/period-links.ts';
import { kinds } from '../counts/kinds.ts';
import { dimensionsOf } from '../counts/queries.ts';
import type { Breakdown, Step } from '../counts/parts.ts';
import type { Report, ReportSteps } from '../counts/report.ts';
import { drawWorldMap, type WorldMap } from '../charts/world-map.ts';

/** A row of a list with bars; share is of all clicks, from 0 to 1. */
type Bar = { label: string; clicks: number; share: number; href?: string; isHere?: boolean };
/** A list with bars, and what it leaves out in words. Its title is read beside that of the card, its heading alone. */
type Tab = {
  name: DimensionName;
  title: string;
  heading: string;
  bars: Bar[];
  rest: string | null;
  allHref?: string;
};
type Card = { name: string; title: string; tabs: Tab[] };
/** The addresses that a page's bars and lists lead to. */
export type Places = {
  /** The report's own address, and the folder of the links' pages. */
  path: string;
  linksPath: string;
};
/** Hits that are no clicks. */
type NotCounted = {
  label: string;
  sentence: string;
  hits: number;
  /** The most frequent ones, and how many others there are. */
  reasons: { label: string; hits: number }[];
  otherReasons: number;
};

/** A report in words and shapes: plain values for views/reports/pages/_report.eta. */
export type ReportPage = {
  /** 'Last 30 days' */
  period: string;
  /** '1,204 clicks' and 'by 988 visitors'. */
  clicks: string;
  visitors: string;
  change: Change;
  scans: string | null;
  /** '310 more hits were not counted: link previews and crawlers.' */
  notCountedWords: string | null;
  chart: Chart;
  map: WorldMap | null;
  heat: HeatMap;
  places: Card;
  columns: Card[][];
  notCounted: NotCounted[];
  /** Of a campaign or a tag, whose visitors are summed over its links. */
  isOfSeveralLinks: boolean;
  /** Of a domain or a QR code, which have those visitors whose first click of the day was theirs. */
  isOfPart: boolean;
  isWithoutHits: boolean;
  isWithoutClicks: boolean;
};

const chartSize = { width: 1080, height: 240 };
const barCount = 10;
const reasonCount = 4;

/** `ofOne`: in the report of one link. */
const cardTitles: readonly { name: Dimension['card']; title: string; ofOne?: string }[] = [
  { name: 'links', title: 'Links', ofOne: 'This link' },
  { name: 'sources', title: 'Sources' },
  { name: 'devices', title: 'Devices' },
  { name: 'languages', title: 'Languages' },
  { name: 'campaigns', title: 'UTM' },
];

/** A report's chart and what stands above it. */
export function chartPage(report: ReportSteps): Pick<ReportPage, 'period' | 'clicks' | 'visitors' | 'chart'> {
  const { period, total } = report;
  return {
    period: periodWords(period),
    clicks: total.clicks === 0 ? 'No clicks' : plural(total.clicks, 'click'),
    visitors: `by ${plural(total.visitors, 'visitor')}`,
    chart: drawChart({ ...linesOf(report), ...chartSize }),
  };
}

/** @param places where its bars lead to; nothing leads anywhere without */
export function reportPage(report: Report, places?: Places): ReportPage {
  const { total, scans, breakdowns, period, filters, subject } = report;
  const notCounted = notCountedOf(breakdowns);
  const view = viewOf(period, filters);
  const { isSumOfLinks, isOfOneLink, isRolledUp } = kinds[subject.kind];
  const named = dimensionsOf(subject);
  const cardOf = (card: Dimension['card'], title: string): Card => {
    const names = named
      .filter((dimension) => dimension.card === card)
      .map((dimension) => dimension.name as DimensionName)
      .filter((name) => isSaid(name, breakdowns[name]));
    const [only, second] = names;
    const tabs = names.map((name) => tabOf(name, report, view, places));
    // A list that is alone has no tab to say what it is.
    return { name: card, title: only && !second ? dimensionOf(only).title : title, tabs };
  };
  const countries = new Map(breakdowns.country.rows.map(({ value, clicks }) => [value, clicks]));
  countries.delete(unknown);
  return {
    ...chartPage(report),
    change: changeIn(period, { now: total.clicks, before: report.previous.total.clicks }, 'click'),
    scans:
      scans > 0 && named.some(({ name }) => name === 'qr') ? `${plural(scans, 'click')} came from QR codes.` : null,
    notCountedWords: wordsOf(notCounted, total.clicks),
    map: countries.size > 0 ? drawWorldMap(countries) : null,
    heat: drawHeatMap(report.week, period.weekStartsOn),
    places: cardOf('places', 'Places'),
    columns: inColumns(
      cardTitles
        .map(({ name, title, ofOne = title }) => cardOf(name, isOfOneLink ? ofOne : title))
        .filter(({ tabs }) => tabs.length > 0),
    ),
    notCounted,
    isOfSeveralLinks: isSumOfLinks && !isOfOneLink,
    isOfPart: !isSumOfLinks && !isRolledUp,
    isWithoutHits: breakdowns.class.count === 0,
    isWithoutClicks: total.clicks === 0,
  };
}

/** Two columns; cards go down the one and then the other by turns. Three cards stand side by side. */
function inColumns(cards: Card[]): Card[][] {
  if (cards.length <= 3) return cards.map((card) => [card]);
  return [cards.filter((_, index) => index % 2 === 0), cards.filter((_, index) => index % 2 === 1)];
}

const isSaid = (name: DimensionName, { rows }: Breakdown): boolean =>
  !dimensionOf(name).isRare || rows.some(({ value }) => value !== unknown);

/** The number that shares of a list are of. Classes go by all hits, codes by all scans, everything else by clicks. */
export const wholeOf = ({ counts, shownOf }: Dimension, { clicks, sum }: { clicks: number; sum: number }): number =>
  counts === 'clicks' || shownOf === 'one link' ? clicks : sum;

function tabOf(name: DimensionName, report: Report, view: ReportView, places: Places | undefined): Tab {
  const { rows, count, sum: total } = report.breakdowns[name];
  const dimension = dimensionOf(name);
  const { title, one, isRare, card, counts, missing = '' } = dimension;
  const whole = wholeOf(dimension, { clicks: report.total.clicks, sum: total });
  // Most clicks have none; as a bar they would flatten all others.
  const without = isRare ? (rows.find(({ value }) => value === unknown)?.clicks ?? 0) : 0;
  const shown = rows.filter(({ value }) => !isRare || value !== unknown).slice(0, barCount);
  const others = count === null ? null : count - shown.length - (without > 0 ? 1 : 0);
  const otherClicks = total - without - shown.reduce((sum, { clicks }) => sum + clicks, 0);
  const uncounted = report.total.clicks - total;
  const rest = [
    others === 0 || otherClicks === 0
      ? ''
      : `${others === null ? 'Others' : plural(others, 'other')} with ${plural(otherClicks, 'click')}`,
    without > 0 ? `${plural(without, 'click')} without one` : '',
    counts === 'valued' && uncounted > 0 ? `${plural(uncounted, 'click')}: ${inSentence(missing)}` : '',
  ];
  return {
    name,
    // Waymark has campaigns of its own: the tabs of a card “UTM” name its parameters.
    title: card === 'campaigns' ? one.replace(/^UTM (.)/, upperCase) : title,
    heading: title,
    bars: shown.map(({ value, clicks }) => {
      const { label, context } = labelOf(name, value, report.linkNames);
      return {
        label: context ? `${label}, ${context}` : label,
        clicks,
        share: clicks / whole,
        ...(places ? { href: barHref(name, value, view, places), isHere: name !== 'link' } : {}),
      };
    }),
    rest: rest.filter(Boolean).join(', ') || null,
    ...(places && count !== 0 ? { allHref: reportHref(`${places.path}/values`, view, { by: name }) } : {}),
  };
}

/** A link's bar opens the link's own report; all others narrow this one. */
function barHref(name: DimensionName, value: string, view: ReportView, { path, linksPath }: Places): string {
  if (name === 'link') return reportHref(`${linksPath}/${value}`, view);
  return reportHref(path, { ...view, filters: withFilter(view.filters, { dimension: name, operator: 'is', value }) });
}

const upperCase = (_: string, letter: string) => letter.toUpperCase();

function linesOf({ period, steps, previous }: ReportSteps) {
  const values = (of: Step[]) => of.map((step) => (step.isFuture ? null : step.clicks));
  return {
    name: 'click',
    points: pointsOf(steps, 'clicks'),
    second: { name: 'visitor', values: steps.map((step) => (step.isFuture ? null : step.visitors)) },
    // Before the first click of all there is nothing to compare with.
    comparison:
      period.name === 'all' || previous.total.clicks === 0
        ? undefined
        : {
            name: previousName(period),
            values: values(previous.steps),
            labels: previous.steps.map((step) => step.label),
          },
  };
}

function notCountedOf({ class: classes, reason: reasons }: Report['breakdowns']): NotCounted[] {
  const hitsOf = new Map(classes.rows.map(({ value, clicks }) => [value, clicks]));
  return hitClasses
    .filter((name) => name !== 'human' && hitsOf.has(name))
    .map((name) => {
      const why = reasons.rows.filter(({ value }) => value.startsWith(`${name}:`));
      const shown = why.slice(0, reasonCount);
      return {
        label: hitClassLabels[name],
        sentence: hitClassSentences[name],
        hits: hitsOf.get(name) ?? 0,
        reasons: shown.map(({ value, clicks }) => ({ label: labelOf('reason', value).label, hits: clicks })),
        otherReasons: why.length - shown.length,
      };
    })
    .toSorted((one, other) => other.hits - one.hits);
}

function wordsOf(notCounted: NotCounted[], clicks: number): string | null {
  const hits = notCounted.reduce((sum, each) => sum + each.hits, 0);
  if (hits === 0) return null;
  const first = notCounted.slice(0, 2).map(({ label }) => label.toLowerCase());
  const named = notCounted.length > 2 ? `${first.join(', ')} and the like` : first.join(' and ');
  return `${plural(hits, clicks > 0 ? 'more hit' : 'hit')} ${hits === 1 ? 'was' : 'were'} not counted: ${named}.`;
}
