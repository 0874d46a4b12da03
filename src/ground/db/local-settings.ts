import { sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { executePrepared } from './prepared.ts';

/**
 * Runs statements of a transaction with other settings of Postgres, and puts back those that were there: a setting that
 * stayed would decide how every later statement of the transaction is planned.
 * @param settings by name: `{ enable_sort: 'off' }`
 */
export async function withSettings<Result>(
  tx: Db,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const names = sql.param(Object.keys(settings));
  const before = await executePrepared<{ name: string; value: string }>(
    tx,
    'change-settings',
    sql`
with before as materialized (
  select name, value, current_setting(name) as was
  from unnest(${names}::text[], ${sql.param(Object.values(settings))}::text[]) s (name, value)
)
select name, was as value, set_config(name, value, true) from before`,
  );
  // A failure needs nothing put back: the transaction is over, or goes back to where it was before this.
  const result = await work();
  await executePrepared(
    tx,
    'restore-settings',
    sql`
select set_config(name, value, true)
from unnest(${sql.param(before.map(({ name }) => name))}::text[], ${sql.param(before.map(({ value }) => value))}::text[])
  s (name, value)`,
  );
  return result;
}
