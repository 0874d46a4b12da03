import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../setup/app.ts';
import { insertLinkAs, textOf } from './pages.ts';

let test: TestApp;
let owner: Person;
let link: string;
let notes: string;
const today = () => new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  test = await startTestApp();
  owner = await test.signUp('Ada');
  link = await insertLinkAs(owner, 'spring');
  notes = `/w/${owner.workspace.slug}/notes`;
  await test.visit('/spring');
});

afterAll(async () => {
  await test?.close();
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
  const other = await test.signUp('Grace');
  const form = { day: today(), text: 'x', link: link.split('/').at(-1) ?? '' };
  expect((await other.ask(`/w/${other.workspace.slug}/notes`, { form })).status).toBe(404);
});
