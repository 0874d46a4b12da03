import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { workspaceDeletionJob } from '../../../src/people/workspaces/deletion-job.ts';
import { deleteContents, endWorkspace } from '../../../src/people/workspaces/deletion.ts';
import { takeDeletionBack } from '../../../src/people/workspaces/leaving.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { type Mailbox, openMailbox } from '../accounts/mailbox.ts';
import { errorAt } from '../accounts/visitor.ts';

let mailbox: Mailbox;
let app: TestApp;
let ada: Person;
let workspaceId: string;
let home: string;
let slug: string;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  ada = await app.signUp('Ada');
  workspaceId = ada.workspace.id;
  home = `/w/${ada.workspace.slug}`;
  slug = (await makeLink(app, ada)).slug;
});

const nameOf = "Ada's team";
const ask = (name = nameOf) => ada.ask(`${home}/settings/delete`, { form: { name } });
const keep = (person = ada) => person.ask(`${home}/settings/keep`, { method: 'POST' });
const rows = async <Row>(query: ReturnType<typeof sql>) => (await app.db.execute(query)).rows as Row[];
const runJob = () => workspaceDeletionJob(app).run(new Date());

const stateNow = async () =>
  (
    await rows<{ isAsked: boolean; isEnded: boolean; days: number | null }>(sql`
select deletion_at is not null as "isAsked", deleted_at is not null as "isEnded",
       round(extract(epoch from deletion_at - now()) / 86400)::int as days
from workspaces where id = ${workspaceId}`)
  )[0];

const whatHappened = async () =>
  (
    await rows<{ what: string; by: string }>(sql`
select what, actor_name as by from events
where target_id = ${workspaceId} and what like 'workspace.%' and what <> 'workspace.created' order by id`)
  ).map(({ what, by }) => `${what} by ${by}`);

/** Its day has come. */
const comes = () => app.db.execute(sql`update workspaces set deletion_at = now() where id = ${workspaceId}`);
/** It was ended a while ago, so that every node has heard of it. */
const settles = () =>
  app.db.execute(sql`update workspaces set deleted_at = now() - interval '3 minutes' where id = ${workspaceId}`);

describe('deleting a workspace on its page', () => {
  it('is for owners, who type its name, and happens after seven days', async () => {
    const admin = await app.signUp('Alan');
    await joinWorkspace(app, admin, ada, 'admin');
    expect((await admin.ask(`${home}/settings/delete`)).status).toBe(403);
    expect((await admin.ask(`${home}/settings`)).text).not.toContain('Delete this workspace');
    const page = await ada.ask(`${home}/settings/delete`);
    expect(page.text).toContain('1 link and its QR codes stop working.');
    for (const file of ['links.csv', 'links.csv?state=archived', 'export/hits?period=all'])
      expect((await ada.ask(`${home}/${file}`)).status, file).toBe(200);
    const refused = await ask('Adas team');
    expect(refused.status).toBe(422);
    expect(errorAt(refused, 'name')).toContain('to delete this workspace.');
    expect(await stateNow()).toMatchObject({ isAsked: false });

    expect((await ask(` ${nameOf.toUpperCase()} `)).headers.location).toBe(`${home}/settings#delete`);
    expect(await stateNow()).toEqual({ isAsked: true, isEnded: false, days: 7 });
    const mail = await mailbox.take(`${nameOf} will be deleted`);
    expect(mail.text).toContain('Ada asked for the deletion');
    expect(mailbox.subjectsFor(admin.email)).toEqual([]);
    // Asked twice: the day stays, and nobody is told again.
    await ask();
    expect(await whatHappened()).toEqual(['workspace.deletion_asked by Ada']);
  });

  it('changes nothing until then, and says so on every page to everybody in it', async () => {
    await ask();
    await runJob();
    const viewer = await app.signUp('Vera');
    await joinWorkspace(app, viewer, ada, 'viewer');
    expect((await app.visit(`/${slug}`)).status).toBe(302);
    for (const path of ['links', 'reports', 'settings']) {
      const page = await viewer.ask(`${home}/${path}`);
      expect(page.text, path).toContain('will be deleted on');
      expect(page.text, path).toContain('Any of its owners can keep it.');
      expect(page.text, path).not.toContain('settings/keep');
    }
    expect((await ada.ask(`${home}/links`)).text).toContain(`action="${home}/settings/keep"`);
    expect((await keep(viewer)).status).toBe(403);
  });

  it('is taken back by any owner', async () => {
    await ask();
    const other = await app.signUp('Olga');
    await joinWorkspace(app, other, ada, 'owner');
    expect((await keep(other)).status).toBe(303);
    await keep(other);
    expect(await stateNow()).toMatchObject({ isAsked: false });
    expect(await whatHappened()).toEqual(['workspace.deletion_asked by Ada', 'workspace.kept by Olga']);
    expect((await ada.ask(`${home}/links`)).text).not.toContain('will be deleted on');
  });
});

describe('the job that deletes workspaces', () => {
  it('tells owners once, a day before, whichever node runs it', async () => {
    await ask();
    await mailbox.take(`${nameOf} will be deleted`);
    await runJob();
    await app.db.execute(
      sql`update workspaces set deletion_at = now() + interval '23 hours' where id = ${workspaceId}`,
    );
    await Promise.all([runJob(), runJob()]);
    await app.mailer.sendDue(new Date());
    const near = `${nameOf} is about to be deleted`;
    expect((await mailbox.take(near)).text).toContain('the last day on which any owner can keep it');
    await runJob();
    const sent = await rows<{ count: number }>(sql`
select count(*)::int as count from mails where recipient = ${ada.email} and subject = ${near}`);
    expect(sent).toEqual([{ count: 1 }]);
    expect(await stateNow()).toMatchObject({ isEnded: false });
  });

  it('ends it on its day and erases it, once, on several nodes', async () => {
    await app.visit(`/${slug}`);
    await ask();
    await comes();
    await Promise.all([runJob(), runJob(), runJob()]);
    await expect.poll(async () => (await app.visit(`/${slug}`)).status).toBe(410);
    expect((await ada.ask(`${home}/links`)).status).toBe(404);
    // Nodes may not have heard of it yet: its rows are there.
    await runJob();
    expect(await stateNow()).toMatchObject({ isEnded: true });
    await settles();
    await Promise.all([runJob(), runJob(), runJob()]);
    await expect.poll(async () => (await runJob(), stateNow())).toBeUndefined();
    expect(await rows(sql`select from links where workspace_id = ${workspaceId}`)).toEqual([]);
    expect(await rows(sql`select id from clicks where workspace_id = ${workspaceId}`)).toEqual([]);
    expect(await whatHappened()).toEqual([
      'workspace.deleted by delete workspaces',
      'workspace.erased by delete workspaces',
    ]);
  });

  it('goes on where a crash stopped it', async () => {
    await makeLink(app, ada);
    await ask();
    await comes();
    await endWorkspace(app.db, workspaceId, byTest, { ifDue: true });
    await settles();
    const crash = deleteContents(app.db, workspaceId, byTest, () => {
      throw new Error('killed');
    });
    await expect(crash).rejects.toThrow('killed');
    expect(await stateNow()).toMatchObject({ isEnded: true });
    await expect.poll(async () => (await runJob(), stateNow())).toBeUndefined();
    expect(await whatHappened()).toEqual(['workspace.deleted by test', 'workspace.erased by delete workspaces']);
  });

  it('leaves alone what was kept in the last moment', async () => {
    await ask();
    await comes();
    const running = await app.db.transaction(async (tx) => {
      await takeDeletionBack(tx, byTest, 'workspace', workspaceId);
      // It has read that the day has come, and waits for the row.
      const job = runJob();
      await expect
        .poll(async () => (await rows(sql`select from pg_locks where not granted`)).length, { timeout: 5_000 })
        .toBeGreaterThan(0);
      return { job };
    });
    await running.job;
    expect(await stateNow()).toMatchObject({ isAsked: false, isEnded: false });
    expect((await app.visit(`/${slug}`)).status).toBe(302);
  });

  it('cannot be stopped once it has begun', async () => {
    await ask();
    await comes();
    await endWorkspace(app.db, workspaceId, byTest, { ifDue: true });
    expect((await keep()).status).toBe(404);
    await expect(takeDeletionBack(app.db, byTest, 'workspace', workspaceId)).rejects.toThrow();
    expect(await stateNow()).toMatchObject({ isAsked: true, isEnded: true });
  });
});
