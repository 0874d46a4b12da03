import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let slug: string;
let lock: Client;

beforeAll(async () => {
  app = await startTestApp({ CLICK_COMMIT_BUDGET_MS: '50' });
  ada = await app.signUp();
  ({ slug } = await makeLink(app, await insertBareWorkspace(app.db)));
  lock = new Client(app.databaseUrl);
  await lock.connect();
});

afterAll(async () => {
  await lock.end();
  await app.close();
});

describe('while the database does not take clicks', () => {
  it('visitors are sent on, and people see on every page how many clicks are safe', async () => {
    const page = () => ada.ask(`/w/${ada.workspace.slug}/settings`);
    expect((await page()).text).not.toContain('safe on this server');

    // Somebody holds the table: what reads other tables works, what writes clicks waits.
    await lock.query('begin');
    await lock.query('lock table hit_batches in access exclusive mode');
    for (let visit = 0; visit < 3; visit++) expect((await app.visit(`/${slug}`)).status).toBe(302);
    expect((await page()).text).toContain(
      'The database is not accepting clicks right now. 3 clicks are safe on this server&#39;s disk and will be counted when it is back.',
    );
    const ready = await app.ask('/health/ready');
    expect(ready.status).toBe(200);
    expect(ready.json()).toMatchObject({
      status: 'degraded',
      database: { status: 'ok' },
      spool: { status: 'filling', clicks: 3 },
    });
    const { text } = await app.ask('/metrics');
    expect(text).toContain('waymark_spool_clicks 3\n');
    expect(text).toContain('waymark_clicks_total{fate="spooled"} 3\n');

    await lock.query('rollback');
    await expect
      .poll(async () => (await app.ask('/health/ready')).json())
      .toMatchObject({ spool: { status: 'empty', clicks: 0 } });
    expect((await page()).text).not.toContain('safe on this server');
    expect((await app.ask('/metrics')).text).toContain('waymark_clicks_total{fate="drained"} 3\n');
  });
});
