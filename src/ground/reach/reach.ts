import { withConnection } from '../db/connection.ts';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';
import { outageOf, describeUrl } from './outage.ts';
import { inspectDatabase } from './preflight.ts';
import { tryWay, type Way } from './pooler.ts';

/** The addresses of the database, as the settings name them or as they were found to work. */
export type Addresses = {
  url: string;
  /** Leads to a connection that stays the same for as long as it is open; `url` where nothing else is known. */
  directUrl: string;
};

export const deafSentence =
  'announcements do not arrive: DATABASE_URL leads through a pooler in transaction mode; set DATABASE_DIRECT_URL';

/**
 * Looks how the addresses lead to the database, and whether it is one that we can work with.
 * @param onWarning told what works, and could be better
 * @returns the addresses to use
 * @throws PostgresUnavailable with a sentence, where it cannot be used
 */
export async function reachDatabase(given: Addresses, onWarning: (sentence: string) => void): Promise<Addresses> {
  const { url, pooler } = await reach(given.url, 'DATABASE_URL', (way) => problemOfWay(way));
  const hasOwnWay = given.directUrl !== given.url;
  if (!hasOwnWay && pooler === 'transaction') onWarning(transactionWarning);
  const directUrl = hasOwnWay
    ? (
        await reach(given.directUrl, 'DATABASE_DIRECT_URL', (way) =>
          way.pooler === 'transaction' ? pooledDirectUrl : undefined,
        )
      ).url
    : url;
  for (const address of new Set([url, directUrl])) {
    const findings = await withConnection(address, (client) => inspectDatabase(client, address));
    const fatal = findings.find(({ isFatal }) => isFatal);
    if (fatal) throw new PostgresUnavailable(fatal.message);
    for (const { message } of findings) onWarning(message);
  }
  return { url, directUrl };
}

async function reach(url: string, name: string, problemOf: (way: Way) => string | undefined): Promise<Way> {
  const way = await tryWay(url).catch((error: unknown) => {
    throw asUnavailable(error, url, name);
  });
  const problem = problemOf(way);
  if (problem !== undefined) throw new PostgresUnavailable(problem);
  return way;
}

/** The sentence for people where the database is at fault; other errors as they are. */
export function asUnavailable(error: unknown, url: string, name = 'DATABASE_URL'): unknown {
  const reason = outageOf(error);
  if (reason === undefined) return error;
  return new PostgresUnavailable(`The database at ${describeUrl(url)} cannot be used: ${reason}. Look at ${name}.`, {
    cause: error,
  });
}

/** For DATABASE_URL. */
export function problemOfWay({ pooler, keepsPrepared }: Way): string | undefined {
  if (pooler !== 'transaction' || keepsPrepared) return undefined;
  return 'DATABASE_URL leads through a pooler in transaction mode that loses prepared statements. Use PgBouncer 1.21 or newer with max_prepared_statements, or pool_mode = session, or name Postgres itself.';
}

const transactionWarning =
  'DATABASE_URL leads through a pooler in transaction mode. Set DATABASE_DIRECT_URL to an address of Postgres itself: without it changes of links are obeyed seconds later.';

export const pooledDirectUrl =
  'DATABASE_DIRECT_URL leads through a pooler in transaction mode. Name Postgres itself, or a pool in session mode.';
