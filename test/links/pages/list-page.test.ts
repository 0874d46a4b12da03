import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mostFound } from '../../../src/links/links/list.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  await app.db.execute(sql`
insert into links (id, workspace_id, url, title, archived_at)
  select 'many' || n, ${workspaceId}, 'https://many.example/' || n, 'Common ' || n, case when n <= 2 then now() end
  from generate_series(1, ${mostFound + 3}::int) n`);
  await app.db.execute(sql`
insert into slugs (id, domain_id, slug, slug_key, kind, link_id)
  select k.kind || l.id, d.id, k.kind || l.id, k.kind || l.id, k.kind, l.id
  from links l, (select id from domains where workspace_id is null limit 1) d, unnest(array['primary', 'qr']) k (kind)
  where l.workspace_id = ${workspaceId}`);
});
afterAll(() => app.close());

async function shown(query: string): Promise<string[]> {
  const { text } = await ada.ask(`/w/${ada.workspace.slug}/links${query}`);
  return [...text.matchAll(/segment-count">([^<]*)</g)].map(([, count = '']) => count);
}

it('says how many links there are, and of a search that finds a thousand and more that it does', async () => {
  expect(await shown('')).toEqual(['1,001', '2']);
  expect(await shown('?search=common')).toEqual(['1,000+', '2']);
  expect(await shown('?search=common+1003')).toEqual(['1', '0']);
  expect(await shown('?search=co')).toEqual(['1,000+', '2']);
  expect(await shown('?search=99')).toEqual(['19', '0']);
  expect(await shown('?search=~')).toEqual(['0', '0']);
  expect(await shown('?search=%20')).toEqual(['1,001', '2']);
});

it('says where else a search finds links', async () => {
  const { text } = await ada.ask(`/w/${ada.workspace.slug}/links?search=many&state=archived&tag=`);
  expect(text).toContain('Common 1<');
  const other = await ada.ask(`/w/${ada.workspace.slug}/links?search=1003&state=archived`);
  expect(other.text).toContain('1 active link does.');
});
