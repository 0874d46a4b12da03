import { sqlState } from '../db/pg-errors.ts';
import { withConnection } from '../db/connection.ts';
import { PostgresUnavailable } from '../db/postgres-unavailable.ts';

/** For each process: the listener, the recorder, one that looks links up for visitors, and two for all else. */
const fewestConnections = 5;

/** For each process where nothing else is said and Postgres gives so many. */
export const usualConnections = 16;

/** How many connections Postgres gives whoever logs in so, and what bounds them. */
export type Available = { count: number; limitedBy: string };

/** Connections of one process by what they are for; the listener and the recorder have one each besides. */
export type ConnectionShare = { lookups: number; general: number };

/** Visitors' needs come first; the rest share what is left. @param connections of a process, five at least */
export function divideConnections(connections: number): ConnectionShare {
  const lookups = Math.min(3, Math.max(1, Math.floor((connections - 2) / 4)));
  // One is left for what is rare: migrations at the start, and clicks of days that are over.
  const spare = connections > fewestConnections ? 1 : 0;
  return { lookups, general: connections - 2 - lookups - spare };
}

/**
 * How many connections each process may hold.
 * @param asked DATABASE_CONNECTIONS; null for what is usual, or fewer where Postgres gives fewer
 * @throws PostgresUnavailable with how many it needs and how many it can have
 */
export function connectionsOf(available: Available, processes: number, asked: number | null): number {
  const share = Math.floor(available.count / processes);
  const needed = asked ?? fewestConnections;
  if (share >= needed) return asked ?? Math.min(usualConnections, share);
  const ofEach = processes > 1 ? ` (${needed} for each of ${processes} processes)` : '';
  const wayOut =
    share >= fewestConnections
      ? `set DATABASE_CONNECTIONS to ${share} or less, or raise that limit`
      : `raise that limit${processes > 1 ? ', or lower WEB_CONCURRENCY' : ''}`;
  throw new PostgresUnavailable(
    `It needs ${needed * processes} connections to Postgres${ofEach}, and ${available.limitedBy}: ${wayOut}.`,
  );
}

/**
 * Asks Postgres how many connections it gives whoever logs in with this address.
 * @throws PostgresUnavailable when all of them are taken
 */
export async function readAvailable(url: string): Promise<Available> {
  try {
    return await withConnection(url, async (client) => {
      const { rows } = await client.query<Limits>(limits);
      const [row] = rows;
      if (!row) return { count: 0, limitedBy: 'it does not say how many it gives' };
      return leastOf(row);
    });
  } catch (error) {
    if (sqlState(error) !== '53300') throw error;
    const reason = error instanceof Error ? error.message : '';
    throw new PostgresUnavailable(
      `It needs ${fewestConnections} connections to Postgres for each process, and none is to spare now (${reason}): end other programs that hold some, or raise the limit.`,
    );
  }
}

type Limits = { role: string; database: string; server: number; ofRole: number; ofDatabase: number };

/** A limit of -1 is none. Superusers have none but the server's, whose last connections are theirs. */
const limits = `
select r.rolname as role, d.datname as database,
       current_setting('max_connections')::int - case when r.rolsuper then 0 else
         current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0)
       end as server,
       case when r.rolsuper then -1 else r.rolconnlimit end as "ofRole",
       case when r.rolsuper then -1 else d.datconnlimit end as "ofDatabase"
from pg_roles r, pg_database d
where r.rolname = session_user and d.datname = current_database()`;

function leastOf({ role, database, server, ofRole, ofDatabase }: Limits): Available {
  const all = [
    { count: server, limitedBy: `the server gives ${server} (max_connections less those that it keeps for itself)` },
    { count: ofRole, limitedBy: `the role "${role}" may have ${ofRole}` },
    { count: ofDatabase, limitedBy: `the database "${database}" takes ${ofDatabase}` },
  ];
  return all.filter(({ count }) => count >= 0).reduce((least, each) => (each.count < least.count ? each : least));
}
