import { randomBytes } from 'node:crypto';
import { type Client, DatabaseError } from 'pg';
import { withCarriedSettings } from '../db/client.ts';
import { connect } from '../db/connection.ts';

/** How a URL leads to Postgres. */
export type Way = {
  /** The URL, marked where a pooler refuses most settings. */
  url: string;
  /** `transaction`: each transaction may come to another connection of the server. */
  pooler: 'none' | 'session' | 'transaction';
  /** False: a pooler in transaction mode that loses prepared statements, as PgBouncer before 1.21 does. */
  keepsPrepared: boolean;
};

/** Codes with which poolers refuse what the first message asks for: protocol violation, feature not supported. */
const refusals = new Set(['08P01', '0A000']);

/** How often a pooler is asked to give another connection than the one before. */
const tries = 5;

/**
 * Tries how a URL leads to Postgres. Nothing stays behind on a connection that a pooler shares.
 * @throws as `connect`
 */
export async function tryWay(given: string): Promise<Way> {
  const { client, url } = await meet(given);
  try {
    if (!(await isPooled(client))) return { url, pooler: 'none', keepsPrepared: true };
    if (!(await changesConnections(client, url))) return { url, pooler: 'session', keepsPrepared: true };
    return { url, pooler: 'transaction', keepsPrepared: await keepsPrepared(client) };
  } finally {
    await client.end();
  }
}

async function meet(url: string): Promise<{ client: Client; url: string }> {
  try {
    return { client: await connect(url), url };
  } catch (error) {
    if (!(error instanceof DatabaseError && refusals.has(error.code ?? ''))) throw error;
    const carried = withCarriedSettings(url);
    return { client: await connect(carried), url: carried };
  }
}

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** A pooler answers for the server, and makes up the number of its process. */
async function isPooled(client: Client): Promise<boolean> {
  return (await backendOf(client)) !== (client as unknown as { processID: number }).processID;
}

/** Whether another client can take the server's connection away between two transactions; true is a proof. */
async function changesConnections(client: Client, url: string): Promise<boolean> {
  for (let count = 0; count < tries; count++) {
    const before = await backendOf(client);
    const other = await connect(url);
    try {
      await other.query('begin');
      // The same connection: it was taken from us. Another one: it would be ours if we asked for it again.
      if ((await backendOf(other)) === before || (await backendOf(client)) !== before) return true;
    } finally {
      await other.end();
    }
  }
  return false;
}

/** A pooler that keeps prepared statements gives them names of its own; one that does not lets our name through. */
async function keepsPrepared(client: Client): Promise<boolean> {
  const name = `waymark_probe_${randomBytes(6).toString('hex')}`;
  await client.query('begin');
  try {
    await client.query({ name, text: 'select 1' });
    const { rowCount } = await client.query('select 1 from pg_prepared_statements where name = $1', [name]);
    if (rowCount === 0) return true;
    await client.query(`deallocate ${name}`);
    return false;
  } finally {
    await client.query('rollback');
  }
}
