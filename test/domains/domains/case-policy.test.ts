import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domains, slugs } from '../../../src/ground/db/schema.ts';
import { newId } from '../../../src/ground/text/id.ts';
import { removeLink } from '../../../src/links/links/queries.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { hearAnnouncements } from '../../setup/announcements.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { insertDomain, makeDomain } from '../../setup/domains.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let client: Client;
let workspaceId: string;
let id: string;
let host: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  client = await openClient(app, ada);
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ id, host } = await makeDomain(app, ada));
});

const make = (slug: string) => makeLink(app, workspaceId, { slug, domainId: id });
const switchTo = (isCaseSensitive: boolean) =>
  client.ask(`/domains/${id}`, { method: 'PATCH', body: { isCaseSensitive } });
/** Where a slug leads, or the status when it leads nowhere. */
async function opens(slug: string): Promise<string | number> {
  const { status, headers } = await app.visit(`/${slug}`, { host });
  return headers.location?.replace('https://example.com/', '') ?? status;
}
const path = () => `/w/${ada.workspace.slug}/domains/${id}/redirects`;

describe('a domain on which upper and lower case count', () => {
  it('opens two links that differ in nothing else, and neither for a third spelling', async () => {
    await switchTo(true);
    await make('Spring');
    await make('spring');
    for (const source of ['database', 'memory'])
      expect([source, await opens('Spring'), await opens('spring'), await opens('SPRING')]).toEqual([
        source,
        'Spring',
        'spring',
        404,
      ]);
    await make('ｗide');
    expect(await opens('wide')).toBe(encodeURI('ｗide'));
  });

  it('says of each spelling by itself whether it is free', async () => {
    await switchTo(true);
    await make('Spring');
    const check = async (slug: string) =>
      (
        await ada.ask(`/w/${ada.workspace.slug}/links/slug-check?${new URLSearchParams({ slug, domain: host })}`, {
          headers: { 'hx-request': 'true' },
        })
      ).text;
    expect(await check('spring')).toContain('is free');
    expect(await check('Spring')).toContain('is taken by a link of this workspace. ');
    const create = (slug: string) =>
      client.ask('/links', { body: { url: 'https://example.com/', slug, domain: host } });
    expect((await create('spring')).status).toBe(201);
    expect((await create('Spring')).status).toBe(409);
  });

  it('keeps the words that it needs itself in any case', async () => {
    await switchTo(true);
    const answer = await client.ask('/links', {
      body: { url: 'https://example.com/', slug: 'Robots.TXT', domain: host },
    });
    expect(answer.json()).toMatchObject({ status: 422, code: 'slug_reserved' });
  });

  it('finds a pasted short link by its exact spelling, and a word in any', async () => {
    await switchTo(true);
    await make('Spring');
    await make('spring');
    const found = async (search: string) => {
      const { data } = (await client.ask(`/links?${new URLSearchParams({ search })}`)).json() as {
        data: { slug: string; domain: string }[];
      };
      return data.filter(({ domain }) => domain === host).map(({ slug }) => slug);
    };
    expect(await found(`https://${host.toUpperCase()}/Spring`)).toEqual(['Spring']);
    expect((await found('SPRING')).toSorted()).toEqual(['Spring', 'spring']);
  });

  it('has both in its redirect map', async () => {
    await switchTo(true);
    await make('Spring');
    await make('spring');
    const map = (await ada.ask(`/w/${ada.workspace.slug}/domains/${id}/redirect-map.csv`)).text;
    for (const slug of ['Spring', 'spring'])
      expect(map).toContain(`https://${host}/${slug},https://example.com/${slug}`);
  });
});

describe('the switch', () => {
  it('to “counts” leaves each link open as it is written, on every node within a second', async () => {
    await make('Spring');
    expect([await opens('spring'), await opens('SPRING')]).toEqual(['Spring', 'Spring']);
    const saved = await ada.ask(path(), { form: { redirectStatus: '302', isCaseSensitive: 'on' } });
    expect(saved.status).toBe(303);
    expect((await ada.ask(path())).text).toMatch(/name="isCaseSensitive"[^>]* checked/);
    expect(await opens('Spring')).toBe('Spring');
    await expect.poll(() => opens('spring')).toBe(404);
    await make('spring');
    expect([await opens('spring'), await opens('Spring')]).toEqual(['spring', 'Spring']);
  });

  it('back makes every spelling open again', async () => {
    await switchTo(true);
    await make('Spring');
    await make('ÜBER');
    expect(await opens('spring')).toBe(404);
    expect((await switchTo(false)).json()).toMatchObject({ isCaseSensitive: false });
    await expect.poll(() => opens('sPRING')).toBe('Spring');
    await expect.poll(() => opens(encodeURI('über'))).toBe(encodeURI('ÜBER'));
  });

  it('back is refused with the slugs that would be one, deleted ones too', async () => {
    await switchTo(true);
    await make('Spring');
    const { id: gone } = await make('spring');
    await removeLink(app.db, workspaceId, byTest, gone);
    const refused = await switchTo(false);
    expect(refused.json()).toMatchObject({ status: 409, code: 'slugs_collide', field: 'isCaseSensitive' });
    expect(refused.text).toMatch(/spring and Spring|Spring and spring/);
    const page = await ada.ask(path(), { form: { redirectStatus: '307', rootUrl: 'https://kept.example/' } });
    expect([page.status, page.text.includes('id="field-isCaseSensitive-error"')]).toEqual([409, true]);
    expect(page.text).toContain('value="https://kept.example/"');
    // Nothing of what came along was saved.
    const [row] = await app.db.select().from(domains).where(eq(domains.id, id));
    expect(row).toMatchObject({ isCaseSensitive: true, redirectStatus: 302, rootUrl: null });
    expect([await opens('Spring'), await opens('spring')]).toEqual(['Spring', 410]);
  });

  it('is announced where it touches what visitors meet, and never of a domain that is not served', async () => {
    const listener = await hearAnnouncements(app.databaseUrl);
    const waiting = await insertDomain(app.db, workspaceId, `waiting-${host}`, { state: 'waiting' });
    const ask = (method: string, body?: unknown) => client.ask(`/domains/${waiting}`, { method, body });
    for (const isCaseSensitive of [true, false]) expect((await ask('PATCH', { isCaseSensitive })).status).toBe(200);
    expect((await client.ask(`/domains/${waiting}/logo`, { method: 'DELETE' })).status).toBe(204);
    expect((await ask('DELETE')).status).toBe(204);
    expect((await client.ask('/domains', { body: { host: `waiting-${host}` } })).status).toBe(201);
    await make('small');
    await switchTo(true);
    await make('Spring');
    await switchTo(false);
    const domain = { kind: 'domain', host };
    await expect
      .poll(() => listener.heard.filter(({ kind }) => kind !== 'slug'))
      .toEqual([domain, { kind: 'case policy', domainId: id }, domain]);
    await listener.close();
  });

  it('loses no click before a node has heard of it', async () => {
    await make('Spring');
    await make('Autumn');
    await opens('nothing');
    // As a node sees it that has not heard: the rows change, and nobody says so.
    const silently = (isCaseSensitive: boolean) =>
      app.db.transaction(async (tx) => {
        await tx.update(domains).set({ isCaseSensitive }).where(eq(domains.id, id));
        const key = isCaseSensitive ? slugs.slug : sql`lower(${slugs.slug})`;
        await tx
          .update(slugs)
          .set({ slugKey: sql`${key}` })
          .where(eq(slugs.domainId, id));
      });
    await silently(true);
    expect([await opens('Spring'), await opens('Autumn')]).toEqual(['Spring', 'Autumn']);
    await silently(false);
    expect([await opens('Spring'), await opens('Autumn')]).toEqual(['Spring', 'Autumn']);
  });

  it('waits for slugs that are being made, and they for it', async () => {
    const typed = Array.from({ length: 40 }, (_, index) => `Slug-${index}`);
    const switches = [true, false, true, false, true];
    await Promise.all([
      ...typed.map(make),
      (async () => {
        for (const isSensitive of switches) expect((await switchTo(isSensitive)).status).toBe(200);
      })(),
    ]);
    const { rows } = await app.db.execute(
      sql`select count(*)::int as wrong from slugs where domain_id = ${id} and slug_key <> slug`,
    );
    expect(rows).toEqual([{ wrong: 0 }]);
  });

  it('takes a hundred thousand slugs along, while links open', { timeout: 60_000 }, async () => {
    await make('Spring');
    const linkId = newId();
    await app.db.execute(
      sql`insert into links (id, workspace_id, url) values (${linkId}, ${workspaceId}, 'https://e.com/')`,
    );
    await app.db.execute(sql`
insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
select 'many-' || n, ${id}, 'many-' || n, 'Many-' || n, 'alias', ${linkId} from generate_series(1, 100000) n`);
    const progress = { isDone: false };
    const switching = switchTo(true).finally(() => {
      progress.isDone = true;
    });
    while (!progress.isDone) expect(await opens('Spring')).toBe('Spring');
    expect((await switching).status).toBe(200);
    expect((await app.visit('/Many-77777', { host })).status).toBe(302);
  });
});

describe("the instance's own short host", () => {
  it('tells no case apart, whatever somebody asks', async () => {
    const answer = await client.ask(`/domains/${app.instanceDomainId}`, {
      method: 'PATCH',
      body: { isCaseSensitive: true },
    });
    expect(answer.status).toBe(404);
    await makeLink(app, workspaceId, { url: 'https://example.com/own', slug: 'Own' });
    expect((await app.visit('/oWN')).headers.location).toBe('https://example.com/own');
  });
});
