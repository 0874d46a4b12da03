import { Client } from 'pg';

/** Opens a connection whose breaking takes nobody down. @throws when nobody answers within five seconds */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
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
