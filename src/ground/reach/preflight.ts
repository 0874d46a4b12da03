import type { Client } from 'pg';
import { hasCarriedSettings, wantedSettings } from '../db/client.ts';
import { oldestPostgres } from '../addresses/database-url.ts';
import { firstMigrations } from '../db/schema-support.ts';

/** A state of the database that Waymark cannot work with, or works less well with: a sentence with the way out. */
export type Finding = { isFatal: boolean; message: string };

type Facts = {
  version: number;
  encoding: string;
  schema: string | null;
  isStandby: boolean;
  isReadOnly: boolean;
  mayMakeSchemas: boolean;
  hasBookkeepingSchema: boolean;
  mayMakeTables: boolean | null;
  hasBookkeeping: boolean;
  foreignTable: string | null;
  database: string;
  role: string;
};

/** Settings whose wrong value costs speed or comfort only. */
const harmless = new Set([
  'jit',
  'plan_cache_mode',
  'row_security',
  'IntervalStyle',
  'bytea_output',
  'statement_timeout',
  'lock_timeout',
  'idle_session_timeout',
  'idle_in_transaction_session_timeout',
  'default_transaction_deferrable',
]);

const facts = `
select current_setting('server_version_num')::int / 10000 as version,
       pg_encoding_to_char(d.encoding) as encoding,
       current_schema() as schema,
       pg_is_in_recovery() as "isStandby",
       current_setting('transaction_read_only') = 'on' as "isReadOnly",
       has_database_privilege(d.oid, 'create') as "mayMakeSchemas",
       to_regnamespace('drizzle') is not null as "hasBookkeepingSchema",
       has_schema_privilege(to_regnamespace('public')::oid, 'create') as "mayMakeTables",
       to_regclass('drizzle.__drizzle_migrations') is not null as "hasBookkeeping",
       (select c.relname from pg_class c where c.relnamespace = to_regnamespace('public')
        and c.relname in ('users', 'sessions', 'accounts', 'workspaces', 'links', 'domains', 'clicks') limit 1) as "foreignTable",
       d.datname as database,
       current_user as role
from pg_database d where d.datname = current_database()`;

/**
 * Looks whether a database is one that Waymark can work with, and changes nothing.
 * @param client opened by the way that the server will use
 */
export async function inspectDatabase(client: Client, url: string): Promise<Finding[]> {
  const { rows } = await client.query<Facts>(facts);
  const [found] = rows;
  if (!found) return [];
  const findings = [...findUnfit(found), ...(await findWrongSettings(client, url, found))];
  if (found.hasBookkeeping && !(await isOurs(client))) {
    const message = `The database "${found.database}" belongs to another program that notes its migrations in the schema "drizzle". Give Waymark a database of its own.`;
    findings.push({ isFatal: true, message });
  }
  return findings;
}

/** Whether the notes on migrations are ours: a first one of ours is there, or none yet. */
async function isOurs(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean | null }>(
    'select bool_or(created_at = any ($1)) as ours from drizzle.__drizzle_migrations',
    [firstMigrations],
  );
  return rows[0]?.ours !== false;
}

function findUnfit(found: Facts): Finding[] {
  const { version, encoding, schema, database, role } = found;
  const findings: (string | false | null)[] = [
    version < oldestPostgres && `Postgres ${version} is too old: use ${oldestPostgres} or newer.`,
    encoding !== 'UTF8' &&
      encoding !== 'SQL_ASCII' &&
      `The database "${database}" has the encoding ${encoding}, which cannot hold every text. Make one with: create database ${database} encoding 'UTF8' template template0.`,
    found.isStandby
      ? 'This Postgres is a standby, which only reads. Name the primary, or a host that always leads to it.'
      : found.isReadOnly &&
        `The database only reads (default_transaction_read_only is on). Free its disk if it is full, then: alter database "${database}" reset default_transaction_read_only, or the same of the role "${role}".`,
    schema !== 'public' &&
      `Waymark keeps its tables in the schema public for now, and search_path leads to ${schema === null ? 'no schema' : `"${schema}"`}. Leave it out of the address, or: alter role "${role}" reset search_path. A database of its own keeps Waymark apart from others.`,
    !found.hasBookkeeping &&
      found.foreignTable !== null &&
      `The database "${database}" has a table "${found.foreignTable}" of another program. Give Waymark a database of its own.`,
    found.mayMakeTables === false &&
      `The role "${role}" may not make tables. Let it: grant create on schema public to "${role}", or make it the owner of the database.`,
    !found.mayMakeSchemas &&
      !found.hasBookkeepingSchema &&
      `The role "${role}" may not make the schema "drizzle", in which migrations are noted. Let it: grant create on database "${database}" to "${role}", or make it the owner of the database.`,
  ];
  const fatal = findings.flatMap((message) => (message ? [{ isFatal: true, message }] : []));
  // It keeps the bytes that it is given, and ours are UTF-8.
  const isBare = encoding === 'SQL_ASCII';
  return isBare ? [...fatal, { isFatal: false, message: bareSentence(database) }] : fatal;
}

const bareSentence = (database: string): string =>
  `The database "${database}" has no encoding (SQL_ASCII). It works, but a search tells É from é. Better is one that was made with encoding 'UTF8' template template0.`;

/** Behind a pooler that refuses our settings those of the database and the role count. */
async function findWrongSettings(client: Client, url: string, { database, role }: Facts): Promise<Finding[]> {
  const wanted = { ...wantedSettings, DateStyle: 'ISO, MDY', TimeZone: 'UTC', standard_conforming_strings: 'on' };
  const { rows } = await client.query<{ name: string; value: string; commit: string }>(
    `select name, current_setting(name) as value from pg_settings where lower(name) = any ($1)`,
    [Object.keys(wanted).map((name) => name.toLowerCase())],
  );
  const wrong = Object.entries(wanted).flatMap(([name, right]) => {
    const row = rows.find((other) => other.name.toLowerCase() === name.toLowerCase());
    return row && !isSame(name, row.value, right) ? [{ name, value: row.value, right }] : [];
  });
  const way = hasCarriedSettings(url) ? ', which the pooler lets nobody change' : '';
  return wrong
    .filter(({ name }) => !(name === 'jit' && hasCarriedSettings(url)))
    .map(({ name, value, right }) => ({
      isFatal: !harmless.has(name),
      message: `The database says ${name} = ${value}${way}; Waymark needs ${right}. Say: alter role "${role}" in database "${database}" set ${name} = '${right}'; then start again.`,
    }));
}

function isSame(name: string, value: string, right: string): boolean {
  if (name === 'extra_float_digits') return Number(value) >= 1; // since Postgres 12 all of these mean: exactly
  if (name === 'DateStyle') return value.startsWith('ISO');
  if (name === 'TimeZone') return ['UTC', 'Etc/UTC', 'GMT', 'Etc/UCT'].includes(value);
  return value === right;
}
