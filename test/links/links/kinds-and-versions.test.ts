import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { links, tags, users } from '../../../src/ground/db/schema.ts';
import { addTagTo, archiveLinks, removeTagFrom, restoreLinks, setCampaignOf } from '../../../src/links/links/bulk.ts';
import { removeCampaign } from '../../../src/links/links/campaigns.ts';
import {
  archiveLink,
  type LinkChanges,
  removeLink,
  restoreLink,
  updateLink,
} from '../../../src/links/links/queries.ts';
import { fillSearchTexts } from '../../../src/links/links/search-texts.ts';
import { byTest } from '../../setup/actor.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';

let database: OpenTestDatabase;
let ws: string;
let linkId: string;
let campaignId: string;

beforeAll(async () => {
  database = await openTestDatabase(3);
  ws = await insertBareWorkspace(database.db);
  await database.db.execute(sql`insert into domains (id, host) values ('d', 'go.test')`);
  linkId = (await makeLink({ ...database, instanceDomainId: 'd' }, ws, { title: 'First', tags: ['a'] })).id;
  campaignId = (await makeCampaign(database, ws, 'Spring')).id;
});
afterAll(() => database.drop());

async function stateOf() {
  const [row] = await database.db
    .select({ kind: links.kind, version: links.version })
    .from(links)
    .where(eq(links.id, linkId));
  return row;
}

describe('a link', () => {
  it('is one of an address, and in its first version, once it is made', async () => {
    expect(await stateOf()).toEqual({ kind: 'url', version: 1 });
  });

  it('is of no kind that nobody can open', async () => {
    await expect(database.db.execute(sql`update links set kind = 'song' where id = ${linkId}`)).rejects.toMatchObject({
      cause: { constraint: 'links_kind' },
    });
  });

  const change = (changes: LinkChanges) => () => updateLink(database.db, ws, byTest, linkId, changes);
  it.each<[string, () => Promise<unknown>]>([
    ['a destination', change({ url: 'https://example.com/2' })],
    ['a title', change({ title: 'Second' })],
    ['tags', change({ tags: ['b'] })],
    ['a campaign', () => updateLink(database.db, ws, byTest, linkId, { campaignId })],
    ['archiving', () => archiveLink(database.db, ws, byTest, linkId)],
    ['restoring', () => restoreLink(database.db, ws, byTest, linkId)],
    ['a tag for many', () => addTagTo(database.db, ws, byTest, [linkId], 'c')],
    ['a tag taken from many', () => removeTagFrom(database.db, ws, byTest, [linkId], 'c')],
    ['no campaign for many', () => setCampaignOf(database.db, ws, byTest, [linkId], null)],
    ['a campaign for many', () => setCampaignOf(database.db, ws, byTest, [linkId], campaignId)],
    ['archiving many', () => archiveLinks(database.db, ws, byTest, [linkId])],
    ['restoring many', () => restoreLinks(database.db, ws, byTest, [linkId])],
    ['the end of its campaign', () => removeCampaign(database.db, ws, byTest, campaignId)],
    [
      'a program that knows no versions',
      () => database.db.execute(sql`update links set title = 'Third' where id = ${linkId}`),
    ],
    ['its end', () => removeLink(database.db, ws, byTest, linkId)],
  ])('is a version on after %s', async (_, act) => {
    const before = await stateOf();
    await act();
    expect(await stateOf()).toEqual({ kind: 'url', version: (before?.version ?? Number.NaN) + 1 });
  });

  it('stays in its version when only its search text is made', async () => {
    const before = await stateOf();
    await database.db.execute(sql`update links set search_text = null`);
    await database.db.execute(sql`update workspaces set has_search_texts = false`);
    await fillSearchTexts(database.db);
    expect(await stateOf()).toEqual(before);
  });
});

describe('a tag', () => {
  it('has a number of its own, across workspaces', async () => {
    const other = await insertBareWorkspace(database.db);
    const values = ['x', 'y'].map((name) => ({
      id: name,
      workspaceId: other,
      name,
      nameKey: name,
      colour: 'red' as const,
    }));
    const made = await database.db.insert(tags).values(values).returning({ number: tags.number });
    const all = (await database.db.select({ number: tags.number }).from(tags)).map(({ number }) => number);
    expect(all.length).toBeGreaterThan(made.length);
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((number) => Number.isInteger(number) && number > 0)).toBe(true);
  });

  it('gets its number from nobody', async () => {
    const given = sql`insert into tags (id, workspace_id, name, name_key, colour, number) values ('z', ${ws}, 'z', 'z', 'red', 7)`;
    await expect(database.db.execute(given)).rejects.toMatchObject({ cause: { code: '428C9' } });
  });
});

it("a person's language is unknown, until it is one", async () => {
  await database.db.insert(users).values({ id: 'u', name: 'U', email: 'u@example.com' });
  const language = async () => (await database.db.select({ language: users.language }).from(users))[0]?.language;
  expect(await language()).toBeNull();
  await database.db.update(users).set({ language: 'pt-BR' });
  expect(await language()).toBe('pt-BR');
});
