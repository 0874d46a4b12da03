import { readMigrationFiles } from 'drizzle-orm/migrator';
import { withConnection } from '../ground/db/connection.ts';
import { migrationsFolder, newestApplied } from '../ground/db/schema-support.ts';

/** How many migrations this version has, and how many of them the database still lacks. Changes nothing. */
export async function readMigrations(url: string): Promise<{ known: number; pending: number }> {
  const files = readMigrationFiles({ migrationsFolder });
  const newest = await withConnection(url, newestApplied);
  return { known: files.length, pending: files.filter((file) => file.folderMillis > newest).length };
}
