import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Visitor } from '../accounts/visitor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { joinWorkspace } from '../../setup/membership.ts';

/** Links of invitations and of shared reports, which lists show again to those who manage them. No mail is set up. */

let app: TestApp;
let ada: Person;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  home = `/w/${ada.workspace.slug}`;
});
afterAll(() => app.close());

const kinds = [
  {
    kind: 'an invitation',
    list: 'members',
    table: 'invitations',
    pattern: /data-copy="[^"]*(\/invitations\/[\w-]{43})"/,
    make: () => ada.ask(`${home}/invitations`, { form: { email: 'guest@example.com', role: 'member' } }),
    // Members may look at both lists, and manage shares alone.
    least: 'admin',
    less: 'member',
  },
  {
    kind: 'a shared report',
    list: 'shares',
    table: 'shares',
    pattern: /data-copy="[^"]*(\/r\/[\w-]{32})"/,
    make: () => ada.ask(`${home}/shares`, { form: { title: 'Spring' } }),
    least: 'member',
    less: 'viewer',
  },
] as const;

describe.each(kinds)('the link of $kind', ({ list, table, pattern, make, least, less }) => {
  const linkSeenBy = async (person: Person) => pattern.exec((await person.ask(`${home}/${list}`)).text)?.[1];

  it('is in the list for those who manage it, opens, and is shown without an event', async () => {
    expect((await make()).status).toBeLessThan(400);
    const manager = await app.signUp('Manager');
    await joinWorkspace(app, manager, ada, least);
    const last = await lastEvent(app.db);
    const page = await ada.ask(`${home}/${list}`);
    expect(page.headers['cache-control']).toBe('private, no-store');
    const link = await linkSeenBy(ada);
    expect((await app.ask(link ?? '')).status).toBe(200);
    expect(page.text).toContain('Copy link');
    // Without scripts it stands in a field.
    expect(page.text).toMatch(/<noscript><input [^>]*readonly value="http[^"]*"/);
    expect(await linkSeenBy(manager)).toBe(link);
    expect(await eventsAfter(app.db, last)).toEqual([]);
  });

  it('is not shown to those who may only look', async () => {
    const looker = await app.signUp('Looker');
    await joinWorkspace(app, looker, ada, less);
    const page = await looker.ask(`${home}/${list}`);
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(pattern);
    const kept = await linkSeenBy(ada);
    expect(page.text).not.toContain(kept?.split('/').at(-1));
  });

  it('is only sealed in the database: no row and no event holds it', async () => {
    const token = (await linkSeenBy(ada))?.split('/').at(-1) ?? '';
    const { rows } = await app.db.execute(sql`
select (select count(*)::int from ${sql.identifier(table)} t where position(${token} in t::text) > 0
          or position(convert_to(${token}, 'utf8') in token_sealed) > 0) as rows,
       (select count(*)::int from events e where position(${token} in e::text) > 0) as events`);
    expect(rows).toEqual([{ rows: 0, events: 0 }]);
  });

  it('is said to be older, or of another secret, where it cannot be shown, and opens all the same', async () => {
    const link = await linkSeenBy(ada);
    const { rows } = await app.db.execute<{ kept: Buffer }>(
      sql`select token_sealed as kept from ${sql.identifier(table)} limit 1`,
    );
    const keep = (bytes: Buffer | null) =>
      app.db.execute(sql`update ${sql.identifier(table)} set token_sealed = ${bytes}`);
    await keep(null);
    expect((await ada.ask(`${home}/${list}`)).text).toContain('Made before links could be copied.');
    expect(await linkSeenBy(ada)).toBeUndefined();
    await keep(Buffer.from([...(rows[0]?.kept ?? [])].toReversed()));
    await keep(Buffer.concat([Buffer.of(1), Buffer.alloc(60, 7)]));
    expect((await ada.ask(`${home}/${list}`)).text).toContain('The secret of this server was changed since');
    expect((await app.ask(link ?? '')).status).toBe(200);
    await keep(rows[0]?.kept ?? null);
    expect(await linkSeenBy(ada)).toBe(link);
  });
});

describe('without mail', () => {
  it('inviting somebody ends with the link, which makes a member of them', async () => {
    const form = { email: 'grace@example.com', role: 'viewer' };
    const { headers } = await ada.ask(`${home}/invitations`, { form });
    const page = await ada.ask(headers.location ?? '');
    const path = /id="new-invitation">[^<]*(\/invitations\/[\w-]{43})</.exec(page.text)?.[1] ?? '';
    const guest = new Visitor(app);
    const account = { name: 'Grace', password: 'a nanosecond of wire', timeZone: 'UTC' };
    const landed = await guest.send('/sign-up', {
      ...account,
      email: form.email,
      invitation: path.split('/').at(-1) ?? '',
    });
    expect(landed.headers.location).toBe(`${home}/links`);
    // Somebody passed the link on, so nobody has proved that they read mail there.
    const { rows } = await app.db.execute(sql`select email_verified from users where email = ${form.email}`);
    expect(rows).toEqual([{ email_verified: false }]);
  });

  it('shows no link of an invitation of another workspace', async () => {
    const other = await app.signUp('Other');
    const { rows } = await app.db.execute<{ id: string }>(sql`select id from invitations limit 1`);
    const page = await other.ask(`/w/${other.workspace.slug}/members?invited=${rows[0]?.id}`);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('new-invitation');
  });
});
