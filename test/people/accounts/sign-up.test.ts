import { createHook } from 'node:async_hooks';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf } from '../../../src/people/accounts/password.ts';
import { createAccount } from '../../../src/people/accounts/queries.ts';
import { nameAfter, workspaceName } from '../../../src/people/workspaces/name.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { fieldsOf } from '../../setup/form.ts';
import { errorAt, valueOf, Visitor } from './visitor.ts';

const grace = {
  name: 'Grace Hopper',
  email: 'Grace@Example.com',
  password: 'a nanosecond of wire',
  workspaceName: 'Compilers & Co.',
  timeZone: 'America/New_York',
};
const linus = { ...grace, name: 'Linus', email: 'linus@example.com', workspaceName: '' };

async function admins({ db }: TestApp): Promise<string[]> {
  const found = await db.execute<{ email: string }>(sql`select email from users where is_admin`);
  return found.rows.map((user) => user.email);
}

describe('a form that is sent twice', () => {
  it('makes one account, and logs in both times, also when the door is closed by then', async () => {
    const app = await startTestApp({ SIGN_UP: 'invite' });
    try {
      const shown = fieldsOf(await app.ask('/sign-up'), '/sign-up');
      const form = { ...shown, ...grace };
      expect(shown.once).toMatch(/^[\w-]{16}$/);
      const visitors = [new Visitor(app), new Visitor(app), new Visitor(app)] as const;
      const [first, second, third] = visitors;
      const both = await Promise.all([first.ask('/sign-up', { form }), second.ask('/sign-up', { form })]);
      expect([...both, await third.ask('/sign-up', { form })].map(({ status }) => status)).toEqual([303, 303, 303]);
      for (const visitor of visitors) expect((await visitor.ask('/')).headers.location).toBe('/w/compilers-co/links');
      const { rows } = await app.db.execute(
        sql`select (select count(*)::int from users) as users, (select count(*)::int from workspaces) as workspaces`,
      );
      expect(rows).toEqual([{ users: 1, workspaces: 1 }]);
      const guess = { ...form, password: 'another good password' };
      expect((await app.ask('/sign-up', { form: guess })).status).toBe(403);
      expect((await app.ask('/sign-up', { form: { ...form, once: 'A'.repeat(16) } })).status).toBe(403);
    } finally {
      await app.close();
    }
  });
});

describe('a password', () => {
  it('is hashed for an account that may be made, and for nobody who guesses', async () => {
    const app = await startTestApp({ SIGN_UP: 'invite' });
    let hashes = 0;
    const hook = createHook({ init: (_id, type) => void (type === 'SCRYPTREQUEST' && hashes++) }).enable();
    try {
      const shown = fieldsOf(await app.ask('/sign-up'), '/sign-up');
      const form = { ...shown, ...grace };
      expect((await app.ask('/sign-up', { form })).status).toBe(303);
      // Its account's, and the one that the log-in compares it with.
      expect(hashes).toBe(2);
      expect((await app.ask('/sign-up', { form })).status).toBe(303);
      expect(hashes).toBe(3);
      expect((await app.ask('/sign-up', { form: linus })).status).toBe(403);
      expect((await app.ask('/sign-up', { form: { ...linus, invitation: 'A'.repeat(43) } })).status).toBe(422);
      expect(hashes).toBe(3);
    } finally {
      hook.disable();
      await app.close();
    }
  });
});

describe('a workspace that is not named', () => {
  it.each([
    ['Grace Hopper', "Grace Hopper's workspace"],
    ['g'.repeat(48), `${'g'.repeat(48)}'s workspace`],
    ['g'.repeat(49), 'g'.repeat(49)],
    ['g'.repeat(80), 'g'.repeat(60)],
  ])('of %s is named after them, in a name that its settings take', (person, name) => {
    expect(nameAfter(person)).toBe(name);
    expect(workspaceName.parse(name)).toBe(name);
  });
});

describe('the first account', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ SIGN_UP: 'invite' });
  });
  afterAll(() => app.close());

  it('is asked for at the first visit, whatever SIGN_UP says', async () => {
    expect((await app.ask('/')).headers.location).toBe('/sign-up');
    expect((await app.ask('/log-in')).headers.location).toBe('/sign-up');
    const page = await app.ask('/sign-up');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Create the first account');
  });

  it('logs in, gets its workspace and looks after the instance', async () => {
    const visitor = new Visitor(app);
    const answer = await visitor.ask('/sign-up', { form: grace });
    expect(answer.status).toBe(303);
    const [cookie] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^waymark\.session_token=/);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Lax');
    expect(cookie).not.toContain('Secure');
    expect((await visitor.ask('/')).headers.location).toBe('/w/compilers-co/links');
    expect(await admins(app)).toEqual(['grace@example.com']);
    const zones = await app.db.execute(sql`select name, time_zone from workspaces`);
    expect(zones.rows).toEqual([{ name: 'Compilers & Co.', time_zone: 'America/New_York' }]);
  });

  it('closes the door: the next one needs an invitation', async () => {
    const page = await app.ask('/sign-up');
    expect(page.text).toContain('You need an invitation');
    expect(page.text).toContain('npm run waymark -- user:create');
    expect(page.text).not.toContain('<form');
    expect((await app.ask('/log-in')).text).not.toContain('/sign-up');
    expect((await app.ask('/sign-up', { form: linus })).status).toBe(403);
    expect((await app.db.execute(sql`select from users`)).rowCount).toBe(1);
  });

  it('says nothing about accounts to whoever makes an invitation up', async () => {
    for (const email of [grace.email, linus.email]) {
      const answer = await app.ask('/sign-up', { form: { ...linus, email, invitation: 'A'.repeat(43) } });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('This invitation does not work any more.');
    }
  });

  it('is not the last: the command line makes accounts all the same, of ordinary people', async () => {
    const made = await createAccount(app.db, byTest, {
      ...linus,
      timeZone: 'Mars/Olympus',
      passwordHash: await hashOf(linus.password),
    });
    const found = await app.db.execute(
      sql`select w.name, w.slug, w.time_zone, m.role from members m join workspaces w on w.id = m.workspace_id
          where m.user_id = ${made.userId} and w.id = ${made.workspaceId}`,
    );
    expect(found.rows).toEqual([
      { name: "Linus's workspace", slug: 'linus-workspace', time_zone: 'UTC', role: 'owner' },
    ]);
    expect(await admins(app)).toEqual(['grace@example.com']);
    const visitor = new Visitor(app);
    await visitor.ask('/log-in', { form: linus });
    expect(await visitor.isLoggedIn()).toBe(true);
  });
});

describe('two people who make the first account at once', () => {
  const people = Array.from({ length: 6 }, (_, count) => ({ ...grace, email: `first-${count}@example.com` }));

  it('with invitations: one of them gets in', async () => {
    const app = await startTestApp({ SIGN_UP: 'invite' });
    try {
      const answers = await Promise.all(people.map((form) => app.ask('/sign-up', { form })));
      expect(answers.map((answer) => answer.status).toSorted((one, other) => one - other)).toEqual([
        303, 403, 403, 403, 403, 403,
      ]);
      expect((await app.db.execute(sql`select from users`)).rowCount).toBe(1);
      expect((await app.db.execute(sql`select from workspaces`)).rowCount).toBe(1);
      expect(await admins(app)).toHaveLength(1);
    } finally {
      await app.close();
    }
  });

  it('with open doors: all get in, one looks after the instance', async () => {
    const app = await startTestApp({ SIGN_UP: 'open' });
    try {
      const answers = await Promise.all(people.map((form) => app.ask('/sign-up', { form })));
      expect(answers.every((answer) => answer.status === 303)).toBe(true);
      expect((await app.db.execute(sql`select from users`)).rowCount).toBe(6);
      expect(await admins(app)).toHaveLength(1);
      const words = await app.db.execute<{ slug: string }>(sql`select slug from workspaces order by slug`);
      expect(words.rows.map((row) => row.slug)).toEqual([
        'compilers-co',
        ...[2, 3, 4, 5, 6].map((count) => `compilers-co-${count}`),
      ]);
    } finally {
      await app.close();
    }
  });
});

describe('sign-up', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ SIGN_UP: 'open' });
    await app.ask('/sign-up', { form: grace });
  });
  afterAll(() => app.close());

  it('comes back with a sentence at each field and what was typed, but never the password', async () => {
    const answer = await app.ask('/sign-up', {
      form: {
        name: ' ',
        email: 'nobody<at>example',
        password: 'too short',
        workspaceName: 'A <b> & c',
        timeZone: 'UTC',
      },
    });
    expect(answer.status).toBe(422);
    expect(errorAt(answer, 'name')).toBe('Type your name.');
    expect(errorAt(answer, 'email')).toBe('Type an e-mail address such as ada@example.com.');
    expect(errorAt(answer, 'password')).toBe('Use at least 10 characters.');
    expect(answer.text.match(/at least 10 characters/gi)).toHaveLength(1);
    expect(valueOf(answer, 'email')).toBe('nobody&lt;at&gt;example');
    expect(valueOf(answer, 'workspaceName')).toBe('A &lt;b&gt; &amp; c');
    expect(valueOf(answer, 'password')).toBe('');
    expect(answer.text).not.toContain('too short');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('refuses an address that has an account, however it is written', async () => {
    const answer = await app.ask('/sign-up', { form: { ...grace, email: ' GRACE@example.COM ' } });
    expect(answer.status).toBe(409);
    expect(errorAt(answer, 'email')).toContain('There is an account with this address already.');
    expect((await app.db.execute(sql`select from workspaces`)).rowCount).toBe(1);
  });

  it.each([
    ['a missing field', {}],
    ['a name of 81 characters', { ...linus, name: 'x'.repeat(81) }],
    ['a line break in the name', { ...linus, name: 'Linus\nBcc: all@example.com' }],
    ['a NUL in the name', { ...linus, name: 'Li\0nus' }],
    ['a password of 129 characters', { ...linus, password: 'x'.repeat(129) }],
    ['a workspace name of 61 characters', { ...linus, workspaceName: 'x'.repeat(61) }],
  ])('refuses %s', async (_what, form) => {
    const answer = await app.ask('/sign-up', { form });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('field-error');
  });

  it('takes a password of 128 characters, a name in any script and a zone that it does not know', async () => {
    const form = { ...linus, name: '山田 太郎', password: '×'.repeat(128), timeZone: '+05:30' };
    const visitor = new Visitor(app);
    expect((await visitor.ask('/sign-up', { form })).status).toBe(303);
    expect((await visitor.ask('/')).headers.location).toBe('/w/workspace/links');
  });

  it('takes UTC for a zone that is no name of one', async () => {
    for (const [nth, timeZone] of ['\0', 'a\nb', 'x'.repeat(65), '<b>'].entries()) {
      const form = { ...linus, email: `zone${nth}@example.com`, timeZone };
      expect((await app.ask('/sign-up', { form })).status).toBe(303);
    }
    const { rows } = await app.db.execute(
      sql`select distinct w.time_zone, w.lost_time_zone from workspaces w
          join members m on m.workspace_id = w.id join users u on u.id = m.user_id where u.email like 'zone%'`,
    );
    expect(rows).toEqual([{ time_zone: 'UTC', lost_time_zone: null }]);
  });

  it('leads people who are logged in to their links', async () => {
    const visitor = new Visitor(app);
    await visitor.ask('/log-in', { form: grace });
    expect((await visitor.ask('/sign-up')).headers.location).toBe('/');
  });

  it('is offered where people log in', async () => {
    expect((await app.ask('/log-in')).text).toContain('href="/sign-up"');
  });

  it('takes marks that turn the reading direction out of the name of the workspace', async () => {
    const form = { ...linus, email: 'turned@example.com', workspaceName: '\u202eAcme\u2069' };
    expect((await app.ask('/sign-up', { form })).status).toBe(303);
    const found = await app.db.execute(sql`select name from workspaces where name like '%Acme%'`);
    expect(found.rows).toEqual([{ name: 'Acme' }]);
  });

  it('is limited by address', async () => {
    const knock = () => app.ask('/sign-up', { form: {}, headers: { 'x-forwarded-for': '203.0.113.7' } });
    for (let count = 0; count < 20; count++) expect((await knock()).status).toBe(422);
    const answer = await knock();
    expect(answer.status).toBe(429);
    expect(answer.text).toContain('Too many requests.');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

it('says so when nobody may sign up', async () => {
  const app = await startTestApp({ SIGN_UP: 'closed' });
  try {
    await app.ask('/sign-up', { form: grace });
    const page = await app.ask('/sign-up');
    expect(page.text).toContain('Sign-up is closed');
    expect(page.text).toContain('npm run waymark -- user:create');
    expect((await app.ask('/sign-up', { form: linus })).status).toBe(403);
    expect((await app.ask('/log-in')).text).not.toContain('/sign-up');
  } finally {
    await app.close();
  }
});

it('marks cookies Secure where the dashboard is served by https', async () => {
  const app = await startTestApp({ APP_URL: 'https://app.localhost', SHORT_URL: 'https://go.localhost' });
  try {
    const answer = await app.ask('/sign-up', { form: grace });
    const [cookie] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-waymark\.session_token=.*; Path=\/; HttpOnly; Secure/);
  } finally {
    await app.close();
  }
});
