import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeOldForms } from '../../../src/ground/db/sent-forms.ts';
import { type Mailbox, openMailbox } from '../../people/accounts/mailbox.ts';
import { textOf } from '../../reports/pages/pages.ts';
import { type Answer, type Ask, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { fieldsOf } from '../../setup/form.ts';
import { rowsOf } from '../../setup/hits.ts';

let mailbox: Mailbox;
let app: TestApp;
let ada: Person;
let home: string;

beforeAll(async () => {
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url });
  ada = await app.signUp('Ada');
  home = `/w/${ada.workspace.slug}`;
  // A report without visits offers no notes and no views.
  await ada.ask(`${home}/links`, { form: { url: 'https://example.com/', slug: 'visited' } });
  await app.visit('/visited');
});
afterAll(async () => {
  await app?.close();
  await mailbox?.close();
});

async function countOf(table: string): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(app.db, sql.raw(`select count(*)::int as n from ${table}`));
  return row?.n ?? NaN;
}

/** What a browser would send of a form, as the page shows it now. */
async function shownForm(page: string, action: string, typed: Record<string, string>, person = ada) {
  const fields = fieldsOf(await person.ask(page), action);
  expect(fields.once).toMatch(/^[\w-]{16}$/);
  return { ...fields, ...typed };
}

const send = (action: string, form: Record<string, string>, ask: Ask = {}, person = ada) =>
  person.ask(action, { form, ...ask });

const twice = (action: string, form: Record<string, string>, ask: Ask = {}): Promise<Answer[]> =>
  Promise.all([send(action, form, ask), send(action, form, ask)]);

/** Where an answer leads, and what the next page says. */
const led = ({ status, headers }: Answer) => ({
  status,
  location: headers.location,
  flash: [headers['set-cookie'] ?? []].flat().filter((cookie) => /_flash=[^;]/.test(cookie)).length,
});

describe('a form that is sent twice at once, and a third time later', () => {
  it.each([
    ['a link', '/links/new', '/links', 'links', { url: 'https://example.com/' }],
    ['a campaign', '/campaigns/new', '/campaigns', 'campaigns', { name: 'Spring' }],
    ['a note', '/reports', '/notes', 'report_notes', { text: 'Sale', day: '2026-01-05' }],
    ['a saved view', '/reports', '/views', 'saved_views', { name: 'Mine' }],
    ['an invitation', '/members', '/invitations', 'invitations', { email: 'grace@example.com' }],
    ['a report by mail', '/mailings', '/mailings', 'mailings', { recipient: 'reader@example.com' }],
    ['a domain', '/domains', '/domains', 'domains', { host: 'go.acme-twice.com' }],
  ])('makes one thing: %s', async (_what, page, action, table, typed) => {
    const fields = { ...fieldsOf(await ada.ask(home + page), home + action), ...typed } as Record<string, string>;
    const before = await countOf(table);
    const [first, second] = (await twice(home + action, fields)).map(led);
    expect(first?.status).toBe(303);
    expect(second).toEqual(first);
    expect(led(await send(home + action, fields))).toEqual(first);
    expect(await countOf(table)).toBe(before + 1);
  });

  it('makes one workspace', async () => {
    const form = await shownForm('/workspaces/new', '/workspaces/new', { name: 'Second' });
    const before = await countOf('workspaces');
    const answers = [...(await twice('/workspaces/new', form)), await send('/workspaces/new', form)];
    expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.location}`))).toEqual(
      new Set(['303 /w/second/links']),
    );
    expect(await countOf('workspaces')).toBe(before + 1);
  });

  it('makes one key, which each answer shows', async () => {
    const form = await shownForm(`${home}/keys`, '/keys', { name: 'Deploy' });
    const before = await countOf('api_keys');
    const answers = [...(await twice(`${home}/keys`, form)), await send(`${home}/keys`, form)];
    const keys = await Promise.all(
      answers.map(async ({ headers }) => {
        const handed = [headers['set-cookie'] ?? []].flat().find((cookie) => cookie.includes('_new_key=')) ?? '';
        const shown = await ada.ask(`${home}/keys`, { headers: { cookie: `${ada.cookie}; ${handed.split(';')[0]}` } });
        return /id="new-key">(wm_[\w-]{43})</.exec(shown.text)?.[1];
      }),
    );
    expect(keys[0]).toBeDefined();
    expect(new Set(keys).size).toBe(1);
    expect(await countOf('api_keys')).toBe(before + 1);
    const asked = await app.ask('/api/v1/links', { headers: { authorization: `Bearer ${keys[0]}` } });
    expect(asked.status).toBe(200);
    const other = await send(`${home}/keys`, await shownForm(`${home}/keys`, '/keys', { name: 'Deploy' }));
    expect(other.status).toBe(303);
    expect(await countOf('api_keys')).toBe(before + 2);
  });

  it('shares one report, at the address that each answer shows', async () => {
    const form = await shownForm(`${home}/shares`, '/shares', { title: 'Twice', password: 'a long password' });
    const before = await countOf('shares');
    const answers = [...(await twice(`${home}/shares`, form)), await send(`${home}/shares`, form)];
    const paths = answers.map(({ text }) => /\/r\/[\w-]{32}(?![\w-])/.exec(text)?.[0]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(paths).size).toBe(1);
    expect(await countOf('shares')).toBe(before + 1);
    expect((await app.ask(paths[0] ?? '')).status).toBe(200);
  });

  it('brings no secret back that was deleted, neither at once nor a day later', async () => {
    const keyForm = await shownForm(`${home}/keys`, '/keys', { name: 'Gone' });
    const shareForm = await shownForm(`${home}/shares`, '/shares', { title: 'Gone' });
    const addressOf = ({ text }: Answer) => /\/r\/[\w-]{32}(?![\w-])/.exec(text)?.[0] ?? '';
    const hashes = () => rowsOf(app.db, sql`select encode(hash, 'hex') as hash from api_keys where name = 'Gone'`);
    expect((await send(`${home}/keys`, keyForm)).status).toBe(303);
    const before = await hashes();
    const address = addressOf(await send(`${home}/shares`, shareForm));
    expect((await app.ask(address)).status).toBe(200);
    await app.db.execute(sql`delete from api_keys where name = 'Gone'`);
    await app.db.execute(sql`delete from shares where title = 'Gone'`);
    const again = await Promise.all([send(`${home}/keys`, keyForm), send(`${home}/shares`, shareForm)]);
    for (const answer of again) expect(textOf(answer)).toContain('This form was sent before');
    expect(await hashes()).toEqual([]);
    await app.db.execute(sql`update sent_forms set sent_at = now() - interval '25 hours'`);
    await removeOldForms(app.db);
    expect((await send(`${home}/keys`, keyForm)).status).toBe(303);
    const now = addressOf(await send(`${home}/shares`, shareForm));
    expect(now).toMatch(/^\/r\//);
    expect(now).not.toBe(address);
    expect((await app.ask(address)).status).toBe(404);
    expect(before).toHaveLength(1);
    expect(await hashes()).not.toEqual(before);
  });

  it('makes another key and another share a day later, where those before are still there', async () => {
    const keyForm = await shownForm(`${home}/keys`, '/keys', { name: 'Daily' });
    const shareForm = await shownForm(`${home}/shares`, '/shares', { title: 'Daily' });
    for (const count of [1, 2]) {
      expect((await send(`${home}/keys`, keyForm)).status).toBe(303);
      expect((await send(`${home}/shares`, shareForm)).status).toBe(201);
      expect(await countOf(`api_keys where name = 'Daily'`)).toBe(count);
      expect(await countOf(`shares where title = 'Daily'`)).toBe(count);
      await app.db.execute(sql`update sent_forms set sent_at = now() - interval '25 hours'`);
      await removeOldForms(app.db);
    }
  });

  it('sends one mail each, whose link works', async () => {
    expect(mailbox.subjectsFor('grace@example.com')).toHaveLength(1);
    expect(mailbox.subjectsFor('reader@example.com')).toHaveLength(1);
    const mail = await mailbox.take(mailbox.subjectsFor('grace@example.com')[0] ?? '');
    const path = /\/invitations\/[\w-]{43}/.exec(mail.text)?.[0] ?? '';
    expect((await app.ask(path)).status).toBe(200);
  });

  it('sends an invitation once more, not twice more', async () => {
    const [invitation] = await rowsOf<{ id: string }>(
      app.db,
      sql`select id from invitations where email = 'grace@example.com'`,
    );
    const action = `${home}/invitations/${invitation?.id}/resend`;
    const before = mailbox.subjectsFor('grace@example.com').length;
    const answers = await twice(action, await shownForm(`${home}/members`, action, {}));
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(mailbox.subjectsFor('grace@example.com')).toHaveLength(before + 1);
    const mail = await mailbox.take(mailbox.subjectsFor('grace@example.com')[0] ?? '');
    expect((await app.ask(/\/invitations\/[\w-]{43}/.exec(mail.text)?.[0] ?? '')).status).toBe(200);
  });

  it('is answered within the page, where scripts sent it', async () => {
    const form = await shownForm(`${home}/links/new`, '/links', { url: 'https://example.com/within' });
    const before = await countOf('links');
    const answers = await twice(`${home}/links`, form, { headers: { 'hx-request': 'true' } });
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.text).toContain('Your link is ready.');
    expect(answers[1]?.text).toBe(answers[0]?.text);
    expect(await countOf('links')).toBe(before + 1);
  });

  it('brings a note back once, when Undo is pressed twice', async () => {
    const [note] = await rowsOf<{ id: string }>(app.db, sql`select id from report_notes where text = 'Sale'`);
    const gone = await send(`${home}/notes/${note?.id}/delete`, {});
    const flash = [gone.headers['set-cookie'] ?? []].flat().map((cookie) => cookie.split(';')[0]);
    const page = await ada.ask(`${home}/reports`, { headers: { cookie: [ada.cookie, ...flash].join('; ') } });
    const toast = page.text.slice(page.text.indexOf('id="toasts"'));
    const form = fieldsOf({ text: toast }, '/history/undo');
    expect((await twice(`${home}/history/undo`, form)).map(({ status }) => status)).toEqual([303, 303]);
    expect(await rowsOf(app.db, sql`select text from report_notes where text = 'Sale'`)).toHaveLength(1);
  });
});

describe('a form that is no repetition', () => {
  it('makes another thing: other fields, another showing, no token', async () => {
    const url = 'https://example.com/again';
    const shown = await shownForm(`${home}/links/new`, '/links', { url });
    const anew = await shownForm(`${home}/links/new`, '/links', { url });
    const { once, ...without } = shown;
    const odd = { ...without, once: 'x'.repeat(65) };
    const before = await countOf('links');
    for (const form of [
      shown,
      { ...shown, url: `${url}?changed` },
      anew,
      without,
      without,
      odd,
      odd,
      { ...odd, once: '' },
    ])
      expect((await send(`${home}/links`, form)).status).toBe(303);
    expect(once).not.toBe(anew.once);
    expect(await countOf('links')).toBe(before + 8);
  });

  it('is somebody else’s, in the same workspace too', async () => {
    const form = await shownForm(`${home}/links/new`, '/links', { url: 'https://example.com/shared' });
    const eve = await app.signUp('Eve');
    const before = await countOf('links');
    const forms = await countOf('sent_forms');
    expect((await app.ask(`${home}/links`, { form })).status).toBe(303);
    expect((await send(`${home}/links`, form, {}, eve)).status).toBe(404);
    expect(await countOf('sent_forms')).toBe(forms);
    await app.db.execute(sql`
insert into members (workspace_id, user_id, role)
select w.id, u.id, 'member' from workspaces w, users u where w.slug = ${ada.workspace.slug} and u.email = ${eve.email}`);
    expect((await send(`${home}/links`, form)).status).toBe(303);
    expect((await send(`${home}/links`, form, {}, eve)).status).toBe(303);
    expect(await countOf('links')).toBe(before + 2);
  });

  it('may be sent again when it was refused, and when the refusal was another’s fault', async () => {
    const form = await shownForm(`${home}/links/new`, '/links', { url: 'https://example.com/', slug: 'wanted' });
    await send(`${home}/links`, { url: 'https://example.com/', slug: 'wanted' });
    const refused = await twice(`${home}/links`, form);
    expect(refused.map(({ status }) => status)).toEqual([409, 409]);
    expect(fieldsOf(refused[0] ?? { text: '' }, '/links').once).not.toBe(form.once);
    await app.db.execute(sql`delete from slugs where slug = 'wanted'`);
    expect((await twice(`${home}/links`, form)).map(({ status }) => status)).toEqual([303, 303]);
  });

  it('leaves no plan behind where its question may not be sent', async () => {
    const [{ before } = { before: NaN }] = await rowsOf<{ before: number }>(
      app.db,
      sql`select count(*)::int as before from mailings`,
    );
    const form = await shownForm(`${home}/mailings`, '/mailings', { recipient: 'late@example.com' });
    await app.db.execute(sql`update tries set count = 1000, ends_at = now() + interval '1 hour'`);
    const refused = await send(`${home}/mailings`, form);
    expect([refused.status, textOf(refused).includes('You asked many readers')]).toEqual([429, true]);
    await app.db.execute(sql`delete from tries`);
    expect(await countOf('mailings')).toBe(before);
    expect((await send(`${home}/mailings`, form)).status).toBe(303);
    await expect.poll(() => mailbox.subjectsFor('late@example.com')).toHaveLength(1);
  });

  it('is forgotten after a day', async () => {
    await app.db.execute(sql`update sent_forms set sent_at = now() - interval '25 hours'`);
    const form = await shownForm(`${home}/links/new`, '/links', { url: 'https://example.com/today' });
    await send(`${home}/links`, form);
    await removeOldForms(app.db);
    expect(await countOf('sent_forms')).toBe(1);
    const kept = await rowsOf<{ row: string }>(app.db, sql`select f::text as row from sent_forms f`);
    expect(kept[0]?.row).not.toContain(form.once);
  });
});
