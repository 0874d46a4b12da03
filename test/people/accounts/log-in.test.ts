import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextPath } from '../../../src/people/accounts/next-path.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { linkIn, openMailbox } from './mailbox.ts';
import { errorAt, valueOf, Visitor } from './visitor.ts';

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

/** From an address of its own, so that no test meets the limit of another. */
let addresses = 0;
const from = () => ({ 'x-forwarded-for': `198.18.0.${++addresses}` });

describe('log-in', () => {
  it('leads to the links of the workspace that was open last', async () => {
    const visitor = new Visitor(app);
    const answer = await visitor.ask('/log-in', { form: { email: ada.email, password: ada.password } });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect((await visitor.ask('/')).headers.location).toBe(`/w/${ada.workspace.slug}/links`);
  });

  it('reads the address without regard to case and blanks', async () => {
    const visitor = new Visitor(app);
    await visitor.ask('/log-in', { form: { email: ` ${ada.email.toUpperCase()} `, password: ada.password } });
    expect(await visitor.isLoggedIn()).toBe(true);
  });

  it('leads on to the page that asked for it, by the form', async () => {
    const visitor = new Visitor(app);
    const turnedAway = await visitor.ask('/account?from=mail');
    expect(turnedAway.headers.location).toBe('/log-in?next=%2Faccount%3Ffrom%3Dmail');
    const page = await visitor.ask(turnedAway.headers.location ?? '');
    const next = valueOf(page, 'next') ?? '';
    const answer = await visitor.ask('/log-in', { form: { email: ada.email, password: ada.password, next } });
    expect(answer.headers.location).toBe('/account?from=mail');
  });

  it.each([
    'https://example.com/',
    '//example.com',
    '/\\example.com',
    '/\t/example.com',
    '\\\\example.com',
    '/.//example.com',
    '/x/..//example.com',
    'javascript:alert(1)',
    'profile',
    '',
  ])('never leads to another site: %j', async (next) => {
    expect(nextPath(next)).toBe('/');
    const opened = await ada.ask(`/log-in?next=${encodeURIComponent(next)}`);
    expect(opened.status).toBe(302);
    expect(opened.headers.location).toBe('/');
  });

  it('never leads to another site by the form either', async () => {
    const form = { email: ada.email, password: ada.password, next: '/.//example.com' };
    const answer = await app.ask('/log-in', { form });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
  });

  it('says the same of a wrong password, an unknown address and an endless password', async () => {
    const grace = await app.signUp('Grace');
    const refuse = (email: string, password: string) =>
      app.ask('/log-in', { form: { email, password, next: '/account' }, headers: from() });
    const wrong = await refuse(grace.email, 'not my password');
    const unknown = await refuse('nobody@example.com', 'not my password');
    const endless = await refuse(grace.email, 'x'.repeat(500));
    const withoutAddress = (text: string) => text.replaceAll(grace.email, '…').replaceAll('nobody@example.com', '…');
    expect([wrong.status, unknown.status, endless.status]).toEqual([422, 422, 422]);
    expect(wrong.text).toContain('No account has this address and this password. Check both.');
    expect(withoutAddress(unknown.text)).toBe(withoutAddress(wrong.text));
    expect(withoutAddress(endless.text)).toBe(withoutAddress(wrong.text));
    expect(wrong.headers['set-cookie']).toBeUndefined();
    expect(valueOf(wrong, 'email')).toBe(grace.email);
    expect(valueOf(wrong, 'next')).toBe('/account');
    expect(wrong.text).not.toContain('not my password');
  });

  it('asks for what is missing', async () => {
    const answer = await app.ask('/log-in', { form: { email: 'ada' }, headers: from() });
    expect(answer.status).toBe(422);
    expect(errorAt(answer, 'email')).toBe('Type an e-mail address such as ada@example.com.');
    expect(errorAt(answer, 'password')).toBe('Type your password.');
  });

  it('takes no form from another site', async () => {
    const form = { email: ada.email, password: ada.password };
    const answer = await app.ask('/log-in', { form, headers: { ...from(), origin: 'https://example.com' } });
    expect(answer.status).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('is limited by account and network, a /64 of IPv6 being one, and nobody elsewhere is kept out', async () => {
    const katherine = await app.signUp('Katherine');
    const guess = (password: string, address: string) =>
      app.ask('/log-in', {
        form: { email: katherine.email, password },
        headers: { 'x-forwarded-for': address },
      });
    for (let count = 0; count < 10; count++) {
      expect((await guess(`guess number ${count}`, `2001:db8:0:7::${count}`)).status).toBe(422);
    }
    const answer = await guess(katherine.password, '2001:db8:0:7:ffff::1');
    expect(answer.status).toBe(429);
    expect(answer.text).toContain('Too many attempts for one account. Wait 15 minutes, then try again.');
    expect(answer.headers['retry-after']).toMatch(/^(900|8\d\d)$/);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect((await guess(katherine.password, '2001:db8:0:8::1')).status).toBe(303);
  });

  it('is limited by account, but not for browsers whose user has proved to be the owner', async () => {
    const mailbox = await openMailbox();
    const besieged = await startTestApp({ SMTP_URL: mailbox.url });
    try {
      const [dorothy, mary] = [await besieged.signUp('Dorothy'), await besieged.signUp('Mary')];
      const logIn = async (visitor: Visitor, { email, password }: { email: string; password: string }) =>
        (await visitor.ask('/log-in', { form: { email, password }, headers: from() })).status;
      const [home, marys, fresh] = [new Visitor(besieged), new Visitor(besieged), new Visitor(besieged)];
      expect(await logIn(home, dorothy)).toBe(303);
      expect(await logIn(marys, mary)).toBe(303);
      // Too long to be hashed, so that a hundred take no time. One try was the owner's own.
      const guess = { email: dorothy.email, password: 'x'.repeat(500) };
      for (let count = 1; count < 100; count++) expect(await logIn(fresh, guess)).toBe(422);
      expect(await logIn(fresh, dorothy)).toBe(429);
      expect(await logIn(marys, dorothy)).toBe(429);
      home.cookies.delete('waymark.session_token');
      expect(await logIn(home, dorothy)).toBe(303);
      expect(await logIn(new Visitor(besieged), mary)).toBe(303);

      await fresh.ask('/forgot-password', { form: { email: dorothy.email }, headers: from() });
      const link = linkIn(await mailbox.take('Choose a new password'));
      const chosen = { email: dorothy.email, password: 'brand new words' };
      const token = valueOf(await fresh.ask(link), 'token') ?? '';
      expect((await fresh.ask('/reset-password', { form: { token, password: chosen.password } })).status).toBe(303);
      expect(await logIn(fresh, chosen)).toBe(303);
    } finally {
      await besieged.close();
      await mailbox.close();
    }
  });

  it('leaves a mark in the browser that scripts cannot read and that says nothing', async () => {
    const visitor = new Visitor(app);
    const answer = await visitor.ask('/log-in', {
      form: { email: ada.email, password: ada.password },
      headers: from(),
    });
    const line = answer.headers['set-cookie']?.find((cookie) => cookie.startsWith('waymark_known=')) ?? '';
    expect(line).toMatch(/^waymark_known=[\w-]{43}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('is limited by address, whatever accounts are tried', async () => {
    const guess = (count: number) =>
      app.ask('/log-in', {
        form: { email: `guess-${count}@example`, password: 'x' },
        headers: { 'x-forwarded-for': '203.0.113.9' },
      });
    for (let count = 0; count < 40; count++) expect((await guess(count)).status).toBe(422);
    expect((await guess(40)).status).toBe(429);
  });
});

describe('log-out', () => {
  it('ends the session on the server, not just in the browser', async () => {
    const person = await app.signUp('Joan');
    const answer = await person.ask('/log-out', { method: 'POST' });
    expect(answer.headers.location).toBe('/log-in');
    expect((await person.ask('/account')).headers.location).toBe('/log-in?next=%2Faccount');
  });

  it('does nothing to a stranger', async () => {
    const answer = await app.ask('/log-out', { method: 'POST' });
    expect(answer.headers.location).toBe('/log-in');
  });
});

describe('a cookie', () => {
  it.each(['garbage', 'a.b', '%E0%A4%A', 'x'.repeat(3_000)])('that is not ours is nobody: %.20s', async (value) => {
    const answer = await app.ask('/account', { headers: { cookie: `waymark.session_token=${value}` } });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/log-in?next=%2Faccount');
  });

  it('whose token was changed is nobody', async () => {
    const forged = ada.cookie.replace(
      /session_token=./,
      (start) => `${start.slice(0, -1)}${start.endsWith('a') ? 'b' : 'a'}`,
    );
    expect((await app.ask('/account', { headers: { cookie: forged } })).status).toBe(303);
    expect((await ada.ask('/account')).status).toBe(200);
  });
});
