import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { type Database, openDatabase } from '../ground/db/db.ts';
import { startEmbeddedPostgres } from '../ground/embedded/embedded.ts';
import { migrateDatabase } from '../ground/db/migrate.ts';
import { asUnavailable, reachDatabase } from '../ground/reach/reach.ts';

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

/**
 * Lends the database of the settings, past a pooler where these say how, or the embedded one: a running server's, or
 * started now and stopped afterwards. Everything is closed at the end, also on Ctrl-C.
 * @throws PostgresUnavailable with a sentence when the database cannot be used
 */
export async function withDatabaseUrl<T>(config: Config, use: (url: string) => Promise<T>): Promise<T> {
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ directory: join(config.dataDir, 'postgres') });
  let leaving: Promise<void> | undefined;
  const stop = (signal: NodeJS.Signals) => {
    leaving = (embedded?.stop() ?? Promise.resolve()).finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const url = config.databaseDirectUrl ?? config.databaseUrl ?? embedded?.url ?? '';
    return await use(url).catch(async (error: unknown) => {
      await leaving; // then it is our own doing, and nobody needs to hear of it
      throw asUnavailable(error, url, config.databaseDirectUrl === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL');
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await embedded?.stop();
  }
}

/** Reads the settings and lends the database, migrated and open, to a command. @throws as `withDatabaseUrl` does */
export async function withDatabase<T>(use: (database: Database, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig();
  return withDatabaseUrl(config, async (given) => {
    // Commands keep tables of their own on a connection.
    const { url } = await reachDatabase({ url: given, directUrl: given }, say);
    await migrateDatabase(url, { onWait: say });
    const database = openDatabase(url, () => {}, 2); // a broken idle connection is replaced or reported by its next query
    try {
      return await use(database, config);
    } finally {
      await database.close();
    }
  });
}
