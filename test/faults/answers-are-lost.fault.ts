import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerNode } from './node.ts';
import { type Proxy, startProxy } from '../setup/proxy.ts';
import { sendVisitors } from './visitors.ts';
import { openWorld, until, type World } from './world.ts';

let world: World;
let proxy: Proxy;
let node: ServerNode;

beforeAll(async () => {
  world = await openWorld();
  proxy = await startProxy(world.postgres.port);
  await world.makeLink('hot');
  node = await world.start({ databaseUrl: proxy.urlOf(world.postgres.url) });
});

afterEach(({ task }) => world.tell(task));
afterAll(async () => {
  await world.close();
  await proxy.close();
});

const send = () => sendVisitors(() => [node.port], ['/hot']);

describe('the connection to Postgres', () => {
  it('is cut after each third commit, before its answer: nothing is recorded twice', async () => {
    const visitors = send();
    await visitors.progress(200);
    proxy.loseAnswers(3);
    await until('answers are lost', async () => proxy.lost() >= 40);
    proxy.loseAnswers(0);
    await visitors.progress(200);
    await visitors.leave();
    const balance = await world.settle(`${proxy.lost()} commits whose answer was lost`, visitors);
    expect([...visitors.refused.keys()]).toEqual([]);
    expect(balance.longestStallMs).toBeLessThan(2_500);
  });

  it('is cut after each commit: the spool fills and drains all the same', async () => {
    const before = proxy.lost();
    const visitors = send();
    await visitors.progress(200);
    proxy.loseAnswers(1);
    await visitors.progress(2_000);
    proxy.loseAnswers(0);
    await visitors.progress(200);
    await visitors.leave();
    const balance = await world.settle(`${proxy.lost() - before} commits, no answer at all for a while`, visitors);
    expect(balance.spooled).toBeGreaterThan(500);
    expect(proxy.lost()).toBeGreaterThan(before + 3);
  });

  it('is away again and again while the spool drains', async () => {
    const visitors = send();
    await visitors.progress(200);
    for (let round = 0; round < 5; round++) {
      proxy.down();
      await visitors.progress(400);
      proxy.up();
      await visitors.progress(100);
    }
    await visitors.leave();
    await world.settle('the connection cut five times', visitors);
    expect([...visitors.refused.keys()]).toEqual([]);
  });
});
