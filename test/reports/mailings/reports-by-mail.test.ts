import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claimDueMailing } from '../../../src/reports/mailings/queries.ts';
import { sendDueMailings } from '../../../src/reports/mailings/send.ts';
import { linkIn, type Mailbox, openMailbox, recipientOf } from '../../people/accounts/mailbox.ts';
import { textOf } from '../pages/pages.ts';
import { accessibilityProblems } from '../../setup/accessibility.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { launchBrowser, openPageAs } from '../../setup/browser.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeHits, makeLink } from '../../setup/make.ts';

let mailbox: Mailbox;
let app: TestApp;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
});

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const pathOf = (person: Person) => `/w/${person.workspace.slug}/mailings`;
const plan = (person: Person, form: Record<string, string> = {}) =>
  person.ask(pathOf(person), { form: { recipient: person.email, every: 'week', ...form } });
const send = (now: string) => sendDueMailings({ db: app.db, mailer: app.mailer, config: app.config }, new Date(now));

/** As if everything had been planned in 2026, and these clicks had come on 14 October 2026, a Wednesday. */
async function insertPast(person: Person, clicks = 3): Promise<string> {
  const link = await makeLink(app, person, { slug: `mail-${person.workspace.slug}` });
  const click = () => ({ clickedAt: Date.parse('2026-10-14T12:00:00Z'), visitorKey: 1 });
  await makeHits(app, link, Array.from({ length: clicks }, click));
  await app.rollUp();
  return link.id;
}

const planInPast = (person: Person) =>
  app.db.execute(sql`
update mailings set created_at = '2026-10-01T00:00:00Z', confirmed_at = case when confirmed_at is null then null else '2026-10-01T00:00:00Z'::timestamptz end
where workspace_id = (select id from workspaces where slug = ${person.workspace.slug})`);

afterEach(async () => {
  await app.db.execute(sql`delete from mailings`);
});

describe('a weekly report', () => {
  it('comes on Monday at seven on the clock of the workspace, once, about the week before', async () => {
    const ada = await app.signUp('Ada');
    await app.db.execute(sql`update workspaces set time_zone = 'Europe/Berlin' where slug = ${ada.workspace.slug}`);
    await insertPast(ada);
    expect((await plan(ada)).status).toBe(303);
    await planInPast(ada);
    expect(await send('2026-10-19T04:59:00Z')).toBe(1); // the week before, 5 to 11 October: nothing yet was sent for it
    await mailbox.take("Ada's team: No clicks, 5 Oct 2026 – 11 Oct 2026");
    expect(await send('2026-10-19T04:59:59Z')).toBe(0);
    expect(await send('2026-10-19T05:00:00Z')).toBe(1);
    const mail = await mailbox.take("Ada's team: 3 clicks, 12 Oct 2026 – 18 Oct 2026");
    expect(recipientOf(mail)).toBe(ada.email);
    expect(mail.text).toContain('3 clicks by 1 visitor');
    expect(mail.text).toContain('Germany');
    expect(mail.text).toContain(`${app.url}/w/${ada.workspace.slug}/reports?from=2026-10-12&to=2026-10-18`);
    expect(mail.html).toContain('3 clicks by 1 visitor');
    expect(mail.html).not.toMatch(/<img|<script|src=/);
    expect(mail.headers.get('list-unsubscribe-post') ?? mail.headers.get('list')).toBeTruthy();
    expect(await send('2026-10-19T05:00:01Z')).toBe(0);
    expect(await send('2026-10-25T23:00:00Z')).toBe(0);
  });

  it('is sent by one of many nodes, also when all look at the same moment', async () => {
    const ada = await app.signUp('Bea');
    await plan(ada);
    await planInPast(ada);
    const counts = await Promise.all(Array.from({ length: 8 }, () => send('2026-10-26T12:00:00Z')));
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(1);
    await mailbox.take("Bea's team: No clicks, 19 Oct 2026 – 25 Oct 2026");
    expect(mailbox.subjectsFor(ada.email)).toEqual([]);
  });

  it('is sent by another node when the first one dies before it is done', async () => {
    const ada = await app.signUp('Cleo');
    await plan(ada);
    await planInPast(ada);
    const now = new Date('2026-10-26T12:00:00Z');
    const died = app.db.transaction(async (tx) => {
      expect(await claimDueMailing(tx, now, [])).toMatchObject({ recipient: ada.email, period: '2026-10-19' });
      throw new Error('killed');
    });
    await expect(died).rejects.toThrow('killed');
    expect(await send(now.toISOString())).toBe(1);
  });

  it('does not come about weeks before it was planned', async () => {
    const ada = await app.signUp('Dora');
    await plan(ada);
    await app.db.execute(sql`update mailings set created_at = '2026-10-19T03:00:00Z'`);
    expect(await send('2026-10-19T08:00:00Z')).toBe(0);
    expect(await send('2026-10-26T08:00:00Z')).toBe(1);
  });
});

describe('a weekly report of a workspace whose weeks begin on another day', () => {
  const begin = (person: Person, day: number) =>
    app.db.execute(sql`update workspaces set week_starts_on = ${day} where slug = ${person.workspace.slug}`);

  it.each([
    [0, '2026-10-18T06:59:59Z', '2026-10-18T07:00:00Z', '11 Oct 2026 – 17 Oct 2026'],
    [6, '2026-10-17T06:59:59Z', '2026-10-17T07:00:00Z', '10 Oct 2026 – 16 Oct 2026'],
  ])('comes on that day at seven: %i', async (day, before, at, days) => {
    const ada = await app.signUp('Faye');
    await begin(ada, day);
    await insertPast(ada);
    await plan(ada);
    await planInPast(ada);
    expect(await send(before)).toBe(1); // the week before, of which nothing was sent yet
    await mailbox.take(mailbox.subjectsFor(ada.email)[0] ?? '');
    expect(await send(at)).toBe(1);
    await mailbox.take(`Faye's team: 3 clicks, ${days}`);
  });

  it('sends no week twice when the day is changed, and goes on with the next', async () => {
    const ada = await app.signUp('Gwen');
    await plan(ada);
    await planInPast(ada);
    expect(await send('2026-10-19T08:00:00Z')).toBe(1); // 12 to 18 October
    for (const day of [0, 6, 1]) {
      await begin(ada, day);
      expect(await send('2026-10-20T08:00:00Z')).toBe(0);
    }
    await begin(ada, 0);
    expect(await send('2026-10-25T08:00:00Z')).toBe(1); // 18 to 24 October
    await begin(ada, 1);
    expect(await send('2026-10-27T08:00:00Z')).toBe(0);
    expect(await send('2026-11-02T08:00:00Z')).toBe(1); // 26 October to 1 November
  });
});

it('a monthly report of a link is about that link and the month before', async () => {
  const ada = await app.signUp('Emma');
  const linkId = await insertPast(ada, 4);
  expect((await plan(ada, { every: 'month', link: linkId })).status).toBe(303);
  await planInPast(ada);
  // September was over when it was planned, and October is not reported before seven.
  expect(await send('2026-11-01T06:59:00Z')).toBe(0);
  expect(await send('2026-11-01T07:00:00Z')).toBe(1);
  const mail = await mailbox.take(`${app.shortHost}/mail-${ada.workspace.slug}: 4 clicks, 1 Oct 2026 – 31 Oct 2026`);
  expect(mail.text).toContain('in the month before');
  expect(mail.text).toContain(`/w/${ada.workspace.slug}/links/${linkId}?from=2026-10-01&to=2026-10-31`);
});

describe('readers', () => {
  it('who are no members get nothing before they say yes, which opening the link does not', async () => {
    const ada = await app.signUp('Fay');
    const friend = `friend-${ada.workspace.slug}@example.com`;
    expect((await plan(ada, { recipient: friend })).status).toBe(303);
    const asked = await mailbox.take("A weekly report about Fay's team?");
    expect(recipientOf(asked)).toBe(friend);
    const path = linkIn(asked);
    expect(textOf(await app.ask(path))).toContain('Yes, send it');
    await planInPast(ada);
    expect(await send('2026-10-26T12:00:00Z')).toBe(0);
    expect((await app.ask(`${path}/start`, { method: 'POST' })).status).toBe(303);
    await planInPast(ada);
    expect(await send('2026-10-26T12:00:00Z')).toBe(1);
    const mail = await mailbox.take("Fay's team: No clicks, 19 Oct 2026 – 25 Oct 2026");
    expect(mail.text).not.toContain('/w/');
  });

  it('stop it without logging in, by a button and not by opening the page', async () => {
    const ada = await app.signUp('Gina');
    await plan(ada);
    await planInPast(ada);
    await send('2026-10-26T12:00:00Z');
    const mail = await mailbox.take("Gina's team: No clicks, 19 Oct 2026 – 25 Oct 2026");
    const path = new URL(/https?:\S+\/mailings\/\S+/.exec(mail.text)?.[0] ?? '').pathname;
    const page = await app.ask(path);
    expect(textOf(page)).toContain('It comes to you by mail');
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(await send('2026-11-02T12:00:00Z')).toBe(1);
    // What mail programs post for a button of their own (RFC 8058).
    const stopped = await app.ask(`${path}/stop`, { form: { 'List-Unsubscribe': 'One-Click' } });
    expect(stopped.status).toBe(303);
    expect(textOf(await app.ask(path))).toContain('You will not get this report any more');
    expect(await send('2026-11-09T12:00:00Z')).toBe(0);
    const wrong = `${path.slice(0, -3)}AAA`;
    for (const address of [wrong, `${wrong}/stop`, `${wrong}/start`])
      expect((await app.ask(address, { method: address === wrong ? 'GET' : 'POST' })).status).toBe(404);
  });

  it('who leave the workspace get no more', async () => {
    const [ada, bob] = [await app.signUp('Hana'), await app.signUp('Bob')];
    await joinWorkspace(app, bob, ada, 'viewer');
    await plan(ada, { recipient: bob.email });
    await planInPast(ada);
    expect(await send('2026-10-26T12:00:00Z')).toBe(1);
    await app.db.execute(sql`
delete from members where user_id = (select id from users where email = ${bob.email})
and workspace_id = (select id from workspaces where slug = ${ada.workspace.slug})`);
    expect(await send('2026-11-02T12:00:00Z')).toBe(0);
  });
});

describe('planning', () => {
  it('is refused with a sentence for what cannot be', async () => {
    const ada = await app.signUp('Iris');
    expect((await plan(ada)).status).toBe(303);
    const again = await plan(ada);
    expect(again.status).toBe(409);
    expect(again.text).toContain('This address gets this report already.');
    expect((await plan(ada, { recipient: 'nobody' })).text).toContain('Type an e-mail address');
    expect((await plan(ada, { every: 'hour' })).status).toBe(422);
    expect((await plan(ada, { link: 'nothing' })).status).toBe(404);
  });

  it('is for members, seen by viewers, and not there for strangers', async () => {
    const [ada, bob, eve] = [await app.signUp('Jane'), await app.signUp('Bob'), await app.signUp('Eve')];
    await joinWorkspace(app, bob, ada, 'viewer');
    await plan(ada);
    const id = /popovertarget="end-(\w+)"/.exec((await ada.ask(pathOf(ada))).text)?.[1];
    expect((await bob.ask(pathOf(ada))).text).toContain(ada.email);
    expect((await bob.ask(pathOf(ada), { form: { recipient: bob.email, every: 'week' } })).status).toBe(403);
    expect((await bob.ask(`${pathOf(ada)}/${id}/end`, { method: 'POST' })).status).toBe(403);
    expect((await eve.ask(pathOf(ada))).status).toBe(404);
    expect((await eve.ask(`${pathOf(eve)}/${id}/end`, { method: 'POST' })).status).toBe(404);
    expect((await ada.ask(`${pathOf(ada)}/${id}/end`, { method: 'POST' })).status).toBe(303);
    expect((await ada.ask(pathOf(ada))).text).not.toContain(`end-${id}`);
  });

  it('works in a browser, and axe finds nothing in light, in dark and on a phone', async () => {
    const ada = await app.signUp('Kira');
    const browser = await launchBrowser();
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 375],
    ] as const) {
      const { page, errors } = await openPageAs(browser, app, ada, {
        colorScheme,
        viewport: { width, height: 900 },
        bypassCSP: true,
      });
      await page.goto(app.url + pathOf(ada));
      await page.locator('#mailing-recipient').fill(`reader-${width}@example.com`);
      await page.getByRole('button', { name: 'Mail the report' }).click();
      await page.getByText(`We ask reader-${width}@example.com`).waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      const path = linkIn(await mailbox.take("A weekly report about Kira's team?"));
      await page.context().clearCookies();
      await page.goto(app.url + path);
      await page.getByRole('button', { name: 'Yes, send it' }).click();
      await page.getByRole('button', { name: 'Stop these mails' }).waitFor();
      expect(errors).toEqual([]);
      await page.context().close();
    }
    await browser.close();
  }, 60_000);
});
