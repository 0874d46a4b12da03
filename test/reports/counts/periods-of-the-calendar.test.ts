import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCsv } from '../../../src/ground/text/csv.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { makeHits, makeLink, pageOf } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let owner: Person;
let client: Client;
let home: string;
let linkId: string;
/** Noon, and it stays noon: no day ends between a question and its answer. */
const now = new Date(new Date().setUTCHours(12, 0, 0, 0));

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  ({ app, ada: owner } = await startWorkspace());
  client = await openClient(app, owner);
  home = `/w/${owner.workspace.slug}`;
  const link = await makeLink(app, owner, { slug: 'spring' });
  linkId = link.id;
  // One click on each day of the last three months, in the workspace's zone, which is UTC.
  const days = Array.from({ length: 96 }, (_, ago) => ({ clickedAt: now.getTime() - ago * 86_400_000 }));
  await makeHits(app, link, days);
  await app.rollUp();
});

afterAll(async () => {
  vi.useRealTimers();
  await app?.close();
});

describe('a period of the calendar', () => {
  const endOfLastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 0));
  const clicks = {
    yesterday: 1,
    'this-week': ((now.getUTCDay() + 6) % 7) + 1,
    'last-week': 7,
    'this-month': now.getUTCDate(),
    'last-month': endOfLastMonth.getUTCDate(),
  };

  it.each(Object.entries(clicks))('%s has %i clicks on the page, in JSON and as CSV', async (period, count) => {
    const page = await owner.ask(`${home}/reports?period=${period}`);
    expect(textOf(page)).toContain(` ${count} ${count === 1 ? 'click' : 'clicks'} by `);
    const current = new RegExp(`class="menu-item" href="${home}/reports\\?period=${period}"[^>]*aria-current="true"`);
    expect(page.text).toMatch(current);
    expect((await client.ask(`/analytics?period=${period}`)).json()).toMatchObject({
      period: { name: period },
      total: { clicks: count },
    });
    const [, ...days] = parseCsv((await owner.ask(`${home}/export?table=country&period=${period}`)).text);
    expect(days.reduce((sum, row) => sum + Number(row.at(-2)), 0)).toBe(count);
    expect((await client.ask(`/hits?period=${period}`)).json()).toHaveProperty('data.length', count);
  });

  it('can be saved, compared, and asked for of campaigns', async () => {
    const address = `${home}/reports?period=last-week`;
    const saved = await owner.ask(`${home}/views`, { form: { name: 'Weekly', address } });
    expect(saved.headers.location).toBe(address);
    expect(textOf(await owner.ask(`${home}/views`))).toContain('Last week');
    const compared = await owner.ask(`${home}/compare?period=last-week&link=${linkId}`);
    expect(textOf(compared)).toContain('spring 7 7');
    await owner.ask(`${home}/campaigns`, { form: { name: 'Launch', startsOn: '', endsOn: '', goal: '' } });
    const campaigns = await owner.ask(`${home}/campaigns?period=last-month`);
    expect(textOf(campaigns)).toContain('Change is against the month before.');
    expect(textOf(await owner.ask(`${home}/campaigns?period=today`))).toContain('Change is against yesterday.');
  });

  it('is open to the readers of a shared report', async () => {
    const shared = await owner.ask(`${home}/shares`, {
      form: { title: 'Spring', link: linkId, password: '', expires: '' },
    });
    const path = /id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(shared.text)?.[1] ?? '';
    const page = await app.ask(`${path}?period=last-week`);
    expect(textOf(page)).toContain('Last week 7 clicks by');
    expect(page.text).toContain(`href="${path}?period=last-month"`);
    expect(page.text).not.toContain('hx-get');
  });
});

it('steps back and forth, and keeps filters and steps of the chart', async () => {
  const page = await owner.ask(`${home}/reports?from=2026-03-02&to=2026-03-08&interval=hour&f=device:is:mobile`);
  const kept = '&amp;interval=hour&amp;f=device:is:mobile';
  expect(page.text).toContain(`href="${home}/reports?from=2026-02-23&amp;to=2026-03-01${kept}"`);
  expect(page.text).toContain(`href="${home}/reports?from=2026-03-09&amp;to=2026-03-15${kept}"`);
  // Also where there is nothing to be seen, which is where one wants to leave.
  expect(textOf(page)).toContain('No clicks match these filters');
  const month = await owner.ask(`${home}/reports?from=2026-02-01&to=2026-02-28&interval=day`);
  expect(month.text).toContain(`href="${home}/reports?from=2026-01-01&amp;to=2026-01-31&amp;interval=day"`);
  const current = await owner.ask(`${home}/reports?period=7d`);
  expect(current.text).toMatch(/<button [^>]*aria-label="Later" disabled>/);
  expect((await owner.ask(`${home}/reports?period=all`)).text).not.toContain('aria-label="Earlier"');
});

it('a deleted link leads to its clicks in the same report', async () => {
  await owner.ask(`${home}/links/${linkId}/delete`, { method: 'POST' });
  const page = await owner.ask(`${home}/reports?period=7d`);
  const href = `${home}/links/${linkId}?period=7d`;
  expect(page.text).toContain(`href="${href}"`);
  const { status, headers } = await owner.ask(href);
  expect([status, headers.location]).toEqual([303, `${home}/reports?period=7d&f=link:is:${linkId}`]);
  expect(textOf(await owner.ask(headers.location ?? ''))).toMatch(/Link is \S+ Last 7 days 7 clicks/);
  const other = await app.signUp('Grace');
  expect((await other.ask(`/w/${other.workspace.slug}/links/${linkId}`)).status).toBe(404);
  expect((await owner.ask(`${home}/links/constructor`)).status).toBe(404);
});

it('a link without clicks can be shared and mailed before it is launched', async () => {
  const link = pageOf(owner, await makeLink(app, owner, { slug: 'launch' }));
  const page = await owner.ask(link);
  expect(textOf(page)).toContain('No clicks yet');
  for (const what of ['shares', 'mailings']) {
    const href = `${home}/${what}?link=${link.split('/').at(-1)}`;
    expect(page.text).toContain(`href="${href}"`);
    expect((await owner.ask(href)).status).toBe(200);
  }
});
