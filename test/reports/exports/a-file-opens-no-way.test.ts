import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { Client as Connection } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvLine, parseCsv } from '../../../src/ground/text/csv.ts';
import { importHits } from '../../../src/reports/imports/hits-import.ts';
import { newId } from '../../../src/ground/text/id.ts';
import { removeLink } from '../../../src/links/links/queries.ts';
import { type Client, createLink, type LinkJson, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';

/** Dashboard and short links on one host, whose words matter most. */
let app: TestApp;
let ada: Person;
let client: Client;
let host: string;
/** The file of one hit, by its columns. */
let hit: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp({ SHORT_URL: '' });
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  ({ host } = new URL(app.url));
  await createLink(client, { slug: 'spring' });
  await app.visit('/spring', { host });
  const { text } = await ada.ask(`/w/${ada.workspace.slug}/export?file=hits&period=7d`);
  const [names = [], row = []] = parseCsv(text);
  hit = Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']));
});
afterAll(() => app.close());

let hits = 0;

/** Puts in one hit, of which these cells are others. */
async function importHit(cells: Record<string, string>): Promise<void> {
  const row = { ...hit, id: String(++hits), ...cells };
  const connection = new Connection({ connectionString: app.databaseUrl });
  await connection.connect();
  try {
    const { added } = await importHits(connection, {
      workspaceId: client.workspaceId,
      by: byTest,
      bytes: Readable.from([Buffer.from([Object.keys(row), Object.values(row)].map(csvLine).join(''))]),
      bounds: { now: new Date(), keptSince: null },
      isDryRun: false,
      onProgress: () => {},
    });
    expect(added).toBe(1);
  } finally {
    await connection.end();
  }
}

/** A hit of a link that is not there, which the import makes. */
async function importLink(slug: string, cells: Record<string, string> = {}): Promise<string> {
  const id = newId();
  await importHit({
    link_id: id,
    short_link: `${host}/${slug}`,
    slug,
    slug_id: newId(),
    destination: 'https://example.com/made',
    ...cells,
  });
  return id;
}

const kindOf = async (slug: string) =>
  (await rowsOf<{ kind: string }>(app.db, sql`select kind from slugs where slug = ${slug}`))[0]?.kind;
const open = async (slug: string) => {
  const { status, headers } = await app.visit(`/${slug}`, { host });
  return status === 302 ? headers.location : status;
};
const restore = (id: string) => client.ask(`/links/${id}`, { method: 'PATCH', body: { archived: false } });

describe('an unknown slug that a file names', () => {
  let link: LinkJson;
  beforeAll(async () => {
    link = await createLink(client, { slug: 'open', url: 'https://example.com/open' });
  });

  const nameSlug = (slug: string, kind: string, cells: Record<string, string> = {}) =>
    importHit({ link_id: link.id, short_link: `${host}/open`, slug, slug_id: newId(), slug_kind: kind, ...cells });

  it.each([
    ['login', 'alias'],
    ['Log-In', 'primary'],
    ['paypal-account', 'alias'],
    ['support', 'qr'],
    ['secure-pay', 'qr'],
  ])('leads nowhere at a link that is open: %s as %s', async (slug, kind) => {
    await nameSlug(slug, kind);
    expect(await kindOf(slug)).toBe('retired');
    expect(await open(slug)).toBe(410);
    expect(await open('open')).toBe(link.url);
  });

  it('is a printed code, and leads to its link again', async () => {
    await nameSlug('k7m2xq9', 'qr');
    expect(await open('k7m2xq9')).toBe(link.url);
  });

  it('opens with its link when that is archived', async () => {
    const archived = await createLink(client, { slug: 'closed' });
    await client.ask(`/links/${archived.id}`, { method: 'PATCH', body: { archived: true } });
    await nameSlug('once', 'alias', { link_id: archived.id, short_link: `${host}/closed` });
    expect(await open('once')).toBe(410);
    expect((await restore(archived.id)).status).toBe(200);
    await expect.poll(() => open('once')).toBe(archived.url);
  });

  it('never opens a link that was deleted', async () => {
    const deleted = await createLink(client, { slug: 'deleted' });
    await removeLink(app.db, client.workspaceId, byTest, deleted.id);
    await nameSlug('k7m2xqa', 'qr', { link_id: deleted.id, short_link: `${host}/deleted` });
    expect(await open('k7m2xqa')).toBe(410);
  });
});

describe('a link that a file made', () => {
  it('is not restored where its slug is a word of ours', async () => {
    const id = await importLink('Admin');
    expect(await open('Admin')).toBe(410);
    const answer = await restore(id);
    expect(answer.json()).toMatchObject({ status: 422, code: 'slug_reserved', field: 'slug' });
    expect(await open('Admin')).toBe(410);
  });

  it('is not restored while it leads to itself, from its page, the list or by API', async () => {
    const id = await importLink('round', { destination: `${app.url}/round` });
    const refused = 'leads to another short link of this server, or to itself';
    const page = await ada.ask(`/w/${ada.workspace.slug}/links/${id}/restore`, { method: 'POST' });
    expect([page.status, page.text.includes(refused)]).toEqual([422, true]);
    const list = await ada.ask(`/w/${ada.workspace.slug}/links/bulk`, { form: { links: id, action: 'restore' } });
    expect([list.status, list.text.includes(refused)]).toEqual([422, true]);
    expect((await restore(id)).json()).toMatchObject({ status: 422, code: 'url_loop', field: 'url' });
    expect(await open('round')).toBe(410);

    const body = { archived: false, url: 'https://example.com/straight' };
    expect((await client.ask(`/links/${id}`, { method: 'PATCH', body })).status).toBe(200);
    await expect.poll(() => open('round')).toBe(body.url);
  });
});
