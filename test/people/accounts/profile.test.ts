import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmailChange } from '../../../src/people/accounts/email-change.ts';
import { Unauthorized } from '../../../src/ground/text/errors.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { linkIn, type Mailbox, openMailbox, recipientOf } from './mailbox.ts';
import { errorAt, valueOf, Visitor } from './visitor.ts';

let app: TestApp;
let mailbox: Mailbox;
let ada: Person;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
  ada = await app.signUp('Ada');
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

describe('the profile', () => {
  it('is for people who are logged in', async () => {
    for (const path of ['name', 'email', 'password', 'sessions/end-others', 'sessions/x/end']) {
      const answer = await app.ask(`/profile/${path}`, { method: 'POST' });
      expect(answer.headers.location, path).toBe('/log-in');
    }
  });

  it('changes the name', async () => {
    const answer = await ada.ask('/account/name', { form: { name: ' Ada Lovelace ' } });
    expect(answer.headers.location).toBe('/account');
    expect(valueOf(await ada.ask('/account'), 'name')).toBe('Ada Lovelace');
    for (const name of ['', '\u200f \u202e']) {
      const refused = await ada.ask('/account/name', { form: { name } });
      expect(refused.status).toBe(422);
      expect(errorAt(refused, 'name')).toBe('Type your name.');
    }
  });

  it('takes marks that turn the reading direction out of the name', async () => {
    const maria = await app.signUp('Maria');
    await maria.ask('/account/name', { form: { name: '\u2067Maria\u2069 \u202egoeppert\u200f\u061c' } });
    expect(valueOf(await maria.ask('/account'), 'name')).toBe('Maria goeppert');
  });

  it('makes nobody an admin and moves no address by the name form', async () => {
    const grace = await app.signUp('Grace');
    await grace.ask('/account/name', { form: { name: 'Grace', isAdmin: 'true', email: 'other@example.com' } });
    expect((await grace.ask('/admin/mail')).status).toBe(404);
    expect((await grace.ask('/account')).text).toContain(grace.email);
  });
});

describe('a new e-mail address', () => {
  const confirm = 'Confirm your new e-mail address';

  it('counts once the link in the mail to it is opened and its button pressed', async () => {
    const joan = await app.signUp('Joan');
    const form = { email: 'Joan.New@example.com', emailPassword: joan.password };
    expect((await joan.ask('/account/email', { form })).headers.location).toBe('/account');
    const mail = await mailbox.take(confirm);
    expect(recipientOf(mail)).toBe('joan.new@example.com');
    const warning = await mailbox.take('Your e-mail address is about to change');
    expect(recipientOf(warning)).toBe(joan.email);
    expect(warning.text).toContain('joan.new@example.com');
    expect(warning.text).not.toContain('token');

    await app.ask('/forgot-password', { form: { email: joan.email } });
    const toOldMailbox = linkIn(await mailbox.take('Choose a new password'));
    const page = await app.ask(linkIn(mail));
    expect(page.status).toBe(200);
    expect((await joan.ask('/account')).text).toContain(joan.email);
    const token = valueOf(page, 'token') ?? '';
    const done = await app.ask('/confirm-email', { form: { token } });
    expect(done.headers.location).toBe('/log-in');
    const profile = await joan.ask('/account');
    expect(profile.text).toContain('joan.new@example.com');
    expect(profile.text).not.toContain(joan.email);
    expect((await app.ask(toOldMailbox)).status).toBe(410);

    const visitor = new Visitor(app);
    await visitor.ask('/log-in', { form: { email: 'joan.new@example.com', password: joan.password } });
    expect(await visitor.isLoggedIn()).toBe(true);
    const again = await app.ask('/confirm-email', { form: { token } });
    expect(again.status).toBe(422);
    expect(again.text).toContain('This link does not work any more.');
  });

  it('asks for the password', async () => {
    const refused = await ada.ask('/account/email', {
      form: { email: 'ada@new.example', emailPassword: 'not mine at all' },
    });
    expect(refused.status).toBe(422);
    expect(errorAt(refused, 'emailPassword')).toBe('This is not your password.');
    expect(valueOf(refused, 'email')).toBe('ada@new.example');
    expect(mailbox.subjectsFor(ada.email)).toEqual([]);
  });

  it('is not the old one and is an address', async () => {
    const refused = (email: string) => ada.ask('/account/email', { form: { email, emailPassword: ada.password } });
    expect(errorAt(await refused(ada.email), 'email')).toBe('This is your address already.');
    expect(errorAt(await refused('ada at home'), 'email')).toBe('Type an e-mail address such as ada@example.com.');
  });

  it('tells nobody who has an account: the answer is the same, and the one who has it gets no mail', async () => {
    const mary = await app.signUp('Mary');
    const answer = await ada.ask('/account/email', { form: { email: mary.email, emailPassword: ada.password } });
    expect(answer.headers.location).toBe('/account');
    await mailbox.take('Your e-mail address is about to change');
    expect(mailbox.subjectsFor(mary.email)).toEqual([]);
  });

  it('goes to the first who confirms it when two ask for it', async () => {
    const [kay, jean] = [await app.signUp('Kay'), await app.signUp('Jean')];
    const tokens: string[] = [];
    for (const person of [kay, jean]) {
      await person.ask('/account/email', { form: { email: 'both@example.com', emailPassword: person.password } });
      tokens.push(valueOf(await app.ask(linkIn(await mailbox.take(confirm))), 'token') ?? '');
    }
    expect((await app.ask('/confirm-email', { form: { token: tokens[0] ?? '' } })).status).toBe(303);
    const late = await app.ask('/confirm-email', { form: { token: tokens[1] ?? '' } });
    expect(late.status).toBe(422);
    expect((await jean.ask('/account')).text).toContain(jean.email);
  });

  async function askForAddress(person: Person, email: string): Promise<string> {
    const visitor = new Visitor(app);
    await visitor.ask('/log-in', { form: { email: person.email, password: person.password } });
    await visitor.ask('/account/email', { form: { email, emailPassword: person.password } });
    return new URL(linkIn(await mailbox.take(confirm)), app.url).searchParams.get('token') ?? '';
  }

  async function expectWorthless(token: string, person: Person, email: string): Promise<void> {
    expect((await app.ask(`/confirm-email?token=${token}`)).status).toBe(410);
    const answer = await app.ask('/confirm-email', { form: { token } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('This link does not work any more.');
    const found = await app.db.execute(sql`select email from users where email in (${person.email}, ${email})`);
    expect(found.rows).toEqual([{ email: person.email }]);
  }

  it('that somebody with a stolen password asked for is off once the owner changes the password', async () => {
    const hedy = await app.signUp('Hedy');
    const token = await askForAddress(hedy, 'evil@example.com');
    const changed = await hedy.ask('/account/security/password', {
      form: { currentPassword: hedy.password, newPassword: 'brand new words' },
    });
    expect(changed.headers.location).toBe('/account/security');
    await mailbox.take('Your password was changed');
    await expectWorthless(token, hedy, 'evil@example.com');
  });

  it('that somebody with a stolen password asked for is off once the owner chooses a password by mail', async () => {
    const hertha = await app.signUp('Hertha');
    const token = await askForAddress(hertha, 'evil@example.com');
    await app.ask('/forgot-password', { form: { email: hertha.email } });
    const reset = linkIn(await mailbox.take('Choose a new password'));
    const done = await app.ask('/reset-password', {
      form: { token: new URL(reset, app.url).searchParams.get('token') ?? '', password: 'brand new words' },
    });
    expect(done.headers.location).toBe('/log-in');
    await mailbox.take('Your password was changed');
    await expectWorthless(token, hertha, 'evil@example.com');
  });

  it('is off once another is asked for, also when that one is taken', async () => {
    const vera = await app.signUp('Vera');
    const first = await askForAddress(vera, 'vera.one@example.com');
    const second = await askForAddress(vera, 'vera.two@example.com');
    await expectWorthless(first, vera, 'vera.one@example.com');
    await vera.ask('/account/email', { form: { email: ada.email, emailPassword: vera.password } });
    await expectWorthless(second, vera, 'vera.two@example.com');
  });

  it('is off after an hour', async () => {
    const emmy = await app.signUp('Emmy');
    const token = await askForAddress(emmy, 'emmy.new@example.com');
    const hour = await app.db.execute(
      sql`select from verifications where expires_at between now() + interval '59 minutes' and now() + interval '1 hour'`,
    );
    expect(hour.rowCount).toBeGreaterThan(0);
    await app.db.execute(sql`update verifications set expires_at = now() - interval '1 second'`);
    await expectWorthless(token, emmy, 'emmy.new@example.com');
  });

  it('is confirmed once when two press the button', async () => {
    const lise = await app.signUp('Lise');
    const token = await askForAddress(lise, 'lise.new@example.com');
    const answers = await Promise.all([1, 2].map(() => app.ask('/confirm-email', { form: { token } })));
    expect(answers.map((answer) => answer.status).toSorted((one, other) => one - other)).toEqual([303, 422]);
  });

  it('is not asked for with a session that has ended', async () => {
    const asker = { userId: 'nobody', sessionId: 'ended' };
    await expect(startEmailChange(app.db, byTest, asker, 'evil@example.com')).rejects.toThrow(Unauthorized);
  });

  it('is not confirmed from another account, nor by garbage', async () => {
    const betty = await app.signUp('Betty');
    await betty.ask('/account/email', { form: { email: 'betty@new.example', emailPassword: betty.password } });
    const token = valueOf(await app.ask(linkIn(await mailbox.take(confirm))), 'token') ?? '';
    const foreign = await ada.ask('/confirm-email', { form: { token } });
    expect(foreign.status).toBe(422);
    expect(foreign.text).toContain('You are logged in to another account.');
    for (const garbage of ['', 'a.b.c', 'x'.repeat(3_000)]) {
      expect((await app.ask(`/confirm-email?token=${garbage}`)).status).toBe(410);
    }
    for (const garbage of ['', 'a.b.c', 'a\0b', 'x'.repeat(3_000)]) {
      expect((await app.ask('/confirm-email', { form: { token: garbage } })).status).toBe(422);
    }
    expect((await betty.ask('/account')).text).toContain(betty.email);
    expect((await betty.ask('/confirm-email', { form: { token } })).headers.location).toBe('/account');
  });
});

describe('addresses of older versions', () => {
  it('lead to the pages of the account, bookmarks for good', async () => {
    const answer = await ada.ask('/profile');
    expect([answer.status, answer.headers.location]).toEqual([301, '/account']);
  });

  it.each([
    ['/profile/name', '/account/name'],
    ['/profile/email', '/account/email'],
    ['/profile/password', '/account/security/password'],
    ['/profile/sessions/end-others', '/account/security/sessions/end-others'],
    ['/profile/sessions/abc123/end', '/account/security/sessions/abc123/end'],
  ])('take the form that is sent to %s along, with its method', async (before, now) => {
    const answer = await ada.ask(before, { form: { name: 'Ada' } });
    expect([answer.status, answer.headers.location]).toEqual([308, now]);
    expect((await app.ask(before, { form: { name: 'Ada' } })).headers.location).toBe('/log-in');
  });
});

describe('a new password', () => {
  it('is changed once by the old one, also when two ask at the same time', async () => {
    const ilse = await app.signUp('Ilse');
    const change = (newPassword: string) =>
      ilse.ask('/account/security/password', { form: { currentPassword: ilse.password, newPassword } });
    const answers = await Promise.all([change('brand new words'), change('other new words')]);
    expect(answers.filter(({ headers }) => headers.location === '/account/security')).toHaveLength(1);
    const { rows } = await app.db.execute(
      sql`select from events where what = 'account.password_changed' and actor_name = 'Ilse'`,
    );
    expect(rows).toHaveLength(1);
    await mailbox.take('Your password was changed');
  });

  it('asks for the current one, keeps this session and ends the others', async () => {
    const rosa = await app.signUp('Rosa');
    const [here, there] = [new Visitor(app), new Visitor(app)];
    for (const visitor of [here, there]) {
      await visitor.ask('/log-in', { form: { email: rosa.email, password: rosa.password } });
    }
    const wrong = await here.ask('/account/security/password', {
      form: { currentPassword: 'not mine at all', newPassword: 'brand new words' },
    });
    expect(wrong.status).toBe(422);
    expect(errorAt(wrong, 'currentPassword')).toBe('This is not your password.');
    expect(wrong.text).not.toContain('brand new words');
    const short = await here.ask('/account/security/password', {
      form: { currentPassword: rosa.password, newPassword: 'short' },
    });
    expect(errorAt(short, 'newPassword')).toBe('Use at least 10 characters.');

    const done = await here.send('/account/security/password', {
      currentPassword: rosa.password,
      newPassword: 'brand new words',
    });
    expect(done.text).toContain('Your password is changed. Every other session is ended.');
    expect(await here.isLoggedIn()).toBe(true);
    expect(await there.isLoggedIn()).toBe(false);
    expect((await rosa.ask('/account')).status).toBe(303);
    expect(recipientOf(await mailbox.take('Your password was changed'))).toBe(rosa.email);

    await there.ask('/log-in', { form: { email: rosa.email, password: 'brand new words' } });
    expect(await there.isLoggedIn()).toBe(true);
  });

  it('is guessed at ten times in a quarter of an hour at most, from whatever addresses', async () => {
    const ruth = await app.signUp('Ruth');
    const guess = (count: number) =>
      ruth.ask('/account/security/password', {
        form: { currentPassword: `guess ${count}`, newPassword: 'brand new words' },
        headers: { 'x-forwarded-for': `198.18.2.${count}` },
      });
    for (let count = 0; count < 10; count++) expect((await guess(count)).status).toBe(422);
    const answer = await guess(10);
    expect(answer.status).toBe(429);
    expect(answer.text).toContain('Too many attempts for one account.');
  });
});
