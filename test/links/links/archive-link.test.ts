import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archiveLink, getLink, type Link, restoreLink } from '../../../src/links/links/queries.ts';
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
  link = await makeLink(app, workspaceId);
});

const pathOf = (action: 'archive' | 'restore') => `/w/${ada.workspace.slug}/links/${link.id}/${action}`;
const post = (action: 'archive' | 'restore', person = ada, headers: Record<string, string> = {}) =>
  person.ask(pathOf(action), { method: 'POST', headers });
const viaList = { 'hx-request': 'true' };
const countsIn = (text: string) => [...text.matchAll(/segment-count">(\d+)</g)].map(([, count]) => count);

/** What a visitor meets, once every cache has heard. */
const expectVisitorsToMeet = (status: number) =>
  expect.poll(async () => (await app.visit(`/${link.slug}`)).status, { interval: 10 }).toBe(status);

describe('archiving a link', () => {
  it('shows visitors that it is gone, until it is restored', async () => {
    await expectVisitorsToMeet(302);
    expect((await post('archive')).status).toBe(303);
    await expectVisitorsToMeet(410);
    expect((await post('restore')).status).toBe(303);
    await expectVisitorsToMeet(302);
  });

  it('leads to the page of the link, where it can be restored', async () => {
    expect((await post('archive')).headers.location).toBe(`/w/${ada.workspace.slug}/links/${link.id}`);
    const edit = await ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/edit`);
    expect(edit.text).toContain(`action="${pathOf('restore')}"`);
  });

  it('done twice keeps the first date, and undone twice changes nothing', async () => {
    const first = await archiveLink(app.db, workspaceId, byTest, link.id);
    const second = await archiveLink(app.db, workspaceId, byTest, link.id);
    expect(first.archivedAt).toBeInstanceOf(Date);
    expect(second.archivedAt).toEqual(first.archivedAt);
    await restoreLink(app.db, workspaceId, byTest, link.id);
    expect((await restoreLink(app.db, workspaceId, byTest, link.id)).archivedAt).toBeNull();
  });

  it('from the list puts the way back in place of the row, and back again', async () => {
    const archived = await post('archive', ada, viaList);
    expect(archived.status).toBe(200);
    expect(archived.text.trim()).toMatch(/^<tr/);
    expect(archived.text).toContain('is archived');
    expect(archived.text).toContain(`hx-post="${pathOf('restore')}"`);
    const restored = await post('restore', ada, viaList);
    expect(restored.text.trim()).toMatch(/^<tr/);
    expect(restored.text).toContain(`hx-post="${pathOf('archive')}"`);
    expect(restored.text).not.toContain('>Archived</span>');
  });

  it('from the list brings the counts of that list along', async () => {
    const path = `/w/${ada.workspace.slug}/links`;
    const list = { ...viaList, 'hx-current-url': `${app.url}${path}?search=${link.slug}&sort=oldest` };
    const archived = await post('archive', ada, list);
    expect(archived.text).toContain('id="link-states" role="group" aria-label="Which links" hx-swap-oob="true"');
    expect(archived.text).toContain(`href="${path}?search=${link.slug}&amp;sort=oldest" aria-current="true"`);
    expect(countsIn(archived.text)).toEqual(['0', '1']);
    const restored = await post('restore', ada, list);
    expect(countsIn(restored.text)).toEqual(['1', '0']);
    expect((await ada.ask(path)).text).not.toContain('hx-swap-oob');
  });

  it('is said where its QR code is offered, in the list and on its page', async () => {
    const home = `/w/${ada.workspace.slug}/links`;
    const pages = [`${home}?search=${link.slug}`, `${home}/${link.id}`];
    for (const page of pages) expect((await ada.ask(page)).text).not.toMatch(/menu-label">[^<]*rchived/);
    await post('archive');
    for (const page of [`${pages[0]}&state=archived`, `${home}/${link.id}`]) {
      expect((await ada.ask(page)).text).toContain('Archived: whoever scans the code sees that the link is gone.');
    }
  });

  it('keeps the slug with the link', async () => {
    await post('archive');
    const form = { url: 'https://example.com/other', slug: link.slug };
    expect((await ada.ask(`/w/${ada.workspace.slug}/links`, { form })).status).toBe(409);
  });
});

describe('who may archive a link', () => {
  it('a member may, a viewer may not', async () => {
    const [member, viewer] = [await app.signUp('Mel'), await app.signUp('Vic')];
    await joinWorkspace(app, member, ada, 'member');
    await joinWorkspace(app, viewer, ada, 'viewer');
    expect((await post('archive', viewer)).status).toBe(403);
    expect((await getLink(app.db, workspaceId, link.id)).archivedAt).toBeNull();
    expect((await post('archive', member)).status).toBe(303);
    expect((await post('restore', viewer)).status).toBe(403);
    expect((await getLink(app.db, workspaceId, link.id)).archivedAt).not.toBeNull();
  });

  it('a stranger finds no such link', async () => {
    const bob = await app.signUp('Bob');
    expect((await post('archive', bob)).status).toBe(404);
    expect((await bob.ask(`/w/${bob.workspace.slug}/links/${link.id}/archive`, { method: 'POST' })).status).toBe(404);
    expect((await getLink(app.db, workspaceId, link.id)).archivedAt).toBeNull();
  });

  it('nobody does it by a GET', async () => {
    expect((await ada.ask(pathOf('archive'))).status).toBe(404);
    expect((await getLink(app.db, workspaceId, link.id)).archivedAt).toBeNull();
  });
});
