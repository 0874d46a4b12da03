import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { executePrepared } from '../../ground/db/prepared.ts';
import { hasClicks } from '../../visitors/rollups/totals.ts';
import type { SetupFacts } from './steps.ts';

/** How far the first run of a workspace has come: one statement of look-ups by index, whatever the workspace holds. */
export async function findSetupFacts(db: Db, workspaceId: string): Promise<SetupFacts> {
  const [facts] = await executePrepared<SetupFacts>(
    db,
    'find-setup-facts',
    sql`
select
  (select state from domains where workspace_id = ${workspaceId} and state in ('live', 'waiting') order by state limit 1) as domain,
  exists (select 1 from members where workspace_id = ${workspaceId} offset 1)
    or exists (select 1 from invitations where workspace_id = ${workspaceId}) as "hasOthers",
  exists (select 1 from links where workspace_id = ${workspaceId} and deleted_at is null) as "hasLinks",
  ${hasClicks(workspaceId)} as "hasVisit",
  coalesce((select error is not null from mails where attempts > 0 order by id desc limit 1), false) as "isMailRefused"`,
  );
  if (!facts) throw new Error('There is no answer about the first run.');
  return facts;
}
