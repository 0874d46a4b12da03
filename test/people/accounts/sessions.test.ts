import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { desktopChrome, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { Visitor } from './visitor.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

async function logIn(userAgent: string, person = ada): Promise<Visitor> {
  const visitor = new Visitor(app);
  const form = { email: person.email, password: person.password };
  await visitor.ask('/log-in', { form, headers: { 'user-agent': userAgent } });
  return visitor;
}

async function idOf(visitor: Visitor): Promise<string> {
  const token = decodeURIComponent(visitor.cookies.get('waymark.session_token') ?? '').split('.')[0];
  const found = await app.db.execute<{ id: string }>(sql`select id from sessions where token = ${token}`);
  return found.rows[0]?.id ?? '';
}

it('lists sessions with their device and when they were last used, and shows no token', async () => {
  const phone = await logIn(iphone);
  const desktop = await logIn(desktopChrome);
  await app.db.execute(
    sql`update sessions set updated_at = now() - interval '3 hours' where id = ${await idOf(phone)}`,
  );
  const page = await desktop.ask('/account/security');
  expect(page.text).toMatch(/Chrome on Windows.*?This session/s);
  expect(page.text).toMatch(/Safari on iOS.*?Last used 3 hours ago/s);
  const tokens = await app.db.execute<{ token: string }>(sql`select token from sessions`);
  for (const { token } of tokens.rows) expect(page.text).not.toContain(token);
});

it('keeps no address', async () => {
  const found = await app.db.execute(sql`select from sessions where coalesce(ip_address, '') <> ''`);
  expect(found.rowCount).toBe(0);
});

it('keeps no user agent, and at its next use forgets the one that an earlier version kept', async () => {
  const visitor = await logIn(iphone);
  const id = await idOf(visitor);
  const kept = async () =>
    (await app.db.execute<{ user_agent: string }>(sql`select user_agent from sessions where id = ${id}`)).rows[0]
      ?.user_agent;
  expect(await kept()).toBe('{"device":"mobile","os":"iOS","browser":"Safari"}');
  await app.db.execute(sql`
update sessions set user_agent = ${iphone}, updated_at = now() - interval '1 hour', expires_at = now() + interval '29 days' where id = ${id}`);
  expect((await (await logIn(desktopChrome)).ask('/account/security')).text).toContain('Safari on iOS');
  await visitor.ask('/account/security', { headers: { 'user-agent': desktopChrome } });
  expect(await kept()).toBe('{"device":"desktop","os":"Windows","browser":"Chrome"}');
});

it('ends a session at once', async () => {
  const [phone, desktop] = [await logIn(iphone), await logIn(desktopChrome)];
  expect(await phone.isLoggedIn()).toBe(true);
  const done = await desktop.send(`/account/security/sessions/${await idOf(phone)}/end`, {});
  expect(done.text).toContain('The session is ended.');
  expect(await phone.isLoggedIn()).toBe(false);
  expect(await desktop.isLoggedIn()).toBe(true);
});

it('ends its own session as well, and then asks to log in', async () => {
  const visitor = await logIn(iphone);
  const answer = await visitor.ask(`/account/security/sessions/${await idOf(visitor)}/end`, { method: 'POST' });
  expect(answer.status).toBe(303);
  expect(await visitor.isLoggedIn()).toBe(false);
});

it('ends all others', async () => {
  const grace = await app.signUp('Grace');
  const [one, two] = [await logIn(iphone, grace), await logIn(desktopChrome, grace)];
  const done = await two.send('/account/security/sessions/end-others', {});
  expect(done.text).toContain('All other sessions are ended.');
  expect(await two.isLoggedIn()).toBe(true);
  expect(await one.isLoggedIn()).toBe(false);
  expect((await grace.ask('/account/security')).status).toBe(303);
  expect((await ada.ask('/account/security')).status).toBe(200);
});

it("does not end another person's session", async () => {
  const [mine, hers] = [await logIn(desktopChrome, await app.signUp('Joan')), await logIn(iphone)];
  const answer = await mine.ask(`/account/security/sessions/${await idOf(hers)}/end`, { method: 'POST' });
  expect(answer.status).toBe(404);
  expect(await hers.isLoggedIn()).toBe(true);
});

it('lasts 30 days from its last use', async () => {
  const visitor = await logIn(iphone);
  const id = await idOf(visitor);
  await app.db.execute(sql`
update sessions set updated_at = now() - interval '20 days', expires_at = now() + interval '10 days' where id = ${id}`);
  const answer = await visitor.ask('/account/security');
  expect(answer.headers['set-cookie']?.[0]).toContain('Max-Age=2592000');
  const renewed = await app.db.execute(
    sql`select from sessions where id = ${id} and expires_at > now() + interval '29 days' and updated_at > now() - interval '1 minute'`,
  );
  expect(renewed.rowCount).toBe(1);
  await app.db.execute(sql`update sessions set expires_at = now() - interval '1 second' where id = ${id}`);
  expect(await visitor.isLoggedIn()).toBe(false);
});
