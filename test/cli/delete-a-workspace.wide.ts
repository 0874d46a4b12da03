import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restateWorkspace } from '../../src/visitors/upkeep/recount.ts';
import { deleteContents, endWorkspace } from '../../src/people/workspaces/deletion.ts';
import { deleteHits } from '../../src/visitors/upkeep/removal.ts';
import { byTest } from '../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../setup/app.ts';
import { insertDomain } from '../setup/domains.ts';
import { rowsOf } from '../setup/hits.ts';
import { type CommandLine, openCommandLine } from './run.ts';

let app: TestApp;
let line: CommandLine;
let ada: Person;
let bea: Person;

beforeAll(async () => {
  app = await startTestApp();
  line = openCommandLine({ DATABASE_URL: app.databaseUrl });
  [ada, bea] = [await app.signUp('Ada'), await app.signUp('Bea')];
  for (const [person, slug] of [
    [ada, 'gone'],
    [bea, 'kept'],
  ] as const) {
    const form = { url: `https://example.com/${slug}`, slug, newTags: 'spring' };
    await person.ask(`/w/${person.workspace.slug}/links`, { form });
    await app.visit(`/${slug}`);
    await app.rollUp();
    await app.visit(`/${slug}`);
    const domain = `go.${slug}.test`;
    await insertDomain(app.db, person.workspace.id, domain);
    await person.ask(`/w/${person.workspace.slug}/links`, { form: { ...form, domain } });
  }
  await app.db.execute(sql`
insert into chart_notes (id, workspace_id, at, kind, text, moved) select 'note', id, now(), 'reclassified', 'Moved.', '{}' from workspaces where slug = ${ada.workspace.slug}`);
});

afterAll(async () => {
  line.close();
  await app.close();
});

/** Everything that names a workspace or a link of it, and the pseudonyms of its visitors. */
async function namesOf(person: Person): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    app.db,
    sql`
with w as (select id from workspaces where slug = ${person.workspace.slug})
select id as name from w
union select id from links where workspace_id in (select id from w)
union select visitor_key::text from clicks where workspace_id in (select id from w)`,
  );
  return rows.map(({ name }) => name);
}

/** How many rows of each table name one of these. */
async function rowsThatName(names: string[]): Promise<Record<string, number>> {
  const tables = await rowsOf<{ name: string }>(
    app.db,
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [{ rows } = { rows: 0 }] = await rowsOf<{ rows: number }>(
      app.db,
      sql`select count(*)::int as rows from ${sql.identifier(name)} t where t::text ~ ${names.join('|')}`,
    );
    if (rows > 0) found[name] = rows;
  }
  return found;
}

describe('waymark workspace:delete', () => {
  it('says first what it would delete, and deletes nothing', async () => {
    const before = await rowsThatName(await namesOf(ada));
    const dry = await line.answer('workspace:delete', ada.workspace.slug, '--dry-run');
    expect(dry).toMatchObject({ slug: ada.workspace.slug, members: 1, links: 2, isDryRun: true });
    const { code, stdout, stderr } = await line.run('workspace:delete', ada.workspace.slug);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('of 1 member, with 2 links, the domains go.gone.test and');
    expect(stderr).toContain('Say --yes to do it; nothing was changed.');
    expect(await rowsThatName(await namesOf(ada))).toEqual(before);
  });

  it('leaves nothing of it in any table, and nothing else is touched', async () => {
    await app.rollUp();
    await app.visit('/gone');
    const [gone, kept] = [await namesOf(ada), await namesOf(bea)];
    const before = await rowsThatName(kept);
    expect(Object.keys(await rowsThatName(gone))).toEqual(
      expect.arrayContaining([
        'click_counts_monthly',
        'click_totals_hourly',
        'link_totals',
        'visitors_seen',
        'domains',
        'links',
        'slugs',
        'members',
        'chart_notes',
      ]),
    );
    const { code, stdout } = await line.run('workspace:delete', ada.workspace.slug, '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`Deleted: the workspace "Ada's team"`);
    await app.rollUp();
    // But that it was deleted.
    expect(Object.keys(await rowsThatName(gone)).filter((name) => !name.startsWith('events'))).toEqual([]);
    expect(
      await rowsOf(
        app.db,
        sql`select what, actor_name as by from events where workspace_id is null and target_name = ${"Ada's team"} order by id`,
      ),
    ).toEqual([
      { what: 'workspace.deleted', by: 'workspace:delete' },
      { what: 'workspace.erased', by: 'workspace:delete' },
    ]);
    expect(await rowsThatName(kept)).toMatchObject(before);
  });

  it('ends its links at once, and others go on', async () => {
    await expect.poll(async () => (await app.visit('/gone')).status).toBe(404);
    expect((await app.visit('/kept')).status).toBe(302);
    expect((await line.run('workspace:delete', ada.workspace.slug, '--yes')).stderr).toContain('There is no workspace');
  });
});

describe('a large workspace', () => {
  let cleo: Person;
  let workspaceId: string;
  const domain = 'go.large.test';
  const hits = 12_000;

  beforeAll(async () => {
    cleo = await app.signUp('Cleo');
    workspaceId = cleo.workspace.id;
    await insertDomain(app.db, workspaceId, domain);
    const form = { url: 'https://example.com/large', title: 'large' };
    await cleo.ask(`/w/${cleo.workspace.slug}/links`, { form: { ...form, slug: 'large' } });
    await cleo.ask(`/w/${cleo.workspace.slug}/links`, { form: { ...form, slug: 'own', domain } });
    await app.visit('/large');
    // More than a step of either, of some months.
    await app.db.execute(sql`
insert into links (id, workspace_id, url) select 'large' || n, ${workspaceId}, 'https://example.com/' || n from generate_series(1, 700) n`);
    await app.db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, visitor_key, is_first_on_link, is_first_in_workspace)
select n, now() - n * interval '10 minutes', 'large' || 1 + n % 700, 'slug', ${workspaceId}, 'human', 'reason', 1, 'direct', -1000000000 - n, true, true
from generate_series(1, ${hits}::int) n`);
    await app.db.execute(sql`
insert into visitors_seen (visitor_key, link_id, day) select visitor_key, link_id, current_date from clicks where visitor_key between -1000000020 and -1000000001`);
    await restateWorkspace(app.db, workspaceId);
    await app.visit('/large');
  });

  it('is gone for its visitors and its people before its rows are', async () => {
    await endWorkspace(app.db, workspaceId, byTest);
    await expect.poll(async () => (await app.visit('/large')).status).toBe(410);
    await expect.poll(async () => (await app.visit('/own', { host: domain })).status).toBe(404);
    expect((await cleo.ask(`/w/${cleo.workspace.slug}/links`)).status).toBe(404);
    expect(Object.keys(await rowsThatName([workspaceId]))).toEqual(expect.arrayContaining(['clicks', 'links']));
    expect((await app.visit('/kept')).status).toBe(302);
  });

  it('goes in steps without the lock of the rollups, and after an interruption the rest goes', async () => {
    const interrupted = deleteContents(app.db, workspaceId, byTest, ({ deleted }) => {
      expect(deleted).toBeLessThanOrEqual(10_000);
      throw new Error('killed');
    });
    await expect(interrupted).rejects.toThrow('killed');
    const left = await rowsOf(app.db, sql`select id from clicks where workspace_id = ${workspaceId}`);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(hits);
    expect((await line.run('workspace:delete', cleo.workspace.slug)).stderr).toContain('Its deletion was begun.');

    const steps: string[] = [];
    const locks: Promise<unknown[]>[] = [];
    await deleteContents(app.db, workspaceId, byTest, ({ what }) => {
      steps.push(what);
      locks.push(
        rowsOf(
          app.db,
          sql`select from pg_locks where locktype = 'advisory' and pid = any(
          select pid from pg_stat_activity where query like 'delete from%')`,
        ),
      );
    });
    expect(steps.filter((what) => what === 'links').length).toBe(2);
    expect((await Promise.all(locks)).flat()).toEqual([]);
    await deleteHits(app.db, workspaceId);
    expect(
      Object.keys(await rowsThatName([workspaceId, 'large\\d+'])).filter((name) => !name.startsWith('events')),
    ).toEqual([]);
    expect(await rowsOf(app.db, sql`select from events where workspace_id = ${workspaceId}`)).toEqual([]);
    expect(await rowsOf(app.db, sql`select 1 from visitors_seen where visitor_key < 0`)).toEqual([]);
    await expect.poll(async () => (await app.visit('/large')).status).toBe(404);
  });

  it('is gone from each table that names a workspace, a link or a scope', async () => {
    const { id: adas } = (
      await rowsOf<{ id: string }>(
        app.db,
        sql`select distinct workspace_id as id from clicks
      where workspace_id not in (select id from workspaces)`,
      )
    )[0] ?? { id: '' };
    // Hits on links that a busy node still had in memory.
    await deleteHits(app.db, adas);
    const columns = await rowsOf<{ table: string; column: string }>(
      app.db,
      sql`
select c.table_name as table, c.column_name as column
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
  and c.column_name in ('workspace_id', 'link_id', 'scope_id', 'slug_id', 'domain_id', 'tag_id', 'campaign_id')`,
    );
    expect(columns.length).toBeGreaterThan(25);
    // What is not there any more is named by nothing.
    for (const { table, column } of columns) {
      const target = { scope_id: 'scopes', slug_id: 'slugs' }[column] ?? `${column.slice(0, -3)}s`;
      const known =
        target === 'scopes'
          ? sql`select id from links union all select id from workspaces
            union all select id from tags union all select id from campaigns
            union all select w.id || ':' || d.id from workspaces w cross join domains d`
          : sql`select id from ${sql.identifier(target)}`;
      const strays = await rowsOf(
        app.db,
        sql`select t.* from ${sql.identifier(table)} t where t.${sql.identifier(column)} not in (${known}) and t.${sql.identifier(column)} <> ''`,
      );
      expect(strays, `${table}.${column}`).toEqual([]);
    }
  });
});
