import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '../../../src/ground/db/notify.ts';
import { archiveLink } from '../../../src/links/links/queries.ts';
import { networkOf } from '../../../src/ground/addresses/network.ts';
import { UnknownSlugs } from '../../../src/visitors/redirect/unknown-slugs.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';

describe('unknown slugs', () => {
  it('are counted for an IPv4 address, and for a /64 of IPv6', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('2001:db8:1:2::5')).toBe(networkOf('2001:db8:1:2:ffff:1:2:3'));
    expect(networkOf('2001:db8:1:2::5')).not.toBe(networkOf('2001:db8:1:3::5'));
    expect(networkOf('unix:')).toBe('unknown');
  });

  /** Guesses one after the other; what the last one is told. */
  async function guess(slugs: UnknownSlugs, address: string, now: number, times = 1): Promise<number | object> {
    let answer: number | object = 0;
    for (let n = 0; n < times; n++) answer = await slugs.look(address, now, async () => undefined);
    return answer;
  }

  it('are allowed a hundred a minute, and again in the next', async () => {
    const slugs = new UnknownSlugs();
    const now = Date.UTC(2026, 0, 1);
    expect(await guess(slugs, '192.0.2.7', now, 100)).toBe(0);
    expect(await guess(slugs, '192.0.2.7', now + 15_500)).toBe(45);
    expect(await guess(slugs, '192.0.2.8', now + 15_500)).toBe(0);
    expect(await guess(slugs, '192.0.2.7', now + 60_000)).toBe(0);
  });

  it('do not lock anybody out when the clock is set back', async () => {
    const slugs = new UnknownSlugs();
    const now = Date.UTC(2026, 0, 1);
    await guess(slugs, '192.0.2.7', now, 101);
    expect(await guess(slugs, '192.0.2.7', now - 3_600_000)).toBe(0);
  });

  it('do not fill the memory: of more than 20,000 networks the quiet ones are forgotten', async () => {
    const slugs = new UnknownSlugs();
    expect(await guess(slugs, '192.0.2.7', 0, 101)).toBe(60);
    for (let network = 0; network < 20_000; network++) await guess(slugs, `10.0.${network >> 8}.${network & 255}`, 0);
    expect(await guess(slugs, '192.0.2.7', 0)).toBe(0);
  });

  it('are looked for one at a time beyond the limit, and refused to nobody before it', async () => {
    const slugs = new UnknownSlugs();
    const link = { slug: 'there' };
    const visits = Array.from({ length: 300 }, () => slugs.look('192.0.2.7', 0, () => sleep(20, link)));
    expect((await Promise.all(visits)).every((answer) => answer === link)).toBe(true);
    await guess(slugs, '192.0.2.7', 0, 100);
    let looks = 0;
    const slow = () =>
      slugs.look('192.0.2.7', 0, () => {
        looks++;
        return sleep(20, undefined);
      });
    const more = await Promise.all(Array.from({ length: 50 }, slow));
    expect([looks, more.every((answer) => answer === 60)]).toEqual([1, true]);
    // What there is opens, and others are not held up.
    expect(await slugs.look('192.0.2.7', 0, async () => link)).toBe(link);
    expect(await guess(slugs, '192.0.2.8', 0)).toBe(0);
    await expect(slugs.look('192.0.2.9', 0, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await guess(slugs, '192.0.2.9', 0)).toBe(0);
  });
});

describe('whoever guesses slugs', () => {
  let app: TestApp;
  let workspaceId: string;
  let linkId: string;
  let slug: string;
  beforeAll(async () => {
    app = await startTestApp();
    workspaceId = await insertBareWorkspace(app.db);
    const { instanceDomainId: domainId } = app;
    ({ id: linkId, slug } = await makeLink(app, workspaceId, { url: 'https://example.com/', slug: 'there', domainId }));
  });
  afterAll(() => app.close());

  const guess = (path: string, address: string) => app.visit(path, { headers: { 'x-forwarded-for': address } });

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
    expect(limited.text).toContain(`Try again in ${limited.headers['retry-after']} seconds.`);
    expect((await guess(`/${slug}`, '2001:db8::2')).status).toBe(302);
    expect((await guess('/another', '192.0.2.1')).status).toBe(404);
  });

  it('keeps nobody of their network from links that were opened a while ago', async () => {
    for (let n = 0; n < 101; n++) await guess(`/guess-${n}`, '2001:db8:2::1');
    expect((await guess(`/${slug}`, '2001:db8:2::2')).status).toBe(302);
    await app.db.execute(sql`update links set url = 'https://example.com/new' where id = ${linkId}`);
    await announce(app.db, { kind: 'workspace', workspaceId });
    await expect
      .poll(async () => {
        const visits = [...Array(20).keys()].map((n) => guess(n % 2 ? `/${slug}` : `/more-${n}`, '2001:db8:2::2'));
        const answers = await Promise.all(visits);
        expect(answers.filter(({ status }) => status === 302)).toHaveLength(10);
        return answers.at(-1)?.headers.location;
      })
      .toBe('https://example.com/new');
  });

  it('still sees that a link has ended', async () => {
    await archiveLink(app.db, workspaceId, byTest, linkId);
    for (let n = 0; n < 101; n++) await guess(`/guess-${n}`, '2001:db8:1::1');
    expect((await guess('/another', '2001:db8:1::1')).status).toBe(429);
    await expect.poll(async () => (await guess(`/${slug}`, '2001:db8:1::1')).status).toBe(410);
  });
});
