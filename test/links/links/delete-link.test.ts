import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countLinks, listLinks } from '../../../src/links/links/list.ts';
import {
  archiveLink,
  getLink,
  type Link,
  removeLink,
  restoreLink,
  updateLink,
} from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let bob: Person;
let workspaceId: string;
let link: Link;
let qrSlug: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  bob = await app.signUp('Bob');
  workspaceId = ada.workspace.id;
});
afterAll(() => app.close());

let count = 0;
beforeEach(async () => {
  link = await makeLink(app, workspaceId, { slug: `Poster-${++count}`, title: 'Poster' });
  const { rows } = await app.db.execute<{ slug: string }>(sql`select slug from slugs where id = ${link.qrSlugId}`);
  qrSlug = rows[0]?.slug ?? '';
});

const remove = (person = ada) => person.ask(`/w/${ada.workspace.slug}/links/${link.id}/delete`, { method: 'POST' });

describe('deleting a link', () => {
  it('asks once, names the link and says what happens', async () => {
    const page = await ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/edit`);
    expect(page.text).toContain(`Delete ${link.domain}/${link.slug}?`);
    expect(page.text).toContain('Visitors will see that it is gone (410)');
    expect(page.text).toContain('never given to anyone else');
  });

  it('shows visitors for ever that it is gone, and those who scan its code', async () => {
    expect((await app.visit(`/${link.slug}`)).status).toBe(302);
    expect((await app.visit(`/${qrSlug}`)).status).toBe(302);
    const answer = await remove();
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`/w/${ada.workspace.slug}/links`);
    for (const path of [`/${link.slug}`, `/${link.slug.toUpperCase()}`, `/${qrSlug}`, `/${link.slug}+`]) {
      await expect.poll(async () => (await app.visit(path)).status, { interval: 10 }).toBe(410);
    }
  });

  it('leaves tombstones: nobody gets its slugs, its own workspace neither', async () => {
    await remove();
    for (const [person, sentence] of [
      [ada, 'belonged to a link that is deleted, and stays taken.'],
      [bob, 'is taken.'],
    ] as const) {
      for (const slug of [link.slug, link.slug.toLowerCase(), qrSlug]) {
        const form = { url: 'https://evil.example', slug };
        const answer = await person.ask(`/w/${person.workspace.slug}/links`, { form });
        expect(answer.status).toBe(409);
        expect(answer.text).toContain(sentence);
      }
    }
    expect((await app.visit(`/${link.slug}`)).status).toBe(410);
  });

  it('leaves its row for the reports, and nothing else finds it', async () => {
    const before = await countLinks(app.db, workspaceId);
    await removeLink(app.db, workspaceId, byTest, link.id);
    const { rows } = await app.db.execute(
      sql`select url, title, deleted_at is not null as is_deleted from links where id = ${link.id}`,
    );
    expect(rows).toEqual([{ url: link.url, title: 'Poster', is_deleted: true }]);
    const gone = expect.objectContaining({ status: 404 });
    await expect(getLink(app.db, workspaceId, link.id)).rejects.toEqual(gone);
    await expect(updateLink(app.db, workspaceId, byTest, link.id, { title: 'x' })).rejects.toEqual(gone);
    await expect(archiveLink(app.db, workspaceId, byTest, link.id)).rejects.toEqual(gone);
    await expect(restoreLink(app.db, workspaceId, byTest, link.id)).rejects.toEqual(gone);
    await expect(removeLink(app.db, workspaceId, byTest, link.id)).rejects.toEqual(gone);
    const options = { search: '', sort: 'newest', state: 'all', limit: 100, cursor: null } as const;
    const { links } = await listLinks(app.db, workspaceId, options);
    expect(links.map(({ id }) => id)).not.toContain(link.id);
    expect(await countLinks(app.db, workspaceId)).toEqual({ ...before, active: before.active - 1 });
  });

  it('works on an archived link', async () => {
    await archiveLink(app.db, workspaceId, byTest, link.id);
    expect((await remove()).status).toBe(303);
    expect((await app.visit(`/${link.slug}`)).status).toBe(410);
  });
});

describe('who may delete a link', () => {
  it('a member may, a viewer may not', async () => {
    const [member, viewer] = [await app.signUp('Mel'), await app.signUp('Vic')];
    await joinWorkspace(app, member, ada, 'member');
    await joinWorkspace(app, viewer, ada, 'viewer');
    expect((await remove(viewer)).status).toBe(403);
    expect((await getLink(app.db, workspaceId, link.id)).id).toBe(link.id);
    expect((await remove(member)).status).toBe(303);
  });

  it('a stranger finds no such link', async () => {
    expect((await remove(bob)).status).toBe(404);
    expect((await bob.ask(`/w/${bob.workspace.slug}/links/${link.id}/delete`, { method: 'POST' })).status).toBe(404);
    expect((await getLink(app.db, workspaceId, link.id)).id).toBe(link.id);
  });

  it('nobody does it by a GET', async () => {
    expect((await ada.ask(`/w/${ada.workspace.slug}/links/${link.id}/delete`)).status).toBe(404);
    expect((await app.visit(`/${link.slug}`)).status).toBe(302);
  });
});
