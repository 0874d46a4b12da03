import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDomain, prove } from '../../../src/domains/domains/claims.ts';
import type { Diagnosis } from '../../../src/domains/dns/diagnosis.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';

const token = 'a-token-of-a-test-suite';
let app: TestApp;
let workspaceId: string;

beforeAll(async () => {
  app = await startTestApp({
    APP_URL: 'https://app.example.com',
    SHORT_URL: 'https://go.example.com',
    TLS_ASK_TOKEN: token,
  });
  workspaceId = (await app.signUp('Ada')).workspace.id;
  await insertDomain(app.db, workspaceId, 'live.acme.test');
  await insertDomain(app.db, workspaceId, 'paused.acme.test', { state: 'paused' });
  await insertDomain(app.db, workspaceId, 'waiting.acme.test', { state: 'waiting' });
});
afterAll(() => app.close());

const question = (domain: string) => `/internal/tls-allowed?domain=${encodeURIComponent(domain)}`;
const askNextDoor = (domain: string) => app.ask(question(domain), { host: '127.0.0.1:3000' });

describe('may a certificate be asked for', () => {
  it.each(['live.acme.test', 'LIVE.acme.test.', 'app.example.com', 'go.example.com'])('yes for %s', async (domain) => {
    expect((await askNextDoor(domain)).status).toBe(200);
  });

  it.each([
    'paused.acme.test',
    'waiting.acme.test',
    'other.acme.test',
    'acme.test',
    '',
    'localhost',
    '192.0.2.1',
    '[::1]',
    '*.acme.test',
    'live.acme.test:443',
    'live.acme.test\0',
    "'; drop table domains; --",
    'x'.repeat(300),
    `${'é'.repeat(100)}.test`,
    '../../etc/passwd',
  ])('no for %j', async (domain) => {
    expect((await askNextDoor(domain)).status).toBe(404);
  });

  it('no, and no failure of ours, without a domain, with several, and for broken escapes', async () => {
    for (const path of ['', '?domain=a.test&domain=b.test', '?domain[x]=1', '?domain=%ff', '?domain=%'])
      expect((await app.ask(`/internal/tls-allowed${path}`, { host: '127.0.0.1' })).status).toBeLessThan(500);
  });

  it('yes as soon as a domain is proved', async () => {
    const { claim } = await claimDomain(app.db, workspaceId, byTest, 'new.acme.test');
    expect((await askNextDoor('new.acme.test')).status).toBe(404);
    await prove(
      app.db,
      workspaceId,
      byTest,
      claim.id,
      { proofs: [claim.proofToken], faults: [] } as unknown as Diagnosis,
      new Date(),
    );
    await expect.poll(async () => (await askNextDoor('new.acme.test')).status).toBe(200);
  });
});

describe('who may ask', () => {
  const domain = 'live.acme.test';

  it('a proxy elsewhere with the token, as bearer or in the query, whatever host it names', async () => {
    for (const host of ['waymark:3000', 'app.example.com', '10.0.0.5:3000']) {
      const inQuery = await app.ask(`${question(domain)}&token=${token}`, { host });
      const asBearer = await app.ask(question(domain), { host, headers: { authorization: `Bearer ${token}` } });
      expect([inQuery.status, asBearer.status]).toEqual([200, 200]);
    }
  });

  it('nobody else: for them there is no such page', async () => {
    for (const host of ['go.example.com', 'app.example.com', 'live.acme.test', 'waymark:3000']) {
      expect((await app.ask(question(domain), { host })).status).toBe(404);
      expect((await app.ask(`${question(domain)}&token=${token}x`, { host })).status).toBe(404);
      expect((await app.ask(`${question(domain)}&token=`, { host })).status).toBe(404);
    }
    const proxied = await app.ask(question(domain), { host: '127.0.0.1', headers: { 'x-forwarded-for': '127.0.0.1' } });
    expect(proxied.status).toBe(404);
  });
});

it('a flood of made-up hosts asks the database nothing, and puts nobody off', async () => {
  const lock = new Client(app.databaseUrl);
  await lock.connect();
  await lock.query('begin');
  await lock.query('lock table domains in access exclusive mode');
  try {
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => askNextDoor(`x${round}-${n}.flood.test`)),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    }
  } finally {
    await lock.end();
  }
  await insertDomain(app.db, workspaceId, 'never-asked-for.acme.test');
  expect((await askNextDoor('never-asked-for.acme.test')).status).toBe(200);
});
