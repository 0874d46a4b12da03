import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastName, nameKey, splitNames } from '../../../src/links/links/name.ts';
import { getLink, type Link, removeLink, updateLink } from '../../../src/links/links/queries.ts';
import { listTags, maxTags, readTagName, readTagNames, suggestTags } from '../../../src/links/links/tags.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import { fieldsOf } from '../../setup/form.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { ownTimeOf } from '../../setup/own-time.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let client: Client;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  client = await openClient(app, ada);
});
afterAll(() => app.close());

const create = (tags: string[], workspace = workspaceId): Promise<Link> => makeLink(app, workspace, { tags });
const tagsOf = async (linkId: string) => (await getLink(app.db, workspaceId, linkId)).tags.map(({ name }) => name);
const tagNamed = async (name: string, workspace = workspaceId) =>
  (await listTags(app.db, workspace)).find((tag) => tag.name === name);
const home = () => `/w/${ada.workspace.slug}`;

describe('the name of a tag', () => {
  it.each([
    ['Latin with marks', 'Été à Paris'],
    ['Arabic', 'رمضان كريم'],
    ['Hebrew', 'מבצע קיץ'],
    ['Chinese', '双十一促销'],
    ['Hindi', 'दीवाली ऑफ़र'],
    ['Persian with a joiner', 'می\u200cخواهم'],
    ['emoji of several parts', '👩‍👩‍👧 family'],
    ['what means something in CSV', '=HYPERLINK("x"); \'a\'\t| \\'.replace('\t', ' ')],
    ['what means something in HTML', '<b>&amp;</b>'],
    ['what means something in SQL', "%_'; drop table tags; --"],
  ])('holds %s', async (_script, name) => {
    const link = await create([readTagName(name)]);
    expect(await tagsOf(link.id)).toEqual([name.normalize('NFC')]);
    const page = await ada.ask(`${home()}/links?tag=${encodeURIComponent(name)}`);
    expect(page.text).toContain(`/links/${link.id}"`);
    const found = (await client.ask(`/links?tag=${encodeURIComponent(name)}`)).json() as { data: { id: string }[] };
    expect(found.data.map(({ id }) => id)).toEqual([link.id]);
  });

  it.each([
    ['nothing', ' \u200b '],
    ['a comma', 'a,b'],
    ['an Arabic comma', 'a،b'],
    ['a Chinese comma', 'a、b'],
    ['a wide comma', 'a，b'],
    ['51 characters', 'a'.repeat(51)],
  ])('is refused with %s', (_what, name) => {
    expect(() => readTagName(name)).toThrow(expect.objectContaining({ code: 'name_invalid', field: 'tags' }));
  });

  it('is one name in any case, form and spacing', () => {
    const key = nameKey('Größe ❤\ufe0f x');
    for (const spelling of ['GRÖSSE ❤ X', 'gro\u0308ße  ❤ x', '\u202eGröße ❤\t x '])
      expect(nameKey(spelling)).toBe(key);
    expect(nameKey('Größen ❤ x')).not.toBe(key);
  });

  it('is parted from others by commas of any script', () => {
    expect(splitNames(' Mail, mail,,Ads،بريد、广告，x ')).toEqual(['Mail', 'Ads', 'بريد', '广告', 'x']);
  });
});

describe('tags of a link', () => {
  it('are made in the form that creates it', async () => {
    const answer = await ada.ask(`${home()}/links`, {
      form: { url: 'https://example.com/form', tags: ' Mail , mail, Spring sale ' },
    });
    expect(answer.status).toBe(303);
    const page = await ada.ask(answer.headers.location ?? '');
    expect(page.text).toMatch(/data-colour="\w+"[^>]*href="[^"]+tag=Mail"/);
    expect(page.text).toContain('tag=Spring%20sale');
  });

  it('change in its form, and stay when they are not sent', async () => {
    const link = await create(['One', 'Two']);
    const edit = `${home()}/links/${link.id}/edit`;
    expect((await ada.ask(edit)).text).toContain('value="One, Two"');
    await ada.ask(edit, { form: { url: link.url, title: '' } });
    expect(await tagsOf(link.id)).toEqual(['One', 'Two']);
    await ada.ask(edit, { form: { url: link.url, title: '', tags: 'two, Three' } });
    expect(await tagsOf(link.id)).toEqual(['Three', 'Two']);
    await ada.ask(edit, { form: { url: link.url, title: '', tags: '' } });
    expect(await tagsOf(link.id)).toEqual([]);
  });

  it('are at most twenty: the form comes back with what was typed', async () => {
    const typed = Array.from({ length: 21 }, (_, index) => `limit ${index}`).join(', ');
    const answer = await ada.ask(`${home()}/links`, { form: { url: 'https://example.com/', tags: typed } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('A link has at most 20 tags.');
    expect(answer.text).toContain(`value="${typed}"`);
    expect(await tagNamed('limit 0')).toBeUndefined();
    expect(readTagNames(typed.split(', ').slice(1))).toHaveLength(20);
  });

  it('are not even parted where they are a megabyte, and neither is a name', () => {
    const refuse = () => expect(() => readTagNames('a,'.repeat(500_000))).toThrow('A link has at most 20 tags.');
    expect(ownTimeOf(refuse)).toBeLessThan(30);
    const long = ownTimeOf(() => expect(() => readTagName('a '.repeat(500_000))).toThrow('at most 50 characters'));
    expect(long).toBeLessThan(30);
    expect(ownTimeOf(() => lastName('a,'.repeat(500_000)))).toBeLessThan(30);
    expect(lastName(`${'a,'.repeat(5_000)}b, last`)).toEqual({ others: ['a', 'b'], last: ' last' });
  });

  it('are made once, whoever comes first', async () => {
    const names = ['race a', 'race b', 'race c'];
    const links = await Promise.all([names, names.toReversed(), names].map((each) => create(each)));
    for (const link of links) expect(await tagsOf(link.id)).toEqual(names);
  });

  it('are names in the API, in and out', async () => {
    const link = await createLink(client, { tags: ['api', 'Spain', 'API'] });
    expect(link.tags).toEqual(['api', 'Spain']);
    const changed = await client.ask(`/links/${link.id}`, { method: 'PATCH', body: { tags: ['spain'] } });
    expect(changed.json()).toMatchObject({ tags: ['Spain'], url: link.url });
    const kept = await client.ask(`/links/${link.id}`, { method: 'PATCH', body: { title: 'x' } });
    expect(kept.json()).toMatchObject({ tags: ['Spain'] });
    const refused = await client.ask(`/links/${link.id}`, { method: 'PATCH', body: { tags: ['a,b'] } });
    expect(refused.json()).toMatchObject({ status: 422, code: 'name_invalid', field: 'tags' });
    const { data } = (await client.ask('/tags')).json() as { data: { name: string }[] };
    expect(data).toContainEqual({ name: 'Spain', colour: expect.any(String) as string, links: 1 });
    expect((await client.ask('/links?tag=nobody')).json()).toMatchObject({ data: [] });
  });

  it('are not another workspace’s', async () => {
    const other = await insertBareWorkspace(app.db);
    const theirs = await create(['theirs'], other);
    await expect(updateLink(app.db, workspaceId, byTest, theirs.id, { tags: ['x'] })).rejects.toMatchObject({
      status: 404,
    });
    expect(await tagNamed('theirs')).toBeUndefined();
    expect((await client.ask('/links?tag=theirs')).json()).toMatchObject({ data: [] });
    expect(await suggestTags(app.db, workspaceId, 'theirs', [])).toEqual([]);
  });
});

describe('a tag', () => {
  it('is renamed and recoloured', async () => {
    const link = await create(['before']);
    const page = `${home()}/tags/${(await tagNamed('before'))?.id}`;
    expect((await ada.ask(page)).text).toContain('On 1 link');
    expect((await ada.ask(page, { form: { name: 'Before', colour: 'red' } })).status).toBe(303);
    expect(await tagsOf(link.id)).toEqual(['Before']);
    expect(await tagNamed('Before')).toMatchObject({ colour: 'red', links: 1 });
  });

  it('does not take the name of another, and its form keeps what was typed', async () => {
    await create(['first of two', 'second of two']);
    const page = `${home()}/tags/${(await tagNamed('second of two'))?.id}`;
    const taken = await ada.ask(page, { form: { name: 'FIRST of two', colour: 'sky' } });
    expect(taken.status).toBe(409);
    expect(taken.text).toContain('value="FIRST of two"');
    expect(taken.text).toContain('Merge the two');
    const empty = await ada.ask(page, { form: { name: ' ', colour: 'sky' } });
    expect([empty.status, (await tagNamed('second of two'))?.links]).toEqual([422, 1]);
  });

  it('is merged into another: links with both have one', async () => {
    const [both, one] = [await create(['left', 'right']), await create(['left'])];
    const page = `${home()}/tags/${(await tagNamed('left'))?.id}`;
    const unknown = await ada.ask(`${page}/merge`, { form: { into: 'nowhere' } });
    expect([unknown.status, unknown.text.includes('value="nowhere"')]).toEqual([422, true]);
    expect((await ada.ask(`${page}/merge`, { form: { into: 'left' } })).status).toBe(422);
    const asked = await ada.ask(`${page}/merge`, { form: { into: 'RIGHT' } });
    expect([asked.status, asked.text.includes('Merge “left” into “right”?')]).toEqual([200, true]);
    expect(await tagNamed('left')).toBeDefined();
    const form = fieldsOf(asked, '/merge');
    expect((await ada.ask(`${page}/merge`, { form: { ...form, into: 'left' } })).status).toBe(422);
    expect((await ada.ask(`${page}/merge`, { form })).status).toBe(303);
    expect([await tagsOf(both.id), await tagsOf(one.id)]).toEqual([['right'], ['right']]);
    expect(await tagNamed('left')).toBeUndefined();
  });

  it('is deleted, and its links stay', async () => {
    const link = await create(['gone', 'kept']);
    const page = `${home()}/tags/${(await tagNamed('gone'))?.id}`;
    expect((await ada.ask(page)).text).toContain('1 link loses the tag; no link and no click is deleted.');
    expect((await ada.ask(`${page}/delete`, { method: 'POST' })).status).toBe(303);
    expect(await tagsOf(link.id)).toEqual(['kept']);
  });

  it('counts the links that are there, and not those that are deleted', async () => {
    const [kept, gone] = [await create(['counted', 'counted too']), await create(['counted'])];
    const counts = async () => {
      const tags = await listTags(app.db, workspaceId);
      return ['counted', 'counted too'].map((name) => tags.find((tag) => tag.name === name)?.links);
    };
    expect(await counts()).toEqual([2, 1]);
    await removeLink(app.db, workspaceId, byTest, gone.id);
    expect(await counts()).toEqual([1, 1]);
    expect((await ada.ask(`${home()}/links?tag=counted`)).text.match(/class="link-cell"/g)).toHaveLength(1);
    await removeLink(app.db, workspaceId, byTest, kept.id);
    expect(await counts()).toEqual([0, 0]);
  });

  it('is looked at by viewers, changed by members, and not there for strangers', async () => {
    await create(['guarded']);
    const page = `${home()}/tags/${(await tagNamed('guarded'))?.id}`;
    const [viewer, stranger] = [await app.signUp('Vera'), await app.signUp('Sam')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    expect((await viewer.ask(`${home()}/tags`)).text).toContain('guarded');
    expect((await viewer.ask(page)).status).toBe(403);
    for (const act of ['', '/merge', '/delete']) {
      expect((await viewer.ask(page + act, { form: { name: 'x', into: 'x' } })).status).toBe(403);
      expect((await stranger.ask(page + act, { form: { name: 'x', into: 'x' } })).status).toBe(404);
      const theirPage = page.replace(ada.workspace.slug, stranger.workspace.slug);
      expect((await stranger.ask(theirPage + act, { form: { name: 'x', into: 'x' } })).status).toBe(404);
    }
    expect((await stranger.ask(`${home()}/tags/suggest?tag=g`)).status).toBe(404);
    expect(await tagNamed('guarded')).toBeDefined();
  });
});

describe('names are completed', () => {
  it('by tags that begin so, the most used first, without those that are there', async () => {
    await create(['complete a', 'complete b']);
    await create(['complete b', 'in complete']);
    const names = async (query: string) =>
      [...(await ada.ask(`${home()}/tags/suggest?${query}`)).text.matchAll(/data-complete="([^"]+)"/g)].map(
        (m) => m[1],
      );
    expect(await names('tags=x,+COMPL')).toEqual(['complete b', 'complete a', 'in complete']);
    expect(await names('tags=Complete+B,+compl')).toEqual(['complete a', 'in complete']);
    expect(await names('tag=complete+a')).toEqual([]);
    expect(await names('tag=%25_%00')).toEqual([]);
  });
});

describe('very many tags', () => {
  it('are listed, completed and limited', async () => {
    const busy = await insertBareWorkspace(app.db);
    for (let start = 0; start < maxTags; start += 20)
      await create(
        Array.from({ length: 20 }, (_, index) => `tag ${start + index}`),
        busy,
      );
    expect(await listTags(app.db, busy)).toHaveLength(maxTags);
    expect(await suggestTags(app.db, busy, 'tag 199', [])).toHaveLength(8);
    await expect(create(['one too many'], busy)).rejects.toMatchObject({ code: 'tags_limit', field: 'tags' });
    await expect(create(['TAG 7'], busy)).resolves.toMatchObject({ tags: [{ name: 'tag 7' }] });
    const { rows } = await app.db.execute(sql`select count(*)::int as links from links where workspace_id = ${busy}`);
    expect(rows).toEqual([{ links: maxTags / 20 + 1 }]);
  });
});
