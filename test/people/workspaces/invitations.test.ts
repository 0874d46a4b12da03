import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkIn, type Mailbox, openMailbox, recipientOf } from '../accounts/mailbox.ts';
import { errorAt, valueOf, Visitor } from '../accounts/visitor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { joinWorkspace } from '../../setup/membership.ts';

let mailbox: Mailbox;
let app: TestApp;
let ada: Person;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url, SIGN_UP: 'open' });
  ada = await app.signUp('Ada');
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const subject = "Ada invites you to Ada's team";
const home = () => `/w/${ada.workspace.slug}`;
let count = 0;
const newAddress = () => `guest-${++count}@example.com`;

const ask = (email: string, role = 'member', by = ada): Promise<Answer> =>
  by.ask(`${home()}/invitations`, { form: { email, role } });

/** Invites and opens the mail. */
async function invite(email: string, role = 'member'): Promise<string> {
  expect((await ask(email, role)).headers.location).toBe(`${home()}/members?invited=${await idOf(email)}`);
  const mail = await mailbox.take(subject);
  expect(recipientOf(mail)).toBe(email);
  return linkIn(mail);
}

const roleOf = async (email: string) =>
  (
    await app.db.execute(sql`
select m.role from members m join users u on u.id = m.user_id join workspaces w on w.id = m.workspace_id
where u.email = ${email} and w.slug = ${ada.workspace.slug}`)
  ).rows[0];

async function idOf(email: string): Promise<string> {
  const { rows } = await app.db.execute<{ id: string }>(sql`select id from invitations where email = ${email}`);
  return rows[0]?.id ?? '';
}

const account = (email: string, invitation: string) => ({
  name: 'Guest',
  email,
  password: 'a few good words',
  timeZone: 'UTC',
  invitation,
});
const tokenOf = (path: string) => path.split('/').at(-1) ?? '';

describe('an invitation', () => {
  it('is mailed, says who invites whom to what, and its token is kept sealed', async () => {
    await ask('Guest@Example.com ', 'admin');
    const mail = await mailbox.take(subject);
    expect(recipientOf(mail)).toBe('guest@example.com');
    expect(mail.text).toContain(`Ada (${ada.email}) invites you to work in Ada's team on Waymark, as an admin.`);
    const token = tokenOf(linkIn(mail));
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const { rows } = await app.db.execute(sql`
select token_hash, role, expires_at > now() + interval '6 days 23 hours' and expires_at <= now() + interval '7 days' as is_week, invitations::text as text
from invitations where email = 'guest@example.com'`);
    expect(rows[0]).toMatchObject({
      token_hash: createHash('sha256').update(token).digest(),
      role: 'admin',
      is_week: true,
    });
    expect(rows[0]?.['text']).not.toContain(token);
  });

  it('lets somebody with that account in by one button, once, and not by being opened', async () => {
    const guest = await app.signUp('Guest');
    const path = await invite(guest.email, 'viewer');
    const page = await guest.ask(path);
    expect(page.text).toContain('Join Ada&#39;s team');
    expect(page.text).toContain('as a viewer');
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(await roleOf(guest.email)).toBeUndefined();
    const done = await guest.ask(path, { method: 'POST' });
    expect(done.headers.location).toBe(`${home()}/links`);
    expect(await roleOf(guest.email)).toEqual({ role: 'viewer' });
    expect((await guest.ask(path)).status).toBe(410);
    expect((await guest.ask(path, { method: 'POST' })).status).toBe(410);
  });

  it('is refused to whoever is logged in as somebody else, who can log out and go on', async () => {
    const email = newAddress();
    const path = await invite(email);
    const other = new Visitor(app);
    const person = await app.signUp('Other');
    await other.send('/log-in', { email: person.email, password: person.password });
    const page = await other.ask(path);
    expect(page.text).toContain(person.email);
    expect(page.text).not.toContain(`method="post" action="${path}"`);
    const refused = await other.ask(path, { method: 'POST' });
    expect(refused.status).toBe(422);
    expect(await roleOf(person.email)).toBeUndefined();
    const out = await other.ask('/log-out', { form: { next: path } });
    expect(out.headers.location).toBe(path);
    expect(await other.isLoggedIn()).toBe(false);
    expect((await other.ask(path)).text).toContain('Create your account');
  });

  it('leads people with an account to the log-in, and back', async () => {
    const guest = await app.signUp('Guest');
    const path = await invite(guest.email);
    const visitor = new Visitor(app);
    const next = encodeURIComponent(path);
    expect((await visitor.ask(path)).text).toContain(`/log-in?next=${next}`);
    expect((await visitor.ask(path, { method: 'POST' })).headers.location).toBe('/log-in');
    const back = await visitor.send('/log-in', { email: guest.email, password: guest.password, next: path });
    expect(back.text).toContain(`method="post" action="${path}"`);
  });

  it('leads others to sign-up: they are in, with that address and no workspace of their own', async () => {
    const email = newAddress();
    const path = await invite(email, 'admin');
    const visitor = new Visitor(app);
    expect((await visitor.ask(path)).text).toContain(`/sign-up?invitation=${tokenOf(path)}`);
    const form = await visitor.ask(`/sign-up?invitation=${tokenOf(path)}`);
    expect(valueOf(form, 'email')).toBe(email);
    expect(form.text).not.toContain('workspaceName');
    const landed = await visitor.send('/sign-up', account(email, tokenOf(path)));
    expect(landed.headers.location).toBe(`${home()}/links`);
    expect(await roleOf(email)).toEqual({ role: 'admin' });
    const { rows } = await app.db.execute(
      sql`select from members where user_id = (select id from users where email = ${email})`,
    );
    expect(rows).toHaveLength(1);
  });

  it('makes no account for another address, and none once it is spent', async () => {
    const email = newAddress();
    const token = tokenOf(await invite(email));
    const other = newAddress();
    const wrong = await app.ask('/sign-up', { form: account(other, token) });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain(`This invitation is for ${email}.`);
    const rightOne = await app.ask('/sign-up', { form: account(email, token) });
    expect(rightOne.status).toBe(303);
    const again = await app.ask('/sign-up', { form: account(other, token) });
    expect(again.text).toContain('This invitation does not work any more.');
    const { rows } = await app.db.execute(sql`select from users where email = ${other}`);
    expect(rows).toHaveLength(0);
  });

  it('ends with the right to invite of the one who sent it: nobody comes back by their own', async () => {
    const [eve, alan] = [await app.signUp('Eve'), await app.signUp('Alan')];
    for (const admin of [eve, alan]) await joinWorkspace(app, admin, ada, 'admin');
    const [second, third, kept] = [newAddress(), newAddress(), newAddress()];
    await ask(second, 'admin', eve);
    await ask(third, 'admin', alan);
    await invite(kept, 'admin');
    const userIdOf = async ({ email }: Person) =>
      (await app.db.execute<{ id: string }>(sql`select id from users where email = ${email}`)).rows[0]?.id ?? '';
    await ada.ask(`${home()}/members/${await userIdOf(eve)}/remove`, { method: 'POST' });
    await ada.ask(`${home()}/members/${await userIdOf(alan)}/role`, { form: { role: 'member' } });
    expect([await idOf(second), await idOf(third)]).toEqual(['', '']);
    expect(await idOf(kept)).not.toBe('');
  });

  it('works once when it is accepted twice at the same moment', async () => {
    const guest = await app.signUp('Guest');
    const path = await invite(guest.email);
    const answers = await Promise.all([1, 2].map(() => guest.ask(path, { method: 'POST' })));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([303, 410]);
  });

  it('ends after seven days, and can be sent again: then the new link works and the old one does not', async () => {
    const guest = await app.signUp('Guest');
    const old = await invite(guest.email);
    await app.db.execute(sql`update invitations set expires_at = now() where email = ${guest.email}`);
    expect((await guest.ask(old)).status).toBe(410);
    expect((await guest.ask(old, { method: 'POST' })).status).toBe(410);
    expect((await ada.ask(`${home()}/members`)).text).toContain('>Over<');
    const resend = `${home()}/invitations/${await idOf(guest.email)}/resend`;
    expect((await ada.ask(resend, { method: 'POST' })).status).toBe(303);
    const fresh = linkIn(await mailbox.take(subject));
    expect((await guest.ask(old)).status).toBe(410);
    expect((await guest.ask(fresh, { method: 'POST' })).status).toBe(303);
    expect((await ada.ask(resend, { method: 'POST' })).status).toBe(404);
  });

  it('says when the workspace is about to be deleted', async () => {
    await ask('late@example.com', 'member');
    const token = tokenOf(linkIn(await mailbox.take(subject)));
    const opened = async () => (await app.ask(`/invitations/${token}`)).text;
    const sentence = 'The workspace will be deleted on 7 Dec 2126, 10:00, unless an owner keeps it.';
    const setDay = (day: string | null) =>
      app.db.execute(sql`update workspaces set deletion_at = ${day}::timestamptz where id = ${ada.workspace.id}`);
    expect(await opened()).not.toContain('will be deleted');
    await setDay('2126-12-07T10:00:00Z');
    expect(await opened()).toContain(sentence);
    await setDay(null);
  });

  it('can be withdrawn, and replaced by one of another role', async () => {
    const guest = await app.signUp('Guest');
    const first = await invite(guest.email, 'admin');
    const second = await invite(guest.email, 'viewer');
    expect((await guest.ask(first)).status).toBe(410);
    const withdraw = `${home()}/invitations/${await idOf(guest.email)}/withdraw`;
    expect((await ada.ask(withdraw, { method: 'POST' })).status).toBe(303);
    expect((await guest.ask(second, { method: 'POST' })).status).toBe(410);
    expect(await roleOf(guest.email)).toBeUndefined();
  });

  it('is made once and then renewed, as its events say, also when many invite at once', async () => {
    const email = newAddress();
    const since = await lastEvent(app.db);
    await Promise.all(['member', 'viewer', 'admin'].map((role) => ask(email, role)));
    const kept = (await eventsAfter(app.db, since)).filter(({ targetName }) => targetName === email);
    expect(kept.map(({ what }) => what)).toEqual(['invitation.created', 'invitation.renewed', 'invitation.renewed']);
    // An event holds what differs, and two may end in the same millisecond.
    const [made, ...renewed] = kept;
    let { email: _, ...known } = { email, ...made?.after };
    for (const { before, after } of renewed) {
      expect({ ...known, ...before }).toEqual(known);
      known = { ...known, ...after };
    }
    for (let mails = 0; mails < kept.length; mails++) await mailbox.take(subject);
  });

  it('cannot be touched from another workspace', async () => {
    const eve = await app.signUp('Eve');
    const email = newAddress();
    await invite(email);
    const id = await idOf(email);
    for (const what of ['resend', 'withdraw']) {
      const path = `/w/${eve.workspace.slug}/invitations/${id}/${what}`;
      expect((await eve.ask(path, { method: 'POST' })).status).toBe(404);
    }
    expect(await idOf(email)).toBe(id);
  });

  it.each(['x', 'a'.repeat(43), 'a'.repeat(500), '..%2Fprofile'])(
    'that was made up opens nothing: /invitations/%s',
    async (token) => {
      expect((await app.ask(`/invitations/${token}`)).status).toBe(410);
    },
  );
});

describe('inviting', () => {
  it('is for admins and owners, and makes no owners', async () => {
    const member = await app.signUp('Member');
    await joinWorkspace(app, member, ada, 'member');
    expect((await ask(newAddress(), 'viewer', member)).status).toBe(403);
    const refused = await ask(newAddress(), 'owner');
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Choose a role.');
  });

  it('refuses what is no address, and people who are in', async () => {
    expect(errorAt(await ask('nobody'), 'email')).toContain('Type an e-mail address');
    const refused = await ask(ada.email.toUpperCase());
    expect(refused.status).toBe(409);
    expect(errorAt(refused, 'email')).toBe('Ada is in this workspace already.');
  });

  it('is limited for a workspace, whoever asks and from wherever', async () => {
    const host = await app.signUp('Host');
    const admin = await app.signUp('Admin');
    await joinWorkspace(app, admin, host, 'admin');
    const form = { email: 'one-address@example.com', role: 'viewer' };
    const statuses = new Map<number, number>();
    for (let index = 0; index < 52; index++) {
      const { status } = await (index % 2 ? host : admin).ask(`/w/${host.workspace.slug}/invitations`, {
        form,
        headers: { 'x-forwarded-for': `203.0.113.${index}` },
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([
      [303, 50],
      [429, 2],
    ]);
  });

  it('is limited for a person, in however many workspaces', async () => {
    const host = await app.signUp('Host');
    const made = await host.ask('/workspaces/new', { form: { name: 'Second', timeZone: 'UTC' } });
    const second = made.headers.location?.split('/')[2] ?? '';
    const form = { email: 'another-address@example.com', role: 'viewer' };
    const statuses: number[] = [];
    for (let index = 0; index < 52; index++)
      statuses.push((await host.ask(`/w/${index % 2 ? second : host.workspace.slug}/invitations`, { form })).status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(50);
    expect(statuses.slice(50)).toEqual([429, 429]);
  });
});

describe.each(['invite', 'closed'])('SIGN_UP=%s', (mode) => {
  let other: TestApp;
  let grace: Person;
  beforeAll(async () => {
    other = await startTestApp({ SMTP_URL: mailbox.url, SIGN_UP: mode });
    grace = await other.signUp('Grace');
  });
  afterAll(() => other.close());

  it(mode === 'invite' ? 'lets the invited address sign up' : 'stays closed and says so', async () => {
    const email = newAddress();
    await grace.ask(`/w/${grace.workspace.slug}/invitations`, { form: { email, role: 'member' } });
    const path = linkIn(await mailbox.take("Grace invites you to Grace's team"));
    const page = await other.ask(path);
    const signUp = await other.ask('/sign-up', { form: account(email, tokenOf(path)) });
    if (mode === 'invite') {
      expect(page.text).toContain('/sign-up?invitation=');
      expect(signUp.status).toBe(303);
    } else {
      expect(page.text).toContain('Sign-up is closed on this server, for invited people too.');
      expect(page.text).not.toContain('/sign-up?invitation=');
      expect(signUp.status).toBe(403);
      expect((await other.ask(`/sign-up?invitation=${tokenOf(path)}`)).text).toContain('Sign-up is closed');
    }
  });

  it('lets nobody else in', async () => {
    for (const invitation of ['', 'a'.repeat(43), 'x']) {
      const refused = await other.ask('/sign-up', { form: account(newAddress(), invitation) });
      expect([403, 422]).toContain(refused.status);
    }
    const { rows } = await other.db.execute(sql`select from users where name = 'Guest'`);
    expect(rows).toHaveLength(mode === 'invite' ? 1 : 0);
  });
});
