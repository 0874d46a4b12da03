import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountDeletionJob } from '../../../src/people/accounts/deletion-job.ts';
import { workspaceDeletionJob } from '../../../src/people/workspaces/deletion-job.ts';
import { endAccount } from '../../../src/people/accounts/deletion.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';
import { errorAt, Visitor } from './visitor.ts';

let mailbox: Mailbox;
let app: TestApp;
let admin: Person;
let mia: Person;
let id: string;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
  admin = await app.signUp('Ada');
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  mia = await app.signUp('Mia Miller');
  id = (await rows<{ id: string }>(sql`select id from users where email = ${mia.email}`))[0]?.id ?? '';
});

const rows = async <Row>(query: ReturnType<typeof sql>) => (await app.db.execute(query)).rows as Row[];
const ask = (person = mia, form: Record<string, string> = {}) =>
  person.ask('/account/delete', { form: { email: person.email, password: person.password, ...form } });
const runJob = () => accountDeletionJob(app).run(new Date());
const comes = () => app.db.execute(sql`update users set deletion_at = now() where id = ${id}`);
const user = async () =>
  (await rows<{ deletion_at: Date | null }>(sql`select deletion_at from users where id = ${id}`))[0];
const isGone = () => expect.poll(async () => (await runJob(), user())).toBeUndefined();

describe('deleting one’s account', () => {
  it('takes the address and the password, and seven days', async () => {
    expect((await app.ask('/account/delete')).headers.location).toBe('/log-in?next=%2Faccount%2Fdelete');
    expect((await mia.ask('/account/security')).text).toContain('href="/account/delete"');
    const page = await mia.ask('/account/delete');
    expect(page.text).toContain('Nobody else is in <strong class="wrap-anywhere">Mia Miller&#39;s team</strong>');
    expect(errorAt(await ask(mia, { email: 'other@example.com' }), 'email')).toContain(mia.email);
    expect(errorAt(await ask(mia, { password: 'wrong' }), 'password')).toBe('This is not your password.');
    expect((await user())?.deletion_at).toBeNull();
    expect((await ask()).headers.location).toBe('/account/delete');
    expect(
      await rows(sql`
select round(extract(epoch from deletion_at - now()) / 86400)::int as days from users where id = ${id}`),
    ).toEqual([{ days: 7 }]);
    expect((await mailbox.take('Your account will be deleted')).text).toContain('/account/delete');
  });

  it('is taken back by whoever logs in and presses', async () => {
    await ask();
    const browser = new Visitor(app);
    await browser.send('/log-in', { email: mia.email, password: mia.password });
    expect((await browser.ask(`/w/${mia.workspace.slug}/links`)).text).toContain('Keep my account');
    await browser.ask('/account/keep', { method: 'POST' });
    expect((await user())?.deletion_at).toBeNull();
    expect((await mia.ask(`/w/${mia.workspace.slug}/links`)).text).not.toContain('Keep my account');
    await runJob();
    expect(await user()).toBeDefined();
  });

  it('is refused to the only owner among others, until there is another or the workspace goes too', async () => {
    const ben = await app.signUp('Ben');
    await joinWorkspace(app, ben, mia, 'admin');
    const page = await mia.ask('/account/delete');
    const { slug } = mia.workspace;
    expect(page.text).toContain(`href="/w/${slug}/members"`);
    expect(page.text).toContain(`href="/w/${slug}/settings/delete"`);
    expect(page.text).not.toContain('name="password"');
    expect((await ask()).status).toBe(409);
    expect((await user())?.deletion_at).toBeNull();
    await mia.ask(`/w/${slug}/settings/delete`, { form: { name: "Mia Miller's team" } });
    expect((await ask()).status).toBe(303);
  });

  it('is refused to the only one who looks after the server', async () => {
    expect((await admin.ask('/account/delete')).text).toContain('Nobody else looks after this server.');
    expect((await ask(admin)).status).toBe(409);
  });

  it('is open to people who are in no workspace', async () => {
    await app.db.execute(sql`delete from members where user_id = ${id}`);
    expect((await mia.ask('/workspaces/new')).text).toContain('href="/account/delete"');
    expect((await mia.ask('/account/delete')).status).toBe(200);
    expect((await ask()).status).toBe(303);
    await comes();
    await isGone();
  });
});

describe('an account on its day', () => {
  it('goes with its sessions, keys and name, while what it made for others stays', async () => {
    mia = await app.signUp('Zoe Ziegler');
    id = (await rows<{ id: string }>(sql`select id from users where email = ${mia.email}`))[0]?.id ?? '';
    const host = await app.signUp('Host');
    const home = `/w/${host.workspace.slug}`;
    await joinWorkspace(app, mia, host, 'member');
    const link = await mia.ask(`${home}/links`, {
      form: { url: 'https://example.com/', slug: `by-${id.toLowerCase()}` },
    });
    expect(link.status).toBe(303);
    await mia.ask(`${home}/keys`, { form: { name: 'Robot' } });
    await mia.ask('/account/name', { form: { name: 'Zoe Zigler' } });
    await admin.ask(`/w/${admin.workspace.slug}/invitations`, { form: { email: mia.email, role: 'viewer' } });
    const own = await makeLink(app, mia);
    await ask();
    await comes();
    await Promise.all([runJob(), runJob()]);
    await isGone();

    expect((await mia.ask('/account')).headers.location).toContain('/log-in');
    const logIn = await app.ask('/log-in', { form: { email: mia.email, password: mia.password } });
    expect(logIn.status).toBe(422);
    expect((await app.visit(`/by-${id.toLowerCase()}`)).status).toBe(302);
    await expect.poll(async () => (await app.visit(`/${own.slug}`)).status).toBe(410);
    expect(await rows(sql`select from api_keys where workspace_id = ${host.workspace.id}`)).toEqual([]);

    // Its workspace goes the way of all workspaces. Then neither name nor address is anywhere.
    const { id: workspaceId } = mia.workspace;
    await app.db.execute(
      sql`update workspaces set deleted_at = now() - interval '3 minutes' where id = ${workspaceId}`,
    );
    const isThere = async () => (
      await workspaceDeletionJob(app).run(new Date()), rows(sql`select from workspaces where id = ${workspaceId}`)
    );
    await expect.poll(isThere).toEqual([]);
    const tables = await rows<{ name: string }>(sql`
select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`);
    const found: Record<string, unknown> = {};
    for (const { name } of tables) {
      const named = await rows(sql`
select t::text from ${sql.identifier(name)} t where t::text like ${`%${mia.email}%`} or t::text ~* 'zoe.zie?gler'`);
      if (named.length > 0) found[name] = named;
    }
    expect(found).toEqual({});
    const told = await rows<{ what: string; by: string }>(sql`
select what, actor_name as by from events where workspace_id = ${host.workspace.id} and ${id} in (actor_id, target_id) order by id`);
    expect(told).toEqual([
      { what: 'link.created', by: 'a deleted account' },
      { what: 'key.created', by: 'a deleted account' },
      { what: 'member.removed', by: 'delete accounts' },
    ]);
    const ends = await rows<{ what: string; name: string }>(sql`
select what, target_name as name from events where target_id = ${id} and workspace_id is null order by id`);
    expect(ends.at(-1)).toEqual({ what: 'account.deleted', name: 'a deleted account' });
    expect(ends.filter(({ what }) => what === 'account.deleted')).toHaveLength(1);
    // The address is free again.
    expect(await rows(sql`select from users where email = ${mia.email}`)).toEqual([]);
  });

  it('opens nothing from its end on, and a crash in between leaves the rest to the next run', async () => {
    await ask();
    await comes();
    await endAccount(app.db, id, () => Promise.reject(new Error('nobody is stuck')));
    expect((await mia.ask('/account')).headers.location).toContain('/log-in');
    expect((await app.ask('/log-in', { form: { email: mia.email, password: mia.password } })).status).toBe(422);
    expect(await endAccount(app.db, id, () => Promise.resolve())).toBe(false);
    await isGone();
  });

  it('stays where others have come to depend on it, and hears of that', async () => {
    await ask();
    const ben = await app.signUp('Ben');
    await joinWorkspace(app, ben, mia, 'member');
    await comes();
    await expect.poll(async () => (await runJob(), (await user())?.deletion_at)).toBeNull();
    await app.mailer.sendDue(new Date());
    const mail = await mailbox.take('Your account was not deleted');
    expect(mail.text).toContain("others work in Mia Miller's team");
    expect((await mia.ask(`/w/${mia.workspace.slug}/links`)).status).toBe(200);
  });

  it('hears of it once more, a day before', async () => {
    await ask();
    await app.db.execute(sql`update users set deletion_at = now() + interval '20 hours' where id = ${id}`);
    await expect
      .poll(async () => (await runJob(), await app.mailer.sendDue(new Date()), mailbox.subjectsFor(mia.email)))
      .toContain('Your account is about to be deleted');
    await Promise.all([runJob(), runJob()]);
    const sent = await rows(sql`select from mails where recipient = ${mia.email} and subject like '%about to be%'`);
    expect(sent).toHaveLength(1);
  });
});
