import { setTimeout as sleep } from 'node:timers/promises';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { type Client, DatabaseError } from 'pg';
import { withConnection } from './connection.ts';
import { PostgresUnavailable } from './postgres-unavailable.ts';
import { rollupLockKey } from './locks.ts';
import {
  knownSchema,
  migrationsFolder,
  newestApplied,
  noteSupport,
  standingOf,
  standingSentences,
} from './schema-support.ts';

/** Any constant will do, as long as nothing else takes advisory locks of this number in our database. */
const migrationKey = 5_432_002;

/** How long a try waits for a lock: clicks wait behind it, and go to the spool meanwhile. */
const lockTimeoutMs = 2_000;

/** Pause after a try that got no lock, in which those who waited behind it have their turn. */
const pauseMs = 1_000;

/** SQLSTATE of a lock that did not come in time, and of a deadlock. */
const retried = new Set(['55P03', '40P01']);

export type MigrateOptions = {
  /** Hears, once a reason, why it takes long, or which care a newer database asks for. */
  onWait?: (sentence: string) => void;
  /** For how long a lock is tried for. */
  patienceMs?: number;
};

/**
 * Brings the database up to the newest migration, all in one transaction, with its bookkeeping as drizzle-kit writes it.
 * Every lock ends with the transaction, so that nothing stays behind on a pooled connection. Servers that start at the same
 * time take turns.
 * @param url postgres:// with credentials of a user who may create tables
 * @throws when the database cannot be reached or a migration fails; nothing is changed then.
 * @throws PostgresUnavailable when a lock does not come in time, or the database is too old or too new for this version
 */
export async function migrateDatabase(url: string, options: MigrateOptions = {}): Promise<void> {
  const { onWait = () => {}, patienceMs = 10 * 60_000 } = options;
  await withConnection(url, async (client) => {
    const giveUpAt = performance.now() + patienceMs;
    let told = '';
    const standing = await standingOf(client);
    const sentence = standingSentences[standing];
    if (sentence && standing !== 'allowed') throw new PostgresUnavailable(sentence);
    if (sentence) onWait(sentence);
    while ((await newestApplied(client)) < knownSchema) {
      try {
        return await apply(client);
      } catch (error) {
        await client.query('rollback');
        if (!(error instanceof DatabaseError && retried.has(error.code ?? ''))) throw error;
        const holder = await describeHolder(client);
        const reason = `The database cannot be brought up to date while something else uses its tables${holder}.`;
        if (performance.now() > giveUpAt) throw new PostgresUnavailable(`${reason} End it, and start again.`);
        if (told !== reason) onWait(`${reason} Trying again.`);
        told = reason;
        await sleep(pauseMs);
      }
    }
  });
}

async function apply(client: Client): Promise<void> {
  await client.query('begin');
  await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
  await client.query('set local statement_timeout = 0');
  await client.query('select pg_advisory_xact_lock($1)', [migrationKey]);
  // Before any table: a roll-up that is under way holds this lock and waits for tables.
  await client.query('select pg_advisory_xact_lock(hashtext($1))', [rollupLockKey]);
  // Asked first: CREATE SCHEMA wants a right on the database even where the schema is there.
  const { rowCount: isThere } = await client.query(`select 1 from pg_namespace where nspname = 'drizzle'`);
  if (!isThere) await client.query('create schema drizzle');
  await client.query(
    'create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
  );
  const newest = await newestApplied(client);
  for (const { sql, hash, folderMillis } of readMigrationFiles({ migrationsFolder }).filter(
    (file) => file.folderMillis > newest,
  )) {
    for (const statement of sql) await client.query(statement);
    await client.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
      hash,
      folderMillis,
    ]);
  }
  await noteSupport(client);
  await client.query('commit');
}

/** The process that has been in a transaction of this database for longest, as far as we may know. */
async function describeHolder(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string; pid: number; seconds: number }>(`
select application_name as name, pid, extract(epoch from now() - xact_start)::int as seconds
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and xact_start < now() - interval '1 second'
order by xact_start limit 1`);
  const [holder] = rows;
  if (!holder) return '';
  const name = holder.name === '' ? '' : ` "${holder.name}"`;
  return ` (the longest transaction is that of process ${holder.pid}${name} of Postgres)`;
}
