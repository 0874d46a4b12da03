import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertApiKey } from '../../../src/people/keys/keys.ts';
import { Conflict } from '../../../src/ground/text/errors.ts';
import { listMembers, removeMember, updateRole } from '../../../src/people/workspaces/members.ts';
import { rights, type Role } from '../../../src/people/workspaces/roles.ts';
import { byPerson } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const page = (host: Person) => `/w/${host.workspace.slug}/members`;

async function idOf(person: Person): Promise<string> {
  const { rows } = await app.db.execute<{ id: string }>(sql`select id from users where email = ${person.email}`);
  return rows[0]?.id ?? '';
}

async function roleIn(host: Person, person: Person): Promise<Role | undefined> {
  const people = await listMembers(app.db, host.workspace.id);
  return people.find(({ email }) => email === person.email)?.role;
}

async function joined(host: Person, name: string, role: Role): Promise<Person> {
  const person = await app.signUp(name);
  await joinWorkspace(app, person, host, role);
  return person;
}

const setRole = async (actor: Person, host: Person, person: Person, role: string): Promise<Answer> =>
  actor.ask(`${page(host)}/${await idOf(person)}/role`, { form: { role } });

const remove = async (actor: Person, host: Person, person: Person): Promise<Answer> =>
  actor.ask(`${page(host)}/${await idOf(person)}/remove`, { method: 'POST' });

const leave = (person: Person, host: Person) => person.ask(`${page(host)}/leave`, { method: 'POST' });

describe('the members page', () => {
  it('shows everybody in it who is there as what, and offers what they may do', async () => {
    const ada = await app.signUp('Ada');
    const vera = await joined(ada, 'Vera', 'viewer');
    const seen = await vera.ask(page(ada));
    expect(seen.status).toBe(200);
    expect(seen.text).toContain(ada.email);
    expect(seen.text).not.toContain(`action="/w/${ada.workspace.slug}/invitations"`);
    expect(seen.text).not.toMatch(/Make an? (owner|admin|member)/);
    expect(seen.text).toContain('/members/leave"');
    const own = await ada.ask(page(ada));
    expect(own.text).toContain(`action="/w/${ada.workspace.slug}/invitations"`);
    expect(own.text).toMatch(/Make an owner/);
    expect(own.text).not.toContain('/members/leave"');
    expect(own.text).toContain('You are its only owner');
  });

  it('says what each role may do, in the words of the one table', async () => {
    const ada = await app.signUp('Ada');
    const { text } = await ada.ask(page(ada));
    for (const { words } of Object.values(rights)) expect(text).toContain(`<li>${words}</li>`);
  });

  it('shows admins no way to touch an owner', async () => {
    const ada = await app.signUp('Ada');
    const alan = await joined(ada, 'Alan', 'admin');
    const { text } = await alan.ask(page(ada));
    expect(text).not.toContain('Make an owner');
    expect(text).not.toContain(`/members/${await idOf(ada)}/`);
  });
});

describe('roles', () => {
  // Who tries, whom, to what role, and whether it happens.
  it.each<[Role, Role, Role, boolean]>([
    ['owner', 'admin', 'owner', true],
    ['owner', 'owner', 'viewer', true],
    ['owner', 'viewer', 'admin', true],
    ['admin', 'viewer', 'member', true],
    ['admin', 'member', 'admin', true],
    ['admin', 'admin', 'viewer', true],
    ['admin', 'admin', 'owner', false],
    ['admin', 'owner', 'member', false],
    ['member', 'viewer', 'member', false],
    ['viewer', 'viewer', 'member', false],
  ])('%s: a person who is %s becomes %s: %s', async (actorRole, before, after, happens) => {
    const host = await app.signUp('Host');
    const actor = await joined(host, 'Actor', actorRole);
    const person = await joined(host, 'Person', before);
    expect((await setRole(actor, host, person, after)).status).toBe(happens ? 303 : 403);
    expect(await roleIn(host, person)).toBe(happens ? after : before);
  });

  it.each<[Role, Role, boolean]>([
    ['owner', 'owner', true],
    ['admin', 'admin', true],
    ['admin', 'owner', false],
    ['member', 'viewer', false],
  ])('%s removes %s: %s', async (actorRole, role, happens) => {
    const host = await app.signUp('Host');
    const actor = await joined(host, 'Actor', actorRole);
    const person = await joined(host, 'Person', role);
    expect((await remove(actor, host, person)).status).toBe(happens ? 303 : 403);
    expect(await roleIn(host, person)).toBe(happens ? undefined : role);
    expect((await person.ask(page(host))).status).toBe(happens ? 404 : 200);
  });

  it('refuses roles that there are not, and people who are not here', async () => {
    const host = await app.signUp('Host');
    const stranger = await app.signUp('Stranger');
    const person = await joined(host, 'Person', 'member');
    expect((await setRole(host, host, person, 'god')).status).toBe(422);
    expect((await setRole(host, host, stranger, 'admin')).status).toBe(404);
    expect((await remove(host, host, stranger)).status).toBe(404);
    expect((await setRole(stranger, host, person, 'admin')).status).toBe(404);
  });

  it('counts what the one who asks is now, not what they were when the request came in', async () => {
    const host = await app.signUp('Host');
    const alan = await joined(host, 'Alan', 'admin');
    const person = await joined(host, 'Person', 'member');
    const [workspaceId, actorId, userId] = [host.workspace.id, await idOf(alan), await idOf(person)];
    await updateRole(app.db, workspaceId, byPerson(await idOf(host)), actorId, 'viewer');
    await expect(updateRole(app.db, workspaceId, byPerson(actorId), userId, 'admin')).rejects.toThrow('does not allow');
  });
});

describe('the last owner', () => {
  it('cannot leave and cannot be lowered', async () => {
    const ada = await app.signUp('Ada');
    await joined(ada, 'Alan', 'admin');
    expect((await leave(ada, ada)).status).toBe(409);
    expect((await setRole(ada, ada, ada, 'admin')).status).toBe(409);
    expect(await roleIn(ada, ada)).toBe('owner');
  });

  it('stays when two owners leave at the same moment', async () => {
    const ada = await app.signUp('Ada');
    const grace = await joined(ada, 'Grace', 'owner');
    const workspaceId = ada.workspace.id;
    const ids = [await idOf(ada), await idOf(grace)];
    const left = await Promise.allSettled(
      ids.map((userId) => removeMember(app.db, workspaceId, byPerson(userId), userId)),
    );
    expect(left.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(left.find((each) => each.status === 'rejected')?.reason).toBeInstanceOf(Conflict);
    expect((await listMembers(app.db, workspaceId)).map(({ role }) => role)).toEqual(['owner']);
  });

  it('may go once there is another', async () => {
    const ada = await app.signUp('Ada');
    await joined(ada, 'Grace', 'owner');
    expect((await leave(ada, ada)).headers.location).toBe('/');
    expect((await ada.ask(page(ada))).status).toBe(404);
  });
});

describe('who is gone', () => {
  it('keeps their account: without a workspace they are led to a new one, and can log out', async () => {
    const ada = await app.signUp('Ada');
    await joined(ada, 'Grace', 'owner');
    await leave(ada, ada);
    expect((await ada.ask('/')).headers.location).toBe('/workspaces/new');
    expect((await ada.ask('/account')).headers.location).toBe('/workspaces/new');
    expect((await ada.ask('/workspaces/new')).text).toContain('action="/log-out"');
  });

  it.each<['removed' | 'lowered', string]>([
    ['removed', ''],
    ['lowered', 'viewer'],
  ])('%s: their keys of that workspace stop, the keys of others and their own elsewhere go on', async (_how, role) => {
    const host = await app.signUp('Host');
    const person = await joined(host, 'Person', 'member');
    const createdBy = await idOf(person);
    const here = await insertApiKey(app.db, host.workspace.id, byPerson(createdBy), { name: 'Here' });
    const elsewhere = await insertApiKey(app.db, person.workspace.id, byPerson(createdBy), {
      name: 'Elsewhere',
    });
    const hosts = await insertApiKey(app.db, host.workspace.id, byPerson(await idOf(host)), {
      name: 'Host',
    });
    const statusOf = async ({ key }: { key: string }) =>
      (await app.ask('/api/v1/links', { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await statusOf(here)).toBe(200);
    if (role) await setRole(host, host, person, role);
    else await remove(host, host, person);
    expect(await statusOf(here)).toBe(401);
    expect(await statusOf(elsewhere)).toBe(200);
    expect(await statusOf(hosts)).toBe(200);
    expect((await host.ask(`/w/${host.workspace.slug}/keys`)).text.match(/>Stopped</g)).toHaveLength(1);
  });
});

describe('viewers', () => {
  it('are offered nothing that would be refused', async () => {
    const host = await app.signUp('Host');
    const form = { url: 'https://example.com/' };
    await host.ask(`/w/${host.workspace.slug}/links`, { form });
    const viewer = await joined(host, 'Viewer', 'viewer');
    for (const path of ['links', 'campaigns', 'tags', 'reports', 'keys', 'shares', 'mailings']) {
      const { status, text } = await viewer.ask(`/w/${host.workspace.slug}/${path}`);
      expect(status, path).toBe(200);
      expect(text.includes('popovertarget="create-link"'), path).toBe(false);
      const forms = [...text.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"/g)].map((match) => match[1]);
      expect(forms, path).toEqual(['/log-out']);
      expect(/href="\/w\/[^"]*\/(edit|new)"/.test(text), path).toBe(false);
    }
    expect((await host.ask(`/w/${host.workspace.slug}/links`)).text).toContain('id="create-link"');
  });
});
