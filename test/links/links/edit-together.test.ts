import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLink, type Client, openClient } from '../../people/keys/client.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { fieldsOf } from '../../setup/form.ts';
import { joinWorkspace } from '../../setup/membership.ts';

/** Two people have the same form open: each page is read before either is sent. */

let app: TestApp;
let ada: Person;
let bob: Person;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  [ada, bob] = [await app.signUp('Ada'), await app.signUp('Bob')];
  await joinWorkspace(app, bob, ada, 'admin');
  client = await openClient(app, ada);
});
afterAll(() => app.close());

type Form = {
  name: string;
  /** Makes the thing, and answers the path of its form and where it is sent; what is stored of two of its fields. */
  open: () => Promise<{ page: string; action: string; stored: () => Promise<Record<string, unknown>> }>;
  /** Two fields with values that are new, and one value more for the first. */
  one: [field: string, value: string, other: string];
  two: [field: string, value: string];
};

const home = () => `/w/${ada.workspace.slug}`;
const row = async (query: ReturnType<typeof sql>) => (await app.db.execute(query)).rows[0] ?? {};

const forms: Form[] = [
  {
    name: 'a link',
    async open() {
      const { id } = await createLink(client, { title: 'Old' });
      const page = `${home()}/links/${id}/edit`;
      const stored = () => row(sql`select title, url from links where id = ${id}`);
      return { page, action: page, stored };
    },
    one: ['url', 'https://example.com/new', 'https://example.com/other'],
    two: ['title', 'New'],
  },
  {
    name: 'a campaign',
    async open() {
      const { id } = (await client.ask('/campaigns', { body: { name: `Sale ${Math.random()}` } })).json() as {
        id: string;
      };
      const page = `${home()}/campaigns/${id}/edit`;
      const stored = () => row(sql`select goal::text, ends_on::text as "endsOn" from campaigns where id = ${id}`);
      return { page, action: page, stored };
    },
    one: ['goal', '500', '700'],
    two: ['endsOn', '2027-01-31'],
  },
  {
    name: 'a tag',
    async open() {
      const name = `tag ${Math.random()}`;
      await createLink(client, { tags: [name] });
      const { id = '' } = await row(sql`select id from tags where name = ${name}`);
      const page = `${home()}/tags/${String(id)}`;
      return { page, action: page, stored: () => row(sql`select name, colour from tags where id = ${id}`) };
    },
    one: ['name', 'renamed', 'called'],
    two: ['colour', 'purple'],
  },
  {
    name: 'the brand of a domain',
    async open() {
      const id = await insertDomain(app.db, client.workspaceId, `d${Math.random()}.example.com`);
      const page = `${home()}/domains/${id}/brand`;
      const stored = () =>
        row(sql`select brand_name as "brandName", brand_color as "brandColor" from domains where id = ${id}`);
      return { page, action: page, stored };
    },
    one: ['brandName', 'Acme', 'Acme Inc.'],
    two: ['brandColor', '#0f7b5c'],
  },
  {
    name: 'a workspace',
    async open() {
      const page = `${home()}/settings`;
      const stored = () =>
        row(
          sql`select name, coalesce(next_time_zone, time_zone) as "timeZone" from workspaces where id = ${client.workspaceId}`,
        );
      return { page, action: '/settings', stored };
    },
    one: ['name', `Team ${Math.random()}`, `Crew ${Math.random()}`],
    two: ['timeZone', 'Europe/Berlin'],
  },
];

describe.each(forms)('the form of $name', ({ open, one: [field, value, other], two: [field2, value2] }) => {
  it('open at two people keeps what each of them changed', async () => {
    const { page, action, stored } = await open();
    const [adas, bobs] = [await ada.ask(page), await bob.ask(page)].map((answer) => fieldsOf(answer, action));
    const post = action.startsWith('/w/') ? action : `/w/${client.workspaceId}${action}`;
    expect((await ada.ask(post, { form: { ...adas, [field]: value } })).status).toBe(303);
    expect((await bob.ask(post, { form: { ...bobs, [field2]: value2 } })).status).toBe(303);
    expect(await stored()).toMatchObject({ [field]: value, [field2]: value2 });
  });

  it('says so where both changed the same, shows both, and saves what is chosen', async () => {
    const { page, action, stored } = await open();
    const [adas, bobs] = [await ada.ask(page), await bob.ask(page)].map((answer) => fieldsOf(answer, action));
    const post = action.startsWith('/w/') ? action : `/w/${client.workspaceId}${action}`;
    const before = await stored();
    // Another than that of the test before: names of tags are told apart.
    const first = `${value}0`;
    expect((await ada.ask(post, { form: { ...adas, [field]: first } })).status).toBe(303);
    const refused = await bob.ask(post, { form: { ...bobs, [field]: other } });
    expect(refused.status).toBe(409);
    expect(await stored()).toEqual({ ...before, [field]: first });
    expect(refused.text).toContain('Somebody else changed this while you had the form open.');
    expect(refused.text).toMatch(/class="theirs-value"[^>]*>[^<]*\S/);
    expect(refused.text).toContain(first);
    const again = fieldsOf(refused, action);
    expect(again[field]).toBe(other);

    // Theirs first, mine then: the same page may be sent twice.
    expect((await bob.ask(post, { form: { ...again, theirs: field } })).status).toBe(303);
    expect(await stored()).toEqual({ ...before, [field]: first });
    expect((await bob.ask(post, { form: again })).status).toBe(303);
    expect(await stored()).toEqual({ ...before, [field]: other });
  });
});

describe('saves at the same moment', () => {
  it('of one field have one winner, and of different fields hold all', async () => {
    const { id } = await createLink(client, { title: 'Old' });
    const page = `${home()}/links/${id}/edit`;
    const fields = fieldsOf(await ada.ask(page), page);
    const changes = [
      ...Array.from({ length: 8 }, (_, n) => ({ url: `https://example.com/${n}` })),
      { title: 'New' },
      { tags: 'one, two' },
    ];
    const answers = await Promise.all(
      changes.map((change, n) => (n % 2 ? ada : bob).ask(page, { form: { ...fields, ...change } })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(3);
    expect(statuses.filter((status) => status === 409)).toHaveLength(7);
    const winner = statuses.indexOf(303);
    expect((await client.ask(`/links/${id}`)).json()).toMatchObject({
      url: `https://example.com/${winner}`,
      title: 'New',
      tags: ['one', 'two'],
    });
  });

  it('of a campaign by programs that change different properties hold both', async () => {
    const { id } = (await client.ask('/campaigns', { body: { name: 'Autumn' } })).json() as { id: string };
    const patch = (body: object) => client.ask(`/campaigns/${id}`, { method: 'PATCH', body });
    await Promise.all([patch({ goal: 900 }), patch({ startsOn: '2026-09-01' }), patch({ endsOn: '2026-10-31' })]);
    expect((await client.ask(`/campaigns/${id}`)).json()).toMatchObject({
      name: 'Autumn',
      goal: 900,
      startsOn: '2026-09-01',
      endsOn: '2026-10-31',
    });
  });
});

describe('other forms that stand open', () => {
  it('give nobody a role over the one that somebody else gave meanwhile', async () => {
    const cara = await app.signUp('Cara');
    await joinWorkspace(app, cara, ada, 'viewer');
    const { id = '' } = await row(sql`select id from users where email = ${cara.email}`);
    const action = `/members/${String(id)}/role`;
    const people = await bob.ask(`${home()}/members`);
    const { shown = '' } = fieldsOf(people, action);
    expect((await ada.ask(`${home()}${action}`, { form: { role: 'admin' } })).status).toBe(303);
    const refused = await bob.ask(`${home()}${action}`, { form: { role: 'member', shown } });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('Cara is an admin now: somebody else changed it');
    expect(
      await row(sql`select role from members where user_id = ${id} and workspace_id = ${client.workspaceId}`),
    ).toEqual({
      role: 'admin',
    });
  });

  it('rename no saved view, and no person, twice', async () => {
    const address = `${home()}/reports?period=7d`;
    const view = (await client.ask('/views', { body: { name: 'Old', url: address } })).json() as { id: string };
    const page = `${home()}/views/${view.id}`;
    const fields = fieldsOf(await bob.ask(page), page);
    expect((await ada.ask(page, { form: { ...fields, name: 'New' } })).status).toBe(303);
    const refused = await bob.ask(page, { form: { ...fields, name: 'Other' } });
    expect([refused.status, fieldsOf(refused, page)['name']]).toEqual([409, 'Other']);
    expect((await bob.ask(page, { form: fieldsOf(refused, page) })).status).toBe(303);

    const profile = fieldsOf(await bob.ask('/account'), '/account/name');
    expect((await bob.ask('/account/name', { form: { ...profile, name: 'Bobby' } })).status).toBe(303);
    const second = await bob.ask('/account/name', { form: { ...profile, name: 'Robert' } });
    expect([second.status, fieldsOf(second, '/account/name')['name']]).toEqual([409, 'Robert']);
    expect(second.text).toContain('Bobby');
  });

  it('find their workspace by its new word, and keep what was typed beside other faults', async () => {
    const page = `${home()}/settings`;
    const [adas, bobs] = [await ada.ask(page), await bob.ask(page)].map((answer) => fieldsOf(answer, '/settings'));
    const post = `/w/${client.workspaceId}/settings`;
    expect((await ada.ask(post, { form: { ...adas, slug: 'moved' } })).headers.location).toBe('/w/moved/settings');
    const refused = await bob.ask(post, { form: { ...bobs, name: '', slug: 'elsewhere' } });
    expect([refused.status, fieldsOf(refused, '/settings')['slug']]).toEqual([422, 'elsewhere']);
    expect((await bob.ask(post, { form: { ...fieldsOf(refused, '/settings'), name: 'Crew' } })).status).toBe(409);
    expect((await bob.ask(post, { form: { ...bobs, name: 'Crew' } })).headers.location).toBe('/w/moved/settings');
  });
});
