import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { connect } from '../db/connection.ts';

declare module 'pg' {
  // There, but missing in @types/pg: whether an open connection keeps the process running.
  interface Client {
    ref(): void;
    unref(): void;
  }
}

/** Any constant will do, as long as nothing else takes advisory locks of this number in the database `postgres`. */
export const leaseKey = 5_432_001;

/** Marks the server as in use until it is returned. */
export type Lease = Readonly<{ return(): Promise<void> }>;

/**
 * Takes a share in the server: a connection that holds a shared advisory lock, which also a kill -9 gives back.
 * When the connection breaks (Postgres cuts all of them after one of its processes crashed), it is made anew.
 * @param url of the database `postgres`, the same one for everybody, since advisory locks belong to a database
 * @param revive starts a server that is gone again; it may fail, and is asked once more then
 * @throws when the server does not answer, or is being stopped by its last user
 */
export async function takeLease(url: string, revive?: () => Promise<void>): Promise<Lease> {
  const over = new AbortController();
  let retaking = Promise.resolve();
  let client = await share();

  async function share(): Promise<Client> {
    const connection = await connect(url);
    try {
      await connection.query('select pg_advisory_lock_shared($1)', [leaseKey]);
      // The last user's connection is cut with the rest when it stops the server, and its lock then goes to those who
      // wait. Such a server takes no new connections.
      await (await connect(url)).end();
    } catch (error) {
      await connection.end();
      throw error;
    }
    connection.once('end', () => {
      retaking = retake();
    });
    connection.unref(); // holding a lease is no reason to keep running
    return connection;
  }

  async function retake(): Promise<void> {
    while (!over.signal.aborted) {
      try {
        client = await share();
        return;
      } catch {
        await sleep(500, undefined, { ref: false, signal: over.signal }).catch(() => {});
        if (!over.signal.aborted) await revive?.().catch(() => {});
      }
    }
  }

  return {
    async return() {
      over.abort();
      // A share that is being taken, or a server that is being started, must not stay behind.
      await retaking;
      client.ref();
      await client.end();
    },
  };
}

/**
 * Calls `stop` unless somebody else has a lease. While it runs nobody can take one. Of several users that leave at
 * the same time the last one gets here with nobody left, so the server never stays behind.
 * A server that cuts us off is dead, or stopped by someone else already.
 */
export async function stopIfLast(url: string, stop: () => Promise<void>): Promise<void> {
  const client = await connect(url).catch(() => undefined);
  if (!client) return;
  try {
    if (await isAlone(client)) await stop();
  } finally {
    await client.end();
  }
}

async function isAlone(client: Client): Promise<boolean> {
  try {
    const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [leaseKey]);
    return rows[0]?.alone === true;
  } catch {
    return false;
  }
}
