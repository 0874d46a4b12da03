import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertApiKey, listApiKeys } from '../../../src/people/keys/keys.ts';
import { apiKeys, members, users, workspaces } from '../../../src/ground/db/schema.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { openClient } from './client.ts';

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

const pageOf = (person: Person) => `/w/${person.workspace.slug}/keys`;
const make = (person: Person, name: string) => person.ask(pageOf(person), { form: { name } });
const cookiesOf = (answer: Answer) => (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0]);
/** Makes a key and opens the page that its form leads to, as a browser does. */
async function makeAndSee(person: Person, name: string): Promise<Answer> {
  const made = await make(person, name);
  expect([made.status, made.headers.location, keyOn(made)]).toEqual([303, pageOf(person), undefined]);
  return person.ask(pageOf(person), { headers: { cookie: [person.cookie, ...cookiesOf(made)].join('; ') } });
}
const keyOn = (answer: Answer) => /wm_[\w-]{43}/.exec(answer.text)?.[0];
const use = (authorization?: string) =>
  app.ask('/api/v1/links', authorization === undefined ? {} : { headers: { authorization } });

/** Puts Bob into Ada's workspace. */
async function join(person: Person, role: 'member' | 'viewer'): Promise<void> {
  const [workspace] = await app.db.select().from(workspaces).where(eq(workspaces.slug, ada.workspace.slug));
  const [user] = await app.db.select().from(users).where(eq(users.email, person.email));
  if (!workspace || !user) throw new Error('Nobody to join, or nothing to join.');
  await app.db.insert(members).values({ workspaceId: workspace.id, userId: user.id, role });
}

describe('API keys in the settings', () => {
  it('teach what a key is for while there is none', async () => {
    const person = await app.signUp('Grace');
    const page = await person.ask(pageOf(person));
    expect(page.status).toBe(200);
    expect(page.text).toContain(`curl ${app.config.appUrl}/api/v1/links`);
    expect(page.text).not.toContain('<table');
  });

  it('are made by name, shown once and work', async () => {
    const made = await makeAndSee(ada, 'Newsletter');
    const key = keyOn(made);
    expect(made.status).toBe(200);
    expect(made.headers['cache-control']).toBe('no-store');
    expect((await use(`Bearer ${key}`)).status).toBe(200);
    const later = await ada.ask(pageOf(ada));
    expect(keyOn(later)).toBeUndefined();
    expect(later.text).toContain('Newsletter');
    expect(later.text).toContain(`${key?.slice(0, 7)}…`);
  });

  it('are shown once: a reload shows no key and makes no second one', async () => {
    const made = await make(ada, 'Reloaded');
    const [cookie] = made.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^waymark_new_key=.*; Path=\/; HttpOnly; SameSite=Strict$/);
    const shown = await ada.ask(pageOf(ada), { headers: { cookie: [ada.cookie, ...cookiesOf(made)].join('; ') } });
    expect(keyOn(shown)).toBeDefined();
    expect(shown.headers['set-cookie']?.[0]).toMatch(/^waymark_new_key=; .*Expires=Thu, 01 Jan 1970/);
    const reloaded = await ada.ask(pageOf(ada));
    expect(keyOn(reloaded)).toBeUndefined();
    expect(reloaded.text.match(/Reloaded<\/span>/g)).toHaveLength(1);
  });

  it('are not taken from a cookie that we did not write', async () => {
    const forged = `waymark_new_key=${encodeURIComponent(JSON.stringify({ name: 'x', key: `wm_${'A'.repeat(43)}`, until: 9e15 }))}`;
    const page = await ada.ask(pageOf(ada), { headers: { cookie: `${ada.cookie}; ${forged}` } });
    expect([page.status, keyOn(page)]).toEqual([200, undefined]);
  });

  it('are kept as a hash only', async () => {
    const key = keyOn(await makeAndSee(ada, 'Secret')) ?? '';
    const rows = await app.db.select().from(apiKeys);
    const kept = JSON.stringify(rows.map((row) => ({ ...row, hash: row.hash.toString('latin1') })));
    expect(key).toMatch(/^wm_/);
    expect(kept).not.toContain(key);
    expect(kept).not.toContain(key.slice(8));
  });

  it.each([
    ['', 'Give the key a name.'],
    ['   ', 'Give the key a name.'],
    ['x'.repeat(81), 'Use at most 80 characters.'],
  ])('refuse the name %j and keep what was typed', async (name, sentence) => {
    const answer = await make(ada, name);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(sentence);
    expect(answer.text).toContain(`value="${name}"`);
    expect(keyOn(answer)).toBeUndefined();
  });

  it('show names as text, whatever they hold', async () => {
    const answer = await makeAndSee(ada, '<b onclick="x">&');
    expect(answer.text).toContain('&lt;b onclick=&quot;x&quot;&gt;&amp;');
    expect(answer.text).not.toContain('<b onclick');
  });

  it('end at once when they are deleted', async () => {
    const { key, keyId } = await openClient(app, ada);
    const deleted = await ada.ask(`${pageOf(ada)}/${keyId}/delete`, { form: {} });
    expect([deleted.status, deleted.headers.location]).toEqual([303, pageOf(ada)]);
    expect((await use(`Bearer ${key}`)).status).toBe(401);
    expect((await ada.ask(`${pageOf(ada)}/${keyId}/delete`, { form: {} })).status).toBe(404);
  });

  it('are made and deleted by members', async () => {
    const member = await app.signUp('Mel');
    await join(member, 'member');
    const { keyId } = await openClient(app, ada);
    expect((await member.ask(pageOf(ada), { form: { name: "Mel's" } })).status).toBe(303);
    expect((await member.ask(`${pageOf(ada)}/${keyId}/delete`, { form: {} })).status).toBe(303);
  });

  it('are only listed for viewers', async () => {
    const viewer = await app.signUp('Vera');
    await join(viewer, 'viewer');
    const { keyId } = await openClient(app, ada);
    const page = await viewer.ask(pageOf(ada));
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('Create key');
    expect(page.text).not.toContain('/delete');
    expect((await viewer.ask(pageOf(ada), { form: { name: 'Mine' } })).status).toBe(403);
    expect((await viewer.ask(`${pageOf(ada)}/${keyId}/delete`, { form: {} })).status).toBe(403);
  });

  it('are at most fifty in a workspace', async () => {
    const cy = await app.signUp('Cy');
    const path = `/w/${cy.workspace.slug}/keys`;
    const workspaceId = cy.workspace.id;
    for (let n = 0; n < 50; n++) await insertApiKey(app.db, workspaceId, byTest, { name: `Key ${n}` });
    const refused = await cy.ask(path, { form: { name: 'One more' } });
    expect([refused.status, refused.text.includes('A workspace has at most 50 keys.')]).toEqual([422, true]);
    expect(refused.text).toContain('value="One more"');
    expect(await listApiKeys(app.db, workspaceId)).toHaveLength(50);
  });

  it('do not exist for strangers', async () => {
    const stranger = await app.signUp('Bob');
    const { key, keyId } = await openClient(app, ada);
    expect((await stranger.ask(pageOf(ada))).status).toBe(404);
    expect((await stranger.ask(pageOf(ada), { form: { name: 'Mine' } })).status).toBe(404);
    expect((await stranger.ask(`${pageOf(ada)}/${keyId}/delete`, { form: {} })).status).toBe(404);
    expect((await stranger.ask(`${pageOf(stranger)}/${keyId}/delete`, { form: {} })).status).toBe(404);
    expect((await use(`Bearer ${key}`)).status).toBe(200);
    expect((await app.ask(pageOf(ada))).status).toBe(303);
  });
});

describe('a request to the API', () => {
  it('is refused in the same words without a key, with a malformed and with an unknown one', async () => {
    const { key } = await openClient(app, ada);
    const unknown = `wm_${'A'.repeat(43)}`;
    const tries = [undefined, '', 'Bearer', 'Bearer x', `Bearer ${unknown}`, `Basic ${key}`, key, `Bearer ${key}x`];
    const bodies = new Set<string>();
    for (const authorization of tries) {
      const answer = await use(authorization);
      expect(answer.status, String(authorization)).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.headers['content-type']).toBe('application/problem+json');
      bodies.add(answer.text.replace(/"requestId":"[^"]*"/, ''));
    }
    expect(bodies.size).toBe(1);
  });

  it('is refused before its body is looked at', async () => {
    expect((await app.ask('/api/v1/links', { body: 'not json' })).status).toBe(401);
  });

  it('is not let in by the cookie of somebody who is logged in', async () => {
    expect((await ada.ask('/api/v1/links')).status).toBe(401);
  });

  it('notes when its key was used, at most once a minute', async () => {
    const { key, keyId } = await openClient(app, ada);
    const lastUsed = async () => (await app.db.select().from(apiKeys).where(eq(apiKeys.id, keyId)))[0]?.lastUsedAt;
    expect(await lastUsed()).toBeNull();
    await use(`Bearer ${key}`);
    const first = await lastUsed();
    expect(Date.now() - Number(first)).toBeLessThan(10_000);
    await use(`Bearer ${key}`);
    expect(await lastUsed()).toEqual(first);
    await app.db
      .update(apiKeys)
      .set({ lastUsedAt: new Date(Date.now() - 61_000) })
      .where(eq(apiKeys.id, keyId));
    await use(`Bearer ${key}`);
    expect(Date.now() - Number(await lastUsed())).toBeLessThan(10_000);
  });

  it('is limited to 600 a minute for each workspace, over all its keys and all addresses of the API', async () => {
    const [busy, eve] = [await app.signUp('Bea'), await app.signUp('Eve')];
    const client = await openClient(app, busy);
    const another = await openClient(app, busy);
    const other = await openClient(app, eve);
    const first = await client.ask('/links?limit=1');
    expect(first.headers).toMatchObject({ 'ratelimit-limit': '600', 'ratelimit-remaining': '599' });
    for (let count = 1; count < 600; count += 50)
      await Promise.all(Array.from({ length: Math.min(50, 600 - count) }, () => client.ask('/links/nothing')));
    const refused = await client.ask('/links?limit=1');
    expect(refused.json()).toMatchObject({ status: 429, code: 'limit_reached' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await client.ask('/analytics')).status).toBe(429);
    expect((await another.ask('/links?limit=1')).status).toBe(429);
    expect((await other.ask('/links?limit=1')).status).toBe(200);
  });

  it('is refused 60 times a minute where it is none, and counted by network', async () => {
    const wrong = (address: string) =>
      app.ask('/api/v1/links', { headers: { authorization: 'Bearer wm_none', 'x-forwarded-for': address } });
    const statuses: number[] = [];
    for (let index = 0; index < 62; index++) statuses.push((await wrong(`2001:db8:7:7::${index.toString(16)}`)).status);
    expect(statuses).toEqual([...Array<number>(60).fill(401), 429, 429]);
    expect((await wrong('2001:db8:7:8::1')).status).toBe(401);
  });
});
