import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../setup/app.ts';
import { insertDomain } from '../setup/domains.ts';
import { rowsOf } from '../setup/hits.ts';
import { workspaceIdOf } from '../setup/membership.ts';
import { type CommandLine, openCommandLine } from './run.ts';

let waymark: TestApp;
let line: CommandLine;
let ada: Person;
let bea: Person;

beforeAll(async () => {
  waymark = await startTestApp();
  line = openCommandLine({ DATABASE_URL: waymark.databaseUrl });
  [ada, bea] = [await waymark.signUp('Ada'), await waymark.signUp('Bea')];
  for (const [person, slug] of [
    [ada, 'gone'],
    [bea, 'kept'],
  ] as const) {
    const form = { url: `https://example.com/${slug}`, slug, newTags: 'spring' };
    await person.ask(`/w/${person.workspace.slug}/links`, { form });
    await waymark.visit(`/${slug}`);
    await waymark.rollUp();
    await waymark.visit(`/${slug}`);
    const domain = `go.${slug}.test`;
    await insertDomain(waymark.db, await workspaceIdOf(waymark, person), domain);
    await person.ask(`/w/${person.workspace.slug}/links`, { form: { ...form, domain } });
  }
  await waymark.db.execute(sql`
insert into chart_notes (id, workspace_id, at, kind, text, moved) select 'note', id, now(), 'reclassified', 'Moved.', '{}' from workspaces where slug = ${ada.workspace.slug}`);
});

afterAll(async () => {
  line.close();
  await waymark.close();
});

/** Everything that names a workspace or a link of it, and the pseudonyms of its visitors. */
async function namesOf(person: Person): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    waymark.db,
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
    waymark.db,
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [{ rows } = { rows: 0 }] = await rowsOf<{ rows: number }>(
      waymark.db,
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
    await waymark.rollUp();
    await waymark.visit('/gone');
    const [gone, kept] = [await namesOf(ada), await namesOf(bea)];
    const before = await rowsThatName(kept);
    expect(Object.keys(await rowsThatName(gone))).toEqual(
      expect.arrayContaining([
        'click_counts_daily',
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
    await waymark.rollUp();
    expect(await rowsThatName(gone)).toEqual({});
    expect(await rowsThatName(kept)).toMatchObject(before);
  });

  it('ends its links at once, and others go on', async () => {
    expect((await waymark.visit('/gone')).status).toBe(404);
    expect((await waymark.visit('/kept')).status).toBe(302);
    expect((await line.run('workspace:delete', ada.workspace.slug, '--yes')).stderr).toContain('There is no workspace');
  });
});
