import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

const DAY = 86_400_000;

let app: TestApp;
let owner: Person;
let reports: string;

/** The calendar day so many days ago, in the workspace's zone, which is UTC. */
const daysAgo = (count: number) => new Date(Date.now() - count * DAY).toISOString().slice(0, 10);

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  reports = `/w/${owner.workspace.slug}/reports`;
  const link = await makeLink(app, owner, { slug: 'spring' });
  // One click on each of these days before today, by a visitor of its own.
  const ages = [0, 0, 3, 10, 45, 200, 700];
  await makeHits(
    app,
    link,
    ages.map((days) => ({ clickedAt: Date.now() - days * DAY })),
  );
  await app.rollUp();
});

afterAll(async () => {
  await app?.close();
});

describe('a period', () => {
  it.each([
    ['today', '2 clicks by 2 visitors'],
    ['7d', '3 clicks by 3 visitors'],
    ['30d', '4 clicks by 4 visitors'],
    ['90d', '5 clicks by 5 visitors'],
    ['12mo', '6 clicks by 6 visitors'],
    ['all', '7 clicks by 7 visitors'],
  ])('%s has %s', async (period, words) => {
    const page = await owner.ask(`${reports}?period=${period}`);
    expect(page.status).toBe(200);
    expect(textOf(page)).toContain(words);
    expect(page.text).toMatch(new RegExp(`href="${reports}\\?period=${period}"[^>]*aria-current="true"`));
  });

  it('is 30 days when none is named, or one that there is not', async () => {
    for (const query of ['', '?period=fortnight', '?from=&to=']) {
      expect(textOf(await owner.ask(reports + query))).toContain('Last 30 days 4 clicks by 4 visitors');
    }
  });

  it('is compared with the time before', async () => {
    expect(textOf(await owner.ask(`${reports}?period=30d`))).toContain('300 % more than in the 30 days before.');
    expect(textOf(await owner.ask(`${reports}?period=all`))).not.toContain('before.');
  });

  it('may be a range of days, both of them part of it', async () => {
    const page = await owner.ask(`${reports}?from=${daysAgo(10)}&to=${daysAgo(3)}`);
    expect(textOf(page)).toContain('2 clicks by 2 visitors');
    expect(page.text).toContain(`value="${daysAgo(10)}"`);
    expect(textOf(await owner.ask(`${reports}?from=${daysAgo(9)}&to=${daysAgo(4)}`))).toContain(
      'No clicks in this period',
    );
  });

  it('offers the steps that suit it, and names the zone', async () => {
    const page = await owner.ask(`${reports}?period=90d`);
    for (const interval of ['day', 'week', 'month'])
      expect(page.text).toContain(`?period=90d&amp;interval=${interval}"`);
    expect(page.text).not.toContain('interval=hour');
    expect(textOf(page)).toContain('Days and hours are those of UTC.');
    const weeks = await owner.ask(`${reports}?period=90d&interval=week`);
    expect(weeks.text.match(/class="chart-band"/g)?.length).toBeLessThan(16);
  });
});

describe('a period that cannot be', () => {
  it.each([
    [`from=2026-03-02&to=2026-03-01`, 'The range ends before it begins.'],
    [`from=2026-02-30&to=2026-03-04`, 'Write a day like 2026-11-22'],
    [`to=2026-03-01`, 'Say where the range begins.'],
    [`from=9999-01-01&to=9999-01-02`, 'This range lies in the future.'],
    [`period=7d&from=2026-03-01`, 'Choose a period or a range of days, not both.'],
    [`period=90d&interval=hour`, 'Choose a longer interval.'],
    [`from=${'2026-11-22'.repeat(8)}`, 'Write a day like 2026-11-22'],
    [`from=%3Cscript%3E&to=x`, 'Write a day like 2026-11-22'],
  ])('%s: 422, with what was typed', async (query, words) => {
    const page = await owner.ask(`${reports}?${query}`);
    expect(page.status).toBe(422);
    expect(textOf(page)).toContain(words);
    expect(textOf(page)).not.toMatch(/\d visitors/);
    expect(page.text).not.toContain('<script>');
    for (const [name, value] of new URLSearchParams(query)) {
      if (name === 'to' || name === 'from')
        expect(page.text).toContain(`value="${value.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}"`);
    }
  });

  it('nor may it be given twice', async () => {
    const page = await owner.ask(`${reports}?from=2026-03-01&from=2026-03-02`);
    expect(page.status).toBe(422);
    expect(textOf(page)).toContain('Give one value for &quot;from&quot;, not several.');
  });
});
