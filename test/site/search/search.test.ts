import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveLink, type Link, removeLink } from '../../../src/links/links/queries.ts';
import { type Role } from '../../../src/people/workspaces/roles.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { makeCampaign, makeLink, pageOf } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let grace: Person;
let home: string;
const people = new Map<Role, Person>();

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  grace = await app.signUp('Grace');
  home = `/w/${ada.workspace.slug}`;
  people.set('owner', ada);
  for (const role of ['viewer', 'member', 'admin'] as const) {
    const person = await app.signUp(role);
    people.set(role, person);
    await joinWorkspace(app, person, ada, role);
  }
});
afterAll(() => app.close());

type Found = { heading: string; items: { label: string; href: string | undefined }[] };

/** The groups on the page, in order; marks of direction and entities as they are read. */
function groupsOf(html: string): Found[] {
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? '';
  return main
    .split('<section aria-labelledby="found-')
    .slice(1)
    .map((section) => ({
      heading: /<h2[^>]*>(.*?)<\/h2>/.exec(section)?.[1] ?? '',
      items: section
        .split('<li>')
        .slice(1)
        .map((item) => ({
          label: /result-label"><bdi>(.*?)<\/bdi>/s.exec(item)?.[1] ?? '',
          href: /<a class="result" href="([^"]*)"/.exec(item)?.[1]?.replaceAll('&amp;', '&'),
        })),
    }));
}

async function search(q: string, person = ada, at = home): Promise<Found[]> {
  const answer = await person.ask(`${at}/search?${new URLSearchParams({ q }).toString()}`);
  expect(answer.status).toBe(200);
  return groupsOf(answer.text);
}

const labelsIn = (groups: Found[], heading: string) =>
  groups.find((group) => group.heading === heading)?.items.map(({ label }) => label) ?? [];
const hrefsIn = (groups: Found[], heading: string) =>
  groups.find((group) => group.heading === heading)?.items.map(({ href }) => href) ?? [];

describe('links in the search over everything', () => {
  let spring: Link;

  beforeAll(async () => {
    spring = await makeLink(app, ada, { slug: 'lenz', title: 'Frühling in Köln', url: 'https://shop.example/tulips' });
  });

  it.each(['FRÜHLING', 'köln', 'lenz', 'tulips', 'shop.example frühling'])('are found by “%s”', async (words) => {
    const groups = await search(words);
    expect(hrefsIn(groups, 'Links')).toEqual([pageOf(ada, spring)]);
    expect(labelsIn(groups, 'Links')).toEqual(['Frühling in Köln']);
  });

  it.each([
    ['with its scheme', (link: Link) => link.shortUrl],
    ['without', (link: Link) => `${link.domain}/${link.slug}`],
    ['in capitals, for its preview, with a query', (link: Link) => `${link.shortUrl.toUpperCase()}+?utm_source=x`],
    ['with spaces around', (link: Link) => `  ${link.shortUrl}  `],
  ])('are found by a whole short link, %s', async (_how, paste) => {
    expect(hrefsIn(await search(paste(spring)), 'Links')).toEqual([pageOf(ada, spring)]);
  });

  it('have the one first whose slug was typed, however old, and whatever place is called so', async () => {
    const exact = await makeLink(app, ada, { slug: 'members' });
    for (let n = 0; n < 9; n++) await makeLink(app, ada, { title: `${exact.slug} ${n}` });
    const groups = await search(exact.slug);
    expect(groups[0]?.heading).toBe('Links');
    expect(hrefsIn(groups, 'Links')[0]).toBe(pageOf(ada, exact));
    expect(hrefsIn(await search(exact.slug.toUpperCase()), 'Links')[0]).toBe(pageOf(ada, exact));
    const { rows } = await app.db.execute<{ slug: string }>(
      sql`select slug from slugs where link_id = ${exact.id} and kind = 'qr'`,
    );
    expect(hrefsIn(await search(rows[0]?.slug ?? ''), 'Links')).toEqual([pageOf(ada, exact)]);
  });

  it('are eight at most, once each, and the rest is in the list of links', async () => {
    for (let n = 0; n < 10; n++) await makeLink(app, ada, { title: `Harvest ${n}` });
    const groups = await search('harvest');
    const labels = labelsIn(groups, 'Links');
    expect(labels).toEqual([9, 8, 7, 6, 5, 4, 3, 2].map((n) => `Harvest ${n}`).concat('Search the list of links'));
    expect(hrefsIn(groups, 'Links').at(-1)).toBe(`${home}/links?search=harvest`);
  });

  it('say that they are archived, and are not there once they are deleted', async () => {
    const link = await makeLink(app, ada, { title: 'Bygone' });
    await archiveLink(app.db, ada.workspace.id, byTest, link.id);
    const answer = await ada.ask(`${home}/search?q=bygone`);
    expect(answer.text).toMatch(/Bygone[\s\S]*?Archived/);
    await removeLink(app.db, ada.workspace.id, byTest, link.id);
    for (const words of ['bygone', link.slug, link.shortUrl])
      expect(hrefsIn(await search(words), 'Links'), words).toEqual([]);
  });
});

describe('tags, campaigns and domains in the search over everything', () => {
  it('lead to the links of a tag and to the report of a campaign, five of each at most', async () => {
    await makeLink(app, ada, { tags: ['Messe Köln', 'Messe & More'] });
    const ids = [];
    for (let n = 0; n < 7; n++) ids.push((await makeCampaign(app, ada, `Night run ${n}`)).id);
    await makeCampaign(app, ada, 'Run at night');
    const tags = await search('messe');
    expect(labelsIn(tags, 'Tags')).toEqual(['Messe &amp; More', 'Messe Köln']);
    expect(hrefsIn(tags, 'Tags')).toEqual([`${home}/links?tag=Messe+%26+More`, `${home}/links?tag=Messe+K%C3%B6ln`]);
    const campaigns = await search('night RUN');
    expect(labelsIn(campaigns, 'Campaigns')).toEqual([6, 5, 4, 3, 2].map((n) => `Night run ${n}`));
    expect(hrefsIn(campaigns, 'Campaigns')[0]).toBe(`${home}/reports/campaigns/${ids[6]}`);
    expect(labelsIn(await search('run at'), 'Campaigns')).toEqual(['Run at night']);
  });

  it('find a domain by its letters and as DNS knows it, unless it was given up', async () => {
    const id = await insertDomain(app.db, ada.workspace.id, 'xn--mnchen-3ya.example');
    await insertDomain(app.db, ada.workspace.id, 'gone.munich.example', { state: 'removed' });
    const sharp = await insertDomain(app.db, ada.workspace.id, 'xn--strae-oqa.example');
    for (const words of ['straße', 'STRASSE.example', 'https://straße.example/a?b'])
      expect(hrefsIn(await search(words), 'Domains'), words).toEqual([`${home}/domains/${sharp}`]);
    for (const words of ['/spring', 'https://', '?'])
      expect(labelsIn(await search(words), 'Domains'), words).toEqual([]);
    for (const words of ['münch', 'xn--mn', 'MÜNCHEN.example'])
      expect(hrefsIn(await search(words), 'Domains'), words).toEqual([`${home}/domains/${id}`]);
    expect(labelsIn(await search('munich'), 'Domains')).toEqual([]);
  });
});

describe('rights in the search over everything', () => {
  const create = ['Create a link', 'Create several links', 'Create a campaign'];

  it.each([
    ['viewer', []],
    ['member', [...create, 'Create an API key']],
    ['admin', [...create, 'Create an API key']],
  ] as const)('a %s is offered to create no more than they may', async (role, labels) => {
    const found = labelsIn(await search('create', people.get(role)), 'Actions');
    expect(found).toEqual([...labels, 'Create a workspace']);
  });

  it('a viewer is offered no form that they may not send, by whatever words', async () => {
    const viewer = people.get('viewer');
    for (const words of ['', 'add', 'new', 'invite', 'share', 'domain', 'key', 'report', 'https://example.com/new']) {
      const text = JSON.stringify(await search(words, viewer));
      for (const label of [
        'Create a link',
        'Create a campaign',
        'Share',
        'Invite',
        'Add a domain',
        'Create an API key',
      ])
        expect(text.replaceAll('Shared reports', ''), `${label} by ${words}`).not.toContain(label);
    }
  });

  it('an admin may invite and add domains, a member may not', async () => {
    expect(labelsIn(await search('invite', people.get('admin')), 'Actions')).toEqual(['Invite somebody']);
    expect(labelsIn(await search('invite', people.get('member')), 'Actions')).toEqual([]);
    expect(labelsIn(await search('domain', people.get('admin')), 'Actions')).toEqual(['Add a domain']);
    expect(labelsIn(await search('domain', people.get('member')), 'Actions')).toEqual([]);
  });

  it('who looks after the server finds its mail, others do not', async () => {
    expect(labelsIn(await search('outbox'), 'Go to')).toEqual(['Mail']);
    expect(labelsIn(await search('outbox', people.get('admin')), 'Go to')).toEqual([]);
  });

  it('nothing of another workspace is found, but the way there for its members', async () => {
    const theirs = await makeLink(app, grace, { slug: 'secret-plan', title: 'Secret plan', tags: ['secret tag'] });
    await makeCampaign(app, grace, 'Secret campaign');
    await insertDomain(app.db, grace.workspace.id, 'secret.example');
    for (const words of ['secret', 'secret-plan', theirs.shortUrl, theirs.id]) {
      const headings = (await search(words)).map(({ heading }) => heading);
      expect(
        headings.filter((heading) => heading !== 'Actions'),
        words,
      ).toEqual([]);
    }
    const stranger = await grace.ask(`${home}/search?q=lenz`);
    expect(stranger.status).toBe(404);
    expect((await app.ask(`${home}/search?q=lenz`)).headers.location).toMatch(/^\/log-in/);
    await joinWorkspace(app, ada, grace, 'viewer');
    expect(hrefsIn(await search('switch'), 'Actions')).toEqual([`/w/${grace.workspace.slug}/links`]);
    expect(labelsIn(await search('secret', ada, `/w/${grace.workspace.slug}`), 'Links')).toEqual(['Secret plan']);
  });
});

describe('odd words in the search over everything', () => {
  const odd = [
    ['signs that control a terminal', 'a\u0001\u001b[31mb'],
    ['a per cent sign', '%'],
    ['an underscore', '_'],
    ['a backslash', '\\'],
    ['a quotation mark', `'; drop table links; --`],
    ['markup', '<img src=x onerror=alert(1)>'],
    ['10,000 letters', 'w'.repeat(10_000)],
    ['1,000 words', 'word '.repeat(1_000)],
    ['words from right to left', 'رابط \u202eقصير'],
    ['half a letter', '\ud800'],
    ['marks alone', '\u200b\u202e'],
    ['a broken escape', 'go.acme.test/%E0%A4%A'],
    ['a template', '${1}<%= it %>{{x}}'],
  ] as const;

  it.each(odd)('%s: a page, and nothing of it is markup', async (_name, words) => {
    const answer = await ada.ask(`${home}/search?${new URLSearchParams({ q: words }).toString()}`);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('<img src=x');
  });

  it.each(odd)('%s: a list for the dialog', async (_name, words) => {
    const headers = { 'hx-request': 'true' };
    const answer = await ada.ask(`${home}/search?${new URLSearchParams({ q: words }).toString()}`, { headers });
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'private, no-store']);
    expect(answer.text).not.toMatch(/<img src=x|<html/);
  });

  it('a sign that is a wildcard elsewhere is looked for as itself', async () => {
    const link = await makeLink(app, ada, { title: '100% wool_blend' });
    expect(hrefsIn(await search('0% wool_'), 'Links')).toEqual([pageOf(ada, link)]);
    expect(hrefsIn(await search('wool%blend'), 'Links')).toEqual([]);
    expect(labelsIn(await search('m_sse'), 'Tags')).toEqual([]);
  });

  it('a NUL: no address of ours, as everywhere', async () => {
    expect((await ada.ask(`${home}/search?q=a%00b`)).status).toBe(404);
    expect((await ada.ask(`${home}/links?search=a%00b`)).status).toBe(404);
  });

  it('several fields of one name are no words', async () => {
    expect((await ada.ask(`${home}/search?q=a&q=b`)).status).toBe(200);
  });
});

describe('the search over everything', () => {
  it('shows the newest links, actions and places before one types', async () => {
    const groups = await search('');
    expect(groups.map(({ heading }) => heading)).toEqual(['Newest links', 'Actions', 'Go to']);
    expect(groups.every(({ items }) => items.length === 5)).toBe(true);
  });

  it('offers a place first whose name is typed, and its settings by their scope', async () => {
    await makeLink(app, ada, { title: 'Member of the club' });
    const groups = await search('member');
    expect(groups.map(({ heading }) => heading)).toEqual(['Go to', 'Links', 'Actions']);
    expect((await ada.ask(`${home}/search?q=member`)).text).toContain('<bdi>Workspace settings</bdi>');
  });

  it('has a way to make what it does not find, for those who may', async () => {
    const words = 'nothing-of-the-kind';
    const page = (await ada.ask(`${home}/search?q=${words}`)).text;
    expect(page).toContain('Nothing found');
    expect(page).toContain(`href="${home}/links/new?title=${words}"`);
    expect((await ada.ask(`${home}/search?q=zz.example/x`)).text).toContain('/links/new?url=zz.example%2Fx"');
    const ofViewer = (await people.get('viewer')?.ask(`${home}/search?q=${words}`))?.text ?? '';
    expect(ofViewer).toContain('Check the spelling, or try fewer words.');
    expect(ofViewer).not.toContain('/links/new?');
  });

  it('answers the dialog with a list of options that says for which words', async () => {
    const headers = { 'hx-request': 'true' };
    const { text } = await ada.ask(`${home}/search?q=%20lenz%20`, { headers });
    expect(text).toContain('data-for="lenz"');
    expect(text).toContain('data-says="1 result for “lenz”"');
    expect(text.match(/role="option" aria-selected="true"/g)).toHaveLength(1);
    const none = (await ada.ask(`${home}/search?q=nothing-of-the-kind`, { headers })).text;
    expect(none).toMatch(/Nothing found for “<bdi>nothing-of-the-kind<\/bdi>”[\s\S]*role="option"/);
  });

  it('shows on its page nothing that only scripts could open', async () => {
    expect((await ada.ask(`${home}/search?q=shortcuts`)).text).toContain('Nothing found');
    const { text } = await ada.ask(`${home}/search?q=shortcuts`, { headers: { 'hx-request': 'true' } });
    expect(text).toContain('Keyboard shortcuts');
  });

  it('can be asked by a form without scripts, from a link on every page', async () => {
    expect((await ada.ask(`${home}/links`)).text).toContain(`href="${home}/search" data-opens="jump"`);
    expect((await ada.ask(`${home}/search`)).text).toMatch(/<form [^>]*method="get" action="\/w\/[^"]+\/search"/);
  });
});
