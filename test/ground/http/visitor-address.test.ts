import type { IncomingMessage } from 'node:http';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkOf, readAddress } from '../../../src/ground/addresses/network.ts';
import { knowProxies, visitorAddress } from '../../../src/ground/http/proxies.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHit, insertBareWorkspace, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

describe('an address as proxies write it', () => {
  it.each([
    ['8.8.8.8', '8.8.8.8'],
    ['8.8.8.8:51234', '8.8.8.8'],
    ['8.8.8.8:_hidden-port', '8.8.8.8'],
    ['"8.8.8.8:51234"', '8.8.8.8'],
    ['[8.8.8.8]:80', '8.8.8.8'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['"[2001:db8::1]:4711"', '2001:db8::1'],
    ['"[2001:db8::1]:_port"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25en0]:443', 'fe80::1'],
    ['::ffff:8.8.8.8', '8.8.8.8'],
    ['::FFFF:808:808', '8.8.8.8'],
    ['[::ffff:8.8.8.8]:51234', '8.8.8.8'],
    ['::ffff:8.8.8.8%eth0', '8.8.8.8'],
  ])('%s is %s', (text, address) => {
    expect(readAddress(text)).toBe(address);
  });

  it.each([
    'unknown',
    '_SEVKISEK',
    '',
    '-',
    '1',
    '0x7f.1',
    '010.1.1.1',
    '8.8.8',
    '8.8.8.8.8',
    '256.1.1.1',
    '8.8.8.8 8.8.4.4',
    '8.8.8.8;proto=https',
    'for=8.8.8.8',
    '"8.8.8.8',
    '[2001:db8::1',
    '2001:db8::1]:80',
    '[]:80',
    '2001:db8::g',
    'example.com:80',
    'a'.repeat(5_000),
  ])('%s is none, and counts with all others that are none', (text) => {
    expect(readAddress(text)).toBeUndefined();
    expect(networkOf(text)).toBe('unknown');
  });

  it('belongs to the network of its address', () => {
    expect(networkOf('8.8.8.8:51234')).toBe('8.8.8.8');
    expect(networkOf('[2001:db8:1:2::5]:80')).toBe(networkOf('2001:DB8:1:2:ffff:1:2:3'));
    expect(networkOf('[2001:db8:1:2::5]:80')).not.toBe(networkOf('[2001:db8:1:3::5]:80'));
  });
});

describe('the address of who asks', () => {
  const isProxy = knowProxies(['loopback', '10.0.0.0/8', '2001:db8:99::/48', 'fe80::/10', '::ffff:192.0.2.0/120']);
  const of = (peer: string | undefined, forwarded?: string) =>
    visitorAddress(
      { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage,
      isProxy,
    );

  it.each([
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['203.0.113.9', '8.8.8.8', '203.0.113.9'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['127.0.0.1', ' , ,', '127.0.0.1'],
    ['127.0.0.1', '8.8.8.8', '8.8.8.8'],
    ['127.0.0.1', '8.8.8.8:51234', '8.8.8.8'],
    ['::ffff:127.0.0.1', '[2001:db8::1]:51234', '2001:db8::1'],
    ['fe80::1%eth0', '8.8.8.8', '8.8.8.8'],
    ['192.0.2.7', '8.8.8.8', '8.8.8.8'],
    ['::ffff:192.0.2.7', '8.8.8.8', '8.8.8.8'],
    // Proxies in the chain, in any form, right to left.
    ['127.0.0.1', '8.8.8.8, 10.1.2.3', '8.8.8.8'],
    ['127.0.0.1', '8.8.8.8, 10.1.2.3:443', '8.8.8.8'],
    ['127.0.0.1', '8.8.8.8:1, "[2001:db8:99::7]:443", ::ffff:10.0.0.1 ,127.0.0.1:80', '8.8.8.8'],
    ['127.0.0.1', '1.2.3.4, 8.8.8.8, 10.1.2.3:443', '8.8.8.8'],
    // All of them proxies: the first is nearest to the visitor.
    ['127.0.0.1', '10.0.0.9:1, 10.0.0.8', '10.0.0.9'],
    // Nothing before an entry that cannot be read is believed.
    ['127.0.0.1', 'unknown', 'unknown'],
    ['127.0.0.1', '8.8.8.8, unknown', 'unknown'],
    ['127.0.0.1', '8.8.8.8, x, 10.1.2.3', 'unknown'],
    ['127.0.0.1', 'for=8.8.8.8', 'unknown'],
    [undefined, '8.8.8.8', 'unknown'],
  ])('from %s with "%s" is %s', (peer, forwarded, address) => {
    expect(of(peer, forwarded)).toBe(address);
  });

  it('is nobody else’s where no proxy is named', () => {
    const request = { socket: { remoteAddress: '127.0.0.1' }, headers: { 'x-forwarded-for': '8.8.8.8' } };
    expect(visitorAddress(request as unknown as IncomingMessage, knowProxies([]))).toBe('127.0.0.1');
  });
});

describe('a visitor behind a proxy that adds the port', () => {
  let app: TestApp;
  let linkId: string;
  beforeAll(async () => {
    app = await startTestApp();
    ({ id: linkId } = await makeLink(app, await insertBareWorkspace(app.db), { slug: 'spring' }));
  });
  afterAll(() => app.close());

  const visitFrom = (address: string, path = '/spring', more: Record<string, string> = {}) =>
    app.visit(path, { headers: { 'x-forwarded-for': address, ...more } });

  it('is one visitor, with a place, however it is written', async () => {
    for (const form of [
      '8.8.8.8',
      '8.8.8.8:1',
      '8.8.8.8:2',
      '::ffff:8.8.8.8',
      '"[::ffff:8.8.8.8]:3"',
      '9.9.9.9, 8.8.8.8:4',
    ])
      expect((await visitFrom(form)).status).toBe(302);
    for (const form of ['x', 'unknown', '_y', '8.8.8.8, z']) expect((await visitFrom(form)).status).toBe(302);
    const seen = await rowsOf<{ visitors: number; hits: number; country: string | null }>(
      app.db,
      sql`select count(distinct visitor_key)::int as visitors, count(*)::int as hits, country from ${everyHit} c
          where link_id = ${linkId} group by country order by country nulls last`,
    );
    expect(seen).toEqual([
      { visitors: 1, hits: 6, country: 'US' },
      { visitors: 1, hits: 4, country: null },
    ]);
  });

  it('is one network to the limits of unknown slugs, whatever the port', async () => {
    const statuses: number[] = [];
    for (let port = 1; port <= 102; port++) statuses.push((await visitFrom(`203.0.113.4:${port}`, '/none')).status);
    expect(statuses.slice(0, 100).every((status) => status === 404)).toBe(true);
    expect(statuses.slice(100)).toEqual([429, 429]);
    expect((await visitFrom('203.0.113.5:1', '/none')).status).toBe(404);
  });

  it('is one network to the limits of pages, whatever the port', async () => {
    const tries: number[] = [];
    for (let port = 1; port <= 21; port++) {
      const form = { email: `nobody-${port}@example.com` };
      const headers = { 'x-forwarded-for': `203.0.113.6:${port}` };
      tries.push((await app.ask('/forgot-password', { form, headers })).status);
    }
    expect([tries[0], tries[19], tries[20]]).toEqual([200, 200, 429]);
  });

  it('is not told by Forwarded (RFC 7239), which proxies pass on from strangers', async () => {
    const statuses: number[] = [];
    for (let n = 1; n <= 101; n++)
      statuses.push((await visitFrom('203.0.113.7', '/none', { forwarded: `for=1.1.1.${n};proto=https` })).status);
    expect(statuses.at(-1)).toBe(429);
  });
});
