import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { divideLanes } from '../../../src/ground/db/lanes.ts';
import { Turns } from '../../../src/ground/db/turns.ts';
import { LimitReached, Unavailable } from '../../../src/ground/text/errors.ts';

let turns: Turns;
/** What is under way, and how each is ended. */
let running: { workspaceId: string; end: () => void }[];

beforeEach(() => {
  vi.useFakeTimers();
  turns = new Turns({ ofWorkspace: 2, ofAll: 4 });
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

describe('what takes turns', () => {
  it('runs two at a time in a workspace and four in all, and lets others wait in their order', async () => {
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

  it('gives a free place to the workspace that had none for longest, however many another has waiting', async () => {
    turns = new Turns({ ofWorkspace: 1, ofAll: 1 });
    const asked = [...Array.from({ length: 10 }, () => ask('a')), ask('b'), ask('b'), ask('c')];
    const order: string[] = [];
    while (order.length < 13) {
      await settle();
      order.push(underWay());
      running[0]?.end();
    }
    expect(order.join('')).toBe('abcabaaaaaaaa');
    await Promise.all(asked);
  });

  it('is refused when no turn comes within five seconds, and takes none later', async () => {
    const first = [ask('a'), ask('a')];
    const refused = expect(ask('a')).rejects.toThrow(LimitReached);
    await vi.advanceTimersByTimeAsync(5_000);
    await refused;
    for (const { end } of running) end();
    await Promise.all(first);
    expect(underWay()).toBe('');
  });

  it('is told whether its own workspace asks for too much or the server has too much to do', async () => {
    const first = ['a', 'a', 'b', 'b'].map(ask);
    const [own, others] = [ask('a'), ask('c')].map((asked) => asked.catch((error: unknown) => error));
    await vi.advanceTimersByTimeAsync(5_000);
    const refusals = [await own, await others];
    expect(refusals[0]).toBeInstanceOf(LimitReached);
    expect(refusals[1]).toBeInstanceOf(Unavailable);
    for (const refusal of refusals) expect(refusal).toMatchObject({ headers: { 'retry-after': '5' } });
    for (const { end } of running) end();
    await Promise.all(first);
  });

  it('gives its turn back when it fails', async () => {
    for (let n = 0; n < 5; n++)
      await expect(turns.take('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    void ask('a');
    await settle();
    expect(underWay()).toBe('a');
  });
});

describe('the connections of a pool', () => {
  it.each([2, 3, 5, 10, 11, 20, 50])(
    '%i: some are left for what is short, whoever asks for what',
    async (connections) => {
      const { rows, lists } = divideLanes({}, connections);
      let begun = 0;
      for (const lane of new Set([rows, lists]))
        for (const workspace of ['a', 'b', 'c', 'd'])
          for (let n = 0; n < connections; n++)
            void lane.take(workspace, () => {
              begun++;
              return new Promise(() => {});
            });
      await settle();
      expect(begun).toBeGreaterThan(0);
      expect(begun).toBeLessThan(connections);
    },
  );

  it.each([
    { cores: 1, most: 1 },
    { cores: 2, most: 1 },
    { cores: 4, most: 2 },
    { cores: 64, most: 2 },
  ])('one workspace has $most of ten at once in each lane where there are $cores cores', async ({ cores, most }) => {
    for (const lane of Object.values(divideLanes({}, 10, cores))) {
      for (let n = 0; n < 10; n++) void lane.take('a', () => new Promise(() => {}));
      await settle();
      expect(lane.busy).toBe(most);
    }
  });
});
