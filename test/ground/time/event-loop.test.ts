import { describe, expect, it } from 'vitest';
import { inRounds, ownRound } from '../../../src/ground/time/event-loop.ts';

/** Counts the rounds of the event loop until it is stopped. */
function countRounds() {
  let [rounds, isOver] = [0, false];
  const count = () => {
    rounds++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return { rounds: () => rounds, stop: () => (isOver = true) };
}

describe('long work', () => {
  it('of many at the same time is begun once a round of the event loop, in the order of asking', async () => {
    const counting = countRounds();
    const begun: { nth: number; round: number }[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, nth) => {
        await ownRound();
        begun.push({ nth, round: counting.rounds() });
      }),
    );
    counting.stop();
    expect(begun.map(({ nth }) => nth)).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
    expect(new Set(begun.map(({ round }) => round)).size).toBe(20);
  });

  it('over many values is done some at a time, each some in a round of their own', async () => {
    const counting = countRounds();
    const seen = new Set<number>();
    const results = await inRounds([1, 2, 3, 4, 5, 6, 7], 3, (some) => {
      seen.add(counting.rounds());
      return some.join('');
    });
    counting.stop();
    expect(results).toEqual(['123', '456', '7']);
    expect(seen.size).toBe(3);
  });

  it('is followed by as long a pause, however much waits', async () => {
    const pieces: { began: number; ended: number }[] = [];
    await inRounds([1, 2, 3], 1, () => {
      const began = performance.now();
      while (performance.now() - began < 20);
      pieces.push({ began, ended: performance.now() });
    });
    // A timer may fire within the millisecond before its time.
    for (const [nth, { ended }] of pieces.slice(0, -1).entries())
      expect((pieces[nth + 1]?.began ?? 0) - ended).toBeGreaterThan(18);
  });
});
