import { randomBytes, randomInt } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Actor } from '../../../src/ground/events/actor.ts';
import { type What, whats } from '../../../src/ground/events/happened.ts';
import { type CommandLine, openCommandLine } from '../../cli/run.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { type Answer, type Ask, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { seededRandom } from '../../../src/demo/random.ts';

/** A thousand changes of all kinds in an order by chance, by page, API, bulk and command line, with refused ones between. */

let app: TestApp;
let people: Person[];
let client: Client;
let line: CommandLine;

beforeAll(async () => {
  app = await startTestApp();
  people = [await app.signUp('Ada'), await app.signUp('Grace')];
  const [ada, grace] = people as [Person, Person];
  await joinWorkspace(app, grace, ada, 'admin');
  client = await openClient(app, ada);
  line = openCommandLine({ DATABASE_URL: app.databaseUrl, APP_URL: app.config.appUrl, SHORT_URL: app.config.shortUrl });
});
afterAll(async () => {
  line.close();
  await app.close();
});

type Who = Pick<Actor, 'kind' | 'name' | 'via'>;
type Expected = Who & { what: What };
type Thing =
  | 'links'
  | 'tags'
  | 'campaigns'
  | 'views'
  | 'notes'
  | 'shares'
  | 'mailings'
  | 'keys'
  | 'invitations'
  | 'domains';

const seed = randomInt(2 ** 32);
const random = seededRandom(seed);
const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
const word = () => randomBytes(5).toString('hex');

/** What stands in the workspace, by kind; ids. */
async function idsOf(thing: Thing): Promise<string[]> {
  const table = { notes: 'report_notes', views: 'saved_views', keys: 'api_keys' }[thing as string] ?? thing;
  const conditions: Partial<Record<Thing, ReturnType<typeof sql>>> = {
    links: sql`deleted_at is null`,
    domains: sql`state <> 'removed'`,
    keys: sql`id <> ${client.keyId}`,
  };
  const { rows } = await app.db.execute<{ id: string }>(sql`
select id from ${sql.identifier(table)} where workspace_id = ${client.workspaceId} and ${conditions[thing] ?? sql`true`} order by id`);
  return rows.map(({ id }) => id);
}

let asked = 0;
const from = () => ({ 'x-forwarded-for': `198.51.${(++asked >> 8) % 256}.${asked % 256}` });

async function succeed(answer: Promise<Answer>): Promise<void> {
  const { status, text } = await answer;
  if (status >= 400) throw new Error(`It was refused with ${status}: ${text.slice(0, 2_000)}`);
}

/** Sends a form as one of the people. */
async function page(path: string, form: Record<string, string>, ...made: What[]): Promise<Expected[]> {
  const person = pick(people);
  const [ada] = people as [Person];
  await succeed(person.ask(`/w/${ada.workspace.slug}/${path}`, { form, headers: from() }));
  const via = path === 'links/bulk' ? 'bulk' : 'page';
  return made.map((what) => ({ what, kind: 'person', name: person.name, via }));
}

async function api(path: string, ask: Ask, ...made: What[]): Promise<Expected[]> {
  await succeed(client.ask(path, { ...ask, headers: from() }));
  return made.map((what) => ({ what, kind: 'key', name: 'Test', via: 'api' }));
}

async function command(words: string[], ...made: What[]): Promise<Expected[]> {
  await line.answer(...words);
  return made.map((what) => ({ what, kind: 'command', name: words[0] ?? '', via: 'cli' }));
}

type Change = { on?: Thing; run: (id: string) => Promise<Expected[]> };
const url = () => `https://example.com/${word()}`;

const changes: Change[] = [
  { run: () => page('links', { url: url() }, 'link.created') },
  { run: () => page('links', { url: url(), tags: `new ${word()}` }, 'tag.created', 'link.created') },
  { run: () => api('/links', { body: { url: url() } }, 'link.created') },
  { run: () => api('/links', { body: { url: url(), tags: [`new ${word()}`] } }, 'tag.created', 'link.created') },
  { on: 'links', run: (id) => page(`links/${id}/edit`, { url: url(), title: word() }, 'link.changed') },
  { on: 'links', run: (id) => api(`/links/${id}`, { method: 'PATCH', body: { url: url() } }, 'link.changed') },
  { on: 'links', run: (id) => page(`links/${id}/delete`, {}, 'link.deleted') },
  { on: 'links', run: (id) => api(`/links/${id}`, { method: 'DELETE' }, 'link.deleted') },
  {
    on: 'links',
    async run(id) {
      const isOpen = sql`select from links where id = ${id} and archived_at is null`;
      const { rowCount } = await app.db.execute(isOpen);
      return rowCount
        ? page(`links/${id}/archive`, {}, 'link.archived')
        : page(`links/${id}/restore`, {}, 'link.restored');
    },
  },
  {
    on: 'links',
    async run() {
      // A link has at most twenty tags.
      const { rows } = await app.db.execute<{ id: string }>(sql`
select id from links l
where workspace_id = ${client.workspaceId} and deleted_at is null and (select count(*) from link_tags where link_id = l.id) < 15
order by md5(id || ${word()}) limit 12`);
      const some = rows.map(({ id }) => id);
      const tag = `bulk ${word()}`;
      return page(
        'links/bulk',
        { action: 'add-tag', tag, links: some.join(' ') },
        'tag.created',
        ...some.map(() => 'link.changed' as const),
      );
    },
  },
  { on: 'tags', run: (id) => page(`tags/${id}`, { name: word(), colour: 'grey' }, 'tag.changed') },
  { on: 'tags', run: (id) => page(`tags/${id}/delete`, {}, 'tag.deleted') },
  { run: () => page('campaigns', { name: word() }, 'campaign.created') },
  { run: () => api('/campaigns', { body: { name: word() } }, 'campaign.created') },
  {
    on: 'campaigns',
    run: (id) => api(`/campaigns/${id}`, { method: 'PATCH', body: { name: word() } }, 'campaign.changed'),
  },
  { on: 'campaigns', run: (id) => page(`campaigns/${id}/edit`, { name: word() }, 'campaign.changed') },
  { on: 'campaigns', run: (id) => page(`campaigns/${id}/delete`, {}, 'campaign.deleted') },
  { run: () => page('views', { name: word(), address: `/w/${people[0]?.workspace.slug}/reports` }, 'view.created') },
  { on: 'views', run: (id) => page(`views/${id}`, { name: word() }, 'view.changed') },
  { on: 'views', run: (id) => api(`/views/${id}`, { method: 'DELETE' }, 'view.deleted') },
  { on: 'views', run: (id) => page(`views/${id}/delete`, {}, 'view.deleted') },
  { run: () => page('notes', { day: '2026-11-01', text: word() }, 'note.created') },
  { on: 'notes', run: (id) => page(`notes/${id}/delete`, { back: '' }, 'note.deleted') },
  { run: () => page('shares', { title: word() }, 'share.created') },
  { on: 'shares', run: (id) => page(`shares/${id}/end`, {}, 'share.deleted') },
  { run: () => page('keys', { name: word() }, 'key.created') },
  { on: 'keys', run: (id) => page(`keys/${id}/delete`, {}, 'key.deleted') },
  { run: () => page('domains', { host: `${word()}.example.com` }, 'domain.created') },
  { run: () => api('/domains', { body: { host: `${word()}.example.com` } }, 'domain.created') },
  {
    on: 'domains',
    run: (id) => api(`/domains/${id}`, { method: 'PATCH', body: { brandName: word() } }, 'domain.changed'),
  },
  { on: 'domains', run: (id) => api(`/domains/${id}`, { method: 'DELETE' }, 'domain.deleted') },
];

/** Few of each: they are limited by the hour, or take a process. */
const rare: Change[] = [
  { run: () => page('invitations', { email: `${word()}@example.com`, role: 'viewer' }, 'invitation.created') },
  { on: 'invitations', run: (id) => page(`invitations/${id}/resend`, {}, 'invitation.renewed') },
  { on: 'invitations', run: (id) => page(`invitations/${id}/withdraw`, {}, 'invitation.deleted') },
  { run: () => page('mailings', { every: 'week', recipient: `${word()}@example.com` }, 'mailing.created') },
  { on: 'mailings', run: (id) => page(`mailings/${id}/end`, {}, 'mailing.deleted') },
  {
    run: () => command(['key:create', '--email', people[0]?.email ?? '', '--name', word()], 'key.created'),
  },
  {
    run: () =>
      command(
        ['user:create', '--email', `${word()}@example.com`, '--password', word() + word(), '--name', 'Joan'],
        'account.created',
        'workspace.created',
      ),
  },
];

/** What is refused changes nothing, whoever asks. */
const refused: (() => Promise<Answer>)[] = [
  () => client.ask('/links', { body: { url: 'javascript:alert(1)' }, headers: from() }),
  () => client.ask('/links/nothing', { method: 'DELETE', headers: from() }),
  () => client.ask('/campaigns', { body: { name: '' }, headers: from() }),
  () => app.ask(`/w/${people[0]?.workspace.slug}/links`, { form: { url: url() }, headers: from() }),
];

it('of a thousand changes each makes its event with the right actor, and refused ones none', {
  timeout: 600_000,
}, async () => {
  const first = await lastEvent(app.db);
  const expected: Expected[] = [];
  const ways = new Set<string>();
  for (let count = 0; expected.length < 1_000; count++) {
    if (count % 10 === 9) {
      const { status } = await pick(refused)();
      expect(status === 303 || status >= 400).toBe(true);
    }
    const { on, run } = pick(count % 25 === 24 ? rare : changes);
    const ids = on ? await idsOf(on) : [];
    if (on && ids.length === 0) continue;
    const made = await run(on ? pick(ids) : '');
    expected.push(...made);
    for (const { via } of made) ways.add(via);
  }
  const events = await eventsAfter(app.db, first);
  const told = events.map(({ what, kind, name, via }) => ({ what, kind, name, via }));
  expect(told, `seed ${seed}`).toEqual(expected);
  expect([...ways].toSorted()).toEqual(['api', 'bulk', 'cli', 'page']);
  expect(new Set(told.map(({ what }) => what)).size).toBeGreaterThan(20);
  expect(told.every(({ what }) => what in whats)).toBe(true);
});
