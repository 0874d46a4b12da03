import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { withConnection } from './connection.ts';

/** Where the migrations are; reached the same way from src/ and from dist/. */
export const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Any constant will do, as long as nothing else takes advisory locks of this number in our database. */
const migrationKey = 5_432_002;

/**
 * Brings the database up to the newest migration, all in one transaction. Servers that start at the same time take
 * turns: drizzle's migrator alone would fail on its own bookkeeping.
 * @param url postgres:// with credentials of a user who may create tables
 * @throws when the database cannot be reached or a migration fails; nothing is changed then
 */
export async function migrateDatabase(url: string): Promise<void> {
  // The lock ends with the connection.
  await withConnection(url, async (client) => {
    await client.query('select pg_advisory_lock($1)', [migrationKey]);
    await migrate(drizzle(client), { migrationsFolder });
  });
}
