/** A number from 0 up to, not including, 1. */
export type Random = () => number;

/** Mulberry32: small, quick, and the same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Things, each with how often it is met; the numbers may have any sum. */
export type Weighted<T> = readonly (readonly [weight: number, thing: T])[];

/** Draws one of some things by their weights. */
export type Draw<T> = (random: Random) => T;

/** @throws when there is nothing to draw */
export function drawFrom<T>(things: Weighted<T>): Draw<T> {
  const sums = runningSums(things.map(([weight]) => weight));
  return (random) => {
    const drawn = things[drawIndex(sums, random)];
    if (drawn === undefined) throw new Error('There is nothing to draw from.');
    return drawn[1];
  };
}

/** Prepares weights for `drawIndex`. */
export function runningSums(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) {
    sum += weights[index] ?? 0;
    sums[index] = sum;
  }
  return sums;
}

/** An index, drawn by the weights behind the running sums. One of weight 0 is never drawn. */
export function drawIndex(sums: Float64Array, random: Random): number {
  const mark = random() * (sums.at(-1) ?? 0);
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) > mark) high = middle;
    else low = middle + 1;
  }
  return low;
}
