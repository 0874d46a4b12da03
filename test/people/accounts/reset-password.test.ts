import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { linkIn, type Mailbox, openMailbox, recipientOf } from './mailbox.ts';
import { errorAt, valueOf, Visitor } from './visitor.ts';

let app: TestApp;
let mailbox: Mailbox;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url, MAIL_FROM: 'Waymark <waymark@example.com>' });
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const subject = 'Choose a new password';

async function askForLink(email: string): Promise<string> {
  await app.ask('/forgot-password', { form: { email } });
  return linkIn(await mailbox.take(subject));
}

const tokenOf = (link: string) => new URL(link, app.url).searchParams.get('token') ?? '';

describe('a new password by mail', () => {
  it('goes by a link that works once and ends every session', async () => {
    const ada = await app.signUp('Ada');
    const asked = await app.ask('/forgot-password', { form: { email: ada.email.toUpperCase() } });
    expect(asked.status).toBe(200);
    expect(asked.text).not.toContain('Mail is not set up');
    const mail = await mailbox.take(subject);
    expect(mail.from?.text).toBe('"Waymark" <waymark@example.com>');
    expect(recipientOf(mail)).toBe(ada.email);
    expect(mail.text).toContain('Hello Ada,');
    expect(mail.text).toContain(`${app.url}/reset-password?token=`);
    expect(mail.html).toBe(false);

    const page = await app.ask(linkIn(mail));
    expect(page.status).toBe(200);
    const form = { token: valueOf(page, 'token') ?? '', password: 'brand new words' };
    const visitor = new Visitor(app);
    const done = await visitor.send('/reset-password', form);
    expect(done.text).toContain('Your new password works from now on.');

    expect((await ada.ask('/account')).status).toBe(303);
    await visitor.ask('/log-in', { form: { email: ada.email, password: ada.password } });
    expect(await visitor.isLoggedIn()).toBe(false);
    await visitor.ask('/log-in', { form: { email: ada.email, password: form.password } });
    expect(await visitor.isLoggedIn()).toBe(true);
    expect((await mailbox.take('Your password was changed')).text).toContain('every other session was ended');

    const again = await app.ask('/reset-password', { form: { ...form, password: 'one more password' } });
    expect(again.status).toBe(422);
    expect(again.text).toContain('This link does not work any more');
    expect((await app.ask(linkIn(mail))).status).toBe(410);
  });

  it('is kept as a hash: who reads a backup can choose no password', async () => {
    const mary = await app.signUp('Mary');
    const token = tokenOf(await askForLink(mary.email));
    const { rows } = await app.db.execute<{ text: string }>(sql`select verifications::text as text from verifications`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ text }) => text).join()).not.toContain(token);
  });

  it('makes other links worthless that were asked for before', async () => {
    const grace = await app.signUp('Grace');
    const first = await askForLink(grace.email);
    const second = await askForLink(grace.email);
    expect(first).not.toBe(second);
    await app.ask('/reset-password', { form: { token: tokenOf(second), password: 'brand new words' } });
    expect((await app.ask(first)).status).toBe(410);
  });

  it('asks again for a password that is too short, and the link still works', async () => {
    const joan = await app.signUp('Joan');
    const link = await askForLink(joan.email);
    const refused = await app.ask('/reset-password', { form: { token: tokenOf(link), password: 'short' } });
    expect(refused.status).toBe(422);
    expect(errorAt(refused, 'password')).toBe('Use at least 10 characters.');
    expect(valueOf(refused, 'token')).toBe(tokenOf(link));
    const taken = await app.ask('/reset-password', { form: { token: tokenOf(link), password: 'long enough now' } });
    expect(taken.status).toBe(303);
  });

  it('works for one of two people who press the button at once', async () => {
    const mary = await app.signUp('Mary');
    const token = tokenOf(await askForLink(mary.email));
    const answers = await Promise.all(
      ['password of one', 'password of two'].map((password) =>
        app.ask('/reset-password', { form: { token, password } }),
      ),
    );
    expect(answers.map((answer) => answer.status).toSorted((one, other) => one - other)).toEqual([303, 422]);
  });

  it('does not work after an hour', async () => {
    const dorothy = await app.signUp('Dorothy');
    const link = await askForLink(dorothy.email);
    await app.db.execute(sql`update verifications set expires_at = now() - interval '1 second'`);
    expect((await app.ask(link)).status).toBe(410);
    const answer = await app.ask('/reset-password', { form: { token: tokenOf(link), password: 'brand new words' } });
    expect(answer.status).toBe(422);
  });

  it.each(['', 'garbage', '%', 'x'.repeat(150), 'x'.repeat(5_000)])(
    'does not work with a token like %.10j',
    async (token) => {
      const page = await app.ask(`/reset-password?token=${encodeURIComponent(token)}`);
      expect(page.status).toBe(410);
      const answer = await app.ask('/reset-password', { form: { token, password: 'brand new words' } });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('This link does not work any more');
    },
  );

  it('does not work with a token that the database refuses', async () => {
    const answer = await app.ask('/reset-password', { form: { token: 'abc\0def', password: 'brand new words' } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('This link does not work any more');
  });

  it('gives the same answer where nobody has the address, and sends nothing', async () => {
    const katherine = await app.signUp('Katherine');
    const known = await app.ask('/forgot-password', { form: { email: katherine.email } });
    await mailbox.take(subject);
    const unknown = await app.ask('/forgot-password', { form: { email: 'nobody@example.com' } });
    expect(unknown.status).toBe(known.status);
    expect(unknown.text.replace('nobody@example.com', '…')).toBe(known.text.replace(katherine.email, '…'));
    await askForLink(katherine.email); // one that was sent later has come, so another would have
    expect(mailbox.subjectsFor('nobody@example.com')).toEqual([]);
  });

  it('is asked for five times in a quarter of an hour at most by one network', async () => {
    const ask = (count: number) =>
      app.ask('/forgot-password', {
        form: { email: 'flood@example.com' },
        headers: { 'x-forwarded-for': `2001:db8:0:9::${count}` },
      });
    for (let count = 0; count < 5; count++) expect((await ask(count)).status).toBe(200);
    const answer = await ask(5);
    expect(answer.status).toBe(429);
    expect(answer.text).toContain('Too many attempts for one account.');
  });

  it('is mailed five times an hour at most, and whoever asks more is answered the same', async () => {
    const [frances, next] = [await app.signUp('Frances'), await app.signUp('Next')];
    const owner = new Visitor(app);
    await owner.ask('/log-in', { form: { email: frances.email, password: frances.password } });
    const ask = (count: number, who: Pick<TestApp, 'ask'> = app) =>
      who.ask('/forgot-password', {
        form: { email: frances.email },
        headers: { 'x-forwarded-for': `198.18.1.${count}` },
      });
    const first = await ask(0);
    expect(first.status).toBe(200);
    const link = linkIn(await mailbox.take(subject));
    for (let count = 1; count < 8; count++) {
      const answer = await ask(count);
      expect(answer.status).toBe(200);
      expect(answer.text).toBe(first.text);
    }
    for (let count = 1; count < 5; count++) await mailbox.take(subject);
    // One that was asked for later has come, so another would have.
    await askForLink(next.email);
    expect(mailbox.subjectsFor(frances.email)).toEqual([]);
    expect((await app.ask(link)).status).toBe(200);

    await ask(8, owner);
    expect(recipientOf(await mailbox.take(subject))).toBe(frances.email);
  });

  it('is kept for the admin when the mail server refuses', async () => {
    const annie = await app.signUp('Annie');
    await mailbox.close();
    const answer = await app.ask('/forgot-password', { form: { email: annie.email } });
    expect(answer.status).toBe(200);
    const kept = async () =>
      (await app.db.execute(sql`select subject from mails where recipient = ${annie.email}`)).rows;
    await expect.poll(kept).toEqual([{ subject }]);
  });
});
