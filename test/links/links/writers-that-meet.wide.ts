import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { makeWorld, meet, meetings, type World } from './meeting-writers.ts';

/** As many meetings of each kind; all kinds meet each other as well. */
const rounds = 25;

let app: TestApp;
let world: World;

beforeAll(async () => {
  app = await startTestApp();
  world = await makeWorld(app);
});
afterAll(() => app.close());

describe(`${rounds * meetings.length} meetings of writers`, () => {
  it('all end well or hear why', async () => {
    const broken: string[] = [];
    for (let round = 0; round < rounds; round++) {
      // Requests to the API are limited by workspace.
      if (round % 5 === 4) world = await makeWorld(app);
      broken.push(...(await Promise.all(meetings.map((meeting) => meet(world, meeting)))).flat());
    }
    expect(broken).toEqual([]);
  }, 300_000);
});
