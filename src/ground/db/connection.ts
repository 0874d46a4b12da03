import type { Client } from 'pg';
import { type Settings, SettledClient } from './client.ts';

/**
 * Opens a connection whose breaking takes nobody down.
 * @throws when nobody answers within five seconds
 */
export async function connect(url: string, settings: Settings = {}): Promise<Client> {
  const client = new SettledClient({ connectionString: url, connectionTimeoutMillis: 5_000, settings });
  client.on('error', () => {}); // 'end' follows, or the query that is under way fails
  await client.connect();
  return client;
}

/** Does something on a connection of its own, which ends with it. @throws as `connect`, and what `run` throws */
export async function withConnection<Result>(url: string, run: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await connect(url);
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}
