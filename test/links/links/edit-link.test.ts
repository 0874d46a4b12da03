import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archiveLink, getLink, type Link, updateLink } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let link: Link;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());

beforeEach(async () => {
  link = await makeLink(app, workspaceId, { url: 'https://example.com/old', title: 'Old title' });
});

const pathOf = (id = link.id) => `/w/${ada.workspace.slug}/links/${id}/edit`;
const reload = () => getLink(app.db, workspaceId, link.id);
/** Edits; what is said of it on the next page. */
const said = async (form: Record<string, string>) =>
  decodeURIComponent(String((await ada.ask(pathOf(), { form })).headers['set-cookie']));

describe('editing a link', () => {
  it('shows what it is now', async () => {
    const page = await ada.ask(pathOf());
    expect(page.status).toBe(200);
    expect(page.text).toContain('value="https://example.com/old"');
    expect(page.text).toContain('value="Old title"');
    expect(page.text).toContain(`${link.domain}/${link.slug}`);
  });

  it('changes the destination without changing the link, and the next visitor follows it', async () => {
    expect((await app.visit(`/${link.slug}`)).headers.location).toBe('https://example.com/old');
    const answer = await ada.ask(pathOf(), { form: { url: ' https://example.com/new?a=%2B ', title: 'New title' } });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`/w/${ada.workspace.slug}/links/${link.id}`);
    const changed = await reload();
    expect(changed).toMatchObject({ url: 'https://example.com/new?a=%2B', title: 'New title', slug: link.slug });
    expect(changed.qrSlugId).toBe(link.qrSlugId);
    expect(changed.createdAt).toEqual(link.createdAt);
    expect(changed.updatedAt.getTime()).toBeGreaterThan(link.updatedAt.getTime());
    await expect
      .poll(async () => (await app.visit(`/${link.slug}`)).headers.location, { interval: 10 })
      .toBe('https://example.com/new?a=%2B');
  });

  it('says what it means for visitors: of the title nothing, of an archived link that it stays gone', async () => {
    const name = `${link.domain}/${link.slug}`;
    const titled = await said({ url: link.url, title: 'Another' });
    expect(titled).toContain(`"message":"${name} is saved."`);
    expect(await said({ url: 'https://example.com/led' })).toContain(
      'Visitors follow the new destination from now on.',
    );
    await archiveLink(app.db, workspaceId, byTest, link.id);
    const archived = await said({ url: 'https://example.com/gone' });
    expect(archived).toContain('It stays archived: visitors see that it is gone.');
    expect(archived).not.toContain('Visitors follow');
  });

  it('takes a title away', async () => {
    await ada.ask(pathOf(), { form: { url: link.url, title: '  ' } });
    expect((await reload()).title).toBeNull();
  });

  it('changes nothing that is not named', async () => {
    await updateLink(app.db, workspaceId, byTest, link.id, { title: 'Only the title' });
    expect(await reload()).toMatchObject({ url: link.url, title: 'Only the title' });
    await updateLink(app.db, workspaceId, byTest, link.id, { url: 'https://example.com/only' });
    expect(await reload()).toMatchObject({ url: 'https://example.com/only', title: 'Only the title' });
  });
});

describe('an edit that is refused', () => {
  it.each([
    ['no address', { url: ' ', title: 'Kept' }, 'Paste the address that the link should lead to.'],
    ['a script', { url: 'javascript:alert(1)', title: 'Kept' }, 'Links lead to http and https addresses only.'],
    [
      'our own short host',
      { url: 'http://go.localhost/x', title: 'Kept' },
      'A link may not lead to another short link',
    ],
  ])('for %s keeps what was typed and changes nothing', async (_what, form, sentence) => {
    const answer = await ada.ask(pathOf(), { form });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(sentence);
    expect(answer.text).toContain(`value="${form.url}"`);
    expect(answer.text).toContain('value="Kept"');
    expect(await reload()).toMatchObject({ url: link.url, title: 'Old title' });
  });

  it('shows what was not sent as it is', async () => {
    await updateLink(app.db, workspaceId, byTest, link.id, { tags: ['stays'] });
    const answer = await ada.ask(pathOf(), { form: { url: 'two words' } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('value="Old title"');
    expect(answer.text).toContain('value="stays"');
  });

  it('for a long title says how long it may be', async () => {
    const title = 'x'.repeat(201);
    const answer = await ada.ask(pathOf(), { form: { url: link.url, title } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('A title has at most 200 characters.');
    expect(answer.text).toContain(title);
  });
});

describe('who may edit a link', () => {
  it('a member may, a viewer may not', async () => {
    const [member, viewer] = [await app.signUp('Mel'), await app.signUp('Vic')];
    await joinWorkspace(app, member, ada, 'member');
    await joinWorkspace(app, viewer, ada, 'viewer');
    const form = { url: 'https://example.com/by-role', title: '' };
    expect((await viewer.ask(pathOf())).status).toBe(403);
    expect((await viewer.ask(pathOf(), { form })).status).toBe(403);
    expect((await reload()).url).toBe(link.url);
    expect((await member.ask(pathOf(), { form })).status).toBe(303);
    expect((await reload()).url).toBe(form.url);
  });

  it('a stranger finds no such link, in her workspace neither', async () => {
    const bob = await app.signUp('Bob');
    const form = { url: 'https://evil.example', title: '' };
    const throughHis = `/w/${bob.workspace.slug}/links/${link.id}/edit`;
    for (const path of [pathOf(), throughHis]) {
      expect((await bob.ask(path)).status).toBe(404);
      expect((await bob.ask(path, { form })).status).toBe(404);
    }
    const his = bob.workspace.id;
    await expect(updateLink(app.db, his, byTest, link.id, { url: form.url })).rejects.toMatchObject({ status: 404 });
    expect((await reload()).url).toBe(link.url);
  });

  it('an id that cannot be one is nobody’s', async () => {
    for (const id of ['nothing', '%00', '..%2f..', 'a'.repeat(900), "'--"]) {
      expect((await ada.ask(pathOf(id))).status).toBe(404);
    }
  });
});
