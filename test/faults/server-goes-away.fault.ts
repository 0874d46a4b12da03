import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerNode } from './node.ts';
import { sendVisitors, type Visitors } from './visitors.ts';
import { openWorld, type World } from './world.ts';

/** A stop that takes longer than this, in milliseconds, is one that hangs. */
const stopMs = 15_000;

let world: World;
let node: ServerNode;

beforeAll(async () => {
  world = await openWorld();
  await world.makeLink('hot');
  node = await world.start();
});

afterEach(({ task }) => world.tell(task));
afterAll(() => world.close());

const send = () => sendVisitors(() => [node.port], ['/hot']);

const restart = async () => {
  node = await world.start({ dataDir: node.dataDir });
};

/** Visitors, then Postgres away until something is in the spool. */
async function fillSpool(visitors: Visitors): Promise<void> {
  await visitors.progress(200);
  await world.postgres.kill();
  await visitors.progress(1_500);
  expect(node.countSpooled()).toBeGreaterThan(500);
}

describe('kill -9', () => {
  it('under load, twice: what was acknowledged is there', async () => {
    const visitors = send();
    for (let round = 0; round < 2; round++) {
      await visitors.progress(1_000);
      await node.end('SIGKILL');
      await restart();
    }
    await visitors.progress(500);
    await visitors.leave();
    await world.settle('the server killed under load, twice', visitors);
    expect([...visitors.refused.keys()]).toEqual([]);
  });

  it('for Postgres too, a moment before: nobody was sent on whose click was not safe', async () => {
    const visitors = send();
    await visitors.progress(500);
    const away = world.postgres.kill();
    await sleep(60);
    await node.end('SIGKILL');
    await away;
    await world.postgres.start();
    await restart();
    await visitors.progress(200);
    await visitors.leave();
    await world.settle('Postgres and the server killed together', visitors);
  });

  it('with clicks in the spool: the next start drains it, and keeps a torn line aside', async () => {
    const visitors = send();
    await fillSpool(visitors);
    await node.end('SIGKILL');
    const spooled = node.countSpooled();
    const [file] = node.spoolFiles();
    appendFileSync(file ?? '', '1badc0de {"id":1,"clickedAt":17');
    await world.postgres.start();
    await restart();
    await visitors.progress(500);
    await visitors.leave();
    await world.settle('the server killed with a torn spool', visitors, { spooled });
    expect(node.spoolFiles()).toEqual([expect.stringMatching(/\.torn$/)]);
  });

  it('while the spool drains: the rest is drained later, and what was drained is not counted again', async () => {
    const visitors = send();
    await fillSpool(visitors);
    await visitors.progress(4_000);
    await world.postgres.start();
    while (!node.log.some((line) => line.includes('takes clicks again'))) await visitors.progress(1);
    await node.end('SIGKILL');
    const spooled = node.countSpooled();
    expect(spooled).toBeGreaterThan(0);
    await restart();
    await visitors.progress(500);
    await visitors.leave();
    await world.settle('the server killed in the middle of a drain', visitors, { spooled });
  });
});

describe('a graceful stop', () => {
  it('under load records what was acknowledged, and leaves nothing running', async () => {
    const visitors = send();
    await visitors.progress(1_000);
    const { code, ms } = await node.end('SIGTERM');
    await visitors.leave();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(stopMs);
    expect(node.spoolFiles().filter((path) => path.endsWith('.spool'))).toEqual([]);
    await restart();
    await world.settle(`a stop under load, ${Math.round(ms)} ms`, visitors);
  });

  it.each([
    ['killed', () => world.postgres.kill(), () => world.postgres.start()],
    ['frozen', () => world.postgres.freeze(), () => world.postgres.thaw()],
  ])('while Postgres is %s leaves the rest in the spool for the next start', async (how, away, back) => {
    const visitors = send();
    await visitors.progress(200);
    await away();
    await visitors.progress(500);
    const { code, ms } = await node.end('SIGTERM');
    await visitors.leave();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(stopMs);
    const spooled = node.countSpooled();
    expect(spooled).toBeGreaterThan(0);
    await back();
    await restart();
    await world.settle(`a stop while Postgres is ${how}, ${Math.round(ms)} ms`, visitors, { spooled });
  });
});
