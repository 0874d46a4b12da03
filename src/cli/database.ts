import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { type Database, openDatabase } from '../db/db.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { CommandRefused } from './command.ts';

/** Codes of Node and Postgres (SQLSTATE) for a database that nobody can use, and what they mean. */
const outages: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it hung up',
  EAI_AGAIN: 'its name cannot be looked up now',
  ENOTFOUND: 'there is no host of this name',
  EHOSTUNREACH: 'there is no way to that host',
  ETIMEDOUT: 'it does not answer',
  '28000': 'it does not let this user in',
  '28P01': 'it refuses the password',
  '3D000': 'it has no database of this name',
  '42501': 'this user may not do that',
  '53300': 'it has no connection to spare',
  '57P03': 'it is starting or stopping',
};

/**
 * Lends the database of the settings, or the embedded one: a running server's, or started now and stopped afterwards.
 * Everything is closed at the end, also on Ctrl-C.
 * @throws CommandRefused when the database cannot be reached, PostgresUnavailable when the embedded one cannot run
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
    const url = config.databaseUrl ?? embedded?.url ?? '';
    return await use(url).catch(async (error: unknown) => {
      await leaving; // then it is our own doing, and nobody needs to hear of it
      throw asRefusal(error, url);
    });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await embedded?.stop();
  }
}

/** Reads the settings and lends the database, migrated and open, to a command. @throws as `withDatabaseUrl` does */
export async function withDatabase<T>(use: (database: Database, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig();
  return withDatabaseUrl(config, async (url) => {
    await migrateDatabase(url);
    const database = openDatabase(url, () => {}, 2); // a broken idle connection is replaced or reported by its next query
    try {
      return await use(database, config);
    } finally {
      await database.close();
    }
  });
}

/** Where a database is, without the credentials to it. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

function asRefusal(error: unknown, url: string): unknown {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isSilence = cause instanceof Error && /timeout/i.test(cause.message);
  const reason = outages[code] ?? (isSilence ? outages.ETIMEDOUT : undefined);
  if (reason === undefined) return error;
  return new CommandRefused(`The database at ${placeOf(url)} cannot be used: ${reason}. Look at DATABASE_URL.`);
}
