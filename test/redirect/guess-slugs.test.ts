import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertLink } from '../../src/links/queries.ts';
import { networkOf } from '../../src/network.ts';
import { UnknownSlugs } from '../../src/redirect/unknown-slugs.ts';
import { startTestApp, type TestApp } from '../setup/app.ts';
import { insertBareWorkspace } from '../setup/hits.ts';

describe('unknown slugs', () => {
  it('are counted for an IPv4 address, and for a /64 of IPv6', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('2001:db8:1:2::5')).toBe(networkOf('2001:db8:1:2:ffff:1:2:3'));
    expect(networkOf('2001:db8:1:2::5')).not.toBe(networkOf('2001:db8:1:3::5'));
    expect(networkOf('unix:')).toBe('unix:');
  });

  it('are allowed a hundred a minute, and again in the next', () => {
    const slugs = new UnknownSlugs();
    const now = Date.UTC(2026, 0, 1);
    for (let guess = 0; guess < 100; guess++) expect(slugs.count('192.0.2.7', now)).toBe(0);
    expect(slugs.count('192.0.2.7', now + 15_500)).toBe(45);
    expect(slugs.count('192.0.2.8', now + 15_500)).toBe(0);
    expect(slugs.count('192.0.2.7', now + 60_000)).toBe(0);
  });

  it('do not lock anybody out when the clock is set back', () => {
    const slugs = new UnknownSlugs();
    const now = Date.UTC(2026, 0, 1);
    for (let guess = 0; guess < 101; guess++) slugs.count('192.0.2.7', now);
    expect(slugs.count('192.0.2.7', now - 3_600_000)).toBe(0);
  });

  it('do not fill the memory: of more than 20,000 networks the quiet ones are forgotten', () => {
    const slugs = new UnknownSlugs();
    for (let guess = 0; guess < 101; guess++) slugs.count('192.0.2.7', 0);
    expect(slugs.count('192.0.2.7', 0)).toBeGreaterThan(0);
    for (let network = 0; network < 20_000; network++) slugs.count(`10.0.${network >> 8}.${network & 255}`, 0);
    expect(slugs.count('192.0.2.7', 0)).toBe(0);
  });
});

describe('whoever guesses slugs', () => {
  let waymark: TestApp;
  let slug: string;
  beforeAll(async () => {
    waymark = await startTestApp();
    const workspaceId = await insertBareWorkspace(waymark.db);
    const { instanceDomainId: domainId } = waymark.app;
    ({ slug } = await insertLink(waymark.db, workspaceId, {
      url: 'https://example.com/',
      slug: 'there',
      domainId,
      title: null,
      createdBy: null,
    }));
  });
  afterAll(() => waymark.close());

  const guess = (path: string, address: string) => waymark.visit(path, { headers: { 'x-forwarded-for': address } });

  it('is asked to wait, while links that exist open for them and for everybody', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 101; n++) statuses.push((await guess(`/guess-${n}`, '2001:db8::1')).status);
    expect(statuses.slice(0, 100).every((status) => status === 404)).toBe(true);
    expect(statuses[100]).toBe(429);
    const limited = await guess('/another', '2001:db8::2');
    expect(limited.status).toBe(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(limited.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(limited.headers['cache-control']).toBe('private, no-store');
    expect(limited.text).toContain('Wait a minute');
    expect((await guess(`/${slug}`, '2001:db8::2')).status).toBe(302);
    expect((await guess('/another', '192.0.2.1')).status).toBe(404);
  });
});
