import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteOrderMark, parseCsv } from '../../../src/ground/text/csv.ts';
import { writeLinks } from '../../../src/reports/exports/links-csv.ts';
import { archiveLink, getLink, type Link, type NewLink, removeLink } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { countStatements } from '../../setup/database.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let path: string;
let spring: Link;

const head =
  'short_link,destination,title,tags,campaign,split,click_id_parameter,rules,state,created_at,clicks,visitors,last_click_at,qr_code\r\n';

const create = (input: Partial<NewLink> = {}, workspace = workspaceId) =>
  makeLink(app, workspace, { url: 'https://example.com/', ...input });

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  path = `/w/${ada.workspace.slug}/links.csv`;
  const campaign = await makeCampaign(app, workspaceId, '-Spring-');
  spring = await create({
    url: 'https://example.com/sale?a=1,2',
    slug: 'Frühling',
    title: '=HYPERLINK("x")',
    tags: ['＝one', 'two'],
    campaignId: campaign.id,
  });
  const summer = await create({ slug: 'summer', title: 'Summer' });
  await archiveLink(app.db, workspaceId, byTest, summer.id);
  await removeLink(app.db, workspaceId, byTest, (await create({ slug: 'gone' })).id);
  for (const referer of ['https://news.example/', 'https://other.example/'])
    await app.visit('/fr%C3%BChling', { headers: { 'x-forwarded-for': '203.0.113.7', referer } });
});
afterAll(() => app.close());

const slugsIn = (text: string) =>
  parseCsv(text)
    .slice(1)
    .map(([shortLink = '']) => decodeURIComponent(new URL(shortLink).pathname.slice(1)));
const slugsOf = async (query: string, person = ada) => slugsIn((await person.ask(`${path}${query}`)).text);

describe('links as CSV', () => {
  it('are the list of the page with all that is known of each, and no spreadsheet runs them', async () => {
    const answer = await ada.ask(path);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(answer.headers['content-disposition']).toMatch(
      new RegExp(`^attachment; filename="${ada.workspace.slug}-links-\\d{4}-\\d\\d-\\d\\d\\.csv"$`),
    );
    const at = (await getLink(app.db, workspaceId, spring.id)).lastClickAt?.toISOString() ?? '';
    expect(Date.parse(at)).toBeGreaterThanOrEqual(spring.createdAt.getTime());
    const record = [
      `${app.config.shortUrl}/Fr%C3%BChling`,
      '"https://example.com/sale?a=1,2"',
      `"'=HYPERLINK(""x"")"`,
      `"'＝one, two"`,
      "'-Spring-",
      '',
      '',
      '',
      'active',
      spring.createdAt.toISOString(),
      '2',
      '1',
      at,
      `${app.config.appUrl}/qr/${spring.qrSlugId}.svg`,
    ];
    expect(answer.text).toBe(byteOrderMark + head + `${record.join(',')}\r\n`);
    expect((await app.ask(new URL(record.at(-1) ?? '').pathname)).status).toBe(200);
  });

  it('keep the search, the filters and the state of the page, whose button leads there', async () => {
    expect(await slugsOf('')).toEqual(['Frühling']);
    expect(await slugsOf('?state=archived')).toEqual(['summer']);
    expect(await slugsOf('?state=archived&search=Summer&sort=clicks')).toEqual(['summer']);
    expect(await slugsOf('?tag=TWO')).toEqual(['Frühling']);
    expect(await slugsOf('?campaign=-spring-&search=sale')).toEqual(['Frühling']);
    const query = 'search=sale&tag=two&campaign=-Spring-&state=archived';
    const page = await ada.ask(`/w/${ada.workspace.slug}/links?${query}&sort=clicks`);
    const href = /id="link-export" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&');
    expect(href).toBe(`${path}?${query}`);
  });

  it('are the head line where there is none', async () => {
    for (const query of ['?search=nothing-like-this', '?tag=nowhere', '?state=archived&campaign=-Spring-'])
      expect((await ada.ask(path + query)).text).toBe(byteOrderMark + head);
  });

  it('are for those who read the workspace, and its own alone', async () => {
    const [vic, bob] = [await app.signUp('Vic'), await app.signUp('Bob')];
    await joinWorkspace(app, vic, ada, 'viewer');
    expect(await slugsOf('', vic)).toEqual(['Frühling']);
    expect((await bob.ask(path)).status).toBe(404);
    expect((await app.ask(path)).status).toBe(303);
    const own = await create({ slug: 'own' }, bob.workspace.id);
    expect(slugsIn((await bob.ask(`/w/${bob.workspace.slug}/links.csv`)).text)).toEqual([own.slug]);
    expect((await ada.ask(`${path}?search=own`)).text).toBe(byteOrderMark + head);
  });

  it('come whole, a page at a time, with few statements, however many there are', async () => {
    const cy = await app.signUp('Cy');
    const id = cy.workspace.id;
    await app.db.execute(sql`
insert into links (id, workspace_id, url, created_at)
select 'many' || n, ${id}, 'https://example.com/' || n, now() - make_interval(secs => n / 700)
from generate_series(1, 10000) n`);
    await app.db.execute(sql`
insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
select kind || n, ${app.instanceDomainId}, kind || n, kind || n, kind, 'many' || n
from generate_series(1, 10000) n, unnest(array['primary', 'qr']) kind`);
    const [counted, statements] = countStatements(app.databaseUrl);
    const pieces: string[] = [];
    for await (const piece of writeLinks(counted.db, id, { search: '', state: 'active' }, app.config.appUrl)) {
      pieces.push(piece);
      expect(parseCsv(piece).length).toBeLessThanOrEqual(1_000);
      // Read when the piece before was taken, and not ahead of it.
      expect(statements.length).toBeLessThanOrEqual(8 * pieces.length);
    }
    await counted.close();
    expect(statements.length).toBeLessThan(90);
    const slugs = slugsIn(pieces.join(''));
    expect(slugs).toHaveLength(10_000);
    expect(new Set(slugs).size).toBe(10_000);
    expect((await cy.ask(`/w/${cy.workspace.slug}/links.csv`)).text).toBe(pieces.join(''));
  });
});
