import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from './pages.ts';

let app: TestApp;
let owner: Person;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  home = `/w/${owner.workspace.slug}`;
  const links = [];
  for (const slug of ['spring', 'summer', 'other']) {
    links.push((await makeLink(app, owner, { slug })).id);
    await app.visit(`/${slug}`, { headers: { 'x-forwarded-for': '203.0.113.1' } });
  }
  await app.db.execute(`
insert into campaigns (id, workspace_id, name, name_key) select 'launch', workspace_id, 'Launch', 'launch' from links limit 1`);
  await app.db.execute(`
insert into tags (id, workspace_id, name, name_key, colour) select 'print', workspace_id, 'Print', 'print', 'grey' from links limit 1`);
  await app.db.execute(`update links set campaign_id = 'launch' where id in ('${links[0]}', '${links[1]}')`);
  await app.db.execute(`insert into link_tags (link_id, tag_id) values ('${links[2]}', 'print')`);
});

afterAll(async () => {
  await app?.close();
});

it('counts the links of a campaign, and says whose visitors they are', async () => {
  const page = await owner.ask(`${home}/reports/campaigns/launch?period=7d`);
  expect(page.status).toBe(200);
  expect(textOf(page)).toContain('2 clicks by 2 visitors');
  expect(textOf(page)).toContain('A visitor counts once a day on each link');
  expect(page.text).toContain(`href="${home}/reports/campaigns/launch?period=7d&amp;f=device:is:desktop"`);
  expect(textOf(await owner.ask(`${home}/reports/campaigns/launch/values?by=link`))).toContain('2 links');
});

it('is compared with others of its kind, over the same days', async () => {
  for (const [path, asked] of [
    ['reports/campaigns/launch', 'period=30d&amp;campaign=launch'],
    ['reports/tags/print?period=7d', 'period=7d&amp;tag=print'],
    ['reports?from=2026-01-02&to=2026-01-03', 'from=2026-01-02&amp;to=2026-01-03'],
  ]) {
    const page = await owner.ask(`${home}/${path}`);
    expect(page.text).toContain(`href="${home}/compare?${asked}"`);
  }
  const { text } = await owner.ask(`${home}/reports?period=all`);
  const [, link = ''] = /href="([^"]+\/compare\?from=[^"]+)"/.exec(text) ?? [];
  const compared = await owner.ask(link.replaceAll('&amp;', '&'));
  expect(compared.status).toBe(200);
  // Another kind keeps the days.
  expect(compared.text).toContain(`href="${link}&amp;of=tag"`);
});

it('counts the links with a tag', async () => {
  expect(textOf(await owner.ask(`${home}/reports/tags/print`))).toContain('1 click by 1 visitor');
  expect(textOf(await owner.ask(`${home}/reports/tags/print?f=device:is:tv`))).toContain(
    'No clicks match these filters',
  );
});

it('knows none that is not there, or another workspace’s', async () => {
  const other = await app.signUp('Grace');
  for (const path of [
    'campaigns/launch',
    'tags/print',
    'campaigns/%00',
    'tags/',
    'tags//values?by=link',
    'tags//live/hits',
    'domains/a-b',
  ])
    expect((await other.ask(`/w/${other.workspace.slug}/reports/${path}`)).status, path).toBe(404);
});
