import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rules } from '../../src/visitors/machines/classify.ts';
import { restateWorkspace } from '../../src/visitors/upkeep/recount.ts';
import { type OpenTestDatabase, openTestDatabase } from '../setup/database.ts';
import { insertBareWorkspace, rowsOf } from '../setup/hits.ts';
import { type CommandLine, openCommandLine } from './run.ts';

let database: OpenTestDatabase;
let commandLine: CommandLine;

beforeAll(async () => {
  database = await openTestDatabase();
  commandLine = openCommandLine({ DATABASE_URL: database.url });
  const workspaceId = await insertBareWorkspace(database.db);
  await database.db.execute(sql`insert into agent_shapes values (1, 'Googlebot/0', '2026-10-01')`);
  await database.db.execute(sql`
insert into clicks (id, clicked_at, link_id, slug_id, workspace_id, class, reason, rules_version, channel, agent_id, visitor_key,
                    is_first_on_link, is_first_in_workspace)
select n, '2026-10-12'::timestamptz + n * interval '1 hour', 'l', 's', ${workspaceId}, 'human', 'human:browser', 0, 'direct', 1, n, true, true
from generate_series(0, 9) n`);
  await restateWorkspace(database.db, workspaceId);
});

afterAll(async () => {
  commandLine.close();
  await database.drop();
});

describe('waymark reclassify', () => {
  it('says with --dry-run what would change', async () => {
    const answer = await commandLine.answer('reclassify', '--dry-run', '--since', '2026-10-12T03:00:00Z');
    expect(answer).toMatchObject({ rules: rules.version, isDryRun: true, moved: { 'human>crawler': 7 } });
    expect(await rowsOf(database.db, sql`select 1 from chart_notes`)).toEqual([]);
  });

  it('changes it, and has nothing to do the second time', async () => {
    const { code, stdout } = await commandLine.run('reclassify');
    expect(code).toBe(0);
    expect(stdout).toContain('Looked at 10 hits.');
    expect(stdout).toContain('10 moved from people to crawlers.');
    expect(await rowsOf(database.db, sql`select distinct class, reason from clicks`)).toEqual([
      { class: 'crawler', reason: 'crawler:googlebot' },
    ]);
    expect(await commandLine.answer('reclassify')).toMatchObject({ moved: {} });
  });

  it('refuses an instant that is none', async () => {
    const { code, stderr } = await commandLine.run('reclassify', '--since', 'yesterday');
    expect(code).toBe(1);
    expect(stderr).toContain('Use a day such as 2026-10-01');
  });
});
