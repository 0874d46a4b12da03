import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let owner: Person;
let home: string;
let path: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  home = `/w/${owner.workspace.slug}`;
  path = `${home}/compare`;
  for (const [index, slug] of ['spring', 'summer', 'autumn'].entries()) {
    const link = (await makeLink(app, owner, { slug })).id;
    for (let click = 0; click <= index; click++)
      await app.visit(`/${slug}`, { headers: { 'x-forwarded-for': '203.0.113.1' } });
    await app.db.execute(sql`
insert into campaigns (id, workspace_id, name, name_key) select ${slug}, workspace_id, ${`The ${slug} sale / all shops`}, ${slug} from links limit 1`);
    await app.db.execute(sql`
insert into tags (id, workspace_id, name, name_key, colour) select ${slug}, workspace_id, ${slug}, ${slug}, 'grey' from links limit 1`);
    await app.db.execute(sql`update links set campaign_id = ${index < 2 ? 'spring' : 'autumn'} where id = ${link}`);
    await app.db.execute(
      sql`insert into link_tags (link_id, tag_id) select ${link}, id from tags where id <> 'autumn'`,
    );
  }
});

afterAll(async () => {
  await app?.close();
});

it('is reached from the page of campaigns with its period, and from the page of tags', async () => {
  const campaigns = await owner.ask(`${home}/campaigns?from=2026-01-01&to=2026-01-31`);
  expect(campaigns.text).toContain('name="campaign" value="spring" form="compare"');
  expect(campaigns.text).toMatch(
    /name="from" value="2026-01-01">\s*<input type="hidden" name="to" value="2026-01-31">/,
  );
  const tags = await owner.ask(`${home}/tags`);
  expect(tags.text).toContain('name="tag" value="summer" form="compare"');
  expect(tags.text).toContain(`<form id="compare" method="get" action="${path}">`);
});

it('draws a line for each campaign, with the visitors of each link', async () => {
  const page = await owner.ask(`${path}?of=campaign&period=7d&campaign=spring&campaign=autumn&campaign=summer`);
  expect(page.text.match(/class="compare-name/g)).toHaveLength(3);
  expect(page.text).toContain('>The spring sale /…</text>');
  const words = textOf(page);
  expect(words).toMatch(
    /The spring sale \/ all shops 3 2 .*The autumn sale \/ all shops 3 1 .*The summer sale \/ all shops 0 0/,
  );
  expect(words).toContain('somebody who opens two of them on one day counts at both');
  expect(page.text).toContain(`href="${path}?campaign=spring&amp;campaign=summer&amp;period=7d" aria-label="Remove`);
  expect(page.text).toContain(`href="${home}/reports/campaigns/autumn"`);
});

it('draws a line for each tag, and offers the others', async () => {
  const page = await owner.ask(`${path}?tag=spring&from=2026-01-01`);
  expect(textOf(page)).toMatch(/Tag Clicks Visitors spring 6 3/);
  expect([...page.text.matchAll(/<option value="(\w+)">/g)].map(([, id]) => id)).toEqual(['autumn', 'summer']);
  expect(page.text).toContain('<input type="hidden" name="from" value="2026-01-01">');
});

it('lets one begin with any kind', async () => {
  expect(textOf(await owner.ask(`${path}?of=campaign`))).toContain('Choose campaigns to compare');
  const other = await app.signUp('Grace');
  expect(textOf(await other.ask(`/w/${other.workspace.slug}/compare?of=tag`))).toContain('There are no tags yet');
});

it.each([
  ['campaign=nothing', 404, 'There is no such campaign.'],
  ['tag=no%20id', 404, 'There is no such tag.'],
  ['campaign=spring&tag=spring', 422, 'one kind at a time'],
  ['tag=a&tag=b&tag=c&tag=d&tag=e&tag=f', 422, 'Compare up to 5 tags at once.'],
  ['tag=spring&from=2026-02-30', 422, 'Write a day like 2026-11-22'],
])('refuses %s', async (query, status, words) => {
  const answer = await owner.ask(`${path}?${query}`);
  expect([answer.status, textOf(answer)]).toEqual([status, expect.stringContaining(words)]);
});

it('does not show those of another workspace', async () => {
  const other = await app.signUp('Hedy');
  for (const query of ['campaign=spring', 'tag=spring'])
    expect((await other.ask(`/w/${other.workspace.slug}/compare?${query}`)).status).toBe(404);
});
