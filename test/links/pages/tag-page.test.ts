import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTags, setTagsOfLink } from '../../../src/links/links/tags.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { textOf } from '../../reports/pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let home: string;
const day = 86_400_000;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  home = `/w/${ada.workspace.slug}`;
});
afterAll(() => app.close());

const idOf = async (name: string) => (await listTags(app.db, workspaceId)).find((tag) => tag.name === name)?.id ?? '';

describe('the page of a tag', () => {
  it('has its name, colour and links above its report and its links', async () => {
    const link = await makeLink(app, workspaceId, { tags: ['paid & own'] });
    const id = await idOf('paid & own');
    for (const [address, label] of [
      [`${home}/reports/tags/${id}`, 'Report'],
      [`${home}/tags/${id}/links`, 'Links'],
    ]) {
      const page = await ada.ask(address ?? '');
      expect(page.status).toBe(200);
      expect(page.text).toMatch(/<h1><span class="tag" data-colour="\w+"><bdi>paid &amp; own<\/bdi>/);
      expect(textOf(page)).toContain('On 1 link');
      expect(page.text).toContain(`<a href="${address}" aria-current="page">${label}</a>`);
      for (const action of [`/tags/${id}"`, `/tags/${id}#merge-into"`, `/tags/${id}/delete"`, `/shares?tag=${id}"`])
        expect(page.text).toContain(action);
    }
    const list = await ada.ask(`${home}/tags/${id}/links`);
    expect(list.text).toContain(`id="link-${link.id}"`);
    expect((await ada.ask(`${home}/tags`)).text).toContain(`data-colour="green" href="${home}/reports/tags/${id}"`);
    expect((await ada.ask(`${home}/tags/${id}x/links`)).status).toBe(404);
    const saved = await ada.ask(`${home}/tags/${id}`, { form: { name: 'paid', colour: 'red' } });
    expect(saved.headers.location).toBe(`${home}/reports/tags/${id}`);
  });

  it('offers a viewer nothing that is refused', async () => {
    await makeLink(app, workspaceId, { tags: ['looked at'] });
    const id = await idOf('looked at');
    const [viewer, stranger] = [await app.signUp('Vic'), await app.signUp('Sam')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    for (const address of [`${home}/reports/tags/${id}`, `${home}/tags/${id}/links`]) {
      const { text } = await viewer.ask(address);
      expect(text).toContain('looked at');
      expect(text).not.toMatch(/(?<!reports)\/tags\/\w+["#]|\/edit"|\/delete"|\/shares\?|\/mailings\?|id="edit-/);
      expect((await stranger.ask(address)).status).toBe(404);
      expect((await stranger.ask(address.replace(ada.workspace.slug, stranger.workspace.slug))).status).toBe(404);
    }
  });
});

it('the list of tags counts the clicks of thirty days, however they are kept', async () => {
  const clicks = async () => {
    const page = textOf(await ada.ask(`${home}/tags`));
    return ['counted one', 'counted two'].map((name) => new RegExp(`${name} \\d+ (\\d+)`).exec(page)?.[1]);
  };
  const [both, one] = [
    await makeLink(app, workspaceId, { tags: ['counted one', 'counted two'] }),
    await makeLink(app, workspaceId, { tags: ['counted one'] }),
  ];
  const now = Date.now();
  await makeHits(app, both, [{}, { clickedAt: now - 29 * day }, { clickedAt: now - 31 * day }, { class: 'crawler' }]);
  await makeHits(app, one, [{}]);
  expect(await clicks()).toEqual(['3', '2']);
  await app.rollUp();
  expect(await clicks()).toEqual(['3', '2']);
  await makeHits(app, one, [{}]);
  expect(await clicks()).toEqual(['4', '2']);
  // A link that has just come is counted from its own clicks.
  await app.db.transaction((tx) => setTagsOfLink(tx, workspaceId, byTest, one.id, ['counted two']));
  expect(await clicks()).toEqual(['2', '4']);
  await app.rollUp();
  expect(await clicks()).toEqual(['2', '4']);
});
