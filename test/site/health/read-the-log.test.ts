import { DrizzleQueryError } from 'drizzle-orm/errors';
import { sql } from 'drizzle-orm';
import fastify from 'fastify';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { describeError, logOptions, logRequests } from '../../../src/ground/http/logging.ts';
import { knowProxies } from '../../../src/ground/http/proxies.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';

describe('which peers are proxies of ours', () => {
  it.each([
    ['127.0.0.1', ['loopback'], true],
    ['::ffff:127.0.0.1', ['loopback'], true],
    ['::1', ['loopback'], true],
    ['10.1.2.3', ['loopback'], false],
    ['10.1.2.3', ['uniquelocal'], true],
    ['fd00::1', ['uniquelocal'], true],
    ['169.254.1.1', ['linklocal'], true],
    ['203.0.113.9', ['203.0.113.0/24'], true],
    ['203.0.114.9', ['203.0.113.0/24', '198.51.100.1'], false],
    ['198.51.100.1', ['203.0.113.0/24', '198.51.100.1'], true],
    ['2001:db8::5', ['2001:db8::/32'], true],
    ['unknown', ['loopback', 'uniquelocal'], false],
    [undefined, ['loopback'], false],
    ['127.0.0.1', [], false],
  ])('%s among %j: %s', (address, ranges, expected) => {
    expect(knowProxies(ranges)(address)).toBe(expected);
  });
});

describe('the log', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  /** A server with our log, read back: one route that fails, and requests sent to it. */
  async function linesOf(
    level: string,
    request: { url: string; headers?: Record<string, string> },
    trusted = ['loopback'],
  ) {
    const lines: Record<string, unknown>[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        done();
      },
    });
    const config = { ...readConfig({ LOG_LEVEL: level, SECRET: 'x'.repeat(32) }) };
    const { logger, ...rest } = logOptions(config, knowProxies(trusted));
    const bare = fastify({ ...rest, logger: { ...(logger as object), stream } });
    logRequests(bare);
    bare.get('/fail/:word', async (asked, reply) => {
      asked.log.warn({ req: asked }, 'something');
      return reply.send('');
    });
    await bare.listen({ port: 0, host: '127.0.0.1' });
    const { port } = bare.server.address() as { port: number };
    await fetch(`http://127.0.0.1:${port}${request.url}`, { headers: request.headers ?? {} });
    await bare.close();
    return lines;
  }

  const request = {
    url: '/fail/token-of-somebody?email=ada@example.com',
    headers: { 'user-agent': 'Browser of Ada', 'x-forwarded-for': '192.0.2.77', 'x-request-id': 'from-the-proxy-1' },
  };

  it('names a request by an id, and nobody by address, path, query or browser', async () => {
    const lines = await linesOf('debug', request);
    const line = lines.find(({ msg }) => msg === 'something');
    expect(line).toMatchObject({ level: 40, requestId: 'from-the-proxy-1' });
    const access = lines.find(({ msg }) => msg === 'request');
    expect(access).toMatchObject({ method: 'GET', route: '/fail/:word', status: 200, requestId: 'from-the-proxy-1' });
    expect(JSON.stringify(lines)).not.toMatch(/token-of-somebody|ada@|Browser of Ada|192\.0\.2\.77|"remoteAddress"/);
  });

  it('takes an id from nobody but a proxy, and no id that could forge a line', async () => {
    const idOf = async (...sent: Parameters<typeof linesOf>) =>
      (await linesOf(...sent)).find(({ msg }) => msg === 'something')?.['requestId'];
    expect(await idOf('info', request, [])).toMatch(/^[\w-]{9,}$/);
    expect(await idOf('info', { ...request, headers: { 'x-request-id': 'a "quoted" one' } })).toMatch(/^[\w-]{9,}$/);
    expect(await idOf('info', request, [])).not.toBe(await idOf('info', request, []));
  });

  it('tells of a failed statement what failed, not with which values', async () => {
    const email = 'ada@example.com';
    const failure = await app.db
      .execute(sql`insert into users (id, name, email) values ('1', 'Ada', ${email}), ('2', 'Ada', ${email})`)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(failure).toBeInstanceOf(DrizzleQueryError);
    const line = describeError(failure);
    expect(line).toMatchObject({
      type: 'DrizzleQueryError',
      cause: { type: 'DatabaseError', code: '23505', constraint: 'users_email_unique' },
    });
    expect(JSON.stringify(line)).toContain('insert into users');
    expect(JSON.stringify(line)).not.toContain(email);
  });
});
