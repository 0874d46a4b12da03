import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { maxViews } from '../../../src/reports/saved-views/saved-views.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { pressUndo } from '../../setup/undo.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let owner: Person;
let home: string;
let views: string;
let link: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  home = `/w/${owner.workspace.slug}`;
  views = `${home}/views`;
  link = pageOf(owner, await makeLink(app, owner, { slug: 'spring' }));
  await app.visit('/spring');
  await app.db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) select 'launch', workspace_id, 'Launch', 'launch' from links limit 1`);
  await app.db.execute(sql`
insert into tags (id, workspace_id, name, name_key, colour) select 'print', workspace_id, 'Print', 'print', 'grey' from links limit 1`);
});

afterAll(async () => {
  await app?.close();
});

const save = (name: string, address: string) => owner.ask(views, { form: { name, address } });
const hiddenAddress = ({ text }: Answer) =>
  /name="address" value="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
const flashOf = ({ headers }: Answer) =>
  [headers['set-cookie'] ?? []]
    .flat()
    .find((cookie) => cookie.includes('flash'))
    ?.split(';')[0] ?? '';
const actionOf = async (name: string, what: 'delete' | 'rename') => {
  const { rows } = await app.db.execute<{ id: string }>(sql`select id from saved_views where name = ${name}`);
  return `${views}/${rows[0]?.id}${what === 'delete' ? '/delete' : ''}`;
};

it('saves what a report shows, and opens it again with one click', async () => {
  expect(textOf(await owner.ask(views))).toContain('No saved views yet');
  const page = await owner.ask(`${link}?interval=week&f=device:is:desktop&f=country:not:DE`);
  const address = `${link}?period=30d&interval=week&f=device:is:desktop&f=country:not:DE`;
  expect(hiddenAddress(page)).toBe(address);
  const saved = await save(' Desktops  abroad ', address);
  expect(saved.headers.location).toBe(address);
  const opened = await owner.ask(address, { headers: { cookie: `${owner.cookie}; ${flashOf(saved)}` } });
  expect(textOf(opened)).toContain('“Desktops abroad” is saved.');
  expect(opened.text).toMatch(/aria-current="true"><bdi class="truncate">Desktops abroad<\/bdi>/);
  const elsewhere = await owner.ask(`${home}/reports`);
  expect(elsewhere.text).toContain(`<a class="menu-item" href="${address.replaceAll('&', '&amp;')}" >`);
  expect(textOf(await owner.ask(views))).toMatch(/spring : Last 30 days, Device is Desktop, Country is not Germany/);
});

it('keeps relative periods relative, and ranges as they are', async () => {
  for (const [name, query, kept] of [
    ['Week', 'period=7d', 'period=7d'],
    ['Since', 'from=2026-01-01&to=', 'from=2026-01-01'],
    ['Range', 'from=2026-01-01&to=2026-01-31&interval=day', 'interval=day&from=2026-01-01&to=2026-01-31'],
    ['All', '', 'period=30d'],
  ] as const)
    expect((await save(name, `${home}/reports?${query}`)).headers.location, name).toBe(`${home}/reports?${kept}`);
  expect((await save('Of a campaign', `${home}/reports/campaigns/launch`)).headers.location).toBe(
    `${home}/reports/campaigns/launch?period=30d`,
  );
  expect((await save('Of a tag', `${home}/reports/tags/print?period=today`)).status).toBe(303);
  const { rows } = await app.db.execute<{ id: string; domain: string }>(
    sql`select id, domain_id as domain from slugs where kind = 'qr'`,
  );
  expect((await save('Of a domain', `${home}/reports/domains/${rows[0]?.domain}`)).status).toBe(303);
  expect((await save('Of a code', `${home}/reports/qr-codes/${rows[0]?.id}`)).status).toBe(303);
  const words = textOf(await owner.ask(views));
  expect(words).toMatch(/Of a code QR code of go\.localhost\S*\/spring :/);
  expect(words).toMatch(/Of a domain go\.localhost\S* :/);
});

it.each([
  ['another site', (path: string) => `https://example.com${path}/reports`],
  ['a path that begins with two slashes', () => '//example.com/reports'],
  ['a page that is no report', (path: string) => `${path}/settings`],
  ['a word that every object knows', (path: string) => `${path}/constructor/abc`],
  ['a path that climbs', (path: string) => `${path}/reports/../../../log-out`],
  ['another workspace', () => '/w/somebody-else/reports'],
  ['a link that is not there', (path: string) => `${path}/links/nothing`],
  ['a campaign that is not there', (path: string) => `${path}/reports/campaigns/print`],
  ['a filter that there is not', (path: string) => `${path}/reports?f=weather:is:rain`],
  ['a period that cannot be', (path: string) => `${path}/reports?from=2026-02-30`],
  ['more than the cookie of the way back holds', (path: string) => `${path}/reports?f=city:is:${'%C3%A9'.repeat(400)}`],
])('refuses %s', async (_, addressIn) => {
  const answer = await save('Elsewhere', addressIn(home));
  expect([404, 422]).toContain(answer.status);
  const { rows } = await app.db.execute(sql`select address from saved_views where name = 'Elsewhere'`);
  expect(rows).toEqual([]);
});

it('keeps of an address only what a report may say', async () => {
  const answer = await save(
    'Clean',
    `${home}/reports?period=7d&x=%0d%0aset-cookie:a&interval=year&f=city:is:GB/Lo%22ndon#x`,
  );
  expect(answer.headers.location).toBe(`${home}/reports?period=7d&f=city:is:GB/Lo%22ndon`);
});

it('says when a name is taken in any spelling, and keeps what was typed', async () => {
  const answer = await save('week', `${home}/reports?period=90d`);
  expect([answer.status, textOf(answer).includes('There is a view “week” already.')]).toEqual([409, true]);
  expect(answer.text).toContain('value="week"');
  expect(hiddenAddress(answer)).toBe(`${home}/reports?period=90d`);
  expect((await save(' ', `${home}/reports`)).status).toBe(422);
});

it('renames a view', async () => {
  const action = await actionOf('Week', 'rename');
  expect((await owner.ask(action)).text).toContain('value="Week"');
  expect((await owner.ask(action, { form: { name: 'Since' } })).status).toBe(409);
  expect((await owner.ask(action, { form: { name: 'Seven days' } })).headers.location).toBe(views);
  expect(textOf(await owner.ask(`${home}/reports`))).toContain('Seven days');
});

it('deletes a view, and brings it back', async () => {
  const deleted = await owner.ask(await actionOf('Range', 'delete'), { form: {} });
  expect(deleted.headers.location).toBe(views);
  const list = await owner.ask(views, { headers: { cookie: `${owner.cookie}; ${flashOf(deleted)}` } });
  expect(list.text).not.toContain('<bdi>Range</bdi>');
  expect((await pressUndo(owner, deleted))?.headers.location).toBe(views);
  expect((await owner.ask(views)).text).toContain('<bdi>Range</bdi>');
  expect((await owner.ask(`${views}/nothing/delete`, { form: {} })).status).toBe(404);
});

it('offers no view whose link, campaign or tag is gone, and says why', async () => {
  const gone = (await makeLink(app, owner, { slug: 'gone' })).id;
  await save('Of a link', `${home}/links/${gone}`);
  const reports = async () => textOf(await owner.ask(`${home}/reports`));
  for (const name of ['Of a link', 'Of a campaign', 'Of a tag']) expect(await reports()).toContain(name);
  await owner.ask(`${home}/links/${gone}/delete`, { form: {} });
  await owner.ask(`${home}/campaigns/launch/delete`, { form: {} });
  await owner.ask(`${home}/tags/print/delete`, { form: {} });
  for (const name of ['Of a link', 'Of a campaign', 'Of a tag']) {
    expect(await reports()).not.toContain(name);
    expect(textOf(await owner.ask(views))).toContain(`${name} Its link, campaign or tag is deleted.`);
  }
});

it('is the workspace’s, and follows its word in addresses', async () => {
  const other = await app.signUp('Grace');
  const theirs = `/w/${other.workspace.slug}`;
  expect((await other.ask(views)).status).toBe(404);
  const action = (await actionOf('Since', 'delete')).replace(home, theirs);
  expect((await other.ask(action, { form: {} })).status).toBe(404);
  expect(
    (await other.ask(`${theirs}/views`, { form: { name: 'Since', address: `${theirs}${link.slice(home.length)}` } }))
      .status,
  ).toBe(404);
  await app.db.execute(sql`update workspaces set slug = 'renamed' where slug = ${owner.workspace.slug}`);
  expect((await owner.ask('/w/renamed/views')).text).toContain('href="/w/renamed/reports?from=2026-01-01"');
  await app.db.execute(sql`update workspaces set slug = ${owner.workspace.slug} where slug = 'renamed'`);
});

it('lets viewers open views, and change none', async () => {
  const viewer = await app.signUp('Vera');
  await joinWorkspace(app, viewer, owner, 'viewer');
  const page = await viewer.ask(`${home}/reports`);
  expect(textOf(page)).toContain('Saved views');
  expect(page.text).not.toContain('Save view');
  expect((await viewer.ask(views)).text).not.toContain('aria-label="Delete');
  expect((await viewer.ask(views, { form: { name: 'Mine', address: `${home}/reports` } })).status).toBe(403);
});

it('stops at a hundred', async () => {
  await app.db.execute(sql`
insert into saved_views (id, workspace_id, name, name_key, address)
select 'v' || n, (select workspace_id from links limit 1), 'V' || n, 'v' || n, 'reports?period=7d'
from generate_series(1, ${maxViews}) n`);
  const answer = await save('One more', `${home}/reports`);
  expect([answer.status, textOf(answer).includes('at most 100 saved views')]).toEqual([422, true]);
});
