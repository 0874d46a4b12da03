import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { announce, telling } from '../db/notify.ts';
import type { Actor } from './actor.ts';
import { changedFields, type Happened } from './happened.ts';

/**
 * Writes one event for each thing that happened. The same statement tells every node what its caches must forget. Both
 * commit with the change. Every mutation calls it once.
 * A thing of which no field changed makes no event; its announcements go out all the same.
 * @param tx the transaction of the change
 * @param workspaceId null for what belongs to no workspace, such as an account
 */
export async function record(tx: Db, by: Actor, workspaceId: string | null, ...happened: Happened[]): Promise<void> {
  const tells = happened.flatMap((each) => each.tells ?? []);
  const events = happened.flatMap(({ what, target, ...fields }) => {
    const { before, after } = changedFields(fields.before, fields.after);
    const isUnchanged = before && after && Object.keys(after).length === 0;
    return isUnchanged ? [] : [{ what, target_id: target.id, target_name: target.name, before, after }];
  });
  if (events.length === 0) {
    if (tells.length > 0) await announce(tx, ...tells);
    return;
  }
  await tx.execute(sql`
with recorded as (
  insert into events (workspace_id, what, target_id, target_name, before, after,
    actor_kind, actor_id, actor_name, via, network, request_id)
  select ${workspaceId}::text, what, target_id, target_name, before, after,
    ${by.kind}, ${by.id}::text, ${by.name}, ${by.via}, ${by.network}::text, ${by.requestId}::text
  from jsonb_to_recordset(${jsonOf(events)}::jsonb)
    as e (what text, target_id text, target_name text, before jsonb, after jsonb)
)
${telling(tells)}`);
}

/** Half a character of UTF-16 can stand in JSON, and Postgres refuses it there. */
const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_name, each: unknown) =>
    typeof each === 'string' ? each.replace(/\p{Cs}/gu, '\ufffd') : each,
  );
