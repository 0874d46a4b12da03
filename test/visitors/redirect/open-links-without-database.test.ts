import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { readConfig } from '../../../src/config.ts';
import { type RunningServer, startServer } from '../../../src/boot/start.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

/** Two servers on one database, started when the links were there: one knows them all, one knows none. */
let cold: TestApp;
let warm: RunningServer;
let workspaceId: string;
let spring: Link;
let gone: Link;
let branded: Link;
let lock: Client;

beforeAll(async () => {
  cold = await startTestApp();
  workspaceId = await insertBareWorkspace(cold.db);
  const { instanceDomainId: domainId } = cold;
  const make = (slug: string, url: string) => makeLink(cold, workspaceId, { url, slug, domainId });
  spring = await make('Spring', 'https://example.com/spring?utm_source=Mail');
  gone = await make('gone', 'https://example.com/gone');
  branded = await makeLink(cold, workspaceId, {
    url: 'https://example.com/branded',
    slug: 'spring',
    domainId: await insertDomain(cold.db, workspaceId, 'go.acme.example', { redirectStatus: 307 }),
  });
  await archiveLink(cold.db, workspaceId, byTest, gone.id);
  const { config } = cold;
  warm = await startServer(
    readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      APP_URL: config.appUrl,
      SHORT_URL: config.shortUrl,
      DATABASE_URL: cold.databaseUrl,
      DATA_DIR: `${config.dataDir}/warm`,
      SECRET: config.secret,
      LOG_LEVEL: 'fatal',
      LINK_CACHE: 'warm',
      CLICK_COMMIT_BUDGET_MS: '50',
    }),
  );
  lock = new Client(cold.databaseUrl);
  await lock.connect();
});

afterAll(async () => {
  await lock.end();
  await warm.close();
  await cold.close();
});

const visitWarm = (path: string, host = cold.shortHost) =>
  warm.app.inject({ url: path, headers: { host, 'user-agent': 'Mozilla/5.0 Firefox/140.0' } });

describe('LINK_CACHE=warm', () => {
  it('opens links that nobody has visited yet while the database does not answer', async () => {
    await lock.query('begin');
    await lock.query('lock table slugs, links, domains in access exclusive mode');
    const answer = await visitWarm(`/${spring.slug.toLowerCase()}`);
    expect([answer.statusCode, answer.headers.location]).toEqual([302, 'https://example.com/spring?utm_source=Mail']);
    const onDomain = await visitWarm(`/${branded.slug}`, 'go.acme.example');
    expect([onDomain.statusCode, onDomain.headers.location]).toEqual([307, 'https://example.com/branded']);
    expect((await visitWarm(`/${gone.slug}`)).statusCode).toBe(503);
    expect((await cold.visit(`/${spring.slug}`)).status).toBe(503);
    await lock.query('rollback');
  });

  it('obeys an edit when it is back', async () => {
    await updateLink(cold.db, workspaceId, byTest, spring.id, { url: 'https://example.com/summer' });
    await expect
      .poll(async () => (await visitWarm(`/${spring.slug}`)).headers.location)
      .toBe('https://example.com/summer');
  });
});
