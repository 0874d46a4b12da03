/*
 * The sequential multinomial test: how sure it is that counts do not follow given shares, right at every look. Source:
 * Lindon and Malek, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 2022, arXiv:2011.03567. Its authors'
 * own code is github.com/optimizely/ssrm (Apache-2.0); docs/ab-tests.md tells it to marketers.
 */

/** Counts of some versions over one stretch of time, with the shares that they were given. */
export type Weighed = { count: number; weight: number };

/** Counts of two versions over one stretch of time; `share` is that of the second by weight, between 0 and 1. */
export type Pair = { first: number; second: number; share: number };

/** Relative difference of rates: 0.12 is 12 % more. `high` may be infinite. */
export type LiftRange = { low: number; high: number };

/** Weight of the guess before any count, in conversions: 100 finds lifts of 10 % to 100 % soonest. */
const priorOfLift = 100;

/** The same for visitors, in visitors: a split that is off by a point is found among tens of thousands. */
const priorOfSplit = 10_000;

/** A split check's E from which on it alarms: a fair split reaches it in 1 % of tests at most. */
const alarm = 100;

/** Stirling's series is right to 15 digits from here on. */
const largeEnough = 15;

/** The logarithm of the gamma function, of a number above 0: Stirling's series (DLMF 5.11.1), and its recurrence below. */
export function logGamma(x: number): number {
  let shift = 1;
  let z = x;
  for (; z < largeEnough; z++) shift *= z;
  const square = 1 / (z * z);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(shift);
}

/** The logarithm of the multivariate beta function. */
export const logBeta = (values: readonly number[]): number =>
  sumOf(values, logGamma) - logGamma(sumOf(values, (value) => value));

/**
 * The logarithm of E: how much better "some other shares" explains counts than the shares by weight do. Over several
 * stretches of time they add up.
 * @param prior weight of the guess before any count
 */
export function logEvidence(counts: readonly Weighed[], prior = priorOfLift): number {
  const all = sumOf(counts, ({ weight }) => weight);
  const shares = counts.map(({ weight }) => weight / all);
  const before = shares.map((share) => prior * share);
  const after = before.map((each, index) => each + (counts[index]?.count ?? 0));
  return (
    logBeta(after) - logBeta(before) - sumOf(counts, ({ count }, index) => times(count, Math.log(shares[index] ?? 0)))
  );
}

/** The chance of counts at least as far off, if the shares were as set: valid at every look. */
export const chanceOf = (evidence: number): number => Math.min(1, Math.exp(-evidence));

/**
 * The lifts of the second version's rate over the first's that the counts of all stretches of time allow. The sum is
 * convex in the logarithm of the lift, so both ends are found by bisection.
 * @param alpha chance that the interval ever leaves out the true lift
 * @returns null where no single lift fits all stretches
 */
export function liftInterval(phases: readonly Pair[], alpha = 0.05): LiftRange | null {
  const ahead = sumOf(phases, ({ first, second, share }) => logEvidencePart({ first, second, share }));
  const bound = -Math.log(alpha);
  const isAllowed = (lift: number) => ahead - likelihood(phases, lift) < bound;
  const best = logLiftOf(phases);
  if (best !== null && !isAllowed(best)) return null;
  const { first, second } = totalOf(phases);
  const from = best ?? 0;
  return {
    low: second === 0 ? -1 : Math.expm1(bisect(-farthest, from, isAllowed)),
    high: first === 0 ? Number.POSITIVE_INFINITY : Math.expm1(bisect(from, farthest, (lift) => !isAllowed(lift))),
  };
}

/** The lift that explains the counts best; null where nothing was counted. */
export function liftOf(phases: readonly Pair[]): number | null {
  const { first, second } = totalOf(phases);
  if (first === 0) return second === 0 ? null : Number.POSITIVE_INFINITY;
  return second === 0 ? -1 : Math.expm1(logLiftOf(phases) ?? 0);
}

/**
 * The chance that the second rate is the higher one, with nothing known before. Each rate is Beta(1 + x, 1 + n - x). The
 * sum is exact: Evan Miller, "Formulas for Bayesian A/B Testing" (2014). It is not corrected for looking early.
 */
export function chanceToBeat(first: Rate, second: Rate): number {
  const [a, b] = [1 + first.conversions, 1 + Math.max(0, first.visitors - first.conversions)];
  const d = 1 + Math.max(0, second.visitors - second.conversions);
  let term = logBeta([a, b + d]) - logBeta([a, b]);
  let sum = Math.exp(term);
  for (let i = 0; i < second.conversions; i++) {
    term += Math.log(((a + i) * (d + i)) / ((a + b + d + i) * (1 + i)));
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}

type Rate = { visitors: number; conversions: number };

/**
 * About how many conversions of both versions together tell a lift from none. By bisection it solves
 * N * KL - ln(1 + N / 100) / 2 = ln(1 / alpha). The median test needs fewer, nine of ten up to twice as many.
 * @param lift other than 0
 * @param share the second version's, by weight
 */
export function conversionsNeeded(lift: number, share = 0.5, alpha = 0.05): number {
  const seen = shareAt(Math.log1p(lift), share);
  const distance = times(seen, Math.log(seen / share)) + times(1 - seen, Math.log((1 - seen) / (1 - share)));
  const isEnough = (count: number) => count * distance - 0.5 * Math.log1p(count / priorOfLift) >= -Math.log(alpha);
  let most = 1;
  while (!isEnough(most) && most < 1e12) most *= 2;
  return Math.ceil(bisect(most / 2, most, isEnough));
}

/** Whether visitors of all stretches of time are split by another share than was set. */
export function isSplitOff(phases: readonly (readonly Weighed[])[]): boolean {
  // Each product of such values keeps the promise, so that one alarm holds for all of a test.
  return sumOf(phases, (phase) => logEvidence(phase, priorOfSplit)) >= Math.log(alarm);
}

/** Of a lift's logarithm: beyond it a version has 10^21 times the other's rate. */
const farthest = 50;

const logEvidencePart = ({ first, second, share }: Pair): number =>
  logBeta([priorOfLift * share + second, priorOfLift * (1 - share) + first]) -
  logBeta([priorOfLift * share, priorOfLift * (1 - share)]);

/** The second version's share of conversions where its rate is so much higher. @param lift its logarithm */
const shareAt = (lift: number, share: number): number => 1 / (1 + ((1 - share) / share) * Math.exp(-lift));

const likelihood = (phases: readonly Pair[], lift: number): number =>
  sumOf(phases, ({ first, second, share }) => {
    // Of both shares, since 1 - q loses all digits where q is near 1.
    const other = shareAt(-lift, 1 - share);
    return times(second, Math.log(shareAt(lift, share))) + times(first, Math.log(other));
  });

/** The lift, as its logarithm, at which the likelihood has no slope; null where nothing was counted. */
function logLiftOf(phases: readonly Pair[]): number | null {
  const { first, second } = totalOf(phases);
  if (first === 0 && second === 0) return null;
  return bisect(
    -farthest,
    farthest,
    (lift) => sumOf(phases, (pair) => (pair.first + pair.second) * shareAt(lift, pair.share) - pair.second) >= 0,
  );
}

const totalOf = (phases: readonly Pair[]) => ({
  first: sumOf(phases, ({ first }) => first),
  second: sumOf(phases, ({ second }) => second),
});

/** The least number between two of which something is true, where it stays true above it. */
function bisect(from: number, to: number, isTrue: (at: number) => boolean): number {
  let [low, high] = [from, to];
  // Two hundred halvings leave no number between the ends.
  for (let step = 0; step < 200 && high - low > 1e-13 * Math.max(1, Math.abs(low)); step++) {
    const middle = (low + high) / 2;
    if (isTrue(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

/** 0 times the logarithm of 0 is 0. */
const times = (count: number, logarithm: number): number => (count === 0 ? 0 : count * logarithm);

const sumOf = <Value>(values: readonly Value[], of: (value: Value, index: number) => number): number =>
  values.reduce((sum, value, index) => sum + of(value, index), 0);
