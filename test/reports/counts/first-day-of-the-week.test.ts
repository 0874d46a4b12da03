import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawHeatMap } from '../../../src/reports/charts/heat-map.ts';
import { insertShare } from '../../../src/reports/sharing/queries.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let client: Client;
let home: string;
let linkId: string;
/** Noon, and it stays noon: no day ends between a question and its answer. */
const now = new Date(new Date().setUTCHours(12, 0, 0, 0));
const dayMs = 86_400_000;
const nameOf = (day: string) =>
  new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(new Date(day));

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  ({ app, ada, workspaceId } = await startWorkspace());
  client = await openClient(app, ada);
  home = `/w/${ada.workspace.slug}`;
  const link = await makeLink(app, ada, { slug: 'spring' });
  linkId = link.id;
  // As many clicks a day as days ago, so that a day in the wrong week is a wrong sum.
  const clicksOfDay = (ago: number) => Array.from({ length: ago }, () => ({ clickedAt: now.getTime() - ago * dayMs }));
  await makeHits(app, link, [...Array(61).keys()].flatMap(clicksOfDay));
  await app.rollUp();
});

afterAll(async () => {
  vi.useRealTimers();
  await app?.close();
});

const choose = (weekStartsOn: string, person = ada): Promise<Answer> =>
  person.ask(`${home}/settings`, {
    form: { name: "Ada's team", slug: ada.workspace.slug, timeZone: 'UTC', weekStartsOn },
  });

type Row = { value: string; clicks: number };
type Counted = { period: { from: string; to: string }; total: { clicks: number }; rows: Row[] };
const count = async (query: string) => (await client.ask(`/analytics?${query}`)).json() as Counted;

describe.each([
  ['1', 'Monday'],
  ['0', 'Sunday'],
  ['6', 'Saturday'],
])('a week that begins on %s, a %s', (value, name) => {
  beforeAll(async () => {
    expect((await choose(value)).status).toBe(303);
  });

  it('is in the settings', async () => {
    const page = await ada.ask(`${home}/settings`);
    expect(page.text).toMatch(new RegExp(`<option value="${value}" selected>${name}</option>`));
  });

  it('is what charts are cut into, and each week is the sum of its days', async () => {
    const weeks = await count('period=30d&interval=week');
    const days = await count('period=30d&interval=day');
    const [first, ...whole] = weeks.rows;
    expect(whole.length).toBeGreaterThanOrEqual(4);
    for (const week of whole) expect(nameOf(week.value)).toBe(name);
    for (const week of [first, ...whole]) {
      const start = Date.parse(week?.value ?? '');
      const inside = days.rows.filter(
        ({ value: day }) => Date.parse(day) >= start && Date.parse(day) < start + 7 * dayMs,
      );
      expect(week?.clicks).toBe(inside.reduce((sum, { clicks }) => sum + clicks, 0));
    }
    expect(weeks.total).toEqual(days.total);
    const page = await ada.ask(`${home}/reports?period=30d&interval=week`);
    const label = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
    expect(page.text).toContain(label.format(new Date(whole[0]?.value ?? '')));
  });

  it('is what "last week" and "this week" are, on every page that knows them', async () => {
    const last = await count('period=last-week&interval=day');
    expect([last.rows.length, nameOf(last.period.from)]).toEqual([7, name]);
    const current = await count('period=this-week&interval=day');
    expect(current.period.from).toBe(last.period.to);
    const clicks = `${last.total.clicks} clicks`;
    const { token } = await insertShare(
      app.db,
      workspaceId,
      byTest,
      {
        subject: { kind: 'workspace', id: workspaceId },
        filters: [],
        title: 'Shared',
        parts: [],
        passwordHash: null,
        expiresAt: null,
      },
      app.config.secret,
    );
    for (const page of [
      await ada.ask(`${home}/reports?period=last-week`),
      await ada.ask(`${home}/links/${linkId}?period=last-week`),
      await app.ask(`/r/${token}?period=last-week`),
    ])
      expect(textOf(page)).toContain(`${clicks} by`);
    const compared = await ada.ask(`${home}/compare?period=last-week&link=${linkId}`);
    expect(textOf(compared)).toContain(` ${last.total.clicks} `);
    const hits = await client.ask('/hits?period=last-week&limit=1');
    expect(hits.json()).toMatchObject({
      data: [{ time: expect.stringContaining(last.period.from.slice(0, 10)) as string }],
    });
  });

  it('is how the hours of a week are drawn', async () => {
    const page = await ada.ask(`${home}/reports?period=30d`);
    expect(/class="heat-day"[^>]*>(\w+)</.exec(page.text)?.[1]).toBe(name.slice(0, 3));
  });

  it('is said where a weekly mail is planned', async () => {
    expect(textOf(await ada.ask(`${home}/mailings`))).toContain(`Weekly, ${name}s at 7`);
  });
});

describe('the first day of the week', () => {
  it('stays where a form does not name it, and is one of three', async () => {
    await choose('0');
    const form = { name: 'Renamed', slug: ada.workspace.slug, timeZone: 'UTC' };
    await ada.ask(`${home}/settings`, { form });
    expect((await ada.ask(`${home}/settings`)).text).toContain('<option value="0" selected>');
    for (const wrong of ['3', 'Monday', '-1', '']) {
      const refused = await choose(wrong);
      expect([refused.status, textOf(refused).includes('Choose a day from the list.')], wrong).toEqual([422, true]);
    }
  });

  it('is the choice of admins', async () => {
    const bob = await app.signUp('Bob');
    await joinWorkspace(app, bob, ada, 'member');
    expect((await choose('6', bob)).status).toBe(403);
    const page = await bob.ask(`${home}/settings`);
    expect(page.text).not.toContain('name="weekStartsOn"');
    expect(textOf(page)).toMatch(/First day of the week Sunday/);
  });
});

describe('the hours of a week', () => {
  it('keep their clicks, whichever day is drawn first', () => {
    const week = Array.from({ length: 168 }, (_, hour) => hour);
    const sunday = drawHeatMap(week, 0);
    expect(sunday.rows.map(({ day }) => day.slice(0, 2)).join(' ')).toBe('Su Mo Tu We Th Fr Sa');
    expect(sunday.rows[0]?.clicks[0]).toBe(144);
    expect(sunday.summary).toBe(drawHeatMap(week).summary);
    expect(sunday.summary).toContain('on Sundays from 23:00');
  });
});
