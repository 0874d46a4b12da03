import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../src/analytics/turns.ts';
import { LimitReached } from '../../src/errors.ts';

let turns: Turns;
/** What is under way, and how each is ended. */
let running: { workspaceId: string; end: () => void }[];

beforeEach(() => {
  vi.useFakeTimers();
  turns = new Turns();
  running = [];
});
afterEach(() => vi.useRealTimers());

const ask = (workspaceId: string) =>
  turns.take(
    workspaceId,
    () =>
      new Promise<string>((resolve) => {
        const each = {
          workspaceId,
          end: () => {
            running = running.filter((other) => other !== each);
            resolve('counted');
          },
        };
        running.push(each);
      }),
  );
const underWay = () => running.map(({ workspaceId }) => workspaceId).join('');
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('reports that count rows', () => {
  it('run two at a time in a workspace and four in all; the others wait in their order', async () => {
    const asked = ['a', 'a', 'a', 'b', 'b', 'c', 'a'].map(ask);
    await settle();
    expect(underWay()).toBe('aabb');
    running[2]?.end();
    await settle();
    expect(underWay()).toBe('aabc');
    running[3]?.end();
    await settle();
    expect(underWay()).toBe('aab');
    running[0]?.end();
    await settle();
    expect(underWay()).toBe('aba');
    while (running.length > 0) {
      running[0]?.end();
      await settle();
    }
    expect(await Promise.all(asked)).toEqual(asked.map(() => 'counted'));
  });

  it('are refused when no turn comes within five seconds, and take none later', async () => {
    const first = [ask('a'), ask('a')];
    const refused = expect(ask('a')).rejects.toThrow(LimitReached);
    await vi.advanceTimersByTimeAsync(5_000);
    await refused;
    for (const { end } of running) end();
    await Promise.all(first);
    expect(underWay()).toBe('');
  });

  it('give their turn back when they fail', async () => {
    for (let n = 0; n < 5; n++)
      await expect(turns.take('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    void ask('a');
    await settle();
    expect(underWay()).toBe('a');
  });
});
