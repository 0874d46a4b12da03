import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { domains, workspaces } from '../../../src/ground/db/schema.ts';
import { countLinksOn } from '../../../src/domains/domains/removal.ts';
import { getOwnDomain } from '../../../src/domains/domains/settings.ts';
import { archiveLink, getLink, type Link, removeLink } from '../../../src/links/links/queries.ts';
import { openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { insertDomain, makeDomain } from '../../setup/domains.ts';
import { eventually } from '../../setup/eventually.ts';
import { everyHit, rowsOf } from '../../setup/hits.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let id: string;
let host: string;
let home: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ id, host, path: home } = await makeDomain(app, ada));
});

const make = (slug: string, url = `https://example.com/${slug}`): Promise<Link> =>
  makeLink(app, workspaceId, { url, slug, domainId: id });
const remove = (typed: string, person = ada) => person.ask(`${home}/remove`, { form: { host: typed } });
const stateOf = async () => (await app.db.select().from(domains).where(eq(domains.id, id)))[0]?.state;

const visitUntil = (path: string, status: number): Promise<Answer> =>
  eventually(
    () => app.visit(path, { host }),
    (answer) => answer.status === status,
  );

describe('removing a domain', () => {
  it('says in a sentence that no link lives on it', async () => {
    const { text } = await ada.ask(`${home}/remove`);
    expect(text).toContain('No link lives on this domain.');
    expect(text).not.toContain('list-disc');
  });

  it('says first how many links live on it and what happens to them', async () => {
    await make('one');
    await removeLink(app.db, workspaceId, byTest, (await make('deleted')).id);
    await archiveLink(app.db, workspaceId, byTest, (await make('archived')).id);
    const page = await ada.ask(`${home}/remove`);
    expect(page.text).toContain('2 links live on this domain.');
    expect(page.text).toContain('Links and clicks stay in your reports.');
    expect(page.text).toContain(`href="${home}/redirect-map.csv"`);
  });

  it('takes the domain’s name, typed', async () => {
    for (const typed of ['', 'go', `${host}.example`]) {
      const answer = await remove(typed);
      expect([typed, answer.status, answer.text.includes(`Type ${host}, so that`)]).toEqual([typed, 422, true]);
    }
    // Making ASCII of so many letters would keep the whole server waiting.
    const letters = String.fromCodePoint(
      ...Array.from({ length: 50_000 }, (_, at) => 0x4e00 + ((at * 7_919) % 20_000)),
    );
    const before = process.cpuUsage();
    expect((await remove(`${letters}.com`)).status).toBe(422);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(1_500_000);
    expect((await remove('<b>')).text).toContain('value="&lt;b&gt;"');
    expect(await stateOf()).toBe('live');
    expect((await remove(` ${host.toUpperCase()} `)).headers.location).toBe(`/w/${ada.workspace.slug}/domains`);
    expect(await stateOf()).toBe('removed');
  });

  it('names it as people read it, and takes it either way', async () => {
    const idn = await insertDomain(app.db, workspaceId, 'xn--bcher-kva.example');
    const path = home.replace(id, idn);
    expect((await ada.ask(`${path}/remove`)).text).toContain('Type bücher.example');
    expect((await ada.ask(`${path}/redirects`)).text).toContain('bücher.example alone');
    expect((await ada.ask(`${path}/remove`, { form: { host: 'Bücher.example' } })).status).toBe(303);
  });

  it('ends its links at once and keeps slugs, links and clicks', async () => {
    const link = await make('printed');
    expect((await visitUntil('/printed', 302)).status).toBe(302);
    await remove(host);
    expect((await visitUntil('/printed', 404)).text).toBe('Not found\n');
    // Somebody may have been sent on in the moment before the redirect heard of it.
    const { length: clicks } = await rowsOf(app.db, sql`select 1 as hit from ${everyHit} c where link_id = ${link.id}`);
    expect(clicks).toBeGreaterThan(0);
    expect(await getLink(app.db, workspaceId, link.id)).toMatchObject({ slug: 'printed', domain: host, clicks });
    await expect(make('printed')).rejects.toMatchObject({ code: 'slug_taken' });
    expect((await ada.ask(`/w/${ada.workspace.slug}/links/${link.id}`)).status).toBe(200);
  });

  it('leaves new links to another domain', async () => {
    await app.db.update(workspaces).set({ defaultDomainId: id }).where(eq(workspaces.id, workspaceId));
    expect((await ada.ask(`${home}/remove`)).text).toContain('New links go to another domain from then on.');
    await remove(host);
    const [workspace] = await app.db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
    expect(workspace?.defaultDomainId).toBeNull();
  });

  it('happens once', async () => {
    await remove(host);
    for (const path of ['/brand', '/redirects', '/apps', '/remove', '/redirect-map.csv'])
      expect([path, (await ada.ask(home + path)).status]).toEqual([path, 404]);
    expect((await remove(host)).status).toBe(404);
  });

  it('is for admins, and not there for strangers', async () => {
    const [member, eve] = [await app.signUp('Mia'), await app.signUp('Eve')];
    await joinWorkspace(app, member, ada, 'member');
    expect([(await remove(host, member)).status, (await remove(host, eve)).status]).toEqual([403, 404]);
    for (const path of ['/remove', '/redirect-map.csv']) {
      expect((await member.ask(home + path)).status).toBe(403);
      expect((await eve.ask(home.replace(ada.workspace.slug, eve.workspace.slug) + path)).status).toBe(404);
    }
    expect(await stateOf()).toBe('live');
  });

  it('is possible by the API', async () => {
    const client = await openClient(app, ada);
    const ask = () => client.ask(`/domains/${id}`, { method: 'DELETE' });
    expect((await ask()).status).toBe(204);
    expect(await stateOf()).toBe('removed');
    expect((await ask()).json()).toMatchObject({ status: 404, code: 'not_found' });
    await expect(getOwnDomain(app.db, workspaceId, id)).rejects.toMatchObject({ status: 404 });
  });
});

describe('the redirect map', () => {
  it('names every address that works and its destination, safe for spreadsheets', async () => {
    const spring = await make('spring', 'https://example.com/?a=1,2&b="x"');
    await make('桜', 'https://example.com/jp');
    await removeLink(app.db, workspaceId, byTest, (await make('deleted')).id);
    await archiveLink(app.db, workspaceId, byTest, (await make('archived')).id);
    const file = await ada.ask(`${home}/redirect-map.csv`);
    expect(file.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(file.headers['content-disposition']).toBe(`attachment; filename="${host}-redirects.csv"`);
    const [head, ...rows] = parseCsv(file.text);
    expect(head).toEqual(['short_url', 'destination']);
    expect(rows).toContainEqual([`https://${host}/spring`, spring.url]);
    expect(rows).toContainEqual([`https://${host}/%E6%A1%9C`, 'https://example.com/jp']);
    expect(rows).toHaveLength(4); // each link with its QR code's address
    expect(new Set(rows.map(([, destination]) => destination)).size).toBe(2);
  });

  it('is whole beyond a page of rows', async () => {
    await app.db.execute(sql`
insert into links (id, workspace_id, url)
select ${host} || n, ${workspaceId}, 'https://example.com/' || n from generate_series(1, 10001) n`);
    await app.db.execute(sql`
insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
select ${host} || n, ${id}, 's' || n, 's' || n, 'primary', ${host} || n from generate_series(1, 10001) n`);
    expect(await countLinksOn(app.db, workspaceId, id)).toBe(10_001);
    const [, ...rows] = parseCsv((await ada.ask(`${home}/redirect-map.csv`)).text);
    expect(rows).toHaveLength(10_001);
    expect(new Set(rows.map(([short]) => short)).size).toBe(10_001);
    for (const [short, destination] of rows) expect(short?.split('/s')[1]).toBe(destination?.split('/').at(-1));
  });
});
