import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimSlugs } from '../../../src/links/links/claim.ts';
import { listLinks } from '../../../src/links/links/list.ts';
import { archiveLink, type Link } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { makeCampaign, makeLink, makeTemplate } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  workspaceId = ada.workspace.id;
  home = `/w/${ada.workspace.slug}/links/several`;
});
afterAll(() => app.close());

type Fields = Record<string, string | readonly string[]>;

/** Sends a form in which fields may stand several times. */
const send = (path: string, fields: Fields, person = ada): Promise<Answer> =>
  person.ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(
      Object.entries(fields).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each])),
    ).toString(),
  });

const unescaped = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
/** The fields of the table, as a browser would send them. */
function tableOf({ text }: Answer): Fields {
  const form = /<form class="form" method="post" action="[^"]*\/several"[^>]*>([\s\S]*?)<\/form>/.exec(text)?.[1] ?? '';
  const fields: Record<string, string[]> = {};
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const [, name = ''] = / name="([^"]*)"/.exec(tag) ?? [];
    if (tag.includes('type="checkbox"') && !/ checked\b/.test(tag)) continue;
    (fields[name] ??= []).push(unescaped(/ value="([^"]*)"/.exec(tag)?.[1] ?? ''));
  }
  return fields;
}
/** Sentences by row and field. */
const errorsIn = ({ text }: Answer) =>
  Object.fromEntries(
    [...text.matchAll(/class="field-error" id="row-(\d+-\w+)">.*?<span[^>]*>([^<]*)</g)].map(([, at, words = '']) => [
      at,
      unescaped(words),
    ]),
  );
const paste = (list: string, more: Fields = {}) => send(`${home}/check`, { way: 'list', list, ...more });
const make = (fields: Fields) => send(home, { ...fields, action: 'make' });
const allLinks = async (): Promise<Link[]> =>
  (await listLinks(app.db, workspaceId, { search: '', state: 'all', sort: 'newest', limit: 1_000, cursor: null }))
    .links;
const countAll = async () =>
  (await app.db.execute<{ n: number }>(sql`select count(*)::int as n from links where workspace_id = ${workspaceId}`))
    .rows[0]?.n;

describe('a pasted list', () => {
  it('is checked, made and shown, an event a link with one request in common', async () => {
    await makeCampaign(app, ada, 'Spring');
    const checked = await paste(
      'Address\tSlug\tTitle\tTags\tCampaign\tClicks\nexample.com/1\tlist-1\tOne\ta, b\tspring\t5\nexample.com/2\t\tTwo\t\t\t6\n',
      { allTags: 'all' },
    );
    expect(checked.status).toBe(200);
    expect(checked.text).toContain('Not taken from your list: Clicks.');
    expect(checked.text).toContain('Nothing has been made yet.');
    const fields = tableOf(checked);
    expect(fields).toMatchObject({
      url: ['example.com/1', 'example.com/2'],
      slug: ['list-1', ''],
      tags: ['a, b', ''],
      campaign: ['spring', ''],
      allTags: ['all'],
    });
    const before = await lastEvent(app.db);
    const made = await make(fields);
    expect(made.status).toBe(303);
    const events = (await eventsAfter(app.db, before)).filter(({ what }) => what === 'link.created');
    expect([events.length, new Set(events.map(({ requestId }) => requestId)).size]).toEqual([2, 1]);
    const page = await ada.ask(made.headers.location ?? '');
    expect(page.text).toContain('2 new links');
    const links = (await allLinks()).toSorted((one, other) => one.url.localeCompare(other.url));
    expect(
      links.map(({ url, title, campaign, tags }) => [url, title, campaign?.name, tags.map(({ name }) => name)]),
    ).toEqual([
      ['https://example.com/1', 'One', 'Spring', ['a', 'all', 'b']],
      ['https://example.com/2', 'Two', undefined, ['all']],
    ]);
    expect(page.text).toContain(`data-copy="${links.map(({ shortUrl }) => shortUrl).join('\n')}"`);
    expect((await app.visit('/list-1')).headers.location).toBe('https://example.com/1');
    const file = await ada.ask(`${made.headers.location}/links.csv`);
    expect(file.text.split('\r\n').slice(0, 2)).toEqual([
      '\uFEFFshort_link,destination,title,tags,campaign,split,click_id_parameter,rules',
      `${app.config.shortUrl}/list-1,https://example.com/1,One,"a, all, b",Spring,,,`,
    ]);
  });

  it('of five hundred rows says which three are wrong, and makes all or none', async () => {
    const rows = Array.from({ length: 500 }, (_, index) => `https://many.example.com/${index},many-${index}`);
    rows[10] = 'two words,many-10';
    rows[250] = 'https://many.example.com/250,many-249';
    rows[499] = 'https://many.example.com/499,under review';
    const before = await countAll();
    const checked = await paste(`url,slug\n${rows.join('\n')}`);
    const errors = {
      '10-url': 'An address has no spaces or hidden characters. Paste one address, and write a space in it as %20.',
      '250-slug': 'Row 250 has this slug too.',
      '499-slug': 'A slug has no spaces.',
    };
    expect(errorsIn(checked)).toEqual(errors);
    expect(checked.text).toContain('3 rows cannot be made yet.');
    expect(checked.text).toMatch(/id="row-10"[\s\S]*?name="url"[^>]*autofocus/);
    const refused = await make(tableOf(checked));
    expect([refused.status, errorsIn(refused), await countAll()]).toEqual([422, errors, before]);
    const fields = tableOf(refused);
    const mended = (name: string, values: Record<number, string>) =>
      [fields[name] ?? []].flat().map((value, at) => values[at] ?? value);
    const all = {
      ...fields,
      url: mended('url', { 10: 'many.example.com/10' }),
      slug: mended('slug', { 250: '', 499: 'under-review' }),
    };
    const answers = await Promise.all([make(all), make(all)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(answers[0]?.headers.location).toBe(answers[1]?.headers.location);
    expect(await countAll()).toBe((before ?? 0) + 500);
    expect((await ada.ask(answers[0]?.headers.location ?? '')).text).toContain('500 new links');
    expect((await app.visit('/under-review')).headers.location).toBe('https://many.example.com/499');
  }, 60_000);

  it('goes on without rows that are wrong or left out', async () => {
    const checked = await paste('example.com/kept\njavascript:alert(1)\nexample.com/out');
    const dropped = await send(home, { ...tableOf(checked), action: 'drop' });
    expect(tableOf(dropped)['url']).toEqual(['example.com/kept', 'example.com/out']);
    const made = await make({ ...tableOf(dropped), out: '1' });
    expect((await ada.ask(made.headers.location ?? '')).text).toContain('1 new link');
    const none = await make({ ...tableOf(dropped), out: ['0', '1'] });
    expect([none.status, none.text.includes('No row is left')]).toEqual([422, true]);
  });

  it('hints at addresses that it has twice, or that a link leads to', async () => {
    await makeLink(app, ada, { slug: 'hinted', url: 'https://hint.example.com/' });
    const { text } = await paste('HINT.example.com\nexample.com/twice\nhttps://example.com/twice');
    expect(text).toContain('You have links to 1 address of this list already.');
    expect(text).toContain('The same address as row 2.');
    expect(text).not.toContain('cannot be made');
  });

  it('loses no slug to somebody who takes it between the check and the making', async () => {
    const checked = await paste('url,slug\nexample.com/race-1,race-1\nexample.com/race-2,race-2');
    expect(errorsIn(checked)).toEqual({});
    await makeLink(app, ada, { slug: 'Race-2' });
    const before = await countAll();
    const refused = await make(tableOf(checked));
    expect([refused.status, await countAll()]).toEqual([422, before]);
    expect(errorsIn(refused)).toEqual({ '1-slug': '"race-2" is taken by a link of this workspace.' });
  });

  it('makes one of two lists that want the same slugs in another order at once', async () => {
    const slugs = Array.from({ length: 40 }, (_, index) => `meet-${index}`);
    const lists = [slugs, slugs.toReversed()].map((each) => ({
      url: each.map((slug) => `example.com/${slug}`),
      slug: each,
    }));
    const before = (await countAll()) ?? 0;
    const answers = await Promise.all(lists.map((fields) => make(fields)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([303, 422]);
    expect(await countAll()).toBe(before + 40);
  });

  it('makes campaigns that there are not when that is chosen, and none otherwise', async () => {
    const checked = await paste('url,campaign\nexample.com/c1,Autumn\nexample.com/c2,Winter\nexample.com/c3,');
    expect(Object.keys(errorsIn(checked))).toEqual(['0-campaign', '1-campaign']);
    const fields = tableOf(checked);
    expect(fields).not.toHaveProperty('newCampaign');
    const half = await make({ ...fields, newCampaign: 'autumn' });
    expect([half.status, Object.keys(errorsIn(half)), tableOf(half)['newCampaign']]).toEqual([
      422,
      ['1-campaign'],
      ['Autumn'],
    ]);
    expect((await make({ ...fields, newCampaign: ['Autumn', 'Winter'], allCampaign: 'Autumn' })).status).toBe(303);
    const { rows } = await app.db.execute(sql`
select c.name, count(*)::int as n from links l join campaigns c on c.id = l.campaign_id
where c.workspace_id = ${workspaceId} and c.name in ('Autumn', 'Winter') group by 1 order by 1`);
    expect(rows).toEqual([
      { name: 'Autumn', n: 2 },
      { name: 'Winter', n: 1 },
    ]);
  });

  it.each([
    ['nothing', ' \n\t\n', 'Paste at least one address.'],
    [
      '501 rows',
      'example.com\n'.repeat(501),
      'A list has at most 500 rows, and this one has 501 rows. Send it in parts.',
    ],
    ['a quotation mark without end', 'url,slug\n"example.com,x', 'A quotation mark in line 2 has no end.'],
  ])('is refused with %s, and stays', async (_what, list, sentence) => {
    const answer = await paste(list);
    expect(answer.status).toBe(422);
    expect(unescaped(answer.text)).toContain(sentence);
    if (list.trim()) expect(unescaped(answer.text)).toContain(list.slice(0, 100).trim().split('\n')[0]);
  });

  it('is refused on a domain of others, with its rows', async () => {
    const answer = await paste('example.com/x', { domain: 'go.bob.example' });
    expect([answer.status, answer.text.includes('This domain is not yours to use.')]).toEqual([422, true]);
    expect(tableOf(answer)['url']).toEqual(['example.com/x']);
  });
});

describe('one address for many channels', () => {
  const channels = {
    label: ['Newsletter', 'Poster', ''],
    source: ['newsletter', 'poster', 'partner site'],
    medium: ['email', 'print', ''],
    slug: ['', 'on-paper', ''],
  };

  it('makes a row of each that is chosen, with UTM parameters instead of those of the address', async () => {
    const answer = await send(`${home}/check`, {
      url: 'https://example.com/?a=1&utm_source=old#top',
      utmCampaign: 'spring 26',
      chosen: '1',
      ...channels,
    });
    expect(tableOf(answer)).toMatchObject({
      url: [
        'https://example.com/?a=1&utm_source=poster&utm_medium=print&utm_campaign=spring%2026#top',
        'https://example.com/?a=1&utm_source=partner%20site&utm_campaign=spring%2026#top',
      ],
      slug: ['on-paper', ''],
      title: ['Poster', 'partner site'],
    });
  });

  it('shows the final addresses while they are written', async () => {
    const query = new URLSearchParams([
      ['url', 'example.com'],
      ['source', 'newsletter'],
      ['medium', 'email'],
      ['label', 'Newsletter'],
      ['slug', ''],
    ]);
    const { text } = await ada.ask(`${home}/addresses?${query}`, { headers: { 'hx-request': 'true' } });
    expect(unescaped(text)).toContain(
      '<span id="address-0" hx-swap-oob="true">example.com?utm_source=newsletter&utm_medium=email</span>',
    );
  });

  it('asks for an address and a channel, and keeps what was typed', async () => {
    const without = await send(`${home}/check`, { url: '', chosen: '0', ...channels });
    expect([without.status, without.text.includes('Paste the address that the links should lead to.')]).toEqual([
      422,
      true,
    ]);
    expect(without.text).toContain('value="partner site"');
    expect(without.text).toMatch(/name="chosen" value="0" checked/);
    const none = await send(`${home}/check`, { url: 'example.com', ...channels, source: ['newsletter', 'poster', ''] });
    expect([none.status, none.text.includes('Choose at least one channel')]).toEqual([422, true]);
  });

  it('begins with the values of a template', async () => {
    const { id } = await makeTemplate(app, ada, 'Mail', { tags: ['mail'] });
    expect((await ada.ask(`${home}?template=${id}`)).text).toMatch(/name="allTags"[^>]*value="mail"/);
  });
});

describe('links that were made together', () => {
  it('are archived together, but for those that were before', async () => {
    const made = await make({
      url: ['u0', 'u1', 'u2'].map((path) => `example.com/${path}`),
      slug: ['undo-0', 'undo-1', 'undo-2'],
    });
    const page = made.headers.location ?? '';
    await archiveLink(app.db, workspaceId, byTest, page.split('/').at(-1) ?? '');
    const before = await lastEvent(app.db);
    const [, action = ''] = /action="([^"]*\/bulk)"/.exec((await ada.ask(page)).text) ?? [];
    const [, links = ''] = /name="links" value="([\w ]+)"/.exec((await ada.ask(page)).text) ?? [];
    expect((await send(action, { links, action: 'archive' })).status).toBe(303);
    expect((await eventsAfter(app.db, before)).map(({ what }) => what)).toEqual(['link.archived', 'link.archived']);
    expect([(await app.visit('/undo-1')).status, (await app.visit('/undo-2')).status]).toEqual([410, 410]);
    expect((await ada.ask(page)).text).toContain('They are archived.');
  });

  it('are those of one request alone, of the workspace alone, and for those who may make links', async () => {
    const [one, other] = [await make({ url: 'example.com/s1' }), await make({ url: 'example.com/s2' })];
    const page = one.headers.location ?? '';
    expect((await ada.ask(page)).text).not.toContain('example.com/s2');
    expect((await ada.ask(other.headers.location ?? '')).text).toContain('example.com/s2');
    const [viewer, bob] = [await app.signUp('Vic'), await app.signUp('Bob')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    for (const [person, status] of [
      [viewer, 403],
      [bob, 404],
    ] as const) {
      expect((await person.ask(page)).status).toBe(status);
      expect((await send(home, { url: 'example.com', action: 'make' }, person)).status).toBe(status);
    }
    const theirs = page.replace(ada.workspace.slug, bob.workspace.slug);
    expect((await bob.ask(theirs)).status).toBe(404);
  });
});

describe('slugs that are claimed together', () => {
  it('are drawn again where two of them are the same', async () => {
    const [one, other] = [await makeLink(app, ada), await makeLink(app, ada)];
    const domain = { id: one.domainId, isCaseSensitive: false };
    const drawn = ['twice', 'twice', 'twice', 'once-more'];
    const wanted = [one, other].map(({ id }) => ({
      domain,
      linkId: id,
      kind: 'qr' as const,
      slug: null,
      draw: () => drawn.shift() ?? '',
    }));
    expect(await claimSlugs(app.db, workspaceId, wanted)).toEqual([
      { kind: 'slug', domainId: one.domainId, slugKey: 'twice' },
      { kind: 'slug', domainId: one.domainId, slugKey: 'once-more' },
    ]);
  });
});

describe('links that were made at once', () => {
  it('stand in the list of links in their own order', async () => {
    const urls = Array.from({ length: 9 }, (_, row) => `https://example.com/in-order/${row}`);
    await make(tableOf(await paste(urls.join('\n'))));
    const { text } = await ada.ask(`/w/${ada.workspace.slug}/links?search=in-order`);
    const shown = [...text.matchAll(/href="(https:\/\/example\.com\/in-order\/\d)"/g)].map(([, url]) => url);
    expect(shown).toEqual(urls);
  });
});
