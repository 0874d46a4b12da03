import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerNode } from './node.ts';
import { sendVisitors } from './visitors.ts';
import { openWorld, until, type World } from './world.ts';

let world: World;
let node: ServerNode;

beforeAll(async () => {
  world = await openWorld();
  for (const slug of ['hot', 'warm', 'cold', 'chilled']) await world.makeLink(slug);
  node = await world.start();
});

afterEach(({ task }) => world.tell(task));
afterAll(() => world.close());

const send = () => sendVisitors(() => [node.port], ['/hot', '/hot', '/warm']);

describe('Postgres under load', () => {
  it('is killed twice and started again: visitors go on, no click is lost or doubled', async () => {
    const visitors = send();
    await visitors.progress(500);
    for (let round = 0; round < 2; round++) {
      await world.postgres.kill();
      await visitors.progress(1_000);
      await world.postgres.start();
      await visitors.progress(500);
    }
    await visitors.leave();
    const balance = await world.settle('Postgres killed under load, twice', visitors);
    expect([...visitors.refused.keys()]).toEqual([]);
    expect(balance.spooled).toBeGreaterThan(1_500);
    expect(balance.longestStallMs).toBeLessThan(2_500);
  });

  it('freezes and thaws: what it commits late is not counted twice', async () => {
    const visitors = send();
    await visitors.progress(500);
    for (const seconds of [0.5, 3]) {
      await world.postgres.freeze();
      await sleep(seconds * 1_000);
      await visitors.progress(100);
      await world.postgres.thaw();
      await visitors.progress(500);
    }
    await visitors.leave();
    const balance = await world.settle('Postgres frozen under load, twice', visitors);
    expect([...visitors.refused.keys()]).toEqual([]);
    expect(balance.spooled).toBeGreaterThan(200);
    expect(balance.longestStallMs).toBeLessThan(2_500);
  });
});

describe('while Postgres is away', () => {
  it.each([
    ['killed', () => world.postgres.kill(), () => world.postgres.start(), '/cold'],
    ['frozen', () => world.postgres.freeze(), () => world.postgres.thaw(), '/chilled'],
  ])(
    '(%s) links in memory lead on, others ask for patience, and all is well afterwards',
    async (how, away, back, unseen) => {
      const visitors = send();
      await visitors.progress(100);
      await away();
      await visitors.progress(200);
      const answer = await node.ask(unseen);
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.text).toContain('<h1');
      await back();
      await until(`${unseen} opens`, async () => (await node.ask(unseen)).status === 302, 5_000);
      expect((await node.ask('/nobody-has-this')).status).toBe(404);
      await visitors.leave();
      await world.settle(`Postgres ${how}, a link that is not in memory`, visitors);
      expect([...visitors.refused.keys()]).toEqual([]);
    },
  );
});
