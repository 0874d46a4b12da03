import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import type { Db } from './db.ts';

const channel = 'waymark';

/** What changed, for the caches of every node. */
export type Announcement =
  | { kind: 'slug'; domainId: string; slugKey: string }
  | { kind: 'domain'; host: string }
  | { kind: 'workspace'; workspaceId: string };

/**
 * Tells every node (this one too) that something changed. Inside a transaction it is told at commit, or never.
 */
export async function announce(db: Db, announcement: Announcement): Promise<void> {
  await db.execute(sql`select pg_notify(${channel}, ${JSON.stringify(announcement)})`);
}

export type Listener = { close(): Promise<void> };

/**
 * Listens on a connection of its own and reconnects for ever.
 * @param onAnnouncement one change
 * @param onGap the connection was away: anything may have changed
 */
export async function listen(
  url: string,
  onAnnouncement: (announcement: Announcement) => void,
  onGap: () => void,
): Promise<Listener> {
  let isClosing = false;
  let client: Client;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    client = new Client({ connectionString: url, keepAlive: true });
    client.on('notification', (message) => {
      if (message.payload) onAnnouncement(JSON.parse(message.payload) as Announcement);
    });
    client.on('error', () => {}); // 'end' follows and does what is to be done
    await client.connect();
    await client.query(`listen ${channel}`);
    client.once('end', () => {
      if (isClosing) return;
      onGap();
      retry = setTimeout(reconnect, 250);
    });
  }

  function reconnect(): void {
    connect().then(onGap, () => {
      if (!isClosing) retry = setTimeout(reconnect, 250);
    });
  }

  await connect();
  return {
    async close() {
      isClosing = true;
      clearTimeout(retry);
      await client.end();
    },
  };
}
