import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { z } from 'zod';

/** Folder of the migrations; reached the same way from src/ and from dist/. */
export const migrationsFolder = fileURLToPath(new URL('../../../migrations', import.meta.url));

/**
 * The oldest version that may still use the newest schema, by the newest migration that it knows. A migration that takes
 * something away, or wants something of who writes, names itself here. One that only adds leaves this line as it is.
 */
const oldestProgramTag = '0000_waymark';

const journal = z
  .object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) })
  .parse(JSON.parse(readFileSync(join(migrationsFolder, 'meta/_journal.json'), 'utf8'))).entries;

/** The newest schema that this version knows: when its last migration was made, in milliseconds since 1970. */
export const knownSchema = journal.at(-1)?.when ?? 0;

/** Time of the first migration, which is the state that versions with many migrations left behind. */
const firstSchema = journal[0]?.when ?? 0;

/** One of these is in the bookkeeping of each database of Waymark: the first migration now, and that of versions before it. */
export const firstMigrations: readonly number[] = [firstSchema, 1_795_375_309_676];

const oldestProgram = journal.find(({ tag }) => tag === oldestProgramTag)?.when ?? knownSchema;

/** When the newest migration was made that the database has, in milliseconds since 1970; 0 for an empty one. */
export async function newestApplied(client: Client): Promise<number> {
  const { rows } = await client.query<{ journal: string | null }>(
    `select to_regclass('drizzle.__drizzle_migrations') as journal`,
  );
  if (!rows[0]?.journal) return 0;
  const applied = await client.query<{ newest: string | null }>(
    'select max(created_at) as newest from drizzle.__drizzle_migrations',
  );
  return Number(applied.rows[0]?.newest ?? 0);
}

/** Says in the database which versions may use it as this one leaves it; in the transaction that migrates. */
export async function noteSupport(client: Client): Promise<void> {
  await client.query('delete from schema_support');
  await client.query('insert into schema_support (schema, oldest_program) values ($1, $2)', [
    knownSchema,
    oldestProgram,
  ]);
}

/**
 * `too old`: the steps from there to the first migration of this version are gone. `allowed`: a newer version was here, and
 * left the database so that this one may use it.
 */
export type SchemaStanding = 'too old' | 'older' | 'ours' | 'allowed' | 'too new';

/** How the database stands to this version. */
export async function standingOf(client: Client): Promise<SchemaStanding> {
  const newest = await newestApplied(client);
  if (newest > 0 && newest < firstSchema) return 'too old';
  if (newest <= knownSchema) return newest === knownSchema ? 'ours' : 'older';
  const { rows } = await client.query<{ isThere: boolean }>(
    `select to_regclass('schema_support') is not null as "isThere"`,
  );
  if (!rows[0]?.isThere) return 'too new';
  const { rowCount } = await client.query('select 1 from schema_support where schema = $1 and oldest_program <= $2', [
    newest,
    knownSchema,
  ]);
  return rowCount ? 'allowed' : 'too new';
}

/** A sentence for people about a standing that wants one. */
export const standingSentences: Partial<Record<SchemaStanding, string>> = {
  'too old':
    'This database was last used by a version of Waymark that is too old for an update in one step. Start commit c74ab68 of Waymark on it once, then this version.',
  'too new':
    'This version of Waymark is older than its database, which a newer version has brought up to date. Install the newer version, or restore the backup from before the update.',
  allowed:
    'A newer version of Waymark has brought the database up to date. This one may use it, and leaves counting ahead to the newer one: reports are right, and slower while no newer one runs.',
};
