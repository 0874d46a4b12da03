import { Invalid, type Refusals } from '../../ground/text/errors.ts';

/*
 * Programs give addresses weights, people shares in percent. A share has one decimal at most, so that shares are weights
 * of a thousand.
 */

/** [2, 1] -> [66.7, 33.3] */
export function sharesOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => (sum === 0 ? 0 : Number(((100 * weight) / sum).toFixed(1))));
}

/** Shares as a form shows them: ['66.7', '33.3']. */
export const textsOfShares = (weights: readonly number[]): string[] => sharesOf(weights).map(String);

/** Weights without what divides all of them: [50, 50] and [1, 1] split visitors in the same way. */
export function reducedWeights(weights: readonly number[]): number[] {
  const divisor = weights.reduce(commonDivisor, 0) || 1;
  return weights.map((weight) => weight / divisor);
}

const commonDivisor = (one: number, other: number): number => (other === 0 ? one : commonDivisor(other, one % other));

/** A share in tenths of a percent: '33.3 %' -> 333. @throws Invalid */
function readTenths(text: string, field: string): number {
  const [, whole, tenth = '0'] = /^\s*(\d{1,3})(?:[.,](\d))?\s*%?\s*$/.exec(text) ?? [];
  const tenths = 10 * Number(whole) + Number(tenth);
  if (tenths <= 1000) return tenths;
  throw new Invalid('Write a share from 0 to 100, such as 30 or 33.3.', { field });
}

/** Weights of shares in tenths of a percent: whole percents where each is one; other even ones are 1 each. */
function weightsOfTenths(tenths: readonly number[]): number[] {
  if (tenths.every((share) => share % 10 === 0)) return tenths.map((share) => share / 10);
  return tenths.every((share) => share === tenths[0]) ? tenths.map(() => 1) : [...tenths];
}

/**
 * Reads the shares of a form; empty ones have what the others leave of 100 %, evenly.
 * @param refusals hears of each share by its field, and by `ofAll` where all together are not 100 %
 * @param known weights whose shares the form may have shown: they stay where no share differs
 * @returns undefined where something was refused
 */
export function readShares(
  shares: readonly { text: string; field: string }[],
  refusals: Refusals,
  { known = [], ofAll }: { known?: readonly number[]; ofAll: string },
): number[] | undefined {
  const tenths = shares.map(({ text, field }) =>
    text.trim() === '' ? null : refusals.readNow(() => readTenths(text, field)),
  );
  if (tenths.includes(undefined)) return undefined;
  const given = tenths.filter((each) => typeof each === 'number');
  const sum = given.reduce((all, each) => all + each, 0);
  const empty = tenths.length - given.length;
  // Shares that were rounded for the form may miss by half a tenth each.
  const isWhole = empty === 0 ? Math.abs(sum - 1000) <= shares.length / 2 : sum <= 1000;
  if (!isWhole)
    return refusals.readNow(() => {
      throw new Invalid(
        `The shares are ${sum / 10} % together. They need to be 100 %. Leave one empty, and it has the rest.`,
        { field: ofAll },
      );
    });
  const rest = Math.floor((1000 - sum) / Math.max(1, empty));
  const filled = tenths.map((each) => each ?? rest);
  const shown = sharesOf(known).map((share) => Math.round(10 * share));
  return JSON.stringify(shown) === JSON.stringify(filled) ? [...known] : weightsOfTenths(filled);
}

/** Whether shares of a form are even, as they were typed or as they stand there empty. */
export const areEven = (rows: readonly { share: string }[]): boolean =>
  rows.every(({ share }) => share.trim() === rows[0]?.share.trim());

/** The rows of a form after some came or went: even shares stay even. @param before the rows as they were sent */
export function withEvenShares<Row extends { share: string }>(before: readonly Row[], after: readonly Row[]): Row[] {
  if (!areEven(before)) return [...after];
  const shares = textsOfShares(after.map(() => 1));
  return after.map((row, index) => ({ ...row, share: shares[index] ?? '' }));
}
