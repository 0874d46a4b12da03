import { hash } from 'node:crypto';
import { networkOf } from '../../ground/addresses/network.ts';
import type { SplitPlan } from '../../ground/addresses/split.ts';
import type { Facts } from '../conditions/facts.ts';
import type { Utm } from '../visits/utm.ts';
import type { Visit } from '../visits/visit.ts';

/** A visitor, as far as one of several addresses is chosen by it. */
export type Visitor = {
  /** False for every class but human: machines count for no version. */
  isHuman: boolean;
  /** The user agent's shape, which an update of the browser does not change. */
  shape: string;
  /** For rules. @param own tags of the link's own address, by which a channel may be told */
  factsOf: (own: Readonly<Utm>) => Facts;
};

/** Something among which visitors are split. */
export type WeighedKey = { key: number; weight: number };

/** The final mix of MurmurHash3 (Austin Appleby, public domain): each bit of the input changes half of the output. */
function mixed(bits: number): number {
  let mix = bits;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}

/**
 * Chooses one by its weight, the same one for the same visitor always: weighted rendezvous hashing, by logarithms
 * (Schindelhauer and Schomaker, 2005). A change of weights moves as few visitors as can be.
 * @param visitor 64 bits of a hash as hex
 * @returns undefined where no weight is above 0
 */
export function chooseByWeight<One extends WeighedKey>(visitor: string, among: readonly One[]): One | undefined {
  const [high, low] = [parseInt(visitor.slice(0, 8), 16), parseInt(visitor.slice(8, 16), 16)];
  let best: One | undefined;
  let bestScore = 0;
  for (const one of among) {
    if (one.weight <= 0) continue;
    const key = mixed(one.key + 1);
    // 53 bits, between 0 and 1 without either.
    const chance = (mixed(high ^ key) * 2 ** 21 + (mixed(low ^ key) >>> 11) + 0.5) / 2 ** 53;
    const score = -one.weight / Math.log(chance);
    if (score <= bestScore) continue;
    best = one;
    bestScore = score;
  }
  return best;
}

/** The visitor's 64 bits: people of one network with one browser are one, and no version of it moves them. */
export const visitorOf = (secret: string, address: string, shape: string): string =>
  hash('sha256', `${secret}\n${networkOf(address)}\n${shape}`, 'hex').slice(0, 16);

/** A split whose addresses are ready to be answered with. */
export type ReadySplit<Destination> = {
  secret: string;
  /** Milliseconds since 1970. */
  endsAt: number;
  isPaused: boolean;
  destinations: readonly (WeighedKey & { to: Destination })[];
  /** For those who walk no split: the first with a weight above 0. */
  first: Destination;
};

/** @param destinationOf makes one with the id that hits keep, or without one for visits that count for none */
export function readySplit<Destination>(
  plan: SplitPlan,
  destinationOf: (url: string, id: number | null) => Destination,
): ReadySplit<Destination> | undefined {
  const first = plan.destinations.find(({ weight }) => weight > 0);
  if (!first) return undefined;
  return {
    secret: plan.secret,
    endsAt: plan.endsAt === null ? Infinity : Date.parse(plan.endsAt),
    isPaused: plan.isPaused,
    destinations: plan.destinations.map(({ id, key, weight, url }) => ({ key, weight, to: destinationOf(url, id) })),
    first: destinationOf(first.url, null),
  };
}

/** Whether visitors are split at an instant. */
export const isSplitAt = ({ isPaused, endsAt }: Pick<ReadySplit<unknown>, 'isPaused' | 'endsAt'>, at: Date): boolean =>
  !isPaused && at.getTime() < endsAt;

/**
 * The address for one visit.
 * @param own the link's own address, where all go while the split is paused and once it has ended
 * @param visitor undefined where a page only tells where the link leads, or no hit can be made
 */
export function chooseVersion<Destination>(
  split: ReadySplit<Destination>,
  own: Destination,
  { at, address }: Pick<Visit, 'at' | 'address'>,
  visitor: Pick<Visitor, 'isHuman' | 'shape'> | undefined,
): Destination {
  if (!isSplitAt(split, at)) return own;
  if (!visitor?.isHuman) return split.first;
  return chooseByWeight(visitorOf(split.secret, address, visitor.shape), split.destinations)?.to ?? own;
}
