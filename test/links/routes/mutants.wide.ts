import { afterAll, beforeAll, expect, it } from 'vitest';
import { warningsOf } from '../../../src/links/routes/never.ts';
import { readRoutes } from '../../../src/links/routes/read.ts';
import { wordsOfRoute } from '../../../src/links/routes/words.ts';
import { AppError } from '../../../src/ground/text/errors.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { seeded } from '../../setup/seeded.ts';
import { mutant } from './mutants.ts';

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

it('reads 20,000 mutants: each is refused with a path, or read again as itself', { timeout: 300_000 }, async () => {
  const random = seeded(233);
  const { db, config, sites, isReservedSlug } = app.fastify;
  const context = { db, config, sites, isReservedSlug, answers: new Map<string, Promise<unknown>>() };
  let taken = 0;
  for (let count = 0; count < 20_000; count++) {
    const sent = JSON.parse(JSON.stringify(mutant(random) ?? null)) as unknown;
    try {
      const routes = await readRoutes(context, ada.workspace.id, sent);
      expect(await readRoutes(context, ada.workspace.id, routes)).toEqual(routes);
      expect(warningsOf(routes, new Date(0))).toHaveLength(routes.length);
      expect(routes.map(wordsOfRoute).join()).not.toContain('undefined');
      taken++;
    } catch (error) {
      if (!(error instanceof AppError)) throw new Error(JSON.stringify(sent), { cause: error });
      expect(error.field).toMatch(/^routes(?:[.[]|$)/);
    }
  }
  expect(taken).toBeGreaterThan(400);
});
