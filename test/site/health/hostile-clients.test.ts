import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxConnections } from '../../../src/ground/http/limits.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { eventually } from '../../setup/eventually.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let slug: string;
/** Clients that say half a sentence and nothing; they are cut off while the other tests go on. */
let slow: Promise<Raw>[];

beforeAll(async () => {
  app = await startTestApp();
  ({ slug } = await makeLink(app, await insertBareWorkspace(app.db)));
  slow = [send(`GET /${slug} HTTP/1.1\r\nHost: ${app.shortHost}\r\n`), send()];
});

afterAll(() => app.close());

type Raw = { text: string; seconds: number };

/** Sends bytes as they are, and reads until the server closes. */
function send(...pieces: string[]): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let text = '';
    const socket = net.connect(app.config.port, '127.0.0.1', () => {
      pieces.forEach((piece, index) => setTimeout(() => socket.writable && socket.write(piece), 20 * index));
    });
    // A server that closes while we still send resets the connection; what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve({ text, seconds: (performance.now() - startedAt) / 1_000 }));
  });
}

const get = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: ${app.shortHost}\r\nUser-Agent: test\r\n${headers}Connection: close\r\n\r\n`;

describe('a client that takes too much', () => {
  it('is refused an address or headers beyond 16 KiB', async () => {
    expect((await send(get(`/${slug}?q=${'x'.repeat(8_000)}`))).text).toMatch(/^HTTP\/1\.1 302 /);
    expect((await send(get(`/${slug}?q=${'x'.repeat(20_000)}`))).text).toMatch(/^HTTP\/1\.1 431 /);
    expect((await send(get(`/${slug}`, `X-Long: ${'x'.repeat(20_000)}\r\n`))).text).toMatch(/^HTTP\/1\.1 431 /);
    expect((await send(get(`/${'x'.repeat(12_000)}`))).text).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('is refused a body beyond 1 MiB before it is read', async () => {
    const { host } = new URL(app.url);
    const headers = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000000\r\n';
    const { text } = await send(`POST /log-in HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`, 'x'.repeat(1_000));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is refused what is no HTTP', async () => {
    for (const nonsense of ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n']) {
      expect((await send(nonsense)).text).toMatch(/^HTTP\/1\.1 400 /);
    }
    const smuggled = `GET /${slug} HTTP/1.1\r\nHost: ${app.shortHost}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    expect((await send(smuggled)).text).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('hears of it as a program does of all refusals', async () => {
    const problem = async (bytes: string) => {
      const [head = '', body = ''] = (await send(bytes)).text.split('\r\n\r\n');
      expect(head).toContain('Content-Type: application/problem+json\r\n');
      expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
      return JSON.parse(body) as unknown;
    };
    const requestId = expect.stringMatching(/^\w{12}$/) as string;
    const refused = { type: 'about:blank', detail: expect.stringMatching(/\.$/) as string, requestId };
    expect(await problem('GET / HTTP/1.1\r\nno header\r\n\r\n')).toEqual({
      ...refused,
      title: 'Bad request',
      status: 400,
      code: 'bad_request',
    });
    expect(await problem(get(`/${slug}`, `X-Long: ${'x'.repeat(20_000)}\r\n`))).toEqual({
      ...refused,
      title: 'Headers too large',
      status: 431,
      code: 'headers_too_large',
    });
  });

  it('finds a limit to the connections', () => {
    expect(app.fastify.server.maxConnections).toBe(maxConnections);
  });
});

/** Keeps the event loop busy. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('a server that has more to do than it can', () => {
  it('sends visitors on and asks everybody else to come back', async () => {
    const eager = await startTestApp({ YIELD_AFTER_MS: '100' });
    const { slug: known } = await makeLink(eager, await insertBareWorkspace(eager.db));
    const askForTooMuch = (path: string) =>
      eventually(
        () => {
          block(300);
          return eager.ask(path);
        },
        ({ status }) => status === 503,
      );
    const page = await askForTooMuch('/log-in');
    expect(page.status).toBe(503);
    expect(page.headers['retry-after']).toBe('5');
    expect(page.text).toContain('Try again in a moment');
    expect((await eager.visit(`/${known}`)).status).toBe(302);
    expect((await eager.ask('/health/live')).status).toBe(200);
    expect((await eager.ask('/metrics')).status).toBe(200);
    expect((await askForTooMuch('/api/v1/links')).json()).toMatchObject({ status: 503, code: 'unavailable' });
    await expect.poll(async () => (await eager.ask('/log-in')).status).not.toBe(503);
    await eager.close();
  });

  it('goes on answering everybody where it is told to', async () => {
    block(1_100);
    expect((await app.ask('/log-in')).status).not.toBe(503);
  });
});

it('a client that is slow on purpose is cut off, while others are answered', { timeout: 40_000 }, async () => {
  expect((await app.visit(`/${slug}`)).status).toBe(302);
  const [half, silent] = await Promise.all(slow);
  expect(half?.text).toMatch(/^HTTP\/1\.1 408 /);
  for (const cut of [half, silent]) {
    expect(cut?.seconds).toBeGreaterThan(9);
    expect(cut?.seconds).toBeLessThan(25);
  }
});
