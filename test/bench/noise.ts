/** The middle one of some figures; NaN where there are none. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

/**
 * How far the median of some ratios may be off, as a share of it: half of its 95 % confidence interval by order
 * statistics (Conover, Practical Nonparametric Statistics, 3.2). More rounds make it smaller.
 */
export function spreadOf(ratios: readonly number[]): number {
  const sorted = ratios.toSorted((a, b) => a - b);
  const lowest = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2));
  const [low = Number.NaN, high = Number.NaN] = [sorted[lowest], sorted[sorted.length - 1 - lowest]];
  return (high - low) / 2 / median(sorted);
}

/** Rounds of a comparison: at least this many, and more until the machine's noise is small, up to the most. */
export const rounds = { least: 9, most: 30, quietEnough: 0.05 };

/**
 * Runs rounds until what is the same has been measured as the same.
 * @param run one round; gives the ratio of two measurements of the same build
 * @returns those ratios
 */
export async function runUntilQuiet(run: (round: number) => Promise<number>, least = rounds.least): Promise<number[]> {
  const ratios: number[] = [];
  while (ratios.length < least || (ratios.length < rounds.most && spreadOf(ratios) > rounds.quietEnough))
    ratios.push(await run(ratios.length));
  return ratios;
}
