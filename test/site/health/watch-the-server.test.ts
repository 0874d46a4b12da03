import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LostClicks } from '../../../src/site/health/lost-clicks.ts';
import { readinessOf } from '../../../src/site/health/readiness.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { query } from '../../setup/postgres.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let slug: string;

beforeAll(async () => {
  app = await startTestApp();
  ({ slug } = await makeLink(app, await insertBareWorkspace(app.db)));
});

afterAll(() => app.close());

/** The value of one line of the metrics, such as `waymark_hits_total{class="human"}`. */
async function figure(line: string): Promise<number> {
  const { text } = await app.ask('/metrics');
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  if (!found) throw new Error(`${line} is not in the metrics`);
  return Number(found.slice(line.length + 1));
}

describe('whoever watches over the server', () => {
  it('sees that it lives and is ready, on both hosts', async () => {
    for (const host of [new URL(app.url).host, app.shortHost]) {
      expect((await app.ask('/health/live', { host })).json()).toEqual({ status: 'ok' });
      const ready = await app.ask('/health/ready', { host });
      expect(ready.status).toBe(200);
      expect(ready.headers['cache-control']).toBe('no-store');
      expect(ready.json()).toEqual({
        status: 'ok',
        database: { status: 'ok' },
        announcements: { status: 'ok' },
        spool: { status: 'empty', clicks: 0, oldestAt: null },
        clicks: { status: 'ok', lost: 0, lastLostAt: null },
        jobs: { status: 'ok', failing: [] },
      });
    }
  });

  it('reads what visitors met', async () => {
    const lines = {
      redirected: 'waymark_redirects_total{outcome="redirected"}',
      unknown: 'waymark_redirects_total{outcome="not-found"}',
      method: 'waymark_redirects_total{outcome="method"}',
      preview: 'waymark_redirects_total{outcome="preview"}',
      nobody: 'waymark_redirects_total{outcome="unknown-host"}',
      human: 'waymark_hits_total{class="human"}',
      tool: 'waymark_hits_total{class="tool"}',
      memory: 'waymark_link_lookups_total{source="memory"}',
      database: 'waymark_link_lookups_total{source="database"}',
      committed: 'waymark_clicks_total{fate="committed"}',
      lost: 'waymark_clicks_total{fate="lost"}',
      batches: 'waymark_batch_hits_sum',
      commits: 'waymark_commit_seconds_count',
    };
    const read = async () =>
      Object.fromEntries(
        await Promise.all(Object.entries(lines).map(async ([name, line]) => [name, await figure(line)])),
      );
    const before = await read();
    await app.visit(`/${slug}`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
    await app.visit(`/${slug}`, { headers: { 'user-agent': 'curl/8.5.0' } });
    await app.visit(`/${slug}+`);
    await app.visit('/nobody-has-this');
    await app.visit(`/${slug}`, { method: 'POST' });
    await app.visit(`/${slug}`, { host: 'nobody.example' });
    const after = await read();
    const grown = Object.fromEntries(
      Object.keys(lines).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]),
    );
    expect(grown).toEqual({
      redirected: 2,
      unknown: 1,
      method: 1,
      preview: 1,
      nobody: 1,
      human: 1,
      tool: 1,
      memory: 2,
      database: 2,
      committed: 2,
      lost: 0,
      batches: 2,
      commits: 2,
    });
  });

  it('reads the state of spool, rollups, jobs and Node itself', async () => {
    expect(await figure('waymark_database_up')).toBe(1);
    expect(await figure('waymark_spool_clicks')).toBe(0);
    expect(await figure('waymark_spool_age_seconds')).toBe(0);
    expect(await figure('waymark_rollup_pending_clicks')).toBeGreaterThanOrEqual(0);
    expect(await figure('waymark_rollup_lag_seconds')).toBeLessThan(30);
    expect(await figure('waymark_job_runs_total{job="roll up clicks"}')).toBeGreaterThan(0);
    expect(await figure('waymark_job_failures_total{job="roll up clicks"}')).toBe(0);
    expect(await figure('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('is told apart from strangers: without a token only this machine reads the metrics', async () => {
    expect((await app.ask('/metrics')).headers['content-type']).toContain('text/plain; version=0.0.4');
    const proxied = await app.ask('/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(proxied.status).toBe(404);
    expect((await app.ask('/metrics', { headers: { 'x-forwarded-for': '127.0.0.1' } })).status).toBe(404);
    expect((await app.visit('/metrics')).status).toBe(404);
  });

  it('may read the metrics from afar with the token', async () => {
    const token = 'a-token-of-a-test-suite';
    const other = await startTestApp({ METRICS_TOKEN: token, APP_URL: 'https://app.example.com' });
    const read = (authorization: string) =>
      other.ask('/metrics', { headers: { authorization, 'x-forwarded-for': '192.0.2.1' } });
    expect((await read(`Bearer ${token}`)).text).toContain('waymark_database_up 1');
    expect((await read(`Bearer ${token}x`)).status).toBe(404);
    expect((await other.ask('/metrics')).status).toBe(404);
    await other.close();
  });

  it('sees a job that fails, by name, while visitors are sent on', async () => {
    await query(app.databaseUrl, 'alter table clicks_pending rename to clicks_hidden');
    try {
      await expect
        .poll(async () => (await app.ask('/health/ready')).json())
        .toMatchObject({
          status: 'degraded',
          jobs: { status: 'failing', failing: expect.arrayContaining(['roll up clicks']) },
        });
      expect((await app.ask('/health/ready')).status).toBe(200);
    } finally {
      await query(app.databaseUrl, 'alter table clicks_hidden rename to clicks_pending');
    }
    await expect
      .poll(async () => (await app.ask('/health/ready')).json())
      .toMatchObject({ status: 'ok', database: { status: 'ok' } });
  });
});

describe('readiness', () => {
  const well = {
    isStopping: false,
    isDatabaseThere: true,
    isSpooling: false,
    hearsOfChanges: true,
    spool: { hits: 0, oldestAt: null },
    lost: { count: 0, isLosing: false, lastAt: null },
    jobs: [],
  };
  const since = new Date(0);

  it('is lost by stopping alone', () => {
    expect(readinessOf({ ...well, isStopping: true }).status).toBe('stopping');
    expect(readinessOf({ ...well, isDatabaseThere: false })).toMatchObject({
      status: 'degraded',
      database: { status: 'unreachable' },
    });
  });

  it('says while clicks are lost, and for five minutes more', () => {
    const lost = new LostClicks();
    expect(readinessOf({ ...well, lost: lost.read(since) })).toMatchObject({ status: 'ok', clicks: { status: 'ok' } });
    lost.add(3, since);
    lost.add(4, since);
    expect(readinessOf({ ...well, lost: lost.read(new Date(299_999)) })).toMatchObject({
      status: 'degraded',
      database: { status: 'ok' },
      clicks: { status: 'losing', lost: 7, lastLostAt: since.toISOString() },
    });
    expect(readinessOf({ ...well, lost: lost.read(new Date(300_000)) })).toMatchObject({
      status: 'ok',
      clicks: { status: 'ok', lost: 7, lastLostAt: since.toISOString() },
    });
  });

  it('tells a spool that fills from one that drains', () => {
    const spool = { hits: 3, oldestAt: since };
    expect(readinessOf({ ...well, spool, isSpooling: true })).toMatchObject({
      status: 'degraded',
      spool: { status: 'filling', clicks: 3, oldestAt: since.toISOString() },
    });
    expect(readinessOf({ ...well, spool })).toMatchObject({ status: 'degraded', spool: { status: 'draining' } });
  });
});
