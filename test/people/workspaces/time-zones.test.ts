import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../../src/cli/doctor-database.ts';
import { workspaces } from '../../../src/ground/db/schema.ts';
import { findTimeZone, listTimeZones, mendTimeZones } from '../../../src/ground/zones/time-zones.ts';
import { namesOfZone } from '../../../src/ground/zones/old-zone-names.ts';
import { isTimeZone } from '../../../src/ground/time/zoned-time.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';
import { Visitor } from '../accounts/visitor.ts';

let app: TestApp;
let ada: Person;
let mary: Person;

beforeAll(async () => {
  app = await startTestApp();
  [ada, mary] = [await app.signUp('Ada'), await app.signUp('Mary')];
});
afterAll(() => app.close());

async function zoneOf(person: Person) {
  const [row] = await app.db.select().from(workspaces).where(eq(workspaces.slug, person.workspace.slug));
  return { timeZone: row?.timeZone, lost: row?.lostTimeZone };
}

const setZone = (person: Person, timeZone: string) =>
  app.db.update(workspaces).set({ timeZone, lostTimeZone: null }).where(eq(workspaces.slug, person.workspace.slug));

describe('names of zones', () => {
  it.each([
    ['Asia/Saigon', 'Asia/Ho_Chi_Minh'],
    ['asia/calcutta', 'Asia/Kolkata'],
    ['America/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['Asia/Katmandu', 'Asia/Kathmandu'],
    ['Asia/Rangoon', 'Asia/Yangon'],
    ['US/Eastern', 'America/New_York'],
    ['Europe/Bratislava', 'Europe/Bratislava'],
    ['Europe/Oslo', 'Europe/Oslo'],
    ['UTC', 'UTC'],
  ])('%s is kept as %s', async (asked, kept) => {
    expect(await findTimeZone(app.db, asked)).toBe(kept);
  });

  it.each(['Mars/Olympus', '', 'posixrules', 'localtime', '+05:30', 'posix/Europe/Berlin'])(
    '%j is no zone',
    async (name) => {
      expect(await findTimeZone(app.db, name)).toBeUndefined();
    },
  );

  it('lead both ways, so that an older list finds its own name too', () => {
    expect(namesOfZone('Europe/Kyiv')).toEqual(expect.arrayContaining(['Europe/Kyiv', 'Europe/Kiev']));
    expect(namesOfZone('Europe/Kiev')[0]).toBe('Europe/Kyiv');
    expect(namesOfZone('Europe/Paris')).toEqual(['Europe/Paris']);
  });

  it('in the list of the settings are known to us and to Postgres, and each is its own choice', async () => {
    const listed = await listTimeZones(app.db);
    const rows = await rowsOf<{ name: string }>(app.db, sql`select name from pg_timezone_names`);
    const known = new Set(rows.map(({ name }) => name));
    expect(listed.length).toBeGreaterThan(400);
    expect(listed.filter((name) => !known.has(name) || !isTimeZone(name))).toEqual([]);
    expect(listed.filter((name) => namesOfZone(name)[0] !== name)).toEqual([]);
    // Every name that a browser may detect has its zone in the list.
    expect(
      Intl.supportedValuesOf('timeZone').filter((name) => !listed.some((each) => namesOfZone(name).includes(each))),
    ).toEqual([]);
  });
});

describe('a person whose browser uses an old name', () => {
  const signUp = (visitor: Visitor, name: string, timeZone: string) => {
    const email = `${name.toLowerCase()}@example.com`;
    return visitor.ask('/sign-up', {
      form: { name, email, password: 'correct horse battery', workspaceName: name, timeZone },
    });
  };

  it('keeps the zone at sign-up', async () => {
    expect((await signUp(new Visitor(app), 'Lan', 'Asia/Saigon')).status).toBe(303);
    const [row] = await app.db.select().from(workspaces).where(eq(workspaces.name, 'Lan'));
    expect(row).toMatchObject({ timeZone: 'Asia/Ho_Chi_Minh', lostTimeZone: null });
  });

  it('is told at sign-up when the zone is unknown here', async () => {
    const visitor = new Visitor(app);
    await signUp(visitor, 'Marvin', 'Mars/Olympus');
    const page = await visitor.ask('/w/marvin/links');
    expect(page.text).toContain('The time zone Mars/Olympus is unknown here, so reports go by UTC.');
  });

  it('saves the settings without that reports are counted anew', async () => {
    await setZone(ada, 'Asia/Calcutta');
    const { slug } = ada.workspace;
    // Three changes a day are allowed: the name of the same zone is none.
    for (const timeZone of ['Asia/Calcutta', 'Asia/Kolkata', 'Asia/Calcutta', 'Asia/Kolkata', 'Asia/Calcutta'])
      expect((await ada.ask(`/w/${slug}/settings`, { form: { name: 'Ada', slug, timeZone } })).status).toBe(303);
    expect(await zoneOf(ada)).toEqual({ timeZone: 'Asia/Kolkata', lost: null });
  });
});

describe('a workspace whose zone Postgres does not know', () => {
  it('stops nobody: all are counted, it alone by UTC, and that is said', async () => {
    for (const [person, slug] of [
      [ada, 'ada-link'],
      [mary, 'mary-link'],
    ] as const)
      await person.ask(`/w/${person.workspace.slug}/links`, { form: { url: 'https://example.com', slug } });
    await setZone(mary, 'Mars/Olympus');
    expect((await app.visit('/ada-link')).status).toBe(302);
    expect((await app.visit('/mary-link')).status).toBe(302);
    await expect
      .poll(async () => {
        await app.rollUp();
        return rowsOf(
          app.db,
          sql`select sum(clicks)::int as clicks, count(*)::int as links from link_totals where clicks > 0`,
        );
      })
      .toEqual([{ clicks: 2, links: 2 }]);
    expect(await zoneOf(mary)).toEqual({ timeZone: 'UTC', lost: 'Mars/Olympus' });
    expect((await zoneOf(ada)).timeZone).toBe('Asia/Kolkata');
    const page = await mary.ask(`/w/${mary.workspace.slug}/links`);
    expect(page.text).toContain('The time zone Mars/Olympus is unknown here');
    const checks = await checkDatabase(app.config);
    expect(checks.find(({ name, message }) => name === 'time zone' && message.includes('Mars/Olympus'))?.status).toBe(
      'warn',
    );

    const { slug } = mary.workspace;
    const saved = await mary.ask(`/w/${slug}/settings`, { form: { name: 'Mary', slug, timeZone: 'Europe/Berlin' } });
    expect(saved.status).toBe(303);
    await expect.poll(async () => (await zoneOf(mary)).timeZone).toBe('Europe/Berlin');
    expect((await mary.ask(`/w/${slug}/links`)).text).not.toContain('is unknown here');
  });

  it('shows its pages also before anybody has mended it', async () => {
    await setZone(mary, 'Mars/Olympus');
    expect((await mary.ask(`/w/${mary.workspace.slug}/links`)).status).toBe(200);
    expect((await app.visit('/mary-link')).status).toBe(302);
    expect(await mendTimeZones(app.db)).toMatchObject([{ was: 'Mars/Olympus', now: 'UTC' }]);
    expect(await mendTimeZones(app.db)).toEqual([]);
  });
});
