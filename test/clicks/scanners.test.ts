import { describe, expect, it } from 'vitest';
import { Bursts, burstMs, findBursts, type Sighted } from '../../src/clicks/bursts.ts';
import { findNetwork, networks } from '../../src/clicks/networks.ts';

const hit = (changes: Partial<Sighted>): Sighted => ({
  workspaceId: 'w',
  linkId: 'a',
  visitor: 1,
  network: null,
  at: 1_000_000,
  ...changes,
});

describe('the networks of mail and security services', () => {
  it.each([
    ['67.231.144.0', 'proofpoint'],
    ['67.231.159.255', 'proofpoint'],
    ['67.231.160.0', null],
    ['67.231.143.255', null],
    ['209.222.87.1', 'barracuda'],
    ['205.139.111.9', 'mimecast'],
    ['40.93.1.1', 'microsoft'],
    ['::ffff:40.93.1.1', 'microsoft'],
    ['40.94.0.0', null],
    ['0.0.0.0', null],
    ['255.255.255.255', null],
    ['2a01:111:f403::1', null],
    ['67.231.144', null],
    ['67.231.144.256', null],
    ['67.231.144.1.1', null],
    ['67.231.144.1:80', null],
    ['', null],
  ])('know whose %s is', (address, network) => {
    expect(findNetwork(address)).toBe(network);
  });

  it('do not overlap, so that one address has one owner', () => {
    const spans = Object.values(networks)
      .flat()
      .map((block) => {
        const [address = '', bits = ''] = block.split('/');
        const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        return { block, first, last: first + 2 ** (32 - Number(bits)) - 1 };
      })
      .toSorted((a, b) => a.first - b.first);
    const overlaps = spans.filter(({ first }, index) => first <= (spans[index - 1]?.last ?? -1));
    expect(overlaps).toEqual([]);
    expect(spans.length).toBeGreaterThan(50);
  });
});

describe('a burst, as it is seen while it happens', () => {
  it('is three different links of a workspace by one visitor within seconds', () => {
    const bursts = new Bursts();
    const seen = ['a', 'b', 'b', 'c', 'd'].map((linkId, index) => bursts.isBurst(hit({ linkId, at: index * 500 })));
    expect(seen).toEqual([false, false, false, true, true]);
  });

  it('is one link from three addresses of one such network', () => {
    const bursts = new Bursts();
    const from = (visitor: number, network: string | null) => bursts.isBurst(hit({ visitor, network }));
    expect([1, 2, 3].map((visitor) => from(visitor, 'proofpoint'))).toEqual([false, false, true]);
    expect([4, 5, 6].map((visitor) => from(visitor, null))).toEqual([false, false, false]);
  });

  it('is not three links in a minute, or in three workspaces', () => {
    const bursts = new Bursts();
    const slow = ['a', 'b', 'c'].map((linkId, index) => bursts.isBurst(hit({ linkId, at: index * burstMs })));
    const wide = ['a', 'b', 'c'].map((id) => bursts.isBurst(hit({ workspaceId: id, linkId: id, visitor: 9 })));
    expect([...slow, ...wide]).not.toContain(true);
  });

  it('survives a clock that jumps back', () => {
    const bursts = new Bursts();
    const seen = ['a', 'b', 'c'].map((linkId, index) => bursts.isBurst(hit({ linkId, at: 5e6 - index * 3_600_000 })));
    expect(seen).toEqual([false, false, false]);
  });

  it('costs a bounded memory, whoever comes', () => {
    const bursts = new Bursts();
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let visitor = 0; visitor < 200_000; visitor++) bursts.isBurst(hit({ visitor, network: 'proofpoint' }));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
    // The first visitors are forgotten, so their second link is their first again.
    expect(bursts.isBurst(hit({ visitor: 1, linkId: 'b' }))).toBe(false);
  });
});

describe('a burst, as it is seen afterwards', () => {
  it('holds its first hits too, and leaves the ones around it alone', () => {
    const early = hit({ linkId: 'a', at: 0 });
    const burst = ['a', 'b', 'c'].map((linkId, index) => hit({ linkId, at: 60_000 + index * 400 }));
    const other = hit({ visitor: 2, at: 60_100 });
    const late = hit({ linkId: 'd', at: 60_000 + 2 * burstMs });
    const found = findBursts([early, ...burst, other, late].toSorted((a, b) => a.at - b.at));
    expect([...found]).toEqual(burst);
  });
});
