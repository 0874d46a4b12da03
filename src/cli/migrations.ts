import { readMigrationFiles } from 'drizzle-orm/migrator';
import { withConnection } from '../db/connection.ts';
import { migrationsFolder } from '../db/migrate.ts';

/** How many migrations this version has, and how many of them the database still lacks. Changes nothing. */
export async function readMigrations(url: string): Promise<{ known: number; pending: number }> {
  const files = readMigrationFiles({ migrationsFolder });
  const newest = await newestApplied(url);
  return { known: files.length, pending: files.filter((file) => file.folderMillis > newest).length };
}

/** The age of the newest migration as drizzle notes it: milliseconds since 1970, 0 for an empty database. */
async function newestApplied(url: string): Promise<number> {
  return withConnection(url, async (client) => {
    const { rows } = await client.query<{ journal: string | null }>(
      `select to_regclass('drizzle.__drizzle_migrations') as journal`,
    );
    if (!rows[0]?.journal) return 0;
    const applied = await client.query<{ newest: string | null }>(
      'select max(created_at) as newest from drizzle.__drizzle_migrations',
    );
    return Number(applied.rows[0]?.newest ?? 0);
  });
}
