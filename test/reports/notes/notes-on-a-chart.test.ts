import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let owner: Person;
let link: string;
let notes: string;
const today = () => new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  link = pageOf(owner, await makeLink(app, owner, { slug: 'spring' }));
  notes = `/w/${owner.workspace.slug}/notes`;
  await app.visit('/spring');
});

afterAll(async () => {
  await app?.close();
});

it('tells when the link was made', async () => {
  const page = await owner.ask(link);
  expect(textOf(page)).toContain('Link created');
  expect(page.text).toContain('class="chart-marks"');
  expect(textOf(await owner.ask(`/w/${owner.workspace.slug}/reports`))).not.toContain('Link created');
});

it('shows a note of a link on that link, one of the workspace everywhere, and removes them', async () => {
  const id = link.split('/').at(-1) ?? '';
  expect((await owner.ask(notes, { form: { day: today(), text: 'New poster', link: id } })).headers.location).toBe(
    link,
  );
  await owner.ask(notes, { form: { day: today(), text: 'Newsletter <b>sent</b>', link: '' } });
  const reports = `/w/${owner.workspace.slug}/reports`;
  const ofLink = textOf(await owner.ask(link));
  expect(ofLink).toContain(': New poster');
  expect(ofLink).toContain(': Newsletter &lt;b&gt;sent');
  const ofAll = await owner.ask(reports);
  expect(textOf(ofAll)).toContain('Newsletter');
  expect(textOf(ofAll)).not.toContain('New poster');
  const action = /action="(\/w\/[^"]+\/notes\/\w+\/delete)"/.exec(ofAll.text)?.[1] ?? '';
  expect((await owner.ask(action, { form: { link: '' } })).headers.location).toBe(reports);
  expect(textOf(await owner.ask(reports))).not.toContain('Newsletter');
  expect((await owner.ask(action, { form: { link: '' } })).status).toBe(404);
});

it('refuses an empty note, a day that is none, and a link or note of another workspace', async () => {
  expect((await owner.ask(notes, { form: { day: today(), text: ' ' } })).status).toBe(422);
  expect((await owner.ask(notes, { form: { day: '2026-02-30', text: 'x' } })).status).toBe(422);
  const other = await app.signUp('Grace');
  const form = { day: today(), text: 'x', link: link.split('/').at(-1) ?? '' };
  expect((await other.ask(`/w/${other.workspace.slug}/notes`, { form })).status).toBe(404);
});

it('leads back to the report that it was written on, filters and all, and to no other page', async () => {
  const back = `${link}?period=7d&f=device:is:desktop`;
  const page = await owner.ask(back);
  expect(page.text).toContain(`name="back" value="${back.replaceAll('&', '&amp;')}"`);
  const form = { day: today(), text: 'Moved', link: link.split('/').at(-1) ?? '', back };
  expect((await owner.ask(notes, { form })).headers.location).toBe(back);
  for (const elsewhere of ['https://evil.example/', '//evil.example', `${link}/edit`, '/w/another/reports'])
    expect((await owner.ask(notes, { form: { ...form, back: elsewhere } })).headers.location).toBe(link);
});

it('comes back by one press after it was removed', async () => {
  const back = `${link}?period=7d`;
  await owner.ask(notes, { form: { day: today(), text: 'Radio “spot”', link: link.split('/').at(-1) ?? '', back } });
  const { text } = await owner.ask(back);
  const action = /action="(\S+)"(?:(?!<form).)*Remove the note Radio/s.exec(text)?.[1] ?? '';
  const removed = await owner.ask(action, { form: { link: '', back } });
  expect(removed.headers.location).toBe(back);
  const flash = (removed.headers['set-cookie'] ?? '').toString().split(';', 1)[0] ?? '';
  const after = await app.ask(back, { headers: { cookie: `${owner.cookie}; ${flash}` } });
  expect(after.text).not.toContain('Remove the note Radio');
  const undo = /<div class="toast"(.*?)<\/form>/s.exec(after.text)?.[1] ?? '';
  const fields = [...undo.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]);
  const brought = await owner.ask(/action="([^"]+)"/.exec(undo)?.[1] ?? '', { form: Object.fromEntries(fields) });
  expect(brought.headers.location).toBe(back);
  expect((await owner.ask(back)).text).toContain('Remove the note Radio “spot”');
});

it.each([
  ['', 'Say what happened.'],
  ['x'.repeat(201), 'Use at most 200 characters.'],
  ['Nul\0byte', 'Leave out line breaks and control characters.'],
])('a note that does not work is shown again with what was typed', async (text, words) => {
  const form = { day: '2026-11-02', text, link: '', back: `${link}?period=7d` };
  const page = await owner.ask(notes, { form });
  expect(page.status).toBe(422);
  expect(textOf(page)).toContain(words);
  expect(page.text).toContain('value="2026-11-02"');
  if (!text.includes('\0')) expect(page.text).toContain(`value="${text}"`);
  expect(page.text).toContain(`name="back" value="${link}?period=7d"`);
  expect(page.text).toContain(`href="${link}?period=7d"`);
});
