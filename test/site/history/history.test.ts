import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTagTo } from '../../../src/links/links/bulk.ts';
import { insertLink } from '../../../src/links/links/insert.ts';
import { type Link, updateLink } from '../../../src/links/links/queries.ts';
import { findTag, removeTag } from '../../../src/links/links/tags.ts';
import { command, serverJob } from '../../../src/ground/events/actor.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { byTest } from '../../setup/actor.ts';
import { insertDomain } from '../../setup/domains.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';
import { createLink, openClient } from '../../people/keys/client.ts';

let app: TestApp;
let ada: Person;
let grace: Person;
let vera: Person;
let workspaceId: string;
let home: string;
let link: Link;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  [grace, vera] = [await app.signUp('Grace'), await app.signUp('Vera')];
  await joinWorkspace(app, grace, ada, 'member');
  await joinWorkspace(app, vera, ada, 'viewer');
  home = `/w/${ada.workspace.slug}`;
  link = await makeLink(app, workspaceId, { url: 'https://example.com/old', slug: 'spring' });
});
afterAll(() => app.close());

const nameOf = ({ domain, slug }: Link) => `${domain}/${slug}`;

/** The lines of a page as one reads them. */
function linesOf({ text }: Answer): string[] {
  return [...text.matchAll(/<li class="history-line">([\s\S]*?)<\/li>\s*(?=<li class="history|<\/ol>)/g)].map(
    ([, line = '']) =>
      line
        .replaceAll(/<form[\s\S]*<\/form>|<time[\s\S]*?<\/time>/g, '')
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .replaceAll('&amp;', '&')
        .replace(' , details ', '')
        .trim(),
  );
}

const historyOf = async (path: string, person = ada) => linesOf(await person.ask(`${home}${path}`));
const edit = (fields: Record<string, string>, person = ada) =>
  person.ask(`${home}/links/${link.id}/edit`, { form: fields });

describe('the History of a link', () => {
  it('says in plain words who changed what, from what to what', async () => {
    await makeCampaign(app, workspaceId, 'Spring 2026');
    await edit({ url: 'https://example.com/new' });
    await edit({ title: 'A & B', campaign: 'Spring 2026' }, grace);
    await edit({ tags: 'Mail, Spain' });
    await edit({ tags: 'Mail' }, grace);
    await ada.ask(`${home}/links/${link.id}/archive`, { form: {} });
    await ada.ask(`${home}/links/${link.id}/restore`, { form: {} });
    expect(await historyOf(`/links/${link.id}/history`)).toEqual([
      'Ada restored the link',
      'Ada archived the link',
      'Grace removed the tag “Spain”',
      'Ada added the tags “Mail”, “Spain”',
      'Grace changed the link Title A & B Campaign Spring 2026',
      'Ada changed the destination from https://example.com/old to https://example.com/new',
      'The command test created the link Destination https://example.com/old',
    ]);
  });

  it('tells of a tag that went with all its links, and not of tags of others', async () => {
    const other = await makeLink(app, workspaceId);
    await addTagTo(app.db, workspaceId, byTest, [link.id], 'Passing');
    const tag = await findTag(app.db, workspaceId, 'passing');
    await removeTag(app.db, workspaceId, byTest, tag?.id ?? '');
    expect((await historyOf(`/links/${link.id}/history`))[0]).toBe(
      'The command test deleted the tag Passing Links 1 link Colour orange',
    );
    expect(await historyOf(`/links/${other.id}/history`)).toHaveLength(1);
  });

  it('is on a page of its own for tags, campaigns and domains, and for nobody else', async () => {
    const days = { startsOn: '2026-09-01', endsOn: '2026-10-01' };
    const campaign = await makeCampaign(app, workspaceId, 'Autumn', { ...days, goal: 100 });
    const form = { name: 'Autumn', ...days, goal: '1200' };
    await grace.ask(`${home}/campaigns/${campaign.id}/edit`, { form });
    expect(await historyOf(`/campaigns/${campaign.id}/history`, vera)).toEqual([
      'Grace changed the goal from 100 to 1,200',
      'The command test created the campaign First day 1 Sep 2026 Last day 1 Oct 2026 Goal 100',
    ]);
    const tag = await findTag(app.db, workspaceId, 'Mail');
    await grace.ask(`${home}/tags/${tag?.id}`, { form: { name: 'E-mail', colour: tag?.colour ?? '' } });
    expect((await historyOf(`/tags/${tag?.id}/history`))[0]).toBe('Grace changed the name from Mail to E-mail');
    const domainId = await insertDomain(app.db, workspaceId, 'go.acme.com');
    await ada.ask(`${home}/domains/${domainId}/redirects`, { form: { redirectStatus: '301' } });
    expect((await historyOf(`/domains/${domainId}/history`))[0]).toBe(
      'Ada changed the redirect status from 302 to 301',
    );
    const stranger = await app.signUp('Stranger');
    for (const path of [`links/${link.id}`, `campaigns/${campaign.id}`, `tags/${tag?.id}`, `domains/${domainId}`])
      expect((await stranger.ask(`/w/${stranger.workspace.slug}/${path}/history`)).status).toBe(404);
  });
});

describe('the History of a workspace', () => {
  it('has a line for all that a request changed, and opens it on demand', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await makeLink(app, workspaceId)).id));
    const body = new URLSearchParams([
      ...ids.map((id) => ['links', id] as [string, string]),
      ['action', 'add-tag'],
      ['tag', 'Launch'],
    ]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await grace.ask(`${home}/links/bulk`, { body: body.toString(), headers });
    const page = await ada.ask(`${home}/history`);
    expect(linesOf(page)[0]).toBe('Grace added the tag “Launch” to 3 links and 1 more change');
    const details = /href="([^"]+\/history\/requests\/[^"]+)"/.exec(page.text)?.[1] ?? '';
    const opened = await ada.ask(details);
    expect(linesOf(opened)).toHaveLength(4);
    expect(linesOf(opened).at(-1)).toMatch(/^Grace created the tag Launch/);
    expect((await vera.ask(details)).text).not.toContain('/undo"');
    const undone = await ada.ask(`${details}/undo`, { form: {} });
    expect(undone.status).toBe(303);
    expect((await historyOf('/history'))[0]).toBe('Ada removed the tag “Launch” from 3 links By Undo');
  });

  it('names people, keys, commands and the server', async () => {
    const client = await openClient(app, ada);
    const made = await createLink(client, { url: 'https://example.com/' });
    await client.ask(`/links/${made.id}`, { method: 'PATCH', body: { title: 'By a key' } });
    await updateLink(app.db, workspaceId, serverJob('check'), made.id, { title: 'By the server' });
    expect(await historyOf(`/links/${made.id}/history`)).toEqual([
      'The server changed the title from By a key to By the server',
      'The API key “Test” changed the title to By a key',
      'The API key “Test” created the link Destination https://example.com/',
    ]);
  });

  it('is narrowed by kind, person and day, and says when nothing is left', async () => {
    const tags = await historyOf('/history?of=tags');
    expect(tags.length).toBeGreaterThan(2);
    expect(tags.filter((line) => !/\btags?\b/.test(line))).toEqual([]);
    const page = await ada.ask(`${home}/history`);
    const byGrace = /<option value="(\w+)" >Grace<\/option>/.exec(page.text)?.[1] ?? '';
    const lines = await historyOf(`/history?by=${byGrace}`);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter((line) => !line.startsWith('Grace '))).toEqual([]);
    expect((await historyOf('/history?by=command')).every((line) => line.startsWith('The command '))).toBe(true);
    await app.db.execute(sql`
insert into events (at, workspace_id, what, target_id, target_name, before, after, actor_kind, actor_name, via)
select at, ${workspaceId}, 'link.changed', 'x', 'zoned', '{}', '{"title": "T"}', 'server', 'job', 'job'
from unnest(array['2026-03-02 23:59Z', '2026-03-03 00:00Z', '2026-03-03 23:59Z', '2026-03-04 00:00Z']::timestamptz[]) at`);
    expect(await historyOf('/history?day=2026-03-03')).toHaveLength(2);
    expect((await ada.ask(`${home}/history?day=2026-03-03`)).text).toContain('<h2>Tue, 3 Mar 2026</h2>');
    expect((await ada.ask(`${home}/history?of=keys&day=2001-01-01`)).text).toContain('No changes found');
    for (const odd of [
      'day=2026-02-30',
      'day=0000-05-05',
      'day=9999-12-31',
      'of=nothing',
      'by=%3C',
      'before=-4',
      'before=x',
    ])
      expect((await ada.ask(`${home}/history?${odd}`)).status, odd).toBe(200);
  });

  it('goes on where a page ends, without a gap, and never in the middle of a request', async () => {
    const many = await app.signUp('Many');
    const by = { ...byTest, requestId: 'a request of many' };
    for (let n = 0; n < 60; n++) {
      const of = n % 3 === 0 ? by : command('one');
      await insertLink(app.db, many.workspace.id, n >= 10 && n < 22 ? by : of, {
        url: 'https://example.com/',
        slug: `many-${n}`,
        title: null,
        domainId: app.instanceDomainId,
      });
    }
    const base = `/w/${many.workspace.slug}`;
    const first = await many.ask(`${base}/history`);
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = await many.ask(next);
    const seen = [...linesOf(first), ...linesOf(second)].flatMap((line) => /many-\d+/.exec(line)?.[0] ?? []);
    // A third of all, and twelve in a row, are of one request, whose line is at its newest.
    expect(new Set(seen).size).toBe(seen.length);
    const alone = Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 3 !== 0 && (n < 10 || n >= 22));
    expect(alone.filter((n) => !seen.includes(`many-${n}`))).toEqual([]);
    expect(second.text.match(/more changes|\d+ links/g)).toBeNull();
    const fragment = await many.ask(next, { headers: { 'hx-request': 'true' } });
    expect(fragment.text).not.toContain('<html');
    expect(linesOf(fragment)).toEqual(linesOf(second));
  });

  it('shows invitations and networks to those who manage people, and Undo to those who may', async () => {
    await ada.ask(`${home}/invitations`, { form: { email: 'joan@example.com', role: 'viewer' } });
    await edit({ title: 'Another' }, grace);
    const [of, ofGrace, ofVera] = [
      await historyOf('/history'),
      await historyOf('/history', grace),
      await historyOf('/history', vera),
    ];
    expect(of.some((line) => line.includes('invited joan@example.com'))).toBe(true);
    for (const lines of [ofGrace, ofVera]) expect(lines.some((line) => line.includes('joan@'))).toBe(false);
    const eventOf = async (what: string) => {
      const { rows } = await app.db.execute<{ id: string }>(sql`select max(id) as id from events where what = ${what}`);
      return `${home}/history/${rows[0]?.id}`;
    };
    expect((await vera.ask(await eventOf('invitation.created'))).status).toBe(404);
    const changed = await eventOf('link.changed');
    const pages = await Promise.all([ada, grace, vera].map((person) => person.ask(changed)));
    expect(pages.map(({ text }) => text.includes('127.0.0.0/24'))).toEqual([true, false, false]);
    expect(pages.map(({ text }) => text.includes('/undo"'))).toEqual([true, true, false]);
  });

  it('offers a link like one that is deleted for good, which cannot come back', async () => {
    const gone = await makeLink(app, workspaceId, { slug: 'gone', url: 'https://example.com/?a=1&b=2', title: 'Gone' });
    await ada.ask(`${home}/links/${gone.id}/delete`, { form: {} });
    expect((await historyOf('/history'))[0]).toBe(
      `Ada deleted the link ${nameOf(gone)} Destination https://example.com/?a=1&b=2 Title Gone`,
    );
    const { rows } = await app.db.execute<{ id: string }>(
      sql`select max(id) as id from events where what = 'link.deleted'`,
    );
    const page = await ada.ask(`${home}/history/${rows[0]?.id}`);
    expect(page.text).not.toContain('/undo"');
    const alike = /href="([^"]+)">Create a link like it/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await ada.ask(alike)).text).toContain('value="https://example.com/?a=1&amp;b=2"');
  });
});
