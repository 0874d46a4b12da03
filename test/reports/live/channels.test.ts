import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Channels } from '../../../src/reports/live/channels.ts';
import type { LiveHit } from '../../../src/reports/live/live-hit.ts';
import type { Watched } from '../../../src/reports/live/queries.ts';

const start = Date.UTC(2026, 10, 22, 12);

let hits: LiveHit[];
let looks: { since: number; limit: number }[];
let channels: Channels;

function addHit(at: number, changes: Partial<LiveHit> = {}): void {
  const words = {
    class: 'People',
    reason: 'Browser',
    place: null,
    device: null,
    from: null,
    destination: null,
    isRouted: false,
  };
  hits.push({ id: String(at), at, linkId: 'a', link: 'go.example/a', isClick: true, ...words, ...changes });
}

/** A viewer who writes down what they hear. */
function viewer() {
  const heard: string[] = [];
  return { heard, send: (bytes: Buffer) => void heard.push(bytes.toString()), end: vi.fn() };
}

const idsOf = (heard: string[]) =>
  heard
    .filter((text) => text.startsWith('id: '))
    .map((text) => {
      const { hits: told } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '{}') as { hits: LiveHit[] };
      return told.map(({ id }) => id);
    });

const watched: Watched = { workspaceId: 'w', subject: { kind: 'workspace', id: 'w' } };
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  hits = [];
  looks = [];
  channels = new Channels(
    async (_watched, since, limit) => {
      looks.push({ since: since.getTime(), limit });
      return hits.filter(({ at }) => at >= since.getTime()).slice(-limit);
    },
    (error) => {
      throw error;
    },
  );
});

afterEach(() => {
  channels.close();
  vi.useRealTimers();
});

describe('those who look at one subject', () => {
  it('cost one look a second together, and none once the last has gone', async () => {
    const stops = Array.from({ length: 200 }, () => channels.watch(watched, viewer(), null));
    await seconds(10);
    expect(looks).toHaveLength(11);
    for (let more = 0; more < 50; more++) {
      expect(channels.hasRoom(watched)).toBe(true);
      stops.push(channels.watch(watched, viewer(), null));
    }
    expect([channels.hasRoom(watched), channels.hasRoom({ ...watched, workspaceId: 'v' })]).toEqual([false, true]);
    for (const { stop } of stops) stop();
    await seconds(10);
    expect(looks).toHaveLength(11);
    expect(channels.hasRoom(watched)).toBe(true);
  });

  it('hear each hit once, also one that is recorded after others that came later', async () => {
    const one = viewer();
    channels.watch(watched, one, null);
    await seconds(0);
    addHit(start + 1_000);
    await seconds(1);
    addHit(start + 500);
    await seconds(5);
    expect(idsOf(one.heard)).toEqual([[], [String(start + 1_000)], [String(start + 500)]]);
  });

  it('look at twenty subjects of a workspace at most', () => {
    const link = (linkId: string, workspaceId = 'w'): Watched => ({
      workspaceId,
      subject: { kind: 'link', id: linkId },
    });
    const stops = Array.from({ length: 20 }, (_, n) => channels.watch(link(`link${n}`), viewer(), null));
    expect([link('more'), link('link7'), link('more', 'v')].map((each) => channels.hasRoom(each))).toEqual([
      false,
      true,
      true,
    ]);
    stops[3]?.stop();
    expect(channels.hasRoom(link('more'))).toBe(true);
  });

  it('begin with the last half hour, or with what they missed', async () => {
    addHit(start - 40 * 60_000);
    addHit(start - 20 * 60_000);
    addHit(start - 1_000);
    const [one, other] = [viewer(), viewer()];
    channels.watch(watched, one, null);
    channels.watch(watched, other, start - 500);
    await seconds(0);
    expect(idsOf(one.heard)).toEqual([[String(start - 20 * 60_000), String(start - 1_000)]]);
    expect(idsOf(other.heard)).toEqual([[String(start - 1_000)]]);
    expect(one.heard[0]).toMatch(new RegExp(`^id: ${start - 1_000}$`, 'm'));
  });

  it('are kept awake by a comment, for the proxies between', async () => {
    const one = viewer();
    channels.watch(watched, one, null);
    await seconds(40);
    expect(one.heard.filter((text) => text.startsWith(':'))).toHaveLength(2);
  });

  it('look at their reports less often the more they are', async () => {
    const one = viewer();
    channels.watch(watched, one, null);
    await seconds(0);
    expect(one.heard[0]).toContain('"pauseMs":3000');
    for (let count = 1; count < 200; count++) channels.watch(watched, viewer(), null);
    addHit(start + 500);
    await seconds(1);
    expect(one.heard.at(-1)).toContain('"pauseMs":40000');
  });

  it('go on when the database was away for a moment', async () => {
    let isAway = false;
    const problems: unknown[] = [];
    const shaky = new Channels(
      async () => {
        if (isAway) throw new Error('away');
        return [...hits];
      },
      (error) => problems.push(error),
    );
    const one = viewer();
    shaky.watch(watched, one, null);
    await seconds(1);
    isAway = true;
    await seconds(2);
    isAway = false;
    addHit(start + 2_500);
    await seconds(1);
    shaky.close();
    expect(problems).toHaveLength(2);
    expect(idsOf(one.heard).at(-1)).toEqual([String(start + 2_500)]);
  });

  it('are told to go when the server stops', async () => {
    const one = viewer();
    channels.watch(watched, one, null);
    channels.close();
    expect(one.end).toHaveBeenCalledOnce();
    const late = viewer();
    channels.watch(watched, late, null);
    expect(late.end).toHaveBeenCalledOnce();
  });
});
