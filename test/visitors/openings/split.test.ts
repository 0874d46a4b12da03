import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chooseByWeight, chooseVersion, readySplit } from '../../../src/visitors/openings/split.ts';
import { visitOf } from '../../setup/plan.ts';

/** Visitors by their 64 bits. */
const visitors = Array.from({ length: 100_000 }, () => randomBytes(8).toString('hex'));

const among = (...weights: number[]) => weights.map((weight, index) => ({ key: 101 + index, weight }));

/** The percentage of visitors whose version changes from one list to another. */
function moved(before: ReturnType<typeof among>, after: ReturnType<typeof among>): number {
  const changed = visitors.filter(
    (visitor) => chooseByWeight(visitor, before)?.key !== chooseByWeight(visitor, after)?.key,
  );
  return (100 * changed.length) / visitors.length;
}

describe('visitors split by weight', () => {
  it.each([[[1, 1]], [[70, 20, 10]], [[999, 1]], [[1, 2, 3, 4, 5, 6, 7, 8]], [[0, 3]]])(
    'come in shares of %j, within one percentage point',
    (weights) => {
      const versions = among(...weights);
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const counts = new Map<number | undefined, number>();
      for (const visitor of visitors) {
        const key = chooseByWeight(visitor, versions)?.key;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      for (const { key, weight } of versions)
        expect(Math.abs((counts.get(key) ?? 0) / visitors.length - weight / sum)).toBeLessThan(0.01);
    },
  );

  // The table of the brief on A/B tests, measured with as many visitors.
  it.each([
    ['other weights of two', among(50, 50), among(60, 40), 10.2],
    ['other weights of three', among(70, 20, 10), among(60, 30, 10), 11],
    ['a third version', among(1, 1), among(1, 1, 1), 33.5],
    ['another order', among(1, 1), among(1, 1).toReversed(), 0],
  ])('move as few as can be for %s', (_change, before, after, percent) => {
    expect(Math.abs(moved(before, after) - percent)).toBeLessThan(1);
  });

  it('are in no version where no weight is above 0', () => {
    expect(chooseByWeight('0123456789abcdef', among(0, 0))).toBeUndefined();
  });
});

describe('the version of a visitor', () => {
  const at = new Date('2026-03-20T12:00:00Z');
  const person = { isHuman: true, shape: 'Mozilla/0 Chrome/0' };
  const addresses = Array.from({ length: 200 }, (_, index) => `203.0.113.${index}`);
  const plan = {
    secret: 'a secret',
    endsAt: null as string | null,
    isPaused: false,
    destinations: [
      { id: 7, key: 7, test: 7, url: 'https://a.example/', isOwn: false, weight: 1 },
      { id: 8, key: 8, test: 7, url: 'https://b.example/', isOwn: false, weight: 1 },
    ],
  };
  const make = (changes: Partial<typeof plan> = {}) => {
    const split = readySplit({ ...plan, ...changes }, (url, id) => ({ url, id }));
    if (!split) throw new Error('There is no split.');
    return (address: string, visitor: typeof person | null = person, when = at) =>
      chooseVersion(split, { url: 'own', id: null }, visitOf({ address, at: when }), visitor ?? undefined);
  };

  it('is the same over a week and on two nodes', () => {
    const [one, other] = [make(), make()];
    const later = new Date(at.getTime() + 7 * 86_400_000);
    for (const address of addresses) expect(other(address, person, later)).toEqual(one(address));
    expect(new Set(addresses.map((address) => one(address).id))).toEqual(new Set([7, 8]));
  });

  it('is the same in a /64 of IPv6, where devices change their address', () => {
    const choose = make();
    for (let network = 1; network < 50; network++)
      expect(choose(`2001:db8:0:${network}::1`)).toEqual(choose(`2001:db8:0:${network}:ffff::2`));
  });

  it('is another lot with another secret', () => {
    const [one, other] = [make(), make({ secret: 'another' })];
    const same = addresses.filter((address) => one(address).id === other(address).id).length;
    expect(same).toBeGreaterThan(60);
    expect(same).toBeLessThan(140);
  });

  it('is the first with a weight for machines and previews, and counts for none', () => {
    const [first, second] = plan.destinations;
    const choose = make({ destinations: [{ ...first!, weight: 0 }, second!] });
    for (const visitor of [null, { ...person, isHuman: false }])
      expect(choose('203.0.113.9', visitor)).toEqual({ url: 'https://b.example/', id: null });
  });

  it("is the link's own while it is paused, and from the instant of its end on", () => {
    const own = { url: 'own', id: null };
    expect(make({ isPaused: true })('203.0.113.9')).toEqual(own);
    const choose = make({ endsAt: '2026-03-20T12:00:00.000Z' });
    expect(choose('203.0.113.9', person, at)).toEqual(own);
    expect(choose('203.0.113.9', person, new Date(at.getTime() - 1)).id).not.toBeNull();
  });
});
