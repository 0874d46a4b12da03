import { plural } from '../../ground/text/format.ts';
import { versionLetter } from '../../links/splits/text.ts';
import {
  chanceOf,
  chanceToBeat,
  conversionsNeeded,
  isSplitOff,
  liftInterval,
  liftOf,
  type LiftRange,
  logEvidence,
  type Pair,
} from './statistics.ts';

/** One version in one phase: a stretch of a test in which no weight changed. */
export type PhaseVersion = {
  /** Its id in `link_destinations`. */
  destinationId: number;
  /** 1 for A, with which the others are compared. */
  version: number;
  weight: number;
  visitors: number;
  /** Visitors who converted: one counts once a day and goal. */
  conversions: number;
};

/** One version over all phases. */
export type VersionResult = {
  version: number;
  visitors: number;
  conversions: number;
  /** Conversions by visitors; null without visitors. */
  rate: number | null;
  /** Its rate beside A's, by phases; null for A, and where no single lift fits all phases. */
  lift: (LiftRange & { best: number | null }) | null;
  /** 1 - p of the test against A, from 0 to 1; null for A. */
  certainty: number | null;
  /** The chance to be better than A, not corrected for looking early; null for A and where there are several phases. */
  chance: number | null;
};

export type Results = {
  versions: VersionResult[];
  visitors: number;
  conversions: number;
  /** Whether visitors are split by other shares than were set. */
  isOff: boolean;
  verdict: 'off' | 'none' | 'keep-going' | 'ahead' | 'same';
  /** The version that is ahead of all others. */
  winner: number | null;
  /** The verdict in words. */
  advice: string;
};

/** Chance of calling a winner where there is no difference. */
const mostErrors = 0.05;

/** Days in which each day of the week counts once. */
export const leastDays = 7;

/** A lift that is not worth having, up or down: within it a test of 4,500 conversions ends. */
const margin = 0.1;

/** Lifts that few conversions seem to show are cut to these before it is said how many more are needed. */
const [leastSeen, mostSeen] = [-0.5, 1];

/**
 * All that a report of an A/B test says of its counts: pure, and right at every look (statistics.ts). Counts of phases
 * are never pooled for a verdict, because a change of weights while the base rate moves would call a winner by itself.
 * @param phases each with all versions of the test
 * @param days whole days since the test began
 */
export function resultsOf(phases: readonly (readonly PhaseVersion[])[], { days }: { days: number }): Results {
  const numbers = [...new Set(phases.flat().map(({ version }) => version))].toSorted((a, b) => a - b);
  // With more versions there are more ways to be wrong.
  const alpha = mostErrors / Math.max(1, numbers.length - 1);
  const versions = numbers.map((version) => resultOf(phases, version, alpha));
  const visitors = sumOfField(versions, 'visitors');
  const conversions = sumOfField(versions, 'conversions');
  const isOff = isSplitOff(phases.map(visitorsOf).filter((phase) => phase.length > 1));
  return { versions, visitors, conversions, isOff, ...judge(phases, versions, { isOff, conversions, alpha, days }) };
}

function resultOf(phases: readonly (readonly PhaseVersion[])[], version: number, alpha: number): VersionResult {
  const { visitors, conversions } = ratesOf(phases, version);
  const counted = { version, visitors, conversions, rate: visitors === 0 ? null : conversions / visitors };
  if (version === 1) return { ...counted, lift: null, certainty: null, chance: null };
  const pairs = pairsOf(phases, version);
  const range = liftInterval(pairs, alpha);
  const evidence = pairs.reduce((sum, pair) => sum + logEvidence(weighedOf(pair)), 0);
  return {
    ...counted,
    lift: range && { ...range, best: liftOf(pairs) },
    certainty: 1 - Math.min(1, chanceOf(evidence) * (mostErrors / alpha)),
    chance: phases.length === 1 ? chanceToBeat(ratesOf(phases, 1), { visitors, conversions }) : null,
  };
}

type Judged = Pick<Results, 'verdict' | 'winner' | 'advice'>;
type Known = { isOff: boolean; conversions: number; alpha: number; days: number };

function judge(
  phases: readonly (readonly PhaseVersion[])[],
  versions: readonly VersionResult[],
  { isOff, conversions, alpha, days }: Known,
): Judged {
  const [base] = versions;
  // One that never had a share beside A is no rival: nothing will ever be known of it.
  const others = versions.filter(({ version }) => pairsOf(phases, version).length > 0);
  if (isOff) return { verdict: 'off', winner: null, advice: 'The split is off: do not trust this.' };
  if (!base || conversions === 0)
    return { verdict: 'none', winner: null, advice: 'No conversions yet: clicks alone do not say which is better.' };
  if (others.length === 0)
    return {
      verdict: 'none',
      winner: null,
      advice: 'A and another version need a share, so that they can be compared.',
    };
  const ahead = aheadAmong(base, others);
  const isSame = others.every(({ lift }) => lift !== null && lift.low > -margin && lift.high < margin);
  if (days < leastDays && (ahead || isSame)) {
    const more = plural(leastDays - days, 'more day');
    return keepGoing(`for ${more}, so that each day of the week counts`);
  }
  if (ahead) return { verdict: 'ahead', winner: ahead.version, advice: aheadIn(ahead, others) };
  if (isSame)
    return { verdict: 'same', winner: null, advice: 'No difference worth having: less than 10 % either way.' };
  const leaders = others.filter(({ lift }) => lift && lift.low > 0);
  if (leaders.length > 0)
    return keepGoing(`${leaders.map(nameOf).join(' and ')} beat A, but no version beats all others yet`);
  const more = moreNeeded(phases, others, alpha);
  return keepGoing(more > 0 ? `about ${plural(more, 'more conversion')} needed` : 'no difference is clear yet');
}

const keepGoing = (why: string): Judged => ({ verdict: 'keep-going', winner: null, advice: `Keep going: ${why}.` });

/** The version whose lift is above that of every other; A has a lift of 0. */
function aheadAmong(base: VersionResult, others: readonly VersionResult[]): VersionResult | undefined {
  const lifts = [{ of: base, low: 0, high: 0 }, ...others.map((of) => ({ of, ...(of.lift ?? unknownLift) }))];
  return lifts.find((one) => lifts.every((other) => other === one || one.low > other.high))?.of;
}

const unknownLift: LiftRange = { low: -1, high: Number.POSITIVE_INFINITY };

function aheadIn(ahead: VersionResult, others: readonly VersionResult[]): string {
  if (ahead.lift)
    return `${nameOf(ahead)} is ahead: ${rangeInWords(ahead.lift)}${others.length > 1 ? ' against A' : ''}.`;
  const said = others.map((other) => `${nameOf(other)} ${rangeInWords(other.lift ?? unknownLift)}`);
  return `A is ahead: ${said.join(', ')} against A.`;
}

/** '+12 % to +48 %' */
export function rangeInWords({ low, high }: LiftRange): string {
  if (high === Number.POSITIVE_INFINITY) return low <= -1 ? 'not known yet' : `${liftInWords(low)} or more`;
  return `${liftInWords(low)} to ${liftInWords(high)}`;
}

/** 0.123 -> '+12 %', with a digit below 10 %. */
export function liftInWords(lift: number): string {
  if (lift === Number.POSITIVE_INFINITY) return 'not known yet';
  const percent = Math.abs(lift * 100);
  const digits = percent < 9.95 ? percent.toFixed(1) : Math.round(percent).toLocaleString('en');
  return `${lift < 0 ? '−' : '+'}${digits} %`;
}

/** About how many conversions more are needed for the lift that is seen, or for one that is worth having. */
function moreNeeded(phases: readonly (readonly PhaseVersion[])[], others: readonly VersionResult[], alpha: number) {
  const each = others.map(({ version }) => {
    const pairs = pairsOf(phases, version);
    const seen = Math.min(mostSeen, Math.max(leastSeen, liftOf(pairs) ?? mostSeen));
    const so = pairs.reduce((sum, { first, second }) => sum + first + second, 0);
    const share = pairs.at(-1)?.share ?? 0.5;
    return conversionsNeeded(Math.abs(seen) < margin ? margin : seen, share, alpha) - so;
  });
  return roundUp(Math.min(...each));
}

/** No more digits than an estimate deserves: 1,234 -> 1,300. */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.ceil(count / unit) * unit;
}

/** A version's conversions beside A's, of each phase in which both had a share; none for A itself. */
const pairsOf = (phases: readonly (readonly PhaseVersion[])[], version: number): Pair[] =>
  phases.flatMap((phase) => {
    if (version === 1) return [];
    const [first, second] = [1, version].map((wanted) => phase.find((each) => each.version === wanted));
    if (!first?.weight || !second?.weight) return [];
    const share = second.weight / (first.weight + second.weight);
    return [{ first: first.conversions, second: second.conversions, share }];
  });

const weighedOf = ({ first, second, share }: Pair) => [
  { count: second, weight: share },
  { count: first, weight: 1 - share },
];

/** Visitors of a phase, for the check of its split; a version without a share has none. */
const visitorsOf = (phase: readonly PhaseVersion[]) =>
  phase.filter(({ weight }) => weight > 0).map(({ visitors, weight }) => ({ count: visitors, weight }));

const ratesOf = (phases: readonly (readonly PhaseVersion[])[], version: number) => {
  const own = phases.flat().filter((each) => each.version === version);
  return { visitors: sumOfField(own, 'visitors'), conversions: sumOfField(own, 'conversions') };
};

const nameOf = ({ version }: { version: number }) => versionLetter(version);

const sumOfField = <Field extends string>(all: readonly Record<Field, number>[], field: Field): number =>
  all.reduce((sum, each) => sum + each[field], 0);
