import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeOldTries } from '../../../src/ground/db/tries.ts';
import { insertShare } from '../../../src/reports/sharing/queries.ts';
import { hashPassword } from '../../../src/reports/sharing/password.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

/** Two servers on one database. Each has a memory of its own, as one has that a flood of other keys went through. */

let first: TestApp;
let second: TestApp;
let ada: Person;

beforeAll(async () => {
  first = await startTestApp();
  second = await startTestApp({ DATABASE_URL: first.databaseUrl, SECRET: first.config.secret });
  ada = await first.signUp('Ada');
});
afterAll(async () => {
  await second.close();
  await first.close();
});

let networks = 0;
const from = () => ({ 'x-forwarded-for': `203.0.${Math.floor(networks / 250)}.${networks++ % 250}` });

describe('a limit that protects somebody', () => {
  it('counts tries to log in to an account on all servers together', async () => {
    const logIn = (app: TestApp) =>
      app.ask('/log-in', { form: { email: ada.email, password: 'wrong' }, headers: from() });
    await first.db.execute(sql`delete from tries`);
    expect((await logIn(first)).status).toBe(422);
    // One row counts the network with the account, up to ten; the other the account. Each later try has a new network.
    await first.db.execute(sql`update tries set count = 98`);
    expect((await logIn(second)).status).toBe(422);
    expect((await logIn(first)).status).toBe(422);
    expect((await logIn(second)).status).toBe(429);
    expect((await logIn(first)).status).toBe(429);
  });

  it('sends five mails for a new password an hour, whichever server is asked', async () => {
    const bob = await first.signUp('Bob');
    const ask = (app: TestApp) => app.ask('/forgot-password', { form: { email: bob.email }, headers: from() });
    for (const app of [first, first, first, second, second, second, first]) expect((await ask(app)).status).toBe(200);
    const mails = async () => {
      const { rows } = await first.db.execute<{ mails: number }>(
        sql`select count(*)::int as mails from mails where recipient = ${bob.email} and subject ilike '%password%'`,
      );
      return rows[0]?.mails;
    };
    await expect.poll(mails).toBe(5);
  });

  it('counts tries at the password of a shared report', async () => {
    const workspaceId = ada.workspace.id;
    const { token } = await insertShare(
      first.db,
      workspaceId,
      byTest,
      {
        subject: { kind: 'workspace', id: workspaceId },
        filters: [],
        title: 'Results',
        parts: [],
        passwordHash: await hashPassword('correct horse'),
        expiresAt: null,
      },
      first.config.secret,
    );
    await first.db.execute(sql`delete from tries`);
    const guess = (app: TestApp) => app.ask(`/r/${token}`, { form: { password: 'wrong' }, headers: from() });
    expect((await guess(first)).status).toBe(422);
    await first.db.execute(sql`update tries set count = 99`);
    expect((await guess(second)).status).toBe(422);
    expect((await guess(first)).status).toBe(429);
    expect((await guess(second)).status).toBe(429);
  });

  it('counts invitations of a workspace, and changes of its time zone', async () => {
    const invite = (n: number) =>
      first.ask(`/w/${ada.workspace.slug}/invitations`, {
        form: { email: `reader-${n}@example.com`, role: 'viewer' },
        headers: { cookie: ada.cookie },
      });
    await first.db.execute(sql`delete from tries`);
    expect((await invite(1)).status).toBe(303);
    const { rows } = await first.db.execute(sql`select count from tries`);
    expect(rows).toEqual([{ count: 1 }, { count: 1 }]);
    await first.db.execute(sql`update tries set count = 50`);
    expect((await invite(2)).status).toBe(429);

    await first.db.execute(sql`delete from tries`);
    const move = (app: TestApp, timeZone: string) =>
      app.ask(`/w/${ada.workspace.slug}/settings`, {
        form: { name: 'Team', slug: ada.workspace.slug, timeZone },
        headers: { cookie: ada.cookie },
      });
    for (const [app, zone] of [
      [first, 'Europe/Berlin'],
      [second, 'Asia/Tokyo'],
      [first, 'Europe/Paris'],
    ] as const)
      expect((await move(app, zone)).status).toBe(303);
    expect((await move(second, 'Asia/Seoul')).status).toBe(429);
  });

  it('begins anew when its window is over, and is forgotten then', async () => {
    const ask = () => first.ask('/forgot-password', { form: { email: 'cleo@example.com' }, headers: from() });
    await first.db.execute(sql`delete from tries`);
    await ask();
    await first.db.execute(sql`update tries set count = 500, ends_at = now() - interval '1 second'`);
    expect((await ask()).status).toBe(200);
    const counts = await first.db.execute<{ count: number }>(sql`select count from tries order by count`);
    expect(counts.rows.at(0)).toEqual({ count: 1 });
    await removeOldTries(first.db);
    const { rows } = await first.db.execute(sql`select from tries where ends_at < now()`);
    expect(rows).toEqual([]);
  });

  it('keeps no address', async () => {
    const { rows } = await first.db.execute<{ row: string }>(
      sql`select encode(key, 'escape') || count || ends_at as row from tries`,
    );
    for (const { row } of rows) expect(row).not.toMatch(/example|203\.0/);
  });
});

describe('a limit by network', () => {
  it('counts a whole /48 of IPv6 besides its networks, and others apart', async () => {
    const ask = (address: string) => second.ask('/sign-up', { form: {}, headers: { 'x-forwarded-for': address } });
    const statuses: number[] = [];
    // Twenty an hour and network, eight times as many a /48.
    for (let n = 0; n < 161; n++) statuses.push((await ask(`2001:db8:1:${n.toString(16)}::1`)).status);
    expect(statuses.filter((status) => status === 422)).toHaveLength(160);
    expect(statuses.at(-1)).toBe(429);
    expect((await ask('2001:db8:2::1')).status).toBe(422);
    expect((await ask('203.0.113.9')).status).toBe(422);
  });
});
