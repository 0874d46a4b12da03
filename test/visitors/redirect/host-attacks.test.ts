import net from 'node:net';
import { domainToASCII } from 'node:url';
import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/ground/text/id.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { tellOfDomain } from '../../setup/domains.ts';
import { insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

const appHost = 'app.waymark.example';
const shortHost = 'go.waymark.example';
const customHost = 'go.acme.example';

/** One server behind a proxy on loopback, and one that strangers reach directly. */
let proxied: TestApp;
let open: TestApp;

beforeAll(async () => {
  const hosts = { APP_URL: `http://${appHost}`, SHORT_URL: `http://${shortHost}` };
  [proxied, open] = await Promise.all([startTestApp(hosts), startTestApp({ ...hosts, TRUST_PROXY: '' })]);
  for (const app of [proxied, open]) {
    const { db } = app;
    const workspaceId = await insertBareWorkspace(db);
    const domainId = newId();
    await db.execute(sql`
insert into domains (id, host, scheme, workspace_id, state) values (${domainId}, ${customHost}, 'http', ${workspaceId}, 'live')`);
    await tellOfDomain(db, customHost);
    await makeLink(app, workspaceId, { slug: 'spring', url: 'https://example.com/' });
    await makeLink(app, workspaceId, { slug: 'spring', url: 'https://acme.example/', domainId });
  }
});

afterAll(() => Promise.all([proxied.close(), open.close()]));

type Raw = { status: number; head: string; body: string };

/** Sends lines as they are, and reads until the server closes. */
const send = (app: TestApp, ...lines: string[]): Promise<Raw> => sendBody(app, '', ...lines);

function sendBody(app: TestApp, sent: string, ...lines: string[]): Promise<Raw> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(app.config.port, '127.0.0.1', () =>
      socket.write(Buffer.from([...lines, 'Connection: close', '', sent].join('\r\n'), 'latin1')),
    );
    socket.on('error', reject);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => {
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') });
    });
  });
}

const get = (path: string, ...lines: string[]) => send(open, `GET ${path} HTTP/1.1`, ...lines);

/** What pages, files and addresses of ours there are to be found. */
const paths = ['/', '/spring', '/spring+', '/log-in', '/w/acme/links', '/api/v1/links', '/assets/visitor.css'];
const files = [
  '/internal/tls-allowed?domain=go.acme.example',
  '/favicon.ico',
  '/assets/none',
  '/metrics',
  '/robots.txt',
  '/docs',
  '/.well-known/assetlinks.json',
];

/** No link, no page, no file, no cookie, and not a word of what was sent. */
function expectNothing(answer: Raw): void {
  expect([answer.status, answer.body]).toEqual([404, 'Not found\n']);
  expect(answer.head).toMatch(/\r\ncontent-type: text\/plain/i);
  expect(answer.head).not.toMatch(/\r\n(?:location|set-cookie|server|x-powered-by|content-security-policy):/i);
}

describe('a host that is nobody’s', () => {
  it.each([...paths, ...files])('learns nothing at %s', async (path) => {
    for (const app of [open, proxied]) {
      expectNothing(await send(app, `GET ${path} HTTP/1.1`, 'Host: evil.example'));
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'])('learns nothing by %s', async (method) => {
    for (const path of ['/', '/spring', '/log-in', '/favicon.ico', '/internal/tls-allowed?domain=go.acme.example']) {
      const { status, head, body } = await send(open, `${method} ${path} HTTP/1.1`, 'Host: evil.example');
      expect([status, body]).toEqual([404, method === 'HEAD' ? '' : 'Not found\n']);
      expect(head).not.toMatch(/\r\n(?:allow|location|set-cookie|access-control-allow-origin):/i);
    }
  });

  it.each([
    ['is empty', ''],
    ['is a port alone', ':80'],
    ['is an IPv4 address', '127.0.0.1'],
    ['is an IPv4 address with a port', '203.0.113.7:443'],
    ['is an IPv4 address as one number', '2130706433'],
    ['is an IPv6 address', '[::1]'],
    ['is an IPv6 address with a port', '[2001:db8::1]:3000'],
    ['is an IPv6 address without brackets', '::1'],
    ['is localhost', 'localhost'],
    ['has two trailing dots', `${shortHost}..`],
    ['begins with a dot', `.${shortHost}`],
    ['has a port that is none', `${shortHost}:80x`],
    ['has two ports', `${shortHost}:80:80`],
    ['is a wildcard', '*.waymark.example'],
    ['is the name above ours', 'waymark.example'],
    ['is a name below ours', `a.${shortHost}`],
    ['ends in ours', `evil${shortHost}`],
    ['begins with ours', `${shortHost}.evil.example`],
    ['has ours as user info', `${shortHost}@evil.example`],
    ['has user info before ours', `user:word@${shortHost}`],
    ['is a list', `${shortHost}, evil.example`],
    ['has a space', `${shortHost} evil.example`],
    ['has a tab', `${shortHost}\tevil.example`],
    ['is an address', `http://${shortHost}/`],
    ['has a path', `${shortHost}/spring`],
    ['has a backslash', `${shortHost}\\evil.example`],
    ['has an escape', 'go%2ewaymark.example'],
    ['has an underscore', 'go_.waymark.example'],
    ['has a quote', `${shortHost}'`],
    ['has markup', '<script>alert(1)</script>'],
    ['has bytes above ASCII', 'g\xf6.waymark.example'],
    ['has 300 characters', 'a'.repeat(300)],
    ['has 8,000 characters', `${'a.'.repeat(4_000)}${shortHost}`],
    ['is the private suffix of others', 'github.io'],
  ])('learns nothing when it %s', async (_what, host) => {
    for (const path of ['/', '/spring', '/log-in', '/favicon.ico']) expectNothing(await get(path, `Host: ${host}`));
  });

  it.each([
    ['Cyrillic о', 'gо.waymark.example'],
    ['Cyrillic а', 'go.wаymark.example'],
    ['Greek ο', 'gο.waymark.example'],
    ['dotless ı', 'go.waymark.exampıe'],
    ['a zero-width joiner', 'go.way\u200dmark.example'],
    ['a look-alike of a customer’s', 'go.аcme.example'],
  ])('learns nothing when it looks like ours by %s', async (_what, host) => {
    const asPunycode = domainToASCII(host);
    for (const written of [asPunycode, asPunycode.toUpperCase(), Buffer.from(host).toString('latin1')]) {
      if (written === shortHost) continue;
      expectNothing(await get('/spring', `Host: ${written}`));
    }
  });

  it('finds no way in by HTTP/1.0 without a host', async () => {
    for (const path of ['/', '/spring', '/log-in', '/favicon.ico'])
      expectNothing(await send(open, `GET ${path} HTTP/1.0`));
  });

  it('is told by load balancers’ addresses too whether the server is well, and nothing more', async () => {
    const ready = await get('/health/ready', 'Host: 10.0.0.7:3000');
    expect([ready.status, ready.body]).toEqual([200, '{"status":"ok"}']);
    expect((await get('/health/live', 'Host: 10.0.0.7:3000')).body).toBe('{"status":"ok"}');
  });
});

it('while the database is away visitors of unknown hosts meet no page of the dashboard', {
  timeout: 30_000,
}, async () => {
  const lock = new Client(open.databaseUrl);
  await lock.connect();
  // Announcements may have been lost: until the list of hosts is read again, who is not on it may be a customer's.
  const [{ dead } = { dead: 0 }] = await rowsOf<{ dead: number }>(
    open.db,
    sql`select count(pg_terminate_backend(pid))::int as dead from pg_stat_activity
where datname = current_database() and application_name = 'waymark listener'`,
  );
  expect(dead).toBe(1);
  await lock.query('begin');
  await lock.query('lock table domains in access exclusive mode');
  try {
    await expect.poll(async () => (await get('/', 'Host: not-seen-before.example')).status).toBe(503);
    const answers = await Promise.all(
      ['/', '/spring', '/deeper/down', '/favicon.ico'].map((path) => get(path, 'Host: not-seen-before.example')),
    );
    for (const { status, head, body } of answers) {
      expect(status).toBe(503);
      expect(head).toMatch(/\r\nretry-after: 5\r\n/i);
      expect(head).not.toMatch(/\r\nset-cookie:/i);
      expect(body).not.toMatch(/build\/app\.css|log-in|database/);
    }
  } finally {
    await lock.end();
  }
});

describe('a request that is at fault itself', () => {
  const bodies = [
    ['a', 'x'],
    ['text/plain', 'x'],
    ['application/json', '{'],
    ['application/x-www-form-urlencoded', 'a=1'],
    ['multipart/form-data', 'x'],
    ['/', 'x'],
    ['\xff', 'x'],
    [';charset=utf-8', 'x'],
  ];
  const everyMethod = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  const ofVisitors = ['/', '/spring', '/none', '/a/b', '/robots.txt', '/favicon.ico', '/assets/build/visitor.css'];

  it.each(bodies)('with the type "%s" is no outage: 405, and the method that is allowed', async (type, body = '') => {
    for (const method of everyMethod)
      for (const path of ofVisitors)
        for (const host of [shortHost, customHost]) {
          const head = [`Host: ${host}`, `Content-Type: ${type}`, `Content-Length: ${body.length}`];
          const answer = await sendBody(open, body, `${method} ${path} HTTP/1.1`, ...head);
          expect([method, path, answer.status]).toEqual([method, path, 405]);
          expect(answer.head).toMatch(/\r\nallow: GET, HEAD\r\n/i);
          expect(answer.body).toBe('Method not allowed\n');
        }
  });

  it('learns nothing about a host that is nobody’s', async () => {
    for (const [type = '', body = ''] of bodies)
      for (const path of [...ofVisitors, '/log-in', '/health/ready'])
        expectNothing(
          await sendBody(
            open,
            body,
            `POST ${path} HTTP/1.1`,
            'Host: evil.example',
            `Content-Type: ${type}`,
            `Content-Length: ${body.length}`,
          ),
        );
  });
});

describe('a request that does not say which host it means', () => {
  it.each([
    ['no host', []],
    ['the same host twice', [`Host: ${shortHost}`, `Host: ${shortHost}`]],
    ['ours, then another', [`Host: ${shortHost}`, 'Host: evil.example']],
    ['another, then ours', ['Host: evil.example', `hOsT: ${shortHost}`]],
    ['the dashboard’s, then a short one', [`Host: ${appHost}`, `Host: ${shortHost}`]],
    ['a NUL in it', [`Host: ${shortHost}\0`]],
    ['a control byte in it', [`Host: go\x01.waymark.example`]],
    ['a bare line feed in it', [`Host: ${shortHost}\nX-Evil: 1`, 'X-More: 1']],
    ['a folded line', [`Host: ${shortHost}`, ' evil.example']],
    ['a space before the colon', [`Host : ${shortHost}`]],
  ])('is refused: %s', async (_what, lines) => {
    for (const path of ['/spring', '/log-in', '/', '/assets/visitor.css']) {
      const answer = await get(path, ...lines);
      expect(answer.status).toBe(400);
      expect(answer.head + answer.body).not.toMatch(/waymark|evil|location:|set-cookie:/i);
    }
  });
});

describe('our own hosts, however they are written', () => {
  it.each([
    [shortHost, 'https://example.com/'],
    [`${shortHost}:80`, 'https://example.com/'],
    [`${shortHost}:`, 'https://example.com/'],
    [`${shortHost}.`, 'https://example.com/'],
    [`${shortHost}.:8080`, 'https://example.com/'],
    [shortHost.toUpperCase(), 'https://example.com/'],
    [`  ${shortHost}  `, 'https://example.com/'],
    [customHost, 'https://acme.example/'],
    [`${customHost.toUpperCase()}.:443`, 'https://acme.example/'],
  ])('"%s" opens its link and nothing of the dashboard', async (host, location) => {
    expect((await get('/spring', `Host: ${host}`)).head).toContain(`location: ${location}\r\n`);
    for (const path of ['/log-in', '/w/acme/links', '/api/v1/links', '/metrics', '/docs']) {
      const answer = await get(path, `Host: ${host}`);
      expect(answer.status).toBe(404);
      expect(answer.head).not.toMatch(/\r\n(?:location|set-cookie):/i);
    }
  });

  it('serve their files, and refuse broken questions for them without a page of the dashboard', async () => {
    expect((await get('/assets/visitor.css', `Host: ${customHost}`)).status).toBe(200);
    expect((await get('/favicon.ico', `Host: ${customHost}`)).status).toBe(200);
    for (const path of ['/assets/../package.json', '/assets/%2e%2e/package.json', '/assets/%00', '/assets/', '/health'])
      expect((await get(path, `Host: ${customHost}`)).body).not.toMatch(/<nav|log-in|"dependencies"/);
    // A server may take no notice of ranges (RFC 9110, 14.2); what it must not do is to answer with a page.
    const range = await get('/assets/visitor.css', `Host: ${customHost}`, 'Range: bytes=9999999-');
    expect([range.status, range.body.includes('<html')]).toEqual([200, false]);
  });

  it('promise HTTPS for themselves alone, and customers’ domains for nobody', async () => {
    const secure = await startTestApp({ APP_URL: `https://${appHost}`, SHORT_URL: `https://${shortHost}` });
    try {
      await secure.db.execute(sql`
insert into domains (id, host, workspace_id, state) values ('own', ${customHost}, ${await insertBareWorkspace(secure.db)}, 'live')`);
      await tellOfDomain(secure.db, customHost);
      const promise = async (host: string, path: string) =>
        (await secure.ask(path, { host })).headers['strict-transport-security'];
      for (const path of ['/', '/spring', '/a/b', '/robots.txt', '/assets/visitor.css'])
        for (const host of [shortHost, customHost])
          expect([host, path, await promise(host, path)]).toEqual([host, path, undefined]);
      for (const path of ['/log-in', '/nobody', '/api/v1/links'])
        expect([path, await promise(appHost, path)]).toEqual([path, 'max-age=31536000']);
    } finally {
      await secure.close();
    }
  });

  it('open no short link on the dashboard’s', async () => {
    const answer = await get('/spring', `Host: ${appHost}`);
    expect(answer.status).toBe(404);
    expect(answer.head).not.toMatch(/\r\nlocation:/i);
  });
});

describe('an address in the request line', () => {
  it.each([
    [`http://${shortHost}/spring`, 'evil.example', 'https://example.com/'],
    [`http://${shortHost}:80/spring?a=1`, appHost, 'https://example.com/?a=1'],
    [`HTTPS://${customHost.toUpperCase()}/spring`, shortHost, 'https://acme.example/'],
  ])('%s is followed, whatever the Host header says (RFC 9112, 3.2.2)', async (target, host, location) => {
    expect((await get(target, `Host: ${host}`)).head).toContain(`location: ${location}\r\n`);
  });

  it.each([
    'http://evil.example/spring',
    'http://evil.example',
    `http://${shortHost}@evil.example/spring`,
    'http://evil.example?/spring',
    'http:///spring',
    `ftp://${shortHost}/spring`,
    'evil.example:443',
    '*',
  ])('%s learns nothing', async (target) => {
    for (const host of [shortHost, appHost]) {
      const answer = await get(target, `Host: ${host}`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.head + answer.body).not.toMatch(/evil|<html|location:|set-cookie:/i);
    }
  });

  it('reaches the dashboard by its own host alone', async () => {
    expect((await get(`http://${appHost}/sign-up`, `Host: ${shortHost}`)).status).toBe(200);
    expectNothing(await get('http://evil.example/log-in', `Host: ${appHost}`));
    const inside = await get(`http://${appHost}/w/acme/links`, `Host: ${appHost}`);
    expect(inside.head).toContain('location: /log-in?next=%2Fw%2Facme%2Flinks\r\n');
  });
});

describe('what a proxy may say', () => {
  const forwarded = (host: string) => [
    `X-Forwarded-Host: ${host}`,
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 8443',
    `Forwarded: for=203.0.113.9;host=${host};proto=https`,
    `X-Original-Host: ${host}`,
    'X-Original-URL: /log-in',
    'X-Rewrite-URL: /log-in',
  ];

  it.each(['stranger', 'proxy'])('the host is the Host header’s alone, also when a %s names another', async (who) => {
    const app = who === 'proxy' ? proxied : open;
    expectNothing(await send(app, 'GET /spring HTTP/1.1', 'Host: evil.example', ...forwarded(shortHost)));
    expectNothing(await send(app, 'GET /log-in HTTP/1.1', 'Host: evil.example', ...forwarded(appHost)));
    const link = await send(app, 'GET /spring HTTP/1.1', `Host: ${shortHost}`, ...forwarded('evil.example'));
    expect(link.head).toContain('location: https://example.com/\r\n');
    const pages = await Promise.all(
      [`${shortHost} /nobody`, `${shortHost} /spring+`, `${appHost} /log-in`, `${appHost} /w/acme/links`].map(
        (page) => {
          const [host = '', path = ''] = page.split(' ');
          return send(app, `GET ${path} HTTP/1.1`, `Host: ${host}`, ...forwarded('evil.example'));
        },
      ),
    );
    for (const page of pages) expect(page.head + page.body).not.toMatch(/evil\.example|:8443/);
  });

  it('mails lead to the dashboard’s own address, whatever the request says', async () => {
    const { email } = await proxied.signUp('Ada');
    const headers = Object.fromEntries(forwarded('evil.example').map((line) => line.split(': ') as [string, string]));
    const answer = await proxied.ask('/forgot-password', { form: { email }, host: `${appHost}:8443`, headers });
    expect(answer.status).toBeLessThan(400);
    const mails = async () =>
      (await rowsOf<{ mail: string }>(proxied.db, sql`select mails::text as mail from mails`))
        .map(({ mail }) => mail)
        .join();
    await expect.poll(mails).toContain(`http://${appHost}/reset-password`);
    expect(await mails()).not.toMatch(/evil\.example|8443/);
  });

  it('an address in X-Forwarded-For is the visitor’s only when a proxy of ours says so', async () => {
    // Who can choose an address can guess for ever.
    expect(await guess(open, (i) => [`X-Forwarded-For: 203.0.113.${i}`])).toEqual([404, 429]);
    expect(await guess(proxied, (i) => [`X-Forwarded-For: 203.0.113.${i}`])).toEqual([404]);
  });

  it('of several addresses in X-Forwarded-For the one that our proxy wrote is the visitor’s', async () => {
    expect(await guess(proxied, (i) => [`X-Forwarded-For: 1.2.3.${i}, 203.0.113.207`])).toEqual([404, 429]);
  });

  it.each(['CF-Connecting-IP', 'X-Real-IP', 'True-Client-IP', 'X-Client-IP'])(
    'an address in %s is nobody’s',
    async (name) => {
      const own = `X-Forwarded-For: 198.51.100.${name.length}`;
      expect(await guess(proxied, (i) => [own, `${name}: 203.0.113.${i}`])).toEqual([404, 429]);
    },
  );

  /** The statuses of 110 guesses, in order. */
  async function guess(app: TestApp, headersOf: (i: number) => string[]): Promise<number[]> {
    const seen = new Set<number>();
    for (let i = 0; i < 110; i++)
      seen.add((await send(app, 'GET /guess HTTP/1.1', `Host: ${shortHost}`, ...headersOf(i))).status);
    return [...seen].sort((one, other) => one - other);
  }

  it.each(['x', '203.0.113.9, ,', '::ffff:1.2.3.4', '1'.repeat(4_000), '"><script>', '127.0.0.1, 127.0.0.1', ','])(
    'nonsense as an address breaks nothing: %s',
    async (address) => {
      for (const app of [open, proxied]) {
        const answer = await send(app, 'GET /spring HTTP/1.1', `Host: ${shortHost}`, `X-Forwarded-For: ${address}`);
        expect(answer.status).toBe(302);
      }
    },
  );
});
