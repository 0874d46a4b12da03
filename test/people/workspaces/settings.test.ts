import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockRollups } from '../../../src/visitors/rollups/rollup-lock.ts';
import { announce } from '../../../src/ground/db/notify.ts';
import { errorAt, valueOf } from '../accounts/visitor.ts';
import { hearAnnouncements } from '../../setup/announcements.ts';
import { textOf } from '../../reports/pages/pages.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { countsByDay } from '../../setup/rollups.ts';

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});
afterAll(() => app.close());

const settings = (person: Person) => `/w/${person.workspace.slug}/settings`;

describe('workspace settings', () => {
  it('change name, word and time zone, and lead nowhere at the old word', async () => {
    const grace = await app.signUp('Grace');
    const page = await grace.ask(settings(grace));
    expect(valueOf(page, 'name')).toBe('Grace&#39;s team');
    expect(page.text).toContain('<option>Europe/Berlin</option>');
    const form = { name: 'Navy', slug: ' Navy-1 ', timeZone: 'america/new_york' };
    const done = await grace.ask(settings(grace), { form });
    expect(done.headers.location).toBe('/w/navy-1/settings');
    const after = await grace.ask('/w/navy-1/settings');
    expect(['name', 'slug', 'timeZone'].map((field) => valueOf(after, field))).toEqual([
      'Navy',
      'navy-1',
      'America/New_York',
    ]);
    expect((await grace.ask(settings(grace))).status).toBe(404);
  });

  it('count the reports anew when the time zone changes, and tell every node', async () => {
    const listener = await hearAnnouncements(app.databaseUrl);
    const workspaceId = ada.workspace.id;
    await makeHits(app, await makeLink(app, ada), [{ clickedAt: Date.parse('2026-11-20T22:30:00Z') }]);
    await app.rollUp();
    const day = async () => {
      const found = await app.db.execute<{ day: string; clicks: string }>(sql`
select day::text, clicks from ${sql.raw(countsByDay)} d where scope_id = ${workspaceId} and dimension = 'channel'`);
      return found.rows.map((row) => `${row.day} ${row.clicks}`);
    };
    expect(await day()).toEqual(['2026-11-20 1']);
    const form = { name: 'Ada', slug: ada.workspace.slug, timeZone: 'Europe/Berlin' };
    expect((await ada.ask(settings(ada), { form: { ...form, timeZone: 'Asia/Tokyo' } })).status).toBe(303);
    // At once on a quiet machine, and by the job on a busy one.
    await expect.poll(day).toEqual(['2026-11-21 1']);
    await expect.poll(() => listener.heard).toContainEqual({ kind: 'workspace', workspaceId });
    // A name is none of their business.
    const renamed = { ...form, name: 'Ada B.', timeZone: 'Asia/Tokyo' };
    expect((await ada.ask(settings(ada), { form: renamed })).status).toBe(303);
    await announce(app.db, { kind: 'domain', host: 'last.example' });
    await expect.poll(() => listener.heard.at(-1)).toEqual({ kind: 'domain', host: 'last.example' });
    expect(listener.heard.filter(({ kind }) => kind === 'workspace')).toHaveLength(1);
    await listener.close();
  });

  it.each([
    ['new york', 'America/New_York'],
    [' BERLIN ', 'Europe/Berlin'],
    ['america/new york', 'America/New_York'],
  ])('take "%s" for the time zone %s', async (typed, zone) => {
    const tim = await app.signUp('Tim');
    const form = { name: 'Tim', slug: tim.workspace.slug, timeZone: typed };
    expect((await tim.ask(settings(tim), { form })).status).toBe(303);
    expect(valueOf(await tim.ask(settings(tim)), 'timeZone')).toBe(zone);
  });

  it('change the time zone three times a day, and all else as before', async () => {
    const ida = await app.signUp('Ida');
    const change = (timeZone: string, name = 'Ida') =>
      ida.ask(settings(ida), { form: { name, slug: ida.workspace.slug, timeZone } });
    for (const timeZone of ['Asia/Tokyo', 'Europe/Berlin', 'Asia/Kolkata'])
      expect((await change(timeZone)).status).toBe(303);
    const refused = await change('America/New_York', 'Other');
    expect(refused.status).toBe(429);
    expect(textOf(refused)).toContain('The time zone can change 3 times a day');
    expect(textOf(refused)).toContain('It can change again in 24 hours. Nothing was saved.');
    expect((await change('Asia/Kolkata', 'Other')).status).toBe(303);
    expect(valueOf(await ida.ask(settings(ida)), 'name')).toBe('Other');
  });

  it('answer at once while reports move to another time zone, and say so until it is in force', async () => {
    const mary = await app.signUp('Mary');
    const { id, slug } = mary.workspace;
    const change = (timeZone: string) => mary.ask(settings(mary), { form: { name: 'Mary', slug, timeZone } });
    const sentence =
      'All reports are being counted again for the time zone Asia/Kolkata. Until that is done, they go by ';
    const report = () => mary.ask(`/w/${slug}/reports`);
    await app.db.transaction(async (tx) => {
      await lockRollups(tx, id);
      const startedAt = performance.now();
      expect((await change('Asia/Kolkata')).status).toBe(303);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(textOf(await report())).toContain(sentence);
      // The form has what was chosen, and saving it again chooses nothing new.
      expect(valueOf(await mary.ask(settings(mary)), 'timeZone')).toBe('Asia/Kolkata');
      for (let again = 0; again < 4; again++) expect((await change('Asia/Kolkata')).status).toBe(303);
      // Notes are written meanwhile.
      await tx.execute(sql`
insert into chart_notes (id, workspace_id, at, kind, text, moved) values ('note', ${id}, now(), 'reclassified', 'Moved.', '{}')`);
    });
    await expect.poll(async () => textOf(await report()), { timeout: 20_000 }).not.toContain(sentence);
    expect(textOf(await mary.ask(settings(mary)))).toContain('in Asia/Kolkata now');
    const zones = sql`select before->>'timeZone' as was, after->>'timeZone' as now from events where workspace_id = ${id} and what = 'workspace.changed'`;
    expect((await app.db.execute(zones)).rows).toEqual([{ was: 'UTC', now: 'Asia/Kolkata' }]);
  });

  it.each([
    ['name', '', 'Name the workspace.'],
    ['slug', 'x', 'Use at least 2 characters.'],
    ['slug', 'x'.repeat(41), 'Use at most 40 characters.'],
    ['slug', 'two words', 'Use letters a to z, figures, and single hyphens between them.'],
    ['slug', 'a--b', 'Use letters a to z, figures, and single hyphens between them.'],
    ['slug', '../x', 'Use letters a to z, figures, and single hyphens between them.'],
  ])('refuse %s "%s" at the field and keep what was typed', async (field, value, sentence) => {
    const form = { name: 'Typed name', slug: 'typed-slug', timeZone: 'Europe/Paris', [field]: value };
    const refused = await ada.ask(settings(ada), { form });
    expect(refused.status).toBe(422);
    expect(errorAt(refused, field)).toBe(sentence);
    expect(valueOf(refused, field)).toBe(value);
    expect(valueOf(refused, 'timeZone')).toBe('Europe/Paris');
  });

  it.each(['', 'Mars/Olympus', '+05:30', 'posix/UTC', 'localtime', "'; drop table users", 'x'.repeat(100)])(
    'refuse the time zone %j',
    async (timeZone) => {
      const refused = await ada.ask(settings(ada), { form: { name: 'Ada', slug: ada.workspace.slug, timeZone } });
      expect(refused.status).toBe(422);
      expect(refused.text).toContain('id="time-zone-error"');
    },
  );

  it('refuse a word that another workspace has, also when both take it at once', async () => {
    const joan = await app.signUp('Joan');
    const form = { name: 'Joan', slug: ada.workspace.slug, timeZone: 'UTC' };
    const refused = await joan.ask(settings(joan), { form });
    expect(refused.status).toBe(409);
    expect(errorAt(refused, 'slug')).toBe(
      `Another workspace uses ${ada.workspace.slug} already. Choose a different one.`,
    );
    const mary = await app.signUp('Mary');
    const both = await Promise.all(
      [joan, mary].map((person) => person.ask(settings(person), { form: { ...form, slug: 'wanted' } })),
    );
    expect(both.map((answer) => answer.status).toSorted((one, other) => one - other)).toEqual([303, 409]);
  });
});

describe('roles', () => {
  it.each([
    ['owner', 303],
    ['admin', 303],
    ['member', 403],
    ['viewer', 403],
  ])('%s: the change answers %i', async (role, status) => {
    const person = await app.signUp(`A ${role}`);
    await app.db.execute(sql`
update members set role = ${role} where user_id = (select id from users where email = ${person.email})`);
    const page = await person.ask(settings(person));
    expect(page.status).toBe(200);
    const canChange = status === 303;
    expect(page.text.includes('Admins and owners can change this.')).toBe(!canChange);
    const form = { name: 'Renamed', slug: person.workspace.slug, timeZone: 'UTC' };
    expect((await person.ask(settings(person), { form })).status).toBe(status);
    expect((await person.ask(settings(person))).text.includes('Renamed')).toBe(canChange);
    // Whoever may not change it reads it as text, and meets no field.
    expect(/<(?:input|select|textarea)[^>]*name="timeZone"/.test(page.text)).toBe(canChange);
    expect(page.text).toContain('UTC');
  });
});
