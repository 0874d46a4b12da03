import { Client as Connection } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, openClient } from '../../people/keys/client.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from './pages.ts';

/** Postgres is made slow for real: somebody else locks the table of clicks, so that no row of it can be read. */

let app: TestApp;
let ada: Person;
let client: Client;
let home: string;
let other: Connection;

const sentence =
  'Counting these clicks one by one takes longer than 5 seconds. Choose a shorter period, or a single link.';
const filters = ['f=device:is:desktop', 'f=country:not:DE'];

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  home = `/w/${ada.workspace.slug}`;
  await makeLink(app, ada, { slug: 'spring' });
  await app.visit('/spring');
  await app.rollUp();
  other = new Connection({ connectionString: app.databaseUrl });
  await other.connect();
});

afterAll(async () => {
  await other.end();
  await app.close();
});

async function whileSlow<Result>(work: () => Promise<Result>): Promise<Result> {
  await other.query('begin');
  await other.query('lock table clicks in access exclusive mode');
  try {
    return await work();
  } finally {
    await other.query('rollback');
  }
}

describe('a report that takes too long', () => {
  it('is refused after five seconds in words, filters kept, while reports without rows are answered', async () => {
    await whileSlow(async () => {
      const start = performance.now();
      const [page, unfiltered] = await Promise.all([
        ada.ask(`${home}/reports?period=7d&${filters.join('&')}`),
        timed(() => ada.ask(`${home}/reports?period=7d`)),
      ]);
      const took = performance.now() - start;
      expect(took).toBeGreaterThan(4_900);
      expect(took).toBeLessThan(8_000);
      // One after another: with few cores a workspace has one at a time, and the second would be told to wait.
      const values = await ada.ask(`${home}/reports/values?by=city&${filters[0]}`);
      const program = await client.ask('/analytics?groupBy=country&filter=device:is:desktop');
      const table = await ada.ask(`${home}/export?table=country&filter=device:is:desktop`);
      const hits = await ada.ask(`${home}/export/hits?filter=device:is:desktop`);

      expect(page.status).toBe(422);
      expect(textOf(page)).toContain('This takes too long');
      expect(textOf(page)).toContain(sentence);
      for (const chip of ['Device is Desktop', 'Country is not Germany'])
        expect(page.text).toContain(`aria-label="Remove the filter ${chip}"`);
      expect(page.text).toContain(`href="${home}/reports?period=7d">Show it without filters`);
      expect(page.text).toMatch(/aria-current="true">(Last )?7 days/);

      for (const refused of [values, table]) {
        expect(refused.status).toBe(422);
        expect(textOf(refused)).toContain(sentence);
      }
      expect(program.status).toBe(422);
      expect(program.json()).toMatchObject({ code: 'took_too_long', detail: sentence, field: 'filter' });
      // The file can be had all the same; only how long it is nobody knows.
      expect(hits.status).toBe(200);
      expect(textOf(hits)).toContain('There are too many hits to count them first.');

      expect(unfiltered.answer.status).toBe(200);
      expect(unfiltered.ms).toBeLessThan(4_000);
    });
  });

  it('keeps others of the workspace waiting, which are asked to come again', async () => {
    await whileSlow(async () => {
      const dear = () => ada.ask(`${home}/reports?period=7d&${filters[0]}`);
      const answers = await Promise.all([dear(), dear(), dear(), dear(), dear(), dear(), dear()]);
      const waited = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 422).length + waited.length).toBe(7);
      expect(waited.length).toBeGreaterThanOrEqual(3);
      expect(textOf(waited[0] as Answer)).toContain('Try again in a moment.');
    });
  });

  it('is answered again as soon as the database is', async () => {
    const page = await ada.ask(`${home}/reports?period=7d&f=device:is:desktop`);
    expect(page.status).toBe(200);
    expect(textOf(page)).toContain('1 click');
  });
});

async function timed(ask: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
  const start = performance.now();
  return { answer: await ask(), ms: performance.now() - start };
}
