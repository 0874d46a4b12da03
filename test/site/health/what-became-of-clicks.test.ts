import { describe, expect, it } from 'vitest';
import { openMetrics } from '../../../src/site/health/metrics.ts';
import { countTraffic } from '../../../src/visitors/redirect/traffic.ts';

describe('the metrics', () => {
  it('tell of every hit what became of it', async () => {
    const metrics = openMetrics({
      traffic: countTraffic(),
      spoolDepth: () => ({ hits: 0, oldestAt: null }),
      jobStates: () => [],
      isDatabaseThere: () => false,
      countBacklog: async () => undefined,
    });
    metrics.observe({ kind: 'batch', hits: 1, ms: 2 });
    metrics.observe({ kind: 'kept', hits: 20, outcome: 'spooled' });
    metrics.observe({ kind: 'kept', hits: 3, outcome: 'lost' });
    metrics.observe({ kind: 'drained', hits: 14 });
    metrics.observe({ kind: 'emptied', hits: 14 });
    metrics.observe({ kind: 'refused', hits: 5, error: new Error('too long') });
    metrics.observe({ kind: 'torn', hits: 6 });
    const text = await metrics.read();
    const fates = [...text.matchAll(/^waymark_clicks_total\{fate="(\w+)"\} (\d+)$/gm)].map(([, fate, hits]) => [
      fate,
      hits,
    ]);
    expect(Object.fromEntries(fates)).toEqual({
      committed: '1',
      spooled: '20',
      drained: '14',
      refused: '5',
      torn: '6',
      lost: '3',
    });
  });
});
