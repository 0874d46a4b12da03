import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Split } from '../../../src/ground/addresses/split.ts';
import { type Link, updateLink } from '../../../src/links/links/queries.ts';
import { listRoutingChanges } from '../../../src/reports/notes/routing-changes.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { makeHits, makeLink } from '../../setup/make.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { textOf } from '../pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let link: Link;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  link = await makeLink(app, workspaceId, { url: 'https://a.example/' });
  await makeHits(app, link, [{}]);
});
afterAll(() => app.close());

const halves: Split = {
  versions: [
    { url: null, weight: 1 },
    { url: 'https://b.example/', weight: 1 },
  ],
  endsAt: null,
  isPaused: false,
};
const change = (changes: Parameters<typeof updateLink>[4]) => updateLink(app.db, workspaceId, byTest, link.id, changes);
const day = 86_400_000;
const span = (from = -1, to = 1) => ({ from: new Date(Date.now() + from * day), to: new Date(Date.now() + to * day) });
const texts = async (of = span()) =>
  (await listRoutingChanges(app.db, workspaceId, link.id, of)).map(({ text }) => text);
const report = () => ada.ask(`/w/${ada.workspace.slug}/links/${link.id}`);

it('are told of a link in words, the earliest first, and nothing else is', async () => {
  const to = [{ url: 'https://de.example/', weight: 1, app: null }];
  const route = { name: 'Germany', when: { what: 'country' as const, is: 'one_of' as const, values: ['DE'] }, to };
  await change({ title: 'Another title' });
  await change({ split: halves });
  await change({ split: { ...halves, isPaused: true } });
  await change({ split: halves });
  await change({ split: { ...halves, endsAt: '2098-01-01T00:00:00.000Z' } });
  await change({ split: null, url: 'https://www.b.example/' });
  await change({ routes: [route] });
  await change({ routes: [{ ...route, name: 'DE' }], title: 'And rules' });
  await change({ routes: null });
  expect(await texts()).toEqual([
    'A/B test started',
    'A/B test paused',
    'A/B test goes on',
    'A/B test changed',
    'A/B test ended, destination changed to b.example/',
    'Rules added',
    'Rules changed',
    'Rules removed',
  ]);
  expect(await texts(span(1, 2))).toEqual([]);
  expect(await listRoutingChanges(app.db, 'another', link.id, span())).toEqual([]);
});

it('stand on the chart of the report as one mark a day, the same change once', async () => {
  const on = sql`update events set at = at - interval '2 days' where target_id = ${link.id} and what = 'link.changed'`;
  await app.db.execute(on);
  await change({ url: 'https://c.example/' });
  await change({ url: 'https://d.example/' });
  await change({ url: 'https://c.example/' });
  await app.db.execute(sql`update links set created_at = now() - interval '5 days' where id = ${link.id}`);
  const page = await report();
  const text = textOf(page);
  expect(text).toContain('A/B test ended, destination changed to b.example/');
  expect(text).toContain('Destination changed to c.example/ (2 times)');
  // The link's own beginning, the day of the test, and today.
  expect(page.text.match(/class="note-number"/g)).toHaveLength(3);
  expect(textOf(await ada.ask(`/w/${ada.workspace.slug}/reports`))).not.toContain('destination changed');
});

it('are the newest fifty, whatever else was changed', async () => {
  await app.db.execute(sql`
insert into events (workspace_id, what, target_id, target_name, before, after, actor_kind, actor_name, via)
select ${workspaceId}, 'link.changed', ${link.id}, 'x', jsonb_build_object('url', 'https://a.example/' || n),
       jsonb_build_object('url', 'https://a.example/' || n + 1), 'server', 'Test', 'job'
from generate_series(1, 80) n`);
  const told = await texts();
  expect(told).toHaveLength(50);
  expect(told.at(-1)).toBe('Destination changed to a.example/81');
  const page = await report();
  expect(page.text.match(/class="note-number"/g)).toHaveLength(2);
  expect(textOf(page)).toContain('45 earlier changes, in the History');
  expect(textOf(page).match(/Destination changed to/g)).toHaveLength(5);
});
