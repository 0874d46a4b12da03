import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, openClient } from '../../people/keys/client.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink, pageOf } from '../../setup/make.ts';

let app: TestApp;
let owner: Person;
let client: Client;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  client = await openClient(app, owner);
  home = `${app.config.appUrl}/w/${owner.workspace.slug}`;
});

afterAll(async () => {
  await app?.close();
});

const save = (body: object) =>
  client.ask('/views', { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

it('saves, lists and deletes views by the address of a report', async () => {
  const path = pageOf(owner, await makeLink(app, owner, { slug: 'spring' }));
  const answer = await save({ name: 'Phones', url: `${app.config.appUrl}${path}?f=device:is:mobile&x=y` });
  expect(answer.status).toBe(201);
  const url = `${app.config.appUrl}${path}?period=30d&f=device:is:mobile`;
  const { id } = JSON.parse(answer.text) as { id: string };
  expect(JSON.parse(answer.text)).toEqual({ id, name: 'Phones', url });
  const list = async () => (JSON.parse((await client.ask('/views')).text) as { data: unknown[] }).data;
  expect(await list()).toEqual([{ id, name: 'Phones', url, isGone: false }]);
  await owner.ask(`${path}/delete`, { form: {} });
  expect(await list()).toEqual([{ id, name: 'Phones', url, isGone: true }]);
  expect((await client.ask(`/views/${id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await client.ask(`/views/${id}`, { method: 'DELETE' })).status).toBe(404);
  expect(await list()).toEqual([]);
});

it('takes the path of a report, and what a browser adds to it', async () => {
  for (const [name, url] of [
    ['Path', `/w/${owner.workspace.slug}/reports?period=7d`],
    ['Anchor', `${home}/reports?period=7d#report`],
  ]) {
    const answer = await save({ name, url });
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([201, { name, url: `${home}/reports?period=7d` }]);
  }
});

it('refuses with the field', async () => {
  expect((await save({ name: 'All', url: `${home}/reports` })).status).toBe(201);
  for (const [body, status, field] of [
    [{ name: 'all', url: `${home}/reports` }, 409, 'name'],
    [{ name: ' ', url: `${home}/reports` }, 422, 'name'],
    [{ name: 'A', url: `https://elsewhere.example/w/${owner.workspace.slug}/reports` }, 422, 'url'],
    [{ name: 'A', url: '/w/another/reports' }, 422, 'url'],
    [{ name: 'A', url: `${home}/reports?f=weather:is:rain` }, 422, 'url'],
    [{ name: 'A', url: `${home}/links/nothing` }, 404, undefined],
    [{ name: 'A', url: `${home}/reports`, color: 'red' }, 422, 'color'],
  ] as const) {
    const answer = await save(body);
    expect(answer.headers['content-type'], answer.text).toContain('application/problem+json');
    expect([answer.status, (JSON.parse(answer.text) as { field?: string }).field]).toEqual([status, field]);
  }
});
