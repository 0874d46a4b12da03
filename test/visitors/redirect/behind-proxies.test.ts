import http from 'node:http';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desktopChrome, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { startCaddy } from '../../setup/caddy.ts';
import { startHaproxy } from '../../setup/haproxy.ts';
import { startNginx } from '../../setup/nginx.ts';
import { findProgram } from '../../setup/programs.ts';
import { everyHit, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

/** As in docs/deployment.md. */
const [appHost, shortHost] = ['app.example.com', 'go.example.com'];
const longest = `https://example.com/${'a'.repeat(7_980)}`;

let app: TestApp;
let ada: Person;
beforeAll(async () => {
  app = await startTestApp({ APP_URL: `http://${appHost}`, SHORT_URL: `http://${shortHost}` });
  ada = await app.signUp('Ada');
  const workspaceId = await insertBareWorkspace(app.db);
  await makeLink(app, workspaceId, { slug: 'long', url: longest });
  await makeLink(app, workspaceId, { slug: 'short', url: 'https://example.com/' });
});
afterAll(() => app.close());

type Got = { status: number; headers: http.IncomingHttpHeaders };

/** @param from an address of 127.0.0.0/8, so that visitors differ */
function ask(
  port: number,
  host: string,
  path: string,
  headers: Record<string, string> = {},
  from = '127.0.0.2',
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = { host, 'user-agent': desktopChrome, ...headers };
    const options = {
      host: '127.0.0.1',
      port,
      path,
      headers: sent,
      agent: false,
      localAddress: from,
      maxHeaderSize: 65_536,
    };
    http
      .get(options, (response) => {
        response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      })
      .on('error', reject);
  });
}

describe.each([
  ['nginx', findProgram('nginx'), startNginx],
  ['haproxy', findProgram('haproxy'), (haproxy: string, port: number) => startHaproxy(haproxy, [port])],
])('behind %s as the documentation sets it up', (name, program, start) => {
  let proxy: { port: number; close(): Promise<void> };
  beforeAll(async () => {
    if (program) proxy = await start(program, app.config.port);
  });
  afterAll(() => proxy?.close());
  const test = it.skipIf(program === undefined);

  it.runIf(process.env.CI)(`${name} is installed where the whole suite is to run`, () => {
    expect(program).toBeDefined();
  });

  test.each([
    ['/long', longest],
    [`/short?q=${'b'.repeat(4_200)}`, `https://example.com/?q=${'b'.repeat(4_200)}`],
    [`/short?q=${'b'.repeat(7_900)}`, `https://example.com/?q=${'b'.repeat(7_900)}`],
    [`/long?q=${'b'.repeat(7_900)}`, longest],
    [`/short?q=${'b'.repeat(12_000)}`, 'https://example.com/'],
  ])('a visitor of %.12s… reaches the destination, whole', async (path, location) => {
    const answer = await ask(proxy.port, shortHost, path);
    expect([answer.status, answer.headers.location === location]).toEqual([302, true]);
  });

  test('a fragment’s long address comes through, and so does the way to the log-in', async () => {
    const fragment = {
      'hx-request': 'true',
      'hx-current-url': `http://${appHost}/w/x/links?search=${'x'.repeat(7_000)}`,
    };
    const path = `/w/${ada.workspace.slug}/links?search=${'y'.repeat(1_500)}`;
    const out = await ask(proxy.port, appHost, path, fragment);
    expect([out.status, out.headers['hx-redirect']]).toEqual([200, '/log-in']);
    const list = await ask(proxy.port, appHost, path, { ...fragment, cookie: ada.cookie });
    expect([list.status, (list.headers['hx-replace-url'] ?? '').length > 0]).toEqual([200, true]);
  });

  test('visitors are told apart by their own address, whatever they say', async () => {
    const guess = (n: number, from: string) =>
      ask(
        proxy.port,
        shortHost,
        '/none',
        { 'x-forwarded-for': `198.51.100.${n}`, forwarded: `for=198.51.100.${n}` },
        from,
      );
    const own = name === 'nginx' ? '127.0.0.11' : '127.0.0.12';
    const statuses: number[] = [];
    // TRUST_PROXY=loopback: the whole chain is of proxies, and the visitor is the one who is nearest to it.
    for (let n = 0; n < 101; n++) statuses.push((await guess(n, own)).status);
    expect(new Set(statuses)).toEqual(new Set([404, 429]));
    expect((await guess(0, '127.0.0.13')).status).toBe(404);
  });

  test('a visit counts once', async () => {
    const count = async () =>
      (await rowsOf<{ n: number }>(app.db, sql`select count(*)::int as n from ${everyHit} c`))[0]?.n ?? 0;
    const before = await count();
    await ask(proxy.port, shortHost, '/long');
    expect(await count()).toBe(before + 1);
  });
});

describe('behind Caddy with docs/Caddyfile', () => {
  const program = findProgram('caddy');

  it.skipIf(program === undefined)('a visitor of a long address reaches the destination, whole', async () => {
    const caddy = await startCaddy(program ?? '', {
      HOSTS: `${appHost}, ${shortHost}`,
      WAYMARK: `127.0.0.1:${app.config.port}`,
    });
    try {
      for (const [path, location] of [
        ['/long', longest],
        [`/short?q=${'b'.repeat(7_900)}`, `https://example.com/?q=${'b'.repeat(7_900)}`],
        [`/short?q=${'b'.repeat(12_000)}`, 'https://example.com/'],
      ] as const) {
        const answer = await caddy.visit(shortHost, path);
        expect([answer.status, answer.headers.location === location]).toEqual([302, true]);
      }
    } finally {
      await caddy.close();
    }
  });
});
