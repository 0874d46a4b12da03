import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { openCommandLine } from '../../cli/run.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { makeLink } from '../../setup/make.ts';

/** First words that interfaces to come answer at. */
const everywhere = ['yourls-api.php', 'rest', 'v4', 'see', 'api'];
const onOwnHosts = ['pb', 'px', 'report', 'upload', 'raw'];
const host = 'go.acme.localhost';

let app: TestApp;
let ada: Person;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  await insertDomain(app.db, client.workspaceId, host);
});
afterAll(() => app.close());

const create = (slug: string, domain?: string) =>
  client.ask('/links', { body: { url: 'https://example.com/', slug, ...(domain ? { domain } : {}) } });

/** A link from before the word was kept. */
const makeOld = (slug: string, domain: string) =>
  makeLink(app, client.workspaceId, { url: 'https://example.com/old', slug, domainId: domain });

describe('a word that is kept for interfaces to come', () => {
  it.each([...everywhere, 'API', 'Yourls-API.php', 'ｒｅｓｔ', 'ſee'])(
    '%s is no new slug on any domain',
    async (word) => {
      for (const domain of [undefined, host]) {
        const answer = await create(word, domain);
        expect([answer.status, answer.json()]).toMatchObject([422, { code: 'slug_reserved', field: 'slug' }]);
      }
      const form = { url: 'https://example.com/', slug: word, domain: host };
      const page = await ada.ask(`/w/${ada.workspace.slug}/links`, { form });
      expect([page.status, page.text.includes('is a word that this domain needs itself.')]).toEqual([422, true]);
      const check = `/w/${ada.workspace.slug}/links/slug-check?${new URLSearchParams({ slug: word, domain: host })}`;
      expect((await ada.ask(check)).text).toContain('is a word that this domain needs itself.');
    },
  );

  it.each([...onOwnHosts, 'Report'])('%s is none on the server’s own host, and one on a workspace’s', async (word) => {
    expect((await create(word)).json()).toMatchObject({ status: 422, code: 'slug_reserved' });
    if (word === word.toLowerCase()) expect((await create(word, host)).status).toBe(201);
  });

  it('stays kept where upper and lower case make different links', async () => {
    const strict = 'strict.acme.localhost';
    await insertDomain(app.db, client.workspaceId, strict, { isCaseSensitive: true });
    expect((await create('See', strict)).json()).toMatchObject({ status: 422, code: 'slug_reserved' });
  });

  it('is a prefix of others, which are free', async () => {
    for (const slug of ['reports', 'v45', 'api-docs', 'seen']) expect((await create(slug)).status).toBe(201);
  });
});

describe('a link that had such a word before', () => {
  it('goes on working, changes, and is not restored once it is archived', async () => {
    const { id } = await makeOld('upload', app.instanceDomainId);
    expect((await app.visit('/upload')).headers.location).toBe('https://example.com/old');
    const change = { url: 'https://example.com/new' };
    expect((await client.ask(`/links/${id}`, { method: 'PATCH', body: change })).status).toBe(200);
    await expect.poll(async () => (await app.visit('/upload')).headers.location).toBe('https://example.com/new');
    // It is a short link, not a page of ours: another may not lead to it.
    const loop = await client.ask('/links', { body: { url: `http://${app.shortHost}/upload` } });
    expect(loop.json()).toMatchObject({ status: 422, code: 'url_loop' });
    await client.ask(`/links/${id}`, { method: 'PATCH', body: { archived: true } });
    const restored = await client.ask(`/links/${id}`, { method: 'PATCH', body: { archived: false } });
    expect(restored.json()).toMatchObject({ status: 422, code: 'slug_reserved' });
  });

  it('is restored on a domain where the word is free', async () => {
    const other = 'more.acme.localhost';
    await insertDomain(app.db, client.workspaceId, other);
    const { id } = await createLink(client, { slug: 'raw', domain: other });
    await client.ask(`/links/${id}`, { method: 'PATCH', body: { archived: true } });
    expect((await client.ask(`/links/${id}`, { method: 'PATCH', body: { archived: false } })).status).toBe(200);
  });

  it('is named to the admin by migrate and doctor, in any spelling, and no other is', async () => {
    const strict = await insertDomain(app.db, client.workspaceId, 'old.acme.localhost', { isCaseSensitive: true });
    for (const slug of ['See', 'v4', 'seesaw', 'report']) await makeOld(slug, strict);
    const line = openCommandLine({ DATABASE_URL: app.databaseUrl });
    const { keptSlugs } = await line.answer('migrate');
    expect(keptSlugs).toEqual(
      [`${app.shortHost}/upload`, 'old.acme.localhost/See', 'old.acme.localhost/v4'].toSorted(),
    );
    const sentence = '3 links have a slug that Waymark keeps for interfaces to come: ';
    expect((await line.run('migrate')).stdout).toContain(sentence);
    expect((await line.run('doctor')).stdout).toMatch(new RegExp(`warn\\s+slugs\\s+${sentence}`));
    line.close();
  });
});
