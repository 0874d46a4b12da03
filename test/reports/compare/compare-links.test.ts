import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let owner: Person;
let links: string[];
let path: string;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signUp('Ada');
  path = `/w/${owner.workspace.slug}/compare`;
  links = [];
  for (const [index, slug] of ['spring', 'summer', 'autumn', 'winter', 'always', 'never'].entries()) {
    links.push((await makeLink(app, owner, { slug })).id);
    for (let click = 0; click < index; click++)
      await app.visit(`/${slug}`, { headers: { 'x-forwarded-for': `203.0.113.${click}` } });
  }
});

afterAll(async () => {
  await app?.close();
});

const query = (ids: string[]) => ids.map((id) => `link=${id}`).join('&');

it('asks for links first', async () => {
  expect(textOf(await owner.ask(path))).toContain('Choose links to compare');
});

it('draws a line for each link, with its name, and has the numbers in tables', async () => {
  const page = await owner.ask(`${path}?${query(links.slice(1, 4))}&period=7d`);
  expect(page.status).toBe(200);
  expect(page.text.match(/class="compare-name/g)).toHaveLength(3);
  expect(textOf(page)).toMatch(/\/summer 1 1 .*\/autumn 2 2 .*\/winter 3 3 /);
  expect(page.text).toContain(`href="${path}?link=${links[1]}&amp;link=${links[3]}&amp;period=7d"`);
  expect(page.text).toContain(`<option value="${links[4]}">`);
  expect(page.text).not.toContain(`<option value="${links[1]}">`);
});

it('keeps the names of lines apart and above the days, also where all end at the bottom', async () => {
  const page = await owner.ask(`${path}?${query(links.slice(0, 5))}&from=2024-01-01&to=2024-01-07`);
  const heights = [...page.text.matchAll(/class="compare-name[^>]* y="([^"]*)"/g)].map(([, y]) => Number(y));
  expect(heights).toEqual([208, 226, 244, 262, 280]);
});

it('takes five links, and no more', async () => {
  expect(textOf(await owner.ask(`${path}?${query(links.slice(0, 5))}`))).toContain('Five links are the most');
  const refused = await owner.ask(`${path}?${query(links)}`);
  expect([refused.status, textOf(refused).includes('Compare up to 5 links at once.')]).toEqual([422, true]);
});

it('does not show links of another workspace', async () => {
  const other = await app.signUp('Grace');
  expect((await other.ask(`/w/${other.workspace.slug}/compare?link=${links[1]}`)).status).toBe(404);
});
