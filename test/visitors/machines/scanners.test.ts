import { describe, expect, it, vi } from 'vitest';
import { Bursts, burstMs, findBursts, type Sighted } from '../../../src/visitors/machines/bursts.ts';
import { findNetwork, networks } from '../../../src/visitors/machines/networks.ts';
import { Sweeps } from '../../../src/visitors/machines/sweeps.ts';

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

describe('a sweep', () => {
  const watch = () => {
    const told: number[] = [];
    const sweeps = new Sweeps((earlier) => told.push(...earlier.map(({ id }) => id)));
    let id = 0;
    const open = (linkId: string, clickedAt: number, address = '203.0.113.1', workspaceId = 'w') =>
      sweeps.isSwept({ id: ++id, clickedAt, linkId, workspaceId }, address);
    return { told, sweeps, open };
  };

  it('is five links within a second, and tells of the four before it once', () => {
    const { told, open } = watch();
    const seen = ['a', 'b', 'c', 'd', 'e', 'f'].map((link, index) => open(link, 10_000 + index * 199));
    expect(seen).toEqual([false, false, false, false, true, true]);
    expect(told).toEqual([1, 2, 3, 4]);
  });

  it('takes with it links that were opened twice', () => {
    const { told, open } = watch();
    expect(['a', 'a', 'b', 'b', 'c', 'd', 'e'].map((link) => open(link, 10_000)).at(-1)).toBe(true);
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is none where the second is over, or the clock has jumped', () => {
    const { told, open } = watch();
    const slow = ['a', 'b', 'c', 'd', 'e', 'f'].map((link, index) => open(link, 10_000 + index * 250));
    const back = ['g', 'h', 'i', 'j', 'k'].map((link, index) => open(link, 9_000_000 - index * 60_000));
    expect([...slow, ...back]).not.toContain(true);
    expect(told).toEqual([]);
  });

  it.each([
    ['a /24', ['203.0.113.1', '203.0.113.255'], ['203.0.114.1', '203.0.11.3']],
    ['a /48', ['2001:db8:7::1', '2001:db8:7:ffff::1'], ['2001:db8:8::1', '2001:db8:70::1']],
    ['a /48 that ends in zeros', ['2001:db8::1', '2001:db8:0:1::1'], ['2001:db8:1::1', '2001:db9::1']],
  ])('comes from %s', (_what, within, others) => {
    const { open } = watch();
    const from = (addresses: string[]) => ['a', 'b', 'c', 'd', 'e'].map((link, n) => open(link, 0, addresses[n % 2]));
    expect(from(others)).not.toContain(true);
    expect(from(within).at(-1)).toBe(true);
  });

  it.each([
    'unknown',
    '127.0.0.1',
    '10.9.8.7',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fe80::1',
    'fd12::1',
  ])('never comes from %s, which may be everybody’s', (address) => {
    const { open, sweeps } = watch();
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((link) => open(link, 0, address))).not.toContain(true);
    expect(sweeps.size).toBe(0);
  });

  it('is forgotten within seconds, and watches a bounded number of networks', () => {
    vi.useFakeTimers();
    try {
      const { open, sweeps } = watch();
      for (let n = 0; n < 50_000; n++) open('a', 0, `${(n >> 16) + 11}.${(n >> 8) & 255}.${n & 255}.1`);
      expect(sweeps.size).toBe(10_000);
      vi.advanceTimersByTime(2_000);
      expect(sweeps.size).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
