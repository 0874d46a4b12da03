import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameLinks } from '../../../src/reports/counts/link-names.ts';
import { loadParts, loadSteps, loadValues } from '../../../src/reports/counts/parts.ts';
import { resolvePeriod } from '../../../src/reports/counts/period.ts';
import type { Subject } from '../../../src/reports/counts/kinds.ts';
import { getScope } from '../../../src/reports/counts/queries.ts';
import type { Db } from '../../../src/ground/db/db.ts';
import { withSettings } from '../../../src/ground/db/local-settings.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';

const now = new Date('2026-11-10T12:00:00Z');
const period = resolvePeriod({ period: '12mo', timeZone: 'UTC', now, firstHitAt: null });

let database: OpenTestDatabase;
let db: Db;

beforeAll(async () => {
  database = await openTestDatabase(1);
  db = database.db;
  await db.execute(sql`insert into workspaces (id, name, slug, time_zone) values ('ws', 'W', 'w', 'UTC')`);
  await db.execute(sql`insert into domains (id, host, workspace_id) values ('d', 'd.test', 'ws')`);
  await db.execute(sql`insert into campaigns (id, workspace_id, name, name_key) values ('c', 'ws', 'C', 'c')`);
  await db.execute(
    sql`insert into tags (id, workspace_id, name, name_key, colour) values ('t', 'ws', 'T', 't', 'green')`,
  );
  await db.execute(sql`
insert into links (id, workspace_id, url, campaign_id)
select id, 'ws', 'https://example.com', 'c' from unnest(array['busy', 'quiet']) id`);
  await db.execute(sql`insert into link_tags select id, 't' from links`);
  await db.execute(sql`
insert into slugs (id, domain_id, slug, slug_key, kind, link_id)
select k || id, 'd', k || id, k || id, k, id from links cross join unnest(array['primary', 'qr']) k`);
  await db.execute(sql`
insert into link_totals (link_id, workspace_id, clicks, visitors, hits, first_hit_at, is_busy)
values ('busy', 'ws', 9000, 9000, 9000, ${now.toISOString()}, true), ('quiet', 'ws', 9, 9, 9, ${now.toISOString()}, false)`);
});

afterAll(async () => {
  await database?.drop();
});

/** Every setting that is not what the connection began with. */
async function settingsOf(tx: Db) {
  const { rows } = await tx.execute(sql`
select name, setting from pg_settings where context in ('user', 'superuser') and name <> 'transaction_isolation' order by 1`);
  return rows;
}

describe('settings of Postgres', () => {
  it.each<[string, Subject, { dimension: 'country'; operator: 'is'; value: string }[]]>([
    ['a workspace', { kind: 'workspace', id: 'ws' }, []],
    ['a workspace, filtered', { kind: 'workspace', id: 'ws' }, [{ dimension: 'country', operator: 'is', value: 'DE' }]],
    ['a busy link', { kind: 'link', id: 'busy' }, []],
    ['a quiet link', { kind: 'link', id: 'quiet' }, []],
    ['a campaign of both', { kind: 'campaign', id: 'c' }, []],
    ['a tag of both', { kind: 'tag', id: 't' }, []],
    ['a domain', { kind: 'domain', id: 'd' }, []],
    ['a QR code', { kind: 'qr', id: 'qrquiet' }, []],
  ])('are after counting %s as they were before', async (_what, subject, filters) => {
    await db.transaction(async (tx) => {
      const before = await settingsOf(tx);
      const scope = await getScope(tx, 'ws', subject, { filters });
      await loadParts(tx, scope, period);
      expect(await settingsOf(tx)).toEqual(before);
      await loadSteps(tx, scope, [period]);
      await loadValues(tx, scope, period, ['class', 'country']);
      expect(await settingsOf(tx)).toEqual(before);
    });
  });

  it('hold while the work lasts, one inside another, and go when it fails', async () => {
    const read = async (tx: Db) => (await tx.execute(sql`select current_setting('work_mem') as work_mem`)).rows[0];
    await db.transaction(async (tx) => {
      await tx.execute(sql`set local work_mem = '5MB'`);
      await withSettings(tx, { work_mem: '48MB', enable_sort: 'off' }, async () => {
        expect(await read(tx)).toEqual({ work_mem: '48MB' });
        await withSettings(tx, { work_mem: '7MB' }, async () => expect(await read(tx)).toEqual({ work_mem: '7MB' }));
        expect(await read(tx)).toEqual({ work_mem: '48MB' });
      });
      expect(await read(tx)).toEqual({ work_mem: '5MB' });
      const failing = tx.transaction((inner) =>
        withSettings(inner, { work_mem: '9MB' }, async () => inner.execute(sql`select 1 / 0`)),
      );
      await expect(failing).rejects.toMatchObject({ cause: { code: '22012' } });
      expect(await read(tx)).toEqual({ work_mem: '5MB' });
    });
  });
});

describe('names of links', () => {
  it('are found by key whatever Postgres may not do, and none of another workspace', async () => {
    await db.transaction(async (tx) => {
      await tx.execute(sql`set local enable_sort = off`);
      const asked = [
        { dimension: 'link', value: 'quiet' },
        { dimension: 'link', value: 'nobody' },
        { dimension: 'qr', value: 'qrbusy' },
        { dimension: 'domain', value: 'd' },
      ] as const;
      expect(await nameLinks(tx, 'ws', asked)).toEqual({
        link: { quiet: 'd.test/primaryquiet', busy: 'd.test/primarybusy' },
        qr: { qrbusy: 'd.test/primarybusy (qrbusy)' },
        domain: { d: 'd.test' },
      });
      expect(await nameLinks(tx, 'other', asked)).toEqual({});
    });
  });
});
