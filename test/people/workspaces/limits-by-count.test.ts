import { randomBytes } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createLink, openClient } from '../keys/client.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';

/** Thirty requests at once where there is room for one: one gets in, the others hear the limit. */

let app: TestApp;
let ada: Person;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
});
afterAll(() => app.close());

const post = (path: string, form: Record<string, string>): Promise<Answer> =>
  ada.ask(`/w/${ada.workspace.slug}${path}`, {
    form,
    headers: { 'x-forwarded-for': `198.51.${randomBytes(1)[0]}.${randomBytes(1)[0]}` },
  });

/** So many rows of a table; `values` see a number `n`. */
const fill = (table: string, columns: string, values: SQL, max: number) => sql`
insert into ${sql.identifier(table)} (id, workspace_id, ${sql.raw(columns)})
select 'n' || n, ${client.workspaceId}, ${values}
from generate_series((select count(*) from ${sql.identifier(table)} where workspace_id = ${client.workspaceId}) + 1, ${max - 1}) n`;

const limits: { table: string; max: number; columns: string; values: SQL; send: (n: number) => Promise<Answer> }[] = [
  {
    table: 'api_keys',
    max: 50,
    columns: 'name, hash, prefix',
    values: sql`'n', n::text::bytea, 'wm_'`,
    send: (n) => post('/keys', { name: `Key ${n}` }),
  },
  {
    table: 'campaigns',
    max: 1_000,
    columns: 'name, name_key',
    values: sql`'n' || n, 'n' || n`,
    send: (n) =>
      n % 2
        ? client.ask('/campaigns', { body: { name: `Campaign ${n}` } })
        : post('/campaigns', { name: `Campaign ${n}` }),
  },
  {
    table: 'tags',
    max: 2_000,
    columns: 'name, name_key, colour',
    values: sql`'n' || n, 'n' || n, 'grey'`,
    send: (n) => client.ask('/links', { body: { url: 'https://example.com', tags: [`tag ${n}`] } }),
  },
  {
    table: 'mailings',
    max: 50,
    columns: 'every, recipient',
    values: sql`'week', n || '@example.com'`,
    send: (n) => post('/mailings', { every: 'week', recipient: `reader-${n}@example.com` }),
  },
  {
    table: 'domains',
    max: 500,
    columns: 'host, state, proof_token',
    values: sql`'n' || n || '.example.com', 'waiting', 'proof'`,
    send: (n) => client.ask('/domains', { body: { host: `go-${n}.example.org` } }),
  },
  {
    table: 'saved_views',
    max: 100,
    columns: 'name, name_key, address',
    values: sql`'n' || n, 'n' || n, 'reports'`,
    send: (n) =>
      n % 2
        ? client.ask('/views', { body: { name: `View ${n}`, url: `/w/${ada.workspace.slug}/reports?period=7d` } })
        : post('/views', { name: `View ${n}`, address: `/w/${ada.workspace.slug}/reports?period=7d`, back: 'list' }),
  },
];

describe('a limit by count', () => {
  it.each(limits)('of $max $table holds against thirty at once', async ({ table, max, columns, values, send }) => {
    await app.db.execute(fill(table, columns, values, max));
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => send(n)));
    const { rows } = await app.db.execute(
      sql`select count(*)::int as rows from ${sql.identifier(table)} where workspace_id = ${client.workspaceId}`,
    );
    expect(rows).toEqual([{ rows: max }]);
    const refused = answers.filter(({ status, text }) => status === 422 && /at most|up to/.test(text));
    expect(refused).toHaveLength(29);
    // Room again for the tests that follow.
    await app.db.execute(sql`
delete from ${sql.identifier(table)} where workspace_id = ${client.workspaceId} and id <> ${client.keyId}`);
  });

  it('of twenty tags of a link holds against bulk changes and its own form at once', async () => {
    const { id } = await createLink(client, { tags: Array.from({ length: 19 }, (_, n) => `old ${n}`) });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => post('/links/bulk', { links: id, action: 'add-tag', tag: `new ${n}` })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([303, ...Array.from({ length: 11 }, () => 422)]);
    const { tags } = (await client.ask(`/links/${id}`)).json() as { tags: string[] };
    expect(tags).toHaveLength(20);
    // Its own tags are taken back as they are.
    expect((await client.ask(`/links/${id}`, { method: 'PATCH', body: { tags } })).status).toBe(200);
  });
});
