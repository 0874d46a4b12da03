import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorAt, valueOf } from '../accounts/visitor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  grace = await app.signUp('Grace');
});
afterAll(() => app.close());

/** The words in the switcher, in its order. */
function switcher(html: string): string[] {
  const menu = /id="workspace-menu".*?<hr>/s.exec(html)?.[0] ?? '';
  return [...menu.matchAll(/href="\/w\/([^/"]+)\/links"/g)].map((match) => match[1] ?? '');
}

describe('a new workspace', () => {
  it('opens at once, belongs to who made it and stands in the switcher by name', async () => {
    expect((await ada.ask('/workspaces/new')).status).toBe(200);
    const made = await ada.ask('/workspaces/new', { form: { name: 'A café', timeZone: 'asia/kolkata' } });
    expect(made.status).toBe(303);
    expect(made.headers.location).toBe('/w/a-cafe/links');
    const page = await ada.ask('/w/a-cafe/settings');
    expect(page.status).toBe(200);
    expect(valueOf(page, 'timeZone')).toBe('Asia/Kolkata');
    expect(switcher(page.text)).toEqual(['a-cafe', ada.workspace.slug]);
    const roles = await app.db.execute(
      sql`select u.email, m.role from members m join users u on u.id = m.user_id
          join workspaces w on w.id = m.workspace_id where w.slug = 'a-cafe'`,
    );
    expect(roles.rows).toEqual([{ email: ada.email, role: 'owner' }]);
  });

  it('gets a word of its own when names are alike', async () => {
    const made = await grace.ask('/workspaces/new', { form: { name: 'A CAFÉ!', timeZone: 'UTC' } });
    expect(made.headers.location).toBe('/w/a-cafe-2/links');
  });

  it('needs a name', async () => {
    const refused = await ada.ask('/workspaces/new', { form: { name: ' ', timeZone: 'Europe/Berlin' } });
    expect(refused.status).toBe(422);
    expect(errorAt(refused, 'name')).toBe('Name the workspace.');
    expect(valueOf(refused, 'timeZone')).toBe('Europe/Berlin');
  });

  it('needs a time zone that is known, and keeps what was typed', async () => {
    const refused = await ada.ask('/workspaces/new', { form: { name: 'Madrid office', timeZone: 'Atlantis' } });
    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(/id="time-zone-error">.*Choose a time zone from the list, such as Europe\/Berlin\./);
    expect([valueOf(refused, 'name'), valueOf(refused, 'timeZone')]).toEqual(['Madrid office', 'Atlantis']);
  });

  it('is made by people who are logged in', async () => {
    expect((await app.ask('/workspaces/new')).headers.location).toBe('/log-in?next=%2Fworkspaces%2Fnew');
    expect((await app.ask('/workspaces/new', { form: { name: 'X' } })).headers.location).toBe('/log-in');
  });
});

describe('switching', () => {
  it('is remembered: / leads to the workspace that was open last', async () => {
    await ada.ask(`/w/${ada.workspace.slug}/settings`);
    expect((await ada.ask('/')).headers.location).toBe(`/w/${ada.workspace.slug}/links`);
    await ada.ask('/w/a-cafe/settings');
    expect((await ada.ask('/')).headers.location).toBe('/w/a-cafe/links');
    expect((await ada.ask('/w/a-cafe')).headers.location).toBe('/w/a-cafe/links');
    expect((await ada.ask('/account')).text).toContain('href="/w/a-cafe/reports"');
  });
});

describe('a stranger', () => {
  it.each(['', '/settings'])('finds nothing at /w/…%s, and cannot tell whether there is something', async (path) => {
    const theirs = await grace.ask(`/w/${ada.workspace.slug}${path}`);
    const none = await grace.ask(`/w/no-such-workspace${path}`);
    expect(theirs.status).toBe(404);
    expect(none.status).toBe(404);
    const withoutNumber = (text: string) => text.replace(/<code.*?<\/code>/, '');
    expect(withoutNumber(theirs.text)).toBe(withoutNumber(none.text));
  });

  it('changes nothing', async () => {
    const form = { name: 'Taken over', slug: 'taken-over', timeZone: 'UTC' };
    expect((await grace.ask(`/w/${ada.workspace.slug}/settings`, { form })).status).toBe(404);
    expect((await ada.ask(`/w/${ada.workspace.slug}/settings`)).text).not.toContain('Taken over');
  });

  it('who is not logged in is asked to', async () => {
    const answer = await app.ask(`/w/${ada.workspace.slug}/settings`);
    expect(answer.headers.location).toBe(`/log-in?next=${encodeURIComponent(`/w/${ada.workspace.slug}/settings`)}`);
  });
});
