import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { CuttableConnection } from './cuttable-connection.ts';
import type { Db } from './db.ts';

const channel = 'waymark';

/** What changed, for the caches of every node. */
export type Announcement =
  | { kind: 'slug'; domainId: string; slugKey: string }
  /** Which slug is told from which on a domain. */
  | { kind: 'case policy'; domainId: string }
  | { kind: 'domain'; host: string }
  | { kind: 'workspace'; workspaceId: string }
  /** Somebody was removed from a workspace, or left it. */
  | { kind: 'departure'; workspaceId: string; userId: string };

/**
 * Tells every node (this one too) what changed, in one statement. Inside a transaction it is told at commit, or never.
 */
export async function announce(db: Db, ...announcements: Announcement[]): Promise<void> {
  const payloads = announcements.map((announcement) => JSON.stringify(announcement));
  await db.execute(sql`select pg_notify(${channel}, payload) from unnest(${sql.param(payloads)}::text[]) payload`);
}

export type Listener = { close(): Promise<void> };

/** How often the connection is tried, in milliseconds: one that went silently (a NAT, a pulled cable) says nothing. */
const heartbeatMs = 5_000;

/** How long Postgres may take to answer, in milliseconds. */
const answerMs = 5_000;

/** Pause between two tries to connect, in milliseconds. */
const retryMs = 200;

/**
 * Listens on a connection of its own and reconnects for ever.
 * @param onAnnouncement one change
 * @param onGap announcements may have been missed: anything may have changed
 * @throws when the first connection does not come about
 */
export async function listen(
  url: string,
  onAnnouncement: (announcement: Announcement) => void,
  onGap: () => void,
): Promise<Listener> {
  const closing = new AbortController();
  let connection: CuttableConnection;

  async function connect(): Promise<void> {
    connection = new CuttableConnection(url, 'waymark listener', hear);
    try {
      await connection.query({ text: `listen ${channel}` }, answerMs);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  function hear(payload: string): void {
    const announcement = readAnnouncement(payload);
    if (announcement) onAnnouncement(announcement);
    else onGap();
  }

  async function keepListening(): Promise<void> {
    for (;;) {
      await untilBroken(connection);
      connection.destroy();
      if (closing.signal.aborted) return;
      onGap();
      await reconnect();
      onGap();
    }
  }

  async function reconnect(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        return await connect();
      } catch {
        await sleep(retryMs);
      }
    }
  }

  await connect();
  const listening = keepListening();
  return {
    close() {
      closing.abort();
      connection.destroy();
      return listening;
    },
  };
}

async function untilBroken(connection: CuttableConnection): Promise<void> {
  try {
    for (;;) {
      await sleep(heartbeatMs, undefined, { signal: connection.ended });
      await connection.query({ text: 'select 1' }, answerMs);
    }
  } catch {
    // It broke, or was cut for its silence.
  }
}

/** Undefined when somebody else wrote to our channel. */
function readAnnouncement(payload: string): Announcement | undefined {
  try {
    const announcement = JSON.parse(payload) as Partial<Announcement> | null;
    return announcement?.kind === undefined ? undefined : (announcement as Announcement);
  } catch {
    return undefined;
  }
}
